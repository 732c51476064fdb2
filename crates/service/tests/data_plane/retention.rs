//! Retention: what a rule deletes, what keeps it from that, and what the audit log says.

use crate::Outcome;
use crate::world::{Client, Failure, Pushed, World};
use model::arm_name::RegistryName;
use model::audit::{End, Query};
use model::digest::Digest;
use model::locks::LocksChange;
use model::repository::RepositoryPattern;
use model::retention::{RetentionRule, RetentionSpec, TagPattern};
use rstest::rstest;
use service::{Error, Retention, RetentionCounts, RetentionSettings, Service};
use std::collections::BTreeSet;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
const APP: &str = "samples/app";

fn rule(repositories: &str, keep_last: Option<u32>, untagged_days: Option<u32>) -> Result<RetentionRule, Failure> {
    rule_with(repositories, RetentionSpec { keep_last, untagged_days, ..RetentionSpec::default() })
}

fn rule_with(repositories: &str, spec: RetentionSpec) -> Result<RetentionRule, Failure> {
    Ok(RetentionRule::new(RepositoryPattern::parse(repositories).ok_or("a pattern")?, spec)?)
}

async fn put(service: &Service, rule: RetentionRule) -> Outcome {
    service.put_retention_rule(None, &RegistryName::parse("lnxcr")?, rule).await?;
    Ok(())
}

/// What goes, as clients write it, without the repository when it is the usual one; and the counts.
async fn all(mut retention: Retention) -> Result<(BTreeSet<String>, RetentionCounts), Failure> {
    let mut gone = BTreeSet::new();
    while let Some(doomed) = retention.step().await? {
        for doomed in doomed {
            let repository = Some(doomed.repository.to_string()).filter(|name| name != APP).unwrap_or_default();
            assert!(gone.insert(format!("{repository}{}", doomed.reference)), "{doomed:?} went twice");
        }
    }
    Ok((gone, retention.counts()))
}

async fn apply(service: &Service, dry_run: bool) -> Result<(BTreeSet<String>, RetentionCounts), Failure> {
    let settings = RetentionSettings { dry_run, ..RetentionSettings::default() };
    all(service.begin_retention(settings).await?).await
}

/// What a dry run says is what then goes.
async fn applied(service: &Service) -> Result<(BTreeSet<String>, RetentionCounts), Failure> {
    let said = apply(service, true).await?;
    let done = apply(service, false).await?;
    assert_eq!(said, done);
    Ok(done)
}

fn set<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

fn named(digests: &[&Digest]) -> BTreeSet<String> {
    digests.iter().map(ToString::to_string).collect()
}

async fn push(client: &Client, reference: &str, text: &str) -> Result<Digest, Failure> {
    Ok(client.put((APP, reference), &Pushed::image(text.to_owned(), &[])).await??)
}

/// By its digest, without a tag.
async fn push_untagged(client: &Client, pushed: &Pushed) -> Result<Digest, Failure> {
    let digest = crate::world::sha256(&pushed.bytes);
    Ok(client.put((APP, &digest.to_string()), pushed).await??)
}

async fn tags(client: &Client) -> Result<Vec<String>, Failure> {
    Ok(client.tags(APP, crate::world::page(1_000, "")).await??.0)
}

#[tokio::test]
async fn the_last_tags_are_kept_and_manifests_stay_for_their_days() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let mut digests = Vec::new();
    for tag in ["latest", "v1", "v2", "v3", "v4"] {
        world.clock.advance(HOUR);
        digests.push(push(&client, tag, &format!("image {tag}")).await?);
    }
    // Moved last, so it is the newest.
    push(&client, "v1", "image v1 again").await?;
    assert_eq!(applied(&world.service).await?, (BTreeSet::new(), RetentionCounts::default()), "no rule");
    let never = vec![TagPattern::parse("lat*")?];
    put(
        &world.service,
        rule_with(APP, RetentionSpec { keep_last: Some(2), untagged_days: Some(7), never, ..Default::default() })?,
    )
    .await?;
    let (gone, counts) = applied(&world.service).await?;
    assert_eq!(gone, set(["v2", "v3"]));
    assert_eq!(counts, RetentionCounts { repositories: 1, tags: 2, ..RetentionCounts::default() });
    assert_eq!(tags(&client).await?, ["latest", "v1", "v4"]);
    // From now on: v2 and v3 by the rule, and v1's first image by a push an instant ago.
    world.clock.advance(7 * DAY - HOUR);
    assert_eq!(applied(&world.service).await?.0, BTreeSet::new());
    world.clock.advance(HOUR);
    assert_eq!(applied(&world.service).await?.0, named(&[&digests[1], &digests[2], &digests[3]]));
    assert!(matches!(client.get((APP, &digests[1].to_string())).await?, Err(Error::ManifestUnknown(_))));
    assert_eq!(client.get((APP, "v4")).await??.digest, digests[4]);
    Ok(())
}

