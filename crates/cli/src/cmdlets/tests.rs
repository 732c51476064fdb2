use super::tokens::NEW;
use super::*;
use crate::client::tests::{Exchange, FakeSleeper, FakeTransport, broken_exchange, drive, exchange, exchange_with};
use crate::client::{Client, Reached};
use crate::destination::{Destination, Route};
use crate::environment::Environment;
use crate::environment::Variables;
use crate::failure::ExitStatus;
use crate::host::tests::Answers;
use crate::output::Console;
use crate::secret::Secret;
use crate::transport::TransportError;
use rstest::rstest;
use serde_json::{Value, json};
use std::path::PathBuf;

const TOKEN: &str =
    "/subscriptions/s/resourceGroups/lnxtest/providers/Microsoft.ContainerRegistry/registries/lnxcr/tokens/token2";
const OPERATION: (&str, &str) = ("Azure-AsyncOperation", "/op?api-version=x");

/// What a run wrote and how it ended.
pub(crate) struct Ran {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) status: ExitStatus,
    pub(crate) bodies: Vec<String>,
}

fn words(given: &[&str]) -> Vec<String> {
    ["-Name", "token2", "-RegistryName", "lnxcr", "-ResourceGroupName", "lnxtest"]
        .iter()
        .chain(given)
        .map(|word| (*word).to_owned())
        .collect()
}

/// Runs `New-AzContainerRegistryToken` with the mandatory parameters and `given`, on a pipe.
fn run(given: &[&str], exchanges: Vec<Exchange>) -> Ran {
    run_at("http://localhost", &words(given), exchanges)
}

fn run_at(endpoint: &str, words: &[String], exchanges: Vec<Exchange>) -> Ran {
    run_with(&NEW, words, FakeTransport::new(exchanges).at(endpoint), &mut Answers::default())
}

/// Runs a cmdlet with nothing but these words, and whatever `host` has.
pub(crate) fn run_with(cmdlet: &'static Cmdlet, words: &[String], transport: FakeTransport, host: &mut Answers) -> Ran {
    let route = Route { said: "The service of a test.".to_owned(), ..Route::default() };
    run_by(route, cmdlet, words, transport, host)
}

fn run_by(
    route: Route,
    cmdlet: &'static Cmdlet,
    words: &[String],
    transport: FakeTransport,
    host: &mut Answers,
) -> Ran {
    let sleeper = FakeSleeper::default();
    let environment = Environment { stdin_is_pipe: !host.input.is_empty(), ..Environment::default() };
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut console = Console::new(&environment, &mut stdout, &mut stderr);
    let outcome = Command::parse(cmdlet, words, &environment).and_then(|mut command| {
        let client = Client::new(&transport, &sleeper);
        drive(command.run(Reached { client, route }, &environment, &mut console, host))
    });
    let status = console.finish(outcome);
    assert_eq!(transport.left(), 0);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { stdout: text(stdout), stderr: text(stderr), status, bodies: transport.bodies() }
}

fn token(state: &str, passwords: &Value) -> Value {
    json!({
        "id": TOKEN,
        "name": "token2",
        "properties": { "provisioningState": state, "credentials": { "passwords": passwords }, "status": "enabled" },
    })
}

/// A PUT that goes well.
fn created() -> Vec<Exchange> {
    vec![
        exchange_with(&format!("PUT {TOKEN}"), 201, &[OPERATION], &token("Creating", &json!([]))),
        exchange("GET /op", 200, &json!({ "status": "Succeeded" })),
        exchange(&format!("GET {TOKEN}"), 200, &token("Succeeded", &json!([]))),
    ]
}

