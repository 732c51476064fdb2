//! `New-AzContainerRegistryToken`: the four parameter sets of the reference page.

use super::{Given, TOKEN, has_value, keep_values, left, merge};
use crate::client::address::RegistryPlace;
use crate::client::{ClientError, Service};
use crate::cmdlet::binder::Spec;
use crate::cmdlet::parameter::{JOB_PARAMETERS, PROFILE_PARAMETERS, Parameter};
use crate::cmdlet::types::{self, Kind, TOKEN_CERTIFICATE, TOKEN_PASSWORD, TOKEN_STATUS};
use crate::cmdlets::call::{Call, Outcome};
use crate::cmdlets::{Cmdlet, Does, Example, Running, naming};
use crate::failure::Failure;
use crate::output::tokens::{CREATED, object};
use wire::arm::credentials::{GenerateCredentials, GeneratedCredentials};
use wire::arm::tokens::{Token, TokenPassword, TokenProperties};

const BY_NAME: &[&str] = &["CreateExpanded", "Create"];
const VIA_IDENTITY: &[&str] = &["CreateViaIdentity", "CreateViaIdentityExpanded"];
const EXPANDED: &[&str] = &["CreateExpanded", "CreateViaIdentityExpanded"];
const WHOLE: &[&str] = &["Create", "CreateViaIdentity"];

/// What comes of the reference page's example, as the page shows it.
const PAGE_OUTPUT: &str = "\
Name   SystemDataCreatedAt SystemDataCreatedBy       SystemDataCreatedByType SystemDataLastModifiedAt SystemDataLa
                                                                                                      stModifiedBy
----   ------------------- -------------------       ----------------------- ------------------------ ------------
token 01/20/2023 05:14:16  user@microsoft.com User                01/20/2023 05:14:16                       user
";

/// The cmdlet of the reference page.
pub static NEW: Cmdlet = Cmdlet {
    spec: Spec {
        name: "New-AzContainerRegistryToken",
        sets: &["CreateExpanded", "Create", "CreateViaIdentity", "CreateViaIdentityExpanded"],
        declared: &[
            &[
                naming::name("The name of the token.", &["TokenName"], BY_NAME),
                naming::registry_name(BY_NAME),
                naming::resource_group(BY_NAME),
                naming::subscription(BY_NAME),
                naming::identity(VIA_IDENTITY),
                Parameter::mandatory(
                    "TokenCreateParameter",
                    Kind::Object(&types::TOKEN),
                    "An object that represents a token for a container registry.",
                )
                .within(WHOLE)
                .piped(),
                Parameter::optional(
                    "CredentialsCertificate",
                    Kind::Objects(&TOKEN_CERTIFICATE),
                    "The certificates of the token.",
                )
                .within(EXPANDED),
                Parameter::optional(
                    "CredentialsPassword",
                    Kind::Objects(&TOKEN_PASSWORD),
                    "The passwords of the token: made in the same step, each value shown once.",
                )
                .within(EXPANDED),
                Parameter::optional(
                    "ScopeMapId",
                    Kind::Text,
                    "The resource ID of the scope map to which the token will be associated with. Here also the name of one of \
                     the same registry.",
                )
                .within(EXPANDED),
                Parameter::optional(
                    "Status",
                    Kind::Word(&TOKEN_STATUS),
                    "The status of the token example enabled or disabled.",
                )
                .within(EXPANDED),
            ],
            PROFILE_PARAMETERS,
            JOB_PARAMETERS,
        ],
        positional: &[],
        should_process: true,
    },
    synopsis: "Creates a token for a container registry with the specified parameters.",
    operation: "TokensCreate",
    inputs: &[
        "Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Models.Api20220201Preview.IToken",
        "Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Models.IContainerRegistryIdentity",
    ],
    outputs: &["Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Models.Api20220201Preview.IToken"],
    view: &CREATED,
    examples: &[
        Example {
            title: "Create new token for certain container registry",
            code: "New-AzContainerRegistryToken -Name token2 -RegistryName lnxcr -ResourceGroupName lnxtest -ScopeMapId \
                   /subscriptions/9e223dbe-3399-4e19-88eb-0975f02ac87f/resourceGroups/lnxtest/providers/Microsoft.ContainerRegistry/registries/lnxcr/scopeMaps/newmap",
            output: PAGE_OUTPUT,
            remarks: "Create new token for certain container registry",
        },
        Example {
            title: "Name a scope map of the same registry by its name alone",
            code: "New-AzContainerRegistryToken -Name token2 -RegistryName lnxcr -ResourceGroupName lnxtest -ScopeMapId newmap",
            output: "",
            remarks: "",
        },
        Example {
            title: "Create a token with a password, in one step",
            code: "New-AzContainerRegistryToken -Name token3 -RegistryName lnxcr -ResourceGroupName lnxtest -ScopeMapId newmap \
                   -CredentialsPassword \"@{Name='password1'; Expiry='2027-01-01T00:00:00Z'}\"",
            output: "",
            remarks: "The value is shown once and cannot be read again.",
        },
        Example {
            title: "Create a token from a file",
            code: "New-AzContainerRegistryToken -Name token4 -RegistryName lnxcr -ResourceGroupName lnxtest \
                   -TokenCreateParameter @token.json",
            output: "",
            remarks: "The file holds {\"ScopeMapId\": \"newmap\", \"Status\": \"disabled\"}.",
        },
    ],
    does: Does::Asks(|call| -> Running<'_> { Box::pin(async move { create(call).await.into() }) }),
};

async fn create(call: Call<'_>) -> Result<Outcome, Failure> {
    let (place, name) = call.child(TOKEN).await?;
    let given = match call.bound.get("TokenCreateParameter") {
        Some(token) => Given::of(|member| token.get(member)),
        None => Given::of(|member| call.bound.get(member)),
    };
    let new = NewToken { call, properties: given.properties(&call, &place)?, place, name };
    new.create().await
}

struct NewToken<'a> {
    call: Call<'a>,
    place: RegistryPlace,
    name: String,
    properties: TokenProperties,
}

