//! The ids of uploads, which are also the names of their files.

use std::fmt;

/// An id is at most this many characters: nearly twice a UUID's, far below the 255 bytes of a file name.
const UPLOAD_ID_CHARS_MAX: usize = 64;

/// The id of an upload: 1 to 64 letters, digits and `-`. It therefore never leaves the folder of uploads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UploadId(Box<str>);

/// The text is not the id of an upload.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not an upload id: 1 to 64 letters, digits and '-'")]
pub struct InvalidUploadId(pub String);

impl UploadId {
    /// Checks the grammar.
    pub fn parse(text: &str) -> Result<Self, InvalidUploadId> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if (1..=UPLOAD_ID_CHARS_MAX).contains(&text.len()) && text.bytes().all(is_allowed) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidUploadId(text.to_owned()))
        }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("0196f1c2-7b3e-7d10-8a55-0c1d2e3f4a5b", true)]
    #[case("A", true)]
    #[case("", false)]
    #[case(".", false)]
    #[case("..", false)]
    #[case("../blobs", false)]
    #[case("a/b", false)]
    #[case("a\\b", false)]
    #[case("a\0", false)]
    #[case("%2e%2e", false)]
    #[case("C:", false)]
    #[case("é", false)]
    fn grammar(#[case] text: &str, #[case] valid: bool) {
        assert_eq!(UploadId::parse(text).is_ok(), valid);
    }

    #[test]
    fn at_most_64_characters() {
        assert!(UploadId::parse(&"a".repeat(64)).is_ok());
        assert!(UploadId::parse(&"a".repeat(65)).is_err());
    }
}
