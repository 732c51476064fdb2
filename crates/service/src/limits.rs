//! Everything that can grow has a limit here: named, with its unit, its default and the reason for it (decision D11).

use std::fmt;
use std::time::Duration;

/// A limit that a request would pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// What is limited, in the words of a user.
    pub what: &'static str,
    /// How much is allowed.
    pub max: u64,
    /// Of what.
    pub unit: &'static str,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} may have at most {} {}", self.what, self.max, self.unit)
    }
}

/// A manifest: 4 MiB, what OCI distribution 1.1 asks a registry to take at least and what Azure takes.
pub const MANIFEST_BYTES: Limit = Limit { what: "a manifest", max: 4 << 20, unit: "bytes" };

/// Tags that one push of a manifest may set beside its digest; the specification wants ten at least, and a build has a version or two
/// under some names each.
pub const TAGS_OF_A_PUSH: Limit = Limit { what: "a push", max: 100, unit: "tags" };

/// The config of an image is read for what it runs on when it has at most this many bytes: as many as its manifest may have. Those of
/// large images have some 50 KiB.
pub const CONFIG_BYTES_READ_MAX: u64 = 4 << 20;

/// A blob: 200 GiB, Azure's limit for a layer.
pub const BLOB_BYTES: Limit = Limit { what: "a blob", max: 200 << 30, unit: "bytes" };

/// Entries of a scope map: 500, Azure's figure.
pub const SCOPE_MAP_ACTIONS: Limit = Limit { what: "a scope map", max: 500, unit: "actions" };

/// A certificate of a token: 16 KiB. Those in use have one to three, and 64 KiB is what a TLS library takes for a whole chain.
pub const CERTIFICATE_BYTES: Limit = Limit { what: "a certificate", max: 16 << 10, unit: "bytes" };

/// Tokens of a registry: two million. A million was measured (docs/benchmarks.md); Azure's Premium figure is 50,000.
pub const TOKENS: Limit = Limit { what: "a registry", max: 2_000_000, unit: "tokens" };

/// Scope maps of a registry: as many as tokens, since `az acr token create --repository` makes one for each; the system's are not
/// counted.
pub const SCOPE_MAPS: Limit = Limit { what: "a registry", max: 2_000_000, unit: "scope maps" };

/// Repositories among which a mount that names none looks for the blob: enough to find common base layers, few enough to be asked one by
/// one whether the caller may read them.
pub const MOUNT_SOURCES: usize = 100;

/// Uploads that one token may have open in one registry: a client that forgets to finish them must not fill the disk.
pub const OPEN_UPLOADS: Limit = Limit { what: "a token", max: 1_000, unit: "open uploads in a registry" };

/// Service principals of a site: people and pipelines that manage, each of which is listed whole.
pub const PRINCIPALS: Limit = Limit { what: "a site", max: 1_000, unit: "service principals" };

/// Secrets of a service principal: two are enough to renew one, ten leave room for several places that hold one each.
pub const PRINCIPAL_SECRETS: Limit = Limit { what: "a service principal", max: 10, unit: "secrets" };

/// Role assignments of the subscription: Azure's figure.
pub const ROLE_ASSIGNMENTS: Limit = Limit { what: "a subscription", max: 4_000, unit: "role assignments" };

/// Right passwords that are remembered of one user and address: as many as anybody can have, which is [`PRINCIPAL_SECRETS`].
pub const RIGHT_PASSWORDS_REMEMBERED: usize = 10;

/// Items of one page of a list: a client may ask for fewer. Unbounded pages exhaust memory (CVE-2023-2253).
pub const PAGE_ITEMS_MAX: usize = 1_000;

/// Items of one page of a list of the metadata API when a client does not say how many it wants: Azure's figure.
pub const METADATA_PAGE_ITEMS: usize = 100;

/// Items of one page of a list of the management API, whose clients do not say how many they want: few enough to be answered in tens of
/// milliseconds, enough for most lists to have one page.
pub const RESOURCE_PAGE_ITEMS: usize = 1_000;

/// Locations that are listed: their list has no pages in Azure's API, which has some sixty.
pub const LOCATIONS_LISTED: usize = 1_000;

/// Manifests read for one page of referrers, in bytes: their annotations are part of the answer, and a page of the largest
/// manifests would exhaust memory. A page has at least one.
pub const REFERRERS_PAGE_BYTES: u64 = 16 << 20;

/// How long the URL of an operation answers: a day, as at Azure.
pub const OPERATION_KEPT: Duration = Duration::from_secs(24 * 3600);

/// Records of operations older than that which one change takes away: more than the one that it adds, few enough not to be felt.
pub const OPERATIONS_CLEARED: usize = 4;

