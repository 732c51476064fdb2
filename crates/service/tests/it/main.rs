//! The use cases, through the public door only: a temporary folder, a clock that the test moves, seeded randomness.

mod bearers;
mod certificates;
mod expiry_rule;
mod first_start;
mod principals;
mod registries;
mod revocation;
mod scope_maps;
mod tls;
mod tokens;
mod uses;
mod world;
