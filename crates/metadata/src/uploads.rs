//! Uploads in progress: whose they are and when they were last used. Their bytes are elsewhere.

use crate::statements::statements;
use crate::{Error, Reading, Writing};
use model::registry::RegistryKey;
use model::repository::RepositoryName;
use model::timestamp::Timestamp;
use model::token::TokenKey;
use rusqlite::params;

statements! {
    // Nothing is added for a token that was deleted meanwhile.
    ADD = "INSERT INTO uploads (id, registry, repository, token, started_at, touched_at)
        SELECT $1, registry, $2, key, $3, $3 FROM tokens WHERE key = $4 AND registry = $5";
    COUNT = "SELECT count(*) FROM uploads WHERE registry = $1 AND token = $2";
    FIND_TOUCHED = "SELECT touched_at FROM uploads WHERE id = $1 AND registry = $2 AND repository = $3 AND token = $4";
    CONTAINS = "SELECT 1 FROM uploads WHERE id = $1";
    LIST_IDLE = "SELECT id FROM uploads WHERE touched_at < $1 ORDER BY touched_at LIMIT $2";
    LIST_IDLE_OF = "SELECT id FROM uploads WHERE registry = $1 AND token = $2 AND touched_at < $3 ORDER BY touched_at LIMIT $4";
    TOUCH = "UPDATE uploads SET touched_at = $1 WHERE id = $2";
    DELETE = "DELETE FROM uploads WHERE id = $1";
}

/// Whose an upload is: nobody else may see, change or end it (CVE-2026-32589).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadHolder {
    /// On which registry.
    pub registry: RegistryKey,
    /// For which repository, which need not exist yet.
    pub repository: RepositoryName,
    /// By which token.
    pub token: TokenKey,
}

/// Adds an upload with a new id; `false` when the token is gone.
pub fn add(tx: &Writing<'_>, id: &str, holder: &UploadHolder, now: Timestamp) -> Result<bool, Error> {
    let values = params![id, holder.repository.as_str(), now.as_micros(), holder.token.0, holder.registry.0];
    Ok(tx.execute(ADD, values)? > 0)
}

/// How many uploads a token has open in a registry.
pub fn count(tx: &Reading<'_>, registry: RegistryKey, token: TokenKey) -> Result<u64, Error> {
    tx.get(COUNT, params![registry.0, token.0], |row| Ok(row.get(0)?))
}

/// When the upload was last noted as used; `None` when there is none or it is another's.
pub fn find_touched(tx: &Reading<'_>, id: &str, holder: &UploadHolder) -> Result<Option<Timestamp>, Error> {
    let values = params![id, holder.registry.0, holder.repository.as_str(), holder.token.0];
    tx.find(FIND_TOUCHED, values, |row| Ok(Timestamp::from_micros(row.get(0)?)))
}

/// Whether there is such an upload, whoever's it is.
pub fn contains(tx: &Reading<'_>, id: &str) -> Result<bool, Error> {
    Ok(tx.find(CONTAINS, [id], |_| Ok(()))?.is_some())
}

/// The ids of at most `items_max` uploads that were not used since `before`, the longest unused first.
pub fn list_idle(tx: &Reading<'_>, before: Timestamp, items_max: usize) -> Result<Vec<String>, Error> {
    tx.list(LIST_IDLE, params![before.as_micros(), items_max], |row| Ok(row.get(0)?))
}

/// As [`list_idle`], of one token in a registry.
pub fn list_idle_of(
    tx: &Reading<'_>,
    (registry, token): (RegistryKey, TokenKey),
    before: Timestamp,
    items_max: usize,
) -> Result<Vec<String>, Error> {
    tx.list(LIST_IDLE_OF, params![registry.0, token.0, before.as_micros(), items_max], |row| Ok(row.get(0)?))
}

/// Notes that the upload is used now.
pub fn touch(tx: &Writing<'_>, id: &str, now: Timestamp) -> Result<(), Error> {
    tx.execute(TOUCH, params![now.as_micros(), id]).map(drop)
}

/// Deletes an upload; `false` when there was none.
pub fn delete(tx: &Writing<'_>, id: &str) -> Result<bool, Error> {
    Ok(tx.execute(DELETE, [id])? > 0)
}
