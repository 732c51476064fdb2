//! The resource provider as a whole: what can be done with it, and that a subscription may use it.

use super::Context;
use super::answer::{Outcome, json};
use super::api_version::SUPPORTED;
use http::StatusCode;
use model::arm_name::SubscriptionId;
use model::resource_id::PROVIDER;
use wire::arm::List;
use wire::arm::providers::{Operation, OperationDisplay, Provider, ResourceType};

/// Each operation that is served: its name behind the provider's, on what it is done, what it is called.
const OPERATIONS: [(&str, &str, &str); 20] = [
    ("register/action", "Provider", "Register the provider with a subscription"),
    ("operations/read", "Operations", "List the operations"),
    ("checkNameAvailability/read", "Registries", "Check whether a name is available"),
    ("registries/read", "Registries", "Get or list registries"),
    ("registries/write", "Registries", "Create or update a registry"),
    ("registries/delete", "Registries", "Delete a registry"),
    ("registries/listUsages/read", "Registries", "List the usages of a registry"),
    ("registries/listCredentials/action", "Registries", "List the passwords of the admin user"),
    ("registries/regenerateCredential/action", "Registries", "Regenerate a password of the admin user"),
    ("registries/operationStatuses/read", "Registries", "Get the state of an operation"),
    ("registries/generateCredentials/action", "Registries", "Generate passwords of a token"),
    ("registries/scopeMaps/read", "Scope maps", "Get or list scope maps"),
    ("registries/scopeMaps/write", "Scope maps", "Create or update a scope map"),
    ("registries/scopeMaps/delete", "Scope maps", "Delete a scope map"),
    ("registries/scopeMaps/operationStatuses/read", "Scope maps", "Get the state of an operation"),
    ("registries/tokens/read", "Tokens", "Get or list tokens"),
    ("registries/tokens/write", "Tokens", "Create or update a token"),
    ("registries/tokens/delete", "Tokens", "Delete a token"),
    ("registries/tokens/operationStatuses/read", "Tokens", "Get the state of an operation"),
    ("locations/operationResults/read", "Locations", "Get the result of an operation"),
];

/// Resource types that are served.
const RESOURCE_TYPES: [&str; 10] = [
    "registries",
    "registries/scopeMaps",
    "registries/tokens",
    "registries/generateCredentials",
    "registries/listCredentials",
    "registries/regenerateCredential",
    "registries/listUsages",
    "checkNameAvailability",
    "operations",
    "locations/operationResults",
];

/// `GET /providers/Microsoft.ContainerRegistry/operations`
pub(super) fn operations() -> Outcome {
    let of = |(name, resource, operation): (&str, &str, &str)| Operation {
        origin: "user,system".to_owned(),
        name: format!("{PROVIDER}/{name}"),
        display: OperationDisplay {
            provider: PROVIDER.to_owned(),
            resource: resource.to_owned(),
            operation: operation.to_owned(),
            description: format!("{operation}."),
        },
        is_data_action: false,
    };
    json(StatusCode::OK, &List::whole(OPERATIONS.map(of).into()))
}

/// `GET /subscriptions/{s}/providers`: those whose resources can be registered for, which is this one.
pub(super) fn list(context: &Context, subscription: &SubscriptionId) -> Outcome {
    context.check_subscription(subscription)?;
    json(StatusCode::OK, &List::whole(vec![of(context.service.subscription())]))
}

/// `GET /subscriptions/{s}/providers/Microsoft.ContainerRegistry`, and the `POST` that registers it: it always is.
pub(super) fn get(context: &Context, subscription: &SubscriptionId) -> Outcome {
    context.check_subscription(subscription)?;
    json(StatusCode::OK, &of(context.service.subscription()))
}

fn of(subscription: &SubscriptionId) -> Provider {
    let of = |name: &str| ResourceType {
        resource_type: name.to_owned(),
        // No list: a registry may be wherever it says.
        locations: Vec::new(),
        api_versions: SUPPORTED.rsplit(", ").map(str::to_owned).collect(),
    };
    Provider {
        id: format!("/subscriptions/{subscription}/providers/{PROVIDER}"),
        namespace: PROVIDER.to_owned(),
        resource_types: RESOURCE_TYPES.map(of).into(),
        registration_state: "Registered".to_owned(),
    }
}
