//! `/oauth2/keys`: what another registry checks bearers with.

use crate::client::{Outcome, TokenClient};
use crate::harness::Harness;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

/// The claims of a bearer whose signature one of the published keys confirms.
async fn verified(harness: &Harness, token: &TokenClient<'_>) -> Outcome<Value> {
    let issued = token.issue(&["repository:samples/a:pull"]).await?.succeeded()?.json()?;
    let bearer = issued["token"].as_str().ok_or("a token")?;
    let answer = harness.stranger("lnxcr.localhost").get("/oauth2/keys").await?.succeeded()?;
    assert_eq!(answer.header("content-type"), Some("application/jwk-set+json"));
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    let keys = answer.json()?;
    let kid = decode_header(bearer)?.kid.ok_or("a bearer names its key")?;
    let key = keys["keys"].as_array().into_iter().flatten().find(|key| key["kid"] == kid.as_str());
    let key = key.ok_or("the key is published")?;
    assert_eq!([&key["kty"], &key["crv"], &key["use"], &key["alg"]], ["EC", "P-256", "sig", "ES256"]);
    assert_eq!(key.get("d"), None, "the private half stays here");
    let (x, y) = (key["x"].as_str().ok_or("x")?, key["y"].as_str().ok_or("y")?);
    let mut validation = Validation::new(Algorithm::ES256);
    // The fake clock is not the library's.
    validation.validate_exp = false;
    validation.validate_aud = false;
    Ok(decode::<Value>(bearer, &DecodingKey::from_ec_components(x, y)?, &validation)?.claims)
}

#[tokio::test]
async fn published_keys_verify_bearers() -> Outcome {
    let harness = Harness::new().await?;
    let scope_map = harness.scope_map("newmap", &["repositories/samples/*/content/read"]).await?;
    let token = harness.token("token2", &scope_map).await?;
    assert_eq!(verified(&harness, &token).await?["access"][0]["name"], "samples/a");
    // The keys are the site's, not the process's.
    verified(&harness.second_process().await?, &token).await?;
    Ok(())
}
