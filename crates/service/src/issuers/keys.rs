//! The public keys of an issuer (RFC 7517, RFC 7518 section 6, RFC 8037 section 2), and what each may have signed.
//!
//! A key knows its algorithms, and there is no kind of key for symmetric ones: an algorithm that a token names can choose among what
//! its key takes, and nothing else.

use super::token::Algorithm;
use crate::limits;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

/// What an issuer published.
#[derive(Debug)]
pub(super) struct KeySet(Vec<Key>);

/// One key that signatures can be checked with.
#[derive(Debug)]
pub(super) struct Key {
    id: Option<String>,
    /// The only one that it is for, where the issuer says so.
    algorithm: Option<Algorithm>,
    material: Material,
}

#[derive(Debug)]
enum Material {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// The uncompressed point (SEC 1, section 2.3.3).
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// The document is none of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidKeySet {
    #[error("it is not a list of keys in JSON (RFC 7517)")]
    Form,
    #[error("{}", limits::ISSUER_KEYS)]
    TooMany,
}

/// Why no key can check a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum KeyRefusal {
    /// The issuer may have published it since.
    #[error("the issuer has published no such key")]
    Unknown,
    #[error("it names no key, and the issuer has several")]
    Unnamed,
    #[error("its key is not for its algorithm")]
    Algorithm,
    #[error("its signature is wrong")]
    Signature,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    r#use: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl KeySet {
    /// Reads a document. Keys of another kind or for another use, and those that cannot be read, are passed over (RFC 7517,
    /// section 5).
    pub(super) fn parse(document: &[u8]) -> Result<Self, InvalidKeySet> {
        let Document { keys } = serde_json::from_slice(document).map_err(|_| InvalidKeySet::Form)?;
        if keys.len() as u64 > limits::ISSUER_KEYS.max {
            return Err(InvalidKeySet::TooMany);
        }
        let usable = |key| Key::of(serde_json::from_value(key).ok()?);
        Ok(Self(keys.into_iter().filter_map(usable).collect()))
    }

    /// How many of its keys can be used.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The key of that id, or the only one when none is named.
    pub(super) fn select(&self, id: Option<&str>, algorithm: Algorithm) -> Result<&Key, KeyRefusal> {
        let named: Vec<&Key> = match (id, self.0.as_slice()) {
            (Some(id), keys) => keys.iter().filter(|key| key.id.as_deref() == Some(id)).collect(),
            (None, [_, _, ..]) => return Err(KeyRefusal::Unnamed),
            (None, keys) => keys.iter().collect(),
        };
        if named.is_empty() {
            return Err(KeyRefusal::Unknown);
        }
        // Keys of different kinds may share an id (RFC 7517, section 4.5).
        let mut fitting = named.into_iter().filter(|key| key.parameters(algorithm).is_some());
        let key = fitting.next().ok_or(KeyRefusal::Algorithm)?;
        if fitting.next().is_some() { Err(KeyRefusal::Unnamed) } else { Ok(key) }
    }
}

