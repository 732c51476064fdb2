//! What the words after the program's name ask for. A cmdlet's words are PowerShell's, everything else is clap's.

use crate::audit::AuditOptions;
use crate::az::{
    AzCommand, ManifestOptions, RegistryOptions, RepositoryOptions, ScopeMapOptions, TagOptions, TokenOptions,
};
use crate::cmdlets::{Cmdlet, Command, jobs};
use crate::collection::CollectOptions;
use crate::completion::{Request, Shell, script};
use crate::contexts::ContextOptions;
use crate::environment::Environment;
use crate::failure::{EXIT_CODES_HELP, Failure};
use crate::principals::PrincipalOptions;
use crate::retention::RetentionOptions;
use crate::verification::VerifyOptions;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// What to do.
#[derive(Debug)]
pub enum Invocation {
    /// Run the server.
    Serve(ServeOptions),
    /// Make the reference page's example and serve it.
    Quickstart(QuickstartOptions),
    /// Manage service principals.
    Principal(Box<PrincipalOptions>),
    /// Look at the audit log.
    Audit(Box<AuditOptions>),
    /// Collect what nothing needs any more.
    Collect(CollectOptions),
    /// Manage and apply rules on what repositories keep.
    Retention(Box<RetentionOptions>),
    /// Compare everything with its digest.
    Verify(VerifyOptions),
    /// Manage contexts.
    Context(ContextOptions),
    /// Run a cmdlet.
    Cmdlet(Box<Command>),
    /// Say what may come next on a line.
    Complete(Request),
    /// Write the man pages into this folder.
    Man(PathBuf),
    /// Run a command in az's words.
    Az(Box<AzCommand>),
    /// Run the job that this process was started for.
    Job(Box<Command>),
    /// Print this: help or the version was asked for.
    Print(String),
}

/// Azure Container Registry's token system as one program: the management API, the token service, the registry, and the
/// command New-AzContainerRegistryToken.
#[derive(Debug, Parser)]
#[command(name = "portcullis", version, arg_required_else_help = true)]
struct Words {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run the server.
    Serve(ServeOptions),
    /// Make a registry, a scope map and a token in the data folder, show how to push and pull, and serve them.
    Quickstart(QuickstartOptions),
    /// Manage service principals: who manages over the network, with which secrets and roles.
    Principal(PrincipalOptions),
    /// The audit log: who did what, when and from where, and by which rule it was allowed or refused.
    Audit(AuditOptions),
    /// Free the bytes of what was deleted and of pushes that were not finished; the server does it by itself.
    Collect(CollectOptions),
    /// Rules on what repositories keep: how many tags, and for how long what has no tag.
    Retention(RetentionOptions),
    /// Read everything in the data folder, and name what is broken with the images that it hits.
    Verify(VerifyOptions),
    /// Tokens: make, show, change and delete them, and their passwords.
    Token(TokenOptions),
    /// Scope maps: what tokens may do on which repositories.
    ScopeMap(ScopeMapOptions),
    /// Registries, and their admin users.
    Registry(RegistryOptions),
    /// Repositories: what is in a registry, how large it is, and taking it away.
    Repository(RepositoryOptions),
    /// Manifests: images, indexes and artifacts, their parts, what refers to what, and what a delete would free.
    Manifest(ManifestOptions),
    /// Tags, and what they point at.
    Tag(TagOptions),
    /// Print the script that makes a shell complete words, names of live registries, repositories, tags, scope maps and tokens included.
    Completion {
        /// The shell
        shell: Shell,
    },
    /// Write a man page for every command and cmdlet.
    Man {
        /// The folder that they go into
        folder: PathBuf,
    },
    /// Manage contexts: the named places that commands go to, the store on this machine, servers and Azure.
    Context(ContextOptions),
}

