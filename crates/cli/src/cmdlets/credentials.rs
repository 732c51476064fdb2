//! The cmdlets for passwords: generated ones of tokens, and those of the admin user.

use super::call::{Call, Identity, Outcome, parse_id};
use super::tokens::TOKEN;
use super::{Cmdlet, Does, Example, Running, naming};
use crate::client::address::RegistryPlace;
use crate::cmdlet::binder::Spec;
use crate::cmdlet::parameter::{JOB_PARAMETERS, PROFILE_PARAMETERS, Parameter};
use crate::cmdlet::types::{Kind, Property, Shape, TOKEN_PASSWORD_NAME, Wire, Words};
use crate::failure::Failure;
use crate::output::objects::{Column, View};
use serde_json::{Value, json};
use wire::arm::credentials::{GenerateCredentials, GeneratedCredentials, RegenerateCredential, RegistryCredentials};

const IDENTITY: &str = "Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Models.IContainerRegistryIdentity";
const MODEL: &str =
    "Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Models.Api20220201Preview.PSContainerRegistryCredential";

/// Never cut: the passwords of a token are shown this once.
static CREDENTIALS: View =
    View { columns: &[Column::text("Username"), Column::text("Password"), Column::text("Password2")], whole: true };

static PASSWORD_NAME: Words = Words {
    type_name: "Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Support.PasswordName",
    known: &["password", "password2"],
};

static REGENERATE: Shape = Shape {
    type_name: "Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Models.Api20220201Preview.IRegenerateCredentialParameters",
    properties: &[Property::of("Name", Kind::Word(&PASSWORD_NAME), "The password to make anew.")],
    from_text: Some("Name"),
    wire: Wire::SAME,
};

/// A registry; only its id matters.
static REGISTRY: Shape = Shape {
    type_name: "Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Models.Api20220201Preview.IRegistry",
    properties: &[Property::of("Id", Kind::Text, "The registry's resource id.")],
    from_text: Some("Id"),
    wire: Wire::SAME,
};

const BY_NAME: &[&str] = &["GenerateExpanded"];

