//! The doors: what is kept, what is undone, who is told.

use super::*;
use crate::management_version;
use std::sync::atomic::{AtomicBool, Ordering};

type Failure = Box<dyn std::error::Error>;

struct World {
    _folder: tempfile::TempDir,
    path: std::path::PathBuf,
}

impl World {
    fn new() -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        Ok(Self { path: folder.path().join("metadata.sqlite3"), _folder: folder })
    }

    fn open(&self) -> Result<Store, Error> {
        Store::open(&self.path, Stay::Lasting)
    }
}

async fn manage(store: &Store) -> Result<(), Error> {
    store.write(|tx| tx.manage(|| {}).map(drop)).await
}

async fn version(store: &Store) -> Result<i64, Error> {
    store.read(management_version::get).await
}

#[tokio::test]
async fn what_was_written_is_seen_here_and_by_others_and_after_a_restart() -> Result<(), Failure> {
    let world = World::new()?;
    let (one, other) = (world.open()?, world.open()?);
    manage(&one).await?;
    assert_eq!((version(&one).await?, version(&other).await?), (1, 1));
    drop((one, other));
    assert_eq!(version(&world.open()?).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_refused_write_is_undone_alone() -> Result<(), Failure> {
    let world = World::new()?;
    let store = world.open()?;
    let forgot = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&forgot);
    let refused = store.write(move |tx| {
        let _managing = tx.manage(move || seen.store(true, Ordering::SeqCst))?;
        Err::<(), _>(Error::Busy)
    });
    let (refused, kept, panicked) = tokio::join!(refused, manage(&store), async {
        store.write::<(), Error, _>(|tx| tx.manage(|| {}).map(|_| panic!("a bug in a use case"))).await
    });
    assert!(matches!(refused, Err(Error::Busy)));
    assert!(matches!(panicked, Err(Error::Undone)));
    assert!(kept.is_ok());
    assert_eq!(version(&store).await?, 1);
    assert!(!forgot.load(Ordering::SeqCst), "nothing changed, so nothing need be forgotten");
    Ok(())
}

#[tokio::test]
async fn what_is_remembered_is_forgotten_before_the_answer_and_without_a_listener() -> Result<(), Failure> {
    let world = World::new()?;
    let store = world.open()?;
    let forgot = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&forgot);
    {
        let write =
            store.write::<_, Error, _>(move |tx| tx.manage(move || seen.store(true, Ordering::SeqCst)).map(drop));
        // Polled once, which queues it, and dropped: the client hung up.
        let mut write = std::pin::pin!(write);
        let polled = std::future::poll_fn(|context| std::task::Poll::Ready(write.as_mut().poll(context))).await;
        drop(polled);
    }
    // Another write is answered after the first.
    manage(&store).await?;
    assert!(forgot.load(Ordering::SeqCst));
    assert_eq!(version(&store).await?, 2);
    Ok(())
}

#[tokio::test]
async fn many_writers_on_two_stores_lose_nothing() -> Result<(), Failure> {
    let world = World::new()?;
    let stores = [Arc::new(world.open()?), Arc::new(world.open()?)];
    let writers: Vec<_> = (0..100)
        .map(|number| {
            let store = Arc::clone(&stores[number % 2]);
            tokio::spawn(async move { manage(&store).await })
        })
        .collect();
    for writer in writers {
        writer.await??;
    }
    assert_eq!(version(&stores[0]).await?, 100);
    Ok(())
}

#[test]
fn stores_that_start_at_once_agree() -> Result<(), Failure> {
    let world = World::new()?;
    let results: Vec<bool> = thread::scope(|scope| {
        let starts: Vec<_> = (0..4).map(|_| scope.spawn(|| world.open().is_ok())).collect();
        starts.into_iter().map(|start| start.join().unwrap_or(false)).collect()
    });
    assert_eq!(results, [true; 4]);
    Ok(())
}

#[tokio::test]
async fn a_few_rows_are_read_as_they_were_answered() -> Result<(), Failure> {
    let world = World::new()?;
    let (one, other) = (world.open()?, world.open()?);
    for expected in 1..=50 {
        manage(&one).await?;
        for store in [&one, &other] {
            assert_eq!(store.read_few(management_version::get).await?, expected);
        }
    }
    let panicked: Result<(), Error> = one.read_few(|_| panic!("a bug in a use case")).await;
    assert!(matches!(panicked, Err(Error::Undone)));
    assert_eq!(one.read_few(management_version::get).await?, 50);
    Ok(())
}

#[tokio::test]
async fn who_finds_no_connection_free_is_served_all_the_same() -> Result<(), Failure> {
    let world = World::new()?;
    let store = world.open()?;
    let taken: Vec<_> = store.near.iter().map(Mutex::lock).collect();
    assert!(taken.iter().all(Result::is_ok) && !taken.is_empty());
    assert_eq!(store.read_few(management_version::get).await?, 0);
    Ok(())
}

#[test]
fn a_read_that_would_wait_is_left_to_others() -> Result<(), Failure> {
    let world = World::new()?;
    drop(world.open()?);
    let (db, other) = (connection::open(&world.path, Stay::Lasting)?, connection::open(&world.path, Stay::Lasting)?);
    db.busy_timeout(std::time::Duration::ZERO)?;
    // The statement that needs a lock is a write here: what keeps a read waiting cannot be had from outside.
    const WAITS: &str = "UPDATE management_version SET version = 9 RETURNING version";
    let run = || queue::read_at_once(&db, |tx| tx.find(WAITS, [], |_| Ok(())).is_ok());
    other.execute_batch("BEGIN IMMEDIATE")?;
    assert_eq!(run(), None);
    other.execute_batch("ROLLBACK")?;
    assert_eq!(run(), Some(true));
    Ok(())
}

#[tokio::test]
async fn a_reader_cannot_write() -> Result<(), Failure> {
    let world = World::new()?;
    let store = world.open()?;
    let written: Result<(), Error> = store
        .read(|tx| tx.find("UPDATE management_version SET version = 9 RETURNING version", [], |_| Ok(())).map(drop))
        .await;
    assert!(written.is_err());
    assert_eq!(version(&store).await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_full_disk_is_told_and_nothing_is_half_there() -> Result<(), Failure> {
    let world = World::new()?;
    let store = world.open()?;
    // SQLite answers what a full disk would once the file may not grow.
    let limit: Result<(), Error> = store.write(|tx| tx.get("PRAGMA max_page_count = 1", [], |_| Ok(()))).await;
    limit?;
    let large = "x".repeat(1 << 20);
    let neighbour = store.write::<_, Error, _>(|tx| crate::settings::add(tx, "small", "1"));
    let refused = store.write::<_, Error, _>(move |tx| crate::settings::add(tx, "large", &large));
    let (neighbour, refused) = tokio::join!(neighbour, refused);
    assert!(matches!(refused, Err(Error::Full)), "{refused:?}");
    let found: Option<String> = store.read(|tx| crate::settings::find(tx, "small")).await?;
    assert_eq!(found.is_some(), neighbour.is_ok(), "what was answered is what was kept");
    manage(&store).await?;
    assert_eq!(version(&store).await?, 1);
    Ok(())
}
