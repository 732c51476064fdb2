//! Garbage collection: what no manifest needs goes, while pushes, mounts and deletes run, here and in other processes.
//!
//! A repository's hold on a blob (its link) is deleted when no manifest there needs the blob and nobody has had a reason to count on it for the
//! grace time; a blob's bytes, when no repository holds it. Four stages, each a page at a time:
//!
//! 1. bytes of uploads that are nobody's
//! 2. files of blobs that no row knows, such as a crash leaves. These two come first, because on a full disk they can go without a write
//! 3. links, each asked again by the statement that deletes it. A push of a manifest reads its links in a transaction that writes, and there is
//!    one such at a time, so either the manifest is there and keeps the link, or the push is told that the blob is missing
//! 4. blobs: behind their gates (`blobs/gates.rs`) their rows are deleted, then their files. A link is only made from another link, or by an
//!    upload that is in the gate, so none can be made of a blob that has none while the gate is closed. A crash between row and file leaves
//!    what stage 2 finds
//!
//! Nothing is remembered between stages but a place in a list, so what is interrupted is begun anew without harm.

use crate::audit::Crowd;
use crate::{Error, Service, limits};
use ::blobs::{BlobWalk, FoundBlob, Removed, UploadWalk};
use metadata::collection::{self, LinkPlace, Looked, SizedBlob};
use model::audit::{Entry, Outcome, actions};
use model::timestamp::Timestamp;
use std::time::Duration;

/// What is wanted of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionSettings {
    /// How long a blob that no manifest needs stays where somebody may count on it.
    pub grace: Duration,
    /// Whether nothing is to be deleted, only counted.
    pub dry_run: bool,
    /// Who wants it; `None` for the program itself.
    pub who: Option<String>,
}

/// What was collected, or would be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Collected {
    /// Uploads that were nobody's.
    pub uploads: u64,
    /// Their bytes.
    pub upload_bytes: u64,
    /// Files that no row knew.
    pub strays: u64,
    /// Their bytes.
    pub stray_bytes: u64,
    /// Blobs that a repository held and no manifest of it needed.
    pub links: u64,
    /// Blobs that no repository held.
    pub blobs: u64,
    /// Their bytes.
    pub blob_bytes: u64,
    /// Files that were to go and that the disk keeps. The log says which.
    pub failed: u64,
    /// Of blobs and files: those that were left for another time, because somebody was keeping a blob beside them.
    pub busy: u64,
}

impl Collected {
    /// All bytes that are free now.
    pub fn freed_bytes(&self) -> u64 {
        self.upload_bytes + self.stray_bytes + self.blob_bytes
    }

    /// Whether there was nothing to collect.
    pub fn is_nothing(&self) -> bool {
        *self == Self { busy: self.busy, failed: self.failed, ..Self::default() }
    }
}

/// How far a collection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CollectionProgress {
    /// What is looked at.
    pub what: &'static str,
    /// How many of these were.
    pub looked: u64,
    /// How many there were at the beginning; `None` where nobody counts.
    pub of: Option<u64>,
}

/// A collection under way, a page at a time.
pub struct Collection {
    service: Service,
    settings: CollectionSettings,
    before: Timestamp,
    stage: Stage,
    looked: u64,
    links: u64,
    blobs: u64,
    collected: Collected,
    /// Uploads and strays of which the audit log knows.
    noted: (u64, u64),
}

enum Stage {
    Uploads(UploadWalk),
    Strays(BlobWalk),
    Links(LinkPlace),
    /// Behind this digest.
    Blobs(String),
    Over,
}

impl Service {
    /// Begins a collection, which goes on with each [`Collection::step`]. What is touched from now on less the grace time stays.
    pub async fn begin_collection(&self, settings: CollectionSettings) -> Result<Collection, Error> {
        let now = self.inner.clock.now();
        // Who asked for a blob shortly after it was touched was told so too, and is not noted.
        let unnoted = if settings.grace.is_zero() { Duration::ZERO } else { limits::BLOB_TOUCH_PRECISION };
        let before = now.minus(settings.grace).minus(unnoted);
        let (links, blobs) = self.inner.metadata.read(collection::count).await?;
        let stage = Stage::Uploads(self.inner.blobs.walk_uploads().await?);
        let rule = format!("needed by nothing, and untouched for {} s", settings.grace.as_secs());
        let act = Entry { rule: Some(rule), ..Entry::new(now, Outcome::Allowed, actions::COLLECT) };
        let service = self.acting_by_itself(settings.who.clone(), act);
        let (collected, noted) = (Collected::default(), (0, 0));
        Ok(Collection { service, settings, before, stage, looked: 0, links, blobs, collected, noted })
    }
}

