//! Where a command goes, and as whom. One order for every command:
//!
//! 1. one of `--endpoint`, `--data`, `--context` and `-DefaultProfile` (a context's name, or a table)
//! 2. `PORTCULLIS_ENDPOINT`, else `PORTCULLIS_DATA`
//! 3. the current context, which is `local` until another is chosen
//!
//! Words that say it twice, or that say whom to log in as where nobody asks, are refused.

mod profile;
mod words;

pub use words::DestinationOptions;

use crate::contexts::{Context, Contexts};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::transport::login::{Login, SERVICE_PRINCIPAL_FILE};
use profile::Profile;
use serde_json::Value;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where a command goes.
#[derive(Debug, PartialEq, Eq)]
pub enum Destination {
    /// Nowhere: it does something on this machine.
    None,
    /// The store in this data folder, served in this process.
    Local(PathBuf),
    /// A management API on the network.
    Server {
        /// Scheme, host and port.
        endpoint: String,
        /// Whom to log in as.
        principal: Login,
    },
}

/// What a command says of where it wants to go. Its `Debug` shows no profile: that may hold a secret.
#[derive(Clone, Copy, Default)]
pub struct Wish<'a> {
    /// `--endpoint`
    pub endpoint: Option<&'a str>,
    /// `--data`
    pub data: Option<&'a Path>,
    /// `--credentials-file`
    pub credentials_file: Option<&'a Path>,
    /// `--context`
    pub context: Option<&'a str>,
    /// `-DefaultProfile`
    pub profile: Option<&'a Value>,
}

impl fmt::Debug for Wish<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { endpoint, data, credentials_file, context, profile: _ } = self;
        f.debug_tuple("Wish").field(endpoint).field(data).field(credentials_file).field(context).finish_non_exhaustive()
    }
}

/// Where it goes, and why.
#[derive(Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Where.
    pub destination: Destination,
    /// What it was chosen by, for `-Verbose`.
    pub by: String,
    /// The subscription of commands that name none.
    pub subscription_id: Option<String>,
}

/// What a command is told of the way that it was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    /// Where it leads and why, for `-Verbose`.
    pub said: String,
    /// The subscription of commands that name none.
    pub subscription_id: Option<String>,
    /// The data folder, where it is the store on this machine: whether anybody serves that is not known.
    pub store: Option<PathBuf>,
}

/// What says where to go.
#[derive(Clone, Copy)]
enum Place<'a> {
    /// A context, by its name.
    Context { name: &'a str, by: &'static str },
    /// An endpoint, or else a data folder; with both, the folder holds the service principal.
    Words { endpoint: Option<&'a str>, data: Option<&'a Path>, by: &'static str },
}

impl<'a> Wish<'a> {
    /// Settles it.
    ///
    /// Errors: words that contradict each other, or of which one would be left unread; a context or file that is not there; no
    /// login.
    pub fn settle(&self, environment: &Environment) -> Result<Chosen, Failure> {
        let profile = Profile(self.profile);
        profile.check()?;
        let place = self.place(profile)?;
        let login = self.login(profile, place)?;
        let by_variable = || {
            let variables = &environment.variables;
            let (endpoint, data) = (variables.endpoint.as_deref(), variables.data.as_deref());
            let by = if endpoint.is_some() { "PORTCULLIS_ENDPOINT" } else { "PORTCULLIS_DATA" };
            let data = data.filter(|_| endpoint.is_none());
            (endpoint.is_some() || data.is_some()).then_some(Place::Words { endpoint, data, by })
        };
        let mut chosen = match place.or_else(by_variable) {
            Some(Place::Words { endpoint: None, data, by }) => {
                Chosen::new(Destination::Local(environment.data_folder(data)?), by.to_owned())
            }
            Some(Place::Words { endpoint: Some(endpoint), data, by }) => {
                let place = Context { endpoint: Some(endpoint.to_owned()), ..Context::default() };
                let principal = self.login_at(&place, data, profile, environment)?;
                Chosen::new(Destination::Server { endpoint: endpoint.to_owned(), principal }, by.to_owned())
            }
            Some(Place::Context { name, by }) => {
                let context = Contexts::read(environment)?.find(name)?;
                profile.check_context(&context, environment)?;
                self.by_context(&context, by, profile, environment)?
            }
            None => {
                let context = Contexts::read(environment)?.current()?;
                self.by_context(&context, "the current context", profile, environment)?
            }
        };
        if let (Destination::Local(_), Some(login)) = (&chosen.destination, login) {
            return Err(Failure::usage(format!(
                "The store on this machine (by {}) asks for no login: {login} cannot be used with it.",
                chosen.by
            ))
            .hint("Name a server with --endpoint or --context, or leave the login out."));
        }
        chosen.subscription_id = profile.text("SubscriptionId").map(str::to_owned).or(chosen.subscription_id);
        Ok(chosen)
    }

