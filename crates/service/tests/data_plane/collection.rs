//! Garbage collection: what goes, what stays, and that nothing which is needed is ever taken.

use crate::Outcome;
use crate::world::{Client, Failure, Pushed, World, sha256};
use futures_util::{StreamExt, TryStreamExt};
use model::digest::Digest;
use model::locks::LocksChange;
use model::operation::StartUpload;
use model::repository::RepositoryName;
use rstest::rstest;
use service::{Collected, CollectionSettings, Error, Service};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);
const GRACE: Duration = Duration::from_secs(24 * 3600);

pub(crate) async fn collect(service: &Service, grace: Duration, dry_run: bool) -> Result<Collected, Failure> {
    let mut collection = service.begin_collection(CollectionSettings { grace, dry_run, who: None }).await?;
    while collection.step().await? {}
    Ok(collection.collected())
}

async fn push(client: &Client, repository: &str, tag: &str, layers: &[&str]) -> Result<Digest, Failure> {
    let mut digests = Vec::new();
    for layer in layers {
        digests.push(client.push_blob(repository, layer).await?);
    }
    let pushed = Pushed::image(format!("image {tag} of {layers:?}"), &digests.iter().collect::<Vec<_>>());
    Ok(client.put((repository, tag), &pushed).await??)
}

fn links(links: u64, blobs: u64, blob_bytes: u64) -> Collected {
    Collected { links, blobs, blob_bytes, ..Collected::default() }
}

#[tokio::test]
async fn what_a_manifest_needs_stays_and_the_rest_goes_after_the_grace_time() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let image = push(&client, "samples/hello", "v1", &["base", "layer"]).await?;
    let orphan = client.push_blob("samples/hello", "never used").await?;
    world.clock.advance(GRACE);
    assert_eq!(collect(&world.service, GRACE, false).await?, Collected::default(), "not before it has rested so long");
    world.clock.advance(HOUR);
    assert_eq!(collect(&world.service, GRACE, true).await?, links(1, 1, 10));
    assert!(world.blob_file(&orphan).exists(), "a dry run deletes nothing");
    assert_eq!(collect(&world.service, GRACE, false).await?, links(1, 1, 10));
    assert!(!world.blob_file(&orphan).exists());
    assert!(matches!(client.blob("samples/hello", &orphan).await?, Err(Error::BlobUnknown(_))));
    assert_eq!(client.blob("samples/hello", &sha256("base")).await??, "base");

    client.delete(("samples/hello", &image.to_string())).await??;
    assert_eq!(collect(&world.service, GRACE, false).await?, Collected::default(), "the grace time begins anew");
    world.clock.advance(GRACE + HOUR);
    assert_eq!(collect(&world.service, GRACE, true).await?, links(2, 2, 9));
    assert_eq!(collect(&world.service, GRACE, false).await?, links(2, 2, 9));
    assert_eq!(collect(&world.service, Duration::ZERO, false).await?, Collected::default());
    assert_eq!(world.blob_files()?, 0);
    Ok(())
}

#[tokio::test]
async fn a_blob_stays_as_long_as_one_repository_needs_it() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let image = push(&client, "samples/one", "v1", &["shared", "alone"]).await?;
    client.mount("samples/two", &client.reading("samples/one", &sha256("shared"))?).await??.ok_or("mounted")?;
    client.put(("samples/two", "v1"), &Pushed::image("other", &[&sha256("shared")])).await??;
    client.delete(("samples/one", &image.to_string())).await??;
    world.clock.advance(GRACE + HOUR);
    assert_eq!(collect(&world.service, GRACE, true).await?, links(2, 1, 5));
    assert_eq!(collect(&world.service, GRACE, false).await?, links(2, 1, 5));
    assert_eq!(client.blob("samples/two", &sha256("shared")).await??, "shared");
    client.delete_repository("samples/two").await??;
    assert_eq!(collect(&world.service, GRACE, false).await?, links(0, 1, 6), "without a link nobody counts on it");
    Ok(())
}

