//! The first call to the disk fails, then the second, then the third, until the operation succeeds.

use crate::Outcome;
use crate::durability::machine::Machine;
use crate::durability::shelf::{Operation, Shelf, State};
use crate::world::{Failure, World};
use faults::Failure::{Broken, Crowded, Full, Gone};
use faults::{Call, Disk, Loss};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rstest::rstest;
use service::Error;
use std::fs;

/// What is there before: a pushed image under two tags, and a blob that is in another repository too.
const BEFORE: &[Operation] = &[
    Operation::PushBlob { repository: 0, blob: 0, chunks: 1 },
    Operation::PushBlob { repository: 0, blob: 1, chunks: 1 },
    Operation::PushBlob { repository: 0, blob: 4, chunks: 1 },
    Operation::PushBlob { repository: 1, blob: 4, chunks: 1 },
    Operation::Put { repository: 0, manifest: 0, tag: Some(0) },
    Operation::Put { repository: 0, manifest: 0, tag: Some(1) },
];

/// More calls than any operation makes: what needs as many never ends.
const CALLS_MAX: usize = 300;

/// What was there, and what the operation makes of it.
async fn prepare(machine: &Machine, shelf: &Shelf, operation: Operation) -> Result<(State, State), Failure> {
    let mut state = shelf.nothing();
    for before in BEFORE {
        shelf.run(machine.client(), *before).await??;
        state = before.after(&state).ok_or("what is to be there before is refused")?;
    }
    let after = operation.after(&state).ok_or("the operation is refused")?;
    Ok((state, after))
}

/// Whether what is there is what was answered.
fn judge(
    (before, after): (&State, &State),
    observed: &State,
    result: &Result<(), Error>,
    failed: Option<Call>,
) -> Outcome {
    let is_right = match result {
        Ok(()) => observed == after,
        // Not known to whoever asked: all of it or nothing.
        Err(_) => observed == before || observed == after,
    };
    let is_expected = result.is_ok() || failed.is_some();
    if is_right && is_expected {
        return Ok(());
    }
    Err(format!("after {result:?}, with {failed:?} failed: {observed:?}\nbefore: {before:?}\nafter: {after:?}").into())
}

/// The folder after an answer, and after a client's next try, has what was answered: also when nothing survives that was not synced.
#[rstest]
#[case::push_blob(Operation::PushBlob { repository: 0, blob: 2, chunks: 1 }, Broken)]
#[case::push_blob_in_chunks(Operation::PushBlob { repository: 1, blob: 3, chunks: 3 }, Broken)]
#[case::push_blob_that_is_there(Operation::PushBlob { repository: 1, blob: 1, chunks: 1 }, Broken)]
#[case::mount(Operation::Mount { from: 0, to: 1, blob: 1 }, Broken)]
#[case::put(Operation::Put { repository: 0, manifest: 2, tag: Some(0) }, Broken)]
#[case::delete_tag(Operation::DeleteTag { repository: 0, tag: 1 }, Broken)]
#[case::delete_manifest(Operation::DeleteManifest { repository: 0, manifest: 0 }, Broken)]
#[case::delete_blob(Operation::DeleteBlob { repository: 0, blob: 4 }, Broken)]
#[case::delete_repository(Operation::DeleteRepository { repository: 0 }, Broken)]
#[case::push_blob_in_chunks_on_a_full_disk(Operation::PushBlob { repository: 1, blob: 3, chunks: 3 }, Full)]
#[case::push_blob_in_chunks_without_files(Operation::PushBlob { repository: 1, blob: 3, chunks: 3 }, Crowded)]
#[case::put_on_a_full_disk(Operation::Put { repository: 0, manifest: 2, tag: Some(0) }, Full)]
#[case::put_without_files(Operation::Put { repository: 0, manifest: 2, tag: Some(0) }, Crowded)]
#[tokio::test]
async fn a_call_that_fails_takes_nothing_with_it(
    #[case] operation: Operation,
    #[case] how: faults::Failure,
) -> Outcome {
    let mut machine = Machine::start(1, 1).await?;
    for number in 1..CALLS_MAX {
        let shelf = Shelf::new(number, 2);
        let (before, after) = prepare(&machine, &shelf, operation).await?;
        machine.disk.fail(number, how);
        let result = shelf.run(machine.client(), operation).await?;
        let failed = machine.disk.mend();
        let observed = shelf.observe(machine.client()).await?;
        judge((&before, &after), &observed, &result, failed).map_err(|error| format!("call {number}: {error}"))?;
        if observed == before {
            // The client tries again, with the same process, and is served.
            shelf.run(machine.client(), operation).await?.map_err(|error| format!("call {number}, again: {error}"))?;
        }
        // What is on the disk does not depend on a call that only looks.
        if failed.is_none_or(Call::changes) {
            machine.lose_power(Loss::All).await?;
        }
        if shelf.observe(machine.client()).await? != after {
            return Err(format!("call {number}, {failed:?}, {result:?}: the power cut took what was answered").into());
        }
        if failed.is_none() {
            return Ok(());
        }
    }
    Err("the operation makes calls without end".into())
}

