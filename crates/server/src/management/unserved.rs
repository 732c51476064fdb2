//! Children of registries that Azure has and this service does not: there are none, and none can be made.

use super::Context;
use super::answer::{Outcome, empty, json};
use super::errors::Failure;
use http::StatusCode;
use model::resource_id::RegistryId;
use wire::arm::List;

/// `GET` of all.
pub(super) async fn list(context: &Context, registry: &RegistryId) -> Outcome {
    context.parent_registry(registry).await?;
    json(StatusCode::OK, &List::<()>::whole(Vec::new()))
}

/// `GET`
pub(super) async fn get(context: &Context, registry: &RegistryId, name: String) -> Outcome {
    context.parent_registry(registry).await?;
    Err(Failure::UnservedMissing(name))
}

/// `PUT` and `PATCH`: refused before the body is read, because none would do.
pub(super) async fn write(context: &Context, registry: &RegistryId, collection: &'static str) -> Outcome {
    context.parent_registry(registry).await?;
    Err(Failure::Unserved(collection))
}

/// `POST` of what Azure's registries can be told to do. Refused before the body is read, because none would do.
pub(super) async fn act(context: &Context, registry: &RegistryId, action: &'static str) -> Outcome {
    context.parent_registry(registry).await?;
    Err(Failure::UnservedAction(action))
}

/// `DELETE`: 204, as of any child that is not there.
pub(super) async fn delete(context: &Context, registry: &RegistryId) -> Outcome {
    context.parent_registry(registry).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}
