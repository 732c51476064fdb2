//! Manifests: their exact bytes, and what they need.

use crate::repositories::RepositoryKey;
use crate::statements::statements;
use crate::{Error, Reading, Writing, blob_links, locks, tags};
use model::attributes::{ListOrder, ListPlace, ManifestAttributes};
use model::digest::Digest;
use model::manifest::{Manifest, ManifestKind, Platform};
use model::reference::Reference;
use model::registry::RegistryKey;
use model::timestamp::Timestamp;
use rusqlite::{Row, params};

statements! {
    FIND_BY_DIGEST = "SELECT digest, media_type, bytes FROM manifests WHERE repository = $1 AND digest = $2";
    FIND_BY_TAG = "SELECT m.digest, m.media_type, m.bytes
        FROM tags t JOIN manifests m ON m.repository = t.repository AND m.digest = t.digest
        WHERE t.repository = $1 AND t.name = $2";
    CONTAINS = "SELECT 1 FROM manifests WHERE repository = $1 AND digest = $2";
    // Lock 8 (list) hides a manifest, here and below.
    LIST_REFERRERS = "SELECT digest, size_bytes FROM manifests
        WHERE repository = $1 AND subject = $2 AND digest > $3 AND locks & 8 = 0 ORDER BY digest LIMIT $4";
    LIST_REFERRERS_OF_TYPE = "SELECT digest, size_bytes FROM manifests
        WHERE repository = $1 AND subject = $2 AND digest > $3 AND artifact_type = $4 AND locks & 8 = 0
        ORDER BY digest LIMIT $5";
    LIST_ALL = "SELECT digest FROM manifests WHERE repository = $1 ORDER BY digest";
    SHOW = "SELECT digest, media_type, content_bytes, created_at, updated_at, architecture, os, config_media_type, locks
        FROM manifests WHERE repository = $1 AND digest = $2";
    SHOW_BY_DIGEST = "SELECT digest, media_type, content_bytes, created_at, updated_at, architecture, os, config_media_type, locks
        FROM manifests WHERE repository = $1 AND locks & 8 = 0 AND digest > $2 ORDER BY digest LIMIT $3";
    SHOW_OLDEST_FIRST = "SELECT digest, media_type, content_bytes, created_at, updated_at, architecture, os, config_media_type, locks
        FROM manifests WHERE repository = $1 AND locks & 8 = 0 AND (updated_at, digest) > ($2, $3)
        ORDER BY updated_at, digest LIMIT $4";
    SHOW_NEWEST_FIRST = "SELECT digest, media_type, content_bytes, created_at, updated_at, architecture, os, config_media_type, locks
        FROM manifests WHERE repository = $1 AND locks & 8 = 0 AND (updated_at, digest) < ($2, $3)
        ORDER BY updated_at DESC, digest DESC LIMIT $4";
    // The same bytes may come again under another media type when they name none themselves: the last one counts.
    PUT = "INSERT INTO manifests (repository, digest, media_type, bytes, size_bytes, subject, artifact_type,
            content_bytes, architecture, os, config_media_type, created_at, updated_at, rests_since)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        ON CONFLICT (repository, digest) DO UPDATE SET
            media_type = excluded.media_type, subject = excluded.subject, artifact_type = excluded.artifact_type,
            content_bytes = excluded.content_bytes, architecture = excluded.architecture, os = excluded.os,
            config_media_type = excluded.config_media_type,
            updated_at = CASE WHEN updated_at < excluded.updated_at THEN excluded.updated_at ELSE updated_at END,
            rests_since = CASE WHEN rests_since < excluded.rests_since THEN excluded.rests_since ELSE rests_since END";
    NEWEST = "SELECT max(updated_at) FROM manifests WHERE repository = $1";
    CLEAR_REFERENCES = "DELETE FROM manifest_references WHERE repository = $1 AND manifest = $2";
    ADD_REFERENCE = "INSERT INTO manifest_references (repository, manifest, referenced, kind) VALUES ($1, $2, $3, $4)
        ON CONFLICT (repository, manifest, referenced, kind) DO NOTHING";
    TOTAL_SIZE = "SELECT CAST(coalesce(sum(m.size_bytes), 0) AS BIGINT)
        FROM repositories r JOIN manifests m ON m.repository = r.key WHERE r.registry = $1";
    DELETE = "DELETE FROM manifests WHERE repository = $1 AND digest = $2";
}

