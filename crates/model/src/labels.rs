//! Tags of the management plane: names and values by which people sort groups and registries. (Called labels here, because a tag is
//! also what names a manifest.)

use std::collections::{BTreeMap, HashSet};

/// Azure Resource Manager's limits ("Limitations" of "Use tags to organize your Azure resources").
pub const LABELS_MAX: usize = 50;
/// Characters of a name.
pub const LABEL_NAME_CHARS_MAX: usize = 512;
/// Characters of a value.
pub const LABEL_VALUE_CHARS_MAX: usize = 256;

const FORBIDDEN: &str = "<>%&\\?/";

/// Labels that break a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLabels {
    /// More than [`LABELS_MAX`].
    #[error("there are {0} tags; at most {LABELS_MAX} are allowed")]
    TooMany(usize),
    /// A name that is empty, too long, or has a character that is not allowed.
    #[error("'{0}' is not the name of a tag: it takes 1 to {LABEL_NAME_CHARS_MAX} characters, none of < > % & \\ ? /")]
    Name(String),
    /// Two names that differ in their case only.
    #[error("the tag '{0}' is there twice: names compare without case")]
    Twice(String),
    /// The value of this label is longer than [`LABEL_VALUE_CHARS_MAX`].
    #[error("the value of the tag '{0}' is longer than {LABEL_VALUE_CHARS_MAX} characters")]
    Value(String),
}

impl InvalidLabels {
    /// The name of the one label that is wrong, if it is one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::TooMany(_) => None,
            Self::Name(name) | Self::Twice(name) | Self::Value(name) => Some(name),
        }
    }
}

/// Checks the labels that a resource shall have.
pub fn check(labels: &BTreeMap<String, String>) -> Result<(), InvalidLabels> {
    if labels.len() > LABELS_MAX {
        return Err(InvalidLabels::TooMany(labels.len()));
    }
    let mut seen = HashSet::new();
    for (name, value) in labels {
        let fits = (1..=LABEL_NAME_CHARS_MAX).contains(&name.chars().count());
        if !fits || name.contains(|c: char| FORBIDDEN.contains(c) || c.is_control()) {
            return Err(InvalidLabels::Name(name.clone()));
        }
        if !seen.insert(name.to_lowercase()) {
            return Err(InvalidLabels::Twice(name.clone()));
        }
        if value.chars().count() > LABEL_VALUE_CHARS_MAX {
            return Err(InvalidLabels::Value(name.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn of(labels: &[(&str, &str)]) -> Result<(), InvalidLabels> {
        check(&labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[rstest]
    #[case(&[])]
    #[case(&[("team", ""), ("cost center", "a/b <c>"), ("größe", "ä")])]
    fn taken(#[case] labels: &[(&str, &str)]) {
        assert_eq!(of(labels), Ok(()));
    }

    #[rstest]
    #[case::empty(&[("", "a")], InvalidLabels::Name(String::new()))]
    #[case::slash(&[("kubernetes.io/x", "a")], InvalidLabels::Name("kubernetes.io/x".to_owned()))]
    #[case::line(&[("a\nb", "a")], InvalidLabels::Name("a\nb".to_owned()))]
    #[case::twice(&[("Team", "a"), ("team", "b")], InvalidLabels::Twice("team".to_owned()))]
    fn refused(#[case] labels: &[(&str, &str)], #[case] expected: InvalidLabels) {
        assert_eq!(of(labels), Err(expected));
    }

    #[test]
    fn lengths_are_inclusive() {
        let one = |name: usize, value: usize| of(&[("n".repeat(name).as_str(), "ä".repeat(value).as_str())]);
        assert_eq!(one(512, 256), Ok(()));
        assert_eq!(one(513, 1), Err(InvalidLabels::Name("n".repeat(513))));
        assert_eq!(one(1, 257), Err(InvalidLabels::Value("n".to_owned())));
    }

    #[test]
    fn fifty_and_no_more() {
        let many = |count: usize| check(&(0..count).map(|number| (format!("tag{number}"), String::new())).collect());
        assert_eq!((many(50), many(51)), (Ok(()), Err(InvalidLabels::TooMany(51))));
    }
}
