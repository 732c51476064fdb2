//! Role assignments: who holds which role where.

use crate::caller::Caller;
use crate::guid::Guid;
use crate::rights::Grant;
use crate::timestamp::Timestamp;

/// A role that somebody holds at a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleAssignment {
    /// Its name, chosen by whoever makes it.
    pub id: Guid,
    /// Whose: the object id of a service principal, or whom an issuer that the site trusts vouches for.
    pub principal: String,
    /// Which role, and where.
    pub grant: Grant,
    /// Who made it.
    pub created_by: Caller,
    /// When.
    pub created_at: Timestamp,
}
