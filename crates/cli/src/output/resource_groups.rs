//! A resource group as Az PowerShell shows it: the properties of `PSResourceGroup`.

use super::objects::{Column, View};
use serde_json::{Value, json};
use wire::arm::resource_groups::ResourceGroup;

/// The properties that `Az.Resources` shows first.
pub static RESOURCE_GROUPS: View = View {
    columns: &[
        Column::text("ResourceGroupName"),
        Column::text("Location"),
        Column::text("ProvisioningState"),
        Column::text("Tags"),
        Column::text("ResourceId"),
    ],
    whole: false,
};

/// The properties of `PSResourceGroup`. What is not known is null, so that scripts always find the key.
pub fn object(group: &ResourceGroup) -> Value {
    json!({
        "ResourceGroupName": group.name,
        "Location": group.location,
        "ProvisioningState": group.properties.as_ref().and_then(|properties| properties.provisioning_state.clone()),
        "Tags": group.tags,
        "ResourceId": group.id,
    })
}
