//! Service principals on the data plane of a registry: rows among the tokens that are none of them, made when first needed and gone
//! when what they were made from changes.
//!
//! Bearers and uploads name a token and one of its passwords, so such a row has a password too: a hash of which nobody has the value.

use crate::statements::statements;
use crate::{Error, Managing, Reading, tokens};
use model::password::{PasswordHash, PasswordName};
use model::registry::RegistryKey;
use model::role::Role;
use model::timestamp::Timestamp;
use model::token::TokenFacts;
use rusqlite::params;

statements! {
    FACTS = "SELECT t.*, m.actions, m.name AS scope_map_name FROM tokens t LEFT JOIN scope_maps m ON m.key = t.scope_map
        WHERE t.registry = $1 AND t.name_key = '@' || $2";
    ADD = "INSERT OR IGNORE INTO tokens (registry, name, name_key, kind, status, scope_map, generation, created_at,
            system_created_by, system_created_by_kind, system_created_at,
            system_modified_by, system_modified_by_kind, system_modified_at)
        SELECT r.key, $1, '@' || $1, 'principal', 'enabled', m.key, 1, $2, $1, 'Application', $2, $1, 'Application', $2
        FROM registries r JOIN scope_maps m ON m.registry = r.key AND m.name_key = $3
        WHERE r.key = $4";
    ADD_PASSWORD = "INSERT OR IGNORE INTO passwords (token, name, hash, created_at)
        SELECT key, $1, $2, $3 FROM tokens WHERE registry = $4 AND name_key = '@' || $5";
    DELETE = "DELETE FROM tokens WHERE kind = 'principal' AND name_key = '@' || $1";
}

/// What bearers of that principal are judged by; `None` when it had none yet.
pub fn find_facts(tx: &Reading<'_>, registry: RegistryKey, object_id: &str) -> Result<Option<TokenFacts>, Error> {
    tx.find(FACTS, params![registry.0, object_id], |row| tokens::read_facts(tx, row))
}

/// A principal on the data plane of a registry.
#[derive(Debug)]
pub struct PrincipalUser {
    /// Of which registry.
    pub registry: RegistryKey,
    /// Its object id, or whom an issuer vouches for.
    pub principal: String,
    /// What it may do there.
    pub role: Role,
    /// A hash of no password.
    pub unknown: PasswordHash,
}

/// Lets a principal have bearers; nothing changes when it may already.
pub fn add(tx: &Managing<'_>, user: &PrincipalUser, now: Timestamp) -> Result<(), Error> {
    let PrincipalUser { registry, principal, role, unknown } = user;
    tx.execute(ADD, params![principal, now.as_micros(), role.scope_map(), registry.0])?;
    let name = PasswordName::Password1.as_str();
    let values = params![name, unknown.as_bytes(), now.as_micros(), registry.0, principal];
    tx.execute(ADD_PASSWORD, values).map(drop)
}

/// Ends every bearer, refresh token and upload that a principal has, in all registries: its roles or its secrets have changed.
pub fn delete(tx: &Managing<'_>, principal: &str) -> Result<(), Error> {
    tx.execute(DELETE, [principal]).map(drop)
}