/// What `serve` is told. A flag counts more than the configuration file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ServeOptions {
    /// The configuration file (TOML)
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The data folder [default: PORTCULLIS_DATA, else $XDG_DATA_HOME/portcullis, else $HOME/.local/share/portcullis]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The address and port to listen on, such as 127.0.0.1:5000
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// What clients see in front of every path: https:// and a host name
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// A registry's login server is its name below this domain
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Option<String>,
    /// The registry that any other host name means
    #[arg(long, value_name = "NAME")]
    pub default_registry: Option<String>,
    /// Speak TLS with this certificate, and those between it and its authority (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The key of --tls-cert (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Speak TLS with a certificate of a local authority, made in the data folder and kept there
    #[arg(long, conflicts_with_all = ["tls_cert", "tls_key"])]
    pub tls_self_signed: bool,
    /// The form of the log
    #[arg(long, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// What is logged, such as info or info,server=debug
    #[arg(long, value_name = "FILTER")]
    pub log_filter: Option<String>,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// What `quickstart` is told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct QuickstartOptions {
    /// The data folder [default: PORTCULLIS_DATA, else $XDG_DATA_HOME/portcullis, else $HOME/.local/share/portcullis]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The address and port to serve the registry on
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:5000")]
    pub listen: SocketAddr,
    /// Make a new password1; the old one stops working
    #[arg(long)]
    pub new_password: bool,
}

impl Invocation {
    /// Understands the words after the program's name. The name itself may be a cmdlet's, when the program is called through
    /// a link.
    ///
    /// Errors: a usage failure that says which word is wrong.
    pub fn parse(environment: &Environment, words: Vec<OsString>) -> Result<Self, Failure> {
        if let Some(folder) = &environment.variables.job {
            return Ok(Self::Job(Box::new(jobs::open(folder, environment)?)));
        }
        if let Some(cmdlet) = called_as_cmdlet(&environment.program) {
            return cmdlet_with(environment, cmdlet, words);
        }
        // What a shell's script says; the rest is a line as far as it is written.
        if words.first().is_some_and(|word| word == "__complete") {
            let rest = words.into_iter().skip(1).filter(|word| word != "--");
            return Ok(Self::Complete(Request::new(rest.map(|word| word.to_string_lossy().into_owned()).collect())));
        }
        match find_cmdlet(&words) {
            Some((cmdlet, index)) => {
                let mut words = words;
                words.remove(index);
                if words.first().is_some_and(|word| word == "help") {
                    words = vec![OsString::from("--help")];
                }
                cmdlet_with(environment, cmdlet, words)
            }
            None => match words.first().and_then(|word| word.to_str()).filter(|word| is_cmdlet_name(word)) {
                Some(name) => Err(unknown_cmdlet(name)),
                None => with_clap(environment, words),
            },
        }
    }
}

/// The cmdlet that the program's file name names, with or without `.exe`.
fn called_as_cmdlet(program: &OsString) -> Option<&'static Cmdlet> {
    let name = Path::new(program).file_name()?.to_str()?;
    // A Windows path may be read on another system, where `\` does not separate.
    let name = name.rsplit('\\').next().unwrap_or(name);
    let stem = match name.len().checked_sub(".exe".len()).and_then(|at| name.split_at_checked(at)) {
        Some((stem, extension)) if extension.eq_ignore_ascii_case(".exe") => stem,
        _ => name,
    };
    Cmdlet::find(stem)
}

/// Whether a word looks like the name of a cmdlet: `Verb-Noun`.
fn is_cmdlet_name(word: &str) -> bool {
    let capitalized = |part: &str| part.chars().next().is_some_and(char::is_uppercase);
    word.split_once('-').is_some_and(|(verb, noun)| capitalized(verb) && capitalized(noun))
}

/// PowerShell's words for a name that means nothing.
fn unknown_cmdlet(name: &str) -> Failure {
    Failure::usage(format!(
        "{name}: The term '{name}' is not recognized as a name of a cmdlet, function, script file, or executable program. Check the \
         spelling of the name, or if a path was included, verify that the path is correct and try again."
    ))
    .id("CommandNotFoundException")
    .hint("portcullis Get-Help lists the cmdlets.")
}

