//! The family as a whole: what each cmdlet asks for, and three of them in a pipeline.

use super::tests::{Ran, run_with};
use super::*;
use crate::client::tests::{Exchange, FakeTransport, exchange, exchange_with};
use crate::failure::ExitStatus;
use crate::host::tests::Answers;
use rstest::rstest;
use serde_json::{Value, json};

const GROUP: &str = "/subscriptions/s/resourceGroups/g";
const REGISTRY: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r";

/// Runs a line of words; `R` stands for the words that name the registry, `ID` for its id, `_` inside a word for a space.
fn run_line(line: &str, input: &str, exchanges: Vec<Exchange>) -> Ran {
    let line = line.replace(" R", " -RegistryName r -ResourceGroupName g -SubscriptionId s").replace("ID", REGISTRY);
    let mut words = line.split(' ').map(str::to_owned);
    let cmdlet = Cmdlet::find(&words.next().unwrap()).unwrap();
    let mut host = Answers { input: input.to_owned(), ..Answers::default() };
    run_with(cmdlet, &words.collect::<Vec<_>>(), FakeTransport::new(exchanges), &mut host)
}

fn resource(path: &str, properties: &Value) -> Value {
    let name = path.rsplit('/').next();
    json!({ "id": format!("{REGISTRY}{path}"), "name": name, "properties": properties })
}

/// One exchange below the registry.
fn below(method: &str, path: &str, status: u16, answer: &Value) -> Exchange {
    exchange(&format!("{method} {REGISTRY}{path}"), status, answer)
}

fn done() -> Value {
    json!({ "provisioningState": "Succeeded" })
}

/// What is sent, and what is answered: method, path, body, answer.
#[rstest]
#[case("New-AzContainerRegistryScopeMap -Name m R -Action a,b -Description d", "PUT", "/scopeMaps/m", json!({ "properties": { "description": "d", "actions": ["a", "b"] } }))]
#[case("New-AzContainerRegistryScopeMap -ScopeMapName m R -Action @('a')", "PUT", "/scopeMaps/m", json!({ "properties": { "actions": ["a"] } }))]
#[case("Update-AzContainerRegistryScopeMap -Name m R -Description d", "PATCH", "/scopeMaps/m", json!({ "properties": { "description": "d" } }))]
#[case("Update-AzContainerRegistryScopeMap -InputObject ID/scopeMaps/m -Action a", "PATCH", "/scopeMaps/m", json!({ "properties": { "actions": ["a"] } }))]
#[case("Update-AzContainerRegistryToken -TokenName t R -Status Disabled -ScopeMapId m", "PATCH", "/tokens/t", json!({ "properties": { "status": "disabled", "scopeMapId": format!("{REGISTRY}/scopeMaps/m") } }))]
#[case("Update-AzContainerRegistryToken -InputObject ID/tokens/t -CredentialsPassword @{Name='password2'}", "PATCH", "/tokens/t", json!({ "properties": { "credentials": { "passwords": [{ "name": "password2" }] } } }))]
#[case("New-AzContainerRegistry -Name r -ResourceGroupName g -SubscriptionId s -Sku premium -Location westus -EnableAdminUser -Tag @{a=1}", "PUT", "", json!({ "sku": { "name": "Premium" }, "location": "westus", "tags": { "a": "1" }, "properties": { "adminUserEnabled": true } }))]
#[case("Update-AzContainerRegistry -RegistryName r -ResourceGroupName g -SubscriptionId s -EnableAdminUser:$false -RetentionPolicyDay 7 -NetworkRuleSetIPRule 10.0.0.0/8", "PATCH", "", json!({ "properties": { "adminUserEnabled": false, "policies": { "retentionPolicy": { "days": 7 } }, "networkRuleSet": { "ipRules": [{ "action": "Allow", "value": "10.0.0.0/8" }] } } }))]
#[case("Update-AzContainerRegistry -InputObject ID -Sku Basic -IdentityType None", "PATCH", "", json!({ "sku": { "name": "Basic" }, "identity": { "type": "None" }, "properties": {} }))]
fn what_is_given_is_sent_and_nothing_else(
    #[case] line: &str,
    #[case] method: &str,
    #[case] path: &str,
    #[case] expected: Value,
) {
    let answer = resource(path, &done());
    let ran = run_line(line, "", vec![below(method, path, 200, &answer), below("GET", path, 200, &answer)]);
    assert_eq!((ran.status, ran.stderr.as_str()), (ExitStatus::Success, ""));
    let [body] = ran.bodies.as_slice() else { panic!("{:?}", ran.bodies) };
    assert_eq!(serde_json::from_str::<Value>(body).unwrap(), expected);
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap()["ProvisioningState"], "Succeeded");
}

