//! The cmdlets for registries.

mod properties;

use super::call::{Call, Outcome};
use super::{Cmdlet, Does, Example, Running, children, naming};
use crate::client::ClientError;
use crate::client::address::{Address, RegistryPlace};
use crate::cmdlet::binder::Spec;
use crate::cmdlet::parameter::{JOB_PARAMETERS, PROFILE_PARAMETERS, Parameter};
use crate::cmdlet::types::Kind;
use crate::failure::Failure;
use crate::output::objects::{Column, View};
use crate::output::registries::{REGISTRIES, USAGES, object, usage};
use properties::{
    LOCATION_PARAMETER, NEW_SKU_PARAMETER, PROPERTIES, SKU_PARAMETER, ZONE_PARAMETER, identity, properties,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use wire::arm::List;
use wire::arm::registries::{NameCheck, NameStatus, RESOURCE_TYPE, Registry, Sku, Usage};

const IDENTITY: &str = "Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Models.IContainerRegistryIdentity";
const MODEL: &str = "Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Models.Api20220201Preview.IRegistry";

const NAME: &str = "The name of the container registry.";
const ALIASES: &[&str] = &["RegistryName", "ResourceName", "ContainerRegistryName"];

/// `New-AzContainerRegistry`
pub static NEW: Cmdlet = Cmdlet {
    spec: Spec {
        name: "New-AzContainerRegistry",
        sets: &["CreateExpanded"],
        declared: &[
            &[
                naming::name(NAME, ALIASES, &[]),
                naming::resource_group(&[]),
                LOCATION_PARAMETER,
                SKU_PARAMETER,
                naming::subscription(&[]),
                ZONE_PARAMETER,
            ],
            PROPERTIES,
            PROFILE_PARAMETERS,
            JOB_PARAMETERS,
        ],
        positional: &[],
        should_process: true,
    },
    synopsis: "Creates a container registry with the specified parameters.",
    operation: "RegistriesCreate",
    inputs: &[],
    outputs: &[MODEL],
    view: &REGISTRIES,
    examples: &[Example {
        title: "Create a container registry",
        code: "New-AzContainerRegistry -Name lnxcr -ResourceGroupName lnxtest -Location westus -Sku Basic",
        output: "",
        remarks: "",
    }],
    does: Does::Asks(|call| -> Running<'_> { Box::pin(async move { create(call).await.into() }) }),
};

/// `Get-AzContainerRegistry`
pub static GET: Cmdlet = Cmdlet {
    spec: Spec {
        name: "Get-AzContainerRegistry",
        sets: &["List2", "Get", "GetViaIdentity", "List1"],
        declared: &[
            &[
                naming::name(NAME, ALIASES, &["Get"]),
                naming::resource_group(&["Get", "List1"]),
                naming::subscriptions(&["Get", "List1", "List2"]),
                naming::identity(&["GetViaIdentity"]),
                Parameter::optional("IncludeDetail", Kind::Switch, "Adds the usage of the registry."),
            ],
            PROFILE_PARAMETERS,
        ],
        positional: &[],
        should_process: false,
    },
    synopsis: "Gets the properties of the specified container registry.",
    operation: "RegistriesGet",
    inputs: &[IDENTITY],
    outputs: &[MODEL],
    view: &REGISTRIES,
    examples: &[Example {
        title: "List the registries of a resource group",
        code: "Get-AzContainerRegistry -ResourceGroupName lnxtest",
        output: "",
        remarks: "",
    }],
    does: Does::Asks(|call| -> Running<'_> { Box::pin(async move { get(call).await.into() }) }),
};

/// `Update-AzContainerRegistry`
pub static UPDATE: Cmdlet = Cmdlet {
    spec: Spec {
        name: "Update-AzContainerRegistry",
        sets: &["UpdateExpanded", "UpdateViaIdentityExpanded"],
        declared: &[
            &[
                naming::name(NAME, ALIASES, &["UpdateExpanded"]),
                naming::resource_group(&["UpdateExpanded"]),
                naming::subscription(&["UpdateExpanded"]),
                naming::identity(&["UpdateViaIdentityExpanded"]),
                NEW_SKU_PARAMETER,
            ],
            PROPERTIES,
            PROFILE_PARAMETERS,
            JOB_PARAMETERS,
        ],
        positional: &[],
        should_process: true,
    },
    synopsis: "Updates a container registry with the specified parameters.",
    operation: "RegistriesUpdate",
    inputs: &[IDENTITY],
    outputs: &[MODEL],
    view: &REGISTRIES,
    examples: &[Example {
        title: "Enable the admin user",
        code: "Update-AzContainerRegistry -Name lnxcr -ResourceGroupName lnxtest -EnableAdminUser",
        output: "",
        remarks: "'-EnableAdminUser:$false' disables it again.",
    }],
    does: Does::Asks(|call| -> Running<'_> { Box::pin(async move { update(call).await.into() }) }),
};

/// `Remove-AzContainerRegistry`
pub static REMOVE: Cmdlet = Cmdlet {
    spec: Spec {
        name: "Remove-AzContainerRegistry",
        sets: &["Delete", "DeleteViaIdentity"],
        declared: &[
            &[
                naming::name(NAME, ALIASES, &["Delete"]),
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
    synopsis: "Deletes a container registry.",
    operation: "RegistriesDelete",
    inputs: &[IDENTITY],
    outputs: &["System.Boolean"],
    view: &REGISTRIES,
    examples: &[Example {
        title: "Remove a container registry",
        code: "Remove-AzContainerRegistry -Name lnxcr -ResourceGroupName lnxtest",
        output: "",
        remarks: "",
    }],
    does: Does::Asks(|call| -> Running<'_> {
        Box::pin(async move {
            let removed = async {
                let address = call.place().await?.registry_address()?;
                children::delete(call, &address).await
            };
            removed.await.into()
        })
    }),
};

/// `Test-AzContainerRegistryNameAvailability`
pub static TEST_NAME: Cmdlet = Cmdlet {
    spec: Spec {
        name: "Test-AzContainerRegistryNameAvailability",
        sets: &["CheckExpanded"],
        declared: &[&[naming::name(NAME, &[], &[]), naming::subscription(&[])], PROFILE_PARAMETERS],
        positional: &[],
        should_process: true,
    },
    synopsis: "Checks whether the container registry name is available for use.",
    operation: "RegistriesCheckNameAvailability",
    inputs: &[],
    outputs: &["Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Models.Api20220201Preview.IRegistryNameStatus"],
    view: &View {
        columns: &[Column::right("NameAvailable"), Column::text("Reason"), Column::text("Message")],
        whole: false,
    },
    examples: &[Example {
        title: "Check a name",
        code: "Test-AzContainerRegistryNameAvailability -Name lnxcr",
        output: "",
        remarks: "",
    }],
    does: Does::Asks(|call| -> Running<'_> { Box::pin(async move { test_name(call).await.into() }) }),
};

/// `Get-AzContainerRegistryUsage`
pub static GET_USAGE: Cmdlet = Cmdlet {
    spec: Spec {
        name: "Get-AzContainerRegistryUsage",
        sets: &["List"],
        declared: &[
            &[
                Parameter::mandatory("RegistryName", Kind::Text, NAME).or(&["Name"]),
                naming::resource_group(&[]),
                naming::subscriptions(&[]),
            ],
            PROFILE_PARAMETERS,
        ],
        positional: &[],
        should_process: false,
    },
    synopsis: "Gets the quota usages for the specified container registry.",
    operation: "RegistriesListUsages",
    inputs: &[],
    outputs: &["Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Models.Api20220201Preview.IRegistryUsage"],
    view: &USAGES,
    examples: &[Example {
        title: "Get the usage of a registry",
        code: "Get-AzContainerRegistryUsage -RegistryName lnxcr -ResourceGroupName lnxtest",
        output: "",
        remarks: "",
    }],
    does: Does::Asks(|call| -> Running<'_> { Box::pin(async move { get_usage(call).await.into() }) }),
};

/// Only what was given.
fn body(call: &Call<'_>) -> Registry {
    let tags = call.bound.get("Tag").and_then(Value::as_object).map(|tags| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        tags.iter().map(|(name, value)| (name.clone(), text(value))).collect::<BTreeMap<_, _>>()
    });
    Registry {
        sku: call.text("Sku").map(|name| Sku { name: Some(name.to_owned()), tier: None }),
        location: call.text("Location").map(str::to_owned),
        tags,
        identity: identity(call),
        properties: Some(properties(call)),
        ..Registry::default()
    }
}

async fn create(call: Call<'_>) -> Result<Outcome, Failure> {
    let address = call.place().await?.registry_address()?;
    let without_group = |error| group_missing(&call, error);
    if call.bound.is_on("NoWait") {
        let (_, target) = call.client.put_and_leave(&address, &body(&call)).await.map_err(without_group)?;
        return Ok(Outcome::left(json!({ "Target": target })));
    }
    let registry = call.client.put(&address, &body(&call)).await.map_err(without_group)?.ended?;
    Ok(Outcome::one(object(&registry)))
}

/// Says how a group is made, when that is what is missing.
fn group_missing(call: &Call<'_>, error: ClientError) -> Failure {
    let missing = matches!(&error, ClientError::Refused { code, .. } if code == "ResourceGroupNotFound");
    let failure = Failure::from(error);
    let group = call.text("ResourceGroupName").unwrap_or_default();
    let location = call.text("Location").unwrap_or("westus");
    if missing {
        failure.hint(format!("Make it first: portcullis New-AzResourceGroup -Name {group} -Location {location}"))
    } else {
        failure
    }
}

async fn update(call: Call<'_>) -> Result<Outcome, Failure> {
    let address = call.place().await?.registry_address()?;
    if call.bound.is_on("NoWait") {
        let (_, target) = call.client.patch_and_leave::<_, Registry>(&address, &body(&call)).await?;
        return Ok(Outcome::left(json!({ "Target": target })));
    }
    let registry: Registry = call.client.patch(&address, &body(&call)).await?.ended?;
    Ok(Outcome::one(object(&registry)))
}

async fn get(call: Call<'_>) -> Result<Outcome, Failure> {
    let one = call.bound.has("InputObject") || call.bound.has("Name");
    let mut found: Vec<Registry> = Vec::new();
    if call.bound.has("InputObject") {
        found.push(call.client.get(&call.place().await?.registry_address()?).await?);
    } else {
        for place in call.places("Name").await? {
            if one {
                found.push(call.client.get(&place.registry_address()?).await?);
            } else if call.bound.has("ResourceGroupName") {
                found.extend(call.client.list::<Registry>(&place.registries_of_group_address()?).await?);
            } else {
                found.extend(call.client.list::<Registry>(&Address::registries(&place.subscription_id)?).await?);
            }
        }
    }
    let mut objects = Vec::new();
    for registry in &found {
        let mut shown = object(registry);
        if call.bound.is_on("IncludeDetail")
            && let Some(members) = shown.as_object_mut()
        {
            let place =
                super::call::parse_id(registry.id.as_deref().unwrap_or_default(), None).map(|parts| parts.place);
            let usages = match place {
                Some(place) => usages(call, &place).await?,
                None => Vec::new(),
            };
            members.insert("Usage".to_owned(), Value::Array(usages));
        }
        objects.push(shown);
    }
    Ok(if one && objects.len() == 1 { Outcome { objects, ..Outcome::nothing() } } else { Outcome::many(objects) })
}

async fn usages(call: Call<'_>, place: &RegistryPlace) -> Result<Vec<Value>, Failure> {
    let list: List<Usage> = call.client.get(&place.children_address("listUsages")?).await?;
    Ok(list.value.iter().map(usage).collect())
}

async fn get_usage(call: Call<'_>) -> Result<Outcome, Failure> {
    let mut objects = Vec::new();
    for place in call.places("RegistryName").await? {
        objects.extend(usages(call, &place).await?);
    }
    Ok(Outcome::many(objects))
}

async fn test_name(call: Call<'_>) -> Result<Outcome, Failure> {
    let address = Address::name_check(&call.subscription().await?)?;
    let check = NameCheck { name: call.text("Name").map(str::to_owned), resource_type: Some(RESOURCE_TYPE.to_owned()) };
    let status: NameStatus = call.client.post(&address, &check).await?;
    Ok(Outcome::one(json!({
        "NameAvailable": status.name_available,
        "Reason": status.reason,
        "Message": status.message,
    })))
}
