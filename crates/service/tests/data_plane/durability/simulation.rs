//! Thousands of steps, drawn from a seed: pushes, pulls, mounts and deletions of two processes, with failures, crashes and clocks that jump.
//! After each, what is there is compared with a model. A seed always gives the same draws: which steps, which call is to fail, and how. Where threads
//! race, another call may be the n-th, and what follows from that differs.
//!
//! To run one again: `PORTCULLIS_SEED=7 PORTCULLIS_STEPS=20000 cargo test --workspace simulation -- --nocapture`.

use crate::Outcome;
use crate::durability::machine::Machine;
use crate::durability::shelf::{BLOBS, Held, MANIFESTS, Operation, Shelf, State};
use crate::world::{Failure, body};
use faults::Loss;
use model::repository::RepositoryPattern;
use model::retention::{RetentionRule, RetentionSpec};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use service::{CollectionSettings, Error, RetentionSettings, Service};
use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// What is run when nobody says otherwise.
const SEEDS: [u64; 2] = [1, 2];
const STEPS: usize = 1_000;
const PROCESSES: usize = 2;
/// More than are ever open.
const UPLOADS_DRAWN: usize = 1 << 20;
const REPOSITORIES: usize = 3;
/// Beyond the calls that most operations make, so that some operations are left alone.
const CALLS_MAX: usize = 30;
/// More than any number of jumps goes back in all.
const LATER: Duration = Duration::from_secs(20 * 365 * 24 * 3600);
/// Steps that are told when one goes wrong.
const STEPS_TOLD: usize = 12;

/// An upload of which a client knows.
#[derive(Debug)]
struct Open {
    id: String,
    repository: usize,
    blob: usize,
    sent: usize,
    /// The client may find it gone: it was interrupted, or is old.
    may_be_gone: bool,
    /// Its bytes may be others: the power went.
    may_be_damaged: bool,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Do(Operation),
    Begin {
        repository: usize,
        blob: usize,
    },
    /// Of the uploads that are open then: any number, which is reduced to how many there are.
    Continue {
        upload: usize,
    },
    Cancel {
        upload: usize,
    },
    /// The clock is set: forward, or back.
    Jump {
        hours: u64,
        forward: bool,
    },
    ClearIdle,
    /// Garbage, without a grace time.
    Collect,
    /// Manifests that had no tag for a day.
    Retain,
    Kill,
    LosePower,
}

struct Simulation {
    machine: Machine,
    shelf: Shelf,
    state: State,
    uploads: Vec<Open>,
    random: ChaCha8Rng,
    /// The latest, with what came of them.
    told: VecDeque<String>,
}

impl Simulation {
    async fn start(seed: u64) -> Result<Self, Failure> {
        let shelf = Shelf::new(0, REPOSITORIES);
        let machine = Machine::start(PROCESSES, seed).await?;
        let spec = RetentionSpec { untagged_days: Some(1), ..RetentionSpec::default() };
        let rule = RetentionRule::new(RepositoryPattern::All, spec)?;
        let client = machine.client();
        client.service.put_retention_rule(None, &client.token.registry.name, rule).await?;
        Ok(Self {
            machine,
            state: shelf.nothing(),
            shelf,
            uploads: Vec::new(),
            random: ChaCha8Rng::seed_from_u64(seed),
            told: VecDeque::new(),
        })
    }

    /// Any number from 0 to n - 1.
    fn below(&mut self, n: usize) -> usize {
        self.random.next_u32() as usize % n
    }

