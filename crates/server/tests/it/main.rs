//! The whole server in process: every plane through the public door, on a fake clock and seeded randomness.
//!
//! Files mirror the rooms of the server: `<plane>/<noun>.rs`.

mod advisories;
mod audit;
mod auth;
mod canary;
mod client;
mod client_certificate;
mod distribution;
mod harness;
mod housekeeping;
mod issuer;
mod late_bodies;
mod management;
mod mutual_tls;
mod network;
mod permission_matrix;
mod replay;
mod tls;
