//! The words of `portcullis audit`.

use super::chain::Known;
use crate::destination::DestinationOptions;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// What `audit` is told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct AuditOptions {
    #[command(subcommand)]
    pub(super) verb: Option<Verb>,
    #[command(flatten)]
    pub(super) picks: Picks,
    /// How many of the newest entries to show
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(super) last: u32,
    /// Print the entries as they are kept, one JSON object a line [default: a table]
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) destination: DestinationOptions,
}

/// Which entries; all that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(super) struct Picks {
    /// Not before this: a time such as 2027-01-01T00:00:00Z, or how long ago, such as 90s, 30m, 12h or 7d
    #[arg(long, value_name = "TIME")]
    pub(super) since: Option<String>,
    /// Before this, in the same forms
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<String>,
    /// By whom: the name of a token, the object id of a service principal, ISSUER:SUBJECT, a user of the machine
    #[arg(long, value_name = "NAME")]
    pub(super) who: Option<String>,
    /// In this registry
    #[arg(long, short, value_name = "NAME")]
    pub(super) registry: Option<String>,
    /// In this repository
    #[arg(long, value_name = "NAME")]
    pub(super) repository: Option<String>,
    /// Whose action holds this text, such as tokens/write, manifest/ or signIn
    #[arg(long, value_name = "TEXT")]
    pub(super) action: Option<String>,
    /// What became of it
    #[arg(long, value_name = "OUTCOME")]
    pub(super) outcome: Option<OutcomeName>,
    /// Of the request with this id, as the log and the answer have it
    #[arg(long, value_name = "ID")]
    pub(super) request: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OutcomeName {
    /// It was done
    Allowed,
    /// A rule forbade it
    Refused,
}

impl OutcomeName {
    /// As the service has it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(super) enum Verb {
    /// Check that no entry was changed, taken away or put elsewhere, and print the head of the chain
    Verify {
        /// A file that `export` wrote [default: the log itself]
        file: Option<PathBuf>,
        /// An entry as an earlier `verify` printed it, which must be there, so that a cut end is seen; more than one may be given
        #[arg(long, value_name = "SEQ:HASH")]
        known: Vec<Known>,
    },
    /// Print every entry, one JSON object a line, which `verify` can check without the service
    Export {
        /// Begin behind the entry with this number, to go on with an earlier export
        #[arg(long, value_name = "SEQ", default_value_t = 0)]
        after: u64,
    },
}
