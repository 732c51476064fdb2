//! The store of bytes: its folders, its blobs, and the uploads that are to become blobs.

use crate::paths::Paths;
use crate::upload::{self, Hashed, in_background, unknown_if_missing};
use crate::{
    Appended, Blob, BlobWalk, Condition, Error, Removal, UploadId, UploadWalk, at_hand, folders, verification,
};
use bytes::Bytes;
use futures_util::Stream;
use model::digest::Digest;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Of how many uploads the state of the hash is kept, about 250 bytes each. Of the others, bytes are read back once more.
const HASHED_UPLOADS_MAX: usize = 10_000;

/// Blobs and uploads below one data folder. Cheap to clone; several processes may have the same folder open.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) paths: Paths,
    pub(crate) blob_bytes_max: u64,
    hashed: Mutex<HashMap<UploadId, Hashed>>,
    /// Uploads that are over, and whose files a broken disk keeps: few, for it takes no new ones either.
    barred: Mutex<HashSet<UploadId>>,
    /// Whether this process made the store's own folders, or found and synced them.
    settled: Mutex<bool>,
    /// Folders of blobs of which the same is so.
    neighbourhoods: Mutex<HashSet<PathBuf>>,
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
        let (hashed, barred, neighbourhoods) = (Mutex::default(), Mutex::default(), Mutex::default());
        let inner = Inner { paths, blob_bytes_max, hashed, barred, settled, neighbourhoods };
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
        if let Some(blob) = at_hand::open(&path).and_then(Blob::at_hand) {
            return Ok(Some(blob));
        }
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

    /// Locks out whoever would begin to keep one of these blobs, as far as nobody keeps one just now; waits for nobody. `Full`.
    pub async fn begin_removal(&self, digests: Vec<Digest>) -> Result<Removal, Error> {
        Removal::begin(self.clone(), digests).await
    }

    /// Over the files of all blobs.
    pub fn walk_blobs(&self) -> BlobWalk {
        BlobWalk::new(self.clone())
    }

    /// Over the files of all uploads.
    pub async fn walk_uploads(&self) -> Result<UploadWalk, Error> {
        UploadWalk::begin(self.clone()).await
    }

    /// Where the blob's file is, or would be: for people.
    pub fn blob_file(&self, digest: &Digest) -> PathBuf {
        self.inner.paths.blob(digest)
    }

    /// Reads a blob to its end, and says whether it is what its digest says; `size_bytes` is what it should have. In constant memory.
    ///
    /// `seen` is told of every piece how many bytes it had. Errors: `Io`, for a bug alone.
    pub async fn verify_blob(
        &self,
        digest: &Digest,
        size_bytes: u64,
        seen: impl Fn(u64) + Send + 'static,
    ) -> Result<Condition, Error> {
        let (path, digest) = (self.inner.paths.blob(digest), digest.clone());
        in_background(move || Ok(verification::verify(&path, &digest, size_bytes, &seen))).await
    }
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

    /// Lets nobody in this process go on with the upload.
    pub(crate) fn bar(&self, id: UploadId) {
        locked(&self.barred).insert(id);
    }

    pub(crate) fn is_barred(&self, id: &UploadId) -> bool {
        locked(&self.barred).contains(id)
    }

    /// Makes the store's own folders, durably, unless this process has done so before. Blocks.
    pub(crate) fn settle(&self) -> Result<(), Error> {
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
