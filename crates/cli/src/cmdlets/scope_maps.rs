//! The cmdlets for scope maps.

use super::call::{Call, Child, Outcome};
use super::{Cmdlet, Does, Example, Running, children, naming};
use crate::cmdlet::binder::Spec;
use crate::cmdlet::parameter::{JOB_PARAMETERS, PROFILE_PARAMETERS, Parameter};
use crate::cmdlet::types::Kind;
use crate::failure::Failure;
use crate::output::scope_maps::{SCOPE_MAPS, object};
use serde_json::{Value, json};
use wire::arm::scope_maps::{ScopeMap, ScopeMapProperties};

/// A scope map below a registry.
pub const SCOPE_MAP: Child = Child { member: "ScopeMapName", segment: "scopeMaps", variable: "scopeMapName" };

const IDENTITY: &str = "Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Models.IContainerRegistryIdentity";
const MODEL: &str = "Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Models.Api20220201Preview.IScopeMap";

const NAME: &str = "The name of the scope map.";
const ALIASES: &[&str] = &["ScopeMapName"];
const ACTION: &str =
    "The list of scoped permissions for registry artifacts, such as repositories/app/web/content/read.";
const DESCRIPTION: &str = "The user friendly description of the scope map.";

/// `New-AzContainerRegistryScopeMap`
pub static NEW: Cmdlet = Cmdlet {
    spec: Spec {
        name: "New-AzContainerRegistryScopeMap",
        sets: &["CreateExpanded"],
        declared: &[
            &[
                naming::name(NAME, ALIASES, &[]),
                naming::registry_name(&[]),
                naming::resource_group(&[]),
                naming::subscription(&[]),
                Parameter::optional("Action", Kind::Texts, ACTION),
                Parameter::optional("Description", Kind::Text, DESCRIPTION),
            ],
            PROFILE_PARAMETERS,
            JOB_PARAMETERS,
        ],
        positional: &[],
        should_process: true,
    },
    synopsis: "Creates a scope map for a container registry with the specified parameters.",
    operation: "ScopeMapsCreate",
    inputs: &[],
    outputs: &[MODEL],
    view: &SCOPE_MAPS,
    examples: &[Example {
        title: "Create a scope map that pulls and pushes",
        code: "New-AzContainerRegistryScopeMap -Name newmap -RegistryName lnxcr -ResourceGroupName lnxtest \
               -Action repositories/samples/*/content/read,repositories/samples/*/content/write",
        output: "",
        remarks: "",
    }],
    does: Does::Asks(|call| -> Running<'_> { Box::pin(async move { create(call).await.into() }) }),
};

/// `Get-AzContainerRegistryScopeMap`
pub static GET: Cmdlet = Cmdlet {
    spec: Spec {
        name: "Get-AzContainerRegistryScopeMap",
        sets: &["List", "Get", "GetViaIdentity"],
        declared: &[
            &[
                naming::name(NAME, ALIASES, &["Get"]),
                naming::registry_name(&["List", "Get"]),
                naming::resource_group(&["List", "Get"]),
                naming::subscriptions(&["List", "Get"]),
                naming::identity(&["GetViaIdentity"]),
            ],
            PROFILE_PARAMETERS,
        ],
        positional: &[],
        should_process: false,
    },
    synopsis: "Gets the properties of the specified scope map.",
    operation: "ScopeMapsGet",
    inputs: &[IDENTITY],
    outputs: &[MODEL],
    view: &SCOPE_MAPS,
    examples: &[Example {
        title: "List the scope maps of a registry",
        code: "Get-AzContainerRegistryScopeMap -RegistryName lnxcr -ResourceGroupName lnxtest",
        output: "",
        remarks: "",
    }],
    does: Does::Asks(|call| -> Running<'_> {
        Box::pin(async move { children::get::<ScopeMap>(call, SCOPE_MAP, object).await.into() })
    }),
};

