//! What the cmdlets for repositories, manifests and tags ask for, and as whom.

use super::tests::{Ran, run_with};
use super::*;
use crate::client::tests::{Exchange, FakeTransport, exchange, exchange_with};
use crate::failure::ExitStatus;
use crate::host::tests::Answers;
use crate::limits::LIST_EMPTY_PAGES_MAX;
use rstest::rstest;
use serde_json::{Value, json};

const DIGEST: &str = "sha256:1ccb399e44f3e0ec86bb1a95031c6b9f81ac77860556a81a90acb79bab8005d9";

/// Runs a line with `R` for the words that name the registry, `DIGEST` for one; signs in first.
fn run_line(line: &str, exchanges: Vec<Exchange>) -> Ran {
    let registries = json!({ "value": [
        { "name": "other", "properties": { "loginServer": "other.localhost" } },
        { "name": "LnxCr", "properties": { "loginServer": "lnxcr.localhost" } },
    ] });
    let mut all = vec![
        exchange("GET /subscriptions/s/providers/Microsoft.ContainerRegistry/registries", 200, &registries),
        exchange("POST /oauth2/exchange", 200, &json!({ "refresh_token": "the-refresh" })),
    ];
    all.extend(exchanges);
    let line = line.replace(" R", " -RegistryName lnxcr -SubscriptionId s").replace("DIGEST", DIGEST);
    let mut words = line.split(' ').map(str::to_owned);
    let cmdlet = Cmdlet::find(&words.next().unwrap()).unwrap();
    run_with(cmdlet, &words.collect::<Vec<_>>(), FakeTransport::new(all), &mut Answers::default())
}

fn bearer() -> Exchange {
    let answer = json!({ "token": "b", "access_token": "b", "expires_in": 60, "issued_at": "2026-11-26T00:00:00Z" });
    exchange("POST /oauth2/token", 200, &answer)
}

#[rstest]
#[case("Get-AzContainerRegistryRepository R", "GET /acr/v1/_catalog", "registry%3Acatalog%3A%2A", "")]
#[case("Get-AzContainerRegistryRepository R -Name a/b", "GET /acr/v1/a/b", "repository%3Aa%2Fb%3Ametadata%5Fread", "")]
#[case(
    "Get-AzContainerRegistryTag R -RepositoryName a/b",
    "GET /acr/v1/a/b/_tags",
    "repository%3Aa%2Fb%3Ametadata%5Fread",
    ""
)]
#[case(
    "Get-AzContainerRegistryTag R -RepositoryName a/b -Name v1",
    "GET /acr/v1/a/b/_tags/v1",
    "repository%3Aa%2Fb%3Ametadata%5Fread",
    ""
)]
#[case(
    "Get-AzContainerRegistryManifest R -RepositoryName a/b",
    "GET /acr/v1/a/b/_manifests",
    "repository%3Aa%2Fb%3Ametadata%5Fread",
    ""
)]
#[case(
    "Update-AzContainerRegistryRepository R -Name a/b -WriteEnabled $false",
    "PATCH /acr/v1/a/b",
    "repository%3Aa%2Fb%3Ametadata%5Fread%2Cmetadata%5Fwrite",
    r#"{"writeEnabled":false}"#
)]
#[case(
    "Update-AzContainerRegistryTag R -RepositoryName a/b -Name v1 -ListEnabled true",
    "PATCH /acr/v1/a/b/_tags/v1",
    "repository%3Aa%2Fb%3Ametadata%5Fread%2Cmetadata%5Fwrite",
    r#"{"listEnabled":true}"#
)]
#[case(
    "Remove-AzContainerRegistryTag R -RepositoryName a/b -Name v1",
    "DELETE /acr/v1/a/b/_tags/v1",
    "repository%3Aa%2Fb%3Adelete",
    ""
)]
fn each_asks_for_what_it_needs_and_no_more(
    #[case] line: &str,
    #[case] asked: &str,
    #[case] scope: &str,
    #[case] body: &str,
) {
    let ran = run_line(line, vec![bearer(), exchange(asked, 200, &json!({ "repositories": [] }))]);
    assert_eq!((ran.status, ran.stderr.as_str()), (ExitStatus::Success, ""));
    let expected =
        format!("grant%5Ftype=refresh%5Ftoken&service=lnxcr%2Elocalhost&scope={scope}&refresh%5Ftoken=the%2Drefresh");
    assert_eq!(
        ran.bodies[1].replace("grant_type", "grant%5Ftype").replace("refresh_token=", "refresh%5Ftoken="),
        expected
    );
    assert_eq!(ran.bodies.get(2).map_or("", String::as_str), body);
}

