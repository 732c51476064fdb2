//! What the store of bytes promises, clause by clause, seen from outside and on the disk.

use blobs::{Error, Store, UploadId};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use model::digest::{Digest, DigestAlgorithm};
use rstest::rstest;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

type Outcome = Result<(), Box<dyn std::error::Error>>;

const BLOB_BYTES_MAX: u64 = 10 << 20;

/// A store in a folder of its own, and one upload in it.
struct World {
    folder: TempDir,
    store: Store,
    id: UploadId,
}

impl World {
    async fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let store = Store::open(folder.path(), BLOB_BYTES_MAX)?;
        let id = UploadId::parse("upload-1")?;
        store.start_upload(&id).await?;
        Ok(Self { folder, store, id })
    }

    /// The same folder, opened by what could be another process.
    fn elsewhere(&self) -> Result<Store, Error> {
        Store::open(self.folder.path(), BLOB_BYTES_MAX)
    }

    fn upload_path(&self) -> PathBuf {
        self.folder.path().join("uploads").join(self.id.as_str())
    }

    fn blob_path(&self, digest: &Digest) -> PathBuf {
        let folder = self.folder.path().join("blobs").join(digest.algorithm().as_str());
        folder.join(&digest.hex()[..2]).join(digest.hex())
    }

    async fn append(&self, store: &Store, at: Option<u64>, text: &[u8]) -> Result<u64, Error> {
        Ok(store.append(&self.id, at, whole(text)).await?.length_bytes())
    }

    async fn finish(&self, text: &[u8], digest: &Digest) -> Result<u64, Error> {
        let kept = self.store.append(&self.id, None, whole(text)).await?.finish(digest).await?;
        Ok(kept.size_bytes())
    }

    async fn read(&self, digest: &Digest) -> Result<Option<Vec<u8>>, Box<dyn std::error::Error>> {
        let Some(blob) = self.store.open_blob(digest).await? else { return Ok(None) };
        let size_bytes = blob.size_bytes();
        Ok(Some(blob.stream(0..size_bytes).try_collect::<Vec<Bytes>>().await?.concat()))
    }

    async fn is_over(&self) -> bool {
        matches!(self.store.upload_length(&self.id).await, Err(Error::UploadUnknown)) && !self.upload_path().exists()
    }
}

type Piece = Result<Bytes, &'static str>;

fn whole(bytes: &[u8]) -> impl futures_util::Stream<Item = Piece> + Send + Unpin + use<> {
    stream::iter([Ok(Bytes::copy_from_slice(bytes))])
}

fn sha256(bytes: &[u8]) -> Digest {
    Digest::of(DigestAlgorithm::Sha256, bytes)
}

/// Bytes that repeat with no short period, so that a piece at a wrong place shows.
fn sample(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i % 251) as u8 ^ (i >> 16) as u8).collect()
}

#[rstest]
#[case::empty(0)]
#[case::one_byte(1)]
#[case::one_piece(256 << 10)]
#[case::one_piece_and_a_byte((256 << 10) + 1)]
#[case::many_batches((3 << 20) + 7)]
#[tokio::test]
async fn a_finished_upload_is_a_blob(#[case] length: usize) -> Outcome {
    let (world, bytes) = (World::new().await?, sample(length));
    let pieces = bytes.chunks(8_000).map(|piece| Piece::Ok(Bytes::copy_from_slice(piece)));
    let appended = world.store.append(&world.id, Some(0), stream::iter(pieces)).await?;
    assert_eq!(appended.length_bytes(), length as u64);
    assert_eq!(world.read(&sha256(&bytes)).await?, None, "not a blob before it is finished");
    assert_eq!(appended.finish(&sha256(&bytes)).await?.size_bytes(), length as u64);
    assert_eq!(world.read(&sha256(&bytes)).await?, Some(bytes));
    assert!(world.is_over().await);
    Ok(())
}

#[tokio::test]
async fn the_digest_may_be_sha512() -> Outcome {
    let world = World::new().await?;
    let digest = Digest::of(DigestAlgorithm::Sha512, b"portcullis");
    world.append(&world.store, None, b"port").await?;
    world.finish(b"cullis", &digest).await?;
    assert_eq!(fs::read(world.blob_path(&digest))?, b"portcullis");
    Ok(())
}

