//! What all operations share: who may call, versions, methods, headers, long-running operations.

use crate::client::Outcome;
use crate::harness::{Harness, REGISTRY};
use http::header::USER_AGENT;
use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

const VERSION: &str = "api-version=2022-02-01-preview";

#[rstest]
#[case::nothing(None, "AuthenticationFailed", false)]
#[case::not_a_bearer(Some("Bearer x.y.z"), "InvalidAuthenticationToken", true)]
#[case::basic(Some("Basic dG9rZW4yOnNlY3JldA=="), "InvalidAuthenticationToken", true)]
#[tokio::test]
async fn strangers_are_refused(#[case] sent: Option<&str>, #[case] code: &str, #[case] presented: bool) -> Outcome {
    let harness = Harness::new().await?;
    let mut client = harness.stranger("127.0.0.1:5000");
    if let Some(sent) = sent {
        client = client.with_authorization(sent);
    }
    let registry = harness.registry_id(REGISTRY);
    for (method, path) in [
        (Method::GET, format!("/subscriptions?{VERSION}")),
        (Method::DELETE, format!("{registry}?{VERSION}")),
        (Method::PUT, format!("{registry}/tokens/token2?{VERSION}")),
        // Before anything of the request is looked at.
        (Method::POST, "/subscriptions/none".to_owned()),
    ] {
        let answer = client.ask(method, &path).await?;
        assert_eq!((answer.status, answer.error_code()?.as_str()), (StatusCode::UNAUTHORIZED, code), "{path}");
        let challenge = answer.header("www-authenticate").unwrap_or_default();
        let login = format!("authorization_uri=\"http://127.0.0.1:5000/{}\"", harness.principal.tenant);
        assert!(challenge.starts_with("Bearer ") && challenge.contains(&login), "{challenge}");
        assert_eq!(challenge.contains("error=\"invalid_token\""), presented, "{challenge}");
    }
    harness.get(&registry).await?;
    Ok(())
}

/// Terraform's SDK sleeps before it asks after a change, unless the answer says that it need not.
#[rstest]
#[case(Method::PUT, "", json!({"location": "westus", "sku": {"name": "Premium"}}), true)]
#[case(Method::PATCH, "", json!({}), true)]
#[case(Method::POST, "/listCredentials", json!({}), true)]
#[case(Method::DELETE, "/scopeMaps/nosuch", json!({}), true)]
#[case(Method::GET, "", json!({}), false)]
#[tokio::test]
async fn terraform_need_not_wait(
    #[case] method: Method,
    #[case] end: &str,
    #[case] body: Value,
    #[case] said: bool,
) -> Outcome {
    let harness = Harness::new().await?;
    let answer = harness.manage(method, &format!("{}{end}", harness.registry_id(REGISTRY)), Some(body)).await?;
    assert_eq!(answer.header("x-go-azure-sdk-skip-polling-delay"), said.then_some("true"));
    Ok(())
}

/// Zero seconds are 30 to Azure's SDK for Java.
#[rstest]
#[case("azsdk-net-ResourceManager.ContainerRegistry/1.4.0", "0")]
#[case("azsdk-java-azure-resourcemanager-containerregistry/2.53.4 (17.0.15; Linux; 6.1)", "1")]
#[case("myapp azsdk-java-azure-resourcemanager-containerregistry/2.53.4 (17.0.15; Linux; 6.1)", "1")]
#[tokio::test]
async fn how_long_to_wait(#[case] agent: &str, #[case] seconds: &str) -> Outcome {
    let harness = Harness::new().await?;
    let scope_map = harness.scope_map("newmap", &["repositories/a/content/read"]).await?;
    let principal = &harness.principal;
    let stranger =
        harness.stranger("127.0.0.1:5000").with_basic(&principal.client_id, principal.client_secret.reveal());
    let login =
        stranger.post_form("/common/oauth2/v2.0/token", &[("grant_type", "client_credentials")]).await?.json()?;
    let client = stranger.with_bearer(login["access_token"].as_str().ok_or("a bearer")?);
    let uri = format!("{scope_map}?{VERSION}");
    let answer = client.send(Method::DELETE, &uri, &[(USER_AGENT, agent)], "").await?.succeeded()?;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::ACCEPTED, Some(seconds)));
    Ok(())
}

/// A bearer of a registry is none of the management API, and the other way round.
#[tokio::test]
async fn bearers_are_for_one_plane() -> Outcome {
    let harness = Harness::new().await?;
    let scope_map = harness.scope_map("newmap", &["repositories/*/content/read"]).await?;
    let token = harness.token("token2", &scope_map).await?;
    let answer = token.bearer("repository:a:pull").await?.get(&format!("/subscriptions?{VERSION}")).await?;
    assert_eq!(answer.error_code()?, "InvalidAuthenticationToken");
    Ok(())
}

#[rstest]
#[case::missing("", "MissingApiVersionParameter")]
#[case::other_parameter("?$filter=x", "MissingApiVersionParameter")]
#[case::empty("?api-version=", "MissingApiVersionParameter")]
#[case::no_date("?api-version=latest", "InvalidApiVersionParameter")]
#[case::no_such_day("?api-version=2022-02-31x", "InvalidApiVersionParameter")]
#[tokio::test]
async fn versions_that_are_refused(#[case] query: &str, #[case] code: &str) -> Outcome {
    let harness = Harness::new().await?;
    // `Harness::manage` adds no version to a path that has a query, and an empty one is no query.
    let path = format!("{}{}", harness.registry_id(REGISTRY), if query.is_empty() { "?" } else { query });
    let answer = harness.manage(Method::GET, &path, None).await?;
    assert_eq!((answer.status, answer.error_code()?.as_str()), (StatusCode::BAD_REQUEST, code));
    Ok(())
}

