//! Calls of some kinds fail, all of them, until somebody mends the disk.

use crate::Outcome;
use crate::collection::collect;
use crate::durability::machine::Machine;
use crate::durability::shelf::Shelf;
use faults::{Call, Loss};
use rstest::rstest;
use service::{Collected, Error};
use std::time::Duration;

/// As long as a disk does not even take the file away, the upload is over all the same: a sync that succeeds later would promise what the first
/// has lost.
#[rstest]
#[case::unsynced(&[Call::Sync])]
#[case::and_not_removed(&[Call::Sync, Call::Remove])]
#[case::nor_emptied(&[Call::Sync, Call::Remove, Call::Cut])]
#[case::nor_written(&[Call::Sync, Call::Remove, Call::Cut, Call::Write])]
#[tokio::test]
async fn an_upload_that_could_not_be_synced_is_over(#[case] broken: &[Call]) -> Outcome {
    let mut machine = Machine::start(1, 1).await?;
    let shelf = Shelf::new(1, 1);
    let (repository, (text, digest)) = (shelf.repositories[0].as_str(), shelf.blob(3));
    let upload = machine.client().start(repository).await??;
    let place = (repository, upload.id.as_str());
    machine.client().append(place, Some(0), text).await??;
    machine.disk.fail_every(broken);
    let refused = machine.client().finish(place, "", digest).await?;
    assert!(matches!(refused, Err(Error::Internal(_))), "the disk is told of, not what came of it: {refused:?}");
    machine.disk.mend().ok_or("a call has failed")?;
    let again = machine.client().finish(place, "", digest).await?;
    assert!(matches!(again, Err(Error::UploadUnknown)), "{again:?}");
    machine.client().push_blob(repository, text).await?;
    machine.lose_power(Loss::All).await?;
    assert_eq!(&machine.client().blob(repository, digest).await??, text);
    Ok(())
}

/// What the disk keeps is counted, bars nothing behind it, and goes once the disk lets it go.
#[tokio::test]
async fn files_that_cannot_be_removed_bar_no_collection() -> Outcome {
    let machine = Machine::start(1, 1).await?;
    let world = &machine.world;
    let day = Duration::from_secs(24 * 3600);
    let idle = machine.client().push_blob("samples/hello", "layer").await?;
    let stray = world.blob_file(&crate::world::sha256("stray"));
    std::fs::create_dir_all(stray.parent().ok_or("a folder")?)?;
    std::fs::write(&stray, "stray")?;
    std::fs::write(world.upload_file("lost-1"), "lost")?;
    world.clock.advance(2 * day);
    machine.disk.fail_every(&[Call::Remove]);
    let left = collect(&world.service, day, false).await?;
    assert_eq!(left, Collected { links: 1, blobs: 1, failed: 3, ..Collected::default() });
    machine.disk.mend().ok_or("a call has failed")?;
    assert!(stray.exists() && world.blob_file(&idle).exists() && world.upload_file("lost-1").exists());
    let rest = Collected { uploads: 1, upload_bytes: 4, strays: 2, stray_bytes: 10, ..Collected::default() };
    assert_eq!(collect(&world.service, day, false).await?, rest);
    assert_eq!(world.blob_files()?, 0);
    Ok(())
}