/// A client that is refused the end of an upload asks for it once more. What is then answered must not rest on bytes that the disk has refused to
/// keep: a second sync after one that failed says that all is well, and writes nothing.
#[tokio::test]
async fn a_finish_that_is_tried_again_promises_nothing_that_was_lost() -> Outcome {
    let mut machine = Machine::start(1, 1).await?;
    for number in 1..CALLS_MAX {
        let shelf = Shelf::new(number, 1);
        let (repository, (text, digest)) = (shelf.repositories[0].as_str(), shelf.blob(3));
        let upload = machine.client().start(repository).await??;
        let place = (repository, upload.id.as_str());
        machine.client().append(place, Some(0), text).await??;
        machine.disk.fail(number, Broken);
        let first = machine.client().finish(place, "", digest).await?;
        let failed = machine.disk.mend();
        let answers = [first.is_ok(), machine.client().finish(place, "", digest).await?.is_ok()];
        machine.lose_power(Loss::All).await?;
        let is_there = shelf.observe(machine.client()).await?[0].blobs.contains(&3);
        if answers.contains(&true) && !is_there {
            return Err(format!("call {number}, {failed:?}: the power cut took what was answered").into());
        }
        if failed.is_none() {
            return if answers[0] { Ok(()) } else { Err("nothing failed, and yet it was refused".into()) };
        }
    }
    Err("the operation makes calls without end".into())
}

#[derive(Debug, Clone, Copy)]
enum Left {
    WhatWasSynced,
    Something,
}

/// Loses the power so that this is left.
async fn lose_power(machine: &mut Machine, left: Left, seed: usize) -> Result<(), Failure> {
    let mut random = ChaCha8Rng::seed_from_u64(seed as u64);
    let mut below = |n: usize| random.next_u32() as usize % n;
    machine
        .lose_power(match left {
            Left::WhatWasSynced => Loss::All,
            Left::Something => Loss::Some(&mut below),
        })
        .await
}

#[rstest]
#[case::push_blob(Operation::PushBlob { repository: 0, blob: 2, chunks: 1 }, Left::WhatWasSynced)]
#[case::push_blob_in_chunks(Operation::PushBlob { repository: 1, blob: 3, chunks: 3 }, Left::WhatWasSynced)]
#[case::push_blob_that_is_there(Operation::PushBlob { repository: 1, blob: 1, chunks: 1 }, Left::WhatWasSynced)]
#[case::mount(Operation::Mount { from: 0, to: 1, blob: 1 }, Left::WhatWasSynced)]
#[case::put(Operation::Put { repository: 0, manifest: 2, tag: Some(0) }, Left::WhatWasSynced)]
#[case::delete_tag(Operation::DeleteTag { repository: 0, tag: 1 }, Left::WhatWasSynced)]
#[case::delete_manifest(Operation::DeleteManifest { repository: 0, manifest: 0 }, Left::WhatWasSynced)]
#[case::delete_blob(Operation::DeleteBlob { repository: 0, blob: 4 }, Left::WhatWasSynced)]
#[case::delete_repository(Operation::DeleteRepository { repository: 0 }, Left::WhatWasSynced)]
#[case::push_blob_in_chunks_in_part(Operation::PushBlob { repository: 1, blob: 3, chunks: 3 }, Left::Something)]
#[case::put_in_part(Operation::Put { repository: 0, manifest: 2, tag: Some(0) }, Left::Something)]
#[tokio::test]
async fn a_call_that_is_the_last_leaves_all_or_nothing(#[case] operation: Operation, #[case] left: Left) -> Outcome {
    let mut machine = Machine::start(1, 1).await?;
    for number in 1..CALLS_MAX {
        let shelf = Shelf::new(number, 2);
        let (before, after) = prepare(&machine, &shelf, operation).await?;
        machine.disk.fail(number, Gone);
        let result = shelf.run(machine.client(), operation).await?;
        let failed = machine.disk.mend();
        lose_power(&mut machine, left, number).await?;
        let observed = shelf.observe(machine.client()).await?;
        judge((&before, &after), &observed, &result, failed).map_err(|error| format!("call {number}: {error}"))?;
        if observed == before {
            shelf.run(machine.client(), operation).await?.map_err(|error| format!("call {number}, again: {error}"))?;
        }
        if failed.is_none() {
            return Ok(());
        }
    }
    Err("the operation makes calls without end".into())
}

/// A first start that is cut off is as if it had not been, and one that ended is kept: its keys, its tenant, and the file with its secret.
#[rstest]
#[tokio::test]
async fn a_first_start_is_made_whole_or_anew(#[values(Broken, Gone)] how: faults::Failure) -> Outcome {
    for number in 1..CALLS_MAX * 10 {
        let temporary = tempfile::tempdir()?;
        let folder = temporary.path().canonicalize()?;
        let (data, next) = (folder.join("disk-0"), folder.join("disk-1"));
        fs::create_dir(&data)?;
        fs::create_dir(&next)?;
        let mut disk = Disk::watch(&data)?;
        disk.fail(number, how);
        let first = World::on(tempfile::tempdir()?, data.clone(), number as u64).await;
        let failed = disk.mend();
        let told = match &first {
            Ok(world) => {
                Some((world.service.tenant().to_owned(), fs::read_to_string(data.join("service-principal.json"))?))
            }
            Err(_) if failed.is_some() => None,
            Err(error) => return Err(format!("call {number}: {error}").into()),
        };
        drop(first);
        disk.lose_power(Loss::All, &next)?;
        let again = World::on(temporary, next.clone(), 7).await.map_err(|error| {
            format!("call {number}, {failed:?}, was the first start whole: {}: {error}", told.is_some())
        })?;
        let found = (again.service.tenant().to_owned(), fs::read_to_string(next.join("service-principal.json"))?);
        if told.is_some_and(|told| told != found) {
            return Err(format!("call {number}, {failed:?}: the next start made another site").into());
        }
        if failed.is_none() {
            return Ok(());
        }
    }
    Err("a start makes calls without end".into())
}
