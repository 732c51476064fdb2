//! The generic list of resources, by which azure-cli finds a registry's group when it is not told it
//! (management-api.md, section 9).

use super::answer::Outcome;
use super::authorization::sees_registry;
use super::errors::Failure;
use super::odata::FILTER;
use super::resource_filter::{Filter, Filtered, Property};
use super::system_data::with_z;
use super::{Context, system_data};
use model::arm_name::{ResourceGroupName, SubscriptionId};
use model::registry::Registry;
use wire::arm::resources::GenericResource;
use wire::arm::{SystemData, registries};

/// Members that `$expand` adds (`Microsoft.Resources`, Resources_List).
#[derive(Debug, Clone, Copy, Default)]
struct Expanded {
    created_time: bool,
    changed_time: bool,
    provisioning_state: bool,
}

/// `GET /subscriptions/{s}/resources?$filter=resourceType eq '…'`, and the same of one group: a page of the registries, which are the
/// only kind of resource that is listed.
pub(super) async fn list(
    context: &Context,
    subscription: &SubscriptionId,
    group: Option<&ResourceGroupName>,
) -> Outcome {
    let filter = Filter::of(context.asked(FILTER).as_deref(), &Property::ALL)?;
    let expanded = expanded(context.asked(EXPAND).as_deref())?;
    let listed = context.service.list_registries(subscription, group, context.cursor()?).await?;
    let listed = listed.narrow(context.top()?, |registry| {
        let filtered = Filtered {
            resource_type: registries::RESOURCE_TYPE,
            name: registry.id.name.as_str(),
            group: registry.id.group.name.as_str(),
            location: &registry.location,
            labels: &registry.labels,
        };
        sees_registry(&context.manager, &registry.id) && filter.picks(&filtered)
    });
    let group = group.map(|group| format!("/resourceGroups/{group}")).unwrap_or_default();
    let path = format!("/subscriptions/{subscription}{group}/resources");
    context.page(&path, listed, |registry| of(&registry, expanded))
}

const EXPAND: &str = "$expand";

fn expanded(given: Option<&str>) -> Result<Expanded, Failure> {
    let mut expanded = Expanded::default();
    for word in given.into_iter().flat_map(|given| given.split(',')).map(str::trim) {
        let member = match word.to_ascii_lowercase().as_str() {
            "createdtime" => &mut expanded.created_time,
            "changedtime" => &mut expanded.changed_time,
            "provisioningstate" => &mut expanded.provisioning_state,
            _ => {
                let message = format!("'{word}' cannot be added: use createdTime, changedTime, provisioningState.");
                return Err(Failure::invalid(EXPAND, message));
            }
        };
        *member = true;
    }
    Ok(expanded)
}

fn of(registry: &Registry, expanded: Expanded) -> GenericResource {
    let (made, changed) = (registry.system_data.created_at, registry.system_data.modified_at);
    let sku = registry.sku.as_str().to_owned();
    GenericResource {
        id: registry.id.to_string(),
        name: registry.id.name.to_string(),
        resource_type: registries::RESOURCE_TYPE.to_owned(),
        sku: Some(registries::Sku { name: Some(sku.clone()), tier: Some(sku) }),
        location: registry.location.clone(),
        tags: registry.labels.clone(),
        created_time: expanded.created_time.then(|| with_z(made)),
        changed_time: expanded.changed_time.then(|| with_z(changed)),
        provisioning_state: expanded.provisioning_state.then(|| "Succeeded".to_owned()),
        // Here the times end in `Z` (recorded).
        system_data: Some(SystemData {
            created_at: Some(with_z(made)),
            last_modified_at: Some(with_z(changed)),
            ..system_data::of(&registry.system_data)
        }),
    }
}
