//! What a run waits for and accepts at most.

use std::time::Duration;

/// How long a connection may take to stand. Ours: a host that is there answers within a second or two, even far away.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long one request may take, from its first byte to the answer's last. Ours: the management API answers in milliseconds,
/// Azure's within seconds.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// The longest answer that is read. Ours: a page of a thousand tokens is under one megabyte.
pub const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The wait between two looks at a long-running operation when the service does not say (management-api.md, section 5).
pub const RETRY_AFTER_DEFAULT: Duration = Duration::from_secs(30);

/// The shortest wait between two looks, whatever the service says: `Retry-After: 0` must not become a busy loop.
pub const POLL_INTERVAL_MIN: Duration = Duration::from_millis(200);

/// How long a long-running operation is waited for in all. Ours: Azure finishes a token in seconds.
pub const OPERATION_WAIT_MAX: Duration = Duration::from_secs(15 * 60);

/// The longest credentials file that is read; a real one has three short members.
pub const CREDENTIALS_FILE_BYTES_MAX: u64 = 64 * 1024;