#[test]
fn a_manifest_is_asked_and_removed_by_its_digest() {
    let encoded = DIGEST.replace(':', "%3A");
    let ran = run_line(
        "Get-AzContainerRegistryManifest R -RepositoryName a/b -Name DIGEST",
        vec![
            bearer(),
            exchange(
                &format!("GET /acr/v1/a/b/_manifests/{encoded}"),
                200,
                &json!({ "manifest": { "digest": DIGEST } }),
            ),
        ],
    );
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap()["Attributes"]["Digest"], DIGEST);
    let ran = run_line(
        "Remove-AzContainerRegistryManifest R -RepositoryName a/b -Manifest DIGEST -PassThru",
        vec![bearer(), exchange(&format!("DELETE /v2/a/b/manifests/{encoded}"), 202, &Value::Null)],
    );
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("true\n", ""));
}

fn page(names: &[&str], link: &str) -> Exchange {
    exchange_with("GET /acr/v1/_catalog", 200, &[("link", link)], &json!({ "repositories": names }))
}

/// A page; it says that the next one is behind `last`.
fn page_before(names: &[&str], last: usize) -> Exchange {
    page(names, &format!(r#"</acr/v1/_catalog?last={last}&n=1000>; rel="next""#))
}

#[rstest]
#[case::back(vec![page_before(&["a"], 1), page_before(&["b"], 1)])]
#[case::empty((0..=LIST_EMPTY_PAGES_MAX).map(|last| page_before(&[], last)).collect())]
fn pages_that_do_not_end_are_not_followed(#[case] pages: Vec<Exchange>) {
    let ran = run_line("Get-AzContainerRegistryRepository R", std::iter::once(bearer()).chain(pages).collect());
    assert!(ran.stderr.starts_with("The list does not end: after /acr/v1/_catalog?last="), "{}", ran.stderr);
    assert_eq!((ran.stdout.as_str(), ran.status), ("", ExitStatus::Unreachable));
}

#[test]
fn pages_become_one_list_that_first_cuts() {
    let next = r#"</acr/v1/_catalog?last=b&n=1000>; rel="next""#;
    let two = || vec![bearer(), page(&["a", "b"], next), page(&["c"], "")];
    assert_eq!(run_line("Get-AzContainerRegistryRepository R", two()).stdout, "\"a\"\n\"b\"\n\"c\"\n");
    let one = vec![bearer(), page(&["a", "b"], next)];
    assert_eq!(run_line("Get-AzContainerRegistryRepository R -First 1", one).stdout, "\"a\"\n");
}

#[rstest]
#[case(json!(null), "[NAME_UNKNOWN] : repository name not known\n")]
#[case(json!("the tag is locked"), "[NAME_UNKNOWN] : repository name not known (the tag is locked)\n")]
#[case(json!({ "name": "a/b" }), "[NAME_UNKNOWN] : repository name not known\n")]
#[case(json!(""), "[NAME_UNKNOWN] : repository name not known\n")]
fn what_the_registry_refuses_is_told_in_its_words(#[case] detail: Value, #[case] expected: &str) {
    let said = json!({ "code": "NAME_UNKNOWN", "message": "repository name not known", "detail": detail });
    let refused = json!({ "errors": [said] });
    let ran = run_line(
        "Get-AzContainerRegistryTag R -RepositoryName a/b",
        vec![bearer(), exchange("GET /acr/v1/a/b/_tags", 404, &refused)],
    );
    assert_eq!((ran.status, ran.stderr.as_str()), (ExitStatus::Refused, expected));
}

#[rstest]
#[case("Update-AzContainerRegistryTag -RegistryName r -RepositoryName a -Name v1", "There is nothing to change")]
#[case(
    "Update-AzContainerRegistryTag -RegistryName r -RepositoryName a -Name v1 -ReadEnabled maybe",
    "-ReadEnabled is $true or $false"
)]
fn what_changes_nothing_is_refused_before_anything_is_sent(#[case] line: &str, #[case] expected: &str) {
    let mut words = line.split(' ').map(str::to_owned);
    let cmdlet = Cmdlet::find(&words.next().unwrap()).unwrap();
    let ran = run_with(cmdlet, &words.collect::<Vec<_>>(), FakeTransport::new(vec![]), &mut Answers::default());
    assert!(ran.status == ExitStatus::Usage && ran.stderr.contains(expected), "{}", ran.stderr);
}
