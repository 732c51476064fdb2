//! What a request to the metadata API, `/acr/v1/`, is for. Its words begin with `_`, which no part of a repository's name does.

use super::{RouteError, digest, read_only};
use http::Method;
use model::operation::{
    ChangeManifest, ChangeRepository, ChangeTag, DeleteRepository, DeleteTag, ListCatalog, Needed, ShowManifest,
    ShowManifests, ShowRepository, ShowTag, ShowTags,
};
use model::reference::Tag;
use model::repository::RepositoryName;

/// What a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::distribution) enum AcrRouted {
    /// `GET|HEAD /acr/v1/_catalog`
    ListCatalog(ListCatalog),
    /// `GET|HEAD /acr/v1/<name>`
    ShowRepository(ShowRepository),
    /// `PATCH /acr/v1/<name>`
    ChangeRepository(ChangeRepository),
    /// `DELETE /acr/v1/<name>`
    DeleteRepository(DeleteRepository),
    /// `GET|HEAD /acr/v1/<name>/_tags`
    ShowTags(ShowTags),
    /// `GET|HEAD /acr/v1/<name>/_tags/<tag>`
    ShowTag(ShowTag),
    /// `PATCH /acr/v1/<name>/_tags/<tag>`
    ChangeTag(ChangeTag),
    /// `DELETE /acr/v1/<name>/_tags/<tag>`
    DeleteTag(DeleteTag),
    /// `GET|HEAD /acr/v1/<name>/_manifests`
    ShowManifests(ShowManifests),
    /// `GET|HEAD /acr/v1/<name>/_manifests/<digest>`
    ShowManifest(ShowManifest),
    /// `PATCH /acr/v1/<name>/_manifests/<digest>`
    ChangeManifest(ChangeManifest),
}

/// Reads the method, and the decoded path behind `/acr/v1/`.
pub(super) fn parse(method: &Method, rest: &str) -> Result<AcrRouted, RouteError> {
    if rest == "_catalog" {
        return read_only(method).map(|()| AcrRouted::ListCatalog(ListCatalog));
    }
    if let Some(name) = rest.strip_suffix("/_tags") {
        read_only(method)?;
        return Ok(AcrRouted::ShowTags(ShowTags { repository: repository(name)? }));
    }
    if let Some(name) = rest.strip_suffix("/_manifests") {
        read_only(method)?;
        return Ok(AcrRouted::ShowManifests(ShowManifests { repository: repository(name)? }));
    }
    let Some((front, last)) = rest.rsplit_once('/') else { return on_repository(method, rest) };
    if let Some(name) = front.strip_suffix("/_tags") {
        return on_tag(method, name, last);
    }
    if let Some(name) = front.strip_suffix("/_manifests") {
        return on_manifest(method, name, last);
    }
    on_repository(method, rest)
}

fn on_repository(method: &Method, name: &str) -> Result<AcrRouted, RouteError> {
    let repository = repository(name)?;
    match *method {
        Method::GET | Method::HEAD => Ok(AcrRouted::ShowRepository(ShowRepository { repository })),
        Method::PATCH => Ok(AcrRouted::ChangeRepository(ChangeRepository { repository })),
        Method::DELETE => Ok(AcrRouted::DeleteRepository(DeleteRepository { repository })),
        _ => Err(RouteError::MethodNotAllowed("GET, HEAD, PATCH, DELETE")),
    }
}

fn on_tag(method: &Method, name: &str, tag: &str) -> Result<AcrRouted, RouteError> {
    let repository = repository(name)?;
    let tag = Tag::parse(tag).map_err(RouteError::Tag)?;
    match *method {
        Method::GET | Method::HEAD => Ok(AcrRouted::ShowTag(ShowTag { repository, tag })),
        Method::PATCH => Ok(AcrRouted::ChangeTag(ChangeTag { repository, tag })),
        Method::DELETE => Ok(AcrRouted::DeleteTag(DeleteTag { repository, tag })),
        _ => Err(RouteError::MethodNotAllowed("GET, HEAD, PATCH, DELETE")),
    }
}

fn on_manifest(method: &Method, name: &str, text: &str) -> Result<AcrRouted, RouteError> {
    let (repository, digest) = (repository(name)?, digest(text)?);
    match *method {
        Method::GET | Method::HEAD => Ok(AcrRouted::ShowManifest(ShowManifest { repository, digest })),
        Method::PATCH => Ok(AcrRouted::ChangeManifest(ChangeManifest { repository, digest })),
        _ => Err(RouteError::MethodNotAllowed("GET, HEAD, PATCH")),
    }
}

fn repository(name: &str) -> Result<RepositoryName, RouteError> {
    RepositoryName::parse(name).map_err(RouteError::NoSuchName)
}

impl AcrRouted {
    /// What the request needs, whatever it is for.
    pub(super) fn operation(&self) -> &dyn Needed {
        match self {
            Self::ListCatalog(operation) => operation,
            Self::ShowRepository(operation) => operation,
            Self::ChangeRepository(operation) => operation,
            Self::DeleteRepository(operation) => operation,
            Self::ShowTags(operation) => operation,
            Self::ShowTag(operation) => operation,
            Self::ChangeTag(operation) => operation,
            Self::DeleteTag(operation) => operation,
            Self::ShowManifests(operation) => operation,
            Self::ShowManifest(operation) => operation,
            Self::ChangeManifest(operation) => operation,
        }
    }
}
