//! What can go wrong below the use cases, by what can be done about it.

use rusqlite::ffi::{self, ErrorCode};
use std::fmt;
use std::sync::Arc;

/// Why the store did not do what it was asked. Cheap to clone: one failed commit is told to all who waited for it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The disk is full; nothing of the transaction was kept.
    #[error("the disk that holds the metadata is full")]
    Full,
    /// Another process held the write lock for longer than a caller should wait; trying again may help.
    #[error("another process is writing to the metadata and did not finish in time")]
    Busy,
    /// The file, or a value in it, is not what was written.
    #[error("the metadata is damaged: {0}")]
    Corrupt(String),
    /// The store cannot be opened as it is: the message says why and what to do.
    #[error("{0}")]
    Unusable(String),
    /// The transaction was undone through no fault of its caller: a use case panicked, or SQLite gave no reason. Nothing of it
    /// was kept.
    #[error("the transaction was undone before its commit")]
    Undone,
    /// The store is shutting down.
    #[error("the metadata store has stopped")]
    Stopped,
    /// A broken disk, or a bug.
    #[error("SQLite: {0}")]
    Other(#[source] Arc<rusqlite::Error>),
}

impl Error {
    /// A stored value that breaks the grammar it was checked against when it was written.
    pub(crate) fn corrupt(what: impl fmt::Display) -> Self {
        Self::Corrupt(what.to_string())
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let Some(failure) = error.sqlite_error() else { return Self::Other(Arc::new(error)) };
        match failure.code {
            ErrorCode::DiskFull => Self::Full,
            // The shared-memory file is grown by truncating and writing it: what fails there is nearly always the space.
            ErrorCode::SystemIoFailure if failure.extended_code == ffi::SQLITE_IOERR_SHMSIZE => Self::Full,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::corrupt(error),
            _ => Self::Other(Arc::new(error)),
        }
    }
}
