//! Errors and their answers.

use super::*;
use crate::requests::RequestIds;
use http_body_util::BodyExt;
use model::arm_name::{InvalidName, RegistryName, ResourceGroupName, ScopeMapName, SubscriptionId, TokenName};
use model::digest::Digest;
use model::resource_id::{RegistryId, ResourceGroupId};
use serde_json::{Value, json};
use std::sync::Arc;

struct Zeros;

impl service::Random for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

async fn answer(failure: Failure) -> Result<(u16, http::HeaderMap, Value), Box<dyn std::error::Error>> {
    let id = RequestIds::new(Arc::new(Zeros)).next();
    let response = failure.into_response(id, "http://127.0.0.1:5000", "tenant");
    let (parts, body) = response.into_parts();
    Ok((parts.status.as_u16(), parts.headers, serde_json::from_slice(&body.collect().await?.to_bytes())?))
}

fn registry() -> Result<RegistryId, InvalidName> {
    let subscription = SubscriptionId::parse("9e223dbe-3399-4e19-88eb-0975f02ac87f")?;
    let group = ResourceGroupId { subscription, name: ResourceGroupName::parse("lnxtest")? };
    Ok(RegistryId { group, name: RegistryName::parse("lnxcr")? })
}

/// The bodies that were recorded or reported (shared azure/errors.json).
#[tokio::test]
async fn azures_words() -> Result<(), Box<dyn std::error::Error>> {
    let provider = |code: &str, message: &str| json!({"error": {"code": code, "message": message}, "status": "Failed"});
    let gateway = |code: &str, message: &str| json!({"error": {"code": code, "message": message}});
    let cases = [
        (
            service::Error::ScopeMapMissing(ScopeMapName::parse("acr-token-scope-map")?),
            404,
            provider("ResourceNotFound", "The resource acr-token-scope-map could not be found."),
        ),
        (
            service::Error::TokenMissing(TokenName::parse("sample-token")?),
            404,
            provider("ResourceNotFound", "The resource sample-token could not be found."),
        ),
        (
            service::Error::ResourceGroupMissing(ResourceGroupName::parse("SomeRandomRG")?),
            404,
            gateway("ResourceGroupNotFound", "Resource group 'SomeRandomRG' could not be found."),
        ),
        (
            service::Error::ParentRegistryMissing(RegistryName::parse("myregistry")?),
            404,
            gateway(
                "ParentResourceNotFound",
                "Can not perform requested operation on nested resource. Parent resource 'myregistry' not found.",
            ),
        ),
        (
            service::Error::RegistryMissing(registry()?),
            404,
            gateway(
                "ResourceNotFound",
                "The Resource 'Microsoft.ContainerRegistry/registries/lnxcr' under resource group 'lnxtest' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
            ),
        ),
    ];
    for (error, status, body) in cases {
        let is_gateway = body.get("status").is_none();
        let (answered, headers, answered_body) = answer(error.into()).await?;
        assert_eq!((answered, answered_body), (status, body));
        assert_eq!(headers.get(FAILURE_CAUSE).is_some(), is_gateway);
    }
    Ok(())
}

