//! The configuration: one struct, one TOML file. Unknown keys are refused, and every value is checked where it is read, so
//! that an error names the key and the line.

use crate::issuers::config::{self as issuers, IssuerConfig};
use crate::limits::AUDIT_ENTRIES_MIN;
use crate::proxies::TrustedProxies;
use http::uri::{Authority, Scheme};
use model::arm_name::RegistryName;
use model::expiry_rule::ExpiryRule;
use serde::{Deserialize, Deserializer};
use service::limits::COLLECTION_GRACE;
use service::{AuditSettings, ExpirySetting};
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

const HOUR_SECONDS: u64 = 3600;
const DAY_SECONDS: u64 = 24 * HOUR_SECONDS;

/// Everything that can be set. `config.example.toml` explains the keys; all have defaults.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The data folder. `None` leaves it to the caller, who knows the platform's place for data.
    pub data: Option<PathBuf>,
    /// The address to listen on.
    pub listen: SocketAddr,
    /// Scheme and authority that clients see, such as `https://registry.example`; `None` follows `Host`.
    pub public_url: Option<PublicUrl>,
    /// A registry's login server is `<name>.<domain>`.
    pub domain: Domain,
    /// The registry that any other host name means; `None` means the only one there is.
    #[serde(deserialize_with = "registry_name")]
    pub default_registry: Option<String>,
    /// Proxies in front whose `Client-Cert` and `X-Forwarded-For` headers count, so that each must replace what its clients send under these
    /// names: addresses and networks.
    pub trusted_proxies: TrustedProxies,
    /// Within how many days every credential must end; 0 for no such rule, and without the key what the data folder has.
    #[serde(deserialize_with = "credential_days")]
    pub credential_days_max: ExpirySetting,
    /// How long requests in progress may take after a request to stop.
    pub shutdown_grace_seconds: u64,
    /// TLS on the address to listen on.
    pub tls: TlsConfig,
    /// The log on stderr.
    pub log: LogConfig,
    /// What the audit log keeps.
    pub audit: AuditConfig,
    /// When what nothing needs any more is collected.
    pub collection: CollectionConfig,
    /// OpenID issuers whose tokens count as bearers of the management API.
    #[serde(deserialize_with = "issuers::distinct")]
    pub issuers: Vec<IssuerConfig>,
}

/// `[tls]`: a certificate and its key, or one that the server makes for itself, or neither for no TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsConfig {
    /// The certificate and those between it and its authority, in PEM.
    pub cert: Option<PathBuf>,
    /// The certificate's key, in PEM.
    pub key: Option<PathBuf>,
    /// Make a local authority and a certificate in the data folder.
    pub self_signed: bool,
}

/// `[log]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// For people or for programs.
    pub format: LogFormat,
    /// What is logged, in the words of `tracing-subscriber`'s `EnvFilter`: `info`, or `info,server=debug`.
    pub filter: String,
}

/// `[audit]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditConfig {
    /// Whether reads have entries too.
    pub reads: bool,
    /// How many days an entry is kept.
    pub keep_days: NonZeroU32,
    /// How many entries are kept.
    #[serde(deserialize_with = "audit_entries")]
    pub entries_max: u64,
}

/// `[collection]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CollectionConfig {
    /// Whether the server collects by itself.
    pub enabled: bool,
    /// How many minutes lie between two collections.
    pub every_minutes: NonZeroU32,
    /// How many hours a blob that no manifest needs stays after somebody could last count on it.
    pub grace_hours: NonZeroU32,
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The configuration cannot be used; the message names the key and the line.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct InvalidConfig(String);

/// `http` or `https`, a host, perhaps a port; nothing behind.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PublicUrl(String);

/// A DNS name, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Domain(String);

impl Config {
    /// Reads a TOML text.
    pub fn parse(text: &str) -> Result<Self, InvalidConfig> {
        toml::from_str(text).map_err(|error| InvalidConfig(error.to_string()))
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: None,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 5000)),
            public_url: None,
            domain: Domain("localhost".to_owned()),
            default_registry: None,
            trusted_proxies: TrustedProxies::default(),
            credential_days_max: ExpirySetting::Kept,
            // Below the 30 seconds after which Kubernetes and the 90 after which systemd kill a process.
            shutdown_grace_seconds: 25,
            tls: TlsConfig::default(),
            log: LogConfig::default(),
            audit: AuditConfig::default(),
            collection: CollectionConfig::default(),
            issuers: Vec::new(),
        }
    }
}

impl Default for AuditConfig {
    fn default() -> Self {
        let AuditSettings { reads, kept, entries_max } = AuditSettings::default();
        let days = u32::try_from(kept.as_secs() / DAY_SECONDS).ok().and_then(NonZeroU32::new);
        Self { reads, keep_days: days.unwrap_or(NonZeroU32::MAX), entries_max }
    }
}

impl AuditConfig {
    /// For the service.
    pub(crate) fn settings(&self) -> AuditSettings {
        let kept = Duration::from_secs(u64::from(self.keep_days.get()) * DAY_SECONDS);
        AuditSettings { reads: self.reads, kept, entries_max: self.entries_max }
    }
}

impl Default for CollectionConfig {
    fn default() -> Self {
        let hours = u32::try_from(COLLECTION_GRACE.as_secs() / HOUR_SECONDS).ok().and_then(NonZeroU32::new);
        let every_minutes = NonZeroU32::new(60).unwrap_or(NonZeroU32::MIN);
        Self { enabled: true, every_minutes, grace_hours: hours.unwrap_or(NonZeroU32::MAX) }
    }
}

