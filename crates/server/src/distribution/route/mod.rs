//! What a request to `/v2/` or `/acr/v1/` is for, from its method and path alone. Pure: no look-up, no headers, no rights.
//!
//! Repository names hold slashes and may hold words of the API (`a/blobs/b`, `tags`), so a path is read from its right end. It is
//! percent-decoded once and only then taken apart: Azure's clients send `%2F` and `%3A` (azure/data-plane/wire-observations.md).

mod acr;

pub(super) use acr::AcrRouted;

use http::Method;
use model::digest::{Digest, InvalidDigest};
use model::operation::{
    ContinueUpload, DeleteBlob, DeleteManifest, ListCatalog, ListReferrers, ListTags, Needed, ReadBlob, ReadManifest,
    SignIn, StartUpload, WriteManifest,
};
use model::reference::{InvalidReference, InvalidTag, Reference};
use model::repository::{InvalidRepositoryName, RepositoryName};
use percent_encoding::percent_decode_str;

/// An upload id in a path is at most this many characters; those given out are shorter.
const UPLOAD_ID_CHARS_MAX: usize = 128;

/// What a request is for: an operation, and of those on an upload, which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Routed {
    /// `GET|HEAD /v2/`
    SignIn(SignIn),
    /// `GET|HEAD /v2/_catalog`
    ListCatalog(ListCatalog),
    /// `GET|HEAD /v2/<name>/tags/list`
    ListTags(ListTags),
    /// `GET|HEAD /v2/<name>/manifests/<reference>`
    ReadManifest(ReadManifest),
    /// `PUT /v2/<name>/manifests/<reference>`
    WriteManifest(WriteManifest),
    /// `DELETE /v2/<name>/manifests/<reference>`
    DeleteManifest(DeleteManifest),
    /// `GET|HEAD /v2/<name>/referrers/<digest>`
    ListReferrers(ListReferrers),
    /// `GET|HEAD /v2/<name>/blobs/<digest>`
    ReadBlob(ReadBlob),
    /// `DELETE /v2/<name>/blobs/<digest>`
    DeleteBlob(DeleteBlob),
    /// `POST /v2/<name>/blobs/uploads/`
    StartUpload(StartUpload),
    /// `GET|HEAD /v2/<name>/blobs/uploads/<id>`
    GetUpload(ContinueUpload),
    /// `PATCH /v2/<name>/blobs/uploads/<id>`
    AppendUpload(ContinueUpload),
    /// `PUT /v2/<name>/blobs/uploads/<id>`
    FinishUpload(ContinueUpload),
    /// `DELETE /v2/<name>/blobs/uploads/<id>`
    CancelUpload(ContinueUpload),
    /// Anything under `/acr/v1/`
    Acr(AcrRouted),
}

/// Why a request is for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RouteError {
    /// No path of the API.
    NoRoute,
    /// A path of the API, with a method it does not have; these it has, as an `Allow` header lists them.
    MethodNotAllowed(&'static str),
    /// The path is not UTF-8 once decoded, so what stands where a name belongs is none.
    NotText,
    /// What stands where a repository name belongs is none.
    Name(InvalidRepositoryName),
    /// The same where it is the repository itself that is asked for, so that there is none (recorded: 404).
    NoSuchName(InvalidRepositoryName),
    /// What stands where a digest belongs is none.
    Digest(InvalidDigest),
    /// What a manifest would be written under is no tag.
    Tag(InvalidTag),
    /// A manifest is asked for by what is no tag, so there is none. The OCI suite (1.1.1) asks for `.INVALID_MANIFEST_NAME`
    /// and expects "not found".
    NoSuchTag(String),
    /// No upload can have this id.
    NoSuchUpload,
}

/// Reads the method and the path, still percent-encoded, without the query.
pub(super) fn parse(method: &Method, path: &str) -> Result<Routed, RouteError> {
    let decoded = percent_decode_str(path).decode_utf8().map_err(|_| RouteError::NotText)?;
    if let Some(rest) = decoded.strip_prefix("/acr/v1/") {
        return acr::parse(method, rest).map(Routed::Acr);
    }
    let rest = match decoded.strip_prefix("/v2") {
        Some("") => "",
        Some(rest) => rest.strip_prefix('/').ok_or(RouteError::NoRoute)?,
        None => return Err(RouteError::NoRoute),
    };
    match rest {
        "" => read_only(method).map(|()| Routed::SignIn(SignIn)),
        "_catalog" => read_only(method).map(|()| Routed::ListCatalog(ListCatalog)),
        rest => in_repository(method, rest),
    }
}

