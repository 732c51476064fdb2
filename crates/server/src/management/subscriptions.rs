//! The one subscription of a site, and its tenant.

use super::Context;
use super::answer::{Outcome, json};
use http::StatusCode;
use model::arm_name::SubscriptionId;
use model::rights::ArmScope;
use wire::arm::List;
use wire::arm::subscriptions::{Subscription, Tenant};

/// `GET /subscriptions`: those in which the caller has any role.
pub(super) fn list(context: &Context) -> Outcome {
    let scope = ArmScope::from(context.service.subscription());
    let seen = context.manager.rights.touch(&scope).then(|| shape(context));
    json(StatusCode::OK, &List::whole(seen.into_iter().collect()))
}

/// `GET /subscriptions/{id}`
pub(super) fn get(context: &Context, id: &SubscriptionId) -> Outcome {
    context.check_subscription(id)?;
    json(StatusCode::OK, &shape(context))
}

/// `GET /tenants`
pub(super) fn tenants(context: &Context) -> Outcome {
    let tenant = context.service.tenant();
    let shape = Tenant {
        id: format!("/tenants/{tenant}"),
        tenant_id: tenant.to_owned(),
        display_name: "Portcullis".to_owned(),
    };
    json(StatusCode::OK, &List::whole(vec![shape]))
}

fn shape(context: &Context) -> Subscription {
    let id = context.service.subscription();
    Subscription {
        id: format!("/subscriptions/{id}"),
        subscription_id: id.to_string(),
        tenant_id: Some(context.service.tenant().to_owned()),
        display_name: "Portcullis".to_owned(),
        state: "Enabled".to_owned(),
    }
}
