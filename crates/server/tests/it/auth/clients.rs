//! What each client relies on (data-plane-and-auth.md, sections 0, 1 and 6): every test is named after the one that it saves.

use super::token::claims;
use crate::client::{Answer, Outcome, TokenClient};
use crate::distribution::pushes::{REPOSITORY, digest_of, everything};
use crate::harness::{Harness, REGISTRY};
use crate::network::{exchange, served};
use http::{Method, StatusCode};
use model::action::Action;
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;

const HOST: &str = "lnxcr.localhost";

async fn puller(harness: &Harness) -> Outcome<TokenClient<'_>> {
    harness.holder("token2", "samples/*", &[Action::ContentRead, Action::MetadataRead]).await
}

/// It splits the challenge at the first space, then at each comma, then at each equals sign, and trims nothing but quotes (1.1).
#[rstest]
#[case("/v2/")]
#[case("/v2/_catalog")]
#[case("/acr/v1/samples%2Fhello")]
#[tokio::test]
async fn azure_cli_takes_challenges_apart_by_hand(#[case] path: &str) -> Outcome {
    let harness = Harness::new().await?;
    let refused = harness.stranger(HOST).get(path).await?;
    let challenge = refused.header("www-authenticate").ok_or("a challenge")?;
    let (scheme, rest) = challenge.split_once(' ').ok_or("a scheme")?;
    let mut parameters = rest.split(',').filter_map(|part| part.split_once('='));
    let mut value = |name: &str| parameters.find(|(known, _)| *known == name).map(|(_, value)| value.trim_matches('"'));
    assert_eq!(scheme, "Bearer");
    assert_eq!(value("realm"), Some("http://lnxcr.localhost/oauth2/token"));
    assert_eq!(value("service"), Some(HOST));
    Ok(())
}

