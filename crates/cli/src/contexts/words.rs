//! `portcullis context`: its words, and what they do.

use super::{Context, Contexts, KeptLogin, KeptSecret};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::limits::CREDENTIALS_FILE_BYTES_MAX;
use crate::output::Console;
use crate::output::table::{self, Heading};
use crate::output::text::printable;
use crate::private_files;
use crate::progress::Progress;
use crate::transport::cloud::{CLOUDS, Cloud, metadata};
use crate::transport::http;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::path::{Path, PathBuf};

/// What `context` is told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ContextOptions {
    #[command(subcommand)]
    verb: Verb,
    /// JSON in place of text
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
enum Verb {
    /// List the contexts; the current one has a star
    List,
    /// Show a context, without its secrets
    Show {
        /// Its name [default: the current one]
        name: Option<String>,
    },
    /// Make a context the current one; `local` is the store on this machine
    Use {
        /// Its name
        name: String,
    },
    /// Add a context, or replace one of the same name
    Add(Box<Add>),
    /// Remove a context, with its secrets
    Remove {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Args)]
struct Add {
    /// What to call it
    name: String,
    /// A server: scheme, host and port
    #[arg(long, value_name = "URL", conflicts_with_all = ["cloud", "data"], required_unless_present_any = ["cloud", "data", "cloud_metadata"])]
    endpoint: Option<String>,
    /// A cloud of Azure: AzureCloud, AzureUSGovernment, AzureChinaCloud
    #[arg(long, value_name = "CLOUD", conflicts_with = "data")]
    cloud: Option<String>,
    /// Another cloud, such as Azure Stack: its management API, which is asked for its addresses
    #[arg(long, value_name = "URL", conflicts_with_all = ["endpoint", "cloud", "data"])]
    cloud_metadata: Option<String>,
    /// The data folder of a store on this machine
    #[arg(long, value_name = "DIR", conflicts_with_all = ["credentials_file", "client_id", "managed_identity", "azure_cli", "device_code"])]
    data: Option<PathBuf>,
    /// The subscription of commands that name none
    #[arg(long, value_name = "ID")]
    subscription: Option<String>,
    /// Log in as the service principal in this file, which stays where it is
    #[arg(long, value_name = "FILE", conflicts_with_all = ["client_id", "managed_identity", "azure_cli", "device_code"])]
    credentials_file: Option<PathBuf>,
    /// Log in as this service principal
    #[arg(long, value_name = "ID", requires = "proof", conflicts_with = "azure_cli", group = "of_a_tenant")]
    client_id: Option<String>,
    /// The file that holds its secret, which is kept with the context
    #[arg(long, value_name = "FILE", requires = "client_id", conflicts_with = "managed_identity", group = "proof")]
    client_secret_file: Option<PathBuf>,
    /// In place of the secret: the PEM file with its certificate and key, which stays where it is (Azure)
    #[arg(long, value_name = "FILE", requires = "client_id", conflicts_with_all = ["endpoint", "managed_identity"], group = "proof")]
    client_certificate: Option<PathBuf>,
    /// The tenant of the service principal, or of who enters the code
    #[arg(long, value_name = "ID", requires = "of_a_tenant")]
    tenant_id: Option<String>,
    /// Log in as the managed identity of this machine (Azure)
    #[arg(long, conflicts_with_all = ["endpoint", "client_id", "azure_cli"])]
    managed_identity: bool,
    /// Log in as azure-cli is (Azure)
    #[arg(long, conflicts_with_all = ["endpoint", "data"])]
    azure_cli: bool,
    /// Log in now with a code that is entered in a browser; the refresh token is kept with the context (Azure)
    #[arg(long, conflicts_with_all = ["endpoint", "azure_cli", "managed_identity"], group = "of_a_tenant")]
    device_code: bool,
    /// Make it the current one
    #[arg(long = "use")]
    make_current: bool,
}

impl ContextOptions {
    /// Runs it. Sends nothing, but for `--cloud-metadata` and `--device-code`.
    ///
    /// Errors: a usage failure, or a cloud that does not describe itself; the contexts stay as they were.
    pub async fn run(
        &self,
        environment: &Environment,
        console: &mut Console<'_>,
        progress: &Progress<'_>,
    ) -> Result<(), Failure> {
        let mut contexts = Contexts::read(environment)?;
        match &self.verb {
            Verb::List => self.list(&contexts, environment, console),
            Verb::Show { name } => {
                let context = name.as_deref().map_or_else(|| contexts.current(), |name| contexts.find(name))?;
                self.show(&contexts, &context, environment, console)
            }
            Verb::Use { name } => {
                let context = contexts.find(name)?;
                contexts.current = Some(context.name.clone());
                contexts.write(environment)?;
                let said = format!("Commands go to {} now ({}).", context.name, context.place(environment));
                self.say(&said, &about(&contexts, &context, environment), console)
            }
            Verb::Add(add) => {
                let mut context = add.context(progress).await?;
                if add.device_code {
                    let console = RefCell::new(&mut *console);
                    let say = |line: &str| console.borrow_mut().note(line);
                    context.sign_in_with_code(add.tenant_id.as_deref(), progress, &say).await?;
                    // Others may have been added while the person was waited for.
                    contexts = Contexts::read(environment)?;
                }
                contexts.put(context.clone());
                if add.make_current {
                    contexts.current = Some(context.name.clone());
                }
                contexts.write(environment)?;
                let current = if add.make_current { "; it is the current one" } else { "" };
                let said = format!("Added {}{current}.", context.name);
                self.say(&said, &about(&contexts, &context, environment), console)
            }
            Verb::Remove { name } => {
                let removed = contexts.remove(name)?;
                contexts.write(environment)?;
                let said = format!("Removed {}; the current one is {}.", removed.name, contexts.current()?.name);
                self.say(&said, &about(&contexts, &removed, environment), console)
            }
        }
    }

