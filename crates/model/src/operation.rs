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

    /// What it is called in the audit log, such as `manifest/write`.
    fn called(&self) -> &'static str;

    /// On what in its repository: a tag, a digest, an upload. `None` where that is the repository itself, or nothing.
    fn target(&self) -> Option<String>;

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
    ($(#[$doc:meta])* $name:ident, $called:literal, needs $action:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),* }) => {
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

            fn called(&self) -> &'static str {
                $called
            }

            fn target(&self) -> Option<String> {
                let target: Option<String> = None;
                $(let target = target.or_else(|| Some(self.$field.to_string()));)*
                target
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

    fn called(&self) -> &'static str {
        crate::audit::actions::SIGN_IN
    }

    fn target(&self) -> Option<String> {
        None
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

    fn called(&self) -> &'static str {
        "catalog/list"
    }

    fn target(&self) -> Option<String> {
        None
    }
}

impl From<ListCatalog> for Operation {
    fn from(operation: ListCatalog) -> Self {
        Self::ListCatalog(operation)
    }
}

repository_operation!(
    /// List tags.
    ListTags, "tags/list", needs MetadataRead {}
);
repository_operation!(
    /// Read a manifest.
    ReadManifest, "manifest/read", needs ContentRead {
        /// Which one.
        reference: Reference
    }
);
repository_operation!(
    /// Write a manifest, and the tag when one is named.
    WriteManifest, "manifest/write", needs ContentWrite {
        /// Under which tag, or as which digest.
        reference: Reference
    }
);
repository_operation!(
    /// Delete a manifest with its tags, or one tag.
    DeleteManifest, "manifest/delete", needs ContentDelete {
        /// Which one.
        reference: Reference
    }
);
repository_operation!(
    /// List the manifests whose subject is the given one.
    ListReferrers, "referrers/list", needs ContentRead {
        /// The subject.
        subject: Digest
    }
);
repository_operation!(
    /// Read a blob. Also what a mount needs on its source.
    ReadBlob, "blob/read", needs ContentRead {
        /// Which one.
        digest: Digest
    }
);
repository_operation!(
    /// Take a blob out of the repository.
    DeleteBlob, "blob/delete", needs ContentDelete {
        /// Which one.
        digest: Digest
    }
);
repository_operation!(
    /// Begin an upload, or mount a blob of another repository.
    StartUpload, "upload/start", needs ContentWrite {}
);
repository_operation!(
    /// Ask for, append to, finish or cancel an upload. Cancelling is part of pushing: clients hold no right to delete
    /// (data-plane-and-auth.md, 1.5).
    ContinueUpload, "upload/continue", needs ContentWrite {
        /// Which one, as its `Location` named it.
        upload: String
    }
);

repository_operation!(
    /// Tell of a repository: times, counts, locks.
    ShowRepository, "repository/read", needs MetadataRead {}
);
repository_operation!(
    /// Change the locks of a repository.
    ChangeRepository, "repository/lock", needs MetadataWrite {}
);
repository_operation!(
    /// Delete a repository with everything in it.
    DeleteRepository, "repository/delete", needs ContentDelete {}
);
repository_operation!(
    /// Tell of each tag.
    ShowTags, "tags/read", needs MetadataRead {}
);
repository_operation!(
    /// Tell of a tag.
    ShowTag, "tag/read", needs MetadataRead {
        /// Which one.
        tag: Tag
    }
);
repository_operation!(
    /// Change the locks of a tag.
    ChangeTag, "tag/lock", needs MetadataWrite {
        /// Which one.
        tag: Tag
    }
);
repository_operation!(
    /// Delete a tag and leave its manifest. Azure's pages say `metadata/write`; its clients ask for `delete`, and its service
    /// challenges that (data-plane-and-auth.md, 3.2).
    DeleteTag, "tag/delete", needs ContentDelete {
        /// Which one.
        tag: Tag
    }
);
repository_operation!(
    /// Tell of each manifest.
    ShowManifests, "manifests/read", needs MetadataRead {}
);
repository_operation!(
    /// Tell of a manifest.
    ShowManifest, "manifest/show", needs MetadataRead {
        /// Which one.
        digest: Digest
    }
);
repository_operation!(
    /// Change the locks of a manifest.
    ChangeManifest, "manifest/lock", needs MetadataWrite {
        /// Which one.
        digest: Digest
    }
);

impl Operation {
    fn as_needed(&self) -> &dyn Needed {
        match self {
            Self::SignIn(operation) => operation,
            Self::ListCatalog(operation) => operation,
            Self::ListTags(operation) => operation,
            Self::ReadManifest(operation) => operation,
            Self::WriteManifest(operation) => operation,
            Self::DeleteManifest(operation) => operation,
            Self::ListReferrers(operation) => operation,
            Self::ReadBlob(operation) => operation,
            Self::DeleteBlob(operation) => operation,
            Self::StartUpload(operation) => operation,
            Self::ContinueUpload(operation) => operation,
            Self::ShowRepository(operation) => operation,
            Self::ChangeRepository(operation) => operation,
            Self::DeleteRepository(operation) => operation,
            Self::ShowTags(operation) => operation,
            Self::ShowTag(operation) => operation,
            Self::ChangeTag(operation) => operation,
            Self::DeleteTag(operation) => operation,
            Self::ShowManifests(operation) => operation,
            Self::ShowManifest(operation) => operation,
            Self::ChangeManifest(operation) => operation,
        }
    }
}

impl Needed for Operation {
    fn needs(&self) -> Needs<'_> {
        self.as_needed().needs()
    }

    fn called(&self) -> &'static str {
        self.as_needed().called()
    }

    fn target(&self) -> Option<String> {
        self.as_needed().target()
    }
}
