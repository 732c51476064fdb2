//! Long-running operations. Each is complete before its answer leaves (decision D6), and recorded with its change: what is asked
//! about is either `Succeeded` or not known.

use super::Context;
use super::answer::{Outcome, empty, json, without_waiting};
use super::errors::Failure;
use super::headers::client_request_id;
use super::route::Parent;
use axum::response::Response;
use http::StatusCode;
use http::header::{HeaderName, HeaderValue, LOCATION};
use model::arm_name::SubscriptionId;
use model::operation_path::OperationPath;
use model::resource_id::RegistryId;
use service::Service;
use std::fmt::Display;
use wire::arm::errors::OperationStatus;

const ASYNC_OPERATION: HeaderName = HeaderName::from_static("azure-asyncoperation");

/// Whose operation it is, as operation ids begin. Those of scope maps begin with `token-` too (management-api.md, 0.4).
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Registry,
    Child,
}

/// `GET <resource>/operationStatuses/{operation}`: also when the resource has gone since.
pub(super) async fn status(context: &Context, parent: &Parent, operation: &str) -> Outcome {
    context.check_subscription(parent.subscription())?;
    let path = parent.operation(operation);
    context.check_operation(&path, operation).await?;
    let response = json(StatusCode::OK, &OperationStatus { status: "Succeeded".to_owned(), error: None })?;
    Ok(without_waiting(with_url(response, ASYNC_OPERATION, &context.absolute(&path))))
}

/// `GET …/locations/{location}/operationResults/{operation}`: 200 without a body, also the second time.
pub(super) async fn result(
    context: &Context,
    subscription: &SubscriptionId,
    location: &str,
    operation: &str,
) -> Outcome {
    context.check_subscription(subscription)?;
    context.check_operation(&OperationPath::result(subscription, location, operation), operation).await?;
    Ok(empty(StatusCode::OK))
}

impl Context {
    /// The service, for a change of `resource` that can be polled: see [`Context::with_operation`].
    pub(super) fn recording(&self, kind: Kind, resource: &impl Display) -> Service {
        self.service.recording(OperationPath::status(resource, &self.operation_id(kind)))
    }

    /// Names the operation that made `response`, for clients that poll.
    pub(super) fn with_operation(&self, response: Response, kind: Kind, resource: &impl Display) -> Response {
        let path = OperationPath::status(resource, &self.operation_id(kind));
        without_waiting(with_url(response, ASYNC_OPERATION, &self.absolute(&path)))
    }

    /// The service, for a delete that can be polled: see [`Context::deleted`].
    pub(super) fn recording_delete(&self, kind: Kind, registry: &RegistryId, location: &str) -> Service {
        self.service.recording(self.delete_path(kind, registry, location))
    }

    /// The answer of a delete that found something: 202, the four bytes `null`, and where its end can be seen.
    pub(super) fn deleted(&self, kind: Kind, registry: &RegistryId, location: &str) -> Outcome {
        let url = self.absolute(&self.delete_path(kind, registry, location));
        Ok(without_waiting(with_url(json(StatusCode::ACCEPTED, &())?, LOCATION, &url)))
    }

    fn delete_path(&self, kind: Kind, registry: &RegistryId, location: &str) -> OperationPath {
        OperationPath::result(&registry.group.subscription, location, &self.operation_id(kind))
    }

    async fn check_operation(&self, path: &OperationPath, operation: &str) -> Result<(), Failure> {
        if self.service.is_operation_done(path).await? {
            Ok(())
        } else {
            Err(Failure::OperationMissing(operation.to_owned()))
        }
    }

    /// Refuses a subscription that is not this site's.
    pub(super) fn check_subscription(&self, subscription: &SubscriptionId) -> Result<(), service::Error> {
        if self.service.subscription() == subscription {
            Ok(())
        } else {
            Err(service::Error::SubscriptionMissing(subscription.clone()))
        }
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
