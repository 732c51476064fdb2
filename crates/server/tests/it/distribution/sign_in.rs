//! Who counts as signed in, and what a refusal says.

use super::pushes::REPOSITORY;
use crate::client::Outcome;
use crate::harness::{Harness, Holder, OTHER_REGISTRY, REGISTRY};
use http::Method;
use model::action::Action;
use rstest::rstest;
use serde_json::json;
use server::Config;
use std::time::Duration;

const HOST: &str = "lnxcr.localhost";
const CHALLENGE: &str = r#"Bearer realm="http://lnxcr.localhost/oauth2/token",service="lnxcr.localhost""#;

#[tokio::test]
async fn docker_login() -> Outcome {
    let harness = Harness::new().await?;
    let token = harness.holder("token2", "samples/*", &[Action::ContentRead]).await?;
    let stranger = harness.stranger(HOST).get("/v2/").await?;
    assert_eq!((stranger.seen().as_str(), stranger.header("www-authenticate")), ("401 UNAUTHORIZED", Some(CHALLENGE)));
    for client in [token.bearer_for(&[]).await?, token.basic()] {
        let answer = client.get("/v2/").await?;
        assert_eq!((answer.seen().as_str(), &answer.body[..]), ("200", &b"{}"[..]));
    }
    Ok(())
}

#[tokio::test]
async fn all_failed_passwords_look_alike() -> Outcome {
    let harness = Harness::new().await?;
    let mut expired = harness.holder("expired", "*", &Action::ALL).await?;
    expired.generate_until(&harness, Duration::from_secs(3600)).await?;
    harness.advance(Duration::from_secs(3601));
    let disabled = harness.holder("disabled", "*", &Action::ALL).await?;
    harness.disable("disabled").await?;
    let deleted = harness.holder("deleted", "*", &Action::ALL).await?;
    harness.delete(&harness.token_id("deleted")).await?;
    let elsewhere = Holder { name: "elsewhere", repositories: "*", actions: &Action::ALL };
    let elsewhere = harness.holder_at(OTHER_REGISTRY, elsewhere).await?;
    let stranger = harness.stranger(HOST);
    for (reason, client) in [
        ("unknown name", stranger.with_basic("nobody", "pcl_wrong")),
        ("wrong password", stranger.with_basic("disabled", "pcl_wrong")),
        ("nothing in Basic", stranger.with_basic("", "")),
        ("not base64", stranger.with_authorization("Basic ???")),
        ("another scheme", stranger.with_authorization("Digest a=b")),
        ("expired", expired.basic()),
        ("disabled", disabled.basic()),
        ("deleted", deleted.basic()),
        ("of another registry", elsewhere.elsewhere(&harness, REGISTRY).basic()),
    ] {
        let answer = client.get("/v2/").await?;
        assert_eq!(answer.header("www-authenticate"), Some(CHALLENGE), "{reason}");
        let body = r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#;
        assert_eq!(answer.body, body, "{reason}");
    }
    Ok(())
}

/// A change that ends the bearers of `token2`.
#[derive(Debug, Clone, Copy)]
enum Change {
    Disable,
    Delete,
    Regenerate,
    TakeRights,
}

impl Change {
    async fn make(self, harness: &Harness) -> Outcome {
        match self {
            Self::Disable => harness.disable("token2").await?,
            Self::Delete => drop(harness.delete(&harness.token_id("token2")).await?),
            Self::Regenerate => drop(harness.generate("token2", json!({"name": "password1"})).await?),
            Self::TakeRights => {
                let less = Holder { name: "token2", repositories: "samples/*", actions: &[Action::ContentRead] };
                harness.put_rights(REGISTRY, &less).await?;
            }
        }
        Ok(())
    }
}

