//! The cmdlets that look after jobs.

mod job;

pub use job::{ended, is_stopped, open, start};

use super::call::{Here, Outcome};
use super::{Cmdlet, Does, Example};
use crate::cmdlet::binder::{Bound, Spec};
use crate::cmdlet::parameter::Parameter;
use crate::cmdlet::types::{JOB, Kind};
use crate::failure::Failure;
use crate::output::objects::{Asked, Column, View};
use crate::private_files;
use job::{Job, State, all, receive};
use serde_json::Value;
use std::fs;
use std::io;
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
        outcome.view = job.view().or(outcome.view);
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

#[cfg(test)]
mod tests;
