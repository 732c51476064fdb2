//! Who manages: service principals, which sign in with a secret for a bearer of the management API, and what they may do (decision
//! D8).

use crate::audit::Crowd;
use crate::guesses::Whose;
use crate::{Error, Service, VerificationKey, limits, random, signing};
use metadata::{Reading, principals, role_assignments};
use model::audit::{Entry, Outcome, actions};
use model::caller::{Caller, CallerKind};
use model::guid::Guid;
use model::password::{Password, PasswordHash};
use model::principal::{PrincipalSecret, ServicePrincipal};
use model::rights::Rights;
use model::role_assignment::RoleAssignment;
use model::timestamp::Timestamp;
use model::uses::Used;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Whoever makes a management request.
#[derive(Debug, Clone)]
pub struct Manager {
    /// By what its roles are held: an object id, or `issuer:subject`.
    pub principal: String,
    /// As `systemData` records it.
    pub caller: Caller,
    /// What refusals call it: the client id of a service principal, the name of a person.
    pub client: String,
    /// What it may do.
    pub rights: Rights,
    /// When the credentials behind it end; `None` for never.
    pub ends_at: Option<Timestamp>,
    /// The secret of the service principal that stands behind it; `None` for everybody else.
    pub secret: Option<Guid>,
}

impl Manager {
    /// Whoever may open the data folder, and so may do everything.
    pub fn owner_of_the_data(caller: Caller) -> Self {
        Self {
            principal: caller.name.clone(),
            client: caller.name.clone(),
            caller,
            rights: Rights::everything(),
            ends_at: None,
            secret: None,
        }
    }

    /// Whether it has its rights from the data folder, and so no credentials.
    pub(crate) fn is_owner_of_the_data(&self) -> bool {
        self.rights == Rights::everything()
    }

    /// The same on the data plane of a registry, under a name that is nobody's: bearers there are kept by it, and a user of the
    /// machine may be called as a principal is.
    pub fn owner_at_registries(caller: Caller) -> Self {
        Self { principal: OWNER.to_owned(), ..Self::owner_of_the_data(caller) }
    }
}

/// A bearer for the management API.
#[derive(Clone)]
pub struct PrincipalBearer {
    /// The signed token (RFC 7519).
    pub text: String,
    /// Seconds until it ends.
    pub expires_in_seconds: u64,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Why a principal may not manage. Outside all look alike; the log has the reason.
#[derive(Debug, thiserror::Error)]
pub enum PrincipalRefusal {
    /// Unknown client id, or a secret that is wrong or has expired.
    #[error("the client id is not known or its secret is wrong")]
    WrongSecret,
    /// Too many other secrets were tried before from the same place.
    #[error("too many wrong secrets were tried")]
    TooManyWrong(Duration),
    /// The bearer is malformed, expired, or not for this site.
    #[error("the bearer is not valid here: {0}")]
    InvalidBearer(&'static str),
    /// The store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Error),
}

/// The owner of the data folder at registries. No object id and no `issuer:subject` has this form.
const OWNER: &str = "owner of the data folder";

/// Who bearers of the management API are for (RFC 7519 section 4.1.3).
const AUDIENCE: &str = "management";

/// What a bearer of the management API says. The names are Entra ID's: clients of Azure read them. `sec` is ours: the secret that it
/// was issued for, without which it is of no use.
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
    sec: String,
}

impl Service {
    /// Exchanges a client id and its secret for a bearer of the management API.
    pub async fn sign_in_principal(
        &self,
        client_id: &str,
        client_secret: &Password,
    ) -> Result<PrincipalBearer, PrincipalRefusal> {
        let presented = PasswordHash::of(&self.inner.keys.pepper, client_secret);
        let whose = Whose::Principal(Guid::parse(client_id).ok());
        let from = self.origin.address;
        let attempt =
            from.map(|address| self.inner.guesses.attempt((address, whose), presented, self.inner.clock.now()));
        let attempt = match attempt.transpose() {
            Ok(attempt) => attempt,
            Err(wait) => {
                self.note_refused_login(None, "secret", "too many wrong secrets were tried");
                return Err(PrincipalRefusal::TooManyWrong(wait));
            }
        };
        let signed_in = self.admit_principal(client_id, presented).await;
        match (attempt, &signed_in) {
            (Some(attempt), Ok(_)) => attempt.succeeded(),
            (Some(attempt), Err(PrincipalRefusal::WrongSecret)) => attempt.failed(self.inner.clock.now()),
            // Whether it is wrong is not known when the store does not answer.
            (Some(_), Err(_)) | (None, _) => {}
        }
        signed_in
    }

    async fn admit_principal(
        &self,
        client_id: &str,
        presented: PasswordHash,
    ) -> Result<PrincipalBearer, PrincipalRefusal> {
        // What is no GUID names nobody, and costs what an unknown one costs.
        let asked = Guid::parse(client_id).or_else(|_| self.new_guid())?;
        let found = self.inner.metadata.read(move |tx| principals::find_by_client_id(tx, &asked)).await;
        let found = found.map_err(Error::from)?;
        // Every caller pays for the look-up, the hash and a comparison, so that the time tells nobody which ids are known.
        std::hint::black_box(PasswordHash::from_bytes([0; 32]).matches(&presented));
        let admitted = found.as_ref().and_then(|principal| {
            let secret = principal.admit(&presented, self.inner.clock.now())?;
            Some((principal, secret))
        });
        let Some((principal, secret)) = admitted else {
            // An id that is nobody's is left out: it may be a secret in the wrong field.
            match &found {
                Some(known) => self.note_refused_login(Some(&known.object_id), "secret", "wrong or expired secret"),
                None => self.note_refused_login(None, "secret", "no such service principal"),
            }
            return Err(PrincipalRefusal::WrongSecret);
        };
        let bearer = self.issue_principal_bearer(principal, secret)?;
        self.inner.uses.note(Used::Secret(secret.id.clone()), self.inner.clock.now());
        Ok(bearer)
    }

