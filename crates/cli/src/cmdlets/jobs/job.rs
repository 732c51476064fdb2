//! A job: a command that runs on in a process of its own (`-AsJob`).
//!
//! It is a folder that only its owner can enter, `$XDG_STATE_HOME/portcullis/jobs/<id>`:
//!
//! ```text
//! job.json     its cmdlet, its name, and whether it waits for the end of what it begins
//! call.json    its parameters; the job removes it when it has read them
//! lock         locked while the job's process lives
//! output, errors, received    what it wrote, and how much of that was received
//! stop, exit   the wish that it ends, and how it ended
//! ```

use crate::cmdlet::binder::Bound;
use crate::cmdlets::Cmdlet;
use crate::cmdlets::call::LEFT;
use crate::cmdlets::command::{Command, Planned};
use crate::environment::Environment;
use crate::failure::{ExitStatus, Failure};
use crate::host::{Host, JobStreams};
use crate::limits::{INPUT_BYTES_MAX, JOB_LOOK_INTERVAL};
use crate::output::objects::View;
use crate::private_files;
use serde_json::{Map, Value, json};
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Holds a job's parameters, which may be secrets.
pub(super) const CALL: &str = "call.json";

/// A job's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) id: u64,
    pub(super) folder: PathBuf,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Running,
    Completed,
    Failed,
    Stopped,
}

impl Job {
    pub(super) fn state(&self) -> State {
        if self.is_alive() {
            return State::Running;
        }
        match self.ending().trim() {
            "0" => State::Completed,
            "stopped" => State::Stopped,
            _ => State::Failed,
        }
    }