#[rstest]
#[case::mounted(true)]
#[case::asked_for(false)]
#[tokio::test]
async fn what_a_push_counts_on_rests_anew(#[case] by_mount: bool) -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let digest = client.push_blob("samples/hello", "layer").await?;
    world.clock.advance(GRACE);
    if by_mount {
        client.mount("samples/hello", &client.reading("samples/hello", &digest)?).await??.ok_or("mounted")?;
    } else {
        let pusher = client.permit(StartUpload { repository: RepositoryName::parse("samples/hello")? })?;
        let reading = client.reading("samples/hello", &digest)?;
        assert_eq!(client.service.open_blob_for_push(&reading, &pusher).await?.info.size_bytes, 5);
    }
    world.clock.advance(GRACE);
    assert_eq!(collect(&world.service, GRACE, false).await?, Collected::default());
    client.put(("samples/hello", "v1"), &Pushed::image("image", &[&digest])).await??;
    assert_eq!(client.blob("samples/hello", &digest).await??, "layer");
    Ok(())
}

/// That is noted to a minute, and counts to the second.
#[tokio::test]
async fn the_grace_time_of_whoever_was_told_is_never_short() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let digest = client.push_blob("samples/hello", "layer").await?;
    world.clock.advance(Duration::from_secs(59));
    let pusher = client.permit(StartUpload { repository: RepositoryName::parse("samples/hello")? })?;
    client.service.open_blob_for_push(&client.reading("samples/hello", &digest)?, &pusher).await?;
    for (seconds, expected) in [(0, Collected::default()), (2, links(1, 1, 5))] {
        world.clock.advance(if seconds == 0 { GRACE } else { Duration::from_secs(seconds) });
        assert_eq!(collect(&world.service, GRACE, false).await?, expected);
    }
    Ok(())
}

#[tokio::test]
async fn whoever_only_reads_keeps_nothing() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let digest = client.push_blob("samples/hello", "layer").await?;
    world.clock.advance(GRACE);
    client.blob("samples/hello", &digest).await??;
    world.clock.advance(HOUR);
    assert_eq!(collect(&world.service, GRACE, false).await?, links(1, 1, 5));
    let missing = client.put(("samples/hello", "v1"), &Pushed::image("image", &[&digest])).await?;
    assert!(matches!(missing, Err(Error::ManifestReferencesMissing(digests)) if digests == [digest]));
    Ok(())
}

#[tokio::test]
async fn a_repository_that_is_locked_against_deletes_keeps_everything() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    client.push_blob("samples/hello", "layer").await?;
    let locked = |delete| LocksChange { delete: Some(delete), ..LocksChange::default() };
    client.change_repository("samples/hello", locked(false)).await??;
    world.clock.advance(GRACE + HOUR);
    assert_eq!(collect(&world.service, GRACE, true).await?, Collected::default());
    assert_eq!(collect(&world.service, GRACE, false).await?, Collected::default());
    client.change_repository("samples/hello", locked(true)).await??;
    assert_eq!(collect(&world.service, GRACE, false).await?, links(1, 1, 5));
    Ok(())
}

#[tokio::test]
async fn files_that_nobody_knows_go() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let kept = client.push_blob("samples/hello", "kept").await?;
    let open = client.start("samples/hello").await??;
    client.append(("samples/hello", &open.id), None, "half of it").await??;
    let stray = world.blob_file(&sha256("stray"));
    std::fs::create_dir_all(stray.parent().ok_or("a folder")?)?;
    std::fs::write(&stray, "stray")?;
    let beside = stray.with_file_name("notes.txt");
    std::fs::write(&beside, "not ours")?;
    std::fs::write(world.upload_file("lost-1"), "lost")?;
    let expected = Collected { uploads: 1, upload_bytes: 4, strays: 1, stray_bytes: 5, ..Collected::default() };
    assert_eq!(collect(&world.service, GRACE, true).await?, expected);
    assert!(stray.exists());
    assert_eq!(collect(&world.service, GRACE, false).await?, expected);
    assert!(!stray.exists() && !world.upload_file("lost-1").exists());
    assert!(beside.exists(), "what is not ours is left");
    assert_eq!(client.blob("samples/hello", &kept).await??, "kept");
    client.finish(("samples/hello", &open.id), "", &sha256("half of it")).await??;
    Ok(())
}

#[tokio::test]
async fn files_of_the_last_day_are_left_alone() -> Outcome {
    let world = World::new().await?;
    let stray = world.blob_file(&sha256("stray"));
    std::fs::create_dir_all(stray.parent().ok_or("a folder")?)?;
    std::fs::write(&stray, "stray")?;
    // The files' clock is some decades behind this one.
    let century = Duration::from_secs(100 * 366 * 24 * 3600);
    assert_eq!(collect(&world.service, century, false).await?, Collected::default());
    assert_eq!(collect(&world.service, GRACE, false).await?.strays, 1);
    Ok(())
}

