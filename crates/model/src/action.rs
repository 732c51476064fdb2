//! The five things a scope map can allow on a repository.
//!
//! Each has two spellings: the one of scope maps (`content/read`) and the one of OAuth scopes (`pull`).

use std::fmt;

/// One of the five repository actions of a scope map (reference/data-plane-and-auth.md, section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Pull: read manifests, blobs and referrers.
    ContentRead,
    /// Push: upload blobs, write manifests and tags.
    ContentWrite,
    /// Delete manifests, tags, blobs.
    ContentDelete,
    /// List tags and manifests, read attributes.
    MetadataRead,
    /// Change attributes (locks).
    MetadataWrite,
}

impl Action {
    /// Every action, in the order in which sets print them.
    pub const ALL: [Self; 5] =
        [Self::ContentRead, Self::ContentWrite, Self::ContentDelete, Self::MetadataRead, Self::MetadataWrite];

    /// The spelling in a scope map: `content/read`.
    pub fn in_scope_map(self) -> &'static str {
        match self {
            Self::ContentRead => "content/read",
            Self::ContentWrite => "content/write",
            Self::ContentDelete => "content/delete",
            Self::MetadataRead => "metadata/read",
            Self::MetadataWrite => "metadata/write",
        }
    }

    /// The spelling in an OAuth scope: `pull`.
    pub fn in_scope(self) -> &'static str {
        match self {
            Self::ContentRead => "pull",
            Self::ContentWrite => "push",
            Self::ContentDelete => "delete",
            Self::MetadataRead => "metadata_read",
            Self::MetadataWrite => "metadata_write",
        }
    }

    /// Reads a scope map's spelling; `None` for anything else, other letter cases included.
    pub fn from_scope_map(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.in_scope_map() == text)
    }

    /// Reads an OAuth scope's spelling, the older `metadataRead` and `metadataWrite` included.
    pub fn from_scope(text: &str) -> Option<Self> {
        match text {
            "metadataRead" => Some(Self::MetadataRead),
            "metadataWrite" => Some(Self::MetadataWrite),
            _ => Self::ALL.into_iter().find(|action| action.in_scope() == text),
        }
    }

    fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.in_scope_map())
    }
}

/// A set of actions. The default is the empty one: no right.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ActionSet(u8);

impl ActionSet {
    /// No action.
    pub const NONE: Self = Self(0);
    /// All five.
    pub const ALL: Self = Self(0b1_1111);

    /// Whether `action` is in the set.
    pub fn contains(self, action: Action) -> bool {
        self.0 & action.bit() != 0
    }

    /// Whether every action of `other` is in this set.
    pub fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The set with `action` added.
    #[must_use]
    pub fn with(self, action: Action) -> Self {
        Self(self.0 | action.bit())
    }

    /// What is in either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both sets.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in this set and not in `other`.
    #[must_use]
    pub fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether nothing is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, in the order of [`Action::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Action> {
        Action::ALL.into_iter().filter(move |action| self.contains(*action))
    }
}

impl From<Action> for ActionSet {
    fn from(action: Action) -> Self {
        Self(action.bit())
    }
}

impl FromIterator<Action> for ActionSet {
    fn from_iter<I: IntoIterator<Item = Action>>(actions: I) -> Self {
        actions.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for ActionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_read_back() {
        for action in Action::ALL {
            assert_eq!(Action::from_scope_map(action.in_scope_map()), Some(action));
            assert_eq!(Action::from_scope(action.in_scope()), Some(action));
        }
        assert_eq!(Action::from_scope_map("Content/Read"), None);
        assert_eq!(Action::from_scope_map("metadata/delete"), None);
        assert_eq!(Action::from_scope("metadataRead"), Some(Action::MetadataRead));
        assert_eq!(Action::from_scope("*"), None);
    }

    #[test]
    fn sets_add_and_meet() {
        let pull_push: ActionSet = [Action::ContentRead, Action::ContentWrite].into_iter().collect();
        assert!(pull_push.covers(Action::ContentRead.into()));
        assert!(!ActionSet::from(Action::ContentRead).covers(pull_push));
        assert_eq!(ActionSet::ALL.intersection(pull_push), pull_push);
        assert_eq!(pull_push.difference(Action::ContentRead.into()), Action::ContentWrite.into());
        assert_eq!(Action::ALL.into_iter().collect::<ActionSet>(), ActionSet::ALL);
        assert!(ActionSet::default().is_empty());
    }
}
