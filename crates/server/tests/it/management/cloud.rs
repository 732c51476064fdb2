//! What clients ask before they manage anything: addresses, tenants, locations.

use crate::client::Outcome;
use crate::harness::Harness;
use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};
use server::Config;

const VERSION: &str = "api-version=2022-09-01";

#[rstest]
#[case::by_host("", "http://127.0.0.1:5000", "localhost")]
#[case::configured(
    "public_url = 'https://acr.example'\ndomain = 'registry.example'",
    "https://acr.example",
    "registry.example"
)]
#[tokio::test]
async fn strangers_learn_where_to_sign_in(#[case] config: &str, #[case] url: &str, #[case] suffix: &str) -> Outcome {
    let harness = Harness::new_with(Config::parse(config)?).await?;
    let stranger = harness.stranger("127.0.0.1:5000");
    let answer = stranger.get(&format!("/metadata/endpoints?{VERSION}")).await?;
    let expected = json!({
        "name": "Portcullis",
        "resourceManager": url,
        "authentication": {"loginEndpoint": url, "audiences": [format!("{url}/")]},
        "suffixes": {"acrLoginServer": suffix},
        "graphEndpoint": format!("{url}/"),
        "microsoftGraphResourceId": format!("{url}/"),
    });
    assert_eq!((answer.status, answer.json()?), (StatusCode::OK, expected));
    Ok(())
}

#[rstest]
#[case::no_version(Method::GET, "/metadata/endpoints", "400 MissingApiVersionParameter")]
#[case::method(Method::POST, "/metadata/endpoints?api-version=2022-09-01", "405 MethodNotAllowed")]
#[case::other_metadata(Method::GET, "/metadata/identity?api-version=2022-09-01", "401 AuthenticationFailed")]
#[case::tenants(Method::GET, "/tenants?api-version=2022-12-01", "401 AuthenticationFailed")]
#[tokio::test]
async fn strangers_learn_nothing_else(#[case] method: Method, #[case] path: &str, #[case] seen: &str) -> Outcome {
    let harness = Harness::new().await?;
    assert_eq!(harness.stranger("127.0.0.1:5000").ask(method, path).await?.seen(), seen);
    Ok(())
}

#[tokio::test]
async fn tenants() -> Outcome {
    let harness = Harness::new().await?;
    let tenant = &harness.principal.tenant;
    let expected = json!({"id": format!("/tenants/{tenant}"), "tenantId": tenant, "displayName": "Portcullis"});
    assert_eq!(harness.get("/tenants").await?, json!({"value": [expected]}));
    Ok(())
}

#[tokio::test]
async fn locations_in_use() -> Outcome {
    let harness = Harness::new().await?;
    let subscription = format!("/subscriptions/{}", harness.subscription);
    harness.put(&format!("{subscription}/resourceGroups/second"), json!({"location": "East US"})).await?;
    let listed = harness.get(&format!("{subscription}/locations")).await?;
    let of = |name: &str| -> Value {
        json!({"id": format!("{subscription}/locations/{name}"), "name": name, "displayName": name})
    };
    assert_eq!(listed, json!({"value": [of("eastus"), of("local"), of("westus")]}));
    let other = "/subscriptions/11111111-1111-1111-1111-111111111111/locations";
    assert_eq!(harness.manage(Method::GET, other, None).await?.seen(), "404 SubscriptionNotFound");
    Ok(())
}
