//! Names of what there is, for completion. Whatever goes wrong, there is just nothing to complete with.

use super::{Candidate, Request, beginning_with, candidate};
use crate::client::address::Address;
use crate::client::{Client, ClientError};
use crate::cmdlets::call::parse_id;
use serde::Deserialize;
use wire::arm::registries::Registry;

/// What names are of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Live {
    /// Registries.
    Registries,
    /// Resource groups that have registries.
    Groups,
    /// Scope maps of a registry, or of the only one.
    ScopeMaps(Option<String>),
    /// Tokens of a registry, or of the only one.
    Tokens(Option<String>),
}

#[derive(Deserialize)]
struct NamedResource {
    name: String,
}

impl Live {
    /// The names that begin with what is written.
    pub async fn candidates(&self, request: &Request, client: Client<'_>) -> Vec<Candidate> {
        let names = self.names(client).await.unwrap_or_default();
        beginning_with(names.into_iter().map(|name| candidate(name, "")).collect(), request.current())
    }

    async fn names(&self, client: Client<'_>) -> Result<Vec<String>, ClientError> {
        let subscription = client.only_subscription().await?;
        let registries: Vec<Registry> = client.list(&Address::registries(&subscription)?).await?;
        let mut places: Vec<_> =
            registries.iter().filter_map(|it| Some(parse_id(it.id.as_deref()?, None)?.place)).collect();
        let (registry, segment) = match self {
            Self::Registries => return Ok(places.into_iter().map(|place| place.registry).collect()),
            Self::Groups => {
                let mut groups: Vec<String> = places.into_iter().map(|place| place.resource_group).collect();
                groups.sort();
                groups.dedup();
                return Ok(groups);
            }
            Self::ScopeMaps(registry) => (registry, "scopeMaps"),
            Self::Tokens(registry) => (registry, "tokens"),
        };
        places.retain(|place| registry.as_ref().is_none_or(|name| place.registry.eq_ignore_ascii_case(name)));
        match places.as_slice() {
            [only] => {
                let all: Vec<NamedResource> = client.list(&only.children_address(segment)?).await?;
                Ok(all.into_iter().map(|resource| resource.name).collect())
            }
            _ => Ok(Vec::new()),
        }
    }
}