    fn draw(&mut self) -> Step {
        let (repository, blob) = (self.below(REPOSITORIES), self.below(BLOBS));
        let (manifest, tag, upload) = (self.below(MANIFESTS), self.below(3), self.below(UPLOADS_DRAWN));
        match self.below(100) {
            0..=16 => Step::Do(Operation::PushBlob { repository, blob, chunks: tag + 1 }),
            17..=22 => Step::Begin { repository, blob },
            23..=36 => Step::Continue { upload },
            37..=39 => Step::Cancel { upload },
            40..=47 => Step::Do(Operation::Mount { from: self.below(REPOSITORIES), to: repository, blob }),
            48..=70 => {
                let tag = Some(tag).filter(|_| self.below(4) > 0);
                Step::Do(Operation::Put { repository, manifest, tag })
            }
            71..=74 => Step::Do(Operation::DeleteTag { repository, tag }),
            75..=78 => Step::Do(Operation::DeleteManifest { repository, manifest }),
            79..=85 => Step::Do(Operation::DeleteBlob { repository, blob }),
            86 => Step::Do(Operation::DeleteRepository { repository }),
            87..=89 => Step::Jump { hours: self.below(48) as u64, forward: self.below(3) > 0 },
            90 => Step::ClearIdle,
            91..=92 => Step::Collect,
            93 => Step::Retain,
            94..=95 => Step::Kill,
            _ => Step::LosePower,
        }
    }

    /// One step, and then everything that is there.
    async fn step(&mut self) -> Outcome {
        let step = self.draw();
        self.tell(format!("{step:?}"));
        let fault = [faults::Failure::Broken, faults::Failure::Full, faults::Failure::Crowded, faults::Failure::Gone];
        let fault = fault.get(self.below(20)).copied();
        let number = 1 + self.below(CALLS_MAX);
        if let Some(how) = fault {
            self.machine.disk.fail(number, how);
        }
        // Drawn whether or not they are needed, so that the draws of a seed do not depend on which call was hit.
        let (process, reader, loss) = (self.below(PROCESSES), self.below(PROCESSES), self.below(4));
        let before = self.state.clone();
        let (result, after) = self.take(step, process, loss).await?;
        let failed = self.machine.disk.mend();
        let is_gone = failed.is_some() && matches!(fault, Some(faults::Failure::Gone));
        self.tell(format!("  at {process}: {result:?}, failed: {failed:?} of {fault:?}"));
        if is_gone {
            self.lose_power(loss).await?;
        }
        let observed = self.shelf.observe(&self.machine.clients[reader]).await?;
        // What failed may have been in the way of what was refused, or of what needs no answer.
        let is_right = match (&result, &after) {
            // What was held since a time to which the clock did not come back yet stays.
            (result, Some(least)) if matches!(step, Step::Collect) => {
                is_between(least, &observed, &before) && (result.is_ok() || failed.is_some())
            }
            (result, _) if matches!(step, Step::Retain) => {
                let are_left = before.iter().zip(&observed).all(|(before, left)| left.may_be_left_of(before));
                are_left && (result.is_ok() || failed.is_some())
            }
            (Ok(()), Some(after)) => observed == *after,
            (Ok(()), None) => false,
            (Err(_), after) if failed.is_some() => observed == before || Some(&observed) == after.as_ref(),
            (Err(error), None) => observed == before && !matches!(error, Error::Internal(_) | Error::StorageFull),
            (Err(_), Some(_)) => false,
        };
        if !is_right {
            return Err(format!("there is {observed:?}\nbefore: {before:?}\nto be: {after:?}").into());
        }
        self.state = observed;
        Ok(())
    }

    fn tell(&mut self, what: String) {
        if self.told.len() >= 2 * STEPS_TOLD {
            self.told.pop_front();
        }
        self.told.push_back(what);
    }

