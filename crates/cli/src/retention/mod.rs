//! `portcullis retention`: rules on what repositories keep. What they do is done where the data folder is; this says what was wanted and
//! what came of it.

mod lines;

pub use lines::{Doomed, Names, Rule, Sums, progress_line};

use crate::data_folder::FolderOptions;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::host::{Host, confirm};
use clap::{Args, Subcommand};

/// What `retention` is told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct RetentionOptions {
    /// What to do.
    #[command(subcommand)]
    pub verb: RetentionVerb,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum RetentionVerb {
    /// Store a rule, in place of the one of the same pattern, after showing what it would delete now
    #[command(
        after_help = "Examples:\n  portcullis retention set --repository 'samples/*' --keep-last 10 --never latest 'v*' --dry-run\n  portcullis retention set --repository 'samples/*' --keep-last 10 --never latest 'v*'\n  portcullis retention set -r myreg --repository '*' --untagged-days 7 --yes"
    )]
    Set(SetOptions),
    /// List the rules
    List(ListOptions),
    /// Take a rule away; deletes nothing in repositories
    Remove(RemoveOptions),
    /// Apply the rules now; the server does it by itself before each collection
    Apply(ApplyOptions),
}

/// Which rule.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct RuleOptions {
    /// The registry, by its name or its login server [default: the only one there is]
    #[arg(long, short, value_name = "NAME")]
    pub registry: Option<String>,
    /// The repositories: a name, '*' for all, or 'samples/*' for those below samples. Of the rules that a repository has the most specific
    /// alone counts
    #[arg(long, value_name = "PATTERN")]
    pub repository: String,
}

/// What a rule deletes.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[group(required = true, multiple = true)]
pub struct Deletes {
    /// Keep this many tags of each repository, those that moved last, and delete the others
    #[arg(long, value_name = "COUNT")]
    pub keep_last: Option<u32>,
    /// Delete manifests that have had no tag for this many days
    #[arg(long, value_name = "DAYS")]
    pub untagged_days: Option<u32>,
}

/// What `retention set` is told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct SetOptions {
    #[command(flatten)]
    rule: RuleOptions,
    #[command(flatten)]
    deletes: Deletes,
    /// Tags that are never deleted and do not count, such as latest or 'v*'
    #[arg(long, value_name = "PATTERN", num_args = 1.., requires = "keep_last")]
    never: Vec<String>,
    /// Store nothing, and show what the rule would delete
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    folder: FolderOptions,
}

/// What `retention list` is told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ListOptions {
    /// Only those of this registry
    #[arg(long, short, value_name = "NAME")]
    pub registry: Option<String>,
    #[command(flatten)]
    folder: FolderOptions,
}

/// What `retention remove` is told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct RemoveOptions {
    #[command(flatten)]
    rule: RuleOptions,
    #[command(flatten)]
    folder: FolderOptions,
}

/// What `retention apply` is told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ApplyOptions {
    /// Delete nothing, and say what would be
    #[arg(long)]
    pub dry_run: bool,
    /// Only in this registry
    #[arg(long, short, value_name = "NAME")]
    pub registry: Option<String>,
    /// Only in these repositories: a name or a pattern, which chooses among those that have rules
    #[arg(long, value_name = "PATTERN")]
    pub repository: Option<String>,
    #[command(flatten)]
    folder: FolderOptions,
}

impl RetentionOptions {
    /// Which data folder is meant, and how what comes of it is shown.
    pub fn folder(&self) -> &FolderOptions {
        match &self.verb {
            RetentionVerb::Set(SetOptions { folder, .. })
            | RetentionVerb::List(ListOptions { folder, .. })
            | RetentionVerb::Remove(RemoveOptions { folder, .. })
            | RetentionVerb::Apply(ApplyOptions { folder, .. }) => folder,
        }
    }
}

impl RemoveOptions {
    /// Which rule.
    pub fn rule(&self) -> &RuleOptions {
        &self.rule
    }
}

impl SetOptions {
    /// Which rule.
    pub fn rule(&self) -> &RuleOptions {
        &self.rule
    }

    /// What it deletes.
    pub fn deletes(&self) -> &Deletes {
        &self.deletes
    }

    /// What it does not.
    pub fn never(&self) -> &[String] {
        &self.never
    }

    /// Whether it is only to be shown what the rule would delete.
    pub fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// Whether somebody can be asked, where that is needed: before anything is looked at.
    ///
    /// Errors: nobody is there.
    pub fn check(&self, environment: &Environment) -> Result<(), Failure> {
        let somebody = environment.stdin_is_terminal || environment.stderr_is_terminal;
        if self.dry_run || self.yes || somebody { Ok(()) } else { Err(nobody()) }
    }

    /// Asks, once it was shown what the rule would delete.
    ///
    /// Errors: the answer is no, or there is none.
    pub fn confirm(&self, host: &mut dyn Host) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        let question = "A server on this data folder deletes that by itself, and what comes to it later, unless `[collection]` is off in its configuration. Store the rule?";
        match confirm(host, question) {
            Some(true) => Ok(()),
            Some(false) => Err(Failure::usage("Nothing was stored.")),
            None => Err(nobody()),
        }
    }
}

fn nobody() -> Failure {
    Failure::usage("Nothing was stored: nobody is there to say whether the rule may delete what it takes.")
        .hint("See what that is with --dry-run, and then write --yes in its place.")
}

#[cfg(test)]
mod tests;
