//! Manifests and their tags.

use crate::locks::Guard;
use crate::repositories::find;
use crate::{Error, OrderedPageRequest, Page, PageRequest, Service, limits};
use bytes::Bytes;
use futures_util::TryStreamExt;
use metadata::manifests::{ManifestContent, ReferrersQuery};
use metadata::repositories::RepositoryKey;
use metadata::{Reading, Writing, blob_links, locks, manifests, repositories, tags};
use model::access::Permit;
use model::attributes::ManifestAttributes;
use model::audit::Entry;
use model::digest::{Digest, DigestAlgorithm};
use model::locks::{Deed, LocksChange};
use model::manifest::{Manifest, ManifestKind};
use model::operation::{
    ChangeManifest, DeleteManifest, ListReferrers, ReadManifest, ShowManifest, ShowManifests, WriteManifest,
};
use model::reference::{Reference, Tag};
use std::iter;

/// A manifest as it was pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredManifest {
    /// Its digest.
    pub digest: Digest,
    /// The media type it was pushed with.
    pub kind: ManifestKind,
    /// The exact bytes.
    pub bytes: Bytes,
}

/// What is told of one manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownManifest {
    /// What is kept of any.
    pub attributes: ManifestAttributes,
    /// The exact bytes of an index, which say what runs where.
    pub index: Option<Bytes>,
}

impl From<ManifestContent> for StoredManifest {
    fn from(ManifestContent { digest, kind, bytes }: ManifestContent) -> Self {
        Self { digest, kind, bytes: bytes.into() }
    }
}

impl Service {
    /// Keeps a manifest, and points at it the tag that the permit names, if any, and all of `more_tags`, in one transaction. Durable
    /// when it returns.
    ///
    /// `manifest` is what was read from `bytes`. A new digest is made with the algorithm of the permit's digest, else SHA-256.
    /// Errors: `DigestMismatch`, `ManifestReferencesMissing`, `LimitReached`, `Locked`.
    pub async fn put_manifest(
        &self,
        permit: &Permit<WriteManifest>,
        manifest: Manifest,
        more_tags: Vec<Tag>,
        bytes: Bytes,
    ) -> Result<Digest, Error> {
        if bytes.len() as u64 > limits::MANIFEST_BYTES.max {
            return Err(Error::LimitReached(limits::MANIFEST_BYTES));
        }
        let (registry, now) = (permit.registry(), self.inner.clock.now());
        let WriteManifest { repository: name, reference } = permit.operation().clone();
        let more_references: Vec<_> = more_tags.into_iter().map(Reference::Tag).collect();
        let digest = checked_digest(&reference, &bytes)?;
        let content = ManifestContent { digest: digest.clone(), kind: manifest.kind, bytes: bytes.into() };
        let permitted = self.permitted(permit, None).saying(digest.to_string());
        let of_tag = |tag: &Reference| Entry { target: Some(tag.to_string()), ..permitted.entry.clone() };
        let of_tags = more_references.iter().map(of_tag).collect();
        let written = self.carry_out_each(permitted, of_tags, move |tx| {
            let Some(repository) = repositories::find_or_add(tx, registry, &name, now)? else {
                return Err(Error::RepositoryUnknown(name));
            };
            let guard = Guard::new(tx, repository, &name);
            let references = || iter::once(&reference).chain(&more_references);
            for reference in references() {
                guard.check(reference, Deed::Write)?;
                guard.check_behind(reference, &content.digest, Deed::Write)?;
            }
            let missing = missing_references(tx, repository, &manifest)?;
            if !missing.is_empty() {
                return Err(Error::ManifestReferencesMissing(missing));
            }
            manifests::put(tx, repository, &content, &manifest, now)?;
            for reference in references() {
                if let Reference::Tag(tag) = reference {
                    tags::put(tx, repository, tag, &content.digest, now)?;
                }
            }
            repositories::touch(tx, repository, now)?;
            Ok(())
        });
        written.await.map(|()| digest)
    }

