//! What `portcullis collect`, `verify` and `retention` share, which read and write the files of a data folder themselves: which one, and in what form
//! what comes of it is shown.

use crate::destination::{Destination, Wish};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::output::Console;
use crate::output::text::escaped;
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::path::PathBuf;

/// Which data folder, and how what comes of it is shown: of commands that read and write its files themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct FolderOptions {
    /// The data folder [default: PORTCULLIS_DATA, else $XDG_DATA_HOME/portcullis, else $HOME/.local/share/portcullis]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The form of the output [default: table at a terminal, else json]
    #[arg(long, short, value_name = "FORM", ignore_case = true)]
    pub output: Option<Form>,
}

/// A form of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// Lines for people
    Table,
    /// One JSON object a line
    Json,
}

impl FolderOptions {
    /// Where it is.
    ///
    /// Errors: there is none; the command would go to a server.
    pub fn find(&self, command: &str, environment: &Environment) -> Result<PathBuf, Failure> {
        let chosen = Wish { data: self.data.as_deref(), ..Wish::default() }.settle(environment)?;
        match chosen.destination {
            Destination::Local(folder) if folder.is_dir() => Ok(folder),
            Destination::Local(folder) => Err(Failure::usage(format!("There is no data folder {}.", folder.display()))
                .hint("Say where the data is with --data DIR, or set PORTCULLIS_DATA.")),
            Destination::Server { endpoint, .. } => Err(Failure::usage(format!(
                "`portcullis {command}` reads the files of a data folder, and {endpoint} (by {}) is reached over the network.",
                chosen.by
            ))
            .hint("Run it where the data folder is, with --data DIR; the server may go on running.")),
            Destination::None => Err(Failure::usage(format!("`portcullis {command}` needs a data folder."))),
        }
    }

    /// The form that is wanted, or that fits.
    pub fn form(&self, environment: &Environment) -> Form {
        self.output.unwrap_or(if environment.stdout_is_terminal { Form::Table } else { Form::Json })
    }
}

/// Writes a value to standard output: as lines for people, or as one JSON object, on a line.
pub(crate) fn show<V: Serialize>(
    value: &V,
    lines: impl FnOnce(&V) -> String,
    form: Form,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    match form {
        Form::Table => console.print(&lines(value)),
        Form::Json => print_json(value, console),
    }
}

/// One JSON object, on a line.
pub(crate) fn print_json(value: &impl Serialize, console: &mut Console<'_>) -> Result<(), Failure> {
    let line = serde_json::to_string(value).map_err(|error| Failure::unreachable(error.to_string()))?;
    console.print(&escaped(format!("{line}\n")))
}
