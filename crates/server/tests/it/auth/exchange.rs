//! `/oauth2/exchange` and refresh tokens: how whoever manages a registry gets into it.

use crate::client::{Answer, Client, Outcome};
use crate::harness::{Harness, OTHER_REGISTRY};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use rstest::rstest;
use serde_json::json;
use server::LocalUser;
use std::time::Duration;

const HOST: &str = "lnxcr.localhost";
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
const SCOPE: &str = "repository:any/thing:pull,push";

/// A bearer of the management API.
async fn manager(harness: &Harness) -> Outcome<String> {
    let principal = &harness.principal;
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", &principal.client_id),
        ("client_secret", principal.client_secret.reveal()),
    ];
    let path = format!("/{}/oauth2/v2.0/token", principal.tenant);
    let body = harness.stranger(HOST).post_form(&path, &fields).await?.succeeded()?.json()?;
    Ok(body["access_token"].as_str().ok_or("a bearer")?.to_owned())
}

/// A refresh token of the registry at `host`.
async fn refresh_token(harness: &Harness, host: &str) -> Outcome<String> {
    let bearer = manager(harness).await?;
    let fields = [("grant_type", "access_token"), ("service", host), ("tenant", "any"), ("access_token", &bearer)];
    let answer =
        harness.stranger(host).post_form("/oauth2/exchange?api-version=2021-07-01", &fields).await?.succeeded()?;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let body = answer.json()?;
    assert_eq!(body.as_object().map(serde_json::Map::len), Some(1));
    Ok(body["refresh_token"].as_str().ok_or("a refresh token")?.to_owned())
}

/// An access token for it, as Azure's clients ask.
async fn access_token(client: &Client<'_>, refresh_token: &str) -> Outcome<Option<String>> {
    let fields =
        [("grant_type", "refresh_token"), ("service", HOST), ("scope", SCOPE), ("refresh_token", refresh_token)];
    let answer = client.post_form("/oauth2/token", &fields).await?;
    if answer.status == StatusCode::UNAUTHORIZED {
        return Ok(None);
    }
    let body = answer.succeeded()?.json()?;
    assert_eq!(body["scope"], format!("{SCOPE},metadata_read"));
    Ok(Some(body["access_token"].as_str().ok_or("an access token")?.to_owned()))
}

/// A form without any bearer, from the network or in process.
fn without_bearer() -> Outcome<Request<Bytes>> {
    let request = Request::post("/oauth2/exchange").header("host", HOST);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    Ok(request.body(Bytes::from(format!("grant_type=access_token&service={HOST}")))?)
}

#[tokio::test]
async fn the_owner_of_the_data_folder_needs_no_bearer() -> Outcome {
    let harness = Harness::new().await?;
    // The name of the user is not what the bearers are kept by: here it is that of a principal.
    let user = LocalUser(harness.principal.client_id.clone());
    let refresh = Answer::of(harness.server.call(user, without_bearer()?).await).succeeded()?.json()?;
    let refresh = refresh["refresh_token"].as_str().ok_or("a refresh token")?.to_owned();
    let stranger = harness.stranger(HOST);
    let access = access_token(&stranger, &refresh).await?.ok_or("allowed")?;
    let started = stranger.with_bearer(&access).ask(Method::POST, "/v2/any/thing/blobs/uploads/").await?;
    assert_eq!(started.status, StatusCode::ACCEPTED);
    let claims = access.split('.').nth(1).ok_or("claims")?;
    let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(claims)?)?;
    assert!(claims.contains(r#""sub":"owner of the data folder""#), "{claims}");
    Ok(())
}

#[tokio::test]
async fn from_the_network_the_same_is_nobody() -> Outcome {
    let harness = Harness::new().await?;
    let answer = Answer::of(harness.server.answer(without_bearer()?).await);
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.seen());
    Ok(())
}