    fn issue_principal_bearer(
        &self,
        principal: &ServicePrincipal,
        secret: &PrincipalSecret,
    ) -> Result<PrincipalBearer, Error> {
        let now = self.inner.clock.now();
        let not_before = now.minus(limits::CLOCK_SKEW).as_unix_seconds();
        let longest = now.plus(limits::PRINCIPAL_BEARER_TTL);
        let expires = secret.expires_at.map_or(longest, |end| end.min(longest));
        let object_id = principal.object_id.to_string();
        let entry = Entry {
            who: Some(object_id.clone()),
            credential: Some(format!("secret {}", secret.id)),
            ..self.entry(Outcome::Allowed, actions::LOGIN)
        };
        self.note(entry, Crowd::Each);
        let text = self.inner.keys.management.sign(&Claims {
            iss: signing::ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: object_id.clone(),
            oid: object_id,
            appid: principal.client_id.to_string(),
            tid: self.tenant().to_owned(),
            exp: expires.as_unix_seconds(),
            nbf: not_before,
            iat: not_before,
            jti: random::guid(&*self.inner.random),
            sec: secret.id.to_string(),
        })?;
        Ok(PrincipalBearer { text, expires_in_seconds: expires.since(now).as_secs(), expires_at: expires })
    }

    /// Every key that signatures of live bearers of the management API can be checked with.
    pub fn principal_verification_keys(&self) -> Vec<VerificationKey> {
        self.inner.keys.management.published()
    }

    /// Checks a bearer of the management API, ours or that of an issuer that the site trusts, and says whose it is and what may be
    /// done with it now.
    pub async fn verify_principal(&self, bearer: &str) -> Result<Manager, PrincipalRefusal> {
        if let Some(judged) = self.verify_foreign(bearer).await {
            return judged;
        }
        let refuse = |who: Option<&Guid>, reason| {
            self.note_refused_login(who, "bearer", reason);
            PrincipalRefusal::InvalidBearer(reason)
        };
        let claims = self.check_principal_bearer(bearer).map_err(|reason| refuse(None, reason))?;
        let ids = (Guid::parse(&claims.sub), Guid::parse(&claims.sec));
        let (Ok(object_id), Ok(secret_id)) = ids else { return Err(refuse(None, "its ids are no GUIDs")) };
        let read = self.inner.metadata.read(move |tx| {
            let found = principals::find(tx, &object_id)?;
            Ok::<_, Error>((found, grants_of(tx, object_id.as_str())?))
        });
        let (Some(principal), rights) = read.await? else { return Err(refuse(None, "its principal is gone")) };
        let secret = principal.secrets.iter().find(|secret| secret.id == secret_id);
        let Some(secret) = secret.filter(|secret| secret.is_current(self.inner.clock.now())) else {
            return Err(refuse(Some(&principal.object_id), "its secret is gone or has expired"));
        };
        Ok(Manager {
            principal: principal.object_id.to_string(),
            caller: Caller { name: principal.object_id.to_string(), kind: CallerKind::Application },
            client: principal.client_id.to_string(),
            rights,
            ends_at: secret.expires_at,
            secret: Some(secret.id.clone()),
        })
    }

    /// Records that somebody who wanted to manage is not known as that. `who` is somebody that there is.
    pub(crate) fn note_refused_login(&self, who: Option<&Guid>, credential: &str, reason: &str) {
        let entry = Entry {
            who: who.map(Guid::to_string),
            credential: Some(credential.to_owned()),
            rule: Some(reason.to_owned()),
            ..self.entry(Outcome::Refused, actions::LOGIN)
        };
        self.note(entry, Crowd::Strangers);
    }

    fn check_principal_bearer(&self, bearer: &str) -> Result<Claims, &'static str> {
        let claims: Claims = self.inner.keys.management.verify(bearer)?;
        if claims.iss != signing::ISSUER || claims.aud != AUDIENCE || claims.tid != self.tenant() {
            return Err("it is for another site");
        }
        signing::check_times(claims.nbf, claims.exp, self.inner.clock.now())?;
        Ok(claims)
    }
}

/// What a principal may do, as the store has it.
pub(crate) fn grants_of(tx: &Reading<'_>, principal: &str) -> Result<Rights, Error> {
    let assigned = role_assignments::list_of(tx, principal)?;
    Ok(Rights::granted(assigned.into_iter().map(|RoleAssignment { grant, .. }| grant).collect()))
}

/// What a caller may do, as the transaction sees it: its roles, or the secret that it signed in with, may have been taken since its
/// request began.
pub(crate) fn rights_now(tx: &Reading<'_>, manager: &Manager, now: Timestamp) -> Result<Rights, Error> {
    if manager.is_owner_of_the_data() {
        return Ok(Rights::everything());
    }
    if let Some(id) = &manager.secret {
        let object_id = Guid::parse(&manager.principal).map_err(Error::internal)?;
        let secrets = principals::find(tx, &object_id)?.map(|principal| principal.secrets).unwrap_or_default();
        if !secrets.iter().any(|secret| secret.id == *id && secret.is_current(now)) {
            return Ok(Rights::granted(Vec::new()));
        }
    }
    grants_of(tx, &manager.principal)
}