#[rstest]
#[case("Get-AzContainerRegistryToken R", "/tokens", 2)]
#[case("Get-AzContainerRegistryToken -Name t R", "/tokens/t", 1)]
#[case("Get-AzContainerRegistryToken -InputObject ID/tokens/t", "/tokens/t", 1)]
#[case("Get-AzContainerRegistryScopeMap R", "/scopeMaps", 2)]
#[case("Get-AzContainerRegistryScopeMap -InputObject ID/scopeMaps/m", "/scopeMaps/m", 1)]
#[case("Get-AzContainerRegistry -Name r -ResourceGroupName g -SubscriptionId s", "", 1)]
#[case("Get-AzContainerRegistry -InputObject ID", "", 1)]
fn one_is_read_or_all(#[case] line: &str, #[case] path: &str, #[case] count: usize) {
    let one = resource(path, &done());
    let answer = if count == 1 { one } else { json!({ "value": [one, one] }) };
    let ran = run_line(line, "", vec![below("GET", path, 200, &answer)]);
    assert_eq!((ran.stdout.lines().count(), ran.stderr.as_str()), (count, ""));
}

#[test]
fn a_list_is_read_to_its_last_page_in_every_subscription() {
    let one = resource("/tokens/t", &done());
    let next = format!("https://elsewhere{REGISTRY}/tokens?api-version=x&$skiptoken=2");
    let other = format!("GET {}/tokens", REGISTRY.replace("/s/", "/s2/"));
    let ran = run_line(
        "Get-AzContainerRegistryToken -RegistryName r -ResourceGroupName g -SubscriptionId s,s2",
        "",
        vec![
            below("GET", "/tokens", 200, &json!({ "value": [one], "nextLink": next })),
            below("GET", "/tokens", 200, &json!({ "value": [one] })),
            exchange(&other, 200, &json!({ "value": [one] })),
        ],
    );
    assert_eq!(ran.stdout.lines().count(), 3, "{}", ran.stderr);
}

#[rstest]
#[case(
    "Get-AzContainerRegistry -SubscriptionId s",
    "/subscriptions/s/providers/Microsoft.ContainerRegistry/registries"
)]
#[case(
    "Get-AzContainerRegistry -ResourceGroupName g -SubscriptionId s",
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries"
)]
fn registries_are_listed_by_subscription_or_group(#[case] line: &str, #[case] path: &str) {
    assert!(path.starts_with(GROUP) || !line.contains("-ResourceGroupName"));
    let answer = json!({ "value": [resource("", &done())] });
    let ran = run_line(&format!("{line} -o json"), "", vec![exchange(&format!("GET {path}"), 200, &answer)]);
    assert!(ran.stdout.starts_with("[\n"), "{} {}", ran.stdout, ran.stderr);
}

#[test]
fn the_detail_of_a_registry_is_its_usage() {
    let usage = json!({ "value": [{ "name": "Tokens", "limit": -1, "currentValue": 3, "unit": "Count" }] });
    let exchanges = vec![below("GET", "", 200, &resource("", &done())), below("GET", "/listUsages", 200, &usage)];
    let ran = run_line("Get-AzContainerRegistry -InputObject ID -IncludeDetail", "", exchanges);
    let shown: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(shown["Usage"], json!([{ "CurrentValue": 3, "Limit": -1, "Name": "Tokens", "Unit": "Count" }]));
}

#[rstest]
#[case("Remove-AzContainerRegistryToken -Name t R", "/tokens/t", "")]
#[case("Remove-AzContainerRegistryToken -InputObject ID/tokens/t -PassThru", "/tokens/t", "true\n")]
#[case("Remove-AzContainerRegistryScopeMap -Name m R", "/scopeMaps/m", "")]
#[case("Remove-AzContainerRegistry -InputObject ID", "", "")]
fn what_is_removed_says_nothing_unless_asked(#[case] line: &str, #[case] path: &str, #[case] expected: &str) {
    let location = ("Location", "https://elsewhere/subscriptions/s/op?api-version=x");
    let exchanges = vec![
        exchange_with(&format!("DELETE {REGISTRY}{path}"), 202, &[location], &Value::Null),
        exchange_with("GET /subscriptions/s/op", 202, &[location, ("Retry-After", "1")], &Value::Null),
        exchange("GET /subscriptions/s/op", 200, &Value::Null),
    ];
    let ran = run_line(line, "", exchanges);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str(), ran.status), (expected, "", ExitStatus::Success));
}

