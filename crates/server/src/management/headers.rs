//! The headers of every answer of the management API (management-api.md, section 2).

pub(super) use crate::requests::client_request_id;

use super::api_version::{ApiVersion, SUPPORTED};
use crate::requests::CLIENT_REQUEST_ID;
use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_TYPE, EXPIRES, HeaderName, PRAGMA, RETRY_AFTER, STRICT_TRANSPORT_SECURITY, USER_AGENT,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method};

const RETURN_CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-return-client-request-id");
/// What Terraform's SDK reads in the answer to a change: without it, it sleeps 10 seconds before it looks whether the change is done.
const SKIP_POLLING_DELAY: HeaderName = HeaderName::from_static("x-go-azure-sdk-skip-polling-delay");
const SUPPORTED_VERSIONS: HeaderName = HeaderName::from_static("api-supported-versions");

/// Puts the common headers on the answer to a request of `method`.
pub(super) fn stamp(response: &mut Response, method: &Method, request: &HeaderMap) {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(EXPIRES, HeaderValue::from_static("-1"));
    // User agents pass it over on plain HTTP (RFC 6797, section 8.1).
    headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if ![Method::GET, Method::HEAD].contains(method) {
        headers.insert(SKIP_POLLING_DELAY, HeaderValue::from_static("true"));
    }
    // Azure's SDK for Java takes 0 for no answer to how long, and waits for 30 seconds.
    if headers.contains_key(RETRY_AFTER) && is_java(request) {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    let wanted =
        request.get(RETURN_CLIENT_REQUEST_ID).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
    if wanted && let Some(Ok(id)) = client_request_id(request).map(HeaderValue::from_str) {
        headers.insert(CLIENT_REQUEST_ID, id);
    }
}

/// Whether Azure's SDK for Java asks: its `User-Agent` begins `azsdk-java-<library>/<version>`, behind the application's own words.
fn is_java(request: &HeaderMap) -> bool {
    let agent = request.get(USER_AGENT).and_then(|value| value.to_str().ok());
    agent.is_some_and(|text| text.split_whitespace().any(|word| word.starts_with("azsdk-java-")))
}

/// Which versions an answer says there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Versions {
    /// None: the header is absent.
    Unsaid,
    /// Just the one asked for.
    TheOneAsked,
    /// The whole list.
    All,
}

/// Says which versions there are. The final, empty answer of a poll says nothing (management-api.md, section 5).
pub(super) fn stamp_versions(response: &mut Response, asked: &ApiVersion, versions: Versions) {
    let value = match versions {
        Versions::Unsaid => return,
        Versions::TheOneAsked => HeaderValue::from_str(asked.as_str()),
        Versions::All => Ok(HeaderValue::from_static(SUPPORTED)),
    };
    // A registry's delete answers without a body and has the header all the same (recorded).
    let is_poll = versions == Versions::All && !response.headers().contains_key(CONTENT_TYPE);
    if let Ok(value) = value
        && !is_poll
    {
        response.headers_mut().insert(SUPPORTED_VERSIONS, value);
    }
}
