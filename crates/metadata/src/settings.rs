//! What a site decided, by name: at its first start for good, or until its configuration says otherwise.

use crate::statements::statements;
use crate::{Error, Reading, Writing};

statements! {
    FIND = "SELECT value FROM settings WHERE name = $1";
    ADD = "INSERT INTO settings (name, value) VALUES ($1, $2)";
    PUT = "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    DELETE = "DELETE FROM settings WHERE name = $1";
}

/// A site's tenant, a GUID.
pub const TENANT: &str = "tenant";
/// A site's subscription, a GUID.
pub const SUBSCRIPTION: &str = "subscription";
/// Within how many days every credential must end; not there without such a rule.
pub const CREDENTIAL_DAYS_MAX: &str = "credential_days_max";

/// The value of a setting; `None` before it was decided.
pub fn find(tx: &Reading<'_>, name: &str) -> Result<Option<String>, Error> {
    tx.find(FIND, [name], |row| Ok(row.get(0)?))
}

/// Decides a setting for good. Fails when it was decided before.
pub fn add(tx: &Writing<'_>, name: &str, value: &str) -> Result<(), Error> {
    tx.execute(ADD, [name, value]).map(drop)
}

/// Decides a setting until it is decided otherwise.
pub fn put(tx: &Writing<'_>, name: &str, value: &str) -> Result<(), Error> {
    tx.execute(PUT, [name, value]).map(drop)
}

/// Takes a decision back, if there is one.
pub fn delete(tx: &Writing<'_>, name: &str) -> Result<(), Error> {
    tx.execute(DELETE, [name]).map(drop)
}
