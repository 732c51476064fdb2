//! `/oauth2/token`: a registry's token service (distribution specification, "Token Authentication"; data-plane-and-auth.md, 1).
//!
//! 1. [`get`] and [`post`] gather what was asked and who asks, in either form that clients use.
//! 2. [`issue`] finds the registry by `Host`, checks `service`, signs in, and issues what is asked and held.

use super::credentials::{self, Credentials, InvalidCredentials};
use super::form::Form;
use super::refusal::Refusal;
use crate::client_certificates::ClientCertificate;
use crate::requests::{self, RequestId};
use crate::state::State;
use crate::{body, hosts, limits};
use axum::body::Body;
use axum::extract::{Request, State as Shared};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::header::CACHE_CONTROL;
use http::request::Parts;
use http::{Extensions, HeaderMap};
use model::password::Password;
use model::registry::Registry;
use model::scope::Asked;
use service::{AccessToken, Service, SignedIn};
use std::sync::Arc;
use wire::oauth::RegistryTokenAnswer;

/// What a token is asked with, whichever form carried it.
struct TokenRequest {
    presented: Presented,
    /// The registry it is for, by its login server.
    service: Option<String>,
    /// The user that the client believes to be.
    account: Option<String>,
    asked: Asked,
}

/// Who asks.
enum Presented {
    Nobody,
    /// A header that cannot be read, or a bearer: no credentials of this endpoint, and why.
    Unusable(String),
    User(String, Password),
    /// Whoever holds this refresh token.
    Refresh(Password),
}

/// `GET /oauth2/token?service=…&scope=…&scope=…&account=…`, with Basic credentials. Every other parameter is passed over.
pub(super) async fn get(
    Shared(state): Shared<Arc<State>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let query = Form::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let issued = async {
        let request = TokenRequest::of(presented(credentials::parse(&parts.headers)), &query)?;
        issue(&state, &parts, request).await
    };
    answer(issued.await, id)
}

/// `POST /oauth2/token` with a form of `grant_type=password`, `username`, `password`, `service`, `scope` (RFC 6749, section 4.3), or
/// of `grant_type=refresh_token`, `refresh_token`, `service`, `scope` (section 6).
pub(super) async fn post(
    Shared(state): Shared<Arc<State>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    answer(issue_for_form(&state, &parts, body).await, id)
}

fn answer(outcome: Result<AccessToken, Refusal>, id: RequestId) -> Response {
    match outcome {
        Ok(issued) => ([(CACHE_CONTROL, "no-store")], Json(shape(issued))).into_response(),
        Err(refusal) => refusal.into_response(id),
    }
}

/// What can be left out is, before the answer is longer than clients read: first the second name of the bearer, which Azure does not
/// give at all, then what it was granted.
fn shape(issued: AccessToken) -> RegistryTokenAnswer {
    let (text, scope) = (issued.text, issued.granted.to_string());
    let has_room = |bytes: usize| bytes <= limits::TOKEN_ANSWER_BYTES_MAX;
    RegistryTokenAnswer {
        token: has_room(2 * text.len() + scope.len()).then(|| text.clone()),
        // RFC 6749, section 3.3: a scope value is not empty.
        scope: (!scope.is_empty() && has_room(text.len() + scope.len())).then_some(scope),
        access_token: text,
        expires_in: issued.expires_in_seconds,
        issued_at: issued.issued_at.to_string(),
    }
}

async fn issue_for_form(state: &State, parts: &Parts, body: Body) -> Result<AccessToken, Refusal> {
    let form = Form::parse(&body::read(body, limits::FORM_BYTES_MAX).await?);
    let presented = match grant(&form)? {
        Grant::Password => presented_in_form(&form, presented(credentials::parse(&parts.headers)))?,
        Grant::RefreshToken(token) => Presented::Refresh(Password::presented(token.to_owned())),
    };
    let request = TokenRequest::of(presented, &form)?;
    issue(state, parts, request).await
}

/// What a form of the token endpoint brings.
#[derive(Debug, PartialEq, Eq)]
enum Grant<'a> {
    Password,
    RefreshToken(&'a str),
}

/// Azure's Python SDK leaves `grant_type` out when it sends a refresh token (real-clients.md, 2).
fn grant(form: &Form) -> Result<Grant<'_>, Refusal> {
    let refused = match (form.get("grant_type")?, form.get("refresh_token")?) {
        (Some("password"), _) => return Ok(Grant::Password),
        (None | Some("refresh_token"), Some(token)) => return Ok(Grant::RefreshToken(token)),
        (Some("refresh_token"), None) => "refresh_token is missing: give one that /oauth2/exchange issued".to_owned(),
        (None, None) => "grant_type is missing: use grant_type=password".to_owned(),
        (Some(other), _) => {
            format!("grant_type={other} is not available on this server: use grant_type=password or refresh_token")
        }
    };
    Err(Refusal::Request(refused))
}

