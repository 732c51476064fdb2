//! Clients of a server in process, and what they are answered.

use crate::client_certificate::ClientCertificate;
use crate::harness::{Harness, PROXY, REGISTRY};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use server::{Peer, Server};
use std::net::SocketAddr;
use std::time::Duration;

/// What a test ends with.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// Of a server's response.
    pub(crate) fn of(response: Response<Bytes>) -> Self {
        let (parts, body) = response.into_parts();
        Self { status: parts.status, headers: parts.headers, body }
    }

    /// The body, which must be JSON.
    pub(crate) fn json(&self) -> Outcome<Value> {
        serde_json::from_slice(&self.body).map_err(|error| format!("{error}, in {}", self.shown()).into())
    }

    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The headers that a second such request would have too.
    pub(crate) fn lasting_headers(&self) -> HeaderMap {
        let mut headers = self.headers.clone();
        for name in ["x-ms-request-id", "x-ms-correlation-request-id"] {
            headers.remove(name);
        }
        headers
    }

    /// Fails the test unless the status says success.
    pub(crate) fn succeeded(self) -> Outcome<Self> {
        if self.status.is_success() { Ok(self) } else { Err(self.shown().into()) }
    }

    /// The error's word in any of the three protocols: `{"error":{"code"}}`, `{"errors":[{"code"}]}`, `{"error"}`. The body
    /// must be an error.
    pub(crate) fn error_code(&self) -> Outcome<String> {
        let body = self.json()?;
        let code = [&body["error"]["code"], &body["errors"][0]["code"], &body["error"]]
            .into_iter()
            .find_map(Value::as_str)
            .ok_or_else(|| self.shown())?;
        Ok(code.to_owned())
    }

    /// The error's sentence, as [`Answer::error_code`].
    pub(crate) fn error_message(&self) -> Outcome<String> {
        let body = self.json()?;
        let message = [&body["error"]["message"], &body["errors"][0]["message"], &body["error_description"]]
            .into_iter()
            .find_map(Value::as_str)
            .ok_or_else(|| self.shown())?;
        Ok(message.to_owned())
    }

    /// The status, and the error's code when there is one: `200`, `404 BLOB_UNKNOWN`.
    pub(crate) fn seen(&self) -> String {
        let status = self.status.as_u16();
        self.error_code().map_or_else(|_| status.to_string(), |code| format!("{status} {code}"))
    }

    fn shown(&self) -> String {
        format!("{} {}", self.status, String::from_utf8_lossy(&self.body))
    }
}

/// Somebody on the network.
#[derive(Clone)]
pub(crate) struct Client<'a> {
    server: &'a Server,
    host: String,
    authorization: Option<String>,
    /// What a trusted proxy says of its certificate.
    client_cert: Option<String>,
    /// From where it connects; in process unless said.
    peer: Option<SocketAddr>,
}

impl<'a> Client<'a> {
    /// Somebody who has not signed in.
    pub(crate) fn new(server: &'a Server, host: &str) -> Self {
        Self { server, host: host.to_owned(), authorization: None, client_cert: None, peer: None }
    }

