//! Access tokens: the short-lived bearers of the data plane. Issued here, checked here; who may have one says `sign_ins.rs`.

use crate::audit::Crowd;
use crate::sign_ins::{Admitted, SignedIn, actor, reason};
use crate::token_table::WhichToken;
use crate::{Error, Service, limits, random, signing};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::access::Access;
use model::action::{Action, ActionSet};
use model::audit::{self, Actor, Entry};
use model::certificate::Fingerprint;
use model::registry::{Registry, RegistryKey};
use model::repository::RepositoryPattern;
use model::scope::{Asked, Granted};
use model::scope_map::Rules;
use model::timestamp::Timestamp;
use model::token::{CertificateKey, CredentialKey, Generation, PasswordKey, SignInRefusal, TokenKey};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// A bearer for the data plane.
#[derive(Clone)]
pub struct AccessToken {
    /// The signed token (RFC 7519).
    pub text: String,
    /// What it was issued for.
    pub granted: Granted,
    /// When.
    pub issued_at: Timestamp,
    /// Seconds until it ends; never below 60.
    pub expires_in_seconds: u64,
}

/// A key that signatures of access tokens can be checked with (RFC 7517, RFC 7518 section 6.2: an EC key on P-256).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationKey {
    /// The RFC 7638 thumbprint.
    pub id: String,
    /// The x coordinate, base64url.
    pub x: String,
    /// The y coordinate, base64url.
    pub y: String,
}

