//! The `Range` of a blob that is asked for (RFC 9110, section 14). Pure.

use std::ops::Range;

/// What part of a blob to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it, with 200.
    Whole,
    /// These bytes, with 206; never none.
    Bytes(Range<u64>),
    /// None, with 416.
    Unsatisfiable,
}

/// Reads a `Range` header for a blob of `size_bytes`.
///
/// What is no range of bytes, and several ranges, are passed over, as the RFC allows: a client that asks for many small ones
/// makes a server work more than it sends. A range that ends before it begins is unsatisfiable, which the OCI suite asks for.
pub(super) fn parse(header: Option<&str>, size_bytes: u64) -> Part {
    let Some((first, last)) = header.and_then(single) else { return Part::Whole };
    let range = match (number(first), number(last)) {
        (Some(first), _) if last.is_empty() => first..size_bytes,
        (Some(first), Some(last)) => first..last.saturating_add(1).min(size_bytes),
        (_, Some(suffix)) if first.is_empty() => size_bytes.saturating_sub(suffix)..size_bytes,
        _ => return Part::Whole,
    };
    if range.is_empty() { Part::Unsatisfiable } else { Part::Bytes(range) }
}

/// The two ends of `bytes=<first>-<last>`.
fn single(header: &str) -> Option<(&str, &str)> {
    let (unit, range) = header.split_once('=')?;
    let (first, last) = range.trim().split_once('-')?;
    unit.trim().eq_ignore_ascii_case("bytes").then_some((first.trim(), last.trim()))
}

/// A number beyond 64 bits lies beyond every blob.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("bytes=500-1499", 2048, Part::Bytes(500..1500))]
    #[case("bytes=500-", 2048, Part::Bytes(500..2048))]
    #[case("bytes=-500", 2048, Part::Bytes(1548..2048))]
    #[case("bytes=2000-5000", 2048, Part::Bytes(2000..2048))]
    #[case("bytes=0-0", 2048, Part::Bytes(0..1))]
    #[case("bytes=-9999", 2048, Part::Bytes(0..2048))]
    #[case("bytes=0-99999999999999999999", 2048, Part::Bytes(0..2048))]
    #[case("Bytes = 0 - 1", 2048, Part::Bytes(0..2))]
    #[case("bytes=500-0", 2048, Part::Unsatisfiable)]
    #[case("bytes=5000-10000", 2048, Part::Unsatisfiable)]
    #[case("bytes=2048-", 2048, Part::Unsatisfiable)]
    #[case("bytes=99999999999999999999-", 2048, Part::Unsatisfiable)]
    #[case("bytes=-0", 2048, Part::Unsatisfiable)]
    #[case("bytes=0-", 0, Part::Unsatisfiable)]
    #[case("bytes=0-1,5-6", 2048, Part::Whole)]
    #[case("lines=0-1", 2048, Part::Whole)]
    #[case("bytes=a-b", 2048, Part::Whole)]
    #[case("bytes=-", 2048, Part::Whole)]
    #[case("bytes", 2048, Part::Whole)]
    #[case("", 2048, Part::Whole)]
    fn ranges(#[case] header: &str, #[case] size_bytes: u64, #[case] expected: Part) {
        assert_eq!(parse(Some(header), size_bytes), expected);
        assert_eq!(parse(None, size_bytes), Part::Whole);
    }

    proptest! {
        #[test]
        fn within_the_blob(header in "(bytes=)?[0-9]{0,20}-?[0-9]{0,20}", size_bytes: u64) {
            if let Part::Bytes(range) = parse(Some(&header), size_bytes) {
                prop_assert!(range.start < range.end && range.end <= size_bytes);
            }
        }
    }
}
