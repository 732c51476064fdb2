//! Resource groups.

use super::Context;
use super::answer::{Outcome, empty, json};
use super::authorization::sees_group;
use super::errors::Failure;
use super::odata::FILTER;
use super::resource_filter::{Filter, Filtered};
use super::{body, labels};
use bytes::Bytes;
use http::StatusCode;
use model::arm_name::SubscriptionId;
use model::resource_group::ResourceGroup;
use model::resource_id::ResourceGroupId;
use service::{ResourceGroupSpec, Written};
use wire::arm::resource_groups::{self as shape, ResourceGroupProperties};

/// `PUT`: 201 for a new one, 200 for one that was there.
pub(super) async fn put(context: &Context, id: &ResourceGroupId, body: &Bytes) -> Outcome {
    let request: shape::ResourceGroup = body::json(body)?;
    let spec = ResourceGroupSpec {
        location: canonical_location(request.location.as_deref())?,
        labels: labels::parse(request.tags)?.unwrap_or_default(),
    };
    let (group, written) = context.service.put_resource_group(id, spec).await?;
    let status = match written {
        Written::Created => StatusCode::CREATED,
        Written::Updated => StatusCode::OK,
    };
    json(status, &of(group))
}

/// `PATCH`: labels are the one thing that changes.
pub(super) async fn patch(context: &Context, id: &ResourceGroupId, body: &Bytes) -> Outcome {
    let request: shape::ResourceGroup = body::json(body)?;
    json(StatusCode::OK, &of(context.service.update_resource_group(id, labels::parse(request.tags)?).await?))
}

/// `GET`
pub(super) async fn get(context: &Context, id: &ResourceGroupId) -> Outcome {
    json(StatusCode::OK, &of(context.service.get_resource_group(id).await?))
}

/// `GET` of a page of all, in the order in which they were made. `$filter` takes tags, as at Azure (`Microsoft.Resources`,
/// ResourceGroups_List).
pub(super) async fn list(context: &Context, subscription: &SubscriptionId) -> Outcome {
    let filter = Filter::of(context.asked(FILTER).as_deref(), &[])?;
    let groups = context.service.list_resource_groups(subscription, context.cursor()?).await?;
    let groups = groups.narrow(context.top()?, |group| {
        let filtered = Filtered {
            resource_type: shape::RESOURCE_TYPE,
            name: group.id.name.as_str(),
            group: group.id.name.as_str(),
            location: &group.location,
            labels: &group.labels,
        };
        sees_group(&context.manager, &group.id) && filter.picks(&filtered)
    });
    context.page(&format_args!("/subscriptions/{subscription}/resourcegroups"), groups, of)
}

/// `DELETE`: done when it answers, so 200 where Azure says 202; a missing one is 404, as at Azure's gateway.
pub(super) async fn delete(context: &Context, id: &ResourceGroupId) -> Outcome {
    if context.service.delete_resource_group(id).await? {
        Ok(empty(StatusCode::OK))
    } else {
        Err(service::Error::ResourceGroupMissing(id.name.clone()).into())
    }
}

/// `West US` and `westus` are one location; answers have the second form.
pub(super) fn canonical_location(given: Option<&str>) -> Result<String, Failure> {
    let location: String = given.unwrap_or_default().split_whitespace().collect::<String>().to_ascii_lowercase();
    // A location becomes part of URLs, in `Location` headers of deletes.
    if !location.is_empty() && location.len() <= 90 && location.bytes().all(|b| b.is_ascii_alphanumeric()) {
        Ok(location)
    } else {
        Err(Failure::invalid("location", "A location of letters and digits is required, such as 'westus'."))
    }
}

fn of(group: ResourceGroup) -> shape::ResourceGroup {
    shape::ResourceGroup {
        id: Some(group.id.to_string()),
        name: Some(group.id.name.to_string()),
        resource_type: Some(shape::RESOURCE_TYPE.to_owned()),
        location: Some(group.location),
        tags: (!group.labels.is_empty()).then_some(group.labels),
        properties: Some(ResourceGroupProperties { provisioning_state: Some("Succeeded".to_owned()) }),
    }
}
