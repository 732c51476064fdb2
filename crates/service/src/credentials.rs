//! Generating the passwords of tokens.

use crate::tokens::token_of;
use crate::{Error, Inner, PasswordSpec, Service, expiry_rule, random, registries};
use metadata::Managing;
use model::password::{Password, PasswordHash, PasswordName, Salt};
use model::resource_id::{RegistryId, TokenId};
use model::timestamp::Timestamp;
use model::token::{Token, TokenKey, TokenPassword};
use std::sync::Arc;

/// What `generateCredentials` asks for.
#[derive(Debug, Clone)]
pub struct CredentialsSpec {
    /// Of which token.
    pub token: TokenId,
    /// Which password; `None` means both.
    pub name: Option<PasswordName>,
    /// From when on the new ones are refused; `None` means never.
    pub expires_at: Option<Timestamp>,
}

/// A password just generated.
#[derive(Debug, Clone)]
pub struct GeneratedPassword {
    /// Which one.
    pub name: PasswordName,
    /// Its value, which is nowhere else.
    pub password: Password,
}

/// The token with all its passwords, and the values of those just generated.
#[derive(Debug, Clone)]
pub struct GeneratedCredentials {
    /// The token as it is now.
    pub token: Token,
    /// What was generated, `password1` before `password2`.
    pub generated: Vec<GeneratedPassword>,
}

impl Service {
    /// Generates one password or both; one of that name stops working at once. Also for a disabled token.
    ///
    /// Errors: `ParentRegistryMissing`, `TokenMissing`, `Invalid` (a token of another registry, an expiry in the past, or one that the
    /// site's rule does not allow).
    pub async fn generate_credentials(
        &self,
        registry: &RegistryId,
        spec: CredentialsSpec,
    ) -> Result<GeneratedCredentials, Error> {
        let (id, mint) = (registry.clone(), self.mint());
        let generate = move |tx: &Managing<'_>| {
            let registry = registries::parent(tx, &id)?;
            if spec.token.registry != id {
                let message = format!("'{}' is of another registry; name a token of {}", spec.token, id.name);
                return Err(Error::invalid("tokenId", message));
            }
            expiry_rule::check(tx, "expiry", spec.expires_at, mint.now)?;
            let token = token_of(tx, &registry, spec.token.name)?;
            let names = PasswordName::ALL.into_iter().filter(|name| spec.name.is_none_or(|wanted| wanted == *name));
            let generated = names
                .map(|name| mint.generate(tx, &token, &PasswordSpec { name, expires_at: spec.expires_at }))
                .collect::<Result<Vec<_>, _>>()?;
            let token = token_of(tx, &registry, token.id.name)?;
            Ok(GeneratedCredentials { token, generated })
        };
        let told = |made: &GeneratedCredentials| {
            let names: Vec<&str> = made.generated.iter().map(|made| made.name.as_str()).collect();
            Some(format!("token {}, generated {}", made.token.id.name, names.join(", ")))
        };
        self.manage_saying(generate, told).await
    }

    /// What this instant's passwords are made with.
    pub(crate) fn mint(&self) -> Mint {
        Mint { inner: Arc::clone(&self.inner), now: self.inner.clock.now() }
    }
}

/// Makes passwords: the random source and the pepper, at one instant.
pub(crate) struct Mint {
    inner: Arc<Inner>,
    now: Timestamp,
}

impl Mint {
    /// The instant: passwords made together were made at the same time (management-api.md, section 6).
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// Makes a password in the place of the one of that name, if there is one.
    fn generate(&self, tx: &Managing<'_>, token: &Token, spec: &PasswordSpec) -> Result<GeneratedPassword, Error> {
        let password = random::password(&*self.inner.random);
        let hash = PasswordHash::of(&self.inner.keys.pepper, &password);
        let PasswordSpec { name, expires_at } = *spec;
        let row = TokenPassword { name, created_at: self.now, expires_at, last_used_at: None };
        metadata::passwords::put(tx, token.key, &row, &hash)?;
        Ok(GeneratedPassword { name: spec.name, password })
    }

    /// Makes a password of the admin user, which [`Mint::derived`] makes again, in the place of the one of that name.
    pub(crate) fn derive(&self, tx: &Managing<'_>, admin: TokenKey, name: PasswordName) -> Result<(), Error> {
        let salt = random::salt(&*self.inner.random);
        let hash = PasswordHash::of(&self.inner.keys.pepper, &self.derived(&salt));
        Ok(metadata::admin_user::put_password(tx, admin, (name, &salt), &hash, self.now)?)
    }

    /// The password of a salt.
    pub(crate) fn derived(&self, salt: &Salt) -> Password {
        self.inner.keys.pepper.derive(salt)
    }
}

/// Gives a token the passwords that are listed and no others: those that it has are kept, those that it lacks are made. One that it
/// has may be given an earlier end, and no later one: that would lengthen the life of a secret that may be known.
pub(crate) fn set_passwords(
    tx: &Managing<'_>,
    mint: &Mint,
    token: &Token,
    wanted: &[PasswordSpec],
) -> Result<Vec<GeneratedPassword>, Error> {
    for present in &token.passwords {
        if !wanted.iter().any(|spec| spec.name == present.name) {
            metadata::passwords::delete(tx, token.key, present.name)?;
        }
    }
    let mut generated = Vec::new();
    for (position, spec) in wanted.iter().enumerate() {
        let target = |member: &str| format!("properties.credentials.passwords[{position}].{member}");
        if wanted[..position].iter().any(|earlier| earlier.name == spec.name) {
            return Err(Error::invalid(target("name"), format!("'{}' is named twice", spec.name.as_str())));
        }
        match token.passwords.iter().find(|present| present.name == spec.name) {
            Some(present) if spec.expires_at.is_none_or(|end| present.expires_at == Some(end)) => {}
            Some(present) if ends_sooner(present.expires_at, spec.expires_at) => {
                expiry_rule::check(tx, &target("expiry"), spec.expires_at, mint.now)?;
                if let Some(end) = spec.expires_at {
                    metadata::passwords::end_at(tx, token.key, spec.name, end)?;
                }
            }
            Some(_) => {
                let message = format!(
                    "the expiry of a password cannot move to a later time; leave it out, or generate '{}' anew with it",
                    spec.name.as_str()
                );
                return Err(Error::invalid(target("expiry"), message));
            }
            None => {
                expiry_rule::check(tx, &target("expiry"), spec.expires_at, mint.now)?;
                generated.push(mint.generate(tx, token, spec)?);
            }
        }
    }
    generated.sort_by_key(|password| password.name);
    Ok(generated)
}

fn ends_sooner(present: Option<Timestamp>, wanted: Option<Timestamp>) -> bool {
    wanted.is_some_and(|wanted| present.is_none_or(|present| wanted < present))
}
