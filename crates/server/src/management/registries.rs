//! Registries.

use super::answer::{Outcome, empty, json, without_waiting};
use super::authorization::sees_registry;
use super::errors::Failure;
use super::operations::Kind;
use super::registry_properties::{self, Switches};
use super::resource_groups::canonical_location;
use super::{Context, body, labels, system_data};
use bytes::Bytes;
use http::StatusCode;
use model::arm_name::{ResourceGroupName, SubscriptionId};
use model::listing::Listed;
use model::registry::{Registry, Sku};
use model::resource_id::RegistryId;
use serde_json::Value;
use service::{Error, RegistryChange, RegistrySpec, Written};
use wire::arm::registries as shape;

/// `PUT`: 201 `Creating` with an operation for a new one, 200 `Succeeded` for one that was there (both recorded).
pub(super) async fn put(context: &Context, id: &RegistryId, body: &Bytes) -> Outcome {
    let request: shape::Registry = body::json(body)?;
    let switches = switches(context, &request)?;
    let sku = sku(request.sku.as_ref())?.ok_or_else(|| Failure::invalid("sku", SKU_RULE))?;
    let spec = RegistrySpec {
        location: canonical_location(request.location.as_deref())?,
        sku,
        labels: labels::parse(request.tags)?.unwrap_or_default(),
        admin_user_enabled: switches.admin_user_enabled,
        anonymous_pull_enabled: switches.anonymous_pull_enabled,
        untagged: switches.untagged,
    };
    let (registry, written) =
        context.recording(Kind::Registry, id).put_registry(&context.manager.caller, id, spec).await?;
    match written {
        Written::Created => {
            let response = json(StatusCode::CREATED, &of(context, &registry, "Creating").await?)?;
            Ok(context.with_operation(response, Kind::Registry, &registry.id))
        }
        Written::Updated => Ok(without_waiting(json(StatusCode::OK, &of(context, &registry, "Succeeded").await?)?)),
    }
}

/// `PATCH`: tags, tier, the admin user and anonymous pull; 200 at once (recorded).
pub(super) async fn patch(context: &Context, id: &RegistryId, body: &Bytes) -> Outcome {
    let request: shape::Registry = body::json(body)?;
    let switches = switches(context, &request)?;
    let change = RegistryChange {
        location: request.location.as_deref().map(|location| canonical_location(Some(location))).transpose()?,
        sku: sku(request.sku.as_ref())?,
        labels: labels::parse(request.tags)?,
        admin_user_enabled: switches.admin_user_enabled,
        anonymous_pull_enabled: switches.anonymous_pull_enabled,
        untagged: switches.untagged,
    };
    let registry = context.service.update_registry(&context.manager.caller, id, change).await?;
    Ok(without_waiting(json(StatusCode::OK, &of(context, &registry, "Succeeded").await?)?))
}

/// `GET`
pub(super) async fn get(context: &Context, id: &RegistryId) -> Outcome {
    let registry = context.service.get_registry(id).await?;
    json(StatusCode::OK, &of(context, &registry, "Succeeded").await?)
}

/// `GET` of a page of all, or of a group's, in the order in which they were made.
pub(super) async fn list(
    context: &Context,
    subscription: &SubscriptionId,
    group: Option<&ResourceGroupName>,
) -> Outcome {
    let listed = context.service.list_registries(subscription, group, context.cursor()?).await?;
    let mut items = Vec::new();
    for (_, registry) in listed.items.iter().filter(|(_, registry)| sees_registry(&context.manager, &registry.id)) {
        items.push(of(context, registry, "Succeeded").await?);
    }
    let group = group.map(|group| format!("/resourceGroups/{group}")).unwrap_or_default();
    let path = format!("/subscriptions/{subscription}{group}/providers/{}", shape::RESOURCE_TYPE);
    context.page(&path, Listed { items, next: listed.next }, |registry| registry)
}

/// `DELETE`: 200 and nothing (recorded), 204 when there was none.
pub(super) async fn delete(context: &Context, id: &RegistryId) -> Outcome {
    match context.service.delete_registry(id).await? {
        Some(_) => Ok(empty(StatusCode::OK)),
        None => Ok(empty(StatusCode::NO_CONTENT)),
    }
}

impl Context {
    /// Where the registry of a child says it is.
    pub(super) async fn location_of(&self, registry: &RegistryId) -> Result<String, Error> {
        self.parent_registry(registry).await.map(|registry| registry.location)
    }

    /// The registry, for a request about a child of it. Errors: `ParentRegistryMissing` when there is none.
    pub(super) async fn parent_registry(&self, registry: &RegistryId) -> Result<Registry, Error> {
        self.service.get_registry(registry).await.map_err(|error| match error {
            Error::RegistryMissing(id) => Error::ParentRegistryMissing(id.name),
            other => other,
        })
    }
}

const SKU_RULE: &str = "A tier is required: sku.name is 'Basic', 'Standard', 'Premium' or 'Classic'.";

fn sku(given: Option<&shape::Sku>) -> Result<Option<Sku>, Failure> {
    let Some(given) = given else { return Ok(None) };
    let name = given.name.as_deref().and_then(Sku::parse);
    name.map(Some).ok_or_else(|| Failure::invalid("sku.name", SKU_RULE))
}

/// What the request switches. Refuses what would be accepted and ignored: a member that asks for something this service does not do.
fn switches(context: &Context, request: &shape::Registry) -> Result<Switches, Failure> {
    let wants_identity = |identity: &Value| match identity.get("type").and_then(Value::as_str) {
        Some(kind) => !kind.eq_ignore_ascii_case("None"),
        None => !identity.is_null(),
    };
    if request.identity.as_ref().is_some_and(wants_identity) {
        return Err(Failure::invalid("identity", "Managed identities are not available: leave `identity` out."));
    }
    match &request.properties {
        Some(properties) => registry_properties::parse(properties, !context.state.applies_retention),
        None => Ok(Switches::default()),
    }
}

async fn of(context: &Context, registry: &Registry, provisioning_state: &str) -> Result<shape::Registry, Error> {
    let login_server = context.state.login_server(registry).await?;
    let sku = registry.sku.as_str().to_owned();
    Ok(shape::Registry {
        sku: Some(shape::Sku { name: Some(sku.clone()), tier: Some(sku) }),
        resource_type: Some(shape::RESOURCE_TYPE.to_owned()),
        id: Some(registry.id.to_string()),
        name: Some(registry.id.name.to_string()),
        location: Some(registry.location.clone()),
        tags: Some(registry.labels.clone()),
        system_data: Some(system_data::of(&registry.system_data)),
        identity: None,
        properties: Some(registry_properties::of(registry, &login_server, provisioning_state)),
    })
}