    fn is_alive(&self) -> bool {
        File::open(self.folder.join("lock"))
            .is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// What it left of how it ended: its exit code, `stopped`, or nothing when it was killed.
    fn ending(&self) -> String {
        fs::read_to_string(self.folder.join("exit")).unwrap_or_default()
    }

    /// Its exit, once it has failed. What it wrote decides nothing: warnings go to standard error too.
    pub(super) fn failed_with(&self) -> Option<ExitStatus> {
        (self.state() == State::Failed).then(|| match self.ending().trim() {
            "2" => ExitStatus::Usage,
            "3" => ExitStatus::Unreachable,
            _ => ExitStatus::Refused,
        })
    }

    pub(super) fn object(&self) -> Value {
        let about = self.about();
        let more = ["output", "errors"]
            .iter()
            .zip(self.received())
            .any(|(name, received)| fs::metadata(self.folder.join(name)).is_ok_and(|file| file.len() > received));
        let state = match self.state() {
            State::Running => "Running",
            State::Completed => "Completed",
            State::Failed => "Failed",
            State::Stopped => "Stopped",
        };
        json!({
            "Id": self.id,
            "Name": about.get("name"),
            "PSJobTypeName": "AsyncJob",
            "State": state,
            "HasMoreData": more,
            "Location": "localhost",
            "Command": about.get("cmdlet"),
        })
    }

    /// That it failed, in its own words as far as they were not received before.
    pub(super) fn failure(&self, status: ExitStatus, errors: String) -> Failure {
        if !errors.is_empty() {
            return Failure::with(status, errors);
        }
        let about = match self.ending().as_str() {
            "" => "was ended from outside before it could say how it went",
            _ => "failed, and what it said was received before",
        };
        Failure::with(status, format!("The job {} {about}.", self.id))
            .hint("Look at what its command was for, and run that again if need be.")
    }

    pub(super) fn about(&self) -> Map<String, Value> {
        let bytes = private_files::read(&self.folder.join("job.json"), INPUT_BYTES_MAX).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// How what it wrote is shown.
    pub(super) fn view(&self) -> Option<&'static View> {
        let about = self.about();
        if about.get("noWait") == Some(&Value::Bool(true)) {
            return Some(&LEFT);
        }
        Some(about.get("cmdlet").and_then(Value::as_str).and_then(Cmdlet::find)?.view)
    }

    pub(super) fn name(&self) -> String {
        self.about().get("name").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// A job removes its parameters itself once it has read them; one that was killed before that cannot.
    fn forget_call_of_the_dead(&self) {
        let call = self.folder.join(CALL);
        if call.exists() && !self.is_alive() {
            let _gone_by_now = fs::remove_file(call);
        }
    }

    /// How many bytes of output and errors were received.
    fn received(&self) -> [u64; 2] {
        let text = fs::read_to_string(self.folder.join("received")).unwrap_or_default();
        let mut numbers = text.split_whitespace().map(|number| number.parse().unwrap_or_default());
        [numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default()]
    }

    /// Waits until it has ended, or until `end`. Whether it has ended.
    pub(super) fn wait(&self, end: Option<Instant>) -> bool {
        let Ok(lock) = File::open(self.folder.join("lock")) else { return true };
        let Some(end) = end else { return lock.lock_shared().is_ok() };
        while let Err(TryLockError::WouldBlock) = lock.try_lock_shared() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            std::thread::sleep(JOB_LOOK_INTERVAL.min(left));
        }
        true
    }
}

fn jobs_folder(environment: &Environment) -> Result<PathBuf, Failure> {
    let folder = environment.state_folder().map(|folder| folder.join("jobs"));
    folder.ok_or_else(|| Failure::usage("There is no folder for jobs: neither XDG_STATE_HOME nor HOME is set."))
}

/// Every job of this user, by number.
pub(super) fn all(environment: &Environment) -> Result<Vec<Job>, Failure> {
    let folder = jobs_folder(environment)?;
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let job = |entry: fs::DirEntry| Some(Job { id: entry.file_name().to_str()?.parse().ok()?, folder: entry.path() });
    let mut jobs: Vec<Job> = entries.filter_map(job).collect();
    jobs.sort_by_key(|job| job.id);
    for job in &jobs {
        job.forget_call_of_the_dead();
    }
    Ok(jobs)
}

/// What was written since the last time. When a job has ended, what was received is gone: it may hold passwords.
pub(super) fn receive(job: &Job, keep: bool) -> io::Result<(Vec<Value>, String)> {
    let ended = job.state() != State::Running;
    let [output_from, errors_from] = job.received();
    let (output, output_to) = read_lines(&job.folder.join("output"), output_from)?;
    let (errors, errors_to) = read_lines(&job.folder.join("errors"), errors_from)?;
    if !keep {
        if ended {
            for name in ["output", "errors"] {
                File::create(job.folder.join(name))?;
            }
            private_files::replace(&job.folder.join("received"), b"0 0")?;
        } else {
            private_files::replace(&job.folder.join("received"), format!("{output_to} {errors_to}").as_bytes())?;
        }
    }
    let objects = output.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    Ok((objects, errors.trim_end().to_owned()))
}

/// The whole lines of a file behind `from`, and where they end.
fn read_lines(path: &Path, from: u64) -> io::Result<(String, u64)> {
    let bytes = private_files::read(path, INPUT_BYTES_MAX)?;
    let from = usize::try_from(from).unwrap_or(usize::MAX).min(bytes.len());
    let behind = bytes.get(from..).unwrap_or_default();
    let length = behind.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let text = String::from_utf8_lossy(behind.get(..length).unwrap_or_default()).into_owned();
    Ok((text, u64::try_from(from + length).unwrap_or(u64::MAX)))
}

/// What concerns the shell that starts a job, and not the job.
const OF_THE_SHELL: [&str; 7] =
    ["AsJob", "Confirm", "OutVariable", "ErrorVariable", "WarningVariable", "InformationVariable", "PipelineVariable"];

/// Starts a job for a call; the job as `Get-Job` shows it.
pub fn start(
    cmdlet: &Cmdlet,
    planned: &Planned,
    environment: &Environment,
    host: &mut dyn Host,
) -> Result<Value, Failure> {
    let folder = jobs_folder(environment)?;
    let not_started = |error: io::Error| Failure::usage(format!("The job cannot be started: {error}."));
    private_files::make_folder(&folder).map_err(not_started)?;
    let job = reserve(&folder, all(environment)?.last().map_or(1, |last| last.id + 1)).map_err(not_started)?;
    let about = json!({
        "cmdlet": cmdlet.name(),
        "name": format!("Job{}", job.id),
        "noWait": planned.bound.is_on("NoWait"),
    });
    let call = json!({ "set": planned.set, "bound": planned.bound.without(&OF_THE_SHELL).to_json() });
    let write = |name: &str, value: &Value| {
        private_files::make(&job.folder.join(name)).and_then(|mut file| file.write_all(value.to_string().as_bytes()))
    };
    let make = |name: &str| private_files::make(&job.folder.join(name));
    // Locked first: the parameters of a job that does not live are removed by whoever sees them.
    let locked = make("lock").and_then(|_| File::open(job.folder.join("lock"))).and_then(|input| {
        input.lock()?;
        Ok(input)
    });
    let started = locked.and_then(|input| {
        write("job.json", &about)?;
        write(CALL, &call)?;
        host.start_job(&job.folder, JobStreams { input, output: make("output")?, errors: make("errors")? })
    });
    if let Err(error) = started {
        let _ = fs::remove_dir_all(&job.folder);
        return Err(not_started(error));
    }
    Ok(job.object())
}

/// The first number from `first` on that nobody has.
fn reserve(folder: &Path, first: u64) -> io::Result<Job> {
    const TRIES: u64 = 100;
    for id in first..first + TRIES {
        let job = Job { id, folder: folder.join(id.to_string()) };
        match private_files::make_new_folder(&job.folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(()) => return Ok(job),
        }
    }
    Err(io::Error::other("too many jobs are started at once"))
}

/// The command of the job in `folder`, for the job's own process. Its parameters are on the disk no longer.
pub fn open(folder: &Path, environment: &Environment) -> Result<Command, Failure> {
    let not_a_job = || Failure::usage(format!("There is no job to run in {}.", folder.display()));
    let job = Job { id: 0, folder: folder.to_owned() };
    let file = folder.join(CALL);
    let bytes = private_files::read(&file, INPUT_BYTES_MAX).map_err(|_| not_a_job())?;
    fs::remove_file(&file).map_err(|_| not_a_job())?;
    let call: Value = serde_json::from_slice(&bytes).map_err(|_| not_a_job())?;
    let name = job.about().get("cmdlet").and_then(Value::as_str).and_then(Cmdlet::find);
    let cmdlet = name.ok_or_else(not_a_job)?;
    let set = cmdlet.spec.sets.iter().find(|set| call.get("set").and_then(Value::as_str) == Some(set));
    let bound = call.get("bound").and_then(|bound| Bound::from_json(&cmdlet.spec, bound));
    let (set, mut bound) = set.zip(bound).ok_or_else(not_a_job)?;
    // Whoever started the job was asked then.
    bound.set("Confirm", Value::Bool(false));
    Ok(Command::planned(cmdlet, vec![Planned { set, bound }], environment))
}

/// Whether the job in `folder` is to end.
pub fn is_stopped(folder: &Path) -> bool {
    folder.join("stop").exists()
}

/// Keeps how the job in `folder` ended: `None` when it was stopped.
pub fn ended(folder: &Path, status: Option<ExitStatus>) {
    let text = status.map_or_else(|| "stopped".to_owned(), |status| status.code().to_string());
    // Without the file the job counts as failed, which is the most that can be said then.
    let _ = private_files::replace(&folder.join("exit"), text.as_bytes());
}
