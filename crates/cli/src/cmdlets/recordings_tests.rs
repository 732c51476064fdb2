//! Recorded traffic of azure-cli with Azure, replayed as a fake Azure: what a command sends must equal what was sent then, in method,
//! path, query and body; what was answered then must drive it to its end.

use super::*;
use crate::client::tests::{FakeSleeper, drive};
use crate::client::{Client, Reached};
use crate::destination::Route;
use crate::environment::Environment;
use crate::failure::ExitStatus;
use crate::host::tests::Answers;
use crate::output::Console;
use crate::transport::retry::{Chance, Retrying};
use crate::transport::{BoxFuture, Transport, TransportError};
use ::http::{Request, Response};
use bytes::Bytes;
use jiff::Timestamp;
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

const TOKEN_CREATE: &str = "azcli-token-create.json";
const SCOPE_MAPS: &str = "azcli-scopemap-update-and-deletes.json";
const LIFECYCLE: &str = "azcli-registry-lifecycle.json";

/// `R` in a command.
const REGISTRY: &str = "-RegistryName clireg000002 -ResourceGroupName clitest.rg000001 -SubscriptionId 00000000-0000-0000-0000-000000000000";
/// `N` in a command.
const NAMED: &str =
    "-Name clireg000002 -ResourceGroupName clitest.rg000001 -SubscriptionId 00000000-0000-0000-0000-000000000000";

/// Versions that were asked then, and are asked now: the reference page's for what it describes.
const VERSIONS: [(&str, &str); 1] = [("2020-11-01-preview", "2022-02-01-preview")];

