//! Tags: told of in any order, taken off their manifests.

use super::super::pushes::{REPOSITORY, everything};
use super::{UNLOCKED, every_page, next};
use crate::client::{Client, Outcome};
use crate::harness::Harness;
use http::Method;
use rstest::rstest;
use std::time::Duration;

/// Pushes each as another manifest, a second after the one before; their digests.
async fn push_each(harness: &Harness, client: &Client<'_>, tags: &[&str]) -> Outcome<Vec<String>> {
    let blob = client.push_blob(REPOSITORY, b"hello").await?;
    let mut digests = Vec::new();
    for tag in tags {
        harness.advance(Duration::from_secs(1));
        let further = format!(r#","annotations":{{"tag":"{tag}"}}"#);
        let pushed = client.push_image((REPOSITORY, tag), &blob, &further).await?;
        digests.push(pushed.header("docker-content-digest").ok_or("a digest")?.to_owned());
    }
    Ok(digests)
}

fn shown(name: &str, digest: &str, created: u8, updated: u8) -> String {
    let time = |second: u8| format!("2026-01-01T00:00:{second:02}.0000000Z");
    format!(
        r#"{{"name":"{name}","digest":"{digest}","createdTime":"{}","lastUpdateTime":"{}","signed":false,"changeableAttributes":{UNLOCKED}}}"#,
        time(created),
        time(updated)
    )
}

#[tokio::test]
async fn what_is_told_as_azure_tells_it() -> Outcome {
    let harness = Harness::new().await?;
    let client = everything(&harness).await?;
    let digests = push_each(&harness, &client, &["v1", "latest", "v1"]).await?;
    let (latest, v1) = (shown("latest", &digests[1], 2, 2), shown("v1", &digests[2], 1, 3));
    let about = r#"{"registry":"lnxcr.localhost","imageName":"samples/hello","#;
    let all = client.get("/acr/v1/samples%2Fhello/_tags").await?;
    assert_eq!(all.body, format!("{about}\"tags\":[{latest},{v1}]}}\n"));
    assert_eq!((all.header("link"), all.header("content-type")), (None, Some("application/json; charset=utf-8")));
    let one = client.get("/acr/v1/samples/hello/_tags/v1").await?;
    assert_eq!(one.body, format!("{about}\"tag\":{v1}}}\n"));
    let unknown = client.get("/acr/v1/samples/hello/_tags/v2").await?;
    assert_eq!(
        (unknown.seen(), unknown.error_message()?),
        ("404 TAG_UNKNOWN".to_owned(), "the specified tag does not exist".to_owned())
    );
    Ok(())
}

#[rstest]
#[case("", "A b c d")]
#[case("?n=3", "A b c | d")]
#[case("?n=2&orderby=none", "A b | c d")]
#[case("?orderby=timedesc", "b A d c")]
#[case("?orderby=timedesc&n=3", "b A d | c")]
#[case("?orderby=timeasc&n=3", "c d A | b")]
// As a client may ask that makes its own links.
#[case("?orderby=timeasc&last=d", "A b")]
#[case("?orderby=timedesc&last=d", "c")]
#[case("?last=aa", "b c d")]
#[case("?n=0", "")]
#[tokio::test]
async fn orders_and_pages(#[case] query: &str, #[case] expected: &str) -> Outcome {
    let harness = Harness::new().await?;
    let client = everything(&harness).await?;
    push_each(&harness, &client, &["c", "d", "A", "b"]).await?;
    assert_eq!(pages(&client, &format!("/acr/v1/{REPOSITORY}/_tags{query}")).await?, expected);
    Ok(())
}

/// The names of all tags from `path` on, with a bar between pages.
async fn pages(client: &Client<'_>, path: &str) -> Outcome<String> {
    let pages = every_page(client, path, "tags", "name").await?;
    Ok(pages.iter().map(|page| page.join(" ")).collect::<Vec<_>>().join(" | "))
}

#[tokio::test]
async fn of_one_manifest() -> Outcome {
    let harness = Harness::new().await?;
    let client = everything(&harness).await?;
    let digests = push_each(&harness, &client, &["v1", "v2"]).await?;
    let blob = client.push_blob(REPOSITORY, b"hello").await?;
    harness.advance(Duration::from_secs(1));
    client.push_image((REPOSITORY, "stable"), &blob, r#","annotations":{"tag":"v1"}"#).await?;
    for (query, expected) in [("", "stable v1"), ("&n=1&orderby=timeasc", "v1 | stable")] {
        let digest = digests[0].replace(':', "%3A");
        let path = format!("/acr/v1/{REPOSITORY}/_tags?digest={digest}{query}");
        assert_eq!(pages(&client, &path).await?, expected);
    }
    Ok(())
}

/// What happens between two pages neither brings an item twice nor leaves one out.
#[rstest]
#[case::pushed_again("timedesc", true, ["d", "c"], "b a")]
#[case::deleted("timedesc", false, ["d", "c"], "b a")]
#[case::deleted_by_name("none", false, ["a", "b"], "c d")]
#[case::deleted_oldest_first("timeasc", false, ["a", "b"], "c d")]
#[tokio::test]
async fn the_last_item_changes_between_pages(
    #[case] order: &str,
    #[case] is_pushed: bool,
    #[case] on_first: [&str; 2],
    #[case] on_second: &str,
) -> Outcome {
    let harness = Harness::new().await?;
    let client = everything(&harness).await?;
    push_each(&harness, &client, &["a", "b", "c", "d"]).await?;
    let first = client.get(&format!("/acr/v1/{REPOSITORY}/_tags?n=2&orderby={order}")).await?;
    let names: Vec<_> = first.json()?["tags"].as_array().into_iter().flatten().map(|tag| tag["name"].clone()).collect();
    assert_eq!(names, on_first);
    if is_pushed {
        push_each(&harness, &client, &on_first[1..]).await?;
    } else {
        let path = format!("/acr/v1/{REPOSITORY}/_tags/{}", on_first[1]);
        assert_eq!(client.ask(Method::DELETE, &path).await?.seen(), "202");
    }
    assert_eq!(pages(&client, &next(&first).ok_or("a next page")?).await?, on_second);
    Ok(())
}

#[tokio::test]
async fn untagging_leaves_the_manifest() -> Outcome {
    let harness = Harness::new().await?;
    let client = everything(&harness).await?;
    let digests = push_each(&harness, &client, &["v1"]).await?;
    let path = format!("/acr/v1/{REPOSITORY}/_tags/v1");
    let deleted = client.ask(Method::DELETE, &path).await?;
    assert_eq!((deleted.seen(), deleted.body.len()), ("202".to_owned(), 0));
    assert_eq!(client.ask(Method::DELETE, &path).await?.seen(), "404 TAG_UNKNOWN");
    assert_eq!(client.get(&format!("/v2/{REPOSITORY}/manifests/{}", digests[0])).await?.seen(), "200");
    let told = client.get(&format!("/acr/v1/{REPOSITORY}/_manifests/{}", digests[0])).await?.json()?;
    assert_eq!(told["manifest"].get("tags"), None);
    Ok(())
}
