use super::job::CALL;
use super::*;
use crate::cmdlets::command::{Command, Planned};
use crate::cmdlets::tokens::NEW;
use crate::environment::Environment;
use crate::environment::Variables;
use crate::failure::ExitStatus;
use crate::host::tests::Answers;
use crate::output::Console;
use rstest::rstest;
use serde_json::json;
use std::io::Write;
use std::path::Path;

/// A machine with a folder for jobs, and the streams of those that were started.
struct World {
    folder: tempfile::TempDir,
    host: Answers,
}

impl World {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), host: Answers::default() }
    }

    fn environment(&self) -> Environment {
        let variables = Variables { xdg_state_home: Some(self.folder.path().to_owned()), ..Variables::default() };
        Environment { variables, ..Environment::default() }
    }

    fn start(&mut self) -> Value {
        self.start_with(&[])
    }

    /// Starts a job with these switches on.
    fn start_with(&mut self, switches: &[&'static str]) -> Value {
        let mut bound = Bound::default();
        bound.set("Name", json!("token2"));
        bound.set("CredentialsPassword", json!([{ "Name": "password1" }]));
        // It was confirmed before, and the variable is the shell's.
        bound.set("Confirm", json!(true));
        bound.set("OutVariable", json!("job"));
        for switch in switches {
            bound.set(switch, json!(true));
        }
        start(&NEW, &Planned { set: "CreateExpanded", bound }, &self.environment(), &mut self.host).unwrap()
    }

    /// The job writes this and ends; its streams close with it.
    fn end(&mut self, output: &str, errors: &str, status: Option<ExitStatus>) {
        let (folder, mut streams) = self.host.jobs.remove(0);
        streams.output.write_all(output.as_bytes()).unwrap();
        streams.errors.write_all(errors.as_bytes()).unwrap();
        ended(&folder, status);
    }

    /// The job runs beside the test, until it is told to stop.
    fn run_until_stopped(&mut self) -> std::thread::JoinHandle<()> {
        let (folder, streams) = self.host.jobs.remove(0);
        std::thread::spawn(move || {
            while !is_stopped(&folder) {
                std::thread::yield_now();
            }
            ended(&folder, None);
            drop(streams);
        })
    }

    /// Standard output, standard error and the exit code of a cmdlet.
    fn run(&mut self, cmdlet: &'static Cmdlet, words: &[&str]) -> (String, String, u8) {
        let environment = self.environment();
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut console = Console::new(&environment, &mut stdout, &mut stderr);
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let outcome = Command::parse(cmdlet, &words, &environment).and_then(|mut command| {
            command.complete(&environment, &mut console, &mut self.host)?;
            command.run_here(&environment, &mut console, &mut self.host)
        });
        let code = console.finish(outcome).code();
        (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap(), code)
    }

    fn states(&mut self) -> Vec<String> {
        let (stdout, ..) = self.run(&GET, &[]);
        let state = |line: &str| serde_json::from_str::<Value>(line).unwrap()["State"].as_str().unwrap().to_owned();
        stdout.lines().map(state).collect()
    }
}

#[test]
fn a_job_is_numbered_and_runs_until_its_streams_close() {
    let mut world = World::new();
    let (first, second) = (world.start(), world.start());
    assert_eq!((&first["Id"], &first["Name"], &second["Id"]), (&json!(1), &json!("Job1"), &json!(2)));
    assert_eq!(first["Command"], "New-AzContainerRegistryToken");
    assert_eq!(world.states(), ["Running", "Running"]);
    world.end("", "", Some(ExitStatus::Success));
    world.end("", "", Some(ExitStatus::Refused));
    assert_eq!(world.states(), ["Completed", "Failed"]);
}

#[test]
fn a_job_that_is_killed_has_failed() {
    let mut world = World::new();
    world.start();
    world.host.jobs.clear();
    assert_eq!(world.states(), ["Failed"]);
}

#[test]
fn what_a_job_wrote_is_received_once_and_then_gone() {
    let mut world = World::new();
    world.start();
    world.end("{\"Name\":\"token2\",\"Value\":\"hunter2\"}\n", "[Code] : no\n", Some(ExitStatus::Refused));
    let (stdout, stderr, code) = world.run(&RECEIVE, &["1", "-Keep"]);
    assert!(stdout.contains("hunter2"), "{stdout}");
    assert_eq!((stderr.as_str(), code), ("[Code] : no\n", 1));
    assert!(world.run(&RECEIVE, &["-Id", "1"]).0.contains("hunter2"));
    let (stdout, stderr, code) = world.run(&RECEIVE, &["-Name", "job1"]);
    assert!(stderr.starts_with("The job 1 failed, and what it said was received before."), "{stderr}");
    assert_eq!((stdout.as_str(), code), ("", 1));
    assert_eq!(fs::read(world.folder.path().join("portcullis/jobs/1/output")).unwrap(), b"");
}

#[rstest]
#[case::waited_for(&[], r#"{"Name":"token2","Status":"enabled"}"#, "token2")]
#[case::left(&["NoWait"], r#"{"Target":"https://a.example/op/1"}"#, "Target\n------\nhttps://a.example/op/1\n")]
fn what_a_job_wrote_is_shown_as_its_cmdlet_shows_it(
    #[case] switches: &[&'static str],
    #[case] output: &str,
    #[case] expected: &str,
) {
    let mut world = World::new();
    world.start_with(switches);
    world.end(&format!("{output}\n"), "", Some(ExitStatus::Success));
    let (stdout, stderr, code) = world.run(&RECEIVE, &["1", "--output", "table"]);
    assert!(stdout.contains(expected), "{stdout}");
    assert_eq!((stderr.as_str(), code), ("", 0));
}

