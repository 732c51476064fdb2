//! Children of registries that this service does not have, as clients see them.

use crate::client::Outcome;
use crate::harness::{Harness, REGISTRY};
use http::Method;
use rstest::rstest;
use serde_json::json;

#[rstest]
#[case("webhooks")]
#[case("replications")]
#[case("connectedRegistries")]
#[case("privateEndpointConnections")]
#[case("privateLinkResources")]
#[case("cacheRules")]
#[case("tasks")]
#[tokio::test]
async fn there_is_none_and_none_can_be_made(#[case] collection: &str) -> Outcome {
    let harness = Harness::new().await?;
    let all = format!("{}/{collection}", harness.registry_id(REGISTRY));
    let one = format!("{all}/someone");
    assert_eq!(harness.get(&all).await?, json!({"value": []}));
    for (method, path, seen) in [
        (Method::GET, &one, "404 ResourceNotFound"),
        (Method::DELETE, &one, "204"),
        (Method::PUT, &one, "400 NotSupportedResourceType"),
        (Method::PATCH, &one, "400 NotSupportedResourceType"),
        (Method::POST, &one, "405 MethodNotAllowed"),
        (Method::POST, &format!("{one}/ping"), "405 MethodNotAllowed"),
        (Method::PUT, &all, "405 MethodNotAllowed"),
    ] {
        let body = matches!(method, Method::PUT | Method::PATCH).then(|| json!({"location": "westus"}));
        let answer = harness.manage(method.clone(), path, body).await?;
        assert_eq!(answer.seen(), seen, "{method} {path}");
        if seen.starts_with("400") {
            let message = answer.error_message()?;
            assert!(message.contains(&format!("Microsoft.ContainerRegistry/registries/{collection}")), "{message}");
        }
    }
    Ok(())
}

#[rstest]
#[case("importImage")]
#[case("scheduleRun")]
#[case("listBuildSourceUploadUrl")]
#[tokio::test]
async fn what_a_registry_cannot_be_told_to_do(#[case] action: &str) -> Outcome {
    let harness = Harness::new().await?;
    let path = format!("{}/{action}", harness.registry_id(REGISTRY));
    let answer = harness.manage(Method::POST, &path, Some(json!({}))).await?;
    assert_eq!(answer.seen(), "400 NotSupportedOperation");
    assert!(answer.error_message()?.contains(&format!("Microsoft.ContainerRegistry/registries/{action}/action")));
    assert_eq!(harness.manage(Method::GET, &path, None).await?.seen(), "405 MethodNotAllowed");
    let elsewhere = format!("{}/{action}", harness.registry_id("nosuch"));
    assert_eq!(harness.manage(Method::POST, &elsewhere, None).await?.seen(), "404 ParentResourceNotFound");
    Ok(())
}

#[tokio::test]
async fn of_a_registry_that_is_not_there() -> Outcome {
    let harness = Harness::new().await?;
    let all = format!("{}/webhooks", harness.registry_id("nosuch"));
    for (method, path) in [
        (Method::GET, all.clone()),
        (Method::GET, format!("{all}/someone")),
        (Method::PUT, format!("{all}/someone")),
        (Method::DELETE, format!("{all}/someone")),
    ] {
        let answer = harness.manage(method.clone(), &path, None).await?;
        assert_eq!(answer.seen(), "404 ParentResourceNotFound", "{method} {path}");
    }
    Ok(())
}