impl NewToken<'_> {
    /// Makes the token. Azure makes no password in a PUT (management-api.md, section 0, point 11): there they are generated after it.
    async fn create(mut self) -> Result<Outcome, Failure> {
        let afterwards = match (self.call.client.service(), self.properties.credentials.as_mut()) {
            (Service::Azure, Some(credentials)) => credentials.passwords.take().unwrap_or_default(),
            _ => Vec::new(),
        };
        if self.properties.credentials.as_ref().is_some_and(|it| it.passwords.is_none() && it.certificates.is_none()) {
            self.properties.credentials = None;
        }
        let address = self.place.token_address(&self.name)?;
        let body = Token { properties: Some(self.properties.clone()), ..Token::default() };
        if self.call.bound.is_on("NoWait") {
            if !afterwards.is_empty() {
                return Err(Failure::usage("-NoWait and -CredentialsPassword cannot be used together on Azure.")
                    .hint("Azure makes passwords when the token is there: create it first, then New-AzContainerRegistryCredentials."));
            }
            let (answered, target) =
                self.call.client.put_and_leave(&address, &body).await.map_err(|error| self.failure(error))?;
            return Ok(Outcome::left(left(&target, &answered)));
        }
        let put = self.call.client.put(&address, &body).await.map_err(|error| self.failure(error))?;
        match put.ended {
            Ok(mut token) => {
                keep_values(&put.answered, &mut token);
                Ok(self.generate(token, &afterwards).await)
            }
            Err(error) => {
                let failure = self.failure(error);
                // A password that was made is shown even when waiting for the end fails: its value would be lost.
                let made = has_value(&put.answered);
                Ok(if made {
                    Outcome::one(object(&put.answered)).and_failed(failure)
                } else {
                    Outcome::failed(failure)
                })
            }
        }
    }

    /// Generates passwords one by one. What exists when one fails is said, and what was made before it is shown.
    async fn generate(&self, mut token: Token, passwords: &[TokenPassword]) -> Outcome {
        for password in passwords {
            let request = GenerateCredentials {
                token_id: Some(self.place.token_id(&self.name)),
                expiry: password.expiry.clone(),
                name: password.name.clone(),
            };
            let generated: Result<GeneratedCredentials, ClientError> = match self.place.generate_credentials_address() {
                Ok(address) => self.call.client.post(&address, &request).await,
                Err(error) => Err(error.into()),
            };
            match generated {
                Ok(generated) => merge(&mut token, generated.passwords),
                Err(error) => {
                    let what = password.name.as_deref().unwrap_or("its passwords");
                    let failure = Failure::from(error).hint(format!(
                        "The token '{}' exists, without {what}. To make it: New-AzContainerRegistryCredentials -TokenId {}",
                        self.name,
                        self.place.token_id(&self.name)
                    ));
                    return Outcome::one(object(&token)).and_failed(failure);
                }
            }
        }
        Outcome::one(object(&token))
    }

    fn failure(&self, error: ClientError) -> Failure {
        let failure = Failure::from(error.clone());
        match (&self.properties.status, error) {
            (Some(status), ClientError::Refused { message, .. })
                if !TOKEN_STATUS.known.contains(&status.as_str()) && message.contains(status) =>
            {
                failure.hint("-Status is enabled or disabled.")
            }
            _ => failure,
        }
    }
}
