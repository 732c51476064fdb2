//! Who makes a request, and with which rights on the registry that its host names.
//!
//! Looks at `Authorization` and the client certificate alone, before the body is read and before anything is looked up.

use super::challenge::Reason;
use super::errors::ErrorAnswer;
use super::route::Routed;
use crate::auth::credentials::{self, Credentials};
use crate::client_certificates::ClientCertificate;
use http::request::Parts;
use model::access::Access;
use model::registry::Registry;
use model::token::SignInRefusal;
use service::{Admitted, BearerRefusal, Service, SignedIn};

/// What the caller may do, and should be told; `Err` inside when it presented something that does not count, `Err` outside when it is not looked at.
///
/// A stranger learns neither which names exist nor which passwords were right once (decision D3): the true reason goes to the
/// audit log, where the service writes it.
pub(super) async fn of_caller(
    service: &Service,
    registry: &Registry,
    parts: &Parts,
    routed: &Routed,
) -> Result<Result<Admitted, Reason>, ErrorAnswer> {
    let certificate = ClientCertificate::of_request(&parts.extensions);
    match credentials::parse(&parts.headers) {
        Ok(None) => match certificate.filter(|_| !is_ping(routed)) {
            Some(certificate) => {
                admit(service, registry, service.sign_in_with_certificate(registry, &certificate).await?)
            }
            None => Ok(Ok(Admitted { access: Access::signed_out(registry.key), endings: Vec::new() })),
        },
        Ok(Some(Credentials::Bearer(bearer))) => {
            match service.verify_access_token(registry, &bearer, certificate.as_ref()).await {
                Ok(admitted) => Ok(Ok(admitted)),
                Err(BearerRefusal::Unavailable(error)) => Err(error.into()),
                Err(BearerRefusal::Invalid(_) | BearerRefusal::Revoked(_)) => Ok(Err(Reason::InvalidToken)),
            }
        }
        Ok(Some(Credentials::Basic { user, password })) => {
            let signed_in = service.sign_in(registry, &user, &password).await?;
            let signed_in = match (signed_in, certificate) {
                (Ok(signed_in), Some(certificate)) => {
                    service.beside_certificate(registry, signed_in, &certificate).await?
                }
                (signed_in, _) => signed_in,
            };
            admit(service, registry, signed_in)
        }
        Err(reason) => {
            service.note_refused_sign_in(registry, &reason);
            Ok(Err(Reason::Unknown))
        }
    }
}

/// `GET /v2/` is where clients learn how to sign in. One that is let in there never shows the password that its user gave it, and calls a
/// wrong one right (data-plane-and-auth.md, 0.1); so a certificate alone does not answer it.
fn is_ping(routed: &Routed) -> bool {
    matches!(routed, Routed::SignIn(_))
}

fn admit(
    service: &Service,
    registry: &Registry,
    signed_in: Result<SignedIn, SignInRefusal>,
) -> Result<Result<Admitted, Reason>, ErrorAnswer> {
    match signed_in {
        Ok(signed_in) => Ok(Ok(service.admit_directly(registry, &signed_in))),
        Err(refusal) => refusal.wait().map_or(Ok(Err(Reason::Unknown)), |wait| Err(ErrorAnswer::wait(wait))),
    }
}
