//! What the server collects by itself, and what requests keep it from.

use crate::client::Outcome;
use crate::distribution::pushes::{REPOSITORY, everything};
use crate::harness::{Harness, REGISTRY};
use http::{Method, StatusCode};
use model::action::Action;
use rstest::rstest;
use serde_json::json;
use server::Config;
use server::config::CollectionConfig;
use server::retention::{Draft, RuleTarget};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

#[rstest]
#[case::wanted(true)]
#[case::not_wanted(false)]
#[tokio::test]
async fn the_server_collects_if_it_is_configured_to(#[case] enabled: bool) -> Outcome {
    let collection = CollectionConfig { enabled, ..CollectionConfig::default() };
    let harness = Harness::new_with(Config { collection, ..Config::default() }).await?;
    let client = everything(&harness).await?;
    let blob = client.push_blob(REPOSITORY, b"never used").await?;
    harness.advance(DAY + HOUR);
    harness.server.collect().await?;
    let found = client.get(&format!("/v2/{REPOSITORY}/blobs/{blob}")).await?.seen();
    assert_eq!(found, if enabled { "404 BLOB_UNKNOWN" } else { "200" });
    let path = format!("/providers/Portcullis.Audit/entries?api-version={}&action=collection", wire::arm::API_VERSION);
    let listed = String::from_utf8(harness.manage(Method::GET, &path, None).await?.succeeded()?.body.to_vec())?;
    assert_eq!(listed.contains("1 blobs out of repositories"), enabled, "{listed}");
    Ok(())
}

