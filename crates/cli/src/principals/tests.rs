use super::*;
use crate::client::tests::{Exchange, FakeSleeper, FakeTransport, drive, exchange};
use crate::environment::Variables;
use crate::invocation::Invocation;
use rstest::rstest;
use serde_json::{Value, json};
use std::ffi::OsString;
use std::path::Path;

const PRINCIPALS: &str = "/providers/Portcullis.Identity/servicePrincipals";
const AUTHORIZATION: &str = "/subscriptions/s/providers/Microsoft.Authorization";
const READER: &str = "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/reader";
/// 2026-01-01T00:00:00Z
const NOW_MICROS: i64 = 1_767_225_600_000_000;

/// What a run wrote and sent.
struct Ran {
    stdout: String,
    stderr: String,
    code: u8,
    bodies: Vec<Value>,
}

fn parsed(environment: &Environment, line: &str) -> Result<Box<PrincipalOptions>, Failure> {
    let words = ["principal"].into_iter().chain(line.split(' ')).map(OsString::from).collect();
    Invocation::parse(environment, words).map(|invocation| match invocation {
        Invocation::Principal(options) => options,
        other => panic!("{other:?}"),
    })
}

fn run_in(environment: &Environment, line: &str, exchanges: Vec<Exchange>) -> Ran {
    let (transport, sleeper) = (FakeTransport::new(exchanges), FakeSleeper::default());
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut console = Console::new(environment, &mut stdout, &mut stderr);
    let outcome = parsed(environment, line).and_then(|options| {
        let (_, route) = options.chosen(environment)?.route();
        let reached = Reached { client: Client::new(&transport, &sleeper), route };
        drive(options.run(reached, environment, &mut console))
    });
    let code = console.finish(outcome).code();
    assert_eq!(transport.left(), 0, "{}", String::from_utf8_lossy(&stderr));
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let bodies = transport.bodies().iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    Ran { stdout: text(stdout), stderr: text(stderr), code, bodies }
}

fn run(line: &str, exchanges: Vec<Exchange>) -> Ran {
    let variables = Variables { data: Some("data".into()), ..Variables::default() };
    run_in(&Environment { variables, now_micros: NOW_MICROS, ..Environment::default() }, line, exchanges)
}

fn only_subscription() -> Exchange {
    let only = json!({ "id": "/subscriptions/s", "subscriptionId": "s", "displayName": "", "state": "Enabled" });
    exchange("GET /subscriptions", 200, &json!({ "value": [only] }))
}

/// The service principal `ci`, whose object id is `o`, with two secrets.
fn ci() -> Value {
    let secrets = json!([{ "keyId": "k1", "endDateTime": "2026-02-01T00:00:00Z" }, { "keyId": "k2" }]);
    json!({ "id": "o", "appId": "c", "displayName": "ci", "passwordCredentials": secrets })
}

fn found() -> Exchange {
    exchange(&format!("GET {PRINCIPALS}/ci"), 200, &ci())
}

fn at(line: &str, status: u16, answer: &Value) -> Exchange {
    let (method, below) = line.split_once(' ').unwrap();
    exchange(&format!("{method} {PRINCIPALS}{below}"), status, answer)
}

fn definitions() -> Exchange {
    let reader = json!({
        "id": READER, "name": "reader", "type": "", "properties": { "roleName": "Reader", "description": "", "type": "", "permissions": [], "assignableScopes": [] },
    });
    exchange(&format!("GET {AUTHORIZATION}/roleDefinitions"), 200, &json!({ "value": [reader] }))
}

/// `o` is a Reader of the subscription, and somebody else is too.
fn assignments() -> Exchange {
    let held = |id: &str, principal: &str| {
        let properties = json!({ "roleDefinitionId": READER, "principalId": principal, "scope": "/subscriptions/s" });
        json!({ "id": format!("{AUTHORIZATION}/roleAssignments/{id}"), "name": id, "properties": properties })
    };
    let all = json!({ "value": [held("other", "x"), held("mine", "O")] });
    exchange(&format!("GET {AUTHORIZATION}/roleAssignments"), 200, &all)
}

fn assigned(principal: &str, status: u16, answer: &Value) -> Exchange {
    let name = assignment_name(principal, "reader", "/subscriptions/s");
    exchange(&format!("PUT {AUTHORIZATION}/roleAssignments/{name}"), status, answer)
}

