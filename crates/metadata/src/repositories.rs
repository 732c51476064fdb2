//! Repositories: what blob links, manifests and tags belong to.

use crate::statements::statements;
use crate::{Error, Reading, Writing, locks};
use model::attributes::RepositoryAttributes;
use model::registry::RegistryKey;
use model::repository::RepositoryName;
use model::timestamp::Timestamp;
use rusqlite::params;

statements! {
    FIND = "SELECT key FROM repositories WHERE registry = $1 AND name = $2";
    // Nothing is added to a registry that was deleted meanwhile.
    ADD = "INSERT INTO repositories (registry, name, created_at, updated_at)
        SELECT key, $1, $2, $3 FROM registries WHERE key = $4 RETURNING key";
    // A repository whose manifests are all deleted, or whose first push is under way, is not one to show; nor is one whose lock
    // 8 (list) hides it.
    LIST = "SELECT name FROM repositories r WHERE registry = $1 AND name > $2 AND locks & 8 = 0
            AND EXISTS (SELECT 1 FROM manifests m WHERE m.repository = r.key)
        ORDER BY name LIMIT $3";
    SHOW = "SELECT created_at, updated_at, locks,
            (SELECT count(*) FROM manifests m WHERE m.repository = r.key) AS manifests,
            (SELECT count(*) FROM tags t WHERE t.repository = r.key) AS tags
        FROM repositories r WHERE key = $1";
    TOUCH = "UPDATE repositories SET updated_at = $1 WHERE key = $2";
    DELETE = "DELETE FROM repositories WHERE key = $1";
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
    tx.find(ADD, params![name.as_str(), now.as_micros(), now.as_micros(), registry.0], |row| {
        Ok(RepositoryKey(row.get(0)?))
    })
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

/// What is told of a repository that is there.
pub fn show(tx: &Reading<'_>, repository: RepositoryKey) -> Result<RepositoryAttributes, Error> {
    tx.get(SHOW, [repository.0], |row| {
        Ok(RepositoryAttributes {
            created_at: Timestamp::from_micros(row.get("created_at")?),
            updated_at: Timestamp::from_micros(row.get("updated_at")?),
            manifests: row.get("manifests")?,
            tags: row.get("tags")?,
            locks: locks::read(row)?,
        })
    })
}

/// Notes that a manifest or a tag of it came or went.
pub fn touch(tx: &Writing<'_>, repository: RepositoryKey, now: Timestamp) -> Result<(), Error> {
    tx.execute(TOUCH, params![now.as_micros(), repository.0]).map(drop)
}

/// Deletes a repository with its manifests, tags and links to blobs.
pub fn delete(tx: &Writing<'_>, repository: RepositoryKey) -> Result<(), Error> {
    tx.execute(DELETE, [repository.0]).map(drop)
}
