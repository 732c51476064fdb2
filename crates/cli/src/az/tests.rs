//! The service that az's words are tried against, and what they ask of it.

use super::*;
use crate::client::tests::{Exchange, FakeSleeper, FakeTransport, drive, exchange};
use crate::destination::Route;
use crate::host::tests::Answers;
use crate::invocation::Invocation;
use rstest::rstest;
use serde_json::{Value, json};
use std::ffi::OsString;

pub(super) const REGISTRY: &str =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/myreg";
/// 2026-01-01T00:00:00Z
const NOW_MICROS: i64 = 1_767_225_600_000_000;

/// What a run wrote and sent.
pub(super) struct Ran {
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) code: u8,
    /// What was sent: JSON, and forms as text.
    pub(super) bodies: Vec<Value>,
    /// What was asked for behind `?`.
    pub(super) queries: Vec<String>,
}

/// Runs a line of words against the exchanges; `answers` sit at the terminal.
pub(super) fn run(line: &str, answers: &[&str], exchanges: Vec<Exchange>) -> Ran {
    run_over(line, answers, FakeTransport::new(exchanges))
}

/// The same over any transport.
pub(super) fn run_over(line: &str, answers: &[&str], transport: FakeTransport) -> Ran {
    let environment = Environment { now_micros: NOW_MICROS, program: "portcullis".into(), ..Environment::default() };
    let words = line.split(' ').map(OsString::from).collect();
    let sleeper = FakeSleeper::default();
    let (mut stdout, mut stderr, mut host) = (Vec::new(), Vec::new(), Answers::new(answers));
    let mut console = Console::new(&environment, &mut stdout, &mut stderr);
    let outcome = Invocation::parse(&environment, words).and_then(|invocation| match invocation {
        Invocation::Az(command) => {
            let reached = Reached { client: Client::new(&transport, &sleeper), route: Route::default() };
            let progress = Progress::hidden(&sleeper);
            let terminal = Terminal { console: &mut console, host: &mut host, progress: &progress };
            drive(command.run(reached, &environment, terminal))
        }
        other => panic!("{other:?}"),
    });
    let code = console.finish(outcome).code();
    assert_eq!((transport.left(), host.left()), (0, 0), "{}", String::from_utf8_lossy(&stderr));
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let body = |text: &String| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()));
    let bodies = transport.bodies().iter().map(body).collect();
    Ran { stdout: text(stdout), stderr: text(stderr), code, bodies, queries: transport.queries() }
}

fn only_subscription() -> Exchange {
    let only = json!({ "id": "/subscriptions/s", "subscriptionId": "s", "displayName": "", "state": "Enabled" });
    exchange("GET /subscriptions", 200, &json!({ "value": [only] }))
}

/// The look-ups that find the registry by its name alone.
pub(super) fn look_up() -> Vec<Exchange> {
    let registry = json!({ "id": REGISTRY, "name": "myreg" });
    let path = "GET /subscriptions/s/providers/Microsoft.ContainerRegistry/registries";
    vec![only_subscription(), exchange(path, 200, &json!({ "value": [registry] }))]
}

pub(super) fn below(method: &str, path: &str, status: u16, answer: &Value) -> Exchange {
    exchange(&format!("{method} {REGISTRY}{path}"), status, answer)
}

pub(super) fn token(properties: &Value) -> Value {
    let mut token = json!({ "id": format!("{REGISTRY}/tokens/ci"), "name": "ci", "properties": { "provisioningState": "Succeeded" } });
    for (name, value) in properties.as_object().unwrap() {
        token["properties"][name] = value.clone();
    }
    token
}

fn put(path: &str, answer: &Value) -> [Exchange; 2] {
    [below("PUT", path, 201, answer), below("GET", path, 200, answer)]
}

pub(super) fn patch(path: &str, answer: &Value) -> [Exchange; 2] {
    [below("PATCH", path, 200, answer), below("GET", path, 200, answer)]
}