fn in_repository(method: &Method, rest: &str) -> Result<Routed, RouteError> {
    // A name would be in front; with none, these words stand alone.
    if let Some(name) = strip_last(rest, "blobs/uploads").or_else(|| strip_last(rest, "blobs/uploads/")) {
        return start_upload(method, name);
    }
    let Some((front, last)) = rest.rsplit_once('/') else { return Err(RouteError::NoRoute) };
    if let Some(name) = strip_last(front, "blobs/uploads") {
        return on_upload(method, name, last);
    }
    if let Some(name) = strip_last(rest, "tags/list") {
        read_only(method)?;
        return Ok(Routed::ListTags(ListTags { repository: repository(name)? }));
    }
    if let Some(name) = strip_last(front, "manifests") {
        return on_manifest(method, name, last);
    }
    if let Some(name) = strip_last(front, "referrers") {
        read_only(method)?;
        return Ok(Routed::ListReferrers(ListReferrers { repository: repository(name)?, subject: digest(last)? }));
    }
    if let Some(name) = strip_last(front, "blobs") {
        return on_blob(method, name, last);
    }
    Err(RouteError::NoRoute)
}

fn start_upload(method: &Method, name: &str) -> Result<Routed, RouteError> {
    match *method {
        Method::POST => Ok(Routed::StartUpload(StartUpload { repository: repository(name)? })),
        _ => Err(RouteError::MethodNotAllowed("POST")),
    }
}

fn on_upload(method: &Method, name: &str, id: &str) -> Result<Routed, RouteError> {
    let routed: fn(ContinueUpload) -> Routed = match *method {
        Method::GET | Method::HEAD => Routed::GetUpload,
        Method::PATCH => Routed::AppendUpload,
        Method::PUT => Routed::FinishUpload,
        Method::DELETE => Routed::CancelUpload,
        _ => return Err(RouteError::MethodNotAllowed("GET, HEAD, PATCH, PUT, DELETE")),
    };
    let repository = repository(name)?;
    let is_id = id.len() <= UPLOAD_ID_CHARS_MAX && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if is_id { Ok(routed(ContinueUpload { repository, upload: id.to_owned() })) } else { Err(RouteError::NoSuchUpload) }
}

fn on_manifest(method: &Method, name: &str, reference: &str) -> Result<Routed, RouteError> {
    let is_write = *method == Method::PUT;
    if !is_write && !matches!(*method, Method::GET | Method::HEAD | Method::DELETE) {
        return Err(RouteError::MethodNotAllowed("GET, HEAD, PUT, DELETE"));
    }
    let repository = repository(name)?;
    let reference = Reference::parse(reference).map_err(|error| match error {
        InvalidReference::Digest(error) => RouteError::Digest(error),
        InvalidReference::Tag(error) if is_write => RouteError::Tag(error),
        InvalidReference::Tag(InvalidTag(text)) => RouteError::NoSuchTag(text),
    })?;
    Ok(match *method {
        Method::PUT => Routed::WriteManifest(WriteManifest { repository, reference }),
        Method::DELETE => Routed::DeleteManifest(DeleteManifest { repository, reference }),
        _ => Routed::ReadManifest(ReadManifest { repository, reference }),
    })
}

fn on_blob(method: &Method, name: &str, text: &str) -> Result<Routed, RouteError> {
    match *method {
        Method::GET | Method::HEAD => {
            Ok(Routed::ReadBlob(ReadBlob { repository: repository(name)?, digest: digest(text)? }))
        }
        Method::DELETE => Ok(Routed::DeleteBlob(DeleteBlob { repository: repository(name)?, digest: digest(text)? })),
        _ => Err(RouteError::MethodNotAllowed("GET, HEAD, DELETE")),
    }
}

fn read_only(method: &Method) -> Result<(), RouteError> {
    match *method {
        Method::GET | Method::HEAD => Ok(()),
        _ => Err(RouteError::MethodNotAllowed("GET, HEAD")),
    }
}

/// What stands in front of `words`, when they are whole segments at the end; empty when nothing does.
fn strip_last<'a>(path: &'a str, words: &str) -> Option<&'a str> {
    let front = path.strip_suffix(words)?;
    if front.is_empty() { Some(front) } else { front.strip_suffix('/') }
}

fn repository(name: &str) -> Result<RepositoryName, RouteError> {
    RepositoryName::parse(name).map_err(RouteError::Name)
}

fn digest(text: &str) -> Result<Digest, RouteError> {
    Digest::parse(text).map_err(RouteError::Digest)
}

impl Routed {
    /// What the request needs, whatever it is for.
    pub(super) fn operation(&self) -> &dyn Needed {
        match self {
            Self::SignIn(operation) => operation,
            Self::ListCatalog(operation) => operation,
            Self::ListTags(operation) => operation,
            Self::ReadManifest(operation) => operation,
            Self::WriteManifest(operation) => operation,
            Self::DeleteManifest(operation) => operation,
            Self::ListReferrers(operation) => operation,
            Self::ReadBlob(operation) => operation,
            Self::DeleteBlob(operation) => operation,
            Self::StartUpload(operation) => operation,
            Self::GetUpload(operation)
            | Self::AppendUpload(operation)
            | Self::FinishUpload(operation)
            | Self::CancelUpload(operation) => operation,
            Self::Acr(routed) => routed.operation(),
        }
    }
}

#[cfg(test)]
mod tests;
