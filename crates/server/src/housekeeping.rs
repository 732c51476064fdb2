//! What the server does to its files by itself, and what commands do to them on demand: collecting and verifying. Before each collection it applies
//! the rules of retention, so that what they delete begins to rest.

use crate::config::CollectionConfig;
use crate::{Server, limits};
use service::{Retention, RetentionCounts, RetentionSettings, Service};

pub use service::{
    BrokenContent, Collected, Collection, CollectionProgress, CollectionSettings, Error, HitImage, Verification,
    VerificationProgress,
};

impl Server {
    /// Begins a collection of what nothing needs any more. [`Server::serve`] does it by itself.
    pub async fn begin_collection(&self, settings: CollectionSettings) -> Result<Collection, Error> {
        self.service.begin_collection(settings).await
    }

    /// Applies the rules of retention and collects, once, if the configuration wants it. [`Server::serve`] does it by itself, now and then.
    pub async fn collect(&self) -> Result<(), Error> {
        retain_some(&self.service, &self.collection, &mut None).await?;
        collect_some(&self.service, &self.collection, &mut None).await
    }

    /// Begins to read and compare everything that the data folder holds.
    pub async fn begin_verification(&self) -> Result<Verification, Error> {
        self.service.begin_verification().await
    }
}

/// Deletes what the rules of retention say, and collects what nothing needs any more, so much at a time, until the task is dropped.
pub(crate) async fn collect(service: Service, config: CollectionConfig) {
    let mut ticks = tokio::time::interval(config.every());
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut retaining, mut under_way) = (None, None);
    loop {
        ticks.tick().await;
        if let Err(error) = retain_some(&service, &config, &mut retaining).await {
            let cause: &dyn std::error::Error = &error;
            tracing::error!(
                cause,
                "the application of the retention rules has stopped, and begins anew later: {error}"
            );
        }
        if let Err(error) = collect_some(&service, &config, &mut under_way).await {
            let cause: &dyn std::error::Error = &error;
            tracing::error!(cause, "the collection of what nothing needs has stopped, and begins anew later: {error}");
        }
    }
}

/// A bounded number of steps, of the application of the rules that is under way or of a new one; none where nobody wants it.
async fn retain_some(
    service: &Service,
    config: &CollectionConfig,
    under_way: &mut Option<Retention>,
) -> Result<(), Error> {
    if !config.enabled {
        return Ok(());
    }
    let mut retention = match under_way.take() {
        Some(retention) => retention,
        None => service.begin_retention(RetentionSettings::default()).await?,
    };
    for _ in 0..limits::RETENTION_STEPS {
        if retention.step().await?.is_none() {
            tell_retention(&retention.counts());
            return Ok(());
        }
        // Requests come first.
        tokio::time::sleep(limits::COLLECTION_PAUSE).await;
    }
    *under_way = Some(retention);
    Ok(())
}

fn tell_retention(&RetentionCounts { repositories, tags, manifests, image_bytes, locked }: &RetentionCounts) {
    if tags + manifests > 0 {
        tracing::info!(
            repositories,
            tags,
            manifests,
            image_bytes,
            locked,
            "deleted {tags} tags and {manifests} manifests by retention rules"
        );
    }
}

/// A bounded number of steps, of the collection that is under way or of a new one; none where nobody wants it.
async fn collect_some(
    service: &Service,
    config: &CollectionConfig,
    under_way: &mut Option<Collection>,
) -> Result<(), Error> {
    if !config.enabled {
        return Ok(());
    }
    let mut collection = match under_way.take() {
        Some(collection) => collection,
        None => {
            let settings = CollectionSettings { grace: config.grace(), dry_run: false, who: None };
            service.begin_collection(settings).await?
        }
    };
    for _ in 0..limits::COLLECTION_STEPS {
        if !collection.step().await? {
            tell(&collection.collected());
            return Ok(());
        }
        // Requests come first.
        tokio::time::sleep(limits::COLLECTION_PAUSE).await;
    }
    *under_way = Some(collection);
    Ok(())
}

fn tell(collected: &Collected) {
    if collected.is_nothing() {
        return;
    }
    let Collected { blobs, links, uploads, strays, failed, busy, .. } = collected;
    let freed_bytes = collected.freed_bytes();
    tracing::info!(
        blobs,
        links,
        uploads,
        strays,
        failed,
        busy,
        freed_bytes,
        "collected {freed_bytes} bytes that nothing needed"
    );
}
