//! What a deletion says, asks and does.

use super::*;

/// Whether another repository has a blob.
fn held(repository: &str, letter: char, status: u16) -> Exchange {
    exchange(&format!("HEAD /v2/{repository}/blobs/{}", encoded(letter)), status, &Value::Null)
}

/// What is asked before the image `a` goes; two other repositories, of which one holds its layer.
fn before_deleting() -> Vec<Exchange> {
    with(vec![
        repository("app", 4, 3).into(),
        vec![one_tag("v1", 'a'), one_manifest('a', &all()[1]), listed(&all()), image('a', "124"), index('e')],
        vec![referrers('a', &[('f', "x/signature")]), image('b', "13"), signature('f')],
        vec![bearer(), exchange("GET /acr/v1/_catalog", 200, &json!({ "repositories": ["app", "one", "two"] }))],
        vec![bearer(), held("one", '2', 200), held("one", '4', 404)],
        vec![bearer(), held("two", '4', 404), tags(&all_tags())],
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
        exchanges.extend([bearer(), one_tag("v1", 'a'), one_manifest('a', &all()[1])]);
        exchanges.push(exchange(&format!("DELETE /v2/app/manifests/{}", encoded('a')), 202, &Value::Null));
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
        vec![image('a', "12"), image('b', "13"), referrers('e', &[]), signature('f'), tags(&all_tags())],
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
        vec![tags(&all_tags())],
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
    let exchanges = with(vec![alone(), vec![bearer()], catalog, vec![tags(&[told_tag("v1", 'a')])]]);
    let ran = run("manifest delete app:v1 -r myreg --dry-run", &[], exchanges);
    let plan: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&plan["freedBytes"], &plan["inNoOtherRepositoryBytes"]), (&json!(2048), &Value::Null));
    assert_eq!(plan["notKnown"], expected, "{}", ran.stderr);
}

