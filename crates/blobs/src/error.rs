//! What can go wrong with bytes, by what can be done about it.

use model::digest::Digest;
use std::io;

/// Why bytes were not kept or not found.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such upload: never started, finished, cancelled or cleared away.
    #[error("no such upload")]
    UploadUnknown,
    /// Somebody else, perhaps in another process, is using the upload.
    #[error("the upload is in use")]
    UploadBusy,
    /// The bytes do not begin where the upload stands.
    #[error("the bytes do not begin at byte {offset}, where the upload stands")]
    OutOfOrder {
        /// Bytes received so far.
        offset: u64,
    },
    /// More bytes came than a blob may have. The upload is gone.
    #[error("a blob has at most {bytes_max} bytes")]
    TooLarge {
        /// How many it may have.
        bytes_max: u64,
    },
    /// The stream of bytes broke off. What had arrived is kept.
    #[error("the bytes broke off: {0}")]
    Interrupted(String),
    /// The bytes are not those of the digest. The upload is gone.
    #[error("the bytes have the digest {actual}, not {claimed}")]
    DigestMismatch {
        /// What they should have.
        claimed: Digest,
        /// What they have.
        actual: Digest,
    },
    /// The disk is full. What an append wrote is taken back; an upload that could not be finished is as it was, unless
    /// [`crate::Unfinished`] says that it is over.
    #[error("the disk that holds the blobs is full")]
    Full,
    /// The folder cannot be used as it is: the message says why and what to do.
    #[error("{0}")]
    Unusable(String),
    /// A broken disk, or a bug.
    #[error(transparent)]
    Io(io::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => Self::Full,
            _ => Self::Io(error),
        }
    }
}
