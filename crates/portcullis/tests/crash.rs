//! Kills a real `portcullis serve` in the middle of pushes, again and again, and proves that everything it answered `201` to is
//! whole afterwards (decision D10).

#![expect(clippy::expect_used, reason = "a test that cannot go on says why and fails")]

mod process;

use process::{Server, World};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const ROUNDS: u64 = 3;
const PUSHERS: u64 = 4;
/// The server is killed once this many pushes of a round were acknowledged, with the other pushers in the middle of theirs.
const PUSHES_BEFORE_KILL: usize = 12;

/// What was acknowledged: the tag of an image, and the bytes of its config, layer and manifest.
struct Acknowledged {
    tag: String,
    blobs: Vec<Vec<u8>>,
    manifest: Vec<u8>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_acknowledged_survives_sigkill() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut server = Server::start(folder.path());
    let world = Arc::new(World::make(&server).await);
    let acknowledged = Arc::new(Mutex::new(Vec::new()));

    for round in 0..ROUNDS {
        push_until_killed(&mut server, &world, &acknowledged, round).await;
        server = Server::start(folder.path());
        for image in acknowledged.lock().expect("not poisoned").iter() {
            assert_whole(&server, image);
        }
    }

    let acknowledged = std::mem::take(&mut *acknowledged.lock().expect("not poisoned"));
    let count = acknowledged.len();
    assert!(count >= PUSHES_BEFORE_KILL * ROUNDS as usize, "only {count} pushes were acknowledged");
    for image in &acknowledged {
        read_back(&server, &world, image).await;
    }
    assert_told(&server, &acknowledged);
}

async fn push_until_killed(
    server: &mut Server,
    world: &Arc<World>,
    acknowledged: &Arc<Mutex<Vec<Acknowledged>>>,
    round: u64,
) {
    let done = Arc::new(AtomicUsize::new(0));
    let (enough, mut reached) = tokio::sync::mpsc::unbounded_channel();
    let pushers: Vec<_> = (0..PUSHERS)
        .map(|pusher| {
            let (world, acknowledged, done) = (Arc::clone(world), Arc::clone(acknowledged), Arc::clone(&done));
            let (address, enough) = (server.address.clone(), enough.clone());
            tokio::spawn(async move {
                for image in 0.. {
                    let tag = format!("r{round}p{pusher}i{image}");
                    let image = match push(&address, &world, &tag).await {
                        Ok(image) => image,
                        Err(error) => {
                            return assert!(!error.is_timeout(), "{tag}: the server does not answer: {error:?}");
                        }
                    };
                    acknowledged.lock().expect("not poisoned").push(image);
                    if done.fetch_add(1, Ordering::Relaxed) + 1 >= PUSHES_BEFORE_KILL {
                        let _ = enough.send(());
                    }
                }
            })
        })
        .collect();
    // Only the pushers hold a sender now: when all of them fail, there is nothing to wait for.
    drop(enough);
    let was_reached = reached.recv().await.is_some();
    server.kill();
    for pusher in pushers {
        // Not left to end by itself: now and then the client does not notice that the other end of its connection is dead.
        pusher.abort();
        if let Err(ended) = pusher.await
            && ended.is_panic()
        {
            std::panic::resume_unwind(ended.into_panic());
        }
    }
    assert!(was_reached, "the server refused pushes");
}

/// Pushes one image: a config in one request, a layer in two chunks, a manifest under a tag. `Err` when the server went away.
async fn push(address: &str, world: &World, tag: &str) -> Result<Acknowledged, reqwest::Error> {
    let config = format!("{{\"tag\":\"{tag}\"}}").into_bytes();
    let layer = tag.bytes().cycle().take(300_000).collect::<Vec<u8>>();
    world.push_monolithic(address, &config).await?;
    world.push_chunked(address, &layer).await?;
    let manifest = process::manifest(&config, &layer);
    world.put_manifest(address, tag, &manifest).await?;
    Ok(Acknowledged { tag: tag.to_owned(), blobs: vec![config, layer], manifest })
}

/// Checks the files themselves: a blob that was acknowledged is there, whole, under its digest.
fn assert_whole(server: &Server, image: &Acknowledged) {
    for blob in &image.blobs {
        let digest = process::sha256(blob);
        let hex = digest.trim_start_matches("sha256:");
        let path = server.data.join("blobs/sha256").join(&hex[..2]).join(hex);
        let stored =
            std::fs::read(&path).unwrap_or_else(|error| panic!("{} of {}: {error}", path.display(), image.tag));
        assert!(stored == *blob, "{} of {} is not whole", path.display(), image.tag);
    }
}

/// The audit log is whole, and has an entry for each push that was acknowledged; no tag has two, though each was pushed once.
fn assert_told(server: &Server, acknowledged: &[Acknowledged]) {
    let head = server.command(&["audit", "verify"]);
    assert!(head.contains(':'), "the audit log has a head: {head}");
    let exported = server.command(&["audit", "export"]);
    let pushes: Vec<serde_json::Value> = exported
        .lines()
        .map(|line| serde_json::from_str(line).expect("an entry"))
        .filter(|entry: &serde_json::Value| entry["action"] == "manifest/write")
        .collect();
    for image in acknowledged {
        let entries = pushes.iter().filter(|entry| entry["target"] == image.tag.as_str()).count();
        assert_eq!(entries, 1, "entries of the push of {}", image.tag);
    }
}

/// Reads the image back as a client does.
async fn read_back(server: &Server, world: &World, image: &Acknowledged) {
    let manifest = world.get(&server.address, &format!("manifests/{}", image.tag)).await;
    assert!(manifest == image.manifest, "the manifest of {} is not whole", image.tag);
    for blob in &image.blobs {
        let stored = world.get(&server.address, &format!("blobs/{}", process::sha256(blob))).await;
        assert!(stored == *blob, "a blob of {} is not whole", image.tag);
    }
}
