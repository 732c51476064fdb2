//! Replays what azure-cli asked and Azure answered (shared azure/recordings): the same requests must get answers of the same
//! status, shape and order of members. Times, operation ids and passwords may differ.

use crate::client::{Answer, Outcome};
use crate::harness::{Harness, MANAGER};
use http::Method;
use model::timestamp::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::{Path, PathBuf};

/// A recording, and what was there before it began, in this location.
struct Recording {
    file: &'static str,
    location: &'static str,
    there: There,
}

/// What was there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum There {
    /// A group.
    Group,
    /// The tokens of a connected registry too, and so a registry.
    ConnectedRegistry,
    /// Tokens that the recording does not show being made. It is the oldest, of September 2020.
    Tokens,
}

impl There {
    /// A moment of the day on which it was recorded; expiries in requests are later.
    fn recorded_at(self) -> &'static str {
        match self {
            Self::Group | Self::ConnectedRegistry => "2023-02-07T15:00:00Z",
            Self::Tokens => "2020-09-24T20:00:00Z",
        }
    }

    /// Headers that the service did not send yet, and sends today for every version.
    fn unsaid(self) -> &'static [&'static str] {
        match self {
            Self::Group | Self::ConnectedRegistry => &[],
            Self::Tokens => &["api-supported-versions"],
        }
    }
}

const RECORDINGS: [Recording; 4] = [
    Recording { file: "azcli-token-create.json", location: "westus", there: There::Group },
    Recording { file: "azcli-scopemap-update-and-deletes.json", location: "eastus", there: There::ConnectedRegistry },
    Recording { file: "azcli-registry-lifecycle.json", location: "westus", there: There::Group },
    Recording { file: "azcli-token-create-2019-05-01-preview.json", location: "westus", there: There::Tokens },
];

/// Exchanges that go otherwise here: the name in the recording, and why. Whoever makes one of them work takes its row out: the
/// replay fails until then.
const DIFFERENT: [(&str, &str); 2] = [
    ("(async delete) acr delete [-n -g -y] #32", "a registry is gone when its delete is answered, and #31 took it"),
    (
        "(async delete) acr delete [-n -g -y] #33",
        "#32 found nothing to delete, so it named no operation that could be polled",
    ),
];

const RECORDED_SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";
const GROUP: &str = "clitest.rg000001";
const REGISTRY: &str = "clireg000002";

/// Headers whose text must be the same, or absent in both.
const SAME_HEADERS: [&str; 5] = ["content-type", "cache-control", "pragma", "expires", "x-content-type-options"];
/// Headers that must be there in both or in neither.
const PRESENT_HEADERS: [&str; 2] = ["api-supported-versions", "strict-transport-security"];
/// Members of passwords and certificates that Azure tells of none, or of some.
const OURS: [&str; 2] = ["creationTime", "lastUsedTime"];
/// Headers that hold the URL of an operation.
const OPERATION_HEADERS: [&str; 2] = ["azure-asyncoperation", "location"];

#[derive(Deserialize)]
struct Exchange {
    name: String,
    request: RecordedRequest,
    response: RecordedResponse,
}

#[derive(Deserialize)]
struct RecordedRequest {
    method: String,
    path: String,
    query: BTreeMap<String, String>,
    body: Option<Value>,
}

#[derive(Deserialize)]
struct RecordedResponse {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Option<Value>,
    raw_body: Option<String>,
}

#[tokio::test]
async fn recordings() -> Outcome {
    let Some(folder) = shared_folder() else {
        let skipped = RECORDINGS.map(|recording| recording.file).join(", ");
        // Past the test runner, which hides what a passing test prints.
        writeln!(
            std::io::stderr(),
            "\nSKIPPED {} replays: {skipped}. They need the shared folder: set PORTCULLIS_SHARED.\n",
            RECORDINGS.len()
        )?;
        return Ok(());
    };
    let mut differences = Vec::new();
    let mut exchanges = 0;
    for recording in &RECORDINGS {
        let text = std::fs::read(folder.join("azure/recordings").join(recording.file))?;
        let recorded: Vec<Exchange> = serde_json::from_slice(&text)?;
        exchanges += recorded.len();
        let harness = Harness::empty_at(Timestamp::parse(recording.there.recorded_at())?).await?;
        prepare(&harness, recording, &recorded).await?;
        differences.extend(
            replay(&harness, &recorded, recording.there.unsaid())
                .await?
                .into_iter()
                .map(|text| format!("{}: {text}", recording.file)),
        );
    }
    assert_eq!(exchanges, 78, "exchanges in the recordings");
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
    Ok(())
}

