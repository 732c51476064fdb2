//! Repositories: listed, told of, locked, deleted.

use crate::locks::Guard;
use crate::{Error, Service, limits};
use metadata::repositories::RepositoryKey;
use metadata::{Reading, Writing, locks, manifests, repositories, tags};
use model::access::Permit;
use model::attributes::{ListPlace, RepositoryAttributes};
use model::digest::Digest;
use model::locks::LocksChange;
use model::operation::{ChangeRepository, DeleteRepository, ListCatalog, ShowRepository};
use model::reference::Tag;
use model::registry::RegistryKey;
use model::repository::RepositoryName;

/// How many names are read at once where only some of them are shown.
const CATALOG_BATCH: usize = 1_000;

/// Which part of a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageRequest {
    /// At most this many; `None` and anything above [`crate::limits::PAGE_ITEMS_MAX`] mean that limit.
    pub items_max: Option<usize>,
    /// Begin behind this item, which need not exist.
    pub last: Option<String>,
}

/// Which part of a list is asked for, and in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderedPageRequest {
    /// At most this many; anything above [`crate::limits::PAGE_ITEMS_MAX`] means that limit.
    pub items_max: usize,
    /// From here on.
    pub place: ListPlace,
}

impl OrderedPageRequest {
    /// At most this many items.
    pub(crate) fn limit(&self) -> usize {
        self.items_max.min(limits::PAGE_ITEMS_MAX)
    }
}

/// Part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Whether more follow. Never after a page of none: there is no item behind which to go on.
    pub more: bool,
}

impl PageRequest {
    /// At most this many items.
    pub(crate) fn limit(&self) -> usize {
        self.items_max.unwrap_or(limits::PAGE_ITEMS_MAX).min(limits::PAGE_ITEMS_MAX)
    }

    /// Behind which item to begin. No item is empty.
    pub(crate) fn after(&self) -> &str {
        self.last.as_deref().unwrap_or_default()
    }
}

impl<T> Page<T> {
    /// The first `limit` of `items`; that there are more of them is how one knows that more follow.
    pub(crate) fn cut(mut items: Vec<T>, limit: usize) -> Self {
        let more = limit > 0 && items.len() > limit;
        items.truncate(limit);
        Self { items, more }
    }
}

/// What went with a repository.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeletedRepository {
    /// Its manifests, by digest.
    pub manifests: Vec<Digest>,
    /// Its tags, in byte order.
    pub tags: Vec<Tag>,
}

impl Service {
    /// The repositories that the permit's holder may read, in byte order: filtered first, then cut into pages (decision D7d).
    /// Only those that hold a manifest.
    pub async fn list_catalog(
        &self,
        permit: &Permit<ListCatalog>,
        page: PageRequest,
    ) -> Result<Page<RepositoryName>, Error> {
        let (registry, limit) = (permit.registry(), page.limit());
        let (mut shown, mut after, mut all_read) = (Vec::new(), page.after().to_owned(), limit == 0);
        while !all_read && shown.len() <= limit {
            let behind = after.clone();
            let batch =
                self.inner.metadata.read(move |tx| repositories::list(tx, registry, &behind, CATALOG_BATCH)).await?;
            all_read = batch.len() < CATALOG_BATCH;
            after = batch.last().map(ToString::to_string).unwrap_or_default();
            shown.extend(batch.into_iter().filter(|repository| permit.shows(repository)));
        }
        Ok(Page::cut(shown, limit))
    }

    /// What is told of a repository. Errors: `RepositoryUnknown`.
    pub async fn show_repository(&self, permit: &Permit<ShowRepository>) -> Result<RepositoryAttributes, Error> {
        let (registry, ShowRepository { repository: name }) = (permit.registry(), permit.operation().clone());
        let shown = self.inner.metadata.read(move |tx| {
            let repository = find(tx, registry, &name)?;
            Ok(repositories::show(tx, repository)?)
        });
        shown.await
    }

    /// Changes a repository's locks, which no lock forbids; what is told of it then. Errors: `RepositoryUnknown`.
    pub async fn change_repository(
        &self,
        permit: &Permit<ChangeRepository>,
        change: LocksChange,
    ) -> Result<RepositoryAttributes, Error> {
        let (registry, ChangeRepository { repository: name }) = (permit.registry(), permit.operation().clone());
        let locking = move |tx: &Writing<'_>| {
            let repository = find(tx, registry, &name)?;
            locks::put_of_repository(tx, repository, locks::of_repository(tx, repository)?.changed(change))?;
            Ok(repositories::show(tx, repository)?)
        };
        self.carry_out_as(self.locking(permit, change), locking).await
    }

    /// Deletes a repository with its manifests, its tags and its hold on blobs, all or nothing. Errors: `RepositoryUnknown`,
    /// `Locked`, also when it is one of its tags or manifests that is locked.
    pub async fn delete_repository(&self, permit: &Permit<DeleteRepository>) -> Result<DeletedRepository, Error> {
        let (registry, DeleteRepository { repository: name }) = (permit.registry(), permit.operation().clone());
        let deleted = self.carry_out(permit, None, move |tx| {
            let repository = find(tx, registry, &name)?;
            Guard::new(tx, repository, &name).check_delete_of_all()?;
            let deleted = DeletedRepository {
                manifests: manifests::list_all(tx, repository)?,
                tags: tags::list_all(tx, repository)?,
            };
            repositories::delete(tx, repository)?;
            Ok(deleted)
        });
        deleted.await
    }
}

/// The repository of that name. Errors: `RepositoryUnknown`.
pub(crate) fn find(tx: &Reading<'_>, registry: RegistryKey, name: &RepositoryName) -> Result<RepositoryKey, Error> {
    repositories::find(tx, registry, name)?.ok_or_else(|| Error::RepositoryUnknown(name.clone()))
}
