//! Resource groups and registries.

use crate::client::Outcome;
use crate::harness::{GROUP, Harness, MANAGER, OTHER_REGISTRY, REGISTRY};
use http::{Method, StatusCode};
use model::timestamp::Timestamp;
use rstest::rstest;
use serde_json::{Value, json};
use server::retention::{Draft, RuleTarget};
use std::time::Duration;

fn names(list: &Value) -> Vec<&str> {
    list["value"].as_array().into_iter().flatten().filter_map(|item| item["name"].as_str()).collect()
}

#[tokio::test]
async fn a_registry_from_first_to_last() -> Outcome {
    let harness = Harness::empty().await?;
    let group = format!("/subscriptions/{}/resourceGroups/{GROUP}", harness.subscription);
    let answer = harness.manage(Method::PUT, &group, Some(json!({"location": "West US"}))).await?;
    assert_eq!((answer.status, &answer.json()?["location"]), (StatusCode::CREATED, &json!("westus")));

    let id = harness.registry_id("LnxCr");
    let body = json!({"location": "westus", "sku": {"name": "premium"}, "tags": {"team": "a"}});
    let answer = harness.manage(Method::PUT, &id, Some(body.clone())).await?;
    let created = answer.json()?;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(created["properties"]["provisioningState"], "Creating");
    assert_eq!(created["properties"]["loginServer"], "lnxcr.localhost");
    assert_eq!(created["sku"], json!({"name": "Premium", "tier": "Premium"}));
    assert_eq!(created["systemData"]["createdBy"], MANAGER);
    assert_eq!(created["systemData"]["createdByType"], "User");

    let again = harness.manage(Method::PUT, &id, Some(body)).await?;
    assert_eq!((again.status, again.header("retry-after")), (StatusCode::OK, Some("0")));
    // In any case, by any of its lists; the name stays as it was made.
    let read = harness.get(&id.to_uppercase().replace("MICROSOFT", "Microsoft")).await?;
    assert_eq!((&read["name"], &read["id"]), (&json!("LnxCr"), &json!(id)));
    for list in [group.clone(), format!("/subscriptions/{}", harness.subscription)] {
        let list = harness.get(&format!("{list}/providers/Microsoft.ContainerRegistry/registries")).await?;
        assert_eq!(names(&list), ["LnxCr"]);
    }

    assert_eq!(harness.delete(&id).await?.status, StatusCode::OK);
    assert_eq!(harness.manage(Method::DELETE, &id, None).await?.status, StatusCode::NO_CONTENT);
    assert_eq!(harness.manage(Method::GET, &id, None).await?.error_code()?, "ResourceNotFound");
    Ok(())
}

#[tokio::test]
async fn a_deleted_registry_takes_its_tokens_along() -> Outcome {
    let harness = Harness::new().await?;
    let scope_map = harness.scope_map("newmap", &["repositories/a/content/read"]).await?;
    let token = harness.token("token2", &scope_map).await?;
    token.issue(&[]).await?.succeeded()?;
    let id = harness.registry_id(REGISTRY);
    harness.delete(&id).await?;
    assert_eq!(token.issue(&[]).await?.status, StatusCode::NOT_FOUND);
    // One of the same name is another registry.
    harness.put(&id, json!({"location": "westus", "sku": {"name": "Premium"}})).await?;
    assert_eq!(token.issue(&[]).await?.status, StatusCode::UNAUTHORIZED);
    assert_eq!(harness.get(&format!("{id}/tokens")).await?, json!({"value": []}));
    Ok(())
}

