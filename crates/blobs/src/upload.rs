//! One upload in use: locked against everybody else, appended to, and at last turned into a blob.
//!
//! The length of an upload never shrinks below what an earlier use left, so the hash of its first bytes stays right whoever
//! appended the others: hashing goes on from there, and no byte is read back but after a restart or a change of process.

use crate::store::Inner;
use crate::{Error, UploadId, folders, gates};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use model::digest::{Digest, DigestAlgorithm, DigestHasher};
use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, IoSlice, Read, Seek, SeekFrom, Write};
use std::sync::Arc;
use tokio::task::{JoinHandle, spawn_blocking};

/// How many bytes are gathered before they are written and hashed in one go, while the next are gathered: the hand-over to
/// another thread costs about 15 µs, the hashing of 512 KiB about 300 µs.
const BATCH_BYTES: usize = 512 << 10;

/// A batch has at most this many pieces, so that a stream of single bytes does not take many times its size in memory.
const BATCH_PIECES_MAX: usize = 256;

/// How much is read at once when bytes must be hashed from the file.
const REHASH_BYTES: usize = 1 << 20;

/// An upload to which a whole stream was appended. Nobody else can use the upload until this is dropped.
#[derive(Debug)]
pub struct Appended {
    session: Session,
}

impl Appended {
    /// Bytes received so far.
    pub fn length_bytes(&self) -> u64 {
        self.session.length_bytes
    }

    /// Makes the upload a blob, and the upload is gone. The blob is durable when this returns.
    ///
    /// Runs to its end even when nobody waits for it any more. Errors: `DigestMismatch`, which ends the upload too; `UploadUnknown`, when the
    /// file was taken away meanwhile; `Full` and `Io`, which end it when they come of the sync.
    pub async fn finish(self, digest: &Digest) -> Result<Kept, Unfinished> {
        let digest = digest.clone();
        let finished = in_background(move || Ok(self.session.finish(&digest))).await;
        finished.unwrap_or_else(|error| Err(Unfinished { error, is_over: false }))
    }
}

/// An upload that did not become a blob.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct Unfinished {
    /// Why.
    pub error: Error,
    /// Whether nobody can go on with it.
    pub is_over: bool,
}

impl From<Unfinished> for Error {
    fn from(unfinished: Unfinished) -> Self {
        unfinished.error
    }
}

/// A blob that was just kept. Until this is dropped nobody removes it, so it is dropped when the metadata says who holds it.
#[derive(Debug)]
pub struct Kept {
    size_bytes: u64,
    _gate: gates::Shared,
}

impl Kept {
    /// Its size in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }
}

/// How far an upload is hashed: its first bytes, never more than there are.
#[derive(Debug, Clone)]
pub(crate) struct Hashed {
    pub(crate) bytes: u64,
    pub(crate) hasher: DigestHasher,
}

impl Default for Hashed {
    fn default() -> Self {
        Self::new(DigestAlgorithm::Sha256)
    }
}

impl Hashed {
    pub(crate) fn new(algorithm: DigestAlgorithm) -> Self {
        Self { bytes: 0, hasher: DigestHasher::new(algorithm) }
    }

    fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
    }
}