/// Where the reference data are; `None` when they are not on this machine.
#[expect(clippy::disallowed_methods, reason = "a test has no main that could hand the environment in")]
pub(crate) fn shared_folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var("PORTCULLIS_SHARED").map_or(beside, PathBuf::from);
    folder.join("azure/recordings").is_dir().then_some(folder)
}

/// Makes what was there before the recording began.
async fn prepare(harness: &Harness, recording: &Recording, recorded: &[Exchange]) -> Outcome {
    let group = format!("/subscriptions/{}/resourceGroups/{GROUP}", harness.subscription);
    let of_group = recorded.iter().find(|exchange| exchange.request.path.ends_with(GROUP));
    let tags = of_group.and_then(|exchange| exchange.response.body.as_ref()?.get("tags"));
    harness.put(&group, json!({"location": recording.location, "tags": tags})).await?;
    if recording.there == There::Group {
        return Ok(());
    }
    let registry = format!("{group}/providers/Microsoft.ContainerRegistry/registries/{REGISTRY}");
    harness.put(&registry, json!({"location": recording.location, "sku": {"name": "Premium"}})).await?;
    if recording.there == There::Tokens {
        for token in ["token-2", "token-3", "token-4"] {
            harness.put(&format!("{registry}/tokens/{token}"), json!({"properties": {}})).await?;
        }
        return Ok(());
    }
    // The rights that the recording's first answer shows.
    let first = recorded.first().and_then(|exchange| exchange.response.body.as_ref()).ok_or("a first answer")?;
    for (scope_map, token, actions) in [
        ("syncToken-scope-map", "syncToken", &first["properties"]["actions"]),
        ("grandchild", "grandchild", &json!([])),
    ] {
        let scope_map = format!("{registry}/scopeMaps/{scope_map}");
        harness.put(&scope_map, json!({"properties": {"actions": actions}})).await?;
        harness.put(&format!("{registry}/tokens/{token}"), json!({"properties": {"scopeMapId": scope_map}})).await?;
    }
    Ok(())
}

/// Every difference, one line each.
async fn replay(harness: &Harness, recorded: &[Exchange], unsaid: &[&str]) -> Outcome<Vec<String>> {
    // Operations have other ids here: a recorded poll becomes a poll of what this server said.
    let mut polls: HashMap<String, String> = HashMap::new();
    let mut differences = Vec::new();
    for Exchange { name, request, response } in recorded {
        let ours = |text: &str| text.replace(RECORDED_SUBSCRIPTION, &harness.subscription);
        let path = match polls.get(&request.path) {
            Some(path) => path.clone(),
            None => {
                let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&request.query).finish();
                format!("{}?{query}", ours(&request.path))
            }
        };
        let body = request.body.as_ref().map(|body| serde_json::from_str(&ours(&body.to_string()))).transpose()?;
        let method: Method = request.method.parse()?;
        let mut answer = harness.manage(method, &path, body).await?;
        for header in unsaid {
            answer.headers.remove(*header);
        }
        for header in OPERATION_HEADERS {
            let recorded = find_header(response, header).and_then(path_of).and_then(|path| path.split('?').next());
            if let (Some(recorded), Some(given)) = (recorded, answer.header(header).and_then(path_of)) {
                polls.insert(recorded.to_owned(), given.to_owned());
            }
        }
        let (expected, actual) = (expected(response, &harness.subscription), actual(&answer, response.body.as_ref())?);
        let row = DIFFERENT.iter().find(|(different, _)| different == name);
        match (row, expected == actual) {
            (None, true) | (Some(_), false) => {}
            (None, false) => differences.push(format!("{name}\n  recorded {expected}\n  answered {actual}")),
            (Some((_, reason)), true) => differences.push(format!("{name} works: take out its row, {reason}")),
        }
    }
    Ok(differences)
}

