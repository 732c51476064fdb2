//! The words of `portcullis token`, `scope-map` and `registry`: az's, and a few of ours.

use super::credential_forms::CredentialForm;
use super::grants::Grants;
use crate::destination::DestinationOptions;
use clap::{Args, Subcommand, ValueEnum};

/// Where a command goes, and how its answer is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(super) struct Common {
    #[command(flatten)]
    pub(super) destination: DestinationOptions,
    /// The subscription's id [default: the context's, else the only one there is]
    #[arg(long, global = true, value_name = "ID")]
    pub(super) subscription: Option<String>,
    /// The form of the output [default: table at a terminal, else json]
    #[arg(long, short, global = true, value_name = "FORMAT")]
    pub(super) output: Option<Form>,
}

/// A form of output, by az's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// For people
    Table,
    /// For programs
    Json,
    /// For programs, a line a resource
    Jsonl,
    /// For people and programs
    Yaml,
    /// The table's values with tabs between them
    Tsv,
}

/// A registry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(super) struct InRegistry {
    /// The registry, by its name or its login server [default: the only one there is]
    #[arg(long, short, value_name = "NAME")]
    pub(super) registry: Option<String>,
    /// The resource group [default: that of the registry of this name]
    #[arg(long, short = 'g', value_name = "NAME")]
    pub(super) resource_group: Option<String>,
}

/// A child of a registry.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub(super) struct Named {
    /// Its name
    #[arg(long = "name", short, value_name = "NAME", required_unless_present = "positional")]
    pub(super) name: Option<String>,
    /// Its name
    #[arg(value_name = "NAME", conflicts_with = "name")]
    positional: Option<String>,
    #[command(flatten)]
    pub(super) place: InRegistry,
}

impl Named {
    /// The name, wherever it stood.
    pub(super) fn name(&self) -> &str {
        self.name.as_deref().or(self.positional.as_deref()).unwrap_or_default()
    }
}

/// When new passwords end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(super) struct End {
    /// When the passwords end, such as 2027-01-01T00:00:00Z [default: never]
    #[arg(long, value_name = "TIME", conflicts_with = "expiration_in_days")]
    pub(super) expiration: Option<String>,
    /// In how many days the passwords end [default: never]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(super) expiration_in_days: Option<u32>,
}

/// When the new password of a rotation ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(super) struct RenewedEnd {
    /// When the new password ends, such as 2027-01-01T00:00:00Z [default: after as long as the newest one was made for]
    #[arg(long, value_name = "TIME", conflicts_with = "expiration_in_days")]
    pub(super) expiration: Option<String>,
    /// In how many days the new password ends
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(super) expiration_in_days: Option<u32>,
    /// The new password has no end
    #[arg(long, conflicts_with_all = ["expiration", "expiration_in_days"])]
    pub(super) no_expiration: bool,
}

impl RenewedEnd {
    /// The end that is asked for.
    pub(super) fn end(&self) -> End {
        End { expiration: self.expiration.clone(), expiration_in_days: self.expiration_in_days }
    }
}

/// Whether a token opens anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Status {
    /// It does
    Enabled,
    /// It does not
    Disabled,
}

impl Status {
    /// The service's word.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
        }
    }
}

/// `portcullis token`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(super) enum TokenVerb {
    /// Make a token and its passwords, with a scope map that is there or with one of its own
    #[command(
        after_help = "Examples:\n  portcullis token create ci-token -r myreg --repository samples/app content/read content/write\n  portcullis token create puller -r myreg --scope-map _repositories_pull --expiration-in-days 30 --format docker-login"
    )]
    Create {
        #[command(flatten)]
        token: Named,
        #[command(flatten)]
        grants: Grants,
        /// A scope map that is there
        #[arg(long, value_name = "NAME", conflicts_with_all = ["repository", "gateway"])]
        scope_map: Option<String>,
        /// Whether it opens anything
        #[arg(long, default_value = "enabled")]
        status: Status,
        /// Make no passwords
        #[arg(long, conflicts_with_all = ["expiration", "expiration_in_days", "format"])]
        no_passwords: bool,
        #[command(flatten)]
        end: End,
        /// Make password1 alone, and write it in the form that the next tool takes
        #[arg(long, value_name = "FORM")]
        format: Option<CredentialForm>,
    },
    /// Show a token
    Show {
        #[command(flatten)]
        token: Named,
    },
    /// List the tokens of a registry
    #[command(
        after_help = "Example, what may go without anybody noticing:\n  portcullis token list -r myreg --unused-for 90d --expiring-within 14d"
    )]
    List {
        #[command(flatten)]
        place: InRegistry,
        /// Only those of which a password or a certificate ends within this time, such as 14d, 12h or 30m
        #[arg(long, value_name = "TIME", value_parser = crate::durations::parse)]
        expiring_within: Option<jiff::SignedDuration>,
        /// Only those of which no password and no certificate was used for this time, such as 90d; what was never used counts from when it
        /// was made
        #[arg(long, value_name = "TIME", value_parser = crate::durations::parse)]
        unused_for: Option<jiff::SignedDuration>,
    },
    /// Change a token's scope map or status
    Update {
        #[command(flatten)]
        token: Named,
        /// The scope map
        #[arg(long, value_name = "NAME")]
        scope_map: Option<String>,
        /// Whether it opens anything; unlike az, it stays as it is when this is left out
        #[arg(long)]
        status: Option<Status>,
    },
    /// Delete a token; whoever uses it is refused from the next request on
    Delete {
        #[command(flatten)]
        token: Named,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Passwords of a token
    #[command(subcommand)]
    Credential(CredentialVerb),
    /// Say whether a token may do something, by which rule, and if not what is missing
    #[command(
        after_help = "Example:\n  portcullis token explain ci-token -r myreg --repository samples/app --action push"
    )]
    Explain {
        #[command(flatten)]
        token: Named,
        /// The repository
        #[arg(long, value_name = "NAME")]
        repository: String,
        /// pull, push, delete, list or lock; or an action such as content/read
        #[arg(long, value_name = "ACTION")]
        action: String,
    },
    /// Renew the older password, and let the other end after an overlap
    #[command(after_help = "Example:\n  portcullis token rotate ci-token -r myreg --overlap 24h --format env")]
    Rotate {
        #[command(flatten)]
        token: Named,
        /// How long the other password works on, such as 24h or 7d [default: as long as it would have]
        #[arg(long, value_name = "TIME", value_parser = crate::durations::parse)]
        overlap: Option<jiff::SignedDuration>,
        #[command(flatten)]
        end: RenewedEnd,
        /// Write the credential in the form that the next tool takes
        #[arg(long, value_name = "FORM")]
        format: Option<CredentialForm>,
    },
}