#[rstest]
#[case::no_tier(REGISTRY, json!({"location": "westus"}), StatusCode::BAD_REQUEST, "InvalidParameter", Some("sku"))]
#[case::other_tier("freshcr", json!({"location": "westus", "sku": {"name": "Gold"}}), StatusCode::BAD_REQUEST, "InvalidParameter", Some("sku.name"))]
#[case::no_location("freshcr", json!({"sku": {"name": "Basic"}}), StatusCode::BAD_REQUEST, "InvalidParameter", Some("location"))]
#[case::other_location(REGISTRY, json!({"location": "eastus", "sku": {"name": "Basic"}}), StatusCode::BAD_REQUEST, "InvalidParameter", Some("location"))]
#[case::name("no-name", json!({"location": "westus", "sku": {"name": "Basic"}}), StatusCode::BAD_REQUEST, "InvalidResourceName", None)]
#[case::identity("freshcr", json!({"location": "westus", "sku": {"name": "Basic"}, "identity": {"type": "SystemAssigned"}}), StatusCode::BAD_REQUEST, "InvalidParameter", Some("identity"))]
#[tokio::test]
async fn refused(
    #[case] name: &str,
    #[case] body: Value,
    #[case] status: StatusCode,
    #[case] code: &str,
    #[case] target: Option<&str>,
) -> Outcome {
    let harness = Harness::new().await?;
    let answer = harness.manage(Method::PUT, &harness.registry_id(name), Some(body)).await?;
    assert_eq!((answer.status, answer.error_code()?.as_str()), (status, code), "{answer:?}");
    assert_eq!(answer.json()?["error"]["target"].as_str(), target);
    Ok(())
}

#[tokio::test]
async fn what_is_missing_is_named() -> Outcome {
    let harness = Harness::new().await?;
    let body = json!({"location": "westus", "sku": {"name": "Basic"}});
    let elsewhere = |subscription: &str, group: &str, name: &str| {
        format!(
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerRegistry/registries/{name}"
        )
    };
    let other = "11111111-1111-1111-1111-111111111111";
    let site = harness.subscription.as_str();
    for (path, status, code) in [
        (elsewhere(other, GROUP, "freshcr"), StatusCode::NOT_FOUND, "SubscriptionNotFound"),
        (elsewhere(site, "nogroup", "freshcr"), StatusCode::NOT_FOUND, "ResourceGroupNotFound"),
    ] {
        let answer = harness.manage(Method::PUT, &path, Some(body.clone())).await?;
        assert_eq!((answer.status, answer.error_code()?.as_str()), (status, code));
    }
    // Names of registries are unique on a site, because they become host names.
    let group = format!("/subscriptions/{site}/resourceGroups/second");
    harness.put(&group, json!({"location": "westus"})).await?;
    let answer = harness.manage(Method::PUT, &elsewhere(site, "second", OTHER_REGISTRY), Some(body)).await?;
    assert_eq!((answer.status, answer.error_code()?.as_str()), (StatusCode::CONFLICT, "AlreadyInUse"));
    Ok(())
}

/// Whoever reads a registry may send it back.
#[tokio::test]
async fn put_and_patch_of_what_was_read() -> Outcome {
    let harness = Harness::new().await?;
    let id = harness.registry_id(REGISTRY);
    let read = harness.get(&id).await?;
    assert_eq!(harness.put(&id, read.clone()).await?["properties"], read["properties"]);
    let patched = harness.patch(&id, json!({"tags": {"foo": "bar"}, "sku": {"name": "basic"}})).await?;
    assert_eq!(patched["tags"], json!({"foo": "bar"}));
    assert_eq!(patched["sku"], json!({"name": "Basic", "tier": "Basic"}));
    // Accepting and ignoring would be a lie.
    let wish = json!({"properties": {"dataEndpointEnabled": true}});
    let answer = harness.manage(Method::PATCH, &id, Some(wish)).await?;
    assert_eq!((answer.status, answer.error_code()?.as_str()), (StatusCode::BAD_REQUEST, "InvalidParameter"));
    assert_eq!(answer.json()?["error"]["target"], "properties.dataEndpointEnabled");
    Ok(())
}

