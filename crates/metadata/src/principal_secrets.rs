//! Secrets of service principals.

use crate::principals::read_guid;
use crate::statements::statements;
use crate::{Error, Managing, Reading, Writing, passwords, system_data};
use model::guid::Guid;
use model::principal::PrincipalSecret;
use model::timestamp::Timestamp;
use rusqlite::params;

statements! {
    LIST = "SELECT * FROM principal_secrets WHERE principal = $1 ORDER BY key";
    ADD = "INSERT INTO principal_secrets (principal, id, hash, created_at, expires_at)
        SELECT key, $1, $2, $3, $4 FROM principals WHERE object_id = $5";
    DELETE = "DELETE FROM principal_secrets
        WHERE id = $1 AND principal = (SELECT key FROM principals WHERE object_id = $2)";
}

/// Those of the principal in that row, the oldest first.
pub(crate) fn list(tx: &Reading<'_>, principal: i64) -> Result<Vec<PrincipalSecret>, Error> {
    tx.list(LIST, [principal], |row| {
        Ok(PrincipalSecret {
            id: read_guid(row, "id")?,
            created_at: system_data::timestamp(row, "created_at")?,
            expires_at: system_data::optional_timestamp(row, "expires_at")?,
            last_used_at: system_data::optional_timestamp(row, "last_used_at")?,
            hash: passwords::read_hash(row, "hash")?,
        })
    })
}

/// Gives a principal one more secret.
pub fn add(tx: &Writing<'_>, object_id: &Guid, secret: &PrincipalSecret) -> Result<(), Error> {
    let values = params![
        secret.id.as_str(),
        secret.hash.as_bytes(),
        secret.created_at.as_micros(),
        secret.expires_at.map(Timestamp::as_micros),
        object_id.as_str(),
    ];
    tx.execute(ADD, values).map(drop)
}

/// Removes a secret of a principal; `false` when it has none of that id.
pub fn delete(tx: &Managing<'_>, object_id: &Guid, id: &Guid) -> Result<bool, Error> {
    Ok(tx.execute(DELETE, [id.as_str(), object_id.as_str()])? > 0)
}
