//! Tokens (swagger 2022-02-01-preview: Token, TokenUpdateParameters, TokenCredentialsProperties).

use super::uses::LastUsed;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The resource type of a token.
pub const RESOURCE_TYPE: &str = "Microsoft.ContainerRegistry/registries/tokens";

/// A token.
pub type Token = super::Resource<TokenProperties>;

/// What a token is made of; also the body of PUT and PATCH.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenProperties {
    /// When it was first made. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<String>,
    /// `Creating`, `Updating`, `Deleting`, `Succeeded`, `Failed` or `Canceled`. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisioning_state: Option<String>,
    /// The full id of its scope map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope_map_id: Option<String>,
    /// Certificates and passwords.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<TokenCredentials>,
    /// `enabled` or `disabled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// The credentials of a token. Answers always list `passwords`, if only `[]`: Terraform fails without it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenCredentials {
    /// Certificates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificates: Option<Vec<TokenCertificate>>,
    /// Passwords, `password1` first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passwords: Option<Vec<TokenPassword>>,
}

/// A certificate of a token (swagger, TokenCertificate). Its `Debug` hides what was sent for it: that may be a private key by mistake.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenCertificate {
    /// `certificate1` or `certificate2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// From when on it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiry: Option<String>,
    /// Its thumbprint, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbprint: Option<String>,
    /// Base64 of the PEM text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoded_pem_certificate: Option<String>,
    /// When it was put there. Ours. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_time: Option<String>,
    /// When it was last used. Ours. Read only.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "LastUsed::present")]
    pub last_used_time: Option<LastUsed>,
}

/// A password of a token (swagger, TokenPassword). Its `Debug` hides the value.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenPassword {
    /// When it was generated. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_time: Option<String>,
    /// From when on it is refused; absent means never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiry: Option<String>,
    /// `password1` or `password2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The secret; only in the answer that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// When it was last used. Ours. Read only.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "LastUsed::present")]
    pub last_used_time: Option<LastUsed>,
}

impl fmt::Debug for TokenCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCertificate")
            .field("name", &self.name)
            .field("expiry", &self.expiry)
            .field("thumbprint", &self.thumbprint)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for TokenPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenPassword").field("name", &self.name).field("expiry", &self.expiry).finish_non_exhaustive()
    }
}
