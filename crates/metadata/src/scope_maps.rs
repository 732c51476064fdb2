//! Scope maps.

use crate::statements::statements;
use crate::{Error, Managing, Reading, system_data};
use model::arm_name::ScopeMapName;
use model::caller::SystemData;
use model::listing::{Cursor, Listed};
use model::registry::{Registry, RegistryKey};
use model::resource_id::{RegistryId, ScopeMapId};
use model::scope_map::{ScopeMap, ScopeMapAction, ScopeMapKind};
use rusqlite::{Row, params};

const USER: &str = "user";
const SYSTEM: &str = "system";

statements! {
    FIND = "SELECT * FROM scope_maps WHERE registry = $1 AND name_key = $2";
    LIST = "SELECT * FROM scope_maps WHERE registry = $1 AND key > $2 ORDER BY key LIMIT $3";
    COUNT = "SELECT scope_map_count FROM registries WHERE key = $1";
    ADD = "INSERT INTO scope_maps (registry, name, name_key, description, kind, actions, created_at,
            system_created_by, system_created_by_kind, system_created_at,
            system_modified_by, system_modified_by_kind, system_modified_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    // Who holds a map whose entries change holds something else from then on: see model::token::Generation.
    ADVANCE_HOLDERS = "UPDATE tokens SET generation = generation + 1
        WHERE scope_map = (SELECT key FROM scope_maps WHERE registry = $1 AND name_key = $2 AND actions <> $3)";
    UPDATE = "UPDATE scope_maps SET description = $1, actions = $2,
            system_created_by = $3, system_created_by_kind = $4, system_created_at = $5,
            system_modified_by = $6, system_modified_by_kind = $7, system_modified_at = $8
        WHERE registry = $9 AND name_key = $10";
    DETACH_HOLDERS = "UPDATE tokens SET generation = generation + 1, scope_map = NULL
        WHERE scope_map = (SELECT key FROM scope_maps WHERE registry = $1 AND name_key = $2)";
    DELETE = "DELETE FROM scope_maps WHERE registry = $1 AND name_key = $2";
}

/// The scope map of that name in a registry.
pub fn find(tx: &Reading<'_>, registry: &Registry, name: &ScopeMapName) -> Result<Option<ScopeMap>, Error> {
    tx.find(FIND, params![registry.key.0, name.key()], |row| read(row, &registry.id))
}

/// A page of them in the order in which they were made: the system's first, because they are made with the registry.
pub fn list(tx: &Reading<'_>, registry: &Registry, after: Cursor, items_max: usize) -> Result<Listed<ScopeMap>, Error> {
    let values = params![registry.key.0, after.number(), items_max.saturating_add(1)];
    let scope_maps = tx.list(LIST, values, |row| Ok((row.get("key")?, read(row, &registry.id)?)))?;
    Ok(Listed::page(scope_maps, items_max))
}

/// How many a registry has besides the system's.
pub fn count_user_defined(tx: &Reading<'_>, registry: RegistryKey) -> Result<u64, Error> {
    tx.get(COUNT, [registry.0], |row| Ok(u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0)))
}

/// Adds a scope map whose name is not taken.
pub fn add(tx: &Managing<'_>, registry: RegistryKey, scope_map: &ScopeMap) -> Result<(), Error> {
    let who = Columns::of(scope_map.system_data.as_ref());
    let values = params![
        registry.0,
        scope_map.id.name.as_str(),
        scope_map.id.name.key(),
        scope_map.description,
        match scope_map.kind {
            ScopeMapKind::UserDefined => USER,
            ScopeMapKind::SystemDefined => SYSTEM,
        },
        lines(&scope_map.actions),
        scope_map.created_at.as_micros(),
        who.created_by,
        who.created_by_kind,
        who.created_at,
        who.modified_by,
        who.modified_by_kind,
        who.modified_at,
    ];
    tx.execute(ADD, values).map(drop)
}

/// Stores description, actions and system data of a scope map that is there. Its tokens get a new generation when its actions
/// are not what they were.
pub fn update(tx: &Managing<'_>, registry: RegistryKey, scope_map: &ScopeMap) -> Result<(), Error> {
    let (name, actions) = (scope_map.id.name.key(), lines(&scope_map.actions));
    tx.execute(ADVANCE_HOLDERS, params![registry.0, name, actions])?;
    let who = Columns::of(scope_map.system_data.as_ref());
    let values = params![
        scope_map.description,
        actions,
        who.created_by,
        who.created_by_kind,
        who.created_at,
        who.modified_by,
        who.modified_by_kind,
        who.modified_at,
        registry.0,
        name,
    ];
    tx.execute(UPDATE, values).map(drop)
}

/// Deletes a scope map; `false` when there was none. Its tokens hold none from then on, in a new generation.
pub fn delete(tx: &Managing<'_>, registry: RegistryKey, name: &ScopeMapName) -> Result<bool, Error> {
    tx.execute(DETACH_HOLDERS, params![registry.0, name.key()])?;
    Ok(tx.execute(DELETE, params![registry.0, name.key()])? > 0)
}

/// System data as the columns that may be NULL.
#[derive(Default)]
struct Columns<'a> {
    created_by: Option<&'a str>,
    created_by_kind: Option<&'static str>,
    created_at: Option<i64>,
    modified_by: Option<&'a str>,
    modified_by_kind: Option<&'static str>,
    modified_at: Option<i64>,
}

impl<'a> Columns<'a> {
    fn of(system_data: Option<&'a SystemData>) -> Self {
        system_data.map_or_else(Self::default, |data| Self {
            created_by: Some(&data.created_by.name),
            created_by_kind: Some(system_data::kind(&data.created_by)),
            created_at: Some(data.created_at.as_micros()),
            modified_by: Some(&data.modified_by.name),
            modified_by_kind: Some(system_data::kind(&data.modified_by)),
            modified_at: Some(data.modified_at.as_micros()),
        })
    }
}

/// One entry a line: no entry can hold a line break.
fn lines(actions: &[ScopeMapAction]) -> String {
    actions.iter().map(ScopeMapAction::to_string).collect::<Vec<_>>().join("\n")
}

/// Reads what [`lines`] wrote.
pub(crate) fn read_actions(text: &str) -> Result<Vec<ScopeMapAction>, Error> {
    text.lines().map(|line| ScopeMapAction::parse(line).map_err(Error::corrupt)).collect()
}

fn read(row: &Row<'_>, registry: &RegistryId) -> Result<ScopeMap, Error> {
    let (name, kind, actions): (String, String, String) = (row.get("name")?, row.get("kind")?, row.get("actions")?);
    Ok(ScopeMap {
        id: ScopeMapId { registry: registry.clone(), name: ScopeMapName::parse(&name).map_err(Error::corrupt)? },
        description: row.get("description")?,
        kind: if kind == SYSTEM { ScopeMapKind::SystemDefined } else { ScopeMapKind::UserDefined },
        actions: read_actions(&actions)?,
        created_at: system_data::timestamp(row, "created_at")?,
        system_data: system_data::find(row)?,
    })
}
