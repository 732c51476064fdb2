//! OAuth2: answers of the token endpoints (distribution specification "Token authentication"; RFC 6749).

use serde::{Deserialize, Serialize};

/// The answer of a registry's `/oauth2/token`. `token` and `access_token` are one value: clients read either.
#[derive(Clone, Serialize, Deserialize)]
pub struct RegistryTokenAnswer {
    /// The bearer, for clients of the distribution specification, which take `access_token` too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The bearer, for clients of OAuth2 and for Azure's.
    pub access_token: String,
    /// What was granted, as an OAuth scope value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Seconds until it ends; never below 60.
    pub expires_in: u64,
    /// When it was issued, RFC 3339.
    pub issued_at: String,
}

/// The answer of a registry's `/oauth2/exchange`.
#[derive(Clone, Serialize, Deserialize)]
pub struct ExchangeAnswer {
    /// For `/oauth2/token`, in the place of a password.
    pub refresh_token: String,
}

/// The answer of a login endpoint (`/{tenant}/oauth2/v2.0/token`).
#[derive(Clone, Serialize, Deserialize)]
pub struct LoginAnswer {
    /// `Bearer`.
    pub token_type: String,
    /// Seconds until it ends.
    pub expires_in: u64,
    /// The bearer for the management API.
    pub access_token: String,
}

/// The same of Entra ID's endpoint before v2.0 (`/{tenant}/oauth2/token`), where numbers are text.
#[derive(Clone, Serialize, Deserialize)]
pub struct FirstLoginAnswer {
    /// `Bearer`.
    pub token_type: String,
    /// Seconds until it ends.
    pub expires_in: String,
    /// When it ends, in seconds since 1970.
    pub expires_on: String,
    /// For what it is, as the client named it.
    pub resource: String,
    /// The bearer for the management API.
    pub access_token: String,
}

/// An error of a login endpoint (RFC 6749, section 5.2).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LoginError {
    /// Such as `invalid_client`.
    pub error: String,
    /// A sentence for people. Azure's clients look for its `AADSTS` number.
    #[serde(default)]
    pub error_description: String,
    /// The `AADSTS` numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub error_codes: Vec<u32>,
}

/// The keys that signatures can be checked with (RFC 7517, section 5).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JsonWebKeySet {
    /// Every key that is in use.
    pub keys: Vec<JsonWebKey>,
}

/// A public key on the curve P-256 (RFC 7517, section 4; RFC 7518, section 6.2).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JsonWebKey {
    /// `EC`.
    pub kty: String,
    /// `P-256`.
    pub crv: String,
    /// `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// `ES256`.
    pub alg: String,
    /// The RFC 7638 thumbprint.
    pub kid: String,
    /// The x coordinate, base64url.
    pub x: String,
    /// The y coordinate, base64url.
    pub y: String,
}

/// Where a login endpoint has what (OpenID Connect Discovery 1.0, section 3). Members about id tokens are left out: there are none.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OpenIdConfiguration {
    /// `<base>/<tenant>/v2.0`. azure-cli takes the tenant from it.
    pub issuer: String,
    /// Azure's client libraries stop when it is missing, also when they do not use it.
    pub authorization_endpoint: String,
    /// Where bearers are issued.
    pub token_endpoint: String,
    /// Where the keys are. MSAL for JavaScript stops when it is missing.
    pub jwks_uri: String,
    /// `client_credentials`.
    pub grant_types_supported: Vec<String>,
    /// How a client shows its secret.
    pub token_endpoint_auth_methods_supported: Vec<String>,
}
