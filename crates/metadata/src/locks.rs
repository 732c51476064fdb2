//! Locks of repositories, manifests and tags.

use crate::repositories::RepositoryKey;
use crate::statements::statements;
use crate::{Error, Reading, Writing};
use model::digest::Digest;
use model::locks::Locks;
use model::reference::Tag;
use rusqlite::{Row, params};

statements! {
    OF_REPOSITORY = "SELECT locks FROM repositories WHERE key = $1";
    OF_MANIFEST = "SELECT locks FROM manifests WHERE repository = $1 AND digest = $2";
    OF_TAG = "SELECT locks FROM tags WHERE repository = $1 AND name = $2";
    // CROSS keeps SQLite to the order of the tables, here and below: few indexes hold a manifest, and a repository may have many.
    LOCKED_HOLDERS_OF = "WITH RECURSIVE held (digest) AS (
            SELECT CAST($1 AS TEXT)
            UNION SELECT r.manifest FROM held h CROSS JOIN manifest_references r
                WHERE r.repository = $2 AND r.referenced = h.digest AND r.kind = 'manifest')
        SELECT m.digest, m.locks FROM held h CROSS JOIN manifests m
        WHERE m.repository = $2 AND m.digest = h.digest AND m.locks <> 0 ORDER BY m.digest";
    LOCKED_TAGS_ON_HOLDERS_OF = "WITH RECURSIVE held (digest) AS (
            SELECT CAST($1 AS TEXT)
            UNION SELECT r.manifest FROM held h CROSS JOIN manifest_references r
                WHERE r.repository = $2 AND r.referenced = h.digest AND r.kind = 'manifest')
        SELECT t.name, t.locks FROM held h CROSS JOIN tags t
        WHERE t.repository = $2 AND t.digest = h.digest AND t.locks <> 0 ORDER BY t.name";
    LOCKED_TAGS = "SELECT name, locks FROM tags WHERE repository = $1 AND locks <> 0 ORDER BY name";
    LOCKED_MANIFESTS = "SELECT digest, locks FROM manifests WHERE repository = $1 AND locks <> 0 ORDER BY digest";
    PUT_OF_REPOSITORY = "UPDATE repositories SET locks = $1 WHERE key = $2";
    PUT_OF_MANIFEST = "UPDATE manifests SET locks = $1 WHERE repository = $2 AND digest = $3";
    PUT_OF_TAG = "UPDATE tags SET locks = $1 WHERE repository = $2 AND name = $3";
}

/// Of a repository; none for one that is not there.
pub fn of_repository(tx: &Reading<'_>, repository: RepositoryKey) -> Result<Locks, Error> {
    Ok(tx.find(OF_REPOSITORY, [repository.0], read)?.unwrap_or_default())
}

/// Of a manifest; none for one that is not there.
pub fn of_manifest(tx: &Reading<'_>, repository: RepositoryKey, digest: &Digest) -> Result<Locks, Error> {
    Ok(tx.find(OF_MANIFEST, params![repository.0, digest.to_string()], read)?.unwrap_or_default())
}

/// Of a tag; none for one that is not there.
pub fn of_tag(tx: &Reading<'_>, repository: RepositoryKey, tag: &Tag) -> Result<Locks, Error> {
    Ok(tx.find(OF_TAG, params![repository.0, tag.as_str()], read)?.unwrap_or_default())
}

/// The tags that have any lock.
pub fn list_tags(tx: &Reading<'_>, repository: RepositoryKey) -> Result<Vec<(Tag, Locks)>, Error> {
    tx.list(LOCKED_TAGS, [repository.0], read_tag)
}

/// The manifests that have any lock.
pub fn list_manifests(tx: &Reading<'_>, repository: RepositoryKey) -> Result<Vec<(Digest, Locks)>, Error> {
    tx.list(LOCKED_MANIFESTS, [repository.0], read_manifest)
}

/// Of a manifest and of the indexes that hold it, themselves or by others, those that have any lock.
pub fn list_holders(
    tx: &Reading<'_>,
    repository: RepositoryKey,
    digest: &Digest,
) -> Result<Vec<(Digest, Locks)>, Error> {
    tx.list(LOCKED_HOLDERS_OF, params![digest.to_string(), repository.0], read_manifest)
}

/// Of the tags that point at any of those, the ones that have any lock.
pub fn list_tags_on_holders(
    tx: &Reading<'_>,
    repository: RepositoryKey,
    digest: &Digest,
) -> Result<Vec<(Tag, Locks)>, Error> {
    tx.list(LOCKED_TAGS_ON_HOLDERS_OF, params![digest.to_string(), repository.0], read_tag)
}

/// Replaces those of a repository.
pub fn put_of_repository(tx: &Writing<'_>, repository: RepositoryKey, locks: Locks) -> Result<(), Error> {
    tx.execute(PUT_OF_REPOSITORY, params![locks.bits(), repository.0]).map(drop)
}

/// Replaces those of a manifest.
pub fn put_of_manifest(
    tx: &Writing<'_>,
    repository: RepositoryKey,
    digest: &Digest,
    locks: Locks,
) -> Result<(), Error> {
    tx.execute(PUT_OF_MANIFEST, params![locks.bits(), repository.0, digest.to_string()]).map(drop)
}

/// Replaces those of a tag.
pub fn put_of_tag(tx: &Writing<'_>, repository: RepositoryKey, tag: &Tag, locks: Locks) -> Result<(), Error> {
    tx.execute(PUT_OF_TAG, params![locks.bits(), repository.0, tag.as_str()]).map(drop)
}

fn read_tag(row: &Row<'_>) -> Result<(Tag, Locks), Error> {
    Ok((Tag::parse(&row.get::<_, String>("name")?).map_err(Error::corrupt)?, read(row)?))
}

fn read_manifest(row: &Row<'_>) -> Result<(Digest, Locks), Error> {
    Ok((Digest::parse(&row.get::<_, String>("digest")?).map_err(Error::corrupt)?, read(row)?))
}

/// The column of that name.
pub(crate) fn read(row: &Row<'_>) -> Result<Locks, Error> {
    let bits: u8 = row.get("locks")?;
    Locks::from_bits(bits).ok_or_else(|| Error::corrupt(format_args!("{bits} is no sum of locks")))
}
