//! What is to be verified, and which images it hits when something is broken.

use crate::collection::SizedBlob;
use crate::repositories::RepositoryKey;
use crate::statements::statements;
use crate::{Error, Reading};
use model::arm_name::RegistryName;
use model::digest::Digest;
use model::reference::Tag;
use model::repository::RepositoryName;
use rusqlite::{Row, params};

/// Images that are hit to begin with, and the indexes that hold them, themselves or by others.
macro_rules! list_hit {
    ($first:literal, $items_max:literal) => {
        concat!(
            "WITH RECURSIVE hit (repository, digest) AS (",
            $first,
            " UNION SELECT n.repository, n.manifest FROM hit h
                JOIN manifest_references n ON n.repository = h.repository AND n.referenced = h.digest
                WHERE n.kind = 'manifest')
        SELECT g.name AS registry, r.name AS repository, h.digest, t.name AS tag
        FROM hit h JOIN repositories r ON r.key = h.repository JOIN registries g ON g.key = r.registry
            LEFT JOIN tags t ON t.repository = h.repository AND t.digest = h.digest
        ORDER BY g.name, r.name, h.digest, t.name LIMIT ",
            $items_max
        )
    };
}

statements! {
    TOTAL = "SELECT count(*) AS blobs, CAST(coalesce(sum(size_bytes), 0) AS BIGINT) AS bytes FROM blobs";
    LIST_BLOBS = "SELECT digest, size_bytes FROM blobs WHERE digest > $1 ORDER BY digest LIMIT $2";
    LIST_MANIFESTS = "SELECT repository, digest, bytes FROM manifests
        WHERE (repository, digest) > ($1, $2) ORDER BY repository, digest LIMIT $3";
    LIST_MISSING_BLOBS = "SELECT n.referenced FROM manifest_references n
        WHERE n.repository = $1 AND n.manifest = $2 AND n.kind = 'blob' AND NOT EXISTS (
            SELECT 1 FROM blob_links l WHERE l.repository = n.repository AND l.digest = n.referenced)
        ORDER BY n.referenced";
    LIST_HIT_BY_BLOB = list_hit!("SELECT n.repository, n.manifest FROM blob_links l
                JOIN manifest_references n ON n.repository = l.repository AND n.referenced = l.digest
                WHERE l.digest = $1 AND n.kind = 'blob'", "$2");
    LIST_HIT_BY_MANIFEST = list_hit!("SELECT CAST($1 AS INTEGER), CAST($2 AS TEXT)", "$3");
}

/// A manifest as it is kept. Whether its bytes are its digest's is what is to be found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptManifest {
    /// Where it is.
    pub repository: RepositoryKey,
    /// What its digest should be, as the row has it.
    pub digest: Digest,
    /// What it is.
    pub bytes: Vec<u8>,
}

/// A manifest that cannot be pulled whole, and one tag on it; several rows where it has several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// In which registry.
    pub registry: RegistryName,
    /// In which repository.
    pub repository: RepositoryName,
    /// Its digest.
    pub digest: Digest,
    /// A tag on it, if it has any.
    pub tag: Option<Tag>,
}

/// How many blobs there are, and how many bytes they have together.
pub fn total(tx: &Reading<'_>) -> Result<(u64, u64), Error> {
    tx.get(TOTAL, [], |row| Ok((row.get("blobs")?, row.get("bytes")?)))
}

/// At most `items_max` blobs behind a digest.
pub fn list_blobs(tx: &Reading<'_>, after: &str, items_max: usize) -> Result<Vec<SizedBlob>, Error> {
    tx.list(LIST_BLOBS, params![after, items_max], |row| {
        Ok(SizedBlob { digest: read_digest(row, "digest")?, size_bytes: row.get("size_bytes")? })
    })
}

/// At most `items_max` manifests behind another, or the first.
pub fn list_manifests(
    tx: &Reading<'_>,
    after: Option<&KeptManifest>,
    items_max: usize,
) -> Result<Vec<KeptManifest>, Error> {
    let (repository, digest) =
        after.map_or((i64::MIN, String::new()), |last| (last.repository.0, last.digest.to_string()));
    tx.list(LIST_MANIFESTS, params![repository, digest, items_max], |row| {
        Ok(KeptManifest {
            repository: RepositoryKey(row.get("repository")?),
            digest: read_digest(row, "digest")?,
            bytes: row.get("bytes")?,
        })
    })
}

/// The blobs that a manifest needs and its repository does not hold.
pub fn list_missing_blobs(
    tx: &Reading<'_>,
    repository: RepositoryKey,
    manifest: &Digest,
) -> Result<Vec<Digest>, Error> {
    tx.list(LIST_MISSING_BLOBS, params![repository.0, manifest.to_string()], |row| read_digest(row, "referenced"))
}

/// What a blob that is broken hits: at most `items_max` rows.
pub fn list_hit_by_blob(tx: &Reading<'_>, digest: &Digest, items_max: usize) -> Result<Vec<Hit>, Error> {
    tx.list(LIST_HIT_BY_BLOB, params![digest.to_string(), items_max], read_hit)
}

/// The same of a manifest, itself included.
pub fn list_hit_by_manifest(
    tx: &Reading<'_>,
    repository: RepositoryKey,
    manifest: &Digest,
    items_max: usize,
) -> Result<Vec<Hit>, Error> {
    tx.list(LIST_HIT_BY_MANIFEST, params![repository.0, manifest.to_string(), items_max], read_hit)
}

fn read_hit(row: &Row<'_>) -> Result<Hit, Error> {
    let tag: Option<String> = row.get("tag")?;
    Ok(Hit {
        registry: RegistryName::parse(&row.get::<_, String>("registry")?).map_err(Error::corrupt)?,
        repository: RepositoryName::parse(&row.get::<_, String>("repository")?).map_err(Error::corrupt)?,
        digest: read_digest(row, "digest")?,
        tag: tag.map(|tag| Tag::parse(&tag).map_err(Error::corrupt)).transpose()?,
    })
}

fn read_digest(row: &Row<'_>, column: &str) -> Result<Digest, Error> {
    Digest::parse(&row.get::<_, String>(column)?).map_err(Error::corrupt)
}
