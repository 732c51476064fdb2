//! Bodies of answers.

use super::errors::Failure;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

/// What an operation ends with.
pub(super) type Outcome = Result<Response, Failure>;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// A JSON body.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Outcome {
    let bytes = serde_json::to_vec(body).map_err(|error| Failure::Service(service::Error::internal(error)))?;
    Ok((status, [(CONTENT_TYPE, JSON)], bytes).into_response())
}

/// No body and no `Content-Type`: what the final poll of a delete gets (management-api.md, 0.3).
pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Tells clients that would otherwise sleep that there is nothing to wait for (decision D6).
pub(super) fn without_waiting(mut response: Response) -> Response {
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("0"));
    response
}
