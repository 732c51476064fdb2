//! A registry as Az PowerShell shows it: the flat properties of `IRegistry`, and what it uses.

use super::objects::{Column, View};
use super::tokens::resource_group;
use serde_json::{Value, json};
use wire::arm::SystemData;
use wire::arm::registries::{Registry, Usage};

/// The columns of today's module.
pub static REGISTRIES: View = View {
    columns: &[
        Column::text("Name"),
        Column::text("SkuName"),
        Column::text("LoginServer"),
        Column::date("CreationDate"),
        Column::text("ProvisioningState"),
        Column::text("AdminUserEnabled"),
    ],
    whole: false,
};

/// The columns of `Get-AzContainerRegistryUsage`.
pub static USAGES: View = View {
    columns: &[Column::text("CurrentValue"), Column::text("Limit"), Column::text("Name"), Column::text("Unit")],
    whole: false,
};

/// Members of `properties`, and their flat names.
const PROPERTIES: [(&str, &str); 16] = [
    ("LoginServer", "/loginServer"),
    ("CreationDate", "/creationDate"),
    ("ProvisioningState", "/provisioningState"),
    ("AdminUserEnabled", "/adminUserEnabled"),
    ("AnonymousPullEnabled", "/anonymousPullEnabled"),
    ("DataEndpointEnabled", "/dataEndpointEnabled"),
    ("PublicNetworkAccess", "/publicNetworkAccess"),
    ("NetworkRuleBypassOption", "/networkRuleBypassOptions"),
    ("NetworkRuleSetDefaultAction", "/networkRuleSet/defaultAction"),
    ("ZoneRedundancy", "/zoneRedundancy"),
    ("EncryptionStatus", "/encryption/status"),
    ("QuarantinePolicyStatus", "/policies/quarantinePolicy/status"),
    ("TrustPolicyStatus", "/policies/trustPolicy/status"),
    ("RetentionPolicyStatus", "/policies/retentionPolicy/status"),
    ("ExportPolicyStatus", "/policies/exportPolicy/status"),
    ("SoftDeletePolicyStatus", "/policies/softDeletePolicy/status"),
];

/// The properties of `IRegistry`. What is not known is null, so that scripts always find the key.
pub fn object(registry: &Registry) -> Value {
    let SystemData {
        created_by,
        created_by_type,
        created_at,
        last_modified_by,
        last_modified_by_type,
        last_modified_at,
    } = registry.system_data.clone().unwrap_or_default();
    let sku = registry.sku.clone().unwrap_or_default();
    let mut object = json!({
        "Name": registry.name,
        "Id": registry.id,
        "Type": registry.resource_type,
        "ResourceGroupName": registry.id.as_deref().and_then(resource_group),
        "Location": registry.location,
        "SkuName": sku.name,
        "SkuTier": sku.tier,
        "Tag": registry.tags,
    });
    if let Some(members) = object.as_object_mut() {
        let properties = registry.properties.clone().unwrap_or_default();
        for (name, path) in PROPERTIES {
            members.insert(name.to_owned(), properties.pointer(path).cloned().unwrap_or_default());
        }
        for (name, value) in [
            ("SystemDataCreatedAt", created_at),
            ("SystemDataCreatedBy", created_by),
            ("SystemDataCreatedByType", created_by_type),
            ("SystemDataLastModifiedAt", last_modified_at),
            ("SystemDataLastModifiedBy", last_modified_by),
            ("SystemDataLastModifiedByType", last_modified_by_type),
        ] {
            members.insert(name.to_owned(), json!(value));
        }
    }
    object
}

/// One limit, and how much of it is used.
pub fn usage(usage: &Usage) -> Value {
    json!({ "CurrentValue": usage.current_value, "Limit": usage.limit, "Name": usage.name, "Unit": usage.unit })
}
