//! Which repository holds which blobs. A blob is kept once for all; only through a link of its own may a repository's reader
//! have it (CVE-2024-39897).

use crate::locks;
use crate::repositories::RepositoryKey;
use crate::statements::statements;
use crate::{Error, Reading, Writing};
use model::digest::Digest;
use model::locks::Locks;
use model::registry::RegistryKey;
use model::repository::RepositoryName;
use model::timestamp::Timestamp;
use rusqlite::params;

statements! {
    FIND = "SELECT b.size_bytes, r.locks FROM repositories r
        JOIN blob_links l ON l.repository = r.key JOIN blobs b ON b.digest = l.digest
        WHERE r.registry = $1 AND r.name = $2 AND l.digest = $3";
    // When it was last touched, where no manifest needs it: then alone does it matter.
    FIND_IDLE_SINCE = "SELECT r.key, l.touched_at FROM repositories r JOIN blob_links l ON l.repository = r.key
        WHERE r.registry = $1 AND r.name = $2 AND l.digest = $3 AND NOT EXISTS (
            SELECT 1 FROM manifest_references n WHERE n.repository = r.key AND n.referenced = l.digest AND n.kind = 'blob')";
    // CROSS keeps SQLite to the order of the tables: few repositories hold a blob, and a registry may have many.
    LIST_HOLDERS = "SELECT r.name FROM blob_links l CROSS JOIN repositories r
        WHERE l.digest = $1 AND r.key = l.repository AND r.registry = $2 ORDER BY r.name LIMIT $3";
    CONTAINS = "SELECT 1 FROM blob_links WHERE repository = $1 AND digest = $2";
    IS_NEEDED = "SELECT 1 FROM manifest_references WHERE repository = $1 AND referenced = $2 AND kind = 'blob' LIMIT 1";
    // Of the registry's blobs, not of its links: a blob is kept once. PostgreSQL's sum of BIGINT is none itself.
    TOTAL_SIZE = "SELECT CAST(coalesce(sum(size_bytes), 0) AS BIGINT) FROM blobs WHERE digest IN (
            SELECT l.digest FROM repositories r JOIN blob_links l ON l.repository = r.key WHERE r.registry = $1)";
    ADD_BLOB = "INSERT INTO blobs (digest, size_bytes) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING";
    ADD = "INSERT INTO blob_links (repository, digest, touched_at) VALUES ($1, $2, $3)
        ON CONFLICT (repository, digest) DO UPDATE SET touched_at = excluded.touched_at";
    TOUCH = "UPDATE blob_links SET touched_at = $1 WHERE repository = $2 AND digest = $3";
    TOUCH_BLOBS_OF_MANIFEST = "UPDATE blob_links SET touched_at = $1 WHERE repository = $2 AND digest IN (
            SELECT referenced FROM manifest_references WHERE repository = $2 AND manifest = $3 AND kind = 'blob')";
    DELETE = "DELETE FROM blob_links WHERE repository = $1 AND digest = $2";
}

/// The size in bytes of a blob that the repository holds, and the repository's locks; `None` also when only others hold it.
pub fn find_size(
    tx: &Reading<'_>,
    registry: RegistryKey,
    repository: &RepositoryName,
    digest: &Digest,
) -> Result<Option<(u64, Locks)>, Error> {
    tx.find(FIND, params![registry.0, repository.as_str(), digest.to_string()], |row| {
        Ok((row.get("size_bytes")?, locks::read(row)?))
    })
}

/// The repository, and when the blob was last touched there, if it holds it and no manifest of its own needs it.
pub fn find_idle(
    tx: &Reading<'_>,
    registry: RegistryKey,
    repository: &RepositoryName,
    digest: &Digest,
) -> Result<Option<(RepositoryKey, Timestamp)>, Error> {
    tx.find(FIND_IDLE_SINCE, params![registry.0, repository.as_str(), digest.to_string()], |row| {
        Ok((RepositoryKey(row.get("key")?), Timestamp::from_micros(row.get("touched_at")?)))
    })
}

/// The repositories of the registry that hold the blob: the first `items_max` by name.
pub fn list_holders(
    tx: &Reading<'_>,
    registry: RegistryKey,
    digest: &Digest,
    items_max: usize,
) -> Result<Vec<RepositoryName>, Error> {
    tx.list(LIST_HOLDERS, params![digest.to_string(), registry.0, items_max], |row| {
        RepositoryName::parse(&row.get::<_, String>(0)?).map_err(Error::corrupt)
    })
}

/// The bytes of all blobs that repositories of the registry hold, each blob once.
pub fn total_size(tx: &Reading<'_>, registry: RegistryKey) -> Result<u64, Error> {
    tx.get(TOTAL_SIZE, [registry.0], |row| Ok(row.get(0)?))
}

/// Whether the repository holds the blob.
pub fn contains(tx: &Reading<'_>, repository: RepositoryKey, digest: &Digest) -> Result<bool, Error> {
    Ok(tx.find(CONTAINS, params![repository.0, digest.to_string()], |_| Ok(()))?.is_some())
}

/// Whether a manifest of the repository needs the blob.
pub fn is_needed(tx: &Reading<'_>, repository: RepositoryKey, digest: &Digest) -> Result<bool, Error> {
    Ok(tx.find(IS_NEEDED, params![repository.0, digest.to_string()], |_| Ok(()))?.is_some())
}

/// Lets the repository hold a blob of which the bytes are there. It may hold it already, and is then touched.
pub fn put(
    tx: &Writing<'_>,
    repository: RepositoryKey,
    digest: &Digest,
    size_bytes: u64,
    now: Timestamp,
) -> Result<(), Error> {
    let digest = digest.to_string();
    tx.execute(ADD_BLOB, params![digest, size_bytes])?;
    tx.execute(ADD, params![repository.0, digest, now.as_micros()]).map(drop)
}

/// Notes that somebody counts on the blob's being in the repository from now on; `false` when it is not.
pub fn touch(tx: &Writing<'_>, repository: RepositoryKey, digest: &Digest, now: Timestamp) -> Result<bool, Error> {
    Ok(tx.execute(TOUCH, params![now.as_micros(), repository.0, digest.to_string()])? > 0)
}

/// The same of everything that a manifest needs, which is about to be deleted.
pub(crate) fn touch_all_of(
    tx: &Writing<'_>,
    repository: RepositoryKey,
    manifest: &Digest,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(TOUCH_BLOBS_OF_MANIFEST, params![now.as_micros(), repository.0, manifest.to_string()]).map(drop)
}

/// Takes the blob out of the repository; `false` when it did not hold it.
pub fn delete(tx: &Writing<'_>, repository: RepositoryKey, digest: &Digest) -> Result<bool, Error> {
    Ok(tx.execute(DELETE, params![repository.0, digest.to_string()])? > 0)
}
