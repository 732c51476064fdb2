//! Which plane a path belongs to.

use crate::auth;
use crate::state::State;
use crate::{distribution, health, management, requests};
use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use std::sync::Arc;

/// Every plane, on every host (decision D1).
pub(crate) fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .merge(auth::routes())
        .route("/v2", any(registry))
        .route("/v2/", any(registry))
        .route("/v2/{*rest}", any(registry))
        .route("/acr/v1/{*rest}", any(registry))
        .fallback(elsewhere)
        .layer(from_fn_with_state(Arc::clone(&state), requests::observe))
        .with_state(state)
}

/// The registry API, and the metadata API beside it, read their paths themselves, because names of repositories hold slashes.
async fn registry(Shared(state): Shared<Arc<State>>, request: Request) -> Response {
    distribution::handle(state, request).await
}

/// The management API reads its paths itself, because their fixed segments compare without case.
async fn elsewhere(Shared(state): Shared<Arc<State>>, request: Request) -> Response {
    if management::owns(request.uri().path()) {
        return management::handle(state, request).await;
    }
    let body = r#"{"error":{"code":"NotFound","message":"There is nothing at this path. Registries are under /v2/ and /acr/v1/, the management API under /subscriptions."}}"#;
    (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response()
}
