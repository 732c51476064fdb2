//! Jobs: commands that run on in a process of their own (`-AsJob`), and the cmdlets that look after them.
//!
//! A job is a folder that only its owner can enter, `$XDG_STATE_HOME/portcullis/jobs/<id>`:
//!
//! ```text
//! job.json     its cmdlet and its name
//! call.json    its parameters; the job removes it when it has read them
//! lock         locked while the job's process lives
//! output, errors, received    what it wrote, and how much of that was received
//! stop, exit   the wish that it ends, and how it ended
//! ```

use super::call::{Here, Outcome};
use super::command::{Command, Planned};
use super::{Cmdlet, Does, Example};
use crate::cmdlet::binder::{Bound, Spec};
use crate::cmdlet::parameter::Parameter;
use crate::cmdlet::types::{JOB, Kind};
use crate::environment::Environment;
use crate::failure::{ExitStatus, Failure};
use crate::host::{Host, JobStreams};
use crate::limits::{INPUT_BYTES_MAX, JOB_LOOK_INTERVAL};
use crate::output::objects::{Asked, Column, View};
use crate::private_files;
use serde_json::{Map, Value, json};
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The table of PowerShell's `Get-Job`.
pub static VIEW: View = View {
    columns: &[
        Column::text("Id"),
        Column::text("Name"),
        Column::text("PSJobTypeName"),
        Column::text("State"),
        Column::text("HasMoreData"),
        Column::text("Location"),
        Column::text("Command"),
    ],
    whole: false,
};

const BY_ID: &[&str] = &["SessionIdParameterSet"];
const BY_NAME: &[&str] = &["NameParameterSet"];
const BY_JOB: &[&str] = &["JobParameterSet"];

/// How the jobs are named that a cmdlet is for.
const WHICH: &[Parameter] = &[
    Parameter::mandatory("Id", Kind::Numbers, "The jobs' numbers.").within(BY_ID),
    Parameter::mandatory("Name", Kind::Texts, "The jobs' names.").within(BY_NAME),
    Parameter::mandatory("Job", Kind::Objects(&JOB), "The jobs.").within(BY_JOB).piped(),
];

const fn spec(name: &'static str, declared: &'static [&'static [Parameter]]) -> Spec {
    Spec {
        name,
        sets: &["SessionIdParameterSet", "NameParameterSet", "JobParameterSet"],
        declared,
        positional: &["Id"],
        should_process: false,
    }
}

const fn cmdlet(spec: Spec, synopsis: &'static str, does: Does) -> Cmdlet {
    Cmdlet {
        spec,
        synopsis,
        operation: "",
        inputs: &["System.Management.Automation.Job"],
        outputs: &["System.Management.Automation.Job"],
        view: &VIEW,
        examples: &[],
        does,
    }
}

/// `Get-Job`.
pub static GET: Cmdlet = Cmdlet {
    examples: &[Example { title: "List the jobs", code: "Get-Job", output: "", remarks: "" }],
    inputs: &[],
    ..cmdlet(
        Spec {
            name: "Get-Job",
            sets: &["SessionIdParameterSet", "NameParameterSet"],
            declared: &[&[
                Parameter::optional("Id", Kind::Numbers, "The jobs' numbers.").within(BY_ID),
                Parameter::mandatory("Name", Kind::Texts, "The jobs' names.").within(BY_NAME),
            ]],
            positional: &["Id"],
            should_process: false,
        },
        "Gets the jobs of this user.",
        Does::Here(|call| each(call, |job, _| Ok(vec![job.object()]))),
    )
};

/// `Wait-Job`.
pub static WAIT: Cmdlet = cmdlet(
    spec(
        "Wait-Job",
        &[
            WHICH,
            &[Parameter::optional("Timeout", Kind::Number, "How many seconds to wait at most; -1 is without end.")
                .or(&["TimeoutSec"])
                .at_least(-1)],
        ],
    ),
    "Waits until jobs have ended.",
    Does::Here(wait_all),
);

/// `Receive-Job`.
pub static RECEIVE: Cmdlet = cmdlet(
    spec(
        "Receive-Job",
        &[
            WHICH,
            &[
                Parameter::optional("Keep", Kind::Switch, "Keeps what is received."),
                Parameter::optional("Wait", Kind::Switch, "Waits until the job has ended."),
            ],
        ],
    ),
    "Gets what jobs wrote since the last time.",
    Does::Here(receive_all),
);

/// `Stop-Job`.
pub static STOP: Cmdlet = cmdlet(
    spec("Stop-Job", &[WHICH, &[Parameter::optional("PassThru", Kind::Switch, "Writes the jobs.")]]),
    "Ends jobs.",
    Does::Here(|call| each(call, stop)),
);

/// `Remove-Job`.
pub static REMOVE: Cmdlet = cmdlet(
    spec("Remove-Job", &[WHICH, &[Parameter::optional("Force", Kind::Switch, "Ends jobs that still run.").or(&["F"])]]),
    "Removes jobs.",
    Does::Here(|call| each(call, remove)),
);

/// Holds a job's parameters, which may be secrets.
const CALL: &str = "call.json";

/// A job's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Job {
    id: u64,
    folder: PathBuf,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    Completed,
    Failed,
    Stopped,
}