/// `New-AzContainerRegistryCredentials`
pub static NEW: Cmdlet = Cmdlet {
    spec: Spec {
        name: "New-AzContainerRegistryCredentials",
        sets: &["GenerateExpanded", "GenerateViaIdentityExpanded"],
        declared: &[
            &[
                naming::registry_name(BY_NAME),
                naming::resource_group(BY_NAME),
                naming::subscription(BY_NAME),
                naming::identity(&["GenerateViaIdentityExpanded"]),
                Parameter::optional(
                    "TokenId",
                    Kind::Text,
                    "The resource ID of the token for which credentials have to be generated. Here also its name.",
                )
                .or(&["TokenName"]),
                Parameter::optional("Expiry", Kind::Date, "The expiry date of the generated credentials."),
                Parameter::optional(
                    "Name",
                    Kind::Word(&TOKEN_PASSWORD_NAME),
                    "The password which should be generated, password1 or password2; both when it is left out.",
                ),
            ],
            PROFILE_PARAMETERS,
            JOB_PARAMETERS,
        ],
        positional: &[],
        should_process: true,
    },
    synopsis: "Generate keys for a token of a specified container registry.",
    operation: "RegistriesGenerateCredentials",
    inputs: &[IDENTITY],
    outputs: &[MODEL],
    view: &CREDENTIALS,
    examples: &[
        Example {
            title: "Generate both passwords of a token",
            code: "New-AzContainerRegistryCredentials -TokenId token2 -RegistryName lnxcr -ResourceGroupName lnxtest",
            output: "",
            remarks: "",
        },
        Example {
            title: "Generate one password of a token that a pipe brings",
            code: "Get-AzContainerRegistryToken -Name token2 -RegistryName lnxcr -ResourceGroupName lnxtest | \
                   New-AzContainerRegistryCredentials -Name password1 -Expiry 2027-01-01",
            output: "",
            remarks: "",
        },
    ],
    does: Does::Asks(|call| -> Running<'_> { Box::pin(async move { generate(call).await.into() }) }),
};

/// `Get-AzContainerRegistryCredential`
pub static GET: Cmdlet = Cmdlet {
    spec: Spec {
        name: "Get-AzContainerRegistryCredential",
        sets: &["List", "GetByRegistry"],
        declared: &[
            &[
                Parameter::mandatory("RegistryName", Kind::Text, "The name of the container registry.")
                    .or(&["Name"])
                    .within(&["List"]),
                naming::resource_group(&["List"]),
                Parameter::mandatory("Registry", Kind::Object(&REGISTRY), "The Registry Object.")
                    .within(&["GetByRegistry"])
                    .piped(),
                naming::subscriptions(&[]),
            ],
            PROFILE_PARAMETERS,
        ],
        positional: &[],
        should_process: true,
    },
    synopsis: "Lists the login credentials for the specified container registry.",
    operation: "RegistriesListCredentials",
    inputs: &["Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Models.Api20220201Preview.IRegistry"],
    outputs: &[MODEL],
    view: &CREDENTIALS,
    examples: &[Example {
        title: "Get the passwords of the admin user",
        code: "Get-AzContainerRegistryCredential -RegistryName lnxcr -ResourceGroupName lnxtest",
        output: "",
        remarks: "The admin user has to be enabled.",
    }],
    does: Does::Asks(|call| -> Running<'_> { Box::pin(async move { list(call).await.into() }) }),
};

/// `Update-AzContainerRegistryCredential`
pub static UPDATE: Cmdlet = Cmdlet {
    spec: Spec {
        name: "Update-AzContainerRegistryCredential",
        sets: &["RegenerateExpanded", "Regenerate", "RegenerateByRegistry", "RegenerateViaIdentityExpanded"],
        declared: &[
            &[
                Parameter::mandatory("RegistryName", Kind::Text, "The name of the container registry.")
                    .or(&["Name", "ResourceName", "ContainerRegistryName"])
                    .within(&["RegenerateExpanded", "Regenerate"]),
                naming::resource_group(&["RegenerateExpanded", "Regenerate"]),
                naming::subscription(&["RegenerateExpanded", "Regenerate"]),
                naming::identity(&["RegenerateViaIdentityExpanded"]),
                Parameter::mandatory("Registry", Kind::Object(&REGISTRY), "The Registry Object.")
                    .within(&["RegenerateByRegistry"])
                    .piped(),
                Parameter::mandatory(
                    "PasswordName",
                    Kind::Word(&PASSWORD_NAME),
                    "Specifies name of the password which should be regenerated -- password or password2.",
                )
                .within(&[
                    "RegenerateExpanded",
                    "RegenerateByRegistry",
                    "RegenerateViaIdentityExpanded",
                ]),
                Parameter::mandatory(
                    "RegenerateCredentialParameter",
                    Kind::Object(&REGENERATE),
                    "The parameters used to regenerate the login credential.",
                )
                .within(&["Regenerate"])
                .piped(),
            ],
            PROFILE_PARAMETERS,
        ],
        positional: &[],
        should_process: true,
    },
    synopsis: "Regenerates one of the login credentials for the specified container registry.",
    operation: "RegistriesRegenerateCredential",
    inputs: &["Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Models.Api20220201Preview.IRegistry", IDENTITY],
    outputs: &[MODEL],
    view: &CREDENTIALS,
    examples: &[Example {
        title: "Regenerate a password of the admin user",
        code: "Update-AzContainerRegistryCredential -RegistryName lnxcr -ResourceGroupName lnxtest -PasswordName password2",
        output: "",
        remarks: "",
    }],
    does: Does::Asks(|call| -> Running<'_> { Box::pin(async move { regenerate(call).await.into() }) }),
};

async fn generate(call: Call<'_>) -> Result<Outcome, Failure> {
    if call.bound.is_on("NoWait") {
        return Err(NEW
            .mistake("-NoWait is not supported: the passwords are in the answer and in no later one.")
            .hint("Leave it out, or use -AsJob, which keeps them until Receive-Job."));
    }
    let (place, token_id) = token(call).await?;
    let request = GenerateCredentials {
        token_id: Some(token_id),
        expiry: call.text("Expiry").map(str::to_owned),
        name: call.text("Name").map(str::to_owned),
    };
    let generated: GeneratedCredentials = call.client.post(&place.generate_credentials_address()?, &request).await?;
    let value = |name: &str| {
        generated
            .passwords
            .iter()
            .find(|password| password.name.as_deref() == Some(name))
            .and_then(|it| it.value.clone())
    };
    Ok(Outcome::one(credentials(&generated.username, value("password1"), value("password2"))))
}

/// The registry, and the token's id: `-TokenId` as an id or a name, else the token that `-InputObject` is.
async fn token(call: Call<'_>) -> Result<(RegistryPlace, String), Failure> {
    let given = call.text("TokenId");
    let by_id = match given.filter(|given| given.contains('/')) {
        None => None,
        Some(id) => {
            Some(parse_id(id, Some(TOKEN)).ok_or_else(|| Failure::usage(format!("'{id}' is not the id of a token.")))?)
        }
    };
    let (place, piped) = match (call.bound.get("InputObject"), &by_id) {
        (Some(identity), _) => match Identity(identity).parts(Some(TOKEN)) {
            Ok(parts) => (parts.place, Some(parts.child)),
            Err(_) => (Identity(identity).parts(None)?.place, None),
        },
        // The id says the subscription as well.
        (None, Some(parts)) if !call.bound.has("SubscriptionId") => {
            (RegistryPlace { subscription_id: parts.place.subscription_id.clone(), ..call.named("RegistryName") }, None)
        }
        (None, _) => (call.registry("RegistryName").await?, None),
    };
    let name = by_id.as_ref().map(|parts| parts.child.as_str()).or(given);
    if let Some(other) = by_id.as_ref().map(|parts| &parts.place).filter(|other| !other.is_same(&place)) {
        return Err(elsewhere(&format!("it is in {other}"), &format!("the registry that is named, {place}")));
    }
    match (name, piped) {
        (Some(name), Some(piped)) if !name.eq_ignore_ascii_case(&piped) => {
            Err(elsewhere(&format!("it is '{name}'"), &format!("the token of -InputObject, '{piped}'")))
        }
        (Some(name), _) => Ok((place.clone(), place.token_id(name))),
        (None, Some(piped)) => Ok((place.clone(), place.token_id(&piped))),
        (None, None) => Err(Failure::usage("There is no token to generate passwords for.")
            .hint("Name it with -TokenId, by its id or its name, or bring it through a pipe.")),
    }
}

fn elsewhere(is: &str, named: &str) -> Failure {
    NEW.mistake(&format!("-TokenId names another token: {is}, not {named}."))
        .hint("-TokenId is the id, or the name of a token of that registry.")
}

async fn list(call: Call<'_>) -> Result<Outcome, Failure> {
    let places = match call.bound.get("Registry") {
        Some(registry) => vec![of_registry(call, Identity(registry).parts(None)?.place)?],
        None => call.places("RegistryName").await?,
    };
    let mut objects = Vec::new();
    for place in places {
        let answer: RegistryCredentials = call.client.post_nothing(&place.children_address("listCredentials")?).await?;
        objects.push(of_admin(&answer));
    }
    Ok(Outcome { objects, ..Outcome::nothing() })
}

/// The registry of `-Registry`, when it is in the subscription that is named as well.
fn of_registry(call: Call<'_>, place: RegistryPlace) -> Result<RegistryPlace, Failure> {
    let named = call.bound.get("SubscriptionId").and_then(Value::as_array).into_iter().flatten();
    match named.filter_map(Value::as_str).find(|id| !id.eq_ignore_ascii_case(&place.subscription_id)) {
        None => Ok(place),
        Some(other) => Err(GET
            .mistake(&format!(
                "-Registry is in the subscription '{}', and -SubscriptionId is '{other}'.",
                place.subscription_id
            ))
            .hint("Leave -SubscriptionId out: the registry's id says it.")),
    }
}

async fn regenerate(call: Call<'_>) -> Result<Outcome, Failure> {
    let place = call.place().await?;
    let whole = call.bound.get("RegenerateCredentialParameter").and_then(|it| it.get("Name")?.as_str());
    let request = RegenerateCredential { name: call.text("PasswordName").or(whole).map(str::to_owned) };
    let answer: RegistryCredentials =
        call.client.post(&place.children_address("regenerateCredential")?, &request).await?;
    Ok(Outcome::one(of_admin(&answer)))
}

fn of_admin(answer: &RegistryCredentials) -> Value {
    let value = |name: &str| answer.passwords.iter().find(|it| it.name == name).map(|it| it.value.clone());
    credentials(&answer.username, value("password"), value("password2"))
}

fn credentials(username: &str, password: Option<String>, password2: Option<String>) -> Value {
    json!({ "Username": username, "Password": password, "Password2": password2 })
}
