//! Lists of the manifests that refer to another one by their `subject`.

use super::errors::Failure;
use super::{Exchange, headers, manifest_body, paging};
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, LINK};
use http::{HeaderName, HeaderValue};
use model::access::Permit;
use model::manifest::ManifestKind;
use model::operation::ListReferrers;
use service::StoredManifest;
use wire::oci::{Descriptor, Index};

const FILTERS_APPLIED: HeaderName = HeaderName::from_static("oci-filters-applied");

/// `GET /v2/<name>/referrers/<digest>`
pub(super) async fn list(exchange: &Exchange<'_>, permit: Permit<ListReferrers>) -> Result<Response, Failure> {
    let request = paging::requested(&exchange.query)?;
    let artifact_type = exchange.query.get("artifactType");
    let page = exchange.service.list_referrers(&permit, artifact_type, request.clone()).await?;
    let manifests: Vec<Descriptor> = page.items.iter().map(descriptor).collect();
    let ListReferrers { repository, subject } = permit.operation();
    let last = manifests.last().filter(|_| page.more).map(|descriptor| descriptor.digest.as_str());
    let further = artifact_type.map(|artifact_type| ("artifactType", artifact_type));
    let path = format!("/v2/{repository}/referrers/{subject}");
    let media_type = ManifestKind::OciIndex.media_type();
    let headers = headers([
        (CONTENT_TYPE, Some(HeaderValue::from_static(media_type))),
        (FILTERS_APPLIED, artifact_type.map(|_| HeaderValue::from_static("artifactType"))),
        (LINK, paging::link(&path, &request, last, further.as_slice())),
    ]);
    let mut answer = Json(Index { schema_version: 2, media_type: media_type.to_owned(), manifests }).into_response();
    answer.headers_mut().extend(headers);
    Ok(answer)
}

/// Annotations are copied whole. A stored manifest was read when it was pushed; should it not be readable now, its digest is
/// still right.
fn descriptor(stored: &StoredManifest) -> Descriptor {
    let manifest = manifest_body::shape_of(&stored.bytes).ok();
    Descriptor {
        media_type: stored.kind.media_type().to_owned(),
        digest: stored.digest.to_string(),
        size: stored.bytes.len() as u64,
        urls: Vec::new(),
        artifact_type: manifest.as_ref().and_then(manifest_body::artifact_type),
        annotations: manifest.and_then(|manifest| manifest.annotations),
        others: wire::oci::MemberNames::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use model::digest::{Digest, DigestAlgorithm};
    use rstest::rstest;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[rstest]
    #[case::says_so(
        ManifestKind::OciImage,
        r#"{"schemaVersion":2,"artifactType":"a/b","config":{"mediaType":"c/d","digest":"DIGEST","size":0},"annotations":{"k":"v"}}"#,
        r#","artifactType":"a/b","annotations":{"k":"v"}"#
    )]
    #[case::by_its_config(
        ManifestKind::OciImage,
        r#"{"schemaVersion":2,"config":{"mediaType":"c/d","digest":"DIGEST","size":0},"layers":[]}"#,
        r#","artifactType":"c/d""#
    )]
    #[case::an_index_without(ManifestKind::OciIndex, r#"{"schemaVersion":2,"manifests":[]}"#, "")]
    #[case::unreadable(ManifestKind::OciIndex, "{", "")]
    fn descriptors(#[case] kind: ManifestKind, #[case] body: &str, #[case] rest: &str) {
        let bytes = Bytes::from(body.replace("DIGEST", EMPTY));
        let digest = Digest::of(DigestAlgorithm::Sha256, &bytes);
        let media_type = kind.media_type();
        let size = bytes.len();
        let expected = format!(r#"{{"mediaType":"{media_type}","digest":"{digest}","size":{size}{rest}}}"#);
        let shown = serde_json::to_string(&descriptor(&StoredManifest { digest, kind, bytes }));
        assert_eq!(shown.ok(), Some(expected));
    }
}
