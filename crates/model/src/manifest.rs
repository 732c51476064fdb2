//! Manifests: what the registry must know of one before it may keep it.

use crate::digest::Digest;

/// A media type of a manifest that the registry keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ManifestKind {
    /// `application/vnd.oci.image.manifest.v1+json`
    OciImage,
    /// `application/vnd.oci.image.index.v1+json`
    OciIndex,
    /// `application/vnd.docker.distribution.manifest.v2+json`
    DockerImage,
    /// `application/vnd.docker.distribution.manifest.list.v2+json`
    DockerList,
}

impl ManifestKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::OciImage, Self::OciIndex, Self::DockerImage, Self::DockerList];

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::OciImage => "application/vnd.oci.image.manifest.v1+json",
            Self::OciIndex => "application/vnd.oci.image.index.v1+json",
            Self::DockerImage => "application/vnd.docker.distribution.manifest.v2+json",
            Self::DockerList => "application/vnd.docker.distribution.manifest.list.v2+json",
        }
    }

    /// Reads a media type without its parameters; `None` for any other, schema 1 included.
    pub fn parse(media_type: &str) -> Option<Self> {
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        Self::ALL.into_iter().find(|kind| kind.media_type().eq_ignore_ascii_case(essence))
    }

    /// Whether it lists other manifests, rather than a config and layers.
    pub fn is_index(self) -> bool {
        matches!(self, Self::OciIndex | Self::DockerList)
    }
}

/// What a manifest says of itself, read from its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Its media type.
    pub kind: ManifestKind,
    /// Blobs that must be in the repository: config and layers, without those that clients fetch elsewhere.
    pub blobs: Vec<Digest>,
    /// Manifests that must be in the repository: the members of an index.
    pub manifests: Vec<Digest>,
    /// The manifest it refers to, which need not exist.
    pub subject: Option<Digest>,
    /// Its artifact type: what it says, else the config's media type (OCI distribution 1.1, "Listing Referrers").
    pub artifact_type: Option<String>,
    /// The config, of an image.
    pub config: Option<Config>,
    /// What the config says that the image runs on; nothing where it does not say.
    pub platform: Platform,
    /// The size of config and layers together, as the manifest says it; of an index, that of its members' manifests.
    pub content_bytes: u64,
}

/// What an image runs on. Either may be unsaid.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Platform {
    /// Such as `amd64`.
    pub architecture: Option<String>,
    /// Such as `linux`.
    pub os: Option<String>,
}

/// The words of a platform are at most this long, each; longer ones are not kept. Those in use have up to ten letters.
const PLATFORM_BYTES_MAX: usize = 64;

impl Platform {
    /// Keeps what is not empty and not too long.
    pub fn of(architecture: Option<String>, os: Option<String>) -> Self {
        let kept = |word: Option<String>| word.filter(|word| !word.is_empty() && word.len() <= PLATFORM_BYTES_MAX);
        Self { architecture: kept(architecture), os: kept(os) }
    }
}

/// The config of an image, as its manifest names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Its digest.
    pub digest: Digest,
    /// Its media type; `None` when the manifest does not say, or says more than any media type has (RFC 6838, section 4.2).
    pub media_type: Option<String>,
}

/// Type and subtype have at most 127 characters each (RFC 6838, section 4.2).
const MEDIA_TYPE_BYTES_MAX: usize = 255;

impl Config {
    /// A config of this media type.
    pub fn of(digest: Digest, media_type: &str) -> Self {
        let is_kept = !media_type.is_empty() && media_type.len() <= MEDIA_TYPE_BYTES_MAX;
        Self { digest, media_type: is_kept.then(|| media_type.to_owned()) }
    }

    /// Whether it says what its image runs on; those of other artifacts may use the same words for other things.
    pub fn is_of_an_image(&self) -> bool {
        const OF_IMAGES: [&str; 2] =
            ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"];
        self.media_type.as_deref().is_some_and(|media_type| OF_IMAGES.contains(&media_type))
    }
}

/// Layer media types whose bytes need not be in the registry (OCI image specification, layer, "Non-distributable layers").
pub fn is_kept_elsewhere(layer_media_type: &str) -> bool {
    layer_media_type.contains("nondistributable")
        || layer_media_type == "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_read_back() {
        for kind in ManifestKind::ALL {
            assert_eq!(ManifestKind::parse(kind.media_type()), Some(kind));
            assert_eq!(ManifestKind::parse(&format!("{}; charset=utf-8", kind.media_type())), Some(kind));
        }
        assert_eq!(ManifestKind::parse("application/vnd.docker.distribution.manifest.v1+prettyjws"), None);
        assert_eq!(ManifestKind::parse("application/json"), None);
    }

    #[test]
    fn foreign_layers() {
        assert!(is_kept_elsewhere("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"));
        assert!(is_kept_elsewhere("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"));
        assert!(!is_kept_elsewhere("application/vnd.oci.image.layer.v1.tar+gzip"));
    }
}