#[tokio::test]
async fn statuses_and_codes() -> Result<(), Box<dyn std::error::Error>> {
    let invalid_name = TokenName::parse("no").err().ok_or("refused")?;
    let limit = service::limits::TOKENS;
    let cases = [
        (Failure::SignedOut, 401, "AuthenticationFailed"),
        (Failure::InvalidBearer, 401, "InvalidAuthenticationToken"),
        (InvalidApiVersion::Missing.into(), 400, "MissingApiVersionParameter"),
        (InvalidApiVersion::Malformed("x".to_owned()).into(), 400, "InvalidApiVersionParameter"),
        (UnknownPath::Form.into(), 404, "NotFound"),
        (UnknownPath::Namespace("Microsoft.Web".to_owned()).into(), 404, "InvalidResourceNamespace"),
        (
            UnknownPath::ResourceType { namespace: PROVIDER, resource_type: "registries/fans".to_owned() }.into(),
            404,
            "InvalidResourceType",
        ),
        (Failure::UnservedAction("importImage"), 400, "NotSupportedOperation"),
        (UnknownPath::Name(invalid_name).into(), 400, "InvalidResourceName"),
        (Failure::MethodNotAllowed { method: "POST".to_owned(), allowed: "GET" }, 405, "MethodNotAllowed"),
        (Failure::UnreadBody(UnreadBody::TooLarge { bytes_max: 5 }), 413, "RequestContentTooLarge"),
        (Failure::OperationMissing("token-1".to_owned()), 404, "ResourceNotFound"),
        (Failure::Conditional(http::header::IF_MATCH), 412, "PreconditionFailed"),
        (Failure::MediaType("text/plain".to_owned()), 415, "UnsupportedMediaType"),
        (Failure::UnreadBody(UnreadBody::Interrupted), 400, "InvalidRequestContent"),
        (Failure::UnreadBody(UnreadBody::TooSlow), 408, "RequestTimeout"),
        (service::Error::SubscriptionMissing(registry()?.group.subscription).into(), 404, "SubscriptionNotFound"),
        (service::Error::RegistryNameTaken(RegistryName::parse("lnxcr")?).into(), 409, "AlreadyInUse"),
        (service::Error::SystemScopeMap(ScopeMapName::parse("_repositories_pull")?).into(), 409, "OperationNotAllowed"),
        (service::Error::LimitReached(limit).into(), 409, "QuotaExceeded"),
        (service::Error::StorageFull.into(), 507, "InsufficientStorage"),
        (service::Error::UploadUnknown.into(), 500, "InternalServerError"),
        (
            service::Error::BlobUnknown(Digest::parse(&format!("sha256:{}", "a".repeat(64)))?).into(),
            500,
            "InternalServerError",
        ),
    ];
    for (failure, status, code) in cases {
        let shown = format!("{failure:?}");
        let (answered, _, body) = answer(failure).await?;
        assert_eq!((answered, body.pointer("/error/code").and_then(Value::as_str)), (status, Some(code)), "{shown}");
    }
    Ok(())
}

#[tokio::test]
async fn a_refusal_names_the_member() -> Result<(), Box<dyn std::error::Error>> {
    let (status, _, body) = answer(Failure::invalid("properties.status", "no such status")).await?;
    assert_eq!(status, 400);
    assert_eq!(
        body,
        json!({"error": {"code": "InvalidParameter", "message": "no such status", "target": "properties.status"}, "status": "Failed"})
    );
    let member = InvalidJson { target: Some("properties.status".to_owned()), message: "invalid type".to_owned() };
    let (_, _, body) = answer(Failure::InvalidJson(member)).await?;
    assert_eq!(body.pointer("/error/target"), Some(&json!("properties.status")));
    Ok(())
}

#[tokio::test]
async fn strangers_learn_where_to_log_in() -> Result<(), Box<dyn std::error::Error>> {
    let (_, headers, _) = answer(Failure::SignedOut).await?;
    assert_eq!(
        headers.get(WWW_AUTHENTICATE).ok_or("challenge")?,
        "Bearer authorization_uri=\"http://127.0.0.1:5000/tenant\""
    );
    let (_, headers, _) = answer(Failure::MethodNotAllowed { method: "POST".to_owned(), allowed: "GET" }).await?;
    assert_eq!((headers.get(ALLOW).ok_or("Allow")?.to_str()?, headers.get(WWW_AUTHENTICATE)), ("GET", None));
    Ok(())
}

#[tokio::test]
async fn an_internal_error_says_only_a_code_and_the_request() -> Result<(), Box<dyn std::error::Error>> {
    let (_, _, body) = answer(service::Error::internal("disk sector 7 is broken").into()).await?;
    assert_eq!(
        body.pointer("/error/message").and_then(Value::as_str),
        Some("Internal error, request 00000000-0000-4000-8000-000000000000.")
    );
    Ok(())
}
