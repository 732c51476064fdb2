//! The resource provider as a whole, as clients see it.

use crate::client::Outcome;
use crate::harness::Harness;
use http::{Method, StatusCode};
use serde_json::{Value, json};

fn path(subscription: &str) -> String {
    format!("/subscriptions/{subscription}/providers/Microsoft.ContainerRegistry")
}

#[tokio::test]
async fn is_registered() -> Outcome {
    let harness = Harness::new().await?;
    let path = path(&harness.subscription);
    let provider = harness.get(&path).await?;
    assert_eq!(
        (&provider["id"], &provider["namespace"], &provider["registrationState"]),
        (&path.as_str().into(), &"Microsoft.ContainerRegistry".into(), &"Registered".into())
    );
    let types = provider["resourceTypes"].as_array().ok_or("resource types")?;
    let tokens = types.iter().find(|of| of["resourceType"] == "registries/tokens").ok_or("tokens")?;
    let versions = tokens["apiVersions"].as_array().ok_or("versions")?;
    // Some clients take the first.
    assert_eq!(versions.first(), Some(&"2026-09-01-preview".into()));
    assert!(versions.contains(&"2022-02-01-preview".into()));
    let registered = harness.manage(Method::POST, &format!("{path}/register"), None).await?;
    assert_eq!((registered.status, registered.json()?), (StatusCode::OK, provider));
    Ok(())
}

/// azure-cli and Terraform list all, and look for the one that they need.
#[tokio::test]
async fn is_the_only_one() -> Outcome {
    let harness = Harness::new().await?;
    let listed = harness.get(&format!("/subscriptions/{}/providers", harness.subscription)).await?;
    assert_eq!(listed, json!({"value": [harness.get(&path(&harness.subscription)).await?]}));
    Ok(())
}

#[tokio::test]
async fn in_another_subscription() -> Outcome {
    let harness = Harness::new().await?;
    let path = path("11111111-1111-1111-1111-111111111111");
    let all = "/subscriptions/11111111-1111-1111-1111-111111111111/providers".to_owned();
    for (method, path) in [(Method::GET, all), (Method::GET, path.clone()), (Method::POST, format!("{path}/register"))]
    {
        let answer = harness.manage(method, &path, None).await?;
        assert_eq!((answer.status, answer.error_code()?.as_str()), (StatusCode::NOT_FOUND, "SubscriptionNotFound"));
    }
    Ok(())
}

#[tokio::test]
async fn operations() -> Outcome {
    let harness = Harness::new().await?;
    let listed = harness.get("/providers/Microsoft.ContainerRegistry/operations").await?;
    let listed = listed["value"].as_array().ok_or("a list")?;
    let names: Vec<&str> = listed.iter().filter_map(|operation| operation["name"].as_str()).collect();
    assert!(names.contains(&"Microsoft.ContainerRegistry/registries/tokens/write"), "{names:?}");
    assert!(
        listed.iter().all(|operation| operation["display"]["operation"].as_str().is_some_and(|text| !text.is_empty()))
    );
    assert!(listed.iter().all(|operation| operation["isDataAction"] == Value::Bool(false)));
    Ok(())
}
