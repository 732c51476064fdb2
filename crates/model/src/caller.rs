//! Who makes a management request, as `systemData` records it.

use crate::timestamp::Timestamp;

/// Who makes a management request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// An e-mail address or user name for a user, the object id for an application.
    pub name: String,
    /// What kind of identity it is.
    pub kind: CallerKind,
}

/// The kinds of identity that `systemData` knows and that can reach this service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerKind {
    /// A person, such as whoever owns the data folder.
    User,
    /// A service principal.
    Application,
}

/// Who made a resource and who changed it last (swagger, SystemData).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemData {
    /// Who made it.
    pub created_by: Caller,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who changed it last.
    pub modified_by: Caller,
    /// When it was changed last.
    pub modified_at: Timestamp,
}

impl SystemData {
    /// Of a resource that `caller` makes or replaces now.
    pub fn new(caller: &Caller, now: Timestamp) -> Self {
        Self { created_by: caller.clone(), created_at: now, modified_by: caller.clone(), modified_at: now }
    }

    /// Of the same resource after `caller` changed it now.
    #[must_use]
    pub fn changed(&self, caller: &Caller, now: Timestamp) -> Self {
        Self { modified_by: caller.clone(), modified_at: now, ..self.clone() }
    }
}
