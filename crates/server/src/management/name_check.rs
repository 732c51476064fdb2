//! Whether a registry may be made under a name: names are unique on a site.

use super::answer::{Outcome, json};
use super::errors::Failure;
use super::{Context, body};
use bytes::Bytes;
use http::StatusCode;
use model::arm_name::{RegistryName, SubscriptionId};
use wire::arm::registries::{NameCheck, NameStatus, RESOURCE_TYPE};

/// `POST …/checkNameAvailability`: 200 either way (recorded); a name that breaks the rule is an answer too, not an error.
pub(super) async fn check(context: &Context, subscription: &SubscriptionId, body: &Bytes) -> Outcome {
    let NameCheck { name, resource_type } = body::json(body)?;
    let name = name.ok_or_else(|| Failure::invalid("name", "A name to check is required."))?;
    if !resource_type.is_some_and(|given| given.eq_ignore_ascii_case(RESOURCE_TYPE)) {
        return Err(Failure::invalid("type", format!("The type is required: '{RESOURCE_TYPE}'.")));
    }
    context.check_subscription(subscription)?;
    let status = match RegistryName::parse(&name) {
        Err(invalid) => unavailable("Invalid", format!("{invalid}.")),
        Ok(name) if context.service.is_registry_name_taken(&name).await? => {
            unavailable("AlreadyExists", format!("The registry {name} is already in use."))
        }
        Ok(_) => NameStatus { name_available: true, reason: None, message: None },
    };
    json(StatusCode::OK, &status)
}

fn unavailable(reason: &str, message: String) -> NameStatus {
    NameStatus { name_available: false, reason: Some(reason.to_owned()), message: Some(message) }
}
