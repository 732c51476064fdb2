//! The admin user of a registry: its passwords, which are shown whenever asked for. `adminUserEnabled` of the registry switches it.

use super::answer::{Outcome, json};
use super::errors::Failure;
use super::token_credentials::last_used;
use super::{Context, body};
use bytes::Bytes;
use http::StatusCode;
use model::password::PasswordName;
use model::resource_id::RegistryId;
use service::AdminCredentials;
use wire::arm::credentials::{RegenerateCredential, RegistryCredentials, RegistryPassword};

/// `POST …/listCredentials`
pub(super) async fn list(context: &Context, registry: &RegistryId) -> Outcome {
    answer(context.service.list_admin_credentials(registry).await?)
}

/// `POST …/regenerateCredential`
pub(super) async fn regenerate(context: &Context, registry: &RegistryId, body: &Bytes) -> Outcome {
    let request: RegenerateCredential = body::json(body)?;
    let given = request.name.as_deref().ok_or_else(|| {
        Failure::invalid("name", "The password to regenerate is required: 'password' or 'password2'.")
    })?;
    let name = PasswordName::ALL.into_iter().find(|name| word(*name).eq_ignore_ascii_case(given));
    let name = name.ok_or_else(|| {
        let message = format!("'{given}' is not a password of the admin user: use 'password' or 'password2'.");
        Failure::invalid("name", message)
    })?;
    answer(context.service.regenerate_admin_password(registry, name).await?)
}

fn answer(credentials: AdminCredentials) -> Outcome {
    let password = |password: service::AdminPassword| RegistryPassword {
        name: word(password.name).to_owned(),
        value: password.password.reveal().to_owned(),
        creation_time: Some(password.created_at.to_string()),
        last_used_time: Some(last_used(password.last_used_at)),
    };
    let passwords = credentials.passwords.into_iter().map(password).collect();
    json(StatusCode::OK, &RegistryCredentials { username: credentials.username, passwords })
}

/// The first has no number, unlike that of a token (swagger, RegistryPassword).
fn word(name: PasswordName) -> &'static str {
    match name {
        PasswordName::Password1 => "password",
        PasswordName::Password2 => "password2",
    }
}
