//! Where things say they are. Any name is taken as a location, so the list is of those in use.

use super::Context;
use super::answer::{Outcome, json};
use http::StatusCode;
use model::arm_name::SubscriptionId;
use std::collections::BTreeSet;
use wire::arm::List;
use wire::arm::subscriptions::Location;

/// The location for those to whom it is all the same.
const LOCAL: &str = "local";

/// `GET /subscriptions/{s}/locations`, in the order of their names.
pub(super) async fn list(context: &Context, subscription: &SubscriptionId) -> Outcome {
    let service = &context.service;
    let used = service.list_locations(subscription).await?;
    let names: BTreeSet<String> = used.into_iter().chain([LOCAL.to_owned()]).collect();
    let of = |name: String| Location {
        id: format!("/subscriptions/{}/locations/{name}", service.subscription()),
        display_name: name.clone(),
        name,
    };
    json(StatusCode::OK, &List::whole(names.into_iter().map(of).collect()))
}
