//! The audit log: a chain of entries to which others are added, and whose beginning may be taken away. The database itself refuses
//! everything else (migration 9).

use crate::statements::statements;
use crate::{Error, Reading, Writing, system_data};
use model::audit::{End, Entry, Link, Outcome, Query, Repeated};
use model::timestamp::Timestamp;
use rusqlite::{Row, params};
use std::net::IpAddr;

statements! {
    HEAD = "SELECT seq, hash FROM audit_entries ORDER BY seq DESC LIMIT 1";
    ADD = "INSERT INTO audit_entries (seq, at, outcome, action, who, credential, address, registry, repository, target,
            rule, detail, request, count, since, previous, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
    FIRST = "SELECT * FROM audit_entries WHERE seq > $1 AND ($2 IS NULL OR at >= $2) AND ($3 IS NULL OR at < $3)
            AND ($4 IS NULL OR lower(who) = lower($4)) AND ($5 IS NULL OR lower(registry) = lower($5))
            AND ($6 IS NULL OR repository = $6) AND ($7 IS NULL OR action LIKE $7 ESCAPE '\\')
            AND ($8 IS NULL OR outcome = $8) AND ($9 IS NULL OR request = $9)
        ORDER BY seq LIMIT $10";
    LAST = "SELECT * FROM audit_entries WHERE seq > $1 AND ($2 IS NULL OR at >= $2) AND ($3 IS NULL OR at < $3)
            AND ($4 IS NULL OR lower(who) = lower($4)) AND ($5 IS NULL OR lower(registry) = lower($5))
            AND ($6 IS NULL OR repository = $6) AND ($7 IS NULL OR action LIKE $7 ESCAPE '\\')
            AND ($8 IS NULL OR outcome = $8) AND ($9 IS NULL OR request = $9)
        ORDER BY seq DESC LIMIT $10";
    OLDEST = "SELECT seq, at FROM audit_entries ORDER BY seq LIMIT 1";
    NOT_BEFORE = "SELECT seq FROM audit_entries WHERE at >= $1 ORDER BY at, seq LIMIT 1";
    LINK = "SELECT seq, hash FROM audit_entries WHERE seq = $1";
    SET_PRUNED = "UPDATE audit_pruned SET seq = $1";
    PRUNE = "DELETE FROM audit_entries WHERE seq <= $1";
}

/// An entry as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its place in the chain.
    pub seq: i64,
    /// What it says.
    pub entry: Entry,
    /// The hash of the one before it.
    pub previous: [u8; 32],
    /// Its own, as it was reckoned when it was added.
    pub hash: [u8; 32],
}

/// The last entry; [`Link::START`] when there is none.
pub fn head(tx: &Reading<'_>) -> Result<Link, Error> {
    Ok(tx.find(HEAD, [], read_link)?.unwrap_or(Link::START))
}

/// Adds an entry behind `previous`, which is the head, as `link`.
pub fn add(tx: &Writing<'_>, entry: &Entry, previous: &Link, link: &Link) -> Result<(), Error> {
    let (count, since) = match &entry.repeated {
        Some(Repeated { count, since }) => (Some(i64::try_from(*count).unwrap_or(i64::MAX)), Some(since.as_micros())),
        None => (None, None),
    };
    let values = params![
        link.seq,
        entry.at.as_micros(),
        entry.outcome.as_str(),
        &*entry.action,
        entry.who,
        entry.credential,
        entry.address.map(|address| address.to_string()),
        entry.registry,
        entry.repository,
        entry.target,
        entry.rule,
        entry.detail,
        entry.request,
        count,
        since,
        previous.hash,
        link.hash,
    ];
    tx.execute(ADD, values).map(drop)
}

/// At most `items_max` of the entries that match, in the order of the chain.
pub fn list(tx: &Reading<'_>, query: &Query, end: End, items_max: usize) -> Result<Vec<Kept>, Error> {
    let action = query.action.as_deref().map(pattern);
    let values = params![
        query.after,
        query.since.map(Timestamp::as_micros),
        query.until.map(Timestamp::as_micros),
        query.who,
        query.registry,
        query.repository,
        action,
        query.outcome.map(Outcome::as_str),
        query.request,
        items_max,
    ];
    match end {
        End::First => tx.list(FIRST, values, read),
        End::Last => {
            let mut found = tx.list(LAST, values, read)?;
            found.reverse();
            Ok(found)
        }
    }
}

