//! `Get-AzContainerRegistryToken`.

use super::TOKEN;
use crate::cmdlet::binder::Spec;
use crate::cmdlet::parameter::PROFILE_PARAMETERS;
use crate::cmdlets::{Cmdlet, Does, Example, Running, children, naming};
use crate::output::tokens::{TOKENS, object};
use wire::arm::tokens::Token;

const BY_NAME: &[&str] = &["List", "Get"];

/// `Get-AzContainerRegistryToken`
pub static GET: Cmdlet = Cmdlet {
    spec: Spec {
        name: "Get-AzContainerRegistryToken",
        sets: &["List", "Get", "GetViaIdentity"],
        declared: &[
            &[
                naming::name("The name of the token.", &["TokenName"], &["Get"]),
                naming::registry_name(BY_NAME),
                naming::resource_group(BY_NAME),
                naming::subscriptions(BY_NAME),
                naming::identity(&["GetViaIdentity"]),
            ],
            PROFILE_PARAMETERS,
        ],
        positional: &[],
        should_process: false,
    },
    synopsis: "Gets the properties of the specified token.",
    operation: "TokensGet",
    inputs: &["Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Models.IContainerRegistryIdentity"],
    outputs: &["Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Models.Api20220201Preview.IToken"],
    view: &TOKENS,
    examples: &[
        Example {
            title: "List the tokens of a registry",
            code: "Get-AzContainerRegistryToken -RegistryName lnxcr -ResourceGroupName lnxtest",
            output: "",
            remarks: "",
        },
        Example {
            title: "Disable every token of a registry",
            code: "Get-AzContainerRegistryToken -RegistryName lnxcr -ResourceGroupName lnxtest | Update-AzContainerRegistryToken -Status disabled",
            output: "",
            remarks: "",
        },
    ],
    does: Does::Asks(|call| -> Running<'_> {
        Box::pin(async move { children::get::<Token>(call, TOKEN, object).await.into() })
    }),
};