/// The cmdlet among the words: the first, or the first after options of ours or after `help`.
fn find_cmdlet(words: &[OsString]) -> Option<(&'static Cmdlet, usize)> {
    let before_are_options = |word: &OsString| word == "help" || word.to_string_lossy().starts_with('-');
    let (index, cmdlet) =
        words.iter().enumerate().find_map(|(index, word)| Some((index, Cmdlet::find(word.to_str()?)?)))?;
    (index == 0 || words.first().is_some_and(before_are_options)).then_some((cmdlet, index))
}

fn cmdlet_with(
    environment: &Environment,
    cmdlet: &'static Cmdlet,
    words: Vec<OsString>,
) -> Result<Invocation, Failure> {
    let words = words
        .into_iter()
        .map(|word| word.into_string().map_err(|word| Failure::usage(format!("{word:?} is not UTF-8 text."))))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Invocation::Cmdlet(Box::new(Command::parse(cmdlet, &words, environment)?)))
}

/// What `help` shows below the commands.
const EXAMPLES: &str = "\
Examples:
  portcullis quickstart
  portcullis token create ci-token -r myreg --repository samples/app content/read content/write
  portcullis New-AzContainerRegistryToken -Name token2 -RegistryName lnxcr -ResourceGroupName lnxtest -ScopeMapId newmap
  portcullis Get-Help                          lists the cmdlets; they take PowerShell's words";

/// The tree of the words that are no cmdlet's.
pub fn command() -> clap::Command {
    Words::command().after_help(format!("{EXAMPLES}\n\n{EXIT_CODES_HELP}"))
}

fn with_clap(environment: &Environment, words: Vec<OsString>) -> Result<Invocation, Failure> {
    let program = std::iter::once(OsString::from("portcullis"));
    let parsed = command()
        .term_width(environment.columns())
        .try_get_matches_from(program.chain(words))
        .and_then(|matches| Words::from_arg_matches(&matches));
    match parsed {
        Ok(Words { verb: Verb::Serve(options) }) => Ok(Invocation::Serve(options)),
        Ok(Words { verb: Verb::Quickstart(options) }) => Ok(Invocation::Quickstart(options)),
        Ok(Words { verb: Verb::Completion { shell } }) => Ok(Invocation::Print(script(shell))),
        Ok(Words { verb: Verb::Man { folder } }) => Ok(Invocation::Man(folder)),
        Ok(Words { verb: Verb::Token(options) }) => Ok(Invocation::Az(Box::new(AzCommand::Token(options)))),
        Ok(Words { verb: Verb::ScopeMap(options) }) => Ok(Invocation::Az(Box::new(AzCommand::ScopeMap(options)))),
        Ok(Words { verb: Verb::Registry(options) }) => Ok(Invocation::Az(Box::new(AzCommand::Registry(options)))),
        Ok(Words { verb: Verb::Repository(options) }) => Ok(Invocation::Az(Box::new(AzCommand::Repository(options)))),
        Ok(Words { verb: Verb::Manifest(options) }) => Ok(Invocation::Az(Box::new(AzCommand::Manifest(options)))),
        Ok(Words { verb: Verb::Tag(options) }) => Ok(Invocation::Az(Box::new(AzCommand::Tag(options)))),
        Ok(Words { verb: Verb::Principal(options) }) => Ok(Invocation::Principal(Box::new(options))),
        Ok(Words { verb: Verb::Audit(options) }) => Ok(Invocation::Audit(Box::new(options))),
        Ok(Words { verb: Verb::Collect(options) }) => Ok(Invocation::Collect(options)),
        Ok(Words { verb: Verb::Retention(options) }) => Ok(Invocation::Retention(Box::new(options))),
        Ok(Words { verb: Verb::Verify(options) }) => Ok(Invocation::Verify(options)),
        Ok(Words { verb: Verb::Context(options) }) => Ok(Invocation::Context(options)),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(Invocation::Print(error.render().to_string())),
            _ => {
                let text = error.render().to_string();
                Err(Failure::usage(text.strip_prefix("error: ").unwrap_or(&text).trim_end()))
            }
        },
    }
}

#[cfg(test)]
mod tests;
