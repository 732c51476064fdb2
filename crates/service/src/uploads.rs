//! Uploads of blobs: started, appended to, finished or cancelled; and mounts, which make one unnecessary.
//!
//! The row in the metadata says whose an upload is, the file has its bytes; each process on the data folder can go on with
//! either. A blob's bytes are durable before the one transaction that lets a repository hold them.

use crate::audit::{Event, Permitted};
use crate::locks::Guard;
use crate::{BlobInfo, Error, Service, limits, random};
use ::blobs::{Appended, Unfinished, UploadId};
use bytes::Bytes;
use futures_util::Stream;
use metadata::repositories::RepositoryKey;
use metadata::uploads::UploadHolder;
use metadata::{blob_links, repositories, uploads};
use model::access::{Access, Permit};
use model::audit::actions;
use model::digest::Digest;
use model::locks::{Deed, Locks};
use model::operation::{ContinueUpload, Needed, ReadBlob, StartUpload};
use model::repository::RepositoryName;
use model::timestamp::Timestamp;
use std::time::Duration;

/// How exactly the use of an upload is noted: a note is a write to the disk, which each small chunk would pay for.
const TOUCH_EVERY: Duration = Duration::from_secs(3600);

/// Idle uploads cleared away before one new upload starts, so that the client does not wait long for others' remains.
const CLEARED_AT_START: usize = 4;

/// Idle uploads cleared away in one call.
const CLEARED_AT_ONCE: usize = 1_000;

/// Why a request body stopped: the client went away, or sent something malformed.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// An upload in progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its id, unguessable, of letters, digits and `-`.
    pub id: String,
    /// Bytes received so far.
    pub offset: u64,
}

impl Service {
    /// Begins an upload, which belongs to the permit's token, registry and repository.
    ///
    /// Errors: `LimitReached`; `StorageFull`; `Locked`; `RepositoryUnknown`, when registry or token were deleted meanwhile.
    pub async fn start_upload(&self, permit: &Permit<StartUpload>) -> Result<Upload, Error> {
        self.clear_idle(CLEARED_AT_START).await?;
        let id = self.new_upload_id()?;
        let repository = permit.operation().repository.clone();
        let holder = holder(permit, repository)?;
        match self.add_upload(permit, &id, holder.clone()).await {
            Err(Error::LimitReached(_)) => {
                self.make_room(&holder).await?;
                self.add_upload(permit, &id, holder).await?;
            }
            added => added?,
        }
        if let Err(error) = self.inner.blobs.start_upload(&id).await {
            self.forget_upload(&id).await?;
            return Err(error.into());
        }
        Ok(Upload { id: id.to_string(), offset: 0 })
    }

    async fn add_upload(&self, permit: &Permit<StartUpload>, id: &UploadId, holder: UploadHolder) -> Result<(), Error> {
        let (row, now) = (id.to_string(), self.inner.clock.now());
        let event = Event { action: permit.operation().called(), target: Some(row.clone()) };
        let added = self.carry_out(permit, Some(event), move |tx| {
            // So that nobody sends what could not be kept. What counts is the check at the end.
            if let Some(repository) = repositories::find(tx, holder.registry, &holder.repository)? {
                Guard::new(tx, repository, &holder.repository).check_repository(Deed::Write)?;
            }
            if uploads::count(tx, holder.registry, holder.token)? >= limits::OPEN_UPLOADS.max {
                return Err(Error::LimitReached(limits::OPEN_UPLOADS));
            }
            let was_added = uploads::add(tx, &row, &holder, now)?;
            if was_added { Ok(()) } else { Err(Error::RepositoryUnknown(holder.repository)) }
        });
        added.await
    }

    /// What a token left behind must not bar it for a day: its own longest unused uploads go when it needs their room.
    async fn make_room(&self, holder: &UploadHolder) -> Result<(), Error> {
        let (whose, before) = ((holder.registry, holder.token), self.inner.clock.now().minus(limits::UPLOAD_YIELDS));
        let rows = self.inner.metadata.read(move |tx| uploads::list_idle_of(tx, whose, before, CLEARED_AT_START));
        self.end_all_unless_busy(rows.await?).await
    }

