//! What a manifest's bytes say, for people: its parts, what runs on what, what refers to what. Pure.

use serde_json::Value;
use wire::oci::{Descriptor, IndexPlatforms, Manifest, Platform};

/// Media types of configs of images (OCI image specification; Docker image manifest version 2, schema 2).
const IMAGE_CONFIGS: [&str; 2] =
    ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"];

/// The config of an artifact that has none (OCI image specification, "Guidance for an Empty Descriptor").
const EMPTY_CONFIG: &str = "application/vnd.oci.empty.v1+json";

/// Docker's layers that nobody may hand on: a registry need not hold them. OCI's say `nondistributable` (OCI image specification, layer).
const FOREIGN_LAYER: &str = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";

/// What a manifest is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Image,
    Index,
    /// Anything else, of a type where it says one.
    Artifact(Option<String>),
}

impl Kind {
    /// By what a registry tells without the manifest itself.
    pub(super) fn told(media_type: &str, config: Option<&str>) -> Self {
        match config {
            _ if is_index(media_type) => Self::Index,
            None | Some("") => Self::Image,
            Some(config) if IMAGE_CONFIGS.contains(&config) => Self::Image,
            Some(EMPTY_CONFIG) => Self::Artifact(None),
            Some(config) => Self::Artifact(Some(config.to_owned())),
        }
    }

    /// `image`, `index` or `artifact`
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Index => "index",
            Self::Artifact(_) => "artifact",
        }
    }

    /// The artifact type where there is one, else the name.
    pub(super) fn shown(&self) -> &str {
        match self {
            Self::Artifact(Some(artifact_type)) => artifact_type,
            other => other.name(),
        }
    }
}

/// A part that a manifest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) digest: String,
    pub(super) bytes: u64,
    pub(super) media_type: String,
    /// Whether the registry need not hold it: clients fetch it elsewhere.
    pub(super) is_elsewhere: bool,
    /// What it runs on, of a member of an index.
    pub(super) platform: Option<String>,
}

/// A manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ManifestBody {
    pub(super) bytes: u64,
    pub(super) kind: Kind,
    pub(super) artifact_type: Option<String>,
    pub(super) config: Option<Part>,
    pub(super) layers: Vec<Part>,
    /// The manifests of an index.
    pub(super) members: Vec<Part>,
    /// The blobs of an index, such as of BuildKit's cache.
    pub(super) other_blobs: Vec<Part>,
    pub(super) subject: Option<String>,
}

impl ManifestBody {
    /// Reads one that was pushed as `media_type`; `None` where it is not to be read.
    pub(super) fn read(media_type: &str, bytes: &[u8]) -> Option<Self> {
        let shape: Manifest = serde_json::from_slice(bytes).ok()?;
        let part = |descriptor: &Descriptor| Part {
            digest: descriptor.digest.clone(),
            bytes: descriptor.size,
            media_type: descriptor.media_type.clone(),
            is_elsewhere: !descriptor.urls.is_empty()
                || descriptor.media_type.contains("nondistributable")
                || descriptor.media_type == FOREIGN_LAYER,
            platform: None,
        };
        let parts = |list: &Option<Vec<Descriptor>>| list.iter().flatten().map(part).collect::<Vec<_>>();
        // By position: an index may name one manifest for several platforms.
        let platforms = platforms(bytes).into_iter().chain(std::iter::repeat(None));
        let named =
            parts(&shape.manifests).into_iter().zip(platforms).map(|(part, platform)| Part { platform, ..part });
        let (members, other_blobs) = named.partition(|member| is_manifest(&member.media_type));
        let says = shape.artifact_type.filter(|text| !text.is_empty());
        let config = shape.config.as_ref().map(part);
        let told = Kind::told(media_type, config.as_ref().map(|config| config.media_type.as_str()));
        let kind = match (&says, told) {
            (Some(says), Kind::Image | Kind::Artifact(_)) => Kind::Artifact(Some(says.clone())),
            (_, told) => told,
        };
        let artifact_type = says.or(match &kind {
            Kind::Artifact(artifact_type) => artifact_type.clone(),
            Kind::Image | Kind::Index => None,
        });
        Some(Self {
            bytes: bytes.len() as u64,
            kind,
            artifact_type,
            config,
            layers: parts(&shape.layers),
            members,
            other_blobs,
            subject: shape.subject.map(|subject| subject.digest),
        })
    }

    /// The blobs that it needs and the registry holds, each perhaps several times.
    pub(super) fn blobs(&self) -> impl Iterator<Item = &Part> {
        let all = self.config.iter().chain(&self.layers).chain(&self.other_blobs);
        all.filter(|part| !part.is_elsewhere)
    }
}

/// Whether it is the media type of an index.
pub(super) fn is_index(media_type: &str) -> bool {
    matches!(
        media_type,
        "application/vnd.oci.image.index.v1+json" | "application/vnd.docker.distribution.manifest.list.v2+json"
    )
}

fn is_manifest(media_type: &str) -> bool {
    // A member that says nothing is a manifest (OCI distribution 1.1 leaves it open; registries take it so).
    media_type.is_empty()
        || is_index(media_type)
        || matches!(
            media_type,
            "application/vnd.oci.image.manifest.v1+json" | "application/vnd.docker.distribution.manifest.v2+json"
        )
}

