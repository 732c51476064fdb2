//! Where the documents of issuers come from.

use futures_util::future::BoxFuture;
use model::issuer::url::IssuerUrl;
use std::sync::Arc;
use std::time::Duration;

/// Gets the documents of issuers. Tests hand in one that needs no network.
pub trait IssuerDocuments: Send + Sync + 'static {
    /// Gets one. Follows no redirect, and reads no more than it was told; how long it may take is the caller's business.
    fn get<'a>(&'a self, request: &'a DocumentRequest) -> BoxFuture<'a, Result<IssuerDocument, DocumentError>>;
}

/// Which document.
#[derive(Debug, Clone)]
pub struct DocumentRequest {
    /// Where it is: at an issuer that the configuration trusts, or where that says.
    pub url: IssuerUrl,
    /// The authorities, in PEM, one of which must have certified the host; `None` for those of the system.
    pub authorities_pem: Option<Arc<[u8]>>,
    /// The longest body, in bytes.
    pub bytes_max: usize,
}

/// A document as it came.
#[derive(Debug, Clone)]
pub struct IssuerDocument {
    /// The body of a 200.
    pub body: Vec<u8>,
    /// How long it may be kept, where the answer says so (RFC 9111, section 5.2.2.1); zero for one that is not to be kept.
    pub max_age: Option<Duration>,
}

/// Why there is no document. For the log.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// No answer, or half of one.
    #[error("it cannot be had: {0}")]
    Unreachable(String),
    /// Another status than 200, redirects included.
    #[error("the answer has status {0}")]
    Status(u16),
    /// More than is read.
    #[error("it has more than {0} bytes")]
    TooLong(usize),
}
