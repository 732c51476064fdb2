//! Signing in at Entra ID, for the management API of a cloud of Azure. Each kind is one request, whose shape is told where it is
//! made; a chain tries them in a fixed order and says which it took, and why those before it did not work.

mod assertion;
pub mod device_code;

use self::assertion::Identity;
use crate::environment::Environment;
use crate::limits::{ANSWER_BYTES_MAX, CREDENTIALS_FILE_BYTES_MAX, REQUEST_TIMEOUT};
use crate::private_files;
use crate::secret::Secret;
use crate::transport::TransportError;
use crate::transport::cloud::Cloud;
use crate::transport::login::{ServicePrincipal, TENANT_DEFAULT};
use reqwest::{Client, RequestBuilder};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;
use wire::oauth::LoginError;

/// Where a virtual machine at Azure asks for its identity ("How to use managed identities on a virtual machine").
const MACHINE_IDENTITY: &str = "http://169.254.169.254/metadata/identity/oauth2/token";
/// How long a connection to it may take to stand: it is next door, or not there at all.
const MACHINE_IDENTITY_TIMEOUT: Duration = Duration::from_secs(1);
/// The longest message of a login that failed which is repeated, in characters.
const REASON_CHARACTERS_MAX: usize = 200;

/// The code of a login that there is nothing to try with.
const UNAVAILABLE: &str = "LoginUnavailable";

/// A login at Entra ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entra {
    /// Such as `https://login.microsoftonline.com`.
    authority: String,
    /// The management API that the bearer is for.
    resource: String,
    /// What login servers of the cloud end in.
    login_server_suffix: String,
    /// The first one that works is taken.
    credentials: Vec<Credential>,
}

/// What one signs in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A service principal and its secret.
    Secret(ServicePrincipal),
    /// A service principal and its certificate.
    Certificate {
        /// The tenant.
        tenant_id: String,
        /// The application.
        client_id: String,
        /// The file that holds certificate and key; read each time, so that the key is nowhere else.
        certificate_file: PathBuf,
        /// What the clock shows, in microseconds since 1970-01-01T00:00:00Z.
        now_micros: i64,
    },
    /// A token of an issuer whom the application trusts, in a file (workload identity).
    Federated {
        /// The tenant.
        tenant_id: String,
        /// The application.
        client_id: String,
        /// The file that holds the token; read each time, since it is renewed.
        token_file: PathBuf,
    },
    /// The identity of the machine or the service that this runs in.
    ManagedIdentity {
        /// Which, when there are several.
        client_id: Option<String>,
        /// The endpoint of a hosting service with the header that it wants; a virtual machine's when there is none.
        hosted: Option<(String, Secret)>,
    },
    /// Whoever is signed in to azure-cli.
    AzureCli,
    /// None: the bearer was got elsewhere.
    Bearer(Secret),
    /// What a person who signed in elsewhere left.
    RefreshToken {
        /// The tenant.
        tenant_id: String,
        /// The token.
        refresh_token: Secret,
    },
    /// One that cannot be tried, for the account of the chain.
    Unset {
        /// What it is called.
        name: &'static str,
        /// What is missing.
        missing: &'static str,
    },
}

#[derive(Deserialize)]
struct Bearer {
    #[serde(alias = "accessToken")]
    access_token: String,
}

impl Entra {
    /// With one credential.
    pub fn with(cloud: &Cloud, credential: Credential) -> Self {
        Self::with_any(cloud, vec![credential])
    }

    fn with_any(cloud: &Cloud, credentials: Vec<Credential>) -> Self {
        Self {
            authority: cloud.authority.clone().into_owned(),
            resource: cloud.audience.clone().into_owned(),
            login_server_suffix: cloud.login_server_suffix.clone().into_owned(),
            credentials,
        }
    }

    /// What login servers of the cloud end in.
    pub fn login_server_suffix(&self) -> &str {
        &self.login_server_suffix
    }

