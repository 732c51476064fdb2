//! The management API, as clients see it.

pub(crate) mod access;
mod admin_user;
mod bodies;
mod certificates;
mod cloud;
mod issuers;
mod matrix;
mod name_check;
mod operations;
mod paging;
mod protocol;
mod provider;
mod registries;
mod requests;
mod routes;
mod scope_maps;
mod tokens;
mod unserved;
mod usages;
mod uses;
