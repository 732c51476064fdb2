//! Registries.

use crate::statements::statements;
use crate::{Error, Managing, Reading, Writing, admin_user, resource_groups, retention, system_data};
use model::arm_name::{RegistryName, ResourceGroupName};
use model::caller::SystemData;
use model::listing::{Cursor, Listed};
use model::registry::{Registry, RegistryKey, Sku};
use model::resource_id::RegistryId;
use model::timestamp::Timestamp;
use rusqlite::{Row, params};
use std::collections::BTreeMap;

statements! {
    FIND = "SELECT r.*, g.name AS group_name, s.value AS subscription
        FROM registries r JOIN resource_groups g ON g.key = r.resource_group JOIN settings s ON s.name = 'subscription'
        WHERE r.name_key = $1";
    LIST = "SELECT r.*, g.name AS group_name, s.value AS subscription
        FROM registries r JOIN resource_groups g ON g.key = r.resource_group JOIN settings s ON s.name = 'subscription'
        WHERE r.key > $1 ORDER BY r.key LIMIT $2";
    LIST_OF_GROUP = "SELECT r.*, g.name AS group_name, s.value AS subscription
        FROM registries r JOIN resource_groups g ON g.key = r.resource_group JOIN settings s ON s.name = 'subscription'
        WHERE g.name_key = $1 AND r.key > $2 ORDER BY r.key LIMIT $3";
    // Two rows are enough to know that there is more than one.
    LIST_TWO = "SELECT r.*, g.name AS group_name, s.value AS subscription
        FROM registries r JOIN resource_groups g ON g.key = r.resource_group JOIN settings s ON s.name = 'subscription'
        LIMIT 2";
    ADD = "INSERT INTO registries (resource_group, name, name_key, location, sku, created_at,
            system_created_by, system_created_by_kind, system_created_at,
            system_modified_by, system_modified_by_kind, system_modified_at, anonymous_pull_enabled)
        SELECT key, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 FROM resource_groups WHERE name_key = $13
        RETURNING key";
    UPDATE = "UPDATE registries SET sku = $1,
            system_created_by = $2, system_created_by_kind = $3, system_created_at = $4,
            system_modified_by = $5, system_modified_by_kind = $6, system_modified_at = $7,
            anonymous_pull_enabled = $8
        WHERE key = $9";
    DELETE = "DELETE FROM registries WHERE key = $1";
    LABELS = "SELECT name, value FROM registry_labels WHERE registry = $1 ORDER BY name";
    CLEAR_LABELS = "DELETE FROM registry_labels WHERE registry = $1";
    ADD_LABEL = "INSERT INTO registry_labels (registry, name, value) VALUES ($1, $2, $3)";
}

/// A registry that has no key yet.
#[derive(Debug, Clone)]
pub struct NewRegistry {
    /// Its resource id; the group must be there.
    pub id: RegistryId,
    /// Where it says it is.
    pub location: String,
    /// The tier it says it has.
    pub sku: Sku,
    /// Tags of the management plane.
    pub labels: BTreeMap<String, String>,
    /// Whether whoever asks may pull without signing in.
    pub anonymous_pull_enabled: bool,
    /// When it is made.
    pub created_at: Timestamp,
    /// Who makes it.
    pub system_data: SystemData,
}

/// The registry of that name, in whatever group.
pub fn find(tx: &Reading<'_>, name: &RegistryName) -> Result<Option<Registry>, Error> {
    tx.find(FIND, [name.key()], |row| read(tx, row))
}

/// The only registry, when there is exactly one.
pub fn find_only(tx: &Reading<'_>) -> Result<Option<Registry>, Error> {
    let mut found = tx.list(LIST_TWO, [], |row| read(tx, row))?;
    Ok(if found.len() == 1 { found.pop() } else { None })
}

