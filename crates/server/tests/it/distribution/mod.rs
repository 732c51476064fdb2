//! The registry API.

mod acr;
mod blobs;
mod lists;
mod manifests;
mod mounts;
pub(crate) mod pushes;
mod sign_in;
mod streams;
mod uploads;
mod warnings;
