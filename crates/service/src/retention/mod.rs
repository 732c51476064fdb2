//! Retention: rules on what repositories keep, and their application, a part of a repository at a time, while pushes, pulls and deletes run.
//!
//! 1. What a rule would delete of a part is found in a transaction that reads: [`judge`].
//! 2. If there is anything, it is all found again in a transaction that writes, with the rule as it is then, and deleted there, each with its
//!    entry in the audit log. So whatever was pushed, tagged, locked or ruled before is taken into account, and nothing comes in between.
//! 3. First the tags of a repository, then its manifests, in walks: an index goes in one, its members in the same or a later one.
//!
//! A manifest is deleted as one that somebody deletes: its blobs rest from then on, and are collected later (`collection.rs`).

mod judge;

pub use judge::Doomed;

use crate::{Error, Service, limits};
use judge::{Judge, Place, Spot};
use metadata::{registries, retention};
use model::arm_name::RegistryName;
use model::audit::{Entry, Outcome, actions};
use model::reference::Reference;
use model::registry::RegistryKey;
use model::repository::{RepositoryName, RepositoryPattern};
use model::retention::{InvalidUntaggedChange, RetentionRule, UntaggedChange, UntaggedPolicy};
use model::timestamp::Timestamp;
use std::sync::Arc;

/// A rule as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRetentionRule {
    /// The registry whose repositories it is for.
    pub registry: RegistryName,
    /// What it says.
    pub rule: RetentionRule,
    /// When it was made or last changed.
    pub updated_at: Timestamp,
}

/// What is wanted of an application of the rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetentionSettings {
    /// Only in this registry.
    pub registry: Option<RegistryName>,
    /// Only in these repositories.
    pub repositories: Option<RepositoryPattern>,
    /// Whether nothing is to be deleted, only found.
    pub dry_run: bool,
    /// Who wants it; `None` for the program itself.
    pub who: Option<String>,
}

/// What was deleted, or would be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetentionCounts {
    /// Repositories for which there is a rule.
    pub repositories: u64,
    /// Tags beyond those to keep.
    pub tags: u64,
    /// Manifests that had no tag for long enough.
    pub manifests: u64,
    /// The sizes of their images, as the manifests say them. Layers that images share count for each.
    pub image_bytes: u64,
    /// Tags and manifests that a rule would delete and a lock keeps.
    pub locked: u64,
}

/// An application of the rules under way.
pub struct Retention {
    service: Service,
    scope: Scope,
    counts: RetentionCounts,
    /// Of the manifests that this walk came by.
    locked_in_walk: u64,
    /// The registry that it is in, and behind which repository.
    within: Option<(RegistryKey, RegistryName, String)>,
    /// Behind this registry.
    after: Option<RegistryKey>,
    /// Repositories that were listed and are yet to be looked at, the next one last.
    listed: Vec<Arc<Judge>>,
    current: Option<(Arc<Judge>, Place)>,
    is_over: bool,
}

struct Scope {
    registry: Option<(RegistryKey, RegistryName)>,
    repositories: Option<RepositoryPattern>,
    /// A rule that is judged by as if it were stored.
    proposed: Option<RetentionRule>,
    dry_run: bool,
}

