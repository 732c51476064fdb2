//! Registries.

use crate::credentials::Mint;
use crate::resource_groups::{check_location, group_of};
use crate::site::Site;
use crate::token_table::WhichRegistry;
use crate::{Error, Service, Written, admin_user, limits, retention};
use metadata::registries::NewRegistry;
use metadata::{Managing, Reading};
use model::arm_name::{RegistryName, ResourceGroupName, ScopeMapName, SubscriptionId};
use model::caller::{Caller, SystemData};
use model::listing::{Cursor, Listed};
use model::registry::{Registry, Sku};
use model::resource_id::{RegistryId, ScopeMapId};
use model::retention::UntaggedChange;
use model::scope_map::{SYSTEM_SCOPE_MAPS, ScopeMap, ScopeMapKind};
use model::timestamp::Timestamp;
use std::collections::BTreeMap;

/// What a PUT of a registry asks for.
#[derive(Debug, Clone)]
pub struct RegistrySpec {
    /// Where it says it is.
    pub location: String,
    /// The tier it says it has.
    pub sku: Sku,
    /// Tags of the management plane.
    pub labels: BTreeMap<String, String>,
    /// Whether the admin user may sign in; `None` keeps what is, and means no for a new one.
    pub admin_user_enabled: Option<bool>,
    /// Whether whoever asks may pull without signing in; `None` keeps what is, and means no for a new one.
    pub anonymous_pull_enabled: Option<bool>,
    /// Whether and when manifests without a tag go, where no rule of a narrower pattern says otherwise.
    pub untagged: UntaggedChange,
}

/// What a PATCH of a registry asks for; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct RegistryChange {
    /// Where it says it is, which cannot change.
    pub location: Option<String>,
    /// The tier it says it has.
    pub sku: Option<Sku>,
    /// Tags of the management plane, all of them.
    pub labels: Option<BTreeMap<String, String>>,
    /// Whether the admin user may sign in.
    pub admin_user_enabled: Option<bool>,
    /// Whether whoever asks may pull without signing in.
    pub anonymous_pull_enabled: Option<bool>,
    /// Whether and when manifests without a tag go, where no rule of a narrower pattern says otherwise.
    pub untagged: UntaggedChange,
}

/// When the system scope maps of every registry say they were made: one instant in the past for all, as at Azure
/// (management-api.md, section 6). It is the day of the first API version that has them, 2019-05-01.
const SYSTEM_SCOPE_MAPS_MADE_MICROS: i64 = 1_556_668_800_000_000;

