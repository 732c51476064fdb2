//! A cmdlet with its words: bound, completed from a pipe or by asking, sent where it goes, run, and shown.

use super::call::{Call, Here, Outcome};
use super::should_process::ShouldProcess;
use super::{Cmdlet, Does, accounts, help, jobs};
use crate::client::Reached;
use crate::cmdlet::binder::sets::{self, Resolution};
use crate::cmdlet::binder::{self, BindError, Bound};
use crate::cmdlet::parameter::Parameter;
use crate::cmdlet::passed_over;
use crate::cmdlet::pipeline;
use crate::cmdlet::types::Kind;
use crate::destination::{Chosen, Wish};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::host::Host;
use crate::output::tally::Tally;
use crate::output::{Console, Format};
use crate::session::Session;
use crate::transport::trace::Traced;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::io;
use std::path::Path;

/// A cmdlet with its words understood.
#[derive(Debug)]
pub struct Command {
    pub(super) cmdlet: &'static Cmdlet,
    /// What the words say, without what a pipe brings.
    pub(super) bound: Bound,
    format: Option<Format>,
    session: Session,
    /// The calls that are to be made; `None` until that is settled.
    pub(super) calls: Option<Vec<Result<Planned, Failure>>>,
}

/// A call that is to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Its parameter set.
    pub set: &'static str,
    /// Its parameters.
    pub bound: Bound,
}

impl Command {
    /// Understands the words after a cmdlet's name. Asks and sends nothing.
    pub fn parse(cmdlet: &'static Cmdlet, words: &[String], environment: &Environment) -> Result<Self, Failure> {
        let session = Session::of(environment);
        let bound = binder::bind(&cmdlet.spec, words, &session).map_err(|error| refused(cmdlet, &error))?;
        let format = bound.options.output.as_deref().map(Format::parse).transpose()?;
        check_together(cmdlet, &bound)?;
        for parameter in ["OutVariable", "ErrorVariable", "WarningVariable", "InformationVariable", "PipelineVariable"]
        {
            let name = bound.text(parameter).map(|name| name.strip_prefix('+').unwrap_or(name));
            if let Some(name) = name.filter(|name| !is_variable(name)) {
                return Err(cmdlet.mistake(&format!("'{name}', given to -{parameter}, is not the name of a variable.")));
            }
        }
        Ok(Self { cmdlet, bound, format, session, calls: None })
    }

    /// A command whose calls are known, for a job.
    pub(super) fn planned(cmdlet: &'static Cmdlet, calls: Vec<Planned>, environment: &Environment) -> Self {
        let bound = calls.first().map(|call| call.bound.clone()).unwrap_or_default();
        let calls = Some(calls.into_iter().map(Ok).collect());
        let format = Some(Format::JsonLines);
        Self { cmdlet, bound, format, session: Session::of(environment), calls }
    }

    /// Whether help was asked for.
    pub fn is_help(&self) -> bool {
        self.bound.options.help
    }

    /// Settles the parameter set of every call: from the words, from what a pipe brings, from whoever sits at the terminal.
    ///
    /// Errors: a usage failure in PowerShell's words. What is wrong with one object of several is told when it is its turn.
    pub fn complete(
        &mut self,
        environment: &Environment,
        console: &mut Console<'_>,
        host: &mut dyn Host,
    ) -> Result<(), Failure> {
        if self.is_help() || self.calls.is_some() {
            return Ok(());
        }
        let refused = |error: BindError| refused(self.cmdlet, &error);
        let spec = &self.cmdlet.spec;
        let mut resolution = sets::resolve(spec, &self.bound).map_err(refused)?;
        if resolution == Resolution::Pipeline {
            if !environment.stdin_is_terminal {
                let objects = read_objects(host)?;
                if !objects.is_empty() || environment.stdin_is_pipe {
                    let bind = |object| pipeline::bind(spec, &self.bound, object);
                    let planned = |object| bind(object).map(|(set, bound)| Planned { set, bound }).map_err(refused);
                    self.calls = Some(objects.iter().map(planned).collect());
                    return Ok(());
                }
            }
            resolution = sets::unfinished(spec, &self.bound).map_err(refused)?;
        }
        let set = match resolution {
            Resolution::Complete(set) => set,
            Resolution::Missing(missing) => self.ask_for(missing, environment, console, host)?,
            Resolution::Pipeline => return Err(refused(BindError::AmbiguousSet)),
        };
        self.calls = Some(vec![Ok(Planned { set, bound: self.bound.clone() })]);
        Ok(())
    }