impl Service {
    /// Stores a rule, in place of the registry's one of the same pattern. Errors: `ParentRegistryMissing`, `LimitReached`.
    pub async fn put_retention_rule(
        &self,
        who: Option<String>,
        registry: &RegistryName,
        rule: RetentionRule,
    ) -> Result<StoredRetentionRule, Error> {
        let (name, now) = (registry.clone(), self.inner.clock.now());
        let service = self.acting_by_itself(who, Entry::new(now, Outcome::Allowed, actions::PUT_RETENTION_RULE));
        let act = service.current_act();
        let put = move |tx: &metadata::Writing<'_>| {
            let registry = registries::find(tx, &name)?.ok_or_else(|| Error::ParentRegistryMissing(name.clone()))?;
            check_room(tx, registry.key, rule.repositories())?;
            retention::put_rule(tx, registry.key, &rule, now)?;
            let entry = rule_entry(&act, &registry.id.name, rule.repositories(), Some(rule.to_string()));
            Ok((StoredRetentionRule { registry: registry.id.name, rule, updated_at: now }, vec![entry]))
        };
        service.change_each(put).await
    }

    /// The rules of the next registry that has any, by their patterns; `None` behind the last.
    pub async fn list_retention_rules(
        &self,
        after: Option<RegistryKey>,
    ) -> Result<Option<(RegistryKey, Vec<StoredRetentionRule>)>, Error> {
        let listed = self.inner.metadata.read(move |tx| {
            let Some((key, registry)) = retention::list_registries(tx, after, 1)?.pop() else { return Ok(None) };
            Ok(Some((key, rules_of(tx, key, &registry)?)))
        });
        listed.await
    }

    /// The rules of a registry, by their patterns. Errors: `ParentRegistryMissing`.
    pub async fn list_retention_rules_of(&self, registry: RegistryName) -> Result<Vec<StoredRetentionRule>, Error> {
        let (key, name) = self.registry_key(registry).await?;
        self.inner.metadata.read(move |tx| rules_of(tx, key, &name)).await
    }

    /// Deletes the registry's rule of that very pattern; `false` when there was none. Errors: `ParentRegistryMissing`.
    pub async fn delete_retention_rule(
        &self,
        who: Option<String>,
        registry: &RegistryName,
        repositories: RepositoryPattern,
    ) -> Result<bool, Error> {
        let (name, now) = (registry.clone(), self.inner.clock.now());
        let service = self.acting_by_itself(who, Entry::new(now, Outcome::Allowed, actions::DELETE_RETENTION_RULE));
        let act = service.current_act();
        let delete = move |tx: &metadata::Writing<'_>| {
            let registry = registries::find(tx, &name)?.ok_or_else(|| Error::ParentRegistryMissing(name.clone()))?;
            let was_there = retention::delete_rule(tx, registry.key, &repositories)?;
            let entry = was_there.then(|| rule_entry(&act, &registry.id.name, &repositories, None));
            Ok((was_there, entry.into_iter().collect()))
        };
        service.change_each(delete).await
    }

    /// Begins to apply the rules, which goes on with each [`Retention::step`]. Errors: `ParentRegistryMissing`.
    pub async fn begin_retention(&self, settings: RetentionSettings) -> Result<Retention, Error> {
        let RetentionSettings { registry, repositories, dry_run, who } = settings;
        let registry = match registry {
            Some(name) => Some(self.registry_key(name).await?),
            None => None,
        };
        let scope = Scope { registry, repositories, proposed: None, dry_run };
        Ok(self.retention(scope, who))
    }

    /// Begins to find what a rule would delete if it were stored now. Errors: `ParentRegistryMissing`, `LimitReached`.
    pub async fn preview_retention(&self, registry: RegistryName, rule: RetentionRule) -> Result<Retention, Error> {
        let (registry, repositories) = (self.registry_key(registry).await?, rule.repositories().clone());
        let (key, pattern) = (registry.0, repositories.clone());
        self.inner.metadata.read(move |tx| check_room(tx, key, &pattern)).await?;
        let (registry, repositories) = (Some(registry), Some(repositories));
        Ok(self.retention(Scope { registry, repositories, proposed: Some(rule), dry_run: true }, None))
    }

    async fn registry_key(&self, name: RegistryName) -> Result<(RegistryKey, RegistryName), Error> {
        let found = self.inner.metadata.read(move |tx| match registries::find(tx, &name)? {
            Some(registry) => Ok((registry.key, registry.id.name)),
            None => Err(Error::ParentRegistryMissing(name)),
        });
        found.await
    }

    fn retention(&self, scope: Scope, who: Option<String>) -> Retention {
        let act = Entry::new(self.inner.clock.now(), Outcome::Allowed, actions::DELETE_TAG_BY_RULE);
        Retention {
            service: self.acting_by_itself(who, act),
            scope,
            counts: RetentionCounts::default(),
            locked_in_walk: 0,
            within: None,
            after: None,
            listed: Vec::new(),
            current: None,
            is_over: false,
        }
    }
}

