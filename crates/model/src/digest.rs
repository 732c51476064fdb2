//! Content digests, `algorithm:hex`, by which blobs and manifests are named.

use sha2::{Digest as _, Sha256, Sha512};
use std::fmt;

/// A hash algorithm that the registry accepts (OCI image specification, descriptor, "Registered algorithms").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DigestAlgorithm {
    /// SHA-256, 64 hexadecimal digits.
    Sha256,
    /// SHA-512, 128 hexadecimal digits.
    Sha512,
}

impl DigestAlgorithm {
    /// The name in front of the colon.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// Reads the name in front of the colon; `None` for an algorithm that is not accepted.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Sha256, Self::Sha512].into_iter().find(|algorithm| algorithm.as_str() == text)
    }

    fn hex_digits(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}

/// A digest such as `sha256:e3b0…`, always lower-case hexadecimal of the algorithm's length.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    algorithm: DigestAlgorithm,
    hex: Box<str>,
}

/// The text is not a digest of an accepted algorithm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a digest: sha256: and 64, or sha512: and 128 lower-case hexadecimal digits")]
pub struct InvalidDigest(pub String);

impl Digest {
    /// Reads `sha256:<64 hex>` or `sha512:<128 hex>`, lower case only.
    pub fn parse(text: &str) -> Result<Self, InvalidDigest> {
        let invalid = || InvalidDigest(text.to_owned());
        let (algorithm, hex) = text.split_once(':').ok_or_else(invalid)?;
        let algorithm = DigestAlgorithm::parse(algorithm).ok_or_else(invalid)?;
        let is_lower_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if hex.len() == algorithm.hex_digits() && hex.bytes().all(is_lower_hex) {
            Ok(Self { algorithm, hex: hex.into() })
        } else {
            Err(invalid())
        }
    }

    /// The digest of `bytes`.
    pub fn of(algorithm: DigestAlgorithm, bytes: &[u8]) -> Self {
        let mut hasher = DigestHasher::new(algorithm);
        hasher.update(bytes);
        hasher.finish()
    }

    /// Which algorithm made it.
    pub fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// The hexadecimal digits after the colon.
    pub fn hex(&self) -> &str {
        &self.hex
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.as_str(), self.hex)
    }
}

/// A digest in the making, fed as bytes arrive. Cloning keeps the state, so that bytes are hashed once.
#[derive(Clone)]
pub enum DigestHasher {
    /// Makes a SHA-256 digest.
    Sha256(Sha256),
    /// Makes a SHA-512 digest.
    Sha512(Sha512),
}

impl DigestHasher {
    /// Nothing hashed yet.
    pub fn new(algorithm: DigestAlgorithm) -> Self {
        match algorithm {
            DigestAlgorithm::Sha256 => Self::Sha256(Sha256::new()),
            DigestAlgorithm::Sha512 => Self::Sha512(Sha512::new()),
        }
    }

    /// Which algorithm it computes.
    pub fn algorithm(&self) -> DigestAlgorithm {
        match self {
            Self::Sha256(_) => DigestAlgorithm::Sha256,
            Self::Sha512(_) => DigestAlgorithm::Sha512,
        }
    }

    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// The digest of everything fed.
    pub fn finish(self) -> Digest {
        let (algorithm, hex) = match self {
            Self::Sha256(hasher) => (DigestAlgorithm::Sha256, lower_hex(&hasher.finalize())),
            Self::Sha512(hasher) => (DigestAlgorithm::Sha512, lower_hex(&hasher.finalize())),
        };
        Digest { algorithm, hex }
    }
}

impl fmt::Debug for DigestHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DigestHasher({})", self.algorithm().as_str())
    }
}

fn lower_hex(bytes: &[u8]) -> Box<str> {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles.map(|nibble| DIGITS[usize::from(nibble)]).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    // FIPS 180-4, the digests of the empty message.
    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn of_the_empty_message() {
        assert_eq!(Digest::of(DigestAlgorithm::Sha256, b"").to_string(), EMPTY);
        assert!(Digest::of(DigestAlgorithm::Sha512, b"").to_string().starts_with("sha512:cf83e1357eefb8bd"));
    }

    #[test]
    fn in_pieces_as_in_one() {
        let mut hasher = DigestHasher::new(DigestAlgorithm::Sha256);
        hasher.update(b"port");
        let kept = hasher.clone();
        hasher.update(b"cullis");
        assert_eq!(hasher.finish(), Digest::of(DigestAlgorithm::Sha256, b"portcullis"));
        assert_eq!(kept.finish(), Digest::of(DigestAlgorithm::Sha256, b"port"));
    }

    #[rstest]
    #[case("")]
    #[case("sha256:")]
    #[case("sha256:e3b0")]
    #[case("sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855")]
    #[case("md5:d41d8cd98f00b204e9800998ecf8427e")]
    #[case("sha512:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    #[case("../../etc/passwd")]
    fn refused(#[case] text: &str) {
        assert_eq!(Digest::parse(text), Err(InvalidDigest(text.to_owned())));
    }
}