#[rstest]
#[case(&[], json!({ "properties": {} }))]
#[case(&["-Status", "Disabled"], json!({ "properties": { "status": "disabled" } }))]
#[case(&["-Status", "paused"], json!({ "properties": { "status": "paused" } }))]
#[case(&["-ScopeMapId", "/full/id"], json!({ "properties": { "scopeMapId": "/full/id" } }))]
#[case(&["-ScopeMapId", "newmap"], json!({ "properties": { "scopeMapId": "/subscriptions/s/resourceGroups/lnxtest/providers/Microsoft.ContainerRegistry/registries/lnxcr/scopeMaps/newmap" } }))]
#[case(&["-CredentialsPassword", "@{Name='password1'}"], json!({ "properties": { "credentials": { "passwords": [{ "name": "password1" }] } } }))]
#[case(&["-CredentialsPassword", "@()"], json!({ "properties": { "credentials": { "passwords": [] } } }))]
#[case(&["-CredentialsPassword", "$null"], json!({ "properties": {} }))]
fn the_body_holds_only_what_was_given(#[case] given: &[&str], #[case] expected: Value) {
    let ran = run(&[&["-SubscriptionId", "s"], given].concat(), created());
    assert_eq!(
        ran.bodies.iter().map(|body| serde_json::from_str::<Value>(body).unwrap()).collect::<Vec<_>>(),
        [expected]
    );
    assert_eq!((ran.status, ran.stderr.as_str()), (ExitStatus::Success, ""));
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap()["ProvisioningState"], "Succeeded");
}

#[test]
fn without_a_subscription_the_only_one_is_taken() {
    let list = json!({ "value": [{ "id": "/subscriptions/s", "subscriptionId": "s", "displayName": "", "state": "Enabled" }] });
    let mut exchanges = created();
    exchanges.insert(0, exchange("GET /subscriptions", 200, &list));
    assert_eq!(run(&[], exchanges).status, ExitStatus::Success);
}

const WITH_PASSWORD: [&str; 4] = ["-SubscriptionId", "s", "-CredentialsPassword", "@{Name='password1'}"];

fn put_that_makes_a_password() -> Exchange {
    let made = json!([{ "name": "password1", "value": "the-value" }]);
    exchange_with(&format!("PUT {TOKEN}"), 201, &[OPERATION], &token("Creating", &made))
}

#[test]
fn the_value_of_a_new_password_comes_from_the_put() {
    let ran = run(
        &WITH_PASSWORD,
        vec![
            put_that_makes_a_password(),
            exchange("GET /op", 200, &json!({ "status": "Succeeded" })),
            exchange(&format!("GET {TOKEN}"), 200, &token("Succeeded", &json!([{ "name": "password1" }]))),
        ],
    );
    let shown: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (&shown["CredentialsPassword"][0]["Value"], &shown["ProvisioningState"]),
        (&json!("the-value"), &json!("Succeeded"))
    );
}

#[test]
fn the_value_of_a_new_password_is_shown_even_when_the_end_is_not_seen() {
    let lost = TransportError::Unreachable { endpoint: "http://h".to_owned(), reason: "gone".to_owned() };
    let ran = run(&WITH_PASSWORD, vec![put_that_makes_a_password(), broken_exchange("GET /op", lost)]);
    assert!(ran.stdout.contains("the-value"), "{}", ran.stdout);
    assert!(ran.stderr.starts_with("Cannot reach http://h: gone.\nhint: "), "{}", ran.stderr);
    assert_eq!(ran.status, ExitStatus::Unreachable);
}

#[test]
fn a_refusal_is_the_first_line_and_exit_code_1() {
    let refusal = json!({ "error": { "code": "InvalidStatus", "message": "The status 'paused' is not known." } });
    let ran =
        run(&["-SubscriptionId", "s", "-Status", "paused"], vec![exchange(&format!("PUT {TOKEN}"), 400, &refusal)]);
    assert_eq!(
        ran.stderr,
        "[InvalidStatus] : The status 'paused' is not known.\nhint: -Status is enabled or disabled.\n"
    );
    assert_eq!((ran.stdout.as_str(), ran.status.code()), ("", 1));
}

