//! Tokens.

use crate::certificates::{check_ends, refused, set_certificates};
use crate::credentials::{Mint, set_passwords};
use crate::managers::Manager;
use crate::{Error, GeneratedPassword, Service, Written, limits, registries};
use metadata::tokens::NewToken;
use metadata::{Managing, Reading};
use model::arm_name::TokenName;
use model::caller::{Caller, SystemData};
use model::certificate::{CertificateSpec, Plan};
use model::listing::{Cursor, Listed};
use model::password::PasswordName;
use model::registry::Registry;
use model::resource_id::{RegistryId, ScopeMapId, TokenId};
use model::timestamp::Timestamp;
use model::token::{Token, TokenStatus};

/// What a PUT of a token asks for. What is `None` keeps its value when the token exists already (decision D7b).
#[derive(Debug, Clone, Default)]
pub struct TokenSpec {
    /// The scope map it holds.
    pub scope_map: Option<ScopeMapId>,
    /// Whether it may be used; `enabled` for a new token that does not say.
    pub status: Option<TokenStatus>,
    /// The passwords it shall have: those that exist are kept, the others are generated, all not named are removed.
    pub passwords: Option<Vec<PasswordSpec>>,
    /// The certificates it shall have: all not named are removed (see [`model::certificate::plan`]).
    pub certificates: Option<Vec<CertificateSpec>>,
}

/// What a PATCH of a token asks for; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct TokenChange {
    /// The scope map it holds.
    pub scope_map: Option<ScopeMapId>,
    /// Whether it may be used.
    pub status: Option<TokenStatus>,
    /// The passwords it shall have, as in [`TokenSpec::passwords`].
    pub passwords: Option<Vec<PasswordSpec>>,
    /// The certificates it shall have, as in [`TokenSpec::certificates`].
    pub certificates: Option<Vec<CertificateSpec>>,
}

/// A password that a token shall have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordSpec {
    /// Which one.
    pub name: PasswordName,
    /// From when on it is refused; `None` means never. For a password that exists, it must be what it is, or absent.
    pub expires_at: Option<Timestamp>,
}

/// A token after a write, and the passwords that the write generated: their values are nowhere else.
#[derive(Debug, Clone)]
pub struct TokenWritten {
    /// The token as it is now.
    pub token: Token,
    /// Whether it was there before.
    pub written: Written,
    /// What was generated, `password1` before `password2`.
    pub generated: Vec<GeneratedPassword>,
    /// Whether a certificate came, went, or got another end.
    pub certificates_changed: bool,
}

impl Service {
    /// Makes or replaces a token, with the passwords that are asked for, in one transaction.
    ///
    /// Errors: `ParentRegistryMissing`, `Invalid` (a scope map that is missing or of another registry, an expiry in the past
    /// or later than the site's rule allows, a password named twice, a certificate that cannot be had), `LimitReached`.
    pub async fn put_token(&self, manager: &Manager, id: &TokenId, spec: TokenSpec) -> Result<TokenWritten, Error> {
        let (who, id, mint) = (manager.caller.clone(), id.clone(), self.mint());
        let put = move |tx: &Managing<'_>| {
            let registry = registries::parent(tx, &id.registry)?;
            let TokenSpec { scope_map, status, passwords, certificates } = spec;
            let change = TokenChange { scope_map, status, passwords, certificates };
            match metadata::tokens::find(tx, &registry, &id.name)? {
                Some(found) => Write { tx, registry: &registry, caller: &who, mint: &mint }.change(found, change),
                None => Write { tx, registry: &registry, caller: &who, mint: &mint }.make(id.name, change),
            }
        };
        self.manage_saying(put, told).await
    }

    /// Changes a token. Errors: as of PUT, and `TokenMissing`.
    pub async fn update_token(
        &self,
        manager: &Manager,
        id: &TokenId,
        change: TokenChange,
    ) -> Result<TokenWritten, Error> {
        let (who, id, mint) = (manager.caller.clone(), id.clone(), self.mint());
        let update = move |tx: &Managing<'_>| {
            let registry = registries::parent(tx, &id.registry)?;
            let found = token_of(tx, &registry, id.name)?;
            Write { tx, registry: &registry, caller: &who, mint: &mint }.change(found, change)
        };
        self.manage_saying(update, told).await
    }

    /// Errors: `ParentRegistryMissing`, `TokenMissing`.
    pub async fn get_token(&self, id: &TokenId) -> Result<Token, Error> {
        let id = id.clone();
        let found = self.inner.metadata.read(move |tx| {
            let registry = registries::parent(tx, &id.registry)?;
            token_of(tx, &registry, id.name)
        });
        found.await
    }

    /// In the order in which they were made. Errors: `ParentRegistryMissing`.
    pub async fn list_tokens(&self, registry: &RegistryId, after: Cursor) -> Result<Listed<Token>, Error> {
        let id = registry.clone();
        let listed = self.inner.metadata.read(move |tx| {
            let registry = registries::parent(tx, &id)?;
            Ok(metadata::tokens::list(tx, &registry, after, limits::RESOURCE_PAGE_ITEMS)?)
        });
        listed.await
    }

    /// Deletes a token with its credentials; `false` when there was none. Its bearers are refused from the next request on.
    ///
    /// Errors: `ParentRegistryMissing`.
    pub async fn delete_token(&self, id: &TokenId) -> Result<bool, Error> {
        let id = id.clone();
        self.manage(move |tx| {
            let registry = registries::parent(tx, &id.registry)?;
            Ok(metadata::tokens::delete(tx, registry.key, &id.name)?)
        })
        .await
    }
}

