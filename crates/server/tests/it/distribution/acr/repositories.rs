//! Repositories: listed, told of, deleted.

use super::super::pushes::{REPOSITORY, everything};
use super::{UNLOCKED, every_page, next};
use crate::client::Outcome;
use crate::harness::Harness;
use http::{HeaderName, Method};
use model::action::Action;
use rstest::rstest;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn what_is_told_as_azure_tells_it() -> Outcome {
    let harness = Harness::new().await?;
    let client = everything(&harness).await?;
    let blob = client.push_blob(REPOSITORY, b"hello").await?;
    harness.advance(Duration::from_micros(1_500_001));
    client.push_image((REPOSITORY, "v1"), &blob, "").await?;
    client.push_image((REPOSITORY, "v2"), &blob, "").await?;
    let expected = format!(
        "{}{UNLOCKED}}}\n",
        r#"{"registry":"lnxcr.localhost","imageName":"samples/hello","createdTime":"2026-01-01T00:00:00.0000000Z","lastUpdateTime":"2026-01-01T00:00:01.5000010Z","manifestCount":1,"tagCount":2,"changeableAttributes":"#
    );
    for path in ["/acr/v1/samples/hello", "/acr/v1/samples%2Fhello?api-version=2021-07-01"] {
        let told = client.get(path).await?;
        assert_eq!(
            (told.seen(), told.header("content-type")),
            ("200".to_owned(), Some("application/json; charset=utf-8"))
        );
        assert_eq!(told.body, expected);
        let head = client.ask(Method::HEAD, path).await?;
        assert_eq!(
            (head.seen(), head.lasting_headers()),
            ("200".to_owned(), {
                let mut headers = told.lasting_headers();
                headers.insert("content-length", expected.len().into());
                headers
            })
        );
    }
    Ok(())
}

/// Azure's clients look for it in their logs.
#[tokio::test]
async fn a_client_gets_its_own_id_back() -> Outcome {
    let harness = Harness::new().await?;
    let client = everything(&harness).await?;
    for (path, status) in [("/acr/v1/samples/none", "404 NAME_UNKNOWN"), ("/v2/", "200")] {
        let headers = [(HeaderName::from_static("x-ms-client-request-id"), "9f3ad268-a6ff-11ed-b7cd-3b8a2dd05908")];
        let answer = client.send(Method::GET, path, &headers, "").await?;
        assert_eq!(answer.seen(), status);
        assert_eq!(answer.header("x-ms-client-request-id"), Some(headers[0].1));
    }
    Ok(())
}

#[tokio::test]
async fn every_change_of_tags_or_manifests_shows_in_the_time() -> Outcome {
    let harness = Harness::new().await?;
    let client = everything(&harness).await?;
    let blob = client.push_blob(REPOSITORY, b"hello").await?;
    client.push_image((REPOSITORY, "v1"), &blob, "").await?;
    let pushed = client.push_image((REPOSITORY, "v2"), &blob, r#","annotations":{"n":"2"}"#).await?;
    let digest = pushed.header("docker-content-digest").ok_or("a digest")?.to_owned();
    for (second, path) in [
        (1, format!("/acr/v1/{REPOSITORY}/_tags/v1")),
        (2, format!("/v2/{REPOSITORY}/manifests/v2")),
        (3, format!("/v2/{REPOSITORY}/manifests/{digest}")),
    ] {
        harness.advance(Duration::from_secs(1));
        assert_eq!(client.ask(Method::DELETE, &path).await?.seen(), "202");
        let told = client.get(&format!("/acr/v1/{REPOSITORY}")).await?.json()?;
        assert_eq!(told["lastUpdateTime"], format!("2026-01-01T00:00:0{second}.0000000Z"));
    }
    Ok(())
}

#[tokio::test]
async fn the_catalog_in_pages() -> Outcome {
    let harness = Harness::new().await?;
    let owner = everything(&harness).await?;
    for repository in ["samples/c", "secret/a", "samples/a", "samples/b"] {
        let blob = owner.push_blob(repository, b"hello").await?;
        owner.push_image((repository, "v1"), &blob, "").await?;
    }
    let reader = harness.holder("reader", "samples/*", &[Action::MetadataRead]).await?.basic();
    let first = reader.get("/acr/v1/_catalog?n=2").await?;
    assert_eq!(first.body, "{\"repositories\":[\"samples/a\",\"samples/b\"]}\n");
    assert_eq!(next(&first).as_deref(), Some("/acr/v1/_catalog?last=samples%2Fb&n=2&orderby="));
    for (query, expected) in [
        ("?n=2", vec![vec!["samples/a", "samples/b"], vec!["samples/c"]]),
        ("", vec![vec!["samples/a", "samples/b", "samples/c"]]),
    ] {
        assert_eq!(every_page(&reader, &format!("/acr/v1/_catalog{query}"), "repositories", "").await?, expected);
    }
    assert_eq!(reader.get("/acr/v1/_catalog?orderby=timedesc").await?.seen(), "400 UNSUPPORTED");
    Ok(())
}

#[tokio::test]
async fn a_hundred_to_a_page_unless_asked_otherwise() -> Outcome {
    let harness = Harness::new().await?;
    let client = everything(&harness).await?;
    for number in 0..101 {
        let repository = format!("samples/r{number:03}");
        let blob = client.push_blob(&repository, b"hello").await?;
        client.push_image((&repository, "v1"), &blob, "").await?;
    }
    let pages = every_page(&client, "/acr/v1/_catalog", "repositories", "").await?;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [100, 1]);
    Ok(())
}

