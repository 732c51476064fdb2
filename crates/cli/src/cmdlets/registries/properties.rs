//! What a registry may be given: each parameter, and the member of the request that it becomes.

use crate::cmdlet::parameter::Parameter;
use crate::cmdlet::types::{Kind, Property, Shape, Wire, Words};
use crate::cmdlets::call::Call;
use serde_json::{Map, Value, json};

macro_rules! words {
    ($name:ident, $type_name:literal, [$($word:literal),*]) => {
        static $name: Words = Words {
            type_name: concat!("Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Support.", $type_name),
            known: &[$($word),*],
        };
    };
}

words!(SKU, "SkuName", ["Basic", "Standard", "Premium", "Classic"]);
words!(POLICY, "PolicyStatus", ["enabled", "disabled"]);
words!(EXPORT, "ExportPolicyStatus", ["enabled", "disabled"]);
words!(ENCRYPTION, "EncryptionStatus", ["enabled", "disabled"]);
words!(AS_ARM, "AzureAdAuthenticationAsArmPolicyStatus", ["enabled", "disabled"]);
words!(PUBLIC, "PublicNetworkAccess", ["Enabled", "Disabled"]);
words!(ZONES, "ZoneRedundancy", ["Enabled", "Disabled"]);
words!(BYPASS, "NetworkRuleBypassOptions", ["AzureServices", "None"]);
words!(DEFAULT_ACTION, "DefaultAction", ["Allow", "Deny"]);
words!(RULE_ACTION, "Action", ["Allow"]);
words!(TRUST, "TrustPolicyType", ["Notary"]);
words!(
    IDENTITY_TYPE,
    "ResourceIdentityType",
    ["SystemAssigned", "UserAssigned", "SystemAssigned, UserAssigned", "None"]
);

static IP_RULE: Shape = Shape {
    type_name: "Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Models.Api20220201Preview.IIPRule",
    properties: &[
        Property::of("Action", Kind::Word(&RULE_ACTION), "The action of IP ACL rule."),
        Property::of(
            "IPAddressOrRange",
            Kind::Text,
            "Specifies the IP or IP range in CIDR format. Only IPV4 address is allowed.",
        ),
    ],
    from_text: Some("IPAddressOrRange"),
    wire: Wire::SAME,
};

/// `-Sku`, needed to create a registry.
pub(super) const SKU_PARAMETER: Parameter =
    Parameter::mandatory("Sku", Kind::Word(&SKU), "The SKU name of the container registry.");
/// `-Sku`, as a change.
pub(super) const NEW_SKU_PARAMETER: Parameter =
    Parameter::optional("Sku", Kind::Word(&SKU), "The SKU name of the container registry.");
/// `-Location`
pub(super) const LOCATION_PARAMETER: Parameter =
    Parameter::mandatory("Location", Kind::Text, "The location of the resource. It cannot be changed later.");
/// `-ZoneRedundancy`, which only creation takes.
pub(super) const ZONE_PARAMETER: Parameter =
    Parameter::optional("ZoneRedundancy", Kind::Word(&ZONES), "Whether zone redundancy is enabled for the registry.");

/// What creation and change have in common.
pub(super) static PROPERTIES: &[Parameter] = &[
    Parameter::optional(
        "AnonymousPullEnabled",
        Kind::Switch,
        "Enables registry-wide pull from unauthenticated clients.",
    ),
    Parameter::optional(
        "AzureAdAuthenticationAsArmPolicyStatus",
        Kind::Word(&AS_ARM),
        "Whether the policy is enabled.",
    ),
    Parameter::optional("DataEndpointEnabled", Kind::Switch, "Enables a single data endpoint per region."),
    Parameter::optional("EnableAdminUser", Kind::Switch, "Whether the admin user is enabled."),
    Parameter::optional("EncryptionStatus", Kind::Word(&ENCRYPTION), "Whether encryption is enabled for the registry."),
    Parameter::optional("ExportPolicyStatus", Kind::Word(&EXPORT), "Whether the policy is enabled."),
    Parameter::optional("IdentityPrincipalId", Kind::Text, "The principal ID of the resource's identity."),
    Parameter::optional("IdentityTenantId", Kind::Text, "The tenant ID of the resource."),
    Parameter::optional("IdentityType", Kind::Word(&IDENTITY_TYPE), "The identity type."),
    Parameter::optional(
        "IdentityUserAssignedIdentity",
        Kind::Dictionary,
        "The user identities, by their resource ids.",
    ),
    Parameter::optional(
        "KeyVaultPropertyIdentity",
        Kind::Text,
        "The client id of the identity that reads the key vault.",
    ),
    Parameter::optional("KeyVaultPropertyKeyIdentifier", Kind::Text, "The key vault's uri of the encryption key."),
    Parameter::optional("NetworkRuleBypassOption", Kind::Word(&BYPASS), "Whether trusted Azure services may get in."),
    Parameter::optional(
        "NetworkRuleSetDefaultAction",
        Kind::Word(&DEFAULT_ACTION),
        "The default action of allow or deny when no other rules match.",
    ),
    Parameter::optional("NetworkRuleSetIPRule", Kind::Objects(&IP_RULE), "The IP ACL rules."),
    Parameter::optional("PublicNetworkAccess", Kind::Word(&PUBLIC), "Whether public network access is allowed."),
    Parameter::optional("QuarantinePolicyStatus", Kind::Word(&POLICY), "Whether the policy is enabled."),
    Parameter::optional("RetentionPolicyDay", Kind::Number, "How many days an untagged manifest is kept."),
    Parameter::optional("RetentionPolicyStatus", Kind::Word(&POLICY), "Whether the policy is enabled."),
    Parameter::optional("SoftDeletePolicyRetentionDay", Kind::Number, "After how many days what was deleted is gone."),
    Parameter::optional("SoftDeletePolicyStatus", Kind::Word(&POLICY), "Whether the policy is enabled."),
    Parameter::optional("Tag", Kind::Dictionary, "The tags of the resource.").or(&["Tags"]),
    Parameter::optional("TrustPolicyStatus", Kind::Word(&POLICY), "Whether the policy is enabled."),
    Parameter::optional("TrustPolicyType", Kind::Word(&TRUST), "The type of trust policy."),
];

