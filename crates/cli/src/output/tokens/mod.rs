//! A token as Az PowerShell shows it: the flat properties of `IToken`, and the table of the reference page.

use super::text::{printable, printable_line};
use super::{Console, Format, table, yaml};
use crate::cmdlet::dates::in_invariant_culture;
use crate::failure::Failure;
use serde_json::{Value, json};
use wire::arm::SystemData;
use wire::arm::tokens::{Token, TokenCertificate, TokenCredentials, TokenPassword, TokenProperties};

/// The columns of the reference page's Example 1.
const COLUMNS: [&str; 6] = [
    "Name",
    "SystemDataCreatedAt",
    "SystemDataCreatedBy",
    "SystemDataCreatedByType",
    "SystemDataLastModifiedAt",
    "SystemDataLastModifiedBy",
];

/// Writes a token to standard output. A password whose value is known is shown in every form: it is nowhere else.
pub fn show(token: &Token, format: Format, console: &mut Console<'_>) -> Result<(), Failure> {
    let text = match format {
        Format::Table => {
            let rows = [columns(token)];
            table::render(&COLUMNS, &rows, console.columns, console.colour) + &new_passwords(token)
        }
        Format::Json => pretty(&object(token)) + "\n",
        Format::JsonLines => object(token).to_string() + "\n",
        Format::Yaml => yaml::render(&object(token)),
        Format::Tsv => {
            let made = made(token).flat_map(|(name, value, _)| [name.to_owned(), value.to_owned()]);
            let fields: Vec<String> =
                columns(token).into_iter().chain(made).map(|field| printable_line(&field)).collect();
            fields.join("\t") + "\n"
        }
    };
    console.print(&text)
}

/// The block below a table: the passwords just made, whole whatever the width of the window. Empty when there are none.
pub fn new_passwords(token: &Token) -> String {
    let blocks: String = made(token)
        .map(|(name, value, expiry)| {
            let expiry = expiry.map_or_else(|| "never".to_owned(), |expiry| in_invariant_culture(expiry) + " UTC");
            printable(&format!("Name   : {name}\nValue  : {value}\nExpiry : {expiry}\n\n"))
        })
        .collect();
    if blocks.is_empty() {
        blocks
    } else {
        format!("{blocks}Keep what stands above: a value is shown this once and cannot be read again.\n\n")
    }
}

/// Name, value and expiry of each password whose value is known.
fn made(token: &Token) -> impl Iterator<Item = (&str, &str, Option<&str>)> {
    let passwords =
        token.properties.iter().filter_map(|properties| properties.credentials.as_ref()?.passwords.as_ref());
    passwords.flatten().filter_map(|password| {
        Some((password.name.as_deref().unwrap_or_default(), password.value.as_deref()?, password.expiry.as_deref()))
    })
}

fn columns(token: &Token) -> Vec<String> {
    let data = token.system_data.clone().unwrap_or_default();
    let date = |value: Option<String>| value.map(|value| in_invariant_culture(&value));
    [
        token.name.clone(),
        date(data.created_at),
        data.created_by,
        data.created_by_type,
        date(data.last_modified_at),
        data.last_modified_by,
    ]
    .into_iter()
    .map(Option::unwrap_or_default)
    .collect()
}

/// The properties of `IToken`, in the page's order where it has one. What is not known is null, so that scripts always find the key.
fn object(token: &Token) -> Value {
    let TokenProperties { creation_date, provisioning_state, scope_map_id, credentials, status } =
        token.properties.clone().unwrap_or_default();
    let TokenCredentials { certificates, passwords } = credentials.unwrap_or_default();
    let SystemData {
        created_by,
        created_by_type,
        created_at,
        last_modified_by,
        last_modified_by_type,
        last_modified_at,
    } = token.system_data.clone().unwrap_or_default();
    json!({
        "Name": token.name,
        "Id": token.id,
        "Type": token.resource_type,
        "ResourceGroupName": token.id.as_deref().and_then(resource_group),
        "CreationDate": creation_date,
        "ProvisioningState": provisioning_state,
        "ScopeMapId": scope_map_id,
        "Status": status,
        "CredentialsCertificate": certificates.unwrap_or_default().iter().map(certificate).collect::<Vec<_>>(),
        "CredentialsPassword": passwords.unwrap_or_default().iter().map(password).collect::<Vec<_>>(),
        "SystemDataCreatedAt": created_at,
        "SystemDataCreatedBy": created_by,
        "SystemDataCreatedByType": created_by_type,
        "SystemDataLastModifiedAt": last_modified_at,
        "SystemDataLastModifiedBy": last_modified_by,
        "SystemDataLastModifiedByType": last_modified_by_type,
    })
}

fn password(password: &TokenPassword) -> Value {
    let TokenPassword { creation_time, expiry, name, value } = password;
    json!({ "Name": name, "CreationTime": creation_time, "Expiry": expiry, "Value": value })
}

fn certificate(certificate: &TokenCertificate) -> Value {
    let TokenCertificate { name, expiry, thumbprint, encoded_pem_certificate } = certificate;
    json!({
        "Name": name,
        "Expiry": expiry,
        "Thumbprint": thumbprint,
        "EncodedPemCertificate": encoded_pem_certificate,
    })
}

/// The resource group is cut from the id, as Az PowerShell does.
fn resource_group(id: &str) -> Option<&str> {
    let mut segments = id.split('/');
    segments.find(|segment| segment.eq_ignore_ascii_case("resourceGroups"))?;
    segments.next()
}

fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

#[cfg(test)]
mod tests;
