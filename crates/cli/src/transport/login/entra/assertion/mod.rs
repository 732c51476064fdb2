//! What a service principal with a certificate signs in with: a short bearer that its own key signs (RFC 7523, section 3; "Microsoft
//! identity platform application authentication certificate credentials").

use crate::secret::Secret;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair, RSA_PSS_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::fmt;
use uuid::Uuid;

/// How long it counts, in seconds: Entra ID asks for ten minutes at most.
const SECONDS: i64 = 600;

/// A certificate with its private key. Its `Debug` shows neither.
pub(super) struct Identity {
    key: RsaKeyPair,
    certificate: Vec<u8>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}

/// Why a file cannot be signed in with. Says nothing of what stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum IdentityError {
    #[error("it is not PEM text")]
    NotPem,
    #[error("it holds no certificate")]
    NoCertificate,
    #[error("it holds no private key; certificate and key stand in one file")]
    NoKey,
    #[error("its private key is locked with a password, which this command does not ask for")]
    Locked,
    #[error("its private key is no RSA key of 2048 bits or more, the only kind that Entra ID takes")]
    NotRsa,
    #[error("its private key belongs to none of its certificates")]
    Strangers,
    #[error("its private key does not sign")]
    Unsigned,
}

impl Identity {
    /// From a PEM file with the key, as PKCS #8 or PKCS #1, and its certificate, in whatever order. Others of a chain do not matter.
    pub(super) fn read(pem: &[u8]) -> Result<Self, IdentityError> {
        let text = std::str::from_utf8(pem).map_err(|_| IdentityError::NotPem)?;
        if text.contains("ENCRYPTED") {
            return Err(IdentityError::Locked);
        }
        let certificates = blocks(text, "CERTIFICATE")?;
        if certificates.is_empty() {
            return Err(IdentityError::NoCertificate);
        }
        let key = match (blocks(text, "PRIVATE KEY")?.first(), blocks(text, "RSA PRIVATE KEY")?.first()) {
            (Some(pkcs8), _) => RsaKeyPair::from_pkcs8(pkcs8),
            (None, Some(pkcs1)) => RsaKeyPair::from_der(pkcs1),
            (None, None) if text.contains("PRIVATE KEY-----") => return Err(IdentityError::NotRsa),
            (None, None) => return Err(IdentityError::NoKey),
        }
        .map_err(|_| IdentityError::NotRsa)?;
        // A certificate holds its public key as the same bytes (RFC 3279, section 2.3.1).
        let public = key.public_key().as_ref();
        let own = |der: &Vec<u8>| der.windows(public.len()).any(|bytes| bytes == public);
        let certificate = certificates.into_iter().find(own).ok_or(IdentityError::Strangers)?;
        Ok(Self { key, certificate })
    }

    /// What `client_id` shows at `audience`, the token endpoint, for ten minutes.
    pub(super) fn assertion(&self, audience: &str, client_id: &str, now_micros: i64) -> Result<Secret, IdentityError> {
        let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, &self.certificate));
        let now = now_micros.div_euclid(1_000_000);
        // Which sign-in it is: another one of the same client has another time.
        let id = Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{audience} {client_id} {now_micros}").as_bytes());
        let header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint });
        let claims = json!({
            "aud": audience,
            "iss": client_id,
            "sub": client_id,
            "jti": id.to_string(),
            "nbf": now,
            "iat": now,
            "exp": now + SECONDS,
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(&RSA_PSS_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(|_| IdentityError::Unsigned)?;
        Ok(Secret::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))))
    }
}

/// The bytes of every block with a label (RFC 7468).
fn blocks(text: &str, label: &str) -> Result<Vec<Vec<u8>>, IdentityError> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let block = |rest: &str| {
        let (body, _) = rest.split_once(&end).ok_or(IdentityError::NotPem)?;
        let digits: String = body.chars().filter(|c| !c.is_whitespace()).collect();
        STANDARD.decode(digits).map_err(|_| IdentityError::NotPem)
    };
    text.split(&begin).skip(1).map(block).collect()
}

#[cfg(test)]
mod tests;
