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

/// The lists, by how they are reached from the subscription.
const GROUPS: &str = "/resourcegroups";
const RESOURCES: &str = "/resources";
const RESOURCES_IN: &str = "/resourceGroups/lnxtest/resources";
const REGISTRIES: &str = "/providers/Microsoft.ContainerRegistry/registries";
const REGISTRIES_IN: &str = "/resourceGroups/lnxtest/providers/Microsoft.ContainerRegistry/registries";
const TOKENS: &str = "/resourceGroups/lnxtest/providers/Microsoft.ContainerRegistry/registries/lnxcr/tokens";

#[rstest]
#[case::no_number("$skipToken=x", "$skiptoken")]
#[case::negative("$skipToken=-1", "$skiptoken")]
#[tokio::test]
async fn a_skip_token_of_no_page(
    #[case] given: &str,
    #[case] target: &str,
    #[values(GROUPS, RESOURCES, RESOURCES_IN, REGISTRIES, REGISTRIES_IN, TOKENS)] list: &str,
) -> Outcome {
    let harness = Harness::new().await?;
    let path = format!("/subscriptions/{}{list}?api-version=2025-11-01&{given}", harness.subscription);
    let answer = harness.manage(Method::GET, &path, None).await?;
    assert_eq!((answer.status, &answer.json()?["error"]["target"]), (StatusCode::BAD_REQUEST, &json!(target)));
    Ok(())
}

#[rstest]
#[case::no_items("$top=0", "$top")]
#[case::no_number("$top=all", "$top")]
#[case::other_filter("$filter=name%20gt%20'a'", "$filter")]
#[tokio::test]
async fn what_a_list_does_not_take(
    #[case] given: &str,
    #[case] target: &str,
    #[values(GROUPS, RESOURCES)] list: &str,
) -> Outcome {
    a_skip_token_of_no_page(given, target, list).await
}

/// Groups `group-1` to `group-5`, each with the registry `regNr1` to `regNr5`; the odd ones are tagged.
async fn five(harness: &Harness) -> Outcome {
    for number in 1..=5 {
        let tags = if number % 2 == 1 { json!({"Kind": "odd one"}) } else { json!({}) };
        let group = format!("/subscriptions/{}/resourceGroups/group-{number}", harness.subscription);
        harness.put(&group, json!({"location": "westus", "tags": tags})).await?;
        let registry = format!("{group}/providers/Microsoft.ContainerRegistry/registries/regNr{number}");
        harness.put(&registry, json!({"location": "eastus", "sku": {"name": "Basic"}, "tags": tags})).await?;
    }
    Ok(())
}

/// The names on each page.
async fn pages(harness: &Harness, path: &str, parameters: &[(&str, &str)]) -> Outcome<Vec<Vec<String>>> {
    let query = form_urlencoded::Serializer::new("api-version=2022-09-01".to_owned()).extend_pairs(parameters).finish();
    let mut path = Some(format!("/subscriptions/{}{path}?{query}", harness.subscription));
    let mut pages = Vec::new();
    while let Some(asked) = path {
        let page = harness.get(&asked).await?;
        pages.push(names(&page));
        path = next(&page).map(str::to_owned);
    }
    Ok(pages)
}

const ODD: &str = "tagName eq 'kind' and tagValue eq 'odd one'";

#[rstest]
#[case::groups(GROUPS, &[("$top", "4")], &["lnxtest group-1 group-2 group-3", "group-4 group-5"])]
#[case::tagged_groups(GROUPS, &[("$top", "2"), ("$filter", ODD)], &["group-1 group-3", "group-5"])]
#[case::resources(RESOURCES, &[("$top", "5")], &["lnxcr othercr regNr1 regNr2 regNr3", "regNr4 regNr5"])]
#[case::tagged_resources(RESOURCES, &[("$filter", ODD), ("$top", "1")], &["regNr1", "regNr3", "regNr5"])]
#[case::by_name(RESOURCES, &[("$filter", "substringof('nr', name) and resourceGroup ne 'group-2'"), ("$top", "3")], &["regNr1 regNr3 regNr4", "regNr5"])]
#[case::all_at_once(RESOURCES, &[("$top", "100000")], &["lnxcr othercr regNr1 regNr2 regNr3 regNr4 regNr5"])]
#[case::of_a_group("/resourceGroups/GROUP-3/resources", &[], &["regNr3"])]
#[case::no_filter_for_registries(REGISTRIES, &[("$filter", "name eq 'lnxcr'")], &["lnxcr othercr regNr1 regNr2 regNr3 regNr4 regNr5"])]
#[case::no_top_for_registries(REGISTRIES, &[("$top", "1")], &["lnxcr othercr regNr1 regNr2 regNr3 regNr4 regNr5"])]
#[tokio::test]
async fn pages_keep_to_what_was_asked(
    #[case] path: &str,
    #[case] parameters: &[(&str, &str)],
    #[case] expected: &[&str],
) -> Outcome {
    let harness = Harness::new().await?;
    five(&harness).await?;
    let pages: Vec<String> = pages(&harness, path, parameters).await?.iter().map(|names| names.join(" ")).collect();
    assert_eq!(pages, expected);
    Ok(())
}

#[tokio::test]
async fn many_registries() -> Outcome {
    let harness = Harness::new().await?;
    let put = |number| {
        let path = harness.registry_id(&format!("many{number:05}"));
        let harness = &harness;
        async move { harness.put(&path, json!({"location": "westus", "sku": {"name": "Basic"}})).await }
    };
    for begin in (0..MANY).step_by(100) {
        for made in futures_util::future::join_all((begin..MANY.min(begin + 100)).map(put)).await {
            made?;
        }
    }
    for list in [REGISTRIES, REGISTRIES_IN, RESOURCES, RESOURCES_IN] {
        let pages = pages(&harness, list, &[]).await?;
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [service::limits::RESOURCE_PAGE_ITEMS, 3], "{list}");
        let listed: BTreeSet<&String> = pages.iter().flatten().collect();
        assert_eq!(listed.len(), MANY + 2, "{list}: each once");
    }
    Ok(())
}

#[tokio::test]
async fn resources_with_more_members() -> Outcome {
    let harness = Harness::new().await?;
    let list = format!("/subscriptions/{}/resources?api-version=2022-09-01", harness.subscription);
    let plain = harness.get(&list).await?["value"][0].clone();
    let asked = format!("{list}&$expand=createdTime,%20changedTime,provisioningState");
    let expanded = harness.get(&asked).await?["value"][0].clone();
    for (member, expected) in [
        ("createdTime", &plain["systemData"]["createdAt"]),
        ("changedTime", &plain["systemData"]["lastModifiedAt"]),
        ("provisioningState", &json!("Succeeded")),
    ] {
        assert_eq!((plain.get(member), &expanded[member]), (None, expected));
    }
    let refused = harness.manage(Method::GET, &format!("{list}&$expand=cost"), None).await?;
    assert_eq!((refused.status, &refused.json()?["error"]["target"]), (StatusCode::BAD_REQUEST, &json!("$expand")));
    Ok(())
}
