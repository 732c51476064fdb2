//! Role assignments (`Microsoft.Authorization` 2022-04-01: RoleAssignment, RoleAssignmentCreateParameters).

use serde::{Deserialize, Serialize};

/// The resource type of a role assignment.
pub const RESOURCE_TYPE: &str = "Microsoft.Authorization/roleAssignments";

/// A role assignment; also the body of a PUT.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleAssignment {
    /// Everything but what names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<RoleAssignmentProperties>,
    /// The resource id. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The resource type. Read only.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// The name, a GUID. Read only: requests name it in the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Who holds what where.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleAssignmentProperties {
    /// The full id of the role's definition. Required in a PUT.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_definition_id: Option<String>,
    /// The object id of who holds it. Required in a PUT.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal_id: Option<String>,
    /// `ServicePrincipal`, `User` or `Group`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal_type: Option<String>,
    /// Where it is held. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// A condition, which narrows what is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// When it was made. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_on: Option<String>,
    /// When it was changed last. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_on: Option<String>,
    /// Who made it. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Who changed it last. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<String>,
}
