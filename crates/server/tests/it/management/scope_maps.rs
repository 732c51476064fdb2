//! Scope maps.

use crate::client::Outcome;
use crate::harness::{Harness, REGISTRY};
use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

#[tokio::test]
async fn the_system_has_five_that_stay() -> Outcome {
    let harness = Harness::new().await?;
    harness.scope_map("newmap", &[]).await?;
    let list = harness.get(&format!("{}/scopeMaps", harness.registry_id(REGISTRY))).await?;
    let maps: Vec<&Value> = list["value"].as_array().into_iter().flatten().collect();
    let names: Vec<&str> = maps.iter().filter_map(|map| map["name"].as_str()).collect();
    let system = [
        "_repositories_admin",
        "_repositories_pull",
        "_repositories_pull_metadata_read",
        "_repositories_push",
        "_repositories_push_metadata_write",
    ];
    assert_eq!(names[..5], system);
    assert_eq!(names[5..], ["newmap"]);
    for map in &maps[..5] {
        assert_eq!((&map["properties"]["type"], map.get("systemData")), (&json!("SystemDefined"), None));
        let path = map["id"].as_str().ok_or("an id")?;
        // Exported templates are deployed again: the same is taken, a change is not.
        let same = json!({"properties": {
            "description": map["properties"]["description"], "actions": map["properties"]["actions"]
        }});
        harness.put(path, same).await?;
        let other = json!({"properties": {"actions": ["repositories/a/content/read"]}});
        for (method, body) in [(Method::PUT, Some(&other)), (Method::PATCH, Some(&other)), (Method::DELETE, None)] {
            let answer = harness.manage(method, path, body.cloned()).await?;
            assert_eq!((answer.status, answer.error_code()?.as_str()), (StatusCode::CONFLICT, "OperationNotAllowed"));
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_patch_replaces_what_it_names() -> Outcome {
    let harness = Harness::new().await?;
    let id = harness.scope_map_id("newmap");
    let body = json!({"properties": {"description": "Pulls.", "actions": ["repositories/b/content/read", "repositories/a/content/read"]}});
    let answer = harness.manage(Method::PUT, &id, Some(body)).await?;
    // At once and without an operation, unlike a token (management-api.md, 0.1); the order is the caller's.
    assert_eq!((answer.status, answer.header("azure-asyncoperation")), (StatusCode::OK, None));
    let actions = json!(["repositories/b/content/read", "repositories/a/content/read"]);
    assert_eq!(answer.json()?["properties"]["actions"], actions);
    let changed = harness.patch(&id, json!({"properties": {"description": "Pulls two."}})).await?;
    assert_eq!(changed["properties"]["actions"], actions);
    let changed = harness.patch(&id, json!({"properties": {"actions": ["repositories/c/content/read"]}})).await?;
    assert_eq!(changed["properties"]["description"], "Pulls two.");
    assert_eq!(harness.get(&id).await?["properties"]["actions"], json!(["repositories/c/content/read"]));
    Ok(())
}

#[rstest]
#[case::shape("newmap", json!(["some/complex/repo/content/read"]), "InvalidParameter", Some("properties.actions[0]"))]
#[case::second("newmap", json!(["repositories/a/content/read", "repositories/a/content/fly"]), "InvalidParameter", Some("properties.actions[1]"))]
#[case::wildcard_inside("newmap", json!(["repositories/a/*/b/content/read"]), "InvalidParameter", Some("properties.actions[0]"))]
#[case::type_of_actions("newmap", json!("repositories/a/content/read"), "InvalidRequestContent", Some("properties.actions"))]
#[case::no_actions("newmap", Value::Null, "InvalidParameter", Some("properties.actions"))]
#[case::name_of_the_system("_newmap", json!([]), "InvalidParameter", Some("name"))]
#[case::name("new.map", json!([]), "InvalidResourceName", None)]
#[tokio::test]
async fn refused(
    #[case] name: &str,
    #[case] actions: Value,
    #[case] code: &str,
    #[case] target: Option<&str>,
) -> Outcome {
    let harness = Harness::new().await?;
    let body = json!({"properties": {"actions": actions}});
    let answer = harness.manage(Method::PUT, &harness.scope_map_id(name), Some(body)).await?;
    assert_eq!((answer.status, answer.error_code()?.as_str()), (StatusCode::BAD_REQUEST, code), "{answer:?}");
    assert_eq!(answer.json()?["error"]["target"].as_str(), target);
    assert_ne!(harness.manage(Method::GET, &harness.scope_map_id(name), None).await?.status, StatusCode::OK);
    Ok(())
}

#[tokio::test]
async fn a_map_has_at_most_500_actions() -> Outcome {
    let harness = Harness::new().await?;
    let actions = |count: usize| (0..count).map(|n| format!("repositories/a{n}/content/read")).collect::<Vec<_>>();
    let id = harness.scope_map_id("newmap");
    harness.put(&id, json!({"properties": {"actions": actions(500)}})).await?;
    let answer = harness.manage(Method::PUT, &id, Some(json!({"properties": {"actions": actions(501)}}))).await?;
    assert_eq!((answer.status, answer.error_code()?.as_str()), (StatusCode::CONFLICT, "QuotaExceeded"));
    assert_eq!(harness.get(&id).await?["properties"]["actions"].as_array().map(Vec::len), Some(500));
    Ok(())
}

/// A token has new rights from its next request on; a deleted map leaves its tokens without any.
#[tokio::test]
async fn tokens_follow_their_map() -> Outcome {
    let harness = Harness::new().await?;
    let id = harness.scope_map("newmap", &["repositories/a/content/read"]).await?;
    let token = harness.token("token2", &id).await?;
    let scope = ["repository:a:pull,push repository:b:pull"];
    let mut granted = vec![token.issue(&scope).await?.json()?["scope"].clone()];
    harness.patch(&id, json!({"properties": {"actions": ["repositories/b/content/read"]}})).await?;
    granted.push(token.issue(&scope).await?.json()?["scope"].clone());
    harness.delete(&id).await?;
    granted.push(token.issue(&scope).await?.json()?["scope"].clone());
    assert_eq!(granted, [json!("repository:a:pull"), json!("repository:b:pull"), Value::Null]);
    let left = harness.get(&harness.token_id("token2")).await?;
    assert_eq!(left["properties"].get("scopeMapId"), None);
    Ok(())
}
