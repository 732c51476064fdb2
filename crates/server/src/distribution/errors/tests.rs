use super::*;
use crate::requests::RequestIds;
use model::arm_name::{RegistryName, ResourceGroupName, ScopeMapName, SubscriptionId, TokenName};
use model::digest::{Digest, DigestAlgorithm};
use model::locks::{Attribute, Lock};
use model::reference::Tag;
use model::repository::RepositoryName;
use model::resource_id::{RegistryId, ResourceGroupId};
use rstest::rstest;
use service::Error as E;
use std::sync::Arc;

struct Zeros;

impl service::Random for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

fn digest(text: &str) -> Digest {
    Digest::of(DigestAlgorithm::Sha256, text.as_bytes())
}

fn registry() -> RegistryName {
    RegistryName::parse("lnxcr").expect("a name")
}

fn group() -> ResourceGroupName {
    ResourceGroupName::parse("lnxtest").expect("a name")
}

fn subscription() -> SubscriptionId {
    SubscriptionId::parse("00000000-0000-0000-0000-000000000001").expect("an id")
}

fn registry_id() -> RegistryId {
    let group = ResourceGroupId { subscription: subscription(), name: group() };
    RegistryId { group, name: registry() }
}

fn lock() -> Lock {
    let reference = Some(Reference::Tag(Tag::parse("v1").expect("a tag")));
    Lock { repository: RepositoryName::parse("a/b").expect("a name"), reference, attribute: Attribute::Write }
}

async fn told(error: ErrorAnswer) -> (u16, Value, http::HeaderMap) {
    let answer = error.into_response(RequestIds::new(Arc::new(Zeros)).next());
    let (parts, body) = answer.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
    (parts.status.as_u16(), serde_json::from_slice(&bytes).expect("JSON"), parts.headers)
}

#[rstest]
#[case(E::RegistryMissing(registry_id()), 404, "NAME_UNKNOWN")]
#[case(E::ParentRegistryMissing(registry()), 404, "NAME_UNKNOWN")]
#[case(E::invalid("last", "is no digest"), 400, "UNSUPPORTED")]
#[case(E::LimitReached(limits::OPEN_UPLOADS), 429, "TOOMANYREQUESTS")]
#[case(E::LimitReached(limits::BLOB_BYTES), 413, "SIZE_INVALID")]
#[case(E::LimitReached(limits::MANIFEST_BYTES), 413, "SIZE_INVALID")]
#[case(E::RepositoryUnknown(RepositoryName::parse("a").expect("a name")), 404, "NAME_UNKNOWN")]
#[case(E::ManifestUnknown(Reference::Tag(Tag::parse("v1").expect("a tag"))), 404, "MANIFEST_UNKNOWN")]
#[case(E::ManifestUnknown(Reference::Digest(digest("a"))), 404, "MANIFEST_UNKNOWN")]
#[case(E::TagUnknown(Tag::parse("v1").expect("a tag")), 404, "TAG_UNKNOWN")]
#[case(E::Locked(lock()), 405, "REGISTRY_DISALLOWED_OPERATION")]
#[case(E::BlobUnknown(digest("a")), 404, "BLOB_UNKNOWN")]
#[case(E::BlobInUse(digest("a")), 405, "UNSUPPORTED")]
#[case(E::UploadUnknown, 404, "BLOB_UPLOAD_UNKNOWN")]
#[case(E::UploadOutOfOrder { offset: 5 }, 416, "RANGE_INVALID")]
#[case(E::UploadBusy, 409, "BLOB_UPLOAD_INVALID")]
#[case(E::DigestMismatch { claimed: digest("a"), actual: digest("b") }, 400, "DIGEST_INVALID")]
#[case(E::ManifestReferencesMissing(vec![digest("a")]), 400, "MANIFEST_BLOB_UNKNOWN")]
#[case(E::BodyInterrupted, 400, "BLOB_UPLOAD_INVALID")]
#[case(E::Busy, 503, "UNAVAILABLE")]
#[case(E::StorageFull, 507, "STORAGE_FULL")]
#[case(E::internal("disk I/O error in /var/lib"), 500, "UNKNOWN")]
#[case(E::SubscriptionMissing(subscription()), 500, "UNKNOWN")]
#[case(E::ResourceGroupMissing(group()), 500, "UNKNOWN")]
#[case(E::ScopeMapMissing(ScopeMapName::parse("newmap").expect("a name")), 500, "UNKNOWN")]
#[case(E::TokenMissing(TokenName::parse("token2").expect("a name")), 500, "UNKNOWN")]
#[case(E::RegistryNameTaken(registry()), 500, "UNKNOWN")]
#[case(E::SystemScopeMap(ScopeMapName::parse("newmap").expect("a name")), 500, "UNKNOWN")]
#[tokio::test]
async fn of_the_service(#[case] error: E, #[case] status: u16, #[case] code: &str) {
    let message = error.to_string();
    let (seen, body, _) = told(error.into()).await;
    let first = &body["errors"][0];
    assert_eq!((seen, first["code"].as_str()), (status, Some(code)));
    let told = first["message"].as_str().unwrap_or_default();
    if status >= 500 {
        assert_eq!(told, "request 00000000-0000-4000-8000-000000000000");
        assert!(!body.to_string().contains(&message), "{body}");
    } else {
        assert!(!told.is_empty());
    }
}

