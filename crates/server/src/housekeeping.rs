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
        if !self.collection.enabled {
            return Ok(());
        }
        go_on::<Retention>(&self.service, &self.collection, &mut None).await?;
        go_on::<Collection>(&self.service, &self.collection, &mut None).await
    }

    /// Begins to read and compare everything that the data folder holds.
    pub async fn begin_verification(&self) -> Result<Verification, Error> {
        self.service.begin_verification().await
    }
}

/// Deletes what the rules of retention say, and collects what nothing needs any more, so much at a time, until the task is dropped.
pub(crate) async fn collect(service: Service, config: CollectionConfig) {
    if !config.enabled {
        return;
    }
    let mut ticks = tokio::time::interval(config.every());
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut retaining, mut collecting): (Option<Retention>, Option<Collection>) = (None, None);
    loop {
        ticks.tick().await;
        tell_stop::<Retention>(go_on(&service, &config, &mut retaining).await);
        tell_stop::<Collection>(go_on(&service, &config, &mut collecting).await);
    }
}

/// Says in the log that there are rules of retention, where nobody applies them.
pub(crate) async fn tell_idle_rules(service: &Service, config: &CollectionConfig) {
    if !config.enabled && matches!(service.list_retention_rules(None).await, Ok(Some(_))) {
        tracing::warn!(
            "there are retention rules, and this server does not apply them: `enabled` of [collection] is false. `portcullis retention list` shows them, `portcullis retention apply` applies them"
        );
    }
}

/// What is done in steps, and begun anew when it is over.
trait Chore: Sized {
    /// What it is, in a message.
    const NAME: &str;
    /// How many steps are taken in one go.
    const STEPS_MAX: usize;

    async fn begin(service: &Service, config: &CollectionConfig) -> Result<Self, Error>;

    /// `false` when it is over.
    async fn take_step(&mut self) -> Result<bool, Error>;

    /// Says in the log what came of it.
    fn tell(&self);
}

/// A bounded number of steps, of what is under way or of a new one.
async fn go_on<C: Chore>(service: &Service, config: &CollectionConfig, under_way: &mut Option<C>) -> Result<(), Error> {
    let mut chore = match under_way.take() {
        Some(chore) => chore,
        None => C::begin(service, config).await?,
    };
    for _ in 0..C::STEPS_MAX {
        if !chore.take_step().await? {
            chore.tell();
            return Ok(());
        }
        // Requests come first.
        tokio::time::sleep(limits::COLLECTION_PAUSE).await;
    }
    *under_way = Some(chore);
    Ok(())
}

fn tell_stop<C: Chore>(gone_on: Result<(), Error>) {
    if let Err(error) = gone_on {
        let cause: &dyn std::error::Error = &error;
        tracing::error!(cause, "{} has stopped, and begins anew later: {error}", C::NAME);
    }
}

impl Chore for Retention {
    const NAME: &str = "the application of the retention rules";
    const STEPS_MAX: usize = limits::RETENTION_STEPS;

    async fn begin(service: &Service, _config: &CollectionConfig) -> Result<Self, Error> {
        service.begin_retention(RetentionSettings::default()).await
    }

    async fn take_step(&mut self) -> Result<bool, Error> {
        Ok(self.step().await?.is_some())
    }

    fn tell(&self) {
        let RetentionCounts { repositories, tags, manifests, image_bytes, locked } = self.counts();
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
}

impl Chore for Collection {
    const NAME: &str = "the collection of what nothing needs";
    const STEPS_MAX: usize = limits::COLLECTION_STEPS;

    async fn begin(service: &Service, config: &CollectionConfig) -> Result<Self, Error> {
        let settings = CollectionSettings { grace: config.grace(), dry_run: false, who: None };
        service.begin_collection(settings).await
    }

    async fn take_step(&mut self) -> Result<bool, Error> {
        self.step().await
    }

    fn tell(&self) {
        let collected = self.collected();
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
}
