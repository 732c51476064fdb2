//! `listUsages`, as clients see it.

use crate::client::Outcome;
use crate::harness::{Harness, Holder, OTHER_REGISTRY, REGISTRY};
use http::{Method, StatusCode};
use model::action::Action;
use model::manifest::ManifestKind;
use serde_json::{Value, json};

/// Each usage's name, limit, number and unit.
async fn usages(harness: &Harness, registry: &str) -> Outcome<Vec<Value>> {
    let listed = harness.get(&format!("{}/listUsages", harness.registry_id(registry))).await?;
    let of = |usage: &Value| json!([usage["name"], usage["limit"], usage["currentValue"], usage["unit"]]);
    Ok(listed["value"].as_array().ok_or("a list")?.iter().map(of).collect())
}

fn expected(size: usize, scope_maps: usize, tokens: usize) -> Vec<Value> {
    vec![
        json!(["Size", -1, size, "Bytes"]),
        json!(["Webhooks", 0, 0, "Count"]),
        json!(["Geo-replications", 0, 0, "Count"]),
        json!(["IPRules", 0, 0, "Count"]),
        json!(["VNetRules", 0, 0, "Count"]),
        json!(["PrivateEndpointConnections", 0, 0, "Count"]),
        json!(["ScopeMaps", 2_000_000, scope_maps, "Count"]),
        json!(["Tokens", 2_000_000, tokens, "Count"]),
    ]
}

#[tokio::test]
async fn what_a_registry_holds() -> Outcome {
    let harness = Harness::new().await?;
    assert_eq!(usages(&harness, REGISTRY).await?, expected(0, 0, 0));
    // The system's scope maps are not counted; one that no token has is.
    harness.scope_map("newmap", &[]).await?;
    let client = harness.holder("everything", "*", &Action::ALL).await?.basic();
    assert_eq!(usages(&harness, REGISTRY).await?, expected(0, 2, 1));
    // A blob in two repositories is kept once, a manifest in each.
    let manifest = r#"{"schemaVersion":2,"manifests":[]}"#;
    for repository in ["samples/one", "samples/two"] {
        client.push_blob(repository, b"hello").await?;
        let pushed = client.push_manifest((repository, "v1"), ManifestKind::OciIndex.media_type(), manifest).await?;
        assert_eq!(pushed.seen(), "201");
    }
    assert_eq!(usages(&harness, REGISTRY).await?, expected(5 + 2 * manifest.len(), 2, 1));
    assert_eq!(usages(&harness, OTHER_REGISTRY).await?, expected(0, 0, 0));
    // Another registry counts the same blob too.
    let holder = Holder { name: "everything", repositories: "*", actions: &Action::ALL };
    let other = harness.holder_at(OTHER_REGISTRY, holder).await?.basic();
    other.push_blob("samples/one", b"hello").await?;
    assert_eq!(usages(&harness, OTHER_REGISTRY).await?, expected(5, 1, 1));
    Ok(())
}

#[tokio::test]
async fn of_a_registry_that_is_not_there() -> Outcome {
    let harness = Harness::new().await?;
    let path = format!("{}/listUsages", harness.registry_id("nosuch"));
    let answer = harness.manage(Method::GET, &path, None).await?;
    assert_eq!((answer.status, answer.error_code()?.as_str()), (StatusCode::NOT_FOUND, "ResourceNotFound"));
    Ok(())
}
