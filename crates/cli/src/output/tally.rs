//! What a command has written and said so far, and what is to be done about it: preferences, variables, the exit code.

use super::objects::{self, Asked, View};
use super::{Console, Format};
use crate::cmdlet::binder::Bound;
use crate::cmdlet::preference::Preference;
use crate::cmdlets::call::Outcome;
use crate::failure::{ExitStatus, Failure};
use crate::host::Host;
use crate::session::{Keep, Session};
use serde_json::{Value, json};
use std::fmt;
use std::ops::ControlFlow;

/// The variables that a command keeps, by the parameters that name them.
#[derive(Debug, Default)]
struct Names {
    output: Option<String>,
    errors: Option<String>,
    warnings: Option<String>,
    information: Option<String>,
    pipeline: Option<String>,
}

/// The course of one command. Its `Debug` shows no object: one may hold a password.
pub struct Tally {
    format: Format,
    view: &'static View,
    asked: Asked,
    error_action: Preference,
    warning_action: Preference,
    /// How many objects are held back before they are written (`-OutBuffer`).
    buffer: usize,
    names: Names,
    session: Session,
    /// Objects that are not written yet.
    waiting: Vec<Value>,
    /// How many are.
    count: usize,
    /// Those, when a variable keeps them.
    written: Vec<Value>,
    errors: Vec<Value>,
    warnings: Vec<Value>,
    status: ExitStatus,
}

impl fmt::Debug for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tally").field(&self.waiting.len()).field(&self.count).field(&self.status).finish_non_exhaustive()
    }
}

impl Tally {
    /// For a command with these parameters, whose objects are shown by `view`.
    pub fn new(bound: &Bound, format: Format, view: &'static View, session: Session) -> Self {
        let action = |name: &str| bound.text(name).and_then(|text| Preference::parse(text).ok());
        let name = |parameter: &str| bound.text(parameter).map(str::to_owned);
        let buffer = bound.get("OutBuffer").and_then(Value::as_u64).and_then(|count| usize::try_from(count).ok());
        Self {
            format,
            view,
            asked: Asked::One,
            error_action: action("ErrorAction").unwrap_or(Preference::Continue),
            warning_action: action("WarningAction").unwrap_or(Preference::Continue),
            buffer: buffer.unwrap_or_default(),
            names: Names {
                output: name("OutVariable"),
                errors: name("ErrorVariable"),
                warnings: name("WarningVariable"),
                information: name("InformationVariable"),
                pipeline: name("PipelineVariable"),
            },
            session,
            waiting: Vec::new(),
            count: 0,
            written: Vec::new(),
            errors: Vec::new(),
            warnings: Vec::new(),
            status: ExitStatus::Success,
        }
    }

