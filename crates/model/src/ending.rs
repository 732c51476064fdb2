//! Credentials that end soon: what their holders are told before.

use crate::timestamp::Timestamp;
use std::fmt;

/// A password or a certificate of a token that ends soon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// The token's name, as created.
    pub token: Box<str>,
    /// Which of its credentials: `password1`, `certificate2`.
    pub slot: &'static str,
    /// From when on it is refused.
    pub ends_at: Timestamp,
}

impl fmt::Display for Ending {
    /// `password1 of token ci ends at 2026-01-10T00:00:00+00:00: renew it before`. The same on every day, so that clients that show a text
    /// once do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { token, slot, ends_at } = self;
        write!(f, "{slot} of token {token} ends at {}: renew it before", ends_at.whole_seconds())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_whose_which_and_when() {
        let ends_at = Timestamp::from_micros(1_768_003_200_999_999);
        let ending = Ending { token: "ci".into(), slot: "password1", ends_at };
        assert_eq!(ending.to_string(), "password1 of token ci ends at 2026-01-10T00:00:00+00:00: renew it before");
    }
}
