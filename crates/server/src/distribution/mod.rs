//! The registry API: OCI distribution 1.1 (`/v2/`), and Azure's metadata API beside it (`/acr/v1/`).
//!
//! A request is routed, its caller is found, and its operation is permitted or refused, in that order; only then is anything
//! looked up or the body read. No handler here can be called without a permit.

mod access;
mod acr;
mod blobs;
mod body;
mod catalog;
mod challenge;
mod content_range;
mod entity_tag;
mod errors;
mod manifest_body;
mod manifests;
mod paging;
mod query;
mod range;
mod referrers;
mod route;
mod tags;
mod uploads;
mod warnings;

use crate::auth::credentials::{self, Credentials};
use crate::requests::{self, RequestId};
use crate::state::State;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use body::RequestBody;
use challenge::{Reason, Unauthorized};
use errors::{ErrorAnswer, Failure};
use http::header::{CONNECTION, CONTENT_LENGTH, X_CONTENT_TYPE_OPTIONS};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use http_body::Body as _;
use model::access::{Access, Permit, Refusal};
use model::digest::Digest;
use model::ending::Ending;
use model::operation::{Needed, ReadBlob};
use model::registry::Registry;
use model::repository::RepositoryName;
use query::Query;
use route::{AcrRouted, Routed};
use service::Service;
use std::sync::Arc;

const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// Answers any request under `/v2` or `/acr/v1`.
pub(crate) async fn handle(state: Arc<State>, request: axum::extract::Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut body = RequestBody::new(body);
    let mut endings = Vec::new();
    let mut answer = match serve(&state, &parts, &mut body, &mut endings).await {
        Ok(answer) => answer,
        Err(error) => {
            let request = parts.extensions.get::<RequestId>().copied();
            error.into_response(request.unwrap_or_else(|| state.request_ids.next()))
        }
    };
    if !body.discard(&parts.headers).await && parts.version < Version::HTTP_2 {
        answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    warnings::add(answer.headers_mut(), &endings);
    answer.headers_mut().insert(API_VERSION, HeaderValue::from_static("registry/2.0"));
    answer.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(Ok(id)) = requests::client_request_id(&parts.headers).map(HeaderValue::from_str) {
        answer.headers_mut().insert(requests::CLIENT_REQUEST_ID, id);
    }
    if parts.method == Method::HEAD { without_body(answer) } else { answer }
}

/// One request, its caller known.
struct Exchange<'a> {
    state: &'a State,
    /// The use cases, for this request.
    service: &'a Service,
    parts: &'a Parts,
    registry: &'a Registry,
    routed: &'a Routed,
    query: Query,
    access: Access,
}

/// `endings` takes what the caller should be told, whatever becomes of the request.
async fn serve(
    state: &State,
    parts: &Parts,
    body: &mut RequestBody,
    endings: &mut Vec<Ending>,
) -> Result<Response, ErrorAnswer> {
    let routed = route::parse(&parts.method, parts.uri.path())?;
    let query = Query::parse(parts.uri.query());
    let registry = state.registry_of(&parts.headers).await?.ok_or_else(ErrorAnswer::no_registry)?;
    let service = &state.service.coming_from(requests::origin(&parts.extensions));
    let outcome = match access::of_caller(service, &registry, parts, &routed).await? {
        Ok(admitted) => {
            *endings = admitted.endings;
            let access = admitted.access;
            let exchange = Exchange { state, service, parts, registry: &registry, routed: &routed, query, access };
            match exchange.answer(body).await {
                Err(Failure::Answered(error)) if error.is_revoked() => Err(exchange.revoked()),
                outcome => outcome,
            }
        }
        Err(reason) => Err(refused(reason, &routed, &query)),
    };
    match outcome {
        Ok(answer) => Ok(answer),
        Err(Failure::Answered(error)) => Err(error),
        Err(Failure::Unauthorized(unauthorized)) => {
            let service = state.login_server(&registry).await?;
            Ok(unauthorized.into_response(&state.base_url(&parts.headers), &service))
        }
    }
}

