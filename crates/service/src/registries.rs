//! Registries.

use crate::resource_groups::{check_location, group_of};
use crate::token_table::WhichRegistry;
use crate::{Error, Service, Written};
use metadata::registries::NewRegistry;
use metadata::{Managing, Reading};
use model::arm_name::{RegistryName, ResourceGroupName, ScopeMapName, SubscriptionId};
use model::caller::{Caller, SystemData};
use model::registry::{Registry, Sku};
use model::resource_id::{RegistryId, ScopeMapId};
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
        let (caller, id, now) = (caller.clone(), id.clone(), self.inner.clock.now());
        self.manage(move |tx| {
            let group = group_of(tx, &id.group.name)?;
            match metadata::registries::find(tx, &id.name)? {
                Some(found) if found.id == id => change(tx, found, spec, &caller, now),
                Some(found) => Err(Error::RegistryNameTaken(found.id.name)),
                None => make(tx, RegistryId { group: group.id, name: id.name }, spec, &caller, now),
            }
        })
        .await
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

    /// In the order of their names, of one group or of all. Errors: `SubscriptionMissing`, `ResourceGroupMissing`.
    pub async fn list_registries(
        &self,
        subscription: &SubscriptionId,
        group: Option<&ResourceGroupName>,
    ) -> Result<Vec<Registry>, Error> {
        self.check_subscription(subscription)?;
        let group = group.cloned();
        let listed = self.inner.metadata.read(move |tx| {
            group.as_ref().map(|name| group_of(tx, name)).transpose()?;
            Ok(metadata::registries::list(tx, group.as_ref())?)
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

/// The registry of that id, for a request about itself. Errors: `ResourceGroupMissing`, `RegistryMissing`.
pub(crate) fn existing(tx: &Reading<'_>, id: &RegistryId) -> Result<Registry, Error> {
    group_of(tx, &id.group.name)?;
    find(tx, id)?.ok_or_else(|| Error::RegistryMissing(id.clone()))
}

/// The registry of that id, for a request about something in it. Errors: `ParentRegistryMissing`.
pub(crate) fn parent(tx: &Reading<'_>, id: &RegistryId) -> Result<Registry, Error> {
    find(tx, id)?.ok_or_else(|| Error::ParentRegistryMissing(id.name.clone()))
}

/// A name is found in whatever group, so the group that was asked for is compared here.
fn find(tx: &Reading<'_>, id: &RegistryId) -> Result<Option<Registry>, Error> {
    Ok(metadata::registries::find(tx, &id.name)?.filter(|found| found.id == *id))
}

fn make(
    tx: &Managing<'_>,
    id: RegistryId,
    spec: RegistrySpec,
    caller: &Caller,
    now: Timestamp,
) -> Result<(Registry, Written), Error> {
    let RegistrySpec { location, sku, labels } = spec;
    let system_data = SystemData::new(caller, now);
    let new = NewRegistry { id, location, sku, labels, created_at: now, system_data };
    let registry = metadata::registries::add(tx, new)?;
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
        metadata::scope_maps::add(tx, registry.key, &scope_map)?;
    }
    Ok((registry, Written::Created))
}

fn change(
    tx: &Managing<'_>,
    found: Registry,
    spec: RegistrySpec,
    caller: &Caller,
    now: Timestamp,
) -> Result<(Registry, Written), Error> {
    check_location(&found.location, &spec.location)?;
    // Unlike its children, a registry keeps who made it (management-api.md, 0.12).
    let system_data = found.system_data.changed(caller, now);
    let registry = Registry { sku: spec.sku, labels: spec.labels, system_data, ..found };
    metadata::registries::update(tx, &registry)?;
    Ok((registry, Written::Updated))
}