    /// PowerShell's prompts for mandatory parameters; the set that they complete.
    fn ask_for(
        &mut self,
        missing: Vec<&'static Parameter>,
        environment: &Environment,
        console: &mut Console<'_>,
        host: &mut dyn Host,
    ) -> Result<&'static str, Failure> {
        let names = || missing.iter().map(|parameter| parameter.name).collect::<Vec<_>>();
        let nobody = || refused(self.cmdlet, &BindError::MissingMandatory(names()));
        if !environment.stdin_is_terminal {
            return Err(nobody());
        }
        console.note(&format!(
            "\ncmdlet {} at command pipeline position 1\nSupply values for the following parameters:",
            self.cmdlet.name()
        ));
        let mut bound = self.bound.clone();
        for parameter in &missing {
            let answer = answer(parameter, host).ok().flatten().ok_or_else(nobody)?;
            binder::bind_answer(&self.cmdlet.spec, &mut bound, parameter, &answer, &self.session)
                .map_err(|error| refused(self.cmdlet, &error))?;
        }
        self.bound = bound;
        match sets::resolve(&self.cmdlet.spec, &self.bound).map_err(|error| refused(self.cmdlet, &error))? {
            Resolution::Complete(set) => Ok(set),
            Resolution::Pipeline | Resolution::Missing(_) => Err(refused(self.cmdlet, &BindError::AmbiguousSet)),
        }
    }

    /// Whether it asks no service.
    pub fn stays_here(&self) -> bool {
        self.is_help() || matches!(self.cmdlet.does, Does::Here(_))
    }

    /// Where it goes, and why. It is settled once: what a command is to know of it is the [`Route`](crate::destination::Route).
    ///
    /// Errors: as [`Wish::settle`].
    pub fn chosen(&self, environment: &Environment) -> Result<Chosen, Failure> {
        if self.stays_here() {
            return Ok(Chosen::nowhere());
        }
        if self.cmdlet.name() == accounts::CONNECT.name() {
            return accounts::chosen(&self.bound, environment);
        }
        let profile = self.bound.get("DefaultProfile");
        Wish { profile, ..self.bound.options.destination.wish() }.settle(environment)
    }

    /// Whether waits are to be shown (`-ProgressAction`).
    pub fn shows_progress(&self) -> bool {
        !matches!(self.bound.text("ProgressAction"), Some("SilentlyContinue" | "Ignore"))
    }

    /// Starts jobs in place of the calls, when `-AsJob` asks for that. Whether it did.
    pub fn start_jobs(
        &mut self,
        environment: &Environment,
        console: &mut Console<'_>,
        host: &mut dyn Host,
    ) -> Result<bool, Failure> {
        if !self.bound.is_on("AsJob") || environment.variables.job.is_some() || self.is_help() {
            return Ok(false);
        }
        // A destination that cannot be had is told now, not by a job that nobody watches.
        self.chosen(environment)?;
        let mut tally = self.tally(environment);
        let mut asker = ShouldProcess::default();
        for planned in self.calls.take().unwrap_or_default() {
            let outcome = match planned {
                Err(failure) => Outcome::failed(failure),
                Ok(planned) if !self.should_process(&planned, &mut asker, console, host)? => continue,
                Ok(planned) => Outcome::from(
                    jobs::start(self.cmdlet, &planned, environment, host)
                        .map(|job| Outcome::one(job).shown_as(&jobs::VIEW)),
                ),
            };
            if tally.add(outcome, Vec::new(), console, host)?.is_break() {
                break;
            }
        }
        tally.finish(console).map(|()| true)
    }

    /// Runs it against a service, and writes what came of it.
    pub async fn run(
        &mut self,
        Reached { client, route }: Reached<'_>,
        environment: &Environment,
        console: &mut Console<'_>,
        host: &mut dyn Host,
    ) -> Result<(), Failure> {
        self.complete(environment, console, host)?;
        let Does::Asks(does) = self.cmdlet.does else { return self.run_here(environment, console, host) };
        let traced = Traced::new(client.transport());
        let client = if self.bound.is_on("Debug") { client.over(&traced) } else { client };
        if self.bound.is_on("Verbose") {
            console.message("VERBOSE", &route.said);
        }
        let mut tally = self.tally(environment);
        let mut asker = ShouldProcess::default();
        for planned in self.calls.take().unwrap_or_default() {
            let warnings = RefCell::<Vec<String>>::default();
            let outcome = match planned {
                Err(failure) => Outcome::failed(failure),
                Ok(planned) if !self.should_process(&planned, &mut asker, console, host)? => continue,
                Ok(Planned { set, mut bound }) => {
                    warnings.borrow_mut().extend(passed_over::take(&self.cmdlet.spec, &mut bound));
                    let session = &self.session;
                    let console = RefCell::new(&mut *console);
                    let say = |line: &str| console.borrow_mut().note(line);
                    does(Call {
                        client,
                        bound: &bound,
                        set,
                        session,
                        warnings: &warnings,
                        say: &say,
                        environment,
                        subscription_id: route.subscription_id.as_deref(),
                    })
                    .await
                }
            };
            if outcome.is_left() {
                warnings.borrow_mut().extend(route.store.as_deref().map(nobody_listens));
            }
            for message in traced.take() {
                console.message("DEBUG", &message);
            }
            if tally.add(outcome, warnings.into_inner(), console, host)?.is_break() {
                break;
            }
        }
        if let Some(said) = client.transport().login_said().filter(|_| self.bound.is_on("Verbose")) {
            console.message("VERBOSE", &said);
        }
        tally.finish(console)
    }

    /// Runs what needs no service, and prints help.
    pub fn run_here(
        &mut self,
        environment: &Environment,
        console: &mut Console<'_>,
        host: &mut dyn Host,
    ) -> Result<(), Failure> {
        if self.is_help() {
            return console.print(&help::page(self.cmdlet, help::Detail::Full));
        }
        let Does::Here(does) = self.cmdlet.does else {
            return Err(self.cmdlet.mistake("There is no service to ask."));
        };
        let mut tally = self.tally(environment);
        let mut asker = ShouldProcess::default();
        for planned in self.calls.take().unwrap_or_default() {
            let (warnings, failures) = (RefCell::default(), RefCell::default());
            let outcome = match planned {
                Err(failure) => Outcome::failed(failure),
                Ok(planned) if !self.should_process(&planned, &mut asker, console, host)? => continue,
                Ok(Planned { set, bound }) => {
                    let console = RefCell::new(&mut *console);
                    let say = |line: &str| console.borrow_mut().note(line);
                    let (warnings, failures) = (&warnings, &failures);
                    does(&mut Here { bound: &bound, set, environment, host, warnings, say: &say, failures })
                }
            };
            let failures = failures.into_inner().into_iter().map(Outcome::failed);
            for outcome in std::iter::once(outcome).chain(failures) {
                if tally.add(outcome, warnings.take(), console, host)?.is_break() {
                    return tally.finish(console);
                }
            }
        }
        tally.finish(console)
    }

    fn should_process(
        &self,
        planned: &Planned,
        asker: &mut ShouldProcess,
        console: &mut Console<'_>,
        host: &mut dyn Host,
    ) -> Result<bool, Failure> {
        if !self.cmdlet.spec.should_process {
            return Ok(true);
        }
        let (name, set, operation) = (self.cmdlet.name(), planned.set, self.cmdlet.operation);
        let action =
            format!("Performing the operation \"{name}_{set}\" on target \"Call remote '{operation}' operation\".");
        if self.cmdlet.asks_first() && !planned.bound.is_on("Force") && !planned.bound.has("Confirm") {
            let mut bound = planned.bound.clone();
            bound.set("Confirm", Value::Bool(true));
            return asker.ask(&action, &bound, console, host);
        }
        asker.ask(&action, &planned.bound, console, host)
    }

    fn tally(&self, environment: &Environment) -> Tally {
        let format = self.format.unwrap_or_else(|| Format::default_for(environment));
        Tally::new(&self.bound, format, self.cmdlet.view, self.session.clone())
    }
}

