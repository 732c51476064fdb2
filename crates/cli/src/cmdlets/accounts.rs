//! `Connect-AzAccount` and `Disconnect-AzAccount`: a login that is tried, and kept as a context.

use super::call::{Call, Here, Outcome};
use super::contexts::{CONTEXTS, object};
use super::{Cmdlet, Does, Example, Running};
use crate::client::address::Address;
use crate::cmdlet::binder::{Bound, Spec};
use crate::cmdlet::parameter::Parameter;
use crate::cmdlet::types::{Kind, Property, Shape, Wire};
use crate::contexts::{Context, Contexts, KeptLogin, KeptSecret, LOCAL, absolute};
use crate::destination::{Chosen, Destination};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::transport::cloud::Cloud;
use crate::transport::http::{self, HttpTransport};
use crate::transport::login::Login;
use crate::transport::login::entra::Entra;
use serde_json::Value;
use std::path::Path;
use wire::arm::List;
use wire::arm::subscriptions::Subscription;

const MODEL: &str = "Microsoft.Azure.Commands.Profile.Models.Core.PSAzureProfile";
const PRINCIPAL: &[&str] = &["ServicePrincipalWithSubscriptionId"];
const CERTIFICATE: &[&str] = &["ServicePrincipalCertificateFileWithSubscriptionId"];
const PRINCIPALS: &[&str] =
    &["ServicePrincipalWithSubscriptionId", "ServicePrincipalCertificateFileWithSubscriptionId"];
const IDENTITY: &[&str] = &["ManagedServiceLogin"];
const TOKEN: &[&str] = &["AccessTokenWithSubscriptionId"];
const PERSON: &[&str] = &["UserWithSubscriptionId"];
const TENANTED: &[&str] = &[
    "ServicePrincipalWithSubscriptionId",
    "ServicePrincipalCertificateFileWithSubscriptionId",
    "UserWithSubscriptionId",
];
/// The cloud of who names none, as in Az.
const CLOUD_DEFAULT: &str = "AzureCloud";

/// User and password.
pub(super) static CREDENTIAL: Shape = Shape {
    type_name: "System.Management.Automation.PSCredential",
    properties: &[
        Property::of("UserName", Kind::Text, "The client id."),
        Property::of("Password", Kind::Text, "The secret."),
    ],
    from_text: None,
    wire: Wire::SAME,
};

