//! Tags: names that point at manifests.

use crate::repositories::RepositoryKey;
use crate::statements::statements;
use crate::{Error, Reading, Writing, locks, manifests};
use model::attributes::{ListOrder, ListPlace, TagAttributes};
use model::digest::Digest;
use model::reference::Tag;
use model::timestamp::Timestamp;
use rusqlite::{Row, params};

statements! {
    // Lock 8 (list) hides a tag, here and below.
    LIST = "SELECT name FROM tags WHERE repository = $1 AND name > $2 AND locks & 8 = 0 ORDER BY name LIMIT $3";
    LIST_ALL = "SELECT name FROM tags WHERE repository = $1 ORDER BY name";
    LIST_OF_MANIFEST = "SELECT name FROM tags WHERE repository = $1 AND digest = $2 AND locks & 8 = 0 ORDER BY name";
    SHOW = "SELECT name, digest, created_at, updated_at, locks FROM tags WHERE repository = $1 AND name = $2";
    SHOW_BY_NAME = "SELECT name, digest, created_at, updated_at, locks FROM tags
        WHERE repository = $1 AND ($2 = '' OR digest = $2) AND locks & 8 = 0 AND name > $3
        ORDER BY name LIMIT $4";
    SHOW_OLDEST_FIRST = "SELECT name, digest, created_at, updated_at, locks FROM tags
        WHERE repository = $1 AND ($2 = '' OR digest = $2) AND locks & 8 = 0 AND (updated_at, name) > ($3, $4)
        ORDER BY updated_at, name LIMIT $5";
    SHOW_NEWEST_FIRST = "SELECT name, digest, created_at, updated_at, locks FROM tags
        WHERE repository = $1 AND ($2 = '' OR digest = $2) AND locks & 8 = 0 AND (updated_at, name) < ($3, $4)
        ORDER BY updated_at DESC, name DESC LIMIT $5";
    PUT = "INSERT INTO tags (repository, name, digest, created_at, updated_at, moved)
        VALUES ($1, $2, $3, $4, $5, (SELECT coalesce(max(moved), 0) + 1 FROM tags WHERE repository = $1))
        ON CONFLICT (repository, name) DO UPDATE SET
            digest = excluded.digest, updated_at = excluded.updated_at, moved = excluded.moved";
    DELETE = "DELETE FROM tags WHERE repository = $1 AND name = $2";
    REST_OF_TAG = "UPDATE manifests SET rests_since = $1
        WHERE repository = $2 AND digest = (SELECT digest FROM tags WHERE repository = $2 AND name = $3)
            AND rests_since < $1";
}

/// At most `items_max` tags, those behind `after` in byte order.
pub fn list(tx: &Reading<'_>, repository: RepositoryKey, after: &str, items_max: usize) -> Result<Vec<Tag>, Error> {
    tx.list(LIST, params![repository.0, after, items_max], read_name)
}

/// Every tag, those hidden from lists included, in byte order.
pub fn list_all(tx: &Reading<'_>, repository: RepositoryKey) -> Result<Vec<Tag>, Error> {
    tx.list(LIST_ALL, [repository.0], read_name)
}

/// The tags that point at a manifest, in byte order.
pub fn list_of_manifest(tx: &Reading<'_>, repository: RepositoryKey, digest: &Digest) -> Result<Vec<Tag>, Error> {
    tx.list(LIST_OF_MANIFEST, params![repository.0, digest.to_string()], read_name)
}

/// What is told of a tag.
pub fn show(tx: &Reading<'_>, repository: RepositoryKey, tag: &Tag) -> Result<Option<TagAttributes>, Error> {
    tx.find(SHOW, params![repository.0, tag.as_str()], read)
}

/// Which tags are asked for.
#[derive(Debug, Clone)]
pub struct TagsQuery {
    /// Only those of this manifest, when it is given.
    pub digest: Option<Digest>,
    /// From here on.
    pub place: ListPlace,
    /// At most this many.
    pub items_max: usize,
}

/// What is told of each tag.
pub fn show_all(tx: &Reading<'_>, repository: RepositoryKey, query: &TagsQuery) -> Result<Vec<TagAttributes>, Error> {
    let TagsQuery { digest, place: ListPlace { order, after, at }, items_max } = query;
    let digest = digest.as_ref().map(Digest::to_string).unwrap_or_default();
    let after = after.as_deref().unwrap_or_default();
    let (sql, first) = match order {
        ListOrder::Name => return tx.list(SHOW_BY_NAME, params![repository.0, digest, after, items_max], read),
        ListOrder::OldestFirst => (SHOW_OLDEST_FIRST, i64::MIN),
        ListOrder::NewestFirst => (SHOW_NEWEST_FIRST, i64::MAX),
    };
    let known = match at {
        Some(at) => Some(at.as_micros()),
        None => tx.find(SHOW, params![repository.0, after], read)?.map(|tag| tag.updated_at.as_micros()),
    };
    let (time, name) = known.map_or((first, ""), |time| (time, after));
    tx.list(sql, params![repository.0, digest, time, name, items_max], read)
}

/// Points a tag, new or not, at a manifest that the repository holds. It is then the one that moved last, and the manifests that it comes to and
/// goes from rest from now on.
pub fn put(
    tx: &Writing<'_>,
    repository: RepositoryKey,
    tag: &Tag,
    digest: &Digest,
    now: Timestamp,
) -> Result<(), Error> {
    let since = manifests::rest_from(tx, repository, now)?;
    rest(tx, repository, tag, since)?;
    tx.execute(PUT, params![repository.0, tag.as_str(), digest.to_string(), now.as_micros(), now.as_micros()])?;
    rest(tx, repository, tag, since)
}

/// Deletes a tag and leaves its manifest, which rests from now on; `false` when there was none.
pub fn delete(tx: &Writing<'_>, repository: RepositoryKey, tag: &Tag, now: Timestamp) -> Result<bool, Error> {
    rest(tx, repository, tag, manifests::rest_from(tx, repository, now)?)?;
    Ok(tx.execute(DELETE, params![repository.0, tag.as_str()])? > 0)
}

/// What a tag points at, if there is such a tag, rests since then, unless it began to rest later.
fn rest(tx: &Writing<'_>, repository: RepositoryKey, tag: &Tag, since: Timestamp) -> Result<(), Error> {
    tx.execute(REST_OF_TAG, params![since.as_micros(), repository.0, tag.as_str()]).map(drop)
}

fn read_name(row: &Row<'_>) -> Result<Tag, Error> {
    Tag::parse(&row.get::<_, String>("name")?).map_err(Error::corrupt)
}

fn read(row: &Row<'_>) -> Result<TagAttributes, Error> {
    Ok(TagAttributes {
        name: read_name(row)?,
        digest: Digest::parse(&row.get::<_, String>("digest")?).map_err(Error::corrupt)?,
        created_at: Timestamp::from_micros(row.get("created_at")?),
        updated_at: Timestamp::from_micros(row.get("updated_at")?),
        locks: locks::read(row)?,
    })
}
