//! OCI distribution and image specifications: error bodies, lists, manifests, indexes.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `{"errors":[…]}` (OCI distribution 1.1, "Error Codes").
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Errors {
    /// At least one.
    pub errors: Vec<Error>,
}

/// One error.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Error {
    /// Such as `MANIFEST_UNKNOWN`.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// Whatever else helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<serde_json::Value>,
}

/// In the detail of `UNAUTHORIZED`: an action that the request needs (azure/data-plane/wire-observations.md).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct NeededAction {
    /// `repository` or `registry`
    #[serde(rename = "Type")]
    pub kind: String,
    /// Empty.
    pub class: String,
    /// Of which repository.
    pub name: String,
    /// As in a scope: `pull`, `push`.
    pub action: String,
}

/// `GET /v2/<name>/tags/list`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TagList {
    /// The repository.
    pub name: String,
    /// In byte order.
    pub tags: Vec<String>,
}

/// `GET /v2/_catalog`
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Catalog {
    /// In byte order.
    #[serde(deserialize_with = "crate::list_or_null")]
    pub repositories: Vec<String>,
}

/// The names of members that are not read here. Their values are passed over.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct MemberNames(BTreeMap<String, serde::de::IgnoredAny>);

impl MemberNames {
    /// Each once.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// A descriptor (OCI image specification, descriptor).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// The media type of what it points at.
    #[serde(default)]
    pub media_type: String,
    /// The digest of what it points at.
    pub digest: String,
    /// Its size in bytes.
    pub size: u64,
    /// Where else the bytes are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// The artifact type, in lists of referrers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// Annotations, in lists of referrers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
    /// Members of other names.
    #[serde(flatten, skip_serializing)]
    pub others: MemberNames,
}

/// What the registry reads of any manifest: image or index, OCI or Docker. Everything else is kept as bytes, unread.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// 2 in every kind that is kept.
    #[serde(default)]
    pub schema_version: u64,
    /// What it says it is; must agree with the Content-Type it is pushed with.
    #[serde(default)]
    pub media_type: Option<String>,
    /// The artifact type.
    #[serde(default)]
    pub artifact_type: Option<String>,
    /// The config, of an image.
    #[serde(default)]
    pub config: Option<Descriptor>,
    /// The layers, of an image.
    #[serde(default)]
    pub layers: Option<Vec<Descriptor>>,
    /// The members, of an index.
    #[serde(default)]
    pub manifests: Option<Vec<Descriptor>>,
    /// Layers of schema 1, which is refused.
    #[serde(default)]
    pub fs_layers: Option<serde_json::Value>,
    /// What it refers to.
    #[serde(default)]
    pub subject: Option<Descriptor>,
    /// Annotations.
    #[serde(default)]
    pub annotations: Option<BTreeMap<String, String>>,
    /// Members of other names.
    #[serde(flatten)]
    pub others: MemberNames,
}

/// What a config says that its image runs on (OCI image specification, config; Docker's has the same), and an index of its members.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Platform {
    /// Such as `amd64`.
    #[serde(default)]
    pub architecture: Option<String>,
    /// Such as `linux`.
    #[serde(default)]
    pub os: Option<String>,
    /// Which of the architecture, such as `v8`.
    #[serde(default)]
    pub variant: Option<String>,
}

/// What the members of an index run on, as it says.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct IndexPlatforms {
    /// In the order of the index.
    #[serde(default)]
    pub manifests: Vec<MemberPlatform>,
}

/// One member.
#[derive(Debug, Clone, Deserialize)]
pub struct MemberPlatform {
    /// Its digest.
    pub digest: String,
    /// What it runs on.
    #[serde(default)]
    pub platform: Option<Platform>,
}

/// An index, as the list of referrers is one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// 2.
    pub schema_version: u64,
    /// `application/vnd.oci.image.index.v1+json`
    pub media_type: String,
    /// The referrers.
    pub manifests: Vec<Descriptor>,
}