/// Clients pin their version and fail on refusal (management-api.md, section 1).
#[rstest]
#[case("2019-05-01-preview")]
#[case("2022-12-01")]
#[case("2026-09-01-preview")]
#[case("2031-01-01")]
#[tokio::test]
async fn versions_that_are_taken(#[case] version: &str) -> Outcome {
    let harness = Harness::new().await?;
    let scope_map = harness.scope_map("newmap", &["repositories/a/content/read"]).await?;
    let answer = harness.manage(Method::GET, &format!("{scope_map}?api-version={version}"), None).await?.succeeded()?;
    assert!(answer.header("api-supported-versions").is_some_and(|all| all.contains("2022-02-01-preview")));
    let registry = format!("{}?api-version={version}", harness.registry_id(REGISTRY));
    let answer = harness.manage(Method::GET, &registry, None).await?.succeeded()?;
    assert_eq!(answer.header("api-supported-versions"), Some(version));
    Ok(())
}

#[rstest]
#[case::method("POST", "/tokens/token2", StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed")]
#[case::method_of_a_list("DELETE", "/tokens", StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed")]
#[case::resource_type("GET", "/fans", StatusCode::NOT_FOUND, "InvalidResourceType")]
#[case::name("GET", "/tokens/no", StatusCode::BAD_REQUEST, "InvalidResourceName")]
#[tokio::test]
async fn paths_that_are_refused(
    #[case] method: &str,
    #[case] path: &str,
    #[case] status: StatusCode,
    #[case] code: &str,
) -> Outcome {
    let harness = Harness::new().await?;
    let path = format!("{}{path}", harness.registry_id(REGISTRY));
    let answer = harness.manage(method.parse()?, &path, None).await?;
    assert_eq!((answer.status, answer.error_code()?.as_str()), (status, code));
    assert_eq!(answer.header("allow").is_some(), status == StatusCode::METHOD_NOT_ALLOWED);
    Ok(())
}

#[tokio::test]
async fn headers_of_every_answer() -> Outcome {
    let harness = Harness::new().await?;
    for path in [harness.registry_id(REGISTRY), harness.token_id("nosuch")] {
        let answer = harness.manage(Method::GET, &path, None).await?;
        assert_eq!(answer.header("cache-control"), Some("no-cache"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
        let id = answer.header("x-ms-request-id").ok_or("every answer has an id")?;
        assert_eq!(answer.header("x-ms-correlation-request-id"), Some(id));
    }
    Ok(())
}

/// Nothing makes a client sleep, and what it polls is done (decision D6).
#[tokio::test]
async fn long_running_operations() -> Outcome {
    let harness = Harness::new().await?;
    let scope_map = harness.scope_map("newmap", &["repositories/a/content/read"]).await?;
    let token = harness.token_id("token2");
    let path_of = |url: Option<&str>| -> Outcome<String> {
        Ok(url.and_then(|url| url.strip_prefix("http://127.0.0.1:5000")).ok_or("a URL of this host")?.to_owned())
    };
    let create = json!({"properties": {"scopeMapId": scope_map}});
    let change = json!({"properties": {"status": "disabled"}});
    let rights = json!({"properties": {"actions": []}});
    for (method, path, body, state) in [
        (Method::PUT, &token, create, "Creating"),
        (Method::PATCH, &token, change, "Updating"),
        (Method::PATCH, &scope_map, rights, "Updating"),
    ] {
        let answer = harness.manage(method, path, Some(body)).await?;
        assert_eq!(answer.status, StatusCode::CREATED);
        assert_eq!(answer.json()?["properties"]["provisioningState"], state);
        assert_eq!(answer.header("retry-after"), Some("0"));
        let operation = path_of(answer.header("azure-asyncoperation"))?;
        assert!(operation.starts_with(&format!("{path}/operationStatuses/token-")), "{operation}");
        assert_eq!(harness.get(&operation).await?, json!({"status": "Succeeded"}));
        assert_eq!(harness.get(path).await?["properties"]["provisioningState"], "Succeeded");
    }
    for path in [&token, &scope_map] {
        let answer = harness.manage(Method::DELETE, path, None).await?;
        assert_eq!((answer.status, &answer.body[..]), (StatusCode::ACCEPTED, &b"null"[..]));
        assert_eq!(answer.header("retry-after"), Some("0"));
        let operation = path_of(answer.header("location"))?;
        assert!(operation.contains("/locations/WESTUS/operationResults/token-"), "{operation}");
        // Az PowerShell asks twice.
        for _ in 0..2 {
            let result = harness.manage(Method::GET, &operation, None).await?;
            assert_eq!((result.status, result.body.len(), result.header("content-type")), (StatusCode::OK, 0, None));
        }
        let again = harness.manage(Method::DELETE, path, None).await?;
        assert_eq!((again.status, again.body.len()), (StatusCode::NO_CONTENT, 0));
    }
    Ok(())
}