pub(super) fn generated(passwords: &Value) -> Exchange {
    below("POST", "/generateCredentials", 200, &json!({ "username": "ci", "passwords": passwords }))
}

pub(super) fn login_server() -> Exchange {
    below("GET", "", 200, &json!({ "properties": { "loginServer": "myreg.example:5000" } }))
}

fn missing(path: &str) -> Exchange {
    below("GET", path, 404, &json!({ "error": { "code": "ResourceNotFound", "message": "x" } }))
}

fn both() -> Value {
    json!([{ "name": "password1", "value": "v1", "expiry": "2026-01-31T00:00:00+00:00" }, { "name": "password2", "value": "v2" }])
}

#[test]
fn a_token_gets_a_scope_map_of_its_own() {
    let map = json!({ "name": "ci-scope-map", "properties": { "provisioningState": "Succeeded" } });
    let mut exchanges = look_up();
    exchanges.push(missing("/scopeMaps/ci-scope-map"));
    exchanges.extend(put("/scopeMaps/ci-scope-map", &map));
    exchanges.extend(put("/tokens/ci", &token(&json!({ "status": "enabled" }))));
    exchanges.push(generated(&both()));
    let line = "token create ci -r myreg.azurecr.io --repository Samples/App content/read content/write \
                --repository base content/read --expiration-in-days 30";
    let ran = run(line, &[], exchanges);
    let actions = [
        "repositories/samples/app/content/read",
        "repositories/samples/app/content/write",
        "repositories/base/content/read",
    ];
    let expected = [
        json!({ "properties": { "description": "Created by token: ci", "actions": actions } }),
        json!({ "properties": { "scopeMapId": format!("{REGISTRY}/scopeMaps/ci-scope-map"), "status": "enabled" } }),
        json!({ "tokenId": format!("{REGISTRY}/tokens/ci"), "expiry": "2026-01-31T00:00:00Z" }),
    ];
    assert_eq!(ran.bodies, expected, "{}", ran.stderr);
    let shown: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (&shown["name"], &shown["resourceGroup"], &shown["status"]),
        (&json!("ci"), &json!("g"), &json!("enabled"))
    );
    assert_eq!(
        (&shown["credentials"]["username"], &shown["credentials"]["passwords"][0]["value"]),
        (&json!("ci"), &json!("v1"))
    );
}

/// What became of the token, what of the scope map that was made for it, and what is told.
#[rstest]
#[case(
    400,
    Some(200),
    "[Refused] : No.\nhint: Nothing is left behind: the scope map 'ci-scope-map', made for it, was removed again.\n"
)]
#[case(
    400,
    Some(403),
    "[Refused] : No.\nhint: The scope map 'ci-scope-map' was made for it and exists. To remove it: portcullis scope-map delete ci-scope-map -r myreg\n"
)]
#[case(
    408,
    None,
    "[Refused] : No.\nhint: The scope map 'ci-scope-map' was made for it and exists. To remove it: portcullis scope-map delete ci-scope-map -r myreg\n"
)]
#[case(
    429,
    Some(200),
    "[Refused] : No.\nhint: Nothing is left behind: the scope map 'ci-scope-map', made for it, was removed again.\n"
)]
#[case(
    500,
    None,
    "[Refused] : No.\nhint: The scope map 'ci-scope-map' was made for it and exists. To remove it: portcullis scope-map delete ci-scope-map -r myreg\n"
)]
fn a_token_that_is_refused_leaves_no_scope_map_behind(
    #[case] status: u16,
    #[case] deletion: Option<u16>,
    #[case] expected: &str,
) {
    let map = json!({ "name": "ci-scope-map", "properties": { "provisioningState": "Succeeded" } });
    let refusal = json!({ "error": { "code": "Refused", "message": "No." } });
    let mut exchanges = look_up();
    exchanges.push(missing("/scopeMaps/ci-scope-map"));
    exchanges.extend(put("/scopeMaps/ci-scope-map", &map));
    exchanges.push(below("PUT", "/tokens/ci", status, &refusal));
    exchanges.extend(deletion.map(|status| below("DELETE", "/scopeMaps/ci-scope-map", status, &refusal)));
    let ran = run("token create ci -r myreg --repository app content/read", &[], exchanges);
    assert_eq!((ran.stderr.as_str(), ran.code), (expected, 1));
}