/// `Connect-AzAccount`
pub static CONNECT: Cmdlet = Cmdlet {
    spec: Spec {
        name: "Connect-AzAccount",
        sets: &[
            "ServicePrincipalWithSubscriptionId",
            "ManagedServiceLogin",
            "AccessTokenWithSubscriptionId",
            "UserWithSubscriptionId",
            "ServicePrincipalCertificateFileWithSubscriptionId",
        ],
        declared: &[&[
            Parameter::optional("ServicePrincipal", Kind::Switch, "Signs in as a service principal.").within(PRINCIPALS),
            Parameter::mandatory("ApplicationId", Kind::Text, "The client id of the service principal.").within(CERTIFICATE),
            Parameter::mandatory(
                "CertificatePath",
                Kind::Text,
                "The PEM file with its certificate and key, which stays where it is.",
            )
            .within(CERTIFICATE),
            Parameter::mandatory(
                "Credential",
                Kind::Object(&CREDENTIAL),
                "Client id and secret of the service principal. In a shell better @file.json: others can see the words of a command.",
            )
            .within(PRINCIPAL)
            .secret(),
            Parameter::mandatory("Identity", Kind::Switch, "Signs in as the managed identity of this machine.")
                .or(&["MSI", "ManagedService"])
                .within(IDENTITY),
            Parameter::mandatory(
                "UseDeviceAuthentication",
                Kind::Switch,
                "Signs a person in with a code that is entered in a browser. Its refresh token is kept with the context.",
            )
            .or(&["DeviceCode", "DeviceAuth", "Device"])
            .within(PERSON),
            Parameter::mandatory("AccessToken", Kind::Text, "A bearer that was got elsewhere.").within(TOKEN).secret(),
            Parameter::optional("AccountId", Kind::Text, "The client id of the managed identity, when there are several; or whose the access token is, which is shown.")
                .within(&["ManagedServiceLogin", "AccessTokenWithSubscriptionId"]),
            Parameter::optional("Tenant", Kind::Text, "The tenant.")
                .or(&["Domain", "TenantId"])
                .within(TENANTED),
            Parameter::optional("Environment", Kind::Text, "The cloud, also one that `portcullis context add --cloud-metadata` has added; --endpoint URL in its place is a server.")
                .or(&["EnvironmentName"])
                .default("AzureCloud"),
            Parameter::optional("Subscription", Kind::Text, "The subscription of commands that name none.")
                .or(&["SubscriptionId", "SubscriptionName"]),
            Parameter::optional("ContextName", Kind::Text, "What to call the context.").default("the cloud or host"),
            Parameter::optional("Force", Kind::Switch, "Replaces a context of the same name."),
        ]],
        positional: &[],
        should_process: true,
    },
    synopsis: "Signs in to Azure or to a server, and keeps that as the current context.",
    operation: "Connect",
    inputs: &[],
    outputs: &[MODEL],
    view: &CONTEXTS,
    examples: &[
        Example {
            title: "Sign in to a server as a service principal",
            code: "Connect-AzAccount -ServicePrincipal -Credential @principal.json --endpoint https://portcullis.example",
            output: "",
            remarks: "The file holds {\"UserName\": \"CLIENT ID\", \"Password\": \"SECRET\"}.",
        },
        Example {
            title: "Sign in to Azure as the machine's identity",
            code: "Connect-AzAccount -Identity -Environment AzureUSGovernment",
            output: "",
            remarks: "",
        },
    ],
    does: Does::Asks(|call| -> Running<'_> { Box::pin(async move { connect(call).await.into() }) }),
};

/// `Disconnect-AzAccount`
pub static DISCONNECT: Cmdlet = Cmdlet {
    spec: Spec {
        name: "Disconnect-AzAccount",
        sets: &["AccountNameOrId"],
        declared: &[&[Parameter::optional("ContextName", Kind::Text, "The context.").default("the current one")]],
        positional: &["ContextName"],
        should_process: true,
    },
    synopsis: "Forgets a context with its secrets; commands go to the local store again when it was the current one.",
    operation: "Disconnect",
    inputs: &[],
    outputs: &[MODEL],
    view: &CONTEXTS,
    examples: &[],
    does: Does::Here(|call| disconnect(call).into()),
};

/// The context that the words describe.
///
/// Errors: there is no such cloud; the endpoint is none; the name is none.
fn described(bound: &Bound, environment: &Environment) -> Result<Context, Failure> {
    let (endpoint, custom_cloud, name) = match (&bound.options.destination.endpoint, bound.text("Environment")) {
        (Some(_), None) if bound.is_on("UseDeviceAuthentication") => {
            return Err(Failure::usage("-UseDeviceAuthentication is for Azure's clouds, and --endpoint is a server.")
                .hint("A server is signed in to with -ServicePrincipal -Credential."));
        }
        (Some(_), Some(_)) => return Err(Failure::usage("-Environment is a cloud and --endpoint a server: name one.")),
        (Some(endpoint), None) => {
            let endpoint = http::checked_endpoint(endpoint)?;
            let name = endpoint.split_once("://").map_or(endpoint.as_str(), |(_, host)| host).replace(['[', ']'], "");
            (endpoint, None, name)
        }
        (None, cloud) => {
            let (endpoint, custom) = Contexts::read(environment)?.cloud(cloud.unwrap_or(CLOUD_DEFAULT))?;
            let known = Cloud::of_endpoint(&endpoint).map(|cloud| cloud.name.clone().into_owned());
            let name = custom.as_ref().map(|cloud| cloud.name.clone()).or(known).unwrap_or_default();
            (endpoint, custom, name)
        }
    };
    let name = bound.text("ContextName").map_or(name, str::to_owned);
    Context::check_name(&name)?;
    let subscription_id = bound.text("Subscription").map(str::to_owned);
    // A person signs in when it is known that all else is right.
    let login = if bound.is_on("UseDeviceAuthentication") { None } else { Some(login(bound)?) };
    Ok(Context { name, endpoint: Some(endpoint), custom_cloud, data: None, subscription_id, login })
}

fn login(bound: &Bound) -> Result<KeptLogin, Failure> {
    if bound.is_on("Identity") {
        return Ok(KeptLogin::ManagedIdentity { client_id: bound.text("AccountId").map(str::to_owned) });
    }
    if let (Some(client_id), Some(file)) = (bound.text("ApplicationId"), bound.text("CertificatePath")) {
        let (tenant_id, client_id) = (bound.text("Tenant").map(str::to_owned), client_id.to_owned());
        return Ok(KeptLogin::Certificate { tenant_id, client_id, path: absolute(Path::new(file))? });
    }
    if let Some(token) = bound.text("AccessToken") {
        return Ok(KeptLogin::AccessToken {
            access_token: KeptSecret::from(token.to_owned()),
            account_id: bound.text("AccountId").map(str::to_owned),
        });
    }
    let member = |name: &str| {
        let value = bound.get("Credential").and_then(|credential| credential.get(name)).and_then(Value::as_str);
        value.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    match (member("UserName"), member("Password")) {
        (Some(client_id), Some(secret)) => Ok(KeptLogin::ServicePrincipal {
            tenant_id: bound.text("Tenant").map(str::to_owned),
            client_id,
            client_secret: KeptSecret::from(secret),
        }),
        _ => Err(Failure::usage("-Credential needs both UserName and Password.")),
    }
}

/// Where `Connect-AzAccount` goes: to what it describes, whatever is current.
pub(super) fn chosen(bound: &Bound, environment: &Environment) -> Result<Chosen, Failure> {
    let options = &bound.options.destination;
    if options.data.is_some() || options.context.is_some() || options.credentials_file.is_some() {
        return Err(Failure::usage("Connect-AzAccount takes no --data, --context or --credentials-file.")
            .hint("`portcullis context use NAME` chooses a context that is there."));
    }
    let context = described(bound, environment)?;
    let principal = match context.cloud().filter(|_| bound.is_on("UseDeviceAuthentication")) {
        // The person signs in later; until then nothing is sent.
        Some(cloud) => Login::Entra(Entra::chain(&cloud, environment)),
        None => context.login(environment, None)?,
    };
    let destination = Destination::Server { endpoint: context.endpoint.clone().unwrap_or_default(), principal };
    Ok(Chosen { destination, by: CONNECT.name().to_owned(), subscription_id: None })
}

async fn connect(call: Call<'_>) -> Result<Outcome, Failure> {
    let mut context = described(call.bound, call.environment)?;
    let mut contexts = Contexts::read(call.environment)?;
    if !call.bound.is_on("Force") && contexts.find(&context.name).is_ok_and(|known| known.endpoint != context.endpoint)
    {
        return Err(Failure::usage(format!("The context '{}' is there already, and leads elsewhere.", context.name))
            .hint("Name the new one with -ContextName, or replace it with -Force."));
    }
    let seen: List<Subscription> = if call.bound.is_on("UseDeviceAuthentication") {
        let bearer = context.sign_in_with_code(call.text("Tenant"), call.client.sleeper(), call.say).await?;
        // Others may have been added while the person was waited for.
        contexts = Contexts::read(call.environment)?;
        let endpoint = context.endpoint.clone().unwrap_or_default();
        let transport = HttpTransport::new(&endpoint, Login::Bearer(bearer))?;
        call.client.over(&transport).get(&Address::subscriptions()).await?
    } else {
        call.client.get(&Address::subscriptions()).await?
    };
    match (&context.subscription_id, seen.value.as_slice()) {
        (Some(wanted), all) if !all.iter().any(|known| known.subscription_id.eq_ignore_ascii_case(wanted)) => {
            return Err(Failure::refused(format!("The login works, and may not see the subscription '{wanted}'.")));
        }
        (None, []) => call.warn("The login works, and may see no subscription.".to_owned()),
        (None, [only]) => context.subscription_id = Some(only.subscription_id.clone()),
        (None, several) => call.warn(format!(
            "There are {} subscriptions: name one with -SubscriptionId, or choose one with Set-AzContext -Subscription.",
            several.len()
        )),
        (Some(_), _) => {}
    }
    contexts.current = Some(context.name.clone());
    let shown = object(&context, call.environment);
    contexts.put(context);
    contexts.write(call.environment)?;
    Ok(Outcome::one(shown))
}

fn disconnect(call: &Here<'_>) -> Result<Outcome, Failure> {
    let mut contexts = Contexts::read(call.environment)?;
    let name =
        call.bound.text("ContextName").map_or_else(|| contexts.current().map(|it| it.name), |it| Ok(it.to_owned()))?;
    if name.eq_ignore_ascii_case(LOCAL) {
        return Err(Failure::usage("Nobody is signed in: the current context is the local store."));
    }
    let removed = contexts.remove(&name)?;
    contexts.write(call.environment)?;
    Ok(Outcome::one(object(&removed, call.environment)))
}
