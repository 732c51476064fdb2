//! Where groups and registries say they are.

use crate::statements::statements;
use crate::{Error, Reading};

statements! {
    LIST = "SELECT location FROM resource_groups UNION SELECT location FROM registries ORDER BY 1 LIMIT $1";
}

/// The first `items_max` of the locations in use, each once, in the order of their names.
pub fn list(tx: &Reading<'_>, items_max: usize) -> Result<Vec<String>, Error> {
    tx.list(LIST, [items_max], |row| Ok(row.get(0)?))
}
