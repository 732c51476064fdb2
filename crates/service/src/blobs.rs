//! Blobs of repositories.

use crate::locks::Guard;
use crate::{Error, Service, limits};
use bytes::Bytes;
use futures_util::Stream;
use metadata::{blob_links, repositories};
use model::access::Permit;
use model::digest::Digest;
use model::locks::{Deed, Lock, Locks};
use model::operation::{DeleteBlob, ReadBlob, StartUpload};
use std::fmt;
use std::ops::Range;

/// What is known of a blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobInfo {
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size_bytes: u64,
}

/// A blob ready to be read.
pub struct OpenBlob {
    /// What is known of it.
    pub info: BlobInfo,
    blob: ::blobs::Blob,
}

impl fmt::Debug for OpenBlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenBlob").field("info", &self.info).finish_non_exhaustive()
    }
}

impl OpenBlob {
    /// The bytes of `range`, which lies within the blob.
    pub fn stream(self, range: Range<u64>) -> impl Stream<Item = std::io::Result<Bytes>> + Send + 'static {
        self.blob.stream(range)
    }
}

impl Service {
    /// Opens a blob that the repository holds. Errors: `BlobUnknown`, also when only other repositories hold it; `Locked`.
    pub async fn open_blob(&self, permit: &Permit<ReadBlob>) -> Result<OpenBlob, Error> {
        let ReadBlob { repository, digest } = permit.operation().clone();
        let Some((size_bytes, locks)) = self.find_blob(permit).await? else { return Err(Error::BlobUnknown(digest)) };
        if let Some(attribute) = locks.forbidding(Deed::Read) {
            let locked = Error::Locked(Lock { repository, reference: None, attribute });
            self.note_locked(permit, &locked);
            return Err(locked);
        }
        // Bytes that are lost or cut short are as good as none: told so, a client sends them again, which heals the store.
        match self.inner.blobs.open_blob(&digest).await? {
            Some(blob) if blob.size_bytes() == size_bytes => {
                Ok(OpenBlob { info: BlobInfo { digest, size_bytes }, blob })
            }
            damaged => {
                let found_bytes = damaged.map(|blob| blob.size_bytes());
                tracing::error!(
                    %repository, %digest, size_bytes, found_bytes,
                    "the bytes of blob {digest} are lost or cut short; push it again"
                );
                Err(Error::BlobUnknown(digest))
            }
        }
    }

    /// As [`Service::open_blob`], for a client that may push: told that the blob is there it will not send it, so from now on it rests anew, and
    /// is not collected before its manifest comes.
    pub async fn open_blob_for_push(
        &self,
        permit: &Permit<ReadBlob>,
        pusher: &Permit<StartUpload>,
    ) -> Result<OpenBlob, Error> {
        let (registry, now) = (pusher.registry(), self.inner.clock.now());
        let StartUpload { repository } = pusher.operation().clone();
        let digest = permit.operation().digest.clone();
        if repository == permit.operation().repository && registry == permit.registry() {
            let wanted = digest.clone();
            let idle = self.inner.metadata.read(move |tx| blob_links::find_idle(tx, registry, &repository, &wanted));
            // What a manifest needs is not collected, and rests anew when that is deleted.
            if let Some((repository, touched_at)) = idle.await?
                && now.since(touched_at) >= limits::BLOB_TOUCH_PRECISION
            {
                self.touch_blob(repository, digest, now).await?;
            }
        }
        // After that: what was collected in between is not there.
        self.open_blob(permit).await
    }

    /// Takes a blob out of the repository; other repositories keep it. Errors: `BlobUnknown`, `BlobInUse`, `Locked`.
    pub async fn delete_blob(&self, permit: &Permit<DeleteBlob>) -> Result<(), Error> {
        let (registry, DeleteBlob { repository: name, digest }) = (permit.registry(), permit.operation().clone());
        let deleted = self.carry_out(permit, None, move |tx| {
            let Some(repository) = repositories::find(tx, registry, &name)? else {
                return Err(Error::BlobUnknown(digest));
            };
            Guard::new(tx, repository, &name).check_repository(Deed::Delete)?;
            if !blob_links::contains(tx, repository, &digest)? {
                return Err(Error::BlobUnknown(digest));
            }
            if blob_links::is_needed(tx, repository, &digest)? {
                return Err(Error::BlobInUse(digest));
            }
            Ok(blob_links::delete(tx, repository, &digest).map(drop)?)
        });
        deleted.await
    }

    /// The size of a blob, if the permit's repository holds it, and the repository's locks.
    pub(crate) async fn find_blob(&self, permit: &Permit<ReadBlob>) -> Result<Option<(u64, Locks)>, Error> {
        let (registry, ReadBlob { repository, digest }) = (permit.registry(), permit.operation().clone());
        let found = self.inner.metadata.read_few(move |tx| blob_links::find_size(tx, registry, &repository, &digest));
        Ok(found.await?)
    }
}

impl From<::blobs::Error> for Error {
    fn from(error: ::blobs::Error) -> Self {
        match error {
            ::blobs::Error::UploadUnknown => Self::UploadUnknown,
            ::blobs::Error::UploadBusy => Self::UploadBusy,
            ::blobs::Error::OutOfOrder { offset } => Self::UploadOutOfOrder { offset },
            ::blobs::Error::TooLarge { .. } => Self::LimitReached(limits::BLOB_BYTES),
            ::blobs::Error::Interrupted(_) => Self::BodyInterrupted,
            ::blobs::Error::DigestMismatch { claimed, actual } => Self::DigestMismatch { claimed, actual },
            ::blobs::Error::Full => Self::StorageFull,
            ::blobs::Error::Unusable(_) | ::blobs::Error::Io(_) => Self::internal(error),
        }
    }
}
