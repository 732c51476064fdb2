//! Wiring only: reads the process, and joins the command line to a server in this process or to one on the network.

mod destinations;
mod housekeeping;
mod process;
mod retention;
mod serving;
mod stop;

use cli::az::Terminal;
use cli::client::operation::TimerSleeper;
use cli::client::{Client, Reached};
use cli::cmdlets::{Command, jobs};
use cli::completion::{Answer, Candidate, Request as CompletionRequest, in_time};
use cli::destination::Destination;
use cli::environment::Environment;
use cli::failure::{ExitStatus, Failure};
use cli::invocation::{self, Invocation};
use cli::limits::JOB_LOOK_INTERVAL;
use cli::man;
use cli::output::Console;
use cli::output::text::printable_line;
use cli::progress::Progress;
use cli::transport::http::HttpTransport;
use destinations::Embedded;
use process::Process;
use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os();
    let environment = process::environment(arguments.next().unwrap_or_default());
    let (mut stdout, mut stderr) = (io::stdout(), io::stderr());
    let mut console = Console::new(&environment, &mut stdout, &mut stderr);
    let outcome = Invocation::parse(&environment, arguments.collect())
        .and_then(|invocation| run(invocation, &environment, &mut console));
    ExitCode::from(console.finish(outcome).code())
}

