//! The audit log. The path is ours, and so are the shapes: Azure keeps such logs in its Monitor.

use serde::Deserialize;

/// The entries. `GET` with `after`, `last`, `since`, `until`, `who`, `registry`, `repository`, `action`, `outcome`, `request`.
pub const PATH: &str = "/providers/Portcullis.Audit/entries";

/// Of the answer: one JSON object a line.
pub const CONTENT_TYPE: &str = "application/x-ndjson";

/// One line of the log. What does not apply is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Entry {
    /// Its place in the chain: the first has 1.
    pub seq: i64,
    /// When (RFC 3339).
    pub at: String,
    /// `allowed` or `refused`.
    pub outcome: String,
    /// What was wanted.
    pub action: String,
    /// Who.
    pub who: Option<String>,
    /// With which credential; never its value.
    pub credential: Option<String>,
    /// From which address.
    pub address: Option<String>,
    /// In which registry.
    pub registry: Option<String>,
    /// In which repository.
    pub repository: Option<String>,
    /// On what.
    pub target: Option<String>,
    /// The rule that decided.
    pub rule: Option<String>,
    /// What else is worth knowing.
    pub detail: Option<String>,
    /// The id of the request.
    pub request: Option<String>,
    /// How often, where the entry stands for several.
    pub count: Option<u64>,
    /// When the first of them was (RFC 3339).
    pub since: Option<String>,
    /// The hash of the entry before, in hexadecimal digits.
    pub previous: String,
    /// SHA-256 of the line up to and without `,"hash":`, in hexadecimal digits.
    pub hash: String,
}