#[test]
fn who_cannot_be_asked_is_counted() {
    let silent = |name: &str, status: u16| {
        [bearer(), refused(&format!("HEAD /v2/{name}/blobs/{}", encoded('1')), status, "CODE")]
    };
    let exchanges = with(vec![
        alone(),
        vec![bearer(), catalog(&["app", "locked", "open", "private"])],
        silent("locked", 405).into(),
        vec![bearer(), held("open", '1', 404), held("open", 'c', 404)],
        silent("private", 401).into(),
        vec![tags(&[told_tag("v1", 'a')])],
    ]);
    let ran = run("manifest delete app:v1 -r myreg --dry-run -o table", &[], exchanges);
    let expected =
        "\nNo other repository holds any of it (1 other repository of myreg asked; 2 more could not be asked).\n";
    assert!(ran.stdout.contains(expected), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn at_azure_what_refers_to_it_may_go_as_well() {
    let last = [bearer(), catalog(&["app"]), tags(&[told_tag("v1", 'a')])];
    let exchanges = std::iter::once(exchanged()).chain(alone()).chain(last).collect();
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
#[case(&["v1"], "stays, now without a tag.")]
#[case(&["v1", "latest", "a"], "stays, with latest, a.")]
fn a_tag_goes_and_its_manifest_stays(#[case] tags: &[&str], #[case] expected: &str) {
    let exchanges = with(vec![
        repository("app", 1, 2).into(),
        vec![one_tag("v1", 'a'), one_manifest('a', &told('a', "manifest", tags))],
        vec![bearer(), one_tag("v1", 'a'), exchange("DELETE /acr/v1/app/_tags/v1", 202, &Value::Null)],
    ]);
    let ran = run("tag delete app:v1 -r myreg --yes -o table", &[], exchanges);
    let expected = format!("Deleted app:v1.\nThe manifest {} {expected}\n", d('a'));
    assert_eq!((ran.stdout.as_str(), ran.code), (expected.as_str(), 0), "{}", ran.stderr);
    assert!(
        ran.bodies
            .iter()
            .any(|body| body.as_str().is_some_and(|it| it.contains("repository%3Aapp%3Ametadata%5Fread%2Cdelete")))
    );
}

#[rstest]
#[case(405, "The tag 'app:v1' is locked against this: so it is. Nothing was deleted.\n")]
#[case(401, "The login may not do this in the repository 'app' of 'myreg': it lacks content/delete.\n")]
fn what_is_refused_is_told_in_plain_words(#[case] status: u16, #[case] expected: &str) {
    let exchanges = with(vec![
        repository("app", 1, 1).into(),
        vec![one_tag("v1", 'a'), one_manifest('a', &told('a', "manifest", &["v1"]))],
        vec![bearer(), one_tag("v1", 'a'), refused("DELETE /acr/v1/app/_tags/v1", status, "CODE")],
    ]);
    let ran = run("tag delete app:v1 -r myreg --yes", &[], exchanges);
    assert_eq!((ran.stderr.starts_with(expected), ran.stdout.as_str(), ran.code), (true, "", 1), "{}", ran.stderr);
}

#[test]
fn a_repository_goes_with_everything_in_it() {
    let gone = json!({ "manifestsDeleted": [d('a')], "tagsDeleted": ["v1"] });
    let exchanges = with(vec![
        repository("app", 1, 1).into(),
        vec![listed(&[told('a', "manifest", &["v1"])]), image('a', "12")],
        vec![bearer(), catalog(&["app"]), tags(&[told_tag("v1", 'a')])],
        vec![bearer(), exchange("DELETE /acr/v1/app", 202, &gone)],
    ]);
    let ran = run("repository delete app -r myreg -o table", &["y"], exchanges);
    let plan = "The repository app goes with 1 manifest and 1 tag.\nIts tags: v1.\nWould free 3.00 KiB of app: 3 blobs.\n\
        myreg has no other repository that the login may list.\n";
    assert!(ran.stderr.starts_with(plan), "{}", ran.stderr);
    assert_eq!(ran.stdout, "Deleted app.\n1 manifest and 1 tag went with it.\n");
}

/// What is locked, of the manifest `a`, its tags, and the index that holds it; what is said of it.
#[rstest]
#[case::repository(without(told_repository("app", 4, 3), "writeEnabled"), all(), all_tags(), &["repository app is locked (no write)"])]
#[case::manifest(told_repository("app", 4, 3), locked_at(all(), 1), all_tags(), &["manifest app@sha256:aaaa"])]
#[case::index(told_repository("app", 4, 3), locked_at(all(), 0), all_tags(), &["index app@sha256:eeee"])]
#[case::another(told_repository("app", 4, 3), locked_at(all(), 2), all_tags(), &[])]
#[case::tags(
    told_repository("app", 4, 3),
    all(),
    all_tags().into_iter().map(|told| without(told, "deleteEnabled")).collect(),
    &["tag app:latest is locked (no delete)", "tag app:multi", "tag app:v1"]
)]
fn a_plan_says_what_a_lock_would_refuse(
    #[case] repository: Value,
    #[case] manifests: Vec<Value>,
    #[case] locked_tags: Vec<Value>,
    #[case] expected: &[&str],
) {
    let exchanges = with(vec![
        opened(&repository).into(),
        vec![one_tag("v1", 'a'), one_manifest('a', &manifests[1]), listed(&manifests), image('a', "1"), index('e')],
        vec![referrers('a', &[]), image('b', "1"), signature('f'), tags(&locked_tags)],
    ]);
    let ran = run("manifest delete app:v1 -r myreg --dry-run -o table", &[], exchanges);
    let warned: Vec<&str> = ran.stdout.lines().filter_map(|line| line.strip_prefix("WARNING: the ")).collect();
    let warned: Vec<&&str> = warned.iter().filter(|line| line.ends_with("the delete would be refused.")).collect();
    assert_eq!(warned.len(), expected.len(), "{}{}", ran.stdout, ran.stderr);
    assert!(warned.iter().zip(expected).all(|(line, expected)| line.starts_with(expected)), "{warned:?}");
}

fn locked_at(mut manifests: Vec<Value>, position: usize) -> Vec<Value> {
    manifests[position] = without(manifests[position].clone(), "deleteEnabled");
    manifests
}

#[test]
fn a_repository_is_kept_by_each_lock_in_it() {
    let locked: Vec<Value> = all().into_iter().map(|told| without(told, "writeEnabled")).collect();
    let locked_tag = without(told_tag("v1", 'a'), "deleteEnabled");
    let exchanges = || {
        with(vec![
            repository("app", 4, 1).into(),
            vec![listed(&locked), image('a', "1"), image('b', "1"), index('e'), signature('f')],
            vec![bearer(), catalog(&["app"]), tags(std::slice::from_ref(&locked_tag))],
        ])
    };
    let ran = run("repository delete app -r myreg --dry-run -o table", &[], exchanges());
    let expected = format!(
        "WARNING: the manifest app@{} is locked (no write): the delete would be refused.\nWARNING: 2 more are locked as well.\nIts tags: v1.",
        d('b')
    );
    assert!(ran.stdout.contains(&expected), "{}{}", ran.stdout, ran.stderr);
    let plan: Value =
        serde_json::from_str(&run("repository delete app -r myreg --dry-run", &[], exchanges()).stdout).unwrap();
    assert_eq!(plan["locked"].as_array().map(Vec::len), Some(5));
    assert_eq!(plan["locked"][4], "app:v1");
}

/// After somebody said yes: what is looked at again, and what is said where it is not what it was.
#[rstest]
#[case::moved("manifest", vec![one_tag("v1", 'b')], &format!("The tag app:v1 points at {} now. Nothing was deleted.\n", d('b')))]
#[case::more_tags(
    "manifest",
    vec![one_tag("v1", 'a'), one_manifest('a', &told('a', "manifest", &["v1", "v2"]))],
    &format!("app@{} has other tags: v1, v2 now. Nothing was deleted.\n", d('a'))
)]
#[case::gone(
    "manifest",
    vec![refused("GET /acr/v1/app/_tags/v1", 404, "TAG_UNKNOWN")],
    "There is no tag 'v1' in the repository 'app'.\n"
)]
#[case::a_tag_alone("tag", vec![one_tag("v1", 'b')], &format!("The tag app:v1 points at {} now. Nothing was deleted.\n", d('b')))]
fn what_moved_meanwhile_stays(#[case] word: &str, #[case] again: Vec<Exchange>, #[case] expected: &str) {
    let before = match word {
        "manifest" => {
            let asked = vec![bearer(), catalog(&["app"]), tags(&[told_tag("v1", 'a')]), bearer()];
            alone().into_iter().chain(asked).collect()
        }
        _ => {
            let told = told('a', "manifest", &["v1"]);
            let mut all: Vec<Exchange> = repository("app", 1, 1).into();
            all.extend([one_tag("v1", 'a'), one_manifest('a', &told), bearer()]);
            all
        }
    };
    let ran = run(&format!("{word} delete app:v1 -r myreg --yes"), &[], with(vec![before, again]));
    assert_eq!((ran.stderr.starts_with(expected), ran.stdout.as_str(), ran.code), (true, "", 1), "{}", ran.stderr);
}

