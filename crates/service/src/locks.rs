//! Locks where they count: in the transaction of what they forbid, so that nobody who sets one at the same time is overtaken.
//!
//! Each of repository, manifest and tag has its own, and the strictest of those that a request touches decides.

use crate::Error;
use metadata::repositories::RepositoryKey;
use metadata::{Reading, locks};
use model::digest::Digest;
use model::locks::{Deed, Lock, Locks};
use model::reference::{Reference, Tag};
use model::repository::RepositoryName;

/// A repository in a transaction. Every check answers `Locked` when a lock forbids the deed.
pub(crate) struct Guard<'a> {
    tx: &'a Reading<'a>,
    key: RepositoryKey,
    name: &'a RepositoryName,
}

impl<'a> Guard<'a> {
    /// Of the repository of that name and key.
    pub(crate) fn new(tx: &'a Reading<'a>, key: RepositoryKey, name: &'a RepositoryName) -> Self {
        Self { tx, key, name }
    }

    /// Whether the repository allows it, to itself and to everything in it.
    pub(crate) fn check_repository(&self, deed: Deed) -> Result<(), Error> {
        self.judge(locks::of_repository(self.tx, self.key)?, None, deed)
    }

    /// Whether the repository and what the reference names allow it. What is not there forbids nothing.
    pub(crate) fn check(&self, reference: &Reference, deed: Deed) -> Result<(), Error> {
        self.check_repository(deed)?;
        self.check_alone(reference, deed)
    }

    /// Whether what a tag points at, or is to point at, allows it too. A digest was judged by itself.
    pub(crate) fn check_behind(&self, reference: &Reference, digest: &Digest, deed: Deed) -> Result<(), Error> {
        match reference {
            Reference::Tag(_) => self.check_alone(&Reference::Digest(digest.clone()), deed),
            Reference::Digest(_) => Ok(()),
        }
    }

    fn check_alone(&self, reference: &Reference, deed: Deed) -> Result<(), Error> {
        let locks = match reference {
            Reference::Tag(tag) => locks::of_tag(self.tx, self.key, tag)?,
            Reference::Digest(digest) => locks::of_manifest(self.tx, self.key, digest)?,
        };
        self.judge(locks, Some(reference), deed)
    }

    /// Whether repository, manifest and all tags that would go with it may be deleted.
    pub(crate) fn check_delete_with_tags(&self, digest: &Digest) -> Result<(), Error> {
        self.check(&Reference::Digest(digest.clone()), Deed::Delete)?;
        self.judge_tags(locks::list_tags(self.tx, self.key, Some(digest))?)
    }

    /// Whether the repository and everything in it may be deleted.
    pub(crate) fn check_delete_of_all(&self) -> Result<(), Error> {
        self.check_repository(Deed::Delete)?;
        for (digest, locks) in locks::list_manifests(self.tx, self.key)? {
            self.judge(locks, Some(&Reference::Digest(digest)), Deed::Delete)?;
        }
        self.judge_tags(locks::list_tags(self.tx, self.key, None)?)
    }

    fn judge_tags(&self, tags: Vec<(Tag, Locks)>) -> Result<(), Error> {
        tags.into_iter().try_for_each(|(tag, locks)| self.judge(locks, Some(&Reference::Tag(tag)), Deed::Delete))
    }

    fn judge(&self, locks: Locks, reference: Option<&Reference>, deed: Deed) -> Result<(), Error> {
        match locks.forbidding(deed) {
            None => Ok(()),
            Some(attribute) => {
                Err(Error::Locked(Lock { repository: self.name.clone(), reference: reference.cloned(), attribute }))
            }
        }
    }
}
