//! Names of what there is, for completion. Whatever goes wrong, there is just nothing to complete with.

use super::{Candidate, Request, beginning_with, candidate};
use crate::client::address::Address;
use crate::client::operation::Sleeper;
use crate::client::registry::{RegistryClient, metadata_path};
use crate::client::{Client, ClientError};
use crate::cmdlets::call::parse_id;
use crate::failure::Failure;
use crate::limits::COMPLETION_TIMEOUT;
use serde::Deserialize;
use wire::acr::Tags;
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
    /// Repositories of a registry, or of the only one.
    Repositories(Option<String>),
    /// Repositories, and once a colon is written behind one, its tags.
    Images(Option<String>),
}

/// How many names a line is completed with at most: more than anybody reads.
const NAMES_MAX: usize = 1000;

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
        let names = self.names(client, given.or(subscription_id), request.current()).await.unwrap_or_default();
        beginning_with(names.into_iter().map(|name| candidate(name, "")).collect(), request.current())
    }

    async fn names(
        &self,
        client: Client<'_>,
        subscription_id: Option<&str>,
        written: &str,
    ) -> Result<Vec<String>, ClientError> {
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
            Self::Repositories(registry) => return contents(client, &registries, registry.as_deref(), None).await,
            Self::Images(registry) => {
                let repository = written.split_once(':').map(|(repository, _)| repository);
                return contents(client, &registries, registry.as_deref(), repository).await;
            }
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

/// The repositories of the registry that is meant, or the tags of one of them.
async fn contents(
    client: Client<'_>,
    registries: &[Registry],
    named: Option<&str>,
    repository: Option<&str>,
) -> Result<Vec<String>, ClientError> {
    let is_meant = |registry: &&Registry| {
        let name = registry.name.as_deref().unwrap_or_default();
        named.is_none_or(|named| named.split('.').next().is_some_and(|named| named.eq_ignore_ascii_case(name)))
    };
    let mut meant = registries.iter().filter(is_meant);
    let (Some(only), None) = (meant.next(), meant.next()) else { return Ok(Vec::new()) };
    let login_server = only.properties.as_ref().and_then(|it| it.pointer("/loginServer")?.as_str());
    let Some(login_server) = login_server else { return Ok(Vec::new()) };
    let signed_in = RegistryClient::sign_in(client, login_server.to_owned()).await?;
    let Some(repository) = repository else {
        return signed_in.catalog(Some(NAMES_MAX)).await;
    };
    let scoped = signed_in.scoped(&format!("repository:{repository}:metadata_read")).await?;
    let path = metadata_path(&[repository, "_tags"])?;
    let pages: Vec<Tags> = scoped.pages(&path, Some(NAMES_MAX), |page: &Tags| page.tags.len()).await?;
    let tags = pages.into_iter().flat_map(|page| page.tags);
    Ok(tags.map(|tag| format!("{repository}:{}", tag.name)).collect())
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

    #[rstest]
    #[case::a_repository("sam", "GET /acr/v1/_catalog", &json!({ "repositories": ["other", "samples/app"] }), "samples/app")]
    #[case::a_tag("samples/app:v", "GET /acr/v1/samples/app/_tags", &tags(&["latest", "v1"]), "samples/app:v1")]
    fn what_is_in_a_registry_completes(
        #[case] written: &str,
        #[case] asked: &str,
        #[case] answer: &serde_json::Value,
        #[case] expected: &str,
    ) {
        let registry = json!({ "name": "r", "properties": { "loginServer": "r.localhost" } });
        let bearer = json!({ "access_token": "b", "expires_in": 60, "issued_at": "2026-11-26T00:00:00Z" });
        let exchanges = vec![
            exchange(
                "GET /subscriptions/s/providers/Microsoft.ContainerRegistry/registries",
                200,
                &json!({ "value": [registry] }),
            ),
            exchange("POST /oauth2/exchange", 200, &json!({ "refresh_token": "r" })),
            exchange("POST /oauth2/token", 200, &bearer),
            exchange(asked, 200, answer),
        ];
        let (transport, sleeper) = (FakeTransport::new(exchanges), FakeSleeper::default());
        let line = ["portcullis", "tag", "show", written].map(str::to_owned);
        let request = Request::new(line.into());
        let live = Live::Images(Some("r.localhost".to_owned()));
        let words = drive(live.candidates(&request, Client::new(&transport, &sleeper), Some("s")));
        assert_eq!((words, transport.left()), (vec![candidate(expected, "")], 0));
    }

    fn tags(names: &[&str]) -> serde_json::Value {
        let time = "2026-11-26T00:00:00Z";
        let on = json!({ "deleteEnabled": true, "writeEnabled": true, "readEnabled": true, "listEnabled": true });
        let tag = |name: &&str| {
            json!({ "name": name, "digest": "sha256:0", "createdTime": time, "lastUpdateTime": time, "signed": false,
                "changeableAttributes": on })
        };
        json!({ "registry": "r.localhost", "imageName": "a", "tags": names.iter().map(tag).collect::<Vec<_>>() })
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
