//! `portcullis token`, `scope-map`, `registry`, `repository`, `manifest` and `tag`: what the cmdlets do, in az's words, and a few things that az
//! does not do.

mod contents;
mod credential_forms;
mod explain;
mod grants;
mod own_scope_map;
mod place;
mod registries;
mod rotate;
mod scope_maps;
mod show;
mod tokens;
mod uses;
mod words;

use crate::client::{Client, Reached};
use crate::destination::Chosen;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::host::{Host, confirm};
use crate::output::Console;
use crate::progress::Progress;
use clap::Args;
use contents::words::{ManifestVerb, RepositoryVerb, TagVerb};
use jiff::Timestamp;
use words::{Common, CredentialVerb, Form, RegistryVerb, ScopeMapVerb, TokenVerb};

/// What `token` is told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct TokenOptions {
    #[command(subcommand)]
    verb: TokenVerb,
    #[command(flatten)]
    common: Common,
}

/// What `scope-map` is told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ScopeMapOptions {
    #[command(subcommand)]
    verb: ScopeMapVerb,
    #[command(flatten)]
    common: Common,
}

/// What `registry` is told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct RegistryOptions {
    #[command(subcommand)]
    verb: RegistryVerb,
    #[command(flatten)]
    common: Common,
}

/// What `repository` is told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct RepositoryOptions {
    #[command(subcommand)]
    verb: RepositoryVerb,
    #[command(flatten)]
    common: Common,
}

/// What `manifest` is told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ManifestOptions {
    #[command(subcommand)]
    verb: ManifestVerb,
    #[command(flatten)]
    common: Common,
}

/// What `tag` is told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct TagOptions {
    #[command(subcommand)]
    verb: TagVerb,
    #[command(flatten)]
    common: Common,
}

/// A command in az's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AzCommand {
    /// `portcullis token …`
    Token(TokenOptions),
    /// `portcullis scope-map …`
    ScopeMap(ScopeMapOptions),
    /// `portcullis registry …`
    Registry(RegistryOptions),
    /// `portcullis repository …`
    Repository(RepositoryOptions),
    /// `portcullis manifest …`
    Manifest(ManifestOptions),
    /// `portcullis tag …`
    Tag(TagOptions),
}

/// Through what whoever runs a command is spoken to.
pub struct Terminal<'a, 'c> {
    /// For answers and messages.
    pub console: &'a mut Console<'c>,
    /// For questions.
    pub host: &'a mut dyn Host,
    /// For waits: the line that the requests show theirs on too.
    pub progress: &'a Progress<'a>,
}

/// A command that runs.
struct Run<'a, 'c> {
    client: Client<'a>,
    common: &'a Common,
    /// The context's.
    subscription_id: Option<String>,
    form: Form,
    now: Timestamp,
    progress: &'a Progress<'a>,
    console: &'a mut Console<'c>,
    host: &'a mut dyn Host,
}

impl AzCommand {
    fn common(&self) -> &Common {
        match self {
            Self::Token(TokenOptions { common, .. })
            | Self::ScopeMap(ScopeMapOptions { common, .. })
            | Self::Registry(RegistryOptions { common, .. })
            | Self::Repository(RepositoryOptions { common, .. })
            | Self::Manifest(ManifestOptions { common, .. })
            | Self::Tag(TagOptions { common, .. }) => common,
        }
    }

    /// Whether it writes a credential in a form of its own, in place of an answer.
    fn writes_credential(&self) -> bool {
        match self {
            Self::Token(TokenOptions { verb, .. }) => match verb {
                TokenVerb::Create { format, .. }
                | TokenVerb::Rotate { format, .. }
                | TokenVerb::Credential(CredentialVerb::Generate { format, .. }) => format.is_some(),
                _ => false,
            },
            Self::ScopeMap(_) | Self::Registry(_) | Self::Repository(_) | Self::Manifest(_) | Self::Tag(_) => false,
        }
    }

    /// Where it goes, and why.
    ///
    /// Errors: as [`Wish::settle`](crate::destination::Wish::settle).
    pub fn chosen(&self, environment: &Environment) -> Result<Chosen, Failure> {
        self.common().destination.wish().settle(environment)
    }

    /// Runs it, and writes what came of it to standard output.
    pub async fn run(
        &self,
        Reached { client, route }: Reached<'_>,
        environment: &Environment,
        Terminal { console, host, progress }: Terminal<'_, '_>,
    ) -> Result<(), Failure> {
        let common = self.common();
        if common.output.is_some() && self.writes_credential() {
            return Err(Failure::usage("--output cannot be used together with --format.")
                .hint("Each says what is written: leave one out."));
        }
        let default = if environment.stdout_is_terminal { Form::Table } else { Form::Json };
        let now = Timestamp::from_microsecond(environment.now_micros)
            .map_err(|error| Failure::usage(format!("The clock of this machine is wrong: {error}.")))?;
        let form = common.output.unwrap_or(default);
        let subscription_id = route.subscription_id;
        let mut run = Run { client, common, subscription_id, form, now, progress, console, host };
        match self {
            Self::Token(options) => run.token(&options.verb).await,
            Self::ScopeMap(options) => run.scope_map(&options.verb).await,
            Self::Registry(options) => run.registry(&options.verb).await,
            Self::Repository(options) => run.repository(&options.verb).await,
            Self::Manifest(options) => run.manifest(&options.verb).await,
            Self::Tag(options) => run.tag(&options.verb).await,
        }
    }
}

impl Run<'_, '_> {
    /// Asks before something is lost, in az's words. `Err` when the answer is no.
    fn confirm(&mut self, yes: bool, question: &str) -> Result<(), Failure> {
        if yes {
            return Ok(());
        }
        match confirm(self.host, question) {
            Some(true) => Ok(()),
            Some(false) => Err(Failure::usage("Operation cancelled.")),
            None => Err(Failure::usage("Unable to prompt for confirmation as no tty available. Use --yes.")),
        }
    }

    /// When passwords are to end, by the options for that.
    fn expiry(&self, end: &words::End) -> Result<Option<String>, Failure> {
        let instant = match (&end.expiration, end.expiration_in_days) {
            (None, None) => return Ok(None),
            (Some(text), _) => crate::cmdlet::dates::parse(text).map_err(|_| {
                Failure::usage(format!("Input '{text}' is not valid datetime. Valid example: 2025-12-31T12:59:59Z"))
            })?,
            (None, Some(days)) => self.later(jiff::SignedDuration::from_hours(24 * i64::from(days)))?,
        };
        // The service refuses it as well, but only when the token is made and its passwords are to follow.
        if instant <= self.now {
            return Err(Failure::usage(format!(
                "--expiration {instant} is in the past: no password is made that is over."
            ))
            .hint("Give a later time, or leave it out. Nothing was sent."));
        }
        Ok(Some(instant.to_string()))
    }

    fn earlier(&self, duration: jiff::SignedDuration) -> Result<Timestamp, Failure> {
        self.now.checked_sub(duration).map_err(|error| Failure::usage(format!("That is too long ago: {error}.")))
    }

    fn later(&self, duration: jiff::SignedDuration) -> Result<Timestamp, Failure> {
        self.now.checked_add(duration).map_err(|error| Failure::usage(format!("That is too far away: {error}.")))
    }
}

#[cfg(test)]
mod rotate_tests;
#[cfg(test)]
mod tests;
