//! Errors of the distribution API: a status, one of its codes, a sentence. The one place that says which answer an error of the
//! service gets; who is refused for want of a right is in `challenge.rs`.

use super::challenge::Unauthorized;
use super::route::RouteError;
use crate::hosts::NO_REGISTRY;
use crate::requests::RequestId;
use crate::retry_after;
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use model::reference::Reference;
use serde_json::{Value, json};
use service::limits;
use std::time::Duration;

/// Why a request does not get what it asked for.
#[derive(Debug)]
pub(super) enum Failure {
    /// The caller is not known, or holds too little.
    Unauthorized(Unauthorized),
    /// Anything else.
    Answered(ErrorAnswer),
}

/// An answer that says what went wrong.
#[derive(Debug)]
pub(super) struct ErrorAnswer {
    status: StatusCode,
    code: &'static str,
    /// A sentence, and what else helps; several when one request has several things wrong.
    told: Vec<(String, Option<Value>)>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// What only the log may tell.
    cause: Option<Box<service::Error>>,
}

const LOCKED: &str = "The operation is disallowed on this registry, repository or image. View troubleshooting steps at https://aka.ms/acr/faq/#why-does-my-pull-or-push-request-fail-with-disallowed-operation";

/// When to come back to a data folder that another process kept busy, for longer than a request waits for it.
const BUSY_RETRY: Duration = Duration::from_secs(1);

/// Of many missing blobs, an answer names this many: the rest would only repeat them.
const TOLD_MAX: usize = 100;

impl<E: Into<ErrorAnswer>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Answered(error.into())
    }
}

impl ErrorAnswer {
    /// An error with one sentence.
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, told: vec![(message.into(), None)], headers: Vec::new(), cause: None }
    }

    /// 400, with one sentence.
    pub(super) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// The host names no registry.
    pub(super) fn no_registry() -> Self {
        Self::not_found("NAME_UNKNOWN", NO_REGISTRY)
    }

    /// Too many wrong passwords came before.
    pub(super) fn wait(wait: Duration) -> Self {
        let seconds = retry_after::seconds(wait);
        let message = format!("too many wrong passwords were tried from here: try again in {seconds} seconds");
        Self::new(StatusCode::TOO_MANY_REQUESTS, "TOOMANYREQUESTS", message)
            .with_headers([(RETRY_AFTER, retry_after::value(wait))])
    }

    /// With further headers.
    pub(super) fn with_headers(mut self, headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>) -> Self {
        self.headers.extend(headers);
        self
    }

    /// Whether what the caller was let in with was revoked before the request was done; nothing else is answered so here.
    pub(super) fn is_revoked(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED
    }

    fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    fn tag_unknown(tag: &str) -> Self {
        Self::not_found("MANIFEST_UNKNOWN", format!("manifest tagged by \"{tag}\" is not found"))
            .with_detail(json!({ "Tag": tag }))
    }

    /// The sentence is Azure's (data-plane-and-auth.md, 2.4). What is locked, and how, is in the detail: as text, which azure-cli
    /// prints. A method that is turned off by configuration goes with an empty `Allow` (RFC 9110, section 10.2.1).
    fn locked(lock: String) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "REGISTRY_DISALLOWED_OPERATION", LOCKED)
            .with_detail(Value::String(lock))
            .with_headers([(ALLOW, HeaderValue::from_static(""))])
    }

    /// Tells nothing but the code; the message is the request's id.
    fn server(status: StatusCode, code: &'static str, cause: service::Error) -> Self {
        Self { cause: Some(Box::new(cause)), ..Self::new(status, code, "") }
    }

    fn with_detail(mut self, detail: Value) -> Self {
        if let Some((_, place)) = self.told.last_mut() {
            *place = Some(detail);
        }
        self
    }

    /// One of the API's error codes, or one of ours where it has none.
    #[cfg(test)]
    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    /// Further headers.
    #[cfg(test)]
    pub(super) fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.headers
    }

    /// The answer; what only the log may tell goes there under the request's id.
    pub(super) fn into_response(self, request: RequestId) -> Response {
        let Self { status, code, mut told, headers, cause } = self;
        if let Some(cause) = cause {
            let reason: &dyn std::error::Error = &*cause;
            tracing::error!(%request, code, reason, "request {request} to the registry failed: {reason}");
            told = vec![(format!("request {request}"), None)];
        }
        let errors = told.into_iter();
        let errors = errors.map(|(message, detail)| wire::oci::Error { code: code.to_owned(), message, detail });
        let mut answer = body_of(errors.collect());
        *answer.status_mut() = status;
        for (name, value) in headers {
            answer.headers_mut().insert(name, value);
        }
        answer
    }
}

