//! Uploads, in every form that clients use.

use super::pushes::{REPOSITORY, digest_of};
use crate::client::{Client, Outcome};
use crate::harness::Harness;
use http::Method;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE};
use model::action::Action;
use rstest::rstest;

/// A client that may push and pull, and the path of its upload.
async fn begun(harness: &Harness) -> Outcome<(Client<'_>, String)> {
    let actions = [Action::ContentRead, Action::ContentWrite];
    let client = harness.holder("pusher", "samples/*", &actions).await?.basic();
    let location = client.start_upload(REPOSITORY).await?;
    Ok((client, location))
}

async fn is_pulled(client: &Client<'_>, bytes: &[u8]) -> Outcome<bool> {
    let answer = client.get(&format!("/v2/{REPOSITORY}/blobs/{}", digest_of(bytes))).await?;
    Ok(answer.status == 200 && answer.body == bytes)
}

#[rstest]
#[case::all_in_the_put(&[], "hello world")]
#[case::one_patch(&[(Some("0-10"), "hello world")], "")]
#[case::patches(&[(Some("0-5"), "hello "), (Some("6-9"), "worl")], "d")]
#[case::units(&[(Some("bytes 0-5/11"), "hello "), (Some("bytes 6-10/*"), "world")], "")]
#[case::unsaid(&[(None, "hello "), (None, "world")], "")]
#[tokio::test]
async fn pieces(#[case] patches: &[(Option<&str>, &'static str)], #[case] last: &'static str) -> Outcome {
    let harness = Harness::new().await?;
    let (client, location) = begun(&harness).await?;
    let mut sent = 0;
    for (range, bytes) in patches {
        let range = range.map(|range| (CONTENT_RANGE, range));
        let answer = client.send(Method::PATCH, &location, range.as_slice(), *bytes).await?;
        sent += bytes.len();
        let so_far = format!("0-{}", sent - 1);
        assert_eq!((answer.seen().as_str(), answer.header("range")), ("202", Some(so_far.as_str())));
        assert_eq!(answer.header("location"), Some(location.as_str()));
    }
    let digest = digest_of(b"hello world");
    let path = format!("{location}?digest={}", digest.to_string().replace(':', "%3A"));
    let answer = client.send(Method::PUT, &path, &[], last).await?;
    assert_eq!(answer.seen(), "201");
    assert_eq!(answer.header("location"), Some(format!("/v2/{REPOSITORY}/blobs/{digest}").as_str()));
    assert_eq!(answer.header("docker-content-digest"), Some(digest.to_string().as_str()));
    assert!(is_pulled(&client, b"hello world").await?);
    assert_eq!(client.get(&location).await?.seen(), "404 BLOB_UPLOAD_UNKNOWN");
    Ok(())
}

#[tokio::test]
async fn out_of_order_and_on_from_there() -> Outcome {
    let harness = Harness::new().await?;
    let (client, location) = begun(&harness).await?;
    let put = format!("{location}?digest={}", digest_of(b"abcd"));
    for (method, path, range, bytes, expected) in [
        (Method::PATCH, &location, "2-3", "cd", "416 RANGE_INVALID 0-0"),
        (Method::PATCH, &location, "0-1", "ab", "202 0-1"),
        (Method::PATCH, &location, "0-1", "ab", "416 RANGE_INVALID 0-1"),
        (Method::PUT, &put, "3-3", "d", "416 RANGE_INVALID 0-1"),
        (Method::GET, &put, "", "", "204 0-1"),
    ] {
        let answer = client.send(method, path, &[(CONTENT_RANGE, range)], bytes).await?;
        assert_eq!(format!("{} {}", answer.seen(), answer.header("range").unwrap_or_default()), expected);
        assert_eq!(answer.header("location"), Some(location.as_str()));
    }
    let finished = client.send(Method::PUT, &put, &[(CONTENT_RANGE, "2-3")], "cd").await?;
    assert_eq!((finished.seen().as_str(), finished.header("range")), ("201", None));
    assert!(is_pulled(&client, b"abcd").await?);
    Ok(())
}

#[rstest]
#[case::no_digest("")]
#[case::no_digest_at_all("?digest=")]
#[case::malformed("?digest=sha256:beef")]
#[case::of_other_bytes("?digest=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
#[tokio::test]
async fn wrong_digests(#[case] query: &str) -> Outcome {
    let harness = Harness::new().await?;
    let (client, location) = begun(&harness).await?;
    let answer = client.send(Method::PUT, &format!("{location}{query}"), &[], "x").await?;
    assert_eq!(answer.seen(), "400 DIGEST_INVALID");
    Ok(())
}

#[tokio::test]
async fn a_wrong_digest_in_one_request_leaves_no_upload_and_no_blob() -> Outcome {
    let harness = Harness::new().await?;
    let (client, _) = begun(&harness).await?;
    let path = format!("/v2/{REPOSITORY}/blobs/uploads/?digest={}", digest_of(b"right"));
    let answer = client.send(Method::POST, &path, &[], "wrong").await?;
    assert_eq!((answer.seen().as_str(), answer.header("location")), ("400 DIGEST_INVALID", None));
    assert!(!is_pulled(&client, b"right").await? && !is_pulled(&client, b"wrong").await?);
    Ok(())
}

#[tokio::test]
async fn a_length_that_disagrees_is_refused_and_nothing_is_kept() -> Outcome {
    let harness = Harness::new().await?;
    let (client, location) = begun(&harness).await?;
    let headers = [(CONTENT_RANGE, "0-9"), (CONTENT_LENGTH, "4")];
    assert_eq!(client.send(Method::PATCH, &location, &headers, "abcd").await?.seen(), "400 SIZE_INVALID");
    assert_eq!(client.get(&location).await?.header("range"), Some("0-0"));
    Ok(())
}

#[tokio::test]
async fn cancelled() -> Outcome {
    let harness = Harness::new().await?;
    let (client, location) = begun(&harness).await?;
    assert_eq!(client.ask(Method::DELETE, &location).await?.seen(), "204");
    assert_eq!(client.ask(Method::PATCH, &location).await?.seen(), "404 BLOB_UPLOAD_UNKNOWN");
    Ok(())
}

/// CVE-2026-32589: whoever knows the id of an upload must still be its holder, in its repository.
#[tokio::test]
async fn of_another_token_or_repository() -> Outcome {
    let harness = Harness::new().await?;
    let (client, location) = begun(&harness).await?;
    let other = harness.holder("other", "samples/*", &Action::ALL).await?.basic();
    let elsewhere = location.replace(REPOSITORY, "samples/other");
    for method in [Method::GET, Method::PATCH, Method::PUT, Method::DELETE] {
        let seen = other.ask(method.clone(), &format!("{location}?digest={}", digest_of(b""))).await?.seen();
        assert_eq!(seen, "404 BLOB_UPLOAD_UNKNOWN", "{method} by another token");
        let seen = client.ask(method.clone(), &format!("{elsewhere}?digest={}", digest_of(b""))).await?.seen();
        assert_eq!(seen, "404 BLOB_UPLOAD_UNKNOWN", "{method} in another repository");
    }
    assert_eq!(client.get(&location).await?.seen(), "204");
    Ok(())
}
