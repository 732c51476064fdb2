//! Tags, and references to manifests: a tag or a digest.

use crate::digest::{Digest, InvalidDigest};
use std::fmt;

/// A tag is at most this many characters (OCI distribution 1.1, "Pulling manifests").
pub const TAG_CHARS_MAX: usize = 128;

/// A tag: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`. Ordered by bytes, which is the order of tag lists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(Box<str>);

/// The text is not a tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a tag: a letter, digit or '_', then at most 127 letters, digits, '.', '_' and '-'")]
pub struct InvalidTag(pub String);

impl Tag {
    /// Checks the grammar.
    pub fn parse(text: &str) -> Result<Self, InvalidTag> {
        let is_first = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let is_rest = |c: char| is_first(c) || c == '.' || c == '-';
        if text.starts_with(is_first) && text.len() <= TAG_CHARS_MAX && text.chars().all(is_rest) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidTag(text.to_owned()))
        }
    }

    /// The manifest that it is about, when its form says so: `sha256-` and the digits of a digest, for the list of what refers to it (OCI distribution
    /// 1.1, "Referrers Tag Schema"); and with an ending such as `.sig` or `.att`, as cosign names what it signs and attests. SHA-512 does not fit into
    /// a tag.
    pub fn subject(&self) -> Option<Digest> {
        let (hex, ending) = self.0.strip_prefix("sha256-")?.split_at_checked(64)?;
        let digest = Digest::parse(&format!("sha256:{hex}")).ok();
        digest.filter(|_| ending.is_empty() || ending.starts_with('.'))
    }

    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What names a manifest in a request: a tag, or a digest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// By tag.
    Tag(Tag),
    /// By digest.
    Digest(Digest),
}

/// The text is neither a tag nor a digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReference {
    /// It has a colon, so a digest was meant.
    #[error(transparent)]
    Digest(#[from] InvalidDigest),
    /// It has none, so a tag was meant.
    #[error(transparent)]
    Tag(#[from] InvalidTag),
}

impl Reference {
    /// Reads a digest when there is a colon (no tag may hold one), a tag otherwise.
    pub fn parse(text: &str) -> Result<Self, InvalidReference> {
        if text.contains(':') { Ok(Self::Digest(Digest::parse(text)?)) } else { Ok(Self::Tag(Tag::parse(text)?)) }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => write!(f, "{tag}"),
            Self::Digest(digest) => write!(f, "{digest}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("latest", true)]
    #[case("_1.0-rc.1", true)]
    #[case("V1", true)]
    #[case(".hidden", false)]
    #[case("-x", false)]
    #[case("a/b", false)]
    #[case("a b", false)]
    #[case("", false)]
    fn tags(#[case] text: &str, #[case] valid: bool) {
        assert_eq!(Tag::parse(text).is_ok(), valid);
    }

    #[rstest]
    #[case("sha256-H", true)]
    #[case("sha256-H.sig", true)]
    #[case("sha256-H.att", true)]
    #[case("sha256-H0", false)]
    #[case("sha256-H-sig", false)]
    #[case("sha256-e3b0", false)]
    #[case("sha512-H", false)]
    #[case("sha256_H", false)]
    #[case("v1", false)]
    fn tags_about_a_manifest(#[case] text: &str, #[case] expected: bool) {
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let tag = Tag::parse(&text.replace('H', hex)).expect("a tag");
        let digest = Digest::parse(&format!("sha256:{hex}")).expect("a digest");
        assert_eq!(tag.subject(), Some(digest).filter(|_| expected));
    }

    #[test]
    fn at_most_128_characters() {
        assert!(Tag::parse(&"a".repeat(128)).is_ok());
        assert!(Tag::parse(&"a".repeat(129)).is_err());
    }

    #[test]
    fn a_colon_means_a_digest() {
        assert!(matches!(Reference::parse("sha256:zz"), Err(InvalidReference::Digest(_))));
        assert!(matches!(Reference::parse("v1"), Ok(Reference::Tag(_))));
    }
}
