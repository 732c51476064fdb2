//! The management API, as clients see it.

mod access;
mod admin_user;
mod bodies;
mod certificates;
mod cloud;
mod issuers;
mod name_check;
mod operations;
mod paging;
mod protocol;
mod provider;
mod registries;
mod requests;
mod scope_maps;
mod tokens;
mod unserved;
mod usages;
mod uses;
