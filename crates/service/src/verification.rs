//! Verification: everything is read, compared with its digest, and what is broken is named with the images that it hits.
//!
//! Changes nothing. Runs beside pushes, deletes and collections: what went meanwhile is not missed.

use crate::{Error, Service, limits};
use ::blobs::Condition;
use metadata::collection::SizedBlob;
use metadata::verification::{self, Hit, KeptManifest};
use metadata::{Reading, collection};
use model::arm_name::RegistryName;
use model::digest::Digest;
use model::reference::Tag;
use model::repository::RepositoryName;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A blob or a manifest that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenContent {
    /// Its digest.
    pub digest: Digest,
    /// What is wrong with it, for people.
    pub trouble: String,
    /// The file that is broken or missing; `None` for a manifest, which is in the database.
    pub file: Option<PathBuf>,
    /// The images and indexes that cannot be pulled whole, by name.
    pub images: Vec<HitImage>,
    /// Whether there are more than those.
    pub more: bool,
}

/// An image, or an index, that cannot be pulled whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HitImage {
    /// In which registry.
    pub registry: RegistryName,
    /// In which repository.
    pub repository: RepositoryName,
    /// The digest of its manifest.
    pub digest: Digest,
    /// The tags that point at it.
    pub tags: Vec<Tag>,
}

/// How far a verification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerificationProgress {
    /// Manifests read.
    pub manifests: u64,
    /// Blobs read.
    pub blobs: u64,
    /// How many blobs there were at the beginning.
    pub blobs_of: u64,
    /// Bytes of blobs read.
    pub bytes: u64,
    /// How many there were at the beginning.
    pub bytes_of: u64,
}

/// A verification under way, some manifests or a blob at a time.
pub struct Verification {
    service: Service,
    stage: Stage,
    bytes: Arc<AtomicU64>,
    progress: VerificationProgress,
}

enum Stage {
    /// Behind this one.
    Manifests(Option<KeptManifest>),
    /// Those listed and not yet read, the next one last, and behind which digest to go on.
    Blobs(Vec<SizedBlob>, String),
    Over,
}

impl Service {
    /// Begins a verification of everything in the data folder, which goes on with each [`Verification::step`].
    pub async fn begin_verification(&self) -> Result<Verification, Error> {
        let (blobs_of, bytes_of) = self.inner.metadata.read(verification::total).await?;
        let progress = VerificationProgress { manifests: 0, blobs: 0, blobs_of, bytes: 0, bytes_of };
        Ok(Verification { service: self.clone(), stage: Stage::Manifests(None), bytes: Arc::default(), progress })
    }
}

impl Verification {
    /// How far it is, also while a step is under way.
    pub fn watch(&self) -> impl Fn() -> u64 + Send + Sync + use<> {
        let bytes = Arc::clone(&self.bytes);
        move || bytes.load(Ordering::Relaxed)
    }

    /// How far it is between two steps.
    pub fn progress(&self) -> VerificationProgress {
        VerificationProgress { bytes: self.bytes.load(Ordering::Relaxed), ..self.progress }
    }