#[test]
fn a_scope_map_that_was_there_stays_when_the_token_is_refused() {
    let map = json!({ "name": "ci-scope-map", "properties": { "actions": ["repositories/app/content/read"] } });
    let refusal = json!({ "error": { "code": "Refused", "message": "No." } });
    let mut exchanges = look_up();
    exchanges.push(below("GET", "/scopeMaps/ci-scope-map", 200, &map));
    exchanges.push(below("PUT", "/tokens/ci", 400, &refusal));
    let ran = run("token create ci -r myreg --repository app content/read", &[], exchanges);
    assert_eq!((ran.stderr.as_str(), ran.code), ("[Refused] : No.\n", 1));
}

#[test]
fn a_scope_map_that_differs_is_not_overwritten() {
    let map = json!({ "name": "m", "properties": { "actions": ["repositories/other/content/read"] } });
    let mut exchanges = look_up();
    exchanges.push(below("GET", "/scopeMaps/ci-scope-map", 200, &map));
    let ran = run("token create -n ci -r myreg --repository app content/read", &[], exchanges);
    assert!(
        ran.stderr.starts_with("The default scope map was already configured with different repository permissions.\n"),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.code, 2);
}

#[rstest]
#[case("token create ci -r myreg", "usage error: --scope-map or --repository | --gateway are required.")]
#[case("token create ci --scope-map m --repository a content/read", "cannot be used with")]
#[case("token create ci --scope-map m --no-passwords --expiration-in-days 3", "cannot be used with")]
#[case("token create ci --scope-map m --expiration 2025-12-31", "--expiration 2025-12-31T00:00:00Z is in the past")]
#[case("token credential generate ci --expiration 2026-01-01", "--expiration 2026-01-01T00:00:00Z is in the past")]
#[case("token rotate ci --expiration 2025-12-31", "--expiration 2025-12-31T00:00:00Z is in the past")]
#[case("token create ci --scope-map m --expiration soon", "Input 'soon' is not valid datetime.")]
#[case("token create --scope-map m", "required arguments were not provided")]
#[case("token create ci --scope-map m --expiration-in-days 0", "0 is not in 1..=36500")]
#[case("token update ci", "No token properties to update.")]
#[case("token credential delete ci", "No credentials to delete.")]
#[case("scope-map update m", "No scope map properties to update.")]
#[case("scope-map create m", "usage error: --repository | --gateway are required.")]
#[case("token explain ci --repository a --action fly", "'fly' is not an action.")]
#[case("token rotate ci --format env -o json", "--output cannot be used together with --format.")]
#[case("token create ci --scope-map m --format env --output table", "--output cannot be used together with --format.")]
#[case("token list --expiring-within soon", "'soon' is not a length of time")]
#[case("token list --unused-for ever", "'ever' is not a length of time")]
fn wrong_words_are_told(#[case] line: &str, #[case] expected: &str) {
    let exchanges = if line.ends_with("-r myreg") { look_up() } else { vec![] };
    let ran = run(line, &[], exchanges);
    assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    assert_eq!(ran.code, 2);
}