/// An upload, locked. What it knows of the hash goes back to the store when it is dropped.
pub(crate) struct Session {
    store: Arc<Inner>,
    id: UploadId,
    /// Holds the lock.
    file: File,
    length_bytes: u64,
    hashed: Hashed,
    /// How long the upload was, and the hash of that, when this use began.
    began: Hashed,
    gone: bool,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id)
            .field("length_bytes", &self.length_bytes)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Locks the upload, and reads back what this process has not hashed yet. Blocks.
    fn open(store: Arc<Inner>, id: UploadId, at: Option<u64>) -> Result<Self, Error> {
        let file = lock(&store, &id)?;
        if store.is_barred(&id) {
            return Err(Error::UploadUnknown);
        }
        let length_bytes = file.metadata()?.len();
        if at.is_some_and(|at| at != length_bytes) {
            return Err(Error::OutOfOrder { offset: length_bytes });
        }
        let hashed = store.recall(&id).filter(|hashed| hashed.bytes <= length_bytes).unwrap_or_default();
        let mut session = Self { store, id, file, length_bytes, hashed, began: Hashed::default(), gone: false };
        hash_file(&mut session.file, &mut session.hashed, &|_| ())?;
        session.began = session.hashed.clone();
        Ok(session)
    }

    /// Appends all of `body`, writing one batch while the next arrives.
    async fn take_in<S, E>(self, mut body: S) -> Result<Self, Error>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
        E: fmt::Display,
    {
        let mut session = self;
        let mut batch = Batch::gather(&mut body).await;
        loop {
            let Batch { pieces, end } = batch;
            let writing = spawn_blocking(move || session.write(&pieces));
            match end {
                None => {
                    batch = Batch::gather(&mut body).await;
                    session = join(writing).await?;
                }
                Some(End::Complete) => return join(writing).await,
                Some(End::Interrupted(cause)) => {
                    join(writing).await?;
                    return Err(Error::Interrupted(cause));
                }
            }
        }
    }

    /// Appends `pieces`. Blocks.
    fn write(mut self, pieces: &[Bytes]) -> Result<Self, Error> {
        let length_bytes = pieces.iter().fold(self.length_bytes, |sum, piece| sum.saturating_add(piece.len() as u64));
        if length_bytes > self.store.blob_bytes_max {
            self.end();
            return Err(Error::TooLarge { bytes_max: self.store.blob_bytes_max });
        }
        if let Err(error) = write_all(&mut self.file, pieces) {
            self.take_back();
            return Err(error.into());
        }
        pieces.iter().for_each(|piece| self.hashed.update(piece));
        self.length_bytes = length_bytes;
        Ok(self)
    }

    /// Gives back the room of what this use appended: on a full disk others need it, and the client sends it again.
    fn take_back(&mut self) {
        self.hashed = self.began.clone();
        if let Err(error) = self.file.set_len(self.began.bytes) {
            tracing::warn!(upload = %self.id, %error, "an upload could not be cut back after a failed write");
        }
    }

    fn finish(mut self, digest: &Digest) -> Result<Kept, Unfinished> {
        match self.try_finish(digest) {
            Ok(gate) => Ok(Kept { size_bytes: self.length_bytes, _gate: gate }),
            Err(error) => Err(Unfinished { error, is_over: self.gone }),
        }
    }

    fn try_finish(&mut self, digest: &Digest) -> Result<gates::Shared, Error> {
        let actual = match digest.algorithm() {
            DigestAlgorithm::Sha256 => self.hashed.hasher.clone().finish(),
            other => {
                let mut hashed = Hashed::new(other);
                hash_file(&mut self.file, &mut hashed, &|_| ())?;
                hashed.hasher.finish()
            }
        };
        if actual != *digest {
            self.end();
            return Err(Error::DigestMismatch { claimed: digest.clone(), actual });
        }
        // Before the gate, in which nothing is written to the disk but names.
        if let Err(error) = self.file.sync_all() {
            // The next sync would say that all is well, and write nothing: Linux takes the pages for written (fsync(2)).
            self.end();
            return Err(error.into());
        }
        let gate = gates::enter(&self.store, digest)?;
        self.keep(digest)?;
        Ok(gate)
    }

    /// Puts the file where blobs are. The bytes were synced before they get the name, and the name is before anybody is told, so that a crash
    /// leaves a whole blob or none.
    ///
    /// A file that has the name already is replaced: nobody knows whether its bytes are still what they were, and of these one does.
    fn keep(&mut self, digest: &Digest) -> Result<(), Error> {
        let paths = &self.store.paths;
        let (upload, blob, neighbourhood) = (paths.upload(&self.id), paths.blob(digest), paths.neighbourhood(digest));
        let uploads = paths.uploads();
        self.store.make_neighbourhood(&neighbourhood)?;
        fs::rename(&upload, &blob).map_err(unknown_if_missing)?;
        self.gone = true;
        folders::sync(&neighbourhood)?;
        folders::sync(&uploads)?;
        Ok(())
    }

    /// Ends the upload, also where the disk does not let go of the file: nobody may finish it later, when the disk says again that all is well.
    /// This process remembers that, and for others the file is emptied, if the disk does that at least.
    fn end(&mut self) {
        self.gone = true;
        match fs::remove_file(self.store.paths.upload(&self.id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                self.store.bar(self.id.clone());
                let cut = self.file.set_len(0);
                tracing::warn!(upload = %self.id, %error, is_emptied = cut.is_ok(), "an upload that is over cannot be removed");
            }
            _ => {}
        }
    }
}

