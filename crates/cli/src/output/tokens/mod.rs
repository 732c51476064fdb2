//! A token as Az PowerShell shows it: the flat properties of `IToken`, the table of the reference page, and the one of today's module.

use super::objects::{Column, View};
use serde_json::{Value, json};
use wire::arm::SystemData;
use wire::arm::tokens::{Token, TokenCertificate, TokenCredentials, TokenPassword, TokenProperties};
use wire::arm::uses::LastUsed;

/// The columns of the reference page's Example 1.
pub static CREATED: View = View {
    columns: &[
        Column::text("Name"),
        Column::date("SystemDataCreatedAt"),
        Column::text("SystemDataCreatedBy"),
        Column::text("SystemDataCreatedByType"),
        Column::date("SystemDataLastModifiedAt"),
        Column::text("SystemDataLastModifiedBy"),
    ],
    whole: false,
};

/// The columns of today's module.
pub static TOKENS: View = View {
    columns: &[
        Column::text("Name"),
        Column::text("Status"),
        Column::text("ProvisioningState"),
        Column::text("ResourceGroupName"),
    ],
    whole: false,
};

/// The properties of `IToken`, in the page's order where it has one. What is not known is null, so that scripts always find the key.
pub fn object(token: &Token) -> Value {
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
    let TokenPassword { creation_time, expiry, name, value, last_used_time } = password;
    let object = json!({ "Name": name, "CreationTime": creation_time, "Expiry": expiry, "Value": value });
    with_last_use(object, last_used_time.as_ref())
}

fn certificate(certificate: &TokenCertificate) -> Value {
    let TokenCertificate { name, expiry, thumbprint, encoded_pem_certificate, creation_time, last_used_time } =
        certificate;
    let object = json!({
        "Name": name,
        "Expiry": expiry,
        "Thumbprint": thumbprint,
        "EncodedPemCertificate": encoded_pem_certificate,
        "CreationTime": creation_time,
    });
    with_last_use(object, last_used_time.as_ref())
}

/// `LastUsedTime`, null for never. Not there where it is not known, as at Azure: silence must not be taken for "never".
fn with_last_use(mut object: Value, last_used: Option<&LastUsed>) -> Value {
    if let (Some(members), Some(last_used)) = (object.as_object_mut(), last_used) {
        let time: Option<String> = last_used.clone().into();
        members.insert("LastUsedTime".to_owned(), json!(time));
    }
    object
}

/// The resource group is cut from the id, as Az PowerShell does.
pub fn resource_group(id: &str) -> Option<&str> {
    let mut segments = id.split('/');
    segments.find(|segment| segment.eq_ignore_ascii_case("resourceGroups"))?;
    segments.next()
}

#[cfg(test)]
mod tests;