impl Job {
    fn state(&self) -> State {
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
    fn failed_with(&self) -> Option<ExitStatus> {
        (self.state() == State::Failed).then(|| match self.ending().trim() {
            "2" => ExitStatus::Usage,
            "3" => ExitStatus::Unreachable,
            _ => ExitStatus::Refused,
        })
    }

    fn object(&self) -> Value {
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
    fn failure(&self, status: ExitStatus, errors: String) -> Failure {
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

    fn about(&self) -> Map<String, Value> {
        let bytes = private_files::read(&self.folder.join("job.json"), INPUT_BYTES_MAX).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    fn name(&self) -> String {
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
    fn wait(&self, end: Option<Instant>) -> bool {
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

fn all(environment: &Environment) -> Result<Vec<Job>, Failure> {
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

/// Does something with each job that the call names; one that is not there is a failure of its own.
fn each(call: &mut Here<'_>, act: impl Fn(&Job, &Bound) -> Result<Vec<Value>, Failure>) -> Outcome {
    let jobs = match chosen(call) {
        Ok(jobs) => jobs,
        Err(failure) => return Outcome::failed(failure),
    };
    let mut objects = Vec::new();
    for job in jobs {
        match act(&job, call.bound) {
            Ok(more) => objects.extend(more),
            Err(failure) => call.failures.borrow_mut().push(failure),
        }
    }
    Outcome { asked: Asked::One, ..Outcome::many(objects) }
}

fn chosen(call: &Here<'_>) -> Result<Vec<Job>, Failure> {
    let jobs = all(call.environment)?;
    let items = |name: &str| call.bound.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let ids: Vec<Value> =
        items("Id").into_iter().chain(items("Job").iter().filter_map(|job| job.get("Id").cloned())).collect();
    let names = items("Name");
    if !["Id", "Name", "Job"].iter().any(|parameter| call.bound.has(parameter)) {
        return Ok(jobs);
    }
    let mut chosen = Vec::new();
    let missing = |message: String| call.failures.borrow_mut().push(Failure::usage(message));
    if items("Job").iter().any(|job| job.get("Id").is_none_or(Value::is_null)) {
        missing("A value of the Job parameter has no Id: it is no job that Get-Job wrote.".to_owned());
    }
    for id in &ids {
        match jobs.iter().find(|job| id.as_u64() == Some(job.id)) {
            Some(job) => chosen.push(job.clone()),
            None => missing(format!(
                "The command cannot find a job with the job ID {id}. Verify the value of the Id parameter and then try the command again."
            )),
        }
    }
    for name in names.iter().filter_map(Value::as_str) {
        match jobs.iter().find(|job| job.name().eq_ignore_ascii_case(name)) {
            Some(job) => chosen.push(job.clone()),
            None => missing(format!(
                "The command cannot find the job because the job name {name} was not found. Verify the value of the Name parameter, \
                 and then try the command again."
            )),
        }
    }
    Ok(chosen)
}

/// The time is that of the command, however many jobs it waits for.
fn wait_all(call: &mut Here<'_>) -> Outcome {
    // -1 is no number of seconds: it waits without end, as without the parameter.
    let seconds = call.bound.get("Timeout").and_then(Value::as_u64);
    let end = seconds.and_then(|seconds| Instant::now().checked_add(Duration::from_secs(seconds)));
    each(call, |job, _| Ok(if job.wait(end) { vec![job.object()] } else { Vec::new() }))
}

fn stop(job: &Job, bound: &Bound) -> Result<Vec<Value>, Failure> {
    if job.state() == State::Running {
        let stop = job.folder.join("stop");
        private_files::replace(&stop, b"").map_err(|error| cannot("be stopped", job, &error))?;
        job.wait(None);
    }
    Ok(if bound.is_on("PassThru") { vec![job.object()] } else { Vec::new() })
}

fn remove(job: &Job, bound: &Bound) -> Result<Vec<Value>, Failure> {
    if job.state() == State::Running {
        if !bound.is_on("Force") {
            return Err(Failure::usage(format!(
                "The command cannot remove the job with the job ID {} because the job is not finished. To remove the job, first \
                 stop the job, or use the Force parameter.",
                job.id
            )));
        }
        stop(job, bound)?;
    }
    fs::remove_dir_all(&job.folder).map_err(|error| cannot("be removed", job, &error))?;
    Ok(Vec::new())
}

fn cannot(what: &str, job: &Job, error: &io::Error) -> Failure {
    Failure::usage(format!("The job {} cannot {what}: {error}.", job.id))
}

fn receive_all(call: &mut Here<'_>) -> Outcome {
    let jobs = match chosen(call) {
        Ok(jobs) => jobs,
        Err(failure) => return Outcome::failed(failure),
    };
    let mut outcome = Outcome::nothing();
    for job in jobs {
        if call.bound.is_on("Wait") {
            job.wait(None);
        }
        let cmdlet = job.about().get("cmdlet").and_then(Value::as_str).and_then(Cmdlet::find);
        outcome.view = cmdlet.map(|cmdlet| cmdlet.view).or(outcome.view);
        match receive(&job, call.bound.is_on("Keep")) {
            Ok((objects, errors)) => {
                outcome.objects.extend(objects);
                match job.failed_with() {
                    Some(status) => call.failures.borrow_mut().push(job.failure(status, errors)),
                    None if errors.is_empty() => {}
                    None => (call.say)(&errors),
                }
            }
            Err(error) => call.failures.borrow_mut().push(cannot("be received", &job, &error)),
        }
    }
    outcome
}

/// What was written since the last time. When a job has ended, what was received is gone: it may hold passwords.
fn receive(job: &Job, keep: bool) -> io::Result<(Vec<Value>, String)> {
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
    let about = json!({ "cmdlet": cmdlet.name(), "name": format!("Job{}", job.id) });
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

#[cfg(test)]
mod tests;
