//! Who calls the management API: a bearer of a service principal, or a person in process (decision D8).

use super::errors::Failure;
use crate::auth::credentials::{self, Credentials};
use http::request::Parts;
use model::caller::Caller;
use service::{Manager, PrincipalRefusal, Service};

/// An extension of requests that came in process, never of those from the network: who makes them. The right to open the data
/// folder's files is the right to manage, so there is no bearer.
#[derive(Debug, Clone)]
pub(crate) struct Embedded(pub(crate) Caller);

/// Says who calls, and what they may do.
pub(super) async fn authenticate(service: &Service, parts: &Parts) -> Result<Manager, Failure> {
    if let Some(Embedded(caller)) = parts.extensions.get() {
        return Ok(Manager::owner_of_the_data(caller.clone()));
    }
    let bearer = match credentials::parse(&parts.headers) {
        Ok(Some(Credentials::Bearer(bearer))) => bearer,
        Ok(None) => return Err(Failure::SignedOut),
        Ok(Some(Credentials::Basic { .. })) | Err(_) => return Err(Failure::InvalidBearer),
    };
    // The reason stays in the audit log.
    service.verify_principal(&bearer).await.map_err(|refusal| match refusal {
        PrincipalRefusal::WrongSecret | PrincipalRefusal::TooManyWrong(_) | PrincipalRefusal::InvalidBearer(_) => {
            Failure::InvalidBearer
        }
        PrincipalRefusal::Unavailable(error) => Failure::Service(error),
    })
}
