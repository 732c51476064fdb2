//! The cmdlets for resource groups, with the words of `Az.Resources`: without a group there is no registry.

use super::call::{Call, Outcome};
use super::{Cmdlet, Does, Example, Running, children};
use crate::client::address::Address;
use crate::cmdlet::binder::Spec;
use crate::cmdlet::parameter::{JOB_PARAMETERS, PROFILE_PARAMETERS, Parameter};
use crate::cmdlet::types::Kind;
use crate::cmdlets::naming;
use crate::failure::Failure;
use crate::output::resource_groups::{RESOURCE_GROUPS, object};
use serde_json::Value;
use std::collections::BTreeMap;
use wire::arm::resource_groups::ResourceGroup;

const MODEL: &str = "Microsoft.Azure.Commands.ResourceManager.Cmdlets.SdkModels.PSResourceGroup";

const NAME: &str = "The name of the resource group.";
const ALIASES: &[&str] = &["ResourceGroupName"];
const ID: Parameter = Parameter::mandatory("Id", Kind::Text, "The resource ID of the resource group.")
    .or(&["ResourceGroupId", "ResourceId"]);

/// `New-AzResourceGroup`
pub static NEW: Cmdlet = Cmdlet {
    spec: Spec {
        name: "New-AzResourceGroup",
        sets: &["Create"],
        declared: &[
            &[
                naming::name(NAME, ALIASES, &[]),
                Parameter::mandatory("Location", Kind::Text, "The location of the resource group, such as westus."),
                Parameter::optional("Tag", Kind::Dictionary, "The tags of the resource group.").or(&["Tags"]),
                Parameter::optional("Force", Kind::Switch, "Updates a resource group that is there already."),
                naming::subscription(&[]),
            ],
            PROFILE_PARAMETERS,
        ],
        positional: &["Name", "Location"],
        should_process: true,
    },
    synopsis: "Creates an Azure resource group.",
    operation: "ResourceGroupsCreateOrUpdate",
    inputs: &[],
    outputs: &[MODEL],
    view: &RESOURCE_GROUPS,
    examples: &[Example {
        title: "Create a resource group",
        code: "New-AzResourceGroup -Name lnxtest -Location westus",
        output: "",
        remarks: "A registry can be made in it then: New-AzContainerRegistry.",
    }],
    does: Does::Asks(|call| -> Running<'_> { Box::pin(async move { create(call).await.into() }) }),
};

/// `Get-AzResourceGroup`
pub static GET: Cmdlet = Cmdlet {
    spec: Spec {
        name: "Get-AzResourceGroup",
        sets: &["GetByName", "GetById"],
        declared: &[
            &[
                Parameter::optional("Name", Kind::Text, NAME).or(ALIASES).within(&["GetByName"]),
                Parameter::optional("Location", Kind::Text, "Only groups in this location.").within(&["GetByName"]),
                Parameter::optional("Tag", Kind::Dictionary, "Only groups that have these tags.")
                    .or(&["Tags"])
                    .within(&["GetByName"]),
                naming::subscription(&["GetByName"]),
                ID.within(&["GetById"]),
            ],
            PROFILE_PARAMETERS,
        ],
        positional: &["Name", "Location"],
        should_process: false,
    },
    synopsis: "Gets resource groups.",
    operation: "ResourceGroupsGet",
    inputs: &[],
    outputs: &[MODEL],
    view: &RESOURCE_GROUPS,
    examples: &[Example { title: "List the resource groups", code: "Get-AzResourceGroup", output: "", remarks: "" }],
    does: Does::Asks(|call| -> Running<'_> { Box::pin(async move { get(call).await.into() }) }),
};

/// `Remove-AzResourceGroup`
pub static REMOVE: Cmdlet = Cmdlet {
    spec: Spec {
        name: "Remove-AzResourceGroup",
        sets: &["RemoveByName", "RemoveById"],
        declared: &[
            &[
                naming::name(NAME, ALIASES, &["RemoveByName"]),
                naming::subscription(&["RemoveByName"]),
                ID.within(&["RemoveById"]),
                Parameter::optional("Force", Kind::Switch, "Removes without asking for confirmation."),
                naming::pass_through(),
            ],
            PROFILE_PARAMETERS,
            JOB_PARAMETERS,
        ],
        positional: &["Name"],
        should_process: true,
    },
    synopsis: "Removes a resource group, with everything in it.",
    operation: "ResourceGroupsDelete",
    inputs: &[],
    outputs: &["System.Boolean"],
    view: &RESOURCE_GROUPS,
    examples: &[Example {
        title: "Remove a resource group without being asked",
        code: "Remove-AzResourceGroup -Name lnxtest -Force",
        output: "",
        remarks: "Its registries go with it.",
    }],
    does: Does::Asks(|call| -> Running<'_> {
        Box::pin(async move {
            let removed = async { children::delete(call, &address(&call).await?).await };
            removed.await.into()
        })
    }),
};

/// The group that is named, by `-Id` or by `-Name`.
///
/// Errors: the id is not one of a resource group.
async fn address(call: &Call<'_>) -> Result<Address, Failure> {
    let Some(id) = call.text("Id") else {
        let name = call.text("Name").unwrap_or_default();
        return Ok(Address::resource_group(&call.subscription().await?, name)?);
    };
    match id.trim_matches('/').split('/').collect::<Vec<_>>().as_slice() {
        [subscriptions, subscription, groups, group]
            if subscriptions.eq_ignore_ascii_case("subscriptions") && groups.eq_ignore_ascii_case("resourceGroups") =>
        {
            Ok(Address::resource_group(subscription, group)?)
        }
        _ => Err(Failure::usage(format!("'{id}' is not the id of a resource group."))
            .hint("Such an id is /subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}.")),
    }
}

fn tags(call: &Call<'_>) -> Option<BTreeMap<String, String>> {
    let given = call.bound.get("Tag").and_then(Value::as_object)?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Some(given.iter().map(|(name, value)| (name.clone(), text(value))).collect())
}

async fn create(call: Call<'_>) -> Result<Outcome, Failure> {
    let address = address(&call).await?;
    if !call.bound.is_on("Force") && call.client.find::<ResourceGroup>(&address).await?.is_some() {
        let name = call.text("Name").unwrap_or_default();
        return Err(Failure::usage(format!("The resource group '{name}' exists already; nothing was changed."))
            .hint("-Force updates it: its tags become those of -Tag."));
    }
    let body = ResourceGroup {
        location: call.text("Location").map(str::to_owned),
        tags: tags(&call),
        ..ResourceGroup::default()
    };
    Ok(Outcome::one(object(&call.client.put(&address, &body).await?.ended?)))
}

async fn get(call: Call<'_>) -> Result<Outcome, Failure> {
    let one = call.bound.has("Id") || call.bound.has("Name");
    let mut groups: Vec<ResourceGroup> = if one {
        vec![call.client.get(&address(&call).await?).await?]
    } else {
        call.client.list(&Address::resource_groups(&call.subscription().await?)?).await?
    };
    // `West US` and `westus` are one location.
    let canonical = |location: &str| location.split_whitespace().collect::<String>().to_ascii_lowercase();
    if let Some(wanted) = call.text("Location") {
        groups.retain(|group| canonical(group.location.as_deref().unwrap_or_default()) == canonical(wanted));
    }
    if let Some(wanted) = tags(&call) {
        groups.retain(|group| {
            let has = |(name, value): (&String, &String)| {
                group.tags.iter().flatten().any(|(known, held)| known.eq_ignore_ascii_case(name) && held == value)
            };
            wanted.iter().all(has)
        });
    }
    let objects: Vec<Value> = groups.iter().map(object).collect();
    Ok(if one && objects.len() == 1 { Outcome { objects, ..Outcome::nothing() } } else { Outcome::many(objects) })
}
