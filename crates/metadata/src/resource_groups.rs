//! Resource groups.

use crate::statements::statements;
use crate::{Error, Managing, Reading, Writing};
use model::arm_name::{ResourceGroupName, SubscriptionId};
use model::listing::{Cursor, Listed};
use model::resource_group::ResourceGroup;
use model::resource_id::ResourceGroupId;
use rusqlite::{Row, params};
use std::collections::BTreeMap;

// The store serves one subscription, so its id stands in the settings and not in every row.
statements! {
    FIND = "SELECT g.key, g.name, g.location, s.value AS subscription
        FROM resource_groups g JOIN settings s ON s.name = 'subscription'
        WHERE g.name_key = $1";
    LIST = "SELECT g.key, g.name, g.location, s.value AS subscription
        FROM resource_groups g JOIN settings s ON s.name = 'subscription'
        WHERE g.key > $1 ORDER BY g.key LIMIT $2";
    ADD = "INSERT INTO resource_groups (name, name_key, location) VALUES ($1, $2, $3)";
    DELETE = "DELETE FROM resource_groups WHERE name_key = $1";
    LABELS = "SELECT name, value FROM resource_group_labels WHERE resource_group = $1 ORDER BY name";
    CLEAR_LABELS = "DELETE FROM resource_group_labels
        WHERE resource_group = (SELECT key FROM resource_groups WHERE name_key = $1)";
    ADD_LABEL = "INSERT INTO resource_group_labels (resource_group, name, value)
        SELECT key, $1, $2 FROM resource_groups WHERE name_key = $3";
}

/// The group of that name.
pub fn find(tx: &Reading<'_>, name: &ResourceGroupName) -> Result<Option<ResourceGroup>, Error> {
    tx.find(FIND, [name.key()], |row| read(tx, row))
}

/// A page of all groups, in the order in which they were made.
pub fn list(tx: &Reading<'_>, after: Cursor, items_max: usize) -> Result<Listed<(Cursor, ResourceGroup)>, Error> {
    let groups = tx.list(LIST, params![after.number(), items_max.saturating_add(1)], |row| {
        let key = row.get("key")?;
        Ok((key, (Cursor::behind(key), read(tx, row)?)))
    });
    Ok(Listed::page(groups?, items_max))
}

/// Adds a group that is not there yet.
pub fn add(tx: &Writing<'_>, group: &ResourceGroup) -> Result<(), Error> {
    let name = &group.id.name;
    tx.execute(ADD, params![name.as_str(), name.key(), group.location])?;
    set_labels(tx, name, &group.labels)
}

/// Gives a group these labels and no others.
pub fn set_labels(tx: &Writing<'_>, name: &ResourceGroupName, labels: &BTreeMap<String, String>) -> Result<(), Error> {
    tx.execute(CLEAR_LABELS, [name.key()])?;
    for (label, value) in labels {
        tx.execute(ADD_LABEL, [label, value, &name.key()])?;
    }
    Ok(())
}

/// Deletes a group with every registry in it; `false` when there was none.
pub fn delete(tx: &Managing<'_>, name: &ResourceGroupName) -> Result<bool, Error> {
    Ok(tx.execute(DELETE, [name.key()])? > 0)
}

fn read(tx: &Reading<'_>, row: &Row<'_>) -> Result<ResourceGroup, Error> {
    let key: i64 = row.get("key")?;
    Ok(ResourceGroup {
        id: read_id(row, "name")?,
        location: row.get("location")?,
        labels: tx.list(LABELS, [key], |row| Ok((row.get(0)?, row.get(1)?)))?.into_iter().collect(),
    })
}

/// Reads the id of a group from a row that has its name in `name_column`, and the subscription.
pub(crate) fn read_id(row: &Row<'_>, name_column: &str) -> Result<ResourceGroupId, Error> {
    let (subscription, name): (String, String) = (row.get("subscription")?, row.get(name_column)?);
    Ok(ResourceGroupId {
        subscription: SubscriptionId::parse(&subscription).map_err(Error::corrupt)?,
        name: ResourceGroupName::parse(&name).map_err(Error::corrupt)?,
    })
}
