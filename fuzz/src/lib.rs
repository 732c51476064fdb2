//! What the fuzz targets ask of the program: one function each, which takes the bytes that a fuzzer made up and panics when what
//! the program makes of them is wrong. Not only when it panics itself: two readings of a text must agree, what is read and written
//! must be read again, and nothing may be granted that is not held.
//!
//! Inputs are text, mostly of lines, so that a corpus can be read. What is no UTF-8 is passed over where only text can come.
//!
//! The parsers of `server` are private to it. Their files are compiled here once more, in modules of the same names, so that nothing
//! there is public for the sake of a fuzzer.

#![forbid(unsafe_code)]

pub mod auth;
pub mod bearers;
pub mod certificates;
pub mod command;
pub mod distribution;
pub mod management;
pub mod rights;
mod world;

/// The text, or `None` for what is no UTF-8.
fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}
