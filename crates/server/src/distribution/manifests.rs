//! Manifests: written after a reading of what they say, read back as the exact bytes, deleted.

use super::body::{self, RequestBody};
use super::errors::{ErrorAnswer, Failure};
use super::query::Query;
use super::{CONTENT_DIGEST, Exchange, entity_tag, headers, manifest_body};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use model::access::Permit;
use model::manifest::{ManifestKind, Platform};
use model::operation::{DeleteManifest, ReadManifest, WriteManifest};
use model::reference::{Reference, Tag};
use service::Error;
use service::limits::{MANIFEST_BYTES, TAGS_OF_A_PUSH};

const SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
const TAG: HeaderName = HeaderName::from_static("oci-tag");

/// `PUT /v2/<name>/manifests/<reference>`, a digest also with `tag`s for it.
pub(super) async fn write(
    exchange: &Exchange<'_>,
    permit: Permit<WriteManifest>,
    body: &mut RequestBody,
) -> Result<Response, Failure> {
    let kind = kind(&exchange.parts.headers)?;
    let tags = more_tags(&permit.operation().reference, &exchange.query)?;
    let told_tags = tags.iter().map(Tag::as_str).collect::<Vec<_>>().join(", ");
    let bytes = read_body(&exchange.parts.headers, body).await?;
    let mut manifest = manifest_body::read(kind, &bytes)
        .map_err(|error| ErrorAnswer::bad_request("MANIFEST_INVALID", error.to_string()))?;
    if let Some(config) = manifest.config.as_ref().filter(|config| config.is_of_an_image()) {
        let config = exchange.service.read_config(&permit, &config.digest).await?;
        manifest.platform = config.map_or_else(Platform::default, |config| manifest_body::platform(&config));
    }
    let subject = manifest.subject.clone();
    let digest = exchange.service.put_manifest(&permit, manifest, tags, bytes).await?;
    let repository = &permit.operation().repository;
    let headers = headers([
        (LOCATION, HeaderValue::try_from(format!("/v2/{repository}/manifests/{digest}")).ok()),
        (CONTENT_DIGEST, HeaderValue::try_from(digest.to_string()).ok()),
        (SUBJECT, subject.and_then(|subject| HeaderValue::try_from(subject.to_string()).ok())),
        (TAG, HeaderValue::try_from(told_tags).ok().filter(|tags| !tags.is_empty())),
    ]);
    Ok((StatusCode::CREATED, headers).into_response())
}

/// The `tag`s of a push by digest, each once (distribution-spec after 1.1, end-7b).
fn more_tags(reference: &Reference, query: &Query) -> Result<Vec<Tag>, ErrorAnswer> {
    let mut tags: Vec<Tag> = Vec::new();
    for text in query.all("tag") {
        let tag = Tag::parse(text).map_err(|error| ErrorAnswer::bad_request("TAG_INVALID", error.to_string()))?;
        if !tags.contains(&tag) {
            tags.push(tag);
        }
        if tags.len() as u64 > TAGS_OF_A_PUSH.max {
            let message = Error::LimitReached(TAGS_OF_A_PUSH).to_string();
            return Err(ErrorAnswer::new(StatusCode::URI_TOO_LONG, "TAG_INVALID", message));
        }
    }
    match reference {
        Reference::Tag(name) if !tags.is_empty() => {
            let message = format!("tag=<tag> is for a push by digest, and {name} is a tag: push one by one");
            Err(ErrorAnswer::bad_request("TAG_INVALID", message))
        }
        Reference::Tag(_) | Reference::Digest(_) => Ok(tags),
    }
}

fn kind(headers: &HeaderMap) -> Result<ManifestKind, ErrorAnswer> {
    if headers.get_all(CONTENT_TYPE).iter().nth(1).is_some() {
        return Err(ErrorAnswer::bad_request("MANIFEST_INVALID", "the request has more than one Content-Type"));
    }
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    given.and_then(ManifestKind::parse).ok_or_else(|| {
        let accepted = ManifestKind::ALL.map(ManifestKind::media_type).join(", ");
        let given = given.map_or("no Content-Type".to_owned(), |given| format!("the Content-Type {given}"));
        let message = format!("{given} is not that of a manifest kept here; those are {accepted}");
        ErrorAnswer::bad_request("MANIFEST_INVALID", message)
    })
}