impl Drop for Session {
    // The lock is released after this, with the file.
    fn drop(&mut self) {
        if !self.gone {
            self.store.remember(self.id.clone(), self.hashed.clone());
        }
    }
}

/// Appends `body` to an upload; see [`crate::Store::append`].
pub(crate) async fn append<S, E>(store: Arc<Inner>, id: UploadId, at: Option<u64>, body: S) -> Result<Appended, Error>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: fmt::Display,
{
    let session = in_background(move || Session::open(store, id, at)).await?;
    Ok(Appended { session: session.take_in(body).await? })
}

/// Ends an upload that nobody uses. Blocks.
pub(crate) fn cancel(store: &Inner, id: &UploadId) -> Result<(), Error> {
    let _locked = lock(store, id)?;
    fs::remove_file(store.paths.upload(id)).map_err(unknown_if_missing)?;
    store.recall(id);
    Ok(())
}

fn lock(store: &Inner, id: &UploadId) -> Result<File, Error> {
    let path = store.paths.upload(id);
    let file = OpenOptions::new().read(true).append(true).open(&path).map_err(unknown_if_missing)?;
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => Error::UploadBusy,
        TryLockError::Error(error) => error.into(),
    })?;
    // Whoever held the lock a moment ago may have finished the upload. Ids are never used twice, so the name decides.
    if path.try_exists()? { Ok(file) } else { Err(Error::UploadUnknown) }
}

pub(crate) fn unknown_if_missing(error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::NotFound { Error::UploadUnknown } else { error.into() }
}

/// Runs what blocks where it may. It runs to its end even when nobody waits for it any more.
pub(crate) async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    join(spawn_blocking(work)).await
}

async fn join<T>(running: JoinHandle<Result<T, Error>>) -> Result<T, Error> {
    running.await.map_err(|error| Error::Io(io::Error::other(error)))?
}

/// Pieces of a stream, to be written together.
struct Batch {
    pieces: Vec<Bytes>,
    /// `None` when more may follow.
    end: Option<End>,
}

enum End {
    Complete,
    Interrupted(String),
}

impl Batch {
    async fn gather<S, E>(body: &mut S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
        E: fmt::Display,
    {
        let (mut pieces, mut gathered_bytes) = (Vec::new(), 0);
        while gathered_bytes < BATCH_BYTES && pieces.len() < BATCH_PIECES_MAX {
            match body.next().await {
                Some(Ok(piece)) if piece.is_empty() => {}
                Some(Ok(piece)) => {
                    gathered_bytes += piece.len();
                    pieces.push(piece);
                }
                Some(Err(cause)) => return Self { pieces, end: Some(End::Interrupted(cause.to_string())) },
                None => return Self { pieces, end: Some(End::Complete) },
            }
        }
        Self { pieces, end: None }
    }
}

fn write_all(file: &mut File, pieces: &[Bytes]) -> io::Result<()> {
    let mut slices: Vec<IoSlice<'_>> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
    let mut rest = slices.as_mut_slice();
    while !rest.is_empty() {
        match file.write_vectored(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut rest, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Hashes what follows the bytes that are hashed already, to the end of the file. `seen` is told of every piece how many bytes it had.
pub(crate) fn hash_file(file: &mut File, hashed: &mut Hashed, seen: &dyn Fn(u64)) -> io::Result<()> {
    if hashed.bytes == file.metadata()?.len() {
        return Ok(());
    }
    file.seek(SeekFrom::Start(hashed.bytes))?;
    let mut buffer = vec![0; REHASH_BYTES];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => {
                hashed.update(buffer.get(..read).unwrap_or_default());
                seen(read as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