/// Why a bearer does not count.
#[derive(Debug, thiserror::Error)]
pub enum BearerRefusal {
    /// Malformed, signed by someone else, expired, or for another registry.
    #[error("the bearer is not valid here: {0}")]
    Invalid(&'static str),
    /// Valid when it was issued, and its token no longer stands behind it.
    #[error(transparent)]
    Revoked(#[from] SignInRefusal),
    /// The store did not answer.
    #[error(transparent)]
    Unavailable(#[from] Error),
}

/// What an access token says (distribution specification, "Token authentication implementation"). `rid`, `tok`, `gen`, `pwd` and
/// `crt` are ours: the keys of registry, token and password or certificate and the generation that it was issued in, by which it is
/// judged. `anon` stands in the place of the last four where nobody signed in.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    /// The registry's name in lower case, one string: never a list.
    aud: String,
    exp: i64,
    nbf: i64,
    iat: i64,
    jti: String,
    /// Empty where `scope` says it.
    access: Vec<AccessClaim>,
    /// RFC 8693, section 4.2: what is too much for `access`, in half of its bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// A name may be given to another registry after a delete; a key never is.
    rid: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    tok: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#gen: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pwd: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crt: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<Confirmation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    anon: Option<bool>,
}

/// The certificate without which a bearer does not count (RFC 8705, section 3.1).
#[derive(Serialize, Deserialize)]
struct Confirmation {
    #[serde(rename = "x5t#S256")]
    fingerprint: String,
}

#[derive(Serialize, Deserialize)]
struct AccessClaim {
    r#type: String,
    name: String,
    actions: Vec<String>,
}

/// An access token whose signature was checked: what it says, not whether it still counts.
pub(crate) struct Bearer {
    audience: String,
    registry: RegistryKey,
    /// `None` for an anonymous one.
    holder: Option<BearerHolder>,
    not_before: i64,
    expires: i64,
    granted: Arc<Granted>,
}

/// Whose bearer it is.
struct BearerHolder {
    token: TokenKey,
    generation: Generation,
    credential: CredentialKey,
    certificate: Option<Fingerprint>,
}

/// Bearers whose signature was checked, by the SHA-256 of their text. What can change is judged on every request.
pub(crate) type BearerCache = Cache<[u8; 32], Arc<Bearer>, BearerWeight>;

/// A bearer for many repositories takes the place of many bearers.
#[derive(Clone)]
pub(crate) struct BearerWeight;

impl Weighter<[u8; 32], Arc<Bearer>> for BearerWeight {
    fn weight(&self, _: &[u8; 32], bearer: &Arc<Bearer>) -> u64 {
        1 + bearer.granted.repositories.len() as u64 / 4
    }
}

impl Service {
    /// Issues a bearer for what is asked and held.
    ///
    /// Errors: `LimitReached`, when it would be too long to be taken.
    pub fn issue_access_token(
        &self,
        registry: &Registry,
        signed_in: &SignedIn,
        asked: &Asked,
    ) -> Result<AccessToken, Error> {
        let SignedIn { facts, credential, credential_ends_at, certificate, .. } = signed_in;
        let now = self.inner.clock.now();
        let granted = Granted::of(asked, &facts.rules);
        let (access, scope) = to_claims(&carried(asked, &granted));
        let longest = now.plus(limits::ACCESS_TOKEN_TTL);
        let expires = credential_ends_at.map_or(longest, |end| end.min(longest));
        let not_before = now.minus(limits::CLOCK_SKEW).as_unix_seconds();
        let (pwd, crt) = match credential {
            CredentialKey::Password(key) => (Some(key.0), None),
            CredentialKey::Certificate(key) => (None, Some(key.0)),
        };
        let text = self.sign_access_token(&Claims {
            iss: signing::ISSUER.to_owned(),
            sub: facts.name.to_string(),
            aud: registry.id.name.key(),
            exp: expires.as_unix_seconds(),
            nbf: not_before,
            iat: not_before,
            jti: random::guid(&*self.inner.random),
            access,
            scope,
            rid: facts.registry.0,
            tok: Some(facts.key.0),
            r#gen: Some(facts.generation.0),
            pwd,
            crt,
            cnf: certificate.as_ref().map(Confirmation::of),
            anon: None,
        })?;
        // A bearer never outlives its password or certificate. Where that leaves less than a minute the client is still told a minute: docker
        // takes no smaller figure (data-plane-and-auth.md, 1.3), and meets a 401 that makes it sign in again.
        let expires_in_seconds = expires.since(now).as_secs().max(limits::ACCESS_TOKEN_TTL_MIN.as_secs());
        let entry = self.signed_in_entry(registry, &actor(registry, facts, *credential));
        self.note(Entry { detail: Some(granted.to_string()), ..entry }, Crowd::Each);
        self.note_use(signed_in);
        Ok(AccessToken { text, granted, issued_at: now, expires_in_seconds })
    }

    /// A bearer of nobody in particular.
    pub(crate) fn sign_anonymous(
        &self,
        registry: &Registry,
        granted: Granted,
        lasts: Duration,
    ) -> Result<AccessToken, Error> {
        let now = self.inner.clock.now();
        let not_before = now.minus(limits::CLOCK_SKEW).as_unix_seconds();
        let (access, scope) = to_claims(&granted);
        let text = self.sign_access_token(&Claims {
            iss: signing::ISSUER.to_owned(),
            sub: ANONYMOUS.to_owned(),
            aud: registry.id.name.key(),
            exp: now.plus(lasts).as_unix_seconds(),
            nbf: not_before,
            iat: not_before,
            jti: random::guid(&*self.inner.random),
            access,
            scope,
            rid: registry.key.0,
            tok: None,
            r#gen: None,
            pwd: None,
            crt: None,
            cnf: None,
            anon: Some(true),
        })?;
        // What is asked for is left out: whoever asks may ask for anything.
        let entry = self.signed_in_entry(registry, &nobody(registry));
        self.note(entry, Crowd::Strangers);
        Ok(AccessToken { text, granted, issued_at: now, expires_in_seconds: lasts.as_secs() })
    }

    /// What would be refused later is not issued.
    fn sign_access_token(&self, claims: &Claims) -> Result<String, Error> {
        let text = self.inner.keys.access.sign(claims)?;
        if text.len() as u64 > limits::ACCESS_TOKEN_BYTES.max {
            return Err(Error::LimitReached(limits::ACCESS_TOKEN_BYTES));
        }
        Ok(text)
    }

    /// Checks a bearer, and that its token, or the registry, still stands behind it. `presented` is the certificate whose key the caller has proven to
    /// hold; a bearer that is bound to one counts with it alone (RFC 8705, section 3).
    pub async fn verify_access_token(
        &self,
        registry: &Registry,
        bearer: &str,
        presented: Option<&Fingerprint>,
    ) -> Result<Admitted, BearerRefusal> {
        let refused = |who: Option<&str>, credential: Cow<'static, str>, reason: String, crowd| {
            self.note_refused(registry, (who, credential), reason, crowd);
        };
        let bearer = self.check_bearer(registry, bearer).map_err(|reason| {
            refused(None, BEARER.into(), reason.to_owned(), Crowd::Strangers);
            BearerRefusal::Invalid(reason)
        })?;
        let Some(holder) = &bearer.holder else {
            if registry.anonymous_pull_enabled {
                let access = Access::anonymous(registry.key, nobody(registry), Arc::clone(&bearer.granted));
                return Ok(Admitted { access, endings: Vec::new() });
            }
            const REASON: &str = "anonymous pull is off";
            refused(None, audit::ANONYMOUS.into(), REASON.to_owned(), Crowd::Strangers);
            return Err(BearerRefusal::Invalid(REASON));
        };
        // Facts of another registry's token cannot be met here: keys are never given twice, and the bearer is ours.
        let facts = self.facts(WhichToken::Key(holder.token)).await?;
        let facts = facts.filter(|facts| facts.registry == registry.key).ok_or_else(|| {
            refused(None, BEARER.into(), reason(&SignInRefusal::UnknownToken), Crowd::Known);
            SignInRefusal::UnknownToken
        })?;
        if holder.certificate.is_some_and(|bound| presented != Some(&bound)) {
            const REASON: &str = "it is bound to a certificate that was not presented";
            refused(Some(&facts.name), facts.name_of(holder.credential), REASON.to_owned(), Crowd::Known);
            return Err(BearerRefusal::Invalid(REASON));
        }
        if holder.certificate.is_none()
            && let Some(presented) = presented
        {
            self.facts_beside(registry, (&facts, holder.credential), presented).await??;
        }
        let admitted = facts.admit_bearer(holder.credential, holder.generation, self.inner.clock.now());
        admitted.inspect_err(|refusal| {
            refused(Some(&facts.name), facts.name_of(holder.credential), reason(refusal), Crowd::Known);
        })?;
        let actor = actor(registry, &facts, holder.credential);
        let (rules, granted) = (Arc::clone(&facts.rules), Arc::clone(&bearer.granted));
        let endings = self.endings(&facts, holder.credential, holder.certificate.as_ref());
        let grounds = self.grounds(&facts, holder.credential, holder.generation);
        Ok(Admitted { access: Access::by_bearer(registry.key, actor, grounds, rules, granted), endings })
    }

    /// Every key that signatures of live access tokens can be checked with.
    pub fn verification_keys(&self) -> Vec<VerificationKey> {
        self.inner.keys.access.published()
    }

    /// The part of the check that needs no facts: whether we issued it, for this registry, and whether its time has come.
    fn check_bearer(&self, registry: &Registry, text: &str) -> Result<Arc<Bearer>, &'static str> {
        if text.len() > limits::BEARER_BYTES_MAX {
            return Err("it is too long");
        }
        let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        let bearer = match self.inner.bearers.get(&digest) {
            Some(bearer) => bearer,
            None => {
                let bearer = Arc::new(Bearer::read(self.inner.keys.access.verify(text)?)?);
                self.inner.bearers.insert(digest, Arc::clone(&bearer));
                bearer
            }
        };
        if bearer.registry != registry.key || !registry.id.name.as_str().eq_ignore_ascii_case(&bearer.audience) {
            return Err("it is for another registry");
        }
        signing::check_times(bearer.not_before, bearer.expires, self.inner.clock.now())?;
        Ok(bearer)
    }
}

