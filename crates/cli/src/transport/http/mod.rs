//! A management API over the network: logs in with client credentials (RFC 6749, section 4.4) at the endpoint itself, keeps
//! the bearer for the life of the process, and sends it nowhere else.

pub(in crate::transport) mod client;

use super::login::{Login, ServicePrincipal};
use super::{BoxFuture, Transport, TransportError};
use crate::failure::Failure;
use crate::secret::Secret;
use ::http::{HeaderValue, Method, Request, Response, StatusCode, header};
use bytes::Bytes;
use client::HttpClient;
use reqwest::Url;
use serde::Serialize;
use std::net::IpAddr;
use tokio::sync::OnceCell;
use wire::oauth::{LoginAnswer, LoginError};

/// A transport over HTTP.
pub struct HttpTransport {
    client: HttpClient,
    endpoint: Endpoint,
    login: Login,
    /// The bearer, and how it was got.
    bearer: OnceCell<(Secret, String)>,
}

/// Scheme, host and port.
struct Endpoint(Url);

impl HttpTransport {
    /// To `endpoint`, such as `https://management.azure.com` or `http://127.0.0.1:5000`.
    ///
    /// Errors: a usage failure when the endpoint is no such URL, or is plain HTTP to another machine: whoever reads the wire
    /// would read the secret.
    pub fn new(endpoint: &str, login: impl Into<Login>) -> Result<Self, Failure> {
        let endpoint = Endpoint::parse(endpoint)?;
        let client = HttpClient::new(&endpoint.shown())?;
        Ok(Self { client, endpoint, login: login.into(), bearer: OnceCell::new() })
    }

    async fn authorized(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let (bearer, _) = self.bearer.get_or_try_init(|| self.log_in()).await?;
        if let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {}", bearer.reveal())) {
            value.set_sensitive(true);
            request.headers_mut().insert(header::AUTHORIZATION, value);
        }
        let (parts, body) = request.into_parts();
        let url = self.endpoint.join(parts.uri.path_and_query().map_or("/", |path| path.as_str()));
        self.client.exchange(self.client.request(parts.method, url).headers(parts.headers).body(body)).await
    }

    async fn log_in(&self) -> Result<(Secret, String), TransportError> {
        match &self.login {
            Login::ServicePrincipal(principal) => {
                let said = format!("Signed in as {}.", principal.client_id);
                Ok((self.log_in_here(principal).await?, said))
            }
            Login::Entra(entra) => entra.log_in(&self.client).await,
            Login::Bearer(bearer) => Ok((bearer.clone(), "The access token of the context was used.".to_owned())),
        }
    }

    async fn log_in_here(&self, principal: &ServicePrincipal) -> Result<Secret, TransportError> {
        let mut url = self.endpoint.0.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().extend([principal.tenant_id.as_str(), "oauth2", "v2.0", "token"]);
        }
        let form = LoginForm {
            grant_type: "client_credentials",
            client_id: &principal.client_id,
            client_secret: principal.client_secret.reveal(),
            scope: &format!("{}/.default", self.endpoint.shown()),
        };
        let answer = self.client.exchange(self.client.request(Method::POST, url).form(&form)).await?;
        if answer.status() == StatusCode::OK
            && let Ok(LoginAnswer { access_token, .. }) = serde_json::from_slice(answer.body())
        {
            return Ok(Secret::new(access_token));
        }
        Err(match serde_json::from_slice(answer.body()) {
            Ok(LoginError { error, error_description, .. }) => {
                TransportError::LoginRefused { code: error, message: error_description }
            }
            Err(_) => {
                TransportError::LoginUnreadable { endpoint: self.endpoint.shown(), status: answer.status().as_u16() }
            }
        })
    }
}

