//! The layout on disk. Every path of the store is built here, from parsed values only.
//!
//! ```text
//! <data>/
//!   blobs/                     whole blobs, never changed once they are there
//!     sha256/
//!       e3/
//!         e3b0c44298fc…        named by all hexadecimal digits of its digest
//!     sha512/
//!       cf/
//!         cf83e1357eef…
//!     e.lock                   empty; its lock is the gate of all blobs whose digest begins with e (see gates.rs)
//!   uploads/
//!     0196f1c2-7b3e-7d10-…     the bytes received so far, named by the upload's id
//! ```

use crate::UploadId;
use model::digest::{Digest, DigestAlgorithm};
use std::path::{Path, PathBuf};

/// The algorithms that have a folder.
pub(crate) const ALGORITHMS: [DigestAlgorithm; 2] = [DigestAlgorithm::Sha256, DigestAlgorithm::Sha512];

/// Folders of blobs of an algorithm: one for each first two digits.
pub(crate) const NEIGHBOURHOODS: usize = 256;

/// Where things are, below one data folder.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    data: PathBuf,
}

impl Paths {
    pub(crate) fn new(data: &Path) -> Self {
        Self { data: data.to_owned() }
    }

    /// The folder that all the others are in.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// The folders that are there from the start, a parent before its children.
    pub(crate) fn folders(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.uploads(), self.blobs()];
        folders.extend(ALGORITHMS.map(|algorithm| self.algorithm(algorithm)));
        folders
    }

    pub(crate) fn uploads(&self) -> PathBuf {
        self.data.join("uploads")
    }

    pub(crate) fn upload(&self, id: &UploadId) -> PathBuf {
        self.uploads().join(id.as_str())
    }

    fn blobs(&self) -> PathBuf {
        self.data.join("blobs")
    }

    pub(crate) fn algorithm(&self, algorithm: DigestAlgorithm) -> PathBuf {
        self.blobs().join(algorithm.as_str())
    }

    /// The folder that holds a blob with its neighbours: one in 256 of all, so that none becomes too long to search.
    pub(crate) fn neighbourhood(&self, digest: &Digest) -> PathBuf {
        self.algorithm(digest.algorithm()).join(digest.hex().get(..2).unwrap_or_default())
    }

    /// The folder of blobs with that number, below [`NEIGHBOURHOODS`].
    pub(crate) fn numbered(&self, algorithm: DigestAlgorithm, number: usize) -> PathBuf {
        self.algorithm(algorithm).join(format!("{number:02x}"))
    }

    /// One in sixteen: enough for keepers of other blobs to stay out of each other's way, few enough to be in all at once.
    pub(crate) fn gate(&self, digest: &Digest) -> PathBuf {
        self.blobs().join(format!("{}.lock", digest.hex().get(..1).unwrap_or_default()))
    }

    pub(crate) fn blob(&self, digest: &Digest) -> PathBuf {
        self.neighbourhood(digest).join(digest.hex())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_drawn() -> Result<(), Box<dyn std::error::Error>> {
        let paths = Paths::new(Path::new("data"));
        let empty = Digest::of(DigestAlgorithm::Sha256, b"");
        let expected = "data/blobs/sha256/e3/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(paths.blob(&empty), Path::new(expected));
        assert_eq!(paths.numbered(DigestAlgorithm::Sha256, 0xe3), paths.neighbourhood(&empty));
        assert_eq!(paths.gate(&empty), Path::new("data/blobs/e.lock"));
        assert_eq!(paths.upload(&UploadId::parse("a-1")?), Path::new("data/uploads/a-1"));
        Ok(())
    }
}
