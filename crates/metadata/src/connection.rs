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

/// What a brief stay leaves in the write-ahead log for the next: some ten commands share the two syncs of taking it into the database,
/// and reading it at the next opening stays under a millisecond.
const BRIEF_LOG_BYTES_MAX: i64 = 512 << 10;

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
    // Without it SQLite plans a statement anew whenever a value that could have chosen its plan was bound since, which is at each use:
    // four times what finding a row costs.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.pragma_update(None, "trusted_schema", false)?;
    let log_bytes_max = match stay {
        Stay::Brief => {
            db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            BRIEF_LOG_BYTES_MAX
        }
        Stay::Lasting => JOURNAL_BYTES_MAX,
    };
    db.pragma_update_and_check(None, "journal_size_limit", log_bytes_max, |_| Ok(()))?;
    Ok(db)
}

/// Takes the write-ahead log into the database when those before left much of it; the next commit then begins it anew, and cuts it to its
/// limit. Waits for nobody who reads or writes.
pub(crate) fn shorten_log(db: &Connection, path: &Path) -> Result<(), Error> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let length = std::fs::metadata(log).map_or(0, |about| about.len());
    if i64::try_from(length).is_ok_and(|length| length <= BRIEF_LOG_BYTES_MAX) {
        return Ok(());
    }
    Ok(db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?)
}

/// Opens a connection that cannot write.
pub(crate) fn open_for_reading(path: &Path, stay: Stay) -> Result<Connection, Error> {
    let db = open(path, stay)?;
    db.pragma_update(None, "query_only", true)?;
    Ok(db)
}

/// Opens a connection that cannot write and waits for nobody.
pub(crate) fn open_near(path: &Path, stay: Stay) -> Result<Connection, Error> {
    let db = open_for_reading(path, stay)?;
    db.busy_timeout(Duration::ZERO)?;
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
        brief.execute_batch("CREATE TABLE a (x TEXT) STRICT; INSERT INTO a VALUES ('7')")?;
        drop(brief);
        assert!(log.exists(), "closing has taken the log into the database");
        let lasting = open(&path, Stay::Lasting)?;
        assert_eq!(lasting.query_row("SELECT x FROM a", [], |row| row.get::<_, String>(0))?, "7");
        drop(lasting);
        assert!(!log.exists(), "a server leaves one file");
        Ok(())
    }

    #[test]
    fn brief_stays_do_not_pile_up_a_log() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let (path, log) = (folder.path().join("metadata.sqlite3"), folder.path().join("metadata.sqlite3-wal"));
        open(&path, Stay::Brief)?.execute_batch("CREATE TABLE a (x TEXT) STRICT")?;
        let write = "INSERT INTO a VALUES (printf('%.*c', 40000, 'x'))";
        let bytes_max = u64::try_from(BRIEF_LOG_BYTES_MAX)?;
        for _ in 0..100 {
            let brief = open(&path, Stay::Brief)?;
            shorten_log(&brief, &path)?;
            brief.execute_batch(write)?;
            assert!(std::fs::metadata(&log)?.len() < bytes_max + 100_000);
        }
        let count: i64 = open(&path, Stay::Brief)?.query_row("SELECT count(*) FROM a", [], |row| row.get(0))?;
        assert_eq!(count, 100);
        Ok(())
    }
}
