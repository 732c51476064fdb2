//! The limits of the HTTP side: each with its unit, its value and the reason (decision D11).

use std::time::Duration;

/// A client must have sent the whole head of a request after this long: slower ones only hold connections ("slowloris").
pub(crate) const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(30);

/// A client must have shaken hands for TLS after this long; until then it holds one of the connections below.
pub(crate) const TLS_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// A client must have sent the whole of a small body (JSON, a form) after this long. Blobs and manifests have the bound below.
pub(crate) const SMALL_BODY_READ_TIMEOUT: Duration = Duration::from_secs(30);

/// A client that is in the middle of a body, or of taking an answer, must move a byte within this long: until then it holds a
/// connection, and an upload that nobody else can go on with. The 60 s are what reverse proxies allow.
pub(crate) const STALL_TIMEOUT: Duration = Duration::from_secs(60);

/// Bytes of a request's head: clients put many `scope` parameters in one URL (data-plane-and-auth.md, 8.4: take 32 KiB of it).
pub(crate) const HEAD_BYTES_MAX: usize = 64 << 10;

/// Bytes of bearer and scope in an answer of the token service: clients cut the whole at 64 KiB (data-plane-and-auth.md, 0.5).
pub(crate) const TOKEN_ANSWER_BYTES_MAX: usize = 63 << 10;

/// Bytes of a JSON body of the management API. The largest sensible one, a scope map of 500 actions, has some 150 KiB.
pub(crate) const MANAGEMENT_BODY_BYTES_MAX: usize = 1 << 20;

/// Bytes of a JSON body of the metadata API: four words that are true or false.
pub(crate) const ATTRIBUTES_BODY_BYTES_MAX: usize = 16 << 10;

/// Bytes of a form of the token endpoints: a password, an id token and many scopes fit.
pub(crate) const FORM_BYTES_MAX: usize = 64 << 10;

/// Connections served at the same time; the kernel queues the others. Each may hold a file besides its socket, and 1,024 open
/// files is what a process usually gets.
pub(crate) const CONNECTIONS_MAX: usize = 450;

/// Requests at the same time on one HTTP/2 connection (RFC 9113 section 6.5.2 advises not less than 100).
pub(crate) const HTTP2_STREAMS_MAX: u32 = 128;

/// After a failed accept, for want of files say, the next attempt waits this long, so that the loop does not spin.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How often changes made by other processes are taken in. Well below the second within which a revocation must reach every
/// process (decision D5).
pub(crate) const FOLLOW_CHANGES_EVERY: Duration = Duration::from_millis(200);

/// How long a task of the server that panicked rests before it begins anew: within the same second.
pub(crate) const BACKGROUND_PAUSE: Duration = Duration::from_millis(200);

/// How often the last use of credentials is written: what a crash loses, and how long a use may not be seen.
pub(crate) const WRITE_USES_EVERY: Duration = Duration::from_secs(10);

/// How often the files of the TLS certificate are looked at: certificates are renewed days before they end.
pub(crate) const RELOAD_CERTIFICATE_EVERY: Duration = Duration::from_secs(10);

/// Bytes of a request body that are read and thrown away when the request is refused, so that the answer arrives: twice what
/// Azure's SDKs send at once. A longer body closes the connection, once the client has seen the answer.
pub(crate) const DISCARDED_BODY_BYTES_MAX: u64 = 8 << 20;

/// A client that does not get such a body across in this time, or sends on for so long after the answer, is cut off.
pub(crate) const DISCARD_TIMEOUT: Duration = Duration::from_secs(10);

/// How often uploads that were idle for a day are looked for: their bytes are held at most this much longer.
pub(crate) const CLEAR_IDLE_UPLOADS_EVERY: Duration = Duration::from_secs(3600);

/// How often waiting entries of the audit log are written: often enough to lose little in a crash, seldom enough for a disk that has
/// nothing else to do.
pub(crate) const WRITE_AUDIT_EVERY: Duration = Duration::from_millis(200);

/// How often old entries of the audit log are looked for.
pub(crate) const PRUNE_AUDIT_EVERY: Duration = Duration::from_secs(60);

/// The fewest entries that the audit log may be told to keep: as many as strangers can cause in a minute.
pub(crate) const AUDIT_ENTRIES_MIN: u64 = 1_000;

/// Steps of a collection in one go, each a page of a thousand: a million blobs are looked at in one, and what is left waits for the next.
pub(crate) const COLLECTION_STEPS: usize = 4_000;

/// Steps of an application of the retention rules in one go, each of two hundred tags, manifests or repositories: what is left waits for the next.
pub(crate) const RETENTION_STEPS: usize = 4_000;

/// How long requests have the disk for themselves between two steps, also of retention.
pub(crate) const COLLECTION_PAUSE: Duration = Duration::from_millis(10);
