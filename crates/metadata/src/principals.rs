//! Service principals: who manages over the network.

use crate::statements::statements;
use crate::{Error, Managing, Reading, Writing, principal_secrets, system_data};
use model::guid::Guid;
use model::principal::{PrincipalName, ServicePrincipal};
use rusqlite::{Row, params};

statements! {
    FIND = "SELECT * FROM principals WHERE object_id = $1";
    FIND_BY_CLIENT_ID = "SELECT * FROM principals WHERE client_id = $1";
    FIND_BY_NAME = "SELECT * FROM principals WHERE name_key = $1";
    LIST = "SELECT * FROM principals ORDER BY name_key";
    COUNT = "SELECT count(*) FROM principals";
    ADD = "INSERT INTO principals (name, name_key, client_id, object_id, created_at) VALUES ($1, $2, $3, $4, $5)";
    DELETE = "DELETE FROM principals WHERE object_id = $1";
}

/// The principal with that object id.
pub fn find(tx: &Reading<'_>, object_id: &Guid) -> Result<Option<ServicePrincipal>, Error> {
    tx.find(FIND, [object_id.as_str()], |row| read(tx, row))
}

/// The principal with that client id.
pub fn find_by_client_id(tx: &Reading<'_>, client_id: &Guid) -> Result<Option<ServicePrincipal>, Error> {
    tx.find(FIND_BY_CLIENT_ID, [client_id.as_str()], |row| read(tx, row))
}

/// The principal of that name.
pub fn find_by_name(tx: &Reading<'_>, name: &PrincipalName) -> Result<Option<ServicePrincipal>, Error> {
    tx.find(FIND_BY_NAME, [name.key()], |row| read(tx, row))
}

/// All principals, in the order of their names.
pub fn list(tx: &Reading<'_>) -> Result<Vec<ServicePrincipal>, Error> {
    tx.list(LIST, [], |row| read(tx, row))
}

/// How many principals there are.
pub fn count(tx: &Reading<'_>) -> Result<u64, Error> {
    tx.get(COUNT, [], |row| Ok(row.get(0)?))
}

/// Adds a principal and its secrets. Its name and its ids must be new.
pub fn add(tx: &Writing<'_>, principal: &ServicePrincipal) -> Result<(), Error> {
    let ServicePrincipal { name, client_id, object_id, created_at, secrets } = principal;
    let values = params![name.as_str(), name.key(), client_id.as_str(), object_id.as_str(), created_at.as_micros()];
    tx.execute(ADD, values)?;
    secrets.iter().try_for_each(|secret| principal_secrets::add(tx, object_id, secret))
}

/// Deletes a principal with its secrets; `false` when there was none.
pub fn delete(tx: &Managing<'_>, object_id: &Guid) -> Result<bool, Error> {
    Ok(tx.execute(DELETE, [object_id.as_str()])? > 0)
}

fn read(tx: &Reading<'_>, row: &Row<'_>) -> Result<ServicePrincipal, Error> {
    let name: String = row.get("name")?;
    Ok(ServicePrincipal {
        name: PrincipalName::parse(&name).map_err(Error::corrupt)?,
        client_id: read_guid(row, "client_id")?,
        object_id: read_guid(row, "object_id")?,
        created_at: system_data::timestamp(row, "created_at")?,
        secrets: principal_secrets::list(tx, row.get("key")?)?,
    })
}

/// Reads a column that holds a GUID.
pub(crate) fn read_guid(row: &Row<'_>, column: &str) -> Result<Guid, Error> {
    let text: String = row.get(column)?;
    Guid::parse(&text).map_err(Error::corrupt)
}