#[test]
fn tokens_are_listed_as_az_lists_them() {
    let one = token(&json!({
        "status": "enabled",
        "creationDate": "2026-01-01T10:00:00.1234567+00:00",
        "scopeMapId": format!("{REGISTRY}/scopeMaps/pullers"),
        "credentials": { "passwords": [{ "name": "password1", "expiry": "2026-02-01T00:00:00+00:00" }, { "name": "password2" }] },
    }));
    let mut exchanges = look_up();
    exchanges.push(below("GET", "/tokens", 200, &json!({ "value": [one] })));
    let ran = run("token list -r myreg -o table", &[], exchanges);
    let expected = "\
NAME  SCOPE MAP  PASSWORD1 EXPIRY      PASSWORD2 EXPIRY  STATUS   PROVISIONING STATE  CREATION DATE         LAST USED
----  ---------  --------------------  ----------------  -------  ------------------  --------------------  ---------
ci    pullers    2026-02-01T00:00:00Z  Never             Enabled  Succeeded           2026-01-01T10:00:00Z
";
    assert_eq!(ran.stdout, expected, "{}", ran.stderr);
}

#[rstest]
#[case("14d", 1)]
#[case("30d", 2)]
#[case("1h", 0)]
fn tokens_that_end_soon_are_found(#[case] within: &str, #[case] expected: usize) {
    let ending =
        |end: &str| token(&json!({ "credentials": { "passwords": [{ "name": "password1", "expiry": end }] } }));
    let never = token(&json!({ "credentials": { "passwords": [{ "name": "password1" }] } }));
    let all = json!({ "value": [ending("2026-01-20T00:00:00+00:00"), never, ending("2026-01-10T00:00:00+00:00")] });
    let mut exchanges = look_up();
    exchanges.push(below("GET", "/tokens", 200, &all));
    let ran = run(&format!("token list -r myreg --expiring-within {within}"), &[], exchanges);
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap().as_array().unwrap().len(), expected);
}

/// A token whose password was made, ends and was last used then.
fn times(name: &str, made: &str, end: Option<&str>, last_used: Option<&str>) -> Value {
    let password = json!({ "name": "password1", "creationTime": made, "expiry": end, "lastUsedTime": last_used });
    let mut token = token(&json!({ "creationDate": made, "credentials": { "passwords": [password] } }));
    token["name"] = json!(name);
    token
}

#[rstest]
#[case("--unused-for 90d", &["unused", "ends", "idle"])]
#[case("--unused-for 200d", &["unused"])]
#[case("--unused-for 90d --expiring-within 14d", &["ends"])]
#[case("--expiring-within 14d", &["ends", "busy"])]
fn tokens_that_nobody_uses_are_found(#[case] which: &str, #[case] expected: &[&str]) {
    let (old, soon) = ("2025-01-01T00:00:00+00:00", Some("2026-01-10T00:00:00+00:00"));
    let all = json!({ "value": [
        times("idle", old, None, Some("2025-09-01T00:00:00+00:00")),
        times("busy", old, Some("2026-01-11T00:00:00+00:00"), Some("2025-12-31T00:00:00+00:00")),
        times("young", "2025-12-01T00:00:00+00:00", None, None),
        times("ends", old, soon, Some("2025-08-01T00:00:00+00:00")),
        times("unused", old, None, None),
    ] });
    let mut exchanges = look_up();
    exchanges.push(below("GET", "/tokens", 200, &all));
    let ran = run(&format!("token list -r myreg {which} -o tsv"), &[], exchanges);
    let names: Vec<&str> = ran.stdout.lines().filter_map(|line| line.split('\t').next()).collect();
    assert_eq!(names, expected, "{}", ran.stderr);
}

/// Azure's answers have no such member: nobody must take silence for "never".
#[test]
fn where_last_use_is_not_told_nothing_is_called_unused() {
    let silent = token(&json!({ "credentials": { "passwords": [{ "name": "password1" }] } }));
    let mut exchanges = look_up();
    exchanges.push(below("GET", "/tokens", 200, &json!({ "value": [silent] })));
    let ran = run("token list -r myreg --unused-for 90d", &[], exchanges);
    assert!(ran.stderr.contains("does not tell when credentials were last used"), "{}", ran.stderr);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
}

