//! Whether a blob is what its digest says.

use model::digest::{Digest, DigestHasher};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// How much is read at once.
const READ_BYTES: usize = 1 << 20;

/// What a blob is found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// What its digest says.
    Whole,
    /// There is no file.
    Missing,
    /// It has another length.
    WrongSize {
        /// How long it is.
        found_bytes: u64,
    },
    /// It has other bytes: of these, the digest.
    WrongBytes(Digest),
    /// The disk does not give it out.
    Unreadable(String),
}

/// Blocks.
pub(crate) fn verify(path: &Path, digest: &Digest, size_bytes: u64, seen: &dyn Fn(u64)) -> Condition {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Condition::Missing,
        Err(error) => return Condition::Unreadable(error.to_string()),
    };
    let mut hasher = DigestHasher::new(digest.algorithm());
    let (mut buffer, mut found_bytes) = (vec![0; READ_BYTES], 0);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => {
                hasher.update(buffer.get(..read).unwrap_or_default());
                found_bytes += read as u64;
                seen(read as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A broken sector is the trouble of one blob.
            Err(error) => return Condition::Unreadable(error.to_string()),
        }
    }
    let actual = hasher.finish();
    if found_bytes != size_bytes {
        Condition::WrongSize { found_bytes }
    } else if actual == *digest {
        Condition::Whole
    } else {
        Condition::WrongBytes(actual)
    }
}
