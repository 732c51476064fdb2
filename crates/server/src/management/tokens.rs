//! Tokens. Their credentials are read and written in [`super::token_credentials`].

use super::answer::{Outcome, empty, json, without_waiting};
use super::errors::Failure;
use super::operations::Kind;
use super::token_certificates::Detail;
use super::token_credentials::Wanted;
use super::{Context, body, system_data, token_credentials};
use bytes::Bytes;
use http::StatusCode;
use model::resource_id::{RegistryId, ScopeMapId, TokenId};
use model::token::{Token, TokenStatus};
use service::{GeneratedPassword, TokenChange, TokenSpec, TokenWritten, Written};
use wire::arm::tokens::{self as shape, TokenProperties};

/// `PUT`: 201 `Creating` with an operation for a new one (recorded), 200 `Succeeded` for one that was there.
pub(super) async fn put(context: &Context, id: &TokenId, body: &Bytes) -> Outcome {
    let request: shape::Token = body::json(body)?;
    let properties =
        request.properties.ok_or_else(|| Failure::invalid("properties", "The body needs `properties`."))?;
    let Wanted { passwords, certificates } =
        token_credentials::parse(context, id, properties.credentials.as_ref()).await?;
    let spec = TokenSpec { scope_map: scope_map(&properties)?, status: status(&properties)?, passwords, certificates };
    let TokenWritten { token, written, generated, .. } =
        context.recording(Kind::Child, id).put_token(&context.manager, id, spec).await?;
    match written {
        Written::Created => {
            let response = json(StatusCode::CREATED, &of(context, &token, &generated, "Creating"))?;
            Ok(context.with_operation(response, Kind::Child, &token.id))
        }
        Written::Updated => Ok(without_waiting(json(StatusCode::OK, &of(context, &token, &generated, "Succeeded"))?)),
    }
}

/// `PATCH`: 201 `Updating` with an operation (recorded), also when nothing is to change.
pub(super) async fn patch(context: &Context, id: &TokenId, body: &Bytes) -> Outcome {
    let request: shape::Token = body::json(body)?;
    let properties = request.properties.unwrap_or_default();
    let Wanted { passwords, certificates } =
        token_credentials::parse(context, id, properties.credentials.as_ref()).await?;
    let change =
        TokenChange { scope_map: scope_map(&properties)?, status: status(&properties)?, passwords, certificates };
    let written = context.recording(Kind::Child, id).update_token(&context.manager, id, change).await?;
    let response = json(StatusCode::CREATED, &of(context, &written.token, &written.generated, "Updating"))?;
    Ok(context.with_operation(response, Kind::Child, &written.token.id))
}

/// `GET`: never a password's value.
pub(super) async fn get(context: &Context, id: &TokenId) -> Outcome {
    json(StatusCode::OK, &of(context, &context.service.get_token(id).await?, &[], "Succeeded"))
}

/// `GET` of a page of all, in the order in which they were made.
pub(super) async fn list(context: &Context, registry: &RegistryId) -> Outcome {
    let tokens = context.service.list_tokens(registry, context.cursor()?).await?;
    context.page(&format_args!("{registry}/tokens"), tokens, |token| {
        in_version(context, shape_of(&token, Detail::Named, &[], "Succeeded"))
    })
}

/// `DELETE`: 202 and `null`, 204 when there was none.
pub(super) async fn delete(context: &Context, id: &TokenId) -> Outcome {
    let location = context.location_of(&id.registry).await?;
    if context.recording_delete(Kind::Child, &id.registry, &location).delete_token(id).await? {
        context.deleted(Kind::Child, &id.registry, &location)
    } else {
        Ok(empty(StatusCode::NO_CONTENT))
    }
}

fn scope_map(properties: &TokenProperties) -> Result<Option<ScopeMapId>, Failure> {
    let parse = |text: &String| {
        ScopeMapId::parse(text).map_err(|error| Failure::invalid("properties.scopeMapId", format!("{error}.")))
    };
    properties.scope_map_id.as_ref().map(parse).transpose()
}

fn status(properties: &TokenProperties) -> Result<Option<TokenStatus>, Failure> {
    let parse = |text: &String| {
        TokenStatus::parse(text).ok_or_else(|| {
            Failure::invalid("properties.status", format!("'{text}' is not a status: use 'enabled' or 'disabled'."))
        })
    };
    properties.status.as_ref().map(parse).transpose()
}

fn of(context: &Context, token: &Token, generated: &[GeneratedPassword], provisioning_state: &str) -> shape::Token {
    in_version(context, shape_of(token, Detail::Whole, generated, provisioning_state))
}

/// As the version has it that was asked for.
fn in_version(context: &Context, mut token: shape::Token) -> shape::Token {
    if context.api_version.is_first() {
        token.system_data = None;
        if let Some(credentials) = token.properties.as_mut().and_then(|properties| properties.credentials.as_mut()) {
            credentials.certificates.get_or_insert_default();
        }
    }
    token
}

fn shape_of(token: &Token, detail: Detail, generated: &[GeneratedPassword], provisioning_state: &str) -> shape::Token {
    shape::Token {
        resource_type: Some(shape::RESOURCE_TYPE.to_owned()),
        id: Some(token.id.to_string()),
        name: Some(token.id.name.to_string()),
        system_data: Some(system_data::of(&token.system_data)),
        properties: Some(TokenProperties {
            creation_date: Some(token.created_at.to_string()),
            provisioning_state: Some(provisioning_state.to_owned()),
            scope_map_id: token.scope_map.as_ref().map(ScopeMapId::to_string),
            credentials: Some(token_credentials::of(token, generated, detail)),
            status: Some(token.status.as_str().to_owned()),
        }),
    }
}
