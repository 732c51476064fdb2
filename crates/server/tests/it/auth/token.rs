//! `/oauth2/token`: who gets a bearer, and for what.

use crate::client::{Answer, Outcome, TokenClient};
use crate::harness::{Harness, OTHER_REGISTRY, REGISTRY};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use model::timestamp::Timestamp;
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;

const PULL_AND_PUSH: &[&str] = &["repositories/samples/*/content/read", "repositories/samples/*/content/write"];
const HOUR: Duration = Duration::from_secs(3600);

async fn token2(harness: &Harness) -> Outcome<TokenClient<'_>> {
    let scope_map = harness.scope_map("newmap", PULL_AND_PUSH).await?;
    harness.token("token2", &scope_map).await
}

/// What a bearer says, unverified.
pub(super) fn claims(answer: &Answer) -> Outcome<Value> {
    let body = answer.json()?;
    let token = body["token"].as_str().ok_or("a token")?;
    let payload = token.split('.').nth(1).ok_or("three parts")?;
    Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload)?)?)
}

#[rstest]
#[case::one(&["repository:samples/a:pull"], Some("repository:samples/a:pull"))]
#[case::docker_push(&["repository:samples/a:push,pull"], Some("repository:samples/a:pull,push"))]
#[case::beyond_the_map(&["repository:samples/a:pull,push,delete"], Some("repository:samples/a:pull,push"))]
#[case::joined_by_a_space(&["repository:samples/a:pull repository:samples/b:push"], Some("repository:samples/a:pull repository:samples/b:push"))]
#[case::two_parameters(&["repository:samples/a:pull", "repository:samples/b:push"], Some("repository:samples/a:pull repository:samples/b:push"))]
#[case::twice_as_containerd_does(&["repository:samples/a:pull", "repository:samples/a:pull,push"], Some("repository:samples/a:pull,push"))]
#[case::partly_outside(&["repository:samples/a:pull", "repository:other:pull"], Some("repository:samples/a:pull"))]
#[case::outside(&["repository:other:pull"], None)]
#[case::none(&[], None)]
#[case::empty(&[""], None)]
#[tokio::test]
async fn grant_is_what_is_asked_and_held(#[case] scopes: &[&str], #[case] granted: Option<&str>) -> Outcome {
    let harness = Harness::new().await?;
    let answer = token2(&harness).await?.issue(scopes).await?;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()?["scope"].as_str(), granted);
    let claimed: Vec<String> = claims(&answer)?["access"]
        .as_array()
        .ok_or("access is a list")?
        .iter()
        .map(|access| {
            let actions: Vec<&str> =
                access["actions"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            format!("{}:{}:{}", access["type"].as_str()?, access["name"].as_str()?, actions.join(",")).into()
        })
        .collect::<Option<_>>()
        .ok_or("access as in the specification")?;
    assert_eq!(claimed.join(" "), granted.unwrap_or_default());
    Ok(())
}

#[tokio::test]
async fn answer_as_every_client_reads_it() -> Outcome {
    let harness = Harness::new().await?;
    let answer = token2(&harness).await?.issue(&["repository:samples/a:pull"]).await?;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let body = answer.json()?;
    assert_eq!(body["token"], body["access_token"]);
    assert_eq!(body["expires_in"], 3600);
    assert_eq!(body["refresh_token"], Value::Null);
    let issued_at = body["issued_at"].as_str().ok_or("issued_at")?;
    assert_eq!(Timestamp::parse(issued_at)?, harness.now());
    let claims = claims(&answer)?;
    assert_eq!(claims["sub"], "token2");
    assert_eq!(claims["exp"], harness.now().plus(HOUR).as_unix_seconds());
    Ok(())
}

/// Every form of asking that a client was seen to use (real-clients.md, section 3).
#[rstest]
#[case::post(&[("grant_type", "password"), ("username", "token2"), ("password", "{password}")])]
#[case::post_as_containerd(&[("client_id", "containerd-client"), ("grant_type", "password"), ("username", "token2"), ("password", "{password}"), ("service", "lnxcr.localhost")])]
#[case::post_of_az(&[("grant_type", "password"), ("service", "LnxCr.localhost"), ("username", "token2"), ("password", "{password}")])]
#[case::name_in_other_case(&[("grant_type", "password"), ("username", "TOKEN2"), ("password", "{password}")])]
#[tokio::test]
async fn post_forms(#[case] fields: &[(&str, &str)]) -> Outcome {
    let harness = Harness::new().await?;
    let token = token2(&harness).await?;
    let mut fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (*name, if *value == "{password}" { token.password.as_str() } else { value }))
        .collect();
    fields.push(("scope", "repository:samples/a:pull"));
    let stranger = harness.stranger("lnxcr.localhost");
    let answer = stranger.post_form("/oauth2/token?api-version=2021-07-01", &fields).await?.succeeded()?;
    assert_eq!(answer.json()?["scope"], "repository:samples/a:pull");
    Ok(())
}