#[rstest]
#[case(Change::Disable)]
#[case(Change::Delete)]
#[case(Change::Regenerate)]
#[case(Change::TakeRights)]
#[tokio::test]
async fn a_live_bearer_ends_with_what_stands_behind_it(#[case] change: Change) -> Outcome {
    let harness = Harness::new().await?;
    let actions = [Action::ContentRead, Action::MetadataRead];
    let token = harness.holder("token2", "samples/*", &actions).await?;
    let bearer = token.bearer("repository:samples/hello:metadata_read").await?;
    let path = format!("/v2/{REPOSITORY}/tags/list");
    assert_eq!(bearer.get(&path).await?.seen(), "404 NAME_UNKNOWN");
    change.make(&harness).await?;
    let refused = bearer.get(&path).await?;
    let expected = format!(r#"{CHALLENGE},scope="repository:samples/hello:metadata_read",error="invalid_token""#);
    assert_eq!((refused.status.as_u16(), refused.header("www-authenticate")), (401, Some(expected.as_str())));
    Ok(())
}

#[tokio::test]
async fn who_proved_who_it_is_learns_what_is_missing() -> Outcome {
    let harness = Harness::new().await?;
    let token = harness.holder("token2", "samples/*", &[Action::ContentRead]).await?;
    for client in [token.bearer("repository:samples/hello:pull,push").await?, token.basic()] {
        let refused = client.ask(Method::POST, &format!("/v2/{REPOSITORY}/blobs/uploads/")).await?;
        let scope = r#",scope="repository:samples/hello:pull,push",error="insufficient_scope""#;
        assert_eq!(refused.header("www-authenticate"), Some(format!("{CHALLENGE}{scope}").as_str()));
        let error = refused.json()?["errors"][0].clone();
        assert_eq!(error["message"], "missing content/write on repository samples/hello");
        assert_eq!(error["detail"][0]["Action"], "push");
    }
    Ok(())
}

#[rstest]
#[case("othercr.localhost", "200")]
#[case("lnxcr.localhost", "401 UNAUTHORIZED")]
#[case("127.0.0.1:5000", "401 UNAUTHORIZED")]
#[case("nobody.localhost", "404 NAME_UNKNOWN")]
#[tokio::test]
async fn each_host_is_its_registry(#[case] host: &str, #[case] expected: &str) -> Outcome {
    let config = Config { default_registry: Some(REGISTRY.to_owned()), ..Config::default() };
    let harness = Harness::new_with(config).await?;
    let holder = Holder { name: "token2", repositories: "*", actions: &Action::ALL };
    let token = harness.holder_at(OTHER_REGISTRY, holder).await?;
    let client = harness.stranger(host).with_basic(&token.name, &token.password);
    assert_eq!(client.get("/v2/").await?.seen(), expected);
    Ok(())
}

#[tokio::test]
async fn with_two_registries_a_bare_address_says_what_to_do() -> Outcome {
    let harness = Harness::new().await?;
    let bare = harness.stranger("127.0.0.1:5000");
    assert_eq!(bare.get("/v2/").await?.seen(), "404 NAME_UNKNOWN");
    let refused = bare.get("/v2/").await?.json()?;
    let message = refused["errors"][0]["message"].as_str().unwrap_or_default();
    assert!(message.contains("login server") && message.contains("default_registry"), "{message}");
    Ok(())
}

#[rstest]
#[case(Method::GET, "/v2/A/tags/list", "400 NAME_INVALID")]
#[case(Method::GET, "/v2/a%00b/tags/list", "400 NAME_INVALID")]
#[case(Method::GET, "/v2/../a/tags/list", "400 NAME_INVALID")]
#[case(Method::GET, "/v2/nothing", "404 UNSUPPORTED")]
#[case(Method::PUT, "/v2/", "405 UNSUPPORTED")]
#[tokio::test]
async fn what_is_no_request_is_refused_alike_to_all(
    #[case] method: Method,
    #[case] path: &str,
    #[case] expected: &str,
) -> Outcome {
    let harness = Harness::new().await?;
    assert_eq!(harness.stranger(HOST).ask(method, path).await?.seen(), expected);
    Ok(())
}

#[tokio::test]
async fn head_is_challenged_without_a_body() -> Outcome {
    let harness = Harness::new().await?;
    let head = harness.stranger(HOST).ask(Method::HEAD, "/v2/a/manifests/latest").await?;
    assert_eq!((head.status.as_u16(), head.body.len()), (401, 0));
    assert!(head.header("www-authenticate").is_some_and(|challenge| challenge.starts_with(CHALLENGE)));
    Ok(())
}
