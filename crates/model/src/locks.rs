//! Locks: what may no longer be done to a repository, a manifest or a tag, whatever rights the caller has.
//!
//! On the wire they are the `changeableAttributes` (reference/data-plane-and-auth.md, section 2.4), each `true` until it is turned
//! off.

use crate::reference::Reference;
use crate::repository::RepositoryName;
use std::fmt;

/// One of the four attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribute {
    /// `deleteEnabled`
    Delete,
    /// `writeEnabled`
    Write,
    /// `readEnabled`
    Read,
    /// `listEnabled`
    List,
}

impl Attribute {
    /// Every attribute, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Delete, Self::Write, Self::Read, Self::List];

    /// Its figure in [`Locks::bits`].
    fn bit(self) -> u8 {
        match self {
            Self::Delete => 1,
            Self::Write => 2,
            Self::Read => 4,
            Self::List => 8,
        }
    }
}

impl fmt::Display for Attribute {
    /// As on the wire.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Delete => "deleteEnabled",
            Self::Write => "writeEnabled",
            Self::Read => "readEnabled",
            Self::List => "listEnabled",
        })
    }
}

/// What a request would do to a repository, a manifest or a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Pull.
    Read,
    /// Push, or point a tag elsewhere.
    Write,
    /// Delete.
    Delete,
}

/// The attributes of one repository, manifest or tag that are turned off. The default is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Locks(u8);

impl Locks {
    /// As stored: the sum of 1 (delete), 2 (write), 4 (read), 8 (list) for those turned off. `None` for any other figure.
    pub fn from_bits(bits: u8) -> Option<Self> {
        (bits < 16).then_some(Self(bits))
    }

    /// As [`Locks::from_bits`] reads it.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Whether the attribute is `true`.
    pub fn is_enabled(self, attribute: Attribute) -> bool {
        self.0 & attribute.bit() == 0
    }

    /// The attribute that forbids the deed. `writeEnabled` stands for deletes too (section 2.4).
    pub fn forbidding(self, deed: Deed) -> Option<Attribute> {
        let asked: &[Attribute] = match deed {
            Deed::Read => &[Attribute::Read],
            Deed::Write => &[Attribute::Write],
            Deed::Delete => &[Attribute::Delete, Attribute::Write],
        };
        asked.iter().copied().find(|attribute| !self.is_enabled(*attribute))
    }

    /// With what a change says; what it leaves out stays.
    #[must_use]
    pub fn changed(self, change: LocksChange) -> Self {
        let given = [change.delete, change.write, change.read, change.list];
        let bits = Attribute::ALL.into_iter().zip(given).fold(self.0, |bits, (attribute, enabled)| match enabled {
            Some(true) => bits & !attribute.bit(),
            Some(false) => bits | attribute.bit(),
            None => bits,
        });
        Self(bits)
    }
}

/// A change of attributes: the new value of each that is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LocksChange {
    /// `deleteEnabled`
    pub delete: Option<bool>,
    /// `writeEnabled`
    pub write: Option<bool>,
    /// `readEnabled`
    pub read: Option<bool>,
    /// `listEnabled`
    pub list: Option<bool>,
}

/// Why a deed is refused: what is locked, and by which of its attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// In which repository.
    pub repository: RepositoryName,
    /// The tag or manifest that is locked; `None` when it is the repository.
    pub reference: Option<Reference>,
    /// The attribute that is `false`.
    pub attribute: Attribute,
}

impl Lock {
    /// What is locked, as clients write it: `app/web`, `app/web:v1`, `app/web@sha256:…`.
    pub fn place(&self) -> String {
        match &self.reference {
            None => self.repository.to_string(),
            Some(Reference::Tag(tag)) => format!("{}:{tag}", self.repository),
            Some(Reference::Digest(digest)) => format!("{}@{digest}", self.repository),
        }
    }
}

impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is locked: {} is false", self.place(), self.attribute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn without(attribute: Attribute) -> Locks {
        let mut change = LocksChange::default();
        *match attribute {
            Attribute::Delete => &mut change.delete,
            Attribute::Write => &mut change.write,
            Attribute::Read => &mut change.read,
            Attribute::List => &mut change.list,
        } = Some(false);
        Locks::default().changed(change)
    }

    #[rstest]
    #[case(Attribute::Delete, [None, None, Some(Attribute::Delete)])]
    #[case(Attribute::Write, [None, Some(Attribute::Write), Some(Attribute::Write)])]
    #[case(Attribute::Read, [Some(Attribute::Read), None, None])]
    #[case(Attribute::List, [None, None, None])]
    fn what_each_forbids(#[case] off: Attribute, #[case] expected: [Option<Attribute>; 3]) {
        let locks = without(off);
        assert_eq!([Deed::Read, Deed::Write, Deed::Delete].map(|deed| locks.forbidding(deed)), expected);
        assert_eq!(Locks::from_bits(locks.bits()), Some(locks));
        assert!(Attribute::ALL.into_iter().all(|attribute| locks.is_enabled(attribute) == (attribute != off)));
    }

    #[test]
    fn a_change_touches_what_it_names() {
        let both = without(Attribute::Write).changed(LocksChange { list: Some(false), ..LocksChange::default() });
        let back = both.changed(LocksChange { write: Some(true), read: Some(true), ..LocksChange::default() });
        assert_eq!(back, without(Attribute::List));
        assert_eq!(Locks::from_bits(16), None);
    }

    #[rstest]
    #[case(None, "app/web is locked: readEnabled is false")]
    #[case(Some("v1"), "app/web:v1 is locked: readEnabled is false")]
    #[case(
        Some("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        "app/web@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 is locked: readEnabled is false"
    )]
    fn what_is_locked_reads_as_clients_write_it(#[case] reference: Option<&str>, #[case] expected: &str) {
        let repository = RepositoryName::parse("app/web").expect("a name");
        let reference = reference.map(|text| Reference::parse(text).expect("a reference"));
        assert_eq!(Lock { repository, reference, attribute: Attribute::Read }.to_string(), expected);
    }
}
