//! `Update-AzContainerRegistryToken`.

use super::{Given, TOKEN, has_value, keep_values, left};
use crate::cmdlet::binder::Spec;
use crate::cmdlet::parameter::{JOB_PARAMETERS, PROFILE_PARAMETERS, Parameter};
use crate::cmdlet::types::{Kind, TOKEN_CERTIFICATE, TOKEN_PASSWORD, TOKEN_STATUS};
use crate::cmdlets::call::{Call, Outcome};
use crate::cmdlets::{Cmdlet, Does, Example, Running, naming};
use crate::failure::Failure;
use crate::output::tokens::{TOKENS, object};
use wire::arm::tokens::Token;

const BY_NAME: &[&str] = &["UpdateExpanded"];

/// `Update-AzContainerRegistryToken`
pub static UPDATE: Cmdlet = Cmdlet {
    spec: Spec {
        name: "Update-AzContainerRegistryToken",
        sets: &["UpdateExpanded", "UpdateViaIdentityExpanded"],
        declared: &[
            &[
                naming::name("The name of the token.", &["TokenName"], BY_NAME),
                naming::registry_name(BY_NAME),
                naming::resource_group(BY_NAME),
                naming::subscription(BY_NAME),
                naming::identity(&["UpdateViaIdentityExpanded"]),
                Parameter::optional(
                    "CredentialsCertificate",
                    Kind::Objects(&TOKEN_CERTIFICATE),
                    "The certificates that the token is to have.",
                ),
                Parameter::optional(
                    "CredentialsPassword",
                    Kind::Objects(&TOKEN_PASSWORD),
                    "The passwords that the token is to have: one that it has is kept, one that is not named is removed.",
                ),
                Parameter::optional(
                    "ScopeMapId",
                    Kind::Text,
                    "The resource ID of the scope map to which the token will be associated with. Here also the name of one of \
                     the same registry.",
                ),
                Parameter::optional(
                    "Status",
                    Kind::Word(&TOKEN_STATUS),
                    "The status of the token example enabled or disabled.",
                ),
            ],
            PROFILE_PARAMETERS,
            JOB_PARAMETERS,
        ],
        positional: &[],
        should_process: true,
    },
    synopsis: "Updates a token with the specified parameters.",
    operation: "TokensUpdate",
    inputs: &["Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Models.IContainerRegistryIdentity"],
    outputs: &["Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Models.Api20220201Preview.IToken"],
    view: &TOKENS,
    examples: &[Example {
        title: "Disable a token",
        code: "Update-AzContainerRegistryToken -Name token2 -RegistryName lnxcr -ResourceGroupName lnxtest -Status disabled",
        output: "",
        remarks: "",
    }],
    does: Does::Asks(|call| -> Running<'_> { Box::pin(async move { update(call).await.into() }) }),
};

async fn update(call: Call<'_>) -> Result<Outcome, Failure> {
    let (place, name) = call.child(TOKEN).await?;
    let properties = Given::of(|member| call.bound.get(member)).properties(&call, &place)?;
    let body = Token { properties: Some(properties), ..Token::default() };
    let address = place.token_address(&name)?;
    if call.bound.is_on("NoWait") {
        let (answered, target) = call.client.patch_and_leave(&address, &body).await?;
        return Ok(Outcome::left(left(&target, &answered)));
    }
    let put = call.client.patch::<_, Token>(&address, &body).await?;
    Ok(match put.ended {
        Ok(mut token) => {
            keep_values(&put.answered, &mut token);
            Outcome::one(object(&token))
        }
        Err(error) if has_value(&put.answered) => Outcome::one(object(&put.answered)).and_failed(error.into()),
        Err(error) => Outcome::failed(error),
    })
}
