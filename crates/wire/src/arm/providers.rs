//! Resource providers (`Microsoft.Resources`), and their operations (swagger, OperationListResult).

use serde::{Deserialize, Serialize};

/// A resource provider, as a subscription sees it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Provider {
    /// `/subscriptions/<id>/providers/<namespace>`
    pub id: String,
    /// The provider's name, such as `Microsoft.ContainerRegistry`.
    pub namespace: String,
    /// What it has.
    pub resource_types: Vec<ResourceType>,
    /// `Registered`.
    pub registration_state: String,
}

/// A type of resource.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceType {
    /// Its name behind the provider's, such as `registries/tokens`.
    pub resource_type: String,
    /// Where it may be made; empty when that is not restricted.
    pub locations: Vec<String>,
    /// The versions that it is served in, the newest first.
    pub api_versions: Vec<String>,
}

/// Something that can be done (swagger, OperationDefinition).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// Who may ask for it: `user,system`.
    pub origin: String,
    /// `<provider>/<resource>/<verb>`
    pub name: String,
    /// The same for people.
    pub display: OperationDisplay,
    /// Whether it is on data rather than on resources.
    pub is_data_action: bool,
}

/// An operation in words (swagger, OperationDisplayDefinition).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationDisplay {
    /// The provider.
    pub provider: String,
    /// On what it is done.
    pub resource: String,
    /// What it is called.
    pub operation: String,
    /// What it does.
    pub description: String,
}
