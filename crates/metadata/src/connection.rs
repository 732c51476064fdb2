//! One connection to the database file, set up the way all of them are.

use crate::{Error, Stay};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::path::Path;
use std::time::Duration;

/// 3.7.0 to 3.51.2 can lose pages of the write-ahead log when two connections write and checkpoint at once
/// (dependencies.md, T2).
const SQLITE_VERSION_MIN: i32 = 3_051_003;

/// How long a connection waits for another process's lock before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Above the number of statements in this crate, so that none is prepared twice.
const STATEMENT_CACHE: usize = 256;

/// The write-ahead log is cut back to this many bytes after a checkpoint: a burst of pushes must not hold the space for ever.
const JOURNAL_BYTES_MAX: i64 = 64 << 20;

/// A brief stay takes the write-ahead log into the database once it has this many pages, half a megabyte: some ten commands share the
/// two syncs of that, and reading the log at the next opening stays under a millisecond.
const BRIEF_CHECKPOINT_PAGES: i64 = 128;

/// Refuses an SQLite that is known to lose data.
pub(crate) fn check_version() -> Result<(), Error> {
    if rusqlite::version_number() >= SQLITE_VERSION_MIN {
        return Ok(());
    }
    Err(Error::Unusable(format!(
        "SQLite {} can lose data with several writers; build with 3.51.3 or later",
        rusqlite::version()
    )))
}

/// Opens a connection that may write.
pub(crate) fn open(path: &Path, stay: Stay) -> Result<Connection, Error> {
    let db = Connection::open(path)?;
    db.busy_timeout(BUSY_TIMEOUT)?;
    db.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    let mode: String = db.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        return Err(Error::Unusable(format!(
            "{}: the file system allows no write-ahead log (the journal mode stays '{mode}'); use a local disk",
            path.display()
        )));
    }
    // FULL: a commit is on the disk before it is acknowledged (decision D10).
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "trusted_schema", false)?;
    db.pragma_update_and_check(None, "journal_size_limit", JOURNAL_BYTES_MAX, |_| Ok(()))?;
    if stay == Stay::Brief {
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        db.pragma_update_and_check(None, "wal_autocheckpoint", BRIEF_CHECKPOINT_PAGES, |_| Ok(()))?;
    }
    Ok(db)
}

/// Opens a connection that cannot write.
pub(crate) fn open_for_reading(path: &Path, stay: Stay) -> Result<Connection, Error> {
    let db = open(path, stay)?;
    db.pragma_update(None, "query_only", true)?;
    Ok(db)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brief_stay_leaves_the_log_and_what_is_in_it_to_the_next() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let (path, log) = (folder.path().join("metadata.sqlite3"), folder.path().join("metadata.sqlite3-wal"));
        let brief = open(&path, Stay::Brief)?;
        let pages: i64 = brief.query_row("PRAGMA wal_autocheckpoint", [], |row| row.get(0))?;
        assert_eq!(pages, BRIEF_CHECKPOINT_PAGES);
        brief.execute_batch("CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (7)")?;
        drop(brief);
        assert!(log.exists(), "closing has taken the log into the database");
        let lasting = open(&path, Stay::Lasting)?;
        assert_eq!(lasting.query_row("SELECT x FROM a", [], |row| row.get::<_, i64>(0))?, 7);
        drop(lasting);
        assert!(!log.exists(), "a server leaves one file");
        Ok(())
    }
}