/// They send no credentials to a realm on another host than the registry's (1.1).
#[tokio::test]
async fn crane_and_regclient_find_the_realm_at_the_registry_s_host() -> Outcome {
    let harness = Harness::new().await?;
    for host in ["lnxcr.localhost", "lnxcr.localhost:5000"] {
        let refused = harness.stranger(host).get("/v2/").await?;
        let challenge = refused.header("www-authenticate").ok_or("a challenge")?;
        assert!(challenge.contains(&format!(r#"realm="http://{host}/oauth2/token""#)), "{challenge}");
    }
    Ok(())
}

/// It forgets the password once it has a refresh token, and must log in again when that ends (0.6, 1.7).
#[tokio::test]
async fn docker_keeps_its_password() -> Outcome {
    let harness = Harness::new().await?;
    let token = puller(&harness).await?;
    let asked = "/oauth2/token?account=token2&client_id=docker&offline_token=true&service=lnxcr.localhost";
    let by_get = token.basic().get(asked).await?.succeeded()?.json()?;
    let form = [
        ("grant_type", "password"),
        ("username", token.name.as_str()),
        ("password", token.password.as_str()),
        ("access_type", "offline"),
        ("client_id", "oras-go"),
    ];
    let by_post = harness.stranger(HOST).post_form("/oauth2/token", &form).await?.succeeded()?.json()?;
    for answer in [by_get, by_post] {
        assert_eq!(answer.get("refresh_token"), None);
        assert!(answer["access_token"].is_string());
    }
    Ok(())
}

/// Machines whose clock is behind take a bearer whose `nbf` has passed for them too (8.2); acr-cli wants `exp` as a number (1.5).
#[tokio::test]
async fn machines_with_a_late_clock_and_acr_cli_read_the_times() -> Outcome {
    let harness = Harness::new().await?;
    let claims = claims(&puller(&harness).await?.issue(&[]).await?)?;
    let now = harness.now().as_unix_seconds();
    for back_dated in ["nbf", "iat"] {
        assert_eq!(claims[back_dated], json!(now - 60), "{back_dated}");
    }
    assert_eq!(claims["exp"], json!(now + 3600));
    Ok(())
}

/// It loops without an `error`, and fails a push at 403 (0.4).
#[tokio::test]
async fn containerd_is_told_which_of_its_bearers_fell_short() -> Outcome {
    let harness = Harness::new().await?;
    let token = puller(&harness).await?;
    let path = format!("/v2/{REPOSITORY}/blobs/uploads/");
    let narrow = token.bearer("repository:samples/hello:pull,push").await?;
    let old = token.bearer("repository:samples/hello:pull").await?;
    for (client, wait, error) in [(narrow, 0, "insufficient_scope"), (old, 3600, "invalid_token")] {
        harness.advance(Duration::from_secs(wait));
        let refused = client.ask(Method::POST, &path).await?;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        let challenge = refused.header("www-authenticate").ok_or("a challenge")?;
        let end = format!(r#",scope="repository:samples/hello:pull,push",error="{error}""#);
        assert!(challenge.ends_with(&end), "{challenge}");
    }
    Ok(())
}

/// Whoever asks to mount what cannot be mounted uploads instead; 403 or 404 would end the push (0.11).
#[tokio::test]
async fn containerd_uploads_what_it_may_not_mount() -> Outcome {
    let harness = Harness::new().await?;
    everything(&harness).await?.push_blob("secret/hello", b"hello").await?;
    let pusher = harness.holder("pusher", "samples/*", &[Action::ContentRead, Action::ContentWrite]).await?;
    let client = pusher.bearer_for(&["repository:samples/hello:pull,push", "repository:secret/hello:pull"]).await?;
    for (from, bytes) in [("secret/hello", b"hello"), ("secret/nothing", b"hello"), ("samples/hello", b"other")] {
        let path = format!("/v2/{REPOSITORY}/blobs/uploads/?mount={}&from={from}", digest_of(bytes));
        let answer = client.ask(Method::POST, &path).await?;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{from}");
        assert!(answer.header("location").is_some());
        // docker reads it with "%d-%d" (5.3).
        assert_eq!(answer.header("range"), Some("0-0"), "{from}");
    }
    Ok(())
}

/// Its names arrive percent-encoded, digests and slashes alike (0.10).
#[tokio::test]
async fn azure_sdks_percent_encode_names() -> Outcome {
    let harness = Harness::new().await?;
    let owner = everything(&harness).await?;
    let blob = owner.push_blob(REPOSITORY, b"hello").await?;
    owner.push_image((REPOSITORY, "v1"), &blob, "").await?;
    let digest = owner.get(&format!("/v2/{REPOSITORY}/manifests/v1")).await?;
    let digest = digest.header("docker-content-digest").ok_or("a digest")?.replace(':', "%3A");
    for path in [
        "/acr/v1/samples%2Fhello".to_owned(),
        "/acr/v1/samples%2fhello/_tags/v1".to_owned(),
        format!("/acr/v1/samples%2Fhello/_manifests/{digest}"),
        format!("/v2/samples%2Fhello/manifests/{digest}"),
        format!("/v2/samples%2Fhello/blobs/{}", blob.to_string().replace(':', "%3A")),
    ] {
        assert_eq!(owner.get(&path).await?.seen(), "200", "{path}");
    }
    // What is encoded twice is another name, and none.
    assert_eq!(owner.get("/v2/samples%252Fhello/tags/list").await?.seen(), "400 NAME_INVALID");
    Ok(())
}

/// The scopes of an index with many bases stand in one URL (8.4), and the answer stays below what they read: 64 KiB (0.5).
#[tokio::test]
async fn docker_and_crane_ask_for_many_scopes_in_one_line() -> Outcome {
    let harness = Harness::new().await?;
    let token = puller(&harness).await?;
    let scopes: String = (0..750).map(|number| format!("&scope=repository:samples/base-{number:04}:pull")).collect();
    let line = format!("/oauth2/token?service={HOST}{scopes}");
    assert!(line.len() > 28 << 10 && line.len() < 32 << 10, "{}", line.len());
    let basic = base64_of(&format!("{}:{}", token.name, token.password));
    let request = format!(
        "GET {line} HTTP/1.1\r\nHost: {REGISTRY}.localhost\r\nAuthorization: Basic {basic}\r\nConnection: close\r\n\r\n"
    );
    served(&harness, async |address| {
        let answer = exchange(address, &request).await?;
        assert!(answer.starts_with("HTTP/1.1 200"), "{}", &answer[..200.min(answer.len())]);
        Ok(())
    })
    .await?;
    let scopes: Vec<String> = (0..750).map(|number| format!("repository:samples/base-{number:04}:pull")).collect();
    let (bearer, said) = issued(&token, &scopes).await?;
    assert_eq!((said.get("token"), said.get("scope")), (None, None), "there is no room for more");
    let client = harness.stranger(HOST).with_bearer(&bearer);
    assert_eq!(client.get("/v2/samples/base-0749/tags/list").await?.seen(), "404 NAME_UNKNOWN");
    assert_eq!(client.get("/v2/samples/base-0750/tags/list").await?.status, StatusCode::UNAUTHORIZED);
    Ok(())
}

/// It asks for everything before it looks for what to purge (1.2), and the scope map may name 500 repositories: the bearer stays one that
/// proxies take, 8 KiB with the rest of a request's head (8.4).
#[tokio::test]
async fn acr_cli_asks_for_everything_that_a_long_scope_map_holds() -> Outcome {
    let harness = Harness::new().await?;
    let name = |number: usize| format!("{}/app-{number:04}", "team-of-many-words/".repeat(9).trim_end_matches('/'));
    let actions: Vec<String> = (0..500).map(|number| format!("repositories/{}/metadata/read", name(number))).collect();
    let map = harness.scope_map("longmap", &actions.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    let token = harness.token("token2", &map).await?;
    let (bearer, said) = issued(&token, &["repository:*:*".to_owned()]).await?;
    assert!(bearer.len() < 6 << 10, "{}", bearer.len());
    assert_eq!(said.get("scope"), None, "it would be too long");
    let client = harness.stranger(HOST).with_bearer(&bearer);
    assert_eq!(client.get(&format!("/v2/{}/tags/list", name(499))).await?.seen(), "404 NAME_UNKNOWN");
    for (method, path) in [
        (Method::GET, format!("/v2/{}/tags/list", name(500))),
        (Method::GET, format!("/v2/{}/manifests/v1", name(499))),
        (Method::POST, format!("/v2/{}/blobs/uploads/", name(499))),
        (Method::DELETE, format!("/v2/{}/manifests/v1", name(499))),
    ] {
        assert_eq!(client.ask(method, &path).await?.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    Ok(())
}

/// Named one by one they do not fit into any bearer that would be taken, which is said before one is issued.
#[tokio::test]
async fn nobody_gets_a_bearer_that_is_too_long_to_be_taken() -> Outcome {
    let harness = Harness::new().await?;
    let token = puller(&harness).await?;
    let scopes: Vec<String> = (0..1_200).map(|number| format!("repository:samples/base-{number:04}:pull")).collect();
    let refused = token.issue(&scopes.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.error_message()?.ends_with("at most 61440 bytes: ask for fewer scopes"), "{refused:?}");
    Ok(())
}

/// Nor does whoever asks without credentials, and the log does not say that they got one.
#[tokio::test]
async fn nobody_gets_an_anonymous_bearer_that_is_too_long_either() -> Outcome {
    let harness = Harness::new().await?;
    harness.anonymous_pull(true).await?;
    let scopes: Vec<String> = (0..1_200).map(|number| format!("repository:samples/base-{number:04}:pull")).collect();
    let scopes = scopes.join(" ");
    let form = [("grant_type", "password"), ("service", HOST), ("scope", scopes.as_str())];
    let refused = harness.stranger(HOST).post_form("/oauth2/token", &form).await?;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.error_message()?.ends_with("at most 61440 bytes: ask for fewer scopes"), "{refused:?}");
    let path = format!(
        "/providers/Portcullis.Audit/entries?api-version={}&action=signIn&outcome=allowed",
        wire::arm::API_VERSION
    );
    // What strangers do is counted for a while, and written after it.
    harness.advance(Duration::from_secs(61));
    for _ in 0..2 {
        assert_eq!(harness.manage(Method::GET, &path, None).await?.succeeded()?.body, "");
    }
    Ok(())
}

/// The bearer of an answer that is below what clients read, and the answer.
async fn issued(token: &TokenClient<'_>, scopes: &[String]) -> Outcome<(String, Value)> {
    let answer = token.issue(&scopes.iter().map(String::as_str).collect::<Vec<_>>()).await?.succeeded()?;
    assert!(answer.body.len() < 64 << 10, "{}", answer.body.len());
    let said = answer.json()?;
    let bearer = said["access_token"].as_str().ok_or("a bearer")?.to_owned();
    Ok((bearer, said))
}

/// They send the refresh token of `az acr login` in chunks, without a Content-Length (0.8).
#[tokio::test]
async fn skopeo_and_the_azure_sdks_send_refresh_tokens_in_chunks() -> Outcome {
    let harness = Harness::new().await?;
    let request = |form: &str| {
        format!(
            "POST /oauth2/token HTTP/1.1\r\nHost: {REGISTRY}.localhost\r\nConnection: close\r\nContent-Type: \
             application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{form}\r\n0\r\n\r\n",
            form.len()
        )
    };
    let refresh = refresh_token(&harness).await?;
    let form = format!("client_id=containers%2Fimage&grant_type=refresh_token&service={HOST}&refresh_token=");
    served(&harness, async |address| {
        for (refresh, expected) in [(refresh.as_str(), "HTTP/1.1 200"), ("x", "HTTP/1.1 401")] {
            let answer = exchange(address, &request(&format!("{form}{refresh}"))).await?;
            assert!(answer.starts_with(expected), "{answer}");
        }
        Ok(())
    })
    .await
}

/// As `az acr login` gets it.
async fn refresh_token(harness: &Harness) -> Outcome<String> {
    let principal = &harness.principal;
    let stranger = harness.stranger(HOST);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", principal.client_id.as_str()),
        ("client_secret", principal.client_secret.reveal()),
    ];
    let login = stranger.post_form(&format!("/{}/oauth2/v2.0/token", principal.tenant), &form).await?.succeeded()?;
    let bearer = login.json()?["access_token"].as_str().ok_or("a bearer")?.to_owned();
    let form = [("grant_type", "access_token"), ("service", HOST), ("access_token", &bearer)];
    let exchanged = stranger.post_form("/oauth2/exchange", &form).await?.succeeded()?.json()?;
    Ok(exchanged["refresh_token"].as_str().ok_or("a refresh token")?.to_owned())
}

/// It tries every entry that matches the host, so two tokens for one registry both work (6.1).
#[tokio::test]
async fn a_kubelet_holds_two_tokens_of_one_registry() -> Outcome {
    let harness = Harness::new().await?;
    let owner = everything(&harness).await?;
    for repository in ["samples/hello", "team/app"] {
        let blob = owner.push_blob(repository, b"hello").await?;
        owner.push_image((repository, "v1"), &blob, "").await?;
    }
    let tokens = [
        harness.holder("sampler", "samples/*", &[Action::ContentRead]).await?,
        harness.holder("teammate", "team/*", &[Action::ContentRead]).await?,
    ];
    for repository in ["samples/hello", "team/app"] {
        let mut pulled = Vec::new();
        for token in &tokens {
            let client = token.bearer(&format!("repository:{repository}:pull")).await?;
            pulled.push(client.get(&format!("/v2/{repository}/manifests/v1")).await?.status.is_success());
        }
        assert_eq!(pulled, [repository == "samples/hello", repository == "team/app"]);
    }
    Ok(())
}

/// Each asks for `pull` alone before it lists tags (3.3).
#[tokio::test]
async fn skopeo_renovate_and_argo_list_tags_with_a_bearer_for_pull() -> Outcome {
    let harness = Harness::new().await?;
    let owner = everything(&harness).await?;
    let blob = owner.push_blob(REPOSITORY, b"hello").await?;
    owner.push_image((REPOSITORY, "v1"), &blob, "").await?;
    let client = puller(&harness).await?.bearer("repository:samples/hello:pull").await?;
    let listed = client.get(&format!("/v2/{REPOSITORY}/tags/list")).await?.succeeded()?.json()?;
    assert_eq!(listed["tags"], json!(["v1"]));
    Ok(())
}

/// They ask for what nobody here knows, and go on with the rest (1.2).
#[tokio::test]
async fn helm_2_and_acr_cli_ask_for_scopes_of_other_services() -> Outcome {
    let harness = Harness::new().await?;
    let scopes =
        ["artifact-repository:repo:pull", "registry:deleted_catalog:*", "repository:samples/hello:pull,deleted_read"];
    let answer = puller(&harness).await?.issue(&scopes).await?.succeeded()?.json()?;
    assert_eq!(answer["scope"], "repository:samples/hello:pull,metadata_read");
    assert_ne!(answer["access_token"], Value::Null);
    Ok(())
}

fn base64_of(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// Their login posts name and password without a scope, then asks `/v2/` with what it got, which says no repository; what comes later asks
/// by GET (6.1).
#[tokio::test]
async fn oras_and_helm_log_in_by_post_and_ping_with_a_bearer_without_scope() -> Outcome {
    let harness = Harness::new().await?;
    let token = puller(&harness).await?;
    let form = [
        ("grant_type", "password"),
        ("client_id", "oras-go"),
        ("service", HOST),
        ("username", &token.name),
        ("password", &token.password),
    ];
    let stranger = harness.stranger(HOST);
    let login = stranger.post_form("/oauth2/token", &form).await?.succeeded()?.json()?;
    let asked = token.issue(&[]).await?.succeeded()?.json()?;
    for said in [login, asked] {
        assert_eq!(said.get("scope"), None);
        let client = stranger.with_bearer(said["access_token"].as_str().ok_or("a bearer")?);
        assert_eq!(client.get("/v2/").await?.status, StatusCode::OK);
        assert_eq!(client.get("/v2/samples/hello/tags/list").await?.status, StatusCode::UNAUTHORIZED);
    }
    let wrong = [form[0], form[1], form[2], form[3], ("password", "pcl_wrong")];
    assert_eq!(stranger.post_form("/oauth2/token", &wrong).await?.status, StatusCode::UNAUTHORIZED);
    Ok(())
}

/// They look for the blob, tell no range of what they send, and ask once more with the scope that a refusal names (6.1).
#[tokio::test]
async fn podman_buildah_and_cri_o_push_without_a_content_range() -> Outcome {
    let harness = Harness::new().await?;
    let token = harness.holder("token2", "samples/*", &Action::ALL).await?;
    let (blob, path) = (digest_of(b"hello"), format!("/v2/{REPOSITORY}/blobs/uploads/"));
    let refused = token.bearer("repository:samples/hello:pull").await?.ask(Method::POST, &path).await?;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let challenge = refused.header("www-authenticate").ok_or("a challenge")?;
    assert!(challenge.contains(r#"error="insufficient_scope""#), "{challenge}");
    let scope = challenge.split(r#"scope=""#).nth(1).and_then(|rest| rest.split('"').next()).ok_or("a scope")?;
    let client = token.bearer(scope).await?;
    let held = format!("/v2/{REPOSITORY}/blobs/{blob}");
    assert_eq!(client.ask(Method::HEAD, &held).await?.status, StatusCode::NOT_FOUND);
    let started = client.ask(Method::POST, &path).await?.succeeded()?;
    let sent = client.send(Method::PATCH, &location(&started)?, &[], "hello").await?.succeeded()?;
    let closed = client.ask(Method::PUT, &format!("{}?digest={blob}", location(&sent)?)).await?;
    assert_eq!(closed.status, StatusCode::CREATED);
    assert_eq!(client.ask(Method::HEAD, &held).await?.status, StatusCode::OK);
    Ok(())
}

fn location(answer: &Answer) -> Outcome<String> {
    Ok(answer.header("location").ok_or("a location")?.to_owned())
}
