//! Refresh tokens: with one, a service principal gets access tokens of a registry without its secret (data-plane-and-auth.md, 2.1).
//!
//! `az acr login` and Azure's SDKs exchange a bearer of the management API for one. Tokens have passwords, and get none.

use crate::audit::{Crowd, credential_of};
use crate::managers::{Manager, rights_now};
use crate::sign_ins::SignedIn;
use crate::token_table::WhichToken;
use crate::{Error, Service, limits, random, signing};
use metadata::principal_users::PrincipalUser;
use model::audit::{Entry, Outcome, actions};
use model::guid::Guid;
use model::password::PasswordHash;
use model::registry::{Registry, RegistryKey};
use model::token::{CredentialKey, Generation, PasswordKey, TokenFacts, TokenKey};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The user name that stands for "the password is a refresh token" (data-plane-and-auth.md, 1.7).
pub(crate) const REFRESH_TOKEN_USER: &str = "00000000-0000-0000-0000-000000000000";

const GRANT: &str = "refresh_token";

/// What a refresh token says. It has `grant_type` and no `access`, and an access token the other way round, so that neither is ever
/// taken for the other. The last five are ours, as in access tokens.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    exp: i64,
    nbf: i64,
    iat: i64,
    jti: String,
    grant_type: String,
    rid: i64,
    tok: i64,
    r#gen: i64,
    pwd: i64,
    /// The secret of the principal that stands behind it, whose use each sign-in with it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    sec: Option<String>,
}

impl Service {
    /// Issues a refresh token of a registry to whoever manages; `None` to who has no role there.
    pub async fn issue_refresh_token(&self, registry: &Registry, manager: &Manager) -> Result<Option<String>, Error> {
        let exchange = |outcome, rule: String| Entry {
            who: Some(manager.principal.clone()),
            credential: Some(credential_of(manager).into_owned()),
            registry: Some(registry.id.name.to_string()),
            rule: Some(rule),
            ..self.entry(outcome, actions::EXCHANGE)
        };
        let Some(facts) = self.principal_facts(registry, manager).await? else {
            self.note(exchange(Outcome::Refused, "no role at the registry".to_owned()), Crowd::Known);
            return Ok(None);
        };
        let password =
            facts.passwords.first().ok_or_else(|| Error::internal("a principal without its password row"))?;
        let now = self.inner.clock.now();
        let not_before = now.minus(limits::CLOCK_SKEW).as_unix_seconds();
        let longest = now.plus(limits::REFRESH_TOKEN_TTL);
        let expires = manager.ends_at.map_or(longest, |end| end.min(longest));
        self.note(exchange(Outcome::Allowed, facts.rights().into_owned()), Crowd::Each);
        let text = self.inner.keys.access.sign(&Claims {
            iss: signing::ISSUER.to_owned(),
            sub: facts.name.to_string(),
            aud: registry.id.name.key(),
            exp: expires.as_unix_seconds(),
            nbf: not_before,
            iat: not_before,
            jti: random::guid(&*self.inner.random),
            grant_type: GRANT.to_owned(),
            rid: facts.registry.0,
            tok: facts.key.0,
            r#gen: facts.generation.0,
            pwd: password.id.0,
            sec: manager.secret.as_ref().map(Guid::to_string),
        })?;
        Ok(Some(text))
    }

    async fn principal_facts(&self, registry: &Registry, manager: &Manager) -> Result<Option<Arc<TokenFacts>>, Error> {
        let which = WhichToken::Principal(registry.key, manager.principal.as_str().into());
        let facts = match self.facts(which.clone()).await? {
            Some(facts) => facts,
            None if !self.add_principal_user(registry, manager).await? => return Ok(None),
            // Nothing was added when the registry was deleted meanwhile.
            None => self.facts(which).await?.ok_or_else(|| Error::RegistryMissing(registry.id.clone()))?,
        };
        // A row stands for the roles and the secrets that the principal has now: what takes any removes it. The caller's own are looked at
        // after it was found, so that what is taken later takes this row too.
        let (manager, id, now) = (manager.clone(), registry.id.clone(), self.inner.clock.now());
        let role = self.inner.metadata.read(move |tx| Ok::<_, Error>(rights_now(tx, &manager, now)?.role_on(&id)));
        Ok(role.await?.map(|_| facts))
    }

    /// Makes the row of a principal that has a role at the registry. Whether it has one.
    async fn add_principal_user(&self, registry: &Registry, manager: &Manager) -> Result<bool, Error> {
        let mut unknown = [0; 32];
        self.inner.random.fill(&mut unknown);
        let (unknown, now) = (PasswordHash::from_bytes(unknown), self.inner.clock.now());
        let (manager, key, id) = (manager.clone(), registry.key, registry.id.clone());
        let tokens = Arc::clone(&self.inner.tokens);
        // No change of anything that is managed, and so none for the audit log: it follows from a role that was given.
        let added = self.inner.metadata.write(move |tx| {
            let tx = tx.manage(move || tokens.forget())?;
            let tx = &tx;
            let Some(role) = rights_now(tx, &manager, now)?.role_on(&id) else { return Ok(false) };
            let user = PrincipalUser { registry: key, principal: manager.principal, role, unknown };
            metadata::principal_users::add(tx, &user, now)?;
            Ok::<_, Error>(true)
        });
        added.await
    }

    /// Checks a refresh token. `Err` inside when it does not count; the reason is in the audit log.
    pub async fn sign_in_with_refresh_token(
        &self,
        registry: &Registry,
        text: &str,
    ) -> Result<Result<SignedIn, RefreshTokenRefusal>, Error> {
        let refused = |reason: &dyn std::fmt::Display, who: Option<&str>| {
            let crowd = if who.is_some() { Crowd::Known } else { Crowd::Strangers };
            self.note_refused(registry, (who, "refresh token".into()), reason.to_string(), crowd);
            Ok(Err(RefreshTokenRefusal))
        };
        let claims = match self.check_refresh_token(registry, text) {
            Ok(claims) => claims,
            Err(reason) => return refused(&reason, None),
        };
        let facts = self.facts(WhichToken::Key(TokenKey(claims.tok))).await?;
        let Some(facts) = facts.filter(|facts| facts.registry == registry.key) else {
            return refused(&"its principal is gone", None);
        };
        let now = self.inner.clock.now();
        let password = PasswordKey(claims.pwd);
        match facts.admit_bearer(CredentialKey::Password(password), Generation(claims.r#gen), now) {
            Ok(()) => {
                let secret = claims.sec.as_deref().and_then(|id| Guid::parse(id).ok());
                Ok(Ok(SignedIn::with_refresh_token(facts, password, secret, claims.exp)))
            }
            Err(refusal) => refused(&refusal, Some(&facts.name)),
        }
    }

    fn check_refresh_token(&self, registry: &Registry, text: &str) -> Result<Claims, &'static str> {
        if text.len() > limits::BEARER_BYTES_MAX {
            return Err("it is too long");
        }
        let claims: Claims = self.inner.keys.access.verify(text)?;
        if claims.iss != signing::ISSUER || claims.grant_type != GRANT {
            return Err("it is no refresh token of this site");
        }
        if RegistryKey(claims.rid) != registry.key {
            return Err("it is for another registry");
        }
        signing::check_times(claims.nbf, claims.exp, self.inner.clock.now())?;
        Ok(claims)
    }
}

/// A refresh token does not count. Outside all reasons look alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the refresh token is not valid here")]
pub struct RefreshTokenRefusal;
