//! Scope maps.

use crate::{Error, Service, Written, limits, registries};
use metadata::Managing;
use model::arm_name::ScopeMapName;
use model::caller::{Caller, SystemData};
use model::listing::{Cursor, Listed};
use model::registry::Registry;
use model::resource_id::{RegistryId, ScopeMapId};
use model::scope_map::{SCOPE_MAP_DESCRIPTION_CHARS_MAX, ScopeMap, ScopeMapAction, ScopeMapKind};
use std::collections::HashSet;

/// What a PUT of a scope map asks for.
#[derive(Debug, Clone)]
pub struct ScopeMapSpec {
    /// Free text, empty when none was given.
    pub description: String,
    /// The entries, in the order in which they came.
    pub actions: Vec<ScopeMapAction>,
}

/// What a PATCH of a scope map asks for; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct ScopeMapChange {
    /// Free text.
    pub description: Option<String>,
    /// All entries: they replace those there were.
    pub actions: Option<Vec<ScopeMapAction>>,
}

impl Service {
    /// Makes or replaces a scope map; its tokens have the new rights from the next request on.
    ///
    /// An identical PUT of a system scope map is taken and changes nothing.
    /// Errors: `ParentRegistryMissing`, `SystemScopeMap`, `Invalid`, `LimitReached`.
    pub async fn put_scope_map(
        &self,
        caller: &Caller,
        id: &ScopeMapId,
        spec: ScopeMapSpec,
    ) -> Result<(ScopeMap, Written), Error> {
        check(Some(&spec.description), Some(&spec.actions))?;
        let (id, now) = (id.clone(), self.inner.clock.now());
        let system_data = SystemData::new(caller, now);
        let put = move |tx: &Managing<'_>| {
            let registry = registries::parent(tx, &id.registry)?;
            let ScopeMapSpec { description, actions } = spec;
            if let Some(found) = metadata::scope_maps::find(tx, &registry, &id.name)? {
                let before = found.actions.clone();
                let change = ScopeMapChange { description: Some(description), actions: Some(actions) };
                return Ok((write(tx, &registry, found, change, system_data)?, Written::Updated, before));
            }
            check_name(&id.name)?;
            if metadata::scope_maps::count_user_defined(tx, registry.key)? >= limits::SCOPE_MAPS.max {
                return Err(Error::LimitReached(limits::SCOPE_MAPS));
            }
            let scope_map = ScopeMap {
                id: ScopeMapId { registry: registry.id.clone(), name: id.name },
                description,
                kind: ScopeMapKind::UserDefined,
                actions,
                created_at: now,
                system_data: Some(system_data),
            };
            metadata::scope_maps::add(tx, registry.key, &scope_map)?;
            Ok((scope_map, Written::Created, Vec::new()))
        };
        let (scope_map, written, _) =
            self.manage_saying(put, |(scope_map, _, before)| told(before, &scope_map.actions)).await?;
        Ok((scope_map, written))
    }

    /// Changes a scope map; its tokens have the new rights from the next request on. Errors: as of PUT, and `ScopeMapMissing`.
    pub async fn update_scope_map(
        &self,
        caller: &Caller,
        id: &ScopeMapId,
        change: ScopeMapChange,
    ) -> Result<ScopeMap, Error> {
        check(change.description.as_deref(), change.actions.as_deref())?;
        let id = id.clone();
        let system_data = SystemData::new(caller, self.inner.clock.now());
        let update = move |tx: &Managing<'_>| {
            let registry = registries::parent(tx, &id.registry)?;
            let found = metadata::scope_maps::find(tx, &registry, &id.name)?;
            let found = found.ok_or(Error::ScopeMapMissing(id.name))?;
            let before = found.actions.clone();
            Ok((write(tx, &registry, found, change, system_data)?, before))
        };
        let (scope_map, _) = self.manage_saying(update, |(scope_map, before)| told(before, &scope_map.actions)).await?;
        Ok(scope_map)
    }

    /// Errors: `ParentRegistryMissing`, `ScopeMapMissing`.
    pub async fn get_scope_map(&self, id: &ScopeMapId) -> Result<ScopeMap, Error> {
        let id = id.clone();
        let found = self.inner.metadata.read(move |tx| {
            let registry = registries::parent(tx, &id.registry)?;
            metadata::scope_maps::find(tx, &registry, &id.name)?.ok_or(Error::ScopeMapMissing(id.name))
        });
        found.await
    }

    /// The system's first, then in the order in which they were made. Errors: `ParentRegistryMissing`.
    pub async fn list_scope_maps(&self, registry: &RegistryId, after: Cursor) -> Result<Listed<ScopeMap>, Error> {
        let id = registry.clone();
        let listed = self.inner.metadata.read(move |tx| {
            let registry = registries::parent(tx, &id)?;
            Ok(metadata::scope_maps::list(tx, &registry, after, limits::RESOURCE_PAGE_ITEMS)?)
        });
        listed.await
    }

    /// Deletes a scope map and takes its rights from its tokens; `false` when there was none.
    ///
    /// Errors: `ParentRegistryMissing`, `SystemScopeMap`.
    pub async fn delete_scope_map(&self, id: &ScopeMapId) -> Result<bool, Error> {
        let id = id.clone();
        self.manage(move |tx| {
            let registry = registries::parent(tx, &id.registry)?;
            match metadata::scope_maps::find(tx, &registry, &id.name)?.map(|found| found.kind) {
                None => Ok(false),
                Some(ScopeMapKind::SystemDefined) => Err(Error::SystemScopeMap(id.name)),
                Some(ScopeMapKind::UserDefined) => Ok(metadata::scope_maps::delete(tx, registry.key, &id.name)?),
            }
        })
        .await
    }
}