impl Collection {
    /// Looks at one page more, and deletes what it finds; `false` when that was the end.
    ///
    /// A file that cannot be removed is counted and left. Errors: `StorageFull`, `Internal`. It is over then: what was deleted stays deleted,
    /// nothing that is needed is lost, and another collection finds the rest.
    pub async fn step(&mut self) -> Result<bool, Error> {
        let stage = std::mem::replace(&mut self.stage, Stage::Over);
        let kind = std::mem::discriminant(&stage);
        let next = match stage {
            Stage::Uploads(walk) => self.uploads(walk).await,
            Stage::Strays(walk) => self.strays(walk).await,
            Stage::Links(after) => self.links(after).await,
            Stage::Blobs(after) => self.blobs(after).await,
            Stage::Over => Ok(Stage::Over),
        };
        self.note_files();
        let next = next?;
        let goes_on = !matches!(next, Stage::Over);
        if goes_on && std::mem::discriminant(&next) != kind {
            self.looked = 0;
        }
        self.stage = next;
        Ok(goes_on)
    }

    /// What was collected so far.
    pub fn collected(&self) -> Collected {
        self.collected
    }

    /// How far it is.
    pub fn progress(&self) -> CollectionProgress {
        let (what, of) = match self.stage {
            Stage::Uploads(_) => ("uploads", None),
            Stage::Strays(_) => ("files", None),
            Stage::Links(_) => ("links", Some(self.links)),
            Stage::Blobs(_) | Stage::Over => ("blobs", Some(self.blobs)),
        };
        CollectionProgress { what, looked: self.looked, of }
    }

    async fn uploads(&mut self, mut walk: UploadWalk) -> Result<Stage, Error> {
        let Some(resting) = walk.next(self.before, limits::COLLECTION_PAGE).await? else {
            return Ok(Stage::Strays(self.service.inner.blobs.walk_blobs()));
        };
        self.looked += resting.len() as u64;
        for upload in resting {
            match self.service.end_if_lost(&upload.id, self.settings.dry_run).await {
                Ok(false) => {}
                Ok(true) => {
                    self.collected.uploads += 1;
                    self.collected.upload_bytes += upload.size_bytes;
                }
                // Were it the metadata, the next stage would not get far.
                Err(error) => {
                    self.collected.failed += 1;
                    let cause: &dyn std::error::Error = &error;
                    tracing::warn!(cause, upload = %upload.id, "an upload of nobody could not be removed: {error}");
                }
            }
        }
        Ok(Stage::Uploads(walk))
    }

    async fn strays(&mut self, mut walk: BlobWalk) -> Result<Stage, Error> {
        let Some(found) = walk.next(limits::COLLECTION_PAGE).await? else {
            return Ok(Stage::Links(LinkPlace::default()));
        };
        self.looked += found.len() as u64;
        let old = found.into_iter().filter(|file| file.modified_at < self.before).collect();
        let strays = self.service.unknown(old).await?;
        if self.settings.dry_run {
            self.collected.strays += strays.len() as u64;
            self.collected.stray_bytes += strays.iter().map(|file| file.size_bytes).sum::<u64>();
            return Ok(Stage::Strays(walk));
        }
        for some in strays.chunks(limits::REMOVED_AT_ONCE) {
            self.remove_strays(some).await?;
        }
        Ok(Stage::Strays(walk))
    }

    async fn remove_strays(&mut self, strays: &[FoundBlob]) -> Result<(), Error> {
        let removal = self.service.inner.blobs.begin_removal(strays.iter().map(|file| file.digest.clone()).collect());
        let removal = removal.await?;
        self.collected.busy += removal.busy() as u64;
        let held = strays.iter().filter(|file| removal.holds(&file.digest)).cloned().collect();
        // Once more, now that no upload can make a row of it.
        let strays = self.service.unknown(held).await?.into_iter().map(|file| file.digest).collect();
        let removed = removal.remove(strays).await?;
        self.collected.strays += removed.files;
        self.collected.stray_bytes += removed.bytes;
        self.leave(&removed);
        Ok(())
    }

