//! Whether the disk fails, and forgets, as it says, through the standard library.

#![cfg(all(target_os = "linux", target_env = "gnu"))]

use faults::{Call, Disk, Failure, Loss};
use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

type Outcome = Result<(), Box<dyn Error>>;

struct World {
    temporary: tempfile::TempDir,
    root: PathBuf,
    disk: Disk,
}

impl World {
    fn new() -> Result<Self, Box<dyn Error>> {
        let temporary = tempfile::tempdir()?;
        let root = temporary.path().canonicalize()?.join("before");
        fs::create_dir(&root)?;
        fs::write(root.join("old"), "old")?;
        let disk = Disk::watch(&root)?;
        Ok(Self { temporary, root, disk })
    }

    /// The folder after the loss; its holder keeps it there.
    fn lose(mut self, loss: Loss<'_>) -> Result<(tempfile::TempDir, PathBuf), Box<dyn Error>> {
        let after = self.temporary.path().join("after");
        fs::create_dir(&after)?;
        self.disk.lose_power(loss, &after)?;
        Ok((self.temporary, after))
    }
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    File::open(path)?.sync_all()
}

#[test]
fn only_what_was_synced_survives() -> Outcome {
    let world = World::new()?;
    let root = world.root.clone();
    fs::create_dir(root.join("kept"))?;
    let mut kept = File::create(root.join("kept/a"))?;
    kept.write_all(b"synced")?;
    kept.sync_all()?;
    kept.write_all(b" and not")?;
    sync_folder(&root.join("kept"))?;
    sync_folder(&root)?;
    let mut unnamed = File::create(root.join("kept/b"))?;
    unnamed.write_all(b"synced, but its name is not")?;
    unnamed.sync_all()?;
    fs::rename(root.join("old"), root.join("new"))?;
    fs::create_dir(root.join("lost"))?;
    assert_eq!(fs::read(root.join("kept/a"))?, b"synced and not", "the process sees everything");

    let (_holder, after) = world.lose(Loss::All)?;
    assert_eq!(fs::read(after.join("kept/a"))?, b"synced");
    assert!(!after.join("kept/b").exists() && !after.join("lost").exists() && !after.join("new").exists());
    assert_eq!(fs::read(after.join("old"))?, b"old");
    assert!(kept.write_all(b"x").is_err() && File::create(root.join("c")).is_err(), "nothing goes on");
    Ok(())
}

#[test]
fn a_killed_process_leaves_everything() -> Outcome {
    let world = World::new()?;
    let root = world.root.clone();
    fs::create_dir(root.join("folder"))?;
    let mut file = OpenOptions::new().append(true).create(true).open(root.join("folder/a"))?;
    file.write_all(b"one ")?;
    // In pieces, as uploads are written.
    let pieces = [std::io::IoSlice::new(b"two "), std::io::IoSlice::new(b"three")];
    assert_eq!(file.write_vectored(&pieces)?, 9);
    file.set_len(10)?;
    fs::rename(root.join("folder/a"), root.join("a"))?;
    fs::remove_file(root.join("old"))?;
    let (_holder, after) = world.lose(Loss::None)?;
    assert_eq!(fs::read(after.join("a"))?, b"one two th");
    assert_eq!(fs::read_dir(after)?.count(), 2);
    Ok(())
}

#[test]
fn some_of_the_rest_survives() -> Outcome {
    let mut lengths = Vec::new();
    for seed in 0..40_usize {
        let world = World::new()?;
        let mut old = OpenOptions::new().append(true).open(world.root.join("old"))?;
        old.write_all(b"er")?;
        old.write_all(b" than")?;
        let mut state = seed;
        let mut below = |n: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % n
        };
        let (_holder, after) = world.lose(Loss::Some(&mut below))?;
        let found = fs::read(after.join("old"))?;
        assert!(found.starts_with(b"old"), "what was synced stays");
        lengths.push(found.len());
    }
    lengths.sort_unstable();
    lengths.dedup();
    assert!(lengths.len() > 3 && lengths.contains(&3) && lengths.contains(&10), "{lengths:?}");
    Ok(())
}

#[test]
fn the_nth_call_fails_and_no_other() -> Outcome {
    let world = World::new()?;
    let path = world.root.join("old");
    world.disk.fail(2, Failure::Broken);
    let mut text = String::new();
    let failed = File::open(&path)?.read_to_string(&mut text);
    assert!(failed.is_err_and(|error| error.raw_os_error() == Some(5)), "EIO");
    assert_eq!(fs::read_to_string(&path)?, "old");
    assert_eq!((world.disk.mend(), world.disk.mend()), (Some(Call::Read), None));
    world.disk.fail(1, Failure::Crowded);
    assert!(File::open(&path).is_err_and(|error| error.raw_os_error() == Some(24)), "EMFILE");
    Ok(())
}

#[test]
fn a_full_disk_takes_half() -> Outcome {
    let world = World::new()?;
    let mut file = OpenOptions::new().append(true).open(world.root.join("old"))?;
    world.disk.fail(1, Failure::Full);
    assert!(file.write_all(b"1234").is_err_and(|error| error.kind() == ErrorKind::StorageFull));
    assert_eq!(fs::read(world.root.join("old"))?, b"old12");
    Ok(())
}

#[test]
fn bytes_whose_sync_failed_are_lost_whatever_is_synced_later() -> Outcome {
    let world = World::new()?;
    let mut file = OpenOptions::new().append(true).open(world.root.join("old"))?;
    file.write_all(b"12")?;
    world.disk.fail(1, Failure::Broken);
    assert!(file.sync_all().is_err());
    file.sync_all()?;
    let (_holder, after) = world.lose(Loss::All)?;
    assert_eq!(fs::read(after.join("old"))?, b"old");
    Ok(())
}
