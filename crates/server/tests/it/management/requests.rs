//! What a request may look like, whatever it asks for: conditions, media types, paths, and bodies that are none.

use crate::client::Outcome;
use crate::harness::{GROUP, Harness, OTHER_REGISTRY, REGISTRY};
use http::header::{CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderName, Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

const JSON: (HeaderName, &str) = (CONTENT_TYPE, "application/json");

/// There are no entity tags, so no condition can be kept; passing it over would overwrite what the caller wanted to spare.
#[rstest]
#[tokio::test]
async fn changes_on_a_condition(
    #[values(Method::PUT, Method::PATCH, Method::DELETE)] method: Method,
    #[values((IF_MATCH, "*"), (IF_MATCH, "\"1\""), (IF_NONE_MATCH, "*"))] condition: (HeaderName, &str),
) -> Outcome {
    let harness = Harness::new().await?;
    let token = harness.token_id("token2");
    harness.put(&token, json!({"properties": {}})).await?;
    let body = json!({"properties": {"status": "disabled"}}).to_string();
    let answer = harness.manage_with((method, &token), &[JSON, condition], body).await?;
    assert_eq!(answer.seen(), "412 PreconditionFailed");
    assert_eq!(harness.get(&token).await?["properties"]["status"], "enabled");
    // Reading keeps to RFC 9110, section 13.1.2: what has no tag differs from every tag.
    let read = harness.manage_with((Method::GET, &token), &[(IF_NONE_MATCH, "\"1\"")], "").await?;
    assert_eq!(read.status, StatusCode::OK);
    Ok(())
}

#[rstest]
#[case::form(Some("application/x-www-form-urlencoded"), r#"{"properties":{}}"#, "415 UnsupportedMediaType")]
#[case::text(Some("text/plain; charset=utf-8"), r#"{"properties":{}}"#, "415 UnsupportedMediaType")]
#[case::nothing(Some(""), r#"{"properties":{}}"#, "415 UnsupportedMediaType")]
#[case::unsaid(None, r#"{"properties":{}}"#, "201")]
#[case::with_charset(Some("application/JSON; charset=utf-8"), r#"{"properties":{}}"#, "201")]
#[case::merge_patch(Some("application/merge-patch+json"), r#"{"properties":{}}"#, "201")]
// What comes is not there, so its type is all the same: it is the body that is missing.
#[case::no_body(Some("text/plain"), "", "400 InvalidRequestContent")]
#[tokio::test]
async fn media_types(#[case] given: Option<&str>, #[case] body: &'static str, #[case] expected: &str) -> Outcome {
    let harness = Harness::new().await?;
    let headers: Vec<(HeaderName, &str)> = given.map(|given| (CONTENT_TYPE, given)).into_iter().collect();
    let answer = harness.manage_with((Method::PUT, &harness.token_id("token2")), &headers, body).await?;
    assert_eq!(answer.seen(), expected, "{answer:?}");
    Ok(())
}

/// Bodies that say nothing of any member; the server goes on.
#[rstest]
#[case::deep(format!(r#"{{"properties":{}1{}}}"#, r#"{"a":"#.repeat(500), "}".repeat(500)).into_bytes(), "400 InvalidRequestContent")]
#[case::deep_lists(format!(r#"{{"properties":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000)).into_bytes(), "400 InvalidRequestContent")]
#[case::no_utf8(b"{\"properties\":{\"description\":\"\xff\xfe\"}}".to_vec(), "400 InvalidRequestContent")]
#[case::half_a_surrogate(br#"{"properties":{"description":"\ud800"}}"#.to_vec(), "400 InvalidRequestContent")]
#[case::utf16(b"\xff\xfe{\0}\0".to_vec(), "400 InvalidRequestContent")]
#[case::cut(br#"{"properties":{"#.to_vec(), "400 InvalidRequestContent")]
#[case::huge(vec![b' '; (1 << 20) + 1], "413 RequestContentTooLarge")]
#[tokio::test]
async fn bodies_that_are_none(#[case] body: Vec<u8>, #[case] expected: &str) -> Outcome {
    let harness = Harness::new().await?;
    harness.put(&harness.token_id("token2"), json!({"properties": {}})).await?;
    harness.scope_map("newmap", &[]).await?;
    let registry = harness.registry_id(REGISTRY);
    for (method, path) in [
        (Method::PUT, harness.token_id("token2")),
        (Method::PATCH, harness.scope_map_id("newmap")),
        (Method::PUT, registry.clone()),
        (Method::POST, format!("{registry}/generateCredentials")),
        (Method::PUT, format!("/subscriptions/{}/resourceGroups/{GROUP}", harness.subscription)),
    ] {
        let answer = harness.manage_with((method, &path), &[JSON], body.clone()).await?;
        assert_eq!(answer.seen(), expected, "{path}");
        harness.get(&registry).await?;
    }
    Ok(())
}

#[tokio::test]
async fn head_of_resources() -> Outcome {
    let harness = Harness::new().await?;
    let scope_map = harness.scope_map("newmap", &[]).await?;
    harness.put(&harness.token_id("token2"), json!({"properties": {}})).await?;
    for (path, status) in [
        (harness.registry_id(REGISTRY), StatusCode::NO_CONTENT),
        (scope_map, StatusCode::NO_CONTENT),
        (harness.token_id("token2"), StatusCode::NO_CONTENT),
        (harness.registry_id("nosuch"), StatusCode::NOT_FOUND),
        (harness.scope_map_id("nosuch"), StatusCode::NOT_FOUND),
        (harness.token_id("nosuch"), StatusCode::NOT_FOUND),
        // A list is no resource.
        (format!("{}/tokens", harness.registry_id(REGISTRY)), StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let answer = harness.manage(Method::HEAD, &path, None).await?;
        assert_eq!(answer.status, status, "{path}");
        assert!(!answer.status.is_success() || answer.body.is_empty());
    }
    Ok(())
}

/// However a path is written, ids in answers are the canonical ones, with names as they were made.
#[tokio::test]
async fn paths_in_any_form() -> Outcome {
    let harness = Harness::new().await?;
    let scope_map = harness.scope_map("NewMap", &["repositories/a/content/read"]).await?;
    let body = json!({"properties": {"scopeMapId": scope_map.to_lowercase()}});
    let token = harness.token_id("Token2");
    let made = harness.put(&token, body.clone()).await?;
    let forms = [
        token.clone(),
        token.to_lowercase(),
        token.to_uppercase(),
        format!("{token}/"),
        format!("/{token}"),
        token.replace("Token2", "%54oken2"),
    ];
    for form in forms {
        let read = harness.get(&form).await?;
        assert_eq!((&read["id"], &read["name"]), (&json!(token), &json!("Token2")), "{form}");
        assert_eq!(read["properties"]["scopeMapId"], scope_map.as_str(), "{form}");
        let again = harness.put(&form, body.clone()).await?;
        assert_eq!((&again["id"], &again["type"]), (&made["id"], &made["type"]), "{form}");
    }
    // An empty segment is a name that its caller forgot, and not nothing: the rest must not become another resource.
    let registry = harness.registry_id(REGISTRY);
    for form in [token.replace("/tokens/", "/tokens//"), token.replace("/registries/", "/registries//")] {
        for method in [Method::GET, Method::DELETE] {
            let answer = harness.manage(method, &form, None).await?;
            assert!(answer.status.is_client_error(), "{form}: {answer:?}");
        }
    }
    assert_eq!(
        harness.manage(Method::DELETE, &format!("{registry}/tokens/"), None).await?.seen(),
        "405 MethodNotAllowed"
    );
    harness.get(&token).await?;
    Ok(())
}

/// Every method on a child of what is not there (shared azure/errors.json).
#[rstest]
#[tokio::test]
async fn below_what_is_missing(
    #[values(Method::PUT, Method::PATCH, Method::GET, Method::DELETE)] method: Method,
    #[values("tokens/token2", "scopeMaps/newmap")] child: &str,
) -> Outcome {
    let harness = Harness::new().await?;
    let body = json!({"properties": {"actions": []}});
    let registry = harness.registry_id(REGISTRY);
    for (registry, expected) in [
        (harness.registry_id("nosuch"), "404 ParentResourceNotFound"),
        (registry.replace(GROUP, "nogroup"), "404 ResourceGroupNotFound"),
        (registry.replace(&harness.subscription, "11111111-1111-1111-1111-111111111111"), "404 SubscriptionNotFound"),
    ] {
        let answer = harness.manage(method.clone(), &format!("{registry}/{child}"), Some(body.clone())).await?;
        assert_eq!(answer.seen(), expected, "{registry}");
        assert_eq!(answer.header("x-ms-failure-cause"), Some("gateway"));
    }
    Ok(())
}

#[tokio::test]
async fn deletes_of_what_is_missing() -> Outcome {
    let harness = Harness::new().await?;
    let registry = harness.registry_id(OTHER_REGISTRY);
    for (path, expected) in [
        (harness.token_id("nosuch"), "204"),
        (harness.scope_map_id("nosuch"), "204"),
        (harness.registry_id("nosuch"), "204"),
        (registry.replace(GROUP, "nogroup"), "204"),
        (format!("/subscriptions/{}/resourceGroups/nogroup", harness.subscription), "404 ResourceGroupNotFound"),
    ] {
        assert_eq!(harness.manage(Method::DELETE, &path, None).await?.seen(), expected, "{path}");
    }
    harness.get(&registry).await?;
    Ok(())
}

/// A PATCH says what shall be otherwise: nothing, when it names nothing.
#[rstest]
#[case(json!({}))]
#[case(json!({"properties": null}))]
#[case(json!({"properties": {}}))]
#[case(json!({"tags": null, "sku": null, "location": null, "identity": null, "properties": {"adminUserEnabled": null}}))]
#[case(json!({"properties": {"scopeMapId": null, "status": null, "credentials": null}}))]
#[case(json!({"properties": {"credentials": {"passwords": null, "certificates": null}}}))]
#[case(json!({"properties": {"description": null, "actions": null}}))]
#[tokio::test]
async fn null_is_what_is_left_out(#[case] body: Value) -> Outcome {
    let harness = Harness::new().await?;
    let registry = harness.registry_id(REGISTRY);
    harness.patch(&registry, json!({"tags": {"a": "b"}, "properties": {"adminUserEnabled": true}})).await?;
    let scope_map = harness.scope_map_id("newmap");
    let rights = json!({"description": "Pulls.", "actions": ["repositories/a/content/read"]});
    harness.put(&scope_map, json!({"properties": rights})).await?;
    let token = harness.token_id("token2");
    let holds =
        json!({"scopeMapId": scope_map, "status": "disabled", "credentials": {"passwords": [{"name": "password1"}]}});
    harness.put(&token, json!({"properties": holds})).await?;
    for path in [registry, scope_map, token] {
        // What another resource has is not known, and passed over; a registry refuses what it does not know by name.
        if path.ends_with(REGISTRY) && body["properties"]["credentials"].is_object() {
            continue;
        }
        let (before, answer) = (harness.get(&path).await?, harness.patch(&path, body.clone()).await?);
        let mut expected = before["properties"].clone();
        expected["provisioningState"] = answer["properties"]["provisioningState"].clone();
        assert_eq!((&answer["properties"], &answer["tags"]), (&expected, &before["tags"]), "{path}");
        assert_eq!(harness.get(&path).await?["properties"], before["properties"], "{path}");
    }
    Ok(())
}

/// In a PUT too, where what is left out of a scope map or of a registry's tags is then empty.
#[tokio::test]
async fn null_in_a_put() -> Outcome {
    let harness = Harness::new().await?;
    let registry = json!({"location": "westus", "sku": {"name": "Basic", "tier": null}, "tags": null, "identity": null, "properties": null});
    assert_eq!(harness.put(&harness.registry_id("freshcr"), registry).await?["tags"], json!({}));
    let scope_map = harness.scope_map_id("newmap");
    let body = |description: Value| json!({"properties": {"description": description, "actions": []}});
    harness.put(&scope_map, body(json!("Pulls."))).await?;
    assert_eq!(harness.put(&scope_map, body(Value::Null)).await?["properties"].get("description"), None);
    let token = json!({"properties": {"scopeMapId": null, "status": null, "credentials": null}});
    let made = harness.put(&harness.token_id("token2"), token).await?;
    assert_eq!((made["properties"].get("scopeMapId"), &made["properties"]["status"]), (None, &json!("enabled")));
    Ok(())
}