    /// What was answered, and what is to be there if it was done; `None` when it is to be refused.
    async fn take(
        &mut self,
        step: Step,
        process: usize,
        loss: usize,
    ) -> Result<(Result<(), Error>, Option<State>), Failure> {
        let unchanged = Some(self.state.clone());
        Ok(match step {
            Step::Do(operation) => {
                let after = operation.after(&self.state);
                (self.shelf.run(&self.machine.clients[process], operation).await?, after)
            }
            Step::Begin { repository, blob } => (self.begin(process, repository, blob).await?, unchanged),
            Step::Continue { .. } | Step::Cancel { .. } if self.uploads.is_empty() => (Ok(()), unchanged),
            Step::Continue { upload } => self.go_on(process, upload % self.uploads.len()).await?,
            Step::Cancel { upload } => (self.cancel(process, upload % self.uploads.len()).await?, unchanged),
            Step::Jump { hours, forward } => {
                let (clock, by) = (&self.machine.world.clock, Duration::from_secs(hours * 3600));
                if forward {
                    clock.advance(by)
                } else {
                    clock.go_back(by)
                }
                self.uploads.iter_mut().for_each(|upload| upload.may_be_gone = true);
                (Ok(()), unchanged)
            }
            Step::ClearIdle => (self.machine.clients[process].service.clear_idle_uploads().await, unchanged),
            Step::Collect => {
                let least = self.state.iter().map(Held::least).collect();
                (collect(&self.machine.clients[process].service).await, Some(least))
            }
            Step::Retain => (retain(&self.machine.clients[process].service).await, unchanged),
            Step::Kill => {
                self.machine.disk.mend();
                self.machine.lose_power(Loss::None).await?;
                (Ok(()), unchanged)
            }
            Step::LosePower => {
                self.machine.disk.mend();
                self.lose_power(loss).await?;
                (Ok(()), unchanged)
            }
        })
    }

    /// The power goes, or the processes are killed.
    async fn lose_power(&mut self, how: usize) -> Outcome {
        self.tell(format!("  how the power goes: {how}"));
        // Of its own, because how often it is asked depends on what was not synced.
        let mut random = self.random.clone();
        let mut below = |n: usize| random.next_u32() as usize % n;
        let loss = match how {
            0 => Loss::None,
            1 => Loss::All,
            _ => Loss::Some(&mut below),
        };
        self.machine.lose_power(loss).await?;
        for upload in &mut self.uploads {
            upload.may_be_damaged |= how > 0;
            upload.may_be_gone |= how > 0;
        }
        Ok(())
    }

    async fn begin(&mut self, process: usize, repository: usize, blob: usize) -> Result<Result<(), Error>, Failure> {
        let started = self.machine.clients[process].start(&self.shelf.repositories[repository]).await?;
        Ok(started.map(|upload| {
            let (may_be_gone, may_be_damaged) = (false, false);
            self.uploads.push(Open { id: upload.id, repository, blob, sent: 0, may_be_gone, may_be_damaged });
        }))
    }

    /// Sends the next third of an upload, or, once all is sent, finishes it.
    async fn go_on(&mut self, process: usize, number: usize) -> Result<(Result<(), Error>, Option<State>), Failure> {
        let mut upload = self.uploads.swap_remove(number);
        let (client, shelf) = (&self.machine.clients[process], &self.shelf);
        let (name, (text, digest)) = (&shelf.repositories[upload.repository], shelf.blob(upload.blob));
        let permit = client.continuing(name, &upload.id)?;
        let rest = text.get(upload.sent..).unwrap_or_default();
        let chunk = &rest[..rest.len().min(text.len() / 3 + 1)];
        let at = Some(upload.sent as u64);
        let result = if rest.is_empty() {
            client.service.finish_upload(&permit, at, body(""), digest).await.map(|_| None)
        } else {
            client.service.append_upload(&permit, at, body(chunk)).await.map(|appended| Some(appended.offset))
        };
        let finished = Operation::PushBlob { repository: upload.repository, blob: upload.blob, chunks: 1 };
        let after = if rest.is_empty() { finished.after(&self.state) } else { Some(self.state.clone()) };
        Ok(match result {
            Ok(None) => (Ok(()), after),
            Ok(Some(offset)) => {
                upload.sent = usize::try_from(offset)?;
                self.uploads.push(upload);
                (Ok(()), after)
            }
            Err(Error::UploadUnknown) if upload.may_be_gone => (Ok(()), Some(self.state.clone())),
            Err(Error::DigestMismatch { .. }) if upload.may_be_damaged => (Ok(()), Some(self.state.clone())),
            Err(Error::UploadOutOfOrder { offset }) if upload.may_be_gone => {
                // As clients do: they go on where the upload stands, and begin anew when that is beyond what they have.
                upload.sent = usize::try_from(offset)?;
                if upload.sent <= text.len() {
                    self.uploads.push(upload);
                }
                (Ok(()), Some(self.state.clone()))
            }
            Err(error) => {
                upload.may_be_gone = true;
                self.uploads.push(upload);
                (Err(error), after)
            }
        })
    }

