//! The columns that say who made and last changed a resource, the same in every table that has them.

use crate::Error;
use model::caller::{Caller, CallerKind, SystemData};
use model::timestamp::Timestamp;
use rusqlite::Row;

const USER: &str = "user";
const APPLICATION: &str = "application";

/// The word that is stored for a kind of caller.
pub(crate) fn kind(caller: &Caller) -> &'static str {
    match caller.kind {
        CallerKind::User => USER,
        CallerKind::Application => APPLICATION,
    }
}

/// Reads the six columns; `None` where a resource of the system has none.
pub(crate) fn find(row: &Row<'_>) -> Result<Option<SystemData>, Error> {
    let made: Option<i64> = row.get("system_created_at")?;
    made.map(|_| read(row)).transpose()
}

/// Reads the six columns of a resource that always has them.
pub(crate) fn read(row: &Row<'_>) -> Result<SystemData, Error> {
    Ok(SystemData {
        created_by: caller(row.get("system_created_by")?, row.get_ref("system_created_by_kind")?.as_str())?,
        created_at: timestamp(row, "system_created_at")?,
        modified_by: caller(row.get("system_modified_by")?, row.get_ref("system_modified_by_kind")?.as_str())?,
        modified_at: timestamp(row, "system_modified_at")?,
    })
}

/// Reads who somebody was from the two columns that say it.
pub(crate) fn caller(name: String, kind: rusqlite::types::FromSqlResult<&str>) -> Result<Caller, Error> {
    let kind = match kind {
        Ok(USER) => CallerKind::User,
        Ok(APPLICATION) => CallerKind::Application,
        Ok(other) => return Err(Error::corrupt(format_args!("'{other}' is not a kind of caller"))),
        Err(error) => return Err(Error::corrupt(error)),
    };
    Ok(Caller { name, kind })
}

/// Reads a column of microseconds since the epoch.
pub(crate) fn timestamp(row: &Row<'_>, column: &str) -> Result<Timestamp, Error> {
    Ok(Timestamp::from_micros(row.get(column)?))
}

/// Reads such a column that may be null.
pub(crate) fn optional_timestamp(row: &Row<'_>, column: &str) -> Result<Option<Timestamp>, Error> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp::from_micros))
}
