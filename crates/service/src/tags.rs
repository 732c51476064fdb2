//! Tags: listed, told of, locked, deleted. They are pointed at manifests where those are written.

use crate::locks::Guard;
use crate::repositories::find;
use crate::{Error, OrderedPageRequest, Page, PageRequest, Service};
use metadata::tags::TagsQuery;
use metadata::{Writing, locks, repositories, tags};
use model::access::Permit;
use model::attributes::TagAttributes;
use model::digest::Digest;
use model::locks::{Deed, LocksChange};
use model::operation::{ChangeTag, DeleteTag, ListTags, ShowTag, ShowTags};
use model::reference::{Reference, Tag};

impl Service {
    /// Tags in byte order. Errors: `RepositoryUnknown`.
    pub async fn list_tags(&self, permit: &Permit<ListTags>, page: PageRequest) -> Result<Page<Tag>, Error> {
        let (registry, ListTags { repository: name }) = (permit.registry(), permit.operation().clone());
        let listed = self.inner.metadata.read(move |tx| {
            let repository = find(tx, registry, &name)?;
            let limit = page.limit();
            Ok(Page::cut(tags::list(tx, repository, page.after(), limit + 1)?, limit))
        });
        listed.await
    }

    /// What is told of each tag, of `digest` only when one is given. Errors: `RepositoryUnknown`.
    pub async fn show_tags(
        &self,
        permit: &Permit<ShowTags>,
        digest: Option<Digest>,
        page: OrderedPageRequest,
    ) -> Result<Page<TagAttributes>, Error> {
        let (registry, ShowTags { repository: name }) = (permit.registry(), permit.operation().clone());
        let limit = page.limit();
        let query = TagsQuery { digest, place: page.place, items_max: limit + 1 };
        let shown = self.inner.metadata.read(move |tx| {
            let repository = find(tx, registry, &name)?;
            Ok(Page::cut(tags::show_all(tx, repository, &query)?, limit))
        });
        shown.await
    }

    /// What is told of a tag. Errors: `RepositoryUnknown`, `TagUnknown`.
    pub async fn show_tag(&self, permit: &Permit<ShowTag>) -> Result<TagAttributes, Error> {
        let (registry, ShowTag { repository: name, tag }) = (permit.registry(), permit.operation().clone());
        let shown = self.inner.metadata.read(move |tx| {
            let repository = find(tx, registry, &name)?;
            tags::show(tx, repository, &tag)?.ok_or(Error::TagUnknown(tag))
        });
        shown.await
    }

    /// Changes a tag's locks, which no lock forbids; what is told of it then. Errors: `RepositoryUnknown`, `TagUnknown`.
    pub async fn change_tag(&self, permit: &Permit<ChangeTag>, change: LocksChange) -> Result<TagAttributes, Error> {
        let (registry, ChangeTag { repository: name, tag }) = (permit.registry(), permit.operation().clone());
        let locking = move |tx: &Writing<'_>| {
            let repository = find(tx, registry, &name)?;
            locks::put_of_tag(tx, repository, &tag, locks::of_tag(tx, repository, &tag)?.changed(change))?;
            tags::show(tx, repository, &tag)?.ok_or(Error::TagUnknown(tag))
        };
        self.carry_out_as(self.locking(permit, change), locking).await
    }

    /// Deletes a tag and leaves its manifest. Errors: `RepositoryUnknown`, `TagUnknown`, `Locked`.
    pub async fn delete_tag(&self, permit: &Permit<DeleteTag>) -> Result<(), Error> {
        let (registry, now) = (permit.registry(), self.inner.clock.now());
        let DeleteTag { repository: name, tag } = permit.operation().clone();
        let deleted = self.carry_out(permit, None, move |tx| {
            let repository = find(tx, registry, &name)?;
            Guard::new(tx, repository, &name).check(&Reference::Tag(tag.clone()), Deed::Delete)?;
            if !tags::delete(tx, repository, &tag, now)? {
                return Err(Error::TagUnknown(tag));
            }
            Ok(repositories::touch(tx, repository, now)?)
        });
        deleted.await
    }
}