    /// Links a blob of `source`'s repository into `target`'s. `None` when the source repository does not hold it, is locked for
    /// reading, or is of another registry. Errors: `Locked`, of the target.
    pub async fn mount_blob(
        &self,
        target: &Permit<StartUpload>,
        source: &Permit<ReadBlob>,
    ) -> Result<Option<BlobInfo>, Error> {
        let (registry, now) = (target.registry(), self.inner.clock.now());
        // Most mounts that clients try find nothing; those need not wait for the writer.
        if source.registry() != registry || readable(self.find_blob(source).await?).is_none() {
            return Ok(None);
        }
        let StartUpload { repository: name } = target.operation().clone();
        let ReadBlob { repository: source, digest } = source.operation().clone();
        let event = Event { action: actions::MOUNT, target: Some(digest.to_string()) };
        let permitted = self.permitted(target, Some(event)).saying(format!("from {source}"));
        let mounted = self.carry_out_as(permitted, move |tx| {
            let found = blob_links::find_size(tx, registry, &source, &digest)?;
            let Some(size_bytes) = readable(found) else { return Ok(None) };
            let Some(repository) = repositories::find_or_add(tx, registry, &name, now)? else {
                return Err(Error::RepositoryUnknown(name));
            };
            Guard::new(tx, repository, &name).check_repository(Deed::Write)?;
            blob_links::put(tx, repository, &digest, size_bytes, now)?;
            Ok(Some(BlobInfo { digest, size_bytes }))
        });
        mounted.await
    }

    /// The same from any repository that holds the blob and that `access` may read, of the first [`limits::MOUNT_SOURCES`] by name.
    pub async fn mount_blob_of_any(
        &self,
        target: &Permit<StartUpload>,
        access: &Access,
        digest: &Digest,
    ) -> Result<Option<BlobInfo>, Error> {
        let (registry, wanted) = (target.registry(), digest.clone());
        let holders =
            self.inner.metadata.read(move |tx| blob_links::list_holders(tx, registry, &wanted, limits::MOUNT_SOURCES));
        for repository in holders.await? {
            if let Ok(source) = access.permit(ReadBlob { repository, digest: digest.clone() })
                && let Some(mounted) = self.mount_blob(target, &source).await?
            {
                return Ok(Some(mounted));
            }
        }
        Ok(None)
    }

    /// How far an upload is. Errors: `UploadUnknown`, also when it is another token's or another repository's.
    pub async fn get_upload(&self, permit: &Permit<ContinueUpload>) -> Result<Upload, Error> {
        let id = self.held_upload(permit).await?;
        let offset = self.inner.blobs.upload_length(&id).await?;
        Ok(Upload { id: id.to_string(), offset })
    }

    /// Appends `body`, which must begin at byte `at` when that is given. What arrived before an interruption is kept.
    ///
    /// Errors: `UploadUnknown`, `UploadOutOfOrder`, `UploadBusy`, `LimitReached`, `BodyInterrupted`, `StorageFull`.
    pub async fn append_upload(
        &self,
        permit: &Permit<ContinueUpload>,
        at: Option<u64>,
        body: impl Stream<Item = Result<Bytes, BodyError>> + Send + Unpin,
    ) -> Result<Upload, Error> {
        let id = self.used_upload(permit).await?;
        let appended = self.append(&id, at, body).await?;
        Ok(Upload { id: id.to_string(), offset: appended.length_bytes() })
    }

    /// Appends `body`, checks the digest and links the blob into the repository. Durable when it returns (decision D10).
    ///
    /// Errors: those of appending; `DigestMismatch` and `Locked`, which end the upload, as do `StorageFull` and `Internal` when the disk did not
    /// keep the bytes.
    pub async fn finish_upload(
        &self,
        permit: &Permit<ContinueUpload>,
        at: Option<u64>,
        body: impl Stream<Item = Result<Bytes, BodyError>> + Send + Unpin,
        digest: &Digest,
    ) -> Result<BlobInfo, Error> {
        let id = self.used_upload(permit).await?;
        let appended = self.append(&id, at, body).await?;
        let holder = holder(permit, permit.operation().repository.clone())?;
        let (service, digest) = (self.clone(), digest.clone());
        let event = Event { action: actions::FINISH_UPLOAD, target: Some(digest.to_string()) };
        let permitted = self.permitted(permit, Some(event));
        // A task of its own: all bytes are here, so a client that hangs up now still gets its blob, and finds it next time.
        let finishing = tokio::spawn(async move { service.keep_blob((id, holder), appended, digest, permitted).await });
        finishing.await.map_err(Error::internal)?
    }

