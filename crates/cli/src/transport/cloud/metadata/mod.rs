//! How a cloud describes itself: `GET /metadata/endpoints`, as azure-cli reads it when a cloud is registered. Asked without a login.

use crate::failure::Failure;
use crate::transport::TransportError;
use crate::transport::http::checked_endpoint;
use crate::transport::http::client::HttpClient;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use wire::arm::cloud::Endpoints;

/// The version that azure-cli asks in.
const API_VERSION: &str = "2022-09-01";

/// What is at an address, as it says itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The management API.
    pub resource_manager: String,
    /// The cloud that it belongs to; `None` for a server that one signs in to at the management API itself, as this project's are.
    pub cloud: Option<CustomCloud>,
}

/// A cloud that is in no table, beside its management API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomCloud {
    /// What it calls itself.
    pub name: String,
    /// The authority, to which the tenant is added.
    pub login_endpoint: String,
    /// For whom bearers of the management API are.
    pub audience: String,
    /// What login servers end in.
    pub login_server_suffix: String,
}

/// Asks `url` for its endpoints.
///
/// Errors: it is no endpoint, or plain HTTP to another machine; it does not answer, or not with the description of a cloud.
pub async fn read(url: &str) -> Result<Described, Failure> {
    let endpoint = checked_endpoint(url)?;
    let client = HttpClient::new(&endpoint)?;
    let asked = client.request(Method::GET, format!("{endpoint}/metadata/endpoints"));
    let answer = client.exchange(asked.query(&[("api-version", API_VERSION)])).await.map_err(|error| match error {
        TransportError::AnswerTooLong { .. } => not_a_description(&endpoint, "its answer is too long"),
        other => Failure::unreachable(other.to_string()).hint("Is this the address of a management API?"),
    })?;
    if !answer.status().is_success() {
        return Err(not_a_description(&endpoint, &format!("it answers {}", answer.status().as_u16())));
    }
    described(answer.body()).map_err(|reason| not_a_description(&endpoint, &reason))
}

/// Reads the document: an object, or a list of one as older versions answer.
///
/// Errors: what is wrong with it.
fn described(document: &[u8]) -> Result<Described, String> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Document {
        One(Box<Endpoints>),
        Many(Vec<Endpoints>),
    }
    let endpoints = match serde_json::from_slice(document) {
        Ok(Document::One(endpoints)) => *endpoints,
        Ok(Document::Many(mut several)) if several.len() == 1 => several.remove(0),
        Ok(Document::Many(several)) => return Err(format!("it describes {} clouds", several.len())),
        Err(_) => {
            return Err("name, resourceManager, authentication with loginEndpoint and audiences, and suffixes with \
                        acrLoginServer are not all there"
                .to_owned());
        }
    };
    let checked = |member: &str, url: &str| {
        checked_endpoint(url.trim_end_matches('/'))
            .map_err(|failure| format!("{member}: {}", failure.message().trim_end_matches('.')))
    };
    let resource_manager = checked("resourceManager", &endpoints.resource_manager)?;
    if endpoints.authentication.login_endpoint.trim_end_matches('/').ends_with("/adfs") {
        return Err("one signs in to it at AD FS, which this command does not do".to_owned());
    }
    let login_endpoint = checked("loginEndpoint", &endpoints.authentication.login_endpoint)?;
    if login_endpoint == resource_manager {
        return Ok(Described { resource_manager, cloud: None });
    }
    let audience = endpoints.authentication.audiences.first().map(|audience| audience.trim_end_matches('/').to_owned());
    let audience = audience.filter(|audience| !audience.is_empty()).ok_or("audiences is empty")?;
    let suffix = endpoints.suffixes.acr_login_server.trim_start_matches('.').to_owned();
    if suffix.is_empty() || endpoints.name.is_empty() {
        return Err("name or acrLoginServer is empty".to_owned());
    }
    let cloud = CustomCloud { name: endpoints.name, login_endpoint, audience, login_server_suffix: suffix };
    Ok(Described { resource_manager, cloud: Some(cloud) })
}

fn not_a_description(endpoint: &str, reason: &str) -> Failure {
    Failure::unreachable(format!("{endpoint}/metadata/endpoints is not the description of a cloud: {reason}."))
}

#[cfg(test)]
mod tests;
