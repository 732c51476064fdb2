//! Who is asking: credentials in headers, the token service of the registries, the login of the management API.

pub(crate) mod credentials;
mod exchange;
pub(crate) mod form;
mod keys;
mod login;
mod refusal;
mod token;

use crate::state::State;
use axum::Router;
use axum::routing::{any, get, post};
use std::sync::Arc;

/// Every path of this room. They do not depend on the host; what a token is for does.
pub(crate) fn routes() -> Router<Arc<State>> {
    Router::new()
        .route("/oauth2/token", get(token::get).post(token::post))
        .route("/oauth2/exchange", post(exchange::exchange))
        .route("/oauth2/keys", get(keys::keys))
        .route("/adfs/.well-known/openid-configuration", get(login::adfs_configuration))
        .route("/adfs/oauth2/token", post(login::adfs_login))
        .route("/adfs/oauth2/authorize", any(login::adfs_authorize))
        .route("/adfs/discovery/keys", get(login::adfs_keys))
        .route("/adfs/{tenant}/v2.0/.well-known/openid-configuration", get(login::openid_configuration))
        .route("/{tenant}/oauth2/v2.0/token", post(login::login))
        .route("/{tenant}/oauth2/token", post(login::first_login))
        .route("/{tenant}/oauth2/v2.0/authorize", any(login::authorize))
        .route("/{tenant}/discovery/v2.0/keys", get(login::keys))
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(login::openid_configuration))
}
