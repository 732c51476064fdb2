//! Contexts: named places that commands go to, each with its login. `local`, the store on this machine, is always there and is the
//! current one until another is chosen.
//!
//! They are kept in `contexts.json` in the user's configuration folder, which only its owner can read: it may hold secrets.

mod words;

pub use words::ContextOptions;
pub(crate) use words::absolute;

use crate::client::operation::Sleeper;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::limits::CONTEXTS_FILE_BYTES_MAX;
use crate::private_files;
use crate::secret::Secret;
use crate::transport::TransportError;
use crate::transport::cloud::Cloud;
use crate::transport::cloud::metadata::CustomCloud;
use crate::transport::login::entra::{Credential, Entra, device_code};
use crate::transport::login::{Login, ServicePrincipal, TENANT_DEFAULT};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// The context that is always there.
pub const LOCAL: &str = "local";
/// The file in the configuration folder.
const FILE: &str = "contexts.json";

/// All contexts, and which one is current.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Contexts {
    /// The name of the current one; `local` when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// All but `local`.
    #[serde(default)]
    pub contexts: Vec<Context>,
}

/// A place, and how to log in there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Context {
    /// Its name.
    pub name: String,
    /// The management API; `None` for a store on this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The cloud that the management API belongs to, when it is none that everyone knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_cloud: Option<CustomCloud>,
    /// The data folder of a store on this machine; the user's own when it is `None` too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    /// The subscription of commands that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription_id: Option<String>,
    /// How to log in; by the usual places when it is `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<KeptLogin>,
}

/// A login, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum KeptLogin {
    /// A service principal with its secret.
    ServicePrincipal {
        /// Its tenant.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant_id: Option<String>,
        /// Its client id.
        client_id: String,
        /// Its secret.
        client_secret: KeptSecret,
    },
    /// A service principal with its certificate.
    Certificate {
        /// Its tenant.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant_id: Option<String>,
        /// Its client id.
        client_id: String,
        /// The file that holds certificate and key, and stays where it is.
        path: PathBuf,
    },
    /// A file that holds a service principal.
    CredentialsFile {
        /// Where it is.
        path: PathBuf,
    },
    /// A bearer that was got elsewhere.
    AccessToken {
        /// The bearer.
        access_token: KeptSecret,
        /// Whose it is, as whoever signed in says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account_id: Option<String>,
    },
    /// The identity of the machine this runs on, at Azure.
    ManagedIdentity {
        /// Which, when it has several.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_id: Option<String>,
    },
    /// The login of azure-cli.
    AzureCli,
    /// What is left of a person's login with a device code.
    RefreshToken {
        /// The tenant.
        tenant_id: String,
        /// The token.
        refresh_token: KeptSecret,
    },
}

/// A secret that is written to a file which only its owner can read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct KeptSecret(pub Secret);

impl From<String> for KeptSecret {
    fn from(text: String) -> Self {
        Self(Secret::new(text))
    }
}

impl Serialize for KeptSecret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.reveal())
    }
}

