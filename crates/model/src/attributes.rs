//! What is told of repositories, manifests and tags beside their content: times, counts, sizes, locks.

use crate::digest::Digest;
use crate::locks::Locks;
use crate::manifest::{ManifestKind, Platform};
use crate::reference::Tag;
use crate::timestamp::Timestamp;

/// Of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryAttributes {
    /// When the first blob or manifest came.
    pub created_at: Timestamp,
    /// When a manifest or a tag last came or went.
    pub updated_at: Timestamp,
    /// Manifests, those without a tag included.
    pub manifests: u64,
    /// Tags.
    pub tags: u64,
    /// Its own.
    pub locks: Locks,
}

/// Of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagAttributes {
    /// The tag.
    pub name: Tag,
    /// The manifest that it points at.
    pub digest: Digest,
    /// When it was first pushed.
    pub created_at: Timestamp,
    /// When it was last pushed.
    pub updated_at: Timestamp,
    /// Its own.
    pub locks: Locks,
}

/// Of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestAttributes {
    /// Its digest.
    pub digest: Digest,
    /// The media type it was pushed with.
    pub kind: ManifestKind,
    /// As [`crate::manifest::Manifest::content_bytes`]; `None` for one that was pushed before this was kept.
    pub content_bytes: Option<u64>,
    /// When it was first pushed.
    pub created_at: Timestamp,
    /// When it was last pushed.
    pub updated_at: Timestamp,
    /// What its config says that it runs on.
    pub platform: Platform,
    /// The media type of its config.
    pub config_media_type: Option<String>,
    /// The tags that point at it and may be listed, in byte order.
    pub tags: Vec<Tag>,
    /// Its own.
    pub locks: Locks,
}

/// The order of a list of tags or manifests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ListOrder {
    /// By name, or by digest, in byte order.
    #[default]
    Name,
    /// Last pushed first.
    NewestFirst,
    /// Last pushed last.
    OldestFirst,
}

/// Where in a list of tags or manifests to begin.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListPlace {
    /// The order of the list.
    pub order: ListOrder,
    /// Behind this tag or digest. One that is not there has a place among names, and none in time: without `at`, the list begins anew.
    pub after: Option<String>,
    /// When that one had last been pushed when it was listed. It may be pushed again or deleted before the next page is asked for.
    pub at: Option<Timestamp>,
}
