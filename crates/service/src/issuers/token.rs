//! Reads the compact form of a signed token (RFC 7515, section 7.1) without believing it.
//!
//! What a header could supply, a key (`jwk`, `x5c`) or the place of one (`jku`, `x5u`), is not even read (CVE-2025-24976).

use crate::limits;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::issuer::rules::{Claim, Claims};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// A token whose signature nobody has checked yet.
pub(super) struct UnverifiedToken<'text> {
    /// The signature's algorithm.
    pub(super) algorithm: Algorithm,
    /// Which key is said to have signed.
    pub(super) key_id: Option<String>,
    /// What is said.
    pub(super) claims: Claims,
    /// What was signed.
    pub(super) signed: &'text str,
    /// The signature.
    pub(super) signature: Vec<u8>,
}

/// The signature algorithms that are taken: asymmetric ones (RFC 7518, section 3.1; RFC 8037, section 3.1). With a symmetric one, or
/// none, anybody who knows the public key could sign (CVE-2026-33322).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    EdDsa,
}

/// Why a text is no token that could be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("it is too long")]
    TooLong,
    #[error("it is not the compact form of a signed token")]
    Form,
    #[error("its header cannot be read")]
    Header,
    #[error("its algorithm is not taken")]
    Algorithm,
    #[error("its header has critical members")]
    Critical,
    #[error("it is a token for another use")]
    Type,
    #[error("its claims cannot be read")]
    Claims,
}

/// A member that is there twice refuses the token: readers differ in which one they take.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    #[serde(default, deserialize_with = "is_there")]
    crit: bool,
}

/// Whatever its value: `null` is no way around it.
fn is_there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// Identity tokens and access tokens (RFC 7519, section 5.1; RFC 9068, section 4). Others, such as those that announce a logout, are
/// signed with the same keys (RFC 8725, section 3.11).
const TYPES: [&str; 4] = ["jwt", "application/jwt", "at+jwt", "application/at+jwt"];

impl<'text> UnverifiedToken<'text> {
    /// Reads a token.
    pub(super) fn parse(text: &'text str) -> Result<Self, Unreadable> {
        if text.len() > limits::BEARER_BYTES_MAX {
            return Err(Unreadable::TooLong);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(Unreadable::Form)?;
        let (header, claims) = signed.split_once('.').ok_or(Unreadable::Form)?;
        if claims.contains('.') {
            return Err(Unreadable::Form);
        }
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Unreadable::Form);
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| Unreadable::Header)?;
        let algorithm = Algorithm::parse(&header.alg).ok_or(Unreadable::Algorithm)?;
        if header.crit {
            // RFC 7515, section 4.1.11: what is critical and not understood refuses the token. We understand nothing.
            return Err(Unreadable::Critical);
        }
        if header.typ.is_some_and(|typ| !TYPES.contains(&typ.to_ascii_lowercase().as_str())) {
            return Err(Unreadable::Type);
        }
        let claims: Map<String, Value> = serde_json::from_slice(&decode(claims)?).map_err(|_| Unreadable::Claims)?;
        let claims = claims.into_iter().map(|(name, value)| (name, claim(value))).collect();
        Ok(Self { algorithm, key_id: header.kid, claims, signed, signature: decode(signature)? })
    }

    /// Who is said to have issued it.
    pub(super) fn issuer(&self) -> Option<&str> {
        match self.claims.get("iss")? {
            Claim::Text(issuer) => Some(issuer),
            Claim::Texts(_) | Claim::Integer(_) | Claim::Flag(_) | Claim::Other => None,
        }
    }
}

fn claim(value: Value) -> Claim {
    match value {
        Value::String(text) => Claim::Text(text),
        Value::Bool(flag) => Claim::Flag(flag),
        Value::Number(number) => number.as_i64().map_or(Claim::Other, Claim::Integer),
        Value::Array(values) => {
            let text = |value| match value {
                Value::String(text) => Some(text),
                _ => None,
            };
            values.into_iter().map(text).collect::<Option<Vec<_>>>().map_or(Claim::Other, Claim::Texts)
        }
        Value::Object(_) | Value::Null => Claim::Other,
    }
}

impl Algorithm {
    /// Reads the name, which is case-sensitive (RFC 7515, section 4.1.1).
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "EdDSA" => Self::EdDsa,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const HEADER: &str = r#"{"alg":"ES256"}"#;
    const CLAIMS: &str = r#"{"iss":"https://issuer.example"}"#;

