//! Signing in to a registry: with a token's password or certificate, and what a caller may do with that itself.

use crate::audit::Crowd;
use crate::guesses::Whose;
use crate::refresh_tokens::REFRESH_TOKEN_USER;
use crate::token_table::WhichToken;
use crate::{Error, Service, limits};
use model::access::{Access, Grounds};
use model::arm_name::TokenName;
use model::audit::{Actor, Entry, Outcome};
use model::certificate::Fingerprint;
use model::ending::Ending;
use model::guid::Guid;
use model::password::{Password, PasswordHash};
use model::registry::Registry;
use model::timestamp::Timestamp;
use model::token::{CredentialKey, Generation, PasswordKey, SignInRefusal, TokenFacts, find_presented};
use model::uses::Used;
use std::borrow::Cow;
use std::sync::Arc;

/// Proof that a caller presented a right password or certificate of a token of a registry, just now.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub(crate) facts: Arc<TokenFacts>,
    pub(crate) credential: CredentialKey,
    pub(crate) credential_ends_at: Option<Timestamp>,
    /// The certificate that its bearers count with.
    pub(crate) certificate: Option<Fingerprint>,
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

    pub(crate) fn signed_in_entry(&self, registry: &Registry, actor: &Actor) -> Entry {
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
        let _nobody = find_presented(&[], |hash| hash.matches(presented));
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
        let holder = (&*signed_in.facts, signed_in.credential);
        let certificate = match self.facts_beside(registry, holder, presented).await? {
            Ok(Some(facts)) => facts.admit_certificate(presented, self.inner.clock.now()).ok().map(|_| *presented),
            Ok(None) => return Ok(Ok(signed_in)),
            Err(refusal) => return Ok(Err(refusal)),
        };
        Ok(Ok(SignedIn { certificate, ..signed_in }))
    }

    /// The facts of the token whose certificate is presented beside another credential; `None` when it is no token's, `TwoTokens` when it is another's.
    pub(crate) async fn facts_beside(
        &self,
        registry: &Registry,
        (facts, credential): (&TokenFacts, CredentialKey),
        presented: &Fingerprint,
    ) -> Result<Result<Option<Arc<TokenFacts>>, SignInRefusal>, Error> {
        let found = self.facts(WhichToken::Certificate(registry.key, *presented)).await?;
        if found.as_ref().is_none_or(|found| found.key == facts.key) {
            return Ok(Ok(found));
        }
        let refusal = SignInRefusal::TwoTokens;
        self.note_refused(registry, (Some(&facts.name), facts.name_of(credential)), reason(&refusal), Crowd::Known);
        Ok(Err(refusal))
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
        let grounds = self.grounds(facts, *credential, facts.generation);
        let access = Access::by_credential(facts.registry, actor, grounds, Arc::clone(&facts.rules));
        Admitted { access, endings: self.endings(facts, *credential, certificate.as_ref()) }
    }

    /// What a caller is let in with, now.
    pub(crate) fn grounds(&self, facts: &TokenFacts, credential: CredentialKey, generation: Generation) -> Grounds {
        Grounds { token: facts.key, credential, generation, at: self.inner.clock.now() }
    }

    pub(crate) fn endings(
        &self,
        facts: &TokenFacts,
        credential: CredentialKey,
        certificate: Option<&Fingerprint>,
    ) -> Vec<Ending> {
        let now = self.inner.clock.now();
        facts.endings(facts.proven(credential, certificate), now, now.plus(limits::ENDING_WITHIN))
    }
}

/// Who holds a token, as the audit log has it.
pub(crate) fn actor(registry: &Registry, facts: &TokenFacts, credential: CredentialKey) -> Actor {
    Actor {
        registry: registry.id.name.as_str().into(),
        who: facts.name.clone(),
        credential: facts.name_of(credential),
        rights: facts.rights(),
    }
}

/// As the audit log has it, where equal refusals are counted: how long it takes until the next password is heard makes no difference.
pub(crate) fn reason(refusal: &SignInRefusal) -> String {
    match refusal.wait() {
        Some(_) => "too many wrong passwords were tried".to_owned(),
        None => refusal.to_string(),
    }
}
