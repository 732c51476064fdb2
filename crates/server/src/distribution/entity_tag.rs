//! Entity tags: the digest in quotes names a blob's or a manifest's bytes for good (RFC 9110, section 8.8.3). Pure.

use http::header::{IF_NONE_MATCH, IF_RANGE};
use http::{HeaderMap, HeaderValue};
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
}
