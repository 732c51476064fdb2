//! Portcullis over HTTP: the management API, the token service, the distribution API, health.
//!
//! Turns requests into values of `model`, calls `service`, and turns its answers into the shapes of `wire`. Knows nothing of
//! SQL, files and object stores.

mod auth;
mod background;
mod body;
mod client_address;
mod client_certificates;
pub mod config;
pub mod distribution;
mod health;
mod hosts;
pub mod housekeeping;
mod issuers;
mod limits;
mod listener;
mod management;
mod preface;
mod proxies;
mod requests;
pub mod retention;
mod retry_after;
mod router;
mod sentence;
mod server;
mod state;
pub mod telemetry;
mod tls;

pub use config::Config;
pub use issuers::IssuerError;
pub use listener::Listener;
pub use proxies::TrustedProxies;
pub use requests::Peer;
pub use server::{LocalUser, Outside, Server, StartError};
pub use service::{Clock, DocumentError, DocumentRequest, FirstStart, IssuerDocument, IssuerDocuments, Random};
pub use tls::TlsError;