/// `portcullis token credential`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(super) enum CredentialVerb {
    /// Make passwords anew and show them once; both, unless one is named
    Generate {
        #[command(flatten)]
        token: Named,
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        end: End,
        /// Make one password, password1 unless another is named, and write it in the form that the next tool takes
        #[arg(long, value_name = "FORM")]
        format: Option<CredentialForm>,
    },
    /// Take passwords away
    Delete {
        #[command(flatten)]
        token: Named,
        #[command(flatten)]
        which: Which,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

/// Which passwords.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub(super) struct Which {
    /// The first one
    #[arg(long)]
    pub password1: bool,
    /// The second one
    #[arg(long)]
    pub password2: bool,
}

/// `portcullis scope-map`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(super) enum ScopeMapVerb {
    /// Make a scope map
    #[command(
        after_help = "Example:\n  portcullis scope-map create pullers -r myreg --repository samples/app content/read metadata/read"
    )]
    Create {
        #[command(flatten)]
        scope_map: Named,
        #[command(flatten)]
        grants: Grants,
        /// What it is for
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
    },
    /// Show a scope map
    Show {
        #[command(flatten)]
        scope_map: Named,
    },
    /// List the scope maps of a registry
    List {
        #[command(flatten)]
        place: InRegistry,
    },
    /// Change a scope map's actions or description
    Update {
        #[command(flatten)]
        scope_map: Named,
        #[command(flatten)]
        changes: super::grants::Changes,
        /// What it is for
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
    },
    /// Delete a scope map; its tokens have no rights from the next request on
    Delete {
        #[command(flatten)]
        scope_map: Named,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

/// `portcullis registry`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(super) enum RegistryVerb {
    /// Make a registry
    Create {
        /// Its name
        #[arg(long, short, value_name = "NAME")]
        name: String,
        /// The resource group; it is made when it is not there
        #[arg(long, short = 'g', value_name = "NAME")]
        resource_group: String,
        /// The tier, which is kept and shown and limits nothing
        #[arg(long, value_name = "SKU", default_value = "Basic")]
        sku: String,
        /// Where it says it is [default: that of the resource group]
        #[arg(long, short, value_name = "NAME")]
        location: Option<String>,
        /// Enable the admin user
        #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
        admin_enabled: Option<bool>,
    },
    /// Show a registry
    Show {
        #[command(flatten)]
        registry: NamedRegistry,
    },
    /// List the registries
    List {
        /// Only those of this resource group
        #[arg(long, short = 'g', value_name = "NAME")]
        resource_group: Option<String>,
    },
    /// Change a registry
    Update {
        #[command(flatten)]
        registry: NamedRegistry,
        /// The tier
        #[arg(long, value_name = "SKU")]
        sku: Option<String>,
        /// Enable or disable the admin user
        #[arg(long, value_name = "BOOL")]
        admin_enabled: Option<bool>,
    },
    /// Delete a registry and all that is in it
    Delete {
        #[command(flatten)]
        registry: NamedRegistry,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Say whether a name is free
    CheckName {
        /// The name
        #[arg(long, short, value_name = "NAME")]
        name: String,
    },
    /// Show what a registry has of what it may have
    ShowUsage {
        #[command(flatten)]
        registry: NamedRegistry,
    },
    /// Passwords of the admin user
    #[command(subcommand)]
    Credential(AdminVerb),
}

/// `portcullis registry credential`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(super) enum AdminVerb {
    /// Show the admin user's passwords
    Show {
        #[command(flatten)]
        registry: NamedRegistry,
    },
    /// Make one of the admin user's passwords anew
    Renew {
        #[command(flatten)]
        registry: NamedRegistry,
        /// password or password2
        #[arg(long, value_name = "NAME", value_parser = ["password", "password2"])]
        password_name: String,
    },
}

/// A registry, named as az names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(super) struct NamedRegistry {
    /// The registry, by its name or its login server [default: the only one there is]
    #[arg(long, short, value_name = "NAME")]
    pub(super) name: Option<String>,
    /// The resource group [default: that of the registry of this name]
    #[arg(long, short = 'g', value_name = "NAME")]
    pub(super) resource_group: Option<String>,
}

impl NamedRegistry {
    /// The same, as other commands name it.
    pub(super) fn place(&self) -> InRegistry {
        InRegistry { registry: self.name.clone(), resource_group: self.resource_group.clone() }
    }
}