/// As cosign tags what it signs: such a tag takes no version's place, and goes after the manifest that it names.
#[tokio::test]
async fn tags_about_a_manifest_stay_with_it_and_do_not_count() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let mut signatures = Vec::new();
    for tag in ["v1", "v2", "v3"] {
        let digest = push(&client, tag, tag).await?;
        let signature = format!("sha256-{}.sig", digest.hex());
        push(&client, &signature, &format!("signature of {tag}")).await?;
        signatures.push(signature);
    }
    put(&world.service, rule(APP, Some(2), Some(1))?).await?;
    assert_eq!(applied(&world.service).await?.0, set(["v1"]));
    world.clock.advance(DAY);
    assert_eq!(applied(&world.service).await?.0, named(&[&crate::world::sha256("v1")]), "and not its signature");
    assert_eq!(applied(&world.service).await?.0, BTreeSet::from([signatures.remove(0)]));
    world.clock.advance(DAY);
    assert_eq!(applied(&world.service).await?.0, named(&[&crate::world::sha256("signature of v1")]));
    signatures.extend(["v2".to_owned(), "v3".to_owned()]);
    assert_eq!(tags(&client).await?.into_iter().collect::<BTreeSet<_>>(), signatures.into_iter().collect());
    Ok(())
}

/// What the rest of a manifest begins anew with.
#[rstest]
#[case::pushed_again("pushed")]
#[case::its_tag_was_deleted("deleted")]
#[case::its_tag_went_elsewhere("moved")]
#[tokio::test]
async fn a_manifest_rests_from_its_push_or_from_when_its_last_tag_went(#[case] how: &str) -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    put(&world.service, rule("*", None, Some(2))?).await?;
    let image = Pushed::image("image", &[]);
    let digest = push_untagged(&client, &image).await?;
    world.clock.advance(DAY);
    if how != "pushed" {
        client.put((APP, "v1"), &image).await??;
    }
    world.clock.advance(DAY * 5 / 2);
    match how {
        "deleted" => client.delete((APP, "v1")).await??,
        "moved" => drop(push(&client, "v1", "another").await?),
        _ => drop(push_untagged(&client, &image).await?),
    }
    for (by, expected) in [(Duration::ZERO, false), (2 * DAY - HOUR, false), (HOUR, true)] {
        world.clock.advance(by);
        assert_eq!(applied(&world.service).await?.0.contains(&digest.to_string()), expected, "{by:?}");
    }
    Ok(())
}

/// Of two indexes that hold one image the last that goes lets it go, of which a signature hangs, and of that another.
#[tokio::test]
async fn nothing_goes_that_an_index_or_a_subject_keeps() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    put(&world.service, rule("*", None, Some(7))?).await?;
    let member = push_untagged(&client, &Pushed::image("member", &[])).await?;
    let signature = push_untagged(&client, &Pushed::image("signature", &[]).about(&member, "sig")).await?;
    let proof = push_untagged(&client, &Pushed::image("proof", &[]).about(&signature, "sig")).await?;
    let early =
        push_untagged(&client, &Pushed::image("early", &[]).about(&crate::world::sha256("later"), "sig")).await?;
    let old = push_untagged(&client, &Pushed::index("old", &[&member])).await?;
    let inner = push_untagged(&client, &Pushed::index("inner", &[&member])).await?;
    client.put((APP, "v1"), &Pushed::index("outer", &[&inner])).await??;
    world.clock.advance(8 * DAY);
    assert_eq!(applied(&world.service).await?.0, named(&[&old, &early]), "a referrer without a subject is like others");
    client.delete((APP, "v1")).await??;
    world.clock.advance(6 * DAY);
    assert_eq!(applied(&world.service).await?.0, BTreeSet::new(), "the index rests, and keeps what hangs of it");
    world.clock.advance(DAY);
    let outer = crate::world::sha256("outer");
    assert_eq!(applied(&world.service).await?.0, named(&[&outer, &inner, &member, &signature, &proof]));
    assert_eq!(client.catalog(crate::world::page(10, "")).await?.0, [""; 0]);
    Ok(())
}

