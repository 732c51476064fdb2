//! Lists of tags.

use crate::{Error, Page, PageRequest, Service};
use model::access::Permit;
use model::operation::ListTags;
use model::reference::Tag;

impl Service {
    /// Tags in byte order. Errors: `RepositoryUnknown`.
    pub async fn list_tags(&self, permit: &Permit<ListTags>, page: PageRequest) -> Result<Page<Tag>, Error> {
        let (registry, ListTags { repository: name }) = (permit.registry(), permit.operation().clone());
        let listed = self.inner.metadata.read(move |tx| {
            let Some(repository) = metadata::repositories::find(tx, registry, &name)? else {
                return Err(Error::RepositoryUnknown(name));
            };
            let limit = page.limit();
            Ok(Page::cut(metadata::tags::list(tx, repository, page.after(), limit + 1)?, limit))
        });
        listed.await
    }
}
