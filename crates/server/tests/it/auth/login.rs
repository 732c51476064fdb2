//! The login of the management API, with the service principal that the first start made.

use crate::client::Outcome;
use crate::harness::Harness;
use http::StatusCode;
use jsonwebtoken::decode_header;
use rstest::rstest;
use std::time::Duration;

const SUBSCRIPTIONS: &str = "/subscriptions?api-version=2022-12-01";

/// The fields that azure-cli sends (real-clients.md, 1.3).
fn fields(harness: &Harness) -> Vec<(&'static str, String)> {
    vec![
        ("client_id", harness.principal.client_id.clone()),
        ("client_secret", harness.principal.client_secret.reveal().to_owned()),
        ("grant_type", "client_credentials".to_owned()),
        ("client_info", "1".to_owned()),
        ("scope", "https://localhost:5000//.default".to_owned()),
    ]
}

fn borrowed<'a>(fields: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    fields.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

fn token_path(tenant: &str) -> String {
    format!("/{tenant}/oauth2/v2.0/token")
}

#[tokio::test]
async fn a_bearer_opens_the_management_api_for_an_hour() -> Outcome {
    let harness = Harness::new().await?;
    let stranger = harness.stranger("127.0.0.1:5000");
    let path = token_path(&harness.principal.tenant.to_ascii_uppercase());
    let answer = stranger.post_form(&path, &borrowed(&fields(&harness))).await?.succeeded()?;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let body = answer.json()?;
    assert_eq!((&body["token_type"], &body["expires_in"]), (&"Bearer".into(), &3600.into()));
    let bearer = stranger.with_bearer(body["access_token"].as_str().ok_or("a bearer")?);
    let listed = bearer.get(SUBSCRIPTIONS).await?.succeeded()?.json()?;
    assert_eq!(listed["value"][0]["subscriptionId"], harness.subscription.as_str());
    harness.advance(Duration::from_secs(3600));
    assert_eq!(bearer.get(SUBSCRIPTIONS).await?.status, StatusCode::UNAUTHORIZED);
    Ok(())
}

/// Where a client goes that takes this server for AD FS, each step from the answer before (real-clients.md, 1.3).
#[tokio::test]
async fn as_ad_fs() -> Outcome {
    let harness = Harness::new().await?;
    let stranger = harness.stranger("127.0.0.1:5000");
    let found = stranger.get("/adfs/.well-known/openid-configuration").await?.succeeded()?.json()?;
    let path = |member: &str| {
        let url = found[member].as_str().ok_or("a URL")?;
        url.strip_prefix("http://127.0.0.1:5000").ok_or("a URL of this server")
    };
    assert_eq!(path("issuer")?, "/adfs");
    let body = stranger.post_form(path("token_endpoint")?, &borrowed(&fields(&harness))).await?.succeeded()?.json()?;
    let bearer = stranger.with_bearer(body["access_token"].as_str().ok_or("a bearer")?);
    bearer.get(SUBSCRIPTIONS).await?.succeeded()?;
    let entra = format!("/{}/discovery/v2.0/keys", harness.principal.tenant);
    assert_eq!(stranger.get(path("jwks_uri")?).await?.json()?, stranger.get(&entra).await?.json()?);
    let refused = stranger.get(path("authorization_endpoint")?).await?;
    assert_eq!(
        (refused.status, &refused.json()?["error"]),
        (StatusCode::BAD_REQUEST, &"unsupported_response_type".into())
    );
    // `az login --tenant adfs` reads the tenant from the issuer.
    let named = stranger.get("/adfs/adfs/v2.0/.well-known/openid-configuration").await?.succeeded()?.json()?;
    assert_eq!(named["issuer"], format!("http://127.0.0.1:5000/{}/v2.0", harness.principal.tenant));
    let mut wrong = fields(&harness);
    wrong[1].1 = "wrong".to_owned();
    assert_eq!(stranger.post_form(path("token_endpoint")?, &borrowed(&wrong)).await?.status, StatusCode::UNAUTHORIZED);
    Ok(())
}

/// The endpoint before v2.0: a resource in the place of a scope, and numbers as text.
#[tokio::test]
async fn before_version_2() -> Outcome {
    let harness = Harness::new().await?;
    let stranger = harness.stranger("127.0.0.1:5000");
    let path = format!("/{}/oauth2/token?api-version=1.0", harness.principal.tenant);
    let mut fields = fields(&harness);
    fields.retain(|(name, _)| *name != "scope");
    let refused = stranger.post_form(&path, &borrowed(&fields)).await?;
    assert_eq!((refused.status, refused.error_code()?.as_str()), (StatusCode::BAD_REQUEST, "invalid_request"));
    assert!(refused.error_message()?.contains("'resource'"), "{refused:?}");
    fields.push(("resource", "https://localhost:5000/".to_owned()));
    let body = stranger.post_form(&path, &borrowed(&fields)).await?.succeeded()?.json()?;
    let ends = harness.now().as_unix_seconds() + 3600;
    assert_eq!(
        (&body["expires_in"], &body["expires_on"], &body["resource"]),
        (&"3600".into(), &ends.to_string().into(), &"https://localhost:5000/".into())
    );
    let bearer = stranger.with_bearer(body["access_token"].as_str().ok_or("a bearer")?);
    bearer.get(SUBSCRIPTIONS).await?.succeeded()?;
    fields[1].1 = "wrong".to_owned();
    assert_eq!(stranger.post_form(&path, &borrowed(&fields)).await?.status, StatusCode::UNAUTHORIZED);
    Ok(())
}