async fn read_body(headers: &HeaderMap, body: &mut RequestBody) -> Result<Bytes, ErrorAnswer> {
    let too_large = || ErrorAnswer::from(Error::LimitReached(MANIFEST_BYTES));
    if body::content_length(headers).is_some_and(|bytes| bytes > MANIFEST_BYTES.max) {
        return Err(too_large());
    }
    let bytes_max = usize::try_from(MANIFEST_BYTES.max).unwrap_or(usize::MAX);
    match Limited::new(body, bytes_max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(_) => Err(Error::BodyInterrupted.into()),
    }
}

/// `GET|HEAD /v2/<name>/manifests/<reference>`: as it was pushed, whatever `Accept` says. A manifest has one form only, and
/// another media type would belong to another digest.
pub(super) async fn read(exchange: &Exchange<'_>, permit: Permit<ReadManifest>) -> Result<Response, Failure> {
    let manifest = exchange.service.get_manifest(&permit).await?;
    let about = headers([
        (CONTENT_DIGEST, HeaderValue::try_from(manifest.digest.to_string()).ok()),
        (ETAG, entity_tag::of(&manifest.digest)),
    ]);
    if entity_tag::is_at_client(&exchange.parts.headers, &manifest.digest) {
        // With the length that 200 would have: a HEAD would get 0 otherwise (RFC 9110, section 8.6).
        return Ok((StatusCode::NOT_MODIFIED, about, [(CONTENT_LENGTH, manifest.bytes.len())]).into_response());
    }
    let content = headers([
        (CONTENT_TYPE, Some(HeaderValue::from_static(manifest.kind.media_type()))),
        (CONTENT_LENGTH, Some(HeaderValue::from(manifest.bytes.len()))),
    ]);
    Ok((about, content, Body::from(manifest.bytes)).into_response())
}

/// `DELETE /v2/<name>/manifests/<reference>`
pub(super) async fn delete(exchange: &Exchange<'_>, permit: Permit<DeleteManifest>) -> Result<Response, Failure> {
    exchange.service.delete_manifest(&permit).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body::Body as _;
    use rstest::rstest;

    #[rstest]
    #[case(Some("application/vnd.oci.image.manifest.v1+json"), Some(ManifestKind::OciImage))]
    #[case(Some("application/vnd.docker.distribution.manifest.list.v2+json; a=b"), Some(ManifestKind::DockerList))]
    #[case(Some("application/vnd.docker.distribution.manifest.v1+prettyjws"), None)]
    #[case(Some("application/json"), None)]
    #[case(None, None)]
    fn kinds(#[case] content_type: Option<&'static str>, #[case] expected: Option<ManifestKind>) {
        let read = kind(&headers([(CONTENT_TYPE, content_type.map(HeaderValue::from_static))]));
        assert_eq!(read.as_ref().ok().copied(), expected);
        assert_eq!(read.err().map(|error| error.code()), expected.is_none().then_some("MANIFEST_INVALID"));
    }

    #[test]
    fn two_kinds_are_none() {
        let mut sent = headers([(CONTENT_TYPE, Some(HeaderValue::from_static(ManifestKind::OciImage.media_type())))]);
        assert!(kind(&sent).is_ok());
        sent.append(CONTENT_TYPE, HeaderValue::from_static(ManifestKind::OciIndex.media_type()));
        assert_eq!(kind(&sent).err().map(|error| error.code()), Some("MANIFEST_INVALID"));
    }

    #[rstest]
    #[case::at_the_limit(4 << 20, None, None)]
    #[case::above_it((4 << 20) + 1, None, Some("SIZE_INVALID"))]
    #[case::said_so(1, Some("4194305"), Some("SIZE_INVALID"))]
    #[tokio::test]
    async fn sizes(#[case] bytes: usize, #[case] length: Option<&'static str>, #[case] refused: Option<&str>) {
        let mut body = RequestBody::new(Body::from(vec![b' '; bytes]));
        let read = read_body(&headers([(CONTENT_LENGTH, length.map(HeaderValue::from_static))]), &mut body).await;
        assert_eq!(read.as_ref().err().map(|error| error.code()), refused);
        assert_eq!(!body.is_end_stream(), length.is_some(), "what is refused by its length is not read");
    }
}
