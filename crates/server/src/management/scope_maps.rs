//! Scope maps.

use super::answer::{Outcome, empty, json, without_waiting};
use super::errors::Failure;
use super::operations::Kind;
use super::{Context, body, system_data};
use bytes::Bytes;
use http::StatusCode;
use model::resource_id::{RegistryId, ScopeMapId};
use model::scope_map::{ScopeMap, ScopeMapAction, ScopeMapKind};
use service::{ScopeMapChange, ScopeMapSpec};
use wire::arm::scope_maps::{self as shape, ScopeMapProperties};

/// `PUT`: 200 `Succeeded` at once, new or not (recorded). `Retry-After: 0` spares Az PowerShell's 30 seconds
/// (management-api.md, 0.16).
pub(super) async fn put(context: &Context, id: &ScopeMapId, body: &Bytes) -> Outcome {
    let request: shape::ScopeMap = body::json(body)?;
    let properties =
        request.properties.ok_or_else(|| Failure::invalid("properties", "The body needs `properties`."))?;
    let actions =
        properties.actions.ok_or_else(|| Failure::invalid("properties.actions", "A scope map needs `actions`."))?;
    let spec = ScopeMapSpec { description: properties.description.unwrap_or_default(), actions: parse(&actions)? };
    let (scope_map, _) = context.service.put_scope_map(&context.manager.caller, id, spec).await?;
    Ok(without_waiting(json(StatusCode::OK, &of(context, scope_map, "Succeeded"))?))
}

/// `PATCH`: 201 `Updating`, with an operation (recorded), also when nothing is to change.
pub(super) async fn patch(context: &Context, id: &ScopeMapId, body: &Bytes) -> Outcome {
    let request: shape::ScopeMap = body::json(body)?;
    let properties = request.properties.unwrap_or_default();
    let change = ScopeMapChange {
        description: properties.description,
        actions: properties.actions.as_deref().map(parse).transpose()?,
    };
    let scope_map = context.recording(Kind::Child, id).update_scope_map(&context.manager.caller, id, change).await?;
    let resource = scope_map.id.clone();
    let response = json(StatusCode::CREATED, &of(context, scope_map, "Updating"))?;
    Ok(context.with_operation(response, Kind::Child, &resource))
}

/// `GET`
pub(super) async fn get(context: &Context, id: &ScopeMapId) -> Outcome {
    json(StatusCode::OK, &of(context, context.service.get_scope_map(id).await?, "Succeeded"))
}

/// `GET` of a page of all: the system's first.
pub(super) async fn list(context: &Context, registry: &RegistryId) -> Outcome {
    let scope_maps = context.service.list_scope_maps(registry, context.cursor()?).await?;
    context.page(&format_args!("{registry}/scopeMaps"), scope_maps, |scope_map| of(context, scope_map, "Succeeded"))
}

/// `DELETE`: 202 and `null`, 204 when there was none.
pub(super) async fn delete(context: &Context, id: &ScopeMapId) -> Outcome {
    let location = context.location_of(&id.registry).await?;
    if context.recording_delete(Kind::Child, &id.registry, &location).delete_scope_map(id).await? {
        context.deleted(Kind::Child, &id.registry, &location)
    } else {
        Ok(empty(StatusCode::NO_CONTENT))
    }
}

fn parse(actions: &[String]) -> Result<Vec<ScopeMapAction>, Failure> {
    let parse = |(index, text): (usize, &String)| {
        ScopeMapAction::parse(text)
            .map_err(|error| Failure::invalid(format!("properties.actions[{index}]"), error.to_string()))
    };
    actions.iter().enumerate().map(parse).collect()
}

fn of(context: &Context, scope_map: ScopeMap, provisioning_state: &str) -> shape::ScopeMap {
    let kind = match scope_map.kind {
        ScopeMapKind::UserDefined => "UserDefined",
        ScopeMapKind::SystemDefined => "SystemDefined",
    };
    shape::ScopeMap {
        resource_type: Some(shape::RESOURCE_TYPE.to_owned()),
        id: Some(scope_map.id.to_string()),
        name: Some(scope_map.id.name.to_string()),
        system_data: scope_map.system_data.as_ref().filter(|_| !context.api_version.is_first()).map(system_data::of),
        properties: Some(ScopeMapProperties {
            description: (!scope_map.description.is_empty()).then_some(scope_map.description),
            kind: Some(kind.to_owned()),
            creation_date: Some(scope_map.created_at.to_string()),
            provisioning_state: Some(provisioning_state.to_owned()),
            actions: Some(scope_map.actions.iter().map(ScopeMapAction::to_string).collect()),
        }),
    }
}