/// How long an upload may rest before it is cleared away: a working day and the night after it.
pub const UPLOAD_IDLE: Duration = Duration::from_secs(24 * 3600);

/// When a token is at [`OPEN_UPLOADS`], its uploads that were last noted as used this long ago make room for new ones. Use is
/// noted once an hour, so they rested for an hour at least.
pub const UPLOAD_YIELDS: Duration = Duration::from_secs(2 * 3600);

/// How long a blob that no manifest needs stays in a repository after somebody could last count on it, unless the configuration says
/// otherwise: a day, more than any push takes from its first blob to its manifest.
pub const COLLECTION_GRACE: Duration = Duration::from_secs(24 * 3600);

/// Rules of retention of a registry: all of them are read for each part of a repository that one is applied to.
pub const RETENTION_RULES: Limit = Limit { what: "a registry", max: 100, unit: "retention rules" };

/// Tags or manifests that retention looks at in one step, and deletes in one transaction, each with its entry in the audit log: some ten
/// milliseconds, for which pushes wait. Before tags, the names of those that the rule keeps are read in it, up to
/// `RetentionRule::KEEP_LAST_MAX` of them and those that do not count: never deleted, or about a manifest.
pub const RETENTION_PAGE: usize = 200;

/// Tags that are read at once to find the last one to keep, and repositories of which a rule is looked for.
pub const RETENTION_READ_AT_ONCE: usize = 1_000;

/// How often the manifests of a repository are walked, as long as each walk finds some that nothing needs any more: an index goes before its
/// members, an image before its signatures. What hangs deeper waits for the next time.
pub const RETENTION_WALKS: u32 = 10;

/// Links, blobs or files that a collection looks at in one step. Links are deleted in one transaction, for some ten milliseconds of which pushes
/// wait.
pub const COLLECTION_PAGE: usize = 1_000;

/// Files that are removed behind their gates at once, for which whoever keeps a blob behind one of them waits: a transaction, and as long as the
/// file system takes to give their room back, which is milliseconds for small files and longer for large layers.
pub const REMOVED_AT_ONCE: usize = 100;

/// That a client counts on a blob is noted to a minute: what is asked for again and again is then written once in it.
pub const BLOB_TOUCH_PRECISION: Duration = Duration::from_secs(60);

/// How long an access token lasts: pushes of large layers are checked at their start only, so an hour is ample, and a change of
/// the token ends it at once anyway (decision D5).
pub const ACCESS_TOKEN_TTL: Duration = Duration::from_secs(3600);

/// How long an anonymous access token lasts: what Azure gives. Reads are checked at their start, and whoever needs another asks for
/// nothing but that.
pub const ANONYMOUS_TOKEN_TTL: Duration = Duration::from_secs(5 * 60);

/// How long a refresh token lasts: what Azure gives (data-plane-and-auth.md, 1.7).
pub const REFRESH_TOKEN_TTL: Duration = Duration::from_secs(3 * 3600);

/// The shortest life of an access token: below 60 seconds docker assumes 60 and then uses a dead one
/// (data-plane-and-auth.md, 1.3).
pub const ACCESS_TOKEN_TTL_MIN: Duration = Duration::from_secs(60);

/// How far `nbf` and `iat` lie before the moment of issue, for clients and registries whose clock is behind.
pub const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// How long a bearer of the management API lasts: what Entra ID gives.
pub const PRINCIPAL_BEARER_TTL: Duration = Duration::from_secs(3600);

/// A document of an issuer: Entra ID's keys, the largest seen, have some 20 KiB.
pub const ISSUER_DOCUMENT_BYTES_MAX: usize = 256 << 10;

/// Keys of an issuer: large ones publish about ten.
pub const ISSUER_KEYS: Limit = Limit { what: "an issuer", max: 100, unit: "keys" };

/// How long the two documents of an issuer may take together: whoever presents a token with an unknown key waits for them.
pub const ISSUER_FETCH_TIMEOUT: Duration = Duration::from_secs(10);

/// The keys of an issuer are fetched once in this time at most, whatever strangers present: what a new key may have to wait for.
pub const ISSUER_FETCH_EVERY: Duration = Duration::from_secs(30);

/// How long keys of an issuer count without being asked for again, at least, whatever the issuer says: it must not decide how much we ask.
pub const ISSUER_KEYS_FRESH_MIN: Duration = Duration::from_secs(5 * 60);

/// The same at most, and where the issuer says nothing: what a key that it withdraws still counts here.
pub const ISSUER_KEYS_FRESH_MAX: Duration = Duration::from_secs(3600);

/// How long keys of an issuer that cannot be asked still count: a night, so that its trouble is not ours, and no more.
pub const ISSUER_KEYS_STALE_MAX: Duration = Duration::from_secs(12 * 3600);

