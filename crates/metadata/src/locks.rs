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
    LOCKED_TAGS_OF = "SELECT name, locks FROM tags WHERE repository = $1 AND digest = $2 AND locks <> 0 ORDER BY name";
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

/// The tags of one manifest that have any lock; of every manifest when `digest` is `None`.
pub fn list_tags(
    tx: &Reading<'_>,
    repository: RepositoryKey,
    digest: Option<&Digest>,
) -> Result<Vec<(Tag, Locks)>, Error> {
    let read = |row: &Row<'_>| Ok((Tag::parse(&row.get::<_, String>("name")?).map_err(Error::corrupt)?, read(row)?));
    match digest {
        Some(digest) => tx.list(LOCKED_TAGS_OF, params![repository.0, digest.to_string()], read),
        None => tx.list(LOCKED_TAGS, [repository.0], read),
    }
}

/// The manifests that have any lock.
pub fn list_manifests(tx: &Reading<'_>, repository: RepositoryKey) -> Result<Vec<(Digest, Locks)>, Error> {
    tx.list(LOCKED_MANIFESTS, [repository.0], |row| {
        Ok((Digest::parse(&row.get::<_, String>("digest")?).map_err(Error::corrupt)?, read(row)?))
    })
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

/// The column of that name.
pub(crate) fn read(row: &Row<'_>) -> Result<Locks, Error> {
    let bits: u8 = row.get("locks")?;
    Locks::from_bits(bits).ok_or_else(|| Error::corrupt(format_args!("{bits} is no sum of locks")))
}