/// What somebody at the terminal gives a parameter, as a word. A secret is not shown, and a credential is asked for in two parts, as
/// PowerShell does it.
fn answer(parameter: &Parameter, host: &mut dyn Host) -> io::Result<Option<String>> {
    if parameter.kind == Kind::Object(&accounts::CREDENTIAL) {
        let Some(user) = host.ask("User: ")? else { return Ok(None) };
        let password = host.ask_hidden(&format!("Password for user {user}: "))?;
        return Ok(password.map(|password| json!({ "UserName": user, "Password": password }).to_string()));
    }
    let index = if matches!(parameter.kind, Kind::Texts | Kind::Objects(_)) { "[0]" } else { "" };
    let prompt = format!("{}{index}: ", parameter.name);
    if parameter.secret {
        return Ok(host.ask_hidden(&prompt)?.map(|typed| verbatim(&typed)));
    }
    Ok(host.ask(&prompt)?.map(|typed| typed.trim().to_owned()))
}

/// PowerShell's literal for a secret as it was typed: spaces, quotes and dollar signs are its own.
fn verbatim(typed: &str) -> String {
    format!("'{}'", typed.trim_end_matches(['\r', '\n']).replace('\'', "''"))
}

/// What is to be known of the URL that `-NoWait` leaves where no server was asked.
fn nobody_listens(store: &Path) -> String {
    format!(
        "The store on this machine has done it already. Target answers only while `portcullis serve` runs on {} and listens \
         there.",
        store.display()
    )
}

