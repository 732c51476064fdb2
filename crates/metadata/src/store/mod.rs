//! The store and its doors: [`Store::read`], [`Store::read_few`] and [`Store::write`].

use crate::queue::{self, ReadJob, WriteJob, Written};
use crate::{Error, Reading, Writing, connection, migrations};
use rusqlite::Connection;
use std::fs::{File, OpenOptions};
use std::io;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use tokio::sync::{mpsc, oneshot};

/// Threads of a server that read what is more than a few rows. More would only wait for each other on the disk's cache.
const READERS: usize = 3;

/// Connections of a server, at most, on which a few rows are read in the caller's own thread: as many callers at once as there are processors for.
/// Who finds none free goes to the threads that read. Each takes about a megabyte, and two more when it has read much.
const NEAR_CONNECTIONS_MAX: usize = 8;

/// Closures that wait in one queue; who comes later waits outside.
const QUEUE: usize = 1024;

/// How long a process means to stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stay {
    /// For one command, which does one thing after the other: one thread reads, and what is in the write-ahead log is left there, as
    /// durable as elsewhere, until there is enough of it.
    Brief,
    /// For as long as there is work.
    Lasting,
}

/// The metadata of one data folder. Its threads stop when it is dropped and what was queued is done.
pub struct Store {
    readers: mpsc::Sender<ReadJob>,
    writer: mpsc::Sender<WriteJob>,
    near: Vec<Mutex<Connection>>,
}

impl Store {
    /// Opens the file, making it and its tables where they are missing; several processes may have it open. Blocks.
    ///
    /// Errors: `Unusable` for tables of a newer release or a file system without shared memory; `Corrupt`; `Full`.
    pub fn open(path: &Path, stay: Stay) -> Result<Self, Error> {
        connection::check_version()?;
        let lock = lock(path)?;
        make(path)?;
        let mut writing = connection::open(path, stay)?;
        migrations::run(&mut writing)?;
        if stay == Stay::Brief {
            connection::shorten_log(&writing, path)?;
        }
        let (readers, near) = match stay {
            Stay::Brief => (1, 0),
            Stay::Lasting => {
                let processors = thread::available_parallelism().map_or(1, NonZero::get);
                (READERS, processors.min(NEAR_CONNECTIONS_MAX))
            }
        };
        let reading = (0..readers).map(|_| connection::open_for_reading(path, stay)).collect::<Result<Vec<_>, _>>()?;
        let near = (0..near).map(|_| connection::open_near(path, stay).map(Mutex::new)).collect::<Result<_, _>>()?;
        drop(lock);

        let (writer, jobs) = mpsc::channel(QUEUE);
        spawn("metadata-write", move || queue::write(&writing, jobs))?;
        let (readers, jobs) = mpsc::channel(QUEUE);
        let jobs = Arc::new(Mutex::new(jobs));
        for db in reading {
            let jobs = Arc::clone(&jobs);
            spawn("metadata-read", move || queue::read(&db, &jobs))?;
        }
        Ok(Self { readers, writer, near })
    }

    /// Runs `read` in a transaction that sees one instant, with every write that was answered before.
    pub async fn read<T, E, F>(&self, read: F) -> Result<T, E>
    where
        F: FnOnce(&Reading<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: ReadJob = Box::new(move |tx| {
            let result = tx.map_err(E::from).and_then(|tx| caught(|| read(tx)));
            // The caller may have gone.
            let _gone = answer.send(result);
        });
        self.readers.send(job).await.map_err(|_| Error::Stopped)?;
        answered.await.map_err(|_| Error::Stopped)?
    }

    /// As [`Store::read`], for a few rows that are found by their keys: in the caller's own thread where that need not wait for anything, because
    /// to wake another takes longer than they do. `read` is run again in another where it would have to.
    pub async fn read_few<T, E, F>(&self, read: F) -> Result<T, E>
    where
        F: Fn(&Reading<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match self.read_here(&read) {
            Some(result) => result,
            None => self.read(read).await,
        }
    }

    fn read_here<T, E: From<Error>>(&self, read: impl Fn(&Reading<'_>) -> Result<T, E>) -> Option<Result<T, E>> {
        let db = self.near.iter().find_map(|db| db.try_lock().ok())?;
        queue::read_at_once(&db, |tx| caught(|| read(tx)))
    }

    /// Runs `write` in a transaction and answers once it is on the disk. What it wrote is undone when it returns an error.
    ///
    /// It is run whether or not the caller goes on waiting.
    pub async fn write<T, E, F>(&self, write: F) -> Result<T, E>
    where
        F: FnOnce(&Writing<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: WriteJob = Box::new(move |tx| {
            let result = tx.map_err(E::from).and_then(|tx| caught(|| write(tx)));
            Written {
                keep: result.is_ok(),
                answer: Box::new(move |committed| {
                    // A refusal may rest on what a neighbour wrote, so it too counts only when that was committed.
                    let _gone = answer.send(committed.map_err(E::from).and(result));
                }),
            }
        });
        self.writer.send(job).await.map_err(|_| Error::Stopped)?;
        answered.await.map_err(|_| Error::Stopped)?
    }
}

/// Held while the file is set up: two processes that turn on the write-ahead log of a new file at once do not wait for each other,
/// whatever their time-out.
fn lock(path: &Path) -> Result<File, Error> {
    let path = path.with_extension("lock");
    let opened = private_file().create(true).truncate(false).open(&path);
    let locked = opened.and_then(|file| file.lock().map(|()| file));
    locked.map_err(|error| Error::Unusable(format!("{}: {error}", path.display())))
}

/// Makes the file that SQLite then opens, so that only its owner can read it. SQLite gives its journals the same rights.
///
/// A file that is there is not opened: closing it again would drop the locks that SQLite holds on it in this process
/// (sqlite.org/howtocorrupt.html, section 2.2).
fn make(path: &Path) -> Result<(), Error> {
    match private_file().create_new(true).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(Error::Unusable(format!("{}: {error}", path.display())))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

fn private_file() -> OpenOptions {
    let mut options = File::options();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A bug in one use case must not end the thread that all the others need.
fn caught<T, E: From<Error>>(run: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(Error::Undone.into()))
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    let spawned = thread::Builder::new().name(name.to_owned()).spawn(run);
    spawned
        .map(drop)
        .map_err(|error| Error::Unusable(format!("a thread for the metadata could not be started: {error}")))
}

#[cfg(test)]
mod tests;
