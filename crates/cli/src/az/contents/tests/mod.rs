//! What `portcullis repository`, `manifest` and `tag` ask for, and what people and programs see.

mod deleting;
mod looking;

use crate::az::tests::{Ran, login_server, look_up, run, run_over};
use crate::client::tests::{Exchange, FakeTransport, exchange, exchange_with};
use crate::limits::{BLOBS_ASKED_MAX, MANIFESTS_READ_MAX};
use rstest::rstest;
use serde_json::{Value, json};

const OCI: &str = "application/vnd.oci.image";
const TIME: &str = "2026-11-26T10:00:00.1234567Z";

/// A digest of one letter.
fn d(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

fn encoded(letter: char) -> String {
    d(letter).replace(':', "%3A")
}

fn on() -> Value {
    json!({ "deleteEnabled": true, "writeEnabled": true, "readEnabled": true, "listEnabled": true })
}

/// With something of it turned off.
fn without(mut told: Value, attribute: &str) -> Value {
    told["changeableAttributes"][attribute] = json!(false);
    told
}

fn bearer() -> Exchange {
    let answer = json!({ "access_token": "b", "expires_in": 60, "issued_at": "2026-11-26T00:00:00Z" });
    exchange("POST /oauth2/token", 200, &answer)
}

fn exchanged() -> Exchange {
    exchange("POST /oauth2/exchange", 200, &json!({ "refresh_token": "r" }))
}

/// The way to the registry.
fn signed_in() -> Vec<Exchange> {
    let mut all = look_up();
    all.extend([login_server(), exchanged()]);
    all
}

fn told_repository(name: &str, manifests: usize, tags: usize) -> Value {
    json!({ "registry": "myreg.example", "imageName": name, "createdTime": TIME, "lastUpdateTime": TIME,
        "manifestCount": manifests, "tagCount": tags, "changeableAttributes": on() })
}

fn opened(told: &Value) -> [Exchange; 2] {
    [bearer(), exchange(&format!("GET /acr/v1/{}", told["imageName"].as_str().unwrap()), 200, told)]
}

fn repository(name: &str, manifests: usize, tags: usize) -> [Exchange; 2] {
    opened(&told_repository(name, manifests, tags))
}

/// What is told of a manifest.
fn told(letter: char, kind: &str, tags: &[&str]) -> Value {
    let mut told = json!({ "digest": d(letter), "imageSize": 9000, "createdTime": TIME, "lastUpdateTime": TIME,
        "mediaType": format!("{OCI}.{kind}.v1+json"), "tags": tags, "changeableAttributes": on() });
    if kind == "manifest" {
        told["architecture"] = json!("amd64");
        told["os"] = json!("linux");
        told["configMediaType"] = json!(format!("{OCI}.config.v1+json"));
    }
    told
}

fn listed(manifests: &[Value]) -> Exchange {
    let page = json!({ "registry": "myreg.example", "imageName": "app", "manifests": manifests });
    exchange("GET /acr/v1/app/_manifests", 200, &page)
}

fn one_manifest(letter: char, told: &Value) -> Exchange {
    let one = json!({ "registry": "myreg.example", "imageName": "app", "manifest": told });
    exchange(&format!("GET /acr/v1/app/_manifests/{}", encoded(letter)), 200, &one)
}

fn told_tag(name: &str, letter: char) -> Value {
    json!({ "name": name, "digest": d(letter), "createdTime": TIME, "lastUpdateTime": TIME, "signed": false,
        "changeableAttributes": on() })
}

fn one_tag(name: &str, letter: char) -> Exchange {
    tag(&told_tag(name, letter))
}

fn tag(told: &Value) -> Exchange {
    let one = json!({ "registry": "myreg.example", "imageName": "app", "tag": told });
    exchange(&format!("GET /acr/v1/app/_tags/{}", told["name"].as_str().unwrap()), 200, &one)
}

fn tags(told: &[Value]) -> Exchange {
    let page = json!({ "registry": "myreg.example", "imageName": "app", "tags": told });
    exchange("GET /acr/v1/app/_tags", 200, &page)
}

fn pushed(letter: char, kind: &str, body: &Value) -> Exchange {
    let media_type = format!("{OCI}.{kind}.v1+json");
    let line = format!("GET /v2/app/manifests/{}", encoded(letter));
    exchange_with(&line, 200, &[("content-type", &media_type)], body)
}

/// An image whose layers are of these letters, a kibibyte each.
fn image(letter: char, layers: &str) -> Exchange {
    let blob =
        |letter: char, kind: &str| json!({ "mediaType": format!("{OCI}.{kind}"), "digest": d(letter), "size": 1024 });
    let layers: Vec<Value> = layers.chars().map(|letter| blob(letter, "layer.v1.tar+gzip")).collect();
    pushed(letter, "manifest", &json!({ "schemaVersion": 2, "config": blob('c', "config.v1+json"), "layers": layers }))
}

/// An index of two images.
fn index(letter: char) -> Exchange {
    let member = |letter: char, architecture: &str| {
        json!({ "mediaType": format!("{OCI}.manifest.v1+json"), "digest": d(letter), "size": 7,
            "platform": { "os": "linux", "architecture": architecture } })
    };
    pushed(letter, "index", &json!({ "schemaVersion": 2, "manifests": [member('a', "amd64"), member('b', "arm64")] }))
}

/// A signature of the image `a`.
fn signature(letter: char) -> Exchange {
    let blob = |digest: char, media_type: &str| json!({ "mediaType": media_type, "digest": d(digest), "size": 10 });
    let body = json!({ "schemaVersion": 2, "artifactType": "x/signature", "config": blob('0', "application/vnd.oci.empty.v1+json"),
        "layers": [blob('9', "x/y")], "subject": blob('a', "") });
    pushed(letter, "manifest", &body)
}

/// The manifests of `app`: two images that share a layer, an index of both, a signature of the first.
fn all() -> Vec<Value> {
    let mut signature = told('f', "manifest", &[]);
    signature["configMediaType"] = json!("application/vnd.oci.empty.v1+json");
    signature["os"] = Value::Null;
    signature["architecture"] = Value::Null;
    vec![
        told('e', "index", &["multi"]),
        told('a', "manifest", &["v1", "latest"]),
        told('b', "manifest", &[]),
        signature,
    ]
}

/// The tags of `app`.
fn all_tags() -> Vec<Value> {
    vec![told_tag("latest", 'a'), told_tag("multi", 'e'), told_tag("v1", 'a')]
}

fn catalog(names: &[&str]) -> Exchange {
    exchange("GET /acr/v1/_catalog", 200, &json!({ "repositories": names }))
}

fn referrers(letter: char, artifact_types: &[(char, &str)]) -> Exchange {
    let referrer = |(letter, artifact_type): &(char, &str)| json!({ "mediaType": format!("{OCI}.manifest.v1+json"), "digest": d(*letter), "size": 5, "artifactType": artifact_type });
    let manifests: Vec<Value> = artifact_types.iter().map(referrer).collect();
    let index = json!({ "schemaVersion": 2, "mediaType": format!("{OCI}.index.v1+json"), "manifests": manifests });
    exchange(&format!("GET /v2/app/referrers/{}", encoded(letter)), 200, &index)
}

fn refused(line: &str, status: u16, code: &str) -> Exchange {
    let error = json!({ "code": code, "message": "Azure's sentence", "detail": "so it is" });
    exchange(line, status, &json!({ "errors": [error] }))
}

fn with(parts: Vec<Vec<Exchange>>) -> Vec<Exchange> {
    signed_in().into_iter().chain(parts.into_iter().flatten()).collect()
}

/// At Azure whoever may use a registry need not see it at the management API.
#[rstest]
#[case("-r myreg.azurecr.io", "myreg%2Eazurecr%2Eio")]
#[case("-r myreg --suffix tenant", "myreg%2Dtenant%2Eazurecr%2Eio")]
fn at_azure_a_login_server_is_enough(#[case] words: &str, #[case] expected: &str) {
    let catalog = exchange("GET /acr/v1/_catalog", 200, &json!({ "repositories": [] }));
    let transport = FakeTransport::new(vec![exchanged(), bearer(), catalog]).at_azure();
    let Ran { bodies, stderr, .. } = run_over(&format!("repository list {words}"), &[], transport);
    assert!(
        bodies[0].as_str().is_some_and(|body| body.contains(&format!("service={expected}"))),
        "{bodies:?} {stderr}"
    );
}

#[rstest]
#[case("repository list -r myreg --suffix tenant", "--suffix is for registries at Azure")]
#[case("repository list -r myreg -g g --suffix tenant", "--suffix cannot be used together with --resource-group")]
#[case("repository list --suffix tenant", "required arguments were not provided")]
#[case("repository show", "required arguments were not provided")]
#[case("repository list --top 0", "0 is not in 1..")]
#[case("repository list --orderby size", "[possible values: time_desc, time_asc]")]
#[case("manifest show app", "'app' names a repository alone.")]
#[case("manifest show app@sha256:12", "'app@sha256:12' has no digest behind its @")]
#[case("tag delete app@sha256:123456", "'app@sha256:123456' is a manifest, not a tag.")]
#[case("manifest delete app:v1 --yes --dry-run", "cannot be used with")]
#[case("tag show app:v1 -t app:v2", "cannot be used with")]
fn wrong_words_are_told(#[case] line: &str, #[case] expected: &str) {
    let ran = run(line, &[], Vec::new());
    assert!(ran.code == 2 && ran.stderr.contains(expected), "{}", ran.stderr);
}
