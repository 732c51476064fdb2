//! Azure's metadata API of the data plane, `/acr/v1` (swagger 2021-07-01 of Microsoft.ContainerRegistry's data plane). Times are RFC
//! 3339 with seven digits of a second.

use serde::{Deserialize, Serialize};

/// `GET|PATCH /acr/v1/<name>`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Repository {
    /// The login server.
    pub registry: String,
    /// The repository.
    pub image_name: String,
    /// When something first came to it.
    pub created_time: String,
    /// When a manifest or a tag last came or went.
    pub last_update_time: String,
    /// How many manifests.
    pub manifest_count: u64,
    /// How many tags.
    pub tag_count: u64,
    /// What may be done to it.
    pub changeable_attributes: ChangeableAttributes,
}

/// `DELETE /acr/v1/<name>`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeletedRepository {
    /// Their digests.
    pub manifests_deleted: Vec<String>,
    /// Their names.
    pub tags_deleted: Vec<String>,
}

/// `GET /acr/v1/<name>/_tags`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tags {
    /// The login server.
    pub registry: String,
    /// The repository.
    pub image_name: String,
    /// One page of them.
    #[serde(deserialize_with = "crate::list_or_null")]
    pub tags: Vec<Tag>,
}

/// `GET|PATCH /acr/v1/<name>/_tags/<tag>`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OneTag {
    /// The login server.
    pub registry: String,
    /// The repository.
    pub image_name: String,
    /// The tag.
    pub tag: Tag,
}

/// What is told of a tag.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tag {
    /// Its name.
    pub name: String,
    /// The manifest that it points at.
    pub digest: String,
    /// When it was first pushed.
    pub created_time: String,
    /// When it was last pushed.
    pub last_update_time: String,
    /// `false`: of signatures of another kind than those kept as manifests.
    pub signed: bool,
    /// What may be done to it.
    pub changeable_attributes: ChangeableAttributes,
}

/// `GET /acr/v1/<name>/_manifests`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifests {
    /// The login server.
    pub registry: String,
    /// The repository.
    pub image_name: String,
    /// One page of them.
    #[serde(deserialize_with = "crate::list_or_null")]
    pub manifests: Vec<Manifest>,
}

/// `GET|PATCH /acr/v1/<name>/_manifests/<digest>`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OneManifest {
    /// The login server.
    pub registry: String,
    /// The repository.
    pub image_name: String,
    /// The manifest.
    pub manifest: Manifest,
}

/// What is told of a manifest.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Its digest.
    pub digest: String,
    /// The bytes of config and layers together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_size: Option<u64>,
    /// When it was first pushed.
    pub created_time: String,
    /// When it was last pushed.
    pub last_update_time: String,
    /// Such as `amd64`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// Such as `linux`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// The members of an index; absent in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub references: Option<Vec<ManifestReference>>,
    /// Its media type.
    pub media_type: String,
    /// That of its config.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_media_type: Option<String>,
    /// The tags that point at it; absent when none does.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "crate::list_or_null")]
    pub tags: Vec<String>,
    /// What may be done to it.
    pub changeable_attributes: ChangeableAttributes,
}

/// A member of an index.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ManifestReference {
    /// Its digest.
    pub digest: String,
    /// Such as `amd64`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// Such as `linux`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
}

/// What may be done to a repository, a manifest or a tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeableAttributes {
    /// Be deleted.
    pub delete_enabled: bool,
    /// Be pushed to, pointed elsewhere, deleted.
    pub write_enabled: bool,
    /// Be pulled.
    pub read_enabled: bool,
    /// Be listed.
    pub list_enabled: bool,
}

/// The body of a PATCH. What is absent or `null` stays; a member that is not here would change nothing and is an error.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AttributesChange {
    /// Whether it may be deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_enabled: Option<bool>,
    /// Whether it may be pushed to, pointed elsewhere, deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_enabled: Option<bool>,
    /// Whether it may be pulled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_enabled: Option<bool>,
    /// Whether it is listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_enabled: Option<bool>,
}
