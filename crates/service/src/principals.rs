//! Service principals: who manages over the network (decision D8).

use crate::{Error, Service, VerificationKey, limits, random, signing};
use metadata::principals::{self, Principal};
use model::caller::{Caller, CallerKind};
use model::password::{Password, PasswordHash};
use serde::{Deserialize, Serialize};

/// A bearer for the management API.
#[derive(Clone)]
pub struct PrincipalBearer {
    /// The signed token (RFC 7519).
    pub text: String,
    /// Seconds until it ends.
    pub expires_in_seconds: u64,
}

/// Why a principal may not manage. Outside all look alike; the log has the reason.
#[derive(Debug, thiserror::Error)]
pub enum PrincipalRefusal {
    /// Unknown client id or wrong secret.
    #[error("the client id is not known or its secret is wrong")]
    WrongSecret,
    /// The bearer is malformed, expired, or not for this site.
    #[error("the bearer is not valid here: {0}")]
    InvalidBearer(&'static str),
    /// The store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Error),
}

/// Who bearers of the management API are for (RFC 7519 section 4.1.3).
const AUDIENCE: &str = "management";

/// What a bearer of the management API says. The names are Entra ID's: clients of Azure read them.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    oid: String,
    appid: String,
    tid: String,
    exp: i64,
    nbf: i64,
    iat: i64,
    jti: String,
}

impl Service {
    /// Exchanges a client id and its secret for a bearer of the management API.
    pub async fn sign_in_principal(
        &self,
        client_id: &str,
        client_secret: &Password,
    ) -> Result<PrincipalBearer, PrincipalRefusal> {
        let presented = PasswordHash::of(&self.inner.keys.pepper, client_secret);
        let asked = client_id.to_ascii_lowercase();
        let found = self.inner.metadata.read(move |tx| principals::find(tx, &asked)).await.map_err(Error::from)?;
        // Every caller pays for the look-up, the hash and the comparison, so that the time tells nobody which ids are known.
        let expected = found.as_ref().map_or(PasswordHash::from_bytes([0; 32]), |principal| principal.secret_hash);
        match (expected.matches(&presented), found) {
            (true, Some(principal)) => Ok(self.issue_principal_bearer(principal)?),
            (_, found) => {
                let known = found.is_some();
                tracing::info!(target: "audit", known, "a service principal was refused: client id known: {known}");
                Err(PrincipalRefusal::WrongSecret)
            }
        }
    }

    fn issue_principal_bearer(&self, principal: Principal) -> Result<PrincipalBearer, Error> {
        let now = self.inner.clock.now();
        let not_before = now.minus(limits::CLOCK_SKEW).as_unix_seconds();
        let text = self.inner.keys.management.sign(&Claims {
            iss: signing::ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: principal.object_id.clone(),
            oid: principal.object_id,
            appid: principal.client_id,
            tid: self.tenant().to_owned(),
            exp: now.plus(limits::PRINCIPAL_BEARER_TTL).as_unix_seconds(),
            nbf: not_before,
            iat: not_before,
            jti: random::guid(&*self.inner.random),
        })?;
        Ok(PrincipalBearer { text, expires_in_seconds: limits::PRINCIPAL_BEARER_TTL.as_secs() })
    }

    /// Every key that signatures of live bearers of the management API can be checked with.
    pub fn principal_verification_keys(&self) -> Vec<VerificationKey> {
        self.inner.keys.management.published()
    }

    /// Checks a bearer of the management API and says whose it is.
    pub async fn verify_principal(&self, bearer: &str) -> Result<Caller, PrincipalRefusal> {
        let object_id = self.check_principal_bearer(bearer).map_err(refuse)?;
        let asked = object_id.clone();
        let known = self.inner.metadata.read(move |tx| principals::exists(tx, &asked)).await.map_err(Error::from)?;
        if !known {
            return Err(refuse("its principal is gone"));
        }
        Ok(Caller { name: object_id, kind: CallerKind::Application })
    }

    fn check_principal_bearer(&self, bearer: &str) -> Result<String, &'static str> {
        let claims: Claims = self.inner.keys.management.verify(bearer)?;
        if claims.iss != signing::ISSUER || claims.aud != AUDIENCE || claims.tid != self.tenant() {
            return Err("it is for another site");
        }
        signing::check_times(claims.nbf, claims.exp, self.inner.clock.now())?;
        Ok(claims.sub)
    }
}

fn refuse(reason: &'static str) -> PrincipalRefusal {
    tracing::info!(target: "audit", reason, "a bearer of the management API was refused: {reason}");
    PrincipalRefusal::InvalidBearer(reason)
}
