//! The way to a management API. One code path, three destinations: a Portcullis server, Azure, or the router in this process.

pub mod cloud;
pub mod http;
pub mod login;
pub mod retry;
pub mod trace;

use crate::failure::Failure;
use crate::secret::Secret;
use ::http::{Request, Response};
use bytes::Bytes;
use std::pin::Pin;
use std::time::Duration;

/// A future that can be named.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Carries requests to one management API, and whatever login it asks for.
///
/// A request's URI is path and query only: a transport has one destination, so that an answer cannot send credentials elsewhere.
pub trait Transport: Send + Sync {
    /// Sends a request and reads the whole answer, whatever its status. Redirects are answers, never followed.
    fn send<'a>(&'a self, request: Request<Bytes>) -> BoxFuture<'a, Result<Response<Bytes>, TransportError>>;

    /// What stands before the path: `https://management.azure.com`.
    fn endpoint(&self) -> String;

    /// Sends a request to the registry of a login server, with whatever login it has of its own: none is added. A server of this
    /// project is every registry that it has, told apart by `Host`.
    fn send_to_registry<'a>(
        &'a self,
        login_server: &'a str,
        mut request: Request<Bytes>,
    ) -> BoxFuture<'a, Result<Response<Bytes>, TransportError>> {
        if let Ok(host) = ::http::HeaderValue::from_str(login_server) {
            request.headers_mut().insert(::http::header::HOST, host);
        }
        self.send(request)
    }

    /// The bearer of the management API, to be exchanged at a registry; `None` where the way itself is the right.
    fn management_bearer(&self) -> BoxFuture<'_, Result<Option<Secret>, TransportError>> {
        Box::pin(async { Ok(None) })
    }

    /// Whether one of Azure's clouds is signed in to, whatever its host is called.
    fn is_at_azure(&self) -> bool {
        false
    }

    /// What the login servers of registries end in, such as `azurecr.io`, where they are hosts of a cloud.
    fn login_server_domain(&self) -> Option<&str> {
        None
    }

    /// What there is to say of how it signed in, for `-Verbose`.
    fn login_said(&self) -> Option<String> {
        None
    }
}

/// Why there is no answer. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message says what it is")]
pub enum TransportError {
    #[error("Cannot reach {endpoint}: {reason}.")]
    Unreachable { endpoint: String, reason: String },
    #[error("{endpoint} did not answer within {} seconds.", waited.as_secs())]
    TimedOut { endpoint: String, waited: Duration },
    #[error("{endpoint} answers with more than {bytes_max} bytes; the answer was dropped.")]
    AnswerTooLong { endpoint: String, bytes_max: usize },
    #[error("[{code}] : {message}")]
    LoginRefused { code: String, message: String },
    #[error("{0}")]
    LoginBusy(LoginBusy),
    #[error("The login at {endpoint} answers {status} and no bearer.")]
    LoginUnreadable { endpoint: String, status: u16 },
    #[error("No way to sign in at {authority} works. {}.", tried.join("; "))]
    NoLogin { authority: String, tried: Vec<String> },
}

/// A login that might work later. Nothing was asked of the management API yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The login at {endpoint} answers {status}, not now.{said}")]
pub struct LoginBusy {
    /// Where.
    pub endpoint: String,
    /// Its status code.
    pub status: u16,
    /// Its reason and what else was tried, each behind a space, or nothing.
    pub said: String,
    /// When to ask again, if it says so.
    pub retry_after: Option<Duration>,
}

impl From<TransportError> for Failure {
    fn from(error: TransportError) -> Self {
        let message = error.to_string();
        match error {
            // RFC 6749, section 5.2: what a login with a device code left is over.
            TransportError::LoginRefused { code, .. } if code == "invalid_grant" => {
                Self::refused(message).hint("What the context keeps counts no longer: sign in again.")
            }
            TransportError::LoginRefused { .. } => Self::refused(message)
                .hint("Check the tenant, client id, and secret or certificate of the service principal."),
            TransportError::NoLogin { .. } => Self::refused(message)
                .hint("Set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, run `az login`, or add a context with a login."),
            TransportError::Unreachable { .. } | TransportError::TimedOut { .. } => Self::unreachable(message)
                .hint("Is the server running, and is --endpoint (or PORTCULLIS_ENDPOINT) its address?"),
            TransportError::LoginBusy(_) => {
                Self::unreachable(message).hint("Nothing was changed. Run the command again a little later.")
            }
            TransportError::AnswerTooLong { .. } | TransportError::LoginUnreadable { .. } => Self::unreachable(message)
                .hint("Is --endpoint (or PORTCULLIS_ENDPOINT) the address of a management API?"),
        }
    }
}