/// `az acr update --anonymous-pull-enabled`, Terraform's `anonymous_pull_enabled`.
#[tokio::test]
async fn anonymous_pull_stays_as_it_was_said_last() -> Outcome {
    let harness = Harness::new().await?;
    let id = harness.registry_id("publiccr");
    let body = |properties: Value| json!({"location": "westus", "sku": {"name": "Basic"}, "properties": properties});
    let on = json!({"anonymousPullEnabled": true});
    let shown = |registry: &Value| registry["properties"]["anonymousPullEnabled"].as_bool();
    assert_eq!(shown(&harness.put(&id, body(on.clone())).await?), Some(true), "at creation");
    assert_eq!(shown(&harness.get(&id).await?), Some(true));
    assert_eq!(shown(&harness.put(&id, body(json!({}))).await?), Some(true), "a PUT that does not say");
    assert_eq!(shown(&harness.patch(&id, json!({"tags": {"a": "b"}})).await?), Some(true));
    let off = json!({"properties": {"anonymousPullEnabled": false}});
    assert_eq!(shown(&harness.patch(&id, off).await?), Some(false));
    assert_eq!(shown(&harness.put(&id, body(json!({}))).await?), Some(false));
    assert_eq!(shown(&harness.put(&id, body(on)).await?), Some(true));
    assert_eq!(shown(&harness.get(&harness.registry_id(REGISTRY)).await?), Some(false), "of one registry only");
    Ok(())
}

/// `az acr config retention update`, and the rule that `portcullis retention` shows.
#[tokio::test]
async fn the_retention_policy_is_the_rule_for_all_repositories() -> Outcome {
    let harness = Harness::new().await?;
    let (id, made) = (harness.registry_id(REGISTRY), harness.now());
    let patch = async |policy: Value| {
        harness.advance(Duration::from_secs(60));
        let body = json!({"properties": {"policies": {"retentionPolicy": policy}}});
        harness.manage(Method::PATCH, &id, Some(body)).await
    };
    let shown = async || {
        Ok::<_, Box<dyn std::error::Error>>(
            harness.get(&id).await?["properties"]["policies"]["retentionPolicy"].clone(),
        )
    };
    let enabled =
        |days: u64, at: Timestamp| json!({"days": days, "lastUpdatedTime": at.to_string(), "status": "enabled"});
    let off = json!({"days": 7, "lastUpdatedTime": made.to_string(), "status": "disabled"});
    let rules = async || {
        let listed = harness.server.list_retention_rules(Some(REGISTRY)).await?;
        Ok::<_, Box<dyn std::error::Error>>(
            listed.into_iter().map(|stored| stored.rule.to_string()).collect::<Vec<_>>(),
        )
    };
    assert_eq!(shown().await?, off);
    patch(json!({"status": "enabled", "days": 30})).await?.succeeded()?;
    let at = harness.now();
    assert_eq!(shown().await?, enabled(30, at));
    let from = at.whole_seconds();
    assert_eq!(rules().await?, [format!("*: delete manifests after 30 days without a tag, counted from {from} on")]);
    // What was read is sent back, and a change of something else.
    patch(shown().await?).await?.succeeded()?;
    harness.patch(&id, json!({"tags": {"a": "b"}})).await?;
    assert_eq!(shown().await?, enabled(30, at));
    patch(json!({"days": 10})).await?.succeeded()?;
    assert_eq!(shown().await?, enabled(10, harness.now()));
    assert_eq!(rules().await?, [format!("*: delete manifests after 10 days without a tag, counted from {from} on")]);
    let target = RuleTarget { registry: Some(REGISTRY.to_owned()), repositories: "*".to_owned() };
    let draft = Draft { target, keep_last: Some(5), untagged_days: Some(10), never: vec!["v*".to_owned()] };
    harness.server.put_retention_rule(&draft, "operator".to_owned()).await?;
    patch(json!({"status": "disabled", "days": 10})).await?.succeeded()?;
    assert_eq!((shown().await?, rules().await?), (off.clone(), vec!["*: keep the last 5 tags beside v*".to_owned()]));
    for (policy, target) in [
        (json!({"status": "enabled", "days": 0}), "properties.policies.retentionPolicy.days"),
        (json!({"status": "enabled", "days": 4_000}), "properties.policies.retentionPolicy.days"),
        (json!({"days": 30}), "properties.policies.retentionPolicy.days"),
        (json!({"status": "on"}), "properties.policies.retentionPolicy.status"),
    ] {
        let answer = patch(policy).await?;
        assert_eq!((answer.status, &answer.json()?["error"]["target"]), (StatusCode::BAD_REQUEST, &json!(target)));
    }
    assert_eq!(shown().await?, off);
    Ok(())
}

