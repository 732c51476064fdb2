//! What `portcullis repository`, `manifest` and `tag` ask for, and what people and programs see.

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

fn repository(name: &str, manifests: usize, tags: usize) -> [Exchange; 2] {
    let told = json!({ "registry": "myreg.example", "imageName": name, "createdTime": TIME, "lastUpdateTime": TIME,
        "manifestCount": manifests, "tagCount": tags, "changeableAttributes": on() });
    [bearer(), exchange(&format!("GET /acr/v1/{name}"), 200, &told)]
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
    let one = json!({ "registry": "myreg.example", "imageName": "app", "tag": told_tag(name, letter) });
    exchange(&format!("GET /acr/v1/app/_tags/{name}"), 200, &one)
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

#[test]
fn repositories_are_listed_with_what_they_hold() {
    let names = json!({ "repositories": ["app", "huge", "private", "gone"] });
    let exchanges = with(vec![
        vec![bearer(), exchange("GET /acr/v1/_catalog", 200, &names)],
        repository("app", 2, 3).into(),
        vec![listed(&[told('a', "manifest", &["v1"]), told('b', "manifest", &[])]), image('a', "12"), image('b', "13")],
        repository("huge", MANIFESTS_READ_MAX + 1, 1200).into(),
        vec![bearer(), refused("GET /acr/v1/private", 401, "UNAUTHORIZED")],
        vec![bearer(), refused("GET /acr/v1/gone", 404, "NAME_UNKNOWN")],
    ]);
    let ran = run("repository list -r myreg -o table", &[], exchanges);
    let expected = "\
NAME     TAGS   MANIFESTS  SIZE      UPDATED
-------  -----  ---------  --------  --------------------
app      3      2          4.98 KiB  2026-11-26T10:00:00Z
huge     1,200  10,001               2026-11-26T10:00:00Z
private
";
    assert_eq!(ran.stdout, expected, "{}", ran.stderr);
    let note = "2 sizes are left out: huge has 10,001 manifests, and a command reads no more than 10,000 in all; the login lacks metadata/read on \
        private.\n";
    assert_eq!(ran.stderr, note);
}

#[test]
fn a_repository_is_shown_with_each_blob_once() {
    let exchanges = || {
        with(vec![
            repository("app", 2, 3).into(),
            vec![
                listed(&[told('a', "manifest", &[]), told('b', "manifest", &[])]),
                image('a', "112"),
                image('b', "13"),
            ],
        ])
    };
    let ran = run("repository show app -r myreg -o table", &[], exchanges());
    let expected = "\
Repository  app
Registry    myreg.example
Created     2026-11-26T10:00:00Z
Updated     2026-11-26T10:00:00Z
Tags        3
Manifests   2, 1.13 KiB together
Blobs       4, 4.00 KiB together
Size        5.13 KiB
Locks       none
";
    assert_eq!(ran.stdout, expected, "{}", ran.stderr);
    let shown: Value = serde_json::from_str(&run("repository show -n app -r myreg", &[], exchanges()).stdout).unwrap();
    assert_eq!((&shown["blobs"], &shown["blobBytes"], &shown["tagCount"]), (&json!(4), &json!(4096), &json!(3)));
}

#[test]
fn manifests_are_listed_with_kinds_and_platforms() {
    let exchanges = with(vec![
        repository("app", 4, 3).into(),
        vec![listed(&all()), image('a', "12"), image('b', "13"), index('e'), signature('f')],
    ]);
    let ran = run("manifest list app -r myreg -o table", &[], exchanges);
    let expected = "\
DIGEST               TAGS        KIND         PLATFORM                  SIZE      PUSHED
-------------------  ----------  -----------  ------------------------  --------  --------------------
sha256:eeeeeeeeeeee  multi       index        linux/amd64, linux/arm64  5.40 KiB  2026-11-26T10:00:00Z
sha256:aaaaaaaaaaaa  v1, latest  image        linux/amd64               3.49 KiB  2026-11-26T10:00:00Z
sha256:bbbbbbbbbbbb              image        linux/amd64               3.49 KiB  2026-11-26T10:00:00Z
sha256:ffffffffffff              x/signature                            464 B     2026-11-26T10:00:00Z
";
    assert_eq!(ran.stdout, expected, "{}", ran.stderr);
}

#[test]
fn whoever_may_not_pull_sees_what_the_registry_says() {
    let line = format!("GET /v2/app/manifests/{}", encoded('a'));
    let exchanges =
        with(vec![repository("app", 4, 3).into(), vec![listed(&all()), refused(&line, 401, "UNAUTHORIZED")]]);
    let ran = run("manifest list app -r myreg -o tsv", &[], exchanges);
    let sizes: Vec<&str> = ran.stdout.lines().filter_map(|line| line.split('\t').nth(4)).collect();
    assert_eq!(sizes, ["", "8.79 KiB", "8.79 KiB", "8.79 KiB"]);
    assert!(
        ran.stderr.starts_with("4 manifests not read, since the login lacks content/read on app:"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_manifest_is_shown_with_its_parts_and_what_is_around_it() {
    let exchanges = || {
        with(vec![
            repository("app", 4, 3).into(),
            vec![one_tag("v1", 'a'), one_manifest('a', &all()[1]), listed(&all()), image('a', "12"), index('e')],
            vec![referrers('a', &[('f', "x/signature")])],
        ])
    };
    let ran = run("manifest show app:v1 -r myreg -o table", &[], exchanges());
    let expected = format!(
        "\
Repository  app
Digest      {}
Tags        v1, latest
Kind        image
Media type  application/vnd.oci.image.manifest.v1+json
Platform    linux/amd64
Size        3.49 KiB
Created     2026-11-26T10:00:00Z
Pushed      2026-11-26T10:00:00Z
Locks       none

PART      SIZE      DIGEST               MEDIA TYPE
--------  --------  -------------------  -------------------------------------------
manifest  501 B
config    1.00 KiB  sha256:cccccccccccc  application/vnd.oci.image.config.v1+json
layer     1.00 KiB  sha256:111111111111  application/vnd.oci.image.layer.v1.tar+gzip
layer     1.00 KiB  sha256:222222222222  application/vnd.oci.image.layer.v1.tar+gzip

RELATION           DIGEST               WHAT         SIZE  TAGS
-----------------  -------------------  -----------  ----  -----
is in index        sha256:eeeeeeeeeeee  linux/amd64        multi
is referred to by  sha256:ffffffffffff  x/signature
",
        d('a')
    );
    assert_eq!(ran.stdout, expected, "{}", ran.stderr);
    let shown: Value = serde_json::from_str(&run("manifest show app:v1 -r myreg", &[], exchanges()).stdout).unwrap();
    assert_eq!(shown["layers"][1]["digest"], d('2'));
    assert_eq!(
        (&shown["inIndexes"][0]["tags"], &shown["referrers"][0]["artifactType"]),
        (&json!(["multi"]), &json!("x/signature"))
    );
}

#[test]
fn an_index_is_shown_with_its_platforms() {
    let exchanges = with(vec![
        repository("app", 4, 3).into(),
        vec![one_manifest('e', &all()[0]), listed(&all()), index('e'), image('a', "12")],
        vec![refused(&format!("GET /v2/app/manifests/{}", encoded('b')), 404, "MANIFEST_UNKNOWN"), referrers('e', &[])],
    ]);
    let ran = run(&format!("manifest show app@{} -r myreg -o table", d('e')), &[], exchanges);
    let rows: Vec<&str> = ran.stdout.lines().rev().take(2).collect();
    let expected = [
        format!("holds     {}  linux/arm64", d('b')),
        format!("holds     {}  linux/amd64  3.49 KiB  v1, latest", d('a')),
    ];
    assert_eq!(rows, expected, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("\nSize        ≥ 3.91 KiB\n"), "{}", ran.stdout);
}

/// What is asked before the image `a` goes; two other repositories, of which one holds its layer.
fn before_deleting() -> Vec<Exchange> {
    let held = |repository: &str, letter: char, status: u16| {
        exchange(&format!("HEAD /v2/{repository}/blobs/{}", encoded(letter)), status, &Value::Null)
    };
    with(vec![
        repository("app", 4, 3).into(),
        vec![one_tag("v1", 'a'), one_manifest('a', &all()[1]), listed(&all()), image('a', "124"), index('e')],
        vec![referrers('a', &[('f', "x/signature")]), image('b', "13"), signature('f')],
        vec![bearer(), exchange("GET /acr/v1/_catalog", 200, &json!({ "repositories": ["app", "one", "two"] }))],
        vec![bearer(), held("one", '2', 200), held("one", '4', 404)],
        vec![bearer(), held("two", '4', 404)],
    ])
}

#[test]
fn what_a_delete_would_do_is_said_and_nothing_is_deleted() {
    let ran = run("manifest delete app:v1 -r myreg --dry-run -o table", &[], before_deleting());
    let expected = format!(
        "\
app@{} is an image of linux/amd64, 4.64 KiB.
WARNING: the index sha256:eeeeeeeeeeee (multi) holds it as linux/amd64 and stays: whoever pulls linux/amd64 from there gets an error.
Its tags go with it: v1, latest.
1 manifest refers to it and stays without a subject:
  sha256:ffffffffffff  x/signature
Would free 2.00 KiB of app: 2 blobs. The rest stays: 2 blobs (2.00 KiB), needed by 1 other manifest of app.
Other repositories hold 1.00 KiB of it; 1.00 KiB are nowhere else (2 other repositories of myreg asked).
The bytes are free once they are collected, usually after a day (portcullis collect).
A dry run: nothing was deleted.
",
        d('a')
    );
    assert_eq!((ran.stdout.as_str(), ran.code), (expected.as_str(), 0), "{}", ran.stderr);
    let plan: Value =
        serde_json::from_str(&run("manifest delete app:v1 -r myreg --dry-run", &[], before_deleting()).stdout).unwrap();
    assert_eq!((&plan["freedBytes"], &plan["sharedBytes"]), (&json!(2048), &json!(2048)));
    assert_eq!((&plan["inNoOtherRepositoryBytes"], &plan["deleted"]), (&json!(1024), &json!(false)));
}

#[rstest]
#[case(&["n"], 2, "Operation cancelled.\n")]
#[case(&[], 2, "Unable to prompt for confirmation as no tty available. Use --yes.\n")]
#[case(&["y"], 0, "(portcullis collect).\n")]
fn somebody_is_asked_who_knows_what_goes(#[case] answers: &[&str], #[case] code: u8, #[case] end: &str) {
    let mut exchanges = before_deleting();
    if code == 0 {
        exchanges
            .extend([bearer(), exchange(&format!("DELETE /v2/app/manifests/{}", encoded('a')), 202, &Value::Null)]);
    }
    let ran = run("manifest delete app:v1 -r myreg", answers, exchanges);
    assert!(ran.stderr.contains("WARNING: the index") && ran.stderr.ends_with(end), "{}", ran.stderr);
    assert_eq!((ran.code, ran.stdout.contains("\"deleted\": true")), (code, code == 0));
}

#[test]
fn the_members_of_an_index_stay_and_are_named() {
    let exchanges = with(vec![
        repository("app", 4, 3).into(),
        vec![one_tag("multi", 'e'), one_manifest('e', &all()[0]), listed(&all()), index('e')],
        vec![image('a', "12"), image('b', "13"), referrers('e', &[]), signature('f')],
    ]);
    let ran = run("manifest delete app:multi -r myreg --dry-run -o table", &[], exchanges);
    let expected = "\
Its tag goes with it: multi.
It holds 2 manifests, which stay. No tag and no other index leads then to:
  sha256:bbbbbbbbbbbb  linux/arm64
Would free no blobs: it has none of its own.
";
    assert!(ran.stdout.contains(expected), "{}{}", ran.stdout, ran.stderr);
}

#[rstest]
#[case::hidden(repository("app", 5, 3), vec![signature('f')], "1 manifest of app cannot be seen, since listEnabled is false")]
#[case::locked(repository("app", 4, 3), vec![refused(&format!("GET /v2/app/manifests/{}", encoded('f')), 405, "REGISTRY_DISALLOWED_OPERATION")], "1 manifest of app cannot be read, since readEnabled is false")]
fn what_cannot_be_known_is_not_guessed(
    #[case] repository: [Exchange; 2],
    #[case] last: Vec<Exchange>,
    #[case] expected: &str,
) {
    let exchanges = with(vec![
        repository.into(),
        vec![one_tag("v1", 'a'), one_manifest('a', &all()[1]), listed(&all()), image('a', "12"), index('e')],
        vec![referrers('a', &[]), image('b', "13")],
        last,
    ]);
    let ran = run("manifest delete app:v1 -r myreg --dry-run", &[], exchanges);
    let plan: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&plan["freedBytes"], &plan["notKnown"]), (&Value::Null, &json!(expected)), "{}", ran.stderr);
}

/// The image `a` is alone in its repository.
fn alone() -> Vec<Exchange> {
    let told = [told('a', "manifest", &["v1"])];
    let mut all: Vec<Exchange> = repository("app", 1, 1).into();
    all.extend([one_tag("v1", 'a'), one_manifest('a', &told[0]), listed(&told), image('a', "1")]);
    all.push(referrers('a', &[('f', "x/signature")]));
    all
}

#[rstest]
#[case::not_allowed(vec![refused("GET /acr/v1/_catalog", 401, "UNAUTHORIZED")], "the login may not list repositories")]
#[case::too_many(
    vec![exchange("GET /acr/v1/_catalog", 200, &json!({ "repositories": (0..BLOBS_ASKED_MAX).map(|it| it.to_string()).collect::<Vec<_>>() }))],
    "2 blobs in 1,000 repositories are more than the 1,000 that a command asks for"
)]
fn who_else_holds_a_blob_is_asked_within_limits(#[case] catalog: Vec<Exchange>, #[case] expected: &str) {
    let exchanges = with(vec![alone(), vec![bearer()], catalog]);
    let ran = run("manifest delete app:v1 -r myreg --dry-run", &[], exchanges);
    let plan: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&plan["freedBytes"], &plan["inNoOtherRepositoryBytes"]), (&json!(2048), &Value::Null));
    assert_eq!(plan["notKnown"], expected, "{}", ran.stderr);
}