impl Bearer {
    fn read(claims: Claims) -> Result<Self, &'static str> {
        if claims.iss != signing::ISSUER {
            return Err("it was issued by somebody else");
        }
        Ok(Self {
            holder: BearerHolder::read(&claims)?,
            granted: Arc::new(from_claims(&claims)),
            audience: claims.aud,
            registry: RegistryKey(claims.rid),
            not_before: claims.nbf,
            expires: claims.exp,
        })
    }
}

impl BearerHolder {
    /// `None` only where the bearer says that it is anonymous, and says nothing else.
    fn read(claims: &Claims) -> Result<Option<Self>, &'static str> {
        let credential = match (claims.pwd, claims.crt) {
            (Some(key), None) => Some(CredentialKey::Password(PasswordKey(key))),
            (None, Some(key)) => Some(CredentialKey::Certificate(CertificateKey(key))),
            (None, None) => None,
            (Some(_), Some(_)) => return Err(UNCLEAR),
        };
        match (claims.anon, claims.tok, claims.r#gen, credential) {
            (Some(true), None, None, None) if claims.cnf.is_none() => Ok(None),
            (None, Some(token), Some(generation), Some(credential)) => Ok(Some(Self {
                token: TokenKey(token),
                generation: Generation(generation),
                credential,
                certificate: claims.cnf.as_ref().map(Confirmation::read).transpose()?,
            })),
            _ => Err(UNCLEAR),
        }
    }
}

