use super::*;
use crate::client::tests::{Exchange, FakeSleeper, FakeTransport, drive, exchange, exchange_with};
use rstest::rstest;
use serde_json::Value;

const GROUP_PATH: &str = "/subscriptions/s/resourceGroups/lnxtest";
const REGISTRY_PATH: &str =
    "/subscriptions/s/resourceGroups/lnxtest/providers/Microsoft.ContainerRegistry/registries/lnxcr";

/// What the service knows before the run.
#[derive(Clone, Copy, Default)]
struct World {
    everything: bool,
    password: bool,
}

/// What a run wrote and sent.
struct Ran {
    stdout: String,
    bodies: Vec<Value>,
    outcome: Result<Prepared, Failure>,
}

fn run(new_password: bool, exchanges: Vec<Exchange>) -> Ran {
    let (transport, sleeper) = (FakeTransport::new(exchanges), FakeSleeper::default());
    let environment = Environment { program: "target/release/portcullis".into(), ..Environment::default() };
    let listen = "127.0.0.1:5000".parse().unwrap();
    let options = QuickstartOptions { data: Some("/d".into()), listen, new_password };
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut console = Console::new(&environment, &mut stdout, &mut stderr);
    let client = Client::new(&transport, &sleeper);
    let quickstart = Quickstart { client, environment: &environment, options: &options, address: listen };
    let outcome = drive(quickstart.run(&mut console));
    assert_eq!(transport.left(), 0);
    let bodies = transport.bodies().iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    Ran { stdout: String::from_utf8(stdout).unwrap(), bodies, outcome }
}

fn subscriptions() -> Exchange {
    let only = json!({ "id": "/subscriptions/s", "subscriptionId": "s", "displayName": "", "state": "Enabled" });
    exchange("GET /subscriptions", 200, &json!({ "value": [only] }))
}

fn missing(path: &str) -> Exchange {
    exchange(&format!("GET {path}"), 404, &json!({ "error": { "code": "NotFound", "message": "x" } }))
}

fn token(passwords: &Value) -> Value {
    let system_data = json!({ "createdBy": "ada", "createdByType": "User", "createdAt": "2026-01-02T03:04:05+00:00" });
    let properties = json!({ "provisioningState": "Succeeded", "credentials": { "passwords": passwords } });
    json!({ "name": "token2", "systemData": system_data, "properties": properties })
}

/// The part at `path`: found, or missing and then made.
fn part(world: World, path: &str, body: &Value) -> Vec<Exchange> {
    let found = exchange(&format!("GET {path}"), 200, body);
    if world.everything {
        return vec![found];
    }
    vec![missing(path), exchange(&format!("PUT {path}"), 201, body), found]
}

fn exchanges(world: World, generates: bool) -> Vec<Exchange> {
    let succeeded = json!({ "properties": { "provisioningState": "Succeeded" } });
    let map = json!({ "properties": { "provisioningState": "Succeeded", "actions": ACTIONS } });
    let passwords = if world.password { json!([{ "name": "password1" }]) } else { json!([]) };
    let token_path = format!("{REGISTRY_PATH}/tokens/token2");
    let mut all = vec![subscriptions()];
    all.extend(part(world, GROUP_PATH, &succeeded));
    all.extend(part(world, REGISTRY_PATH, &succeeded));
    all.extend(part(world, &format!("{REGISTRY_PATH}/scopeMaps/newmap"), &map));
    if world.everything {
        all.push(exchange(&format!("GET {token_path}"), 200, &token(&passwords)));
    } else {
        let operation = ("Azure-AsyncOperation", "http://localhost/op");
        all.extend([
            missing(&token_path),
            subscriptions(),
            exchange_with(&format!("PUT {token_path}"), 201, &[operation], &token(&passwords)),
            exchange("GET /op", 200, &json!({ "status": "Succeeded" })),
            exchange(&format!("GET {token_path}"), 200, &token(&passwords)),
            exchange(&format!("GET {token_path}"), 200, &token(&passwords)),
        ]);
    }
    if generates {
        let answer = json!({ "username": "token2", "passwords": [{ "name": "password1", "value": "the-value" }] });
        all.push(exchange(&format!("POST {REGISTRY_PATH}/generateCredentials"), 200, &answer));
    }
    all
}