/// A page of all registries, or of those of one group, in the order in which they were made.
pub fn list(
    tx: &Reading<'_>,
    group: Option<&ResourceGroupName>,
    after: Cursor,
    items_max: usize,
) -> Result<Listed<(Cursor, Registry)>, Error> {
    let (after, rows_max) = (after.number(), items_max.saturating_add(1));
    let numbered = |row: &Row<'_>| {
        let registry = read(tx, row)?;
        Ok((registry.key.0, (Cursor::behind(registry.key.0), registry)))
    };
    let registries = match group {
        Some(group) => tx.list(LIST_OF_GROUP, params![group.key(), after, rows_max], numbered),
        None => tx.list(LIST, params![after, rows_max], numbered),
    };
    Ok(Listed::page(registries?, items_max))
}

/// Adds a registry whose name is not taken, without its system scope maps and its admin user.
pub fn add(tx: &Managing<'_>, registry: NewRegistry) -> Result<Registry, Error> {
    let NewRegistry { id, location, sku, labels, anonymous_pull_enabled, created_at, system_data } = registry;
    let values = params![
        id.name.as_str(),
        id.name.key(),
        location,
        sku.as_str(),
        created_at.as_micros(),
        system_data.created_by.name,
        system_data::kind(&system_data.created_by),
        system_data.created_at.as_micros(),
        system_data.modified_by.name,
        system_data::kind(&system_data.modified_by),
        system_data.modified_at.as_micros(),
        anonymous_pull_enabled,
        id.group.name.key(),
    ];
    let key = tx.get(ADD, values, |row| Ok(RegistryKey(row.get(0)?)))?;
    set_labels(tx, key, &labels)?;
    Ok(Registry {
        key,
        id,
        location,
        sku,
        labels,
        admin_user_enabled: false,
        anonymous_pull_enabled,
        untagged: None,
        created_at,
        system_data,
    })
}

/// Stores tier, labels, anonymous pull and system data of a registry that is there; the rest never changes.
pub fn update(tx: &Managing<'_>, registry: &Registry) -> Result<(), Error> {
    let system_data = &registry.system_data;
    let values = params![
        registry.sku.as_str(),
        system_data.created_by.name,
        system_data::kind(&system_data.created_by),
        system_data.created_at.as_micros(),
        system_data.modified_by.name,
        system_data::kind(&system_data.modified_by),
        system_data.modified_at.as_micros(),
        registry.anonymous_pull_enabled,
        registry.key.0,
    ];
    tx.execute(UPDATE, values)?;
    set_labels(tx, registry.key, &registry.labels)
}

/// Deletes a registry with everything in it.
pub fn delete(tx: &Managing<'_>, key: RegistryKey) -> Result<(), Error> {
    tx.execute(DELETE, [key.0]).map(drop)
}

fn set_labels(tx: &Writing<'_>, key: RegistryKey, labels: &BTreeMap<String, String>) -> Result<(), Error> {
    tx.execute(CLEAR_LABELS, [key.0])?;
    for (label, value) in labels {
        tx.execute(ADD_LABEL, params![key.0, label, value])?;
    }
    Ok(())
}

fn read(tx: &Reading<'_>, row: &Row<'_>) -> Result<Registry, Error> {
    let key: i64 = row.get("key")?;
    let (name, sku): (String, String) = (row.get("name")?, row.get("sku")?);
    Ok(Registry {
        key: RegistryKey(key),
        id: RegistryId {
            group: resource_groups::read_id(row, "group_name")?,
            name: RegistryName::parse(&name).map_err(Error::corrupt)?,
        },
        location: row.get("location")?,
        sku: Sku::parse(&sku).ok_or_else(|| Error::corrupt(format_args!("'{sku}' is not a tier")))?,
        labels: tx.list(LABELS, [key], |row| Ok((row.get(0)?, row.get(1)?)))?.into_iter().collect(),
        admin_user_enabled: admin_user::is_enabled(tx, RegistryKey(key))?,
        anonymous_pull_enabled: row.get("anonymous_pull_enabled")?,
        untagged: retention::find_untagged(tx, RegistryKey(key))?,
        created_at: system_data::timestamp(row, "created_at")?,
        system_data: system_data::read(row)?,
    })
}
