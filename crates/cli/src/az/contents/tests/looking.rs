//! What is listed and shown.

use super::*;
use crate::az::contents::opened::{OpenRegistry, Unread};
use crate::client::Client;
use crate::client::tests::{FakeSleeper, drive};
use crate::limits::MANIFESTS_READ_AT_AZURE_MAX;
use crate::progress::Progress;

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
fn a_digest_may_be_short_and_is_looked_for_once(#[case] image_name: &str, #[case] code: u8, #[case] expected: &str) {
    let mut other = told('a', "manifest", &[]);
    other["digest"] = json!(format!("sha256:{}{}", "a".repeat(32), "b".repeat(32)));
    let known = [told('b', "manifest", &[]), told('a', "manifest", &[]), other];
    let mut exchanges = with(vec![repository("app", 3, 0).into(), vec![listed(&known)]]);
    if code == 0 {
        exchanges.extend([image('b', "13"), referrers('b', &[])]);
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

/// The oldest two of four: the fourth goes after it was looked at, the third is not shown, and so neither is read.
#[test]
fn repositories_in_an_order_are_read_as_far_as_they_are_shown() {
    let updated = |name: &str, time: &str| {
        let mut told = told_repository(name, 1, 1);
        told["lastUpdateTime"] = json!(time);
        told
    };
    let [newest, oldest, gone] = [
        updated("newest", "2026-03-01T00:00:00.0000000Z"),
        updated("app", "2026-01-01T00:00:00.0000000Z"),
        updated("gone", "2026-02-01T00:00:00.0000000Z"),
    ];
    let exchanges = with(vec![
        vec![bearer(), catalog(&["newest", "private", "app", "gone"])],
        opened(&newest).into(),
        vec![bearer(), refused("GET /acr/v1/private", 401, "UNAUTHORIZED")],
        opened(&oldest).into(),
        opened(&gone).into(),
        opened(&oldest).into(),
        vec![listed(&[told('a', "manifest", &[])]), image('a', "1")],
        opened(&gone).into(),
        vec![refused("GET /acr/v1/gone/_manifests", 404, "NAME_UNKNOWN")],
    ]);
    let ran = run("repository list -r myreg --orderby time_asc --top 2 -o tsv", &[], exchanges);
    assert_eq!(ran.stdout, "app\t1\t1\t2.34 KiB\t2026-01-01T00:00:00Z\n", "{}", ran.stderr);
}

#[rstest]
#[case("tag list app -r myreg", "n=1000")]
#[case("tag list app -r myreg --orderby time_desc --top 5", "orderby=timedesc&n=5")]
#[case("manifest list app -r myreg", "orderby=timedesc&n=1000")]
#[case("manifest list app -r myreg --orderby time_asc", "orderby=timeasc&n=1000")]
fn the_registry_is_asked_for_an_order(#[case] line: &str, #[case] expected: &str) {
    let page = if line.starts_with("tag") { tags(&[]) } else { listed(&[]) };
    let ran = run(line, &[], with(vec![repository("app", 0, 0).into(), vec![page]]));
    assert_eq!(
        (ran.stdout.as_str(), ran.queries.last().map(String::as_str)),
        ("[]\n", Some(expected)),
        "{}",
        ran.stderr
    );
}

/// Of a repository that nobody may pull from, nothing is asked that would be refused.
#[rstest]
#[case("repository show app -r myreg -o table", vec![], "Blobs       not known: nothing of app can be read, since its readEnabled is false\n", "")]
#[case(
    "manifest list app -r myreg -o tsv",
    vec![listed(&all())],
    "image\tlinux/amd64\t8.79 KiB",
    "4 manifests not read, since readEnabled is false: kinds and sizes are what the registry says, and those of indexes are left out.\n"
)]
#[case(
    "tag list app -r myreg -o tsv",
    vec![tags(&[told_tag("v1", 'a')])],
    "v1\t",
    "1 manifest not read, since readEnabled is false: the sizes of what needs them are left out.\n"
)]
fn a_locked_repository_is_told_at_once(
    #[case] line: &str,
    #[case] asked: Vec<Exchange>,
    #[case] shown: &str,
    #[case] note: &str,
) {
    let locked = without(without(told_repository("app", 4, 3), "readEnabled"), "deleteEnabled");
    let ran = run(line, &[], with(vec![opened(&locked).into(), asked]));
    assert!(ran.stdout.contains(shown), "{}", ran.stdout);
    assert_eq!(ran.stderr, note);
    let is_shown = ran.stdout.contains("Locks       no delete, no read\n");
    assert_eq!(is_shown, line.starts_with("repository show"), "{}", ran.stdout);
}

