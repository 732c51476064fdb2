//! Signing in at Entra ID, for the management API of a cloud of Azure. Each kind is one request, whose shape is told where it is
//! made; a chain tries them in a fixed order and says which it took, and why those before it did not work.

mod assertion;
mod azure_cli;
pub mod device_code;

use self::assertion::Identity;
use crate::environment::Environment;
use crate::limits::{CONNECT_TIMEOUT, CREDENTIALS_FILE_BYTES_MAX, MACHINE_IDENTITY_CONNECT_TIMEOUT};
use crate::private_files;
use crate::secret::Secret;
use crate::transport::cloud::Cloud;
use crate::transport::http::client::HttpClient;
use crate::transport::login::{ServicePrincipal, TENANT_DEFAULT};
use crate::transport::retry::{may_pass, retry_after};
use crate::transport::{LoginBusy, TransportError};
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::PathBuf;
use wire::oauth::LoginError;

/// Where a virtual machine at Azure asks for its identity ("How to use managed identities on a virtual machine").
const MACHINE: &str = "http://169.254.169.254";
const MACHINE_IDENTITY: &str = "http://169.254.169.254/metadata/identity/oauth2/token";
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
    /// Errors: nothing works. With one credential it is that one's error, with several it names each; when one of them might work
    /// later, it is that one's, which names the others too.
    pub(in crate::transport) async fn log_in(&self, client: &HttpClient) -> Result<(Secret, String), TransportError> {
        let client = client.of(&self.authority)?;
        let mut tried = Vec::new();
        // The first, and its place among those that were tried.
        let mut busy: Option<(usize, LoginBusy)> = None;
        for credential in &self.credentials {
            match self.try_one(credential, &client).await {
                Ok(bearer) => {
                    let before =
                        if tried.is_empty() { String::new() } else { format!(" Before it: {}.", tried.join("; ")) };
                    return Ok((bearer, format!("Signed in with {}.{before}", credential.name())));
                }
                Err(error) if self.credentials.len() == 1 => return Err(error),
                Err(TransportError::LoginRefused { code, message }) if code == UNAVAILABLE => {
                    tried.push(format!("{}: {}", credential.name(), brief(&message)));
                }
                Err(error) => {
                    tried.push(format!("{}: {}", credential.name(), brief(&error.to_string())));
                    if let TransportError::LoginBusy(error) = error {
                        busy = busy.or(Some((tried.len() - 1, error)));
                    }
                }
            }
        }
        let Some((at, mut busy)) = busy else {
            return Err(TransportError::NoLogin { authority: self.authority.clone(), tried });
        };
        tried.remove(at);
        if !tried.is_empty() {
            busy.said = format!("{} Also tried: {}.", busy.said, tried.join("; "));
        }
        Err(TransportError::LoginBusy(busy))
    }

    async fn try_one(&self, credential: &Credential, client: &HttpClient) -> Result<Secret, TransportError> {
        match credential {
            Credential::Secret(principal) => self.client_secret(principal, client).await,
            Credential::Certificate { tenant_id, client_id, certificate_file, now_micros } => {
                let shown = certificate_file.display();
                let pem = private_files::read(certificate_file, CREDENTIALS_FILE_BYTES_MAX)
                    .map_err(|error| refused(format!("cannot read {shown}: {error}")))?;
                let assertion = Identity::read(&pem)
                    .and_then(|identity| identity.assertion(&self.token_url(tenant_id), client_id, *now_micros))
                    .map_err(|error| refused(format!("{shown}: {error}")))?;
                self.federated(tenant_id, client_id, &assertion, client).await
            }
            Credential::Federated { tenant_id, client_id, token_file } => {
                let assertion = private_files::read_secret(token_file, CREDENTIALS_FILE_BYTES_MAX)
                    .map_err(|error| refused(format!("cannot read {}: {error}", token_file.display())))?;
                self.federated(tenant_id, client_id, &assertion, client).await
            }
            Credential::ManagedIdentity { client_id, hosted } => {
                self.managed_identity(client_id.as_deref(), hosted.as_ref()).await
            }
            Credential::AzureCli => azure_cli::bearer(&self.resource).await,
            Credential::Bearer(bearer) => Ok(bearer.clone()),
            Credential::RefreshToken { tenant_id, refresh_token } => {
                self.with_refresh_token(tenant_id, refresh_token, client).await
            }
            Credential::Unset { missing, .. } => Err(refused((*missing).to_owned())),
        }
    }

    /// RFC 6749, section 4.4.
    async fn client_secret(&self, principal: &ServicePrincipal, client: &HttpClient) -> Result<Secret, TransportError> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &principal.client_id),
            ("client_secret", principal.client_secret.reveal()),
            ("scope", &self.scope()),
        ];
        ask(client.request(Method::POST, self.token_url(&principal.tenant_id)).form(&form), client).await
    }

    /// RFC 7523, section 2.2.
    async fn federated(
        &self,
        tenant_id: &str,
        client_id: &str,
        assertion: &Secret,
        client: &HttpClient,
    ) -> Result<Secret, TransportError> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion.reveal()),
            ("scope", &self.scope()),
        ];
        ask(client.request(Method::POST, self.token_url(tenant_id)).form(&form), client).await
    }

    /// Next door: no proxy may see what is asked there.
    async fn managed_identity(
        &self,
        client_id: Option<&str>,
        hosted: Option<&(String, Secret)>,
    ) -> Result<Secret, TransportError> {
        let resource = format!("{}/", self.resource);
        let mut query = vec![("resource", resource.as_str())];
        query.extend(client_id.map(|client_id| ("client_id", client_id)));
        let (client, request) = match hosted {
            Some((endpoint, header)) => {
                let client = HttpClient::next_door(endpoint, CONNECT_TIMEOUT)?;
                let request = client.request(Method::GET, endpoint).header("X-IDENTITY-HEADER", header.reveal());
                (client, request.query(&[("api-version", "2019-08-01")]))
            }
            None => {
                let client = HttpClient::next_door(MACHINE, MACHINE_IDENTITY_CONNECT_TIMEOUT)?;
                let request = client.request(Method::GET, MACHINE_IDENTITY).header("Metadata", "true");
                (client, request.query(&[("api-version", "2018-02-01")]))
            }
        };
        ask(request.query(&query), &client).await
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

async fn ask(request: RequestBuilder, client: &HttpClient) -> Result<Secret, TransportError> {
    ask_for::<Bearer>(request, client).await.map(|bearer| Secret::new(bearer.access_token))
}

async fn ask_for<T: DeserializeOwned>(request: RequestBuilder, client: &HttpClient) -> Result<T, TransportError> {
    let answer = client.exchange(request).await?;
    let status = answer.status();
    if status.is_success()
        && let Ok(wanted) = serde_json::from_slice(answer.body())
    {
        return Ok(wanted);
    }
    let said = serde_json::from_slice::<LoginError>(answer.body());
    if may_pass(status) {
        return Err(TransportError::LoginBusy(LoginBusy {
            endpoint: client.endpoint().to_owned(),
            status: status.as_u16(),
            said: said.map(|said| format!(" [{}] : {}", said.error, said.error_description)).unwrap_or_default(),
            retry_after: retry_after(&answer),
        }));
    }
    Err(match said {
        Ok(LoginError { error, error_description, .. }) => {
            TransportError::LoginRefused { code: error, message: error_description }
        }
        Err(_) => TransportError::LoginUnreadable { endpoint: client.endpoint().to_owned(), status: status.as_u16() },
    })
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
