//! Role definitions (`Microsoft.Authorization` 2022-04-01: RoleDefinition).

use serde::{Deserialize, Serialize};

/// The resource type of a role definition.
pub const RESOURCE_TYPE: &str = "Microsoft.Authorization/roleDefinitions";

/// A role definition.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RoleDefinition {
    /// Everything but what names it.
    pub properties: RoleDefinitionProperties,
    /// The resource id.
    pub id: String,
    /// The resource type.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// The name, a GUID.
    pub name: String,
}

/// What a role is called and what it holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleDefinitionProperties {
    /// What people call it.
    pub role_name: String,
    /// `BuiltInRole` or `CustomRole`.
    #[serde(rename = "type")]
    pub kind: String,
    /// One sentence.
    pub description: String,
    /// Where it may be held.
    pub assignable_scopes: Vec<String>,
    /// What it holds.
    pub permissions: Vec<Permission>,
}

/// Actions, with `*` for any segments.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Permission {
    /// Those that are held.
    pub actions: Vec<String>,
    /// Those of them that are not.
    pub not_actions: Vec<String>,
    /// Those on data.
    pub data_actions: Vec<String>,
    /// Those of them that are not.
    pub not_data_actions: Vec<String>,
}
