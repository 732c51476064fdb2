//! The token service of registries, and the login of the management API.

mod anonymous;
mod certificates;
mod clients;
mod exchange;
mod grants;
mod guesses;
mod keys;
mod login;
mod processes;
mod token;
