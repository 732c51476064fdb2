//! A counter that every change of registries, scope maps, tokens and their credentials advances: how a process learns that another one on
//! the same store changed what sign-ins are judged by.
//!
//! `PRAGMA data_version` would do too, but it also moves with every push of another process, and could then empty the memory of
//! tokens hundreds of times a second.

use crate::statements::statements;
use crate::{Error, Reading, Writing};

statements! {
    ADVANCE = "UPDATE management_version SET version = version + 1";
    GET = "SELECT version FROM management_version";
}

/// The version that this transaction sees. Equal versions mean equal facts.
pub fn get(tx: &Reading<'_>) -> Result<i64, Error> {
    tx.get(GET, [], |row| Ok(row.get(0)?))
}

pub(crate) fn advance(tx: &Writing<'_>) -> Result<(), Error> {
    tx.execute(ADVANCE, []).map(drop)
}