    /// Says what was done to a context, or with `--json` writes the context.
    fn say(&self, said: &str, context: &Value, console: &mut Console<'_>) -> Result<(), Failure> {
        if self.json {
            return console.print(&format!("{context:#}\n"));
        }
        console.note(said);
        Ok(())
    }

    fn list(&self, contexts: &Contexts, environment: &Environment, console: &mut Console<'_>) -> Result<(), Failure> {
        if self.json {
            let all: Vec<_> = contexts.all().iter().map(|context| about(contexts, context, environment)).collect();
            return console.print(&format!("{:#}\n", Value::Array(all)));
        }
        let headings = ["", "Name", "Place", "Account"].map(|name| Heading { name, right: false });
        let row = |context: &Context| {
            let star = if is_current(contexts, context) { "*" } else { " " };
            vec![star.to_owned(), context.name.clone(), context.place(environment), context.account()]
        };
        let rows: Vec<_> = contexts.all().iter().map(row).collect();
        console.print(&table::render(&headings, &rows, console.columns, console.colour))
    }

    fn show(
        &self,
        contexts: &Contexts,
        context: &Context,
        environment: &Environment,
        console: &mut Console<'_>,
    ) -> Result<(), Failure> {
        let about = about(contexts, context, environment);
        if self.json {
            return console.print(&format!("{about:#}\n"));
        }
        let lines: String = about.as_object().into_iter().flatten().fold(String::new(), |lines, (name, value)| {
            lines + &format!("{name:<15}{}\n", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        });
        console.print(&printable(&lines))
    }
}

fn is_current(contexts: &Contexts, context: &Context) -> bool {
    contexts.current.as_deref().unwrap_or(super::LOCAL).eq_ignore_ascii_case(&context.name)
}

/// What may be seen of a context.
fn about(contexts: &Contexts, context: &Context, environment: &Environment) -> Value {
    json!({
        "name": context.name,
        "current": is_current(contexts, context),
        "place": context.place(environment),
        "account": context.account(),
        "cloud": context.cloud().map_or_else(|| "-".to_owned(), |cloud| cloud.name.into_owned()),
        "subscription": context.subscription_id.as_deref().unwrap_or("the only one there is"),
    })
}

impl Add {
    async fn context(&self, progress: &Progress<'_>) -> Result<Context, Failure> {
        Context::check_name(&self.name)?;
        let login = self.login()?;
        let (endpoint, custom_cloud) = match (&self.cloud, &self.endpoint, &self.cloud_metadata) {
            (Some(name), ..) => (Some(cloud(name)?.resource_manager.clone().into_owned()), None),
            (None, Some(endpoint), _) => (Some(http::checked_endpoint(endpoint)?), None),
            (None, None, Some(url)) => {
                let described = progress.during(&format!("Waiting for {url}"), metadata::read(url)).await?;
                (Some(described.resource_manager), described.cloud)
            }
            (None, None, None) => (None, None),
        };
        let context = Context {
            name: self.name.clone(),
            endpoint,
            custom_cloud,
            data: self.data.as_deref().map(absolute).transpose()?,
            subscription_id: self.subscription.clone(),
            login,
        };
        if context.cloud().is_none() && (self.managed_identity || self.azure_cli || self.client_certificate.is_some()) {
            return Err(Failure::usage(
                "One signs in to this server at itself: it knows no identities and certificates of Azure.",
            )
            .hint("Give --credentials-file FILE, or --client-id and --client-secret-file."));
        }
        Ok(context)
    }

    fn login(&self) -> Result<Option<KeptLogin>, Failure> {
        if let Some(file) = &self.credentials_file {
            return Ok(Some(KeptLogin::CredentialsFile { path: absolute(file)? }));
        }
        if let (Some(client_id), Some(file)) = (&self.client_id, &self.client_certificate) {
            let (tenant_id, client_id) = (self.tenant_id.clone(), client_id.clone());
            return Ok(Some(KeptLogin::Certificate { tenant_id, client_id, path: absolute(file)? }));
        }
        if let (Some(client_id), Some(file)) = (&self.client_id, &self.client_secret_file) {
            let secret = private_files::read_secret(file, CREDENTIALS_FILE_BYTES_MAX).map_err(|error| {
                Failure::usage(format!("Cannot read the secret in {}: {error}.", file.display()))
                    .hint("The file holds the client secret alone, as UTF-8 text.")
            })?;
            return Ok(Some(KeptLogin::ServicePrincipal {
                tenant_id: self.tenant_id.clone(),
                client_id: client_id.clone(),
                client_secret: KeptSecret(secret),
            }));
        }
        if self.managed_identity {
            return Ok(Some(KeptLogin::ManagedIdentity { client_id: None }));
        }
        Ok(self.azure_cli.then_some(KeptLogin::AzureCli))
    }
}

/// Errors: there is no such cloud.
pub(super) fn cloud(name: &str) -> Result<&'static Cloud, Failure> {
    Cloud::find(name).ok_or_else(|| {
        let known = CLOUDS.each_ref().map(|cloud| &*cloud.name).join(", ");
        Failure::usage(format!("'{name}' is not a cloud of Azure.")).hint(format!("There are: {known}."))
    })
}

/// A context is used from every folder.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| Failure::usage(format!("{} is no path: {error}.", path.display())))
}
