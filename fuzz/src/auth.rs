//! Credentials in headers, and forms.

use crate::text;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};

#[path = "../../crates/server/src/auth/credentials.rs"]
mod credentials;
#[path = "../../crates/server/src/auth/form.rs"]
mod form;

use credentials::{Credentials, parse};
use form::Form;

/// An `Authorization` header.
pub fn credentials(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    let read = parse(&HeaderMap::from_iter([(AUTHORIZATION, value)]));
    let shown = format!("{read:?}");
    match &read {
        Ok(Some(Credentials::Basic { user, password })) => {
            let secret = password.reveal();
            assert!(!user.contains(':'), "{user}");
            assert!(
                secret.len() < 8 || format!("{user:?} Basic").contains(secret) || !shown.contains(secret),
                "{shown}"
            );
            assert_eq!(second_reading(data), Some(format!("{user}:{secret}")));
            let again = format!("basic {}", STANDARD.encode(format!("{user}:{secret}")));
            let again = parse(&HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::try_from(again).expect("base64"))]));
            let Ok(Some(Credentials::Basic { user: known, password: same })) = again else { panic!("{again:?}") };
            assert_eq!((known.as_str(), same.reveal()), (user.as_str(), secret));
        }
        Ok(Some(Credentials::Bearer(bearer))) => {
            let sent = text(data).expect("text").trim();
            assert!(
                sent.ends_with(bearer.as_str())
                    && sent.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("bearer"))
            );
            assert!(bearer.len() < 8 || !shown.contains(bearer.as_str()), "{shown}");
        }
        Ok(None) => panic!("there is a header"),
        Err(_) => {}
    }
}

/// What Basic credentials say, read from the right.
fn second_reading(header: &[u8]) -> Option<String> {
    let sent = std::str::from_utf8(header).ok()?.trim();
    let encoded = sent.get(5..)?.trim().trim_end_matches('=');
    String::from_utf8(STANDARD_NO_PAD.decode(encoded).ok()?).ok()
}

/// The parameters that the token service reads.
const NAMES: [&str; 8] =
    ["scope", "service", "grant_type", "username", "password", "refresh_token", "access_token", "client_secret"];

/// A form body.
pub fn form(data: &[u8]) {
    let form = Form::parse(data);
    let pairs = pairs(data);
    for name in NAMES {
        let expected: Vec<&str> =
            pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect();
        assert_eq!(form.all(name).collect::<Vec<_>>(), expected, "{name}");
        match (form.get(name), &expected[..]) {
            (Ok(None), [] | [""]) => {}
            (Ok(Some(value)), [only]) => assert!(value == *only && !value.is_empty()),
            (Err(repeated), [_, _, ..]) => assert_eq!(repeated.0, name),
            (got, expected) => panic!("{name}: {got:?} of {expected:?}"),
        }
        let first = pairs.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
        assert_eq!(form.get_ignoring_case(name), first.filter(|value| !value.is_empty()));
    }
    let written = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
    let again = Form::parse(written.as_bytes());
    for name in NAMES {
        assert!(form.all(name).eq(again.all(name)), "{name} is read again");
    }
    let shown = format!("{form:?}");
    let secrets = form.all("password").chain(form.all("refresh_token"));
    for secret in secrets.filter(|secret| secret.len() >= 16) {
        let is_name = pairs.iter().any(|(name, _)| format!("{name:?}").contains(secret));
        assert!(is_name || !shown.contains(secret), "a value is in {shown}");
    }
}

/// A second reading: split, then plus signs, then percent signs (WHATWG URL, "application/x-www-form-urlencoded parsing").
fn pairs(data: &[u8]) -> Vec<(String, String)> {
    let pair = |part: &[u8]| {
        let end = part.iter().position(|byte| *byte == b'=').unwrap_or(part.len());
        (decoded(&part[..end]), decoded(part.get(end + 1..).unwrap_or_default()))
    };
    data.split(|byte| *byte == b'&').filter(|part| !part.is_empty()).map(pair).collect()
}

fn decoded(text: &[u8]) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let digits = behind.first_chunk().and_then(|[high, low]| Some(hex(*high)? * 16 + hex(*low)?));
        let (byte, length) = match (first, digits) {
            (b'%', Some(byte)) => (byte, 3),
            (b'+', _) => (b' ', 1),
            _ => (*first, 1),
        };
        bytes.push(byte);
        rest = &rest[length..];
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