    /// The config that the manifest to be written names, whose bytes say what the image runs on. `None` when the repository does not
    /// hold it or it is larger than [`limits::CONFIG_BYTES_READ_MAX`].
    pub async fn read_config(&self, permit: &Permit<WriteManifest>, digest: &Digest) -> Result<Option<Bytes>, Error> {
        let (registry, repository) = (permit.registry(), permit.operation().repository.clone());
        let wanted = digest.clone();
        let held =
            self.inner.metadata.read(move |tx| blob_links::find_size(tx, registry, &repository, &wanted)).await?;
        if held.is_none_or(|(size_bytes, _)| size_bytes > limits::CONFIG_BYTES_READ_MAX) {
            return Ok(None);
        }
        let Some(blob) = self.inner.blobs.open_blob(digest).await? else { return Ok(None) };
        let size_bytes = blob.size_bytes();
        let pieces: Vec<Bytes> = blob.stream(0..size_bytes).try_collect().await.map_err(Error::internal)?;
        Ok(Some(pieces.concat().into()))
    }

    /// Errors: `ManifestUnknown`, also for a repository that was never pushed to; `Locked`.
    pub async fn get_manifest(&self, permit: &Permit<ReadManifest>) -> Result<StoredManifest, Error> {
        let (registry, ReadManifest { repository: name, reference }) = (permit.registry(), permit.operation().clone());
        let found = self.inner.metadata.read_few(move |tx| {
            let unknown = || Error::ManifestUnknown(reference.clone());
            let repository = repositories::find(tx, registry, &name)?.ok_or_else(unknown)?;
            let guard = Guard::new(tx, repository, &name);
            guard.check(&reference, Deed::Read)?;
            let found = manifests::find(tx, repository, &reference)?.ok_or_else(unknown)?;
            guard.check_behind(&reference, &found.digest, Deed::Read)?;
            Ok(StoredManifest::from(found))
        });
        found.await.inspect_err(|error| self.note_locked(permit, error))
    }

    /// Deletes a manifest with all its tags, or, when the permit names a tag, that tag only. Errors: `ManifestUnknown`, `Locked`.
    pub async fn delete_manifest(&self, permit: &Permit<DeleteManifest>) -> Result<(), Error> {
        let now = self.inner.clock.now();
        let (registry, DeleteManifest { repository: name, reference }) =
            (permit.registry(), permit.operation().clone());
        let deleted = self.carry_out(permit, None, move |tx| {
            let Some(repository) = repositories::find(tx, registry, &name)? else {
                return Err(Error::ManifestUnknown(reference));
            };
            let guard = Guard::new(tx, repository, &name);
            let was_there = match &reference {
                Reference::Tag(tag) => {
                    guard.check(&reference, Deed::Delete)?;
                    tags::delete(tx, repository, tag, now)?
                }
                Reference::Digest(digest) => {
                    guard.check_delete_with_tags(digest)?;
                    manifests::delete(tx, repository, digest, now)?
                }
            };
            if !was_there {
                return Err(Error::ManifestUnknown(reference));
            }
            Ok(repositories::touch(tx, repository, now)?)
        });
        deleted.await
    }

    /// What is told of each manifest. Errors: `RepositoryUnknown`.
    pub async fn show_manifests(
        &self,
        permit: &Permit<ShowManifests>,
        page: OrderedPageRequest,
    ) -> Result<Page<ManifestAttributes>, Error> {
        let (registry, ShowManifests { repository: name }) = (permit.registry(), permit.operation().clone());
        let shown = self.inner.metadata.read(move |tx| {
            let repository = find(tx, registry, &name)?;
            let limit = page.limit();
            Ok(Page::cut(manifests::show_all(tx, repository, &page.place, limit + 1)?, limit))
        });
        shown.await
    }

    /// What is told of a manifest. Errors: `RepositoryUnknown`, `ManifestUnknown`.
    pub async fn show_manifest(&self, permit: &Permit<ShowManifest>) -> Result<ShownManifest, Error> {
        let (registry, ShowManifest { repository: name, digest }) = (permit.registry(), permit.operation().clone());
        let shown = self.inner.metadata.read(move |tx| {
            let repository = find(tx, registry, &name)?;
            show(tx, repository, digest)
        });
        shown.await
    }

