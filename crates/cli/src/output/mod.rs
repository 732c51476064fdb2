//! What a person or a script sees: tables as PowerShell makes them, JSON, YAML, tab-separated values.

pub mod objects;
pub mod registries;
pub mod resource_groups;
pub mod scope_maps;
pub mod table;
pub mod tally;
pub mod text;
pub mod tokens;
pub mod yaml;

use crate::environment::Environment;
use crate::failure::{ExitStatus, Failure};
use std::io::Write;
use text::printable;

/// Where a run writes, and for what window.
pub struct Console<'a> {
    /// Data.
    pub stdout: &'a mut dyn Write,
    /// Everything else.
    pub stderr: &'a mut dyn Write,
    /// The width of the window, in characters.
    pub columns: usize,
    /// Whether standard output may be coloured.
    pub colour: bool,
    /// Whether standard error may be coloured.
    pub message_colour: bool,
}

/// A form of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A table cut to the window, and what was just made below it.
    Table,
    /// Every property on a line of its own, as `Format-List` does.
    List,
    /// One JSON object over several lines.
    Json,
    /// One JSON object on one line, which is what a pipe gets unless it asks for something else.
    JsonLines,
    /// YAML.
    Yaml,
    /// The columns of the table with tabs between them, then name and value of each password just made.
    Tsv,
}

impl Format {
    /// By its name in `--output`.
    pub fn parse(name: &str) -> Result<Self, Failure> {
        match name.to_ascii_lowercase().as_str() {
            "table" => Ok(Self::Table),
            "list" => Ok(Self::List),
            "json" => Ok(Self::Json),
            "yaml" => Ok(Self::Yaml),
            "tsv" => Ok(Self::Tsv),
            _ => Err(Failure::usage(format!("'{name}' is not a form of output."))
                .hint("--output is table, list, json, yaml or tsv.")),
        }
    }

    /// What fits the place where output goes.
    pub fn default_for(environment: &Environment) -> Self {
        if environment.stdout_is_terminal { Self::Table } else { Self::JsonLines }
    }
}

impl<'a> Console<'a> {
    /// For the process that `environment` tells of.
    pub fn new(environment: &Environment, stdout: &'a mut dyn Write, stderr: &'a mut dyn Write) -> Self {
        Self {
            stdout,
            stderr,
            columns: environment.columns(),
            colour: environment.stdout_in_colour(),
            message_colour: environment.stderr_in_colour(),
        }
    }

    /// Writes text as it is to standard output.
    pub fn print(&mut self, text: &str) -> Result<(), Failure> {
        self.stdout
            .write_all(text.as_bytes())
            .and_then(|()| self.stdout.flush())
            .map_err(|error| Failure::unreachable(format!("Cannot write to standard output: {error}.")))
    }

    /// Writes a line to standard error, made safe for a terminal: it may quote a service or a file.
    pub fn note(&mut self, line: &str) {
        self.note_as_is(&printable(line));
    }

    /// Nothing can be done when even that fails.
    fn note_as_is(&mut self, line: &str) {
        let _ = writeln!(self.stderr, "{line}");
    }

    /// Writes a message of one of PowerShell's streams, such as `VERBOSE`, in PowerShell 7's colour.
    pub fn message(&mut self, stream: &str, text: &str) {
        let text = printable(text);
        if self.message_colour {
            self.note_as_is(&format!("\u{1b}[33;1m{stream}: {text}\u{1b}[0m"));
        } else {
            self.note(&format!("{stream}: {text}"));
        }
    }

    /// Says why a run failed, if it did, and how to exit.
    pub fn finish(&mut self, outcome: Result<(), Failure>) -> ExitStatus {
        match outcome {
            Ok(()) => ExitStatus::Success,
            Err(failure) => {
                if !failure.is_told() {
                    self.note(&failure.to_string());
                }
                failure.status
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_service_says_moves_no_cursor() {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut console = Console::new(&Environment::default(), &mut stdout, &mut stderr);
        console.message_colour = true;
        console.note("a\u{1b}[2Jb\nc");
        console.message("WARNING", "d\u{9b}2Je");
        let written = String::from_utf8(stderr).unwrap();
        assert_eq!(written, "a\u{fffd}[2Jb\nc\n\u{1b}[33;1mWARNING: d\u{fffd}2Je\u{1b}[0m\n");
    }
}