#[rstest]
#[case(DigestAlgorithm::Sha256)]
#[case(DigestAlgorithm::Sha512)]
#[tokio::test]
async fn a_wrong_digest_ends_the_upload(#[case] algorithm: DigestAlgorithm) -> Outcome {
    let world = World::new().await?;
    let (claimed, expected) = (Digest::of(algorithm, b"claimed"), Digest::of(algorithm, b"sent"));
    let error = world.finish(b"sent", &claimed).await;
    assert!(matches!(error, Err(Error::DigestMismatch { actual, .. }) if actual == expected));
    assert!(world.is_over().await);
    assert_eq!(world.read(&claimed).await?, None);
    Ok(())
}

#[tokio::test]
async fn a_blob_that_is_there_is_not_enough_to_claim_it() -> Outcome {
    let world = World::new().await?;
    world.finish(b"secret", &sha256(b"secret")).await?;
    world.store.start_upload(&world.id).await?;
    let error = world.finish(b"", &sha256(b"secret")).await;
    assert!(matches!(error, Err(Error::DigestMismatch { .. })));
    Ok(())
}

#[tokio::test]
async fn the_same_blob_twice_is_kept_once() -> Outcome {
    let world = World::new().await?;
    let digest = sha256(b"layer");
    for _ in 0..2 {
        assert_eq!(world.finish(b"layer", &digest).await?, 5);
        assert!(world.is_over().await);
        assert_eq!(world.read(&digest).await?, Some(b"layer".to_vec()));
        world.store.start_upload(&world.id).await?;
    }
    Ok(())
}

#[rstest]
#[case::cut_short(b"lay")]
#[case::rotten(b"lAyer")]
#[tokio::test]
async fn a_damaged_blob_is_healed_by_the_next_upload(#[case] damaged: &[u8]) -> Outcome {
    let world = World::new().await?;
    let digest = sha256(b"layer");
    world.finish(b"layer", &digest).await?;
    fs::write(world.blob_path(&digest), damaged)?;
    world.store.start_upload(&world.id).await?;
    world.finish(b"layer", &digest).await?;
    assert_eq!(world.read(&digest).await?, Some(b"layer".to_vec()));
    Ok(())
}

#[tokio::test]
async fn chunks_must_begin_where_the_upload_stands() -> Outcome {
    let world = World::new().await?;
    assert_eq!(world.append(&world.store, Some(0), b"port").await?, 4);
    for at in [0, 3, 5, u64::MAX] {
        let error = world.append(&world.store, Some(at), b"cullis").await;
        assert!(matches!(error, Err(Error::OutOfOrder { offset: 4 })), "at {at}");
    }
    assert_eq!(world.append(&world.store, Some(4), b"cullis").await?, 10);
    world.finish(b"", &sha256(b"portcullis")).await?;
    Ok(())
}

#[tokio::test]
async fn what_arrived_before_an_interruption_is_kept() -> Outcome {
    let world = World::new().await?;
    let broken = stream::iter([Ok(Bytes::from_static(b"port")), Err("connection reset"), Ok(Bytes::from_static(b"!"))]);
    let error = world.store.append(&world.id, None, broken).await;
    assert!(matches!(error, Err(Error::Interrupted(cause)) if cause == "connection reset"));
    assert_eq!(world.store.upload_length(&world.id).await?, 4);
    world.finish(b"cullis", &sha256(b"portcullis")).await?;
    Ok(())
}

#[tokio::test]
async fn an_upload_goes_on_after_a_restart_and_in_turns_between_processes() -> Outcome {
    let world = World::new().await?;
    world.append(&world.store, None, b"p").await?;
    let other = world.elsewhere()?;
    for (store, at, text) in [(&other, 1, "or"), (&world.store, 3, "tc"), (&other, 5, "ul"), (&other, 7, "l")] {
        world.append(store, Some(at), text.as_bytes()).await?;
    }
    world.finish(b"is", &sha256(b"portcullis")).await?;
    Ok(())
}

#[tokio::test]
async fn only_one_may_use_an_upload_at_a_time() -> Outcome {
    let world = World::new().await?;
    let appended = world.store.append(&world.id, None, whole(b"port")).await?;
    for store in [&world.store, &world.elsewhere()?] {
        assert!(matches!(world.append(store, None, b"x").await, Err(Error::UploadBusy)));
        assert!(matches!(store.cancel_upload(&world.id).await, Err(Error::UploadBusy)));
        assert_eq!(store.upload_length(&world.id).await?, 4, "looking needs no lock");
    }
    drop(appended);
    assert_eq!(world.append(&world.store, None, b"cullis").await?, 10);
    Ok(())
}

