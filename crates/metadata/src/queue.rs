//! What runs on the connections: threads that own one each, a few that read and one that writes, and reads in a caller's thread.
//!
//! The writer commits in groups: whatever waits when it gets the lock goes into one transaction, each closure in a savepoint of
//! its own, so that one sync to the disk serves them all and a refused one takes nothing with it.

use crate::transaction::Hook;
use crate::{Error, Reading, Writing};
use rusqlite::Connection;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// At most this many closures share a commit, so that the first does not wait long for the last.
const GROUP_MAX: usize = 64;

/// A closure that reads and then answers its caller. `Err` when there is no transaction to read in.
pub(crate) type ReadJob = Box<dyn FnOnce(Result<&Reading<'_>, Error>) + Send>;

/// A closure that writes. `Err` when there is no transaction to write in.
pub(crate) type WriteJob = Box<dyn FnOnce(Result<&Writing<'_>, Error>) -> Written + Send>;

/// Answers a caller, once it is known whether the commit was made.
pub(crate) type Answer = Box<dyn FnOnce(Result<(), Error>) + Send>;

/// What a closure left behind.
pub(crate) struct Written {
    /// Whether what it wrote is wanted.
    pub(crate) keep: bool,
    /// Tells the caller.
    pub(crate) answer: Answer,
}

/// Runs reads until the store is dropped. Several threads share one queue.
pub(crate) fn read(db: &Connection, jobs: &Arc<Mutex<mpsc::Receiver<ReadJob>>>) {
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(job) = next else { return };
        match begin(db) {
            Ok(_) => job(Ok(&Reading::new(db))),
            Err(error) => job(Err(error.into())),
        }
        end(db, "COMMIT");
    }
}

/// Runs a read; `None` when it would have to wait for another process's lock.
pub(crate) fn read_at_once<T>(db: &Connection, read: impl FnOnce(&Reading<'_>) -> T) -> Option<T> {
    begin(db).ok()?;
    let tx = Reading::new(db);
    let result = read(&tx);
    end(db, "COMMIT");
    (!tx.is_busy()).then_some(result)
}

fn begin(db: &Connection) -> rusqlite::Result<usize> {
    db.prepare_cached("BEGIN")?.execute([])
}

/// Runs writes until the store is dropped.
pub(crate) fn write(db: &Connection, mut jobs: mpsc::Receiver<WriteJob>) {
    while let Some(first) = jobs.blocking_recv() {
        if let Err(error) = db.execute_batch("BEGIN IMMEDIATE") {
            refuse(first, &mut jobs, &error.into());
            continue;
        }
        let mut group = Group::default();
        let mut next = Some(first);
        while let Some(job) = next {
            group.run(db, job);
            let full = group.answers.len() >= GROUP_MAX || group.undone.is_some();
            next = if full { None } else { jobs.try_recv().ok() };
        }
        group.commit(db);
    }
}

/// Tells everybody who waits, instead of letting each wait out the lock's time in turn.
fn refuse(first: WriteJob, jobs: &mut mpsc::Receiver<WriteJob>, error: &Error) {
    let waiting = jobs.len();
    let others = std::iter::from_fn(|| jobs.try_recv().ok()).take(waiting);
    for job in std::iter::once(first).chain(others) {
        (job(Err(error.clone())).answer)(Err(error.clone()));
    }
}

/// The closures that share a commit.
#[derive(Default)]
struct Group {
    answers: Vec<Answer>,
    hooks: Vec<Hook>,
    /// Why SQLite itself ended the transaction, as it may on a full disk or a failed read: nothing in it is left.
    undone: Option<Error>,
}

impl Group {
    fn run(&mut self, db: &Connection, job: WriteJob) {
        let writing = Writing::new(db);
        let written = match db.execute_batch("SAVEPOINT one") {
            Ok(()) => job(Ok(&writing)),
            Err(error) => job(Err(error.into())),
        };
        self.answers.push(written.answer);
        let how = if written.keep { "RELEASE one" } else { "ROLLBACK TO one; RELEASE one" };
        if db.execute_batch(how).is_err() || db.is_autocommit() {
            self.undone = Some(writing.cause());
        }
        if written.keep {
            self.hooks.extend(writing.into_hooks());
        }
    }

    fn commit(self, db: &Connection) {
        let result = match self.undone {
            Some(cause) => Err(cause),
            None => db.execute_batch("COMMIT").map_err(Error::from),
        };
        end(db, "ROLLBACK");
        for hook in self.hooks {
            hook();
        }
        for answer in self.answers {
            answer(result.clone());
        }
    }
}

/// Ends the transaction, if one is open.
fn end(db: &Connection, how: &str) {
    if !db.is_autocommit()
        && let Err(error) = db.prepare_cached(how).and_then(|mut ending| ending.execute([]))
    {
        tracing::error!(%error, "a transaction could not be ended: {error}");
    }
}
