//! What of blobs nobody needs any more: links that no manifest of their repository needs, and blobs without a link.
//!
//! Lists go a page at a time, by key, and say of each whether it looks needed; what they say is asked again by the statement that deletes.

use crate::repositories::RepositoryKey;
use crate::statements::statements;
use crate::{Error, Reading, Writing};
use model::digest::Digest;
use model::timestamp::Timestamp;
use rusqlite::{Row, params};

statements! {
    // Lock 1 (delete) keeps everything in a repository, here and below.
    LIST_LINKS = "SELECT l.repository, l.digest, l.touched_at < $1 AND r.locks & 1 = 0 AND NOT EXISTS (
                SELECT 1 FROM manifest_references n
                WHERE n.repository = l.repository AND n.referenced = l.digest AND n.kind = 'blob') AS idle
        FROM blob_links l JOIN repositories r ON r.key = l.repository
        WHERE (l.repository, l.digest) > ($2, $3) ORDER BY l.repository, l.digest LIMIT $4";
    LIST_BLOBS = "SELECT b.digest, b.size_bytes, NOT EXISTS (SELECT 1 FROM blob_links l WHERE l.digest = b.digest) AS idle
        FROM blobs b WHERE b.digest > $1 ORDER BY b.digest LIMIT $2";
    LIST_BLOBS_TO_BE = "SELECT b.digest, b.size_bytes, NOT EXISTS (
                SELECT 1 FROM blob_links l JOIN repositories r ON r.key = l.repository
                WHERE l.digest = b.digest AND (l.touched_at >= $1 OR r.locks & 1 <> 0 OR EXISTS (
                    SELECT 1 FROM manifest_references n
                    WHERE n.repository = l.repository AND n.referenced = l.digest AND n.kind = 'blob'))) AS idle
        FROM blobs b WHERE b.digest > $2 ORDER BY b.digest LIMIT $3";
    IS_KNOWN = "SELECT 1 FROM blobs WHERE digest = $1";
    COUNT_LINKS = "SELECT count(*) FROM blob_links";
    COUNT_BLOBS = "SELECT count(*) FROM blobs";
    DELETE_LINK = "DELETE FROM blob_links WHERE repository = $1 AND digest = $2 AND touched_at < $3
        AND EXISTS (SELECT 1 FROM repositories r WHERE r.key = $1 AND r.locks & 1 = 0)
        AND NOT EXISTS (SELECT 1 FROM manifest_references n
            WHERE n.repository = $1 AND n.referenced = $2 AND n.kind = 'blob')";
    DELETE_BLOB = "DELETE FROM blobs WHERE digest = $1
        AND NOT EXISTS (SELECT 1 FROM blob_links l WHERE l.digest = $1)";
}

/// A link, as a place in their order. The first is before all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkPlace {
    repository: RepositoryKey,
    digest: String,
}

impl Default for LinkPlace {
    fn default() -> Self {
        Self { repository: RepositoryKey(i64::MIN), digest: String::new() }
    }
}

/// Part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked<T, P> {
    /// How many were looked at.
    pub count: usize,
    /// Those of them that nobody needs.
    pub idle: Vec<T>,
    /// Behind which the next part begins; `None` when that was the last.
    pub next: Option<P>,
}

/// A blob and its size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SizedBlob {
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size_bytes: u64,
}

/// Looks at `items_max` links behind a place: which no manifest needs and nobody has touched since `before`.
pub fn list_links(
    tx: &Reading<'_>,
    before: Timestamp,
    after: &LinkPlace,
    items_max: usize,
) -> Result<Looked<LinkPlace, LinkPlace>, Error> {
    let values = params![before.as_micros(), after.repository.0, after.digest, items_max];
    let listed = tx.list(LIST_LINKS, values, |row| {
        let place = LinkPlace { repository: RepositoryKey(row.get("repository")?), digest: row.get("digest")? };
        Ok((place, row.get::<_, bool>("idle")?))
    })?;
    let next = listed.last().filter(|_| listed.len() == items_max).map(|(place, _)| place.clone());
    Ok(Looked { count: listed.len(), idle: idle(listed), next })
}

/// Looks at `items_max` blobs behind a digest: which have no link. With `before`, which would have none once all links were deleted that
/// [`list_links`] finds.
pub fn list_blobs(
    tx: &Reading<'_>,
    before: Option<Timestamp>,
    after: &str,
    items_max: usize,
) -> Result<Looked<SizedBlob, String>, Error> {
    let read = |row: &Row<'_>| Ok((read_blob(row)?, row.get::<_, bool>("idle")?));
    let listed = match before {
        None => tx.list(LIST_BLOBS, params![after, items_max], read),
        Some(before) => tx.list(LIST_BLOBS_TO_BE, params![before.as_micros(), after, items_max], read),
    }?;
    let next = listed.last().filter(|_| listed.len() == items_max).map(|(blob, _)| blob.digest.to_string());
    Ok(Looked { count: listed.len(), idle: idle(listed), next })
}

/// How many links and how many blobs there are.
pub fn count(tx: &Reading<'_>) -> Result<(u64, u64), Error> {
    Ok((tx.get(COUNT_LINKS, [], |row| Ok(row.get(0)?))?, tx.get(COUNT_BLOBS, [], |row| Ok(row.get(0)?))?))
}

/// Whether there is such a blob.
pub fn is_known(tx: &Reading<'_>, digest: &Digest) -> Result<bool, Error> {
    Ok(tx.find(IS_KNOWN, [digest.to_string()], |_| Ok(()))?.is_some())
}

/// Deletes a link, unless it is needed or was touched since `before`; whether it did.
pub fn delete_link(tx: &Writing<'_>, link: &LinkPlace, before: Timestamp) -> Result<bool, Error> {
    Ok(tx.execute(DELETE_LINK, params![link.repository.0, link.digest, before.as_micros()])? > 0)
}

/// Deletes a blob, unless it has a link; whether it did.
pub fn delete_blob(tx: &Writing<'_>, digest: &Digest) -> Result<bool, Error> {
    Ok(tx.execute(DELETE_BLOB, [digest.to_string()])? > 0)
}

fn idle<T>(listed: Vec<(T, bool)>) -> Vec<T> {
    listed.into_iter().filter_map(|(item, is_idle)| is_idle.then_some(item)).collect()
}

fn read_blob(row: &Row<'_>) -> Result<SizedBlob, Error> {
    let digest = Digest::parse(&row.get::<_, String>("digest")?).map_err(Error::corrupt)?;
    Ok(SizedBlob { digest, size_bytes: row.get("size_bytes")? })
}