#[test]
fn who_cannot_be_asked_is_counted() {
    let catalog = exchange("GET /acr/v1/_catalog", 200, &json!({ "repositories": ["app", "private"] }));
    let held = refused(&format!("HEAD /v2/private/blobs/{}", encoded('1')), 401, "UNAUTHORIZED");
    let exchanges = with(vec![alone(), vec![bearer(), catalog, bearer(), held]]);
    let ran = run("manifest delete app:v1 -r myreg --dry-run -o table", &[], exchanges);
    let expected = "\nWhether other repositories of myreg hold the same is not known: 1 could not be asked.\n";
    assert!(ran.stdout.contains(expected), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn at_azure_what_refers_to_it_may_go_as_well() {
    let catalog = exchange("GET /acr/v1/_catalog", 200, &json!({ "repositories": ["app"] }));
    let exchanges = std::iter::once(exchanged()).chain(alone()).chain([bearer(), catalog]).collect();
    let transport = FakeTransport::new(exchanges).at_azure();
    let ran = run_over("manifest delete app:v1 -r myreg.azurecr.io --dry-run -o table", &[], transport);
    let expected = "\
What refers to it, 1 manifest, Azure may delete with it:
  sha256:ffffffffffff  x/signature
Would free 2.00 KiB of app: 2 blobs.
myreg.azurecr.io has no other repository that the login may list.
A dry run: nothing was deleted.
";
    assert!(ran.stdout.ends_with(expected), "{}{}", ran.stdout, ran.stderr);
}

#[rstest]
#[case("app@sha256:bbbbbb", 0, "")]
#[case(
    "app@sha256:aaaaaa",
    2,
    "Several manifests of 'app' begin with 'sha256:aaaaaa'.\nhint: Give more of the digest: sha256:aaaa"
)]
#[case(
    "app@sha256:123456",
    1,
    "No manifest of the repository 'app' begins with 'sha256:123456'.\nhint: portcullis manifest list app -r myreg"
)]
fn a_digest_may_be_short(#[case] image_name: &str, #[case] code: u8, #[case] expected: &str) {
    let mut other = told('a', "manifest", &[]);
    other["digest"] = json!(format!("sha256:{}{}", "a".repeat(32), "b".repeat(32)));
    let known = [told('b', "manifest", &[]), told('a', "manifest", &[]), other];
    let mut exchanges = with(vec![repository("app", 3, 0).into(), vec![listed(&known)]]);
    if code == 0 {
        exchanges.extend([one_manifest('b', &known[0]), listed(&known), image('b', "13"), referrers('b', &[])]);
    }
    let ran = run(&format!("manifest show {image_name} -r myreg"), &[], exchanges);
    assert!(ran.code == code && ran.stderr.starts_with(expected), "{}", ran.stderr);
}

