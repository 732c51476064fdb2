//! Resources of any kind (`Microsoft.Resources`, Resources_List), as azure-cli looks registries up.

use super::SystemData;
use super::registries::Sku;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A resource: `id`, `name`, `type`, `sku`, `location`, `tags`, `systemData`, in this order.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GenericResource {
    /// The resource id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The resource type.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// The tier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    /// Where it says it is.
    pub location: String,
    /// Tags of the management plane; `{}` when none were given.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// When it was made; only where `$expand` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_time: Option<String>,
    /// When it was changed last; only where `$expand` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_time: Option<String>,
    /// `Succeeded`; only where `$expand` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisioning_state: Option<String>,
    /// Who made and changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_data: Option<SystemData>,
}