    /// Ends an upload and frees its bytes. Errors: `UploadUnknown`, `UploadBusy`.
    pub async fn cancel_upload(&self, permit: &Permit<ContinueUpload>) -> Result<(), Error> {
        let id = self.held_upload(permit).await?;
        self.free_bytes(&id).await?;
        let row = id.to_string();
        let event = Event { action: actions::CANCEL_UPLOAD, target: Some(row.clone()) };
        self.carry_out(permit, Some(event), move |tx| Ok(uploads::delete(tx, &row).map(drop)?)).await
    }

    /// Clears away uploads that were not used for [`limits::UPLOAD_IDLE`], and bytes of uploads whose token or registry is
    /// gone. The server calls it now and then.
    pub async fn clear_idle_uploads(&self) -> Result<(), Error> {
        self.clear_idle(CLEARED_AT_ONCE).await?;
        let before = self.inner.clock.now().minus(limits::UPLOAD_IDLE);
        let mut walk = self.inner.blobs.walk_uploads().await?;
        while let Some(resting) = walk.next(before, CLEARED_AT_ONCE).await? {
            for upload in resting {
                self.end_if_lost(&upload.id, false).await?;
            }
        }
        Ok(())
    }

    /// Frees the bytes of an upload that nobody can go on with, because its token or registry is gone; whether it was one. The row comes
    /// before the bytes, so what is just being started has it.
    pub(crate) async fn end_if_lost(&self, id: &UploadId, dry_run: bool) -> Result<bool, Error> {
        let row = id.to_string();
        if self.inner.metadata.read(move |tx| uploads::contains(tx, &row)).await? {
            return Ok(false);
        }
        if dry_run {
            return Ok(true);
        }
        match self.free_bytes(id).await {
            // Its last chunk is still coming in.
            Err(Error::UploadBusy) => Ok(false),
            freed => freed.map(|()| true),
        }
    }

    async fn clear_idle(&self, items_max: usize) -> Result<(), Error> {
        let before = self.inner.clock.now().minus(limits::UPLOAD_IDLE);
        let rows = self.inner.metadata.read(move |tx| uploads::list_idle(tx, before, items_max)).await?;
        self.end_all_unless_busy(rows).await
    }

    async fn end_all_unless_busy(&self, rows: Vec<String>) -> Result<(), Error> {
        for row in rows {
            let id = UploadId::parse(&row).map_err(Error::internal)?;
            self.end_unless_busy(&id).await?;
        }
        Ok(())
    }

    /// Ends an upload, but not under the hands of a client whose one chunk has taken longer than the idle time.
    async fn end_unless_busy(&self, id: &UploadId) -> Result<(), Error> {
        match self.end_upload(id).await {
            Err(Error::UploadBusy) => Ok(()),
            ended => ended,
        }
    }

    async fn end_upload(&self, id: &UploadId) -> Result<(), Error> {
        self.free_bytes(id).await?;
        self.forget_upload(id).await
    }