#[test]
fn tags_are_listed_and_shown() {
    let page = json!({ "registry": "myreg.example", "imageName": "app", "tags": [told_tag("latest", 'a'), told_tag("v1", 'a')] });
    let exchanges = with(vec![
        repository("app", 1, 2).into(),
        vec![exchange("GET /acr/v1/app/_tags", 200, &page), image('a', "12")],
    ]);
    let ran = run("tag list app -r myreg --orderby time_desc --top 2 -o table", &[], exchanges);
    let rows: Vec<&str> = ran.stdout.lines().skip(2).collect();
    let expected = ["latest", "v1    "].map(|tag| format!("{tag}  {}  3.49 KiB  2026-11-26T10:00:00Z", d('a')));
    assert_eq!(rows, expected, "{}", ran.stderr);
    let exchanges = with(vec![
        repository("app", 1, 2).into(),
        vec![one_tag("v1", 'a'), one_manifest('a', &all()[1]), image('a', "12")],
    ]);
    let ran = run("tag show app:v1 -r myreg -o table", &[], exchanges);
    assert!(
        ran.stdout.contains("Points at   an image of linux/amd64\nSize        3.49 KiB\nOther tags  latest\n"),
        "{}",
        ran.stdout
    );
}

#[rstest]
#[case(&["v1"], "stays, now without a tag.")]
#[case(&["v1", "latest", "a"], "stays, with latest, a.")]
fn a_tag_goes_and_its_manifest_stays(#[case] tags: &[&str], #[case] expected: &str) {
    let exchanges = with(vec![
        repository("app", 1, 2).into(),
        vec![one_tag("v1", 'a'), one_manifest('a', &told('a', "manifest", tags))],
        vec![bearer(), exchange("DELETE /acr/v1/app/_tags/v1", 202, &Value::Null)],
    ]);
    let ran = run("tag delete app:v1 -r myreg --yes -o table", &[], exchanges);
    let expected = format!("Deleted app:v1.\nThe manifest {} {expected}\n", d('a'));
    assert_eq!((ran.stdout.as_str(), ran.code), (expected.as_str(), 0), "{}", ran.stderr);
    assert!(ran.bodies.iter().any(|body| body.as_str().is_some_and(|it| it.contains("repository%3Aapp%3Adelete"))));
}

