//! `Remove-AzContainerRegistryToken`.

use super::TOKEN;
use crate::cmdlet::binder::Spec;
use crate::cmdlet::parameter::{JOB_PARAMETERS, PROFILE_PARAMETERS};
use crate::cmdlets::{Cmdlet, Does, Example, Running, children, naming};
use crate::output::tokens::TOKENS;

/// `Remove-AzContainerRegistryToken`
pub static REMOVE: Cmdlet = Cmdlet {
    spec: Spec {
        name: "Remove-AzContainerRegistryToken",
        sets: &["Delete", "DeleteViaIdentity"],
        declared: &[
            &[
                naming::name("The name of the token.", &["TokenName"], &["Delete"]),
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
    synopsis: "Deletes a token from a container registry.",
    operation: "TokensDelete",
    inputs: &["Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Models.IContainerRegistryIdentity"],
    outputs: &["System.Boolean"],
    view: &TOKENS,
    examples: &[Example {
        title: "Remove a token",
        code: "Remove-AzContainerRegistryToken -Name token2 -RegistryName lnxcr -ResourceGroupName lnxtest",
        output: "",
        remarks: "",
    }],
    does: Does::Asks(|call| -> Running<'_> { Box::pin(async move { children::remove(call, TOKEN).await.into() }) }),
};