    /// With whatever there is: the environment, a workload identity, the managed identity, azure-cli's login, in this order
    /// (that of `DefaultAzureCredential` in Azure's libraries).
    pub fn chain(cloud: &Cloud, environment: &Environment) -> Self {
        let variables = &environment.variables;
        let tenant_id = || variables.azure_tenant_id.clone().unwrap_or_else(|| TENANT_DEFAULT.to_owned());
        let certificate = &variables.azure_client_certificate_path;
        let secret = match (&variables.azure_client_id, &variables.azure_client_secret, certificate) {
            (Some(client_id), Some(client_secret), _) => Credential::Secret(ServicePrincipal {
                tenant_id: tenant_id(),
                client_id: client_id.clone(),
                client_secret: client_secret.clone(),
            }),
            (Some(client_id), None, Some(file)) => Credential::Certificate {
                tenant_id: tenant_id(),
                client_id: client_id.clone(),
                certificate_file: file.clone(),
                now_micros: environment.now_micros,
            },
            _ => Credential::Unset {
                name: "the environment",
                missing: "AZURE_CLIENT_ID and one of AZURE_CLIENT_SECRET and AZURE_CLIENT_CERTIFICATE_PATH are not set",
            },
        };
        let federated = match (&variables.azure_client_id, &variables.azure_federated_token_file) {
            (Some(client_id), Some(file)) => {
                Credential::Federated { tenant_id: tenant_id(), client_id: client_id.clone(), token_file: file.clone() }
            }
            _ => Credential::Unset {
                name: "the workload identity",
                missing: "AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE are not both set",
            },
        };
        let machine = Credential::managed_identity(environment, None);
        Self::with_any(cloud, vec![secret, federated, machine, Credential::AzureCli])
    }

    /// Signs in: the bearer, and what there is to say of how it was got.
    ///
    /// Errors: nothing works. With one credential it is that one's error, with several it names each.
    pub async fn log_in(&self) -> Result<(Secret, String), TransportError> {
        let mut tried = Vec::new();
        for credential in &self.credentials {
            match self.try_one(credential).await {
                Ok(bearer) => {
                    let before =
                        if tried.is_empty() { String::new() } else { format!(" Before it: {}.", tried.join("; ")) };
                    return Ok((bearer, format!("Signed in with {}.{before}", credential.name())));
                }
                Err(error) if self.credentials.len() == 1 => return Err(error),
                Err(TransportError::LoginRefused { code, message }) if code == UNAVAILABLE => {
                    tried.push(format!("{}: {}", credential.name(), brief(&message)));
                }
                Err(error) => tried.push(format!("{}: {}", credential.name(), brief(&error.to_string()))),
            }
        }
        Err(TransportError::NoLogin { authority: self.authority.clone(), tried })
    }

    async fn try_one(&self, credential: &Credential) -> Result<Secret, TransportError> {
        match credential {
            Credential::Secret(principal) => self.client_secret(principal).await,
            Credential::Certificate { tenant_id, client_id, certificate_file, now_micros } => {
                let shown = certificate_file.display();
                let pem = private_files::read(certificate_file, CREDENTIALS_FILE_BYTES_MAX)
                    .map_err(|error| refused(format!("cannot read {shown}: {error}")))?;
                let assertion = Identity::read(&pem)
                    .and_then(|identity| identity.assertion(&self.token_url(tenant_id), client_id, *now_micros))
                    .map_err(|error| refused(format!("{shown}: {error}")))?;
                self.federated(tenant_id, client_id, assertion.reveal()).await
            }
            Credential::Federated { tenant_id, client_id, token_file } => {
                let assertion = private_files::read(token_file, CREDENTIALS_FILE_BYTES_MAX)
                    .map_err(|error| refused(format!("cannot read {}: {error}", token_file.display())))?;
                self.federated(tenant_id, client_id, String::from_utf8_lossy(&assertion).trim()).await
            }
            Credential::ManagedIdentity { client_id, hosted } => {
                self.managed_identity(client_id.as_deref(), hosted.as_ref()).await
            }
            Credential::AzureCli => self.azure_cli().await,
            Credential::Bearer(bearer) => Ok(bearer.clone()),
            Credential::RefreshToken { tenant_id, refresh_token } => {
                self.with_refresh_token(tenant_id, refresh_token).await
            }
            Credential::Unset { missing, .. } => Err(refused((*missing).to_owned())),
        }
    }

