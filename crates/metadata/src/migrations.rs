//! Brings the tables to the form that this release knows. Numbered files, each run once, the SHA-256 of each recorded.

use crate::Error;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use sha2::{Digest, Sha256};

/// The migrations in order: number 1 is the first. A released file never changes again.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_first.sql"),
    include_str!("../migrations/0002_admin_user.sql"),
    include_str!("../migrations/0003_counts.sql"),
    include_str!("../migrations/0004_locks.sql"),
    include_str!("../migrations/0005_roles.sql"),
    include_str!("../migrations/0006_certificates.sql"),
    include_str!("../migrations/0007_operations.sql"),
    include_str!("../migrations/0008_anonymous_pull.sql"),
    include_str!("../migrations/0009_audit.sql"),
    include_str!("../migrations/0010_use.sql"),
    include_str!("../migrations/0011_collection.sql"),
    include_str!("../migrations/0012_retention.sql"),
    include_str!("../migrations/0013_retention_from.sql"),
];

const CREATE: &str = "CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, sha256 TEXT NOT NULL) STRICT";
const NEWEST: &str = "SELECT coalesce(max(number), 0) FROM migrations";
const FIND: &str = "SELECT sha256 FROM migrations WHERE number = $1";
const RECORD: &str = "INSERT INTO migrations (number, sha256) VALUES ($1, $2)";

/// Runs what is missing, in one transaction. A second process that starts at the same time waits and then finds nothing to do.
pub(crate) fn run(db: &mut Connection) -> Result<(), Error> {
    run_all(db, MIGRATIONS)
}

fn run_all(db: &mut Connection, migrations: &[&str]) -> Result<(), Error> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(CREATE)?;
    let newest: i64 = tx.query_row(NEWEST, [], |row| row.get(0))?;
    if usize::try_from(newest).map_or(true, |newest| newest > migrations.len()) {
        return Err(Error::Unusable(format!(
            "the metadata has the form {newest} of a newer release; this one knows {}: use the newer release, or restore a backup",
            migrations.len()
        )));
    }
    for (number, sql) in (1_i64..).zip(migrations) {
        run_one(&tx, number, sql)?;
    }
    Ok(tx.commit()?)
}

fn run_one(tx: &Transaction<'_>, number: i64, sql: &str) -> Result<(), Error> {
    let digest: String = Sha256::digest(sql.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let recorded: Option<String> = tx.query_row(FIND, [number], |row| row.get(0)).optional()?;
    match recorded {
        Some(recorded) if recorded == digest => Ok(()),
        Some(_) => Err(Error::Unusable(format!(
            "migration {number} of this release is not the one that made this metadata: use the release that did"
        ))),
        None => {
            tx.execute_batch(sql)?;
            tx.execute(RECORD, params![number, digest])?;
            tracing::info!(number, "the metadata was migrated to form {number}");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection;
    use std::path::Path;

    fn migrate(path: &Path, migrations: &[&str]) -> Result<(), Error> {
        run_all(&mut connection::open(path, crate::Stay::Lasting)?, migrations)
    }

    #[test]
    fn once_each_and_none_changed() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("metadata.sqlite3");
        let first = "CREATE TABLE a (x INTEGER) STRICT";
        migrate(&path, &[first])?;
        migrate(&path, &[first])?;
        migrate(&path, &[first, "CREATE TABLE b (x INTEGER) STRICT"])?;
        let refused = |migrations: &[&str]| migrate(&path, migrations).err().map(|error| error.to_string());
        assert!(refused(&[first]).is_some_and(|message| message.contains("newer release")));
        assert!(refused(&["CREATE TABLE c (x INTEGER)", ""]).is_some_and(|message| message.contains("migration 1")));
        Ok(())
    }

    /// What is there when it comes: tags in the order of their times, and manifests that begin to rest.
    #[test]
    fn the_twelfth_numbers_tags_that_are_there() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("metadata.sqlite3");
        migrate(&path, &MIGRATIONS[..11])?;
        let db = connection::open(&path, crate::Stay::Lasting)?;
        db.pragma_update(None, "foreign_keys", false)?;
        db.execute_batch(
            "INSERT INTO manifests (repository, digest, media_type, bytes, size_bytes, created_at) VALUES (1, 'd', 'm', x'', 0, 5);
             INSERT INTO tags (repository, name, digest, updated_at) VALUES
                (1, 'a', 'd', 30), (1, 'b', 'd', 10), (1, 'c', 'd', 30), (2, 'a', 'd', 20);",
        )?;
        drop(db);
        migrate(&path, MIGRATIONS)?;
        let db = connection::open(&path, crate::Stay::Lasting)?;
        let mut listed = db.prepare("SELECT repository || name || moved FROM tags ORDER BY repository, name")?;
        let listed: Vec<String> = listed.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        assert_eq!(listed, ["1a2", "1b1", "1c3", "2a1"]);
        let rests_since: i64 = db.query_row("SELECT rests_since FROM manifests", [], |row| row.get(0))?;
        assert!(rests_since > 1_000_000_000_000_000, "{rests_since}");
        Ok(())
    }

    #[test]
    fn a_broken_one_leaves_nothing() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("metadata.sqlite3");
        assert!(migrate(&path, &["CREATE TABLE a (x INTEGER) STRICT; CREATE TABLE a (x INTEGER) STRICT"]).is_err());
        migrate(&path, &["CREATE TABLE a (x INTEGER) STRICT"])?;
        Ok(())
    }
}
