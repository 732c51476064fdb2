//! Signing in with a code that is entered in a browser, on whatever machine has one (RFC 8628), and what is left of that: a refresh
//! token (RFC 6749, section 6).

use super::{Entra, ask, ask_for};
use crate::client::operation::Sleeper;
use crate::limits::DEVICE_CODE_WAIT_MAX;
use crate::output::text::printable;
use crate::secret::Secret;
use crate::transport::TransportError;
use crate::transport::cloud::Cloud;
use crate::transport::http::client::HttpClient;
use reqwest::Method;
use serde::Deserialize;
use std::time::Duration;

/// The application that signs in: that of Azure PowerShell, whose words these are. Public, and known in every tenant.
const CLIENT_ID: &str = "1950a258-227b-4e31-a9cf-717495945fc2";
/// The tenant of who names none: whichever the person belongs to, as long as it is an organization's.
pub const TENANT_DEFAULT: &str = "organizations";
/// The wait between two questions when the authority names none, and what `slow_down` adds to it (RFC 8628, sections 3.2 and 3.5).
const INTERVAL: Duration = Duration::from_secs(5);

/// Who has signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// The bearer.
    pub bearer: Secret,
    /// What later bearers are got with.
    pub refresh_token: Secret,
}

/// RFC 8628, section 3.2.
#[derive(Deserialize)]
struct Begun {
    device_code: String,
    user_code: String,
    verification_uri: String,
    expires_in: u64,
    interval: Option<u64>,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    refresh_token: Option<String>,
}

/// Asks for a code, `say`s where it is to be entered, and waits until that was done.
///
/// Errors: the authority is not reached or refuses; the person does, or takes too long; nothing is left that could be kept.
pub async fn sign_in(
    cloud: &Cloud,
    tenant_id: &str,
    sleeper: &dyn Sleeper,
    say: &dyn Fn(&str),
) -> Result<SignedIn, TransportError> {
    let entra = Entra::with_any(cloud, Vec::new());
    let client = HttpClient::new(&entra.authority)?;
    let begun = entra.begin(tenant_id, &client).await?;
    say(&printable(&format!(
        "To sign in, open {} in a browser and enter the code {}.",
        begun.verification_uri, begun.user_code
    )));
    let tokens = entra.wait_for_person(tenant_id, &begun, &client, sleeper).await?;
    let refresh_token = tokens.refresh_token.ok_or_else(|| TransportError::LoginRefused {
        code: "NoRefreshToken".to_owned(),
        message: "The authority gives a bearer and no refresh token, so that there is nothing to keep".to_owned(),
    })?;
    Ok(SignedIn { bearer: Secret::new(tokens.access_token), refresh_token: Secret::new(refresh_token) })
}

impl Entra {
    /// RFC 8628, section 3.1.
    async fn begin(&self, tenant_id: &str, client: &HttpClient) -> Result<Begun, TransportError> {
        let url = format!("{}/{tenant_id}/oauth2/v2.0/devicecode", self.authority);
        let form = [("client_id", CLIENT_ID), ("scope", &self.lasting_scope())];
        ask_for(client.request(Method::POST, url).form(&form), client).await
    }

    /// RFC 8628, sections 3.4 and 3.5.
    async fn wait_for_person(
        &self,
        tenant_id: &str,
        begun: &Begun,
        client: &HttpClient,
        sleeper: &dyn Sleeper,
    ) -> Result<Tokens, TransportError> {
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("client_id", CLIENT_ID),
            ("device_code", &begun.device_code),
        ];
        let end = Duration::from_secs(begun.expires_in).min(DEVICE_CODE_WAIT_MAX);
        let mut pause = begun.interval.map_or(INTERVAL, Duration::from_secs).max(Duration::from_secs(1));
        let mut waited = Duration::ZERO;
        while waited.saturating_add(pause) <= end {
            sleeper.sleep(pause).await;
            waited += pause;
            match ask_for(client.request(Method::POST, self.token_url(tenant_id)).form(&form), client).await {
                Err(TransportError::LoginRefused { code, .. }) if code == "authorization_pending" => {}
                // The person may have entered the code all the same.
                Err(TransportError::LoginBusy(_)) => {}
                Err(TransportError::LoginRefused { code, .. }) if code == "slow_down" => pause += INTERVAL,
                ended => return ended,
            }
        }
        let message = "The code was not entered in time".to_owned();
        Err(TransportError::LoginRefused { code: "expired_token".to_owned(), message })
    }

    /// RFC 6749, section 6. The token that comes with the answer is not kept: the authority leaves the old one as it is.
    pub(super) async fn with_refresh_token(
        &self,
        tenant_id: &str,
        token: &Secret,
        client: &HttpClient,
    ) -> Result<Secret, TransportError> {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", CLIENT_ID),
            ("refresh_token", token.reveal()),
            ("scope", &self.scope()),
        ];
        ask(client.request(Method::POST, self.token_url(tenant_id)).form(&form), client).await
    }

    fn lasting_scope(&self) -> String {
        format!("{} offline_access", self.scope())
    }
}

#[cfg(test)]
mod tests;
