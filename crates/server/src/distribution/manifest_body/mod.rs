//! What a manifest's bytes say, or why they may not be kept. Pure.
//!
//! A manifest must have one reading. What another client could read otherwise (members twice, or told apart by their case alone,
//! a config beside a list of manifests, a media type that disagrees) is refused (GHSA-qq97-vm5h-rrhg, GHSA-5j5w-g665-5m35).

use model::digest::{Digest, InvalidDigest};
use model::manifest::{Config, Manifest, ManifestKind, Platform, is_kept_elsewhere};
use std::collections::BTreeSet;
use wire::oci::{self, Descriptor, MemberNames};

/// Why a manifest is not kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum InvalidManifest {
    /// Not JSON, or not of the shape.
    #[error("the manifest cannot be read: {0}")]
    Shape(#[from] serde_json::Error),
    /// A name that Go's decoder takes for another one.
    #[error("the manifest has a member '{0}', which some clients read as '{1}': write it as '{1}', once")]
    Case(String, &'static str),
    /// Docker's first schema.
    #[error("manifests of schema version 1 are not kept: push it as application/vnd.oci.image.manifest.v1+json")]
    SchemaOne,
    /// Any other schema version.
    #[error("schemaVersion is {0}, and must be 2")]
    SchemaVersion(u64),
    /// What it says it is, and what it was pushed as.
    #[error("mediaType is {said}, and the Content-Type {pushed}: they must be the same")]
    MediaType {
        /// In the body.
        said: String,
        /// In the header.
        pushed: &'static str,
    },
    /// An image that lists manifests, or an index that has a config or layers.
    #[error("{0} has {1}, which only {2} may have: one manifest must not have two readings")]
    TwoReadings(&'static str, &'static str, &'static str),
    /// An image without a config.
    #[error("an image manifest must have a config")]
    ConfigMissing,
    /// A descriptor whose digest is none.
    #[error("{place}: {error}")]
    Digest {
        /// Such as `layers[2].digest`.
        place: String,
        /// What is wrong.
        error: InvalidDigest,
    },
}

/// Reads a manifest that was pushed as `kind`.
pub(super) fn read(kind: ManifestKind, bytes: &[u8]) -> Result<Manifest, InvalidManifest> {
    let shape = shape_of(bytes)?;
    check_case(&shape)?;
    if shape.schema_version == 1 || shape.fs_layers.is_some() {
        return Err(InvalidManifest::SchemaOne);
    }
    if shape.schema_version != 2 {
        return Err(InvalidManifest::SchemaVersion(shape.schema_version));
    }
    match &shape.media_type {
        Some(said) if !said.is_empty() && said != kind.media_type() => {
            Err(InvalidManifest::MediaType { said: said.clone(), pushed: kind.media_type() })
        }
        _ if kind.is_index() => index(kind, &shape),
        _ => image(kind, &shape),
    }
}

/// The shape of a manifest, unjudged. Members twice are refused, and so is nesting beyond 128 levels.
pub(super) fn shape_of(bytes: &[u8]) -> Result<oci::Manifest, serde_json::Error> {
    serde_json::from_slice(bytes)
}

/// What it says, else the media type of its config (OCI distribution 1.1, "Listing Referrers").
pub(super) fn artifact_type(shape: &oci::Manifest) -> Option<String> {
    let config = || shape.config.as_ref().map(|config| config.media_type.clone());
    shape.artifact_type.clone().filter(|text| !text.is_empty()).or_else(config).filter(|text| !text.is_empty())
}

/// What a config says that its image runs on; nothing when it does not say so in the way that images do.
pub(super) fn platform(config: &[u8]) -> Platform {
    platform_of(serde_json::from_slice(config).ok())
}

/// The digests of the members of an index, and what it says that each runs on. It was read when it was pushed; of what is not
/// readable here, such as a platform of another shape, nothing is told.
pub(super) fn members(index: &[u8]) -> Vec<(String, Platform)> {
    let read: oci::IndexPlatforms = serde_json::from_slice(index).unwrap_or_default();
    read.manifests.into_iter().map(|member| (member.digest, platform_of(member.platform))).collect()
}

fn platform_of(said: Option<oci::Platform>) -> Platform {
    said.map_or_else(Platform::default, |said| Platform::of(said.architecture, said.os))
}

fn image(kind: ManifestKind, shape: &oci::Manifest) -> Result<Manifest, InvalidManifest> {
    if shape.manifests.is_some() {
        return Err(InvalidManifest::TwoReadings("an image manifest", "manifests", "an index"));
    }
    let config = shape.config.as_ref().ok_or(InvalidManifest::ConfigMissing)?;
    let mut blobs = Contents::default();
    let config = Config::of(digest(config, "config")?, &config.media_type);
    blobs.add(config.digest.clone());
    for (position, layer) in layers(shape).iter().enumerate() {
        let digest = digest(layer, &format!("layers[{position}]"))?;
        if !is_elsewhere(layer) {
            blobs.add(digest);
        }
    }
    Ok(Manifest { config: Some(config), ..manifest(kind, shape, blobs, Contents::default())? })
}

fn index(kind: ManifestKind, shape: &oci::Manifest) -> Result<Manifest, InvalidManifest> {
    for (present, name) in [(shape.config.is_some(), "config"), (shape.layers.is_some(), "layers")] {
        if present {
            return Err(InvalidManifest::TwoReadings("an index", name, "an image manifest"));
        }
    }
    let (mut blobs, mut manifests) = (Contents::default(), Contents::default());
    for (position, member) in shape.manifests.iter().flatten().enumerate() {
        let digest = digest(member, &format!("manifests[{position}]"))?;
        if member.media_type.is_empty() || ManifestKind::parse(&member.media_type).is_some() {
            manifests.add(digest);
        } else if !is_elsewhere(member) {
            // BuildKit's cache is an index whose members are layers.
            blobs.add(digest);
        }
    }
    manifest(kind, shape, blobs, manifests)
}

fn manifest(
    kind: ManifestKind,
    shape: &oci::Manifest,
    blobs: Contents,
    manifests: Contents,
) -> Result<Manifest, InvalidManifest> {
    let subject = shape.subject.as_ref().map(|subject| digest(subject, "subject")).transpose()?;
    Ok(Manifest {
        kind,
        blobs: blobs.digests,
        manifests: manifests.digests,
        subject,
        artifact_type: artifact_type(shape),
        config: None,
        platform: Platform::default(),
        content_bytes: content_bytes(shape),
    })
}

/// As the manifest says it, which nothing has checked.
fn content_bytes(shape: &oci::Manifest) -> u64 {
    let listed = layers(shape).iter().chain(shape.manifests.iter().flatten()).chain(&shape.config);
    // What a signed column can hold.
    listed.fold(0_u64, |sum, part| sum.saturating_add(part.size)).min(i64::MAX.unsigned_abs())
}

/// Digests, each once, in the order of the manifest.
#[derive(Default)]
struct Contents {
    digests: Vec<Digest>,
    known: BTreeSet<Digest>,
}

impl Contents {
    fn add(&mut self, digest: Digest) {
        if self.known.insert(digest.clone()) {
            self.digests.push(digest);
        }
    }
}

fn layers(shape: &oci::Manifest) -> &[Descriptor] {
    // Go writes an empty list that was never made as null.
    shape.layers.as_deref().unwrap_or_default()
}

fn is_elsewhere(descriptor: &Descriptor) -> bool {
    !descriptor.urls.is_empty() || is_kept_elsewhere(&descriptor.media_type)
}

fn digest(descriptor: &Descriptor, place: &str) -> Result<Digest, InvalidManifest> {
    Digest::parse(&descriptor.digest)
        .map_err(|error| InvalidManifest::Digest { place: format!("{place}.digest"), error })
}

const MANIFEST_MEMBERS: &[&str] = &[
    "schemaVersion",
    "mediaType",
    "artifactType",
    "config",
    "layers",
    "manifests",
    "fsLayers",
    "subject",
    "annotations",
];
const DESCRIPTOR_MEMBERS: &[&str] = &["mediaType", "digest", "size", "urls", "artifactType", "annotations"];

/// Go's decoder, and so most clients, take `Layers` for `layers`, and the later of the two wins.
fn check_case(shape: &oci::Manifest) -> Result<(), InvalidManifest> {
    no_variant(&shape.others, MANIFEST_MEMBERS)?;
    let lists = [shape.layers.as_deref(), shape.manifests.as_deref()];
    let listed = lists.into_iter().flatten().flatten();
    let descriptors = listed.chain(&shape.config).chain(&shape.subject);
    descriptors.into_iter().try_for_each(|descriptor| no_variant(&descriptor.others, DESCRIPTOR_MEMBERS))
}

fn no_variant(names: &MemberNames, members: &[&'static str]) -> Result<(), InvalidManifest> {
    // Of what folds to an ASCII letter, Unicode has two more characters, and Go folds them too.
    let fold = |name: &str| name.replace('ſ', "s").replace('\u{212a}', "k").to_ascii_lowercase();
    for name in names.iter() {
        let folded = fold(name);
        if let Some(member) = members.iter().find(|member| member.eq_ignore_ascii_case(&folded)) {
            return Err(InvalidManifest::Case(name.to_owned(), member));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
