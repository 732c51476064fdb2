//! Tokens, as the management plane shows them and as sign-ins are judged by them.

use crate::statements::statements;
use crate::{Error, Managing, Reading, certificates, passwords, scope_maps, system_data};
use model::arm_name::{ScopeMapName, TokenName};
use model::caller::SystemData;
use model::certificate::Fingerprint;
use model::listing::{Cursor, Listed};
use model::registry::{Registry, RegistryKey};
use model::resource_id::{RegistryId, ScopeMapId, TokenId};
use model::scope_map::Rules;
use model::timestamp::Timestamp;
use model::token::{Generation, HolderKind, Token, TokenFacts, TokenKey, TokenStatus};
use rusqlite::{Row, params};
use std::sync::Arc;

statements! {
    FIND = "SELECT t.*, m.name AS scope_map_name FROM tokens t LEFT JOIN scope_maps m ON m.key = t.scope_map
        WHERE t.registry = $1 AND t.name_key = $2";
    LIST = "SELECT t.*, m.name AS scope_map_name FROM tokens t LEFT JOIN scope_maps m ON m.key = t.scope_map
        WHERE t.registry = $1 AND t.kind = 'token' AND t.key > $2 ORDER BY t.key LIMIT $3";
    COUNT = "SELECT token_count FROM registries WHERE key = $1";
    ADD = "INSERT INTO tokens (registry, name, name_key, status, scope_map, generation, created_at,
            system_created_by, system_created_by_kind, system_created_at,
            system_modified_by, system_modified_by_kind, system_modified_at)
        VALUES ($1, $2, $3, $4, (SELECT key FROM scope_maps WHERE registry = $1 AND name_key = $5), 1, $6,
            $7, $8, $9, $10, $11, $12)
        RETURNING key";
    // A bearer counts for the generation that it was issued in: see model::token::Generation.
    ADVANCE = "UPDATE tokens SET generation = generation + 1
        WHERE key = $1 AND (status <> $2 OR scope_map IS DISTINCT FROM
            (SELECT m.key FROM scope_maps m WHERE m.registry = tokens.registry AND m.name_key = $3))";
    UPDATE = "UPDATE tokens SET status = $1,
            scope_map = (SELECT m.key FROM scope_maps m WHERE m.registry = tokens.registry AND m.name_key = $2),
            system_created_by = $3, system_created_by_kind = $4, system_created_at = $5,
            system_modified_by = $6, system_modified_by_kind = $7, system_modified_at = $8
        WHERE key = $9";
    DELETE = "DELETE FROM tokens WHERE registry = $1 AND name_key = $2";
    FACTS_BY_NAME = "SELECT t.*, m.actions, m.name AS scope_map_name FROM tokens t LEFT JOIN scope_maps m ON m.key = t.scope_map
        WHERE t.registry = $1 AND t.name_key = $2";
    FACTS_BY_CERTIFICATE = "SELECT t.*, m.actions, m.name AS scope_map_name
        FROM certificates c JOIN tokens t ON t.key = c.token LEFT JOIN scope_maps m ON m.key = t.scope_map
        WHERE c.registry = $1 AND c.fingerprint = $2";
    FACTS_BY_KEY = "SELECT t.*, m.actions, m.name AS scope_map_name
        FROM tokens t LEFT JOIN scope_maps m ON m.key = t.scope_map WHERE t.key = $1";
}

/// A token that has neither key nor credentials yet.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Its resource id.
    pub id: TokenId,
    /// Whether it may be used.
    pub status: TokenStatus,
    /// The scope map it holds, which is there and of the same registry.
    pub scope_map: Option<ScopeMapId>,
    /// When it is made.
    pub created_at: Timestamp,
    /// Who makes it.
    pub system_data: SystemData,
}

/// The token of that name in a registry.
pub fn find(tx: &Reading<'_>, registry: &Registry, name: &TokenName) -> Result<Option<Token>, Error> {
    let found = tx.find(FIND, params![registry.key.0, name.key()], |row| read(row, &registry.id))?;
    let Some(mut token) = found else { return Ok(None) };
    read_credentials(tx, &mut token)?;
    Ok(Some(token))
}

/// A page of the tokens of a registry, in the order in which they were made.
pub fn list(tx: &Reading<'_>, registry: &Registry, after: Cursor, items_max: usize) -> Result<Listed<Token>, Error> {
    let values = params![registry.key.0, after.number(), items_max.saturating_add(1)];
    let tokens = tx.list(LIST, values, |row| {
        let token = read(row, &registry.id)?;
        Ok((token.key.0, token))
    })?;
    let mut page = Listed::page(tokens, items_max);
    for token in &mut page.items {
        read_credentials(tx, token)?;
    }
    Ok(page)
}

/// How many tokens a registry has.
pub fn count(tx: &Reading<'_>, registry: RegistryKey) -> Result<u64, Error> {
    tx.get(COUNT, [registry.0], |row| Ok(u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0)))
}

