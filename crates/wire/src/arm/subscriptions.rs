//! Subscriptions, their tenants and their locations (`Microsoft.Resources`).

use serde::{Deserialize, Serialize};

/// A subscription, as `GET /subscriptions` lists it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// `/subscriptions/<id>`
    pub id: String,
    /// The GUID.
    pub subscription_id: String,
    /// The GUID of the tenant that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// A name for people.
    pub display_name: String,
    /// `Enabled`.
    pub state: String,
}

/// A tenant, as `GET /tenants` lists it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// `/tenants/<id>`
    pub id: String,
    /// The GUID.
    pub tenant_id: String,
    /// A name for people.
    pub display_name: String,
}

/// A location, as `GET /subscriptions/<id>/locations` lists it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// `/subscriptions/<id>/locations/<name>`
    pub id: String,
    /// The name that resources have.
    pub name: String,
    /// A name for people.
    pub display_name: String,
}
