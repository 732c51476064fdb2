//! Service principals: who manages over the network, with secrets of its own (decision D8).

use crate::guid::Guid;
use crate::password::PasswordHash;
use crate::timestamp::Timestamp;
use std::fmt;

/// What people call a service principal. Unique on a site, compared without case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalName(Box<str>);

/// The text is no name of a service principal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not the name of a service principal: it takes 1 to 120 characters, no control characters, and no spaces at its ends"
)]
pub struct InvalidPrincipalName(pub String);

/// Azure's limit for the display name of an application.
const NAME_CHARS_MAX: usize = 120;

impl PrincipalName {
    /// Checks the rule and keeps the case as given.
    pub fn parse(text: &str) -> Result<Self, InvalidPrincipalName> {
        let fits = (1..=NAME_CHARS_MAX).contains(&text.chars().count());
        if fits && text.trim() == text && !text.chars().any(char::is_control) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidPrincipalName(text.to_owned()))
        }
    }

    /// In the case in which it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that is compared and stored under.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for PrincipalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A service principal.
#[derive(Debug, Clone)]
pub struct ServicePrincipal {
    /// What people call it.
    pub name: PrincipalName,
    /// What it signs in with; Azure's `appId`.
    pub client_id: Guid,
    /// What resources and role assignments name it by; Azure's `id`.
    pub object_id: Guid,
    /// When it was made.
    pub created_at: Timestamp,
    /// Those that it may sign in with, the oldest first.
    pub secrets: Vec<PrincipalSecret>,
}

/// A secret of a service principal, without its value.
#[derive(Debug, Clone)]
pub struct PrincipalSecret {
    /// What it is removed by; Azure's `keyId`.
    pub id: Guid,
    /// When it was made.
    pub created_at: Timestamp,
    /// From then on it is of no use; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// When it was last signed in with; `None` for never.
    pub last_used_at: Option<Timestamp>,
    /// What its value must hash to.
    pub hash: PasswordHash,
}

impl PrincipalSecret {
    /// Whether it still counts at `now`.
    pub fn is_current(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

impl ServicePrincipal {
    /// The secret that was presented, if it is one of this principal's and still counts. Compares with each, whichever it is.
    pub fn admit(&self, presented: &PasswordHash, now: Timestamp) -> Option<&PrincipalSecret> {
        let mut admitted = None;
        for secret in &self.secrets {
            if secret.hash.matches(presented) && secret.is_current(now) {
                admitted = Some(secret);
            }
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("ci", true)]
    #[case("Ci pipeline (west)", true)]
    #[case("Zürich", true)]
    #[case("", false)]
    #[case(" ci", false)]
    #[case("a\tb", false)]
    fn names(#[case] text: &str, #[case] valid: bool) {
        assert_eq!(PrincipalName::parse(text).is_ok(), valid);
        assert!(PrincipalName::parse(&"n".repeat(121)).is_err());
    }

    #[test]
    fn only_current_secrets_count() {
        let at = Timestamp::from_micros;
        let guid = |digit: char| Guid::parse(&format!("0000000{digit}-0000-0000-0000-000000000000")).expect("a GUID");
        let secret = |digit, byte, expires_at: Option<i64>| PrincipalSecret {
            id: guid(digit),
            created_at: at(0),
            expires_at: expires_at.map(at),
            last_used_at: None,
            hash: PasswordHash::from_bytes([byte; 32]),
        };
        let principal = ServicePrincipal {
            name: PrincipalName::parse("ci").expect("a name"),
            client_id: guid('a'),
            object_id: guid('b'),
            created_at: at(0),
            secrets: vec![secret('1', 1, Some(10)), secret('2', 2, None)],
        };
        let admitted =
            |byte, now| principal.admit(&PasswordHash::from_bytes([byte; 32]), at(now)).map(|secret| secret.id.clone());
        assert_eq!(admitted(1, 9), Some(guid('1')));
        assert_eq!(admitted(1, 10), None);
        assert_eq!(admitted(2, 10), Some(guid('2')));
        assert_eq!(admitted(3, 0), None);
    }
}
