//! Lists of many pages.

use crate::client::Outcome;
use crate::harness::{Harness, REGISTRY};
use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One more than a page holds.
const MANY: usize = service::limits::RESOURCE_PAGE_ITEMS + 1;

fn names(page: &Value) -> Vec<String> {
    page["value"].as_array().into_iter().flatten().filter_map(|item| Some(item["name"].as_str()?.to_owned())).collect()
}

/// The path and query of the next page.
fn next(page: &Value) -> Option<&str> {
    page["nextLink"].as_str()?.strip_prefix("http://127.0.0.1:5000")
}

/// Makes as many as a page holds and one more, several at a time.
async fn fill(harness: &Harness, collection: &str, properties: Value) -> Outcome {
    let registry = harness.registry_id(REGISTRY);
    for begin in (0..MANY).step_by(100) {
        let put = |number| {
            let path = format!("{registry}/{collection}/item-{number:05}");
            let body = json!({"properties": properties});
            async move { harness.put(&path, body).await }
        };
        for made in futures_util::future::join_all((begin..MANY.min(begin + 100)).map(put)).await {
            made?;
        }
    }
    Ok(())
}

#[rstest]
#[case::tokens("tokens", json!({"credentials": {"passwords": [{"name": "password1"}]}}), 0)]
#[case::scope_maps("scopeMaps", json!({"actions": []}), 5)]
#[tokio::test]
async fn every_item_once(#[case] collection: &str, #[case] properties: Value, #[case] system: usize) -> Outcome {
    let harness = Harness::new().await?;
    fill(&harness, collection, properties).await?;
    let list = format!("{}/{collection}", harness.registry_id(REGISTRY));
    let first = harness.get(&list).await?;
    assert_eq!(names(&first).len(), service::limits::RESOURCE_PAGE_ITEMS);
    assert!(names(&first)[..system].iter().all(|name| name.starts_with('_')), "the system's first");
    // One that was listed and one that was not go away, another comes.
    let gone = names(&first)[system].clone();
    harness.delete(&format!("{list}/{gone}")).await?;
    harness.put(&format!("{list}/newcomer"), json!({"properties": {"actions": []}})).await?;
    let second = harness.get(next(&first).ok_or("a second page")?).await?;
    assert_eq!(next(&second), None, "the last page");
    let listed: Vec<String> = names(&first).into_iter().chain(names(&second)).collect();
    assert_eq!(listed.len(), MANY + system + 1);
    assert_eq!(listed.iter().collect::<BTreeSet<_>>().len(), listed.len(), "each once");
    assert_eq!(listed.last().map(String::as_str), Some("newcomer"));
    let usages = harness.get(&format!("{}/listUsages", harness.registry_id(REGISTRY))).await?;
    let kind = if system == 0 { "Tokens" } else { "ScopeMaps" };
    let usage = usages["value"].as_array().into_iter().flatten().find(|usage| usage["name"] == kind);
    assert_eq!(usage.ok_or("a count")?["currentValue"], MANY, "one went, one came");
    Ok(())
}

#[rstest]
#[case("x")]
#[case("-1")]
#[tokio::test]
async fn a_skip_token_of_no_page(#[case] given: &str) -> Outcome {
    let harness = Harness::new().await?;
    let path = format!("{}/tokens?api-version=2025-11-01&%24skipToken={given}", harness.registry_id(REGISTRY));
    let answer = harness.manage(Method::GET, &path, None).await?;
    assert_eq!((answer.status, &answer.json()?["error"]["target"]), (StatusCode::BAD_REQUEST, &json!("$skiptoken")));
    Ok(())
}
