//! `/oauth2/token` without credentials, where anonymous pull is on and where it is not.

use super::token::claims;
use crate::client::Outcome;
use crate::client_certificate::ClientCertificate;
use crate::distribution::pushes::{REPOSITORY, everything};
use crate::harness::{Harness, OTHER_REGISTRY};
use http::Method;
use rstest::rstest;
use serde_json::json;
use std::time::Duration;

const HOST: &str = "lnxcr.localhost";
const PULL: &str = "repository:samples/hello:pull";
const FORM: (&str, &str) = ("grant_type", "password");

fn manifest() -> String {
    format!("/v2/{REPOSITORY}/manifests/v1")
}

/// A registry that holds something which whoever asks may pull.
async fn open_registry() -> Outcome<Harness> {
    let harness = Harness::behind_proxy().await?;
    let owner = everything(&harness).await?;
    let blob = owner.push_blob(REPOSITORY, b"hello").await?;
    owner.push_image((REPOSITORY, "v1"), &blob, "").await?;
    harness.anonymous_pull(true).await?;
    Ok(harness)
}

/// Each form of asking without credentials that a client was seen to use.
#[rstest]
#[case::docker_and_podman(&[])]
#[case::azure_sdk(&[FORM, ("service", HOST)])]
#[case::azure_sdk_with_an_unused_field(&[FORM, ("service", HOST), ("refresh_token", "")])]
#[case::empty_credentials(&[FORM, ("username", ""), ("password", "")])]
#[tokio::test]
async fn whoever_asks_pulls(#[case] form: &[(&str, &str)]) -> Outcome {
    let harness = open_registry().await?;
    let stranger = harness.stranger(HOST);
    let answer = if form.is_empty() {
        stranger.get(&format!("/oauth2/token?service={HOST}&scope={PULL}&client_id=docker")).await?
    } else {
        stranger.post_form("/oauth2/token", &[form, &[("scope", PULL)]].concat()).await?
    };
    let body = answer.succeeded()?.json()?;
    // Never below a minute, which docker would lift it to (data-plane-and-auth.md, 1.3).
    assert_eq!((&body["expires_in"], &body["scope"]), (&json!(300), &json!(format!("{PULL},metadata_read"))));
    assert_eq!((&body["token"], &body["refresh_token"]), (&body["access_token"], &json!(null)));
    let client = stranger.with_bearer(body["token"].as_str().ok_or("a token")?);
    for path in ["/v2/", &manifest(), &format!("/v2/{REPOSITORY}/tags/list"), &format!("/acr/v1/{REPOSITORY}")] {
        assert_eq!(client.get(path).await?.seen(), "200", "{path}");
    }
    Ok(())
}

