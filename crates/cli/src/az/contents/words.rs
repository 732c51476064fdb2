//! The words of `portcullis repository`, `manifest` and `tag`: those of `az acr repository` and `az acr manifest`, in the form that the other
//! words here have.

use crate::az::words::InRegistry;
use clap::{Args, Subcommand, ValueEnum};

/// A registry, which may also be one that the management API does not show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(in crate::az) struct Within {
    #[command(flatten)]
    pub(in crate::az) registry: InRegistry,
    /// At Azure, what stands behind the registry's name in its login server: myreg-TENANT.azurecr.io. The management API is not asked then
    #[arg(long, value_name = "TENANT", requires = "registry")]
    pub(in crate::az) suffix: Option<String>,
}

/// A repository.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub(in crate::az) struct NamedRepository {
    /// The repository, such as samples/app
    #[arg(
        long = "repository",
        short = 'n',
        visible_alias = "name",
        value_name = "REPOSITORY",
        required_unless_present = "positional"
    )]
    name: Option<String>,
    /// The repository, such as samples/app
    #[arg(value_name = "REPOSITORY", conflicts_with = "name")]
    positional: Option<String>,
    #[command(flatten)]
    pub(in crate::az) within: Within,
}

impl NamedRepository {
    /// The name, wherever it stood.
    pub(in crate::az) fn name(&self) -> &str {
        self.name.as_deref().or(self.positional.as_deref()).unwrap_or_default()
    }
}

/// A manifest or a tag of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub(in crate::az) struct NamedImage {
    /// Which one, such as samples/app:v1 or samples/app@sha256:9c3d…; of a digest, the first letters do
    #[arg(
        long,
        short = 't',
        visible_alias = "name",
        visible_short_alias = 'n',
        value_name = "IMAGE",
        required_unless_present = "positional"
    )]
    image: Option<String>,
    /// Which one, such as samples/app:v1 or samples/app@sha256:9c3d…; of a digest, the first letters do
    #[arg(value_name = "IMAGE", conflicts_with = "image")]
    positional: Option<String>,
    #[command(flatten)]
    pub(in crate::az) within: Within,
}

impl NamedImage {
    /// The name, wherever it stood.
    pub(in crate::az) fn name(&self) -> &str {
        self.image.as_deref().or(self.positional.as_deref()).unwrap_or_default()
    }
}

/// How much of a list, and in which order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub(in crate::az) struct Part {
    /// At most so many
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    top: Option<u32>,
    /// The order [default: manifests time_desc, else by name]
    #[arg(long, value_name = "ORDER")]
    pub(in crate::az) orderby: Option<Order>,
}

impl Part {
    /// How many at most.
    pub(in crate::az) fn items_max(self) -> Option<usize> {
        self.top.and_then(|top| usize::try_from(top).ok())
    }
}

/// An order, by az's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::az) enum Order {
    /// What was pushed last comes first
    #[value(name = "time_desc")]
    NewestFirst,
    /// What was pushed last comes last
    #[value(name = "time_asc")]
    OldestFirst,
}

/// How a deletion goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub(in crate::az) struct Deletion {
    /// Do not ask
    #[arg(long, short)]
    pub(in crate::az) yes: bool,
    /// Say what would go, and delete nothing
    #[arg(long, conflicts_with = "yes")]
    pub(in crate::az) dry_run: bool,
}

/// `portcullis repository`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(in crate::az) enum RepositoryVerb {
    /// List the repositories of a registry, with how much each holds
    List {
        #[command(flatten)]
        within: Within,
        #[command(flatten)]
        part: Part,
    },
    /// Show a repository: how much it holds, in what, and its locks
    Show {
        #[command(flatten)]
        repository: NamedRepository,
    },
    /// Delete a repository with its tags and manifests, after saying how much that frees
    #[command(after_help = "Example:\n  portcullis repository delete samples/app -r myreg --dry-run")]
    Delete {
        #[command(flatten)]
        repository: NamedRepository,
        #[command(flatten)]
        deletion: Deletion,
    },
}

/// `portcullis manifest`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(in crate::az) enum ManifestVerb {
    /// List the manifests of a repository: tags, kinds, platforms, sizes
    List {
        #[command(flatten)]
        repository: NamedRepository,
        #[command(flatten)]
        part: Part,
    },
    /// Show a manifest: its parts with their sizes, its platforms, and what refers to what
    #[command(
        after_help = "Examples:\n  portcullis manifest show samples/app:v1 -r myreg\n  portcullis manifest show samples/app@sha256:9c3d2f60b1a7 -r myreg"
    )]
    Show {
        #[command(flatten)]
        image: NamedImage,
    },
    /// Delete a manifest with all its tags, after saying what needs it and how much that frees
    #[command(after_help = "Example:\n  portcullis manifest delete samples/app:v1 -r myreg --dry-run")]
    Delete {
        #[command(flatten)]
        image: NamedImage,
        #[command(flatten)]
        deletion: Deletion,
    },
}

/// `portcullis tag`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(in crate::az) enum TagVerb {
    /// List the tags of a repository
    List {
        #[command(flatten)]
        repository: NamedRepository,
        #[command(flatten)]
        part: Part,
    },
    /// Show a tag, and the manifest that it points at
    Show {
        #[command(flatten)]
        image: NamedImage,
    },
    /// Delete a tag; the manifest that it points at stays
    Delete {
        #[command(flatten)]
        image: NamedImage,
        #[command(flatten)]
        deletion: Deletion,
    },
}
