//! Registries: what holds repositories, scope maps and tokens.

use crate::caller::SystemData;
use crate::resource_id::RegistryId;
use crate::retention::UntaggedPolicy;
use crate::timestamp::Timestamp;
use std::collections::BTreeMap;

/// The store's own name for a registry; never given to another one, also after a delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistryKey(pub i64);

/// A registry as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry {
    /// The store's own name for it.
    pub key: RegistryKey,
    /// Its resource id.
    pub id: RegistryId,
    /// Where it says it is, such as `westus`.
    pub location: String,
    /// The tier it says it has. No limit follows from it here (decision D7).
    pub sku: Sku,
    /// Tags of the management plane (not image tags).
    pub labels: BTreeMap<String, String>,
    /// Whether its admin user may sign in.
    pub admin_user_enabled: bool,
    /// Whether whoever asks may pull without signing in.
    pub anonymous_pull_enabled: bool,
    /// What the retention rule for all of its repositories says of manifests without a tag; `None` when they stay.
    pub untagged: Option<UntaggedPolicy>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made and last changed it.
    pub system_data: SystemData,
}

/// The tiers that a registry can say it has (swagger, SkuName).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sku {
    /// The tier of registries before 2017.
    Classic,
    /// Basic.
    Basic,
    /// Standard.
    Standard,
    /// Premium.
    Premium,
}

impl Sku {
    /// Every tier.
    pub const ALL: [Self; 4] = [Self::Classic, Self::Basic, Self::Standard, Self::Premium];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Classic => "Classic",
            Self::Basic => "Basic",
            Self::Standard => "Standard",
            Self::Premium => "Premium",
        }
    }

    /// Reads the name without regard to case; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sku| sku.as_str().eq_ignore_ascii_case(text))
    }
}
