//! A disk that fails when a test wants it to, for tests alone.
//!
//! Everything in a process that opens, writes, syncs, renames or removes a file does so through a few functions of the C library: the standard
//! library, SQLite, and through them all of Portcullis. Whatever links this crate has these functions from `calls.rs` instead. They do
//! the same, and for paths below a folder that a [`Disk`] watches, also
//!
//! - let the n-th call fail as a broken, a full or a crowded system would, and
//! - remember what was synced, so that [`Disk::lose_power`] can leave what a power cut leaves: what was synced, and of the rest what it likes.
//!
//! So nothing in the program is made for the tests, and nothing that it does to a disk goes past them. A watched file is never really
//! synced, which is most of the time that such tests would take.
//!
//! What is not seen: the shared memory of SQLite, which no crash need keep; listing a folder, and asking for the size of a file.
//!
//! Only on Linux with glibc; nothing is here elsewhere.

#![cfg(all(target_os = "linux", target_env = "gnu"))]

mod calls;
mod disk;
mod tree;

pub use disk::{Call, Disk, Failure, Loss};