impl From<RouteError> for ErrorAnswer {
    fn from(error: RouteError) -> Self {
        match error {
            RouteError::NoRoute => Self::not_found("UNSUPPORTED", "the registry API has no such path"),
            RouteError::MethodNotAllowed(allowed) => {
                Self::new(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", format!("this path takes {allowed} only"))
                    .with_headers([(ALLOW, HeaderValue::from_static(allowed))])
            }
            RouteError::NotText => Self::bad_request("NAME_INVALID", "the path is not UTF-8"),
            RouteError::Name(error) => Self::bad_request("NAME_INVALID", error.to_string()),
            RouteError::NoSuchName(error) => Self::not_found("NAME_UNKNOWN", error.to_string()),
            RouteError::Digest(error) => Self::bad_request("DIGEST_INVALID", error.to_string()),
            RouteError::Tag(error) => Self::bad_request("TAG_INVALID", error.to_string()),
            RouteError::NoSuchTag(tag) => Self::tag_unknown(&tag),
            RouteError::NoSuchUpload => service::Error::UploadUnknown.into(),
        }
    }
}

/// `{"errors":[…]}`
pub(super) fn body_of(errors: Vec<wire::oci::Error>) -> Response {
    let mut answer = axum::Json(wire::oci::Errors { errors }).into_response();
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    answer
}

impl From<service::Error> for ErrorAnswer {
    fn from(error: service::Error) -> Self {
        use service::Error as E;
        let message = error.to_string();
        match error {
            // The registry went away while the request was under way.
            E::RegistryMissing(_) | E::ParentRegistryMissing(_) => Self::not_found("NAME_UNKNOWN", message),
            E::Invalid { .. } => Self::bad_request("UNSUPPORTED", message),
            E::LimitReached(limits::OPEN_UPLOADS) => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "TOOMANYREQUESTS", message)
            }
            E::LimitReached(_) => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID", message),
            E::Revoked(_) => Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message),
            E::RepositoryUnknown(name) => {
                Self::not_found("NAME_UNKNOWN", message).with_detail(json!({ "name": name.as_str() }))
            }
            E::ManifestUnknown(Reference::Tag(tag)) => Self::tag_unknown(tag.as_str()),
            E::ManifestUnknown(Reference::Digest(_)) => Self::not_found("MANIFEST_UNKNOWN", message),
            E::TagUnknown(_) => Self::not_found("TAG_UNKNOWN", message),
            E::Locked(_) => Self::locked(message),
            E::BlobUnknown(digest) => {
                Self::not_found("BLOB_UNKNOWN", message).with_detail(json!({ "digest": digest.to_string() }))
            }
            // Of the answers that the specification has for a refused delete, and so clients know, the one that fits best.
            E::BlobInUse(_) => Self::new(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", message)
                .with_headers([(ALLOW, HeaderValue::from_static("GET, HEAD"))]),
            E::UploadUnknown => Self::not_found("BLOB_UPLOAD_UNKNOWN", message),
            E::UploadOutOfOrder { .. } => Self::new(StatusCode::RANGE_NOT_SATISFIABLE, "RANGE_INVALID", message),
            E::UploadBusy => Self::new(StatusCode::CONFLICT, "BLOB_UPLOAD_INVALID", message),
            E::DigestMismatch { claimed, actual } => Self::bad_request("DIGEST_INVALID", message)
                .with_detail(json!({ "claimed": claimed.to_string(), "actual": actual.to_string() })),
            E::ManifestReferencesMissing(digests) => {
                let told = digests.iter().take(TOLD_MAX).map(|digest| {
                    let message = format!("the repository does not hold {digest}: push it before the manifest");
                    (message, Some(json!({ "digest": digest.to_string() })))
                });
                Self { told: told.collect(), ..Self::bad_request("MANIFEST_BLOB_UNKNOWN", "") }
            }
            E::BodyInterrupted => Self::bad_request("BLOB_UPLOAD_INVALID", message),
            E::Busy => Self::server(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", error)
                .with_headers([(RETRY_AFTER, retry_after::value(BUSY_RETRY))]),
            E::StorageFull => Self::server(StatusCode::INSUFFICIENT_STORAGE, "STORAGE_FULL", error),
            E::Internal(_) => Self::server(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN", error),
            // Of the management plane: no use case of this one answers so.
            E::SubscriptionMissing(_)
            | E::ResourceGroupMissing(_)
            | E::AdminUserDisabled(_)
            | E::ScopeMapMissing(_)
            | E::TokenMissing(_)
            | E::RegistryNameTaken(_)
            | E::Identity(_)
            | E::SystemScopeMap(_) => Self::server(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN", error),
        }
    }
}

#[cfg(test)]
mod tests;