/// `Update-AzContainerRegistryScopeMap`
pub static UPDATE: Cmdlet = Cmdlet {
    spec: Spec {
        name: "Update-AzContainerRegistryScopeMap",
        sets: &["UpdateExpanded", "UpdateViaIdentityExpanded"],
        declared: &[
            &[
                naming::name(NAME, ALIASES, &["UpdateExpanded"]),
                naming::registry_name(&["UpdateExpanded"]),
                naming::resource_group(&["UpdateExpanded"]),
                naming::subscription(&["UpdateExpanded"]),
                naming::identity(&["UpdateViaIdentityExpanded"]),
                Parameter::optional("Action", Kind::Texts, ACTION),
                Parameter::optional("Description", Kind::Text, DESCRIPTION),
            ],
            PROFILE_PARAMETERS,
            JOB_PARAMETERS,
        ],
        positional: &[],
        should_process: true,
    },
    synopsis: "Updates a scope map with the specified parameters.",
    operation: "ScopeMapsUpdate",
    inputs: &[IDENTITY],
    outputs: &[MODEL],
    view: &SCOPE_MAPS,
    examples: &[Example {
        title: "Replace the actions of a scope map",
        code: "Update-AzContainerRegistryScopeMap -Name newmap -RegistryName lnxcr -ResourceGroupName lnxtest \
               -Action repositories/samples/*/content/read",
        output: "",
        remarks: "",
    }],
    does: Does::Asks(|call| -> Running<'_> { Box::pin(async move { update(call).await.into() }) }),
};

/// `Remove-AzContainerRegistryScopeMap`
pub static REMOVE: Cmdlet = Cmdlet {
    spec: Spec {
        name: "Remove-AzContainerRegistryScopeMap",
        sets: &["Delete", "DeleteViaIdentity"],
        declared: &[
            &[
                naming::name(NAME, ALIASES, &["Delete"]),
                naming::registry_name(&["Delete"]),
                naming::resource_group(&["Delete"]),
                naming::subscription(&["Delete"]),
                naming::identity(&["DeleteViaIdentity"]),
                naming::pass_through(),
            ],
            PROFILE_PARAMETERS,
            JOB_PARAMETERS,
        ],
        positional: &[],
        should_process: true,
    },
    synopsis: "Deletes a scope map from a container registry.",
    operation: "ScopeMapsDelete",
    inputs: &[IDENTITY],
    outputs: &["System.Boolean"],
    view: &SCOPE_MAPS,
    examples: &[Example {
        title: "Remove a scope map",
        code: "Remove-AzContainerRegistryScopeMap -Name newmap -RegistryName lnxcr -ResourceGroupName lnxtest",
        output: "",
        remarks: "",
    }],
    does: Does::Asks(|call| -> Running<'_> { Box::pin(async move { children::remove(call, SCOPE_MAP).await.into() }) }),
};

/// Only what was given.
fn body(call: &Call<'_>) -> ScopeMap {
    let texts = |value: &Value| {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    let properties = ScopeMapProperties {
        description: call.text("Description").map(str::to_owned),
        actions: call.bound.get("Action").map(texts),
        ..ScopeMapProperties::default()
    };
    ScopeMap { properties: Some(properties), ..ScopeMap::default() }
}

async fn create(call: Call<'_>) -> Result<Outcome, Failure> {
    let (place, name) = call.child(SCOPE_MAP).await?;
    let address = place.scope_map_address(&name)?;
    if call.bound.is_on("NoWait") {
        let (_, target) = call.client.put_and_leave(&address, &body(&call)).await?;
        return Ok(Outcome::left(json!({ "Target": target })));
    }
    let scope_map = call.client.put(&address, &body(&call)).await?.ended?;
    Ok(Outcome::one(object(&scope_map)))
}

async fn update(call: Call<'_>) -> Result<Outcome, Failure> {
    let (place, name) = call.child(SCOPE_MAP).await?;
    let address = place.scope_map_address(&name)?;
    if call.bound.is_on("NoWait") {
        let (_, target) = call.client.patch_and_leave::<_, ScopeMap>(&address, &body(&call)).await?;
        return Ok(Outcome::left(json!({ "Target": target })));
    }
    let scope_map: ScopeMap = call.client.patch(&address, &body(&call)).await?.ended?;
    Ok(Outcome::one(object(&scope_map)))
}
