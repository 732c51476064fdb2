//! Service principals: a path of ours with the members of Microsoft Graph, where Azure keeps them.

use super::answer::{Outcome, empty, json};
use super::errors::Failure;
use super::token_credentials::last_used;
use super::{Context, body};
use bytes::Bytes;
use http::StatusCode;
use model::guid::Guid;
use model::password::Password;
use model::principal::{PrincipalName, PrincipalSecret, ServicePrincipal};
use model::timestamp::Timestamp;
use service::NewSecret;
use wire::arm::List;
use wire::arm::service_principals::{self as shape, AddPassword, PasswordCredential, RemovePassword};

/// `POST` of a new one: 201, with the value of its secret.
pub(super) async fn create(context: &Context, body: &Bytes) -> Outcome {
    let request: shape::ServicePrincipal = body::json(body)?;
    let name = request.display_name.unwrap_or_default();
    let name = PrincipalName::parse(&name).map_err(|error| Failure::invalid("displayName", format!("{error}.")))?;
    let ends = match request.password_credentials.unwrap_or_default().as_slice() {
        [] => None,
        [only] => end(only, "passwordCredentials[0].endDateTime")?,
        [..] => return Err(Failure::invalid("passwordCredentials", "A new service principal gets one secret.")),
    };
    let (principal, made) = context.service.create_principal(name, ends).await?;
    let mut shape = of(principal);
    shape.password_credentials = Some(vec![with_value(made)]);
    json(StatusCode::CREATED, &shape)
}

/// `GET` of all.
pub(super) async fn list(context: &Context) -> Outcome {
    let principals = context.service.list_principals().await?;
    json(StatusCode::OK, &List::whole(principals.into_iter().map(of).collect()))
}

/// `GET`
pub(super) async fn get(context: &Context, reference: &str) -> Outcome {
    json(StatusCode::OK, &of(context.service.get_principal(reference).await.map_err(missing)?))
}

/// `DELETE`: 204, also when there was none.
pub(super) async fn delete(context: &Context, reference: &str) -> Outcome {
    context.service.delete_principal(reference).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// `POST …/addPassword`: 200 with the value.
pub(super) async fn add_password(context: &Context, reference: &str, body: &Bytes) -> Outcome {
    let request: AddPassword = body::json(body)?;
    let wanted = request.password_credential.unwrap_or_default();
    let ends = end(&wanted, "passwordCredential.endDateTime")?;
    let made = context.service.add_principal_secret(reference, ends).await.map_err(missing)?;
    json(StatusCode::OK, &with_value(made))
}

/// `POST …/removePassword`: 204, also when there was none of that id.
pub(super) async fn remove_password(context: &Context, reference: &str, body: &Bytes) -> Outcome {
    let request: RemovePassword = body::json(body)?;
    let id = Guid::parse(request.key_id.as_deref().unwrap_or_default())
        .map_err(|error| Failure::invalid("keyId", format!("{error}.")))?;
    context.service.remove_principal_secret(reference, &id).await.map_err(missing)?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// A principal that the path names is a missing resource; one that a body names is a wrong member.
fn missing(error: service::Error) -> Failure {
    match error {
        service::Error::Identity(service::IdentityError::PrincipalMissing(reference)) => {
            Failure::ServicePrincipalMissing(reference)
        }
        other => Failure::Service(other),
    }
}

fn end(secret: &PasswordCredential, target: &'static str) -> Result<Option<Timestamp>, Failure> {
    let given = secret.end_date_time.as_deref();
    given.map(|text| Timestamp::parse(text).map_err(|error| Failure::invalid(target, format!("{error}.")))).transpose()
}

fn of(principal: ServicePrincipal) -> shape::ServicePrincipal {
    shape::ServicePrincipal {
        id: Some(principal.object_id.to_string()),
        app_id: Some(principal.client_id.to_string()),
        display_name: Some(principal.name.to_string()),
        created_date_time: Some(principal.created_at.to_string()),
        password_credentials: Some(principal.secrets.iter().map(|secret| credential(secret, None)).collect()),
    }
}

fn with_value(made: NewSecret) -> PasswordCredential {
    credential(&made.secret, Some(&made.value))
}

fn credential(secret: &PrincipalSecret, value: Option<&Password>) -> PasswordCredential {
    PasswordCredential {
        key_id: Some(secret.id.to_string()),
        start_date_time: Some(secret.created_at.to_string()),
        end_date_time: secret.expires_at.map(|end| end.to_string()),
        last_used_date_time: Some(last_used(secret.last_used_at)),
        secret_text: value.map(|value| value.reveal().to_owned()),
    }
}