    /// Verifies some manifests or one blob more: what of them is broken, or `None` at the end.
    pub async fn step(&mut self) -> Result<Option<Vec<BrokenContent>>, Error> {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Manifests(after) => self.manifests(after).await.map(Some),
            Stage::Blobs(mut listed, after) => {
                if let Some(blob) = listed.pop() {
                    self.stage = Stage::Blobs(listed, after);
                    return self.blob(blob).await.map(Some);
                }
                let behind = after.clone();
                let read = move |tx: &Reading<'_>| verification::list_blobs(tx, &behind, limits::BLOBS_VERIFIED_LISTED);
                let mut listed = self.service.inner.metadata.read(read).await?;
                let Some(last) = listed.last() else { return Ok(None) };
                let after = last.digest.to_string();
                listed.reverse();
                self.stage = Stage::Blobs(listed, after);
                Ok(Some(Vec::new()))
            }
            Stage::Over => Ok(None),
        }
    }

    async fn manifests(&mut self, after: Option<KeptManifest>) -> Result<Vec<BrokenContent>, Error> {
        let read = move |tx: &Reading<'_>| {
            let listed = verification::list_manifests(tx, after.as_ref(), limits::MANIFESTS_VERIFIED_AT_ONCE)?;
            let mut broken = Vec::new();
            for manifest in &listed {
                broken.extend(verify_manifest(tx, manifest)?);
            }
            Ok::<_, metadata::Error>((listed.len(), listed.into_iter().next_back(), broken))
        };
        let (count, last, broken) = self.service.inner.metadata.read(read).await?;
        self.progress.manifests += count as u64;
        // Where it goes on is a place; its bytes are not needed for that.
        let last = last.map(|last| KeptManifest { bytes: Vec::new(), ..last });
        self.stage = if last.is_some() { Stage::Manifests(last) } else { Stage::Blobs(Vec::new(), String::new()) };
        Ok(broken)
    }

    async fn blob(&mut self, SizedBlob { digest, size_bytes }: SizedBlob) -> Result<Vec<BrokenContent>, Error> {
        self.progress.blobs += 1;
        let (store, metadata) = (&self.service.inner.blobs, &self.service.inner.metadata);
        let bytes = Arc::clone(&self.bytes);
        let seen = move |read| {
            bytes.fetch_add(read, Ordering::Relaxed);
        };
        let mut condition = store.verify_blob(&digest, size_bytes, seen).await?;
        if condition == Condition::Missing {
            // Perhaps it was collected after it was listed, or even pushed again since.
            condition = store.verify_blob(&digest, size_bytes, |_| ()).await?;
        }
        let Some(trouble) = trouble(&condition, size_bytes) else { return Ok(Vec::new()) };
        let wanted = digest.clone();
        let hits = metadata.read(move |tx| {
            if !collection::is_known(tx, &wanted)? {
                return Ok::<_, metadata::Error>(None);
            }
            verification::list_hit_by_blob(tx, &wanted, limits::IMAGES_NAMED + 1).map(Some)
        });
        let Some(hits) = hits.await? else { return Ok(Vec::new()) };
        let file = Some(store.blob_file(&digest));
        let (images, more) = images(hits);
        Ok(vec![BrokenContent { digest, trouble, file, images, more }])
    }
}

fn verify_manifest(tx: &Reading<'_>, manifest: &KeptManifest) -> Result<Option<BrokenContent>, metadata::Error> {
    let KeptManifest { repository, digest, bytes } = manifest;
    let actual = Digest::of(digest.algorithm(), bytes);
    let missing = verification::list_missing_blobs(tx, *repository, digest)?;
    let trouble = match missing.as_slice() {
        _ if actual != *digest => format!("the manifest has other bytes, of the digest {actual}"),
        [] => return Ok(None),
        missing => {
            let named: Vec<String> = missing.iter().map(Digest::to_string).collect();
            format!("the repository does not hold what the manifest needs: {}", named.join(", "))
        }
    };
    let hits = verification::list_hit_by_manifest(tx, *repository, digest, limits::IMAGES_NAMED + 1)?;
    let (images, more) = images(hits);
    Ok(Some(BrokenContent { digest: digest.clone(), trouble, file: None, images, more }))
}

fn trouble(condition: &Condition, size_bytes: u64) -> Option<String> {
    match condition {
        Condition::Whole => None,
        Condition::Missing => Some("the file is missing".to_owned()),
        Condition::WrongSize { found_bytes } => Some(format!("the file has {found_bytes} bytes, not {size_bytes}")),
        Condition::WrongBytes(actual) => Some(format!("the file has other bytes, of the digest {actual}")),
        Condition::Unreadable(cause) => Some(format!("the file cannot be read: {cause}")),
    }
}

/// Rows of one image, one for each of its tags, become one.
fn images(mut hits: Vec<Hit>) -> (Vec<HitImage>, bool) {
    let more = hits.len() > limits::IMAGES_NAMED;
    hits.truncate(limits::IMAGES_NAMED);
    let mut images: Vec<HitImage> = Vec::new();
    for Hit { registry, repository, digest, tag } in hits {
        match images.last_mut() {
            Some(last) if last.registry == registry && last.repository == repository && last.digest == digest => {
                last.tags.extend(tag);
            }
            _ => images.push(HitImage { registry, repository, digest, tags: tag.into_iter().collect() }),
        }
    }
    (images, more)
}