#[tokio::test]
async fn the_secret_in_the_header() -> Outcome {
    let harness = Harness::empty().await?;
    let principal = &harness.principal;
    let client = harness.stranger("127.0.0.1").with_basic(&principal.client_id, principal.client_secret.reveal());
    client.post_form(&token_path(&principal.tenant), &[("grant_type", "client_credentials")]).await?.succeeded()?;
    Ok(())
}

#[rstest]
#[case::wrong_secret(
    "client_secret",
    Some("wrong"),
    StatusCode::UNAUTHORIZED,
    "invalid_client",
    "AADSTS7000215: Invalid client secret provided."
)]
#[case::unknown_client(
    "client_id",
    Some("00000000-0000-0000-0000-000000000000"),
    StatusCode::UNAUTHORIZED,
    "invalid_client",
    "AADSTS7000215: Invalid client secret provided."
)]
#[case::no_client(
    "client_id",
    None,
    StatusCode::BAD_REQUEST,
    "invalid_request",
    "AADSTS900144: The request body must contain the following parameter: 'client_id'."
)]
#[case::no_secret(
    "client_secret",
    None,
    StatusCode::BAD_REQUEST,
    "invalid_request",
    "AADSTS900144: The request body must contain the following parameter: 'client_secret'."
)]
#[case::no_grant(
    "grant_type",
    None,
    StatusCode::BAD_REQUEST,
    "invalid_request",
    "AADSTS900144: The request body must contain the following parameter: 'grant_type'."
)]
#[case::other_grant(
    "grant_type",
    Some("password"),
    StatusCode::BAD_REQUEST,
    "unsupported_grant_type",
    "AADSTS70003: The grant type 'password' is not available here"
)]
#[tokio::test]
async fn refused(
    #[case] field: &str,
    #[case] value: Option<&str>,
    #[case] status: StatusCode,
    #[case] error: &str,
    #[case] message: &str,
) -> Outcome {
    let harness = Harness::empty().await?;
    let mut fields = fields(&harness);
    fields.retain(|(name, _)| *name != field);
    let mut fields = borrowed(&fields);
    fields.extend(value.map(|value| (field, value)));
    let path = token_path(&harness.principal.tenant);
    let answer = harness.stranger("127.0.0.1").post_form(&path, &fields).await?;
    assert_eq!((answer.status, answer.error_code()?.as_str()), (status, error));
    assert!(answer.error_message()?.starts_with(message), "{answer:?}");
    assert_eq!(answer.header("www-authenticate").is_some(), status == StatusCode::UNAUTHORIZED);
    Ok(())
}

#[rstest]
#[case("00000000-0000-0000-0000-000000000000")]
#[case("example.com")]
#[tokio::test]
async fn other_tenants(#[case] tenant: &str) -> Outcome {
    let harness = Harness::empty().await?;
    let stranger = harness.stranger("127.0.0.1");
    for answer in [
        stranger.post_form(&token_path(tenant), &borrowed(&fields(&harness))).await?,
        stranger.get(&format!("/{tenant}/v2.0/.well-known/openid-configuration")).await?,
        stranger.get(&format!("/{tenant}/discovery/v2.0/keys")).await?,
    ] {
        assert_eq!((answer.status, answer.error_code()?.as_str()), (StatusCode::BAD_REQUEST, "invalid_request"));
        assert!(answer.error_message()?.starts_with("AADSTS90002: "), "{answer:?}");
    }
    Ok(())
}

/// Clients that were not told a tenant name Entra ID's words for it.
#[rstest]
#[case("common")]
#[case("organizations")]
#[tokio::test]
async fn the_only_tenant_by_another_name(#[case] tenant: &str) -> Outcome {
    let harness = Harness::empty().await?;
    let answer = harness.stranger("127.0.0.1").post_form(&token_path(tenant), &borrowed(&fields(&harness))).await?;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    Ok(())
}

/// Every URL of the discovery document leads somewhere, and its keys are those that bearers are signed with.
#[tokio::test]
async fn discovery_says_what_is_there() -> Outcome {
    let harness = Harness::empty().await?;
    let tenant = &harness.principal.tenant;
    let stranger = harness.stranger("site.example:8080");
    let path = format!("/{tenant}/v2.0/.well-known/openid-configuration");
    let configuration = stranger.get(&path).await?.succeeded()?.json()?;
    let path_of = |member: &str| -> Outcome<String> {
        let url = configuration[member].as_str().ok_or("a URL")?;
        Ok(url.strip_prefix("http://site.example:8080").ok_or("under the host that was asked")?.to_owned())
    };
    assert_eq!(path_of("issuer")?, format!("/{tenant}/v2.0"));
    assert_eq!(path_of("token_endpoint")?, token_path(tenant));
    let browser = stranger.get(&path_of("authorization_endpoint")?).await?;
    assert_eq!(browser.error_code()?, "unsupported_response_type");

    let answer = stranger.post_form(&path_of("token_endpoint")?, &borrowed(&fields(&harness))).await?;
    let body = answer.succeeded()?.json()?;
    let kid = decode_header(body["access_token"].as_str().ok_or("a bearer")?)?.kid;
    let keys = stranger.get(&path_of("jwks_uri")?).await?.succeeded()?.json()?;
    let published = keys["keys"].as_array().into_iter().flatten().filter_map(|key| key["kid"].as_str());
    assert!(published.into_iter().any(|published| Some(published) == kid.as_deref()), "{keys}");
    Ok(())
}