#[tokio::test]
async fn a_blob_that_is_just_being_kept_is_left() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let digest = client.push_blob("samples/hello", "layer").await?;
    client.delete_blob("samples/hello", &digest).await??;
    // Another process has put the same bytes there again, and has yet to say who holds them.
    let gate = world.data.join("blobs").join(format!("{}.lock", &digest.hex()[..1]));
    let keeper = std::fs::File::open(&gate)?;
    keeper.lock_shared()?;
    assert_eq!(collect(&world.service, GRACE, false).await?, Collected { busy: 1, ..Collected::default() });
    assert!(world.blob_file(&digest).exists());
    drop(keeper);
    assert_eq!(collect(&world.service, GRACE, false).await?, links(0, 1, 5));
    assert!(!world.blob_file(&digest).exists());
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_removed_is_found_the_next_time() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let digest = client.push_blob("samples/hello", "layer").await?;
    client.delete_blob("samples/hello", &digest).await??;
    // No file can be removed where a folder has its name; even root is refused that.
    let (file, aside) = (world.blob_file(&digest), world.data.join("aside"));
    std::fs::rename(&file, &aside)?;
    std::fs::create_dir(&file)?;
    let left = collect(&world.service, GRACE, false).await?;
    assert_eq!(left, Collected { failed: 1, ..links(0, 1, 0) });
    std::fs::remove_dir(&file)?;
    std::fs::rename(&aside, &file)?;
    let expected = Collected { strays: 1, stray_bytes: 5, ..Collected::default() };
    assert_eq!(collect(&world.service, GRACE, false).await?, expected);
    Ok(())
}

#[tokio::test]
async fn pages_are_walked_to_their_end() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let count = 1_100;
    let push = async |number: u64| {
        let blob = client.push_blob("samples/hello", &format!("blob {number:04}")).await?;
        if number.is_multiple_of(2) {
            client.put(("samples/hello", "v1"), &Pushed::image(format!("image {number}"), &[&blob])).await??;
        }
        Ok::<_, Failure>(())
    };
    // Many at once, which share their commits.
    futures_util::stream::iter(0..count).map(push).buffer_unordered(100).try_collect::<()>().await?;
    world.clock.advance(GRACE + HOUR);
    assert_eq!(collect(&world.service, GRACE, true).await?, links(count / 2, count / 2, count / 2 * 9));
    assert_eq!(collect(&world.service, GRACE, false).await?, links(count / 2, count / 2, count / 2 * 9));
    assert_eq!(world.blob_files()? as u64, count / 2);
    Ok(())
}

#[tokio::test]
async fn the_audit_log_has_counts_and_who_wanted_it() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    for layer in ["one", "two", "three"] {
        client.push_blob("samples/hello", layer).await?;
    }
    std::fs::write(world.upload_file("lost-1"), "lost")?;
    world.clock.advance(GRACE + HOUR);
    let settings = CollectionSettings { grace: GRACE, dry_run: false, who: Some("operator".to_owned()) };
    let mut collection = world.service.begin_collection(settings).await?;
    while collection.step().await? {}
    let query = model::audit::Query { action: Some("collection".to_owned()), ..Default::default() };
    let listed = world.service.list_audit(query, model::audit::End::First, 100).await?.lines.join("\n");
    for expected in
        ["1 uploads of nobody", "3 blobs out of repositories", "\"detail\":\"3 blobs\"", "untouched for 86400 s"]
    {
        assert!(listed.contains(expected), "{expected}: {listed}");
    }
    assert_eq!(listed.matches("\"who\":\"operator\",\"credential\":\"data folder\"").count(), 3, "{listed}");
    Ok(())
}

#[tokio::test]
async fn what_went_before_a_collection_was_stopped_has_its_entry() -> Outcome {
    let world = World::new().await?;
    std::fs::write(world.upload_file("lost-1"), "lost")?;
    let settings = CollectionSettings { grace: GRACE, dry_run: false, who: None };
    let mut collection = world.service.begin_collection(settings).await?;
    assert!(collection.step().await?);
    drop(collection);
    let query = model::audit::Query { action: Some("collection".to_owned()), ..Default::default() };
    let listed = world.service.list_audit(query, model::audit::End::First, 100).await?.lines.join("\n");
    assert_eq!(listed.matches("1 uploads of nobody").count(), 1, "{listed}");
    Ok(())
}