#[test]
fn the_times_of_each_credential_are_shown() {
    let one = token(&json!({
        "status": "enabled",
        "creationDate": "2026-01-01T10:00:00+00:00",
        "credentials": {
            "passwords": [
                { "name": "password1", "creationTime": "2026-01-01T10:00:00+00:00", "lastUsedTime": "2026-01-02T10:00:00+00:00" },
                { "name": "password2", "creationTime": "2026-01-01T10:00:00+00:00", "expiry": "2026-02-01T00:00:00+00:00", "lastUsedTime": null },
            ],
            "certificates": [
                { "name": "certificate1", "creationTime": "2026-01-01T11:00:00+00:00", "expiry": "2026-03-01T00:00:00+00:00", "lastUsedTime": "2026-01-03T00:00:00+00:00" },
            ],
        },
    }));
    let mut exchanges = look_up();
    exchanges.push(below("GET", "/tokens/ci", 200, &one));
    let ran = run("token show ci -r myreg -o table", &[], exchanges);
    let expected = "\n\
CREDENTIAL    CREATED               EXPIRY                LAST USED
------------  --------------------  --------------------  --------------------
password1     2026-01-01T10:00:00Z  Never                 2026-01-02T10:00:00Z
password2     2026-01-01T10:00:00Z  2026-02-01T00:00:00Z  Never
certificate1  2026-01-01T11:00:00Z  2026-03-01T00:00:00Z  2026-01-03T00:00:00Z
";
    assert!(ran.stdout.ends_with(expected), "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.lines().nth(2).unwrap().ends_with("2026-01-01T10:00:00Z  2026-01-03T00:00:00Z"),
        "{}",
        ran.stdout
    );
}

#[rstest]
#[case("--password1", Some("password1"))]
#[case("--password1 --password2", None)]
fn passwords_are_generated_one_or_both(#[case] which: &str, #[case] expected: Option<&str>) {
    let mut exchanges = look_up();
    exchanges.push(generated(&both()));
    let ran = run(&format!("token credential generate -n ci -r myreg {which}"), &[], exchanges);
    assert_eq!(ran.bodies[0].get("name").and_then(Value::as_str), expected);
}

#[test]
fn a_credential_is_written_for_the_next_tool() {
    let mut exchanges = look_up();
    exchanges.push(login_server());
    exchanges.push(generated(&json!([{ "name": "password1" }, { "name": "password2", "value": "v2" }])));
    let ran = run("token credential generate ci -r myreg --password2 --format docker-login", &[], exchanges);
    assert_eq!(ran.stdout, "printf %s 'v2' | docker login --username 'ci' --password-stdin 'myreg.example:5000'\n");
}

#[rstest]
#[case("token credential generate ci -r myreg --format env")]
#[case("token create ci -r myreg --scope-map m --format env")]
fn no_password_is_made_that_a_form_does_not_show(#[case] line: &str) {
    let mut exchanges = look_up();
    exchanges.push(login_server());
    if line.starts_with("token create") {
        exchanges.extend(put("/tokens/ci", &token(&json!({}))));
    }
    exchanges.push(generated(&json!([{ "name": "password1", "value": "v1" }])));
    let ran = run(line, &[], exchanges);
    let asked = ran.bodies.last().unwrap();
    assert_eq!(asked["name"], "password1");
    assert!(ran.stdout.contains("REGISTRY_PASSWORD='v1'"), "{}", ran.stdout);
}

#[rstest]
#[case("token credential generate ci -r myreg --format github-actions")]
#[case("token create ci -r myreg --scope-map m --format github-actions")]
#[case("token rotate ci -r myreg --overlap 24h --format github-actions")]
fn a_login_server_that_is_no_host_gets_into_no_file_of_variables(#[case] line: &str) {
    let mut exchanges = look_up();
    if line.starts_with("token rotate") {
        exchanges.push(below("GET", "/tokens/ci", 200, &token(&json!({}))));
    }
    let server = "myreg.example\nLD_PRELOAD=/tmp/x.so";
    exchanges.push(below("GET", "", 200, &json!({ "properties": { "loginServer": server } })));
    let ran = run(line, &[], exchanges);
    assert_eq!((ran.stdout.as_str(), ran.code, ran.bodies.len()), ("", 3, 0), "{}", ran.stderr);
    assert!(ran.stderr.contains("one that is no host.\nhint: Nothing was made."), "{}", ran.stderr);
}

