//! `/oauth2/exchange`: a bearer of the management API for a refresh token of a registry (data-plane-and-auth.md, 2.1), as
//! `az acr login` and Azure's data-plane SDKs ask.

use super::form::Form;
use super::refusal::Refusal;
use super::token::check_service;
use crate::management::Embedded;
use crate::requests::{self, RequestId};
use crate::state::State;
use crate::{body, limits};
use axum::extract::{Request, State as Shared};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::header::CACHE_CONTROL;
use http::request::Parts;
use service::{Manager, PrincipalRefusal, Service};
use std::sync::Arc;
use wire::oauth::ExchangeAnswer;

/// The only grant. Azure's others, which take a refresh token of Entra ID, are deprecated there.
const GRANT: &str = "access_token";

/// `POST /oauth2/exchange` with a form of `grant_type=access_token`, `access_token`, `service`. The tenant is not looked at: there is
/// only one.
pub(super) async fn exchange(
    Shared(state): Shared<Arc<State>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Response {
    match exchanged(&state, request).await {
        Ok(refresh_token) => ([(CACHE_CONTROL, "no-store")], Json(ExchangeAnswer { refresh_token })).into_response(),
        Err(refusal) => refusal.into_response(id),
    }
}

async fn exchanged(state: &State, request: Request) -> Result<String, Refusal> {
    let (parts, body) = request.into_parts();
    let form = Form::parse(&body::read(body, limits::FORM_BYTES_MAX).await?);
    match form.get("grant_type")? {
        Some(GRANT) => {}
        Some(other) => {
            return Err(Refusal::Request(format!("grant_type={other} is not available here: use grant_type={GRANT}")));
        }
        None => return Err(Refusal::Request(format!("grant_type is missing: use grant_type={GRANT}"))),
    }
    let registry = state.registry_of(&parts.headers).await?.ok_or(Refusal::NoRegistry)?;
    if let Some(service) = form.get("service")? {
        check_service(service, &state.login_server(&registry).await?, &parts.headers)?;
    }
    let service = state.service.coming_from(requests::origin(&parts.extensions));
    let manager = manager(&service, &parts, form.get("access_token")?).await?;
    service.issue_refresh_token(&registry, &manager).await?.ok_or(Refusal::WrongCredentials)
}

/// Whoever asks: by the bearer, or in process the owner of the data folder, who needs none.
async fn manager(service: &Service, parts: &Parts, bearer: Option<&str>) -> Result<Manager, Refusal> {
    if let Some(Embedded(caller)) = parts.extensions.get() {
        return Ok(Manager::owner_at_registries(caller.clone()));
    }
    let bearer = bearer
        .ok_or_else(|| Refusal::Request("access_token is missing: give a bearer of the management API".to_owned()))?;
    service.verify_principal(bearer).await.map_err(|refusal| match refusal {
        PrincipalRefusal::WrongSecret | PrincipalRefusal::TooManyWrong(_) | PrincipalRefusal::InvalidBearer(_) => {
            Refusal::WrongCredentials
        }
        PrincipalRefusal::Unavailable(error) => Refusal::Service(error),
    })
}
