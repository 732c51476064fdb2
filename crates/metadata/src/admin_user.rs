//! The admin user of a registry: a row among the tokens that is none of them, with passwords that can be derived again.

use crate::statements::statements;
use crate::{Error, Managing, Reading, passwords, system_data, tokens};
use model::password::{PasswordHash, PasswordName, Salt};
use model::registry::RegistryKey;
use model::timestamp::Timestamp;
use model::token::{TokenFacts, TokenKey, TokenStatus};
use rusqlite::{Row, params};

statements! {
    FIND = "SELECT key FROM tokens WHERE registry = $1 AND name_key = '@admin'";
    IS_ENABLED = "SELECT EXISTS
        (SELECT 1 FROM tokens WHERE registry = $1 AND name_key = '@admin' AND status = 'enabled')";
    FACTS = "SELECT t.*, m.actions, m.name AS scope_map_name FROM tokens t LEFT JOIN scope_maps m ON m.key = t.scope_map
        WHERE t.registry = $1 AND t.name_key = '@admin'";
    ADD = "INSERT INTO tokens (registry, name, name_key, kind, status, scope_map, generation, created_at,
            system_created_by, system_created_by_kind, system_created_at,
            system_modified_by, system_modified_by_kind, system_modified_at)
        SELECT r.key, r.name, '@admin', 'admin', 'disabled', m.key, 1, $1,
            r.system_modified_by, r.system_modified_by_kind, $1, r.system_modified_by, r.system_modified_by_kind, $1
        FROM registries r JOIN scope_maps m ON m.registry = r.key AND m.name_key = '_repositories_admin'
        WHERE r.key = $2
        RETURNING key";
    // A new generation, so that bearers issued before do not come back with it.
    SET_STATUS = "UPDATE tokens SET status = $1, generation = generation + 1 WHERE key = $2 AND status <> $1";
    PASSWORDS = "SELECT name, salt, created_at, last_used_at FROM passwords WHERE token = $1 ORDER BY name";
    ADD_PASSWORD = "INSERT INTO passwords (token, name, hash, created_at, salt) VALUES ($1, $2, $3, $4, $5)";
}

/// The admin user's key; `None` when it was never enabled.
pub fn find(tx: &Reading<'_>, registry: RegistryKey) -> Result<Option<TokenKey>, Error> {
    tx.find(FIND, [registry.0], |row| Ok(TokenKey(row.get(0)?)))
}

/// Whether it may sign in.
pub(crate) fn is_enabled(tx: &Reading<'_>, registry: RegistryKey) -> Result<bool, Error> {
    tx.get(IS_ENABLED, [registry.0], |row| Ok(row.get(0)?))
}

/// What its sign-ins are judged by; `None` when it was never enabled.
pub fn find_facts(tx: &Reading<'_>, registry: RegistryKey) -> Result<Option<TokenFacts>, Error> {
    tx.find(FACTS, [registry.0], |row| tokens::read_facts(tx, row))
}

/// Adds the admin user of a registry that has none, disabled and without passwords.
pub fn add(tx: &Managing<'_>, registry: RegistryKey, now: Timestamp) -> Result<TokenKey, Error> {
    tx.get(ADD, params![now.as_micros(), registry.0], |row| Ok(TokenKey(row.get(0)?)))
}

/// Enables or disables it. Its passwords stay.
pub fn set_status(tx: &Managing<'_>, admin: TokenKey, status: TokenStatus) -> Result<(), Error> {
    tx.execute(SET_STATUS, params![status.as_str(), admin.0]).map(drop)
}

/// One of its passwords, which never ends.
#[derive(Debug, Clone, Copy)]
pub struct AdminPassword {
    /// Which one.
    pub name: PasswordName,
    /// What it is derived from.
    pub salt: Salt,
    /// When it was generated.
    pub created_at: Timestamp,
    /// When it was last signed in with; `None` means never.
    pub last_used_at: Option<Timestamp>,
}

/// Its passwords, `password1` before `password2`.
pub fn list_passwords(tx: &Reading<'_>, admin: TokenKey) -> Result<Vec<AdminPassword>, Error> {
    tx.list(PASSWORDS, [admin.0], |row| {
        Ok(AdminPassword {
            name: passwords::read_name(row)?,
            salt: read_salt(row)?,
            created_at: system_data::timestamp(row, "created_at")?,
            last_used_at: system_data::optional_timestamp(row, "last_used_at")?,
        })
    })
}

/// Puts a new password in the place of the one of that name, if there is one.
pub fn put_password(
    tx: &Managing<'_>,
    admin: TokenKey,
    (name, salt): (PasswordName, &Salt),
    hash: &PasswordHash,
    now: Timestamp,
) -> Result<(), Error> {
    passwords::delete(tx, admin, name)?;
    let values = params![admin.0, name.as_str(), hash.as_bytes(), now.as_micros(), salt.as_bytes()];
    tx.execute(ADD_PASSWORD, values).map(drop)
}

fn read_salt(row: &Row<'_>) -> Result<Salt, Error> {
    let bytes: Vec<u8> = row.get("salt")?;
    bytes.try_into().map(Salt::new).map_err(|_| Error::corrupt("a salt has another length"))
}