/// What a scope map came to allow and no longer allows, as the audit log has it. What was added stands first: a text may be cut.
fn told(before: &[ScopeMapAction], after: &[ScopeMapAction]) -> Option<String> {
    let added = after.iter().filter(|action| !before.contains(action)).map(|action| format!("+{action}"));
    let removed = before.iter().filter(|action| !after.contains(action)).map(|action| format!("-{action}"));
    let told: Vec<String> = added.chain(removed).collect();
    (!told.is_empty()).then(|| format!("{} actions: {}", told.len(), told.join(", ")))
}

/// Changes a scope map that is there. Its system data begins anew, as at Azure (management-api.md, 0.12).
fn write(
    tx: &Managing<'_>,
    registry: &Registry,
    found: ScopeMap,
    change: ScopeMapChange,
    system_data: SystemData,
) -> Result<ScopeMap, Error> {
    let description = change.description.unwrap_or_else(|| found.description.clone());
    let actions = change.actions.unwrap_or_else(|| found.actions.clone());
    match found.kind {
        // Exported templates name the system's own maps, and are deployed again.
        ScopeMapKind::SystemDefined if description == found.description && same(&actions, &found.actions) => Ok(found),
        ScopeMapKind::SystemDefined => Err(Error::SystemScopeMap(found.id.name)),
        ScopeMapKind::UserDefined => {
            let scope_map = ScopeMap { description, actions, system_data: Some(system_data), ..found };
            metadata::scope_maps::update(tx, registry.key, &scope_map)?;
            Ok(scope_map)
        }
    }
}

/// Whether two lists hold the same entries, in whatever order.
fn same(left: &[ScopeMapAction], right: &[ScopeMapAction]) -> bool {
    let set = |actions: &[ScopeMapAction]| actions.iter().cloned().collect::<HashSet<_>>();
    set(left) == set(right)
}

fn check(description: Option<&str>, actions: Option<&[ScopeMapAction]>) -> Result<(), Error> {
    if description.is_some_and(|text| text.chars().count() > SCOPE_MAP_DESCRIPTION_CHARS_MAX) {
        let message = format!("it may have at most {SCOPE_MAP_DESCRIPTION_CHARS_MAX} characters; shorten it");
        return Err(Error::invalid("properties.description", message));
    }
    let entries = actions.map_or(0, <[_]>::len);
    if u64::try_from(entries).map_or(true, |entries| entries > limits::SCOPE_MAP_ACTIONS.max) {
        return Err(Error::LimitReached(limits::SCOPE_MAP_ACTIONS));
    }
    Ok(())
}

fn check_name(name: &ScopeMapName) -> Result<(), Error> {
    if name.as_str().starts_with('_') {
        return Err(Error::invalid(
            "name",
            format!("'{name}': names that begin with '_' are the system's; choose another"),
        ));
    }
    Ok(())
}
