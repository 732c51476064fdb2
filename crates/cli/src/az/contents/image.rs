//! Names of manifests and tags, as people write them: `samples/app:v1`, `samples/app@sha256:…`.

use crate::failure::Failure;

/// How many letters a digest has behind its algorithm when it is shown or given short: what docker shows.
pub(super) const SHORT_DIGEST_LETTERS: usize = 12;

/// How many it must have at least to be looked for: fewer are a slip rather than a name.
const DIGEST_LETTERS_MIN: usize = 6;

/// A manifest or a tag of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Image<'a> {
    pub(super) repository: &'a str,
    pub(super) reference: Reference<'a>,
}

/// By what it is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reference<'a> {
    Tag(&'a str),
    /// The whole of it, or its beginning.
    Digest(&'a str),
}

impl<'a> Image<'a> {
    /// Errors: there is neither a tag nor a digest.
    pub(super) fn parse(text: &'a str) -> Result<Self, Failure> {
        let not_one = |why: &str| {
            Failure::usage(format!("'{text}' {why}."))
                .hint("Name one by its tag, such as samples/app:v1, or by its digest: samples/app@sha256:9c3d2f60b1a7.")
        };
        let (repository, reference) = match text.split_once('@') {
            Some((repository, digest)) => {
                let letters = digest.split_once(':').map_or("", |(_, letters)| letters);
                if letters.len() < DIGEST_LETTERS_MIN || !letters.bytes().all(|c| c.is_ascii_hexdigit()) {
                    return Err(not_one("has no digest behind its @, nor enough of one"));
                }
                // docker writes NAME:TAG@DIGEST, and means the digest.
                (split_tag(repository).map_or(repository, |(repository, _)| repository), Reference::Digest(digest))
            }
            None => {
                let (repository, tag) = split_tag(text).ok_or_else(|| not_one("names a repository alone"))?;
                (repository, Reference::Tag(tag))
            }
        };
        if repository.is_empty() {
            return Err(not_one("names no repository"));
        }
        Ok(Self { repository, reference })
    }

    /// The same, where only a tag will do.
    ///
    /// Errors: as [`Image::parse`]; it is a digest.
    pub(super) fn parse_tag(text: &'a str) -> Result<(&'a str, &'a str), Failure> {
        match Self::parse(text)? {
            Self { repository, reference: Reference::Tag(tag) } => Ok((repository, tag)),
            Self { .. } => Err(Failure::usage(format!("'{text}' is a manifest, not a tag."))
                .hint("Name a tag, such as samples/app:v1. `portcullis manifest` is for manifests.")),
        }
    }
}

/// A tag has no slash, so that the port of a host is none.
fn split_tag(text: &str) -> Option<(&str, &str)> {
    text.rsplit_once(':').filter(|(_, tag)| !tag.is_empty() && !tag.contains('/'))
}

/// Whether it is whole: SHA-256 and SHA-512 have 64 and 128 letters (OCI image specification, descriptor).
pub(super) fn is_whole(digest: &str) -> bool {
    let letters = digest.split_once(':').map_or(0, |(algorithm, letters)| match algorithm {
        "sha512" => letters.len() / 2,
        _ => letters.len(),
    });
    letters >= 64
}

/// Its first letters, which `portcullis manifest` takes as well; anything else as it is.
pub(super) fn shortened(digest: &str) -> &str {
    let end = digest.find(':').map_or(0, |colon| colon + 1 + SHORT_DIGEST_LETTERS);
    if is_whole(digest) { digest.get(..end).unwrap_or(digest) } else { digest }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("samples/app:v1", Some(("samples/app", Reference::Tag("v1"))))]
    #[case("app@sha256:9c3d2f", Some(("app", Reference::Digest("sha256:9c3d2f"))))]
    #[case("app:v1@sha256:9c3d2f", Some(("app", Reference::Digest("sha256:9c3d2f"))))]
    #[case("samples/app", None)]
    #[case("localhost:5000/app", None)]
    #[case("app:", None)]
    #[case(":v1", None)]
    #[case("app@sha256:9c3d", None)]
    #[case("app@sha256:nothexa", None)]
    #[case("app@9c3d2f60b1a7", None)]
    fn names(#[case] text: &str, #[case] expected: Option<(&str, Reference<'_>)>) {
        let parsed = Image::parse(text).ok().map(|image| (image.repository, image.reference));
        assert_eq!(parsed, expected);
    }

    #[rstest]
    #[case("sha256:", 64, "sha256:aaaaaaaaaaaa")]
    #[case("sha512:", 128, "sha512:aaaaaaaaaaaa")]
    #[case("sha256:", 63, "")]
    fn digests_are_short_where_there_is_little_room(
        #[case] algorithm: &str,
        #[case] letters: usize,
        #[case] short: &str,
    ) {
        let digest = algorithm.to_owned() + &"a".repeat(letters);
        assert_eq!(shortened(&digest), if short.is_empty() { &digest } else { short });
    }
}
