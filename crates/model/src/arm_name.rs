//! Names of management resources: subscriptions, resource groups, registries, scope maps, tokens.
//!
//! All compare without case, as Azure Resource Manager does, and keep the case in which they were created.
//! Grammar and lengths: swagger 2022-02-01-preview, path parameters.

use std::fmt;
use std::hash::{Hash, Hasher};

/// A name that breaks its grammar: what was given, and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{given}' is not a {kind}: {rule}")]
pub struct InvalidName {
    /// What kind of name was expected, in the words of a user.
    pub kind: &'static str,
    /// The text that was given.
    pub given: String,
    /// The rule, as one sentence without a full stop.
    pub rule: &'static str,
}

macro_rules! arm_name {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $min:literal..=$max:literal, $allowed:expr, $rule:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name(Box<str>);

        impl $name {
            /// Checks the grammar and keeps the case as given.
            pub fn parse(text: &str) -> Result<Self, InvalidName> {
                let allowed: fn(char) -> bool = $allowed;
                if ($min..=$max).contains(&text.chars().count()) && text.chars().all(allowed) {
                    Ok(Self(text.into()))
                } else {
                    Err(InvalidName { kind: $kind, given: text.to_owned(), rule: $rule })
                }
            }

            /// The name in the case in which it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The form that is compared and stored under: lower case.
            pub fn key(&self) -> String {
                self.0.to_ascii_lowercase()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.eq_ignore_ascii_case(&other.0)
            }
        }

        impl Eq for $name {}

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.key().hash(state);
            }
        }
    };
}

arm_name!(
    /// The id of a subscription, a GUID.
    SubscriptionId, "subscription id", 36..=36, |c| c.is_ascii_hexdigit() || c == '-',
    "it takes the 36 characters of a GUID, such as 00000000-0000-0000-0000-000000000000"
);
arm_name!(
    /// The name of a resource group.
    ResourceGroupName, "resource group name", 1..=90, |c| c.is_ascii_alphanumeric() || "-_.()".contains(c),
    "it takes 1 to 90 letters, digits, '-', '_', '.', '(' and ')'"
);
arm_name!(
    /// The name of a registry, unique on one Portcullis: it is the first label of the login server.
    RegistryName, "registry name", 5..=50, |c| c.is_ascii_alphanumeric(),
    "it takes 5 to 50 letters and digits"
);
arm_name!(
    /// The name of a scope map. Those that begin with `_` are the system's.
    ScopeMapName, "scope map name", 5..=50, |c| c.is_ascii_alphanumeric() || "-_".contains(c),
    "it takes 5 to 50 letters, digits, '-' and '_'"
);
arm_name!(
    /// The name of a token, which is also the user name of its passwords.
    TokenName, "token name", 5..=50, |c| c.is_ascii_alphanumeric() || c == '-',
    "it takes 5 to 50 letters, digits and '-'"
);

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("token", true)]
    #[case("token2", true)]
    #[case("2token", true)]
    #[case("MyToken-1", true)]
    #[case("tok", false)]
    #[case("my_token", false)]
    #[case("tökens", false)]
    #[case("token/x", false)]
    #[case("", false)]
    fn token_names(#[case] text: &str, #[case] valid: bool) {
        assert_eq!(TokenName::parse(text).is_ok(), valid);
    }

    #[test]
    fn lengths_are_inclusive() {
        assert!(RegistryName::parse(&"a".repeat(50)).is_ok());
        assert!(RegistryName::parse(&"a".repeat(51)).is_err());
        assert!(RegistryName::parse("abcd").is_err());
        assert!(RegistryName::parse("lnx-cr").is_err());
        assert!(ScopeMapName::parse("_repositories_pull").is_ok());
        assert!(ResourceGroupName::parse("clitest.rg000001").is_ok());
        assert!(SubscriptionId::parse("9e223dbe-3399-4e19-88eb-0975f02ac87f").is_ok());
    }

    #[test]
    fn compared_without_case_and_kept_with_it() {
        let (a, b) = (TokenName::parse("MyToken"), TokenName::parse("mytoken"));
        assert_eq!(a, b);
        assert_eq!(a.map(|name| name.to_string()), Ok("MyToken".to_owned()));
    }

    #[test]
    fn the_error_says_what_is_allowed() {
        let message = TokenName::parse("no").map_err(|e| e.to_string());
        assert_eq!(message, Err("'no' is not a token name: it takes 5 to 50 letters, digits and '-'".to_owned()));
    }
}