/// The user of the form, else of the header. Both at once are two answers to one question (RFC 6749, section 2.3).
fn presented_in_form(form: &Form, in_header: Presented) -> Result<Presented, Refusal> {
    let (user, password) = (form.get("username")?, form.get("password")?);
    match (user.is_some() || password.is_some(), in_header) {
        (false, in_header) => Ok(in_header),
        (true, Presented::Nobody) => {
            let password = Password::presented(password.unwrap_or_default().to_owned());
            Ok(Presented::User(user.unwrap_or_default().to_owned(), password))
        }
        (true, Presented::Unusable(_) | Presented::User(..) | Presented::Refresh(_)) => Err(Refusal::Request(
            "credentials are given twice, in the form and in the Authorization header: give them once".to_owned(),
        )),
    }
}

fn presented(header: Result<Option<Credentials>, InvalidCredentials>) -> Presented {
    match header {
        Ok(None) => Presented::Nobody,
        Ok(Some(Credentials::Basic { user, password })) => Presented::User(user, password),
        Ok(Some(Credentials::Bearer(_))) => {
            Presented::Unusable("a bearer is not taken at the token service".to_owned())
        }
        Err(reason) => Presented::Unusable(reason.to_string()),
    }
}

impl TokenRequest {
    fn of(presented: Presented, parameters: &Form) -> Result<Self, Refusal> {
        Ok(Self {
            presented,
            service: parameters.get("service")?.map(str::to_owned),
            account: parameters.get("account")?.map(str::to_owned),
            asked: Asked::parse(parameters.all("scope")),
        })
    }
}

async fn issue(state: &State, parts: &Parts, request: TokenRequest) -> Result<AccessToken, Refusal> {
    let registry = state.registry_of(&parts.headers).await?.ok_or(Refusal::NoRegistry)?;
    if let Some(service) = &request.service {
        check_service(service, &state.login_server(&registry).await?, &parts.headers)?;
    }
    let service = state.service.coming_from(requests::origin(&parts.extensions));
    let has_certificate = ClientCertificate::of_request(&parts.extensions).is_some();
    if matches!(request.presented, Presented::Nobody) && !has_certificate {
        // A client that names a user and has no password for it would take an anonymous token for a login.
        check_account((&service, &registry), &request, |_| false)?;
        return service.issue_anonymous_token(&registry, &request.asked)?.ok_or(Refusal::SignedOut);
    }
    let signed_in = sign_in(&service, &registry, &request, &parts.extensions).await?;
    Ok(service.issue_access_token(&registry, &signed_in, &request.asked)?)
}

/// Why a sign-in does not count is in the audit log; outside all look alike (decision D3).
async fn sign_in(
    service: &Service,
    registry: &Registry,
    request: &TokenRequest,
    extensions: &Extensions,
) -> Result<SignedIn, Refusal> {
    let certificate = ClientCertificate::of_request(extensions);
    let signed_in = match (&request.presented, certificate) {
        (Presented::User(user, password), _) => {
            // A client that names two users does not know which one it is; docker_auth refuses it likewise.
            check_account((service, registry), request, |account| account.eq_ignore_ascii_case(user))?;
            let signed_in = service.sign_in(registry, user, password).await?;
            signed_in.map_err(|refusal| refusal.wait().map_or(Refusal::WrongCredentials, Refusal::Wait))?
        }
        (Presented::Refresh(token), _) => {
            let signed_in = service.sign_in_with_refresh_token(registry, token.reveal()).await?;
            signed_in.map_err(|_| Refusal::WrongCredentials)?
        }
        (Presented::Nobody, Some(certificate)) => {
            let signed_in = service.sign_in_with_certificate(registry, &certificate).await?;
            let signed_in = signed_in.map_err(|_| Refusal::WrongCertificate)?;
            check_account((service, registry), request, |account| account.eq_ignore_ascii_case(signed_in.name()))?;
            return Ok(signed_in);
        }
        (Presented::Nobody, None) => return Err(Refusal::SignedOut),
        (Presented::Unusable(reason), _) => {
            service.note_refused_sign_in(registry, reason);
            return Err(Refusal::WrongCredentials);
        }
    };
    match certificate {
        Some(certificate) => {
            let bound = service.beside_certificate(registry, signed_in, &certificate).await?;
            bound.map_err(|_| Refusal::TwoTokens)
        }
        None => Ok(signed_in),
    }
}