fn made() -> Value {
    json!({ "id": "o", "appId": "c", "displayName": "ci", "passwordCredentials": [{ "keyId": "k", "secretText": "the-secret" }] })
}

fn conflict() -> Value {
    json!({ "error": { "code": "RoleAssignmentExists", "message": "There already." } })
}

/// What is asked, in its order, with these bodies; what is said on standard error.
#[rstest]
#[case("create ci --expires-in-days 30", vec![at("POST ", 201, &made())], json!([{ "displayName": "ci", "passwordCredentials": [{ "endDateTime": "2026-01-31T00:00:00Z" }] }]), "")]
#[case("create ci --role reader", vec![at("POST ", 201, &made()), only_subscription(), definitions(), assigned("o", 201, &json!({}))], json!([{ "displayName": "ci", "passwordCredentials": [{}] }, { "properties": { "roleDefinitionId": READER, "principalId": "o" } }]), "It is Reader at /subscriptions/s.\n")]
#[case("list", vec![at("GET ", 200, &json!({ "value": [ci()] }))], json!([]), "")]
#[case("show ci", vec![found(), only_subscription(), assignments(), definitions()], json!([]), "")]
#[case("delete ci", vec![found(), at("DELETE /o", 204, &Value::Null)], json!([]), "Deleted ci, with its secrets and roles.\n")]
#[case("rotate ci --expires-in-days 1", vec![found(), at("POST /o/addPassword", 200, &json!({ "keyId": "k3", "secretText": "new" })), at("POST /o/removePassword", 204, &Value::Null), at("POST /o/removePassword", 204, &Value::Null)], json!([{ "passwordCredential": { "endDateTime": "2026-01-02T00:00:00Z" } }, { "keyId": "k1" }, { "keyId": "k2" }]), "Its other secrets have ended.\n")]
#[case("rotate ci --keep-others", vec![found(), at("POST /o/addPassword", 200, &json!({ "keyId": "k3", "secretText": "new" }))], json!([{ "passwordCredential": {} }]), "")]
#[case("remove-secret ci K2", vec![found(), at("POST /o/removePassword", 204, &Value::Null)], json!([{ "keyId": "K2" }]), "The secret has ended, and what was signed in with it.\n")]
#[case("grant ci --role reader", vec![found(), only_subscription(), definitions(), assigned("o", 201, &json!({}))], json!([{ "properties": { "roleDefinitionId": READER, "principalId": "o" } }]), "It is Reader at /subscriptions/s.\n")]
#[case("grant ci --role reader --scope /subscriptions/s/", vec![found(), definitions(), assigned("o", 409, &conflict())], json!([{ "properties": { "roleDefinitionId": READER, "principalId": "o" } }]), "It is Reader at /subscriptions/s.\n")]
#[case("grant ci:repo:octo/app --role reader", vec![only_subscription(), definitions(), assigned("ci:repo:octo/app", 201, &json!({}))], json!([{ "properties": { "roleDefinitionId": READER, "principalId": "ci:repo:octo/app" } }]), "It is Reader at /subscriptions/s.\n")]
#[case("revoke ci --role reader", vec![found(), only_subscription(), only_subscription(), assignments(), definitions(), exchange(&format!("DELETE {AUTHORIZATION}/roleAssignments/mine"), 200, &Value::Null)], json!([]), "It is no longer Reader at /subscriptions/s.\n")]
fn each_word_asks_for_what_it_says(
    #[case] line: &str,
    #[case] exchanges: Vec<Exchange>,
    #[case] bodies: Value,
    #[case] said: &str,
) {
    let ran = run(line, exchanges);
    assert_eq!((Value::Array(ran.bodies), ran.stderr.as_str(), ran.code), (bodies, said, 0));
}

#[rstest]
#[case("remove-secret ci k9", vec![found()], "ci has no secret with the id 'k9'.", 2)]
#[case("grant ci --role owner", vec![found(), only_subscription(), definitions()], "The service knows no role Owner.", 1)]
#[case("revoke ci --role reader --scope /subscriptions/s/resourceGroups/g", vec![found(), only_subscription(), assignments(), definitions()], "It is not Reader at /subscriptions/s/resourceGroups/g.", 1)]
#[case("delete nobody", vec![at("GET /nobody", 404, &json!({ "error": { "code": "ResourceNotFound", "message": "No." } }))], "[ResourceNotFound] : No.", 1)]
#[case("create ci --scope /subscriptions/s", vec![], "--role", 2)]
fn what_is_not_there_is_told(
    #[case] line: &str,
    #[case] exchanges: Vec<Exchange>,
    #[case] expected: &str,
    #[case] code: u8,
) {
    let ran = run(line, exchanges);
    assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    assert_eq!((ran.stdout.as_str(), ran.code), ("", code));
}