const UNCLEAR: &str = "it does not say what it was issued for";

/// As whom anonymous bearers are (data-plane-and-auth.md, 1.3): no token can have the name.
const ANONYMOUS: &str = "acr_anon_pull";

impl Confirmation {
    fn of(certificate: &Fingerprint) -> Self {
        Self { fingerprint: URL_SAFE_NO_PAD.encode(certificate.as_bytes()) }
    }

    fn read(&self) -> Result<Fingerprint, &'static str> {
        let bytes = URL_SAFE_NO_PAD.decode(&self.fingerprint).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Fingerprint::new).ok_or("it is bound to something else than a certificate")
    }
}

const REPOSITORY: &str = "repository";
const REGISTRY: &str = "registry";
const CATALOG: &str = "catalog";
const EVERYTHING: &str = "*";

/// What the bearer carries: what was granted, or, where a wildcard makes that a long list, what was asked (data-plane-and-auth.md, 8.4). It comes to
/// the same, because [`Access::by_bearer`] is what the bearer carries and the scope map allows, at each request.
fn carried<'a>(asked: &Asked, granted: &'a Granted) -> Cow<'a, Granted> {
    if granted.repositories.len() <= limits::ACCESS_CLAIMS_MAX {
        return Cow::Borrowed(granted);
    }
    let everything: Rules = [(RepositoryPattern::All, ActionSet::ALL)].into_iter().collect();
    let as_asked = Granted::of(asked, &everything);
    if as_asked.repositories.len() < granted.repositories.len() { Cow::Owned(as_asked) } else { Cow::Borrowed(granted) }
}

/// `access`, and `scope` in its place where there is much.
fn to_claims(granted: &Granted) -> (Vec<AccessClaim>, Option<String>) {
    if granted.repositories.len() > limits::ACCESS_CLAIMS_MAX {
        return (Vec::new(), Some(granted.to_string()));
    }
    let repository = |(pattern, actions): (&RepositoryPattern, ActionSet)| AccessClaim {
        r#type: REPOSITORY.to_owned(),
        name: pattern.to_string(),
        actions: actions.iter().map(|action| action.in_scope().to_owned()).collect(),
    };
    let mut claims: Vec<AccessClaim> = granted.repositories.iter().map(repository).collect();
    if granted.catalog {
        let actions = vec![EVERYTHING.to_owned()];
        claims.push(AccessClaim { r#type: REGISTRY.to_owned(), name: CATALOG.to_owned(), actions });
    }
    (claims, None)
}

/// Reads what [`to_claims`] wrote. What it would not have written gives no right.
fn from_claims(claims: &Claims) -> Granted {
    if let Some(scope) = &claims.scope {
        return Granted::read(scope);
    }
    let of_repository = |claim: &AccessClaim| {
        let pattern = (claim.r#type == REPOSITORY).then(|| RepositoryPattern::parse(&claim.name)).flatten()?;
        Some((pattern, claim.actions.iter().filter_map(|word| Action::from_scope(word)).collect()))
    };
    let is_catalog = |claim: &AccessClaim| {
        claim.r#type == REGISTRY && claim.name == CATALOG && claim.actions.iter().any(|word| word == EVERYTHING)
    };
    let access = &claims.access;
    Granted { repositories: access.iter().filter_map(of_repository).collect(), catalog: access.iter().any(is_catalog) }
}

/// As what refusals of a bearer name it, when it is nobody's that is known.
const BEARER: &str = "bearer";

/// Whoever asks, where anonymous pull is on.
fn nobody(registry: &Registry) -> Actor {
    Actor {
        registry: registry.id.name.as_str().into(),
        who: ANONYMOUS.into(),
        credential: audit::ANONYMOUS.into(),
        rights: "anonymous pull".into(),
    }
}