    /// What the words say of where to go.
    ///
    /// Errors: they say it twice.
    fn place(&self, profile: Profile<'a>) -> Result<Option<Place<'a>>, Failure> {
        let by_words = (self.endpoint.is_some() || self.data.is_some()).then(|| {
            let by = if self.endpoint.is_some() { "--endpoint" } else { "--data" };
            (by.to_owned(), Place::Words { endpoint: self.endpoint, data: self.data, by })
        });
        let by_context = self.context.map(|name| ("--context".to_owned(), Place::Context { name, by: "--context" }));
        let by_profile = profile.place().map(|member| {
            let by = "-DefaultProfile";
            let (endpoint, data) = (profile.text("Endpoint"), profile.text("Data").map(Path::new));
            let place = match profile.text("Name") {
                Some(name) => Place::Context { name, by },
                None => Place::Words { endpoint, data, by },
            };
            (format!("the {member} of {by}"), place)
        });
        let mut said = [by_words, by_context, by_profile].into_iter().flatten();
        match (said.next(), said.next()) {
            (Some((one, _)), Some((other, _))) => {
                Err(together(&one, &other).hint("Each says where to go: leave one out."))
            }
            (first, _) => Ok(first.map(|(_, place)| place)),
        }
    }

    /// What the words call the login that they name.
    ///
    /// Errors: they name two.
    fn login(&self, profile: Profile<'_>, place: Option<Place<'_>>) -> Result<Option<String>, Failure> {
        let of_profile = profile.login().map(|member| format!("the {member} of -DefaultProfile"));
        let of_folder = match place {
            Some(Place::Words { endpoint: Some(_), data: Some(_), by }) => {
                let (data, endpoint) = if by == "--endpoint" { ("--data", by) } else { ("Data", "Endpoint") };
                Some(format!("{data} beside {endpoint}"))
            }
            _ => None,
        };
        let of_file = self.credentials_file.map(|_| "--credentials-file".to_owned());
        let mut logins = [of_file, of_profile, of_folder].into_iter().flatten();
        match (logins.next(), logins.next()) {
            (Some(one), Some(other)) => Err(together(&one, &other).hint("Each says whom to log in as: leave one out.")),
            (first, _) => Ok(first),
        }
    }

    /// Whom to log in as at a context that is a server or a cloud. `data` is the folder beside an endpoint.
    fn login_at(
        &self,
        context: &Context,
        data: Option<&Path>,
        profile: Profile<'_>,
        environment: &Environment,
    ) -> Result<Login, Failure> {
        if let Some(principal) = profile.principal() {
            return Ok(context.login_as(principal));
        }
        if let (Some(folder), Some(cloud)) = (data, context.cloud()) {
            return Err(Failure::usage(format!(
                "The data folder {} holds the service principal of a server, and {} is {}.",
                folder.display(),
                cloud.resource_manager,
                cloud.name
            ))
            .hint("Give --credentials-file FILE, or leave the data folder out."));
        }
        let of_folder = data.map(|folder| folder.join(SERVICE_PRINCIPAL_FILE));
        let of_profile = profile.text("CredentialsFile").map(Path::new);
        context.login(environment, self.credentials_file.or(of_profile).or(of_folder.as_deref()))
    }

    fn by_context(
        &self,
        context: &Context,
        by: &str,
        profile: Profile<'_>,
        environment: &Environment,
    ) -> Result<Chosen, Failure> {
        let destination = match &context.endpoint {
            None => Destination::Local(environment.data_folder(context.data.as_deref())?),
            Some(endpoint) => Destination::Server {
                endpoint: endpoint.clone(),
                principal: self.login_at(context, None, profile, environment)?,
            },
        };
        let chosen = Chosen::new(destination, format!("{by} '{}'", context.name));
        Ok(Chosen { subscription_id: context.subscription_id.clone(), ..chosen })
    }
}

fn together(one: &str, other: &str) -> Failure {
    Failure::usage(format!("{one} cannot be used together with {other}."))
}

impl Chosen {
    fn new(destination: Destination, by: String) -> Self {
        Self { destination, by, subscription_id: None }
    }

    /// For what asks no service.
    pub fn nowhere() -> Self {
        Self::new(Destination::None, String::new())
    }

    /// Where it goes, and what the command is told of that.
    pub fn route(self) -> (Destination, Route) {
        let store = match &self.destination {
            Destination::Local(folder) => Some(folder.clone()),
            Destination::None | Destination::Server { .. } => None,
        };
        let route = Route { said: self.said(), subscription_id: self.subscription_id, store };
        (self.destination, route)
    }

    fn said(&self) -> String {
        match &self.destination {
            Destination::None => "Nothing is asked of any service.".to_owned(),
            Destination::Local(folder) => format!("Local store {}, by {}.", folder.display(), self.by),
            Destination::Server { endpoint, .. } => format!("Management API {endpoint}, by {}.", self.by),
        }
    }
}

#[cfg(test)]
mod tests;
