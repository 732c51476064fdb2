//! Where a command goes, and as whom. One order for every command, most particular first:
//!
//! 1. `--endpoint`, or `--data`
//! 2. `--context`
//! 3. `-DefaultProfile`: a context's name, or a table
//! 4. `PORTCULLIS_ENDPOINT`, else `PORTCULLIS_DATA`
//! 5. the current context, which is `local` until another is chosen

use crate::contexts::{Context, Contexts};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::secret::Secret;
use crate::transport::login::{Login, ServicePrincipal, TENANT_DEFAULT};
use serde_json::Value;
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

/// What a command says of where it wants to go.
#[derive(Debug, Clone, Copy, Default)]
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

impl Wish<'_> {
    /// Settles it.
    ///
    /// Errors: words that contradict each other, a context or file that is not there, no login.
    pub fn settle(&self, environment: &Environment) -> Result<Chosen, Failure> {
        if self.context.is_some() && (self.endpoint.is_some() || self.data.is_some()) {
            return Err(Failure::usage("--context cannot be used together with --endpoint or --data.")
                .hint("A context says both where to go and as whom."));
        }
        let profile = Profile(self.profile);
        if self.endpoint.is_some() || self.data.is_some() {
            return self.by_words(&profile, environment);
        }
        if let Some(name) = self.context {
            let context = Contexts::read(environment)?.find(name)?;
            return self.by_context(&context, "--context", environment);
        }
        if let Some(name) = profile.text("Name") {
            let context = Contexts::read(environment)?.find(&name)?;
            return self.by_context(&context, "-DefaultProfile", environment);
        }
        let variables = &environment.variables;
        let by_variable = variables.endpoint.is_some() || variables.data.is_some();
        if profile.text("Endpoint").is_some() || profile.text("Data").is_some() || by_variable {
            return self.by_words(&profile, environment);
        }
        let context = Contexts::read(environment)?.current()?;
        self.by_context(&context, "the current context", environment)
    }

    /// By `--endpoint`, else `--data`, else the table of `-DefaultProfile`, else the variables.
    fn by_words(&self, profile: &Profile<'_>, environment: &Environment) -> Result<Chosen, Failure> {
        let data = self.data.map(Path::to_owned).or_else(|| {
            let data = profile.text("Data").filter(|_| self.endpoint.is_none());
            data.map(PathBuf::from)
        });
        let (endpoint, by) = match (self.endpoint, &data, profile.text("Endpoint"), &environment.variables.endpoint) {
            (Some(endpoint), ..) => (Some(endpoint.to_owned()), "--endpoint"),
            (None, Some(_), ..) if self.data.is_some() => (None, "--data"),
            (None, Some(_), ..) => (None, "-DefaultProfile"),
            (None, None, Some(endpoint), _) => (Some(endpoint), "-DefaultProfile"),
            (None, None, None, Some(endpoint)) => (Some(endpoint.clone()), "PORTCULLIS_ENDPOINT"),
            (None, None, None, None) => (None, "PORTCULLIS_DATA"),
        };
        let destination = match endpoint {
            None => Destination::Local(environment.data_folder(data.as_deref())?),
            Some(endpoint) => {
                let principal = self.principal(profile, &endpoint, data.as_deref(), environment)?;
                Destination::Server { endpoint, principal }
            }
        };
        Ok(Chosen::new(destination, by, profile.text("SubscriptionId")))
    }

    fn principal(
        &self,
        profile: &Profile<'_>,
        endpoint: &str,
        data: Option<&Path>,
        environment: &Environment,
    ) -> Result<Login, Failure> {
        let file = self.credentials_file.map(Path::to_owned);
        let file = file.or_else(|| profile.text("CredentialsFile").map(PathBuf::from));
        let at_azure = Context { endpoint: Some(endpoint.to_owned()), ..Context::default() };
        match profile.principal()? {
            Some(principal) if self.credentials_file.is_none() => Ok(Login::at(endpoint, principal)),
            _ if at_azure.cloud().is_some() => at_azure.login(environment, file.as_deref()),
            _ => ServicePrincipal::find(environment, file.as_deref(), data).map(Login::ServicePrincipal),
        }
    }

    fn by_context(&self, context: &Context, by: &str, environment: &Environment) -> Result<Chosen, Failure> {
        let destination = match &context.endpoint {
            None => Destination::Local(environment.data_folder(context.data.as_deref())?),
            Some(endpoint) => Destination::Server {
                endpoint: endpoint.clone(),
                principal: context.login(environment, self.credentials_file)?,
            },
        };
        let by = format!("{by} '{}'", context.name);
        Ok(Chosen::new(destination, &by, context.subscription_id.clone()))
    }
}

impl Chosen {
    fn new(destination: Destination, by: &str, subscription_id: Option<String>) -> Self {
        Self { destination, by: by.to_owned(), subscription_id }
    }

    /// Where it goes and why, for `-Verbose`.
    pub fn said(&self) -> String {
        match &self.destination {
            Destination::None => "Nothing is asked of any service.".to_owned(),
            Destination::Local(folder) => format!("Local store {}, by {}.", folder.display(), self.by),
            Destination::Server { endpoint, .. } => format!("Management API {endpoint}, by {}.", self.by),
        }
    }
}

/// The value of `-DefaultProfile`.
struct Profile<'a>(Option<&'a Value>);

impl Profile<'_> {
    fn text(&self, member: &str) -> Option<String> {
        self.0?.get(member)?.as_str().map(str::to_owned)
    }

    /// The service principal in it, when there is one.
    fn principal(&self) -> Result<Option<ServicePrincipal>, Failure> {
        match (self.text("ClientId"), self.text("ClientSecret")) {
            (Some(client_id), Some(secret)) => Ok(Some(ServicePrincipal {
                tenant_id: self.text("TenantId").unwrap_or_else(|| TENANT_DEFAULT.to_owned()),
                client_id,
                client_secret: Secret::new(secret),
            })),
            (None, None) => Ok(None),
            _ => Err(Failure::usage("-DefaultProfile has one of ClientId and ClientSecret, and needs both.")),
        }
    }
}

#[cfg(test)]
mod tests;
