//! A scope map as Az PowerShell shows it: the flat properties of `IScopeMap`, and the table of today's module.

use super::objects::{Column, View};
use super::tokens::resource_group;
use serde_json::{Value, json};
use wire::arm::SystemData;
use wire::arm::scope_maps::{ScopeMap, ScopeMapProperties};

/// The columns of today's module.
pub static SCOPE_MAPS: View =
    View { columns: &[Column::text("Name"), Column::text("Action"), Column::text("Type")], whole: false };

/// The properties of `IScopeMap`. What is not known is null, so that scripts always find the key.
pub fn object(scope_map: &ScopeMap) -> Value {
    let ScopeMapProperties { description, kind, creation_date, provisioning_state, actions } =
        scope_map.properties.clone().unwrap_or_default();
    let SystemData {
        created_by,
        created_by_type,
        created_at,
        last_modified_by,
        last_modified_by_type,
        last_modified_at,
    } = scope_map.system_data.clone().unwrap_or_default();
    json!({
        "Name": scope_map.name,
        "Id": scope_map.id,
        "Type": scope_map.resource_type,
        "ResourceGroupName": scope_map.id.as_deref().and_then(resource_group),
        "Action": actions.unwrap_or_default(),
        "Description": description,
        "PropertiesType": kind,
        "CreationDate": creation_date,
        "ProvisioningState": provisioning_state,
        "SystemDataCreatedAt": created_at,
        "SystemDataCreatedBy": created_by,
        "SystemDataCreatedByType": created_by_type,
        "SystemDataLastModifiedAt": last_modified_at,
        "SystemDataLastModifiedBy": last_modified_by,
        "SystemDataLastModifiedByType": last_modified_by_type,
    })
}
