//! Paths of what says who may manage.

use super::{Target, UnknownPath, is};
use model::guid::Guid;
use model::rights::ArmScope;
use model::role::{AUTHORIZATION, IDENTITY};

/// What such a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::management) enum AccessTarget {
    /// `<scope>/providers/Microsoft.Authorization/roleAssignments`
    RoleAssignments(ArmScope),
    /// `<scope>/providers/Microsoft.Authorization/roleAssignments/{name}`
    RoleAssignment(ArmScope, Guid),
    /// `<scope>/providers/Microsoft.Authorization/roleDefinitions`
    RoleDefinitions(ArmScope),
    /// `<scope>/providers/Microsoft.Authorization/roleDefinitions/{name}`
    RoleDefinition(ArmScope, Guid),
    /// `/providers/Portcullis.Identity/servicePrincipals`
    ServicePrincipals,
    /// `/providers/Portcullis.Identity/servicePrincipals/{object id, client id or name}`
    ServicePrincipal(String),
    /// `/providers/Portcullis.Identity/servicePrincipals/{…}/addPassword`
    AddPassword(String),
    /// `/providers/Portcullis.Identity/servicePrincipals/{…}/removePassword`
    RemovePassword(String),
}

impl From<AccessTarget> for Target {
    fn from(target: AccessTarget) -> Self {
        Self::Access(target)
    }
}

/// Service principals, which are the site's and of no subscription.
pub(super) fn of_identity(rest: &[&str]) -> Result<Target, UnknownPath> {
    let unknown = || UnknownPath::ResourceType { namespace: IDENTITY, resource_type: rest.join("/") };
    match *rest {
        [principals, ref rest @ ..] if is(principals, "servicePrincipals") => match *rest {
            [] => Ok(AccessTarget::ServicePrincipals.into()),
            [reference] => Ok(AccessTarget::ServicePrincipal(reference.to_owned()).into()),
            [reference, add] if is(add, "addPassword") => Ok(AccessTarget::AddPassword(reference.to_owned()).into()),
            [reference, remove] if is(remove, "removePassword") => {
                Ok(AccessTarget::RemovePassword(reference.to_owned()).into())
            }
            _ => Err(unknown()),
        },
        _ => Err(unknown()),
    }
}

/// Roles at a scope.
pub(super) fn of_authorization(scope: ArmScope, rest: &[&str]) -> Result<Target, UnknownPath> {
    match *rest {
        [collection] if is(collection, "roleAssignments") => Ok(AccessTarget::RoleAssignments(scope).into()),
        [collection, name] if is(collection, "roleAssignments") => {
            Ok(AccessTarget::RoleAssignment(scope, Guid::parse(name)?).into())
        }
        [collection] if is(collection, "roleDefinitions") => Ok(AccessTarget::RoleDefinitions(scope).into()),
        [collection, name] if is(collection, "roleDefinitions") => {
            Ok(AccessTarget::RoleDefinition(scope, Guid::parse(name)?).into())
        }
        _ => Err(UnknownPath::ResourceType { namespace: AUTHORIZATION, resource_type: rest.join("/") }),
    }
}