/// A bearer is at most this many bytes: clients cut token answers at 64 KiB (data-plane-and-auth.md, 0.5), and what is longer is
/// refused before it is read (CVE-2025-30204).
pub const BEARER_BYTES_MAX: usize = 64 << 10;

/// One that is issued: what is left of [`BEARER_BYTES_MAX`] and of the head of a request beside what else is in them.
pub const ACCESS_TOKEN_BYTES: Limit =
    Limit { what: "a bearer for all the scopes that are asked for", max: 60 << 10, unit: "bytes" };

/// Repositories that a bearer lists one by one, each with about 90 bytes: proxies take heads of 8 KiB (data-plane-and-auth.md, 8.4).
pub const ACCESS_CLAIMS_MAX: usize = 50;

/// How long the database may take to say whether another process has changed anything: with the pause between two questions it is half of
/// the second within which a revocation must be everywhere (decision D5).
pub const FOLLOW_CHANGES_WITHIN: Duration = Duration::from_millis(300);

/// Bearers whose signature need not be checked again, about 1 KiB each.
pub const BEARERS_REMEMBERED: usize = 20_000;

/// Different wrong passwords of one user, from one place, that are looked at in [`WRONG_PASSWORD_REMEMBERED`]: more than anybody mistypes,
/// and than a site keeps old ones of.
pub const WRONG_PASSWORDS_MAX: usize = 10;

/// How long a wrong password counts against who tried it, and so the longest wait: clients that honour `Retry-After` wait as long.
pub const WRONG_PASSWORD_REMEMBERED: Duration = Duration::from_secs(60);

/// Users, each from one place, whose wrong passwords are remembered: about 600 bytes each.
pub const GUESSERS_REMEMBERED: usize = 20_000;

/// Within how long a revocation counts in every process on the data folder (decision D5).
pub const REVOKED_WITHIN: Duration = Duration::from_secs(1);

/// Tokens, and names that are none, whose facts need not be read again: about 1 KiB each with a usual scope map.
pub const TOKENS_REMEMBERED: usize = 20_000;

/// A credential that ends within this time is told of in `Warning` headers: two weeks, so that whoever works weekly sees it twice.
pub const ENDING_WITHIN: Duration = Duration::from_secs(14 * 24 * 3600);

/// The last use of a credential is kept to a minute: one in constant use is then written once in it, not all the time.
pub const USE_PRECISION: Duration = Duration::from_secs(60);

/// Credentials whose use is noted between two writings, about 50 bytes each; uses of others are counted and lost.
pub const USES_NOTED: usize = 200_000;

/// Uses that are written in one transaction: some ten milliseconds, for which pushes wait.
pub(crate) const USES_WRITTEN_AT_ONCE: usize = 1_000;

/// Registries, and names that are none, that need not be read again.
pub const REGISTRIES_REMEMBERED: usize = 10_000;

/// How long an entry of the audit log is kept unless the configuration says otherwise: a year, what most rules on audits ask for.
pub const AUDIT_KEPT: Duration = Duration::from_secs(365 * 24 * 3600);

/// Entries of the audit log that are kept unless the configuration says otherwise: some 4 GB.
pub const AUDIT_ENTRIES: u64 = 10_000_000;

/// Entries that wait in memory, about 500 bytes each: what all cores of a large machine issue in the time of one slow write to the disk.
pub const AUDIT_WAITING: usize = 16_384;

/// Entries that one transaction writes, so that other writers do not wait long.
pub const AUDIT_WRITTEN_AT_ONCE: usize = 2_000;

/// How long equal entries are counted before the count is written.
pub const AUDIT_WINDOW: Duration = Duration::from_secs(60);

/// Kinds of entries that are counted apart in [`AUDIT_WINDOW`]: of strangers and of others, of refusals and of what is allowed. Each has two
/// entries at most, so all strangers together add seven refusals a second, and as many anonymous bearers, and need a week to push what others
/// did out of [`AUDIT_ENTRIES`].
pub const AUDIT_WINDOWS: usize = 200;

/// Entries that one transaction takes away.
pub const AUDIT_PRUNED_AT_ONCE: i64 = 10_000;

/// How much longer than wanted entries may stay: taking them away one by one would leave as many entries that say so.
pub const AUDIT_PRUNED_EVERY: Duration = Duration::from_secs(3600);

/// Manifests that a verification reads at once: each has at most [`MANIFEST_BYTES`].
pub const MANIFESTS_VERIFIED_AT_ONCE: usize = 8;

/// Blobs that a verification lists at once, and then reads one by one.
pub const BLOBS_VERIFIED_LISTED: usize = 1_000;

/// Images, one row for each tag, that are named of what one broken blob or manifest hits: a base layer may hit all there are.
pub const IMAGES_NAMED: usize = 1_000;
