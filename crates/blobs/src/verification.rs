//! Whether a blob is what its digest says.

use crate::upload::{Hashed, hash_file};
use model::digest::Digest;
use std::fs::File;
use std::io;
use std::path::Path;

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
    let mut hashed = Hashed::new(digest.algorithm());
    if let Err(error) = hash_file(&mut file, &mut hashed, seen) {
        // A broken sector is the trouble of one blob.
        return Condition::Unreadable(error.to_string());
    }
    let Hashed { bytes: found_bytes, hasher } = hashed;
    let actual = hasher.finish();
    if found_bytes != size_bytes {
        Condition::WrongSize { found_bytes }
    } else if actual == *digest {
        Condition::Whole
    } else {
        Condition::WrongBytes(actual)
    }
}
