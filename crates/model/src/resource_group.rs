//! Resource groups: named folders for registries.

use crate::resource_id::ResourceGroupId;
use std::collections::BTreeMap;

/// A resource group as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceGroup {
    /// Its resource id.
    pub id: ResourceGroupId,
    /// Where it says it is, such as `westus`.
    pub location: String,
    /// Tags of the management plane (not image tags).
    pub labels: BTreeMap<String, String>,
}
