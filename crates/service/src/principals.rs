//! Service principals: making them, renewing their secrets, deleting them. How they sign in is in `managers.rs`.
//!
//! Whatever takes something from a principal also ends what it was issued on the data plane: its rows among the tokens go.

use crate::{Error, IdentityError, Service, expiry_rule, limits, random};
use metadata::{Managing, Reading, Writing, principal_secrets, principal_users, principals, role_assignments};
use model::guid::Guid;
use model::password::{Password, PasswordHash};
use model::principal::{PrincipalName, PrincipalSecret, ServicePrincipal};
use model::timestamp::Timestamp;

/// A secret that was just made. Its value is shown once.
pub struct NewSecret {
    /// What is kept of it.
    pub secret: PrincipalSecret,
    /// The value.
    pub value: Password,
}

impl Service {
    /// Makes a service principal with one secret and without any role. Errors: `PrincipalNameTaken`, `LimitReached`, `Invalid` for an
    /// expiry in the past, or one that the site's rule does not allow.
    pub async fn create_principal(
        &self,
        name: PrincipalName,
        secret_expires_at: Option<Timestamp>,
    ) -> Result<(ServicePrincipal, NewSecret), Error> {
        let made = self.make_secret(secret_expires_at)?;
        let principal = ServicePrincipal {
            name,
            client_id: self.new_guid()?,
            object_id: self.new_guid()?,
            created_at: made.secret.created_at,
            secrets: vec![made.secret.clone()],
        };
        let first = made.secret.clone();
        let change = move |tx: &Writing<'_>| {
            check_secret(tx, "passwordCredentials[0].endDateTime", &first)?;
            if principals::find_by_name(tx, &principal.name)?.is_some() {
                return Err(IdentityError::PrincipalNameTaken(principal.name).into());
            }
            if principals::count(tx)? >= limits::PRINCIPALS.max {
                return Err(Error::LimitReached(limits::PRINCIPALS));
            }
            principals::add(tx, &principal)?;
            Ok(principal)
        };
        let secret = made.secret.id.clone();
        let told = move |made: &ServicePrincipal| Some(format!("{}, secret {secret}", called(made)));
        Ok((self.change(change, told).await?, made))
    }

    /// In the order of their names.
    pub async fn list_principals(&self) -> Result<Vec<ServicePrincipal>, Error> {
        Ok(self.inner.metadata.read(principals::list).await?)
    }

    /// The principal with that object id, client id or name. Errors: `PrincipalMissing`.
    pub async fn get_principal(&self, reference: &str) -> Result<ServicePrincipal, Error> {
        let reference = reference.to_owned();
        self.inner.metadata.read(move |tx| existing(tx, &reference)).await
    }

    /// Deletes a principal with its secrets and its roles; `false` when there was none.
    pub async fn delete_principal(&self, reference: &str) -> Result<bool, Error> {
        let reference = reference.to_owned();
        let delete = move |tx: &Managing<'_>| {
            let Some(found) = find(tx, &reference)? else { return Ok(None) };
            role_assignments::delete_of(tx, found.object_id.as_str())?;
            principal_users::delete(tx, found.object_id.as_str())?;
            principals::delete(tx, &found.object_id)?;
            Ok(Some(found))
        };
        let deleted = self.manage_saying(delete, |deleted| deleted.as_ref().map(called)).await?;
        Ok(deleted.is_some())
    }

    /// Gives a principal one more secret. Errors: `PrincipalMissing`, `LimitReached`, `Invalid` for an expiry in the past, or one that the
    /// site's rule does not allow.
    pub async fn add_principal_secret(
        &self,
        reference: &str,
        expires_at: Option<Timestamp>,
    ) -> Result<NewSecret, Error> {
        let made = self.make_secret(expires_at)?;
        let (reference, secret) = (reference.to_owned(), made.secret.clone());
        let change = move |tx: &Writing<'_>| {
            let found = existing(tx, &reference)?;
            check_secret(tx, "passwordCredential.endDateTime", &secret)?;
            if found.secrets.len() as u64 >= limits::PRINCIPAL_SECRETS.max {
                return Err(Error::LimitReached(limits::PRINCIPAL_SECRETS));
            }
            principal_secrets::add(tx, &found.object_id, &secret)?;
            Ok(found)
        };
        let id = made.secret.id.clone();
        self.change(change, move |found| Some(format!("{}, secret {id}", called(found)))).await?;
        Ok(made)
    }

    /// Removes a secret of a principal, and ends every bearer of the principal on the data plane; `false` when it has no secret of
    /// that id. Errors: `PrincipalMissing`.
    pub async fn remove_principal_secret(&self, reference: &str, id: &Guid) -> Result<bool, Error> {
        let (reference, secret) = (reference.to_owned(), id.clone());
        let remove = move |tx: &Managing<'_>| {
            let found = existing(tx, &reference)?;
            principal_users::delete(tx, found.object_id.as_str())?;
            Ok((principal_secrets::delete(tx, &found.object_id, &secret)?, found))
        };
        let id = id.clone();
        let (removed, _) =
            self.manage_saying(remove, move |(_, found)| Some(format!("{}, secret {id}", called(found)))).await?;
        Ok(removed)
    }

    fn make_secret(&self, expires_at: Option<Timestamp>) -> Result<NewSecret, Error> {
        let now = self.inner.clock.now();
        let value = random::password(&*self.inner.random);
        let hash = PasswordHash::of(&self.inner.keys.pepper, &value);
        let id = self.new_guid()?;
        Ok(NewSecret { secret: PrincipalSecret { id, created_at: now, expires_at, last_used_at: None, hash }, value })
    }

    pub(crate) fn new_guid(&self) -> Result<Guid, Error> {
        Guid::parse(&random::guid(&*self.inner.random)).map_err(Error::internal)
    }
}

/// Whether a new secret may end when it does. `target` names the member that says so.
fn check_secret(tx: &Reading<'_>, target: &str, made: &PrincipalSecret) -> Result<(), Error> {
    expiry_rule::check(tx, target, made.expires_at, made.created_at)
}

/// The principal with that object id, client id or name.
pub(crate) fn find(tx: &Reading<'_>, reference: &str) -> Result<Option<ServicePrincipal>, Error> {
    if let Ok(guid) = Guid::parse(reference) {
        return Ok(match principals::find(tx, &guid)? {
            Some(found) => Some(found),
            None => principals::find_by_client_id(tx, &guid)?,
        });
    }
    match PrincipalName::parse(reference) {
        Ok(name) => Ok(principals::find_by_name(tx, &name)?),
        Err(_) => Ok(None),
    }
}

/// As the audit log has it.
pub(crate) fn called(principal: &ServicePrincipal) -> String {
    format!("service principal {} ({})", principal.name, principal.object_id)
}

fn existing(tx: &Reading<'_>, reference: &str) -> Result<ServicePrincipal, Error> {
    find(tx, reference)?.ok_or_else(|| IdentityError::PrincipalMissing(reference.to_owned()).into())
}
