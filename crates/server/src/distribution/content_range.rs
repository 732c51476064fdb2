//! The `Content-Range` of a chunk that is uploaded. Pure.

use http::HeaderMap;
use http::header::CONTENT_RANGE;
use std::num::ParseIntError;

/// Which bytes of the blob a request carries, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ContentRange {
    /// The first byte.
    pub(super) first: u64,
    /// The last byte, never before the first.
    pub(super) last: u64,
}

/// The header is there and is no range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the Content-Range is not <first byte>-<last byte>, both included, such as 0-1023")]
pub(super) struct InvalidContentRange;

impl ContentRange {
    /// Reads `<first>-<last>` (OCI distribution 1.1, "Pushing a blob in chunks"), and the form of RFC 9110,
    /// `bytes <first>-<last>/<size or *>`, which some clients send. `None` without a header.
    pub(super) fn parse(headers: &HeaderMap) -> Result<Option<Self>, InvalidContentRange> {
        let Some(value) = headers.get(CONTENT_RANGE) else { return Ok(None) };
        let text = value.to_str().map_err(|_| InvalidContentRange)?.trim();
        let text = text.strip_prefix("bytes ").or_else(|| text.strip_prefix("bytes=")).unwrap_or(text);
        let range = text.split_once('/').map_or(text, |(range, _)| range);
        let (first, last) = range.split_once('-').ok_or(InvalidContentRange)?;
        let number = |text: &str| -> Result<u64, InvalidContentRange> {
            // Rust's numbers may begin with a plus; these may not.
            if text.starts_with('+') {
                Err(InvalidContentRange)
            } else {
                text.parse().map_err(|_: ParseIntError| InvalidContentRange)
            }
        };
        let (first, last) = (number(first)?, number(last)?);
        if first <= last && last < u64::MAX { Ok(Some(Self { first, last })) } else { Err(InvalidContentRange) }
    }

    /// How many bytes it holds.
    pub(super) fn bytes(self) -> u64 {
        self.last - self.first + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use rstest::rstest;

    #[rstest]
    #[case("0-255", Some((0, 255)))]
    #[case("256-256", Some((256, 256)))]
    #[case("bytes 0-9/100", Some((0, 9)))]
    #[case("bytes 0-9/*", Some((0, 9)))]
    #[case("bytes=0-9", Some((0, 9)))]
    #[case("10-9", None)]
    #[case("0", None)]
    #[case("-5", None)]
    #[case("5-", None)]
    #[case("+1-5", None)]
    #[case("0-18446744073709551615", None)]
    #[case("0-99999999999999999999", None)]
    #[case("a-b", None)]
    #[case("", None)]
    fn ranges(#[case] text: &'static str, #[case] expected: Option<(u64, u64)>) {
        let headers = HeaderMap::from_iter([(CONTENT_RANGE, HeaderValue::from_static(text))]);
        let expected = expected.map(|(first, last)| Some(ContentRange { first, last })).ok_or(InvalidContentRange);
        assert_eq!(ContentRange::parse(&headers), expected);
    }

    #[test]
    fn none() {
        assert_eq!(ContentRange::parse(&HeaderMap::new()), Ok(None));
    }
}