/// How a signature is checked.
enum Parameters {
    Rsa(&'static RsaParameters),
    Other(&'static dyn VerificationAlgorithm),
}

impl Key {
    fn of(jwk: Jwk) -> Option<Self> {
        let is_for_signatures = jwk.r#use.as_deref().is_none_or(|r#use| r#use == "sig")
            && jwk.key_ops.as_ref().is_none_or(|uses| uses.iter().any(|r#use| r#use == "verify"));
        if !is_for_signatures {
            return None;
        }
        let material = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", None) => rsa(decoded(jwk.n)?, decoded(jwk.e)?)?,
            ("EC", Some("P-256")) => Material::P256(point::<32>(jwk.x, jwk.y)?),
            ("EC", Some("P-384")) => Material::P384(point::<48>(jwk.x, jwk.y)?),
            ("OKP", Some("Ed25519")) => Material::Ed25519(decoded(jwk.x).filter(|x| x.len() == 32)?),
            _ => return None,
        };
        let algorithm = match jwk.alg {
            Some(name) => Some(Algorithm::parse(&name)?),
            None => None,
        };
        Some(Self { id: jwk.kid, algorithm, material })
    }

    /// Whether it signed, with that algorithm.
    pub(super) fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), KeyRefusal> {
        let checked = match (&self.material, self.parameters(algorithm).ok_or(KeyRefusal::Algorithm)?) {
            (Material::Rsa { modulus, exponent }, Parameters::Rsa(parameters)) => {
                RsaPublicKeyComponents { n: modulus, e: exponent }.verify(parameters, message, signature)
            }
            (Material::P256(key) | Material::P384(key) | Material::Ed25519(key), Parameters::Other(parameters)) => {
                UnparsedPublicKey::new(parameters, key).verify(message, signature)
            }
            (Material::Rsa { .. }, Parameters::Other(_))
            | (Material::P256(_) | Material::P384(_) | Material::Ed25519(_), Parameters::Rsa(_)) => {
                return Err(KeyRefusal::Algorithm);
            }
        };
        checked.map_err(|_| KeyRefusal::Signature)
    }

    /// `None` for an algorithm that is not this key's.
    fn parameters(&self, algorithm: Algorithm) -> Option<Parameters> {
        use Parameters::{Other, Rsa};
        if self.algorithm.is_some_and(|only| only != algorithm) {
            return None;
        }
        Some(match (&self.material, algorithm) {
            (Material::Rsa { .. }, Algorithm::Rs256) => Rsa(&RSA_PKCS1_2048_8192_SHA256),
            (Material::Rsa { .. }, Algorithm::Rs384) => Rsa(&RSA_PKCS1_2048_8192_SHA384),
            (Material::Rsa { .. }, Algorithm::Rs512) => Rsa(&RSA_PKCS1_2048_8192_SHA512),
            (Material::Rsa { .. }, Algorithm::Ps256) => Rsa(&RSA_PSS_2048_8192_SHA256),
            (Material::Rsa { .. }, Algorithm::Ps384) => Rsa(&RSA_PSS_2048_8192_SHA384),
            (Material::Rsa { .. }, Algorithm::Ps512) => Rsa(&RSA_PSS_2048_8192_SHA512),
            (Material::P256(_), Algorithm::Es256) => Other(&ECDSA_P256_SHA256_FIXED),
            (Material::P384(_), Algorithm::Es384) => Other(&ECDSA_P384_SHA384_FIXED),
            (Material::Ed25519(_), Algorithm::EdDsa) => Other(&ED25519),
            (Material::Rsa { .. } | Material::P256(_) | Material::P384(_) | Material::Ed25519(_), _) => return None,
        })
    }
}

/// NIST SP 800-131A: below 2048 bits a modulus can be taken apart; above 8192 a check costs too much.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;
/// FIPS 186-5, section 5.4: an exponent is odd and above 2^16. With 1, everybody could sign.
const RSA_EXPONENT_MIN: u64 = 65_537;

fn rsa(modulus: Vec<u8>, exponent: Vec<u8>) -> Option<Material> {
    let (modulus, exponent) = (without_zeros(&modulus), without_zeros(&exponent));
    let value =
        (exponent.len() <= 4).then(|| exponent.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte)))?;
    let fits = RSA_BYTES.contains(&modulus.len())
        && (modulus.len() > *RSA_BYTES.start() || modulus.first()? & 0x80 != 0)
        && value >= RSA_EXPONENT_MIN
        && value % 2 == 1;
    fits.then(|| Material::Rsa { modulus: modulus.to_vec(), exponent: exponent.to_vec() })
}

/// Some issuers write the sign byte of DER, which RFC 7518, section 6.3.1.1, tells readers to expect.
fn without_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.split_at(zeros).1
}

fn point<const BYTES: usize>(x: Option<String>, y: Option<String>) -> Option<Vec<u8>> {
    let (x, y) = (decoded(x)?, decoded(y)?);
    (x.len() == BYTES && y.len() == BYTES).then(|| [&[4], x.as_slice(), y.as_slice()].concat())
}

