//! Entity tags: the digest in quotes names a blob's or a manifest's bytes for good (RFC 9110, section 8.8.3).

use super::errors::ErrorAnswer;
use http::header::{IF_MATCH, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use model::digest::Digest;

/// The `ETag` of what has `digest`.
pub(super) fn of(digest: &Digest) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("\"{digest}\"")).ok()
}

/// Whether the client says that it has what it asks for, so that 304 is the answer (RFC 9110, section 13.1.2).
pub(super) fn is_at_client(headers: &HeaderMap, digest: &Digest) -> bool {
    let tag = format!("\"{digest}\"");
    let listed = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    listed
        .flat_map(|list| list.split(','))
        .map(|item| item.trim())
        // The comparison is the weak one; no entity tag of ours holds a comma.
        .any(|item| item == "*" || item.strip_prefix("W/").unwrap_or(item) == tag)
}

/// A change that is wanted on a condition is not made without it, and none is looked at here (RFC 9110, section 13.2.1): a tag would be overwritten by
/// whoever asked that it should not be.
pub(super) fn refuse_conditional_change(parts: &Parts) -> Result<(), ErrorAnswer> {
    let is_read = [Method::GET, Method::HEAD].contains(&parts.method);
    match [IF_MATCH, IF_NONE_MATCH, IF_UNMODIFIED_SINCE].into_iter().find(|name| parts.headers.contains_key(name)) {
        Some(condition) if !is_read => {
            let message = format!("changes on a condition are not made here: send the request without {condition}");
            Err(ErrorAnswer::new(StatusCode::PRECONDITION_FAILED, "UNSUPPORTED", message))
        }
        _ => Ok(()),
    }
}

/// Whether a range counts: without `If-Range`, or when it names these bytes (RFC 9110, section 13.1.5).
pub(super) fn allows_range(headers: &HeaderMap, digest: &Digest) -> bool {
    headers.get(IF_RANGE).is_none_or(|value| value.as_bytes() == format!("\"{digest}\"").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::digest::DigestAlgorithm;
    use rstest::rstest;

    const TAG: &str = "\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"";

    #[rstest]
    #[case("TAG", true, true)]
    #[case("W/TAG", true, false)]
    #[case("\"other\", TAG", true, false)]
    #[case("*", true, false)]
    #[case("\"other\"", false, false)]
    #[case("sha256:e3b0", false, false)]
    fn conditions(#[case] value: &str, #[case] not_modified: bool, #[case] range: bool) {
        let digest = Digest::of(DigestAlgorithm::Sha256, b"");
        let value = HeaderValue::try_from(value.replace("TAG", TAG)).expect("a value");
        let headers = |name| HeaderMap::from_iter([(name, value.clone())]);
        assert_eq!(of(&digest), Some(HeaderValue::from_static(TAG)));
        assert_eq!(is_at_client(&headers(IF_NONE_MATCH), &digest), not_modified);
        assert_eq!(allows_range(&headers(IF_RANGE), &digest), range);
        assert!(!is_at_client(&HeaderMap::new(), &digest) && allows_range(&HeaderMap::new(), &digest));
    }

    #[rstest]
    #[case("PUT", "if-none-match", false)]
    #[case("DELETE", "if-match", false)]
    #[case("PATCH", "if-unmodified-since", false)]
    #[case("PUT", "if-range", true)]
    #[case("GET", "if-none-match", true)]
    #[case("HEAD", "if-match", true)]
    fn changes_on_a_condition(#[case] method: &str, #[case] condition: &str, #[case] done: bool) {
        let request = http::Request::builder().method(method).header(condition, "*").body(()).expect("a request");
        let refused = refuse_conditional_change(&request.into_parts().0);
        assert_eq!(refused.err().map(|error| error.code()), (!done).then_some("UNSUPPORTED"));
    }
}
