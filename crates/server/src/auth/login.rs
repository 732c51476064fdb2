//! The login of the management API: a service principal's id and secret for a bearer, in the words of Entra ID's v2.0 endpoint,
//! which `az login --service-principal` and the Azure SDKs use (decision D8; RFC 6749, section 4.4). Under `/adfs` once more in the
//! paths of AD FS, for which Microsoft's login libraries ask nobody but this server (real-clients.md, 1.3).

use super::credentials::{self, Credentials};
use super::form::{Form, Repeated};
use super::keys;
use super::refusal::CHALLENGE;
use crate::body::{self, UnreadBody};
use crate::requests::{self, RequestId};
use crate::state::State;
use crate::{limits, retry_after};
use axum::extract::{Path, Request, State as Shared};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::header::{CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use model::password::Password;
use service::{PrincipalBearer, PrincipalRefusal};
use std::sync::Arc;
use std::time::Duration;
use wire::oauth::{FirstLoginAnswer, LoginAnswer, LoginError, OpenIdConfiguration};

/// The only grant (RFC 6749, section 4.4).
const GRANT: &str = "client_credentials";

/// Why no bearer was issued.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    /// The tenant in the path is not this site's.
    #[error("Tenant '{0}' not found. Check that you have the tenant that the first start showed.")]
    Tenant(String),
    /// The body could not be read.
    #[error("{0}.")]
    Body(#[from] UnreadBody),
    /// A parameter is missing.
    #[error("The request body must contain the following parameter: '{0}'.")]
    Missing(&'static str),
    /// A parameter is there twice.
    #[error("{0}.")]
    Repeated(#[from] Repeated),
    /// Only `client_credentials` is offered.
    #[error("The grant type '{0}' is not available here: use '{GRANT}'.")]
    Grant(String),
    /// Signing in through a browser.
    #[error("Signing in through a browser is not available here: use the grant type '{GRANT}' at the token endpoint.")]
    Browser,
    /// Unknown client or wrong secret, which look alike.
    #[error(
        "Invalid client secret provided. Check the client id, and that the secret is the value that the first start showed."
    )]
    Client,
    /// Too many wrong secrets came before, from the same place.
    #[error("Too many wrong client secrets were tried from here. Try again in {} seconds.", retry_after::seconds(*.0))]
    Wait(Duration),
    /// The service failed. The cause goes to the log.
    #[error("Internal error")]
    Service(#[source] service::Error),
}

/// `POST /{tenant}/oauth2/v2.0/token`
pub(super) async fn login(
    Shared(state): Shared<Arc<State>>,
    Extension(id): Extension<RequestId>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    answer(sign_in_at(&state, &tenant, request).await, id)
}

/// `POST /{tenant}/oauth2/token`: the endpoint before v2.0, which clients built on ADAL or go-autorest still use.
pub(super) async fn first_login(
    Shared(state): Shared<Arc<State>>,
    Extension(id): Extension<RequestId>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    match first_sign_in(&state, &tenant, request).await {
        Ok(answer) => ([(CACHE_CONTROL, "no-store")], Json(answer)).into_response(),
        Err(refusal) => refusal.into_response(id),
    }
}

async fn first_sign_in(state: &State, tenant: &str, request: Request) -> Result<FirstLoginAnswer, Refusal> {
    let (parts, form) = asked(state, tenant, request).await?;
    let resource = form.get("resource")?.ok_or(Refusal::Missing("resource"))?;
    let bearer = sign_in(state, &parts, &form).await?;
    Ok(FirstLoginAnswer {
        token_type: "Bearer".to_owned(),
        expires_in: bearer.expires_in_seconds.to_string(),
        expires_on: bearer.expires_at.as_unix_seconds().to_string(),
        resource: resource.to_owned(),
        access_token: bearer.text,
    })
}

/// `POST /adfs/oauth2/token`
pub(super) async fn adfs_login(
    Shared(state): Shared<Arc<State>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Response {
    answer(sign_in_at(&state, state.service.tenant(), request).await, id)
}

fn answer(outcome: Result<PrincipalBearer, Refusal>, id: RequestId) -> Response {
    match outcome {
        Ok(bearer) => {
            let answer = LoginAnswer {
                token_type: "Bearer".to_owned(),
                expires_in: bearer.expires_in_seconds,
                access_token: bearer.text,
            };
            ([(CACHE_CONTROL, "no-store")], Json(answer)).into_response()
        }
        Err(refusal) => refusal.into_response(id),
    }
}

/// `/{tenant}/oauth2/v2.0/authorize`: discovery must name it, and whoever goes there must hear that it is of no use.
pub(super) async fn authorize(
    Shared(state): Shared<Arc<State>>,
    Extension(id): Extension<RequestId>,
    Path(tenant): Path<String>,
) -> Response {
    check_tenant(&state, &tenant).err().unwrap_or(Refusal::Browser).into_response(id)
}

/// `/adfs/oauth2/authorize`, likewise.
pub(super) async fn adfs_authorize(Extension(id): Extension<RequestId>) -> Response {
    Refusal::Browser.into_response(id)
}

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`
pub(super) async fn openid_configuration(
    Shared(state): Shared<Arc<State>>,
    Extension(id): Extension<RequestId>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = check_tenant(&state, &tenant) {
        return refusal.into_response(id);
    }
    let base = format!("{}/{}", state.base_url(&headers), state.service.tenant());
    configuration(&base, "/v2.0")
}

/// `GET /adfs/.well-known/openid-configuration`
pub(super) async fn adfs_configuration(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Response {
    configuration(&format!("{}/adfs", state.base_url(&headers)), "")
}

/// `version` is the segment that Entra ID's paths have and those of AD FS have not.
fn configuration(base: &str, version: &str) -> Response {
    let configuration = OpenIdConfiguration {
        issuer: format!("{base}{version}"),
        authorization_endpoint: format!("{base}/oauth2{version}/authorize"),
        token_endpoint: format!("{base}/oauth2{version}/token"),
        jwks_uri: format!("{base}/discovery{version}/keys"),
        grant_types_supported: vec![GRANT.to_owned()],
        token_endpoint_auth_methods_supported: vec!["client_secret_post".to_owned(), "client_secret_basic".to_owned()],
    };
    Json(configuration).into_response()
}

/// `GET /{tenant}/discovery/v2.0/keys`: those of the management API's bearers. A registry's are at `/oauth2/keys`.
pub(super) async fn keys(
    Shared(state): Shared<Arc<State>>,
    Extension(id): Extension<RequestId>,
    Path(tenant): Path<String>,
) -> Response {
    match check_tenant(&state, &tenant) {
        Ok(()) => keys::answer(state.service.principal_verification_keys()),
        Err(refusal) => refusal.into_response(id),
    }
}

/// `GET /adfs/discovery/keys`
pub(super) async fn adfs_keys(Shared(state): Shared<Arc<State>>) -> Response {
    keys::answer(state.service.principal_verification_keys())
}

async fn sign_in_at(state: &State, tenant: &str, request: Request) -> Result<PrincipalBearer, Refusal> {
    let (parts, form) = asked(state, tenant, request).await?;
    sign_in(state, &parts, &form).await
}

/// What a client sent, if it was to a tenant that there is.
async fn asked(state: &State, tenant: &str, request: Request) -> Result<(Parts, Form), Refusal> {
    check_tenant(state, tenant)?;
    let (parts, body) = request.into_parts();
    Ok((parts, Form::parse(&body::read(body, limits::FORM_BYTES_MAX).await?)))
}

/// `scope` is not looked at: bearers of this site are for its management API, under whatever name the client has for that.
async fn sign_in(state: &State, parts: &Parts, form: &Form) -> Result<PrincipalBearer, Refusal> {
    match form.get("grant_type")? {
        Some(GRANT) => {}
        Some(other) => return Err(Refusal::Grant(other.to_owned())),
        None => return Err(Refusal::Missing("grant_type")),
    }
    let (client_id, secret) = client(form, &parts.headers)?;
    let service = state.service.coming_from(requests::origin(&parts.extensions));
    service.sign_in_principal(&client_id, &secret).await.map_err(|refusal| match refusal {
        PrincipalRefusal::TooManyWrong(wait) => Refusal::Wait(wait),
        PrincipalRefusal::Unavailable(error) => Refusal::Service(error),
        PrincipalRefusal::WrongSecret | PrincipalRefusal::InvalidBearer(_) => Refusal::Client,
    })
}

fn check_tenant(state: &State, tenant: &str) -> Result<(), Refusal> {
    // A GUID, whose digits may be in either case (RFC 9562, section 4), or Entra ID's and AD FS's words for "the tenant of whoever signs
    // in": there is only one here.
    let known = [state.service.tenant(), "common", "organizations", "adfs"];
    if known.iter().any(|known| known.eq_ignore_ascii_case(tenant)) {
        Ok(())
    } else {
        Err(Refusal::Tenant(tenant.to_owned()))
    }
}

/// From the form, else from the header (RFC 6749, section 2.3.1).
fn client(form: &Form, headers: &HeaderMap) -> Result<(String, Password), Refusal> {
    let (id, secret) = (form.get("client_id")?, form.get("client_secret")?);
    if let Some(secret) = secret {
        let id = id.ok_or(Refusal::Missing("client_id"))?;
        return Ok((id.to_owned(), Password::presented(secret.to_owned())));
    }
    match credentials::parse(headers) {
        Ok(Some(Credentials::Basic { user, password })) => {
            Ok((form_decoded(&user), Password::presented(form_decoded(password.reveal()))))
        }
        Ok(None) if id.is_none() => Err(Refusal::Missing("client_id")),
        Ok(None) => Err(Refusal::Missing("client_secret")),
        Ok(Some(Credentials::Bearer(_))) | Err(_) => Err(Refusal::Client),
    }
}

/// Both halves of a client's Basic credentials are form-encoded before they are joined (RFC 6749, section 2.3.1).
fn form_decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

impl Refusal {
    /// RFC 6749, section 5.2, with the numbers by which Azure's clients know Entra ID's refusals.
    fn into_response(self, id: RequestId) -> Response {
        let (status, error, number) = match &self {
            Self::Tenant(_) => (StatusCode::BAD_REQUEST, "invalid_request", 90_002),
            Self::Body(unread) => (unread.status(), "invalid_request", 900_144),
            Self::Missing(_) | Self::Repeated(_) => (StatusCode::BAD_REQUEST, "invalid_request", 900_144),
            Self::Grant(_) => (StatusCode::BAD_REQUEST, "unsupported_grant_type", 70_003),
            Self::Browser => (StatusCode::BAD_REQUEST, "unsupported_response_type", 70_003),
            Self::Client => (StatusCode::UNAUTHORIZED, "invalid_client", 7_000_215),
            Self::Wait(_) => (StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable", 90_055),
            Self::Service(error) => {
                let cause: &dyn std::error::Error = error;
                tracing::error!(cause, "the login failed: {error}");
                (StatusCode::INTERNAL_SERVER_ERROR, "server_error", 90_014)
            }
        };
        let text = if status.is_server_error() { format!("{self}, request {id}.") } else { self.to_string() };
        let body = LoginError {
            error: error.to_owned(),
            error_description: format!("AADSTS{number}: {text}"),
            error_codes: vec![number],
        };
        let mut response = (status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response();
        match self {
            Self::Client => drop(response.headers_mut().insert(WWW_AUTHENTICATE, CHALLENGE)),
            Self::Wait(wait) => drop(response.headers_mut().insert(RETRY_AFTER, retry_after::value(wait))),
            _ => {}
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use http::HeaderValue;
    use http::header::AUTHORIZATION;
    use rstest::rstest;

    #[rstest]
    #[case::form("client_id=a&client_secret=b%2B+c", None, "a|b+ c")]
    #[case::basic("", Some("a:b"), "a|b")]
    #[case::basic_is_form_encoded("", Some("a%40x:b%3A+c"), "a@x|b: c")]
    #[case::id_in_both("client_id=a", Some("a:b"), "a|b")]
    #[case::no_id("client_secret=b", None, "The request body must contain the following parameter: 'client_id'.")]
    #[case::no_secret("client_id=a", None, "The request body must contain the following parameter: 'client_secret'.")]
    #[case::nothing("", None, "The request body must contain the following parameter: 'client_id'.")]
    #[case::twice("client_id=a&client_id=b", None, "client_id is given more than once: give it once.")]
    fn clients(
        #[case] form: &str,
        #[case] basic: Option<&str>,
        #[case] expected: &str,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let mut headers = HeaderMap::new();
        if let Some(basic) = basic {
            headers.insert(AUTHORIZATION, HeaderValue::try_from(format!("Basic {}", STANDARD.encode(basic)))?);
        }
        let outcome = match client(&Form::parse(form.as_bytes()), &headers) {
            Ok((id, secret)) => format!("{id}|{}", secret.reveal()),
            Err(refusal) => refusal.to_string(),
        };
        assert_eq!(outcome, expected);
        Ok(())
    }
}
