//! `generateCredentials` (swagger 2022-02-01-preview: GenerateCredentialsParameters, GenerateCredentialsResult).

use super::tokens::TokenPassword;
use serde::{Deserialize, Serialize};

/// The request.
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

/// The answer: every password that the token now has, in order, `value` only on those just generated.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GeneratedCredentials {
    /// The token's name.
    pub username: String,
    /// `password1` before `password2`.
    pub passwords: Vec<TokenPassword>,
}
