//! Who makes a request, and with which rights on the registry that its host names.
//!
//! Looks at `Authorization` alone, before the body is read and before anything is looked up.

use super::challenge::Reason;
use crate::auth::credentials::{self, Credentials};
use crate::state::State;
use http::HeaderMap;
use model::access::Access;
use model::registry::Registry;
use service::BearerRefusal;

/// What the caller may do; `Err` inside when it presented something that does not count.
///
/// A stranger learns neither which names exist nor which passwords were right once (decision D3): the true reason goes to the
/// audit log, where the service writes it.
pub(super) async fn of_caller(
    state: &State,
    registry: &Registry,
    headers: &HeaderMap,
) -> Result<Result<Access, Reason>, service::Error> {
    match credentials::parse(headers) {
        Ok(None) => Ok(Ok(Access::signed_out(registry.key))),
        Ok(Some(Credentials::Bearer(bearer))) => match state.service.verify_access_token(registry, &bearer).await {
            Ok(access) => Ok(Ok(access)),
            Err(BearerRefusal::Unavailable(error)) => Err(error),
            Err(BearerRefusal::Invalid(_) | BearerRefusal::Revoked(_)) => Ok(Err(Reason::InvalidToken)),
        },
        Ok(Some(Credentials::Basic { user, password })) => {
            let signed_in = state.service.sign_in(registry, &user, &password).await?;
            Ok(signed_in.map(|signed_in| signed_in.access()).map_err(|_| Reason::Unknown))
        }
        Err(reason) => {
            let registry = &registry.id.name;
            tracing::info!(target: "audit", %registry, %reason, "access to registry {registry} was refused: {reason}");
            Ok(Err(Reason::Unknown))
        }
    }
}
