//! Repository names, and the patterns that scope maps use for them.

use std::fmt;

/// A repository name never exceeds this many bytes (OCI distribution 1.1, "Pulling manifests": name with host at most 255).
pub const REPOSITORY_NAME_BYTES_MAX: usize = 255;

/// A repository name by OCI distribution 1.1: components of `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*` joined by `/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryName(Box<str>);

/// The text is not a repository name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not a repository name: lower-case letters, digits, single '.', '_', '__' or '-' between them, parts joined by '/', at most 255 bytes"
)]
pub struct InvalidRepositoryName(pub String);

impl RepositoryName {
    /// Checks the grammar. No normalisation: what is not a name is refused.
    pub fn parse(text: &str) -> Result<Self, InvalidRepositoryName> {
        if text.len() <= REPOSITORY_NAME_BYTES_MAX && text.split('/').all(is_component) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidRepositoryName(text.to_owned()))
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_component(component: &str) -> bool {
    let is_alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    // Between two runs of letters and digits stands one separator: ".", "_", "__" or any number of "-".
    component.starts_with(is_alphanumeric)
        && component.ends_with(is_alphanumeric)
        && component
            .split(is_alphanumeric)
            .all(|separator| matches!(separator, "" | "." | "_" | "__") || separator.chars().all(|c| c == '-'))
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which repositories a rule speaks of: one, all below a prefix, or all. One `*` only, as the whole last segment
/// (reference/data-plane-and-auth.md, section 3.4). `sample/*` does not cover `sample` itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RepositoryPattern {
    /// `*`
    All,
    /// `sample/*`: everything below `sample`, which need not exist.
    Below(RepositoryName),
    /// `sample/app`
    Exactly(RepositoryName),
}

impl RepositoryPattern {
    /// Reads `*`, `<name>/*` or `<name>`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::All);
        }
        match text.strip_suffix("/*") {
            Some(prefix) => RepositoryName::parse(prefix).ok().map(Self::Below),
            None => RepositoryName::parse(text).ok().map(Self::Exactly),
        }
    }

    /// Whether `repository` is one of those meant.
    pub fn matches(&self, repository: &RepositoryName) -> bool {
        match self {
            Self::All => true,
            Self::Exactly(name) => name == repository,
            Self::Below(prefix) => is_below(repository.as_str(), prefix.as_str()),
        }
    }

    /// The repositories that both patterns mean; `None` when there can be none.
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        if self.covers(other) {
            Some(other.clone())
        } else if other.covers(self) {
            Some(self.clone())
        } else {
            None
        }
    }

    /// Whether every repository that `other` means is meant by this one too.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, _) => true,
            (_, Self::All) => false,
            (_, Self::Exactly(name)) => self.matches(name),
            (Self::Exactly(_), Self::Below(_)) => false,
            (Self::Below(outer), Self::Below(inner)) => outer == inner || is_below(inner.as_str(), outer.as_str()),
        }
    }
}

fn is_below(name: &str, prefix: &str) -> bool {
    name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'))
}

impl fmt::Display for RepositoryPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::Below(prefix) => write!(f, "{prefix}/*"),
            Self::Exactly(name) => write!(f, "{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("samples/hello", true)]
    #[case("a", true)]
    #[case("a/blobs/b", true)]
    #[case("tags", true)]
    #[case("a.b_c__d---e", true)]
    #[case("A", false)]
    #[case("a..b", false)]
    #[case("a___b", false)]
    #[case("a.-b", false)]
    #[case("-a", false)]
    #[case("a-", false)]
    #[case("a//b", false)]
    #[case("/a", false)]
    #[case("a/", false)]
    #[case("../a", false)]
    #[case("a/../b", false)]
    #[case("a%2fb", false)]
    #[case("a b", false)]
    #[case("", false)]
    fn names(#[case] text: &str, #[case] valid: bool) {
        assert_eq!(RepositoryName::parse(text).is_ok(), valid, "{text}");
    }

    #[test]
    fn at_most_255_bytes() {
        assert!(RepositoryName::parse(&"a".repeat(255)).is_ok());
        assert!(RepositoryName::parse(&"a".repeat(256)).is_err());
    }

    #[rstest]
    #[case("*", "anything/at/all", true)]
    #[case("sample/*", "sample/app", true)]
    #[case("sample/*", "sample/app/web", true)]
    #[case("sample/*", "sample", false)]
    #[case("sample/*", "samples/app", false)]
    #[case("sample/app", "sample/app", true)]
    #[case("sample/app", "sample/app/web", false)]
    fn matching(#[case] pattern: &str, #[case] repository: &str, #[case] expected: bool) -> Result<(), String> {
        let pattern = RepositoryPattern::parse(pattern).ok_or("not a pattern")?;
        let repository = RepositoryName::parse(repository).map_err(|e| e.to_string())?;
        assert_eq!(pattern.matches(&repository), expected);
        Ok(())
    }

    #[rstest]
    #[case("sample/*/team")]
    #[case("sample/team*")]
    #[case("sample/*/b/*")]
    #[case("**")]
    #[case("/*")]
    #[case("")]
    fn not_patterns(#[case] text: &str) {
        assert_eq!(RepositoryPattern::parse(text), None);
    }

    fn any_pattern() -> impl Strategy<Value = RepositoryPattern> {
        "(\\*|[ab](/[ab]){0,3}(/\\*)?)".prop_filter_map("a pattern", |text| RepositoryPattern::parse(&text))
    }

    proptest! {
        #[test]
        fn the_intersection_is_exactly_what_both_match(
            a in any_pattern(), b in any_pattern(), name in "[ab](/[ab]){0,3}",
        ) {
            let name = RepositoryName::parse(&name).map_err(|e| TestCaseError::fail(e.to_string()))?;
            let both = a.intersection(&b).is_some_and(|meet| meet.matches(&name));
            prop_assert_eq!(both, a.matches(&name) && b.matches(&name));
            prop_assert_eq!(RepositoryPattern::parse(&a.to_string()), Some(a));
        }
    }
}
