//! A walk over all files of the store, in constant memory, whatever becomes of them meanwhile.

use crate::paths::{ALGORITHMS, NEIGHBOURHOODS};
use crate::upload::in_background;
use crate::{Error, Store, UploadId};
use model::digest::{Digest, DigestAlgorithm};
use model::timestamp::Timestamp;
use std::fs::{self, DirEntry, ReadDir};
use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// A file of a blob, or what looks like one by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundBlob {
    /// What its name says.
    pub digest: Digest,
    /// How long it is.
    pub size_bytes: u64,
    /// When it was last written to, by the clock of the file system.
    pub modified_at: Timestamp,
}

/// The bytes of an upload that nothing was written to for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestingUpload {
    /// Its id.
    pub id: UploadId,
    /// Bytes received.
    pub size_bytes: u64,
    /// When bytes came last, by the clock of the file system.
    pub modified_at: Timestamp,
}

/// The files of blobs, folder by folder.
#[derive(Debug)]
pub struct BlobWalk {
    store: Store,
    /// Which folder is next.
    folder: usize,
    /// Of the folder that is open, and of which algorithm its blobs are.
    entries: Option<(DigestAlgorithm, ReadDir)>,
}

/// The files of uploads.
#[derive(Debug)]
pub struct UploadWalk {
    /// `None` after the last.
    entries: Option<ReadDir>,
}

impl BlobWalk {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, folder: 0, entries: None }
    }

    /// The next files, at most `items_max`; `None` after the last. Names that are no digest's are passed over.
    pub async fn next(&mut self, items_max: usize) -> Result<Option<Vec<FoundBlob>>, Error> {
        let (store, folder, entries) = (self.store.clone(), self.folder, self.entries.take());
        let (found, folder, entries) = in_background(move || {
            let mut walk = Self { store, folder, entries };
            let found = walk.read(items_max)?;
            Ok((found, walk.folder, walk.entries))
        })
        .await?;
        (self.folder, self.entries) = (folder, entries);
        Ok(found)
    }

    fn read(&mut self, items_max: usize) -> Result<Option<Vec<FoundBlob>>, Error> {
        let mut found = Vec::new();
        while found.len() < items_max {
            let Some((algorithm, entries)) = &mut self.entries else {
                let Some(algorithm) = ALGORITHMS.get(self.folder / NEIGHBOURHOODS) else { break };
                let folder = self.store.inner.paths.numbered(*algorithm, self.folder % NEIGHBOURHOODS);
                self.entries = read_dir(&folder)?.map(|entries| (*algorithm, entries));
                self.folder += 1;
                continue;
            };
            match entries.next() {
                None => self.entries = None,
                Some(entry) => found.extend(found_blob(algorithm.as_str(), &entry?)),
            }
        }
        Ok((!found.is_empty()).then_some(found))
    }
}

impl UploadWalk {
    pub(crate) async fn begin(store: Store) -> Result<Self, Error> {
        in_background(move || Ok(Self { entries: Some(fs::read_dir(store.inner.paths.uploads())?) })).await
    }

    /// At most `items_max` uploads to which nothing was written since `before`; `None` after the last. Whether they are to go is the caller's to
    /// decide.
    pub async fn next(&mut self, before: Timestamp, items_max: usize) -> Result<Option<Vec<RestingUpload>>, Error> {
        let Some(mut entries) = self.entries.take() else { return Ok(None) };
        let (found, entries) = in_background(move || {
            let resting = entries.by_ref().filter_map(|entry| resting_upload(&entry.ok()?));
            let found: Vec<_> = resting.filter(|upload| upload.modified_at < before).take(items_max).collect();
            Ok((found, entries))
        })
        .await?;
        if found.is_empty() {
            return Ok(None);
        }
        self.entries = Some(entries);
        Ok(Some(found))
    }
}

fn read_dir(folder: &Path) -> io::Result<Option<ReadDir>> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        entries => entries.map(Some),
    }
}

/// `None` for a file that is no blob's, or was removed just now.
fn found_blob(algorithm: &str, entry: &DirEntry) -> Option<FoundBlob> {
    let digest = Digest::parse(&format!("{algorithm}:{}", entry.file_name().to_str()?)).ok()?;
    let (size_bytes, modified_at) = about(entry)?;
    Some(FoundBlob { digest, size_bytes, modified_at })
}

/// `None` for a file that is not an upload's, or was just finished.
fn resting_upload(entry: &DirEntry) -> Option<RestingUpload> {
    let id = UploadId::parse(entry.file_name().to_str()?).ok()?;
    let (size_bytes, modified_at) = about(entry)?;
    Some(RestingUpload { id, size_bytes, modified_at })
}

fn about(entry: &DirEntry) -> Option<(u64, Timestamp)> {
    let about = entry.metadata().ok().filter(fs::Metadata::is_file)?;
    let modified = about.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some((about.len(), Timestamp::from_micros(i64::try_from(modified.as_micros()).ok()?)))
}
