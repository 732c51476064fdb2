//! Resource groups (`Microsoft.Resources`, as azure-cli uses them).

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The resource type of a resource group.
pub const RESOURCE_TYPE: &str = "Microsoft.Resources/resourceGroups";

/// A resource group: `id`, `name`, `type`, `location`, `tags`, `properties`, in this order.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceGroup {
    /// The resource id. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The name. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The resource type. Read only.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// Where it says it is. Required in a PUT.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Tags of the management plane.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
    /// The provisioning state. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<ResourceGroupProperties>,
}

/// What else is known of a resource group.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceGroupProperties {
    /// `Succeeded`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisioning_state: Option<String>,
}
