//! Service principals: who manages over the network.

use crate::statements::statements;
use crate::{Error, Reading, Writing, passwords};
use model::password::PasswordHash;
use model::timestamp::Timestamp;
use rusqlite::params;

statements! {
    FIND = "SELECT client_id, object_id, secret_hash FROM principals WHERE client_id = $1";
    EXISTS = "SELECT EXISTS (SELECT 1 FROM principals WHERE object_id = $1)";
    ANY = "SELECT EXISTS (SELECT 1 FROM principals)";
    ADD = "INSERT INTO principals (client_id, object_id, secret_hash, created_at) VALUES ($1, $2, $3, $4)";
}

/// A service principal as stored.
#[derive(Debug, Clone)]
pub struct Principal {
    /// What it signs in with, a GUID in lower case.
    pub client_id: String,
    /// What resources name it by, a GUID in lower case.
    pub object_id: String,
    /// What its secret must hash to.
    pub secret_hash: PasswordHash,
}

/// The principal with that client id, in lower case.
pub fn find(tx: &Reading<'_>, client_id: &str) -> Result<Option<Principal>, Error> {
    tx.find(FIND, [client_id], |row| {
        Ok(Principal {
            client_id: row.get("client_id")?,
            object_id: row.get("object_id")?,
            secret_hash: passwords::read_hash(row, "secret_hash")?,
        })
    })
}

/// Whether there is a principal with that object id.
pub fn exists(tx: &Reading<'_>, object_id: &str) -> Result<bool, Error> {
    tx.get(EXISTS, [object_id], |row| Ok(row.get(0)?))
}

/// Whether there is any principal.
pub fn any(tx: &Reading<'_>) -> Result<bool, Error> {
    tx.get(ANY, [], |row| Ok(row.get(0)?))
}

/// Adds a principal.
pub fn add(tx: &Writing<'_>, principal: &Principal, now: Timestamp) -> Result<(), Error> {
    let values = params![principal.client_id, principal.object_id, principal.secret_hash.as_bytes(), now.as_micros()];
    tx.execute(ADD, values).map(drop)
}
