//! OpenID issuers of a test: what they publish, and the tokens that they sign.

use crate::client::Outcome;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::BoxFuture;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use rcgen::{
    KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256, RsaKeySize,
    SignatureAlgorithm,
};
use serde_json::{Value, json};
use server::{DocumentError, DocumentRequest, IssuerDocument, IssuerDocuments};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// The documents of all issuers, by URL. What is not there cannot be reached.
#[derive(Default)]
pub(crate) struct FakeDocuments {
    published: Mutex<HashMap<String, IssuerDocument>>,
    asked: Mutex<Vec<String>>,
    /// When set, whoever asks waits until it is notified.
    gate: Mutex<Option<Arc<Notify>>>,
    /// Notified when somebody asks.
    pub(crate) was_asked: Notify,
}

impl FakeDocuments {
    /// Publishes a document, or replaces it.
    pub(crate) fn publish(&self, url: &str, body: impl Into<Vec<u8>>, max_age_seconds: Option<u64>) {
        let document = IssuerDocument { body: body.into(), max_age: max_age_seconds.map(Duration::from_secs) };
        locked(&self.published).insert(url.to_owned(), document);
    }

    /// Takes everything away: nobody can be reached.
    pub(crate) fn take_down(&self) {
        locked(&self.published).clear();
    }

    /// Lets nobody have anything until the gate is notified.
    pub(crate) fn close(&self) -> Arc<Notify> {
        let gate = Arc::new(Notify::new());
        *locked(&self.gate) = Some(Arc::clone(&gate));
        gate
    }

    /// Every URL that was asked for so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        locked(&self.asked).clone()
    }
}

impl IssuerDocuments for FakeDocuments {
    fn get<'a>(&'a self, request: &'a DocumentRequest) -> BoxFuture<'a, Result<IssuerDocument, DocumentError>> {
        Box::pin(async move {
            locked(&self.asked).push(request.url.to_string());
            self.was_asked.notify_one();
            let gate = locked(&self.gate).clone();
            if let Some(gate) = gate {
                gate.notified().await;
                *locked(&self.gate) = None;
            }
            let document = locked(&self.published).get(request.url.as_str()).cloned();
            document.ok_or_else(|| DocumentError::Unreachable("nobody is there".to_owned()))
        })
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A key pair that signs tokens.
pub(crate) struct IssuerKey {
    id: String,
    algorithm: Algorithm,
    private: EncodingKey,
    public: Value,
}

impl IssuerKey {
    /// A new one for an algorithm.
    pub(crate) fn new(id: &str, algorithm: Algorithm) -> Outcome<Self> {
        let new = |kind: &'static SignatureAlgorithm| KeyPair::generate_for(kind);
        let private = match algorithm {
            Algorithm::ES256 => EncodingKey::from_ec_der(&new(&PKCS_ECDSA_P256_SHA256)?.serialize_der()),
            Algorithm::ES384 => EncodingKey::from_ec_der(&new(&PKCS_ECDSA_P384_SHA384)?.serialize_der()),
            Algorithm::EdDSA => {
                let pair = new(&PKCS_ED25519)?;
                let x = URL_SAFE_NO_PAD.encode(pair.public_key_raw());
                let public = json!({"kty": "OKP", "crv": "Ed25519", "x": x, "alg": "EdDSA"});
                let private = EncodingKey::from_ed_der(&pair.serialize_der());
                return Ok(Self { id: id.to_owned(), algorithm, private, public });
            }
            _ => {
                let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
                EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes())?
            }
        };
        let public = serde_json::to_value(Jwk::from_encoding_key(&private, algorithm)?)?;
        Ok(Self { id: id.to_owned(), algorithm, private, public })
    }

    /// The public half, as issuers publish it.
    pub(crate) fn public(&self) -> Value {
        let mut key = self.public.clone();
        key["kid"] = json!(self.id);
        key["use"] = json!("sig");
        key
    }

    /// A token of these claims.
    pub(crate) fn sign(&self, claims: &Value) -> Outcome<String> {
        self.sign_with(&json!({}), claims)
    }

    /// The same with members of the header added or changed; `null` takes one away.
    pub(crate) fn sign_with(&self, header: &Value, claims: &Value) -> Outcome<String> {
        let mut whole = json!({"alg": self.algorithm, "typ": "JWT", "kid": self.id});
        if let (Some(whole), Some(header)) = (whole.as_object_mut(), header.as_object()) {
            whole.extend(header.clone());
            whole.retain(|_, value| !value.is_null());
        }
        let signed = unsigned(&whole, claims);
        let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &self.private, self.algorithm)?;
        Ok(format!("{signed}.{signature}"))
    }
}

/// Header and claims, as they are signed.
pub(crate) fn unsigned(header: &Value, claims: &Value) -> String {
    let encoded = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    format!("{}.{}", encoded(header), encoded(claims))
}

/// A document of these keys.
pub(crate) fn key_set(keys: &[&IssuerKey]) -> String {
    let keys: Vec<Value> = keys.iter().map(|key| key.public()).collect();
    json!({ "keys": keys }).to_string()
}
