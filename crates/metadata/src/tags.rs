//! Tags: names that point at manifests.

use crate::repositories::RepositoryKey;
use crate::statements::statements;
use crate::{Error, Reading, Writing};
use model::digest::Digest;
use model::reference::Tag;
use model::timestamp::Timestamp;
use rusqlite::params;

statements! {
    LIST = "SELECT name FROM tags WHERE repository = $1 AND name > $2 ORDER BY name LIMIT $3";
    PUT = "INSERT INTO tags (repository, name, digest, updated_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (repository, name) DO UPDATE SET digest = excluded.digest, updated_at = excluded.updated_at";
    DELETE = "DELETE FROM tags WHERE repository = $1 AND name = $2";
}

/// At most `items_max` tags, those behind `after` in byte order.
pub fn list(tx: &Reading<'_>, repository: RepositoryKey, after: &str, items_max: usize) -> Result<Vec<Tag>, Error> {
    tx.list(LIST, params![repository.0, after, items_max], |row| {
        Tag::parse(&row.get::<_, String>(0)?).map_err(Error::corrupt)
    })
}

/// Points a tag, new or not, at a manifest that the repository holds.
pub fn put(
    tx: &Writing<'_>,
    repository: RepositoryKey,
    tag: &Tag,
    digest: &Digest,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(PUT, params![repository.0, tag.as_str(), digest.to_string(), now.as_micros()]).map(drop)
}

/// Deletes a tag and leaves its manifest; `false` when there was none.
pub fn delete(tx: &Writing<'_>, repository: RepositoryKey, tag: &Tag) -> Result<bool, Error> {
    Ok(tx.execute(DELETE, params![repository.0, tag.as_str()])? > 0)
}
