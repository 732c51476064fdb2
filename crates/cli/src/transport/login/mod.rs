//! Which service principal to log in with, and where it is written down.

pub mod entra;

use crate::environment::Environment;
use crate::failure::Failure;
use crate::limits::CREDENTIALS_FILE_BYTES_MAX;
use crate::private_files;
use crate::secret::Secret;
use serde::Deserialize;
use std::path::Path;

/// The file in the data folder that a server's first start writes.
pub const SERVICE_PRINCIPAL_FILE: &str = "service-principal.json";

const CREDENTIALS_FILE_HINT: &str = r#"It holds {"tenantId":"…","clientId":"…","clientSecret":"…"} as UTF-8 text."#;

/// The tenant when none is named: Entra's word for "whichever the client belongs to".
pub const TENANT_DEFAULT: &str = "common";

/// How one logs in to a management API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// As a service principal, at the endpoint itself.
    ServicePrincipal(ServicePrincipal),
    /// At Entra ID.
    Entra(entra::Entra),
    /// Not at all: the bearer was got elsewhere.
    Bearer(Secret),
}

impl From<ServicePrincipal> for Login {
    fn from(principal: ServicePrincipal) -> Self {
        Self::ServicePrincipal(principal)
    }
}

impl Login {
    /// Whether it is one of Azure's clouds that is logged in to.
    pub fn is_at_azure(&self) -> bool {
        matches!(self, Self::Entra(_))
    }
}

/// A service principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicePrincipal {
    /// Its tenant: the first segment of the login path.
    pub tenant_id: String,
    /// Its client id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CredentialsFile {
    tenant_id: String,
    client_id: String,
    client_secret: String,
}

impl ServicePrincipal {
    /// The one to use: `--credentials-file`, else `PORTCULLIS_CLIENT_ID` and `PORTCULLIS_CLIENT_SECRET`, else the file that a
    /// server on this machine left in the data folder.
    ///
    /// Errors: a usage failure when there is none, when a variable of the pair is missing, when the file cannot be read.
    pub fn find(environment: &Environment, file: Option<&Path>) -> Result<Self, Failure> {
        if let Some(file) = file {
            return Self::read(file);
        }
        let variables = &environment.variables;
        match (&variables.client_id, &variables.client_secret) {
            (Some(client_id), Some(client_secret)) => {
                return Ok(Self {
                    tenant_id: variables.tenant_id.clone().unwrap_or_else(|| TENANT_DEFAULT.to_owned()),
                    client_id: client_id.clone(),
                    client_secret: client_secret.clone(),
                });
            }
            (Some(_), None) => {
                return Err(Failure::usage("PORTCULLIS_CLIENT_ID is set and PORTCULLIS_CLIENT_SECRET is not."));
            }
            (None, Some(_)) => {
                return Err(Failure::usage("PORTCULLIS_CLIENT_SECRET is set and PORTCULLIS_CLIENT_ID is not."));
            }
            (None, None) => {}
        }
        let left_by_server = environment.data_folder(None).ok().map(|folder| folder.join(SERVICE_PRINCIPAL_FILE));
        match left_by_server.filter(|file| file.exists()) {
            Some(file) => Self::read(&file),
            None => Err(Failure::usage("There is no service principal to log in with.").hint(
                "Give --credentials-file FILE, or set PORTCULLIS_CLIENT_ID and PORTCULLIS_CLIENT_SECRET. A server's first \
                 start writes such a file into its data folder.",
            )),
        }
    }

    /// Reads `{"tenantId":…,"clientId":…,"clientSecret":…}`; other members do not matter.
    fn read(file: &Path) -> Result<Self, Failure> {
        let shown = file.display();
        let text = private_files::read_secret_text(file, CREDENTIALS_FILE_BYTES_MAX).map_err(|error| {
            Failure::usage(format!("Cannot read the credentials file {shown}: {error}.")).hint(CREDENTIALS_FILE_HINT)
        })?;
        // The text of a JSON error can quote what it stumbled over, which may be the secret: only the place is told.
        let CredentialsFile { tenant_id, client_id, client_secret } =
            serde_json::from_str(text.reveal()).map_err(|error| {
                let (line, column) = (error.line(), error.column());
                Failure::usage(format!(
                    "The credentials file {shown} is not as it should be (line {line}, column {column})."
                ))
                .hint(CREDENTIALS_FILE_HINT)
            })?;
        let empty = [("tenantId", &tenant_id), ("clientId", &client_id), ("clientSecret", &client_secret)]
            .into_iter()
            .find_map(|(member, value)| value.trim().is_empty().then_some(member));
        if let Some(member) = empty {
            return Err(Failure::usage(format!("The credentials file {shown} has an empty {member}."))
                .hint(CREDENTIALS_FILE_HINT));
        }
        Ok(Self { tenant_id, client_id, client_secret: Secret::new(client_secret) })
    }
}

#[cfg(test)]
mod tests;
