//! Retention: the rules, and what they are asked about, a page at a time.

use crate::repositories::RepositoryKey;
use crate::statements::statements;
use crate::{Error, Reading, Writing};
use model::arm_name::RegistryName;
use model::digest::Digest;
use model::reference::Tag;
use model::registry::RegistryKey;
use model::repository::{RepositoryName, RepositoryPattern};
use model::retention::{ManifestFacts, RetentionRule, RetentionSpec, TagPattern, UntaggedPolicy};
use model::timestamp::Timestamp;
use rusqlite::{Row, params};

statements! {
    LIST_RULES = "SELECT * FROM retention_rules WHERE registry = $1 ORDER BY repositories";
    FIND_UNTAGGED = "SELECT untagged_days, updated_at FROM retention_rules
        WHERE registry = $1 AND repositories = '*' AND untagged_days IS NOT NULL";
    PUT_RULE = "INSERT INTO retention_rules (registry, repositories, keep_last, untagged_days, untagged_from, never, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (registry, repositories) DO UPDATE SET
            keep_last = excluded.keep_last, untagged_days = excluded.untagged_days, untagged_from = excluded.untagged_from,
            never = excluded.never, updated_at = excluded.updated_at";
    DELETE_RULE = "DELETE FROM retention_rules WHERE registry = $1 AND repositories = $2";
    LIST_REGISTRIES = "SELECT g.key, g.name FROM registries g
        WHERE g.key > $1 AND EXISTS (SELECT 1 FROM retention_rules x WHERE x.registry = g.key) ORDER BY g.key LIMIT $2";
    // Those hidden from lists too.
    LIST_REPOSITORIES = "SELECT key, name FROM repositories WHERE registry = $1 AND name > $2 ORDER BY name LIMIT $3";
    // Of those that stay nothing else is asked, and the index has both.
    LIST_MOVES = "SELECT name, moved FROM tags WHERE repository = $1 AND moved < $2 ORDER BY moved DESC LIMIT $3";
    LIST_TAGS = "SELECT t.name, t.digest, t.moved, m.content_bytes
        FROM tags t CROSS JOIN manifests m
        WHERE t.repository = $1 AND t.moved < $2 AND m.repository = t.repository AND m.digest = t.digest
        ORDER BY t.moved DESC LIMIT $3";
    // An index is seldom older than its members, so it comes before them.
    LIST_MANIFESTS = "SELECT m.digest, m.content_bytes, m.updated_at, m.rests_since,
            EXISTS (SELECT 1 FROM tags t WHERE t.repository = m.repository AND t.digest = m.digest) AS is_tagged,
            EXISTS (SELECT 1 FROM manifest_references n
                WHERE n.repository = m.repository AND n.referenced = m.digest AND n.kind = 'manifest')
            OR EXISTS (SELECT 1 FROM manifests s WHERE s.repository = m.repository AND s.digest = m.subject) AS is_needed
        FROM manifests m WHERE m.repository = $1 AND (m.updated_at, m.digest) < ($2, $3)
        ORDER BY m.updated_at DESC, m.digest DESC LIMIT $4";
    // Indexes that hold it and what it refers to, and so on upwards. Locks 1 (delete) and 2 (write) keep a manifest.
    IS_NEEDED_BY_WHAT_STAYS = "WITH RECURSIVE above (digest) AS (
            SELECT CAST($1 AS TEXT)
            UNION SELECT n.manifest FROM above a CROSS JOIN manifest_references n
                WHERE n.repository = $2 AND n.referenced = a.digest AND n.kind = 'manifest'
            UNION SELECT m.subject FROM above a CROSS JOIN manifests m
                WHERE m.repository = $2 AND m.digest = a.digest AND m.subject IS NOT NULL)
        SELECT 1 FROM above a CROSS JOIN manifests m
        WHERE m.repository = $2 AND m.digest = a.digest AND m.digest <> $1 AND (m.rests_since > $3 OR m.locks & 3 <> 0
            OR EXISTS (SELECT 1 FROM tags t WHERE t.repository = $2 AND t.digest = m.digest))
        LIMIT 1";
}