impl CollectionConfig {
    pub(crate) fn every(&self) -> Duration {
        Duration::from_secs(u64::from(self.every_minutes.get()) * 60)
    }

    pub(crate) fn grace(&self) -> Duration {
        Duration::from_secs(u64::from(self.grace_hours.get()) * HOUR_SECONDS)
    }
}

/// So few would not hold what happens in a minute.
fn audit_entries<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let given = u64::deserialize(from)?;
    if given >= AUDIT_ENTRIES_MIN {
        return Ok(given);
    }
    Err(serde::de::Error::custom(format!("{given} entries are too few: keep {AUDIT_ENTRIES_MIN} or more")))
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".to_owned() }
    }
}

impl PublicUrl {
    /// Without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let refused =
            || format!("'{text}' is not scheme and host, such as https://registry.example or http://10.0.0.5:5000");
        let (scheme, rest) = text.split_once("://").ok_or_else(refused)?;
        let scheme = scheme.to_ascii_lowercase();
        let known = [Scheme::HTTP, Scheme::HTTPS].iter().any(|known| known.as_str() == scheme);
        let authority: Authority = rest.trim_end_matches('/').parse().map_err(|_| refused())?;
        if !known || authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(refused());
        }
        Ok(Self(format!("{scheme}://{}", authority.as_str().to_ascii_lowercase())))
    }
}

impl Domain {
    /// Without a dot at either end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Domain {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        // RFC 1123, section 2.1; 63 characters a label, RFC 1035, section 2.3.4.
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if text.split('.').all(is_label) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(format!("'{text}' is not a domain name, such as localhost or registry.example"))
        }
    }
}

fn registry_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    RegistryName::parse(&text).map(|name| Some(name.as_str().to_owned())).map_err(serde::de::Error::custom)
}

fn credential_days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ExpirySetting, D::Error> {
    let days = u16::deserialize(deserializer)?;
    if days == 0 {
        return Ok(ExpirySetting::Lifted);
    }
    ExpiryRule::within_days(days).map(ExpirySetting::Within).ok_or_else(|| {
        serde::de::Error::custom(format!("{days} is not from 1 to {} days, or 0 for no rule", ExpiryRule::DAYS_MAX))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn the_example_says_the_defaults() -> Result<(), Box<dyn std::error::Error>> {
        let example = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config.example.toml"))?;
        assert_eq!(format!("{:?}", Config::parse(&example)?), format!("{:?}", Config::default()));
        // Every commented key is one that the program knows.
        let uncommented: String =
            example.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line).to_owned() + "\n").collect();
        let full = Config::parse(&uncommented)?;
        assert!(full.data.is_some() && full.public_url.is_some() && full.default_registry.is_some(), "{full:?}");
        assert!(matches!(full.credential_days_max, ExpirySetting::Within(_)), "{full:?}");
        assert!(full.tls.cert.is_some() && full.tls.key.is_some(), "{full:?}");
        let [issuer] = full.issuers.as_slice() else { return Err("the example has one issuer".into()) };
        assert!(issuer.jwks_uri.is_some() && issuer.ca.is_some() && !issuer.rules.required.is_empty(), "{full:?}");
        Ok(())
    }

    #[rstest]
    #[case::unknown_key("listne = 1", "listne")]
    #[case::unknown_key_in_a_table("[log]\nfromat = \"text\"", "fromat")]
    #[case::address("\nlisten = \"nowhere\"", "line 2")]
    #[case::wrong_type("shutdown_grace_seconds = \"soon\"", "shutdown_grace_seconds")]
    #[case::url_with_a_path("public_url = \"https://registry.example/v2\"", "public_url")]
    #[case::url_with_a_user("public_url = \"https://a@registry.example\"", "public_url")]
    #[case::url_of_another_scheme("public_url = \"ftp://registry.example\"", "public_url")]
    #[case::domain("domain = \"-a.example\"", "domain")]
    #[case::registry("default_registry = \"no\"", "'no' is not a registry name")]
    #[case::proxies("trusted_proxies = [\"10.0.0.0/8\", \"proxy.example\"]", "'proxy.example' is not an address")]
    #[case::days("credential_days_max = 36501", "36501 is not from 1 to 36500 days")]
    #[case::days_below_none("credential_days_max = -1", "credential_days_max")]
    #[case::unknown_key_of_tls("[tls]\ncertificate = \"c\"", "certificate")]
    #[case::no_grace("[collection]\ngrace_hours = 0", "grace_hours")]
    #[case::format("[log]\nformat = \"xml\"", "format")]
    fn errors_say_where(#[case] text: &str, #[case] expected: &str) {
        let message = Config::parse(text).map_err(|error| error.to_string()).err().unwrap_or_default();
        assert!(message.contains(expected) && message.contains("line"), "{message}");
    }

    #[rstest]
    #[case::without_the_key("", ExpirySetting::Kept)]
    #[case::no_rule("credential_days_max = 0", ExpirySetting::Lifted)]
    #[case::a_rule("credential_days_max = 90", ExpirySetting::Within(ExpiryRule::within_days(90).expect("a rule")))]
    fn days_of_credentials(#[case] text: &str, #[case] expected: ExpirySetting) {
        assert_eq!(Config::parse(text).map(|config| config.credential_days_max).ok(), Some(expected));
    }

    #[test]
    fn urls_and_names_are_normalised() -> Result<(), InvalidConfig> {
        let config = Config::parse("public_url = \"HTTPS://Hub.Example:8443/\"\ndomain = \"Example.COM\"")?;
        assert_eq!(config.public_url.as_ref().map(PublicUrl::as_str), Some("https://hub.example:8443"));
        assert_eq!(config.domain.as_str(), "example.com");
        Ok(())
    }
}