/// A command, the exchanges of a recording that it stands for, and what it shows.
const SCRIPTS: &[(&str, &str, &[usize], &str)] = &[
    (
        TOKEN_CREATE,
        "New-AzContainerRegistry N -Sku Premium -Location westus -EnableAdminUser:$false -AnonymousPullEnabled:$false",
        &[1, 2, 3],
        r#""ProvisioningState":"Succeeded""#,
    ),
    (
        TOKEN_CREATE,
        "New-AzContainerRegistryScopeMap -Name acr-token-scope-map R -Action repositories/foo/content/read",
        &[6, 14],
        r#""Action":["repositories/foo/content/read"]"#,
    ),
    (
        TOKEN_CREATE,
        "New-AzContainerRegistryToken -Name acr-token R -ScopeMapId acr-token-scope-map -Status enabled -CredentialsPassword @{}",
        &[7, 8, 9, 11],
        r#""Value":"PLACEHOLDER"#,
    ),
    (
        TOKEN_CREATE,
        "New-AzContainerRegistryToken -Name token-2 R -ScopeMapId scope-map -Status enabled",
        &[19, 20, 21],
        r#""ProvisioningState":"Succeeded""#,
    ),
    (TOKEN_CREATE, "New-AzContainerRegistryCredentials -TokenId token-2 R", &[24], r#""Username":"token-2""#),
    (
        TOKEN_CREATE,
        "New-AzContainerRegistryToken -Name token-3 R -ScopeMapId token-3-scope-map -Status enabled -CredentialsPassword @{Expiry='2023-02-08T15:55:24.300813Z'}",
        &[28, 29, 30, 32],
        r#""Value":"PLACEHOLDER"#,
    ),
    (
        TOKEN_CREATE,
        "New-AzContainerRegistryToken -Name token-4 R -ScopeMapId token-4-scope-map -Status enabled -CredentialsPassword @{Expiry='2100-12-31T12:59:59Z'}",
        &[37, 38, 39, 41],
        r#""Value":"PLACEHOLDER"#,
    ),
    (TOKEN_CREATE, "Get-AzContainerRegistry N", &[12], r#""SkuName":"Premium""#),
    (
        TOKEN_CREATE,
        "Get-AzContainerRegistryScopeMap -Name acr-token-scope-map R",
        &[14],
        r#""Name":"acr-token-scope-map""#,
    ),
    (
        SCOPE_MAPS,
        "Get-AzContainerRegistryScopeMap -Name syncToken-scope-map R",
        &[0],
        r#""Name":"syncToken-scope-map""#,
    ),
    (
        SCOPE_MAPS,
        "New-AzContainerRegistryCredentials -TokenId syncToken R -Name password2",
        &[4],
        r#""Password":null,"Password2":"PLACEHOLDER"#,
    ),
    (SCOPE_MAPS, "Get-AzContainerRegistryToken -Name syncToken R", &[5], r#""Name":"syncToken""#),
    (
        LIFECYCLE,
        "New-AzContainerRegistry N -Sku Premium -Location westus -EnableAdminUser:$false -AnonymousPullEnabled:$false",
        &[0, 1, 2],
        r#""ProvisioningState":"Succeeded""#,
    ),
    (
        LIFECYCLE,
        "Test-AzContainerRegistryNameAvailability -Name clireg000002 -SubscriptionId 00000000-0000-0000-0000-000000000000",
        &[3],
        r#""NameAvailable":"#,
    ),
    (
        LIFECYCLE,
        "Get-AzContainerRegistry -ResourceGroupName clitest.rg000001 -SubscriptionId 00000000-0000-0000-0000-000000000000",
        &[4],
        r#""Name":"clireg000002""#,
    ),
    (LIFECYCLE, "Get-AzContainerRegistryUsage R", &[6], r#""Name":"Size""#),
    (
        LIFECYCLE,
        "Update-AzContainerRegistry N -Tag @{foo='bar';cat=''} -EnableAdminUser",
        &[7, 5],
        r#""Name":"clireg000002""#,
    ),
    (LIFECYCLE, "Get-AzContainerRegistryCredential R", &[9], r#""Username":"clireg000002""#),
    (LIFECYCLE, "Update-AzContainerRegistryCredential R -PasswordName password", &[10], r#""Username":"clireg000002""#),
    (
        LIFECYCLE,
        "Update-AzContainerRegistryCredential R -PasswordName password2",
        &[11],
        r#""Username":"clireg000002""#,
    ),
    (LIFECYCLE, "Remove-AzContainerRegistry N -PassThru", &[12], "true"),
    (SCOPE_MAPS, "Remove-AzContainerRegistryToken -Name grandchild R -PassThru", &[6, 8], "true"),
    (SCOPE_MAPS, "Remove-AzContainerRegistryScopeMap -Name grandchild R -PassThru", &[7, 9], "true"),
    (LIFECYCLE, "Remove-AzContainerRegistry N -PassThru", &[13, 14], "true"),
];

#[derive(Clone, Deserialize)]
struct Recorded {
    request: RecordedRequest,
    response: RecordedResponse,
}

#[derive(Clone, Deserialize)]
struct RecordedRequest {
    method: String,
    path: String,
    query: BTreeMap<String, String>,
    body: Option<Value>,
}

#[derive(Clone, Deserialize)]
struct RecordedResponse {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Option<Value>,
}

/// One step of the fake Azure: what is expected, and whether the connection breaks instead of an answer.
struct Step {
    recorded: Recorded,
    broken: bool,
}

/// Azure, as it was recorded.
struct FakeAzure(Mutex<VecDeque<Step>>);

struct NoChance;

impl Chance for NoChance {
    fn fraction(&self) -> f64 {
        1.0
    }
}

impl Transport for FakeAzure {
    fn send<'a>(&'a self, request: Request<Bytes>) -> BoxFuture<'a, Result<Response<Bytes>, TransportError>> {
        let step = self.0.lock().unwrap().pop_front().unwrap_or_else(|| panic!("unexpected: {request:?}"));
        let Recorded { request: expected, response } = step.recorded;
        let url = Url::parse(&format!("https://management.azure.com{}", request.uri())).unwrap();
        assert_eq!(
            format!("{} {}", request.method(), request.uri().path()),
            format!("{} {}", expected.method, expected.path)
        );
        let sent: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(sent, current(&expected), "query of {} {}", expected.method, expected.path);
        assert_eq!(normal(serde_json::from_slice(request.body()).ok()), normal(expected.body));
        let mut answer = Response::builder().status(response.status);
        for (name, value) in &response.headers {
            answer = answer.header(name, value);
        }
        let body = response.body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let broken =
            TransportError::Unreachable { endpoint: self.endpoint(), reason: "the connection was cut".to_owned() };
        Box::pin(async move { if step.broken { Err(broken) } else { Ok(answer.body(body).unwrap()) } })
    }

    fn endpoint(&self) -> String {
        "https://management.azure.com".to_owned()
    }
}

/// The query that is expected today. Polls keep their own, whatever it is.
fn current(expected: &RecordedRequest) -> BTreeMap<String, String> {
    let mut query = expected.query.clone();
    let is_poll = expected.path.contains("/operationStatuses/") || expected.path.contains("/operationResults/");
    if let Some(version) = query.get_mut("api-version").filter(|_| !is_poll)
        && let Some((_, now)) = VERSIONS.iter().find(|(then, _)| *then == version)
    {
        *version = (*now).to_owned();
    }
    query
}

/// A body with dates as instants: `…59.000Z` and `…59Z` are one.
fn normal(body: Option<Value>) -> Option<Value> {
    let mut body = body?;
    if let Some(expiry) = body.get_mut("expiry") {
        let instant: Timestamp = expiry.as_str().unwrap().parse().unwrap();
        *expiry = json!(instant.to_string());
    }
    Some(body)
}

struct Replayed {
    stdout: String,
    stderr: String,
    status: ExitStatus,
    waits: Vec<f64>,
}

fn replay(line: &str, steps: Vec<Step>) -> Replayed {
    let line = line.replace(" R", &format!(" {REGISTRY}")).replace(" N ", &format!(" {NAMED} "));
    let line = line.strip_suffix(" N").map_or(line.clone(), |line| format!("{line} {NAMED}"));
    let mut words = line.split(' ').map(str::to_owned);
    let cmdlet = Cmdlet::find(&words.next().unwrap()).unwrap();
    let words: Vec<String> = words.collect();
    let (azure, sleeper, environment) =
        (FakeAzure(Mutex::new(steps.into())), FakeSleeper::default(), Environment::default());
    let patient = Retrying::new(&azure, &sleeper, &NoChance);
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut console = Console::new(&environment, &mut stdout, &mut stderr);
    let outcome = Command::parse(cmdlet, &words, &environment).and_then(|mut command| {
        let client = Client::new(&patient, &sleeper);
        let reached = Reached { client, route: Route::default() };
        drive(command.run(reached, &environment, &mut console, &mut Answers::default()))
    });
    let status = console.finish(outcome);
    let left = azure.0.lock().unwrap().len();
    assert_eq!(left, 0, "{line}: exchanges that did not come");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Replayed { stdout: text(stdout), stderr: text(stderr), status, waits: sleeper.waits() }
}

/// Where the recordings are; `None`, said loudly, when they are not on this machine.
#[expect(clippy::disallowed_methods, reason = "a test has no main that could hand the environment in")]
fn recordings() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var("PORTCULLIS_SHARED").map_or(beside, PathBuf::from).join("azure/recordings");
    if folder.is_dir() {
        return Some(folder);
    }
    // Past the test runner, which hides what a passing test prints.
    writeln!(
        std::io::stderr(),
        "\nSKIPPED recorded Azure traffic: it needs the shared folder, set PORTCULLIS_SHARED.\n"
    )
    .unwrap();
    None
}

fn recorded(folder: &Path, file: &str, indices: &[usize]) -> Vec<Step> {
    let all: Vec<Recorded> = serde_json::from_slice(&std::fs::read(folder.join(file)).unwrap()).unwrap();
    indices.iter().map(|index| Step { recorded: all[*index].clone(), broken: false }).collect()
}

#[test]
fn what_is_sent_is_what_azures_clients_send() {
    let Some(folder) = recordings() else { return };
    for (file, line, indices, shown) in SCRIPTS {
        let ran = replay(line, recorded(&folder, file, indices));
        assert_eq!((ran.status, ran.stderr.as_str()), (ExitStatus::Success, ""), "{line}");
        assert!(ran.stdout.contains(shown), "{line}: {}", ran.stdout);
    }
}

#[test]
fn a_scope_map_is_changed_as_azure_cli_does() {
    let Some(folder) = recordings() else { return };
    let update = recorded(&folder, SCOPE_MAPS, &[1, 2, 3]);
    let actions = update[0].recorded.request.body.as_ref().unwrap()["properties"]["actions"].clone();
    let actions: Vec<_> = actions.as_array().unwrap().iter().map(|action| action.as_str().unwrap()).collect();
    let ran = replay(
        &format!("Update-AzContainerRegistryScopeMap -Name syncToken-scope-map R -Action {}", actions.join(",")),
        update,
    );
    assert_eq!((ran.status, ran.stderr.as_str()), (ExitStatus::Success, ""));
}

const CREATE: &str = "New-AzContainerRegistryToken -Name acr-token R -ScopeMapId acr-token-scope-map -Status enabled";

#[test]
fn an_operation_that_runs_is_looked_at_as_often_as_azure_says() {
    let Some(folder) = recordings() else { return };
    let mut steps = recorded(&folder, TOKEN_CREATE, &[7, 8, 8, 9]);
    steps[1].recorded.response.body = Some(json!({ "status": "Creating" }));
    steps[1].recorded.response.headers.insert("retry-after".to_owned(), "10".to_owned());
    let ran = replay(CREATE, steps);
    assert_eq!((ran.status, ran.waits), (ExitStatus::Success, vec![10.0]), "{}", ran.stderr);
}

#[test]
fn a_signed_url_is_asked_as_it_was_given() {
    let Some(folder) = recordings() else { return };
    let mut steps = recorded(&folder, TOKEN_CREATE, &[7, 8, 9]);
    let header = steps[0].recorded.response.headers.get_mut("Azure-AsyncOperation").unwrap();
    header.push_str("&t=638&c=MII%2Bx%2F%3D&s=a-b_c&h=Zz%20");
    let query = &mut steps[1].recorded.request.query;
    query.extend(
        [("t", "638"), ("c", "MII+x/="), ("s", "a-b_c"), ("h", "Zz ")].map(|(n, v)| (n.to_owned(), v.to_owned())),
    );
    assert_eq!(replay(CREATE, steps).status, ExitStatus::Success);
}

#[test]
fn an_operation_that_fails_or_is_canceled_is_told() {
    let Some(folder) = recordings() else { return };
    for status in ["Failed", "Canceled"] {
        let mut steps = recorded(&folder, TOKEN_CREATE, &[7, 8]);
        let error = json!({ "code": "InternalServerError", "message": "It broke." });
        steps[1].recorded.response.body = Some(json!({ "status": status, "error": error }));
        let ran = replay(CREATE, steps);
        assert_eq!((ran.status, ran.stdout.as_str()), (ExitStatus::Refused, ""));
        assert!(ran.stderr.contains("[InternalServerError] : It broke."), "{}", ran.stderr);
    }
}

#[test]
fn a_throttled_request_is_sent_again() {
    let Some(folder) = recordings() else { return };
    let mut steps = recorded(&folder, TOKEN_CREATE, &[7, 7, 8, 9]);
    steps[0].recorded.response = RecordedResponse {
        status: 429,
        headers: BTreeMap::from([("retry-after".to_owned(), "3".to_owned())]),
        body: Some(json!({ "error": { "code": "TooManyRequests", "message": "Slow down." } })),
    };
    let ran = replay(CREATE, steps);
    assert_eq!((ran.status, ran.waits), (ExitStatus::Success, vec![3.0]), "{}", ran.stderr);
}

#[test]
fn a_cut_between_creating_and_generating_says_what_exists() {
    let Some(folder) = recordings() else { return };
    let mut steps = recorded(&folder, TOKEN_CREATE, &[7, 8, 9, 11]);
    steps[3].broken = true;
    let ran = replay(&format!("{CREATE} -CredentialsPassword @{{}}"), steps);
    assert_eq!(ran.status, ExitStatus::Unreachable);
    for expected in [
        "the connection was cut",
        "The token 'acr-token' exists, without its passwords",
        "New-AzContainerRegistryCredentials -TokenId",
    ] {
        assert!(ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
    }
    assert!(ran.stdout.contains(r#""Name":"acr-token""#), "{}", ran.stdout);
}

#[test]
fn a_cut_while_waiting_is_bridged() {
    let Some(folder) = recordings() else { return };
    let mut steps = recorded(&folder, TOKEN_CREATE, &[7, 8, 8, 9]);
    steps[1].broken = true;
    let ran = replay(CREATE, steps);
    assert_eq!((ran.status, ran.waits), (ExitStatus::Success, vec![1.0]), "{}", ran.stderr);
}
