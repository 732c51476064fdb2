//! Uses of credentials: sign-ins that succeeded, of which the last of each credential is kept.

use crate::guid::Guid;
use crate::token::CredentialKey;

/// What somebody signed in with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Used {
    /// A password or a certificate of a token, or a password of an admin user.
    Credential(CredentialKey),
    /// A secret of a service principal, by its id.
    Secret(Guid),
}