#[test]
fn half_a_line_waits_for_its_end() {
    let mut world = World::new();
    world.start();
    let output = world.folder.path().join("portcullis/jobs/1/output");
    fs::write(&output, "{\"a\":1}\n{\"b\"").unwrap();
    assert_eq!(world.run(&RECEIVE, &["1"]).0, "{\"a\":1}\n");
    fs::write(&output, "{\"a\":1}\n{\"b\":2}\n").unwrap();
    assert_eq!(world.run(&RECEIVE, &["1"]).0, "{\"b\":2}\n");
}

#[test]
fn a_wait_ends_with_the_job_or_with_the_time() {
    let mut world = World::new();
    world.start();
    assert_eq!(world.run(&WAIT, &["1", "-Timeout", "0"]), (String::new(), String::new(), 0));
    world.end("", "", Some(ExitStatus::Success));
    assert!(world.run(&WAIT, &["1"]).0.contains("Completed"));
}

#[test]
fn jobs_that_run_are_not_removed() {
    let mut world = World::new();
    world.start();
    let (_, stderr, code) = world.run(&REMOVE, &["1"]);
    assert!(stderr.contains("because the job is not finished"), "{stderr}");
    assert_eq!(code, 2);
    world.end("", "", None);
    assert_eq!(world.states(), ["Stopped"]);
    assert_eq!(world.run(&REMOVE, &["1"]), (String::new(), String::new(), 0));
    assert_eq!(world.states(), [""; 0]);
}

#[test]
fn a_job_that_is_not_there_is_named() {
    let mut world = World::new();
    let (_, stderr, code) = world.run(&STOP, &["7,8"]);
    assert!(stderr.contains("job ID 7") && stderr.contains("job ID 8"), "{stderr}");
    assert_eq!(code, 2);
}

#[test]
fn a_job_that_runs_is_stopped_and_waited_for() {
    let mut world = World::new();
    world.start();
    let job = world.run_until_stopped();
    let (stdout, stderr, code) = world.run(&STOP, &["1", "-PassThru"]);
    assert_eq!((stderr.as_str(), code), ("", 0));
    assert_eq!(serde_json::from_str::<Value>(&stdout).unwrap()["State"], "Stopped");
    job.join().unwrap();
    assert_eq!(world.run(&STOP, &["1"]), (String::new(), String::new(), 0), "it is stopped already");
}

#[test]
fn a_job_that_runs_is_removed_by_force() {
    let mut world = World::new();
    world.start();
    let job = world.run_until_stopped();
    assert_eq!(world.run(&REMOVE, &["1", "-Force"]), (String::new(), String::new(), 0));
    job.join().unwrap();
    assert_eq!(world.states(), [""; 0]);
}

#[test]
fn what_is_no_job_is_never_all_jobs() {
    let mut world = World::new();
    world.start();
    world.end("", "", Some(ExitStatus::Success));
    let (_, stderr, code) = world.run(&REMOVE, &["-Job", "@{}"]);
    assert!(stderr.contains("has no Id"), "{stderr}");
    assert_eq!((code, world.states()), (2, vec!["Completed".to_owned()]));
}

#[test]
fn the_jobs_process_finds_its_call_and_leaves_nothing_of_it() {
    let mut world = World::new();
    world.start();
    let folder = world.host.jobs[0].0.clone();
    let command = open(&folder, &world.environment()).unwrap();
    let planned = command.calls.as_ref().unwrap()[0].as_ref().unwrap();
    assert_eq!((planned.set, planned.bound.text("Name")), ("CreateExpanded", Some("token2")));
    assert!(!planned.bound.is_on("Confirm") && !planned.bound.has("OutVariable"));
    assert!(open(&folder, &world.environment()).is_err());
    assert!(!is_stopped(&folder));
}

#[test]
fn what_a_job_says_is_no_failure_unless_it_exits_as_one() {
    let mut world = World::new();
    world.start();
    world.end("{}\n", "WARNING: soon\n", Some(ExitStatus::Success));
    assert_eq!(world.run(&RECEIVE, &["1", "-Keep"]), ("{}\n".to_owned(), "WARNING: soon\n".to_owned(), 0));
    assert_eq!(world.run(&RECEIVE, &["1"]).2, 0);
    world.start();
    world.end("", "Cannot reach it.\n", Some(ExitStatus::Unreachable));
    assert_eq!(world.run(&RECEIVE, &["2"]), (String::new(), "Cannot reach it.\n".to_owned(), 3));
}

#[test]
fn a_job_that_was_killed_says_so() {
    let mut world = World::new();
    world.start();
    world.host.jobs.clear();
    let (_, stderr, code) = world.run(&RECEIVE, &["1"]);
    assert!(stderr.starts_with("The job 1 was ended from outside"), "{stderr}");
    assert_eq!(code, 1);
}

#[test]
fn the_parameters_of_a_job_that_died_are_removed() {
    let mut world = World::new();
    world.start();
    let call = world.host.jobs[0].0.join(CALL);
    world.states();
    assert!(call.exists(), "it still lives");
    world.host.jobs.clear();
    world.states();
    assert!(!call.exists());
}

#[cfg(unix)]
#[test]
fn a_jobs_folder_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let mut world = World::new();
    world.start();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&world.host.jobs[0].0), 0o700);
    assert_eq!(mode(&world.host.jobs[0].0.join(CALL)), 0o600);
}
