//! The words of `portcullis principal`.

use crate::destination::DestinationOptions;
use clap::{Args, Subcommand, ValueEnum};

/// What `principal` is told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct PrincipalOptions {
    #[command(subcommand)]
    pub(super) verb: Verb,
    #[command(flatten)]
    pub(super) destination: DestinationOptions,
    /// The form of the output [default: table at a terminal, else json]
    #[arg(long, short, global = true, value_name = "FORMAT")]
    pub(super) output: Option<Form>,
}

/// A form of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// For people
    Table,
    /// For programs
    Json,
}

#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(super) enum Verb {
    /// Make a service principal, show its secret once, and give it a role if one is named
    Create {
        /// What to call it
        name: String,
        #[command(flatten)]
        end: End,
        /// The role to give it
        #[arg(long, value_name = "ROLE")]
        role: Option<RoleName>,
        /// Where the role holds: an id of a resource group or a registry [default: the whole subscription]
        #[arg(long, value_name = "ID", requires = "role", value_parser = scope)]
        scope: Option<String>,
    },
    /// List the service principals
    List,
    /// Show a service principal, its secrets (without values) and its roles
    Show {
        /// Its name, client id or object id
        principal: String,
    },
    /// Delete a service principal, its secrets and its roles; it is refused from the next request on
    Delete {
        /// Its name, client id or object id
        principal: String,
    },
    /// Give a service principal a new secret, show it once, and end the others
    Rotate {
        /// Its name, client id or object id
        principal: String,
        #[command(flatten)]
        end: End,
        /// Leave the others as they are, to be ended with `remove-secret`
        #[arg(long)]
        keep_others: bool,
    },
    /// End one secret of a service principal
    RemoveSecret {
        /// Its name, client id or object id
        principal: String,
        /// The secret's id, as `show` has it
        secret: String,
    },
    /// Give a service principal, or whom a trusted issuer vouches for, a role
    Grant(Grant),
    /// Take a role back
    Revoke(Grant),
}

#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub(super) struct Grant {
    /// Its name, client id or object id; or ISSUER:SUBJECT of a trusted issuer
    pub(super) principal: String,
    /// The role
    #[arg(long, value_name = "ROLE")]
    pub(super) role: RoleName,
    /// Where it holds: an id of a resource group or a registry [default: the whole subscription]
    #[arg(long, value_name = "ID", value_parser = scope)]
    pub(super) scope: Option<String>,
}

/// The id of a resource, without slashes at its end. Read with the words, so that nothing is made before it is refused.
fn scope(text: &str) -> Result<String, String> {
    let id = text.trim_end_matches('/');
    if id.to_ascii_lowercase().starts_with("/subscriptions/") {
        return Ok(id.to_owned());
    }
    Err(format!(
        "'{text}' is not a scope: a scope is the id of a resource. For a registry: portcullis registry show -n {text} -o json has it as id. \
         Without --scope it is the whole subscription."
    ))
}

/// When a secret ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(super) struct End {
    /// How many days the secret is good for [default: it does not end]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(super) expires_in_days: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RoleName {
    /// Reads everything but secrets, and pulls
    Reader,
    /// Does everything but give access
    Contributor,
    /// Does everything
    Owner,
}

impl RoleName {
    /// As role definitions have it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "Reader",
            Self::Contributor => "Contributor",
            Self::Owner => "Owner",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("/Subscriptions/s/", Some("/Subscriptions/s"))]
    #[case("/subscriptions/s/resourceGroups/g", Some("/subscriptions/s/resourceGroups/g"))]
    #[case("/subscriptions/", None)]
    #[case("subscriptions/s", None)]
    #[case("lnxcr", None)]
    fn a_scope_is_the_id_of_a_resource(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(scope(text).ok().as_deref(), expected);
    }
}
