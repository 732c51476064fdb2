//! What a data-plane request wants, as data: one type per operation, and [`Operation`] that lists them all.
//!
//! Rights follow from the operation alone, never from an HTTP method. Adding a variant means adding its row to the
//! permission matrix of `server`.

use crate::action::{Action, ActionSet};
use crate::digest::Digest;
use crate::reference::{Reference, Tag};
use crate::repository::RepositoryName;
use crate::scope::repository_scope;

/// Everything that the distribution API and the metadata API beside it (`/acr/v1`) can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// `GET /v2/`
    SignIn(SignIn),
    /// `GET /v2/_catalog`, `GET /acr/v1/_catalog`
    ListCatalog(ListCatalog),
    /// `GET /v2/<name>/tags/list`
    ListTags(ListTags),
    /// `GET|HEAD /v2/<name>/manifests/<reference>`
    ReadManifest(ReadManifest),
    /// `PUT /v2/<name>/manifests/<reference>`
    WriteManifest(WriteManifest),
    /// `DELETE /v2/<name>/manifests/<reference>`
    DeleteManifest(DeleteManifest),
    /// `GET /v2/<name>/referrers/<digest>`
    ListReferrers(ListReferrers),
    /// `GET|HEAD /v2/<name>/blobs/<digest>`
    ReadBlob(ReadBlob),
    /// `DELETE /v2/<name>/blobs/<digest>`
    DeleteBlob(DeleteBlob),
    /// `POST /v2/<name>/blobs/uploads/`
    StartUpload(StartUpload),
    /// `GET|PATCH|PUT|DELETE /v2/<name>/blobs/uploads/<id>`
    ContinueUpload(ContinueUpload),
    /// `GET|HEAD /acr/v1/<name>`
    ShowRepository(ShowRepository),
    /// `PATCH /acr/v1/<name>`
    ChangeRepository(ChangeRepository),
    /// `DELETE /acr/v1/<name>`
    DeleteRepository(DeleteRepository),
    /// `GET|HEAD /acr/v1/<name>/_tags`
    ShowTags(ShowTags),
    /// `GET|HEAD /acr/v1/<name>/_tags/<tag>`
    ShowTag(ShowTag),
    /// `PATCH /acr/v1/<name>/_tags/<tag>`
    ChangeTag(ChangeTag),
    /// `DELETE /acr/v1/<name>/_tags/<tag>`
    DeleteTag(DeleteTag),
    /// `GET|HEAD /acr/v1/<name>/_manifests`
    ShowManifests(ShowManifests),
    /// `GET|HEAD /acr/v1/<name>/_manifests/<digest>`
    ShowManifest(ShowManifest),
    /// `PATCH /acr/v1/<name>/_manifests/<digest>`
    ChangeManifest(ChangeManifest),
}

/// What an operation needs of whoever asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs<'a> {
    /// A sign-in, and no right.
    SignIn,
    /// The catalog scope; the list shows only what the holder may read.
    Catalog,
    /// These actions on this repository.
    Repository(&'a RepositoryName, ActionSet),
}

/// An operation says what it needs; [`crate::access::Access::permit`] compares that with what is held.
pub trait Needed {
    /// What must be held.
    fn needs(&self) -> Needs<'_>;

    /// The scope that a refusal names in its challenge, `None` where no resource is meant. A push names `pull` too, because
    /// clients look before they upload.
    fn challenge_scope(&self) -> Option<String> {
        match self.needs() {
            Needs::SignIn => None,
            Needs::Catalog => Some("registry:catalog:*".to_owned()),
            Needs::Repository(name, actions) if actions.contains(Action::ContentWrite) => {
                Some(repository_scope(name, actions.with(Action::ContentRead)))
            }
            Needs::Repository(name, actions) => Some(repository_scope(name, actions)),
        }
    }
}

macro_rules! repository_operation {
    ($(#[$doc:meta])* $name:ident needs $action:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name {
            /// In which repository.
            pub repository: RepositoryName,
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl Needed for $name {
            fn needs(&self) -> Needs<'_> {
                Needs::Repository(&self.repository, ActionSet::from(Action::$action))
            }
        }

        impl From<$name> for Operation {
            fn from(operation: $name) -> Self {
                Self::$name(operation)
            }
        }
    };
}

/// Find out whether one is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn;

impl Needed for SignIn {
    fn needs(&self) -> Needs<'_> {
        Needs::SignIn
    }
}

impl From<SignIn> for Operation {
    fn from(operation: SignIn) -> Self {
        Self::SignIn(operation)
    }
}