#[rstest]
#[case(405, "The tag 'app:v1' is locked against this: so it is. Nothing was deleted.\n")]
#[case(401, "The login may not do this in the repository 'app' of 'myreg': it lacks content/delete.\n")]
fn what_is_refused_is_told_in_plain_words(#[case] status: u16, #[case] expected: &str) {
    let exchanges = with(vec![
        repository("app", 1, 1).into(),
        vec![one_tag("v1", 'a'), one_manifest('a', &told('a', "manifest", &["v1"]))],
        vec![bearer(), refused("DELETE /acr/v1/app/_tags/v1", status, "CODE")],
    ]);
    let ran = run("tag delete app:v1 -r myreg --yes", &[], exchanges);
    assert_eq!((ran.stderr.starts_with(expected), ran.stdout.as_str(), ran.code), (true, "", 1), "{}", ran.stderr);
}

#[test]
fn a_repository_goes_with_everything_in_it() {
    let page = json!({ "registry": "myreg.example", "imageName": "app", "tags": [told_tag("v1", 'a')] });
    let gone = json!({ "manifestsDeleted": [d('a')], "tagsDeleted": ["v1"] });
    let exchanges = with(vec![
        repository("app", 1, 1).into(),
        vec![listed(&[told('a', "manifest", &["v1"])]), image('a', "12")],
        vec![bearer(), exchange("GET /acr/v1/_catalog", 200, &json!({ "repositories": ["app"] }))],
        vec![exchange("GET /acr/v1/app/_tags", 200, &page)],
        vec![bearer(), exchange("DELETE /acr/v1/app", 202, &gone)],
    ]);
    let ran = run("repository delete app -r myreg -o table", &["y"], exchanges);
    let plan = "The repository app goes with 1 manifest and 1 tag.\nIts tags: v1.\nWould free 3.00 KiB of app: 3 blobs.\n\
        myreg has no other repository that the login may list.\n";
    assert!(ran.stderr.starts_with(plan), "{}", ran.stderr);
    assert_eq!(ran.stdout, "Deleted app.\n1 manifest and 1 tag went with it.\n");
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
