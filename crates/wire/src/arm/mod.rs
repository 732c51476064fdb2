//! Azure Resource Manager, as `Microsoft.ContainerRegistry` speaks it (swagger 2022-02-01-preview and recorded traffic).
//!
//! One shape serves requests and answers: read-only members are ignored in requests, absent members are left out of answers.

pub mod audit;
pub mod cloud;
pub mod credentials;
pub mod errors;
pub mod providers;
pub mod registries;
pub mod resource_groups;
pub mod resources;
pub mod role_assignments;
pub mod role_definitions;
pub mod scope_maps;
pub mod service_principals;
pub mod subscriptions;
pub mod tokens;
pub mod uses;

use serde::{Deserialize, Serialize};

/// The version of the management API that the reference page is made from, and that our own command asks for.
pub const API_VERSION: &str = "2022-02-01-preview";

/// A child resource of a registry: `type`, `id`, `name`, `systemData`, `properties`, in this order.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource<P> {
    /// The resource type. Read only.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// The resource id. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The name. Read only: requests name the resource in the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Who made and changed it. Read only; absent for system scope maps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_data: Option<SystemData>,
    /// Everything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<P>,
}

/// Who made a resource and who changed it last (swagger, SystemData). Times are RFC 3339.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SystemData {
    /// An e-mail address for a user, a bare GUID for an application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// `User`, `Application`, `ManagedIdentity` or `Key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by_type: Option<String>,
    /// When it was made. Known quirk: the service rewrites it on every change of a token or scope map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// Who changed it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified_by: Option<String>,
    /// The kind of identity that changed it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified_by_type: Option<String>,
    /// When it was changed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified_at: Option<String>,
}

/// One page of a list; `nextLink` is absent on the last one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List<T> {
    /// The items.
    pub value: Vec<T>,
    /// Where the next page is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_link: Option<String>,
}

impl<T> List<T> {
    /// A list of one page.
    pub fn whole(value: Vec<T>) -> Self {
        Self { value, next_link: None }
    }
}
