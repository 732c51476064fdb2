//! `New-AzContainerRegistryToken`: the four parameter sets of the reference page.

use super::call::{Call, Child, Outcome};
use super::certificates;
use super::{Cmdlet, Does, Example, Running};
use crate::client::address::RegistryPlace;
use crate::client::{ClientError, Service};
use crate::cmdlet::binder::Spec;
use crate::cmdlet::parameter::{JOB_PARAMETERS, PROFILE_PARAMETERS, Parameter};
use crate::cmdlet::types::{IDENTITY, Kind, TOKEN, TOKEN_CERTIFICATE, TOKEN_PASSWORD, TOKEN_STATUS};
use crate::failure::Failure;
use crate::output::tokens::{CREATED, object};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use wire::arm::credentials::{GenerateCredentials, GeneratedCredentials};
use wire::arm::tokens::{Token, TokenCertificate, TokenCredentials, TokenPassword, TokenProperties};

/// A token below a registry.
pub const TOKEN_CHILD: Child = Child { member: "TokenName", segment: "tokens", variable: "tokenName" };

const BY_NAME: &[&str] = &["CreateExpanded", "Create"];
const VIA_IDENTITY: &[&str] = &["CreateViaIdentity", "CreateViaIdentityExpanded"];
const EXPANDED: &[&str] = &["CreateExpanded", "CreateViaIdentityExpanded"];
const WHOLE: &[&str] = &["Create", "CreateViaIdentity"];

