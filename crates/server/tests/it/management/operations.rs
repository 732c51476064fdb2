//! Long-running operations: what they leave behind, for how long, and for whom.

use crate::client::{Answer, Outcome};
use crate::harness::{GROUP, Harness, OTHER_REGISTRY, REGISTRY};
use http::header::CONTENT_TYPE;
use http::{HeaderName, Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;

const REQUEST: &str = "9f3ad268-a6ff-11ed-b7cd-3b8a2dd05908";

/// A request that its caller calls [`REQUEST`].
async fn ask(harness: &Harness, method: Method, path: &str, body: Option<Value>) -> Outcome<Answer> {
    let headers = [(HeaderName::from_static("x-ms-client-request-id"), REQUEST), (CONTENT_TYPE, "application/json")];
    harness.manage_with((method, path), &headers, body.map_or_else(String::new, |body| body.to_string())).await
}

/// The path and query of the URL that an answer says is to be polled.
fn polled(answer: &Answer) -> Outcome<String> {
    let url = answer.header("azure-asyncoperation").or_else(|| answer.header("location"));
    Ok(url.and_then(|url| url.strip_prefix("http://127.0.0.1:5000")).ok_or("a URL to poll")?.to_owned())
}

async fn status(harness: &Harness, path: &str) -> Outcome<String> {
    Ok(harness.manage(Method::GET, path, None).await?.seen())
}

const MISSING: &str = "404 ResourceNotFound";

#[tokio::test]
async fn an_operation_outlives_its_token_and_its_process() -> Outcome {
    let harness = Harness::new().await?;
    let token = harness.token_id("token2");
    let made = ask(&harness, Method::PUT, &token, Some(json!({"properties": {}}))).await?;
    let operation = polled(&made)?;
    assert!(operation.starts_with(&format!("{token}/operationStatuses/token-{REQUEST}?")), "{operation}");
    harness.delete(&token).await?;
    harness.delete(&harness.registry_id(REGISTRY)).await?;
    let answer = harness.manage(Method::GET, &operation, None).await?;
    assert_eq!((answer.status, answer.json()?), (StatusCode::OK, json!({"status": "Succeeded"})));
    assert_eq!((polled(&answer)?, answer.header("retry-after")), (operation.clone(), Some("0")));
    // As another process on the data folder sees it, and one that was started later; in whatever case it is asked.
    let second = harness.second_process().await?;
    assert_eq!(status(&second, &operation.replace("tokens/token2", "TOKENS/Token2")).await?, "200");
    Ok(())
}

#[tokio::test]
async fn an_operation_is_kept_for_a_day() -> Outcome {
    let harness = Harness::new().await?;
    let token = harness.token_id("token2");
    let operation = polled(&ask(&harness, Method::PUT, &token, Some(json!({"properties": {}}))).await?)?;
    harness.advance(Duration::from_secs(24 * 3600 - 1));
    assert_eq!(status(&harness, &operation).await?, "200");
    // Under the same id the token is changed: from then on it is another day.
    assert_eq!(polled(&ask(&harness, Method::PATCH, &token, Some(json!({}))).await?)?, operation);
    harness.advance(Duration::from_secs(24 * 3600 - 1));
    assert_eq!(status(&harness, &operation).await?, "200");
    harness.advance(Duration::from_secs(1));
    assert_eq!(status(&harness, &operation).await?, MISSING);
    Ok(())
}

/// Only who was told of an operation may believe in it.
#[tokio::test]
async fn operations_that_never_were() -> Outcome {
    let harness = Harness::new().await?;
    let (token, scope_map) = (harness.token_id("token2"), harness.scope_map("newmap", &[]).await?);
    let operation = polled(&ask(&harness, Method::PUT, &token, Some(json!({"properties": {}}))).await?)?;
    let result = polled(&ask(&harness, Method::DELETE, &scope_map, None).await?)?;
    let other = "11111111-1111-1111-1111-111111111111";
    for (path, expected) in [
        (operation.clone(), "200"),
        (operation.replace(REQUEST, other), MISSING),
        (operation.replace("tokens/token2", "tokens/token3"), MISSING),
        (operation.replace("tokens/token2", "scopeMaps/newmap"), MISSING),
        (operation.replace("/tokens/token2", ""), MISSING),
        (operation.replace(REGISTRY, OTHER_REGISTRY), MISSING),
        (operation.replace(GROUP, "second"), MISSING),
        (operation.replace(&harness.subscription, other), "404 SubscriptionNotFound"),
        (result.clone(), "200"),
        (result.replace(REQUEST, other), MISSING),
        (result.replace("WESTUS", "eastus"), MISSING),
        (result.replace("WESTUS", "westus"), "200"),
        (result.replace(&harness.subscription, other), "404 SubscriptionNotFound"),
    ] {
        assert_eq!(status(&harness, &path).await?, expected, "{path}");
    }
    Ok(())
}

/// What is refused was no operation.
#[rstest]
#[case::put(Method::PUT, json!({"properties": {"scopeMapId": "{registry}/scopeMaps/nosuch"}}))]
#[case::patch_of_none(Method::PATCH, json!({"properties": {"status": "disabled"}}))]
#[tokio::test]
async fn a_refusal_leaves_no_operation(#[case] method: Method, #[case] body: Value) -> Outcome {
    let harness = Harness::new().await?;
    let body = body.to_string().replace("{registry}", &harness.registry_id(REGISTRY));
    let token = harness.token_id("token2");
    let refused = ask(&harness, method, &token, Some(serde_json::from_str(&body)?)).await?;
    assert!(refused.status.is_client_error() && refused.header("azure-asyncoperation").is_none());
    assert_eq!(status(&harness, &format!("{token}/operationStatuses/token-{REQUEST}")).await?, MISSING);
    Ok(())
}

/// An answer that got lost is asked for again, under the same id.
#[tokio::test]
async fn the_same_put_again() -> Outcome {
    let harness = Harness::new().await?;
    let scope_map = harness.scope_map("newmap", &["repositories/a/content/read"]).await?;
    let token = harness.token_id("token2");
    let body = json!({"properties": {
        "scopeMapId": scope_map, "credentials": {"passwords": [{"name": "password1", "expiry": "2100-01-01T00:00:00Z"}]}
    }});
    let first = ask(&harness, Method::PUT, &token, Some(body.clone())).await?;
    assert_eq!(first.status, StatusCode::CREATED);
    let again = ask(&harness, Method::PUT, &token, Some(body)).await?;
    assert_eq!((again.status, again.header("azure-asyncoperation")), (StatusCode::OK, None));
    let (first_body, again_body) = (first.json()?, again.json()?);
    let password = |body: &Value| body["properties"]["credentials"]["passwords"][0].clone();
    assert_eq!(password(&again_body)["creationTime"], password(&first_body)["creationTime"], "the same password");
    assert_eq!(password(&again_body).get("value"), None, "its value went with the answer that was lost");
    assert_eq!(status(&harness, &polled(&first)?).await?, "200");
    // With another body it is a change.
    let other = json!({"properties": {"status": "disabled"}});
    let changed = ask(&harness, Method::PUT, &token, Some(other)).await?;
    assert_eq!((changed.status, &changed.json()?["properties"]["status"]), (StatusCode::OK, &json!("disabled")));
    assert_eq!(changed.json()?["properties"]["scopeMapId"], scope_map.as_str());
    Ok(())
}

#[tokio::test]
async fn a_registry_has_operations_too() -> Outcome {
    let harness = Harness::new().await?;
    let registry = harness.registry_id("freshcr");
    let body = json!({"location": "westus", "sku": {"name": "Premium"}});
    let operation = polled(&ask(&harness, Method::PUT, &registry, Some(body.clone())).await?)?;
    assert!(operation.starts_with(&format!("{registry}/operationStatuses/registries-{REQUEST}?")), "{operation}");
    assert_eq!(status(&harness, &operation).await?, "200");
    let again = ask(&harness, Method::PUT, &registry, Some(body)).await?;
    assert_eq!((again.status, again.header("azure-asyncoperation")), (StatusCode::OK, None));
    Ok(())
}

/// azure-cli has one id for a whole command (management-api.md, 0.5).
#[tokio::test]
async fn one_id_for_several_operations() -> Outcome {
    let harness = Harness::new().await?;
    let (token, scope_map) = (harness.token_id("token2"), harness.scope_map("newmap", &[]).await?);
    let made = ask(&harness, Method::PUT, &token, Some(json!({"properties": {}}))).await?;
    let changed = ask(&harness, Method::PATCH, &scope_map, Some(json!({"properties": {"actions": []}}))).await?;
    let gone =
        [ask(&harness, Method::DELETE, &token, None).await?, ask(&harness, Method::DELETE, &scope_map, None).await?];
    assert_eq!(polled(&gone[0])?, polled(&gone[1])?, "deletes have no resource to be told apart by");
    for answer in [&made, &changed, &gone[0]] {
        assert_eq!(status(&harness, &polled(answer)?).await?, "200");
    }
    for path in [&token, &scope_map] {
        let again = ask(&harness, Method::DELETE, path, None).await?;
        assert_eq!((again.status, again.body.len(), again.header("location")), (StatusCode::NO_CONTENT, 0, None));
    }
    Ok(())
}