    /// Takes what came of one call. `Break` when a failure or a warning is to end the command.
    pub fn add(
        &mut self,
        outcome: Outcome,
        warnings: Vec<String>,
        console: &mut Console<'_>,
        host: &mut dyn Host,
    ) -> Result<ControlFlow<()>, Failure> {
        let Outcome { objects, asked, view, failure, text } = outcome;
        self.view = view.unwrap_or(self.view);
        if asked == Asked::Many || self.count + self.waiting.len() + objects.len() > 1 {
            self.asked = Asked::Many;
        }
        if let Some(text) = text {
            console.print(&text)?;
        }
        self.waiting.extend(objects);
        // A line of JSON is written as soon as it may be; the other forms need to know every object.
        if self.format == Format::JsonLines && self.waiting.len() > self.buffer {
            self.flush(console)?;
        }
        for warning in warnings {
            if self.warning(warning, console, host)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        match failure {
            Some(failure) => self.failure(&failure, console, host),
            None => Ok(ControlFlow::Continue(())),
        }
    }

    /// Writes what is left, keeps the variables, and says how to exit.
    pub fn finish(mut self, console: &mut Console<'_>) -> Result<(), Failure> {
        let is_empty_list = self.asked == Asked::Many && self.count == 0;
        if !self.waiting.is_empty() || is_empty_list {
            self.flush(console)?;
        }
        self.keep_variables(console);
        match self.status {
            ExitStatus::Success => Ok(()),
            status => Err(Failure::told(status)),
        }
    }

    fn flush(&mut self, console: &mut Console<'_>) -> Result<(), Failure> {
        let objects = std::mem::take(&mut self.waiting);
        objects::show(&objects, self.asked, self.view, self.format, console)?;
        self.count += objects.len();
        if self.names.output.is_some() || self.names.pipeline.is_some() {
            self.written.extend(objects);
        }
        Ok(())
    }

    fn warning(
        &mut self,
        warning: String,
        console: &mut Console<'_>,
        host: &mut dyn Host,
    ) -> Result<ControlFlow<()>, Failure> {
        if self.warning_action == Preference::Ignore {
            return Ok(ControlFlow::Continue(()));
        }
        if self.warning_action.shows() {
            self.show_waiting(console)?;
            console.message("WARNING", &warning);
        }
        let stopped = match self.warning_action {
            Preference::Stop => true,
            Preference::Inquire => !go_on(&mut self.warning_action, console, host)?,
            _ => false,
        };
        self.warnings.push(json!({ "Message": warning }));
        if stopped {
            self.status = ExitStatus::Refused;
            console.note(&format!(
                "The running command stopped because the preference variable \"WarningPreference\" or common parameter is set to \
                 Stop: {warning}"
            ));
            return Ok(ControlFlow::Break(()));
        }
        Ok(ControlFlow::Continue(()))
    }

    fn failure(
        &mut self,
        failure: &Failure,
        console: &mut Console<'_>,
        host: &mut dyn Host,
    ) -> Result<ControlFlow<()>, Failure> {
        if self.status == ExitStatus::Success {
            self.status = failure.status;
        }
        if self.error_action != Preference::Ignore {
            self.errors.push(json!({
                "Message": failure.message(),
                "FullyQualifiedErrorId": failure.error_id(),
            }));
        }
        if self.error_action.shows() {
            self.show_waiting(console)?;
            console.note(&failure.to_string());
        }
        let stopped = match self.error_action {
            Preference::Stop => true,
            Preference::Inquire => !go_on(&mut self.error_action, console, host)?,
            _ => false,
        };
        Ok(if stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    /// What was made before a message is shown before it.
    fn show_waiting(&mut self, console: &mut Console<'_>) -> Result<(), Failure> {
        if self.waiting.is_empty() || !matches!(self.format, Format::JsonLines | Format::Tsv | Format::List) {
            return Ok(());
        }
        self.flush(console)
    }

    fn keep_variables(&self, console: &mut Console<'_>) {
        let last: Vec<Value> = self.written.last().cloned().into_iter().collect();
        let kept = [
            (&self.names.output, self.written.as_slice()),
            (&self.names.errors, self.errors.as_slice()),
            (&self.names.warnings, self.warnings.as_slice()),
            // Nothing here writes to the information stream.
            (&self.names.information, &[]),
            (&self.names.pipeline, last.as_slice()),
        ];
        for (name, values) in kept {
            let Some(name) = name else { continue };
            let (name, keep) = name.strip_prefix('+').map_or((name.as_str(), Keep::Only), |name| (name, Keep::Behind));
            if let Err(error) = self.session.set(name, values, keep) {
                console.message(
                    "WARNING",
                    &format!("The variable '{name}' is not kept: {error}. Variables are in XDG_RUNTIME_DIR, else XDG_STATE_HOME or HOME."),
                );
            }
        }
    }
}

/// PowerShell's question for `Inquire`. Whether to go on.
fn go_on(preference: &mut Preference, console: &mut Console<'_>, host: &mut dyn Host) -> Result<bool, Failure> {
    console.note("\nConfirm\nContinue with this operation?");
    loop {
        let prompt = "[Y] Yes  [A] Yes to All  [H] Halt Command  [S] Suspend  [?] Help (default is \"Y\"): ";
        let Some(answer) = host.ask(prompt).ok().flatten() else {
            return Err(Failure::usage(
                "PowerShell is in NonInteractive mode. Read and Prompt functionality is not available. Nobody is there to decide.",
            )
            .hint("Inquire asks at a terminal. Choose Continue, SilentlyContinue, Ignore or Stop in its place."));
        };
        match answer.trim().to_ascii_lowercase().as_str() {
            "" | "y" | "yes" => return Ok(true),
            "a" | "yes to all" => {
                *preference = Preference::Continue;
                return Ok(true);
            }
            "h" | "halt command" => return Ok(false),
            "s" | "suspend" => {
                host.run_shell().map_err(|error| Failure::usage(format!("The shell cannot be started: {error}.")).hint("Is SHELL the path of a program?"))?;
            }
            "?" => console.note(
                "Y - Continue with only the next step of the operation.\nA - Continue with all the steps of the operation.\n\
                 H - Stop this command.\nS - Pause the current pipeline and return to the command prompt. Type \"exit\" to resume \
                 the pipeline.",
            ),
            _ => {}
        }
    }
}