/// Adds a token whose name is not taken.
pub fn add(tx: &Managing<'_>, registry: RegistryKey, token: NewToken) -> Result<Token, Error> {
    let NewToken { id, status, scope_map, created_at, system_data } = token;
    let values = params![
        registry.0,
        id.name.as_str(),
        id.name.key(),
        status.as_str(),
        scope_map.as_ref().map(|id| id.name.key()),
        created_at.as_micros(),
        system_data.created_by.name,
        system_data::kind(&system_data.created_by),
        system_data.created_at.as_micros(),
        system_data.modified_by.name,
        system_data::kind(&system_data.modified_by),
        system_data.modified_at.as_micros(),
    ];
    let key = tx.get(ADD, values, |row| Ok(TokenKey(row.get(0)?)))?;
    Ok(Token { key, id, status, scope_map, passwords: Vec::new(), certificates: Vec::new(), created_at, system_data })
}

/// Stores status, scope map and system data of a token that is there, in a new generation when one of the first two is not what
/// it was. Its credentials stay.
pub fn update(tx: &Managing<'_>, token: &Token) -> Result<(), Error> {
    let scope_map = token.scope_map.as_ref().map(|id| id.name.key());
    tx.execute(ADVANCE, params![token.key.0, token.status.as_str(), scope_map])?;
    let system_data = &token.system_data;
    let values = params![
        token.status.as_str(),
        scope_map,
        system_data.created_by.name,
        system_data::kind(&system_data.created_by),
        system_data.created_at.as_micros(),
        system_data.modified_by.name,
        system_data::kind(&system_data.modified_by),
        system_data.modified_at.as_micros(),
        token.key.0,
    ];
    tx.execute(UPDATE, values).map(drop)
}

/// Deletes a token with its credentials; `false` when there was none.
pub fn delete(tx: &Managing<'_>, registry: RegistryKey, name: &TokenName) -> Result<bool, Error> {
    Ok(tx.execute(DELETE, params![registry.0, name.key()])? > 0)
}

/// What sign-ins by that name are judged by.
pub fn find_facts(tx: &Reading<'_>, registry: RegistryKey, name: &TokenName) -> Result<Option<TokenFacts>, Error> {
    tx.find(FACTS_BY_NAME, params![registry.0, name.key()], |row| read_facts(tx, row))
}

/// What sign-ins with that certificate are judged by; `None` when no token of the registry has it.
pub fn find_facts_by_certificate(
    tx: &Reading<'_>,
    registry: RegistryKey,
    fingerprint: &Fingerprint,
) -> Result<Option<TokenFacts>, Error> {
    tx.find(FACTS_BY_CERTIFICATE, params![registry.0, fingerprint.as_bytes()], |row| read_facts(tx, row))
}

/// What bearers of that token are judged by.
pub fn find_facts_by_key(tx: &Reading<'_>, key: TokenKey) -> Result<Option<TokenFacts>, Error> {
    tx.find(FACTS_BY_KEY, [key.0], |row| read_facts(tx, row))
}

fn read(row: &Row<'_>, registry: &RegistryId) -> Result<Token, Error> {
    let name: String = row.get("name")?;
    let scope_map: Option<String> = row.get("scope_map_name")?;
    let scope_map = scope_map.map(|name| ScopeMapName::parse(&name).map_err(Error::corrupt)).transpose()?;
    Ok(Token {
        key: TokenKey(row.get("key")?),
        id: TokenId { registry: registry.clone(), name: TokenName::parse(&name).map_err(Error::corrupt)? },
        status: read_status(row)?,
        scope_map: scope_map.map(|name| ScopeMapId { registry: registry.clone(), name }),
        passwords: Vec::new(),
        certificates: Vec::new(),
        created_at: system_data::timestamp(row, "created_at")?,
        system_data: system_data::read(row)?,
    })
}

fn read_credentials(tx: &Reading<'_>, token: &mut Token) -> Result<(), Error> {
    token.passwords = passwords::list(tx, token.key)?;
    token.certificates = certificates::list(tx, token.key)?;
    Ok(())
}

fn read_status(row: &Row<'_>) -> Result<TokenStatus, Error> {
    let status: String = row.get("status")?;
    TokenStatus::parse(&status).ok_or_else(|| Error::corrupt(format_args!("'{status}' is not a status")))
}

fn read_kind(row: &Row<'_>) -> Result<HolderKind, Error> {
    let kind: String = row.get("kind")?;
    match kind.as_str() {
        "token" => Ok(HolderKind::Token),
        "admin" => Ok(HolderKind::Admin),
        "principal" => Ok(HolderKind::Principal),
        other => Err(Error::corrupt(format_args!("'{other}' is no kind of token"))),
    }
}

/// Reads a row of tokens with the actions of its scope map.
pub(crate) fn read_facts(tx: &Reading<'_>, row: &Row<'_>) -> Result<TokenFacts, Error> {
    let key = TokenKey(row.get("key")?);
    let actions: Option<String> = row.get("actions")?;
    let actions = scope_maps::read_actions(actions.as_deref().unwrap_or_default())?;
    Ok(TokenFacts {
        registry: RegistryKey(row.get("registry")?),
        key,
        name: row.get::<_, String>("name")?.into(),
        kind: read_kind(row)?,
        scope_map: row.get::<_, Option<String>>("scope_map_name")?.map(String::into_boxed_str),
        status: read_status(row)?,
        generation: Generation(row.get("generation")?),
        rules: Arc::new(Rules::of(&actions)),
        passwords: passwords::list_facts(tx, key)?,
        certificates: certificates::list_facts(tx, key)?,
    })
}
