//! Long-running operations of the management plane that have ended.

use crate::statements::statements;
use crate::{Error, Reading, Writing};
use model::operation_path::OperationPath;
use model::timestamp::Timestamp;
use rusqlite::params;

statements! {
    // Done once more under the same id, it lasts from then on.
    RECORD = "INSERT INTO operations (path_key, ended_at) VALUES ($1, $2)
        ON CONFLICT (path_key) DO UPDATE SET ended_at = excluded.ended_at";
    FIND = "SELECT 1 FROM operations WHERE path_key = $1 AND ended_at > $2";
    OLDEST = "SELECT min(ended_at) FROM operations";
    CLEAR = "DELETE FROM operations WHERE path_key IN
        (SELECT path_key FROM operations WHERE ended_at <= $1 ORDER BY ended_at LIMIT $2)";
}

/// Records that an operation ended, in the transaction that is its change.
pub fn record(tx: &Writing<'_>, path: &OperationPath, ended_at: Timestamp) -> Result<(), Error> {
    tx.execute(RECORD, params![path.key(), ended_at.as_micros()]).map(drop)
}

/// Whether an operation ended after `horizon`.
pub fn is_recorded(tx: &Reading<'_>, path: &OperationPath, horizon: Timestamp) -> Result<bool, Error> {
    Ok(tx.find(FIND, params![path.key(), horizon.as_micros()], |_| Ok(()))?.is_some())
}

/// Takes away at most `records_max` of those that ended at `horizon` or before, the oldest first. How many.
pub fn clear(tx: &Writing<'_>, horizon: Timestamp, records_max: usize) -> Result<usize, Error> {
    // Nearly always there is none, which is cheaper to see than to delete.
    let oldest: Option<i64> = tx.get(OLDEST, [], |row| Ok(row.get(0)?))?;
    if oldest.is_none_or(|oldest| oldest > horizon.as_micros()) {
        return Ok(0);
    }
    tx.execute(CLEAR, params![horizon.as_micros(), records_max])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Stay, Store};

    const RECORDS: i64 = 5;

    fn path(number: i64) -> OperationPath {
        OperationPath::status(&"/r/tokens/token2", &format!("token-{number}"))
    }

    #[tokio::test]
    async fn old_ones_go_a_few_at_a_time_and_the_oldest_first() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let store = Store::open(&folder.path().join("metadata.sqlite3"), Stay::Lasting)?;
        let at = Timestamp::from_micros;
        let seen = store.write::<_, Error, _>(move |tx| {
            (1..=RECORDS).try_for_each(|number| record(tx, &path(number), at(number)))?;
            // The first is done once more, and is the youngest from then on.
            record(tx, &path(1), at(RECORDS + 1))?;
            let cleared = [clear(tx, at(4), 2)?, clear(tx, at(4), 2)?, clear(tx, at(4), 2)?];
            let left =
                (1..=RECORDS).map(|number| is_recorded(tx, &path(number), at(0))).collect::<Result<Vec<_>, _>>()?;
            Ok((cleared, left, is_recorded(tx, &path(5), at(5))?))
        });
        assert_eq!(seen.await?, ([2, 1, 0], vec![true, false, false, false, true], false));
        Ok(())
    }
}
