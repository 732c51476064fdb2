//! Reads the `Authorization` header: Basic (RFC 7617) or Bearer (RFC 6750). Judges nothing: whether what it reads counts is the
//! service's to say.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use model::password::Password;
use std::fmt;

/// What a client presented.
pub(crate) enum Credentials {
    /// A user name and a password.
    Basic {
        /// The user name, as sent.
        user: String,
        /// The password, as sent; it may hold colons.
        password: Password,
    },
    /// A token, as sent.
    Bearer(String),
}

/// The header is there and cannot be read. Clients see it as wrong credentials, so that they ask their user again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidCredentials {
    /// Two headers: proxies differ in which one they take, so neither counts.
    #[error("more than one Authorization header")]
    Repeated,
    /// Neither Basic nor Bearer.
    #[error("the Authorization header is neither Basic nor Bearer")]
    Scheme,
    /// Not base64 of `user:password` in UTF-8.
    #[error("the Basic credentials are not base64 of user:password in UTF-8")]
    Basic,
    /// Empty, or characters that no bearer holds (RFC 6750, section 2.1).
    #[error("the bearer is empty or holds characters that no bearer has")]
    Bearer,
}

// Some clients leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads the header; `None` when there is none.
pub(crate) fn parse(headers: &HeaderMap) -> Result<Option<Credentials>, InvalidCredentials> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(InvalidCredentials::Repeated);
    }
    let text = value.to_str().map_err(|_| InvalidCredentials::Scheme)?.trim();
    let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("basic") {
        parse_basic(rest).map(Some)
    } else if scheme.eq_ignore_ascii_case("bearer") {
        parse_bearer(rest).map(Some)
    } else {
        Err(InvalidCredentials::Scheme)
    }
}

fn parse_basic(text: &str) -> Result<Credentials, InvalidCredentials> {
    let bytes = BASE64.decode(text).map_err(|_| InvalidCredentials::Basic)?;
    let decoded = String::from_utf8(bytes).map_err(|_| InvalidCredentials::Basic)?;
    // A user name cannot hold a colon (RFC 7617, section 2), so the first one ends it.
    let (user, password) = decoded.split_once(':').ok_or(InvalidCredentials::Basic)?;
    Ok(Credentials::Basic { user: user.to_owned(), password: Password::presented(password.to_owned()) })
}

fn parse_bearer(text: &str) -> Result<Credentials, InvalidCredentials> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if text.is_empty() || !text.bytes().all(allowed) {
        return Err(InvalidCredentials::Bearer);
    }
    Ok(Credentials::Bearer(text.to_owned()))
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Basic { user, .. } => f.debug_struct("Basic").field("user", user).finish_non_exhaustive(),
            Self::Bearer(_) => f.write_str("Bearer(…)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD as ENCODE;
    use rstest::rstest;

    fn headers(value: &[u8]) -> Result<HeaderMap, http::header::InvalidHeaderValue> {
        Ok(HeaderMap::from_iter([(AUTHORIZATION, http::HeaderValue::from_bytes(value)?)]))
    }

    /// `user|password` or `Bearer|text`, or the error.
    fn read(value: &[u8]) -> Result<Result<String, InvalidCredentials>, Box<dyn std::error::Error>> {
        Ok(match parse(&headers(value)?) {
            Ok(Some(Credentials::Basic { user, password })) => Ok(format!("{user}|{}", password.reveal())),
            Ok(Some(Credentials::Bearer(text))) => Ok(format!("Bearer|{text}")),
            Ok(None) => Err("none")?,
            Err(error) => Err(error),
        })
    }

    #[rstest]
    #[case::plain("token2:secret", "token2|secret")]
    #[case::colons("token2:a:b:", "token2|a:b:")]
    #[case::empty(":", "|")]
    #[case::utf8("jürgen:pässword", "jürgen|pässword")]
    #[case::percent_is_a_character("a%40b:c%3Ad", "a%40b|c%3Ad")]
    fn basic(#[case] decoded: &str, #[case] expected: &str) -> Result<(), Box<dyn std::error::Error>> {
        for scheme in ["Basic ", "basic ", "BASIC   "] {
            let value = format!("{scheme}{}", ENCODE.encode(decoded));
            assert_eq!(read(value.as_bytes())?, Ok(expected.to_owned()));
            assert_eq!(read(value.trim_end_matches('=').as_bytes())?, Ok(expected.to_owned()));
        }
        Ok(())
    }

    #[rstest]
    #[case::not_base64(b"Basic ???", InvalidCredentials::Basic)]
    #[case::no_colon(b"Basic dG9rZW4y", InvalidCredentials::Basic)]
    #[case::not_utf8(b"Basic /zpi", InvalidCredentials::Basic)]
    #[case::nothing(b"Basic", InvalidCredentials::Basic)]
    #[case::empty_bearer(b"Bearer ", InvalidCredentials::Bearer)]
    #[case::spaces(b"Bearer a b", InvalidCredentials::Bearer)]
    #[case::other_scheme(b"Digest a=b", InvalidCredentials::Scheme)]
    #[case::empty(b"", InvalidCredentials::Scheme)]
    #[case::not_text(b"Basic \xff", InvalidCredentials::Scheme)]
    fn refused(#[case] value: &[u8], #[case] expected: InvalidCredentials) -> Result<(), Box<dyn std::error::Error>> {
        assert_eq!(read(value)?, Err(expected));
        Ok(())
    }

    #[test]
    fn bearer() -> Result<(), Box<dyn std::error::Error>> {
        assert_eq!(read(b"bEaReR a.b-c_d")?, Ok("Bearer|a.b-c_d".to_owned()));
        Ok(())
    }

    #[test]
    fn none_and_two() -> Result<(), Box<dyn std::error::Error>> {
        assert!(matches!(parse(&HeaderMap::new()), Ok(None)));
        let mut two = headers(b"Basic dDpw")?;
        two.append(AUTHORIZATION, http::HeaderValue::from_static("Bearer a"));
        assert_eq!(parse(&two).err(), Some(InvalidCredentials::Repeated));
        Ok(())
    }

    #[test]
    fn debug_hides_secrets() -> Result<(), Box<dyn std::error::Error>> {
        let shown = format!("{:?} {:?}", parse(&headers(b"Basic dDpzZWNyZXQ=")?), parse(&headers(b"Bearer secret")?));
        assert!(!shown.contains("secret"), "{shown}");
        Ok(())
    }
}