/// The place of the oldest entry, and when it was made; `None` when there is none.
pub fn oldest(tx: &Reading<'_>) -> Result<Option<(i64, Timestamp)>, Error> {
    tx.find(OLDEST, [], |row| Ok((row.get(0)?, system_data::timestamp(row, "at")?)))
}

/// The place of the entry that was made next after `horizon`; `None` when all are older.
pub fn first_not_before(tx: &Reading<'_>, horizon: Timestamp) -> Result<Option<i64>, Error> {
    tx.find(NOT_BEFORE, [horizon.as_micros()], |row| Ok(row.get(0)?))
}

/// An entry by its place.
pub fn find_link(tx: &Reading<'_>, seq: i64) -> Result<Option<Link>, Error> {
    tx.find(LINK, [seq], read_link)
}

/// Takes away the entries up to `through`, which is not the last one. How many.
pub fn prune(tx: &Writing<'_>, through: i64) -> Result<usize, Error> {
    tx.execute(SET_PRUNED, [through])?;
    tx.execute(PRUNE, [through])
}

/// What a text is part of, for LIKE.
fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for character in text.chars() {
        if matches!(character, '\\' | '%' | '_') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

fn read_link(row: &Row<'_>) -> Result<Link, Error> {
    Ok(Link { seq: row.get("seq")?, hash: read_hash(row, "hash")? })
}

fn read_hash(row: &Row<'_>, column: &str) -> Result<[u8; 32], Error> {
    Ok(row.get::<_, Vec<u8>>(column)?.try_into().unwrap_or_default())
}

/// What [`add`] would not have written gets a hash that nothing has, so that the entry is named.
fn read(row: &Row<'_>) -> Result<Kept, Error> {
    let outcome = Outcome::parse(&row.get::<_, String>("outcome")?);
    let address: Option<String> = row.get("address")?;
    let read_address = address.as_ref().and_then(|text| text.parse().ok());
    let (count, since): (Option<i64>, Option<i64>) = (row.get("count")?, row.get("since")?);
    let repeated = count.zip(since).map(|(count, since)| Repeated {
        count: u64::try_from(count).unwrap_or_default(),
        since: Timestamp::from_micros(since),
    });
    let is_ours = outcome.is_some()
        && read_address.map(|read: IpAddr| read.to_string()) == address
        && count.is_some() == since.is_some();
    Ok(Kept {
        seq: row.get("seq")?,
        entry: Entry {
            at: system_data::timestamp(row, "at")?,
            outcome: outcome.unwrap_or(Outcome::Refused),
            action: row.get::<_, String>("action")?.into(),
            who: row.get("who")?,
            credential: row.get("credential")?,
            address: read_address,
            registry: row.get("registry")?,
            repository: row.get("repository")?,
            target: row.get("target")?,
            rule: row.get("rule")?,
            detail: row.get("detail")?,
            request: row.get("request")?,
            repeated,
        },
        previous: read_hash(row, "previous")?,
        hash: if is_ours { read_hash(row, "hash")? } else { [0; 32] },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;
    use model::audit::actions;

    fn entry(number: i64) -> Entry {
        let who = Some(format!("token-{number}"));
        Entry { who, ..Entry::new(Timestamp::from_micros(number), Outcome::Allowed, actions::SIGN_IN) }
    }

    /// A chain of so many; the hashes are not looked at here.
    fn fill(tx: &Writing<'_>, entries: i64) -> Result<(), Error> {
        (1..=entries).try_for_each(|number| {
            let previous = head(tx)?;
            let hash = [u8::try_from(number).unwrap_or_default(); 32];
            add(tx, &entry(number), &previous, &Link { seq: number, hash })
        })
    }

    async fn store(folder: &tempfile::TempDir) -> Result<Store, Error> {
        let store = Store::open(&folder.path().join("metadata.sqlite3"), crate::Stay::Lasting)?;
        store.write(|tx| fill(tx, 5)).await?;
        Ok(store)
    }

    async fn run(store: &Store, sql: &'static str) -> Result<usize, Error> {
        store.write(move |tx| tx.execute(sql, [])).await
    }

    /// Also what would replace a row, which SQLite does not count as a delete.
    #[tokio::test]
    async fn the_database_only_adds_and_prunes() -> Result<(), Box<dyn std::error::Error>> {
        const COLUMNS: &str = "at, outcome, action, previous, hash";
        let folder = tempfile::tempdir()?;
        let store = store(&folder).await?;
        for (sql, expected) in [
            ("UPDATE audit_entries SET who = 'x' WHERE seq = 2", "never changed"),
            ("DELETE FROM audit_entries WHERE seq = 5", "only pruned"),
            ("DELETE FROM audit_entries", "only pruned"),
            ("UPDATE audit_pruned SET seq = 5", "never whole"),
            ("DELETE FROM audit_pruned", "not forgotten"),
            ("INSERT OR REPLACE INTO audit_entries SELECT * FROM audit_entries WHERE seq = 3", "must follow"),
        ] {
            let refused = run(&store, sql).await.err().map(|error| error.to_string());
            assert!(refused.as_ref().is_some_and(|message| message.contains(expected)), "{sql}: {refused:?}");
        }
        for (seq, previous) in [(7, 5), (6, 4)] {
            let sql = format!(
                "INSERT INTO audit_entries (seq, {COLUMNS}) SELECT {seq}, {COLUMNS} FROM audit_entries WHERE seq = {previous}"
            );
            let refused: Result<usize, Error> = store.write(move |tx| tx.execute(&sql, [])).await;
            assert!(refused.is_err(), "{seq} behind the one before {previous}");
        }
        assert_eq!(run(&store, "UPDATE audit_pruned SET seq = 2").await?, 1);
        assert_eq!(run(&store, "DELETE FROM audit_entries WHERE seq <= 2").await?, 2);
        assert!(run(&store, "UPDATE audit_pruned SET seq = 1").await.is_err(), "backwards");
        Ok(())
    }

    #[tokio::test]
    async fn entries_come_back_as_they_were() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let store = store(&folder).await?;
        let whole = Entry {
            credential: Some("password1".to_owned()),
            address: Some("2001:db8::1".parse()?),
            registry: Some("lnxcr".to_owned()),
            repository: Some("samples/hello".to_owned()),
            target: Some("v1".to_owned()),
            rule: Some("a\u{1b}b".to_owned()),
            detail: Some("ü".to_owned()),
            request: Some("r".to_owned()),
            repeated: Some(Repeated { count: 3, since: Timestamp::from_micros(2) }),
            ..entry(6)
        };
        let added = whole.clone();
        let listed = store.write::<_, Error, _>(move |tx| {
            let previous = head(tx)?;
            add(tx, &added, &previous, &Link { seq: 6, hash: [6; 32] })?;
            list(tx, &Query { after: 5, ..Query::default() }, End::First, 10)
        });
        assert_eq!(listed.await?, [Kept { seq: 6, entry: whole, previous: [5; 32], hash: [6; 32] }]);
        Ok(())
    }

    #[tokio::test]
    async fn what_was_changed_by_somebody_else_is_not_read_as_what_it_was() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let store = store(&folder).await?;
        run(&store, "DROP TRIGGER audit_entries_stay_as_they_are").await?;
        for (seq, set) in
            [(1, "outcome = 'Allowed'"), (2, "address = 'hidden'"), (3, "address = '::FFFF'"), (4, "count = 2")]
        {
            let change = format!("UPDATE audit_entries SET {set} WHERE seq = {seq}");
            let open = rusqlite::Connection::open(folder.path().join("metadata.sqlite3"))?;
            open.execute_batch(&format!("PRAGMA ignore_check_constraints = 1; {change}"))?;
        }
        let listed = store.read::<_, Error, _>(|tx| list(tx, &Query::default(), End::First, 10)).await?;
        let hashes: Vec<u8> = listed.iter().map(|kept| kept.hash[0]).collect();
        assert_eq!(hashes, [0, 0, 0, 0, 5]);
        Ok(())
    }

    #[tokio::test]
    async fn parts_and_ends() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let store = store(&folder).await?;
        let seen = async |query: Query, end| {
            let listed: Result<_, Error> = store.read(move |tx| list(tx, &query, end, 2)).await;
            listed.map(|listed| listed.iter().map(|kept| kept.seq).collect::<Vec<_>>())
        };
        assert_eq!(seen(Query::default(), End::First).await?, [1, 2]);
        assert_eq!(seen(Query { after: 2, ..Query::default() }, End::First).await?, [3, 4]);
        assert_eq!(seen(Query::default(), End::Last).await?, [4, 5]);
        let who = Some("TOKEN-3".to_owned());
        assert_eq!(seen(Query { who, ..Query::default() }, End::Last).await?, [3]);
        let action = Some("sign_n".to_owned());
        assert_eq!(seen(Query { action, ..Query::default() }, End::Last).await?, [] as [i64; 0], "no pattern");
        Ok(())
    }
}
