//! Access tokens: the short-lived bearers of the data plane. Issued here, checked here.

use crate::audit::Crowd;
use crate::guesses::Whose;
use crate::refresh_tokens::REFRESH_TOKEN_USER;
use crate::token_table::WhichToken;
use crate::{Error, Service, limits, random, signing};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::access::Access;
use model::action::{Action, ActionSet};
use model::arm_name::TokenName;
use model::audit::{self, Actor, Entry, Outcome};
use model::certificate::Fingerprint;
use model::ending::Ending;
use model::guid::Guid;
use model::password::{Password, PasswordHash, PasswordName};
use model::registry::{Registry, RegistryKey};
use model::repository::RepositoryPattern;
use model::scope::{Asked, Granted};
use model::timestamp::Timestamp;
use model::token::{CertificateKey, CredentialKey, Generation, PasswordKey, SignInRefusal, TokenFacts, TokenKey};
use model::uses::Used;
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// Proof that a caller presented a right password or certificate of a token of a registry, just now.
#[derive(Debug, Clone)]
pub struct SignedIn {
    facts: Arc<TokenFacts>,
    credential: CredentialKey,
    credential_ends_at: Option<Timestamp>,
    /// The certificate that its bearers count with.
    certificate: Option<Fingerprint>,
    used: Behind,
}

/// What was used, when somebody signed in.
#[derive(Debug, Clone)]
enum Behind {
    /// The credential itself.
    Itself,
    /// By a refresh token, the secret of the service principal that it was issued to.
    Secret(Guid),
    /// By a refresh token, something that is not kept here: the token of an issuer.
    Foreign,
}

/// What a caller may do, and what of its credentials ends soon.
#[derive(Debug, Clone)]
pub struct Admitted {
    /// What it may do.
    pub access: Access,
    /// What it should be told: see [`limits::ENDING_WITHIN`].
    pub endings: Vec<Ending>,
}

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
    access: Vec<AccessClaim>,
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
pub(crate) type BearerCache = Cache<[u8; 32], Arc<Bearer>>;

impl SignedIn {
    /// A service principal whose refresh token ends at `expires`, in seconds since the epoch, and was issued for `secret`; whom an issuer
    /// vouches for has none.
    pub(crate) fn with_refresh_token(
        facts: Arc<TokenFacts>,
        password: PasswordKey,
        secret: Option<Guid>,
        expires: i64,
    ) -> Self {
        Self {
            facts,
            credential: CredentialKey::Password(password),
            credential_ends_at: Some(Timestamp::from_micros(expires.saturating_mul(1_000_000))),
            certificate: None,
            used: secret.map_or(Behind::Foreign, Behind::Secret),
        }
    }

    /// The token's name, as created.
    pub fn name(&self) -> &str {
        &self.facts.name
    }

    /// Whose last use the sign-in is.
    pub(crate) fn used(&self) -> Vec<Used> {
        match &self.used {
            Behind::Itself => {
                self.facts.proven(self.credential, self.certificate.as_ref()).map(Used::Credential).collect()
            }
            Behind::Secret(id) => vec![Used::Secret(id.clone())],
            Behind::Foreign => Vec::new(),
        }
    }
}

impl Service {
    /// Checks a user name and password. An unknown name costs what a known one does.
    pub async fn sign_in(
        &self,
        registry: &Registry,
        user: &str,
        password: &Password,
    ) -> Result<Result<SignedIn, SignInRefusal>, Error> {
        if user == REFRESH_TOKEN_USER
            && let Ok(signed_in) = self.sign_in_with_refresh_token(registry, password.reveal()).await?
        {
            return Ok(Ok(signed_in));
        }
        let presented = PasswordHash::of(&self.inner.keys.pepper, password);
        let name = TokenName::parse(user).ok();
        let whose = Whose::User(registry.key, name.clone());
        let from = self.origin.address;
        let attempt =
            from.map(|address| self.inner.guesses.attempt((address, whose), presented, self.inner.clock.now()));
        let admitted = match attempt.transpose() {
            Ok(attempt) => {
                let admitted = self.admit_user(registry, user, &presented).await?;
                match attempt {
                    Some(attempt) if admitted.is_ok() => attempt.succeeded(),
                    Some(attempt) => attempt.failed(self.inner.clock.now()),
                    None => {}
                }
                admitted
            }
            Err(wait) => Err(SignInRefusal::TooManyWrong(wait)),
        };
        if let Err(refusal) = &admitted {
            let who = self.known_user(registry, name, user).await?;
            // As a refresh token it has its entry already.
            if who.is_some() || user != REFRESH_TOKEN_USER {
                self.note_refused(registry, (who.as_deref(), "password".into()), reason(refusal), Crowd::Strangers);
            }
        }
        Ok(admitted)
    }

