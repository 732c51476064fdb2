//! Error bodies of the management API.

use serde::{Deserialize, Serialize};

/// `{"error":{…},"status":"Failed"}`; the gateway's own errors have no `status` (management-api.md, section 2).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ErrorDetail,
    /// `Failed` on errors of the registry provider, absent on errors of the gateway in front of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// One error.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ErrorDetail {
    /// A word that programs act on.
    #[serde(default)]
    pub code: String,
    /// A sentence that people act on.
    #[serde(default)]
    pub message: String,
    /// The member of the request that is wrong, such as `properties.status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Further errors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<ErrorDetail>,
}

/// The state of a long-running operation: `{"status":"Succeeded"}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OperationStatus {
    /// `InProgress`, `Succeeded`, `Failed` or `Canceled`.
    pub status: String,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorDetail>,
}