/// What each member of an index runs on, in their order.
fn platforms(bytes: &[u8]) -> Vec<Option<String>> {
    let read: IndexPlatforms = serde_json::from_slice(bytes).unwrap_or_default();
    read.manifests.into_iter().map(|member| platform(member.platform?)).collect()
}

/// `linux/arm64/v8`; `None` where nothing is said, or as BuildKit says it of its attestations.
fn platform(Platform { architecture, os, variant }: Platform) -> Option<String> {
    let words: Vec<String> =
        [os, architecture, variant].into_iter().flatten().filter(|word| !word.is_empty()).collect();
    let says_nothing = words.iter().all(|word| word == "unknown");
    (!says_nothing).then(|| words.join("/"))
}

/// The same from what a registry tells of a manifest.
pub(super) fn told_platform(os: Option<&str>, architecture: Option<&str>) -> Option<String> {
    platform(Platform { architecture: architecture.map(str::to_owned), os: os.map(str::to_owned), variant: None })
}

impl Part {
    /// For programs.
    pub(super) fn to_json(&self) -> Value {
        let mut value =
            serde_json::json!({ "digest": self.digest, "mediaType": self.media_type, "sizeBytes": self.bytes });
        if let Some(platform) = &self.platform {
            value["platform"] = Value::String(platform.clone());
        }
        if self.is_elsewhere {
            value["keptElsewhere"] = Value::Bool(true);
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
    const INDEX: &str = "application/vnd.oci.image.index.v1+json";

    #[rstest]
    #[case(json!({ "config": { "mediaType": IMAGE_CONFIGS[0], "digest": "d", "size": 1 } }), "image", None)]
    #[case(json!({ "config": { "mediaType": EMPTY_CONFIG, "digest": "d", "size": 2 } }), "artifact", None)]
    #[case(
        json!({ "artifactType": "a/b", "config": { "mediaType": EMPTY_CONFIG, "digest": "d", "size": 2 } }),
        "a/b",
        Some("a/b")
    )]
    #[case(json!({ "artifactType": "a/b", "config": { "mediaType": IMAGE_CONFIGS[1], "digest": "d", "size": 1 } }), "a/b", Some("a/b"))]
    #[case(json!({ "config": { "mediaType": "x/chart", "digest": "d", "size": 1 } }), "x/chart", Some("x/chart"))]
    fn kinds(#[case] manifest: Value, #[case] shown: &str, #[case] artifact_type: Option<&str>) {
        let body = ManifestBody::read(IMAGE, manifest.to_string().as_bytes()).unwrap();
        assert_eq!((body.kind.shown(), body.artifact_type.as_deref()), (shown, artifact_type));
    }

    #[test]
    fn an_index_has_members_with_platforms_and_may_have_blobs() {
        let index = json!({ "artifactType": "a/b", "manifests": [
            { "mediaType": IMAGE, "digest": "one", "size": 3, "platform": { "os": "linux", "architecture": "arm64", "variant": "v8" } },
            { "mediaType": IMAGE, "digest": "two", "size": 4, "platform": { "os": "unknown", "architecture": "unknown" } },
            { "mediaType": "x/cache", "digest": "three", "size": 5 },
            { "mediaType": "", "digest": "four", "size": 6 },
            { "mediaType": IMAGE, "digest": "one", "size": 3, "platform": { "os": "linux", "architecture": "amd64" } },
        ] });
        let body = ManifestBody::read(INDEX, index.to_string().as_bytes()).unwrap();
        let members: Vec<_> = body.members.iter().map(|it| (it.digest.as_str(), it.platform.as_deref())).collect();
        let expected = [("one", Some("linux/arm64/v8")), ("two", None), ("four", None), ("one", Some("linux/amd64"))];
        assert_eq!(members, expected);
        assert_eq!(body.blobs().map(|it| it.digest.as_str()).collect::<Vec<_>>(), ["three"]);
        assert_eq!((body.kind, body.artifact_type.as_deref()), (Kind::Index, Some("a/b")));
    }

    #[test]
    fn what_a_registry_need_not_hold_is_no_blob_of_its() {
        let layer = |media_type: &str, urls: &[&str]| json!({ "mediaType": media_type, "digest": media_type, "size": 1, "urls": urls });
        let layers = [
            layer("application/vnd.oci.image.layer.v1.tar", &[]),
            layer("application/vnd.oci.image.layer.nondistributable.v1.tar", &[]),
            layer("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", &[]),
            layer("x/y", &["https://elsewhere.example"]),
        ];
        let manifest =
            json!({ "config": { "mediaType": IMAGE_CONFIGS[0], "digest": "d", "size": 1 }, "layers": layers });
        let body = ManifestBody::read(IMAGE, manifest.to_string().as_bytes()).unwrap();
        assert_eq!((body.blobs().count(), body.layers.len()), (2, 4));
    }

    #[rstest]
    #[case(b"{")]
    #[case(br#"{"layers":"none"}"#)]
    fn what_cannot_be_read_is_none(#[case] bytes: &[u8]) {
        assert_eq!(ManifestBody::read(IMAGE, bytes), None);
    }
}