fn rules_of(
    tx: &metadata::Reading<'_>,
    key: RegistryKey,
    registry: &RegistryName,
) -> Result<Vec<StoredRetentionRule>, Error> {
    let named = |retention::StoredRule { rule, updated_at }| StoredRetentionRule {
        registry: registry.clone(),
        rule,
        updated_at,
    };
    Ok(retention::list_rules(tx, key)?.into_iter().map(named).collect())
}

/// Whether a registry may have a rule of that pattern. Errors: `LimitReached`.
fn check_room(
    tx: &metadata::Reading<'_>,
    registry: RegistryKey,
    repositories: &RepositoryPattern,
) -> Result<(), Error> {
    let rules = retention::list_rules(tx, registry)?;
    let is_new = rules.iter().all(|stored| stored.rule.repositories() != repositories);
    if is_new && rules.len() as u64 >= limits::RETENTION_RULES.max {
        return Err(Error::LimitReached(limits::RETENTION_RULES));
    }
    Ok(())
}

/// The members of a registry that say whether and after how many days manifests without a tag go.
const UNTAGGED_STATUS: &str = "properties.policies.retentionPolicy.status";
const UNTAGGED_DAYS: &str = "properties.policies.retentionPolicy.days";

/// Changes what a registry's rule for all repositories says of manifests without a tag, in the transaction of a change of the registry; what it
/// then says. What is as it was keeps its time.
///
/// Errors: `Invalid`, `LimitReached`.
pub(crate) fn change_untagged(
    tx: &metadata::Writing<'_>,
    registry: RegistryKey,
    change: UntaggedChange,
    now: Timestamp,
) -> Result<Option<UntaggedPolicy>, Error> {
    let policy = retention::find_untagged(tx, registry)?;
    let days = policy.map(|policy| u32::from(policy.days));
    let invalid = |member: &str, error: &dyn std::error::Error| {
        Error::invalid(member, format!("'{member}' cannot be set to this value: {error}."))
    };
    let wanted = change.apply(days).map_err(|error| match error {
        InvalidUntaggedChange::NobodyApplies => invalid(UNTAGGED_STATUS, &error),
        InvalidUntaggedChange::DaysOfNoPolicy => invalid(UNTAGGED_DAYS, &error),
    })?;
    if wanted == days {
        return Ok(policy);
    }
    let mut rules = retention::list_rules(tx, registry)?.into_iter().map(|stored| stored.rule);
    let before = rules.find(|rule| *rule.repositories() == RepositoryPattern::All);
    let rule = RetentionRule::with_untagged(before.as_ref(), wanted, now);
    match rule.map_err(|error| invalid(UNTAGGED_DAYS, &error))? {
        Some(rule) => {
            check_room(tx, registry, &RepositoryPattern::All)?;
            retention::put_rule(tx, registry, &rule, now)?;
        }
        None => drop(retention::delete_rule(tx, registry, &RepositoryPattern::All)?),
    }
    Ok(retention::find_untagged(tx, registry)?)
}

fn rule_entry(act: &Entry, registry: &RegistryName, repositories: &RepositoryPattern, detail: Option<String>) -> Entry {
    Entry { registry: Some(registry.to_string()), target: Some(repositories.to_string()), detail, ..act.clone() }
}

impl Retention {
    /// Looks at some more, and deletes what a rule takes of it: that, or `None` at the end.
    ///
    /// Errors: `StorageFull`, `Internal`. It is over then: what was deleted stays deleted, and another application finds the rest.
    pub async fn step(&mut self) -> Result<Option<Vec<Doomed>>, Error> {
        let mut looked = 0;
        while !self.is_over && looked < limits::RETENTION_PAGE {
            // An error leaves it over.
            self.is_over = true;
            let Some((count, doomed)) = self.look().await? else { return Ok(None) };
            self.is_over = false;
            if !doomed.is_empty() {
                return Ok(Some(doomed));
            }
            // A repository in which there is nothing takes its time too.
            looked += count + 1;
        }
        Ok((!self.is_over).then(Vec::new))
    }

    /// What was deleted so far.
    pub fn counts(&self) -> RetentionCounts {
        self.counts
    }

