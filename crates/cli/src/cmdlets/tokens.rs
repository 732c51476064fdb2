//! `New-AzContainerRegistryToken`, parameter set CreateExpanded of the reference page.

use crate::client::address::RegistryPlace;
use crate::client::{Client, ClientError, Put};
use crate::cmdlet::binder::Bound;
use crate::cmdlet::parameter::{Parameter, Takes};
use crate::cmdlet::passwords;
use crate::failure::{EXIT_CODES_HELP, Failure};
use crate::output::{Console, Format, tokens};
use wire::arm::tokens::{Token, TokenCredentials, TokenPassword, TokenProperties};

/// The cmdlet's name.
pub const NAME: &str = "New-AzContainerRegistryToken";

/// What PowerShell completes `-Status` with. The enum is open: anything is sent, and the service decides.
const STATUSES: [&str; 2] = ["enabled", "disabled"];

/// Every parameter of the page, in alphabetical order, which is the order of PowerShell's messages.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::not_yet("AsJob", Takes::Switch),
    Parameter::not_yet("Confirm", Takes::Switch).or(&["cf"]),
    Parameter::not_yet("CredentialsCertificate", Takes::Value("ITokenCertificate[]")),
    Parameter::optional("CredentialsPassword", "ITokenPassword[]"),
    Parameter::not_yet("DefaultProfile", Takes::Value("System.Management.Automation.PSObject"))
        .or(&["AzureRMContext", "AzureCredential"]),
    Parameter::not_yet("InputObject", Takes::Value("IContainerRegistryIdentity")),
    Parameter::mandatory("Name", "System.String").or(&["TokenName"]),
    Parameter::not_yet("NoWait", Takes::Switch),
    Parameter::mandatory("RegistryName", "System.String"),
    Parameter::mandatory("ResourceGroupName", "System.String"),
    Parameter::optional("ScopeMapId", "System.String"),
    Parameter::optional("Status", "TokenStatus"),
    Parameter::optional("SubscriptionId", "System.String"),
    Parameter::not_yet("TokenCreateParameter", Takes::Value("IToken")),
    Parameter::not_yet("WhatIf", Takes::Switch).or(&["wi"]),
];

