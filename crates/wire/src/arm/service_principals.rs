//! Service principals. The path is ours, the members are those of Microsoft Graph (servicePrincipal, passwordCredential), where Azure
//! keeps them.

use super::uses::LastUsed;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The collection of all.
pub const PATH: &str = "/providers/Portcullis.Identity/servicePrincipals";

/// A service principal; also the body of the POST that makes one.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicePrincipal {
    /// The object id, which role assignments name. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The client id, which it signs in with. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_id: Option<String>,
    /// What people call it. Required in a POST.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// When it was made. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_date_time: Option<String>,
    /// Its secrets. In a POST at most one, which says when it is to end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_credentials: Option<Vec<PasswordCredential>>,
}

/// A secret; in requests only when it is to end.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PasswordCredential {
    /// What it is removed by. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// When it was made. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_date_time: Option<String>,
    /// When it ends; absent for never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_date_time: Option<String>,
    /// When it was last used. Ours, not Graph's. Read only.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "LastUsed::present")]
    pub last_used_date_time: Option<LastUsed>,
    /// The value, in the answer that made it and nowhere else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_text: Option<String>,
}

impl fmt::Debug for PasswordCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key_id, start_date_time, end_date_time, last_used_date_time, secret_text } = self;
        f.debug_struct("PasswordCredential")
            .field("key_id", key_id)
            .field("start_date_time", start_date_time)
            .field("end_date_time", end_date_time)
            .field("last_used_date_time", last_used_date_time)
            .field("secret_text", &secret_text.as_ref().map(|_| "…"))
            .finish()
    }
}

/// The body of `addPassword`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddPassword {
    /// The secret to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_credential: Option<PasswordCredential>,
}

/// The body of `removePassword`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemovePassword {
    /// Which secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
}
