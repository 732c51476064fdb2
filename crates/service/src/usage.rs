//! How much a registry holds.

use crate::registries::existing;
use crate::{Error, Service};
use metadata::{blob_links, manifests, scope_maps, tokens};
use model::resource_id::RegistryId;

/// What a registry holds of the things that are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegistryUsage {
    /// Bytes of its blobs and manifests. A blob that several of its repositories hold counts once, as it is kept once.
    pub size_bytes: u64,
    /// Scope maps, without the system's.
    pub scope_maps: u64,
    /// Tokens.
    pub tokens: u64,
}

impl Service {
    /// Counts what a registry holds, at one moment. Errors: `SubscriptionMissing`, `ResourceGroupMissing`, `RegistryMissing`.
    pub async fn registry_usage(&self, id: &RegistryId) -> Result<RegistryUsage, Error> {
        self.check_subscription(&id.group.subscription)?;
        let id = id.clone();
        let counted = self.inner.metadata.read(move |tx| {
            let key = existing(tx, &id)?.key;
            let (blobs, manifests) = (blob_links::total_size(tx, key)?, manifests::total_size(tx, key)?);
            Ok(RegistryUsage {
                size_bytes: blobs.saturating_add(manifests),
                scope_maps: scope_maps::count_user_defined(tx, key)?,
                tokens: tokens::count(tx, key)?,
            })
        });
        counted.await
    }
}