    /// The name of a user, when there is one of that name: any other may be a password in the wrong field.
    async fn known_user(
        &self,
        registry: &Registry,
        name: Option<TokenName>,
        user: &str,
    ) -> Result<Option<String>, Error> {
        let known = match name {
            Some(name) => self.facts(WhichToken::Name(registry.key, name)).await?,
            None => None,
        };
        let admin = registry.id.name.as_str();
        let is_admin = admin.eq_ignore_ascii_case(user) && registry.admin_user_enabled;
        Ok(known.map(|facts| facts.name.to_string()).or_else(|| is_admin.then(|| admin.to_owned())))
    }

    fn signed_in_entry(&self, registry: &Registry, actor: &Actor) -> Entry {
        Entry {
            who: Some(actor.who.to_string()),
            credential: Some(actor.credential.to_string()),
            rule: Some(actor.rights.to_string()),
            ..self.sign_in_entry(registry, Outcome::Allowed)
        }
    }

    /// Records that a sign-in, or what somebody signed in with, does not count. `who` is somebody that there is.
    pub(crate) fn note_refused(
        &self,
        registry: &Registry,
        (who, credential): (Option<&str>, Cow<'static, str>),
        reason: String,
        crowd: Crowd,
    ) {
        let entry = Entry {
            who: who.map(str::to_owned),
            credential: Some(credential.into_owned()),
            rule: Some(reason),
            ..self.sign_in_entry(registry, Outcome::Refused)
        };
        self.note(entry, crowd);
    }

    async fn admit_user(
        &self,
        registry: &Registry,
        user: &str,
        presented: &PasswordHash,
    ) -> Result<Result<SignedIn, SignInRefusal>, Error> {
        let mut admitted = match TokenName::parse(user) {
            Ok(name) => self.admit_any(WhichToken::Name(registry.key, name), presented).await?,
            Err(_) => Err(SignInRefusal::UnknownToken),
        };
        // A token may have the name of its registry, which is that of the admin user.
        if admitted.is_err() && registry.id.name.as_str().eq_ignore_ascii_case(user) {
            admitted = self.admit_any(WhichToken::Admin(registry.key), presented).await?;
        }
        Ok(admitted)
    }

    async fn admit_any(
        &self,
        which: WhichToken,
        presented: &PasswordHash,
    ) -> Result<Result<SignedIn, SignInRefusal>, Error> {
        if let Some(facts) = self.facts(which).await? {
            return Ok(self.admit(facts, presented));
        }
        // As many comparisons as a token with both passwords takes.
        let nothing = PasswordHash::from_bytes([0; 32]);
        for _ in PasswordName::ALL {
            std::hint::black_box(nothing.matches(presented));
        }
        Ok(Err(SignInRefusal::UnknownToken))
    }

    fn admit(&self, facts: Arc<TokenFacts>, presented: &PasswordHash) -> Result<SignedIn, SignInRefusal> {
        let password = facts.admit_password(presented, self.inner.clock.now())?;
        let (credential, credential_ends_at) = (CredentialKey::Password(password.id), password.expires_at);
        Ok(SignedIn { facts, credential, credential_ends_at, certificate: None, used: Behind::Itself })
    }

    /// Checks a certificate whose key the caller has proven to hold.
    pub async fn sign_in_with_certificate(
        &self,
        registry: &Registry,
        presented: &Fingerprint,
    ) -> Result<Result<SignedIn, SignInRefusal>, Error> {
        let facts = self.facts(WhichToken::Certificate(registry.key, *presented)).await?;
        let who = facts.as_ref().map(|facts| facts.name.clone());
        let admitted = match facts {
            Some(facts) => self.admit_certificate(facts, presented),
            None => Err(SignInRefusal::UnknownCertificate),
        };
        Ok(admitted.inspect_err(|refusal| {
            let credential = format!("certificate {presented}").into();
            self.note_refused(registry, (who.as_deref(), credential), reason(refusal), Crowd::Strangers);
        }))
    }

    fn admit_certificate(&self, facts: Arc<TokenFacts>, presented: &Fingerprint) -> Result<SignedIn, SignInRefusal> {
        let certificate = facts.admit_certificate(presented, self.inner.clock.now())?;
        let (credential, credential_ends_at) = (CredentialKey::Certificate(certificate.id), Some(certificate.ends_at));
        Ok(SignedIn { facts, credential, credential_ends_at, certificate: Some(*presented), used: Behind::Itself })
    }

    /// Takes in that the caller also proved to hold the key of a certificate. One of the same token binds the bearers to it, one of
    /// another token contradicts the sign-in; one that is no token's, or no longer counts, says nothing.
    pub async fn beside_certificate(
        &self,
        registry: &Registry,
        signed_in: SignedIn,
        presented: &Fingerprint,
    ) -> Result<Result<SignedIn, SignInRefusal>, Error> {
        let Some(facts) = self.facts(WhichToken::Certificate(registry.key, *presented)).await? else {
            return Ok(Ok(signed_in));
        };
        if facts.key != signed_in.facts.key {
            let refusal = SignInRefusal::TwoTokens;
            let credential = signed_in.facts.name_of(signed_in.credential);
            self.note_refused(registry, (Some(&signed_in.facts.name), credential), reason(&refusal), Crowd::Known);
            return Ok(Err(refusal));
        }
        let certificate = facts.admit_certificate(presented, self.inner.clock.now()).ok().map(|_| *presented);
        Ok(Ok(SignedIn { certificate, ..signed_in }))
    }

    pub(crate) async fn facts(&self, which: WhichToken) -> Result<Option<Arc<TokenFacts>>, Error> {
        self.inner.tokens.token(&self.inner.metadata, which).await
    }

    /// What a caller may do with the password or certificate itself, in one request.
    pub fn admit_directly(&self, registry: &Registry, signed_in: &SignedIn) -> Admitted {
        let SignedIn { facts, credential, certificate, .. } = signed_in;
        let actor = actor(registry, facts, *credential);
        self.note(self.signed_in_entry(registry, &actor), Crowd::Known);
        self.note_use(signed_in);
        let access = Access::by_credential(facts.registry, actor, facts.key, Arc::clone(&facts.rules));
        Admitted { access, endings: self.endings(facts, *credential, certificate.as_ref()) }
    }

    fn endings(&self, facts: &TokenFacts, credential: CredentialKey, certificate: Option<&Fingerprint>) -> Vec<Ending> {
        facts.endings(facts.proven(credential, certificate), self.inner.clock.now().plus(limits::ENDING_WITHIN))
    }

    /// Issues a bearer for what is asked and held.
    pub fn issue_access_token(
        &self,
        registry: &Registry,
        signed_in: &SignedIn,
        asked: &Asked,
    ) -> Result<AccessToken, Error> {
        let SignedIn { facts, credential, credential_ends_at, certificate, .. } = signed_in;
        let now = self.inner.clock.now();
        let granted = Granted::of(asked, &facts.rules);
        let longest = now.plus(limits::ACCESS_TOKEN_TTL);
        let expires = credential_ends_at.map_or(longest, |end| end.min(longest));
        let not_before = now.minus(limits::CLOCK_SKEW).as_unix_seconds();
        let (pwd, crt) = match credential {
            CredentialKey::Password(key) => (Some(key.0), None),
            CredentialKey::Certificate(key) => (None, Some(key.0)),
        };
        let text = self.inner.keys.access.sign(&Claims {
            iss: signing::ISSUER.to_owned(),
            sub: facts.name.to_string(),
            aud: registry.id.name.key(),
            exp: expires.as_unix_seconds(),
            nbf: not_before,
            iat: not_before,
            jti: random::guid(&*self.inner.random),
            access: to_claims(&granted),
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
        // What is asked for is left out: whoever asks may ask for anything.
        let entry = self.signed_in_entry(registry, &nobody(registry));
        self.note(entry, Crowd::Strangers);
        let not_before = now.minus(limits::CLOCK_SKEW).as_unix_seconds();
        let text = self.inner.keys.access.sign(&Claims {
            iss: signing::ISSUER.to_owned(),
            sub: ANONYMOUS.to_owned(),
            aud: registry.id.name.key(),
            exp: now.plus(lasts).as_unix_seconds(),
            nbf: not_before,
            iat: not_before,
            jti: random::guid(&*self.inner.random),
            access: to_claims(&granted),
            rid: registry.key.0,
            tok: None,
            r#gen: None,
            pwd: None,
            crt: None,
            cnf: None,
            anon: Some(true),
        })?;
        Ok(AccessToken { text, granted, issued_at: now, expires_in_seconds: lasts.as_secs() })
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
        let admitted = facts.admit_bearer(holder.credential, holder.generation, self.inner.clock.now());
        admitted.inspect_err(|refusal| {
            refused(Some(&facts.name), facts.name_of(holder.credential), reason(refusal), Crowd::Known);
        })?;
        let actor = actor(registry, &facts, holder.credential);
        let (rules, granted) = (Arc::clone(&facts.rules), Arc::clone(&bearer.granted));
        let endings = self.endings(&facts, holder.credential, holder.certificate.as_ref());
        Ok(Admitted { access: Access::by_bearer(registry.key, actor, facts.key, rules, granted), endings })
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
            audience: claims.aud,
            registry: RegistryKey(claims.rid),
            not_before: claims.nbf,
            expires: claims.exp,
            granted: Arc::new(from_claims(&claims.access)),
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

fn to_claims(granted: &Granted) -> Vec<AccessClaim> {
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
    claims
}

/// Reads what [`to_claims`] wrote. What it would not have written gives no right.
fn from_claims(claims: &[AccessClaim]) -> Granted {
    let of_repository = |claim: &AccessClaim| {
        let pattern = (claim.r#type == REPOSITORY).then(|| RepositoryPattern::parse(&claim.name)).flatten()?;
        Some((pattern, claim.actions.iter().filter_map(|word| Action::from_scope(word)).collect()))
    };
    let is_catalog = |claim: &AccessClaim| {
        claim.r#type == REGISTRY && claim.name == CATALOG && claim.actions.iter().any(|word| word == EVERYTHING)
    };
    Granted { repositories: claims.iter().filter_map(of_repository).collect(), catalog: claims.iter().any(is_catalog) }
}

/// As what refusals of a bearer name it, when it is nobody's that is known.
const BEARER: &str = "bearer";

fn actor(registry: &Registry, facts: &TokenFacts, credential: CredentialKey) -> Actor {
    Actor {
        registry: registry.id.name.as_str().into(),
        who: facts.name.clone(),
        credential: facts.name_of(credential),
        rights: facts.rights(),
    }
}

/// Whoever asks, where anonymous pull is on.
fn nobody(registry: &Registry) -> Actor {
    Actor {
        registry: registry.id.name.as_str().into(),
        who: ANONYMOUS.into(),
        credential: audit::ANONYMOUS.into(),
        rights: "anonymous pull".into(),
    }
}

/// As the audit log has it, where equal refusals are counted: how long it takes until the next password is heard makes no difference.
fn reason(refusal: &SignInRefusal) -> String {
    match refusal.wait() {
        Some(_) => "too many wrong passwords were tried".to_owned(),
        None => refusal.to_string(),
    }
}
