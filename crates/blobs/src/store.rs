//! The store of bytes: its folders, its blobs, and the uploads that are to become blobs.

use crate::paths::Paths;
use crate::upload::{self, Hashed, in_background, unknown_if_missing};
use crate::{Appended, Blob, Error, UploadId, folders};
use bytes::Bytes;
use futures_util::Stream;
use model::digest::Digest;
use model::timestamp::Timestamp;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::UNIX_EPOCH;

/// Of how many uploads the state of the hash is kept, about 250 bytes each. Of the others, bytes are read back once more.
const HASHED_UPLOADS_MAX: usize = 10_000;

/// Blobs and uploads below one data folder. Cheap to clone; several processes may have the same folder open.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) paths: Paths,
    pub(crate) blob_bytes_max: u64,
    hashed: Mutex<HashMap<UploadId, Hashed>>,
    /// Whether this process made the store's own folders, or found and synced them.
    settled: Mutex<bool>,
    /// Folders of blobs of which the same is so.
    neighbourhoods: Mutex<HashSet<PathBuf>>,
}

/// An upload that nothing was written to for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestingUpload {
    /// Its id.
    pub id: UploadId,
    /// When bytes came last, by the clock of the file system.
    pub modified_at: Timestamp,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.inner.paths).finish()
    }
}

impl Store {
    /// Opens the store below the folder `data`, which is made when it is not there. Blocks for a moment.
    ///
    /// Whoever only reads, or touches no blob, waits for no disk where everything is there: each folder is made after those before it
    /// were synced, so that only the last may be known to this machine's memory alone, and it is synced before the first blob is kept.
    ///
    /// `blob_bytes_max` is the size that no blob may exceed. Errors: `Unusable` when a folder of the store is a link; `Full`.
    pub fn open(data: &Path, blob_bytes_max: u64) -> Result<Self, Error> {
        let (paths, settled) = (Paths::new(data), Mutex::default());
        let (hashed, neighbourhoods) = (Mutex::default(), Mutex::default());
        let inner = Inner { paths, blob_bytes_max, hashed, settled, neighbourhoods };
        for folder in inner.paths.folders() {
            if !folders::is_there(&folder)? {
                inner.settle()?;
                break;
            }
        }
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Opens a whole blob; `None` when it is not here.
    pub async fn open_blob(&self, digest: &Digest) -> Result<Option<Blob>, Error> {
        let path = self.inner.paths.blob(digest);
        in_background(move || match File::open(path) {
            Ok(file) => Ok(Some(Blob::new(file)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        })
        .await
    }

    /// Begins an upload of no bytes. An id is never used twice.
    pub async fn start_upload(&self, id: &UploadId) -> Result<(), Error> {
        let path = self.inner.paths.upload(id);
        in_background(move || {
            OpenOptions::new().append(true).create_new(true).open(path)?;
            Ok(())
        })
        .await
    }

    /// Bytes received so far. Errors: `UploadUnknown`.
    pub async fn upload_length(&self, id: &UploadId) -> Result<u64, Error> {
        let path = self.inner.paths.upload(id);
        in_background(move || Ok(fs::metadata(path).map_err(unknown_if_missing)?.len())).await
    }

    /// Appends all bytes of `body`, which begin at byte `at` of the upload when that is given.
    ///
    /// They are hashed as they arrive and are not durable before [`Appended::finish`].
    ///
    /// Errors: `UploadUnknown`; `UploadBusy`; `OutOfOrder`; `Interrupted`, which keeps what arrived; `TooLarge`, which ends the
    /// upload; `Full`, which takes back what this call appended. When nobody waits for the result any more, what arrived is kept
    /// but for the last batch.
    pub async fn append<S, E>(&self, id: &UploadId, at: Option<u64>, body: S) -> Result<Appended, Error>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin,
        E: fmt::Display,
    {
        upload::append(Arc::clone(&self.inner), id.clone(), at, body).await
    }

    /// Ends an upload and frees its bytes. Errors: `UploadUnknown`, `UploadBusy`.
    pub async fn cancel_upload(&self, id: &UploadId) -> Result<(), Error> {
        let (inner, id) = (Arc::clone(&self.inner), id.clone());
        in_background(move || upload::cancel(&inner, &id)).await
    }

    /// At most `items_max` uploads to which nothing was written since `before`, in no order. Whether they are to go is the
    /// caller's to decide.
    pub async fn list_resting_uploads(&self, before: Timestamp, items_max: usize) -> Result<Vec<RestingUpload>, Error> {
        let uploads = self.inner.paths.uploads();
        in_background(move || {
            let resting = fs::read_dir(uploads)?.filter_map(|entry| resting_upload(&entry.ok()?));
            Ok(resting.filter(|upload| upload.modified_at < before).take(items_max).collect())
        })
        .await
    }
}

/// `None` for a file that is not an upload's, or was just finished.
fn resting_upload(entry: &fs::DirEntry) -> Option<RestingUpload> {
    let id = UploadId::parse(entry.file_name().to_str()?).ok()?;
    let modified = entry.metadata().ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(RestingUpload { id, modified_at: Timestamp::from_micros(i64::try_from(modified.as_micros()).ok()?) })
}

impl Inner {
    /// Takes out what is known of the hash of an upload.
    pub(crate) fn recall(&self, id: &UploadId) -> Option<Hashed> {
        locked(&self.hashed).remove(id)
    }

    /// Keeps what is known of the hash of an upload; another's is forgotten when there are too many.
    pub(crate) fn remember(&self, id: UploadId, hashed: Hashed) {
        let mut known = locked(&self.hashed);
        if known.len() >= HASHED_UPLOADS_MAX
            && let Some(forgotten) = known.keys().next().cloned()
        {
            known.remove(&forgotten);
        }
        known.insert(id, hashed);
    }

    /// Makes the store's own folders, durably, unless this process has done so before. Blocks.
    fn settle(&self) -> Result<(), Error> {
        let mut settled = locked(&self.settled);
        if !*settled {
            folders::make_with_parents(self.paths.data())?;
            for folder in self.paths.folders() {
                folders::make(&folder)?;
            }
            *settled = true;
        }
        Ok(())
    }

    /// Makes a folder of blobs, durably, unless this process has done so before. Blocks.
    pub(crate) fn make_neighbourhood(&self, folder: &Path) -> Result<(), Error> {
        self.settle()?;
        if locked(&self.neighbourhoods).contains(folder) {
            return Ok(());
        }
        folders::make(folder)?;
        locked(&self.neighbourhoods).insert(folder.to_owned());
        Ok(())
    }
}

/// A panic elsewhere leaves these maps whole: each change is one call.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
