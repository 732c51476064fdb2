//! Passwords of tokens: keyed hashes, never the secrets.

use crate::statements::statements;
use crate::{Error, Managing, Reading, system_data};
use model::password::{PasswordHash, PasswordName};
use model::timestamp::Timestamp;
use model::token::{PasswordFacts, PasswordKey, TokenKey, TokenPassword};
use rusqlite::{Row, params};

statements! {
    LIST = "SELECT name, created_at, expires_at, last_used_at FROM passwords WHERE token = $1 ORDER BY name";
    LIST_FACTS = "SELECT key, name, hash, expires_at FROM passwords WHERE token = $1 ORDER BY name";
    ADD = "INSERT INTO passwords (token, name, hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)";
    END = "UPDATE passwords SET expires_at = $1 WHERE token = $2 AND name = $3";
    DELETE = "DELETE FROM passwords WHERE token = $1 AND name = $2";
}

/// The passwords of a token, `password1` before `password2`.
pub fn list(tx: &Reading<'_>, token: TokenKey) -> Result<Vec<TokenPassword>, Error> {
    tx.list(LIST, [token.0], read)
}

/// What presented passwords of a token are judged by.
pub(crate) fn list_facts(tx: &Reading<'_>, token: TokenKey) -> Result<Vec<PasswordFacts>, Error> {
    tx.list(LIST_FACTS, [token.0], |row| {
        Ok(PasswordFacts {
            id: PasswordKey(row.get("key")?),
            name: read_name(row)?,
            hash: read_hash(row, "hash")?,
            expires_at: read_expiry(row)?,
        })
    })
}

/// Puts a new password in the place of the one of that name, if there is one. It gets a key that no other ever had.
pub fn put(tx: &Managing<'_>, token: TokenKey, password: &TokenPassword, hash: &PasswordHash) -> Result<(), Error> {
    delete(tx, token, password.name)?;
    let values = params![
        token.0,
        password.name.as_str(),
        hash.as_bytes(),
        password.created_at.as_micros(),
        password.expires_at.map(Timestamp::as_micros),
    ];
    tx.execute(ADD, values).map(drop)
}

/// Sets when a password ends.
pub fn end_at(tx: &Managing<'_>, token: TokenKey, name: PasswordName, end: Timestamp) -> Result<(), Error> {
    tx.execute(END, params![end.as_micros(), token.0, name.as_str()]).map(drop)
}

/// Removes a password, if it is there.
pub fn delete(tx: &Managing<'_>, token: TokenKey, name: PasswordName) -> Result<(), Error> {
    tx.execute(DELETE, params![token.0, name.as_str()]).map(drop)
}

/// Reads a column that holds a hash.
pub(crate) fn read_hash(row: &Row<'_>, column: &str) -> Result<PasswordHash, Error> {
    Ok(PasswordHash::from_bytes(row.get(column)?))
}

fn read(row: &Row<'_>) -> Result<TokenPassword, Error> {
    Ok(TokenPassword {
        name: read_name(row)?,
        created_at: system_data::timestamp(row, "created_at")?,
        expires_at: read_expiry(row)?,
        last_used_at: system_data::optional_timestamp(row, "last_used_at")?,
    })
}

/// Reads a column `name` that holds the name of a password.
pub(crate) fn read_name(row: &Row<'_>) -> Result<PasswordName, Error> {
    let name: String = row.get("name")?;
    PasswordName::parse(&name).ok_or_else(|| Error::corrupt(format_args!("'{name}' is not the name of a password")))
}

fn read_expiry(row: &Row<'_>) -> Result<Option<Timestamp>, Error> {
    system_data::optional_timestamp(row, "expires_at")
}