/// List the repositories that the caller may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListCatalog;

impl Needed for ListCatalog {
    fn needs(&self) -> Needs<'_> {
        Needs::Catalog
    }
}

impl From<ListCatalog> for Operation {
    fn from(operation: ListCatalog) -> Self {
        Self::ListCatalog(operation)
    }
}

repository_operation!(
    /// List tags.
    ListTags needs MetadataRead {}
);
repository_operation!(
    /// Read a manifest.
    ReadManifest needs ContentRead {
        /// Which one.
        reference: Reference
    }
);
repository_operation!(
    /// Write a manifest, and the tag when one is named.
    WriteManifest needs ContentWrite {
        /// Under which tag, or as which digest.
        reference: Reference
    }
);
repository_operation!(
    /// Delete a manifest with its tags, or one tag.
    DeleteManifest needs ContentDelete {
        /// Which one.
        reference: Reference
    }
);
repository_operation!(
    /// List the manifests whose subject is the given one.
    ListReferrers needs ContentRead {
        /// The subject.
        subject: Digest
    }
);
repository_operation!(
    /// Read a blob. Also what a mount needs on its source.
    ReadBlob needs ContentRead {
        /// Which one.
        digest: Digest
    }
);
repository_operation!(
    /// Take a blob out of the repository.
    DeleteBlob needs ContentDelete {
        /// Which one.
        digest: Digest
    }
);
repository_operation!(
    /// Begin an upload, or mount a blob of another repository.
    StartUpload needs ContentWrite {}
);
repository_operation!(
    /// Ask for, append to, finish or cancel an upload. Cancelling is part of pushing: clients hold no right to delete
    /// (data-plane-and-auth.md, 1.5).
    ContinueUpload needs ContentWrite {
        /// Which one, as its `Location` named it.
        upload: String
    }
);

repository_operation!(
    /// Tell of a repository: times, counts, locks.
    ShowRepository needs MetadataRead {}
);
repository_operation!(
    /// Change the locks of a repository.
    ChangeRepository needs MetadataWrite {}
);
repository_operation!(
    /// Delete a repository with everything in it.
    DeleteRepository needs ContentDelete {}
);
repository_operation!(
    /// Tell of each tag.
    ShowTags needs MetadataRead {}
);
repository_operation!(
    /// Tell of a tag.
    ShowTag needs MetadataRead {
        /// Which one.
        tag: Tag
    }
);
repository_operation!(
    /// Change the locks of a tag.
    ChangeTag needs MetadataWrite {
        /// Which one.
        tag: Tag
    }
);
repository_operation!(
    /// Delete a tag and leave its manifest. Azure's pages say `metadata/write`; its clients ask for `delete`, and its service
    /// challenges that (data-plane-and-auth.md, 3.2).
    DeleteTag needs ContentDelete {
        /// Which one.
        tag: Tag
    }
);
repository_operation!(
    /// Tell of each manifest.
    ShowManifests needs MetadataRead {}
);
repository_operation!(
    /// Tell of a manifest.
    ShowManifest needs MetadataRead {
        /// Which one.
        digest: Digest
    }
);
repository_operation!(
    /// Change the locks of a manifest.
    ChangeManifest needs MetadataWrite {
        /// Which one.
        digest: Digest
    }
);

impl Needed for Operation {
    fn needs(&self) -> Needs<'_> {
        match self {
            Self::SignIn(operation) => operation.needs(),
            Self::ListCatalog(operation) => operation.needs(),
            Self::ListTags(operation) => operation.needs(),
            Self::ReadManifest(operation) => operation.needs(),
            Self::WriteManifest(operation) => operation.needs(),
            Self::DeleteManifest(operation) => operation.needs(),
            Self::ListReferrers(operation) => operation.needs(),
            Self::ReadBlob(operation) => operation.needs(),
            Self::DeleteBlob(operation) => operation.needs(),
            Self::StartUpload(operation) => operation.needs(),
            Self::ContinueUpload(operation) => operation.needs(),
            Self::ShowRepository(operation) => operation.needs(),
            Self::ChangeRepository(operation) => operation.needs(),
            Self::DeleteRepository(operation) => operation.needs(),
            Self::ShowTags(operation) => operation.needs(),
            Self::ShowTag(operation) => operation.needs(),
            Self::ChangeTag(operation) => operation.needs(),
            Self::DeleteTag(operation) => operation.needs(),
            Self::ShowManifests(operation) => operation.needs(),
            Self::ShowManifest(operation) => operation.needs(),
            Self::ChangeManifest(operation) => operation.needs(),
        }
    }
}
