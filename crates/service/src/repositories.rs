//! Lists of repositories.

use crate::{Error, Service, limits};
use model::access::Permit;
use model::operation::ListCatalog;
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
            let batch = self
                .inner
                .metadata
                .read(move |tx| metadata::repositories::list(tx, registry, &behind, CATALOG_BATCH))
                .await?;
            all_read = batch.len() < CATALOG_BATCH;
            after = batch.last().map(ToString::to_string).unwrap_or_default();
            shown.extend(batch.into_iter().filter(|repository| permit.shows(repository)));
        }
        Ok(Page::cut(shown, limit))
    }
}
