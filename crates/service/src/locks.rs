//! Locks where they count: in the transaction of what they forbid, so that nobody who sets one at the same time is overtaken.
//!
//! Each of repository, manifest and tag has its own, and the strictest of those that a request touches decides.

use crate::audit::Permitted;
use crate::{Error, Service};
use metadata::repositories::RepositoryKey;
use metadata::{Reading, locks};
use model::access::Permit;
use model::digest::Digest;
use model::locks::{Attribute, Deed, Lock, Locks, LocksChange};
use model::operation::Needed;
use model::reference::{Reference, Tag};
use model::repository::RepositoryName;

impl Service {
    /// A change of locks, whose entry says what they become.
    pub(crate) fn locking<O: Needed>(&self, permit: &Permit<O>, change: LocksChange) -> Permitted {
        let LocksChange { delete, write, read, list } = change;
        let given = [delete, write, read, list].into_iter().zip(Attribute::ALL);
        let told = given.filter_map(|(enabled, attribute)| Some(format!("{attribute} {}", enabled?)));
        let told: Vec<String> = told.collect();
        self.permitted(permit, None).saying(told.join(", "))
    }
}

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

    /// Whether a manifest may be deleted with all its tags: the repository's, its own and their locks decide, and those of every index
    /// that could no longer be pulled without it.
    pub(crate) fn check_delete_with_tags(&self, digest: &Digest) -> Result<(), Error> {
        self.check_repository(Deed::Delete)?;
        self.judge_manifests(locks::list_holders(self.tx, self.key, digest)?)?;
        self.judge_tags(locks::list_tags_on_holders(self.tx, self.key, digest)?)
    }

    /// Whether the repository and everything in it may be deleted.
    pub(crate) fn check_delete_of_all(&self) -> Result<(), Error> {
        self.check_repository(Deed::Delete)?;
        self.judge_manifests(locks::list_manifests(self.tx, self.key)?)?;
        self.judge_tags(locks::list_tags(self.tx, self.key)?)
    }

    fn judge_manifests(&self, manifests: Vec<(Digest, Locks)>) -> Result<(), Error> {
        let judge = |(digest, locks)| self.judge(locks, Some(&Reference::Digest(digest)), Deed::Delete);
        manifests.into_iter().try_for_each(judge)
    }

    fn judge_tags(&self, tags: Vec<(Tag, Locks)>) -> Result<(), Error> {
        let judge = |(tag, locks)| self.judge(locks, Some(&Reference::Tag(tag)), Deed::Delete);
        tags.into_iter().try_for_each(judge)
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