#[rstest]
#[case(&["-Bogus", "x"], "New-AzContainerRegistryToken: A parameter cannot be found that matches parameter name 'Bogus'.\n    + FullyQualifiedErrorId : NamedParameterNotFound,New-AzContainerRegistryToken\nhint: Run the cmdlet with -? to see its parameters.")]
#[case(&["--output", "xml"], "'xml' is not a form of output.\nhint: --output is table, list, json, yaml or tsv.")]
fn a_mistake_is_told_before_anything_is_sent(#[case] given: &[&str], #[case] expected: &str) {
    let failure = Command::parse(&NEW, &words(given), &Environment::default()).unwrap_err();
    assert_eq!((failure.to_string().as_str(), failure.status.code()), (expected, 2));
}

/// What decides where a command goes: words, `PORTCULLIS_ENDPOINT`, and where that is.
#[rstest]
#[case(&[], None, "local /srv/data")]
#[case(&[], Some("http://env"), "server http://env")]
#[case(&["--data", "/d"], Some("http://env"), "local /d")]
#[case(&["--endpoint", "http://flag"], Some("http://env"), "server http://flag")]
#[case(&["-DefaultProfile", "@{Endpoint='http://profile'}"], Some("http://env"), "server http://profile")]
#[case(&["-DefaultProfile", "@{Data='/p'}"], Some("http://env"), "local /p")]
#[case(&["-DefaultProfile", "@{SubscriptionId='s'}", "--data", "/d"], Some("http://env"), "local /d")]
#[case(&["-?"], Some("http://env"), "none")]
fn the_destination_follows_the_nearest_word(
    #[case] given: &[&str],
    #[case] endpoint: Option<&str>,
    #[case] expected: &str,
) {
    let variables = Variables {
        endpoint: endpoint.map(str::to_owned),
        data: Some(PathBuf::from("/srv/data")),
        client_id: Some("id".to_owned()),
        client_secret: Some(Secret::new("secret".to_owned())),
        ..Variables::default()
    };
    let environment = Environment { variables, ..Environment::default() };
    let command = Command::parse(&NEW, &words(given), &environment).unwrap();
    let destination = match command.chosen(&environment).unwrap().destination {
        Destination::None => "none".to_owned(),
        Destination::Local(folder) => format!("local {}", folder.display()),
        Destination::Server { endpoint, .. } => format!("server {endpoint}"),
    };
    assert_eq!(destination, expected);
}

fn given(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn body(ran: &Ran) -> Value {
    let [body] = ran.bodies.as_slice() else { panic!("{:?} {}", ran.bodies, ran.stderr) };
    serde_json::from_str(body).unwrap()
}

#[rstest]
#[case(&["-InputObject", TOKEN], json!({ "properties": {} }))]
#[case(&["-InputObject", "@{SubscriptionId='s'; ResourceGroupName='lnxtest'; RegistryName='lnxcr'; TokenName='token2'}", "-Status", "Disabled"], json!({ "properties": { "status": "disabled" } }))]
#[case(&["-InputObject", TOKEN, "-TokenCreateParameter", "@{ScopeMapId='/m'; CredentialsPassword=@{Name='password1'}}"], json!({ "properties": { "scopeMapId": "/m", "credentials": { "passwords": [{ "name": "password1" }] } } }))]
#[case(&["-Name", "token2", "-RegistryName", "lnxcr", "-ResourceGroupName", "lnxtest", "-SubscriptionId", "s", "-TokenCreateParameter", r#"{"status":"disabled"}"#], json!({ "properties": { "status": "disabled" } }))]
fn every_parameter_set_makes_the_token(#[case] words: &[&str], #[case] expected: Value) {
    let ran = run_at("http://localhost", &given(words), created());
    assert_eq!((ran.status, body(&ran)), (ExitStatus::Success, expected), "{}", ran.stderr);
}

#[rstest]
#[case(
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r",
    "Invalid identity for URI '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.ContainerRegistry/registries/{registryName}/tokens/{tokenName}'\n"
)]
#[case("@{TokenName='t'}", "InputObject has null value for InputObject.SubscriptionId\n")]
fn an_identity_of_something_else_is_refused(#[case] identity: &str, #[case] expected: &str) {
    let ran = run_at("http://localhost", &given(&["-InputObject", identity]), vec![]);
    assert!(ran.stderr.starts_with(expected), "{}", ran.stderr);
    assert_eq!(ran.status.code(), 2);
}

