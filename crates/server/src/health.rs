//! `/healthz`: the process lives. `/readyz`: the store answers and takes writes.

use crate::requests::RequestId;
use crate::state::State;
use axum::Extension;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use std::sync::Arc;

/// `GET /healthz`
pub(crate) async fn healthz() -> Response {
    answer(StatusCode::OK, r#"{"status":"ok"}"#.to_owned())
}

/// `GET /readyz`
pub(crate) async fn readyz(Shared(state): Shared<Arc<State>>, Extension(id): Extension<RequestId>) -> Response {
    match state.service.check_ready().await {
        Ok(()) => answer(StatusCode::OK, r#"{"status":"ready"}"#.to_owned()),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the store is not ready");
            answer(StatusCode::SERVICE_UNAVAILABLE, format!(r#"{{"status":"unavailable","requestId":"{id}"}}"#))
        }
    }
}

fn answer(status: StatusCode, body: String) -> Response {
    (status, [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], body).into_response()
}