/// A rule as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRule {
    /// What it says.
    pub rule: RetentionRule,
    /// When it was made or last changed.
    pub updated_at: Timestamp,
}

/// A tag, in the order in which tags moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedTag {
    /// The tag.
    pub tag: Tag,
    /// What it points at.
    pub digest: Digest,
    /// The size of config and layers of that, as it says; `None` where that was never read.
    pub content_bytes: Option<u64>,
    /// Its place: greater than that of all that moved before it.
    pub moved: i64,
}

/// A manifest, and what a rule asks of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestingManifest {
    /// Its place in the list.
    pub place: ManifestPlace,
    /// Its digest.
    pub digest: Digest,
    /// The size of config and layers together, as it says; `None` where that was never read.
    pub content_bytes: Option<u64>,
    /// What counts. It is needed while any index holds it, or its subject is there.
    pub facts: ManifestFacts,
}

/// Where in the list of manifests, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestPlace {
    updated_at: Timestamp,
    digest: String,
}

impl ManifestPlace {
    /// Before everything that was last pushed at this instant or earlier.
    pub fn before(instant: Timestamp) -> Self {
        // Greater than every digest.
        Self { updated_at: instant, digest: "~".to_owned() }
    }
}

/// The rules of a registry, by their patterns.
pub fn list_rules(tx: &Reading<'_>, registry: RegistryKey) -> Result<Vec<StoredRule>, Error> {
    tx.list(LIST_RULES, [registry.0], read_rule)
}

/// What the registry's rule for all repositories says of manifests without a tag.
pub fn find_untagged(tx: &Reading<'_>, registry: RegistryKey) -> Result<Option<UntaggedPolicy>, Error> {
    tx.find(FIND_UNTAGGED, [registry.0], |row| {
        Ok(UntaggedPolicy {
            days: row.get("untagged_days")?,
            updated_at: Timestamp::from_micros(row.get("updated_at")?),
        })
    })
}

/// Stores a rule, in place of the one of the same pattern.
pub fn put_rule(tx: &Writing<'_>, registry: RegistryKey, rule: &RetentionRule, now: Timestamp) -> Result<(), Error> {
    let never: Vec<&str> = rule.never().iter().map(TagPattern::as_str).collect();
    let values = params![
        registry.0,
        rule.repositories().to_string(),
        rule.keep_last(),
        rule.untagged_days(),
        rule.untagged_from().map(Timestamp::as_micros),
        never.join("\n"),
        now.as_micros(),
    ];
    tx.execute(PUT_RULE, values).map(drop)
}

/// Deletes the rule of that very pattern; `false` when there was none.
pub fn delete_rule(tx: &Writing<'_>, registry: RegistryKey, repositories: &RepositoryPattern) -> Result<bool, Error> {
    Ok(tx.execute(DELETE_RULE, params![registry.0, repositories.to_string()])? > 0)
}

/// At most `items_max` registries that have a rule, those behind `after`; `None` for the first.
pub fn list_registries(
    tx: &Reading<'_>,
    after: Option<RegistryKey>,
    items_max: usize,
) -> Result<Vec<(RegistryKey, RegistryName)>, Error> {
    let after = after.map_or(i64::MIN, |after| after.0);
    tx.list(LIST_REGISTRIES, params![after, items_max], |row| {
        let name = RegistryName::parse(&row.get::<_, String>("name")?).map_err(Error::corrupt)?;
        Ok((RegistryKey(row.get("key")?), name))
    })
}

/// At most `items_max` repositories, also without a manifest, those behind `after` in byte order.
pub fn list_repositories(
    tx: &Reading<'_>,
    registry: RegistryKey,
    after: &str,
    items_max: usize,
) -> Result<Vec<(RepositoryKey, RepositoryName)>, Error> {
    tx.list(LIST_REPOSITORIES, params![registry.0, after, items_max], |row| {
        let name = RepositoryName::parse(&row.get::<_, String>("name")?).map_err(Error::corrupt)?;
        Ok((RepositoryKey(row.get("key")?), name))
    })
}