    async fn cancel(&mut self, process: usize, number: usize) -> Result<Result<(), Error>, Failure> {
        let upload = self.uploads.swap_remove(number);
        let client = &self.machine.clients[process];
        let permit = client.continuing(&self.shelf.repositories[upload.repository], &upload.id)?;
        Ok(match client.service.cancel_upload(&permit).await {
            Err(Error::UploadUnknown) if upload.may_be_gone => Ok(()),
            cancelled => cancelled,
        })
    }

    /// Later, when all clocks have passed whatever they ever showed, retention leaves what has a tag or is held by what has one, and a
    /// collection what these need, and no byte else.
    async fn end(self) -> Outcome {
        let Self { machine, shelf, state, .. } = self;
        machine.world.clock.advance(LATER);
        machine.client().service.clear_idle_uploads().await?;
        retain(&machine.client().service).await?;
        machine.world.clock.advance(Duration::from_secs(1));
        collect(&machine.client().service).await?;
        let least: State = state.iter().map(|held| held.tagged().least()).collect();
        let observed = shelf.observe(machine.client()).await?;
        if observed != least {
            return Err(format!("after a collection there is {observed:?}\nto be: {least:?}").into());
        }
        let (uploads, blobs) =
            (files(&machine.world.data.join("uploads"))?, files(&machine.world.data.join("blobs/sha256"))?);
        let needed = shelf.files(&least);
        if uploads.is_empty() && blobs == needed {
            Ok(())
        } else {
            Err(format!("uploads are left: {uploads:?}; of blobs {blobs:?}, to be {needed:?}").into())
        }
    }
}

async fn collect(service: &Service) -> Result<(), Error> {
    let settings = CollectionSettings { grace: Duration::ZERO, dry_run: false, who: None };
    let mut collection = service.begin_collection(settings).await?;
    while collection.step().await? {}
    Ok(())
}

async fn retain(service: &Service) -> Result<(), Error> {
    let mut retention = service.begin_retention(RetentionSettings::default()).await?;
    while retention.step().await?.is_some() {}
    Ok(())
}

/// Whether only blobs that need not stay are gone.
fn is_between(least: &State, observed: &State, most: &State) -> bool {
    let is_one = |((least, observed), most): ((&Held, &Held), &Held)| {
        least.blobs.is_subset(&observed.blobs)
            && observed.blobs.is_subset(&most.blobs)
            && (&observed.manifests, &observed.tags) == (&most.manifests, &most.tags)
    };
    least.iter().zip(observed).zip(most).all(is_one)
}

/// The names of all files below a folder.
fn files(folder: &Path) -> Result<BTreeSet<String>, Failure> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.extend(files(&entry.path())?);
        } else {
            found.insert(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(found)
}

async fn simulate(seed: u64, steps: usize) -> Outcome {
    let mut simulation = Simulation::start(seed).await?;
    for number in 1..=steps {
        if let Err(error) = simulation.step().await {
            let told = Vec::from(std::mem::take(&mut simulation.told)).join("\n");
            return Err(format!("PORTCULLIS_SEED={seed}, step {number}: {error}\n{told}").into());
        }
    }
    simulation.end().await.map_err(|error| format!("PORTCULLIS_SEED={seed}, the end: {error}").into())
}

#[expect(clippy::disallowed_methods, reason = "whoever looks for a failure names the seed")]
fn number_from(variable: &str) -> Result<Option<u64>, Failure> {
    match std::env::var(variable) {
        Ok(text) => Ok(Some(text.parse().map_err(|_| format!("{variable}={text} is not a number"))?)),
        Err(_) => Ok(None),
    }
}

#[tokio::test]
async fn simulation_keeps_what_was_answered() -> Outcome {
    let steps = number_from("PORTCULLIS_STEPS")?.map_or(Ok(STEPS), usize::try_from)?;
    let seeds = number_from("PORTCULLIS_SEED")?.map_or_else(|| SEEDS.to_vec(), |seed| vec![seed]);
    for seed in seeds {
        simulate(seed, steps).await?;
    }
    Ok(())
}
