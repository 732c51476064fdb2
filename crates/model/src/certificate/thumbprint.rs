//! The two digests by which certificates are told apart, and how people write them.

use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// SHA-256 of a certificate's DER. Pins it to a token, and binds bearers to it (RFC 8705, `x5t#S256`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of a certificate, by its DER.
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// Of a digest that was computed or stored.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// For the store.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    /// Lower-case hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

/// SHA-1 of a certificate's DER, which is what Azure calls its thumbprint. A name to show and to compare by eye; decides nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Thumbprint([u8; 20]);

impl Thumbprint {
    /// Of a digest that was computed or stored.
    pub fn new(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// For the store.
    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }
}

impl fmt::Display for Thumbprint {
    /// Lower-case hexadecimal, as in the swagger's example.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.0)
    }
}

fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// A thumbprint that a client sent, by either digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenThumbprint {
    /// 40 digits.
    Sha1(Thumbprint),
    /// 64 digits.
    Sha256(Fingerprint),
}

/// The text is no thumbprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a thumbprint is the SHA-1 or SHA-256 of the certificate's DER in hexadecimal, 40 or 64 digits: give that, or leave it out"
)]
pub struct InvalidThumbprint;

impl GivenThumbprint {
    /// Whether it is that of the certificate with these digests.
    pub fn is_of(&self, thumbprint: &Thumbprint, fingerprint: &Fingerprint) -> bool {
        match self {
            Self::Sha1(given) => given == thumbprint,
            Self::Sha256(given) => given == fingerprint,
        }
    }
}

impl FromStr for GivenThumbprint {
    type Err = InvalidThumbprint;

    /// In any case, with or without the colons and spaces that OpenSSL and Windows put between.
    fn from_str(text: &str) -> Result<Self, InvalidThumbprint> {
        let digits: Vec<u8> = text
            .chars()
            .filter(|char| *char != ':' && !char.is_whitespace())
            .map(|char| char.to_digit(16).and_then(|digit| u8::try_from(digit).ok()).ok_or(InvalidThumbprint))
            .collect::<Result<_, _>>()?;
        let bytes: Vec<u8> =
            digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
        match digits.len() {
            40 => bytes.try_into().map(|bytes| Self::Sha1(Thumbprint(bytes))).map_err(|_| InvalidThumbprint),
            64 => bytes.try_into().map(|bytes| Self::Sha256(Fingerprint(bytes))).map_err(|_| InvalidThumbprint),
            _ => Err(InvalidThumbprint),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("")]
    #[case("feeb79a888bf1415f8e17c4965a2a5bb5c8a2ff")]
    #[case("feeb79a888bf1415f8e17c4965a2a5bb5c8a2ff77")]
    #[case("geeb79a888bf1415f8e17c4965a2a5bb5c8a2ff7")]
    #[case("SHA1 Fingerprint=FE:EB:79:A8:88:BF:14:15:F8:E1:7C:49:65:A2:A5:BB:5C:8A:2F:F7")]
    fn refused(#[case] text: &str) {
        assert_eq!(text.parse::<GivenThumbprint>(), Err(InvalidThumbprint));
    }

    proptest! {
        #[test]
        fn read_as_people_write_them(sha1: [u8; 20], sha256: [u8; 32], upper: bool, separator in "[: ]?") {
            let written = |text: String| {
                let text = if upper { text.to_uppercase() } else { text };
                let pairs: Vec<&str> = text.as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok()).collect();
                pairs.join(&separator).parse::<GivenThumbprint>()
            };
            prop_assert_eq!(written(Thumbprint(sha1).to_string()), Ok(GivenThumbprint::Sha1(Thumbprint(sha1))));
            prop_assert_eq!(written(Fingerprint(sha256).to_string()), Ok(GivenThumbprint::Sha256(Fingerprint(sha256))));
        }
    }
}
