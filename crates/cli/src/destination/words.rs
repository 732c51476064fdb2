//! The options that say where a command goes, which every command has: clap's for az's words, the binder's for cmdlets.

use super::Wish;
use clap::Args;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Where a command goes, and as whom.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args, Serialize, Deserialize)]
pub struct DestinationOptions {
    /// The server to ask, such as https://localhost:5000 [default: PORTCULLIS_ENDPOINT, else the data folder itself]
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint: Option<String>,
    /// The data folder [default: PORTCULLIS_DATA, else $XDG_DATA_HOME/portcullis, else $HOME/.local/share/portcullis]
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Whom to log in as at a server: a file such as first start writes
    #[arg(long, global = true, value_name = "FILE")]
    pub credentials_file: Option<PathBuf>,
    /// The context to use [default: the current one]
    #[arg(long, global = true, value_name = "NAME", conflicts_with_all = ["endpoint", "data"])]
    pub context: Option<String>,
}

impl DestinationOptions {
    /// What they say, without a profile.
    pub fn wish(&self) -> Wish<'_> {
        Wish {
            endpoint: self.endpoint.as_deref(),
            data: self.data.as_deref(),
            credentials_file: self.credentials_file.as_deref(),
            context: self.context.as_deref(),
            profile: None,
        }
    }

    /// The first of them that was given, as it is written.
    pub fn first(&self) -> Option<&'static str> {
        let given = [
            ("--endpoint", self.endpoint.is_some()),
            ("--data", self.data.is_some()),
            ("--credentials-file", self.credentials_file.is_some()),
            ("--context", self.context.is_some()),
        ];
        given.into_iter().find_map(|(name, is_given)| is_given.then_some(name))
    }
}
