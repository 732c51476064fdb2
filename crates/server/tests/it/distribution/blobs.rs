//! Blobs: read whole, in part and on conditions; deleted.

use super::pushes::{REPOSITORY, everything};
use crate::client::{Client, Outcome};
use crate::harness::Harness;
use http::Method;
use http::header::{IF_NONE_MATCH, IF_RANGE, RANGE};
use rstest::rstest;

/// A client that may do everything, and the path of the blob `hello world`.
async fn hello_world(harness: &Harness) -> Outcome<(Client<'_>, String)> {
    let client = everything(harness).await?;
    let digest = client.push_blob(REPOSITORY, b"hello world").await?;
    Ok((client, format!("/v2/{REPOSITORY}/blobs/{digest}")))
}

/// The entity tag of what is at `path`.
async fn etag(client: &Client<'_>, path: &str) -> Outcome<String> {
    Ok(client.ask(Method::HEAD, path).await?.header("etag").ok_or("an entity tag")?.to_owned())
}

#[tokio::test]
async fn head_says_what_get_does() -> Outcome {
    let harness = Harness::new().await?;
    let (client, path) = hello_world(&harness).await?;
    let get = client.get(&path).await?;
    let head = client.ask(Method::HEAD, &path).await?;
    assert_eq!((get.seen().as_str(), &get.body[..]), ("200", &b"hello world"[..]));
    assert_eq!((head.seen().as_str(), head.body.len()), ("200", 0));
    assert_eq!(head.lasting_headers(), get.lasting_headers());
    assert_eq!(get.header("content-length"), Some("11"));
    assert_eq!(get.header("content-type"), Some("application/octet-stream"));
    assert!(path.ends_with(get.header("docker-content-digest").ok_or("a digest")?));
    Ok(())
}

#[rstest]
#[case("bytes=0-4", "206", Some("bytes 0-4/11"), "hello")]
#[case("bytes=6-", "206", Some("bytes 6-10/11"), "world")]
#[case("bytes=-5", "206", Some("bytes 6-10/11"), "world")]
#[case("bytes=6-99", "206", Some("bytes 6-10/11"), "world")]
#[case("bytes=0-1,4-5", "200", None, "hello world")]
#[case("bytes=11-", "416 RANGE_INVALID", Some("bytes */11"), "")]
#[case("bytes=5-0", "416 RANGE_INVALID", Some("bytes */11"), "")]
#[tokio::test]
async fn ranges(
    #[case] range: &str,
    #[case] expected: &str,
    #[case] content_range: Option<&str>,
    #[case] bytes: &str,
) -> Outcome {
    let harness = Harness::new().await?;
    let (client, path) = hello_world(&harness).await?;
    let get = async |if_range: &str| client.send(Method::GET, &path, &[(RANGE, range), (IF_RANGE, if_range)], "").await;
    let answer = get(&etag(&client, &path).await?).await?;
    assert_eq!((answer.seen().as_str(), answer.header("content-range")), (expected, content_range));
    if !bytes.is_empty() {
        assert_eq!(answer.body, bytes);
        assert_eq!(answer.header("content-length"), Some(bytes.len().to_string().as_str()));
    }
    assert_eq!(get("\"other\"").await?.body, "hello world");
    let head = client.send(Method::HEAD, &path, &[(RANGE, range)], "").await?;
    assert_eq!(head.header("content-length"), Some("11"));
    Ok(())
}

#[tokio::test]
async fn not_modified() -> Outcome {
    let harness = Harness::new().await?;
    let (client, path) = hello_world(&harness).await?;
    let etag = etag(&client, &path).await?;
    let answer = client.send(Method::GET, &path, &[(IF_NONE_MATCH, &etag)], "").await?;
    assert_eq!((answer.seen().as_str(), answer.header("etag"), answer.body.len()), ("304", Some(etag.as_str()), 0));
    Ok(())
}

#[tokio::test]
async fn the_empty_blob() -> Outcome {
    let harness = Harness::new().await?;
    let client = everything(&harness).await?;
    let digest = client.push_blob(REPOSITORY, b"").await?;
    let answer = client.get(&format!("/v2/{REPOSITORY}/blobs/{digest}")).await?;
    assert_eq!((answer.seen().as_str(), answer.header("content-length"), answer.body.len()), ("200", Some("0"), 0));
    Ok(())
}

/// Advisories CVE-2024-39897 and CVE-2026-35172: bytes that another repository holds are not here.
#[tokio::test]
async fn only_through_a_repository_that_holds_it() -> Outcome {
    let harness = Harness::new().await?;
    let (client, path) = hello_world(&harness).await?;
    let elsewhere = path.replace(REPOSITORY, "samples/other");
    assert_eq!(client.get(&elsewhere).await?.seen(), "404 BLOB_UNKNOWN");
    client.push_blob("samples/other", b"hello world").await?;
    assert_eq!(client.ask(Method::DELETE, &path).await?.seen(), "202");
    assert_eq!(client.ask(Method::HEAD, &path).await?.seen(), "404");
    assert_eq!(client.ask(Method::DELETE, &path).await?.seen(), "404 BLOB_UNKNOWN");
    assert_eq!(client.get(&elsewhere).await?.seen(), "200");
    assert_eq!(client.get(&path).await?.seen(), "404 BLOB_UNKNOWN");
    Ok(())
}

#[tokio::test]
async fn not_while_a_manifest_needs_it() -> Outcome {
    let harness = Harness::new().await?;
    let client = everything(&harness).await?;
    let digest = client.push_blob(REPOSITORY, b"hello").await?;
    let pushed = client.push_image((REPOSITORY, "v1"), &digest, "").await?;
    let blob = format!("/v2/{REPOSITORY}/blobs/{digest}");
    assert_eq!(client.ask(Method::DELETE, &blob).await?.seen(), "405 UNSUPPORTED");
    let manifest = pushed.header("location").ok_or("a location")?;
    assert_eq!(client.ask(Method::DELETE, manifest).await?.seen(), "202");
    assert_eq!(client.ask(Method::DELETE, &blob).await?.seen(), "202");
    Ok(())
}
