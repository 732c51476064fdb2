//! What a site decided once, at its first start, by name.

use crate::statements::statements;
use crate::{Error, Reading, Writing};

statements! {
    FIND = "SELECT value FROM settings WHERE name = $1";
    ADD = "INSERT INTO settings (name, value) VALUES ($1, $2)";
}

/// A site's tenant, a GUID.
pub const TENANT: &str = "tenant";
/// A site's subscription, a GUID.
pub const SUBSCRIPTION: &str = "subscription";

/// The value of a setting; `None` before it was decided.
pub fn find(tx: &Reading<'_>, name: &str) -> Result<Option<String>, Error> {
    tx.find(FIND, [name], |row| Ok(row.get(0)?))
}

/// Decides a setting for good. Fails when it was decided before.
pub fn add(tx: &Writing<'_>, name: &str, value: &str) -> Result<(), Error> {
    tx.execute(ADD, [name, value]).map(drop)
}