const TOKEN_ID: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r/tokens/t";

#[rstest]
#[case("New-AzContainerRegistryCredentials -TokenId t R -Name Password1 -Expiry 2027-01-01", "", json!({ "tokenId": TOKEN_ID, "expiry": "2027-01-01T00:00:00Z", "name": "password1" }))]
#[case("New-AzContainerRegistryCredentials -TokenName ID/tokens/t R", "", json!({ "tokenId": TOKEN_ID }))]
#[case("New-AzContainerRegistryCredentials -InputObject ID -TokenId t", "", json!({ "tokenId": TOKEN_ID }))]
#[case("New-AzContainerRegistryCredentials -InputObject ID/tokens/t", "", json!({ "tokenId": TOKEN_ID }))]
#[case("New-AzContainerRegistryCredentials", r#"{"Id":"ID/tokens/t","Name":"t"}"#, json!({ "tokenId": TOKEN_ID }))]
fn passwords_are_generated_by_id_or_by_name(#[case] line: &str, #[case] input: &str, #[case] expected: Value) {
    let answer =
        json!({ "username": "t", "passwords": [{ "name": "password1" }, { "name": "password2", "value": "v2" }] });
    let exchanges = vec![below("POST", "/generateCredentials", 200, &answer)];
    let ran = run_line(line, &input.replace("ID", REGISTRY), exchanges);
    assert_eq!(
        ran.bodies.iter().map(|body| serde_json::from_str::<Value>(body).unwrap()).collect::<Vec<_>>(),
        [expected]
    );
    let shown: Value = serde_json::from_str(&ran.stdout).unwrap();
    // By its name, not by its place in the list.
    assert_eq!(shown, json!({ "Username": "t", "Password": null, "Password2": "v2" }));
}

#[rstest]
#[case("Get-AzContainerRegistryCredential R", "/listCredentials", &[])]
#[case("Get-AzContainerRegistryCredential -Registry ID", "/listCredentials", &[])]
#[case("Update-AzContainerRegistryCredential R -PasswordName Password2", "/regenerateCredential", &[r#"{"name":"password2"}"#])]
#[case("Update-AzContainerRegistryCredential R -RegenerateCredentialParameter @{Name='password'}", "/regenerateCredential", &[r#"{"name":"password"}"#])]
#[case("Update-AzContainerRegistryCredential -InputObject ID -PasswordName password", "/regenerateCredential", &[r#"{"name":"password"}"#])]
#[case("Update-AzContainerRegistryCredential -Registry ID -PasswordName password", "/regenerateCredential", &[r#"{"name":"password"}"#])]
fn the_admin_users_passwords_are_read_and_renewed(#[case] line: &str, #[case] path: &str, #[case] bodies: &[&str]) {
    let passwords = json!([{ "name": "password", "value": "a" }, { "name": "password2", "value": "b" }]);
    let answer = json!({ "username": "r", "passwords": passwords });
    let ran = run_line(line, "", vec![below("POST", path, 200, &answer)]);
    assert_eq!(ran.bodies, bodies);
    assert_eq!(ran.stdout, "{\"Username\":\"r\",\"Password\":\"a\",\"Password2\":\"b\"}\n", "{}", ran.stderr);
}

#[test]
fn a_name_is_checked() {
    let path = "POST /subscriptions/s/providers/Microsoft.ContainerRegistry/checkNameAvailability";
    let answer = json!({ "nameAvailable": false, "reason": "AlreadyExists", "message": "Taken." });
    let line = "Test-AzContainerRegistryNameAvailability -Name r -SubscriptionId s -o table";
    let ran = run_line(line, "", vec![exchange(path, 200, &answer)]);
    let expected = "NameAvailable Reason        Message\n------------- ------        -------\n        False AlreadyExists Taken.\n\n";
    assert_eq!(ran.stdout, expected, "{}", ran.stderr);
}