#[tokio::test]
async fn a_manager_gets_into_the_registry() -> Outcome {
    let harness = Harness::new().await?;
    let stranger = harness.stranger(HOST);
    let refresh = refresh_token(&harness, HOST).await?;
    let access = access_token(&stranger, &refresh).await?.ok_or("allowed")?;
    let started = stranger.with_bearer(&access).ask(Method::POST, "/v2/any/thing/blobs/uploads/").await?;
    assert_eq!(started.status, StatusCode::ACCEPTED);
    let location = started.header("location").ok_or("a location")?.to_owned();
    assert_eq!(stranger.with_bearer(&access).get(&location).await?.status, StatusCode::NO_CONTENT);

    // Azure's Python SDK does not name the grant; docker and podman know passwords only (real-clients.md, 1.5 and 2).
    let unnamed = [("service", HOST), ("scope", SCOPE), ("refresh_token", &refresh)];
    stranger.post_form("/oauth2/token", &unnamed).await?.succeeded()?;
    let password = [("grant_type", "password"), ("username", NOBODY), ("password", &refresh), ("service", HOST)];
    stranger.post_form("/oauth2/token", &password).await?.succeeded()?;
    let basic = stranger.with_basic(NOBODY, &refresh);
    basic.get(&format!("/oauth2/token?service={HOST}&account={NOBODY}")).await?.succeeded()?;
    basic.get("/v2/").await?.succeeded()?;

    // Again and again, and it is not among the tokens.
    assert!(access_token(&stranger, &refresh_token(&harness, HOST).await?).await?.is_some());
    assert!(access_token(&stranger, &refresh).await?.is_some());
    assert_eq!(harness.get(&format!("{}/tokens", harness.registry_id("lnxcr"))).await?, json!({"value": []}));
    Ok(())
}

#[tokio::test]
async fn ends_after_three_hours_and_takes_its_bearers_along() -> Outcome {
    let harness = Harness::new().await?;
    let stranger = harness.stranger(HOST);
    let refresh = refresh_token(&harness, HOST).await?;
    harness.advance(Duration::from_secs(3 * 3600 - 60));
    let access = access_token(&stranger, &refresh).await?.ok_or("allowed")?;
    assert_eq!(stranger.with_bearer(&access).get("/v2/").await?.status, StatusCode::OK);
    harness.advance(Duration::from_secs(60));
    assert_eq!(access_token(&stranger, &refresh).await?, None);
    assert_eq!(stranger.with_bearer(&access).get("/v2/").await?.status, StatusCode::UNAUTHORIZED);
    assert_eq!(stranger.with_basic(NOBODY, &refresh).get("/v2/").await?.status, StatusCode::UNAUTHORIZED);
    Ok(())
}

/// Each kind of bearer is of use in its own place only.
#[tokio::test]
async fn one_kind_is_never_taken_for_another() -> Outcome {
    let harness = Harness::new().await?;
    let stranger = harness.stranger(HOST);
    let (management, refresh) = (manager(&harness).await?, refresh_token(&harness, HOST).await?);
    let access = access_token(&stranger, &refresh).await?.ok_or("allowed")?;
    for bearer in [&management, &refresh] {
        assert_eq!(stranger.with_bearer(bearer).get("/v2/").await?.status, StatusCode::UNAUTHORIZED);
    }
    for bearer in [&refresh, &access] {
        let managed = stranger.with_bearer(bearer).get("/subscriptions?api-version=2022-12-01").await?;
        assert_eq!(managed.status, StatusCode::UNAUTHORIZED);
        let fields = [("grant_type", "access_token"), ("access_token", bearer.as_str())];
        assert_eq!(stranger.post_form("/oauth2/exchange", &fields).await?.status, StatusCode::UNAUTHORIZED);
    }
    for bearer in [&management, &access] {
        assert_eq!(access_token(&stranger, bearer).await?, None);
        assert_eq!(stranger.with_basic(NOBODY, bearer).get("/v2/").await?.status, StatusCode::UNAUTHORIZED);
    }
    let elsewhere = refresh_token(&harness, &format!("{OTHER_REGISTRY}.localhost")).await?;
    assert_eq!(access_token(&stranger, &elsewhere).await?, None, "of another registry");
    Ok(())
}

#[rstest]
#[case::no_grant(&[("access_token", "x")], StatusCode::BAD_REQUEST, "grant_type is missing")]
#[case::deprecated(&[("grant_type", "refresh_token"), ("refresh_token", "x")], StatusCode::BAD_REQUEST, "grant_type=refresh_token is not available here")]
#[case::no_bearer(&[("grant_type", "access_token")], StatusCode::BAD_REQUEST, "access_token is missing")]
#[case::other_service(&[("grant_type", "access_token"), ("access_token", "x"), ("service", "other.localhost")], StatusCode::BAD_REQUEST, "service is 'other.localhost'")]
#[case::no_bearer_of_ours(&[("grant_type", "access_token"), ("access_token", "x")], StatusCode::UNAUTHORIZED, "authentication failed")]
#[tokio::test]
async fn refused(#[case] fields: &[(&str, &str)], #[case] status: StatusCode, #[case] message: &str) -> Outcome {
    let harness = Harness::new().await?;
    let answer = harness.stranger(HOST).post_form("/oauth2/exchange", fields).await?;
    assert_eq!(answer.status, status);
    assert!(answer.error_message()?.starts_with(message), "{answer:?}");
    Ok(())
}