impl Service {
    /// Makes a registry with its system scope maps, or changes one.
    ///
    /// Errors: `SubscriptionMissing`, `ResourceGroupMissing`, `RegistryNameTaken` by a registry of another group,
    /// `Invalid` when the location would change.
    pub async fn put_registry(
        &self,
        caller: &Caller,
        id: &RegistryId,
        spec: RegistrySpec,
    ) -> Result<(Registry, Written), Error> {
        self.check_subscription(&id.group.subscription)?;
        let (caller, id, mint) = (caller.clone(), id.clone(), self.mint());
        let put = move |tx: &Managing<'_>| {
            let group = group_of(tx, &id.group.name)?;
            let write = Write { tx, caller: &caller, mint: &mint };
            match metadata::registries::find(tx, &id.name)? {
                Some(found) if found.id == id => Ok((write.change(found, spec.into())?, Written::Updated)),
                Some(found) => Err(Error::RegistryNameTaken(found.id.name)),
                None => Ok((write.make(RegistryId { group: group.id, name: id.name }, spec)?, Written::Created)),
            }
        };
        self.manage_saying(put, |(registry, _)| Some(told(registry))).await
    }

    /// Changes a registry. Errors: `SubscriptionMissing`, `ResourceGroupMissing`, `RegistryMissing`, `Invalid` when the location
    /// would change.
    pub async fn update_registry(
        &self,
        caller: &Caller,
        id: &RegistryId,
        change: RegistryChange,
    ) -> Result<Registry, Error> {
        self.check_subscription(&id.group.subscription)?;
        let (caller, id, mint) = (caller.clone(), id.clone(), self.mint());
        let update = move |tx: &Managing<'_>| {
            let found = existing(tx, &id)?;
            Write { tx, caller: &caller, mint: &mint }.change(found, change)
        };
        self.manage_saying(update, |registry| Some(told(registry))).await
    }

    /// Errors: `SubscriptionMissing`, `ResourceGroupMissing`, `RegistryMissing`.
    pub async fn get_registry(&self, id: &RegistryId) -> Result<Registry, Error> {
        self.check_subscription(&id.group.subscription)?;
        let id = id.clone();
        self.inner.metadata.read(move |tx| existing(tx, &id)).await
    }

    /// Whether any group has a registry of that name. Read from the store, so that it sees what other processes made.
    pub async fn is_registry_name_taken(&self, name: &RegistryName) -> Result<bool, Error> {
        let name = name.clone();
        self.inner.metadata.read(move |tx| Ok(metadata::registries::find(tx, &name)?.is_some())).await
    }

    /// The registry of that name, in whatever group: names are unique on a site. Answered from memory.
    pub async fn find_registry(&self, name: &RegistryName) -> Result<Option<Registry>, Error> {
        self.recall(WhichRegistry::Name(name.clone())).await
    }

    /// The only registry, when there is exactly one. Answered from memory.
    pub async fn find_only_registry(&self) -> Result<Option<Registry>, Error> {
        self.recall(WhichRegistry::Only).await
    }

    /// In the order in which they were made, of one group or of all. Errors: `SubscriptionMissing`, `ResourceGroupMissing`.
    pub async fn list_registries(
        &self,
        subscription: &SubscriptionId,
        group: Option<&ResourceGroupName>,
        after: Cursor,
    ) -> Result<Listed<(Cursor, Registry)>, Error> {
        self.check_subscription(subscription)?;
        let group = group.cloned();
        let listed = self.inner.metadata.read(move |tx| {
            group.as_ref().map(|name| group_of(tx, name)).transpose()?;
            Ok(metadata::registries::list(tx, group.as_ref(), after, limits::RESOURCE_PAGE_ITEMS)?)
        });
        listed.await
    }

    /// Deletes a registry with its scope maps, tokens and repositories; `None` when there was none.
    pub async fn delete_registry(&self, id: &RegistryId) -> Result<Option<Registry>, Error> {
        self.check_subscription(&id.group.subscription)?;
        let id = id.clone();
        self.manage(move |tx| {
            let found = find(tx, &id)?;
            if let Some(registry) = &found {
                metadata::registries::delete(tx, registry.key)?;
            }
            Ok(found)
        })
        .await
    }

    async fn recall(&self, which: WhichRegistry) -> Result<Option<Registry>, Error> {
        let found = self.inner.tokens.registry(&self.inner.metadata, which).await?;
        Ok(found.map(|registry| Registry::clone(&registry)))
    }
}

/// What opens the registry to more than its tokens, and what is deleted in it by itself, as the audit log has it.
fn told(registry: &Registry) -> String {
    let state = |is_on: bool| if is_on { "on" } else { "off" };
    let (admin, anonymous) = (state(registry.admin_user_enabled), state(registry.anonymous_pull_enabled));
    let untagged = match registry.untagged {
        Some(policy) => format!("go after {} {}", policy.days, if policy.days == 1 { "day" } else { "days" }),
        None => "stay".to_owned(),
    };
    format!("admin user {admin}, anonymous pull {anonymous}, manifests without a tag {untagged}")
}

/// The registry of that id, for a request about itself. Errors: `ResourceGroupMissing`, `RegistryMissing`.
pub(crate) fn existing(tx: &Reading<'_>, id: &RegistryId) -> Result<Registry, Error> {
    group_of(tx, &id.group.name)?;
    find(tx, id)?.ok_or_else(|| Error::RegistryMissing(id.clone()))
}

