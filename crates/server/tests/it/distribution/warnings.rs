//! `Warning` headers: who hears that a credential ends soon, and when.

use crate::client::{Answer, Outcome};
use crate::client_certificate::ClientCertificate;
use crate::harness::{Harness, Holder};
use http::Method;
use model::action::Action;
use rstest::rstest;
use serde_json::json;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);
const TAGS: &str = "/v2/samples/hello/tags/list";
const HOST: &str = "lnxcr.localhost";

fn warnings(answer: &Answer) -> Vec<&str> {
    answer.headers.get_all("warning").iter().filter_map(|value| value.to_str().ok()).collect()
}

/// On answers of either API, also on refusals; with the password and with its bearer.
#[rstest]
#[case::soon(Some(DAY * 13), &["299 - \"password1 of token ci-token ends at 2026-01-14T00:00:00+00:00: renew it before\""])]
#[case::not_yet(Some(DAY * 14), &[])]
#[case::never(None, &[])]
#[tokio::test]
async fn whose_password_ends_soon_hears_of_it(
    #[case] lifetime: Option<Duration>,
    #[case] expected: &[&str],
) -> Outcome {
    let harness = Harness::new().await?;
    let mut ci = harness.holder("ci-token", "samples/*", &[Action::ContentRead, Action::MetadataRead]).await?;
    if let Some(lifetime) = lifetime {
        ci.generate_until(&harness, lifetime).await?;
    }
    let bearer = ci.bearer("repository:samples/hello:metadata_read").await?;
    for client in [ci.basic(), bearer] {
        for path in ["/v2/", TAGS, "/v2/other/tags/list", "/acr/v1/_catalog"] {
            assert_eq!(warnings(&client.get(path).await?), expected, "{path}");
        }
        assert_eq!(warnings(&client.ask(Method::HEAD, "/v2/samples/hello/manifests/v1").await?), expected);
    }
    assert!(warnings(&ci.issue(&[]).await?).is_empty(), "no client shows those of the token service");
    Ok(())
}

/// A bearer tells of what ends when the moment comes: it is asked at every request.
#[tokio::test]
async fn a_bearer_begins_to_warn_while_it_lasts() -> Outcome {
    let harness = Harness::new().await?;
    let mut ci = harness.holder("ci-token", "samples/*", &[Action::MetadataRead]).await?;
    ci.generate_until(&harness, DAY * 14 + Duration::from_secs(60)).await?;
    let bearer = ci.bearer("repository:samples/hello:metadata_read").await?;
    assert!(warnings(&bearer.get(TAGS).await?).is_empty());
    harness.advance(Duration::from_secs(61));
    assert_eq!(warnings(&bearer.get(TAGS).await?).len(), 1);
    Ok(())
}

/// A certificate alone, and one beside a password, whose bearer is bound to it.
#[tokio::test]
async fn whose_certificate_ends_soon_hears_of_it() -> Outcome {
    let harness = Harness::behind_proxy().await?;
    let certificate = ClientCertificate::new("ci")?;
    let password = harness.holder("ci-token", "samples/*", &[Action::MetadataRead]).await?;
    harness
        .certified(
            Holder { name: "ci-token", repositories: "samples/*", actions: &[Action::MetadataRead] },
            &certificate,
        )
        .await?;
    let list = json!([{"name": "certificate1", "expiry": "2026-01-10T00:00:00.5Z"}]);
    harness
        .patch(&harness.token_id("ci-token"), json!({"properties": {"credentials": {"certificates": list}}}))
        .await?;
    let expected = ["299 - \"certificate1 of token ci-token ends at 2026-01-10T00:00:00+00:00: renew it before\""];
    let alone = harness.stranger(HOST).with_certificate(&certificate);
    let bearer = alone.with_bearer(&alone.bearer_text(&["repository:samples/hello:metadata_read"]).await?);
    let beside = alone.with_basic("ci-token", &password.password);
    let bound = alone.with_bearer(&beside.bearer_text(&["repository:samples/hello:metadata_read"]).await?);
    for client in [alone, bearer, beside, bound] {
        assert_eq!(warnings(&client.get(TAGS).await?), expected);
    }
    assert!(warnings(&password.basic().get(TAGS).await?).is_empty(), "the password alone never ends");
    Ok(())
}

#[tokio::test]
async fn nobody_else_is_warned() -> Outcome {
    let harness = Harness::new().await?;
    let mut ci = harness.holder("ci-token", "samples/*", &[Action::MetadataRead]).await?;
    ci.generate_until(&harness, DAY).await?;
    harness.anonymous_pull(true).await?;
    let stranger = harness.stranger(HOST);
    let anonymous = stranger.with_bearer(&stranger.bearer_text(&["repository:samples/hello:pull"]).await?);
    for client in [stranger.clone(), anonymous, stranger.with_basic("ci-token", "guess")] {
        assert!(warnings(&client.get(TAGS).await?).is_empty());
    }
    Ok(())
}