fn check_account(
    (service, registry): (&Service, &Registry),
    request: &TokenRequest,
    is_user: impl FnOnce(&str) -> bool,
) -> Result<(), Refusal> {
    if request.account.as_deref().is_none_or(is_user) {
        return Ok(());
    }
    service.note_refused_sign_in(registry, &"`account` is not the user of the credentials");
    Err(Refusal::WrongCredentials)
}

/// A token is for the registry that the host names. Whoever followed a challenge says its login server; some say the host.
pub(super) fn check_service(service: &str, login_server: &str, headers: &HeaderMap) -> Result<(), Refusal> {
    let is_named = |name: &str| name.eq_ignore_ascii_case(service);
    let is_host = hosts::host(headers).is_some_and(|host| is_named(host.as_str()) || is_named(host.host()));
    if is_host || is_named(login_server) {
        return Ok(());
    }
    Err(Refusal::Request(format!(
        "service is '{service}', and this is the token service of '{login_server}': ask there, or leave service out"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use http::header::HOST;
    use rstest::rstest;

    #[rstest]
    #[case("grant_type=password", Ok(Grant::Password))]
    #[case("", Err("grant_type is missing: use grant_type=password"))]
    #[case("grant_type=", Err("grant_type is missing: use grant_type=password"))]
    #[case("grant_type=refresh_token&refresh_token=x", Ok(Grant::RefreshToken("x")))]
    #[case("grant_type=refresh_token", Err("refresh_token is missing: give one that /oauth2/exchange issued"))]
    #[case("refresh_token=x&service=y", Ok(Grant::RefreshToken("x")))]
    // One version of Azure's SDK sends an unused one with its anonymous request (wire-observations.md).
    #[case("grant_type=password&refresh_token=", Ok(Grant::Password))]
    #[case(
        "grant_type=code",
        Err("grant_type=code is not available on this server: use grant_type=password or refresh_token")
    )]
    #[case("grant_type=password&grant_type=code", Err("grant_type is given more than once: give it once"))]
    fn grants(#[case] form: &str, #[case] expected: Result<Grant<'_>, &str>) {
        let form = Form::parse(form.as_bytes());
        assert_eq!(grant(&form).map_err(|refusal| refusal.to_string()), expected.map_err(str::to_owned));
    }

    /// `user|password`, or a word for the other outcomes.
    fn who(form: &str, in_header: Presented) -> String {
        match presented_in_form(&Form::parse(form.as_bytes()), in_header) {
            Ok(Presented::User(user, password)) => format!("{user}|{}", password.reveal()),
            Ok(Presented::Refresh(_)) => "refresh".to_owned(),
            Ok(Presented::Nobody) => "nobody".to_owned(),
            Ok(Presented::Unusable(_)) => "unusable".to_owned(),
            Err(_) => "refused".to_owned(),
        }
    }

    #[rstest]
    #[case("username=token2&password=p%2B+x", "token2|p+ x", "refused")]
    #[case("username=token2", "token2|", "refused")]
    #[case("password=p", "|p", "refused")]
    #[case("username=&password=", "nobody", "basic|b")]
    #[case("scope=x", "nobody", "basic|b")]
    #[case("username=a&username=b", "refused", "refused")]
    fn users(#[case] form: &str, #[case] alone: &str, #[case] beside_basic: &str) {
        let basic = Presented::User("basic".to_owned(), Password::presented("b".to_owned()));
        assert_eq!(who(form, Presented::Nobody), alone);
        assert_eq!(who(form, basic), beside_basic);
    }

    #[rstest]
    #[case("lnxcr.localhost", true)]
    #[case("LNXCR.LOCALHOST", true)]
    #[case("127.0.0.1:5000", true)]
    #[case("127.0.0.1", true)]
    #[case("127.0.0.1:5001", false)]
    #[case("other.localhost", false)]
    fn services(#[case] service: &str, #[case] accepted: bool) {
        let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static("127.0.0.1:5000"))]);
        let checked = check_service(service, "lnxcr.localhost", &headers).map_err(|refusal| refusal.to_string());
        assert_eq!(checked.is_ok(), accepted);
        if let Err(message) = checked {
            assert!(message.contains(service) && message.contains("lnxcr.localhost"), "{message}");
        }
    }
}