#[test]
fn a_form_has_room_for_one_password() {
    let ran = run("token credential generate ci -r myreg --password1 --password2 --format env", &[], Vec::new());
    assert!(ran.stderr.starts_with("--format writes one password, and two are asked for."), "{}", ran.stderr);
    assert_eq!(ran.code, 2);
}

#[rstest]
#[case(&["y"], "--password1", 0)]
#[case(&[], "--password1 --yes", 0)]
#[case(&["n"], "--password1", 2)]
#[case(&[], "--password1", 2)]
fn passwords_that_stay_are_sent(#[case] answers: &[&str], #[case] options: &str, #[case] code: u8) {
    let with = token(&json!({ "credentials": { "passwords": [{ "name": "password1" }, { "name": "password2" }] } }));
    let mut exchanges = look_up();
    exchanges.push(below("GET", "/tokens/ci", 200, &with));
    if code == 0 {
        exchanges.extend(patch("/tokens/ci", &with));
    }
    let ran = run(&format!("token credential delete ci -r myreg {options}"), answers, exchanges);
    assert_eq!(ran.code, code, "{}", ran.stderr);
    if code == 0 {
        assert_eq!(
            ran.bodies,
            [json!({ "properties": { "credentials": { "passwords": [{ "name": "password2" }] } } })]
        );
    }
}

#[test]
fn a_scope_map_is_changed_by_adding_and_removing() {
    let map = json!({ "name": "m", "properties": { "provisioningState": "Succeeded", "actions": ["repositories/a/content/read"] } });
    let mut exchanges = look_up();
    exchanges.push(below("GET", "/scopeMaps/m", 200, &map));
    exchanges.extend(patch("/scopeMaps/m", &map));
    let line = "scope-map update m -r myreg --add b content/read --remove-repository a content/read";
    let ran = run(line, &[], exchanges);
    assert_eq!(ran.bodies, [json!({ "properties": { "actions": ["repositories/b/content/read"] } })], "{}", ran.stderr);
}

#[test]
fn a_registry_makes_its_group() {
    let group = "/subscriptions/s/resourceGroups/g";
    let made = json!({ "name": "myreg", "properties": { "provisioningState": "Succeeded" } });
    let in_group = json!({ "location": "westus", "properties": { "provisioningState": "Succeeded" } });
    let mut exchanges = vec![
        only_subscription(),
        exchange(
            &format!("GET {group}"),
            404,
            &json!({ "error": { "code": "ResourceGroupNotFound", "message": "x" } }),
        ),
        exchange(&format!("PUT {group}"), 201, &in_group),
        exchange(&format!("GET {group}"), 200, &in_group),
    ];
    exchanges.extend(put("", &made));
    let ran = run("registry create -n myreg -g g -l westus --admin-enabled", &[], exchanges);
    let expected = [
        json!({ "location": "westus" }),
        json!({ "sku": { "name": "Basic" }, "location": "westus", "properties": { "adminUserEnabled": true } }),
    ];
    assert_eq!(ran.bodies, expected, "{}", ran.stderr);
}

#[rstest]
#[case(
    "token show ci -r other",
    1,
    "The resource with name 'other' and type 'Microsoft.ContainerRegistry/registries' could not be found"
)]
#[case("token delete ci -r other --yes", 1, "could not be found in subscription 's'.")]
fn a_registry_that_is_not_there_is_named(#[case] line: &str, #[case] code: u8, #[case] expected: &str) {
    let ran = run(line, &[], look_up());
    assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    assert_eq!(ran.code, code);
}
