//! OpenID issuers that a site trusts to say who manages (decision D8): what they are called, and whom they vouch for. What their
//! tokens must say is in `rules.rs`, where their keys may be in `url.rs`.

pub mod rules;
pub mod url;

use std::fmt;

/// Between the name of an issuer and the subject that it vouches for. No object id holds one.
pub const ISSUER_SEPARATOR: char = ':';

/// What a site calls an issuer: the beginning of the principal ids of everybody whom it vouches for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IssuerName(Box<str>);

/// The text is no name of an issuer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not a name of an issuer: it takes 1 to 32 lower-case letters, digits and '-', and begins with a letter"
)]
pub struct InvalidIssuerName(pub String);

/// Short enough to be typed before every subject.
const NAME_CHARS_MAX: usize = 32;

impl IssuerName {
    /// Checks the rule.
    pub fn parse(text: &str) -> Result<Self, InvalidIssuerName> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if text.len() <= NAME_CHARS_MAX
            && text.bytes().all(allowed)
            && text.starts_with(|first: char| first.is_ascii_lowercase())
        {
            Ok(Self(text.into()))
        } else {
            Err(InvalidIssuerName(text.to_owned()))
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IssuerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Somebody for whom an issuer vouches. Issuers do not share their subjects: the same one of two issuers is two principals.
///
/// Written as `issuer:subject`, such as `github:repo:octo/app:ref:refs/heads/main`; the subject compares byte by byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignPrincipal {
    issuer: IssuerName,
    subject: Box<str>,
}

/// The text names nobody for whom an issuer could vouch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidForeignPrincipal {
    /// No issuer in front.
    #[error(transparent)]
    Issuer(#[from] InvalidIssuerName),
    /// Empty, too long, or with characters that would write elsewhere than they stand.
    #[error("the subject of an issuer takes 1 to {SUBJECT_BYTES_MAX} bytes without control characters")]
    Subject,
}

/// OpenID Connect Core 1.0, section 2: `sub` does not exceed 255 characters.
const SUBJECT_BYTES_MAX: usize = 255;

impl ForeignPrincipal {
    /// Of an issuer and the subject in its token.
    pub fn new(issuer: IssuerName, subject: &str) -> Result<Self, InvalidForeignPrincipal> {
        if is_line(subject) {
            Ok(Self { issuer, subject: subject.into() })
        } else {
            Err(InvalidForeignPrincipal::Subject)
        }
    }

    /// Reads `issuer:subject`.
    pub fn parse(text: &str) -> Result<Self, InvalidForeignPrincipal> {
        let (issuer, subject) = text.split_once(ISSUER_SEPARATOR).unwrap_or((text, ""));
        Self::new(IssuerName::parse(issuer)?, subject)
    }
}

impl fmt::Display for ForeignPrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{ISSUER_SEPARATOR}{}", self.issuer, self.subject)
    }
}

/// Whether a text of an issuer can be kept, logged and shown.
fn is_line(text: &str) -> bool {
    (1..=SUBJECT_BYTES_MAX).contains(&text.len()) && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("entra", true)]
    #[case("k8s-west-2", true)]
    #[case("", false)]
    #[case("Entra", false)]
    #[case("2nd", false)]
    #[case("-a", false)]
    #[case("a:b", false)]
    #[case("a b", false)]
    #[case("a2345678901234567890123456789012", true)]
    #[case("a23456789012345678901234567890123", false)]
    fn names(#[case] text: &str, #[case] valid: bool) {
        assert_eq!(IssuerName::parse(text).is_ok(), valid);
    }

    #[rstest]
    #[case("github:repo:octo/app:ref:refs/heads/main", true)]
    #[case("k8s:system:serviceaccount:ci:builder", true)]
    #[case("entra:9e223dbe-3399-4e19-88eb-0975f02ac87f", true)]
    #[case("entra: a", true)]
    #[case("entra:", false)]
    #[case("entra", false)]
    #[case(":subject", false)]
    #[case("Entra:subject", false)]
    #[case("entra:a\nb", false)]
    #[case("entra:a\u{0}", false)]
    fn principals(#[case] text: &str, #[case] valid: bool) {
        let parsed = ForeignPrincipal::parse(text);
        assert_eq!(parsed.is_ok(), valid);
        assert!(parsed.is_err() || parsed.is_ok_and(|principal| principal.to_string() == text));
    }

    #[test]
    fn subjects_are_bounded() {
        assert!(ForeignPrincipal::parse(&format!("a:{}", "s".repeat(SUBJECT_BYTES_MAX))).is_ok());
        assert!(ForeignPrincipal::parse(&format!("a:{}", "s".repeat(SUBJECT_BYTES_MAX + 1))).is_err());
    }
}
