//! Mounts: a blob of one repository, for another, without an upload. What cannot be mounted becomes an upload, without a word
//! why (CVE-2024-39897), but for a bearer that is too narrow.

use super::pushes::{REPOSITORY, digest_of, everything};
use crate::client::Outcome;
use crate::harness::Harness;
use http::Method;
use model::action::Action;
use model::digest::Digest;
use rstest::rstest;

#[rstest]
#[case::there("mount=DIGEST&from=samples/hello", "201")]
#[case::encoded("mount=DIGEST&from=samples%2Fhello", "201")]
#[case::not_there("mount=OTHER&from=samples/hello", "202")]
#[case::not_readable("mount=DIGEST&from=secret/hello", "202")]
#[case::no_such_repository("mount=DIGEST&from=samples/none", "202")]
#[case::from_anywhere("mount=DIGEST", "201")]
#[case::from_where_it_is_not_readable("mount=SECRET", "202")]
#[case::from_nowhere("mount=OTHER", "202")]
#[case::of_no_digest("mount=latest", "202")]
#[case::no_name("mount=DIGEST&from=No", "202")]
#[case::no_digest("mount=latest&from=samples/hello", "202")]
#[case::nothing_to_mount("from=samples/hello", "202")]
#[tokio::test]
async fn mounts(#[case] query: &str, #[case] expected: &str) -> Outcome {
    let harness = Harness::new().await?;
    let owner = everything(&harness).await?;
    let actions = [Action::ContentRead, Action::ContentWrite];
    let pusher = harness.holder("pusher", "samples/*", &actions).await?.basic();
    let digest = owner.push_blob(REPOSITORY, b"hello").await?;
    owner.push_blob("secret/hello", b"hello").await?;
    let secret = owner.push_blob("secret/hello", b"secret").await?;
    let query = query.replace("DIGEST", &digest.to_string()).replace("SECRET", &secret.to_string());
    let query = query.replace("OTHER", &digest_of(b"none").to_string());
    let answer = pusher.ask(Method::POST, &format!("/v2/samples/target/blobs/uploads/?{query}")).await?;
    assert_eq!(answer.seen(), expected);
    let blob = format!("/v2/samples/target/blobs/{digest}");
    let location = answer.header("location").ok_or("a location")?;
    if expected == "201" {
        assert_eq!(location, blob);
        assert_eq!(answer.header("docker-content-digest"), Some(digest.to_string().as_str()));
        assert_eq!(pusher.get(&blob).await?.body, "hello");
    } else {
        assert_eq!(answer.header("range"), Some("0-0"));
        assert_eq!(pusher.get(location).await?.seen(), "204");
        assert_eq!(pusher.get(&blob).await?.seen(), "404 BLOB_UNKNOWN");
    }
    Ok(())
}

/// A bearer that was not issued for the source cannot mount from it. Where the scope map would allow it the client is told to ask for one,
/// whether the blob is there or not.
#[tokio::test]
async fn the_bearer_must_be_for_the_source_too() -> Outcome {
    let harness = Harness::new().await?;
    let token = harness.holder("token2", "*", &Action::ALL).await?;
    let digest = token.basic().push_blob(REPOSITORY, b"hello").await?;
    let path = |digest: &Digest| format!("/v2/samples/target/blobs/uploads/?mount={digest}&from={REPOSITORY}");
    let scopes = ["repository:samples/target:pull,push", "repository:samples/hello:pull"];
    let narrow = token.bearer_for(&scopes[..1]).await?;
    for digest in [&digest, &digest_of(b"none")] {
        let refused = narrow.ask(Method::POST, &path(digest)).await?;
        assert_eq!(refused.seen(), "401 UNAUTHORIZED");
        let challenge = refused.header("www-authenticate").ok_or("a challenge")?;
        assert!(
            challenge.contains(&format!("scope=\"{}\",error=\"insufficient_scope\"", scopes.join(" "))),
            "{challenge}"
        );
    }
    let anywhere = format!("/v2/samples/target/blobs/uploads/?mount={digest}");
    assert_eq!(narrow.ask(Method::POST, &anywhere).await?.seen(), "202");
    let wide = token.bearer_for(&scopes).await?;
    assert_eq!(wide.ask(Method::POST, &path(&digest)).await?.seen(), "201");
    assert_eq!(wide.ask(Method::POST, &anywhere).await?.seen(), "201");
    Ok(())
}
