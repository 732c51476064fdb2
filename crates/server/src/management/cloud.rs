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
            // Terraform puts a slash and the tenant behind it, whatever it ends in.
            login_endpoint: base_url.clone(),
            audiences: vec![format!("{base_url}/")],
        },
        suffixes: Suffixes { acr_login_server: state.site.domain.clone() },
        // Neither graph is here. A bearer for one says who signed in, which is all that Terraform wants of it.
        graph_endpoint: format!("{base_url}/"),
        microsoft_graph_resource_id: format!("{base_url}/"),
        resource_manager: base_url,
    };
    json(StatusCode::OK, &endpoints)
}
