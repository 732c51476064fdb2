//! The generic list of resources, by which azure-cli finds a registry's group when it is not told it
//! (management-api.md, section 9).

use super::answer::{Outcome, json};
use super::errors::Failure;
use super::system_data::with_z;
use super::{Context, system_data};
use crate::auth::form::Form;
use http::StatusCode;
use model::arm_name::SubscriptionId;
use model::registry::Registry;
use wire::arm::resources::GenericResource;
use wire::arm::{List, SystemData, registries};

/// `GET /subscriptions/{s}/resources?$filter=resourceType eq '…'`
pub(super) async fn list(context: &Context, subscription: &SubscriptionId) -> Outcome {
    let parameters = Form::parse(context.query.as_bytes());
    let found = context.state.service.list_registries(subscription, None).await?;
    // Registries are the only kind of resource that is listed.
    let wanted = match parameters.get_ignoring_case("$filter") {
        None => true,
        Some(filter) => resource_type(filter)?.eq_ignore_ascii_case(registries::RESOURCE_TYPE),
    };
    let shapes = if wanted { found.iter().map(of).collect() } else { Vec::new() };
    json(StatusCode::OK, &List::whole(shapes))
}

/// The one kind of filter that is understood. Any other is refused, because a wrong list is worse than none.
fn resource_type(filter: &str) -> Result<&str, Failure> {
    let words: Vec<&str> = filter.split_whitespace().collect();
    let quoted = match words[..] {
        [name, operator, value] if name.eq_ignore_ascii_case("resourceType") && operator.eq_ignore_ascii_case("eq") => {
            value.strip_prefix('\'').and_then(|value| value.strip_suffix('\''))
        }
        _ => None,
    };
    quoted.ok_or_else(|| {
        Failure::invalid("$filter", format!("The filter '{filter}' is not understood: use resourceType eq '<type>'."))
    })
}

fn of(registry: &Registry) -> GenericResource {
    let sku = registry.sku.as_str().to_owned();
    GenericResource {
        id: registry.id.to_string(),
        name: registry.id.name.to_string(),
        resource_type: registries::RESOURCE_TYPE.to_owned(),
        sku: Some(registries::Sku { name: Some(sku.clone()), tier: Some(sku) }),
        location: registry.location.clone(),
        tags: registry.labels.clone(),
        // Here the times end in `Z` (recorded).
        system_data: Some(SystemData {
            created_at: Some(with_z(registry.system_data.created_at)),
            last_modified_at: Some(with_z(registry.system_data.modified_at)),
            ..system_data::of(&registry.system_data)
        }),
    }
}
