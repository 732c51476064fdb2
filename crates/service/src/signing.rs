//! Signing bearers and checking them: ES256 (RFC 7518 section 3.4), compact form only (RFC 7515 section 7.1).
//!
//! The algorithm is pinned and a key is only ever one of ours: `kid` selects, nothing in a header supplies (CVE-2025-24976). Times
//! are checked against the clock that is handed in, and a claim of the wrong JSON type refuses the bearer (CVE-2026-25537).

use crate::access_tokens::VerificationKey;
use crate::{Error, Random, limits};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use model::timestamp::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Who issues all bearers (RFC 7519 section 4.1.1). What tells sites apart is the key.
pub(crate) const ISSUER: &str = "portcullis";

/// The length of a P-256 scalar and of a coordinate (SEC 2, secp256r1).
const P256_BYTES: usize = 32;

/// One random scalar in 2^32 is not below the order of the curve; so many in a row mean a broken random source.
const SCALAR_TRIES: usize = 8;

/// One key that signs and any number that are still believed.
pub(crate) struct SigningKeys {
    primary: SigningKey,
    /// Those of the primary's past; they sign nothing more.
    retired: Vec<SigningKey>,
}

/// A P-256 key pair.
pub(crate) struct SigningKey {
    /// Read once: reading it costs as much as several signatures.
    private: EcdsaKeyPair,
    /// What every bearer signed with it begins with, encoded.
    header: String,
    public: DecodingKey,
    published: VerificationKey,
}

impl SigningKey {
    /// Makes the PKCS#8 form (RFC 5208) of a new key.
    pub(crate) fn generate(random: &dyn Random) -> Result<Zeroizing<Vec<u8>>, Unspecified> {
        for _ in 0..SCALAR_TRIES {
            let mut scalar = Zeroizing::new([0; P256_BYTES]);
            random.fill(scalar.as_mut());
            let Ok(private) = PrivateKey::from_private_key(&ECDH_P256, scalar.as_ref()) else { continue };
            let public = private.compute_public_key()?;
            let pair = EcdsaKeyPair::from_private_key_and_public_key(
                &ECDSA_P256_SHA256_FIXED_SIGNING,
                scalar.as_ref(),
                public.as_ref(),
            );
            let document = pair.map_err(|_| Unspecified)?.to_pkcs8v1()?;
            return Ok(Zeroizing::new(document.as_ref().to_vec()));
        }
        Err(Unspecified)
    }

    /// Reads the PKCS#8 form; `None` for anything else.
    pub(crate) fn from_pkcs8(der: &[u8]) -> Option<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).ok()?;
        // SEC 1 section 2.3.3, the uncompressed form: 4, x, y.
        let (x, y) = pair.public_key().as_ref().strip_prefix(&[4])?.split_at_checked(P256_BYTES)?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let public = DecodingKey::from_ec_components(&x, &y).ok()?;
        let published = VerificationKey { id: thumbprint(&x, &y), x, y };
        let header = Header { kid: Some(published.id.clone()), ..Header::new(Algorithm::ES256) };
        let header = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header).ok()?);
        Some(Self { private: pair, header, public, published })
    }
}

/// RFC 7638 section 3: the required members in the order of their names, without white space.
fn thumbprint(x: &str, y: &str) -> String {
    let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(members.as_bytes()))
}

impl SigningKeys {
    /// Of the key that signs, and of those that signed before it.
    pub(crate) fn new(primary: SigningKey, retired: Vec<SigningKey>) -> Self {
        Self { primary, retired }
    }

    /// Every key that is believed, the one that signs first.
    pub(crate) fn published(&self) -> Vec<VerificationKey> {
        self.believed().map(|key| key.published.clone()).collect()
    }

    /// Signs claims.
    pub(crate) fn sign(&self, claims: &impl Serialize) -> Result<String, Error> {
        let SigningKey { private, header, .. } = &self.primary;
        let mut text = format!("{header}.");
        URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(claims).map_err(Error::internal)?, &mut text);
        let signature = private.sign(&SystemRandom::new(), text.as_bytes()).map_err(Error::internal)?;
        text.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut text);
        Ok(text)
    }

    /// Checks form, algorithm, key and signature, and reads the claims. Times and meaning are the caller's to check.
    pub(crate) fn verify<C: DeserializeOwned>(&self, text: &str) -> Result<C, &'static str> {
        if text.len() > limits::BEARER_BYTES_MAX {
            return Err("it is too long");
        }
        let header = jsonwebtoken::decode_header(text).map_err(|_| "it is not a signed token")?;
        if header.alg != Algorithm::ES256 {
            return Err("it is not signed with ES256");
        }
        if header.crit.is_some() {
            // RFC 7515 section 4.1.11: what is critical and not understood refuses the token. We understand nothing.
            return Err("its header has critical members");
        }
        let id = header.kid.ok_or("it names no key")?;
        let key = self.believed().find(|key| key.published.id == id).ok_or("it is signed with an unknown key")?;
        let mut validation = Validation::new(Algorithm::ES256);
        // The library reads the machine's clock and takes an audience out of a list; the claims' own types are stricter.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let checked = jsonwebtoken::decode(text, &key.public, &validation);
        Ok(checked.map_err(|_| "its signature or its claims are wrong")?.claims)
    }

    fn believed(&self) -> impl Iterator<Item = &SigningKey> {
        std::iter::once(&self.primary).chain(&self.retired)
    }
}

/// The time in which a bearer counts, in seconds since the epoch (RFC 7519 section 4.1.4 and 4.1.5). No leeway: the clock that
/// issues is the clock that checks.
pub(crate) fn check_times(not_before: i64, expires: i64, now: Timestamp) -> Result<(), &'static str> {
    let now = now.as_unix_seconds();
    if now >= expires {
        Err("it has expired")
    } else if now < not_before {
        Err("it does not count yet")
    } else {
        Ok(())
    }
}