/// docker never sends its password to a registry whose ping it passes without one (data-plane-and-auth.md, 0.1).
#[tokio::test]
async fn docker_is_still_challenged_at_the_ping() -> Outcome {
    let harness = open_registry().await?;
    let stranger = harness.stranger(HOST);
    for path in ["/v2/", &manifest()] {
        let answer = stranger.get(path).await?;
        assert_eq!(answer.seen(), "401 UNAUTHORIZED", "{path}");
        assert!(answer.header("www-authenticate").is_some_and(|challenge| challenge.starts_with("Bearer ")), "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_written_needs_a_sign_in() -> Outcome {
    let harness = open_registry().await?;
    let stranger = harness.stranger(HOST);
    let bearer = stranger.with_bearer(&stranger.bearer_text(&["repository:samples/hello:*"]).await?);
    let uploads = format!("/v2/{REPOSITORY}/blobs/uploads/");
    for (method, path) in [(Method::POST, &uploads), (Method::DELETE, &manifest())] {
        let refused = bearer.ask(method.clone(), path).await?;
        assert_eq!(refused.seen(), "401 UNAUTHORIZED", "{method} {path}");
        // So that a client that has a password asks for a wider bearer with it.
        let challenge = refused.header("www-authenticate").unwrap_or_default();
        assert!(challenge.ends_with(r#",error="insufficient_scope""#), "{challenge}");
    }
    Ok(())
}

#[tokio::test]
async fn the_catalog_lists_what_can_be_pulled() -> Outcome {
    let harness = open_registry().await?;
    let stranger = harness.stranger(HOST);
    let bearer = stranger.with_bearer(&stranger.bearer_text(&["registry:catalog:*"]).await?);
    assert_eq!(bearer.get("/v2/_catalog").await?.succeeded()?.json()?, json!({"repositories": [REPOSITORY]}));
    Ok(())
}

/// Whoever has credentials and lost the right to them must hear of it, not be let in as somebody else (section 3.7).
#[tokio::test]
async fn credentials_that_do_not_count_are_not_passed_over() -> Outcome {
    let harness = open_registry().await?;
    let stranger = harness.stranger(HOST);
    let path = format!("/oauth2/token?scope={PULL}");
    for (what, client, path) in [
        ("a wrong password", stranger.with_basic("token2", "pcl_wrong"), path.clone()),
        ("nothing in Basic", stranger.with_basic("", ""), path.clone()),
        ("another scheme", stranger.with_authorization("Digest a=b"), path.clone()),
        ("nobody's certificate", stranger.with_certificate(&ClientCertificate::new("nobody")?), path.clone()),
        ("a user without a password", stranger.clone(), format!("{path}&account=token2")),
    ] {
        assert_eq!(client.get(&path).await?.seen(), "401 UNAUTHORIZED", "{what}");
    }
    let fields = [FORM, ("username", "token2"), ("password", ""), ("scope", PULL)];
    assert_eq!(stranger.post_form("/oauth2/token", &fields).await?.seen(), "401 UNAUTHORIZED");
    Ok(())
}

#[tokio::test]
async fn turned_off_it_ends_at_the_next_request_in_every_process() -> Outcome {
    let harness = open_registry().await?;
    let other_process = harness.second_process().await?;
    let path = manifest();
    let text = harness.stranger(HOST).bearer_text(&[PULL]).await?;
    let clients = [harness.stranger(HOST), other_process.stranger(HOST)].map(|stranger| stranger.with_bearer(&text));
    for client in &clients {
        assert_eq!(client.get(&path).await?.seen(), "200");
    }
    harness.anonymous_pull(false).await?;
    other_process.follow_changes().await?;
    for client in &clients {
        let refused = client.get(&path).await?;
        assert_eq!(refused.seen(), "401 UNAUTHORIZED");
        let challenge = refused.header("www-authenticate").unwrap_or_default();
        assert!(challenge.ends_with(r#",error="invalid_token""#), "{challenge}");
    }
    assert_eq!(harness.stranger(HOST).get("/oauth2/token").await?.seen(), "401 UNAUTHORIZED");
    Ok(())
}

#[tokio::test]
async fn it_is_for_one_registry_and_five_minutes() -> Outcome {
    let harness = open_registry().await?;
    let elsewhere = format!("{OTHER_REGISTRY}.localhost");
    let text = harness.stranger(HOST).bearer_text(&[PULL]).await?;
    assert_eq!(harness.stranger(&elsewhere).get("/oauth2/token").await?.seen(), "401 UNAUTHORIZED");
    assert_eq!(harness.stranger(&elsewhere).with_bearer(&text).get("/v2/").await?.seen(), "401 UNAUTHORIZED");
    let client = harness.stranger(HOST).with_bearer(&text);
    for (wait, expected) in [(299, "200"), (61, "401 UNAUTHORIZED")] {
        harness.advance(Duration::from_secs(wait));
        assert_eq!(client.get("/v2/").await?.seen(), expected, "after {wait} more seconds");
    }
    Ok(())
}

#[tokio::test]
async fn it_names_nobody() -> Outcome {
    let harness = open_registry().await?;
    let claims = claims(&harness.stranger(HOST).get(&format!("/oauth2/token?scope={PULL}")).await?)?;
    assert_eq!((&claims["sub"], &claims["anon"]), (&json!("acr_anon_pull"), &json!(true)));
    for absent in ["tok", "gen", "pwd", "crt", "cnf"] {
        assert_eq!(claims.get(absent), None, "{absent}");
    }
    Ok(())
}
