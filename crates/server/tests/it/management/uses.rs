//! Creation, end and last use of every credential, as the management API tells them.

use crate::client::{Outcome, TokenClient};
use crate::client_certificate::ClientCertificate;
use crate::harness::{Harness, REGISTRY};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

/// `name, made, last used` of each.
fn times(list: &Value) -> Vec<String> {
    let time = |one: &Value, name: &str| match &one[name] {
        Value::String(text) => text.trim_end_matches("+00:00").to_owned(),
        Value::Null if one.get(name).is_some() => "never".to_owned(),
        _ => "not told".to_owned(),
    };
    let of = |one: &Value| {
        let name = one["name"].as_str().unwrap_or("?");
        format!("{name}, {}, {}", time(one, "creationTime"), time(one, "lastUsedTime"))
    };
    list.as_array().into_iter().flatten().map(of).collect()
}

#[tokio::test]
async fn of_passwords_and_certificates() -> Outcome {
    let harness = Harness::behind_proxy().await?;
    let certificate = ClientCertificate::new("ci")?;
    let id = harness.token_id("ci-token");
    let credentials = json!({
        "passwords": [{"name": "password1"}, {"name": "password2"}],
        "certificates": [{"name": "certificate1", "encodedPemCertificate": certificate.encoded()}],
    });
    let client = harness.token_with("ci-token", json!({"credentials": credentials})).await?;
    harness.advance(Duration::from_secs(100));
    client.issue(&[]).await?.succeeded()?;
    harness.advance(Duration::from_secs(100));
    let owner = harness.stranger("lnxcr.localhost").with_certificate(&certificate);
    owner.bearer_text(&["repository:a:pull"]).await?;
    harness.server.finish().await;

    let token = harness.get(&id).await?;
    let listed = harness.get(&format!("{}/tokens", harness.registry_id(REGISTRY))).await?;
    for shown in [&token, &listed["value"][0]] {
        let credentials = &shown["properties"]["credentials"];
        let expected = ["password1, 2026-01-01T00:00:00, 2026-01-01T00:01:40", "password2, 2026-01-01T00:00:00, never"];
        assert_eq!(times(&credentials["passwords"]), expected);
        assert_eq!(times(&credentials["certificates"]), ["certificate1, 2026-01-01T00:00:00, 2026-01-01T00:03:20"]);
    }

    // What was read can be sent back, and sets nothing.
    let mut back = token["properties"]["credentials"].clone();
    back["passwords"][1]["lastUsedTime"] = json!("2020-01-01T00:00:00Z");
    let changed = harness.patch(&id, json!({"properties": {"credentials": back}})).await?;
    assert_eq!(changed["properties"]["credentials"], token["properties"]["credentials"]);
    Ok(())
}

/// Whoever may read the token, and nobody else.
#[tokio::test]
async fn are_told_to_whom_the_token_is_told() -> Outcome {
    let harness = Harness::new().await?;
    let client = harness.token_with("ci-token", json!({"credentials": {"passwords": [{"name": "password1"}]}})).await?;
    let path = format!("{}?api-version={}", harness.token_id("ci-token"), wire::arm::API_VERSION);
    for stranger in [harness.stranger("lnxcr.localhost"), client.basic()] {
        let refused = stranger.ask(Method::GET, &path).await?;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert!(!String::from_utf8_lossy(&refused.body).contains("lastUsedTime"));
    }
    Ok(())
}

#[tokio::test]
async fn of_the_admin_user_and_of_service_principals() -> Outcome {
    let harness = Harness::new().await?;
    let registry = harness.registry_id(REGISTRY);
    harness.patch(&registry, json!({"properties": {"adminUserEnabled": true}})).await?;
    let path = format!("{registry}/listCredentials");
    let list = || harness.manage(Method::POST, &path, None);
    let before = list().await?.json()?;
    assert_eq!(times(&before["passwords"])[0], "password, 2026-01-01T00:00:00, never");
    harness.advance(Duration::from_secs(100));
    let value = before["passwords"][0]["value"].as_str().ok_or("a password")?;
    TokenClient::new(&harness, REGISTRY, value).issue(&[]).await?.succeeded()?;

    let principal = &harness.principal;
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", &principal.client_id),
        ("client_secret", principal.client_secret.reveal()),
    ];
    let login = format!("/{}/oauth2/v2.0/token", principal.tenant);
    harness.stranger("lnxcr.localhost").post_form(&login, &fields).await?.succeeded()?;
    harness.server.finish().await;
    assert_eq!(
        times(&list().await?.json()?["passwords"]),
        ["password, 2026-01-01T00:00:00, 2026-01-01T00:01:40", "password2, 2026-01-01T00:00:00, never"]
    );
    let shown = harness.get(&format!("{}/first-start", wire::arm::service_principals::PATH)).await?;
    assert_eq!(shown["passwordCredentials"][0]["lastUsedDateTime"], "2026-01-01T00:01:40+00:00");
    Ok(())
}
