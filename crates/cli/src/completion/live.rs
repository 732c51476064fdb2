//! Names of what there is, for completion. Whatever goes wrong, there is just nothing to complete with.

use super::{Candidate, Request, beginning_with, candidate};
use crate::client::address::Address;
use crate::client::operation::Sleeper;
use crate::client::{Client, ClientError};
use crate::cmdlets::call::parse_id;
use crate::failure::Failure;
use crate::limits::COMPLETION_TIMEOUT;
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

/// What `names` gives, or nothing when it fails or is not there in time: a shell waits for it, and whoever types.
pub async fn in_time(
    sleeper: &dyn Sleeper,
    names: impl Future<Output = Result<Vec<Candidate>, Failure>>,
) -> Vec<Candidate> {
    tokio::select! {
        biased;
        found = names => found.unwrap_or_default(),
        () = sleeper.sleep(COMPLETION_TIMEOUT) => Vec::new(),
    }
}

impl Live {
    /// The names that begin with what is written. `subscription_id` is the context's; one on the line counts more.
    pub async fn candidates(
        &self,
        request: &Request,
        client: Client<'_>,
        subscription_id: Option<&str>,
    ) -> Vec<Candidate> {
        let given = request.option("--subscription").or_else(|| request.option("-SubscriptionId"));
        let names = self.names(client, given.or(subscription_id)).await.unwrap_or_default();
        beginning_with(names.into_iter().map(|name| candidate(name, "")).collect(), request.current())
    }

    async fn names(&self, client: Client<'_>, subscription_id: Option<&str>) -> Result<Vec<String>, ClientError> {
        let subscription = match subscription_id {
            Some(id) => id.to_owned(),
            None => client.only_subscription().await?,
        };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{FakeSleeper, FakeTransport, drive, exchange};
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case("portcullis token list -r ", None, "only")]
    #[case("portcullis token list -r ", Some("of-context"), "of-context")]
    #[case("portcullis token list --subscription of-line -r ", Some("of-context"), "of-line")]
    #[case("portcullis Get-AzContainerRegistryToken -SubscriptionId of-line -RegistryName ", None, "of-line")]
    fn names_are_of_the_subscription_that_a_command_would_ask(
        #[case] line: &str,
        #[case] of_context: Option<&str>,
        #[case] expected: &str,
    ) {
        let id =
            format!("/subscriptions/{expected}/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r");
        let path = format!("GET /subscriptions/{expected}/providers/Microsoft.ContainerRegistry/registries");
        let only = json!([{ "id": "", "subscriptionId": "only", "displayName": "", "state": "" }]);
        let mut exchanges = vec![exchange(&path, 200, &json!({ "value": [{ "id": id, "name": "r" }] }))];
        if expected == "only" {
            exchanges.insert(0, exchange("GET /subscriptions", 200, &json!({ "value": only })));
        }
        let (transport, sleeper) = (FakeTransport::new(exchanges), FakeSleeper::default());
        let request = Request::new(line.split(' ').map(str::to_owned).collect());
        let client = Client::new(&transport, &sleeper);
        let words = drive(Live::Registries.candidates(&request, client, of_context));
        assert_eq!(words, [candidate("r", "")]);
        assert_eq!(transport.left(), 0);
    }

    #[test]
    fn names_that_do_not_come_are_not_waited_for() {
        let sleeper = FakeSleeper::default();
        assert_eq!(drive(in_time(&sleeper, std::future::pending())), []);
        assert_eq!(sleeper.waits(), [0.5]);
        assert_eq!(drive(in_time(&sleeper, async { Err(Failure::usage("There is no such context.")) })), []);
        let there = || vec![candidate("myreg".to_owned(), "")];
        assert_eq!(drive(in_time(&sleeper, async { Ok(there()) })), there());
    }
}