fn read_objects(host: &mut dyn Host) -> Result<Vec<Value>, Failure> {
    let text = host.read_input().map_err(|error| Failure::usage(format!("Cannot read standard input: {error}.")))?;
    pipeline::objects(&text).map_err(Failure::usage)
}

/// A mistake in the words, with PowerShell's id for it.
fn refused(cmdlet: &Cmdlet, error: &BindError) -> Failure {
    let failure = cmdlet.mistake(&error.to_string()).id(format!("{},{}", error.id(), cmdlet.name()));
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// Errors: words of which one would be left unread.
fn check_together(cmdlet: &Cmdlet, bound: &Bound) -> Result<(), Failure> {
    let goes_nowhere = matches!(cmdlet.does, Does::Here(_));
    if let Some(option) = bound.options.destination.first().filter(|_| goes_nowhere && !bound.options.help) {
        return Err(
            cmdlet.mistake(&format!("It stays on this machine and asks no service: {option} has no meaning here."))
        );
    }
    if bound.options.output.is_some() && cmdlet.name() == help::GET.name() {
        return Err(cmdlet.mistake("A page of help is text: --output has no meaning here."));
    }
    if bound.is_on("NoWait") && bound.is_on("PassThru") {
        return Err(cmdlet
            .mistake("-NoWait and -PassThru cannot be used together: whether it succeeds is not known yet.")
            .hint("-NoWait writes where the end can be seen. Leave one out."));
    }
    if let Some(preference @ ("Stop" | "Inquire")) = bound.text("ProgressAction") {
        return Err(cmdlet
            .mistake(&format!("-ProgressAction {preference} is not supported: progress is shown or it is not."))
            .hint("It is Continue, SilentlyContinue or Ignore."));
    }
    Ok(())
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}