#[test]
fn a_secret_is_seen_even_when_the_role_is_refused() {
    let refused = json!({ "error": { "code": "AuthorizationFailed", "message": "No." } });
    let exchanges = vec![at("POST ", 201, &made()), only_subscription(), definitions(), assigned("o", 403, &refused)];
    let ran = run("create ci --role reader -o table", exchanges);
    assert!(ran.stdout.contains("Client secret  the-secret\n"), "{}", ran.stdout);
    assert_eq!((ran.stderr.as_str(), ran.code), ("[AuthorizationFailed] : No.\n", 1));
}

#[test]
fn what_is_shown_has_the_roles_and_no_secret() {
    let shown = run("show ci", vec![found(), only_subscription(), assignments(), definitions()]);
    let roles = json!([{ "role": "Reader", "scope": "/subscriptions/s", "id": format!("{AUTHORIZATION}/roleAssignments/mine") }]);
    assert_eq!(serde_json::from_str::<Value>(&shown.stdout).unwrap()["roles"], roles);
}

/// A process whose current context is `prod`, in the subscription `s`, beside Azure.
fn environment(folder: &Path) -> Environment {
    use crate::contexts::{Context, Contexts, KeptLogin};
    let variables = Variables { xdg_config_home: Some(folder.to_owned()), ..Variables::default() };
    let environment = Environment { variables, now_micros: NOW_MICROS, ..Environment::default() };
    let mut contexts = Contexts { current: Some("prod".to_owned()), ..Contexts::default() };
    let context = |name: &str, endpoint: &str, login| Context {
        name: name.to_owned(),
        endpoint: Some(endpoint.to_owned()),
        subscription_id: Some("s".to_owned()),
        login: Some(login),
        ..Context::default()
    };
    let bearer = KeptLogin::AccessToken { access_token: "b".to_owned().into(), account_id: None };
    contexts.put(context("prod", "https://prod.example", bearer));
    contexts.put(context("azure", "https://management.azure.com", KeptLogin::AzureCli));
    contexts.write(&environment).unwrap();
    environment
}

#[test]
fn the_contexts_subscription_is_where_a_role_holds() {
    let folder = tempfile::tempdir().unwrap();
    let exchanges = vec![found(), definitions(), assigned("o", 201, &json!({}))];
    let ran = run_in(&environment(folder.path()), "grant ci --role reader", exchanges);
    assert_eq!((ran.stderr.as_str(), ran.code), ("It is Reader at /subscriptions/s.\n", 0));
}

#[rstest]
#[case("list --context azure", "https://management.azure.com (by --context 'azure')")]
#[case("list --endpoint https://management.usgovcloudapi.net", "https://management.usgovcloudapi.net (by --endpoint)")]
fn azure_has_its_service_principals_elsewhere(#[case] line: &str, #[case] expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let environment = environment(folder.path());
    let failure = parsed(&environment, line).unwrap().chosen(&environment).unwrap_err();
    let said = format!(
        "`portcullis principal` is for servers, and {expected} is Azure: its service principals are in Entra ID."
    );
    assert_eq!((failure.message(), failure.status.code()), (said.as_str(), 2));
}

/// Before a principal is made, looked for, or asked about.
#[rstest]
#[case("create ci --role reader --scope lnxcr")]
#[case("grant ci --role reader --scope lnxcr")]
#[case("revoke ci --role reader --scope lnxcr")]
fn what_is_no_scope_is_refused_before_anything_is_sent(#[case] line: &str) {
    let ran = run(line, vec![]);
    assert!(ran.stderr.contains("'lnxcr' is not a scope: a scope is the id of a resource."), "{}", ran.stderr);
    assert!(ran.stderr.contains("portcullis registry show -n lnxcr -o json has it as id."), "{}", ran.stderr);
    assert_eq!((ran.stdout.as_str(), ran.code), ("", 2));
}