#[rstest]
#[case(RouteError::NoRoute, 404, "UNSUPPORTED")]
#[case(RouteError::MethodNotAllowed("POST"), 405, "UNSUPPORTED")]
#[case(RouteError::NotText, 400, "NAME_INVALID")]
#[case(RouteError::Name(model::repository::InvalidRepositoryName("A".to_owned())), 400, "NAME_INVALID")]
#[case(RouteError::NoSuchName(model::repository::InvalidRepositoryName("A".to_owned())), 404, "NAME_UNKNOWN")]
#[case(RouteError::Digest(model::digest::InvalidDigest("a".to_owned())), 400, "DIGEST_INVALID")]
#[case(RouteError::Tag(model::reference::InvalidTag(".a".to_owned())), 400, "TAG_INVALID")]
#[case(RouteError::NoSuchTag(".a".to_owned()), 404, "MANIFEST_UNKNOWN")]
#[case(RouteError::NoSuchUpload, 404, "BLOB_UPLOAD_UNKNOWN")]
#[tokio::test]
async fn of_the_route(#[case] error: RouteError, #[case] status: u16, #[case] code: &str) {
    let is_method = matches!(error, RouteError::MethodNotAllowed(_));
    let (seen, body, headers) = told(error.into()).await;
    assert_eq!((seen, body["errors"][0]["code"].as_str()), (status, Some(code)));
    assert_eq!(headers.get(ALLOW), is_method.then_some(&HeaderValue::from_static("POST")));
}

#[tokio::test]
async fn an_unknown_tag_reads_as_it_does_at_azure() {
    let tag = Tag::parse("1.1.2").expect("a tag");
    let (_, body, _) = told(E::ManifestUnknown(Reference::Tag(tag)).into()).await;
    let message = "manifest tagged by \"1.1.2\" is not found";
    let expected = json!({ "code": "MANIFEST_UNKNOWN", "message": message, "detail": { "Tag": "1.1.2" } });
    assert_eq!(body, json!({ "errors": [expected] }));
}

#[tokio::test]
async fn each_missing_blob_is_named_up_to_a_bound() {
    let missing = |count: u32| (0..count).map(|n| digest(&n.to_string())).collect::<Vec<_>>();
    let (_, body, _) = told(E::ManifestReferencesMissing(missing(2)).into()).await;
    assert_eq!(body["errors"][1]["detail"]["digest"], json!(digest("1").to_string()));
    let (_, body, _) = told(E::ManifestReferencesMissing(missing(1_000)).into()).await;
    assert_eq!(body["errors"].as_array().map(Vec::len), Some(TOLD_MAX));
}

#[tokio::test]
async fn a_lock_is_told_as_at_azure_and_named_in_the_detail() {
    let (_, body, headers) = told(E::Locked(lock()).into()).await;
    let detail = "a/b:v1 is locked: writeEnabled is false";
    let expected = json!({ "code": "REGISTRY_DISALLOWED_OPERATION", "message": LOCKED, "detail": detail });
    assert_eq!(body, json!({ "errors": [expected] }));
    assert_eq!(headers.get(ALLOW), Some(&HeaderValue::from_static("")));
}