    fn read(header: &str, claims: &str) -> Result<String, Unreadable> {
        let text = format!("{}.{}.AAAA", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let token = UnverifiedToken::parse(&text)?;
        Ok(token.issuer().unwrap_or("nobody").to_owned())
    }

    #[rstest]
    #[case::plain(HEADER)]
    #[case::typed(r#"{"alg":"RS256","typ":"JWT","kid":"a"}"#)]
    #[case::access_token(r#"{"alg":"EdDSA","typ":"at+JWT"}"#)]
    #[case::with_a_key_nobody_reads(
        r#"{"alg":"ES256","jwk":{"kty":"EC"},"jku":"https://evil.example","x5u":7,"x5c":[]}"#
    )]
    fn taken(#[case] header: &str) {
        assert_eq!(read(header, CLAIMS), Ok("https://issuer.example".to_owned()));
    }

    #[rstest]
    #[case::none(r#"{"alg":"none"}"#, Unreadable::Algorithm)]
    #[case::none_otherwise(r#"{"alg":"nOnE"}"#, Unreadable::Algorithm)]
    #[case::no_text(r#"{"alg":""}"#, Unreadable::Algorithm)]
    #[case::symmetric(r#"{"alg":"HS256"}"#, Unreadable::Algorithm)]
    #[case::symmetric_longer(r#"{"alg":"HS512"}"#, Unreadable::Algorithm)]
    #[case::lower_case(r#"{"alg":"es256"}"#, Unreadable::Algorithm)]
    #[case::no_algorithm(r#"{"kid":"a"}"#, Unreadable::Header)]
    #[case::two_algorithms(r#"{"alg":"ES256","alg":"none"}"#, Unreadable::Header)]
    #[case::algorithm_as_a_list(r#"{"alg":["ES256"]}"#, Unreadable::Header)]
    #[case::key_id_as_a_number(r#"{"alg":"ES256","kid":1}"#, Unreadable::Header)]
    #[case::critical(r#"{"alg":"ES256","crit":["exp"]}"#, Unreadable::Critical)]
    #[case::critical_nothing(r#"{"alg":"ES256","crit":null}"#, Unreadable::Critical)]
    #[case::unencoded(r#"{"alg":"ES256","crit":["b64"],"b64":false}"#, Unreadable::Critical)]
    #[case::logout(r#"{"alg":"ES256","typ":"logout+jwt"}"#, Unreadable::Type)]
    #[case::encrypted(r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#, Unreadable::Algorithm)]
    #[case::no_object("[]", Unreadable::Header)]
    fn refused_headers(#[case] header: &str, #[case] expected: Unreadable) {
        assert_eq!(read(header, CLAIMS), Err(expected));
    }

    #[rstest]
    #[case::no_object("[]", Err(Unreadable::Claims))]
    #[case::no_json("iss", Err(Unreadable::Claims))]
    #[case::nobody("{}", Ok("nobody".to_owned()))]
    #[case::issuers(r#"{"iss":["https://issuer.example"]}"#, Ok("nobody".to_owned()))]
    #[case::the_last_of_two(r#"{"iss":"a","iss":"b"}"#, Ok("b".to_owned()))]
    fn who_issued(#[case] claims: &str, #[case] expected: Result<String, Unreadable>) {
        assert_eq!(read(HEADER, claims), expected);
    }

    #[rstest]
    #[case::empty("")]
    #[case::dots("..")]
    #[case::two_parts("e30.e30")]
    #[case::encrypted("e30.e30.AAAA.AAAA.AAAA")]
    #[case::json(r#"{"payload":"e30","signatures":[]}"#)]
    #[case::padded("eyJhbGciOiJFUzI1NiJ9.e30=.AAAA")]
    fn forms(#[case] text: &str) {
        assert!(UnverifiedToken::parse(text).is_err());
    }

    /// CVE-2025-30204: a reader that splits at every dot takes memory for each.
    #[test]
    fn dots_without_end_are_not_taken_apart() {
        assert_eq!(UnverifiedToken::parse(&".".repeat(1 << 20)).err(), Some(Unreadable::TooLong));
        assert_eq!(UnverifiedToken::parse(&".".repeat(limits::BEARER_BYTES_MAX)).err(), Some(Unreadable::Form));
    }

    /// CVE-2026-25537: a number that is no whole one must not look as if it were not there.
    #[rstest]
    #[case("1.5")]
    #[case("1e300")]
    #[case("18446744073709551615")]
    #[case("null")]
    #[case("{}")]
    #[case(r#"["a",1]"#)]
    fn what_is_no_claim_is_still_there(#[case] value: &str) {
        let value = serde_json::from_str(value).expect("JSON");
        assert_eq!(claim(value), Claim::Other);
    }
}