/// What the audit log says of a write: what it left of the token's rights, and what came to it.
fn told(TokenWritten { token, generated, certificates_changed, .. }: &TokenWritten) -> Option<String> {
    let scope_map = token.scope_map.as_ref().map_or_else(|| "none".to_owned(), |id| id.name.to_string());
    let mut told = vec![format!("{}, scope map {scope_map}", token.status.as_str())];
    told.extend(generated.iter().map(|made| format!("generated {}", made.name.as_str())));
    if *certificates_changed {
        told.push("certificates changed".to_owned());
        let held = token.certificates.iter();
        told.extend(held.map(|held| format!("{} {}", held.name.as_str(), held.certificate.fingerprint)));
    }
    Some(told.join(", "))
}

/// The token of that name in a registry. Errors: `TokenMissing`.
pub(crate) fn token_of(tx: &Reading<'_>, registry: &Registry, name: TokenName) -> Result<Token, Error> {
    metadata::tokens::find(tx, registry, &name)?.ok_or(Error::TokenMissing(name))
}

/// One write of a token.
struct Write<'a> {
    tx: &'a Managing<'a>,
    registry: &'a Registry,
    caller: &'a Caller,
    mint: &'a Mint,
}

impl Write<'_> {
    fn make(&self, name: TokenName, spec: TokenChange) -> Result<TokenWritten, Error> {
        if metadata::tokens::count(self.tx, self.registry.key)? >= limits::TOKENS.max {
            return Err(Error::LimitReached(limits::TOKENS));
        }
        let new = NewToken {
            id: TokenId { registry: self.registry.id.clone(), name },
            status: spec.status.unwrap_or(TokenStatus::Enabled),
            scope_map: self.check_scope_map(spec.scope_map.as_ref())?,
            created_at: self.mint.now(),
            system_data: SystemData::new(self.caller, self.mint.now()),
        };
        let token = metadata::tokens::add(self.tx, self.registry.key, new)?;
        self.finish(token, &spec, Written::Created)
    }

    /// System data begins anew, as at Azure (management-api.md, 0.12).
    fn change(&self, found: Token, change: TokenChange) -> Result<TokenWritten, Error> {
        let token = Token {
            status: change.status.unwrap_or(found.status),
            scope_map: self.check_scope_map(change.scope_map.as_ref())?.or_else(|| found.scope_map.clone()),
            system_data: SystemData::new(self.caller, self.mint.now()),
            ..found
        };
        metadata::tokens::update(self.tx, &token)?;
        self.finish(token, &change, Written::Updated)
    }

    fn finish(&self, token: Token, change: &TokenChange, written: Written) -> Result<TokenWritten, Error> {
        let generated = match &change.passwords {
            Some(passwords) => set_passwords(self.tx, self.mint, &token, passwords)?,
            None => Vec::new(),
        };
        let mut certificates_changed = false;
        if let Some(certificates) = &change.certificates {
            let present = match written {
                Written::Created => None,
                Written::Updated => Some(token.certificates.as_slice()),
            };
            let plan = model::certificate::plan(present, certificates, self.mint.now()).map_err(refused)?;
            certificates_changed = plan != Plan::default();
            check_ends(self.tx, &token, certificates, &plan, self.mint.now())?;
            set_certificates(self.tx, self.registry, &token, plan, self.mint.now())?;
        }
        // Read again, so that what is answered is what is stored.
        let token = token_of(self.tx, self.registry, token.id.name)?;
        Ok(TokenWritten { token, written, generated, certificates_changed })
    }

    fn check_scope_map(&self, given: Option<&ScopeMapId>) -> Result<Option<ScopeMapId>, Error> {
        const TARGET: &str = "properties.scopeMapId";
        let Some(id) = given else { return Ok(None) };
        if id.registry != self.registry.id {
            let message = format!("'{id}' is of another registry; name a scope map of {}", self.registry.id.name);
            return Err(Error::invalid(TARGET, message));
        }
        match metadata::scope_maps::find(self.tx, self.registry, &id.name)? {
            Some(found) => Ok(Some(found.id)),
            None => Err(Error::invalid(TARGET, format!("there is no scope map '{}'; make it first", id.name))),
        }
    }
}