#[tokio::test]
async fn post_with_basic() -> Outcome {
    let harness = Harness::new().await?;
    let fields = [("grant_type", "password"), ("scope", "repository:samples/a:pull")];
    let answer = token2(&harness).await?.basic().post_form("/oauth2/token", &fields).await?.succeeded()?;
    assert_eq!(answer.json()?["scope"], "repository:samples/a:pull");
    Ok(())
}

#[rstest]
#[case::docker_login("account=token2&client_id=docker&offline_token=true&service=lnxcr.localhost", StatusCode::OK)]
#[case::unknown_parameters("api-version=2021-07-01&x=y&x=z", StatusCode::OK)]
#[case::service_in_other_case("service=LNXCR.Localhost", StatusCode::OK)]
#[case::service_is_the_host("service=lnxcr.localhost:5000", StatusCode::OK)]
#[case::empty_service("service=", StatusCode::OK)]
#[case::other_service("service=othercr.localhost", StatusCode::BAD_REQUEST)]
#[case::two_services("service=lnxcr.localhost&service=lnxcr.localhost", StatusCode::BAD_REQUEST)]
#[case::account_in_other_case("account=TOKEN2&service=lnxcr.localhost", StatusCode::OK)]
#[case::other_account("account=token3&service=lnxcr.localhost", StatusCode::UNAUTHORIZED)]
#[tokio::test]
async fn queries(#[case] query: &str, #[case] expected: StatusCode) -> Outcome {
    let harness = Harness::new().await?;
    let token = token2(&harness).await?;
    let client = harness.stranger("lnxcr.localhost:5000").with_basic(&token.name, &token.password);
    let answer = client.get(&format!("/oauth2/token?{query}")).await?;
    assert_eq!(answer.status, expected, "{answer:?}");
    if expected == StatusCode::BAD_REQUEST && query.contains(OTHER_REGISTRY) {
        let message = answer.error_message()?;
        assert!(message.contains("othercr.localhost") && message.contains("lnxcr.localhost"), "{message}");
    }
    Ok(())
}

/// What a stranger sees of every reason must not tell them apart (decision D3).
#[tokio::test]
async fn refusals_look_alike() -> Outcome {
    let harness = Harness::new().await?;
    let token = token2(&harness).await?;
    let properties = |expiry: Option<&str>| {
        let password = expiry.map_or(json!({"name": "password1"}), |at| json!({"name": "password1", "expiry": at}));
        json!({"scopeMapId": harness.scope_map_id("newmap"), "credentials": {"passwords": [password]}})
    };
    let expired = harness.token_with("expired", properties(Some("2026-01-01T00:01:00Z"))).await?;
    let disabled = harness.token_with("disabled", properties(None)).await?;
    harness.patch(&harness.token_id("disabled"), json!({"properties": {"status": "disabled"}})).await?;
    let deleted = harness.token_with("deleted", properties(None)).await?;
    harness.delete(&harness.token_id("deleted")).await?;
    let regenerated = harness.token_with("regenerated", properties(None)).await?;
    harness.generate("regenerated", json!({"name": "password1"})).await?;
    let without = harness.token_with("without", json!({"scopeMapId": harness.scope_map_id("newmap")})).await?;
    harness.advance(Duration::from_secs(60));

    let stranger = harness.stranger("lnxcr.localhost");
    let refused = [
        ("unknown name", stranger.with_basic("nobody", &token.password)),
        ("not a token name", stranger.with_basic("a/b", &token.password)),
        ("wrong password", stranger.with_basic("token2", "wrong")),
        ("no password", stranger.with_basic("token2", "")),
        ("expired", expired.basic()),
        ("disabled", disabled.basic()),
        ("disabled, wrong password", stranger.with_basic("disabled", "wrong")),
        ("deleted", deleted.basic()),
        ("regenerated", regenerated.basic()),
        ("without a password", without.basic()),
        ("password of another token", stranger.with_basic("regenerated", &token.password)),
        ("token of another registry", harness.stranger("othercr.localhost").with_basic("token2", &token.password)),
        ("not base64", stranger.with_authorization("Basic ???")),
        ("another scheme", stranger.with_authorization("Digest a=b")),
        ("a bearer", token.bearer("repository:samples/a:pull").await?),
    ];
    let expected = refused[0].1.get("/oauth2/token").await?;
    assert_eq!(expected.error_code()?, "UNAUTHORIZED");
    for (reason, client) in &refused {
        let answer = client.get("/oauth2/token").await?;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{reason}");
        assert_eq!(answer.body, expected.body, "{reason}");
        assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"Portcullis\""), "{reason}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{reason}");
    }
    // The test can fail: the right password is taken at the same moment.
    assert_eq!(token.issue(&[]).await?.status, StatusCode::OK);
    Ok(())
}

#[tokio::test]
async fn without_credentials() -> Outcome {
    let harness = Harness::new().await?;
    token2(&harness).await?;
    let stranger = harness.stranger("lnxcr.localhost");
    for answer in [
        stranger.get("/oauth2/token?scope=repository:samples/a:pull").await?,
        stranger.post_form("/oauth2/token", &[("grant_type", "password"), ("service", "lnxcr.localhost")]).await?,
    ] {
        assert_eq!((answer.status, answer.error_code()?.as_str()), (StatusCode::UNAUTHORIZED, "UNAUTHORIZED"));
        assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"Portcullis\""));
    }
    Ok(())
}

