//! The command line: the cmdlets, quickstart, and what a person sees of them.
//!
//! Speaks `wire` shapes over a [`transport::Transport`] that is handed in. Knows nothing of the server, the stores and the rules, and
//! reads nothing of the process: that comes in as an [`environment::Environment`].

pub mod audit;
pub mod az;
pub mod client;
pub mod cmdlet;
pub mod cmdlets;
pub mod collection;
pub mod completion;
pub mod contexts;
pub mod data_folder;
pub mod destination;
mod durations;
pub mod environment;
pub mod failure;
pub mod host;
pub mod invocation;
pub mod limits;
pub mod man;
pub mod output;
pub mod principals;
pub mod private_files;
pub mod progress;
pub mod quickstart;
pub mod retention;
pub mod secret;
pub mod session;
pub mod transport;
pub mod trust;
pub mod verification;
