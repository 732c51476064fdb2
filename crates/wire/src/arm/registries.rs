//! Registries (swagger 2022-02-01-preview: Registry, RegistryProperties).

use super::SystemData;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The resource type of a registry.
pub const RESOURCE_TYPE: &str = "Microsoft.ContainerRegistry/registries";

/// A registry: `sku`, `type`, `id`, `name`, `location`, `tags`, `systemData`, `properties`, in this order.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Registry {
    /// The tier. Required in a PUT.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    /// The resource type. Read only.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// The resource id. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The name. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it says it is. Required in a PUT, fixed afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Tags of the management plane; `{}` when none were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
    /// Who made and changed it. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_data: Option<SystemData>,
    /// The managed identity that a request asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Value>,
    /// Everything else. An object, kept as JSON: clients send whatever they read back, and the server compares it member
    /// by member with what it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<Value>,
}

/// The tier of a registry.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sku {
    /// `Basic`, `Standard`, `Premium` or `Classic`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The same word. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
}

/// What `checkNameAvailability` is asked (swagger, RegistryNameCheckRequest). Both members are required.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NameCheck {
    /// The name to check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// [`RESOURCE_TYPE`].
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
}

/// What `checkNameAvailability` answers (swagger, RegistryNameStatus).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NameStatus {
    /// Whether a registry may be made under the name.
    pub name_available: bool,
    /// `AlreadyExists` or `Invalid`; absent when the name is available.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// How much of one limit a registry uses (swagger, RegistryUsage).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// What is counted, such as `Tokens`.
    pub name: String,
    /// How much is allowed; -1 means any number.
    pub limit: i64,
    /// How much there is.
    pub current_value: i64,
    /// `Count` or `Bytes`.
    pub unit: String,
}
