//! The data plane of a registry, for whoever manages it: the metadata API `/acr/v1`, with the login that goes before it
//! (data-plane-and-auth.md, 2.1).
//!
//! 1. The bearer of the management API becomes a refresh token of the registry, at its `/oauth2/exchange`.
//! 2. That becomes a bearer for one scope, at its `/oauth2/token`.
//! 3. The bearer goes with the request.

use super::address::{self, Address, AddressError};
use super::pages::Pages;
use super::{Answer, Client, ClientError, json_bytes};
use crate::limits::LIST_ITEMS_MAX;
use crate::secret::Secret;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::oauth::{ExchangeAnswer, LoginError, RegistryTokenAnswer};
use wire::oci::{Catalog, Errors};

/// How many items a page is asked to have; Azure gives at most as many.
const PAGE_ITEMS: usize = 1000;

/// Whatever a manifest may be: Azure answers 404 for an index that is not asked for by its media type (Azure/acr, issue 741).
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json, */*";

/// A path of the metadata API: `/acr/v1/samples/app/_tags/v1` of `["samples/app", "_tags", "v1"]`.
///
/// Errors: one of them is no name.
pub fn metadata_path(parts: &[&str]) -> Result<String, AddressError> {
    let segments = parts.iter().map(|part| address::segments(part)).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("/acr/v1/{}", segments.join("/")))
}

/// A manifest of a repository, by tag or digest.
///
/// Errors: one of the names is none.
pub fn manifest_path(repository: &str, reference: &str) -> Result<String, AddressError> {
    Ok(format!("/v2/{}/manifests/{}", address::segments(repository)?, address::segments(reference)?))
}

/// A registry that somebody is signed in to.
pub struct RegistryClient<'a> {
    client: Client<'a>,
    login_server: String,
    refresh_token: Secret,
}

impl<'a> RegistryClient<'a> {
    /// Signs in to the registry of this login server.
    ///
    /// Errors: there is no such registry, or whoever manages may do nothing in it.
    pub async fn sign_in(client: Client<'a>, login_server: String) -> Result<RegistryClient<'a>, ClientError> {
        let bearer = client.transport.management_bearer().await?;
        let mut form = vec![("grant_type", "access_token"), ("service", &login_server)];
        form.extend(bearer.as_ref().map(|bearer| ("access_token", bearer.reveal())));
        let answer: ExchangeAnswer = post_form(client, &login_server, "/oauth2/exchange", &form).await?;
        Ok(Self { client, login_server, refresh_token: Secret::new(answer.refresh_token) })
    }

    /// Whether a user and a password open the registry, as `docker login` asks.
    ///
    /// Errors: they do not.
    pub async fn check_password(
        client: Client<'_>,
        login_server: &str,
        user: &str,
        password: &Secret,
    ) -> Result<(), ClientError> {
        let path = format!("/oauth2/token?service={}", utf8_percent_encode(login_server, NON_ALPHANUMERIC));
        let mut request = Request::get(&path);
        let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{}", password.reveal())));
        if let Ok(mut basic) = HeaderValue::from_str(&basic) {
            basic.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, basic);
        }
        let request = request.body(Bytes::new()).map_err(|error| AddressError::NotAPath(error.to_string()))?;
        let response = client.transport.send_to_registry(login_server, request).await?;
        registry_success(Answer { method: Method::GET, path, response }).map(drop)
    }

    /// The login server.
    pub fn login_server(&self) -> &str {
        &self.login_server
    }

    /// What gets bearers of the registry, in the place of a password.
    pub fn refresh_token(&self) -> &Secret {
        &self.refresh_token
    }

    /// With a bearer for `scope`, of which the registry grants what is held: `repository:samples/app:pull,metadata_read`.
    ///
    /// Errors: the registry gives none.
    pub async fn scoped(&self, scope: &str) -> Result<Scoped<'_, 'a>, ClientError> {
        let form = [
            ("grant_type", "refresh_token"),
            ("service", self.login_server.as_str()),
            ("scope", scope),
            ("refresh_token", self.refresh_token.reveal()),
        ];
        let issued: RegistryTokenAnswer = post_form(self.client, &self.login_server, "/oauth2/token", &form).await?;
        Ok(Scoped { registry: self, bearer: Secret::new(issued.access_token) })
    }

    /// The names of the repositories that the login may list, in their order: `items_max` at most.
    ///
    /// Errors: it may list none.
    pub async fn catalog(&self, items_max: Option<usize>) -> Result<Vec<String>, ClientError> {
        let scoped = self.scoped("registry:catalog:*").await?;
        let count = |page: &Catalog| page.repositories.len();
        let pages: Vec<Catalog> = scoped.pages(&metadata_path(&["_catalog"])?, items_max, count).await?;
        let names = pages.into_iter().flat_map(|page| page.repositories);
        Ok(names.take(items_max.unwrap_or(usize::MAX)).collect())
    }
}

/// A registry, with a bearer for one scope.
pub struct Scoped<'r, 'a> {
    registry: &'r RegistryClient<'a>,
    bearer: Secret,
}

/// A manifest as it was pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedManifest {
    /// What it was pushed as.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Bytes,
}

impl Scoped<'_, '_> {
    /// What is at `path`.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.ask(Method::GET, path, Bytes::new()).await?.json()
    }

    /// Changes what is at `path`.
    pub async fn patch<B: Serialize, T: DeserializeOwned>(&self, path: &str, body: &B) -> Result<T, ClientError> {
        self.ask(Method::PATCH, path, json_bytes(body)?).await?.json()
    }

    /// Deletes what is at `path`, and says what went.
    pub async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.ask(Method::DELETE, path, Bytes::new()).await?.json()
    }

    /// Deletes what is at `path`, whose answer says nothing.
    pub async fn delete_silently(&self, path: &str) -> Result<(), ClientError> {
        self.ask(Method::DELETE, path, Bytes::new()).await.map(drop)
    }

    /// Every page of what is at `path`, at most `items_max` items, which `items` counts. The path may have a query.
    ///
    /// Errors: the registry refuses, or its pages lead in a circle, are empty without end, or hold more than [`LIST_ITEMS_MAX`].
    pub async fn pages<T: DeserializeOwned>(
        &self,
        path: &str,
        items_max: Option<usize>,
        items: fn(&T) -> usize,
    ) -> Result<Vec<T>, ClientError> {
        let (mut all, mut count, mut pages) = (Vec::new(), 0, Pages::default());
        let page_items = items_max.unwrap_or(PAGE_ITEMS).min(PAGE_ITEMS);
        let separator = if path.contains('?') { '&' } else { '?' };
        let mut next = Some(Address::given_by_service(&format!("{path}{separator}n={page_items}"))?);
        while let Some(address) = next {
            let answer = self.ask(Method::GET, address.path_and_query(), Bytes::new()).await?;
            let link = answer.header("link").and_then(next_link);
            let given = link.map(|link| Address::given_by_service(&link)).transpose()?;
            let page: T = answer.json()?;
            let page_count = items(&page);
            count += page_count;
            all.push(page);
            if count > LIST_ITEMS_MAX {
                return Err(ClientError::ListTooLong(LIST_ITEMS_MAX));
            }
            if items_max.is_some_and(|items_max| count >= items_max) {
                break;
            }
            next = pages.go_on(&address, page_count == 0, given)?;
        }
        Ok(all)
    }

    /// A manifest, by tag or digest.
    ///
    /// Errors: one of the names is none; the registry refuses.
    pub async fn manifest(&self, repository: &str, reference: &str) -> Result<PushedManifest, ClientError> {
        let answer = self.ask(Method::GET, &manifest_path(repository, reference)?, Bytes::new()).await?;
        let media_type = answer.header("content-type").and_then(|it| it.split(';').next()).unwrap_or_default();
        Ok(PushedManifest { media_type: media_type.trim().to_owned(), bytes: answer.response.body().clone() })
    }

    /// Whether a repository holds a blob. Nothing is read: Azure answers with the address of the bytes.
    ///
    /// Errors: the registry refuses.
    pub async fn has_blob(&self, repository: &str, digest: &str) -> Result<bool, ClientError> {
        let path = format!("/v2/{}/blobs/{}", address::segments(repository)?, address::segments(digest)?);
        let answer = self.send(Method::HEAD, &path, Bytes::new()).await?;
        match answer.response.status() {
            status if status.is_success() || status.is_redirection() => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => registry_success(answer).map(|_| true),
        }
    }

    async fn ask(&self, method: Method, path: &str, body: Bytes) -> Result<Answer, ClientError> {
        registry_success(self.send(method, path, body).await?)
    }

    async fn send(&self, method: Method, path: &str, body: Bytes) -> Result<Answer, ClientError> {
        let mut request = Request::builder().method(method.clone()).uri(path);
        if let Ok(mut bearer) = HeaderValue::from_str(&format!("Bearer {}", self.bearer.reveal())) {
            bearer.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, bearer);
        }
        if path.starts_with("/v2/") {
            request = request.header(header::ACCEPT, MANIFESTS);
        }
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let request = request.body(body).map_err(|error| AddressError::NotAPath(error.to_string()))?;
        let response = self.registry.client.transport.send_to_registry(&self.registry.login_server, request).await?;
        Ok(Answer { method, path: path.to_owned(), response })
    }
}

/// Posts a form of OAuth2 to the registry.
async fn post_form<T: DeserializeOwned>(
    client: Client<'_>,
    login_server: &str,
    path: &str,
    form: &[(&str, &str)],
) -> Result<T, ClientError> {
    let field = |(name, value): &(&str, &str)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
    let body = Bytes::from(form.iter().map(field).collect::<Vec<_>>().join("&"));
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body)
        .map_err(|error| AddressError::NotAPath(error.to_string()))?;
    let response = client.transport.send_to_registry(login_server, request).await?;
    registry_success(Answer { method: Method::POST, path: path.to_owned(), response })?.json()
}

/// The answer when its status is 2xx, else the first error in its body (distribution specification, "Error codes"; RFC 6749).
fn registry_success(answer: Answer) -> Result<Answer, ClientError> {
    let status = answer.response.status();
    if status.is_success() {
        return Ok(answer);
    }
    let body = answer.response.body();
    let of_registry = serde_json::from_slice::<Errors>(body).ok().and_then(|it| it.errors.into_iter().next());
    // Text says what a sentence of Azure's leaves out, such as which lock it is; anything else is for programs.
    let with_detail =
        |message: String, detail: Option<serde_json::Value>| match detail.as_ref().and_then(|it| it.as_str()) {
            Some(detail) if !detail.is_empty() => format!("{message} ({detail})"),
            _ => message,
        };
    let of_login = || serde_json::from_slice::<LoginError>(body).ok();
    let (code, message) = match of_registry {
        Some(wire::oci::Error { code, message, detail }) => (code, with_detail(message, detail)),
        None => match of_login() {
            Some(LoginError { error, error_description, .. }) => (error, error_description),
            None => (status.as_str().to_owned(), refusal(status, &answer)),
        },
    };
    Err(ClientError::Refused { status, code, message, target: None })
}

fn refusal(status: StatusCode, answer: &Answer) -> String {
    format!("{} {} was answered with {status} and no reason.", answer.method, answer.path)
}

/// The target of `<…>; rel="next"` (RFC 8288).
fn next_link(header: &str) -> Option<String> {
    let (target, parameters) = header.trim().strip_prefix('<')?.split_once('>')?;
    parameters.contains("rel=\"next\"").then(|| target.to_owned())
}
