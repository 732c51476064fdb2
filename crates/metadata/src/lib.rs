//! The tables: what is kept of registries, scope maps, tokens, passwords, certificates, repositories, manifests, tags and uploads, and
//! the audit log.
//!
//! Holds the SQL, the transactions and the migrations. Knows nothing of HTTP, of blob bytes and of who may do what: it stores and
//! finds what the use cases decided. Each noun's file has its statements beside the functions that run them.

mod connection;
mod error;
mod migrations;
mod queue;
mod statements;
mod store;
mod system_data;
mod transaction;

pub mod admin_user;
pub mod audit;
pub mod blob_links;
pub mod certificates;
pub mod collection;
pub mod locations;
pub mod locks;
pub mod management_version;
pub mod manifests;
pub mod operations;
pub mod passwords;
pub mod principal_secrets;
pub mod principal_users;
pub mod principals;
pub mod registries;
pub mod repositories;
pub mod resource_groups;
pub mod retention;
pub mod role_assignments;
pub mod scope_maps;
pub mod settings;
pub mod tags;
pub mod tokens;
pub mod uploads;
pub mod uses;
pub mod verification;

pub use error::Error;
pub use store::{Stay, Store};
pub use transaction::{Managing, Reading, Writing};