fn run(invocation: Invocation, environment: &Environment, console: &mut Console<'_>) -> Result<(), Failure> {
    if let Invocation::Print(text) = &invocation {
        return console.print(text);
    }
    if let Invocation::Man(folder) = &invocation {
        let count = man::write(&invocation::command(), folder)?;
        return console.print(&format!("{count} pages are in {}.\n", folder.display()));
    }
    let mut invocation = invocation;
    if at_once(&mut invocation, environment, console)? {
        return Ok(());
    }
    // A server has something for every core to do; a command does one thing after the other.
    let mut builder = match &invocation {
        Invocation::Serve(_) | Invocation::Quickstart(_) => tokio::runtime::Builder::new_multi_thread(),
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = builder
        .enable_all()
        .build()
        .map_err(|error| Failure::unreachable(format!("The program cannot start its threads: {error}.")))?;
    let outcome = run_on(&runtime, invocation, environment, console);
    // What nobody waits for any more, such as looking up a host that does not answer, is not waited for either.
    runtime.shutdown_background();
    outcome
}

fn run_on(
    runtime: &tokio::runtime::Runtime,
    invocation: Invocation,
    environment: &Environment,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let progress = Progress::new(environment, &TimerSleeper);
    runtime.block_on(async {
        match invocation {
            Invocation::Print(_) | Invocation::Man(_) => Ok(()),
            Invocation::Complete(request) => {
                let candidates = in_time(&TimerSleeper, complete(&request, environment)).await;
                print_candidates(&candidates, console)
            }
            Invocation::Serve(options) => serving::serve(&options, environment, console).await,
            Invocation::Quickstart(options) => serving::quickstart(&options, environment, console).await,
            Invocation::Principal(options) => {
                let (destination, route) = options.chosen(environment)?.route();
                destinations::run(destination, environment, &progress, console, async |client, console| match client {
                    Some(client) => options.run(Reached { client, route }, environment, console).await,
                    None => Ok(()),
                })
                .await
            }
            Invocation::Audit(options) => {
                let destination = options.destination(environment)?;
                destinations::run(destination, environment, &progress, console, async |client, console| {
                    options.run(client, environment, console).await
                })
                .await
            }
            Invocation::Collect(options) => housekeeping::collect(&options, environment, console).await,
            Invocation::Retention(options) => retention::run(&options, environment, console, &mut Process).await,
            Invocation::Verify(options) => housekeeping::verify(&options, environment, console).await,
            Invocation::Az(command) => {
                let (destination, route) = command.chosen(environment)?.route();
                destinations::run(destination, environment, &progress, console, async |client, console| match client {
                    Some(client) => {
                        let terminal = Terminal { console, host: &mut Process, progress: &progress };
                        command.run(Reached { client, route }, environment, terminal).await
                    }
                    None => Ok(()),
                })
                .await
            }
            Invocation::Context(options) => options.run(environment, console, &progress).await,
            Invocation::Cmdlet(command) => cmdlet(*command, environment, console).await,
            Invocation::Job(command) => job(*command, environment, console).await,
        }
    })
}

/// Does what needs no service, before any thread is started for one. Whether that was all.
fn at_once(invocation: &mut Invocation, environment: &Environment, console: &mut Console<'_>) -> Result<bool, Failure> {
    match invocation {
        Invocation::Cmdlet(command) => {
            let mut host = Process;
            command.complete(environment, console, &mut host)?;
            if command.start_jobs(environment, console, &mut host)? {
                return Ok(true);
            }
            if !command.stays_here() {
                return Ok(false);
            }
            command.run_here(environment, console, &mut host).map(|()| true)
        }
        Invocation::Complete(request) => match request.answer(&invocation::command()) {
            Answer::Words(candidates) => print_candidates(&candidates, console).map(|()| true),
            Answer::Names(_) => Ok(false),
        },
        _ => Ok(false),
    }
}

async fn cmdlet(mut command: Command, environment: &Environment, console: &mut Console<'_>) -> Result<(), Failure> {
    let (destination, route) = command.chosen(environment)?.route();
    let shown = command.shows_progress();
    let progress = if shown { Progress::new(environment, &TimerSleeper) } else { Progress::hidden(&TimerSleeper) };
    destinations::run(destination, environment, &progress, console, async |client, console| match client {
        Some(client) => command.run(Reached { client, route }, environment, console, &mut Process).await,
        None => command.run_here(environment, console, &mut Process),
    })
    .await
}

/// A shell waits for this: what cannot be had at once is left out, and nothing is made or said.
async fn complete(request: &CompletionRequest, environment: &Environment) -> Result<Vec<Candidate>, Failure> {
    let live = match request.answer(&invocation::command()) {
        Answer::Words(candidates) => return Ok(candidates),
        Answer::Names(live) => live,
    };
    let chosen = request.destination().wish().settle(environment)?;
    let subscription_id = chosen.subscription_id.as_deref();
    match chosen.destination {
        Destination::Server { endpoint, principal } => {
            let transport = HttpTransport::new(&endpoint, principal)?;
            Ok(live.candidates(request, Client::new(&transport, &TimerSleeper), subscription_id).await)
        }
        Destination::Local(folder) if folder.is_dir() => {
            let (server, _) = destinations::open(folder).await?;
            let transport = Embedded::new(&server, environment);
            Ok(live.candidates(request, Client::new(&transport, &TimerSleeper), subscription_id).await)
        }
        Destination::Local(_) | Destination::None => Ok(Vec::new()),
    }
}

fn print_candidates(candidates: &[Candidate], console: &mut Console<'_>) -> Result<(), Failure> {
    let line =
        |candidate: &Candidate| format!("{}\t{}\n", printable_line(&candidate.word), printable_line(&candidate.about));
    console.print(&candidates.iter().map(line).collect::<String>())
}

/// Runs the command of a job, and ends early when that is wished.
async fn job(command: Command, environment: &Environment, console: &mut Console<'_>) -> Result<(), Failure> {
    let Some(folder) = environment.variables.job.as_deref() else { return Ok(()) };
    let stopped = async {
        while !jobs::is_stopped(folder) {
            tokio::time::sleep(JOB_LOOK_INTERVAL).await;
        }
    };
    tokio::select! {
        outcome = cmdlet(command, environment, console) => {
            jobs::ended(folder, Some(outcome.as_ref().map_or_else(|failure| failure.status, |()| ExitStatus::Success)));
            outcome
        }
        () = stopped => {
            jobs::ended(folder, None);
            Ok(())
        }
    }
}