/// From the tag to the bytes.
#[rstest]
#[case::wanted(true)]
#[case::not_wanted(false)]
#[tokio::test]
async fn the_server_applies_rules_of_retention_before_it_collects(#[case] enabled: bool) -> Outcome {
    let collection = CollectionConfig { enabled, ..CollectionConfig::default() };
    let harness = Harness::new_with(Config { collection, ..Config::default() }).await?;
    let client = everything(&harness).await?;
    let mut images = Vec::new();
    for (tag, blob) in [("v1", b"one".as_slice()), ("v2", b"two"), ("latest", b"one")] {
        let blob = client.push_blob(REPOSITORY, blob).await?;
        let pushed =
            client.push_image((REPOSITORY, tag), &blob, if tag == "latest" { "" } else { r#","annotations":{}"# });
        images.push((pushed.await?.header("docker-content-digest").ok_or("a digest")?.to_owned(), blob));
    }
    let target = RuleTarget { registry: Some(REGISTRY.to_owned()), repositories: "samples/*".to_owned() };
    let never = vec!["latest".to_owned()];
    let draft = Draft { target, keep_last: Some(1), untagged_days: Some(2), never };
    harness.server.put_retention_rule(&draft, "operator".to_owned()).await?;
    let [(one, _), (two, blob), (latest, kept)] = images.try_into().map_err(|_| "three images")?;
    client.push_image((REPOSITORY, "v3"), &kept, r#","annotations":{"a":"b"}"#).await?;
    let paths = [
        "manifests/v2".to_owned(),
        format!("manifests/{one}"),
        format!("manifests/{two}"),
        format!("blobs/{blob}"),
        format!("manifests/{latest}"),
        "manifests/v3".to_owned(),
        format!("blobs/{kept}"),
    ];
    // When, and how many of these are gone then, the first first.
    for (by, gone) in [(Duration::ZERO, 1), (2 * DAY, 3), (HOUR, 3), (DAY, 4), (10 * DAY, 4)] {
        harness.advance(by);
        harness.server.collect().await?;
        for (index, path) in paths.iter().enumerate() {
            let found = client.get(&format!("/v2/{REPOSITORY}/{path}")).await?.seen();
            assert_eq!(found == "200", !enabled || index >= gone, "{path} after {by:?}: {found}");
        }
    }
    Ok(())
}

/// Azure's policy is not about what was there before it, and nobody is asked: its days begin when it is enabled, and go on when it is changed. Who
/// stores the same rule with the command was shown what it takes.
#[rstest]
#[case::azure(true)]
#[case::command(false)]
#[tokio::test]
async fn the_days_of_a_policy_begin_when_it_is_enabled(#[case] by_policy: bool) -> Outcome {
    let harness = Harness::new().await?;
    let client = everything(&harness).await?;
    let blob = client.push_blob(REPOSITORY, b"one").await?;
    let digest =
        client.push_image((REPOSITORY, "v1"), &blob, "").await?.header("docker-content-digest").map(str::to_owned);
    client.push_image((REPOSITORY, "v1"), &blob, r#","annotations":{}"#).await?;
    let path = format!("/v2/{REPOSITORY}/manifests/{}", digest.ok_or("a digest")?);
    harness.advance(30 * DAY);
    for days in [7, 5] {
        if by_policy {
            let policy = json!({"status": "enabled", "days": days});
            let body = json!({"properties": {"policies": {"retentionPolicy": policy}}});
            harness.patch(&harness.registry_id(REGISTRY), body).await?;
        } else {
            let target = RuleTarget { registry: Some(REGISTRY.to_owned()), repositories: "*".to_owned() };
            let draft = Draft { target, untagged_days: Some(days), ..Draft::default() };
            harness.server.put_retention_rule(&draft, "operator".to_owned()).await?;
        }
        harness.server.collect().await?;
        assert_eq!(client.get(&path).await?.status == StatusCode::OK, by_policy, "{days} days");
        harness.advance(DAY);
    }
    for (by, is_there) in [(Duration::ZERO, by_policy), (3 * DAY - HOUR, by_policy), (HOUR, false)] {
        harness.advance(by);
        harness.server.collect().await?;
        assert_eq!(client.get(&path).await?.status == StatusCode::OK, is_there, "{by:?} later");
    }
    Ok(())
}

/// Where nothing is deleted by itself, nothing is promised to be; what is so already can be sent back.
#[tokio::test]
async fn no_policy_is_enabled_where_nobody_applies_it() -> Outcome {
    let collection = CollectionConfig { enabled: false, ..CollectionConfig::default() };
    let harness = Harness::new_with(Config { collection, ..Config::default() }).await?;
    let id = harness.registry_id(REGISTRY);
    let enable = || json!({"properties": {"policies": {"retentionPolicy": {"status": "enabled", "days": 7}}}});
    let refused = harness.manage(Method::PATCH, &id, Some(enable())).await?;
    let error = &refused.json()?["error"];
    assert_eq!(
        (refused.status, &error["target"]),
        (StatusCode::BAD_REQUEST, &json!("properties.policies.retentionPolicy.status"))
    );
    assert!(error["message"].as_str().is_some_and(|told| told.contains("[collection]")), "{error}");
    let target = RuleTarget { registry: Some(REGISTRY.to_owned()), repositories: "*".to_owned() };
    let draft = Draft { target, untagged_days: Some(7), ..Draft::default() };
    harness.server.put_retention_rule(&draft, "operator".to_owned()).await?;
    harness.patch(&id, enable()).await?;
    harness.patch(&id, json!({"properties": {"policies": {"retentionPolicy": {"status": "disabled"}}}})).await?;
    assert_eq!(harness.manage(Method::PATCH, &id, Some(enable())).await?.status, StatusCode::BAD_REQUEST);
    Ok(())
}

/// Told that it is there, a client that may push does not send it. What a reader is told is no reason to keep it.
#[rstest]
#[case::may_push(&Action::ALL, Method::HEAD, "200")]
#[case::may_only_read(&[Action::ContentRead, Action::MetadataRead], Method::HEAD, "404 BLOB_UNKNOWN")]
#[case::may_push_and_pulls(&Action::ALL, Method::GET, "404 BLOB_UNKNOWN")]
#[tokio::test]
async fn a_blob_stays_when_somebody_was_told_that_it_need_not_be_sent(
    #[case] actions: &[Action],
    #[case] method: Method,
    #[case] later: &str,
) -> Outcome {
    let harness = Harness::new().await?;
    let owner = everything(&harness).await?;
    let path = format!("/v2/{REPOSITORY}/blobs/{}", owner.push_blob(REPOSITORY, b"hello world").await?);
    let asking = harness.holder("asking", "*", actions).await?.basic();
    harness.advance(DAY);
    assert_eq!(asking.ask(method, &path).await?.seen(), "200");
    harness.advance(HOUR);
    harness.server.collect().await?;
    assert_eq!(owner.get(&path).await?.seen(), later);
    Ok(())
}
