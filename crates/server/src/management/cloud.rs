//! What a client must know before it can sign in: the addresses of this site, as `az cloud register` asks for them
//! (real-clients.md, 1.2). Answers strangers.

use super::answer::{Outcome, json};
use crate::state::State;
use http::{HeaderMap, StatusCode};
use wire::arm::cloud::{Authentication, Endpoints, Suffixes};

/// `GET /metadata/endpoints`: one object, not a list.
pub(super) fn endpoints(state: &State, headers: &HeaderMap) -> Outcome {
    let base_url = state.base_url(headers);
    let endpoints = Endpoints {
        name: "Portcullis".to_owned(),
        authentication: Authentication {
            login_endpoint: format!("{base_url}/"),
            audiences: vec![format!("{base_url}/")],
        },
        suffixes: Suffixes { acr_login_server: state.site.domain.clone() },
        resource_manager: base_url,
    };
    json(StatusCode::OK, &endpoints)
}
