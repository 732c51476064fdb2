//! Role assignments: giving roles, and taking them.
//!
//! Whatever changes what a principal may do ends what it was issued on the data plane, where its role stands in a row among the
//! tokens; its next exchange makes another.

use crate::managers::{Manager, rights_now};
use crate::{Error, IdentityError, Service, Written, limits};
use metadata::{Managing, Reading, principal_users, principals, role_assignments};
use model::guid::Guid;
use model::issuer::{ForeignPrincipal, ISSUER_SEPARATOR};
use model::rights::{ArmScope, Grant};
use model::role_assignment::RoleAssignment;

/// What a PUT of a role assignment asks for.
#[derive(Debug, Clone)]
pub struct RoleAssignmentSpec {
    /// Its name.
    pub id: Guid,
    /// To whom: an object id, or `issuer:subject`.
    pub principal: String,
    /// Which role, and where.
    pub grant: Grant,
}

impl Service {
    /// Gives a role. The same once more changes nothing.
    ///
    /// Errors: `SubscriptionMissing`, `ResourceGroupMissing`, `RegistryMissing` for the scope, `PrincipalMissing`, `Invalid` for
    /// what no issuer could vouch for, `RoleTooGreat` for more than the manager holds there, `RoleAssignmentExists` for one of the same content under another name,
    /// `RoleAssignmentFixed` for one of another content under the same name, `LimitReached`.
    pub async fn put_role_assignment(
        &self,
        manager: &Manager,
        spec: RoleAssignmentSpec,
    ) -> Result<(RoleAssignment, Written), Error> {
        self.check_subscription(spec.grant.scope.subscription())?;
        let (asking, now) = (manager.clone(), self.inner.clock.now());
        let put = move |tx: &Managing<'_>| {
            let grant = Grant { scope: existing_scope(tx, &spec.grant.scope)?, role: spec.grant.role };
            if !rights_now(tx, &asking, now)?.include(&grant) {
                return Err(IdentityError::RoleTooGreat(grant).into());
            }
            check_principal(tx, &spec.principal)?;
            if let Some(found) = role_assignments::find(tx, &spec.id)? {
                let same = found.grant == grant && found.principal == spec.principal;
                return if same {
                    Ok((found, Written::Updated))
                } else {
                    Err(IdentityError::RoleAssignmentFixed(spec.id).into())
                };
            }
            let held = role_assignments::list_of(tx, &spec.principal)?;
            if let Some(found) = held.into_iter().find(|held| held.grant == grant) {
                return Err(IdentityError::RoleAssignmentExists(found.id).into());
            }
            if role_assignments::count(tx)? >= limits::ROLE_ASSIGNMENTS.max {
                return Err(Error::LimitReached(limits::ROLE_ASSIGNMENTS));
            }
            let RoleAssignmentSpec { id, principal, .. } = spec;
            let made = RoleAssignment { id, principal, grant, created_by: asking.caller, created_at: now };
            role_assignments::add(tx, &made)?;
            principal_users::delete(tx, &made.principal)?;
            Ok((made, Written::Created))
        };
        self.manage_saying(put, |(made, _)| Some(described(made))).await
    }

    /// The assignment of that name at a scope. Errors: as for the scope, `RoleAssignmentMissing`.
    pub async fn get_role_assignment(&self, scope: &ArmScope, id: &Guid) -> Result<RoleAssignment, Error> {
        self.check_subscription(scope.subscription())?;
        let (scope, id) = (scope.clone(), id.clone());
        let found = self.inner.metadata.read(move |tx| {
            let found = role_assignments::find(tx, &id)?.filter(|found| found.grant.scope == scope);
            found.ok_or_else(|| IdentityError::RoleAssignmentMissing(id).into())
        });
        found.await
    }

    /// Every assignment that holds at a scope, or below it. Errors: as for the scope.
    pub async fn list_role_assignments(&self, scope: &ArmScope) -> Result<Vec<RoleAssignment>, Error> {
        self.check_subscription(scope.subscription())?;
        let scope = scope.clone();
        let listed = self.inner.metadata.read(move |tx| {
            let scope = existing_scope(tx, &scope)?;
            let near = |held: &RoleAssignment| held.grant.scope.contains(&scope) || scope.contains(&held.grant.scope);
            Ok::<_, Error>(role_assignments::list(tx)?.into_iter().filter(near).collect())
        });
        listed.await
    }

    /// Takes a role back; the assignment as it was, or `None` when there was none of that name at the scope.
    ///
    /// Errors: `SubscriptionMissing`, `RoleTooGreat` for more than the manager holds there.
    pub async fn delete_role_assignment(
        &self,
        manager: &Manager,
        scope: &ArmScope,
        id: &Guid,
    ) -> Result<Option<RoleAssignment>, Error> {
        self.check_subscription(scope.subscription())?;
        let (asking, scope, id, now) = (manager.clone(), scope.clone(), id.clone(), self.inner.clock.now());
        let delete = move |tx: &Managing<'_>| {
            let Some(found) = role_assignments::find(tx, &id)?.filter(|found| found.grant.scope == scope) else {
                return Ok(None);
            };
            if !rights_now(tx, &asking, now)?.include(&found.grant) {
                return Err(IdentityError::RoleTooGreat(found.grant).into());
            }
            role_assignments::delete(tx, &id)?;
            principal_users::delete(tx, &found.principal)?;
            Ok(Some(found))
        };
        self.manage_saying(delete, |deleted| deleted.as_ref().map(described)).await
    }
}

/// For the audit log.
fn described(RoleAssignment { principal, grant, .. }: &RoleAssignment) -> String {
    format!("role {} at {} of {principal}", grant.role, grant.scope)
}

/// The scope with the names as they were created. Errors: `ResourceGroupMissing`, `RegistryMissing`.
fn existing_scope(tx: &Reading<'_>, scope: &ArmScope) -> Result<ArmScope, Error> {
    Ok(match scope {
        ArmScope::Subscription(subscription) => ArmScope::Subscription(subscription.clone()),
        ArmScope::ResourceGroup(group) => {
            ArmScope::ResourceGroup(crate::resource_groups::group_of(tx, &group.name)?.id)
        }
        ArmScope::Registry(registry) => ArmScope::Registry(crate::registries::existing(tx, registry)?.id),
    })
}

/// An object id must be that of a service principal. Subjects of issuers are not known beforehand, nor are issuers to a command without
/// the server's configuration.
fn check_principal(tx: &Reading<'_>, principal: &str) -> Result<(), Error> {
    if principal.contains(ISSUER_SEPARATOR) {
        let named = ForeignPrincipal::parse(principal).map(drop);
        return named.map_err(|invalid| Error::invalid("properties.principalId", format!("{invalid}.")));
    }
    let known = match Guid::parse(principal) {
        Ok(id) => principals::find(tx, &id)?.is_some(),
        Err(_) => false,
    };
    if known { Ok(()) } else { Err(IdentityError::PrincipalMissing(principal.to_owned()).into()) }
}
