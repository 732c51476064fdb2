//! Long-running operations. Each is complete before its answer leaves (decision D6), so nothing is recorded: the state of any
//! operation on a resource that is there is `Succeeded`.

use super::Context;
use super::answer::{Outcome, empty, json, without_waiting};
use super::headers::client_request_id;
use super::route::Parent;
use axum::response::Response;
use http::StatusCode;
use http::header::{HeaderName, HeaderValue, LOCATION};
use model::arm_name::SubscriptionId;
use model::resource_id::{PROVIDER, RegistryId};
use std::fmt::Display;
use wire::arm::errors::OperationStatus;

const ASYNC_OPERATION: HeaderName = HeaderName::from_static("azure-asyncoperation");

/// Whose operation it is, as operation ids begin. Those of scope maps begin with `token-` too (management-api.md, 0.4).
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Registry,
    Child,
}

/// `GET <resource>/operationStatuses/{operation}`
pub(super) async fn status(context: &Context, parent: &Parent, operation: &str) -> Outcome {
    let service = &context.state.service;
    let id = match parent {
        Parent::Registry(id) => service.get_registry(id).await.map(|registry| registry.id.to_string()),
        Parent::ScopeMap(id) => service.get_scope_map(id).await.map(|scope_map| scope_map.id.to_string()),
        Parent::Token(id) => service.get_token(id).await.map(|token| token.id.to_string()),
    }?;
    let response = json(StatusCode::OK, &OperationStatus { status: "Succeeded".to_owned(), error: None })?;
    Ok(without_waiting(with_url(response, ASYNC_OPERATION, &context.status_url(&id, operation))))
}

/// `GET …/locations/{location}/operationResults/{operation}`: 200 without a body, also the second time.
pub(super) fn result(context: &Context, subscription: &SubscriptionId) -> Outcome {
    context.check_subscription(subscription)?;
    Ok(empty(StatusCode::OK))
}

impl Context {
    /// Names the operation that made `response`, for clients that poll.
    pub(super) fn with_operation(&self, response: Response, kind: Kind, resource: &impl Display) -> Response {
        let url = self.status_url(resource, &self.operation_id(kind));
        without_waiting(with_url(response, ASYNC_OPERATION, &url))
    }

    /// The answer of a delete that found something: 202, the four bytes `null`, and where its end can be seen.
    pub(super) fn deleted(&self, kind: Kind, registry: &RegistryId, location: &str) -> Outcome {
        let url = self.absolute(&format_args!(
            "/subscriptions/{}/providers/{PROVIDER}/locations/{}/operationResults/{}",
            registry.group.subscription,
            location.to_ascii_uppercase(),
            self.operation_id(kind),
        ));
        Ok(without_waiting(with_url(json(StatusCode::ACCEPTED, &())?, LOCATION, &url)))
    }

    /// Refuses a subscription that is not this site's.
    pub(super) fn check_subscription(&self, subscription: &SubscriptionId) -> Result<(), service::Error> {
        if self.state.service.subscription() == subscription {
            Ok(())
        } else {
            Err(service::Error::SubscriptionMissing(subscription.clone()))
        }
    }

    fn status_url(&self, resource: &impl Display, operation: &str) -> String {
        self.absolute(&format_args!("{resource}/operationStatuses/{operation}"))
    }

    /// The caller's id where it gave one (management-api.md, 0.5): nobody parses it, and it ties the caller's log to ours.
    fn operation_id(&self, kind: Kind) -> String {
        let prefix = match kind {
            Kind::Registry => "registries",
            Kind::Child => "token",
        };
        match client_request_id(&self.headers) {
            Some(id) => format!("{prefix}-{id}"),
            None => format!("{prefix}-{}", self.request_id),
        }
    }

    /// The URL of a path of this API, in the version that was asked for.
    pub(super) fn absolute(&self, path: &impl Display) -> String {
        format!("{}{path}?api-version={}", self.state.base_url(&self.headers), self.api_version)
    }
}

/// A URL of names and ids that were checked is always a header value; were it not, a client without it still has the resource.
fn with_url(mut response: Response, name: HeaderName, url: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(url) {
        response.headers_mut().insert(name, value);
    }
    response
}