/// An index is never there without what it holds, however a walk is cut off.
#[tokio::test]
async fn an_index_goes_before_its_members() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let member = push_untagged(&client, &Pushed::image("member", &[])).await?;
    let index = push_untagged(&client, &Pushed::index("index", &[&member])).await?;
    let signature = push_untagged(&client, &Pushed::image("signature", &[]).about(&index, "sig")).await?;
    put(&world.service, rule("*", None, Some(1))?).await?;
    world.clock.advance(DAY);
    let mut retention = world.service.begin_retention(RetentionSettings::default()).await?;
    let mut order = Vec::new();
    while let Some(doomed) = retention.step().await? {
        order.push(doomed.into_iter().map(|doomed| doomed.digest).collect::<BTreeSet<_>>());
    }
    order.retain(|step| !step.is_empty());
    assert_eq!(order, [BTreeSet::from([index]), BTreeSet::from([member, signature])]);
    Ok(())
}

#[rstest]
#[case::against_deletes(LocksChange { delete: Some(false), ..LocksChange::default() })]
#[case::against_writes(LocksChange { write: Some(false), ..LocksChange::default() })]
#[tokio::test]
async fn locks_win_and_are_counted(#[case] off: LocksChange) -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    for tag in ["by-tag", "by-manifest", "free", "newest"] {
        push(&client, tag, tag).await?;
    }
    let untagged = push_untagged(&client, &Pushed::image("untagged", &[])).await?;
    let locked_index = push_untagged(&client, &Pushed::index("index", &[&untagged])).await?;
    client.change_tag((APP, "by-tag"), off).await??;
    for digest in [&crate::world::sha256("by-manifest"), &locked_index] {
        let operation = model::operation::ChangeManifest {
            repository: model::repository::RepositoryName::parse(APP)?,
            digest: digest.clone(),
        };
        client.service.change_manifest(&client.permit(operation)?, off).await?;
    }
    put(&world.service, rule(APP, Some(1), Some(1))?).await?;
    world.clock.advance(2 * DAY);
    let on = LocksChange { delete: Some(true), write: Some(true), ..LocksChange::default() };
    client.change_repository(APP, off).await??;
    let (gone, counts) = applied(&world.service).await?;
    assert_eq!((gone, counts.locked), (BTreeSet::new(), 4), "three tags and an index");
    client.change_repository(APP, on).await??;
    let (gone, counts) = applied(&world.service).await?;
    assert_eq!((gone, counts.locked), (set(["free"]), 3));
    assert_eq!(tags(&client).await?, ["by-manifest", "by-tag", "newest"]);
    Ok(())
}

#[tokio::test]
async fn the_most_specific_rule_alone_counts() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let repositories = ["other", "samples/app", "samples/deep/app", "samples/free"];
    for repository in repositories {
        for tag in ["v1", "v2", "v3"] {
            client.put((repository, tag), &Pushed::image(format!("{repository} {tag}"), &[])).await??;
        }
    }
    for (pattern, keep) in [("*", 1), ("samples/*", 2), ("samples/free", 3)] {
        put(&world.service, rule(pattern, Some(keep), None)?).await?;
    }
    let other = world.registry("otherreg").await?;
    let elsewhere = world.client(&other, "token3").await?;
    for tag in ["v1", "v2"] {
        elsewhere.put(("other", tag), &Pushed::image(tag, &[])).await??;
    }
    let expected = set(["otherv1", "otherv2", "v1", "samples/deep/appv1"]);
    let (gone, counts) = apply(&world.service, true).await?;
    assert_eq!((gone, counts.repositories), (expected, 4));
    // A rule that is not stored yet is judged by as if it were, where it would be the one that counts.
    for (proposed, expected) in [
        (rule("samples/*", Some(1), None)?, set(["v1", "v2", "samples/deep/appv1", "samples/deep/appv2"])),
        (rule("samples/deep/*", Some(1), None)?, set(["samples/deep/appv1", "samples/deep/appv2"])),
        (rule("samples/free", None, Some(1))?, set([])),
    ] {
        let preview = world.service.preview_retention(RegistryName::parse("lnxcr")?, proposed).await?;
        assert_eq!(all(preview).await?.0, expected);
    }
    let settings = RetentionSettings {
        registry: Some(RegistryName::parse("LNXCR")?),
        repositories: RepositoryPattern::parse("samples/*"),
        ..RetentionSettings::default()
    };
    let retention = world.service.begin_retention(settings).await?;
    assert_eq!(all(retention).await?.0, set(["v1", "samples/deep/appv1"]));
    let settings = RetentionSettings { registry: Some(other.id.name), ..RetentionSettings::default() };
    assert_eq!(
        all(world.service.begin_retention(settings).await?).await?.1,
        RetentionCounts::default(),
        "no rule there"
    );
    Ok(())
}

