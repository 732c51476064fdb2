//! The keys that signatures of bearers can be checked with, for registries that take only the token service from here.

use crate::state::State;
use axum::Json;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use service::VerificationKey;
use std::sync::Arc;
use wire::oauth::{JsonWebKey, JsonWebKeySet};

/// `GET /oauth2/keys`
pub(super) async fn keys(Shared(state): Shared<Arc<State>>) -> Response {
    answer(state.service.verification_keys())
}

/// A key set (RFC 7517, section 5).
pub(super) fn answer(keys: Vec<VerificationKey>) -> Response {
    let keys = keys.into_iter().map(shape).collect();
    // Five minutes: short beside the life of a key, long beside the rate of requests. The media type: RFC 7517, section 8.5.
    let headers = [(CONTENT_TYPE, "application/jwk-set+json"), (CACHE_CONTROL, "public, max-age=300")];
    (headers, Json(JsonWebKeySet { keys })).into_response()
}

fn shape(key: VerificationKey) -> JsonWebKey {
    JsonWebKey {
        kty: "EC".to_owned(),
        crv: "P-256".to_owned(),
        usage: "sig".to_owned(),
        alg: "ES256".to_owned(),
        kid: key.id,
        x: key.x,
        y: key.y,
    }
}