/// An index that is not listed may hold it, and a tag that is not listed may lead to it.
#[test]
fn what_is_not_listed_is_not_passed_over() {
    let exchanges = with(vec![
        repository("app", 6, 4).into(),
        vec![one_tag("multi", 'e'), one_manifest('e', &all()[0]), listed(&all()), index('e')],
        vec![image('a', "12"), image('b', "13"), referrers('e', &[]), signature('f'), tags(&all_tags())],
    ]);
    let ran = run("manifest delete app:multi -r myreg --dry-run -o table", &[], exchanges);
    let expected = "\
It holds 2 manifests, which stay. No tag and no other index that could be seen leads then to:
  sha256:bbbbbbbbbbbb  linux/arm64
2 manifests of app cannot be seen, since listEnabled is false: whether one of them holds it or refers to it is not known.
1 tag of app cannot be seen, since listEnabled is false: whether one goes with it is not known.
How much that would free is not known: 2 manifests of app cannot be seen, since listEnabled is false.
";
    assert!(ran.stdout.contains(expected), "{}{}", ran.stdout, ran.stderr);
}

/// The second repository holds all of it: the third is not asked, and no bearer for it either.
#[test]
fn nobody_is_asked_further_when_nothing_is_left_to_ask() {
    let exchanges = with(vec![
        alone(),
        vec![bearer(), catalog(&["app", "one", "two"])],
        vec![bearer(), held("one", '1', 200), held("one", 'c', 200), tags(&[told_tag("v1", 'a')])],
    ]);
    let ran = run("manifest delete app:v1 -r myreg --dry-run -o table", &[], exchanges);
    let expected =
        "Other repositories hold all of it, so that the registry frees nothing (1 other repository of myreg asked).\n";
    assert!(ran.stdout.contains(expected), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn a_plan_moves_no_cursor() {
    let mut told = told('a', "manifest", &["v1"]);
    told["tags"] = json!(["v1", "\u{1b}[2Jx"]);
    let exchanges = with(vec![
        repository("app", 1, 2).into(),
        vec![one_tag("v1", 'a'), one_manifest('a', &told), bearer(), one_tag("v1", 'b')],
    ]);
    let ran = run("tag delete app:v1 -r myreg --yes -o table", &[], exchanges);
    assert!(ran.stderr.contains("stays, with  [2Jx.") && !ran.stderr.contains('\u{1b}'), "{:?}", ran.stderr);
}