#[tokio::test]
async fn resource_groups() -> Outcome {
    let harness = Harness::new().await?;
    let groups = format!("/subscriptions/{}/resourceGroups", harness.subscription);
    let group = format!("{groups}/{GROUP}");
    let expected = json!({
        "id": group,
        "name": GROUP,
        "type": "Microsoft.Resources/resourceGroups",
        "location": "westus",
        "tags": {"a": "b"},
        "properties": {"provisioningState": "Succeeded"},
    });
    let again = harness.manage(Method::PUT, &group, Some(json!({"location": "West US", "tags": {"a": "b"}}))).await?;
    assert_eq!((again.status, again.json()?), (StatusCode::OK, expected.clone()));
    assert_eq!(harness.get(&group.replace("resourceGroups", "resourcegroups")).await?, expected);
    assert_eq!(harness.get(&groups).await?, json!({"value": [expected]}));
    assert_eq!(harness.manage(Method::HEAD, &group, None).await?.status, StatusCode::NO_CONTENT);
    harness.delete(&group).await?;
    assert_eq!(harness.manage(Method::HEAD, &group, None).await?.status, StatusCode::NOT_FOUND);
    let gone = harness.manage(Method::DELETE, &group, None).await?;
    assert_eq!(
        (gone.error_code()?.as_str(), gone.header("x-ms-failure-cause")),
        ("ResourceGroupNotFound", Some("gateway"))
    );
    Ok(())
}

/// Terraform and the SDKs change the tags of a group so.
#[tokio::test]
async fn patch_of_a_resource_group() -> Outcome {
    let harness = Harness::new().await?;
    let group = format!("/subscriptions/{}/resourceGroups/{GROUP}", harness.subscription);
    harness.put(&group, json!({"location": "westus", "tags": {"a": "b"}})).await?;
    let before = harness.get(&group).await?;
    for (body, tags) in [
        (json!({}), json!({"a": "b"})),
        (json!({"tags": null, "properties": {}}), json!({"a": "b"})),
        (json!({"tags": {"c": "d"}}), json!({"c": "d"})),
        (json!({"tags": {}}), Value::Null),
    ] {
        let answer = harness.manage(Method::PATCH, &group, Some(body)).await?.succeeded()?;
        let shown = answer.json()?;
        assert_eq!((answer.status, &shown["tags"]), (StatusCode::OK, &tags));
        assert_eq!((&shown["location"], &shown["id"]), (&before["location"], &before["id"]));
        assert_eq!(harness.get(&group).await?, shown);
    }
    let answer = harness.manage(Method::PATCH, &format!("{group}2"), Some(json!({"tags": {}}))).await?;
    assert_eq!(answer.seen(), "404 ResourceGroupNotFound");
    Ok(())
}

/// azure-cli looks a registry's group up so (management-api.md, section 9).
#[rstest]
#[case("resourceType eq 'Microsoft.ContainerRegistry/registries'", Some(2))]
#[case("resourceType eq 'Microsoft.Web/sites'", Some(0))]
#[case("name eq 'lnxcr'", Some(1))]
#[case("name gt 'lnxcr'", None)]
#[tokio::test]
async fn resources_by_type(#[case] filter: &str, #[case] expected: Option<usize>) -> Outcome {
    let harness = Harness::new().await?;
    let query =
        form_urlencoded::Serializer::new("api-version=2022-09-01&".to_owned()).append_pair("$filter", filter).finish();
    let path = format!("/subscriptions/{}/resources?{query}", harness.subscription);
    let answer = harness.manage(Method::GET, &path, None).await?;
    assert_eq!(answer.json()?["value"].as_array().map(Vec::len), expected, "{answer:?}");
    Ok(())
}