    /// Changes a manifest's locks, which no lock forbids; what is told of it then. Errors: `RepositoryUnknown`, `ManifestUnknown`.
    pub async fn change_manifest(
        &self,
        permit: &Permit<ChangeManifest>,
        change: LocksChange,
    ) -> Result<ShownManifest, Error> {
        let (registry, ChangeManifest { repository: name, digest }) = (permit.registry(), permit.operation().clone());
        let locking = move |tx: &Writing<'_>| {
            let repository = find(tx, registry, &name)?;
            let locks = locks::of_manifest(tx, repository, &digest)?.changed(change);
            locks::put_of_manifest(tx, repository, &digest, locks)?;
            show(tx, repository, digest)
        };
        self.carry_out_as(self.locking(permit, change), locking).await
    }

    /// The manifests whose subject is the permit's, by digest; empty for an unknown subject or repository. `page.last` is the
    /// digest of the last one seen. A page ends early at [`limits::REFERRERS_PAGE_BYTES`]. Errors: `Locked`.
    pub async fn list_referrers(
        &self,
        permit: &Permit<ListReferrers>,
        artifact_type: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<StoredManifest>, Error> {
        let (registry, ListReferrers { repository: name, subject }) = (permit.registry(), permit.operation().clone());
        let (limit, after, artifact_type) =
            (page.limit(), page.after().to_owned(), artifact_type.map(ToOwned::to_owned));
        let query = ReferrersQuery { subject, artifact_type, after, items_max: limit + 1 };
        let listed = self.inner.metadata.read(move |tx| {
            let Some(repository) = repositories::find(tx, registry, &name)? else {
                return Ok(Page::cut(Vec::new(), limit));
            };
            Guard::new(tx, repository, &name).check_repository(Deed::Read)?;
            Ok(read_referrers(tx, repository, &query, limit)?)
        });
        listed.await.inspect_err(|error| self.note_locked(permit, error))
    }
}

fn show(tx: &Reading<'_>, repository: RepositoryKey, digest: Digest) -> Result<ShownManifest, Error> {
    let reference = Reference::Digest(digest.clone());
    let Some(attributes) = manifests::show(tx, repository, &digest)? else {
        return Err(Error::ManifestUnknown(reference));
    };
    let index = if attributes.kind.is_index() { manifests::find(tx, repository, &reference)? } else { None };
    Ok(ShownManifest { attributes, index: index.map(|found| found.bytes.into()) })
}

fn read_referrers(
    tx: &Reading<'_>,
    repository: RepositoryKey,
    query: &ReferrersQuery,
    limit: usize,
) -> Result<Page<StoredManifest>, metadata::Error> {
    let found = manifests::list_referrers(tx, repository, query)?;
    let limit = limit.min(fitting(found.iter().map(|(_, size_bytes)| *size_bytes)));
    let Page { items, more } = Page::cut(found, limit);
    let contents = items.into_iter().map(|(digest, _)| manifests::find(tx, repository, &Reference::Digest(digest)));
    let contents = contents.collect::<Result<Vec<_>, _>>()?;
    Ok(Page { items: contents.into_iter().flatten().map(StoredManifest::from).collect(), more })
}

/// How many of the first manifests fit into a page of referrers: at least one.
fn fitting(sizes_bytes: impl Iterator<Item = u64>) -> usize {
    let sums = sizes_bytes.scan(0_u64, |sum, size_bytes| {
        *sum = sum.saturating_add(size_bytes);
        Some(*sum)
    });
    sums.take_while(|sum| *sum <= limits::REFERRERS_PAGE_BYTES).count().max(1)
}

/// The digest of `bytes`, which must be the reference's when that is a digest.
fn checked_digest(reference: &Reference, bytes: &[u8]) -> Result<Digest, Error> {
    let Reference::Digest(claimed) = reference else { return Ok(Digest::of(DigestAlgorithm::Sha256, bytes)) };
    let actual = Digest::of(claimed.algorithm(), bytes);
    if actual == *claimed { Ok(actual) } else { Err(Error::DigestMismatch { claimed: claimed.clone(), actual }) }
}

/// What the manifest needs and the repository does not hold, each once.
fn missing_references(
    tx: &Reading<'_>,
    repository: RepositoryKey,
    manifest: &Manifest,
) -> Result<Vec<Digest>, metadata::Error> {
    let mut missing = Vec::new();
    for blob in &manifest.blobs {
        if !blob_links::contains(tx, repository, blob)? {
            missing.push(blob.clone());
        }
    }
    for member in &manifest.manifests {
        if !manifests::contains(tx, repository, member)? {
            missing.push(member.clone());
        }
    }
    missing.sort_unstable();
    missing.dedup();
    Ok(missing)
}
