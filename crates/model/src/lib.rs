//! Names, rules and decisions: what a name may be, what a scope map grants, who may do what now.
//!
//! Pure: no I/O, no async, no clock, no randomness, no HTTP, no serialisation of public types. Time and entropy come in as
//! arguments. Everything is validated where it is parsed, so a value of a type here is always well formed.

pub mod access;
pub mod action;
pub mod anonymous_pull;
pub mod arm_name;
pub mod attributes;
pub mod audit;
pub mod caller;
pub mod certificate;
pub mod digest;
pub mod ending;
pub mod expiry_rule;
pub mod guid;
pub mod issuer;
pub mod labels;
pub mod listing;
pub mod locks;
pub mod manifest;
pub mod operation;
pub mod operation_path;
pub mod password;
pub mod principal;
pub mod reference;
pub mod registry;
pub mod repository;
pub mod resource_group;
pub mod resource_id;
pub mod retention;
pub mod rights;
pub mod role;
pub mod role_assignment;
pub mod scope;
pub mod scope_map;
pub mod timestamp;
pub mod token;
pub mod uses;