impl Exchange<'_> {
    async fn answer(&self, body: &mut RequestBody) -> Result<Response, Failure> {
        match self.routed {
            Routed::SignIn(operation) => {
                self.permit(operation)?;
                Ok(axum::Json(serde_json::json!({})).into_response())
            }
            Routed::ListCatalog(operation) => catalog::list(self, self.permit(operation)?).await,
            Routed::ListTags(operation) => tags::list(self, self.permit(operation)?).await,
            Routed::ReadManifest(operation) => manifests::read(self, self.permit(operation)?).await,
            Routed::WriteManifest(operation) => manifests::write(self, self.permit(operation)?, body).await,
            Routed::DeleteManifest(operation) => manifests::delete(self, self.permit(operation)?).await,
            Routed::ListReferrers(operation) => referrers::list(self, self.permit(operation)?).await,
            Routed::ReadBlob(operation) => blobs::read(self, self.permit(operation)?).await,
            Routed::DeleteBlob(operation) => blobs::delete(self, self.permit(operation)?).await,
            Routed::StartUpload(operation) => uploads::start(self, self.permit(operation)?, body).await,
            Routed::GetUpload(operation) => uploads::get(self, self.permit(operation)?).await,
            Routed::AppendUpload(operation) => uploads::append(self, self.permit(operation)?, body).await,
            Routed::FinishUpload(operation) => uploads::finish(self, self.permit(operation)?, body).await,
            Routed::CancelUpload(operation) => uploads::cancel(self, self.permit(operation)?).await,
            Routed::Acr(routed) => self.answer_acr(routed, body).await,
        }
    }

    async fn answer_acr(&self, routed: &AcrRouted, body: &mut RequestBody) -> Result<Response, Failure> {
        match routed {
            AcrRouted::ListCatalog(operation) => acr::repositories::list(self, self.permit(operation)?).await,
            AcrRouted::ShowRepository(operation) => acr::repositories::show(self, self.permit(operation)?).await,
            AcrRouted::ChangeRepository(operation) => {
                acr::repositories::change(self, self.permit(operation)?, body).await
            }
            AcrRouted::DeleteRepository(operation) => acr::repositories::delete(self, self.permit(operation)?).await,
            AcrRouted::ShowTags(operation) => acr::tags::show_all(self, self.permit(operation)?).await,
            AcrRouted::ShowTag(operation) => acr::tags::show(self, self.permit(operation)?).await,
            AcrRouted::ChangeTag(operation) => acr::tags::change(self, self.permit(operation)?, body).await,
            AcrRouted::DeleteTag(operation) => acr::tags::delete(self, self.permit(operation)?).await,
            AcrRouted::ShowManifests(operation) => acr::manifests::show_all(self, self.permit(operation)?).await,
            AcrRouted::ShowManifest(operation) => acr::manifests::show(self, self.permit(operation)?).await,
            AcrRouted::ChangeManifest(operation) => acr::manifests::change(self, self.permit(operation)?, body).await,
        }
    }

    fn permit<O: Needed + Clone>(&self, operation: &O) -> Result<Permit<O>, Failure> {
        let permit = self.service.permit(&self.access, operation.clone()).map_err(|refusal| self.missing(refusal))?;
        entity_tag::refuse_conditional_change(self.parts)?;
        Ok(permit)
    }

    /// As the next request with the same credentials would be answered.
    fn revoked(&self) -> Failure {
        let by_bearer = matches!(credentials::parse(&self.parts.headers), Ok(Some(Credentials::Bearer(_))));
        refused(if by_bearer { Reason::InvalidToken } else { Reason::Unknown }, self.routed, &self.query)
    }

    fn missing(&self, refusal: Refusal) -> Failure {
        refused(Reason::Missing(refusal), self.routed, &self.query)
    }

    /// As answers of the metadata API name the registry.
    async fn login_server(&self) -> Result<String, service::Error> {
        self.state.login_server(self.registry).await
    }

    fn is_head(&self) -> bool {
        self.parts.method == Method::HEAD
    }
}

fn refused(reason: Reason, routed: &Routed, query: &Query) -> Failure {
    let source = if matches!(routed, Routed::StartUpload(_)) { mount_source(query) } else { None };
    Failure::Unauthorized(Unauthorized::new(reason, routed.operation(), source.as_ref()))
}

/// The blob that a request to start an upload would rather mount; `None` also when it names none that could be.
fn mount_source(query: &Query) -> Option<ReadBlob> {
    let digest = Digest::parse(query.get("mount")?).ok()?;
    let repository = RepositoryName::parse(query.get("from")?).ok()?;
    Some(ReadBlob { repository, digest })
}

/// Those that have a value.
fn headers(pairs: impl IntoIterator<Item = (HeaderName, Option<HeaderValue>)>) -> HeaderMap {
    pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn without_body(mut answer: Response) -> Response {
    // What the answer to a GET would have: HEAD must not differ (RFC 9110, section 9.3.2). One that never has content says
    // nothing of its length.
    if let Some(length) = answer.body().size_hint().exact()
        && !answer.headers().contains_key(CONTENT_LENGTH)
        && !matches!(answer.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
    {
        answer.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    *answer.body_mut() = Body::empty();
    answer
}