/// The cmdlet of the reference page.
pub static NEW: Cmdlet = Cmdlet {
    spec: Spec {
        name: "New-AzContainerRegistryToken",
        sets: &["CreateExpanded", "Create", "CreateViaIdentity", "CreateViaIdentityExpanded"],
        declared: &[
            &[
                Parameter::mandatory("Name", Kind::Text, "The name of the token.").or(&["TokenName"]).within(BY_NAME),
                Parameter::mandatory("RegistryName", Kind::Text, "The name of the container registry.").within(BY_NAME),
                Parameter::mandatory(
                    "ResourceGroupName",
                    Kind::Text,
                    "The name of the resource group to which the container registry belongs.",
                )
                .within(BY_NAME),
                Parameter::optional("SubscriptionId", Kind::Text, "The Microsoft Azure subscription ID.")
                    .within(BY_NAME)
                    .default("the only one there is"),
                Parameter::mandatory("InputObject", Kind::Object(&IDENTITY), "Identity Parameter")
                    .within(VIA_IDENTITY)
                    .piped(),
                Parameter::mandatory(
                    "TokenCreateParameter",
                    Kind::Object(&TOKEN),
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
            code: "New-AzContainerRegistryToken -Name token2 -RegistryName lnxcr -ResourceGroupName lnxtest -ScopeMapId newmap",
            output: "",
            remarks: "-ScopeMapId also takes the full resource id.",
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
    let (place, name) = call.child(TOKEN_CHILD).await?;
    let given = match call.bound.get("TokenCreateParameter") {
        Some(token) => Given::of(|member| token.get(member)),
        None => Given::of(|member| call.bound.get(member)),
    };
    let new = NewToken { call, properties: given.properties(&call, &place)?, place, name };
    new.create().await
}

/// What a caller says about a token: the members of `IToken` that are sent.
pub struct Given<'a> {
    scope_map: Option<&'a Value>,
    status: Option<&'a Value>,
    passwords: Option<&'a Value>,
    certificates: Option<&'a Value>,
}

impl<'a> Given<'a> {
    /// From what `member` gives.
    pub fn of(member: impl Fn(&str) -> Option<&'a Value>) -> Self {
        let given = |name: &str| member(name).filter(|value| !value.is_null());
        Self {
            scope_map: given("ScopeMapId"),
            status: given("Status"),
            passwords: given("CredentialsPassword"),
            certificates: given("CredentialsCertificate"),
        }
    }

    /// The properties to send: only what was given, as Az PowerShell sends it.
    pub fn properties(&self, call: &Call<'_>, place: &RegistryPlace) -> Result<TokenProperties, Failure> {
        let passwords: Option<Vec<TokenPassword>> = self.passwords.map(shapes).transpose()?;
        let mut certificates: Option<Vec<TokenCertificate>> = self.certificates.map(shapes).transpose()?;
        for certificate in certificates.iter_mut().flatten() {
            if let Some(given) = &certificate.encoded_pem_certificate {
                let encoded = certificates::encoded(given, call.session);
                let encoded = encoded.map_err(|error| Failure::usage(format!("-CredentialsCertificate: {error}")))?;
                certificate.encoded_pem_certificate = Some(encoded);
            }
        }
        let has_credentials = passwords.is_some() || certificates.is_some();
        Ok(TokenProperties {
            scope_map_id: self.scope_map.and_then(Value::as_str).map(|given| scope_map_id(given, place)),
            credentials: has_credentials.then_some(TokenCredentials { certificates, passwords }),
            status: self.status.and_then(Value::as_str).map(str::to_owned),
            ..TokenProperties::default()
        })
    }
}

/// Objects with the page's property names as shapes of the service, whose members differ in the first letter's case.
fn shapes<T: DeserializeOwned>(objects: &Value) -> Result<Vec<T>, Failure> {
    let renamed = objects.as_array().into_iter().flatten().map(|object| {
        let members = object.as_object().into_iter().flatten().map(|(name, value)| (lower_first(name), value.clone()));
        serde_json::from_value(Value::Object(members.collect::<Map<_, _>>()))
    });
    renamed
        .collect::<Result<_, _>>()
        .map_err(|error| Failure::usage(format!("The credentials cannot be written as JSON: {error}.")))
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// A bare name means a scope map of the same registry (ours: Azure wants the full id).
pub fn scope_map_id(given: &str, place: &RegistryPlace) -> String {
    if given.is_empty() || given.contains('/') { given.to_owned() } else { place.scope_map_id(given) }
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
            return Ok(Outcome::one(left(&target, &answered)).shown_as(&super::call::LEFT));
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

/// What `-NoWait` leaves: where the end can be seen, and the passwords, whose values are in no later answer.
pub fn left(target: &str, answered: &Token) -> Value {
    let mut left = json!({ "Target": target });
    if has_value(answered)
        && let Some(members) = left.as_object_mut()
    {
        let passwords = object(answered).get("CredentialsPassword").cloned().unwrap_or_default();
        members.insert("CredentialsPassword".to_owned(), passwords);
    }
    left
}

fn passwords(token: &Token) -> Option<&Vec<TokenPassword>> {
    token.properties.as_ref()?.credentials.as_ref()?.passwords.as_ref()
}

fn has_value(token: &Token) -> bool {
    passwords(token).into_iter().flatten().any(|password| password.value.is_some())
}

/// The values of passwords stand only in the answer to the PUT or PATCH, not in a later GET.
pub fn keep_values(answered: &Token, token: &mut Token) {
    let made = passwords(answered).cloned().unwrap_or_default();
    let current = token.properties.as_mut().and_then(|properties| properties.credentials.as_mut()?.passwords.as_mut());
    for password in current.into_iter().flatten() {
        if let Some(made) = made.iter().find(|made| made.name == password.name) {
            password.value.clone_from(&made.value);
        }
    }
}

/// Every password that the token now has, with the values known so far.
fn merge(token: &mut Token, generated: Vec<TokenPassword>) {
    let before = passwords(token).cloned().unwrap_or_default();
    let credentials = &mut token.properties.get_or_insert_default().credentials;
    let merged = generated.into_iter().map(|password| {
        let known = before.iter().find(|known| known.name == password.name).and_then(|known| known.value.clone());
        TokenPassword { value: password.value.clone().or(known), ..password }
    });
    credentials.get_or_insert_default().passwords = Some(merged.collect());
}
