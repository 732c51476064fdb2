//! No parameter is accepted and left unread: what cannot count is refused, by its name, before anything is sent.

use super::tests::{Ran, run_with};
use super::*;
use crate::client::tests::{Exchange, FakeTransport, exchange};
use crate::environment::{Environment, Variables};
use crate::host::tests::Answers;
use rstest::rstest;
use serde_json::{Value, json};

const REGISTRY: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r";

/// Runs a line of words; `R` stands for the words that name the registry, `ID` for its id.
fn run_line(line: &str, exchanges: Vec<Exchange>) -> Ran {
    let line = line.replace(" R", " -RegistryName r -ResourceGroupName g").replace("ID", REGISTRY);
    let mut words = line.split(' ').map(str::to_owned);
    let cmdlet = Cmdlet::find(&words.next().unwrap()).unwrap();
    run_with(cmdlet, &words.collect::<Vec<_>>(), FakeTransport::new(exchanges), &mut Answers::default())
}

#[rstest]
#[case(
    "Get-Job --endpoint https://a",
    "Get-Job: It stays on this machine and asks no service: --endpoint has no meaning here."
)]
#[case(
    "Get-Help New-AzContainerRegistryToken -o json",
    "Get-Help: A page of help is text: --output has no meaning here."
)]
#[case("Get-AzContext --context prod", "--context has no meaning here.")]
#[case("Remove-AzContainerRegistryToken -Name t R -NoWait -PassThru", "-NoWait and -PassThru cannot be used together")]
#[case("Remove-AzResourceGroup g -Force -NoWait -PassThru", "-NoWait and -PassThru cannot be used together")]
#[case("Get-AzContainerRegistryToken R -ProgressAction Inquire", "-ProgressAction Inquire is not supported")]
#[case(
    "Get-AzContainerRegistryToken R -OutBuffer -1",
    "Cannot validate argument on parameter 'OutBuffer'. The -1 argument is less than the minimum allowed range of 0. Supply an argument that is greater than or equal to 0 and then try the command again."
)]
#[case("Wait-Job 1 -Timeout -2", "The -2 argument is less than the minimum allowed range of -1.")]
#[case(
    "Get-AzContainerRegistryRepository -RegistryName r -First 0",
    "The 0 argument is less than the minimum allowed range of 1."
)]
#[case("Get-AzContainerRegistryRepository -RegistryName r -Name a -First 3", "Parameter set cannot be resolved")]
#[case("Remove-Job -Id @()", "Cannot bind argument to parameter 'Id' because it is an empty array.")]
#[case("Get-Help New-* -Parameter Name", "Get-Help: -Parameter is for the page of one cmdlet, and 'New-*' means")]
#[case("Get-Help New-* -Full", "-Full is for the page of one cmdlet")]
#[case("Connect-AzAccount -Identity -Tenant t", "Parameter set cannot be resolved")]
#[case("New-AzContainerRegistryCredentials -TokenId t R -NoWait", "-NoWait is not supported")]
#[case(
    "New-AzContainerRegistryCredentials -TokenId ID/tokens/t -RegistryName other -ResourceGroupName g",
    "names another token: it is in /subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r, not the registry that is named, /subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/other."
)]
#[case(
    "New-AzContainerRegistryCredentials -TokenId ID/tokens/t -RegistryName r -ResourceGroupName other",
    "names another token"
)]
#[case("New-AzContainerRegistryCredentials -TokenId ID/tokens/t R -SubscriptionId other", "names another token")]
#[case(
    "New-AzContainerRegistryCredentials -TokenId other -InputObject ID/tokens/t",
    "it is 'other', not the token of -InputObject, 't'."
)]
#[case("New-AzContainerRegistryCredentials -TokenId /x/tokens/t R", "'/x/tokens/t' is not the id of a token.")]
#[case(
    "Get-AzContainerRegistryCredential -Registry ID -SubscriptionId other",
    "-Registry is in the subscription 's', and -SubscriptionId is 'other'."
)]
#[case(
    "Get-AzContainerRegistryToken -InputObject @{Id='ID/tokens/t';RegistryName='other'}",
    "InputObject has the id 'ID/tokens/t' and another RegistryName 'other'."
)]
#[case(
    "Remove-AzContainerRegistryToken -InputObject @{Id='ID/tokens/t';TokenName='other'}",
    "and another TokenName 'other'."
)]
fn what_cannot_count_is_refused(#[case] line: &str, #[case] expected: &str) {
    let ran = run_line(line, vec![]);
    let expected = expected.replace("ID", REGISTRY);
    assert!(ran.stderr.contains(&expected), "{}", ran.stderr);
    assert_eq!((ran.stdout.as_str(), ran.status.code()), ("", 2));
}

