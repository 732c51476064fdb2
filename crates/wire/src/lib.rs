//! JSON shapes of the protocols: Azure Resource Manager, OAuth2, OCI distribution, and Azure's metadata API beside it.
//!
//! Shapes only: field names, order, what is left out. No rules, and nothing of `model`: a value here may be any text.
//! Members stand in the order in which the service writes them.

pub mod acr;
pub mod arm;
pub mod oauth;
pub mod oci;