#[test]
fn objects_from_a_pipe_are_taken_one_by_one() {
    let second = TOKEN.replace("token2", "token3");
    let lines = [json!({ "Id": TOKEN, "Status": "disabled" }), json!("nonsense"), json!({ "Id": second })];
    let mut host = Answers { input: lines.map(|line| line.to_string() + "\n").concat(), ..Answers::default() };
    let mut exchanges = created();
    exchanges.push(exchange(&format!("PUT {second}"), 200, &token("Succeeded", &json!([]))));
    exchanges.push(exchange(&format!("GET {second}"), 200, &token("Succeeded", &json!([]))));
    let ran = run_with(&NEW, &[], FakeTransport::new(exchanges), &mut host);
    let bodies: Vec<Value> = ran.bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    assert_eq!(bodies, [json!({ "properties": { "status": "disabled" } }), json!({ "properties": {} })]);
    assert!(ran.stderr.contains("Invalid identity for URI"), "{}", ran.stderr);
    assert_eq!((ran.stdout.lines().count(), ran.status.code()), (2, 2));
}

#[rstest]
#[case("Stop", 0, "hint")]
#[case("Continue", 1, "hint")]
#[case("SilentlyContinue", 1, "")]
#[case("Ignore", 1, "")]
fn the_error_action_says_what_becomes_of_a_failure(#[case] action: &str, #[case] lines: usize, #[case] shown: &str) {
    let input = format!("{}\n{}\n", json!("nonsense"), json!({ "Id": TOKEN }));
    let mut host = Answers { input, ..Answers::default() };
    let exchanges = if lines == 0 { vec![] } else { created() };
    let ran = run_with(&NEW, &given(&["-ErrorAction", action]), FakeTransport::new(exchanges), &mut host);
    assert_eq!((ran.stdout.lines().count(), ran.status.code()), (lines, 2));
    assert!(ran.stderr.contains(shown) && ran.stderr.is_empty() == shown.is_empty(), "{}", ran.stderr);
}

#[test]
fn no_wait_leaves_the_url_and_the_passwords() {
    let ran = run(&[&WITH_PASSWORD[..], &["-NoWait"]].concat(), vec![put_that_makes_a_password()]);
    let left: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(left["Target"], OPERATION.1);
    assert_eq!(left["CredentialsPassword"][0]["Value"], "the-value");
}

/// The environment of these tests has no data folder and no context: what counts is the way that the command was sent.
#[test]
fn a_command_knows_its_destination_from_whoever_sent_it() {
    let route = Route {
        said: "Local store /d, by --data.".to_owned(),
        subscription_id: Some("s".to_owned()),
        store: Some(PathBuf::from("/d")),
    };
    let transport = FakeTransport::new(created());
    let ran = run_by(route, &NEW, &words(&["-Verbose"]), transport, &mut Answers::default());
    assert!(ran.stderr.starts_with("VERBOSE: Local store /d, by --data.\n"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("WARNING"), "{}", ran.stderr);
    assert_eq!(ran.status, ExitStatus::Success);
}

#[rstest]
#[case(None, "")]
#[case(
    Some("/d"),
    "WARNING: The store on this machine has done it already. Target answers only while `portcullis serve` runs on /d and \
     listens there.\n"
)]
fn no_wait_says_who_answers_at_the_url(#[case] store: Option<&str>, #[case] expected: &str) {
    let route = Route { store: store.map(PathBuf::from), ..Route::default() };
    let words = words(&[&WITH_PASSWORD[..], &["-NoWait"]].concat());
    let transport = FakeTransport::new(vec![put_that_makes_a_password()]);
    let ran = run_by(route, &NEW, &words, transport, &mut Answers::default());
    assert_eq!((ran.stderr.as_str(), ran.status), (expected, ExitStatus::Success));
}