#[rstest]
#[case::refresh_without_one(&[("grant_type", "refresh_token")], "refresh_token is missing")]
#[case::unknown(&[("grant_type", "authorization_code")], "grant_type=authorization_code is not available")]
#[case::missing(&[("username", "token2")], "grant_type is missing")]
#[case::twice(&[("grant_type", "password"), ("username", "a"), ("username", "b")], "username is given more than once")]
#[tokio::test]
async fn forms_that_are_refused(#[case] fields: &[(&str, &str)], #[case] message: &str) -> Outcome {
    let harness = Harness::new().await?;
    let answer = harness.stranger("lnxcr.localhost").post_form("/oauth2/token", fields).await?;
    // containerd takes 400 for "try GET".
    assert_eq!((answer.status, answer.error_code()?.as_str()), (StatusCode::BAD_REQUEST, "UNSUPPORTED"));
    assert!(answer.error_message()?.starts_with(message), "{answer:?}");
    Ok(())
}

#[tokio::test]
async fn credentials_in_two_places() -> Outcome {
    let harness = Harness::new().await?;
    let token = token2(&harness).await?;
    let fields = [("grant_type", "password"), ("username", &token.name), ("password", &token.password)];
    let answer = token.basic().post_form("/oauth2/token", &fields).await?;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    Ok(())
}

#[tokio::test]
async fn a_form_has_a_limit() -> Outcome {
    let harness = Harness::new().await?;
    let token = token2(&harness).await?;
    let fields = |scope_bytes| format!("grant_type=password&scope={}", "a".repeat(scope_bytes));
    for (bytes, expected) in [(60_000, StatusCode::OK), (70_000, StatusCode::PAYLOAD_TOO_LARGE)] {
        let form = [(CONTENT_TYPE, "application/x-www-form-urlencoded")];
        let answer = token.basic().send(Method::POST, "/oauth2/token", &form, fields(bytes)).await?;
        assert_eq!(answer.status, expected, "{bytes} bytes");
    }
    Ok(())
}

#[tokio::test]
async fn a_bearer_ends_with_its_password_but_a_client_is_told_a_minute() -> Outcome {
    let harness = Harness::new().await?;
    harness.scope_map("newmap", PULL_AND_PUSH).await?;
    let end = "2026-01-01T00:10:00Z";
    let passwords = json!([{"name": "password1", "expiry": end}]);
    let properties = json!({"scopeMapId": harness.scope_map_id("newmap"), "credentials": {"passwords": passwords}});
    let token = harness.token_with("shortly", properties).await?;
    let end = Timestamp::parse(end)?.as_unix_seconds();
    for (waited, expires_in) in [(0, 600), (540, 60), (59, 60)] {
        harness.advance(Duration::from_secs(waited));
        let answer = token.issue(&[]).await?.succeeded()?;
        assert_eq!((&claims(&answer)?["exp"], &answer.json()?["expires_in"]), (&json!(end), &json!(expires_in)));
    }
    harness.advance(Duration::from_secs(1));
    assert_eq!(token.issue(&[]).await?.status, StatusCode::UNAUTHORIZED);
    Ok(())
}

#[tokio::test]
async fn hosts_without_a_registry() -> Outcome {
    let harness = Harness::new().await?;
    let token = token2(&harness).await?;
    // Two registries and no default: an address means neither.
    for host in ["127.0.0.1:5000", "nosuch.localhost", "a.b.localhost"] {
        let answer = harness.stranger(host).with_basic(&token.name, &token.password).get("/oauth2/token").await?;
        assert_eq!((answer.status, answer.error_code()?.as_str()), (StatusCode::NOT_FOUND, "NAME_UNKNOWN"), "{host}");
    }
    harness.delete(&harness.registry_id(OTHER_REGISTRY)).await?;
    let client = harness.stranger("127.0.0.1:5000").with_basic(&token.name, &token.password);
    for service in ["127.0.0.1:5000".to_owned(), format!("{REGISTRY}.localhost")] {
        client.get(&format!("/oauth2/token?service={service}")).await?.succeeded()?;
    }
    Ok(())
}

/// How clients check a login: a bearer without any scope opens `/v2/` (data-plane-and-auth.md, 0.3).
#[tokio::test]
async fn a_login_ends_with_the_ping() -> Outcome {
    let harness = Harness::new().await?;
    let token = token2(&harness).await?;
    let bearer = token.bearer("").await?;
    for (client, expected) in [
        (harness.stranger("lnxcr.localhost"), StatusCode::UNAUTHORIZED),
        (bearer.clone(), StatusCode::OK),
        (token.basic(), StatusCode::OK),
    ] {
        assert_eq!(client.get("/v2/").await?.status, expected);
    }
    harness.patch(&harness.token_id("token2"), json!({"properties": {"status": "disabled"}})).await?;
    for client in [bearer, token.basic()] {
        assert_eq!(client.get("/v2/").await?.status, StatusCode::UNAUTHORIZED);
    }
    Ok(())
}