impl Contexts {
    /// Reads them; none when there is no file.
    ///
    /// Errors: the file cannot be read, is not as it should be, or can be read by others than its owner.
    pub fn read(environment: &Environment) -> Result<Self, Failure> {
        let Some(file) = file(environment) else { return Ok(Self::default()) };
        let shown = file.display();
        let bytes = match private_files::read(&file, CONTEXTS_FILE_BYTES_MAX) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Failure::usage(format!("Cannot read the contexts in {shown}: {error}."))),
        };
        if private_files::others_can_read(&file) {
            return Err(Failure::usage(format!("{shown} can be read by others, and may hold secrets."))
                .hint(format!("chmod 600 {shown}; then change the secrets that were in it.")));
        }
        // Only the place: the text of a JSON error can quote a secret.
        serde_json::from_slice(&bytes).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Failure::usage(format!("The contexts in {shown} are not as they should be (line {line}, column {column})."))
        })
    }

    /// Writes them, for their owner alone.
    ///
    /// Errors: there is no configuration folder, or it cannot be written to.
    pub fn write(&self, environment: &Environment) -> Result<(), Failure> {
        let file = file(environment).ok_or_else(|| {
            Failure::usage("There is nowhere to keep contexts: neither XDG_CONFIG_HOME nor HOME is set.")
        })?;
        let kept = serde_json::to_vec_pretty(self).map_err(io::Error::other);
        let written = kept.and_then(|text| {
            private_files::make_folder(file.parent().unwrap_or(Path::new(".")))?;
            private_files::replace(&file, &text)
        });
        written.map_err(|error| Failure::usage(format!("Cannot write the contexts to {}: {error}.", file.display())))
    }

    /// The context of a name, in any case.
    ///
    /// Errors: there is none.
    pub fn find(&self, name: &str) -> Result<Context, Failure> {
        if name.eq_ignore_ascii_case(LOCAL) {
            return Ok(Context { name: LOCAL.to_owned(), ..Context::default() });
        }
        let found = self.contexts.iter().find(|context| context.name.eq_ignore_ascii_case(name));
        found.cloned().ok_or_else(|| {
            let known: Vec<_> = self.all().into_iter().map(|context| context.name).collect();
            Failure::usage(format!("There is no context '{name}'."))
                .hint(format!("There are: {}. `portcullis context add` makes one.", known.join(", ")))
        })
    }

    /// A cloud by its name, in any case: one that everyone knows, or one that a context was added with.
    ///
    /// Errors: there is no such cloud.
    pub fn cloud(&self, name: &str) -> Result<(String, Option<CustomCloud>), Failure> {
        let custom = self.contexts.iter().find_map(|context| {
            let cloud = context.custom_cloud.as_ref().filter(|cloud| cloud.name.eq_ignore_ascii_case(name))?;
            Some((context.endpoint.clone()?, Some(cloud.clone())))
        });
        match (Cloud::find(name), custom) {
            (Some(cloud), _) => Ok((cloud.resource_manager.clone().into_owned(), None)),
            (None, Some(custom)) => Ok(custom),
            (None, None) => words::cloud(name).map(|cloud| (cloud.resource_manager.clone().into_owned(), None)),
        }
    }

    /// The current one.
    ///
    /// Errors: the one that was chosen is not there.
    pub fn current(&self) -> Result<Context, Failure> {
        self.find(self.current.as_deref().unwrap_or(LOCAL))
    }

    /// Every context, `local` first.
    pub fn all(&self) -> Vec<Context> {
        let local = Context { name: LOCAL.to_owned(), ..Context::default() };
        std::iter::once(local).chain(self.contexts.iter().cloned()).collect()
    }

    /// Adds a context, in the place of one of the same name.
    pub fn put(&mut self, context: Context) {
        self.contexts.retain(|known| !known.name.eq_ignore_ascii_case(&context.name));
        self.contexts.push(context);
    }

    /// Takes a context away. The current one falls back to `local`.
    ///
    /// Errors: there is none of that name, or it is `local`.
    pub fn remove(&mut self, name: &str) -> Result<Context, Failure> {
        let context = self.find(name)?;
        if context.name == LOCAL {
            return Err(Failure::usage("The context 'local' is always there: it cannot be removed."));
        }
        self.contexts.retain(|known| known.name != context.name);
        self.current = self.current.take().filter(|current| !current.eq_ignore_ascii_case(name));
        Ok(context)
    }
}