#[test]
fn three_cmdlets_make_a_pipeline() {
    let token = |name: &str| {
        resource(&format!("/tokens/{name}"), &json!({ "provisioningState": "Succeeded", "status": "enabled" }))
    };
    let both = json!({ "value": [token("t1"), token("t2")] });
    let got = run_line("Get-AzContainerRegistryToken R", "", vec![below("GET", "/tokens", 200, &both)]);
    let updates = ["t1", "t2"].map(|name| {
        let path = format!("/tokens/{name}");
        [below("PATCH", &path, 200, &token(name)), below("GET", &path, 200, &token(name))]
    });
    let updated = run_line(
        "Update-AzContainerRegistryToken -Status disabled",
        &got.stdout,
        updates.into_iter().flatten().collect(),
    );
    assert_eq!((updated.bodies.len(), updated.stdout.lines().count()), (2, 2), "{}", updated.stderr);
    let removals = ["t1", "t2"].map(|name| below("DELETE", &format!("/tokens/{name}"), 204, &Value::Null));
    let removed = run_line("Remove-AzContainerRegistryToken", &updated.stdout, removals.into());
    assert_eq!((removed.stdout.as_str(), removed.stderr.as_str(), removed.status.code()), ("", "", 0));
}

#[test]
fn an_empty_pipe_is_no_work() {
    // `run_with` makes standard input a pipe only when there is something on it: a blank line is nothing.
    let ran = run_line("Remove-AzContainerRegistryToken", "\n", vec![]);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str(), ran.status.code()), ("", "", 0));
}

#[rstest]
#[case("New-AzResourceGroup g westus -Tag @{a=1}", vec![exchange(&format!("GET {GROUP}"), 404, &json!({ "error": { "code": "ResourceGroupNotFound", "message": "-" } }))])]
#[case("New-AzResourceGroup -ResourceGroupName g -Location westus -Tag @{a='1'} -Force", vec![])]
fn a_group_is_made(#[case] line: &str, #[case] mut exchanges: Vec<Exchange>) {
    let group = json!({ "name": "g", "location": "westus", "properties": done() });
    exchanges.push(exchange(&format!("PUT {GROUP}"), 201, &group));
    exchanges.push(exchange(&format!("GET {GROUP}"), 200, &group));
    let ran = run_line(&format!("{line} -SubscriptionId s"), "", exchanges);
    assert_eq!((ran.status, ran.stderr.as_str()), (ExitStatus::Success, ""));
    assert_eq!(ran.bodies, [r#"{"location":"westus","tags":{"a":"1"}}"#]);
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap()["ProvisioningState"], "Succeeded");
}

#[test]
fn a_group_that_is_there_is_left_alone_without_force() {
    let there = vec![exchange(&format!("GET {GROUP}"), 200, &json!({ "name": "g" }))];
    let ran = run_line("New-AzResourceGroup g westus -SubscriptionId s", "", there);
    assert!(ran.stderr.contains("exists already") && ran.stderr.contains("-Force"), "{}", ran.stderr);
}

#[rstest]
#[case("Get-AzResourceGroup -SubscriptionId s", 3)]
#[case("Get-AzResourceGroup -Location WestUS -SubscriptionId s", 2)]
#[case("Get-AzResourceGroup -Tag @{A=1} -SubscriptionId s", 1)]
fn groups_are_listed_by_location_and_tag(#[case] line: &str, #[case] count: usize) {
    let groups = json!({ "value": [
        { "name": "g1", "location": "westus", "tags": { "a": "1", "b": "2" } },
        { "name": "g2", "location": "westus" },
        { "name": "g3", "location": "eastus", "tags": { "a": "2" } },
    ] });
    let ran = run_line(line, "", vec![exchange("GET /subscriptions/s/resourcegroups", 200, &groups)]);
    assert_eq!((ran.stdout.lines().count(), ran.stderr.as_str()), (count, ""));
}

#[test]
fn a_group_is_removed_only_when_somebody_says_so() {
    let gone = || vec![exchange(&format!("DELETE {GROUP}"), 200, &Value::Null)];
    let nobody = run_line("Remove-AzResourceGroup g -SubscriptionId s", "", vec![]);
    assert!(nobody.stderr.contains("NonInteractive"), "{}", nobody.stderr);
    for line in [
        "Remove-AzResourceGroup g -SubscriptionId s -Force",
        "Remove-AzResourceGroup -Id /subscriptions/s/resourceGroups/g -Confirm:$false",
    ] {
        let ran = run_line(line, "", gone());
        assert_eq!((ran.status, ran.stderr.as_str()), (ExitStatus::Success, ""));
    }
}

#[test]
fn a_registry_without_its_group_says_how_the_group_is_made() {
    let missing = json!({ "error": { "code": "ResourceGroupNotFound", "message": "no group" } });
    let ran = run_line(
        "New-AzContainerRegistry -Name r -ResourceGroupName g -SubscriptionId s -Sku Basic -Location westus",
        "",
        vec![below("PUT", "", 404, &missing)],
    );
    assert!(ran.stderr.contains("New-AzResourceGroup -Name g -Location westus"), "{}", ran.stderr);
}