/// A manifest as it was pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestContent {
    /// Its digest.
    pub digest: Digest,
    /// The media type it was pushed with.
    pub kind: ManifestKind,
    /// The exact bytes.
    pub bytes: Vec<u8>,
}

/// Which referrers are asked for.
#[derive(Debug, Clone)]
pub struct ReferrersQuery {
    /// What they refer to.
    pub subject: Digest,
    /// Only those of this artifact type, when it is given.
    pub artifact_type: Option<String>,
    /// Begin behind this digest; empty means the first.
    pub after: String,
    /// At most this many.
    pub items_max: usize,
}

/// The manifest that the reference means.
pub fn find(
    tx: &Reading<'_>,
    repository: RepositoryKey,
    reference: &Reference,
) -> Result<Option<ManifestContent>, Error> {
    match reference {
        Reference::Tag(tag) => tx.find(FIND_BY_TAG, params![repository.0, tag.as_str()], read),
        Reference::Digest(digest) => tx.find(FIND_BY_DIGEST, params![repository.0, digest.to_string()], read),
    }
}

/// Whether the repository holds the manifest.
pub fn contains(tx: &Reading<'_>, repository: RepositoryKey, digest: &Digest) -> Result<bool, Error> {
    Ok(tx.find(CONTAINS, params![repository.0, digest.to_string()], |_| Ok(()))?.is_some())
}

/// The digests of the manifests that refer to a subject, in their order, each with its size in bytes.
pub fn list_referrers(
    tx: &Reading<'_>,
    repository: RepositoryKey,
    query: &ReferrersQuery,
) -> Result<Vec<(Digest, u64)>, Error> {
    let ReferrersQuery { subject, artifact_type, after, items_max } = query;
    let subject = subject.to_string();
    let read = |row: &Row<'_>| Ok((read_digest(row)?, row.get("size_bytes")?));
    match artifact_type {
        Some(wanted) => tx.list(LIST_REFERRERS_OF_TYPE, params![repository.0, subject, after, wanted, items_max], read),
        None => tx.list(LIST_REFERRERS, params![repository.0, subject, after, items_max], read),
    }
}

/// Every manifest, those hidden from lists included, in the order of their digests.
pub fn list_all(tx: &Reading<'_>, repository: RepositoryKey) -> Result<Vec<Digest>, Error> {
    tx.list(LIST_ALL, [repository.0], read_digest)
}

/// What is told of a manifest.
pub fn show(tx: &Reading<'_>, repository: RepositoryKey, digest: &Digest) -> Result<Option<ManifestAttributes>, Error> {
    let found = tx.find(SHOW, params![repository.0, digest.to_string()], read_attributes)?;
    found.map(|found| with_tags(tx, repository, found)).transpose()
}

/// What is told of each manifest, from a place on: at most `items_max`.
pub fn show_all(
    tx: &Reading<'_>,
    repository: RepositoryKey,
    ListPlace { order, after, at }: &ListPlace,
    items_max: usize,
) -> Result<Vec<ManifestAttributes>, Error> {
    let after = after.as_deref().unwrap_or_default();
    let (sql, first) = match order {
        ListOrder::Name => {
            let found = tx.list(SHOW_BY_DIGEST, params![repository.0, after, items_max], read_attributes)?;
            return found.into_iter().map(|found| with_tags(tx, repository, found)).collect();
        }
        ListOrder::OldestFirst => (SHOW_OLDEST_FIRST, i64::MIN),
        ListOrder::NewestFirst => (SHOW_NEWEST_FIRST, i64::MAX),
    };
    let known = match at {
        Some(at) => Some(at.as_micros()),
        None => tx.find(SHOW, params![repository.0, after], |row| Ok(row.get("updated_at")?))?,
    };
    let (time, digest) = known.map_or((first, ""), |time| (time, after));
    let found = tx.list(sql, params![repository.0, time, digest, items_max], read_attributes)?;
    found.into_iter().map(|found| with_tags(tx, repository, found)).collect()
}

