//! Gates: so that no blob is removed while somebody counts on it.
//!
//! Whoever keeps a blob gives its bytes their name on the disk, and only then can a transaction say who holds it. Between the two nothing in
//! the metadata speaks for the bytes, and a removal takes whatever has the name. So a keeper goes through the blob's gate with others, and
//! stays in it until that transaction is over; whoever removes blobs must have the gate alone, looks in the metadata once more when it has,
//! and removes before it leaves. A keeper's bytes therefore never get their name while it is about to go.
//!
//! A gate is a lock on a file, so it counts between processes on one data folder, and a process that dies leaves it. Nobody waits in a gate for
//! another gate, and no transaction waits for one.

use crate::Error;
use crate::store::Inner;
use model::digest::Digest;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

/// The gate of one blob, shared with others who keep blobs. Open until it is dropped.
#[derive(Debug)]
pub(crate) struct Shared {
    _file: File,
}

/// Gates that nobody else is in. Open until it is dropped.
#[derive(Debug)]
pub(crate) struct Alone {
    /// By path: `None` for a gate that somebody was in.
    files: BTreeMap<std::path::PathBuf, Option<File>>,
}

/// Waits for whoever is removing blobs behind the gate: until the metadata was asked and the files of one [`crate::Removal`] are gone. Blocks.
pub(crate) fn enter(store: &Inner, digest: &Digest) -> Result<Shared, Error> {
    store.settle()?;
    let file = open(&store.paths.gate(digest))?;
    file.lock_shared()?;
    Ok(Shared { _file: file })
}

impl Alone {
    /// Enters the gates of all these blobs that nobody is in; waits for none. Blocks for a moment.
    pub(crate) fn enter<'d>(store: &Inner, digests: impl Iterator<Item = &'d Digest>) -> Result<Self, Error> {
        store.settle()?;
        let mut files = BTreeMap::new();
        for path in digests.map(|digest| store.paths.gate(digest)) {
            if files.contains_key(&path) {
                continue;
            }
            let file = open(&path)?;
            let entered = match file.try_lock() {
                Ok(()) => Some(file),
                Err(TryLockError::WouldBlock) => None,
                Err(TryLockError::Error(error)) => return Err(error.into()),
            };
            files.insert(path, entered);
        }
        Ok(Self { files })
    }

    /// Whether nobody else is in the gate of this blob.
    pub(crate) fn holds(&self, store: &Inner, digest: &Digest) -> bool {
        matches!(self.files.get(&store.paths.gate(digest)), Some(Some(_)))
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