/// Where each goes below `properties`.
const PATHS: [(&str, &[&str]); 18] = [
    ("AnonymousPullEnabled", &["anonymousPullEnabled"]),
    ("AzureAdAuthenticationAsArmPolicyStatus", &["policies", "azureADAuthenticationAsArmPolicy", "status"]),
    ("DataEndpointEnabled", &["dataEndpointEnabled"]),
    ("EnableAdminUser", &["adminUserEnabled"]),
    ("EncryptionStatus", &["encryption", "status"]),
    ("ExportPolicyStatus", &["policies", "exportPolicy", "status"]),
    ("KeyVaultPropertyIdentity", &["encryption", "keyVaultProperties", "identity"]),
    ("KeyVaultPropertyKeyIdentifier", &["encryption", "keyVaultProperties", "keyIdentifier"]),
    ("NetworkRuleBypassOption", &["networkRuleBypassOptions"]),
    ("NetworkRuleSetDefaultAction", &["networkRuleSet", "defaultAction"]),
    ("PublicNetworkAccess", &["publicNetworkAccess"]),
    ("QuarantinePolicyStatus", &["policies", "quarantinePolicy", "status"]),
    ("RetentionPolicyDay", &["policies", "retentionPolicy", "days"]),
    ("RetentionPolicyStatus", &["policies", "retentionPolicy", "status"]),
    ("SoftDeletePolicyRetentionDay", &["policies", "softDeletePolicy", "retentionDays"]),
    ("SoftDeletePolicyStatus", &["policies", "softDeletePolicy", "status"]),
    ("TrustPolicyStatus", &["policies", "trustPolicy", "status"]),
    ("TrustPolicyType", &["policies", "trustPolicy", "type"]),
];

/// The `properties` of a request: only what was given.
pub(super) fn properties(call: &Call<'_>) -> Value {
    let mut properties = Map::new();
    for (parameter, path) in PATHS {
        if let Some(value) = call.bound.get(parameter) {
            put(&mut properties, path, value.clone());
        }
    }
    if let Some(zones) = call.bound.get("ZoneRedundancy") {
        put(&mut properties, &["zoneRedundancy"], zones.clone());
    }
    if let Some(Value::Array(rules)) = call.bound.get("NetworkRuleSetIPRule") {
        let rule = |rule: &Value| {
            let action = rule.get("Action").filter(|action| !action.is_null()).cloned();
            json!({ "action": action.unwrap_or_else(|| json!("Allow")), "value": rule.get("IPAddressOrRange") })
        };
        put(&mut properties, &["networkRuleSet", "ipRules"], rules.iter().map(rule).collect());
    }
    Value::Object(properties)
}

/// The `identity` of a request; `None` when nothing was given for it.
pub(super) fn identity(call: &Call<'_>) -> Option<Value> {
    let mut identity = Map::new();
    for (parameter, member) in
        [("IdentityType", "type"), ("IdentityPrincipalId", "principalId"), ("IdentityTenantId", "tenantId")]
    {
        if let Some(value) = call.bound.get(parameter) {
            identity.insert(member.to_owned(), value.clone());
        }
    }
    if let Some(Value::Object(identities)) = call.bound.get("IdentityUserAssignedIdentity") {
        let named = identities.keys().map(|id| (id.clone(), json!({}))).collect();
        identity.insert("userAssignedIdentities".to_owned(), Value::Object(named));
    }
    (!identity.is_empty()).then_some(Value::Object(identity))
}

fn put(members: &mut Map<String, Value>, path: &[&str], value: Value) {
    match path {
        [] => {}
        [last] => {
            members.insert((*last).to_owned(), value);
        }
        [first, rest @ ..] => {
            let inner = members.entry((*first).to_owned()).or_insert_with(|| json!({}));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}
