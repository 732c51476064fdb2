//! Pushes, mounts and deletes from several processes' worth of services, with collections that spare nothing in a tight loop beside them.
//!
//! What each pusher does comes of a seed; how they interleave does not, and whatever it is, what is asserted must hold.

use crate::Outcome;
use crate::collection::collect;
use crate::verification::verify;
use crate::world::{Client, Failure, Pushed, World, sha256};
use model::digest::Digest;
use model::operation::StartUpload;
use model::repository::RepositoryName;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use service::{Collected, CollectionSettings, Error, Service};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const PUSHERS: u64 = 6;
const PUSHES: u64 = 40;
/// So few that pushers often send what others have just left.
const LAYERS: u64 = 12;
const REPOSITORIES: [&str; 3] = ["samples/one", "samples/two", "samples/three"];

/// An image that was acknowledged and not deleted since.
struct Image {
    repository: &'static str,
    digest: Digest,
    layers: Vec<String>,
}

impl Image {
    async fn read_back(&self, client: &Client) -> Outcome {
        client.get((self.repository, &self.digest.to_string())).await??;
        for layer in &self.layers {
            assert_eq!(client.blob(self.repository, &sha256(layer)).await??, *layer);
        }
        Ok(())
    }
}

struct Pusher {
    client: Client,
    random: ChaCha8Rng,
    name: u64,
    images: Vec<Image>,
}

impl Pusher {
    fn one_of(&mut self, count: usize) -> usize {
        (self.random.next_u64() % count as u64) as usize
    }

    async fn run(mut self) -> Result<Vec<Image>, Failure> {
        for number in 0..PUSHES {
            let repository = REPOSITORIES[self.one_of(REPOSITORIES.len())];
            let layers: Vec<String> = (0..2).map(|_| format!("layer {}", self.random.next_u64() % LAYERS)).collect();
            let pushed = self.image(number, &layers);
            let tag = format!("p{}", self.name);
            let digest = loop {
                for layer in &layers {
                    self.bring(repository, layer).await?;
                }
                match self.client.put((repository, &tag), &pushed).await? {
                    // Nothing is spared here, so what was there a moment ago may be gone: it is sent again.
                    Err(Error::ManifestReferencesMissing(_)) => {}
                    put => break put?,
                }
            };
            let image = Image { repository, digest, layers };
            image.read_back(&self.client).await?;
            // Few stay, or soon everything would be needed for good.
            if number % 20 == 0 {
                self.images.push(image);
            } else {
                self.client.delete((repository, &image.digest.to_string())).await??;
            }
        }
        Ok(self.images)
    }

    /// Each manifest is this pusher's alone, so that nobody else deletes it.
    fn image(&self, number: u64, layers: &[String]) -> Pushed {
        let digests: Vec<Digest> = layers.iter().map(sha256).collect();
        Pushed::image(format!("image {number} of {}: {layers:?}", self.name), &digests.iter().collect::<Vec<_>>())
    }

    /// As clients do: asks whether it is there, else tries to mount it, else sends it. Often sends it in any case.
    async fn bring(&mut self, repository: &str, layer: &str) -> Result<(), Failure> {
        let digest = sha256(layer);
        if self.one_of(3) == 0 {
            let pusher = self.client.permit(StartUpload { repository: RepositoryName::parse(repository)? })?;
            let reading = self.client.reading(repository, &digest)?;
            if self.client.service.open_blob_for_push(&reading, &pusher).await.is_ok() {
                return Ok(());
            }
            let from = REPOSITORIES[self.one_of(REPOSITORIES.len())];
            let source = self.client.reading(from, &digest)?;
            if self.client.mount(repository, &source).await??.is_some() {
                return Ok(());
            }
        }
        self.client.push_blob(repository, layer).await.map(drop)
    }
}

/// Collects without a grace time until nobody pushes any more. Some collections are given up in the middle, as by a crash.
async fn collect_until_done(service: &Service, world: &World, pushing: &AtomicU64) -> Outcome {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    while pushing.load(Ordering::Acquire) > 0 {
        world.clock.advance(Duration::from_secs(1));
        let settings = CollectionSettings { grace: Duration::ZERO, dry_run: false, who: None };
        let mut collection = service.begin_collection(settings).await?;
        let mut steps = if random.next_u64().is_multiple_of(4) { random.next_u64() % 6 } else { u64::MAX };
        while steps > 0 && collection.step().await? {
            steps -= 1;
        }
    }
    Ok(())
}

/// Counts a pusher out, however it ends: collectors must not wait for one that failed.
struct Leaving<'a>(&'a AtomicU64);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

/// Runs what a thread of its own does, as a process of its own would.
fn alone<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(work).map_err(|error| format!("{error:?}"))
}

/// What all pushers together have left, while all collectors run beside them.
fn push_and_collect(world: &World, services: [&Service; 2], client: &Client) -> Result<Vec<Image>, String> {
    let pushing = &AtomicU64::new(PUSHERS);
    std::thread::scope(|scope| {
        let collectors: Vec<_> = services
            .into_iter()
            .map(|service| scope.spawn(move || alone(collect_until_done(service, world, pushing))))
            .collect();
        let push = |name| {
            let client = client.at(services[name as usize % services.len()]);
            let pusher = Pusher { client, random: ChaCha8Rng::seed_from_u64(name), name, images: Vec::new() };
            scope.spawn(move || {
                let _leaving = Leaving(pushing);
                alone(pusher.run())
            })
        };
        let pushers: Vec<_> = (0..PUSHERS).map(push).collect();
        let mut images = Vec::new();
        for pusher in pushers {
            images.extend(pusher.join().map_err(|_| "a pusher panicked")??);
        }
        for collector in collectors {
            collector.join().map_err(|_| "a collector panicked")??;
        }
        Ok(images)
    })
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_and_nothing_leaks() -> Outcome {
    let world = World::new().await?;
    let other = world.open_again().await?;
    let client = world.any_client().await?;
    let images = push_and_collect(&world, [&world.service, &other], &client)?;

    assert!(!images.is_empty(), "every image was deleted, so nothing is proven");
    for image in &images {
        image.read_back(&client).await?;
    }
    assert_eq!(verify(&world.service).await?, []);

    for Image { repository, digest, .. } in &images {
        client.delete((repository, &digest.to_string())).await??;
    }
    world.clock.advance(Duration::from_secs(1));
    collect(&other, Duration::ZERO, false).await?;
    assert_eq!(collect(&other, Duration::ZERO, false).await?, Collected::default());
    assert_eq!(world.blob_files()?, 0, "bytes have leaked");
    assert_eq!(std::fs::read_dir(world.data.join("uploads"))?.count(), 0, "uploads have leaked");
    Ok(())
}
