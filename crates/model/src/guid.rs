//! GUIDs, as Azure writes ids of principals, secrets and role assignments: lower case, with hyphens (RFC 9562, section 4).

use std::fmt;

/// A GUID such as `9e223dbe-3399-4e19-88eb-0975f02ac87f`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guid(Box<str>);

/// The text is no GUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a GUID, such as 00000000-0000-0000-0000-000000000000")]
pub struct InvalidGuid(pub String);

/// Digits in each of the five groups.
const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];

impl Guid {
    /// Reads the form with hyphens, in either case.
    pub fn parse(text: &str) -> Result<Self, InvalidGuid> {
        let groups: Vec<&str> = text.split('-').collect();
        let fits = groups.iter().map(|group| group.len()).eq(GROUPS)
            && groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()));
        if fits { Ok(Self(text.to_ascii_lowercase().into())) } else { Err(InvalidGuid(text.to_owned())) }
    }

    /// In lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("9E223DBE-3399-4e19-88eb-0975f02ac87f", true)]
    #[case("9e223dbe33994e1988eb0975f02ac87f", false)]
    #[case("{9e223dbe-3399-4e19-88eb-0975f02ac87f}", false)]
    #[case("9e223dbe-3399-4e19-88eb-0975f02ac87g", false)]
    #[case("9e223dbe-3399-4e19-88eb0-975f02ac87f", false)]
    #[case("", false)]
    fn guids(#[case] text: &str, #[case] valid: bool) {
        let parsed = Guid::parse(text);
        assert_eq!(parsed.is_ok(), valid);
        assert!(parsed.is_err() || parsed.is_ok_and(|guid| guid.as_str() == text.to_ascii_lowercase()));
    }
}
