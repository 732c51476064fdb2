//! Repositories: what blob links, manifests and tags belong to.

use crate::statements::statements;
use crate::{Error, Reading, Writing};
use model::registry::RegistryKey;
use model::repository::RepositoryName;
use model::timestamp::Timestamp;
use rusqlite::params;

statements! {
    FIND = "SELECT key FROM repositories WHERE registry = $1 AND name = $2";
    // Nothing is added to a registry that was deleted meanwhile.
    ADD = "INSERT INTO repositories (registry, name, created_at) SELECT key, $1, $2 FROM registries WHERE key = $3
        RETURNING key";
    // A repository whose manifests are all deleted, or whose first push is under way, is not one to show.
    LIST = "SELECT name FROM repositories r WHERE registry = $1 AND name > $2
            AND EXISTS (SELECT 1 FROM manifests m WHERE m.repository = r.key)
        ORDER BY name LIMIT $3";
}

/// The store's own name for a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RepositoryKey(pub(crate) i64);

/// The repository of that name; `None` when nothing was ever pushed to it.
pub fn find(tx: &Reading<'_>, registry: RegistryKey, name: &RepositoryName) -> Result<Option<RepositoryKey>, Error> {
    tx.find(FIND, params![registry.0, name.as_str()], |row| Ok(RepositoryKey(row.get(0)?)))
}

/// The repository of that name, which is made when it is not there; `None` when the registry is gone.
pub fn find_or_add(
    tx: &Writing<'_>,
    registry: RegistryKey,
    name: &RepositoryName,
    now: Timestamp,
) -> Result<Option<RepositoryKey>, Error> {
    if let Some(found) = find(tx, registry, name)? {
        return Ok(Some(found));
    }
    tx.find(ADD, params![name.as_str(), now.as_micros(), registry.0], |row| Ok(RepositoryKey(row.get(0)?)))
}

/// At most `items_max` repositories that hold a manifest, those behind `after` in byte order.
pub fn list(
    tx: &Reading<'_>,
    registry: RegistryKey,
    after: &str,
    items_max: usize,
) -> Result<Vec<RepositoryName>, Error> {
    tx.list(LIST, params![registry.0, after, items_max], |row| {
        RepositoryName::parse(&row.get::<_, String>(0)?).map_err(Error::corrupt)
    })
}
