//! `Retry-After` (RFC 9110, section 10.2.3): how long a client is told to wait.

use http::HeaderValue;
use std::time::Duration;

/// Whole seconds, of which the last one counts too.
pub(crate) fn seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX)
}

/// The header's value.
pub(crate) fn value(wait: Duration) -> HeaderValue {
    HeaderValue::from(seconds(wait))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0, 0)]
    #[case(1, 1)]
    #[case(1_000, 1)]
    #[case(1_001, 2)]
    fn nobody_comes_back_too_early(#[case] milliseconds: u64, #[case] expected: u64) {
        assert_eq!(seconds(Duration::from_millis(milliseconds)), expected);
    }
}