    async fn free_bytes(&self, id: &UploadId) -> Result<(), Error> {
        match self.inner.blobs.cancel_upload(id).await {
            // Without bytes, the row is all that is left.
            Ok(()) | Err(::blobs::Error::UploadUnknown) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn forget_upload(&self, id: &UploadId) -> Result<(), Error> {
        let row = id.to_string();
        let forgotten = self.inner.metadata.write(move |tx| uploads::delete(tx, &row).map(drop));
        Ok(forgotten.await?)
    }

    /// Forgets an upload that failed to its end. Trouble with that goes to the log: the client is told why the upload is over, and a row without
    /// bytes goes when it has rested.
    async fn forget_ended(&self, id: &UploadId) {
        if let Err(error) = self.forget_upload(id).await {
            let cause: &dyn std::error::Error = &error;
            tracing::warn!(cause, upload = %id, "an upload that is over could not be forgotten: {error}");
        }
    }

    /// The id of the permit's upload, which is its holder's.
    async fn held_upload(&self, permit: &Permit<ContinueUpload>) -> Result<UploadId, Error> {
        self.find_upload(permit).await.map(|(id, _)| id)
    }

    /// As [`Service::held_upload`], and notes that it is used now.
    async fn used_upload(&self, permit: &Permit<ContinueUpload>) -> Result<UploadId, Error> {
        let (id, touched_at) = self.find_upload(permit).await?;
        let now = self.inner.clock.now();
        if now.since(touched_at) >= TOUCH_EVERY {
            let row = id.to_string();
            self.inner.metadata.write(move |tx| uploads::touch(tx, &row, now)).await?;
        }
        Ok(id)
    }

    /// Notes that a client counts on the repository's holding the blob.
    pub(crate) async fn touch_blob(
        &self,
        repository: RepositoryKey,
        digest: Digest,
        now: Timestamp,
    ) -> Result<(), Error> {
        let touched = self.inner.metadata.write(move |tx| blob_links::touch(tx, repository, &digest, now).map(drop));
        Ok(touched.await?)
    }

    async fn find_upload(&self, permit: &Permit<ContinueUpload>) -> Result<(UploadId, Timestamp), Error> {
        let id = UploadId::parse(&permit.operation().upload).map_err(|_| Error::UploadUnknown)?;
        let (row, holder) = (id.to_string(), holder(permit, permit.operation().repository.clone())?);
        let touched = self.inner.metadata.read(move |tx| uploads::find_touched(tx, &row, &holder)).await?;
        touched.map(|touched_at| (id, touched_at)).ok_or(Error::UploadUnknown)
    }

    async fn append(
        &self,
        id: &UploadId,
        at: Option<u64>,
        body: impl Stream<Item = Result<Bytes, BodyError>> + Send + Unpin,
    ) -> Result<Appended, Error> {
        match self.inner.blobs.append(id, at, body).await {
            Err(error @ ::blobs::Error::TooLarge { .. }) => {
                self.forget_ended(id).await;
                Err(error.into())
            }
            appended => Ok(appended?),
        }
    }

    /// Makes the upload a blob, and lets the repository hold it.
    async fn keep_blob(
        &self,
        (id, holder): (UploadId, UploadHolder),
        appended: Appended,
        digest: Digest,
        permitted: Permitted,
    ) -> Result<BlobInfo, Error> {
        let kept = match appended.finish(&digest).await {
            Ok(kept) => kept,
            Err(Unfinished { error, is_over }) => {
                if is_over {
                    self.forget_ended(&id).await;
                }
                return Err(error.into());
            }
        };
        let (now, row, size_bytes) = (self.inner.clock.now(), id.to_string(), kept.size_bytes());
        let linked = self.carry_out_as(permitted, move |tx| {
            // Its token or registry may have been deleted while the bytes came.
            if uploads::find_touched(tx, &row, &holder)?.is_none() {
                return Err(Error::UploadUnknown);
            }
            let UploadHolder { registry, repository: name, .. } = holder;
            let Some(repository) = repositories::find_or_add(tx, registry, &name, now)? else {
                return Err(Error::RepositoryUnknown(name));
            };
            Guard::new(tx, repository, &name).check_repository(Deed::Write)?;
            blob_links::put(tx, repository, &digest, size_bytes, now)?;
            uploads::delete(tx, &row)?;
            // Goes with the transaction, which is committed even when nobody waits for it: the bytes stay until the link keeps them.
            Ok((BlobInfo { digest, size_bytes }, kept))
        });
        let linked = linked.await.map(|(blob, _kept)| blob);
        if let Err(Error::Locked(_) | Error::Revoked(_)) = &linked {
            self.forget_ended(&id).await;
        }
        linked
    }

    fn new_upload_id(&self) -> Result<UploadId, Error> {
        UploadId::parse(&random::guid(&*self.inner.random)).map_err(Error::internal)
    }
}

/// The size of a blob whose repository may be read.
fn readable(found: Option<(u64, Locks)>) -> Option<u64> {
    found.filter(|(_, locks)| locks.forbidding(Deed::Read).is_none()).map(|(size_bytes, _)| size_bytes)
}

/// Whose the permit's upload is. Uploads belong to tokens; who pulls anonymously is permitted none.
fn holder<O>(permit: &Permit<O>, repository: RepositoryName) -> Result<UploadHolder, Error> {
    let token = permit.token().ok_or_else(|| Error::internal("an upload was permitted to nobody in particular"))?;
    Ok(UploadHolder { registry: permit.registry(), repository, token })
}
