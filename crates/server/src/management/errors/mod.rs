//! Every error of the management API, as Azure words it (shared azure/errors.json where known). One total `match` each, so that a
//! new error does not compile until someone has thought about its answer.

use super::api_version::{InvalidApiVersion, SUPPORTED};
use super::body::InvalidJson;
use super::route::UnknownPath;
use crate::body::UnreadBody;
use crate::requests::RequestId;
use crate::sentence::sentence;
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use model::resource_id::PROVIDER;
use wire::arm::errors::{ErrorBody, ErrorDetail};

const FAILURE_CAUSE: HeaderName = HeaderName::from_static("x-ms-failure-cause");

/// Why an operation was not done.
#[derive(Debug)]
pub(super) enum Failure {
    /// No credentials.
    SignedOut,
    /// Credentials that do not count.
    InvalidBearer,
    /// The caller's roles do not hold what it takes.
    AuthorizationFailed {
        /// Whom Azure calls the client.
        client: String,
        /// Its object id.
        object_id: String,
        /// What it takes.
        action: String,
        /// Where.
        scope: String,
    },
    /// None of that name: a role definition.
    RoleDefinitionMissing(String),
    /// None of that object id, client id or name.
    ServicePrincipalMissing(String),
    /// The version cannot be used.
    ApiVersion(InvalidApiVersion),
    /// The path names nothing.
    Path(UnknownPath),
    /// The resource is known, the method is not for it.
    MethodNotAllowed {
        /// What was asked.
        method: String,
        /// What there is.
        allowed: &'static str,
    },
    /// None of this kind of child, such as `webhooks`, can be made.
    Unserved(&'static str),
    /// Registries cannot be told to do this, such as `importImage`.
    UnservedAction(&'static str),
    /// There is no child of this name, of a kind of which there is none.
    UnservedMissing(String),
    /// No operation of this id ended on the resource, or it is longer ago than operations are kept.
    OperationMissing(String),
    /// A change on a condition, in this header.
    Conditional(HeaderName),
    /// A body that is not JSON but of this media type.
    MediaType(String),
    /// The body did not arrive.
    UnreadBody(UnreadBody),
    /// The body is not the JSON that was expected.
    InvalidJson(InvalidJson),
    /// A use case said no.
    Service(service::Error),
}

impl From<service::Error> for Failure {
    fn from(error: service::Error) -> Self {
        Self::Service(error)
    }
}

impl From<InvalidApiVersion> for Failure {
    fn from(error: InvalidApiVersion) -> Self {
        Self::ApiVersion(error)
    }
}

impl From<UnknownPath> for Failure {
    fn from(error: UnknownPath) -> Self {
        Self::Path(error)
    }
}

impl Failure {
    /// A refusal of one member of the request, such as `properties.status`.
    pub(super) fn invalid(target: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Service(service::Error::invalid(target, message))
    }
}

/// Who answers: the gateway in front of all providers, or the registry provider. Their bodies differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Gateway,
    Provider,
}

/// An error as a client sees it.
#[derive(Debug, PartialEq, Eq)]
struct Described {
    source: Source,
    status: StatusCode,
    code: &'static str,
    message: String,
    target: Option<String>,
}

fn gateway(status: StatusCode, code: &'static str, message: String) -> Described {
    Described { source: Source::Gateway, status, code, message, target: None }
}

fn provider(status: StatusCode, code: &'static str, message: String) -> Described {
    Described { source: Source::Provider, status, code, message, target: None }
}

impl Failure {
    /// The answer. `base_url` and `tenant` tell a caller without a bearer where to get one.
    pub(super) fn into_response(self, id: RequestId, base_url: &str, tenant: &str) -> Response {
        let described = self.describe(id);
        let detail = ErrorDetail {
            code: described.code.to_owned(),
            message: described.message,
            target: described.target,
            details: Vec::new(),
        };
        let failed = described.source == Source::Provider;
        let body = ErrorBody { error: detail, status: failed.then(|| "Failed".to_owned()) };
        let mut response = (described.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        if described.source == Source::Gateway {
            headers.insert(FAILURE_CAUSE, HeaderValue::from_static("gateway"));
        }
        if let Self::MethodNotAllowed { allowed, .. } = self {
            headers.insert(ALLOW, HeaderValue::from_static(allowed));
        }
        if let Some(Ok(value)) = self.challenge(base_url, tenant).map(|text| HeaderValue::from_str(&text)) {
            headers.insert(WWW_AUTHENTICATE, value);
        }
        response
    }

    /// RFC 6750, section 3, with the parameter by which Azure's clients find the login.
    fn challenge(&self, base_url: &str, tenant: &str) -> Option<String> {
        let reason = match self {
            Self::SignedOut => "",
            Self::InvalidBearer => ", error=\"invalid_token\", error_description=\"The access token is invalid.\"",
            _ => return None,
        };
        Some(format!("Bearer authorization_uri=\"{base_url}/{tenant}\"{reason}"))
    }

    fn describe(&self, id: RequestId) -> Described {
        match self {
            Self::SignedOut => gateway(
                StatusCode::UNAUTHORIZED,
                "AuthenticationFailed",
                "Authentication failed. The 'Authorization' header is missing.".to_owned(),
            ),
            Self::InvalidBearer => gateway(
                StatusCode::UNAUTHORIZED,
                "InvalidAuthenticationToken",
                "The access token is invalid. Sign in again.".to_owned(),
            ),
            Self::AuthorizationFailed { client, object_id, action, scope } => gateway(
                StatusCode::FORBIDDEN,
                "AuthorizationFailed",
                format!(
                    "The client '{client}' with object id '{object_id}' does not have authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials."
                ),
            ),
            Self::RoleDefinitionMissing(id) => gateway(
                StatusCode::NOT_FOUND,
                "RoleDefinitionDoesNotExist",
                format!("The specified role definition with ID '{id}' does not exist."),
            ),
            Self::ServicePrincipalMissing(reference) => gateway(
                StatusCode::NOT_FOUND,
                "Request_ResourceNotFound",
                format!("The service principal '{reference}' does not exist."),
            ),
            Self::ApiVersion(invalid) => api_version(invalid),
            Self::Path(unknown) => unknown_path(unknown),
            Self::MethodNotAllowed { method, allowed } => gateway(
                StatusCode::METHOD_NOT_ALLOWED,
                "MethodNotAllowed",
                format!("The method {method} is not supported on this resource. It takes {allowed}."),
            ),
            Self::Unserved(collection) => provider(
                StatusCode::BAD_REQUEST,
                "NotSupportedResourceType",
                format!(
                    "The resource type '{PROVIDER}/registries/{collection}' is not supported here: none can be made."
                ),
            ),
            Self::UnservedAction(action) => unserved_action(action),
            Self::UnservedMissing(name) | Self::OperationMissing(name) => child_missing(name),
            Self::Conditional(header) => gateway(
                StatusCode::PRECONDITION_FAILED,
                "PreconditionFailed",
                format!(
                    "Resources have no entity tags here, so nothing can be changed on a condition: leave `{header}` out."
                ),
            ),
            Self::MediaType(given) => gateway(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "UnsupportedMediaType",
                format!("The content media type '{given}' is not supported. Only 'application/json' is supported."),
            ),
            Self::UnreadBody(error) => unread_body(*error),
            Self::InvalidJson(InvalidJson { target, message }) => Described {
                target: target.clone(),
                ..gateway(
                    StatusCode::BAD_REQUEST,
                    "InvalidRequestContent",
                    format!("The request content was invalid and could not be deserialized: '{message}'."),
                )
            },
            Self::Service(error) => service_error(error, id),
        }
    }
}

fn api_version(invalid: &InvalidApiVersion) -> Described {
    match invalid {
        InvalidApiVersion::Missing => gateway(
            StatusCode::BAD_REQUEST,
            "MissingApiVersionParameter",
            "The api-version query parameter (?api-version=) is required for all requests.".to_owned(),
        ),
        InvalidApiVersion::Malformed(given) => gateway(
            StatusCode::BAD_REQUEST,
            "InvalidApiVersionParameter",
            format!("The api-version '{given}' is invalid. The supported versions are '{SUPPORTED}'."),
        ),
    }
}

fn unknown_path(unknown: &UnknownPath) -> Described {
    match unknown {
        UnknownPath::Namespace(namespace) => gateway(
            StatusCode::NOT_FOUND,
            "InvalidResourceNamespace",
            format!("The resource namespace '{namespace}' is invalid. Here there is {PROVIDER}."),
        ),
        UnknownPath::ResourceType { namespace, resource_type } => gateway(
            StatusCode::NOT_FOUND,
            "InvalidResourceType",
            format!("The resource type '{resource_type}' could not be found in the namespace '{namespace}'."),
        ),
        UnknownPath::Form => gateway(
            StatusCode::NOT_FOUND,
            "NotFound",
            "The path is not that of a resource which is managed here.".to_owned(),
        ),
        UnknownPath::Guid(error) => gateway(StatusCode::BAD_REQUEST, "InvalidResourceName", format!("{error}.")),
        UnknownPath::Name(error) => gateway(StatusCode::BAD_REQUEST, "InvalidResourceName", format!("{error}.")),
    }
}

fn unread_body(error: UnreadBody) -> Described {
    let message = format!("{error}.");
    match error {
        UnreadBody::TooLarge { .. } => gateway(StatusCode::PAYLOAD_TOO_LARGE, "RequestContentTooLarge", message),
        UnreadBody::Interrupted => gateway(StatusCode::BAD_REQUEST, "InvalidRequestContent", message),
        UnreadBody::TooSlow => gateway(StatusCode::REQUEST_TIMEOUT, "RequestTimeout", message),
    }
}

fn service_error(error: &service::Error, id: RequestId) -> Described {
    use service::Error;
    match error {
        Error::SubscriptionMissing(subscription) => gateway(
            StatusCode::NOT_FOUND,
            "SubscriptionNotFound",
            format!("The subscription '{subscription}' could not be found."),
        ),
        Error::ResourceGroupMissing(group) => gateway(
            StatusCode::NOT_FOUND,
            "ResourceGroupNotFound",
            format!("Resource group '{group}' could not be found."),
        ),
        Error::RegistryMissing(registry) => gateway(
            StatusCode::NOT_FOUND,
            "ResourceNotFound",
            format!(
                "The Resource '{PROVIDER}/registries/{}' under resource group '{}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
                registry.name, registry.group.name
            ),
        ),
        Error::ParentRegistryMissing(registry) => gateway(
            StatusCode::NOT_FOUND,
            "ParentResourceNotFound",
            format!("Can not perform requested operation on nested resource. Parent resource '{registry}' not found."),
        ),
        Error::AdminUserDisabled(registry) => provider(
            StatusCode::BAD_REQUEST,
            "UnAuthorizedForCredentialOperations",
            format!(
                "Cannot perform credential operations for {registry} as admin user is disabled. Kindly enable admin user as per docs: https://docs.microsoft.com/en-us/azure/container-registry/container-registry-authentication#admin-account"
            ),
        ),
        Error::ScopeMapMissing(name) => child_missing(name.as_str()),
        Error::TokenMissing(name) => child_missing(name.as_str()),
        Error::RegistryNameTaken(name) => {
            provider(StatusCode::CONFLICT, "AlreadyInUse", format!("The registry {name} is already in use."))
        }
        Error::SystemScopeMap(name) => provider(
            StatusCode::CONFLICT,
            "OperationNotAllowed",
            format!("The scope map {name} is defined by the system: it can be neither changed nor deleted."),
        ),
        Error::Identity(error) => identity_error(error),
        Error::Invalid { target, message } => Described {
            target: Some(target.clone()),
            ..provider(StatusCode::BAD_REQUEST, "InvalidParameter", message.clone())
        },
        Error::LimitReached(limit) => provider(StatusCode::CONFLICT, "QuotaExceeded", format!("{limit}.")),
        // What only the registry's own protocol can meet is a bug when it comes from here.
        Error::RepositoryUnknown(_)
        | Error::ManifestUnknown(_)
        | Error::TagUnknown(_)
        | Error::Revoked(_)
        | Error::Locked(_)
        | Error::BlobUnknown(_)
        | Error::BlobInUse(_)
        | Error::UploadUnknown
        | Error::UploadOutOfOrder { .. }
        | Error::UploadBusy
        | Error::DigestMismatch { .. }
        | Error::ManifestReferencesMissing(_)
        | Error::BodyInterrupted
        | Error::Busy
        | Error::StorageFull
        | Error::Internal(_) => failed(error, id),
    }
}

/// What no request is to blame for: the cause is for the log.
fn failed(error: &service::Error, id: RequestId) -> Described {
    use service::Error;
    let cause: &dyn std::error::Error = error;
    tracing::error!(cause, "a management operation failed: {error}");
    let (status, code, message) = match error {
        Error::Busy => (StatusCode::SERVICE_UNAVAILABLE, "ServerBusy", "The server is busy, try again"),
        Error::StorageFull => (StatusCode::INSUFFICIENT_STORAGE, "InsufficientStorage", "Out of storage"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", "Internal error"),
    };
    provider(status, code, format!("{message}, request {id}."))
}

/// Codes of `Microsoft.Authorization` where it has them; its clients know `PrincipalNotFound` and `RoleAssignmentExists`.
fn identity_error(error: &service::IdentityError) -> Described {
    use service::IdentityError;
    let (status, code) = match error {
        IdentityError::PrincipalMissing(_) => (StatusCode::BAD_REQUEST, "PrincipalNotFound"),
        IdentityError::PrincipalNameTaken(_) => (StatusCode::CONFLICT, "PrincipalNameTaken"),
        IdentityError::RoleAssignmentMissing(_) => (StatusCode::NOT_FOUND, "RoleAssignmentNotFound"),
        IdentityError::RoleAssignmentExists(_) => (StatusCode::CONFLICT, "RoleAssignmentExists"),
        IdentityError::RoleAssignmentFixed(_) => (StatusCode::CONFLICT, "RoleAssignmentUpdateNotPermitted"),
        IdentityError::RoleTooGreat(_) => (StatusCode::FORBIDDEN, "AuthorizationFailed"),
    };
    gateway(status, code, sentence(&error.to_string()))
}

fn unserved_action(action: &str) -> Described {
    let message = format!("The operation '{PROVIDER}/registries/{action}/action' is not supported here.");
    provider(StatusCode::BAD_REQUEST, "NotSupportedOperation", message)
}

/// Bare name, no quotes (recorded: azcli-token-create.json).
fn child_missing(name: &str) -> Described {
    provider(StatusCode::NOT_FOUND, "ResourceNotFound", format!("The resource {name} could not be found."))
}

#[cfg(test)]
mod tests;