/// What was recorded, in the words of this site.
fn expected(response: &RecordedResponse, subscription: &str) -> String {
    let ours = |text: &str| {
        text.replace(RECORDED_SUBSCRIPTION, subscription)
            .replace("user@example.com", MANAGER)
            .replace(".azurecr.io", ".localhost")
    };
    let body = response.raw_body.clone().or_else(|| Some(normalised(response.body.as_ref()?).to_string()));
    summary(response.status, |name| find_header(response, name).map(ours), body.as_deref().map(ours))
}

fn actual(answer: &Answer, recorded: Option<&Value>) -> Outcome<String> {
    let json = if answer.body.is_empty() { None } else { Some(answer.json()?) };
    let body = json.map(|mut json| {
        take_out_ours(&mut json, recorded.unwrap_or(&Value::Null));
        normalised(&json).to_string()
    });
    Ok(summary(answer.status.as_u16(), |name| answer.header(name).map(str::to_owned), body))
}

/// Status, headers and body as one text; the order of members counts.
fn summary(status: u16, header: impl Fn(&str) -> Option<String>, body: Option<String>) -> String {
    let same = SAME_HEADERS.iter().map(|name| (*name, header(name)));
    let present = PRESENT_HEADERS.iter().map(|name| (*name, header(name).map(|_| "…".to_owned())));
    let operations = OPERATION_HEADERS.iter().map(|name| (*name, header(name).map(|url| without_operation_id(&url))));
    let headers: Vec<String> =
        same.chain(present).chain(operations).filter_map(|(name, value)| Some(format!("{name}: {}", value?))).collect();
    format!("{status} [{}] {}", headers.join(", "), body.as_deref().unwrap_or("nothing"))
}

fn find_header<'a>(response: &'a RecordedResponse, name: &str) -> Option<&'a str> {
    response.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// The path and the query of an absolute URL.
fn path_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    Some(&rest[rest.find('/')?..])
}

/// `/subscriptions/…/operationStatuses/token-…?api-version=…`
fn without_operation_id(url: &str) -> String {
    let path = path_of(url).unwrap_or(url);
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let (collection, id) = path.rsplit_once('/').unwrap_or((path, ""));
    let kind = id.split('-').next().unwrap_or_default();
    format!("{collection}/{kind}-…?{query}")
}

/// Takes out the members that Azure's answers do not have, where the recorded one has none.
fn take_out_ours(answered: &mut Value, recorded: &Value) {
    match answered {
        Value::Object(members) => {
            members.retain(|name, _| !OURS.contains(&name.as_str()) || recorded.get(name).is_some());
            for (name, value) in members.iter_mut() {
                take_out_ours(value, &recorded[name.as_str()]);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                take_out_ours(item, &recorded[index]);
            }
        }
        _ => {}
    }
}

/// The same with times, passwords and limits replaced by their kind. Members keep their order, but for tags, whose names are the
/// caller's.
fn normalised(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let normalised = |(name, value): (&String, &Value)| {
                let mut value = normalised(value);
                match name.as_str() {
                    "tags" => value.sort_all_objects(),
                    // Of usages: those of the service that answers.
                    "limit" if value.is_i64() => value = Value::String("a limit".to_owned()),
                    _ => {}
                }
                (name.clone(), value)
            };
            Value::Object(members.iter().map(normalised).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(normalised).collect()),
        Value::String(text) => Value::String(kind_of(text).unwrap_or(text).to_owned()),
        other => other.clone(),
    }
}

fn kind_of(text: &str) -> Option<&'static str> {
    if text.starts_with("PLACEHOLDER-PASSWORD") || text.starts_with("pcl_") {
        return Some("a password");
    }
    // Times that a caller chose, such as an expiry, are the same in both.
    let is_time = Timestamp::parse(text).is_ok() && !text.starts_with("2100-");
    match (is_time, text.ends_with('Z')) {
        (false, _) => None,
        (true, true) => Some("a time in Z"),
        (true, false) => Some("a time with an offset"),
    }
}