#[rstest]
#[case(&["-CredentialsPassword", "@{Name='password1'; CreationTime='2020-01-01'}"], "CredentialsPassword", "CreationTime")]
#[case(&["-TokenCreateParameter", "@{SystemDataCreatedBy='me'; CredentialsPassword=@{Name='password1'; CreationTime='2020-01-01'}}"], "TokenCreateParameter", "CreationTime, SystemDataCreatedBy")]
fn what_the_registry_sets_is_not_sent_and_that_is_told(
    #[case] given: &[&str],
    #[case] parameter: &str,
    #[case] names: &str,
) {
    let ran = run(&[&["-SubscriptionId", "s"], given].concat(), created());
    assert_eq!(body(&ran), json!({ "properties": { "credentials": { "passwords": [{ "name": "password1" }] } } }));
    let expected = format!("WARNING: -{parameter} does not set {names}: what was given is passed over.\n");
    assert_eq!((ran.stderr, ran.status), (expected, ExitStatus::Success));
}

#[test]
fn what_if_sends_nothing() {
    let ran = run(&["-WhatIf"], vec![]);
    assert_eq!(
        ran.stdout,
        "What if: Performing the operation \"New-AzContainerRegistryToken_CreateExpanded\" on target \"Call remote \
         'TokensCreate' operation\".\n"
    );
    assert_eq!((ran.status, ran.stderr.as_str()), (ExitStatus::Success, ""));
}

#[test]
fn debug_shows_what_is_sent_without_its_secrets() {
    let ran = run(
        &[&WITH_PASSWORD[..], &["-Debug", "-Verbose"]].concat(),
        vec![
            put_that_makes_a_password(),
            exchange("GET /op", 200, &json!({ "status": "Succeeded" })),
            exchange(&format!("GET {TOKEN}"), 200, &token("Succeeded", &json!([{ "name": "password1" }]))),
        ],
    );
    assert!(
        ran.stderr.starts_with("VERBOSE: The service of a test.\nVERBOSE: Performing the operation"),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.stderr.matches("DEBUG: ============================ HTTP REQUEST").count(), 3);
    assert!(!ran.stderr.contains("the-value") && ran.stdout.contains("the-value"), "{}", ran.stderr);
}

const AZURE: &str = "https://management.azure.com";

fn generated(name: &str) -> Exchange {
    let path = TOKEN.replace("/tokens/token2", "/generateCredentials");
    let passwords = json!([{ "name": name, "value": format!("{name}-value") }]);
    exchange(&format!("POST {path}"), 200, &json!({ "username": "token2", "passwords": passwords }))
}

#[test]
fn azure_is_asked_for_passwords_when_the_token_is_there() {
    let mut exchanges = created();
    exchanges.push(generated("password1"));
    let words = words(&["-SubscriptionId", "s", "-CredentialsPassword", "@{Name='password1'; Expiry='2027-01-01'}"]);
    let ran = run_at(AZURE, &words, exchanges);
    let bodies: Vec<Value> = ran.bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    let generate = json!({ "tokenId": TOKEN, "expiry": "2027-01-01T00:00:00Z", "name": "password1" });
    assert_eq!(bodies, [json!({ "properties": {} }), generate]);
    assert!(ran.stdout.contains("password1-value"), "{}", ran.stdout);
}

#[test]
fn what_exists_is_said_when_a_password_fails() {
    let mut exchanges = created();
    exchanges.push(generated("password1"));
    let refusal = json!({ "error": { "code": "TooManyRequests", "message": "Later." } });
    exchanges.push(exchange(
        &format!("POST {}", TOKEN.replace("/tokens/token2", "/generateCredentials")),
        429,
        &refusal,
    ));
    let passwords = "@{Name='password1'},@{Name='password2'}";
    let ran = run_at(AZURE, &words(&["-SubscriptionId", "s", "-CredentialsPassword", passwords]), exchanges);
    assert!(ran.stdout.contains("password1-value"), "{}", ran.stdout);
    let expected = format!(
        "[TooManyRequests] : Later.\nhint: The token 'token2' exists, without password2. To make it: \
         New-AzContainerRegistryCredentials -TokenId {TOKEN}\n"
    );
    assert_eq!((ran.stderr, ran.status.code()), (expected, 1));
}