fn decoded(text: Option<String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn encoded(first: &[u8], length: usize) -> String {
        URL_SAFE_NO_PAD.encode([first, vec![1; length - first.len()].as_slice()].concat())
    }

    fn jwk(kid: &str, further: Value) -> Value {
        let mut key = json!({"kty": "EC", "crv": "P-256", "kid": kid, "x": encoded(&[1], 32), "y": encoded(&[1], 32)});
        if let (Some(key), Some(further)) = (key.as_object_mut(), further.as_object()) {
            key.extend(further.clone());
        }
        key
    }

    fn rsa_key(bytes: usize, first: &[u8], exponent: &[u8]) -> Value {
        json!({"kty": "RSA", "kid": "r", "n": encoded(first, bytes), "e": URL_SAFE_NO_PAD.encode(exponent)})
    }

    fn key_set(keys: &[Value]) -> KeySet {
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).expect("a key set")
    }

    #[rstest]
    #[case::plain(jwk("a", json!({})), true)]
    #[case::for_signatures(jwk("a", json!({"use": "sig", "alg": "ES256", "key_ops": ["verify"]})), true)]
    #[case::for_encryption(jwk("a", json!({"use": "enc"})), false)]
    #[case::for_signing(jwk("a", json!({"key_ops": ["sign"]})), false)]
    #[case::of_another_curve(jwk("a", json!({"crv": "P-521"})), false)]
    #[case::of_another_length(jwk("a", json!({"crv": "P-384"})), false)]
    #[case::for_an_algorithm_not_taken(jwk("a", json!({"alg": "ECDH-ES"})), false)]
    #[case::for_no_text(jwk("a", json!({"alg": 1})), false)]
    #[case::without_a_coordinate(jwk("a", json!({"y": null})), false)]
    #[case::symmetric(json!({"kty": "oct", "kid": "a", "k": "AAAA"}), false)]
    #[case::ed25519(json!({"kty": "OKP", "crv": "Ed25519", "x": encoded(&[1], 32)}), true)]
    #[case::x25519(json!({"kty": "OKP", "crv": "X25519", "x": encoded(&[1], 32)}), false)]
    #[case::rsa(rsa_key(256, &[0x80], &[1, 0, 1]), true)]
    #[case::rsa_with_a_sign_byte(rsa_key(257, &[0, 0x80], &[0, 1, 0, 1]), true)]
    #[case::rsa_of_2047_bits(rsa_key(256, &[0x7f], &[1, 0, 1]), false)]
    #[case::rsa_of_1024_bits(rsa_key(128, &[0x80], &[1, 0, 1]), false)]
    #[case::rsa_without_end(rsa_key(1025, &[0x80], &[1, 0, 1]), false)]
    #[case::rsa_with_exponent_1(rsa_key(256, &[0x80], &[1]), false)]
    #[case::rsa_with_exponent_3(rsa_key(256, &[0x80], &[3]), false)]
    #[case::rsa_with_an_even_exponent(rsa_key(256, &[0x80], &[1, 0, 2]), false)]
    #[case::rsa_with_a_huge_exponent(rsa_key(256, &[0x80], &[1, 0, 0, 0, 1]), false)]
    #[case::no_object(json!("a"), false)]
    fn usable(#[case] key: Value, #[case] expected: bool) {
        assert_eq!(key_set(&[key]).len(), usize::from(expected));
    }

    #[rstest]
    #[case::none(&[], None, Err(KeyRefusal::Unknown))]
    #[case::the_only_one(&["a"], None, Ok("a"))]
    #[case::one_of_two(&["a", "b"], Some("b"), Ok("b"))]
    #[case::either_of_two(&["a", "b"], None, Err(KeyRefusal::Unnamed))]
    #[case::another(&["a"], Some("b"), Err(KeyRefusal::Unknown))]
    #[case::twice(&["a", "a"], Some("a"), Err(KeyRefusal::Unnamed))]
    #[case::of_another_kind(&["a"], Some("a"), Ok("a"))]
    fn selected(#[case] ids: &[&str], #[case] id: Option<&str>, #[case] expected: Result<&str, KeyRefusal>) {
        let keys: Vec<Value> = ids.iter().map(|id| jwk(id, json!({}))).collect();
        let keys = key_set(&keys);
        let selected = keys.select(id, Algorithm::Es256).map(|key| key.id.as_deref().unwrap_or_default());
        assert_eq!(selected, expected);
    }

    #[test]
    fn an_algorithm_must_be_its_keys() {
        let keys = key_set(&[jwk("e", json!({})), rsa_key(256, &[0x80], &[1, 0, 1])]);
        let taken = |id, algorithm| keys.select(Some(id), algorithm).map(drop);
        assert_eq!(taken("e", Algorithm::Es256), Ok(()));
        for other in [Algorithm::Es384, Algorithm::Rs256, Algorithm::Ps256, Algorithm::EdDsa] {
            assert_eq!(taken("e", other), Err(KeyRefusal::Algorithm));
        }
        for other in [Algorithm::Es256, Algorithm::Es384, Algorithm::EdDsa] {
            assert_eq!(taken("r", other), Err(KeyRefusal::Algorithm));
        }
        let pinned = key_set(&[jwk("p", json!({"alg": "ES256"})), {
            let mut key = rsa_key(256, &[0x80], &[1, 0, 1]);
            key["alg"] = json!("RS256");
            key
        }]);
        assert!(pinned.select(Some("r"), Algorithm::Rs256).is_ok());
        assert_eq!(pinned.select(Some("r"), Algorithm::Rs384).map(drop), Err(KeyRefusal::Algorithm));
        assert_eq!(pinned.select(Some("r"), Algorithm::Ps256).map(drop), Err(KeyRefusal::Algorithm));
    }

    #[rstest]
    #[case(b"", InvalidKeySet::Form)]
    #[case(b"[]", InvalidKeySet::Form)]
    #[case(b"{\"keys\":{}}", InvalidKeySet::Form)]
    #[case(b"<html>", InvalidKeySet::Form)]
    fn malformed(#[case] document: &[u8], #[case] expected: InvalidKeySet) {
        assert_eq!(KeySet::parse(document).err(), Some(expected));
    }

    #[test]
    fn keys_are_bounded() {
        let keys: Vec<Value> = (0..=limits::ISSUER_KEYS.max).map(|index| jwk(&index.to_string(), json!({}))).collect();
        let document = json!({ "keys": keys }).to_string();
        assert_eq!(KeySet::parse(document.as_bytes()).err(), Some(InvalidKeySet::TooMany));
    }
}
