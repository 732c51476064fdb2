//! Credentials of tokens and of the admin user (swagger 2022-02-01-preview: GenerateCredentialsParameters,
//! GenerateCredentialsResult, RegenerateCredentialParameters, RegistryListCredentialsResult).

use super::tokens::TokenPassword;
use super::uses::LastUsed;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What `generateCredentials` is asked.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GenerateCredentials {
    /// The full id of the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_id: Option<String>,
    /// From when on the new passwords are refused; absent means never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiry: Option<String>,
    /// `password1` or `password2`; absent means both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What it answers: every password that the token now has, in order, `value` only on those just generated.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GeneratedCredentials {
    /// The token's name.
    pub username: String,
    /// `password1` before `password2`.
    pub passwords: Vec<TokenPassword>,
}

/// What `regenerateCredential` is asked.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegenerateCredential {
    /// `password` or `password2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What the admin user signs in with: the answer of `listCredentials` and `regenerateCredential`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistryCredentials {
    /// The registry's name.
    pub username: String,
    /// `password` before `password2`.
    pub passwords: Vec<RegistryPassword>,
}

/// A password of the admin user (swagger, RegistryPassword). Its `Debug` hides the value.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistryPassword {
    /// `password` or `password2`.
    pub name: String,
    /// The secret.
    pub value: String,
    /// When it was made. Ours. Read only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_time: Option<String>,
    /// When it was last used. Ours. Read only.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "LastUsed::present")]
    pub last_used_time: Option<LastUsed>,
}

impl fmt::Debug for RegistryPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistryPassword").field("name", &self.name).finish_non_exhaustive()
    }
}