fn with_tags(
    tx: &Reading<'_>,
    repository: RepositoryKey,
    found: ManifestAttributes,
) -> Result<ManifestAttributes, Error> {
    let tags = tags::list_of_manifest(tx, repository, &found.digest)?;
    Ok(ManifestAttributes { tags, ..found })
}

/// The bytes of all manifests of the registry; every repository keeps its own.
pub fn total_size(tx: &Reading<'_>, registry: RegistryKey) -> Result<u64, Error> {
    tx.get(TOTAL_SIZE, [registry.0], |row| Ok(row.get(0)?))
}

/// Keeps a manifest, all of whose blobs and manifests the repository holds. It may be there already. It rests from now on.
pub fn put(
    tx: &Writing<'_>,
    repository: RepositoryKey,
    content: &ManifestContent,
    manifest: &Manifest,
    now: Timestamp,
) -> Result<(), Error> {
    let digest = content.digest.to_string();
    let rests_since = rest_from(tx, repository, now)?;
    let values = params![
        repository.0,
        digest,
        content.kind.media_type(),
        content.bytes,
        content.bytes.len(),
        manifest.subject.as_ref().map(Digest::to_string),
        manifest.artifact_type,
        manifest.content_bytes,
        manifest.platform.architecture,
        manifest.platform.os,
        manifest.config.as_ref().and_then(|config| config.media_type.as_deref()),
        now.as_micros(),
        now.as_micros(),
        rests_since.as_micros(),
    ];
    tx.execute(PUT, values)?;
    tx.execute(CLEAR_REFERENCES, params![repository.0, digest])?;
    let blobs = manifest.blobs.iter().map(|blob| (blob, "blob"));
    for (referenced, kind) in blobs.chain(manifest.manifests.iter().map(|member| (member, "manifest"))) {
        tx.execute(ADD_REFERENCE, params![repository.0, digest, referenced.to_string(), kind])?;
    }
    Ok(())
}

/// Since when a manifest rests that is pushed, or to or from which a tag moves, now: not before the last push to its repository. So what comes while
/// a clock is behind does not look as if it had rested since long ago once the clock is right.
pub(crate) fn rest_from(tx: &Reading<'_>, repository: RepositoryKey, now: Timestamp) -> Result<Timestamp, Error> {
    let newest: Option<i64> = tx.get(NEWEST, [repository.0], |row| Ok(row.get(0)?))?;
    Ok(newest.map_or(now, |newest| now.max(Timestamp::from_micros(newest))))
}

/// Deletes a manifest with all its tags; `false` when there was none. What it needed rests from now on.
pub fn delete(tx: &Writing<'_>, repository: RepositoryKey, digest: &Digest, now: Timestamp) -> Result<bool, Error> {
    blob_links::touch_all_of(tx, repository, digest, now)?;
    Ok(tx.execute(DELETE, params![repository.0, digest.to_string()])? > 0)
}

fn read(row: &Row<'_>) -> Result<ManifestContent, Error> {
    Ok(ManifestContent { digest: read_digest(row)?, kind: read_kind(row)?, bytes: row.get("bytes")? })
}

/// Without its tags, which are rows of their own.
fn read_attributes(row: &Row<'_>) -> Result<ManifestAttributes, Error> {
    Ok(ManifestAttributes {
        digest: read_digest(row)?,
        kind: read_kind(row)?,
        content_bytes: row.get("content_bytes")?,
        created_at: Timestamp::from_micros(row.get("created_at")?),
        updated_at: Timestamp::from_micros(row.get("updated_at")?),
        platform: Platform { architecture: row.get("architecture")?, os: row.get("os")? },
        config_media_type: row.get("config_media_type")?,
        tags: Vec::new(),
        locks: locks::read(row)?,
    })
}

fn read_kind(row: &Row<'_>) -> Result<ManifestKind, Error> {
    let media_type: String = row.get("media_type")?;
    ManifestKind::parse(&media_type)
        .ok_or_else(|| Error::corrupt(format_args!("'{media_type}' is not a media type of manifests")))
}

fn read_digest(row: &Row<'_>) -> Result<Digest, Error> {
    Digest::parse(&row.get::<_, String>("digest")?).map_err(Error::corrupt)
}