impl Context {
    /// Whether its name can be one: what a shell takes without quotes.
    ///
    /// Errors: it is none, or it is `local`.
    pub fn check_name(name: &str) -> Result<(), Failure> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_.:@".contains(c);
        if name.is_empty() || name.len() > 100 || !name.chars().all(fits) {
            return Err(Failure::usage(format!("'{name}' is not the name of a context."))
                .hint("A name has at most 100 letters, digits and -_.:@."));
        }
        if name.eq_ignore_ascii_case(LOCAL) {
            return Err(Failure::usage(
                "The context 'local' is the store on this machine: give the new one another name.",
            ));
        }
        Ok(())
    }

    /// The cloud of Azure that it is in.
    pub fn cloud(&self) -> Option<Cloud> {
        let endpoint = self.endpoint.as_deref()?;
        let Some(custom) = self.custom_cloud.clone() else { return Cloud::of_endpoint(endpoint).cloned() };
        Some(Cloud {
            name: custom.name.into(),
            alias: "",
            resource_manager: endpoint.to_owned().into(),
            authority: custom.login_endpoint.into(),
            audience: custom.audience.into(),
            login_server_suffix: custom.login_server_suffix.into(),
        })
    }

    /// Whom to log in as; `file` counts more than what is kept.
    ///
    /// Errors: a file that holds the login cannot be read, or there is no login.
    pub fn login(&self, environment: &Environment, file: Option<&Path>) -> Result<Login, Failure> {
        let principal = match (&self.login, file) {
            (_, Some(file)) => Some(ServicePrincipal::find(environment, Some(file))?),
            (Some(KeptLogin::CredentialsFile { path }), None) => Some(ServicePrincipal::find(environment, Some(path))?),
            (Some(KeptLogin::ServicePrincipal { tenant_id, client_id, client_secret }), None) => {
                Some(ServicePrincipal {
                    tenant_id: tenant_id.clone().unwrap_or_else(|| TENANT_DEFAULT.to_owned()),
                    client_id: client_id.clone(),
                    client_secret: client_secret.0.clone(),
                })
            }
            _ => None,
        };
        let kept = match (&self.login, file) {
            (Some(KeptLogin::AccessToken { access_token, .. }), None) => {
                let bearer = access_token.0.clone();
                return Ok(match self.cloud() {
                    Some(cloud) => Login::Entra(Entra::with(&cloud, Credential::Bearer(bearer))),
                    None => Login::Bearer(bearer),
                });
            }
            (Some(KeptLogin::ManagedIdentity { client_id }), None) => {
                Some(Credential::managed_identity(environment, client_id.clone()))
            }
            (Some(KeptLogin::AzureCli), None) => Some(Credential::AzureCli),
            (Some(KeptLogin::Certificate { tenant_id, client_id, path }), None) => Some(Credential::Certificate {
                tenant_id: tenant_id.clone().unwrap_or_else(|| TENANT_DEFAULT.to_owned()),
                client_id: client_id.clone(),
                certificate_file: path.clone(),
                now_micros: environment.now_micros,
            }),
            (Some(KeptLogin::RefreshToken { tenant_id, refresh_token }), None) => {
                Some(Credential::RefreshToken { tenant_id: tenant_id.clone(), refresh_token: refresh_token.0.clone() })
            }
            _ => principal.clone().map(Credential::Secret),
        };
        match (self.cloud(), kept, principal) {
            (Some(cloud), Some(credential), _) => Ok(Login::Entra(Entra::with(&cloud, credential))),
            (Some(cloud), None, _) => {
                no_login_of_a_server(&cloud, environment)?;
                Ok(Login::Entra(Entra::chain(&cloud, environment)))
            }
            (None, _, Some(principal)) => Ok(Login::ServicePrincipal(principal)),
            (None, Some(_), None) => Err(Failure::usage(format!(
                "The context '{}' logs in with an identity or a certificate of Azure, and its endpoint is none of Azure's.",
                self.name
            ))),
            (None, None, None) => ServicePrincipal::find(environment, None).map(Login::ServicePrincipal),
        }
    }

    /// As a service principal, whatever login is kept.
    pub fn login_as(&self, principal: ServicePrincipal) -> Login {
        match self.cloud() {
            Some(cloud) => Login::Entra(Entra::with(&cloud, Credential::Secret(principal))),
            None => Login::ServicePrincipal(principal),
        }
    }

    /// Signs a person in with a device code, and keeps what is left of that: the bearer.
    ///
    /// Errors: it is in none of Azure's clouds; the person is not signed in.
    pub async fn sign_in_with_code(
        &mut self,
        tenant_id: Option<&str>,
        sleeper: &dyn Sleeper,
        say: &dyn Fn(&str),
    ) -> Result<Secret, Failure> {
        let cloud = self.cloud().ok_or_else(|| {
            Failure::usage("Device codes are for Azure's clouds: one signs in to a server as a service principal.")
        })?;
        let tenant_id = tenant_id.unwrap_or(device_code::TENANT_DEFAULT);
        let signed_in = device_code::sign_in(&cloud, tenant_id, sleeper, say).await.map_err(|error| match error {
            TransportError::LoginRefused { .. } => {
                Failure::refused(error.to_string()).hint("Nobody is signed in and nothing was kept. Begin again.")
            }
            other => other.into(),
        })?;
        self.login = Some(KeptLogin::RefreshToken {
            tenant_id: tenant_id.to_owned(),
            refresh_token: KeptSecret(signed_in.refresh_token),
        });
        Ok(signed_in.bearer)
    }

    /// How it logs in, in words that hold no secret.
    pub fn account(&self) -> String {
        match &self.login {
            None if self.endpoint.is_none() => "the owner of the data folder".to_owned(),
            None if self.cloud().is_some() => "the first login that works".to_owned(),
            None => "PORTCULLIS_CLIENT_ID, else the data folder's service principal".to_owned(),
            Some(KeptLogin::ServicePrincipal { client_id, .. } | KeptLogin::Certificate { client_id, .. }) => {
                client_id.clone()
            }
            Some(KeptLogin::CredentialsFile { path }) => path.display().to_string(),
            Some(KeptLogin::AccessToken { account_id: None, .. }) => "an access token".to_owned(),
            Some(KeptLogin::AccessToken { account_id: Some(id), .. }) => format!("an access token of {id}"),
            Some(KeptLogin::ManagedIdentity { client_id: None }) => "the machine's managed identity".to_owned(),
            Some(KeptLogin::ManagedIdentity { client_id: Some(id) }) => format!("the managed identity {id}"),
            Some(KeptLogin::AzureCli) => "the login of azure-cli".to_owned(),
            Some(KeptLogin::RefreshToken { .. }) => "a person, by a device code".to_owned(),
        }
    }

    /// Where it leads, in words.
    pub fn place(&self, environment: &Environment) -> String {
        match &self.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => environment
                .data_folder(self.data.as_deref())
                .map_or_else(|_| "(no data folder)".to_owned(), |folder| folder.display().to_string()),
        }
    }
}

/// Errors: the variables hold the service principal of a server. Azure must not see its secret, and another login than the one that is
/// set must not be taken silently.
fn no_login_of_a_server(cloud: &Cloud, environment: &Environment) -> Result<(), Failure> {
    let variables = &environment.variables;
    let set = match (&variables.client_id, &variables.client_secret) {
        (Some(_), _) => "PORTCULLIS_CLIENT_ID",
        (None, Some(_)) => "PORTCULLIS_CLIENT_SECRET",
        (None, None) => return Ok(()),
    };
    Err(Failure::usage(format!("{set} is set, which is a login at a server, and {} is signed in to at Entra ID.", cloud.name)).hint(
        "Unset it and set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or give --credentials-file FILE, or add a context \
         with a login.",
    ))
}

fn file(environment: &Environment) -> Option<PathBuf> {
    environment.config_folder().map(|folder| folder.join(FILE))
}

#[cfg(test)]
mod tests;