#[tokio::test]
async fn an_upload_that_grows_too_large_is_over() -> Outcome {
    let world = World::new().await?;
    let megabyte = Bytes::from(sample(1 << 20));
    let endless = stream::repeat_with(|| Piece::Ok(megabyte.clone()));
    let error = world.store.append(&world.id, None, endless).await;
    assert!(matches!(error, Err(Error::TooLarge { bytes_max: BLOB_BYTES_MAX })));
    assert!(world.is_over().await);
    Ok(())
}

#[tokio::test]
async fn a_blob_may_be_as_large_as_the_limit() -> Outcome {
    let world = World::new().await?;
    let bytes = sample(BLOB_BYTES_MAX as usize);
    assert_eq!(world.finish(&bytes, &sha256(&bytes)).await?, BLOB_BYTES_MAX);
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_is_told_apart() -> Outcome {
    let world = World::new().await?;
    fs::remove_file(world.upload_path())?;
    // Every write to this device fails as on a full disk.
    std::os::unix::fs::symlink("/dev/full", world.upload_path())?;
    assert!(matches!(world.append(&world.store, None, b"port").await, Err(Error::Full)));
    Ok(())
}

#[tokio::test]
async fn a_cancelled_upload_is_unknown() -> Outcome {
    let world = World::new().await?;
    world.append(&world.store, None, b"port").await?;
    world.store.cancel_upload(&world.id).await?;
    assert!(world.is_over().await);
    assert!(matches!(world.append(&world.store, None, b"x").await, Err(Error::UploadUnknown)));
    assert!(matches!(world.store.cancel_upload(&world.id).await, Err(Error::UploadUnknown)));
    Ok(())
}

#[tokio::test]
async fn an_id_is_never_used_twice() -> Outcome {
    let world = World::new().await?;
    assert!(matches!(world.store.start_upload(&world.id).await, Err(Error::Io(_))));
    Ok(())
}

#[rstest]
#[case(0..0, "")]
#[case(0..4, "port")]
#[case(4..10, "cullis")]
#[case(9..10, "s")]
#[tokio::test]
async fn parts_of_a_blob(#[case] range: std::ops::Range<u64>, #[case] expected: &str) -> Outcome {
    let world = World::new().await?;
    let digest = sha256(b"portcullis");
    world.finish(b"portcullis", &digest).await?;
    let blob = world.store.open_blob(&digest).await?.ok_or("no blob")?;
    assert_eq!(blob.stream(range).try_collect::<Vec<Bytes>>().await?.concat(), expected.as_bytes());
    Ok(())
}

#[tokio::test]
async fn a_range_beyond_the_blob_is_an_error_and_then_the_end() -> Outcome {
    let world = World::new().await?;
    let digest = sha256(b"portcullis");
    world.finish(b"portcullis", &digest).await?;
    let blob = world.store.open_blob(&digest).await?.ok_or("no blob")?;
    let pieces: Vec<_> = blob.stream(8..12).collect().await;
    assert!(matches!(pieces.as_slice(), [Err(error)] if error.kind() == std::io::ErrorKind::UnexpectedEof));
    Ok(())
}

#[tokio::test]
async fn a_blob_that_was_just_kept_cannot_be_removed() -> Outcome {
    let world = World::new().await?;
    let digest = sha256(b"portcullis");
    let kept = world.store.append(&world.id, None, whole(b"portcullis")).await?.finish(&digest).await?;
    // Of another process, on the same folder.
    let other = world.elsewhere()?;
    for store in [&world.store, &other] {
        let removal = store.begin_removal(vec![digest.clone()]).await?;
        assert_eq!((removal.digests(), removal.busy()), (&[][..], 1));
        assert_eq!(removal.remove(vec![digest.clone()]).await?.files, 0, "nor by one that does not hold its gate");
    }
    drop(kept);
    let removal = other.begin_removal(vec![digest.clone()]).await?;
    assert_eq!((removal.digests(), removal.busy()), (&[digest.clone()][..], 0));
    let removed = removal.remove(vec![digest.clone()]).await?;
    assert_eq!((removed.files, removed.bytes, removed.failed.len()), (1, 10, 0));
    assert_eq!(world.read(&digest).await?, None);
    Ok(())
}

/// Whether somebody waits for the lock on a file, as the kernel tells.
#[cfg(target_os = "linux")]
fn is_waited_for(lock: &std::path::Path) -> Result<bool, std::io::Error> {
    let inode = format!(":{} ", std::os::unix::fs::MetadataExt::ino(&fs::metadata(lock)?));
    Ok(fs::read_to_string("/proc/locks")?.lines().any(|line| line.contains(" -> ") && line.contains(&inode)))
}

/// Keeping the blob anew begins after that, so it puts its bytes there and does not count on those that go. It may wait on the only thread
/// that there is for what blocks: the removal needs none of them.
#[cfg(target_os = "linux")]
#[test]
fn whoever_keeps_a_blob_waits_for_a_removal() -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build()?;
    runtime.block_on(keep_beside_a_removal())
}

