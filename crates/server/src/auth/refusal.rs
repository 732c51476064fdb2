//! Why the token service did not issue a token, and the answer that says so: an OCI error body, which every container client
//! reads (data-plane-and-auth.md, 1.3).

use super::form::Repeated;
use crate::body::UnreadBody;
use crate::hosts::NO_REGISTRY;
use crate::requests::RequestId;
use crate::retry_after;
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use std::time::Duration;
use wire::oci;

/// RFC 7617, section 2. No comma and no further parameter: some clients take challenges apart by hand (real-clients.md, 1.6).
pub(super) const CHALLENGE: HeaderValue = HeaderValue::from_static("Basic realm=\"Portcullis\"");

/// Why no token was issued.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// No credentials, and the registry gives nothing without.
    #[error(
        "authentication required: sign in with a token's name and one of its passwords, or with its client certificate"
    )]
    SignedOut,
    /// The credentials do not count: unknown name, wrong password, disabled, expired, deleted look alike (decision D3).
    #[error("authentication failed: the user name or the password is wrong or no longer valid")]
    WrongCredentials,
    /// Nothing but a certificate, and it does not count: unknown, ended, replaced, of a disabled token look alike.
    #[error(
        "authentication failed: the client certificate is not one of a token of this registry, or is no longer valid"
    )]
    WrongCertificate,
    /// A right password and a certificate, of two tokens.
    #[error("authentication failed: the password is one token's and the client certificate another's: use one of them")]
    TwoTokens,
    /// Too many wrong passwords came before, from the same place.
    #[error("too many wrong passwords were tried from here: try again in {} seconds", retry_after::seconds(*.0))]
    Wait(Duration),
    /// The host names no registry.
    #[error("{NO_REGISTRY}")]
    NoRegistry,
    /// The request itself is wrong; the sentence says how.
    #[error("{0}")]
    Request(String),
    /// What would be issued is too long to be taken.
    #[error("{0}: ask for fewer scopes")]
    TooMuch(service::limits::Limit),
    /// The body could not be read.
    #[error(transparent)]
    Body(#[from] UnreadBody),
    /// The service failed. The cause goes to the log.
    #[error("internal error")]
    Service(#[source] service::Error),
}

impl From<service::Error> for Refusal {
    fn from(error: service::Error) -> Self {
        match error {
            service::Error::LimitReached(limit @ service::limits::ACCESS_TOKEN_BYTES) => Self::TooMuch(limit),
            error => Self::Service(error),
        }
    }
}

impl From<Repeated> for Refusal {
    fn from(repeated: Repeated) -> Self {
        Self::Request(repeated.to_string())
    }
}

impl Refusal {
    /// The answer. containerd takes 400, 401, 404 and 405 to a POST for "try GET" (data-plane-and-auth.md, 1.4).
    pub(super) fn into_response(self, id: RequestId) -> Response {
        let (status, code) = match &self {
            Self::SignedOut | Self::WrongCredentials | Self::WrongCertificate | Self::TwoTokens => {
                (StatusCode::UNAUTHORIZED, "UNAUTHORIZED")
            }
            // Not among those that containerd tries again at once.
            Self::Wait(_) => (StatusCode::TOO_MANY_REQUESTS, "TOOMANYREQUESTS"),
            Self::NoRegistry => (StatusCode::NOT_FOUND, "NAME_UNKNOWN"),
            Self::Request(_) | Self::TooMuch(_) => (StatusCode::BAD_REQUEST, "UNSUPPORTED"),
            Self::Body(unread) => (unread.status(), "UNSUPPORTED"),
            Self::Service(error) => {
                let cause: &dyn std::error::Error = error;
                tracing::error!(cause, "the token service failed: {error}");
                (StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN")
            }
        };
        let message = if status.is_server_error() { format!("{self}, request {id}") } else { self.to_string() };
        let body = oci::Errors { errors: vec![oci::Error { code: code.to_owned(), message, detail: None }] };
        let mut response = (status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, CHALLENGE);
        }
        if let Self::Wait(wait) = self {
            response.headers_mut().insert(RETRY_AFTER, retry_after::value(wait));
        }
        response
    }
}