    /// At how many it looked and what it found, in what comes next; `None` when nothing does.
    async fn look(&mut self) -> Result<Option<(usize, Vec<Doomed>)>, Error> {
        if let Some((judge, place)) = self.current.take() {
            return self.judge(judge, place).await.map(Some);
        }
        if let Some(judge) = self.listed.pop() {
            self.counts.repositories += 1;
            return self.judge(judge, Place::Tags(None)).await.map(Some);
        }
        match self.within.take() {
            Some((registry, name, after)) => self.list(registry, name, after).await.map(Some),
            None => self.enter().await,
        }
    }

    /// The next registry.
    async fn enter(&mut self) -> Result<Option<(usize, Vec<Doomed>)>, Error> {
        let after = self.after;
        let next = match &self.scope.registry {
            Some(only) => Some(only.clone()).filter(|_| after.is_none()),
            None => self.service.inner.metadata.read(move |tx| retention::list_registries(tx, after, 1)).await?.pop(),
        };
        let Some((key, name)) = next else { return Ok(None) };
        self.after = Some(key);
        self.within = Some((key, name, String::new()));
        Ok(Some((0, Vec::new())))
    }

    /// The next repositories of a registry that have a rule.
    async fn list(
        &mut self,
        registry: RegistryKey,
        registry_name: RegistryName,
        after: String,
    ) -> Result<(usize, Vec<Doomed>), Error> {
        let (proposed, behind) = (self.scope.proposed.clone(), after);
        let read = move |tx: &metadata::Reading<'_>| {
            let rules = judge::rules(tx, registry, proposed.as_ref())?;
            let found = retention::list_repositories(tx, registry, &behind, limits::RETENTION_READ_AT_ONCE)?;
            Ok::<_, Error>((rules, found))
        };
        let (rules, found) = self.service.inner.metadata.read(read).await?;
        let count = found.len();
        if let Some((_, last)) = found.last() {
            self.within = Some((registry, registry_name.clone(), last.to_string()));
        }
        let is_wanted = |name: &RepositoryName| {
            let scope = self.scope.repositories.as_ref();
            scope.is_none_or(|scope| scope.matches(name)) && RetentionRule::most_specific(&rules, name).is_some()
        };
        let judges = found.into_iter().filter(|(_, name)| is_wanted(name)).map(|(repository, name)| {
            Arc::new(Judge {
                spot: Spot { registry, registry_name: registry_name.clone(), repository, name },
                proposed: self.scope.proposed.clone(),
                dry_run: self.scope.dry_run,
                clock: Arc::clone(&self.service.inner.clock),
            })
        });
        self.listed = judges.rev().collect();
        Ok((count, Vec::new()))
    }

    async fn judge(&mut self, judge: Arc<Judge>, place: Place) -> Result<(usize, Vec<Doomed>), Error> {
        let (reading, from) = (Arc::clone(&judge), place.clone());
        let mut judged = self.service.inner.metadata.read(move |tx| reading.look(tx, &from)).await?;
        if !self.scope.dry_run && !judged.doomed.is_empty() {
            let (writing, from, act) = (Arc::clone(&judge), place.clone(), self.service.current_act());
            let delete = move |tx: &metadata::Writing<'_>| {
                let judged = writing.look(tx, &from)?;
                let entries = writing.delete(tx, &judged, &act)?;
                Ok((judged, entries))
            };
            judged = self.service.change_each(delete).await?;
        }
        self.count(&place, &judged);
        self.current = judged.next.map(|next| (judge, next));
        Ok((judged.looked, judged.doomed))
    }

    fn count(&mut self, place: &Place, judged: &judge::Judged) {
        for doomed in &judged.doomed {
            match doomed.reference {
                Reference::Tag(_) => self.counts.tags += 1,
                Reference::Digest(_) => {
                    self.counts.manifests += 1;
                    self.counts.image_bytes += doomed.content_bytes.unwrap_or_default();
                }
            }
        }
        match place {
            Place::Tags(_) => self.counts.locked += judged.locked,
            // The last walk comes by all that are left.
            Place::Manifests(walk) if judged.next.as_ref().is_some_and(|next| walk.is_before(next)) => {
                self.locked_in_walk = 0;
            }
            Place::Manifests(_) => {
                self.locked_in_walk += judged.locked;
                if judged.next.is_none() {
                    self.counts.locked += std::mem::take(&mut self.locked_in_walk);
                }
            }
        }
    }
}
