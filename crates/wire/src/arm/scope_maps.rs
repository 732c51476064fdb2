//! Scope maps (swagger 2022-02-01-preview: ScopeMap, ScopeMapUpdateParameters).

use serde::{Deserialize, Serialize};

/// The resource type of a scope map.
pub const RESOURCE_TYPE: &str = "Microsoft.ContainerRegistry/registries/scopeMaps";

/// A scope map.
pub type ScopeMap = super::Resource<ScopeMapProperties>;

/// What a scope map is made of; also the body of PUT and PATCH.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ScopeMapProperties {
    /// Free text, left out when empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `UserDefined` or `SystemDefined`. Read only.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// When it was first made. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<String>,
    /// As of a token. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisioning_state: Option<String>,
    /// Such as `repositories/app/web/content/read`, in the order in which they were sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<String>>,
}