/// At most `items_max` tags that moved before that place, each with its own, the last one first; `None` for all.
pub fn list_moves(
    tx: &Reading<'_>,
    repository: RepositoryKey,
    before: Option<i64>,
    items_max: usize,
) -> Result<Vec<(Tag, i64)>, Error> {
    tx.list(LIST_MOVES, params![repository.0, before.unwrap_or(i64::MAX), items_max], |row| {
        let tag = Tag::parse(&row.get::<_, String>("name")?).map_err(Error::corrupt)?;
        Ok((tag, row.get("moved")?))
    })
}

/// The same, with what they point at.
pub fn list_tags(
    tx: &Reading<'_>,
    repository: RepositoryKey,
    before: Option<i64>,
    items_max: usize,
) -> Result<Vec<MovedTag>, Error> {
    tx.list(LIST_TAGS, params![repository.0, before.unwrap_or(i64::MAX), items_max], |row| {
        Ok(MovedTag {
            tag: Tag::parse(&row.get::<_, String>("name")?).map_err(Error::corrupt)?,
            digest: read_digest(row)?,
            content_bytes: row.get("content_bytes")?,
            moved: row.get("moved")?,
        })
    })
}

/// At most `items_max` manifests behind a place, the newest first.
pub fn list_manifests(
    tx: &Reading<'_>,
    repository: RepositoryKey,
    after: &ManifestPlace,
    items_max: usize,
) -> Result<Vec<RestingManifest>, Error> {
    let values = params![repository.0, after.updated_at.as_micros(), after.digest, items_max];
    tx.list(LIST_MANIFESTS, values, |row| {
        let digest = read_digest(row)?;
        let updated_at = Timestamp::from_micros(row.get("updated_at")?);
        let facts = ManifestFacts {
            is_tagged: row.get("is_tagged")?,
            is_needed: row.get("is_needed")?,
            rests_since: Timestamp::from_micros(row.get("rests_since")?),
        };
        let place = ManifestPlace { updated_at, digest: digest.to_string() };
        Ok(RestingManifest { place, digest, content_bytes: row.get("content_bytes")?, facts })
    })
}

/// Whether anything stays that needs a manifest, once all went that have rested since `rested` or longer and nothing else needs.
pub fn is_needed_by_what_stays(
    tx: &Reading<'_>,
    repository: RepositoryKey,
    digest: &Digest,
    rested: Timestamp,
) -> Result<bool, Error> {
    let values = params![digest.to_string(), repository.0, rested.as_micros()];
    Ok(tx.find(IS_NEEDED_BY_WHAT_STAYS, values, |_| Ok(()))?.is_some())
}

fn read_rule(row: &Row<'_>) -> Result<StoredRule, Error> {
    let (repositories, never): (String, String) = (row.get("repositories")?, row.get("never")?);
    let repositories = RepositoryPattern::parse(&repositories)
        .ok_or_else(|| Error::corrupt(format_args!("'{repositories}' is not a pattern of repositories")))?;
    let never = never.lines().map(TagPattern::parse).collect::<Result<_, _>>().map_err(Error::corrupt)?;
    let untagged_from: Option<i64> = row.get("untagged_from")?;
    let spec = RetentionSpec {
        keep_last: row.get("keep_last")?,
        untagged_days: row.get("untagged_days")?,
        untagged_from: untagged_from.map(Timestamp::from_micros),
        never,
    };
    let rule = RetentionRule::new(repositories, spec).map_err(Error::corrupt)?;
    Ok(StoredRule { rule, updated_at: Timestamp::from_micros(row.get("updated_at")?) })
}

fn read_digest(row: &Row<'_>) -> Result<Digest, Error> {
    Digest::parse(&row.get::<_, String>("digest")?).map_err(Error::corrupt)
}
