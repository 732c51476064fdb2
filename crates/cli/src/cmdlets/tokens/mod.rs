//! The cmdlets for tokens, and what they have in common.

mod get;
mod new;
mod remove;
mod update;

pub use get::GET;
pub use new::NEW;
pub use remove::REMOVE;
pub use update::UPDATE;

use super::call::{Call, Child};
use super::certificates;
use crate::client::address::RegistryPlace;
use crate::failure::Failure;
use crate::output::tokens::object;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use wire::arm::tokens::{Token, TokenCertificate, TokenCredentials, TokenPassword, TokenProperties};

/// A token below a registry.
pub const TOKEN: Child = Child { member: "TokenName", segment: "tokens", variable: "tokenName" };

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

/// Whether a password was just made.
pub fn has_value(token: &Token) -> bool {
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
pub fn merge(token: &mut Token, generated: Vec<TokenPassword>) {
    let before = passwords(token).cloned().unwrap_or_default();
    let credentials = &mut token.properties.get_or_insert_default().credentials;
    let merged = generated.into_iter().map(|password| {
        let known = before.iter().find(|known| known.name == password.name).and_then(|known| known.value.clone());
        TokenPassword { value: password.value.clone().or(known), ..password }
    });
    credentials.get_or_insert_default().passwords = Some(merged.collect());
}