impl Transport for HttpTransport {
    fn send<'a>(&'a self, request: Request<Bytes>) -> BoxFuture<'a, Result<Response<Bytes>, TransportError>> {
        Box::pin(self.authorized(request))
    }

    fn endpoint(&self) -> String {
        self.endpoint.shown()
    }

    /// At Azure a registry is a host of its own; a server of this project knows its registries by `Host`.
    fn send_to_registry<'a>(
        &'a self,
        login_server: &'a str,
        request: Request<Bytes>,
    ) -> BoxFuture<'a, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
            let Login::Entra(entra) = &self.login else {
                let request = self.client.request(parts.method, self.endpoint.join(path)).headers(parts.headers);
                return self.client.exchange(request.header(header::HOST, login_server).body(body)).await;
            };
            let registry = Endpoint::of_registry(login_server, entra.login_server_suffix())?;
            let client = self.client.of(&registry.shown())?;
            client.exchange(client.request(parts.method, registry.join(path)).headers(parts.headers).body(body)).await
        })
    }

    fn management_bearer(&self) -> BoxFuture<'_, Result<Option<Secret>, TransportError>> {
        Box::pin(async {
            let (bearer, _) = self.bearer.get_or_try_init(|| self.log_in()).await?;
            Ok(Some(bearer.clone()))
        })
    }

    fn is_at_azure(&self) -> bool {
        self.login.is_at_azure()
    }

    fn login_server_domain(&self) -> Option<&str> {
        match &self.login {
            Login::Entra(entra) => Some(entra.login_server_suffix()),
            Login::ServicePrincipal(_) | Login::Bearer(_) => None,
        }
    }

    fn login_said(&self) -> Option<String> {
        self.bearer.get().map(|(_, said)| said.clone())
    }
}

/// An endpoint as it is kept: checked, without a slash at its end.
///
/// Errors: as [`HttpTransport::new`].
pub fn checked_endpoint(text: &str) -> Result<String, Failure> {
    Endpoint::parse(text).map(|endpoint| endpoint.shown())
}

/// Whether an endpoint is this machine.
pub fn is_loopback(endpoint: &str) -> bool {
    Url::parse(endpoint).is_ok_and(|url| Endpoint(url).is_loopback())
}

/// The request of RFC 6749, section 4.4.2.
#[derive(Serialize)]
struct LoginForm<'a> {
    grant_type: &'static str,
    client_id: &'a str,
    client_secret: &'a str,
    scope: &'a str,
}

impl Endpoint {
    fn parse(text: &str) -> Result<Self, Failure> {
        let not_an_endpoint = || {
            Failure::usage(format!("'{text}' is not an endpoint.")).hint(
                "An endpoint is scheme, host and port, such as https://portcullis.example or http://127.0.0.1:5000.",
            )
        };
        let url = Url::parse(text).map_err(|_| not_an_endpoint())?;
        let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        let anonymous = url.username().is_empty() && url.password().is_none();
        if !bare || !anonymous || !url.has_host() || !matches!(url.scheme(), "http" | "https") {
            return Err(not_an_endpoint());
        }
        let endpoint = Self(url);
        if endpoint.0.scheme() == "http" && !endpoint.is_loopback() {
            return Err(Failure::usage(format!(
                "{} is plain HTTP to another machine: the secret would be readable on the way.",
                endpoint.shown()
            ))
            .hint("Use https://. Plain HTTP is for this machine only (127.0.0.1, [::1], localhost)."));
        }
        Ok(endpoint)
    }

    /// The registry of a login server that a cloud names.
    ///
    /// Errors: it is no host name of a registry of that cloud: bearers go to no other.
    fn of_registry(login_server: &str, suffix: &str) -> Result<Self, TransportError> {
        let not_one = || TransportError::Unreachable {
            endpoint: login_server.to_owned(),
            reason: format!("it is not the host name of a registry under {suffix}"),
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        let below = |host: &str| {
            let (host, suffix) = (host.to_ascii_lowercase(), suffix.to_ascii_lowercase());
            host.strip_suffix(&suffix).is_some_and(|name| name.len() > 1 && name.ends_with('.'))
        };
        let url = Some(login_server).filter(|host| below(host) && host.chars().all(fits));
        url.and_then(|host| Url::parse(&format!("https://{host}")).ok()).map(Self).ok_or_else(not_one)
    }

    fn is_loopback(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        address.map_or_else(|_| host.eq_ignore_ascii_case("localhost"), |address| address.is_loopback())
    }

    /// Without the slash at its end.
    fn shown(&self) -> String {
        self.0.as_str().trim_end_matches('/').to_owned()
    }

    /// The same host, whatever the path says: only path and query are replaced.
    fn join(&self, path_and_query: &str) -> Url {
        let (path, query) = match path_and_query.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path_and_query, None),
        };
        let mut url = self.0.clone();
        url.set_path(path);
        url.set_query(query);
        url
    }
}

#[cfg(test)]
mod tests;