/// What the help says.
pub fn help() -> String {
    format!(
        "\
{NAME}: creates a token for a container registry.

{NAME} -Name <String> -RegistryName <String> -ResourceGroupName <String>
 [-SubscriptionId <String>] [-ScopeMapId <String>] [-Status <TokenStatus>]
 [-CredentialsPassword <ITokenPassword[]>]

Parameters, in any case, by name, alias or unambiguous prefix, as -Name value or -Name:value:
  -Name, -TokenName      The name of the token.
  -RegistryName          The name of the container registry.
  -ResourceGroupName     The name of the resource group to which the registry belongs.
  -SubscriptionId        The subscription's id. Default: the only one there is.
  -ScopeMapId            The scope map's full resource id, or the name of one of the same registry.
  -Status                enabled (default) or disabled.
  -CredentialsPassword   Passwords to make in the same step; their values are shown once. For example
                         \"@{{Name='password1'; Expiry='2027-01-01T00:00:00Z'}}\", several with commas between
                         them, or JSON. A date without an offset is UTC.

Options:
  -o, --output FORM          json, yaml, tsv or table. Default: table on a terminal, one line of JSON on a pipe.
      --endpoint URL         The management API to talk to (or PORTCULLIS_ENDPOINT). Default: the local store.
      --data DIR             The data folder of the local store (or PORTCULLIS_DATA).
      --credentials-file FILE  The service principal for --endpoint, as {{\"tenantId\",\"clientId\",\"clientSecret\"}}.
                             Default: PORTCULLIS_CLIENT_ID, PORTCULLIS_CLIENT_SECRET and PORTCULLIS_TENANT_ID,
                             else service-principal.json in the data folder.
  -?, --help                 This text.

{EXIT_CODES_HELP}
"
    )
}

/// What the words ask for.
#[derive(Debug, Clone, Default)]
pub struct NewToken {
    name: String,
    registry: String,
    resource_group: String,
    subscription_id: Option<String>,
    scope_map: Option<String>,
    status: Option<String>,
    passwords: Option<Vec<TokenPassword>>,
}

impl NewToken {
    /// From bound words. Errors: the value of a parameter is none, in PowerShell's words.
    pub fn from_bound(mut bound: Bound) -> Result<Self, String> {
        let passwords = match bound.take("CredentialsPassword") {
            Some(text) => passwords::parse(&text)
                .map_err(|error| format!("Cannot bind parameter 'CredentialsPassword'. {error}"))?,
            None => None,
        };
        Ok(Self {
            name: bound.take("Name").unwrap_or_default(),
            registry: bound.take("RegistryName").unwrap_or_default(),
            resource_group: bound.take("ResourceGroupName").unwrap_or_default(),
            subscription_id: bound.take("SubscriptionId"),
            scope_map: bound.take("ScopeMapId"),
            status: bound.take("Status").map(|status| canonical_status(&status)),
            passwords,
        })
    }

    /// Makes the token and shows it.
    ///
    /// A password that was made is shown even when waiting for the end fails: its value would be lost.
    pub async fn run(&self, client: Client<'_>, format: Format, console: &mut Console<'_>) -> Result<(), Failure> {
        let Put { answered, ended } = self.put(client).await.map_err(|error| self.failure(error))?;
        match ended {
            Ok(mut token) => {
                keep_values(&answered, &mut token);
                tokens::show(&token, format, console)
            }
            Err(error) => {
                if !tokens::new_passwords(&answered).is_empty() {
                    tokens::show(&answered, format, console)?;
                }
                Err(self.failure(error))
            }
        }
    }

    async fn put(&self, client: Client<'_>) -> Result<Put<Token>, ClientError> {
        let subscription_id = match &self.subscription_id {
            Some(id) => id.clone(),
            None => client.only_subscription().await?,
        };
        let place = RegistryPlace {
            subscription_id,
            resource_group: self.resource_group.clone(),
            registry: self.registry.clone(),
        };
        client.put(&place.token_address(&self.name)?, &self.body(&place)).await
    }

    /// The body of the PUT: only what was given, as Az PowerShell sends it.
    fn body(&self, place: &RegistryPlace) -> Token {
        let credentials =
            self.passwords.clone().map(|passwords| TokenCredentials { certificates: None, passwords: Some(passwords) });
        let properties = TokenProperties {
            scope_map_id: self.scope_map.as_deref().map(|given| scope_map_id(given, place)),
            credentials,
            status: self.status.clone(),
            ..TokenProperties::default()
        };
        Token { properties: Some(properties), ..Token::default() }
    }

    fn failure(&self, error: ClientError) -> Failure {
        let failure = Failure::from(error.clone());
        match (&self.status, error) {
            (Some(status), ClientError::Refused { message, .. })
                if !STATUSES.contains(&status.as_str()) && message.contains(status) =>
            {
                failure.hint("-Status is enabled or disabled.")
            }
            _ => failure,
        }
    }
}

/// The two words that there are in lower case, whatever case they came in; any other as it is.
fn canonical_status(given: &str) -> String {
    let known = STATUSES.into_iter().find(|status| status.eq_ignore_ascii_case(given));
    known.unwrap_or(given).to_owned()
}

/// A bare name means a scope map of the same registry (ours: Azure wants the full id).
fn scope_map_id(given: &str, place: &RegistryPlace) -> String {
    if given.is_empty() || given.contains('/') { given.to_owned() } else { place.scope_map_id(given) }
}

/// The values of passwords stand only in the answer to the PUT, not in a later GET.
fn keep_values(answered: &Token, token: &mut Token) {
    let passwords = |token: &Token| token.properties.as_ref()?.credentials.as_ref()?.passwords.clone();
    let made = passwords(answered).unwrap_or_default();
    let current = token.properties.as_mut().and_then(|properties| properties.credentials.as_mut()?.passwords.as_mut());
    for password in current.into_iter().flatten() {
        if let Some(made) = made.iter().find(|made| made.name == password.name) {
            password.value.clone_from(&made.value);
        }
    }
}
