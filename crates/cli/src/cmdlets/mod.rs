//! The cmdlets, as data: what each takes, asks and shows, with one small function that does it. One more cmdlet is one more table.

pub mod accounts;
pub mod call;
pub mod certificates;
pub mod children;
pub mod command;
pub mod contexts;
pub mod credentials;
pub mod help;
pub mod jobs;
pub mod naming;
pub mod registries;
pub mod registry_logins;
pub mod repositories;
pub mod resource_groups;
pub mod scope_maps;
pub mod should_process;
pub mod tokens;

use crate::cmdlet::binder::Spec;
use crate::failure::Failure;
use crate::output::objects::View;
use call::{Call, Here, Outcome};
pub use command::Command;
use std::pin::Pin;

/// A future that stays on its thread.
pub type Running<'a> = Pin<Box<dyn Future<Output = Outcome> + 'a>>;

/// A cmdlet.
#[derive(Debug)]
pub struct Cmdlet {
    /// Its name, parameter sets and parameters.
    pub spec: Spec,
    /// What it does, in a sentence.
    pub synopsis: &'static str,
    /// The operation that it asks for, as the generator of Az names it: `TokensCreate`.
    pub operation: &'static str,
    /// The types that it takes from a pipe.
    pub inputs: &'static [&'static str],
    /// The types that it writes.
    pub outputs: &'static [&'static str],
    /// How they are shown.
    pub view: &'static View,
    /// Examples.
    pub examples: &'static [Example],
    /// What does it.
    pub does: Does,
}

/// What does a cmdlet's work.
#[derive(Clone, Copy)]
pub enum Does {
    /// Requests to a management API.
    Asks(for<'a> fn(Call<'a>) -> Running<'a>),
    /// Something on this machine.
    Here(fn(&mut Here<'_>) -> Outcome),
}

impl std::fmt::Debug for Does {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Asks(_) => "Asks",
            Self::Here(_) => "Here",
        })
    }
}

/// An example of a help page.
#[derive(Debug)]
pub struct Example {
    /// What it shows.
    pub title: &'static str,
    /// The words.
    pub code: &'static str,
    /// What comes of them; may be empty.
    pub output: &'static str,
    /// What there is to say.
    pub remarks: &'static str,
}

/// All there are.
pub static ALL: &[&Cmdlet] = &[
    &tokens::NEW,
    &tokens::GET,
    &tokens::UPDATE,
    &tokens::REMOVE,
    &scope_maps::NEW,
    &scope_maps::GET,
    &scope_maps::UPDATE,
    &scope_maps::REMOVE,
    &credentials::NEW,
    &registries::NEW,
    &registries::GET,
    &registries::UPDATE,
    &registries::REMOVE,
    &credentials::GET,
    &credentials::UPDATE,
    &registries::TEST_NAME,
    &registries::GET_USAGE,
    &resource_groups::NEW,
    &resource_groups::GET,
    &resource_groups::REMOVE,
    &jobs::GET,
    &jobs::WAIT,
    &jobs::RECEIVE,
    &jobs::STOP,
    &jobs::REMOVE,
    &repositories::GET_REPOSITORY,
    &repositories::UPDATE_REPOSITORY,
    &repositories::REMOVE_REPOSITORY,
    &repositories::GET_MANIFEST,
    &repositories::UPDATE_MANIFEST,
    &repositories::REMOVE_MANIFEST,
    &repositories::GET_TAG,
    &repositories::UPDATE_TAG,
    &repositories::REMOVE_TAG,
    &registry_logins::CONNECT,
    &accounts::CONNECT,
    &accounts::DISCONNECT,
    &contexts::GET,
    &contexts::SET,
    &contexts::SELECT,
    &help::GET,
];

impl Cmdlet {
    /// By its name, in any case.
    pub fn find(name: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|cmdlet| cmdlet.name().eq_ignore_ascii_case(name))
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.spec.name
    }

    /// Whether it asks for confirmation unless `-Force` is given: it takes more away than what it names.
    pub fn asks_first(&self) -> bool {
        let forced = || self.spec.parameters().any(|parameter| parameter.name == "Force");
        matches!(self.does, Does::Asks(_)) && self.name().starts_with("Remove-") && forced()
    }

    /// A mistake in the words, under the cmdlet's name as PowerShell 7 writes it.
    pub fn mistake(&self, message: &str) -> Failure {
        Failure::usage(format!("{}: {message}", self.name()))
    }
}

#[cfg(test)]
mod accounts_tests;
#[cfg(test)]
mod family_tests;
#[cfg(test)]
mod recordings_tests;
#[cfg(test)]
mod repositories_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod unread_tests;