/// Many more than a step looks at, with a push, a lock and a delete between two steps.
#[tokio::test]
async fn what_is_done_between_two_steps_counts() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let image = Pushed::image("image", &[]);
    for number in 0..500 {
        client.put((APP, &format!("t{number:03}")), &image).await??;
    }
    put(&world.service, rule("*", Some(10), None)?).await?;
    assert_eq!(apply(&world.service, true).await?.1.tags, 490);
    let mut retention = world.service.begin_retention(RetentionSettings::default()).await?;
    assert_eq!(retention.step().await?.ok_or("a step")?.len(), 200, "t489 to t290");
    // Of those that were to go one is moved, one is locked, and of those to keep one is deleted: t289 takes its place.
    client.put((APP, "t000"), &image).await??;
    client.change_tag((APP, "t001"), LocksChange { delete: Some(false), ..LocksChange::default() }).await??;
    for kept in ["t499", "t498"] {
        client.delete((APP, kept)).await??;
    }
    while retention.step().await?.is_some() {}
    assert_eq!(
        retention.counts(),
        RetentionCounts { repositories: 1, tags: 487, locked: 1, ..RetentionCounts::default() }
    );
    let left = tags(&client).await?;
    assert_eq!(left, ["t000", "t001", "t289", "t490", "t491", "t492", "t493", "t494", "t495", "t496", "t497"]);
    Ok(())
}

#[tokio::test]
async fn a_rule_that_is_taken_away_deletes_no_more() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    for number in 0..300 {
        push(&client, &format!("t{number:03}"), "image").await?;
    }
    put(&world.service, rule(APP, Some(1), None)?).await?;
    let mut retention = world.service.begin_retention(RetentionSettings::default()).await?;
    assert_eq!(retention.step().await?.ok_or("a step")?.len(), 200);
    let (registry, pattern) = (RegistryName::parse("lnxcr")?, RepositoryPattern::parse(APP).ok_or("a pattern")?);
    assert!(world.service.delete_retention_rule(None, &registry, pattern.clone()).await?);
    while let Some(doomed) = retention.step().await? {
        assert!(doomed.is_empty());
    }
    assert_eq!(tags(&client).await?.len(), 100);
    assert!(!world.service.delete_retention_rule(None, &registry, pattern).await?);
    Ok(())
}

#[tokio::test]
async fn a_clock_that_goes_back_deletes_nothing_early() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    put(&world.service, rule("*", Some(2), Some(2))?).await?;
    let pushed = push_untagged(&client, &Pushed::image("pushed", &[])).await?;
    let tagged = push(&client, "v1", "tagged").await?;
    world.clock.advance(DAY);
    push(&client, "v2", "two").await?;
    world.clock.go_back(100 * DAY);
    assert_eq!(applied(&world.service).await?.0, BTreeSet::new());
    // While it is wrong: pushes, the last tag of a manifest, and a tag that is the newest although the clock says otherwise.
    push_untagged(&client, &Pushed::image("pushed", &[])).await?;
    push(&client, "v2", "two").await?;
    let new = push_untagged(&client, &Pushed::image("new", &[])).await?;
    push(&client, "v3", "three").await?;
    assert_eq!(applied(&world.service).await?.0, set(["v1"]));
    world.clock.advance(100 * DAY);
    assert_eq!(applied(&world.service).await?.0, BTreeSet::new());
    world.clock.advance(2 * DAY - HOUR);
    assert_eq!(applied(&world.service).await?.0, BTreeSet::new());
    world.clock.advance(HOUR);
    assert_eq!(applied(&world.service).await?.0, named(&[&pushed, &new, &tagged]));
    assert_eq!(tags(&client).await?, ["v2", "v3"]);
    Ok(())
}

