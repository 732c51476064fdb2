//! Manifests and their tags.

use crate::{Error, Page, PageRequest, Service, limits};
use bytes::Bytes;
use metadata::manifests::{ManifestContent, ReferrersQuery};
use metadata::repositories::RepositoryKey;
use metadata::{Reading, blob_links, manifests, repositories, tags};
use model::access::Permit;
use model::digest::{Digest, DigestAlgorithm};
use model::manifest::{Manifest, ManifestKind};
use model::operation::{DeleteManifest, ListReferrers, ReadManifest, WriteManifest};
use model::reference::Reference;

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

impl From<ManifestContent> for StoredManifest {
    fn from(ManifestContent { digest, kind, bytes }: ManifestContent) -> Self {
        Self { digest, kind, bytes: bytes.into() }
    }
}

impl Service {
    /// Keeps a manifest, and points the tag at it when the permit names one, in one transaction. Durable when it returns.
    ///
    /// `manifest` is what was read from `bytes`. A new digest is made with the algorithm of the permit's digest, else SHA-256.
    /// Errors: `DigestMismatch`, `ManifestReferencesMissing`, `LimitReached`.
    pub async fn put_manifest(
        &self,
        permit: &Permit<WriteManifest>,
        manifest: Manifest,
        bytes: Bytes,
    ) -> Result<Digest, Error> {
        if bytes.len() as u64 > limits::MANIFEST_BYTES.max {
            return Err(Error::LimitReached(limits::MANIFEST_BYTES));
        }
        let (registry, now) = (permit.registry(), self.inner.clock.now());
        let WriteManifest { repository: name, reference } = permit.operation().clone();
        let digest = checked_digest(&reference, &bytes)?;
        let content = ManifestContent { digest: digest.clone(), kind: manifest.kind, bytes: bytes.into() };
        let written = self.inner.metadata.write(move |tx| {
            let Some(repository) = repositories::find_or_add(tx, registry, &name, now)? else {
                return Err(Error::RepositoryUnknown(name));
            };
            let missing = missing_references(tx, repository, &manifest)?;
            if !missing.is_empty() {
                return Err(Error::ManifestReferencesMissing(missing));
            }
            manifests::put(tx, repository, &content, &manifest, now)?;
            if let Reference::Tag(tag) = &reference {
                tags::put(tx, repository, tag, &content.digest, now)?;
            }
            Ok(())
        });
        written.await.map(|()| digest)
    }

    /// Errors: `ManifestUnknown`, also for a repository that was never pushed to.
    pub async fn get_manifest(&self, permit: &Permit<ReadManifest>) -> Result<StoredManifest, Error> {
        let (registry, ReadManifest { repository, reference }) = (permit.registry(), permit.operation().clone());
        let found = self.inner.metadata.read(move |tx| {
            let repository = repositories::find(tx, registry, &repository)?;
            let found = repository.map(|repository| manifests::find(tx, repository, &reference)).transpose()?;
            found.flatten().map(StoredManifest::from).ok_or(Error::ManifestUnknown(reference))
        });
        found.await
    }

    /// Deletes a manifest with all its tags, or, when the permit names a tag, that tag only. Errors: `ManifestUnknown`.
    pub async fn delete_manifest(&self, permit: &Permit<DeleteManifest>) -> Result<(), Error> {
        let (registry, DeleteManifest { repository, reference }) = (permit.registry(), permit.operation().clone());
        let deleted = self.inner.metadata.write(move |tx| {
            let was_there = match (repositories::find(tx, registry, &repository)?, &reference) {
                (None, _) => false,
                (Some(repository), Reference::Tag(tag)) => tags::delete(tx, repository, tag)?,
                (Some(repository), Reference::Digest(digest)) => manifests::delete(tx, repository, digest)?,
            };
            if was_there { Ok(()) } else { Err(Error::ManifestUnknown(reference)) }
        });
        deleted.await
    }

    /// The manifests whose subject is the permit's, by digest; empty for an unknown subject or repository. `page.last` is the
    /// digest of the last one seen. A page ends early at [`limits::REFERRERS_PAGE_BYTES`].
    pub async fn list_referrers(
        &self,
        permit: &Permit<ListReferrers>,
        artifact_type: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<StoredManifest>, Error> {
        let (registry, ListReferrers { repository, subject }) = (permit.registry(), permit.operation().clone());
        let (limit, after, artifact_type) =
            (page.limit(), page.after().to_owned(), artifact_type.map(ToOwned::to_owned));
        let query = ReferrersQuery { subject, artifact_type, after, items_max: limit + 1 };
        let listed = self.inner.metadata.read(move |tx| {
            let repository = repositories::find(tx, registry, &repository)?;
            repository.map_or(Ok(Page::cut(Vec::new(), limit)), |key| read_referrers(tx, key, &query, limit))
        });
        Ok(listed.await?)
    }
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