#[tokio::test]
async fn deleted_with_everything_in_it() -> Outcome {
    let harness = Harness::new().await?;
    let client = everything(&harness).await?;
    let (blob, path) = (client.push_blob(REPOSITORY, b"hello").await?, format!("/acr/v1/{REPOSITORY}"));
    client.push_blob("samples/other", b"hello").await?;
    let pushed = client.push_image((REPOSITORY, "v1"), &blob, "").await?;
    client.push_image((REPOSITORY, "latest"), &blob, "").await?;
    let digest = pushed.header("docker-content-digest").ok_or("a digest")?;
    let deleted = client.ask(Method::DELETE, &path).await?;
    assert_eq!(deleted.seen(), "202");
    assert_eq!(deleted.json()?, json!({ "manifestsDeleted": [digest], "tagsDeleted": ["latest", "v1"] }));
    for (gone, expected) in [
        (path.clone(), "404 NAME_UNKNOWN"),
        (format!("/v2/{REPOSITORY}/tags/list"), "404 NAME_UNKNOWN"),
        (format!("/v2/{REPOSITORY}/manifests/v1"), "404 MANIFEST_UNKNOWN"),
        (format!("/v2/{REPOSITORY}/manifests/{digest}"), "404 MANIFEST_UNKNOWN"),
        (format!("/v2/{REPOSITORY}/blobs/{blob}"), "404 BLOB_UNKNOWN"),
        (format!("/v2/samples/other/blobs/{blob}"), "200"),
    ] {
        assert_eq!(client.get(&gone).await?.seen(), expected, "{gone}");
    }
    let again = client.ask(Method::DELETE, &path).await?;
    assert_eq!(
        (again.seen(), again.error_message()?),
        ("404 NAME_UNKNOWN".to_owned(), "repository name not known to registry".to_owned())
    );
    assert_eq!(again.json()?["errors"][0]["detail"], json!({ "name": REPOSITORY }));
    client.push_blob(REPOSITORY, b"hello").await?;
    let anew = client.get(&path).await?.json()?;
    assert_eq!((&anew["manifestCount"], &anew["tagCount"]), (&json!(0), &json!(0)));
    Ok(())
}

/// Clients follow the scope of the challenge.
#[rstest]
#[case(Method::GET, "/acr/v1/_catalog", "registry:catalog:*")]
#[case(Method::GET, "/acr/v1/samples%2Fhello", "repository:samples/hello:metadata_read")]
#[case(Method::PATCH, "/acr/v1/samples/hello", "repository:samples/hello:metadata_write")]
#[case(Method::DELETE, "/acr/v1/samples/hello", "repository:samples/hello:delete")]
#[case(Method::GET, "/acr/v1/samples/hello/_tags", "repository:samples/hello:metadata_read")]
#[case(Method::GET, "/acr/v1/samples/hello/_tags/v1", "repository:samples/hello:metadata_read")]
#[case(Method::PATCH, "/acr/v1/samples/hello/_tags/v1", "repository:samples/hello:metadata_write")]
#[case(Method::DELETE, "/acr/v1/samples/hello/_tags/v1", "repository:samples/hello:delete")]
#[case(Method::GET, "/acr/v1/samples/hello/_manifests", "repository:samples/hello:metadata_read")]
#[tokio::test]
async fn what_a_stranger_must_ask_for(#[case] method: Method, #[case] path: &str, #[case] scope: &str) -> Outcome {
    let harness = Harness::new().await?;
    let refused = harness.stranger("lnxcr.localhost").ask(method, path).await?;
    assert_eq!(refused.seen(), "401 UNAUTHORIZED");
    let challenge = refused.header("www-authenticate").ok_or("a challenge")?;
    assert!(challenge.ends_with(&format!(r#",scope="{scope}""#)), "{challenge}");
    Ok(())
}

#[rstest]
#[case(Method::GET, "/acr/v1/samples/none", "404 NAME_UNKNOWN")]
#[case(Method::PATCH, "/acr/v1/samples/none", "404 NAME_UNKNOWN")]
#[case(Method::GET, "/acr/v1/samples/none/_tags", "404 NAME_UNKNOWN")]
#[case(Method::GET, "/acr/v1/samples/none/_manifests", "404 NAME_UNKNOWN")]
#[case(Method::DELETE, "/acr/v1/samples/none/_tags/v1", "404 NAME_UNKNOWN")]
#[case(Method::GET, "/acr/v1/Samples", "404 NAME_UNKNOWN")]
#[case(Method::GET, "/acr/v1/samples/hello/_tags?n=two", "400 PAGINATION_NUMBER_INVALID")]
#[case(Method::GET, "/acr/v1/samples/hello/_tags?orderby=size", "400 UNSUPPORTED")]
#[case(Method::GET, "/acr/v1/samples/hello/_tags?digest=latest", "400 DIGEST_INVALID")]
#[case(Method::POST, "/acr/v1/samples/hello", "405 UNSUPPORTED")]
#[case(Method::GET, "/acr/v2/samples", "404 NotFound")]
#[tokio::test]
async fn what_is_refused(#[case] method: Method, #[case] path: &str, #[case] expected: &str) -> Outcome {
    let harness = Harness::new().await?;
    let client = everything(&harness).await?;
    client.push_blob(REPOSITORY, b"hello").await?;
    let body = if method == Method::PATCH { "{}" } else { "" };
    assert_eq!(client.send(method, path, &[], body).await?.seen(), expected);
    Ok(())
}
