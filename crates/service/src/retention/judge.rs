//! What a rule says of a part of a repository, and the delete of what it takes. Both in one transaction when anything is deleted.

use crate::locks::Guard;
use crate::{Clock, Error, limits};
use metadata::repositories::RepositoryKey;
use metadata::retention::{self, ManifestPlace, MovedTag, RestingManifest};
use metadata::{Reading, Writing, manifests, repositories, tags};
use model::arm_name::RegistryName;
use model::audit::{Entry, actions};
use model::digest::Digest;
use model::locks::Deed;
use model::reference::Reference;
use model::registry::RegistryKey;
use model::repository::{RepositoryName, RepositoryPattern};
use model::retention::{Keeping, ManifestFacts, RetentionRule, TagVerdict};
use std::sync::Arc;

/// A tag or a manifest that a rule deletes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doomed {
    /// In which registry.
    pub registry: RegistryName,
    /// In which repository.
    pub repository: RepositoryName,
    /// The tag, or the digest of the manifest.
    pub reference: Reference,
    /// The manifest, or what the tag points at.
    pub digest: Digest,
    /// The size of its config and layers together, as it says; `None` where that was never read.
    pub content_bytes: Option<u64>,
    /// The pattern of the rule.
    pub rule: RepositoryPattern,
}

/// A repository.
#[derive(Debug)]
pub(super) struct Spot {
    pub(super) registry: RegistryKey,
    pub(super) registry_name: RegistryName,
    pub(super) repository: RepositoryKey,
    pub(super) name: RepositoryName,
}

/// Where in a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// At the tags that moved before this one; `None` for all.
    Tags(Option<i64>),
    /// At the manifests.
    Manifests(Walk),
}

/// A walk over the manifests of a repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Walk {
    number: u32,
    after: Option<ManifestPlace>,
    deleted: usize,
}

impl Walk {
    /// Whether that is a place of a later one.
    pub(super) fn is_before(&self, place: &Place) -> bool {
        matches!(place, Place::Manifests(other) if other.number > self.number)
    }
}

/// What came of looking at a part.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) looked: usize,
    pub(super) doomed: Vec<Doomed>,
    /// What a rule would delete and a lock keeps.
    pub(super) locked: u64,
    pub(super) next: Option<Place>,
    /// What the rule says, for people.
    rule: String,
}

/// Who looks at a repository.
pub(super) struct Judge {
    pub(super) spot: Spot,
    /// A rule that counts as if it were stored; where another is more specific, nothing is deleted.
    pub(super) proposed: Option<RetentionRule>,
    pub(super) dry_run: bool,
    pub(super) clock: Arc<dyn Clock>,
}

/// The rules of a registry, with the proposed one in the place of the one of its pattern.
pub(super) fn rules(
    tx: &Reading<'_>,
    registry: RegistryKey,
    proposed: Option<&RetentionRule>,
) -> Result<Vec<RetentionRule>, Error> {
    let stored = retention::list_rules(tx, registry)?.into_iter().map(|stored| stored.rule);
    let others = stored.filter(|rule| proposed.is_none_or(|proposed| proposed.repositories() != rule.repositories()));
    Ok(others.chain(proposed.cloned()).collect())
}

impl Judge {
    /// What is to be deleted from a place on.
    pub(super) fn look(&self, tx: &Reading<'_>, place: &Place) -> Result<Judged, Error> {
        let Some(rule) = self.rule(tx)? else {
            return Ok(Judged { looked: 0, doomed: Vec::new(), locked: 0, next: None, rule: String::new() });
        };
        match place {
            Place::Tags(before) => self.look_at_tags(tx, &rule, *before),
            Place::Manifests(walk) => self.look_at_manifests(tx, &rule, walk),
        }
    }

    /// Deletes it. An entry for each.
    pub(super) fn delete(&self, tx: &Writing<'_>, judged: &Judged, act: &Entry) -> Result<Vec<Entry>, Error> {
        let (now, repository) = (self.clock.now(), self.spot.repository);
        let mut entries = Vec::new();
        for Doomed { registry, repository: name, reference, digest, content_bytes, .. } in &judged.doomed {
            let (action, detail) = match reference {
                Reference::Tag(tag) => {
                    tags::delete(tx, repository, tag, now)?;
                    (actions::DELETE_TAG_BY_RULE, Some(digest.to_string()))
                }
                Reference::Digest(digest) => {
                    manifests::delete(tx, repository, digest, now)?;
                    (actions::DELETE_MANIFEST_BY_RULE, content_bytes.map(|bytes| format!("{bytes} bytes")))
                }
            };
            entries.push(Entry {
                at: now,
                action: action.into(),
                registry: Some(registry.to_string()),
                repository: Some(name.to_string()),
                target: Some(reference.to_string()),
                rule: Some(format!("retention rule {}", judged.rule)),
                detail,
                ..act.clone()
            });
        }
        if !entries.is_empty() {
            repositories::touch(tx, repository, now)?;
        }
        Ok(entries)
    }

    /// The rule that counts here and now.
    fn rule(&self, tx: &Reading<'_>) -> Result<Option<RetentionRule>, Error> {
        let rules = rules(tx, self.spot.registry, self.proposed.as_ref())?;
        let rule = RetentionRule::most_specific(&rules, &self.spot.name).cloned();
        Ok(rule.filter(|rule| self.proposed.as_ref().is_none_or(|proposed| proposed == rule)))
    }

