//! What a use case can answer besides its result. Each protocol of `server` maps it in one total `match`.

use model::arm_name::{RegistryName, ResourceGroupName, ScopeMapName, SubscriptionId, TokenName};
use model::digest::Digest;
use model::guid::Guid;
use model::locks::Lock;
use model::principal::PrincipalName;
use model::reference::{Reference, Tag};
use model::repository::RepositoryName;
use model::resource_id::RegistryId;
use model::rights::Grant;
use model::token::SignInRefusal;

/// Why a use case did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The subscription is not this site's.
    #[error("the subscription {0} could not be found")]
    SubscriptionMissing(SubscriptionId),
    /// No such resource group.
    #[error("resource group '{0}' could not be found")]
    ResourceGroupMissing(ResourceGroupName),
    /// No such registry, which itself was asked for.
    #[error("the registry {0} was not found")]
    RegistryMissing(RegistryId),
    /// No such registry, of which a child was asked for.
    #[error("parent resource '{0}' not found")]
    ParentRegistryMissing(RegistryName),
    /// The registry's admin user is disabled, or was never enabled.
    #[error("the admin user of {0} is disabled")]
    AdminUserDisabled(RegistryId),
    /// No such scope map.
    #[error("the resource {0} could not be found")]
    ScopeMapMissing(ScopeMapName),
    /// No such token.
    #[error("the resource {0} could not be found")]
    TokenMissing(TokenName),
    /// Another registry has the name, in whatever resource group.
    #[error("the registry {0} is already in use")]
    RegistryNameTaken(RegistryName),
    /// A system scope map can be neither changed nor deleted.
    #[error("the scope map {0} is defined by the system: it can be neither changed nor deleted")]
    SystemScopeMap(ScopeMapName),
    /// Of service principals and their roles.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// One member of the request is wrong.
    #[error("{target}: {message}")]
    Invalid {
        /// Which one, as a path in the request, such as `properties.credentials.passwords[0].expiry`.
        target: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// A named limit of [`crate::limits`] would be passed.
    #[error("{0}")]
    LimitReached(crate::limits::Limit),

    /// Nothing was ever pushed to the repository.
    #[error("repository name not known to registry")]
    RepositoryUnknown(RepositoryName),
    /// No such manifest or tag.
    #[error("manifest {0} is not found")]
    ManifestUnknown(Reference),
    /// No such tag, of which more than its manifest was asked for.
    #[error("the specified tag does not exist")]
    TagUnknown(Tag),
    /// What the request was let in with was revoked, or its rights changed, before what it sends could be kept.
    #[error("what the request was let in with has been revoked: {0}")]
    Revoked(SignInRefusal),
    /// A lock forbids it, whatever rights the caller has.
    #[error("{0}")]
    Locked(Lock),
    /// No such blob in this repository, whatever other repositories hold.
    #[error("blob unknown to registry")]
    BlobUnknown(Digest),
    /// A manifest of the repository needs the blob, and its pulls would fail without it.
    #[error("a manifest of the repository needs the blob: delete the manifest first")]
    BlobInUse(Digest),
    /// No such upload, or another token's.
    #[error("blob upload unknown to registry")]
    UploadUnknown,
    /// The chunk does not begin where the upload stands.
    #[error("the chunk does not begin at byte {offset}, where the upload stands")]
    UploadOutOfOrder {
        /// Bytes received so far.
        offset: u64,
    },
    /// Another request is writing to the same upload.
    #[error("another request is writing to this upload")]
    UploadBusy,
    /// The bytes are not those that the digest names.
    #[error("the bytes have the digest {actual}, not {claimed}")]
    DigestMismatch {
        /// What the client said.
        claimed: Digest,
        /// What arrived.
        actual: Digest,
    },
    /// The manifest names blobs or manifests that the repository does not hold.
    #[error("the manifest refers to content that the repository does not hold: {}", list(.0))]
    ManifestReferencesMissing(Vec<Digest>),
    /// The client stopped sending before the end; what had arrived is kept for a resumed upload.
    #[error("the request body ended early")]
    BodyInterrupted,

    /// Another process on the data folder holds what is needed, for longer than is waited for. Nothing was done; later it may be.
    #[error("another process keeps the data folder busy")]
    Busy,
    /// The disk is full. Nothing was acknowledged, nothing is half there.
    #[error("no space is left in the data folder")]
    StorageFull,
    /// Anything else: a bug, or a broken disk. The cause goes to the log, never to a client.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What can be wrong with service principals and their roles.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// No service principal with that object id, client id or name.
    #[error("the service principal {0} does not exist")]
    PrincipalMissing(String),
    /// Another service principal has the name.
    #[error("a service principal is already named {0}")]
    PrincipalNameTaken(PrincipalName),
    /// No role assignment of that name at that scope.
    #[error("the role assignment {0} was not found")]
    RoleAssignmentMissing(Guid),
    /// The principal already holds that role there, by this assignment.
    #[error("the role assignment already exists: {0}")]
    RoleAssignmentExists(Guid),
    /// An assignment of that name gives something else.
    #[error("the role assignment {0} cannot be changed: delete it and make another")]
    RoleAssignmentFixed(Guid),
    /// Nobody gives or takes a role that is greater than what they hold there.
    #[error("the role {} at {} is more than the caller holds", .0.role, .0.scope)]
    RoleTooGreat(Grant),
}

fn list(digests: &[Digest]) -> String {
    digests.iter().map(Digest::to_string).collect::<Vec<_>>().join(", ")
}

impl Error {
    /// An error of one member of the request.
    pub fn invalid(target: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid { target: target.into(), message: message.into() }
    }

    /// An error that no client caused.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }
}

impl From<metadata::Error> for Error {
    fn from(error: metadata::Error) -> Self {
        match error {
            metadata::Error::Full => Self::StorageFull,
            metadata::Error::Busy => Self::Busy,
            metadata::Error::Corrupt(_)
            | metadata::Error::Unusable(_)
            | metadata::Error::Undone
            | metadata::Error::Stopped
            | metadata::Error::Other(_) => Self::internal(error),
        }
    }
}
