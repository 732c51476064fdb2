//! What a run waits for and accepts at most.

use std::time::Duration;

/// How long a connection may take to stand. Ours: a host that is there answers within a second or two, even far away.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long one request may take, from its first byte to the answer's last. Ours: the management API answers in milliseconds,
/// Azure's within seconds.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a connection to what gives out a machine's identity at Azure may take. Ours: it is next door, or not there at all.
pub const MACHINE_IDENTITY_CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long azure-cli may take to give a bearer. Ours: it takes a second or two, ten where it renews a login over a slow line.
pub const AZURE_CLI_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a shell waits for names that complete a line, in all. Ours: a server of one's own answers in milliseconds, and a person at a
/// prompt notices half a second.
pub const COMPLETION_TIMEOUT: Duration = Duration::from_millis(500);

/// The longest answer that is read. Ours: a page of a thousand tokens is under one megabyte.
pub const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The wait between two looks at a long-running operation when the service does not say (management-api.md, section 5).
pub const RETRY_AFTER_DEFAULT: Duration = Duration::from_secs(30);

/// The shortest wait between two looks, whatever the service says: `Retry-After: 0` must not become a busy loop.
pub const POLL_INTERVAL_MIN: Duration = Duration::from_millis(200);

/// How often a request is tried again when the service could not answer it just then. As in Azure's client libraries: 3 to 5.
pub const RETRIES_MAX: u32 = 4;

/// The wait before the first of those, at most; each one after it is twice as long.
pub const RETRY_WAIT_FIRST: Duration = Duration::from_secs(1);

/// The longest wait that a service may ask for. Ours: whoever sits there wants to know by then.
pub const RETRY_WAIT_MAX: Duration = Duration::from_secs(120);

/// How long a long-running operation is waited for in all. Ours: Azure finishes a token in seconds.
pub const OPERATION_WAIT_MAX: Duration = Duration::from_secs(15 * 60);

/// How long a person is waited for who enters a code. As long as Entra's codes count.
pub const DEVICE_CODE_WAIT_MAX: Duration = Duration::from_secs(15 * 60);

/// The longest credentials file that is read; a real one has three short members.
pub const CREDENTIALS_FILE_BYTES_MAX: u64 = 64 * 1024;

/// The longest file of docker's or podman's logins that is read. Ours: a thousand logins.
pub const LOGINS_FILE_BYTES_MAX: u64 = 1024 * 1024;

/// The longest file of contexts that is read. Ours: a thousand contexts.
pub const CONTEXTS_FILE_BYTES_MAX: u64 = 1024 * 1024;

/// The most items of a list that are held. Ours: registries here may have two million tokens, a kilobyte each.
pub const LIST_ITEMS_MAX: usize = 2_500_000;

/// How many pages of a list may be empty in a row. Ours: a service that filters behind its pages sends one now and then.
pub const LIST_EMPTY_PAGES_MAX: usize = 100;

/// How many manifests a command reads to say how large things are and what needs what. Ours: seconds at a server of one's own, some tens of
/// megabytes.
pub const MANIFESTS_READ_MAX: usize = 10_000;

/// The same at Azure. Ours: half a minute there, and a fifth of the reads that its smallest tier answers one in a minute (acr-permissions.json).
pub const MANIFESTS_READ_AT_AZURE_MAX: usize = 1000;

/// How many bytes of manifests a command reads in all. Ours: ten thousand of them have some tens of megabytes; one has 4 MiB at most, four are read at
/// a time, and what a command keeps of each is as large.
pub const MANIFEST_BYTES_READ_MAX: u64 = 256 * 1024 * 1024;

/// How often a command asks other repositories whether they hold a blob too, to say what a delete would free. Ours: half a minute at a registry far away.
pub const BLOBS_ASKED_MAX: usize = 1000;

/// The most that is read from standard input. Ours: a hundred thousand tokens.
pub const INPUT_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The longest file that a parameter may name. Ours: a chain of certificates has a few kilobytes.
pub const PARAMETER_FILE_BYTES_MAX: u64 = 1024 * 1024;

/// The longest file of variables that is kept for a shell session. Ours: ten thousand tokens.
pub const SESSION_FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// How many shell sessions keep variables; older ones are forgotten. Ours: more shells than anyone has open.
pub const SESSIONS_MAX: usize = 64;

/// How often a wait for a job looks whether time is up, and a job whether it is to stop.
pub const JOB_LOOK_INTERVAL: Duration = Duration::from_millis(100);
