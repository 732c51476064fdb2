use super::*;
use crate::client::tests::{Exchange, FakeSleeper, FakeTransport, broken_exchange, drive, exchange, exchange_with};
use crate::environment::Variables;
use crate::failure::ExitStatus;
use crate::secret::Secret;
use crate::transport::TransportError;
use rstest::rstest;
use serde_json::{Value, json};

const TOKEN: &str =
    "/subscriptions/s/resourceGroups/lnxtest/providers/Microsoft.ContainerRegistry/registries/lnxcr/tokens/token2";
const OPERATION: (&str, &str) = ("Azure-AsyncOperation", "http://localhost/op?api-version=x");

/// What a run wrote and how it ended.
struct Ran {
    stdout: String,
    stderr: String,
    status: ExitStatus,
    bodies: Vec<String>,
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
    let (transport, sleeper) = (FakeTransport::new(exchanges), FakeSleeper::default());
    let environment = Environment::default();
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut console = Console::new(&environment, &mut stdout, &mut stderr);
    let command = Command::parse(Cmdlet::NewToken, &words(given)).unwrap();
    let outcome = drive(command.run(Client::new(&transport, &sleeper), &environment, &mut console));
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
#[case(&["-Bogus", "x"], "New-AzContainerRegistryToken: A parameter cannot be found that matches parameter name 'Bogus'.")]
#[case(&["--output", "xml"], "'xml' is not a form of output.\nhint: --output is json, yaml, tsv or table.")]
#[case(&["-CredentialsPassword", "@{Nam='x'}"], "New-AzContainerRegistryToken: Cannot bind parameter 'CredentialsPassword'. Cannot create object of type \"ITokenPassword\". The 'Nam' property was not found. The available properties are: [CreationTime <DateTime>] , [Expiry <DateTime>] , [Name <TokenPasswordName>]")]
fn a_mistake_is_told_before_anything_is_sent(#[case] given: &[&str], #[case] expected: &str) {
    let failure = Command::parse(Cmdlet::NewToken, &words(given)).unwrap_err();
    assert_eq!((failure.to_string().as_str(), failure.status.code()), (expected, 2));
}

/// What decides where a command goes: words, `PORTCULLIS_ENDPOINT`, and where that is.
#[rstest]
#[case(&[], None, "local /srv/data")]
#[case(&[], Some("http://env"), "server http://env")]
#[case(&["--data", "/d"], Some("http://env"), "local /d")]
#[case(&["--endpoint", "http://flag", "--data", "/d"], Some("http://env"), "server http://flag")]
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
    let command = Command::parse(Cmdlet::NewToken, &words(given)).unwrap();
    let destination = match command.destination(&environment).unwrap() {
        Destination::None => "none".to_owned(),
        Destination::Local(folder) => format!("local {}", folder.display()),
        Destination::Server { endpoint, .. } => format!("server {endpoint}"),
    };
    assert_eq!(destination, expected);
}
