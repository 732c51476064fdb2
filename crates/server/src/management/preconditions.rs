//! What is looked at of a request's headers before its body is read.

use super::errors::Failure;
use axum::body::{Body, HttpBody};
use http::header::{CONTENT_TYPE, HeaderName, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderMap, Method};

/// Refuses a body that is not said to be JSON, and a change on a condition: these resources have no entity tags (the swagger has no
/// `etag`), and a condition that is passed over is worse than none.
pub(super) fn check(parts: &Parts, body: &Body) -> Result<(), Failure> {
    if parts.method == Method::GET || parts.method == Method::HEAD {
        return Ok(());
    }
    const CONDITIONS: [HeaderName; 2] = [IF_MATCH, IF_NONE_MATCH];
    if let Some(condition) = CONDITIONS.into_iter().find(|name| parts.headers.contains_key(name)) {
        return Err(Failure::Conditional(condition));
    }
    match media_type(&parts.headers) {
        Some(given) if !body.is_end_stream() && !is_json(&given) => Err(Failure::MediaType(given)),
        _ => Ok(()),
    }
}

/// Without its parameters; a client that does not say what it sends is believed to send what is wanted.
fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = String::from_utf8_lossy(headers.get(CONTENT_TYPE)?.as_bytes()).into_owned();
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// `application/json`, or one that is written in it (RFC 6839, section 3.1), such as `application/merge-patch+json`.
fn is_json(media_type: &str) -> bool {
    media_type.split_once('/').is_some_and(|(_, subtype)| subtype == "json" || subtype.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("application/json", true)]
    #[case("application/merge-patch+json", true)]
    #[case("text/json", true)]
    #[case("application/x-www-form-urlencoded", false)]
    #[case("json", false)]
    #[case("", false)]
    fn media_types(#[case] given: &str, #[case] json: bool) {
        assert_eq!(is_json(given), json);
    }
}