#[rstest]
#[case("New-AzContainerRegistryCredentials -TokenId ID/tokens/t -RegistryName:R -ResourceGroupName G", "G", "R")]
#[case("New-AzContainerRegistryCredentials -TokenId T -InputObject @{Id='ID/tokens/t';TokenName='T'}", "g", "r")]
fn the_same_said_twice_is_no_contradiction(#[case] line: &str, #[case] group: &str, #[case] registry: &str) {
    let answer = json!({ "username": "t", "passwords": [] });
    let registries = REGISTRY.strip_suffix('r').unwrap().replace("/g/", &format!("/{group}/"));
    let path = format!("POST {registries}{registry}/generateCredentials");
    let ran = run_line(line, vec![exchange(&path, 200, &answer)]);
    assert_eq!((ran.stderr.as_str(), ran.status.code()), ("", 0));
}

/// A process with the context `prod`.
fn environment(folder: &std::path::Path) -> Environment {
    let variables = Variables { xdg_config_home: Some(folder.to_owned()), ..Variables::default() };
    let environment = Environment { variables, ..Environment::default() };
    let prod = crate::contexts::Context {
        name: "prod".to_owned(),
        endpoint: Some("https://prod.example".to_owned()),
        ..Default::default()
    };
    let mut contexts = crate::contexts::Contexts::default();
    contexts.put(prod);
    contexts.write(&environment).unwrap();
    environment
}

#[rstest]
#[case("@{Name='prod'}", None)]
#[case("@{Name='prod';Endpoint='https://prod.example'}", None)]
#[case("@{Name='prod';Endpoint='https://other.example'}", Some("Endpoint has no meaning beside it"))]
#[case("@{Name='prod';SubscriptionId='s'}", Some("SubscriptionId has no meaning beside it"))]
fn a_context_is_chosen_by_its_name_alone(#[case] context: &str, #[case] expected: Option<&str>) {
    let folder = tempfile::tempdir().unwrap();
    let environment = environment(folder.path());
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut console = crate::output::Console::new(&environment, &mut stdout, &mut stderr);
    let words = ["-Context".to_owned(), context.to_owned()];
    let mut command = Command::parse(&contexts::SET, &words, &environment).unwrap();
    command.complete(&environment, &mut console, &mut Answers::default()).unwrap();
    let outcome = command.run_here(&environment, &mut console, &mut Answers::default());
    assert_eq!(outcome.is_err(), expected.is_some());
    let told = String::from_utf8(stderr).unwrap();
    assert!(told.contains(expected.unwrap_or_default()), "{told}");
}

#[test]
fn the_account_of_an_access_token_is_kept_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let environment = environment(folder.path());
    let words = ["-AccessToken", "the-token", "-AccountId", "me@example"].map(str::to_owned);
    let seen = json!({ "value": [{ "id": "/subscriptions/s", "subscriptionId": "s", "displayName": "", "state": "Enabled" }] });
    let transport = FakeTransport::new(vec![exchange("GET /subscriptions", 200, &seen)]);
    let sleeper = crate::client::tests::FakeSleeper::default();
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut console = crate::output::Console::new(&environment, &mut stdout, &mut stderr);
    let mut command = Command::parse(&accounts::CONNECT, &words, &environment).unwrap();
    let client = crate::client::Client::new(&transport, &sleeper);
    let reached = crate::client::Reached { client, route: crate::destination::Route::default() };
    crate::client::tests::drive(command.run(reached, &environment, &mut console, &mut Answers::default())).unwrap();
    let shown: Value = serde_json::from_slice(&stdout).unwrap();
    assert_eq!(shown["Account"], "an access token of me@example");
}

#[test]
fn every_variable_that_is_named_is_there_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let mut environment = environment(folder.path());
    environment.variables.xdg_runtime_dir = Some(folder.path().to_owned());
    environment.session = Some("1".to_owned());
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut console = crate::output::Console::new(&environment, &mut stdout, &mut stderr);
    let line =
        "-ListAvailable -OutVariable o -PipelineVariable p -ErrorVariable e -WarningVariable w -InformationVariable i";
    let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
    let mut command = Command::parse(&contexts::GET, &words, &environment).unwrap();
    command.complete(&environment, &mut console, &mut Answers::default()).unwrap();
    command.run_here(&environment, &mut console, &mut Answers::default()).unwrap();
    let session = crate::session::Session::of(&environment);
    let count = |name| session.get(name).and_then(|value| Some(value.as_array()?.len()));
    assert_eq!(["o", "p", "e", "w", "i"].map(count), [Some(2), Some(1), Some(0), Some(0), Some(0)]);
}
