//! The addresses of a cloud (`GET /metadata/endpoints`, as azure-cli reads them).

use serde::{Deserialize, Serialize};

/// A cloud.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoints {
    /// What it is called.
    pub name: String,
    /// Where the management API is.
    pub resource_manager: String,
    /// Where clients sign in.
    pub authentication: Authentication,
    /// What host names end in.
    pub suffixes: Suffixes,
    /// Azure AD Graph, without which azure-cli 2.50 and its like take no cloud.
    #[serde(default)]
    pub graph_endpoint: String,
    /// The audience of Microsoft Graph, which Terraform signs in to before it does anything.
    #[serde(default)]
    pub microsoft_graph_resource_id: String,
}

/// Where clients sign in.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Authentication {
    /// The authority, to which a client adds the tenant.
    pub login_endpoint: String,
    /// For whom bearers of the management API are.
    pub audiences: Vec<String>,
}

/// What host names end in, without a dot before it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Suffixes {
    /// Login servers of registries.
    pub acr_login_server: String,
}