#[tokio::test]
async fn each_delete_has_its_entry() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let gone = push(&client, "v1", "one").await?;
    push(&client, "v2", "two").await?;
    let who = Some("operator".to_owned());
    let registry = RegistryName::parse("lnxcr")?;
    world.service.put_retention_rule(who.clone(), &registry, rule("samples/*", Some(1), Some(1))?).await?;
    apply(&world.service, true).await?;
    for _ in 0..2 {
        let settings = RetentionSettings { who: who.clone(), ..RetentionSettings::default() };
        all(world.service.begin_retention(settings).await?).await?;
        world.clock.advance(DAY);
    }
    let pattern = RepositoryPattern::parse("samples/*").ok_or("a pattern")?;
    world.service.delete_retention_rule(who, &registry, pattern).await?;
    let query = Query { action: Some("retention/".to_owned()), ..Default::default() };
    let lines = world.service.list_audit(query, End::First, 100).await?.lines;
    let sentence = "samples/*: keep the last 1 tag; delete manifests after 1 day without a tag";
    let of_rule = format!(r#""rule":"retention rule {sentence}""#);
    let expected = [
        vec![r#""action":"retention/rule/write""#.to_owned(), format!(r#""target":"samples/*","detail":"{sentence}""#)],
        vec![
            r#""action":"retention/tag/delete""#.to_owned(),
            r#""target":"v1""#.to_owned(),
            of_rule.clone(),
            gone.to_string(),
        ],
        vec![r#""action":"retention/manifest/delete""#.to_owned(), format!(r#""target":"{gone}""#), of_rule],
        vec![r#""action":"retention/rule/delete""#.to_owned()],
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(expected) {
        for text in expected
            .iter()
            .map(String::as_str)
            .chain([r#""who":"operator","credential":"data folder","registry":"lnxcr""#])
        {
            assert!(line.contains(text), "{text}: {line}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn rules_are_stored_and_have_their_limits() -> Outcome {
    let world = World::new().await?;
    world.registry("lnxcr").await?;
    let unknown = RegistryName::parse("unknown")?;
    let refused = world.service.put_retention_rule(None, &unknown, rule("*", Some(1), None)?).await;
    assert!(matches!(refused, Err(Error::ParentRegistryMissing(name)) if name == unknown));
    let registry = RegistryName::parse("lnxcr")?;
    for number in 0..100 {
        put(&world.service, rule(&format!("r{number}"), Some(1), None)?).await?;
    }
    let refused = world.service.put_retention_rule(None, &registry, rule("*", Some(1), None)?).await;
    assert!(matches!(refused, Err(Error::LimitReached(service::limits::RETENTION_RULES))));
    let previewed = world.service.preview_retention(registry.clone(), rule("*", Some(1), None)?).await;
    assert!(matches!(previewed.err(), Some(Error::LimitReached(service::limits::RETENTION_RULES))), "no dry run of it");
    world.service.preview_retention(registry, rule("r7", Some(1), None)?).await?;
    put(&world.service, rule("r7", Some(9), Some(3))?).await?;
    let other_process = world.open_again().await?;
    let (key, rules) = other_process.list_retention_rules(None).await?.ok_or("rules")?;
    assert_eq!(rules.len(), 100);
    let changed = rules.iter().find(|stored| stored.rule.repositories().to_string() == "r7").ok_or("it is there")?;
    assert_eq!(changed.rule, rule("r7", Some(9), Some(3))?);
    assert_eq!(other_process.list_retention_rules(Some(key)).await?, None);
    Ok(())
}

/// A push that brings an index has 24 hours at least: its members have no tag, and nothing holds them yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pushes_beside_it_lose_nothing() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    put(&world.service, rule("*", Some(1), Some(1))?).await?;
    let other_process = world.open_again().await?;
    let pusher = client.at(&other_process);
    let members: Vec<Pushed> = (0..20).map(|number| Pushed::image(format!("member {number}"), &[])).collect();
    for member in &members {
        push_untagged(&client, member).await?;
    }
    world.clock.advance(2 * DAY);
    let pushes = async {
        for (number, member) in members.iter().enumerate() {
            let digest = push_untagged(&pusher, member).await.map_err(|error| error.to_string())?;
            let mut index = Pushed::index("", &[&digest]);
            index.bytes = format!("index {number}").into();
            let put = pusher.put((APP, &format!("t{number}")), &index).await.map_err(|error| error.to_string())?;
            put.map_err(|error| error.to_string())?;
        }
        Ok::<_, String>(())
    };
    let retain = async {
        for _ in 0..20 {
            apply(&world.service, false).await.map_err(|error| error.to_string())?;
        }
        Ok::<_, String>(())
    };
    let (pushed, retained) = tokio::join!(pushes, retain);
    pushed?;
    retained?;
    apply(&world.service, false).await?;
    assert_eq!(tags(&client).await?, ["t19"], "it did something");
    let newest = client.get((APP, "t19")).await??;
    assert_eq!(&newest.bytes[..], b"index 19");
    client.get((APP, &crate::world::sha256("member 19").to_string())).await??;
    Ok(())
}