    /// RFC 6749, section 4.4.
    async fn client_secret(&self, principal: &ServicePrincipal) -> Result<Secret, TransportError> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &principal.client_id),
            ("client_secret", principal.client_secret.reveal()),
            ("scope", &self.scope()),
        ];
        Self::ask(client(REQUEST_TIMEOUT)?.post(self.token_url(&principal.tenant_id)).form(&form), &self.authority)
            .await
    }

    /// RFC 7523, section 2.2.
    async fn federated(&self, tenant_id: &str, client_id: &str, assertion: &str) -> Result<Secret, TransportError> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion),
            ("scope", &self.scope()),
        ];
        Self::ask(client(REQUEST_TIMEOUT)?.post(self.token_url(tenant_id)).form(&form), &self.authority).await
    }

    async fn managed_identity(
        &self,
        client_id: Option<&str>,
        hosted: Option<&(String, Secret)>,
    ) -> Result<Secret, TransportError> {
        let resource = format!("{}/", self.resource);
        let mut query = vec![("resource", resource.as_str())];
        query.extend(client_id.map(|client_id| ("client_id", client_id)));
        let request = match hosted {
            Some((endpoint, header)) => client(REQUEST_TIMEOUT)?
                .get(endpoint)
                .header("X-IDENTITY-HEADER", header.reveal())
                .query(&[("api-version", "2019-08-01")]),
            None => client(MACHINE_IDENTITY_TIMEOUT)?
                .get(MACHINE_IDENTITY)
                .header("Metadata", "true")
                .query(&[("api-version", "2018-02-01")]),
        };
        let endpoint = hosted.map_or("http://169.254.169.254", |(endpoint, _)| endpoint);
        Self::ask(request.query(&query), endpoint).await
    }

    /// azure-cli keeps its logins itself, and renews them.
    async fn azure_cli(&self) -> Result<Secret, TransportError> {
        let mut az = Command::new("az");
        az.args(["account", "get-access-token", "--output", "json", "--resource", &self.resource]).stdin(Stdio::null());
        let ran = tokio::task::spawn_blocking(move || az.output()).await;
        let output = ran
            .map_err(|error| refused(error.to_string()))?
            .map_err(|error| refused(format!("az cannot be run: {error}")))?;
        if !output.status.success() {
            return Err(refused(brief(String::from_utf8_lossy(&output.stderr).trim())));
        }
        serde_json::from_slice::<Bearer>(&output.stdout)
            .map(|bearer| Secret::new(bearer.access_token))
            .map_err(|_| refused("az gives no access token".to_owned()))
    }

    async fn ask(request: RequestBuilder, endpoint: &str) -> Result<Secret, TransportError> {
        Self::ask_for::<Bearer>(request, endpoint).await.map(|bearer| Secret::new(bearer.access_token))
    }

    /// `endpoint` is whom to name when it goes wrong.
    async fn ask_for<T: DeserializeOwned>(request: RequestBuilder, endpoint: &str) -> Result<T, TransportError> {
        let unreachable = |error: reqwest::Error| TransportError::Unreachable {
            endpoint: endpoint.to_owned(),
            // Without the URL: a query can hold what is nobody's business.
            reason: error.without_url().to_string(),
        };
        let answer = request.send().await.map_err(unreachable)?;
        let status = answer.status();
        if answer
            .content_length()
            .is_some_and(|length| usize::try_from(length).map_or(true, |it| it > ANSWER_BYTES_MAX))
        {
            return Err(TransportError::AnswerTooLong { endpoint: endpoint.to_owned(), bytes_max: ANSWER_BYTES_MAX });
        }
        let body = answer.bytes().await.map_err(unreachable)?;
        if status.is_success()
            && let Ok(wanted) = serde_json::from_slice(&body)
        {
            return Ok(wanted);
        }
        Err(match serde_json::from_slice::<LoginError>(&body) {
            Ok(LoginError { error, error_description, .. }) => {
                TransportError::LoginRefused { code: error, message: error_description }
            }
            Err(_) => TransportError::LoginUnreadable { endpoint: endpoint.to_owned(), status: status.as_u16() },
        })
    }

    fn token_url(&self, tenant_id: &str) -> String {
        format!("{}/{tenant_id}/oauth2/v2.0/token", self.authority)
    }

    fn scope(&self) -> String {
        format!("{}/.default", self.resource)
    }
}

impl Credential {
    /// The identity of what this runs in, as the environment tells it.
    pub fn managed_identity(environment: &Environment, client_id: Option<String>) -> Self {
        let variables = &environment.variables;
        Self::ManagedIdentity {
            client_id,
            hosted: variables.identity_endpoint.clone().zip(variables.identity_header.clone()),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Secret(_) => "a service principal's secret",
            Self::Certificate { .. } => "a service principal's certificate",
            Self::Federated { .. } => "a workload identity",
            Self::ManagedIdentity { .. } => "a managed identity",
            Self::AzureCli => "azure-cli's login",
            Self::Bearer(_) => "the access token of the context",
            Self::RefreshToken { .. } => "the login that a device code began",
            Self::Unset { name, .. } => name,
        }
    }
}

fn client(connect: Duration) -> Result<Client, TransportError> {
    let mut builder = Client::builder()
        .user_agent(concat!("portcullis/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(connect)
        .timeout(REQUEST_TIMEOUT);
    if connect == MACHINE_IDENTITY_TIMEOUT {
        // Next door: no proxy may see it.
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| refused(format!("there is no HTTP client: {error}")))
}

fn refused(message: String) -> TransportError {
    TransportError::LoginRefused { code: UNAVAILABLE.to_owned(), message }
}

/// The first line, cut.
fn brief(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim_end_matches('.').chars().take(REASON_CHARACTERS_MAX).collect()
}

#[cfg(test)]
mod tests;