    fn look_at_tags(&self, tx: &Reading<'_>, rule: &RetentionRule, before: Option<i64>) -> Result<Judged, Error> {
        let mut judged = self.nothing(rule, Some(Place::Manifests(Walk::default())));
        let Some(mut keeping) = rule.keeping() else { return Ok(judged) };
        let Some(last_kept) = self.last_kept(tx, &mut keeping)? else { return Ok(judged) };
        let before = before.map_or(last_kept, |before| before.min(last_kept));
        let listed = retention::list_tags(tx, self.spot.repository, Some(before), limits::RETENTION_PAGE)?;
        judged.looked = listed.len();
        if listed.len() == limits::RETENTION_PAGE {
            judged.next = listed.last().map(|last| Place::Tags(Some(last.moved)));
        }
        let guard = Guard::new(tx, self.spot.repository, &self.spot.name);
        for MovedTag { tag, digest, content_bytes, .. } in listed {
            let goes = match keeping.judge(&tag) {
                TagVerdict::Excepted | TagVerdict::Kept => false,
                TagVerdict::Goes => true,
                TagVerdict::GoesWithout(subject) => !manifests::contains(tx, self.spot.repository, &subject)?,
            };
            if !goes {
                continue;
            }
            let reference = Reference::Tag(tag);
            let checked = guard.check(&reference, Deed::Delete);
            // Without its tag a locked manifest is there and cannot be found.
            if is_locked(checked.and_then(|()| guard.check_behind(&reference, &digest, Deed::Delete)))? {
                judged.locked += 1;
            } else {
                judged.doomed.push(self.doomed(rule, reference, digest, content_bytes));
            }
        }
        Ok(judged)
    }

    /// The place of the last tag that is kept; `None` when there are none behind it.
    fn last_kept(&self, tx: &Reading<'_>, keeping: &mut Keeping<'_>) -> Result<Option<i64>, Error> {
        let mut at = None;
        loop {
            let listed = retention::list_moves(tx, self.spot.repository, at, limits::RETENTION_READ_AT_ONCE)?;
            for (tag, moved) in &listed {
                if keeping.judge(tag) == TagVerdict::Kept && keeping.is_full() {
                    return Ok(Some(*moved));
                }
            }
            match listed.last() {
                Some((_, moved)) => at = Some(*moved),
                None => return Ok(None),
            }
        }
    }

    fn look_at_manifests(&self, tx: &Reading<'_>, rule: &RetentionRule, walk: &Walk) -> Result<Judged, Error> {
        let (repository, now) = (self.spot.repository, self.clock.now());
        let mut judged = self.nothing(rule, None);
        let Some(enough) = rule.rested_enough_since(now) else { return Ok(judged) };
        let after = walk.after.clone().unwrap_or_else(|| ManifestPlace::before(enough));
        let listed = retention::list_manifests(tx, repository, &after, limits::RETENTION_PAGE)?;
        judged.looked = listed.len();
        let last = listed.last().filter(|_| listed.len() == limits::RETENTION_PAGE).map(|last| last.place.clone());
        let guard = Guard::new(tx, repository, &self.spot.name);
        let may_go_on = self.dry_run && !is_locked(guard.check_repository(Deed::Delete))?;
        for RestingManifest { digest, content_bytes, mut facts, .. } in listed {
            if may_go_on && facts.is_needed && rule.takes(ManifestFacts { is_needed: false, ..facts }, now) {
                // Nothing goes in a dry run, so that what needs it would have gone is asked of all at once.
                facts.is_needed = retention::is_needed_by_what_stays(tx, repository, &digest, enough)?;
            }
            if !rule.takes(facts, now) {
                continue;
            }
            // It has no tag, and no index that stays: nobody else's lock is in the way.
            let reference = Reference::Digest(digest.clone());
            if is_locked(guard.check(&reference, Deed::Delete))? {
                judged.locked += 1;
            } else {
                judged.doomed.push(self.doomed(rule, reference, digest, content_bytes));
            }
        }
        judged.next = self.next(walk, last, walk.deleted + judged.doomed.len()).map(Place::Manifests);
        Ok(judged)
    }

    /// On in this walk, or, when it deleted what others may have been needed by, anew.
    fn next(&self, walk: &Walk, last: Option<ManifestPlace>, deleted: usize) -> Option<Walk> {
        let number = walk.number + 1;
        match last {
            Some(_) => Some(Walk { number: walk.number, after: last, deleted }),
            None if deleted == 0 || self.dry_run || number >= limits::RETENTION_WALKS => None,
            None => Some(Walk { number, ..Walk::default() }),
        }
    }

    fn nothing(&self, rule: &RetentionRule, next: Option<Place>) -> Judged {
        Judged { looked: 0, doomed: Vec::new(), locked: 0, next, rule: rule.to_string() }
    }

    fn doomed(&self, rule: &RetentionRule, reference: Reference, digest: Digest, content_bytes: Option<u64>) -> Doomed {
        Doomed {
            registry: self.spot.registry_name.clone(),
            repository: self.spot.name.clone(),
            reference,
            digest,
            content_bytes,
            rule: rule.repositories().clone(),
        }
    }
}

fn is_locked(checked: Result<(), Error>) -> Result<bool, Error> {
    match checked {
        Ok(()) => Ok(false),
        Err(Error::Locked(_)) => Ok(true),
        Err(error) => Err(error),
    }
}