    /// The same with a user name and a password.
    pub(crate) fn with_basic(&self, user: &str, password: &str) -> Self {
        self.with_authorization(&format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
    }

    /// The same with a bearer.
    pub(crate) fn with_bearer(&self, bearer: &str) -> Self {
        self.with_authorization(&format!("Bearer {bearer}"))
    }

    /// The same with an `Authorization` header.
    pub(crate) fn with_authorization(&self, value: &str) -> Self {
        Self { authorization: Some(value.to_owned()), ..self.clone() }
    }

    /// Whether it sends an `Authorization` header.
    pub(crate) fn has_authorization(&self) -> bool {
        self.authorization.is_some()
    }

    /// The same with a certificate, through the proxy of [`Harness::behind_proxy`].
    pub(crate) fn with_certificate(&self, certificate: &ClientCertificate) -> Self {
        Self { client_cert: Some(certificate.said_by_proxy()), peer: Some(PROXY), ..self.clone() }
    }

    /// The same from that address.
    pub(crate) fn at(&self, peer: SocketAddr) -> Self {
        Self { peer: Some(peer), ..self.clone() }
    }

    /// A bearer for these scopes, for whoever this client is.
    pub(crate) async fn bearer_text(&self, scopes: &[&str]) -> Outcome<String> {
        let pairs = scopes.iter().map(|scope| ("scope", *scope));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let issued = self.get(&format!("/oauth2/token?{query}")).await?.succeeded()?.json()?;
        Ok(issued["token"].as_str().ok_or("a token answer has a token")?.to_owned())
    }

    /// A GET.
    pub(crate) async fn get(&self, path: &str) -> Outcome<Answer> {
        self.ask(Method::GET, path).await
    }

    /// A request without a body.
    pub(crate) async fn ask(&self, method: Method, path: &str) -> Outcome<Answer> {
        self.send(method, path, &[], Bytes::new()).await
    }

    /// A POST of a form.
    pub(crate) async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Outcome<Answer> {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(Method::POST, path, &[(CONTENT_TYPE, "application/x-www-form-urlencoded")], form).await
    }

    /// Any request. Says the length of its body as every client does, unless `headers` do.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(HeaderName, &str)],
        body: impl Into<Bytes>,
    ) -> Outcome<Answer> {
        let body = body.into();
        let may_have_body = matches!(method, Method::POST | Method::PUT | Method::PATCH);
        let mut request = Request::builder().method(method).uri(path).header(HOST, &self.host);
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        if let Some(said) = &self.client_cert {
            request = request.header("client-cert", said);
        }
        if let Some(peer) = self.peer {
            request = request.extension(Peer(peer));
        }
        if may_have_body && !headers.iter().any(|(name, _)| *name == CONTENT_LENGTH) {
            request = request.header(CONTENT_LENGTH, body.len());
        }
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let answer = Answer::of(self.server.answer(request.body(body)?).await);
        if path.starts_with("/v2/") || path.starts_with("/acr/v1/") {
            assert_eq!(answer.header("docker-distribution-api-version"), Some("registry/2.0"), "{path}");
            assert_eq!(
                answer.headers.get("x-content-type-options"),
                Some(&HeaderValue::from_static("nosniff")),
                "{path}"
            );
        }
        Ok(answer)
    }
}

/// Somebody who holds a token of the registry and one of its passwords.
#[derive(Clone)]
pub(crate) struct TokenClient<'a> {
    stranger: Client<'a>,
    pub(crate) name: String,
    pub(crate) password: String,
}

impl<'a> TokenClient<'a> {
    /// At the login server of the registry that clients mean.
    pub(crate) fn new(harness: &'a Harness, name: &str, password: &str) -> Self {
        Self::at(harness, REGISTRY, (name, password))
    }

    /// At the login server of `registry`.
    pub(crate) fn at(harness: &'a Harness, registry: &str, (name, password): (&str, &str)) -> Self {
        let stranger = harness.stranger(&format!("{registry}.localhost"));
        Self { stranger, name: name.to_owned(), password: password.to_owned() }
    }

    /// The same at the login server of another registry.
    pub(crate) fn elsewhere(&self, harness: &'a Harness, registry: &str) -> Self {
        Self::at(harness, registry, (&self.name, &self.password))
    }

    /// Sends name and password with every request.
    pub(crate) fn basic(&self) -> Client<'a> {
        self.stranger.with_basic(&self.name, &self.password)
    }

    /// Asks for a bearer, as docker does.
    pub(crate) async fn issue(&self, scopes: &[&str]) -> Outcome<Answer> {
        let pairs = scopes.iter().map(|scope| ("scope", *scope));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.basic().get(&format!("/oauth2/token?{query}")).await
    }

    /// Replaces `password1` by one that lasts this long.
    pub(crate) async fn generate_until(&mut self, harness: &Harness, lifetime: Duration) -> Outcome {
        let further = json!({"name": "password1", "expiry": harness.now().plus(lifetime).to_string()});
        let generated = harness.generate(&self.name, further).await?;
        generated["passwords"][0]["value"].as_str().ok_or("a password")?.clone_into(&mut self.password);
        Ok(())
    }

    /// Sends a bearer for one scope with every request.
    pub(crate) async fn bearer(&self, scope: &str) -> Outcome<Client<'a>> {
        self.bearer_for(&[scope]).await
    }

    /// Sends a bearer for these scopes with every request.
    pub(crate) async fn bearer_for(&self, scopes: &[&str]) -> Outcome<Client<'a>> {
        Ok(self.stranger.with_bearer(&self.bearer_text(scopes).await?))
    }

    /// A bearer for these scopes, to be looked at or falsified.
    pub(crate) async fn bearer_text(&self, scopes: &[&str]) -> Outcome<String> {
        self.basic().bearer_text(scopes).await
    }
}