#[test]
fn the_first_run_makes_everything_and_runs_the_pages_command() {
    let Ran { stdout, bodies, outcome } = run(false, exchanges(World::default(), true));
    let scope_map_id = format!("{REGISTRY_PATH}/scopeMaps/newmap");
    let expected = [
        json!({ "location": "westus" }),
        json!({ "sku": { "name": "Basic" }, "location": "westus", "properties": {} }),
        json!({ "properties": { "actions": ACTIONS } }),
        json!({ "properties": { "scopeMapId": scope_map_id } }),
        json!({ "tokenId": format!("{REGISTRY_PATH}/tokens/token2"), "name": "password1" }),
    ];
    assert_eq!(bodies, expected);
    let command = format!(
        "\n> New-AzContainerRegistryToken -Name token2 -RegistryName lnxcr -ResourceGroupName lnxtest -ScopeMapId {scope_map_id}\n\n\
         Name   SystemDataCreatedAt SystemDataCreatedBy SystemDataCreatedByType"
    );
    assert!(stdout.contains(&command), "{stdout}");
    assert!(stdout.contains("token2 01/02/2026 03:04:05 ada                 User"), "{stdout}");
    assert!(stdout.contains("shown this once:\n\n    the-value\n\n"), "{stdout}");
    assert!(stdout.contains("    printf %s 'the-value' | docker login"), "{stdout}");
    let prepared = Prepared {
        registry: "127.0.0.1:5000".to_owned(),
        user: "token2".to_owned(),
        password: Some(Secret::new("the-value".to_owned())),
        changed: true,
    };
    assert_eq!(outcome, Ok(prepared));
}

#[test]
fn the_second_run_changes_nothing_and_says_so() {
    let Ran { stdout, bodies, outcome } = run(false, exchanges(World { everything: true, password: true }, false));
    assert_eq!(bodies, [Value::Null; 0]);
    assert!(stdout.contains("nothing was changed") && !stdout.contains(" made\n"), "{stdout}");
    let again = "\n    target/release/portcullis quickstart --data /d --listen 127.0.0.1:5000 --new-password\n";
    assert!(stdout.contains(again), "{stdout}");
    assert!(stdout.contains("\n    docker login --username token2 127.0.0.1:5000\n"), "{stdout}");
    assert!(!outcome.unwrap().changed);
}

#[rstest]
#[case::asked_for(World { everything: true, password: true }, true)]
#[case::none_yet(World { everything: true, password: false }, false)]
fn a_password_is_made_when_asked_for_or_when_there_is_none(#[case] world: World, #[case] new_password: bool) {
    let Ran { stdout, bodies, outcome } = run(new_password, exchanges(world, true));
    assert_eq!(bodies.len(), 1);
    assert!(!stdout.contains("nothing was changed") && stdout.contains("the-value"), "{stdout}");
    assert!(outcome.unwrap().changed);
}

#[test]
fn a_disabled_token_is_pointed_out() {
    let mut all = exchanges(World { everything: true, password: true }, false);
    let mut disabled = token(&json!([{ "name": "password1" }]));
    disabled["properties"]["status"] = json!("disabled");
    disabled["properties"]["scopeMapId"] = json!("/s/map");
    all.pop();
    all.push(exchange(&format!("GET {REGISTRY_PATH}/tokens/token2"), 200, &disabled));
    let Ran { stdout, .. } = run(false, all);
    let command = "\n    target/release/portcullis New-AzContainerRegistryToken -Name token2 -RegistryName lnxcr \
                   -ResourceGroupName lnxtest -ScopeMapId /s/map -Status enabled --data /d\n";
    assert!(stdout.contains("token2 is disabled") && stdout.contains(command), "{stdout}");
}

#[test]
fn a_refusal_ends_it() {
    let refusal = json!({ "error": { "code": "LimitReached", "message": "No more groups." } });
    let refused = exchange(&format!("PUT {GROUP_PATH}"), 409, &refusal);
    let Ran { stdout, outcome, .. } = run(false, vec![subscriptions(), missing(GROUP_PATH), refused]);
    assert_eq!(outcome, Err(Failure::refused("[LimitReached] : No more groups.")));
    assert_eq!(stdout, "");
}