#[cfg(target_os = "linux")]
async fn keep_beside_a_removal() -> Outcome {
    let world = World::new().await?;
    let digest = sha256(b"portcullis");
    world.finish(b"portcullis", &digest).await?;
    let id = UploadId::parse("second")?;
    world.store.start_upload(&id).await?;
    let appended = world.store.append(&id, None, whole(b"portcullis")).await?;
    let removal = world.store.begin_removal(vec![digest.clone()]).await?;
    let wanted = digest.clone();
    let mut keeping = tokio::spawn(async move { appended.finish(&wanted).await });
    let gate = world.folder.path().join("blobs").join(format!("{}.lock", &digest.hex()[..1]));
    while !is_waited_for(&gate)? {
        assert!(!keeping.is_finished(), "it has not waited");
        tokio::task::yield_now().await;
    }
    assert_eq!(removal.remove(vec![digest.clone()]).await?.bytes, 10);
    assert_eq!((&mut keeping).await??.size_bytes(), 10);
    assert_eq!(world.read(&digest).await?.as_deref(), Some(&b"portcullis"[..]));
    Ok(())
}

#[tokio::test]
async fn resting_uploads_are_those_untouched_since_then() -> Outcome {
    let world = World::new().await?;
    fs::write(world.folder.path().join("uploads").join("not an upload"), b"")?;
    let written = fs::metadata(world.upload_path())?.modified()?.duration_since(std::time::UNIX_EPOCH)?;
    let written = model::timestamp::Timestamp::from_micros(i64::try_from(written.as_micros())?);
    let resting = async |before, items_max| world.store.walk_uploads().await?.next(before, items_max).await;
    assert!(resting(written, 10).await?.is_none());
    let later = written.plus(std::time::Duration::from_secs(1));
    let mut walk = world.store.walk_uploads().await?;
    let found = walk.next(later, 10).await?.ok_or("an upload rests")?;
    assert_eq!(found.iter().map(|upload| (&upload.id, upload.size_bytes)).collect::<Vec<_>>(), [(&world.id, 0)]);
    assert!(walk.next(later, 10).await?.is_none());
    assert!(resting(later, 0).await?.is_none());
    Ok(())
}

#[cfg(unix)]
mod folders {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[tokio::test]
    async fn are_for_their_owner_only() -> Outcome {
        let world = World::new().await?;
        let digest = sha256(b"layer");
        world.finish(b"layer", &digest).await?;
        let neighbourhood = world.blob_path(&digest).parent().map(ToOwned::to_owned).ok_or("no parent")?;
        let data = world.folder.path();
        for folder in [data.join("blobs"), data.join("blobs/sha256"), data.join("uploads"), neighbourhood] {
            assert_eq!(fs::metadata(&folder)?.permissions().mode() & 0o777, 0o700, "{}", folder.display());
        }
        Ok(())
    }

    #[rstest]
    #[case("blobs")]
    #[case("uploads")]
    fn that_are_links_are_refused(#[case] name: &str) -> Outcome {
        let (data, elsewhere) = (tempfile::tempdir()?, tempfile::tempdir()?);
        symlink(elsewhere.path(), data.path().join(name))?;
        assert!(matches!(Store::open(data.path(), 1), Err(Error::Unusable(message)) if message.contains(name)));
        assert_eq!(fs::read_dir(elsewhere.path())?.count(), 0);
        Ok(())
    }
}