/// What the repository does not have is told apart from what was not read; of both, the index has no exact size.
#[rstest]
#[case::missing(404, Some(1), Some(0), false)]
#[case::locked(405, Some(0), Some(1), true)]
fn members_that_are_not_there_are_counted(
    #[case] status: u16,
    #[case] missing: Option<u64>,
    #[case] unread: Option<u64>,
    #[case] is_unknown: bool,
) {
    let body = || {
        vec![index('e'), image('a', "12"), refused(&format!("GET /v2/app/manifests/{}", encoded('b')), status, "CODE")]
    };
    let shown = |line: &str, asked: Vec<Exchange>| -> Value {
        let ran = run(line, &[], with(vec![repository("app", 4, 3).into(), asked]));
        serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr))
    };
    let counts = |value: &Value| {
        let [missing, unread] = ["membersMissing", "membersNotRead"].map(|name| value[name].as_u64());
        (missing, unread, value["sizeBytes"].is_null())
    };
    let expected = (missing, unread, is_unknown);
    let listed_tags =
        shown("tag list app -r myreg", [vec![tags(&[told_tag("multi", 'e')])], body()].into_iter().flatten().collect());
    assert_eq!(counts(&listed_tags[0]), expected);
    let told = [one_tag("multi", 'e'), one_manifest('e', &all()[0])];
    let tag = shown("tag show app:multi -r myreg", told.into_iter().chain(body()).collect());
    assert_eq!(counts(&tag), expected);
    let index_alone = || vec![listed(&[all()[0].clone()])];
    let manifest = shown("manifest list app -r myreg", index_alone().into_iter().chain(body()).collect());
    assert_eq!(counts(&manifest[0]), expected);
}

/// An index of an index of which a member is missing: the one that it holds has no exact size either.
#[test]
fn a_member_says_what_it_misses() {
    let member = json!({ "mediaType": format!("{OCI}.index.v1+json"), "digest": d('e'), "size": 7 });
    let outer = || pushed('0', "index", &json!({ "schemaVersion": 2, "manifests": [member] }));
    let known = [told('0', "index", &["outer"]), told('e', "index", &[]), told('a', "manifest", &[])];
    let exchanges = || {
        let [tag, manifest] = [one_tag("outer", '0'), one_manifest('0', &known[0])];
        let gone = refused(&format!("GET /v2/app/manifests/{}", encoded('b')), 404, "MANIFEST_UNKNOWN");
        with(vec![
            repository("app", 3, 1).into(),
            vec![tag, manifest, listed(&known), outer(), index('e'), image('a', "12"), gone, referrers('0', &[])],
        ])
    };
    let ran = run("manifest show app:outer -r myreg -o table", &[], exchanges());
    assert!(ran.stdout.ends_with("≥ 3.91 KiB\n"), "{}{}", ran.stdout, ran.stderr);
    let shown: Value = serde_json::from_str(&run("manifest show app:outer -r myreg", &[], exchanges()).stdout).unwrap();
    assert_eq!((&shown["members"][0]["membersMissing"], &shown["membersMissing"]), (&json!(1), &json!(1)));
}

/// One more than a command reads at Azure.
#[test]
fn what_is_too_many_is_left_out_and_counted() {
    let digest = |number: usize| format!("sha256:{number:064}");
    let known: Vec<Value> = (0..=MANIFESTS_READ_AT_AZURE_MAX)
        .map(|number| {
            let mut told = told('a', "manifest", &[]);
            told["digest"] = json!(digest(number));
            told
        })
        .collect();
    let body = json!({ "schemaVersion": 2, "layers": [] });
    let read = (0..MANIFESTS_READ_AT_AZURE_MAX).map(|number| {
        let line = format!("GET /v2/app/manifests/{}", digest(number).replace(':', "%3A"));
        exchange_with(&line, 200, &[("content-type", "application/vnd.oci.image.manifest.v1+json")], &body)
    });
    let opened: Vec<Exchange> = repository("app", known.len(), 0).into();
    let exchanges = std::iter::once(exchanged()).chain(opened).chain([listed(&known)]).chain(read).collect();
    let ran = run_over("manifest list app -r myreg.azurecr.io -o tsv", &[], FakeTransport::new(exchanges).at_azure());
    assert_eq!(
        ran.stderr,
        "1 manifest not read, since a command reads no more than 1,000 (--top lists fewer): kinds and sizes are what the registry says, and those of \
         indexes are left out.\n"
    );
    assert_eq!(ran.stdout.lines().count(), known.len());
}

/// The first takes all that may still be read: no other is asked for.
#[test]
fn no_more_bytes_are_read_than_a_command_may() {
    let letters = ['1', 'a', 'b', 'd', 'e', 'f'];
    let mut exchanges = vec![exchanged()];
    exchanges.extend(repository("app", letters.len(), 0));
    exchanges.extend(letters[..1].iter().map(|letter| image(*letter, "2")));
    let (transport, sleeper) = (FakeTransport::new(exchanges), FakeSleeper::default());
    let unread = drive(async {
        let client = Client::new(&transport, &sleeper);
        let registry = OpenRegistry::sign_in(client, "myreg".to_owned(), "myreg.example".to_owned()).await.unwrap();
        let mut opened = registry.repository("app").await.unwrap();
        opened.left.bytes = 1;
        let digests = letters.iter().map(|letter| d(*letter)).collect();
        opened.read(&digests, &Progress::hidden(&sleeper)).await.unwrap();
        assert_eq!((opened.bodies.len(), opened.left.bytes), (1, 0));
        opened.unread_counts()
    });
    assert_eq!(unread.into_iter().collect::<Vec<_>>(), [(Unread::TooLarge, 5)]);
    assert_eq!(transport.left(), 0);
}
