//! The cmdlets: from bound words to requests, from answers to output.

pub mod tokens;

use crate::client::Client;
use crate::cmdlet::binder::{self, BindError, Options};
use crate::cmdlet::parameter::Parameter;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::output::{Console, Format};
use crate::transport::login::ServicePrincipal;
use std::path::PathBuf;
use tokens::NewToken;

/// A cmdlet that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cmdlet {
    /// `New-AzContainerRegistryToken`
    NewToken,
}

/// A cmdlet with its words understood.
#[derive(Debug)]
pub struct Command {
    cmdlet: Cmdlet,
    options: Options,
    format: Option<Format>,
    request: Request,
}

#[derive(Debug)]
enum Request {
    Help,
    NewToken(NewToken),
}

/// Where a command goes.
#[derive(Debug, PartialEq, Eq)]
pub enum Destination {
    /// Nowhere: it prints help.
    None,
    /// The store in this data folder, served in this process.
    Local(PathBuf),
    /// A management API on the network.
    Server {
        /// Scheme, host and port.
        endpoint: String,
        /// Whom to log in as.
        principal: ServicePrincipal,
    },
}

impl Cmdlet {
    /// All there are.
    pub const ALL: [Self; 1] = [Self::NewToken];

    /// By its name, in any case.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cmdlet| cmdlet.name().eq_ignore_ascii_case(name))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::NewToken => tokens::NAME,
        }
    }

    fn parameters(self) -> &'static [Parameter] {
        match self {
            Self::NewToken => tokens::PARAMETERS,
        }
    }

    fn help(self) -> String {
        match self {
            Self::NewToken => tokens::help(),
        }
    }

    /// A mistake in the words, under the cmdlet's name as PowerShell 7 writes it.
    fn mistake(self, message: &str) -> Failure {
        Failure::usage(format!("{}: {message}", self.name()))
    }
}

impl From<(Cmdlet, BindError)> for Failure {
    fn from((cmdlet, error): (Cmdlet, BindError)) -> Self {
        let failure = cmdlet.mistake(&error.to_string());
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl Command {
    /// Understands the words after a cmdlet's name. Asks and sends nothing.
    pub fn parse(cmdlet: Cmdlet, words: &[String]) -> Result<Self, Failure> {
        let mut bound = binder::bind(cmdlet.parameters(), words).map_err(|error| Failure::from((cmdlet, error)))?;
        let options = std::mem::take(&mut bound.options);
        let format = options.output.as_deref().map(Format::parse).transpose()?;
        let request = match cmdlet {
            _ if options.help => Request::Help,
            Cmdlet::NewToken => Request::NewToken(NewToken::from_bound(bound).map_err(|error| cmdlet.mistake(&error))?),
        };
        Ok(Self { cmdlet, options, format, request })
    }

    /// Where it goes: `--endpoint`, else the local store when `--data` is given, else `PORTCULLIS_ENDPOINT`, else the local store.
    pub fn destination(&self, environment: &Environment) -> Result<Destination, Failure> {
        if let Request::Help = self.request {
            return Ok(Destination::None);
        }
        let Options { endpoint, data, credentials_file, .. } = &self.options;
        let from_environment = environment.variables.endpoint.as_ref().filter(|_| data.is_none());
        match endpoint.as_ref().or(from_environment) {
            None => Ok(Destination::Local(environment.data_folder(data.as_deref())?)),
            Some(endpoint) => Ok(Destination::Server {
                endpoint: endpoint.clone(),
                principal: ServicePrincipal::find(environment, credentials_file.as_deref(), data.as_deref())?,
            }),
        }
    }

    /// Prints help; for [`Destination::None`].
    pub fn print_help(&self, console: &mut Console<'_>) -> Result<(), Failure> {
        console.print(&self.cmdlet.help())
    }

    /// Runs it, and writes what came of it to standard output.
    pub async fn run(
        &self,
        client: Client<'_>,
        environment: &Environment,
        console: &mut Console<'_>,
    ) -> Result<(), Failure> {
        let format = self.format.unwrap_or_else(|| Format::default_for(environment));
        match &self.request {
            Request::Help => self.print_help(console),
            Request::NewToken(new) => new.run(client, format, console).await,
        }
    }
}

#[cfg(test)]
mod tests;