    /// Counts what the disk keeps, and says so. The next collection tries it again.
    fn leave(&mut self, removed: &Removed) {
        self.collected.failed += removed.failed.len() as u64;
        for (file, error) in &removed.failed {
            tracing::warn!(file = %file.display(), %error, "a file that nothing needs could not be removed: {error}");
        }
    }

    async fn links(&mut self, after: LinkPlace) -> Result<Stage, Error> {
        let (before, dry_run) = (self.before, self.settings.dry_run);
        let read =
            move |tx: &metadata::Reading<'_>| collection::list_links(tx, before, &after, limits::COLLECTION_PAGE);
        let Looked { count, idle, next } = self.service.inner.metadata.read(read).await?;
        let deleted = if dry_run || idle.is_empty() {
            idle.len() as u64
        } else {
            let delete = move |tx: &metadata::Writing<'_>| {
                let mut deleted = 0;
                for link in &idle {
                    deleted += u64::from(collection::delete_link(tx, link, before)?);
                }
                Ok(deleted)
            };
            self.service.change(delete, |deleted| Some(format!("{deleted} blobs out of repositories"))).await?
        };
        self.looked += count as u64;
        self.collected.links += deleted;
        Ok(next.map_or_else(|| Stage::Blobs(String::new()), Stage::Links))
    }

    async fn blobs(&mut self, after: String) -> Result<Stage, Error> {
        let before = self.settings.dry_run.then_some(self.before);
        let read =
            move |tx: &metadata::Reading<'_>| collection::list_blobs(tx, before, &after, limits::COLLECTION_PAGE);
        let Looked { count, idle, next } = self.service.inner.metadata.read(read).await?;
        if self.settings.dry_run {
            self.collected.blobs += idle.len() as u64;
            self.collected.blob_bytes += idle.iter().map(|blob| blob.size_bytes).sum::<u64>();
        } else {
            for some in idle.chunks(limits::REMOVED_AT_ONCE) {
                self.remove(some).await?;
            }
        }
        self.looked += count as u64;
        Ok(next.map_or(Stage::Over, Stage::Blobs))
    }

    /// Removes blobs without a link, first their rows and then their files.
    async fn remove(&mut self, idle: &[SizedBlob]) -> Result<(), Error> {
        let removal = self.service.inner.blobs.begin_removal(idle.iter().map(|blob| blob.digest.clone()).collect());
        let removal = removal.await?;
        self.collected.busy += removal.busy() as u64;
        let held = removal.digests().to_vec();
        let delete = move |tx: &metadata::Writing<'_>| {
            let mut deleted = Vec::new();
            for digest in held {
                if collection::delete_blob(tx, &digest)? {
                    deleted.push(digest);
                }
            }
            Ok(deleted)
        };
        let deleted = self.service.change(delete, |deleted| Some(format!("{} blobs", deleted.len()))).await?;
        self.collected.blobs += deleted.len() as u64;
        let removed = removal.remove(deleted).await?;
        self.collected.blob_bytes += removed.bytes;
        self.leave(&removed);
        Ok(())
    }

    /// An entry for what went since the last one and needs no transaction, and so also goes when there is no room for one.
    fn note_files(&mut self) {
        let before = std::mem::replace(&mut self.noted, (self.collected.uploads, self.collected.strays));
        let (uploads, strays) = (self.noted.0 - before.0, self.noted.1 - before.1);
        if self.settings.dry_run || uploads + strays == 0 {
            return;
        }
        let detail = Some(format!("{uploads} uploads of nobody, {strays} files that no repository knew"));
        self.service.note(Entry { detail, ..self.service.current_act() }, Crowd::Each);
    }
}

impl Drop for Collection {
    // In the middle of a step, when the server stops.
    fn drop(&mut self) {
        self.note_files();
    }
}

impl Service {
    /// Those of the files that no row knows.
    async fn unknown(&self, found: Vec<FoundBlob>) -> Result<Vec<FoundBlob>, Error> {
        let unknown = self.inner.metadata.read(move |tx| {
            let mut unknown = Vec::new();
            for file in found {
                if !collection::is_known(tx, &file.digest)? {
                    unknown.push(file);
                }
            }
            Ok::<_, metadata::Error>(unknown)
        });
        Ok(unknown.await?)
    }
}
