//! The use cases of the data plane, on a real folder, with a clock that the tests move and randomness that repeats.

mod blobs;
mod collection;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod durability;
mod lists;
mod locks;
mod manifests;
mod retention;
mod stress;
mod uploads;
mod verification;
mod world;

type Outcome = Result<(), Box<dyn std::error::Error>>;