/// The registry of that id, for a request about something in it. Errors: `ParentRegistryMissing`, or what is missing above it, as
/// Azure's gateway looks: `SubscriptionMissing`, `ResourceGroupMissing`.
pub(crate) fn parent(tx: &Reading<'_>, id: &RegistryId) -> Result<Registry, Error> {
    if let Some(found) = find(tx, id)? {
        return Ok(found);
    }
    if Site::find(tx)?.is_none_or(|site| site.subscription != id.group.subscription) {
        return Err(Error::SubscriptionMissing(id.group.subscription.clone()));
    }
    group_of(tx, &id.group.name)?;
    Err(Error::ParentRegistryMissing(id.name.clone()))
}

/// A name is found in whatever group, so the group that was asked for is compared here.
fn find(tx: &Reading<'_>, id: &RegistryId) -> Result<Option<Registry>, Error> {
    Ok(metadata::registries::find(tx, &id.name)?.filter(|found| found.id == *id))
}

impl From<RegistrySpec> for RegistryChange {
    fn from(spec: RegistrySpec) -> Self {
        let RegistrySpec { location, sku, labels, admin_user_enabled, anonymous_pull_enabled, untagged } = spec;
        let (location, sku, labels) = (Some(location), Some(sku), Some(labels));
        Self { location, sku, labels, admin_user_enabled, anonymous_pull_enabled, untagged }
    }
}

/// One write of a registry.
struct Write<'a> {
    tx: &'a Managing<'a>,
    caller: &'a Caller,
    mint: &'a Mint,
}

impl Write<'_> {
    fn make(&self, id: RegistryId, spec: RegistrySpec) -> Result<Registry, Error> {
        let RegistrySpec { location, sku, labels, admin_user_enabled, anonymous_pull_enabled, untagged } = spec;
        let now = self.mint.now();
        let system_data = SystemData::new(self.caller, now);
        let anonymous_pull_enabled = anonymous_pull_enabled.unwrap_or(false);
        let new = NewRegistry { id, location, sku, labels, anonymous_pull_enabled, created_at: now, system_data };
        let registry = metadata::registries::add(self.tx, new)?;
        for system in SYSTEM_SCOPE_MAPS {
            let name = ScopeMapName::parse(system.name).map_err(Error::internal)?;
            let scope_map = ScopeMap {
                id: ScopeMapId { registry: registry.id.clone(), name },
                description: system.description.to_owned(),
                kind: ScopeMapKind::SystemDefined,
                actions: system.entries(),
                created_at: Timestamp::from_micros(SYSTEM_SCOPE_MAPS_MADE_MICROS),
                system_data: None,
            };
            metadata::scope_maps::add(self.tx, registry.key, &scope_map)?;
        }
        self.finish(registry, admin_user_enabled, untagged)
    }

    fn change(&self, found: Registry, change: RegistryChange) -> Result<Registry, Error> {
        if let Some(location) = &change.location {
            check_location(&found.location, location)?;
        }
        let registry = Registry {
            sku: change.sku.unwrap_or(found.sku),
            labels: change.labels.unwrap_or(found.labels),
            anonymous_pull_enabled: change.anonymous_pull_enabled.unwrap_or(found.anonymous_pull_enabled),
            // Unlike its children, a registry keeps who made it (management-api.md, 0.12).
            system_data: found.system_data.changed(self.caller, self.mint.now()),
            ..found
        };
        metadata::registries::update(self.tx, &registry)?;
        self.finish(registry, change.admin_user_enabled, change.untagged)
    }

    fn finish(
        &self,
        registry: Registry,
        admin_user_enabled: Option<bool>,
        untagged: UntaggedChange,
    ) -> Result<Registry, Error> {
        let untagged = retention::change_untagged(self.tx, registry.key, untagged, self.mint.now())?;
        let registry = Registry { untagged, ..registry };
        let Some(wanted) = admin_user_enabled else { return Ok(registry) };
        admin_user::set_enabled(self.tx, self.mint, &registry, wanted)?;
        Ok(Registry { admin_user_enabled: wanted, ..registry })
    }
}
