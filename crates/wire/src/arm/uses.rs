//! When a credential was last used: a member of ours, which Azure does not have.

use serde::{Deserialize, Deserializer, Serialize};

/// `null` for never. Where the member is absent, whoever answers does not know, as Azure does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Option<String>", into = "Option<String>")]
pub enum LastUsed {
    /// Never since it was made.
    Never,
    /// At this time (RFC 3339), to a minute.
    At(String),
}

impl LastUsed {
    /// Reads a member that is there: `null` too says something.
    pub(crate) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Self::deserialize(deserializer).map(Some)
    }
}

impl From<Option<String>> for LastUsed {
    fn from(time: Option<String>) -> Self {
        time.map_or(Self::Never, Self::At)
    }
}

impl From<LastUsed> for Option<String> {
    fn from(last_used: LastUsed) -> Self {
        match last_used {
            LastUsed::Never => None,
            LastUsed::At(time) => Some(time),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arm::tokens::TokenPassword;

    /// Absent, `null` and a time are three things, both ways.
    #[test]
    fn what_is_not_known_is_not_never() -> serde_json::Result<()> {
        let expected = [
            ("{}", None),
            (r#"{"lastUsedTime":null}"#, Some(LastUsed::Never)),
            (r#"{"lastUsedTime":"2026-01-01T00:00:00Z"}"#, Some(LastUsed::At("2026-01-01T00:00:00Z".to_owned()))),
        ];
        for (text, last_used) in expected {
            let password: TokenPassword = serde_json::from_str(text)?;
            assert_eq!(password.last_used_time, last_used);
            assert_eq!(serde_json::to_string(&password)?, text);
        }
        Ok(())
    }
}
