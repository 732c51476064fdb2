//! Tokens and their passwords.

use crate::client::{Outcome, TokenClient};
use crate::harness::{Harness, OTHER_REGISTRY, REGISTRY};
use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;

/// A site with `newmap`, and its id.
async fn site() -> Outcome<(Harness, String)> {
    let harness = Harness::new().await?;
    let scope_map = harness.scope_map("newmap", &["repositories/samples/*/content/read"]).await?;
    Ok((harness, scope_map))
}

/// `password1 value`, `password2 expiry`: each password's name and the members that it has besides its time of creation.
fn passwords(list: &Value) -> Vec<String> {
    let shown = |password: &Value| {
        let members = ["value", "expiry"].into_iter().filter(|member| password.get(member).is_some());
        std::iter::once(password["name"].as_str().unwrap_or("?")).chain(members).collect::<Vec<_>>().join(" ")
    };
    list.as_array().into_iter().flatten().map(shown).collect()
}

fn of_token(token: &Value) -> Vec<String> {
    passwords(&token["properties"]["credentials"]["passwords"])
}

async fn signs_in(token: &TokenClient<'_>) -> Outcome<bool> {
    Ok(token.issue(&[]).await?.status == StatusCode::OK)
}

/// What `-CredentialsPassword` needs (decision D7a): at Azure this is refused.
#[tokio::test]
async fn created_with_passwords_in_one_step() -> Outcome {
    let (harness, scope_map) = site().await?;
    let wanted = json!([{"name": "password2", "expiry": "2027-01-01T08:00:00+08:00"}, {"name": "password1"}]);
    let body = json!({"properties": {"scopeMapId": scope_map, "credentials": {"passwords": wanted}}});
    let created = harness.put(&harness.token_id("token2"), body).await?;
    assert_eq!(of_token(&created), ["password1 value", "password2 value expiry"]);
    let given = &created["properties"]["credentials"]["passwords"];
    assert_eq!(given[1]["expiry"], "2027-01-01T00:00:00+00:00");
    assert_eq!(given[0]["creationTime"], given[1]["creationTime"]);
    assert_eq!(created["properties"]["status"], "enabled");
    for password in [&given[0], &given[1]] {
        let value = password["value"].as_str().ok_or("a value")?;
        assert!(value.starts_with("pcl_"), "the mark that secret scanners look for");
        assert!(signs_in(&TokenClient::new(&harness, "token2", value)).await?);
    }
    // Shown once.
    let read = harness.get(&harness.token_id("token2")).await?;
    assert_eq!(of_token(&read), ["password1", "password2 expiry"]);
    let list = harness.get(&format!("{}/tokens", harness.registry_id(REGISTRY))).await?;
    assert_eq!(of_token(&list["value"][0]), ["password1", "password2 expiry"]);
    Ok(())
}

/// Terraform fails without the list (management-api.md, 0.8).
#[tokio::test]
async fn a_token_without_passwords_lists_none() -> Outcome {
    let (harness, scope_map) = site().await?;
    let created = harness.put(&harness.token_id("token2"), json!({"properties": {"scopeMapId": scope_map}})).await?;
    assert_eq!(created["properties"]["credentials"], json!({"passwords": []}));
    Ok(())
}

/// At Azure a redeployed template wipes them (decision D7b).
#[rstest]
#[case::left_out(None, true)]
#[case::named(Some(json!({"passwords": [{"name": "password1"}]})), true)]
#[case::without_a_list(Some(json!({})), true)]
#[case::none(Some(json!({"passwords": []})), false)]
#[tokio::test]
async fn put_keeps_passwords(#[case] credentials: Option<Value>, #[case] kept: bool) -> Outcome {
    let (harness, scope_map) = site().await?;
    let token = harness.token("token2", &scope_map).await?;
    let before = harness.get(&harness.token_id("token2")).await?;
    harness.advance(Duration::from_secs(60));
    let mut properties = json!({"scopeMapId": scope_map, "status": "enabled"});
    if let Some(credentials) = credentials {
        properties["credentials"] = credentials;
    }
    let answer =
        harness.manage(Method::PUT, &harness.token_id("token2"), Some(json!({"properties": properties}))).await?;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::OK, Some("0")));
    assert_eq!(of_token(&answer.json()?), if kept { vec!["password1"] } else { vec![] });
    assert_eq!(answer.json()?["properties"]["creationDate"], before["properties"]["creationDate"]);
    assert_eq!(signs_in(&token).await?, kept);
    Ok(())
}

#[rstest]
#[case::keeps_the_second(json!([{"name": "password2"}]), &["password2"])]
#[case::removes_both(json!([]), &[])]
#[case::sends_back_what_it_read(json!([{"name": "password1"}, {"name": "password2"}]), &["password1", "password2"])]
#[tokio::test]
async fn patch_keeps_those_that_it_lists(#[case] listed: Value, #[case] left: &[&str]) -> Outcome {
    let (harness, scope_map) = site().await?;
    harness.put(&harness.token_id("token2"), json!({"properties": {"scopeMapId": scope_map}})).await?;
    let generated = harness.generate("token2", json!({})).await?;
    let body = json!({"properties": {"credentials": {"passwords": listed}}});
    assert_eq!(of_token(&harness.patch(&harness.token_id("token2"), body).await?), left);
    for password in generated["passwords"].as_array().into_iter().flatten() {
        let token = TokenClient::new(&harness, "token2", password["value"].as_str().ok_or("a value")?);
        let name = password["name"].as_str().ok_or("a name")?;
        assert_eq!(signs_in(&token).await?, left.contains(&name), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn patch_leaves_what_it_does_not_name() -> Outcome {
    let (harness, scope_map) = site().await?;
    let token = harness.token("token2", &scope_map).await?;
    let id = harness.token_id("token2");
    let disabled = harness.patch(&id, json!({"properties": {"status": "disabled"}})).await?;
    assert_eq!(disabled["properties"]["scopeMapId"], scope_map.as_str());
    assert!(!signs_in(&token).await?);
    let other = harness.scope_map("othermap", &["repositories/a/content/read"]).await?;
    let moved = harness.patch(&id, json!({"properties": {"scopeMapId": other}})).await?;
    assert_eq!(moved["properties"]["status"], "disabled");
    harness.patch(&id, json!({"properties": {"status": "Enabled"}})).await?;
    assert_eq!(token.issue(&["repository:a:pull"]).await?.json()?["scope"], "repository:a:pull");
    Ok(())
}

/// Terraform finds the value by its place (management-api.md, 0.7).
#[tokio::test]
async fn generate_lists_all_in_order_and_values_only_of_new_ones() -> Outcome {
    let (harness, scope_map) = site().await?;
    harness.put(&harness.token_id("Token2"), json!({"properties": {"scopeMapId": scope_map}})).await?;
    let second = harness.generate("token2", json!({"name": "password2", "expiry": "2100-12-31T12:59:59.000Z"})).await?;
    assert_eq!(second["username"], "Token2", "the name as it was made");
    assert_eq!(passwords(&second["passwords"]), ["password2 value expiry"]);
    assert_eq!(second["passwords"][0]["expiry"], "2100-12-31T12:59:59+00:00");
    let first = harness.generate("token2", json!({"name": "password1"})).await?;
    assert_eq!(passwords(&first["passwords"]), ["password1 value", "password2 expiry"]);
    let both = harness.generate("token2", json!({})).await?;
    assert_eq!(passwords(&both["passwords"]), ["password1 value", "password2 value"]);
    let value = |answer: &Value, place: usize| {
        let value = answer["passwords"][place]["value"].as_str().unwrap_or_default();
        TokenClient::new(&harness, "token2", value)
    };
    // The old ones stop at once.
    for (token, works) in
        [(value(&second, 0), false), (value(&first, 0), false), (value(&both, 0), true), (value(&both, 1), true)]
    {
        assert_eq!(signs_in(&token).await?, works);
    }
    Ok(())
}

#[rstest]
#[case::missing_token(json!({"tokenId": "{registry}/tokens/nosuch"}), StatusCode::NOT_FOUND, "ResourceNotFound", None)]
#[case::no_token(json!({}), StatusCode::BAD_REQUEST, "InvalidParameter", Some("tokenId"))]
#[case::bare_name(json!({"tokenId": "token2"}), StatusCode::BAD_REQUEST, "InvalidParameter", Some("tokenId"))]
#[case::other_registry(json!({"tokenId": "{other}/tokens/token2"}), StatusCode::BAD_REQUEST, "InvalidParameter", Some("tokenId"))]
#[case::password_name(json!({"tokenId": "{registry}/tokens/token2", "name": "password3"}), StatusCode::BAD_REQUEST, "InvalidParameter", Some("name"))]
#[case::no_time(json!({"tokenId": "{registry}/tokens/token2", "expiry": "tomorrow"}), StatusCode::BAD_REQUEST, "InvalidParameter", Some("expiry"))]
#[case::past(json!({"tokenId": "{registry}/tokens/token2", "expiry": "2020-01-01T00:00:00Z"}), StatusCode::BAD_REQUEST, "InvalidParameter", Some("expiry"))]
#[tokio::test]
async fn generate_refused(
    #[case] body: Value,
    #[case] status: StatusCode,
    #[case] code: &str,
    #[case] target: Option<&str>,
) -> Outcome {
    let (harness, scope_map) = site().await?;
    let token = harness.token("token2", &scope_map).await?;
    let registry = harness.registry_id(REGISTRY);
    let body =
        body.to_string().replace("{registry}", &registry).replace("{other}", &harness.registry_id(OTHER_REGISTRY));
    let path = format!("{registry}/generateCredentials");
    let answer = harness.manage(Method::POST, &path, Some(serde_json::from_str(&body)?)).await?;
    assert_eq!((answer.status, answer.error_code()?.as_str()), (status, code), "{answer:?}");
    assert_eq!(answer.json()?["error"]["target"].as_str(), target);
    assert!(signs_in(&token).await?, "nothing is half done");
    Ok(())
}

#[rstest]
#[case::status(json!({"status": "paused"}), "properties.status")]
#[case::map_of_no_form(json!({"scopeMapId": ""}), "properties.scopeMapId")]
#[case::missing_map(json!({"scopeMapId": "{registry}/scopeMaps/nosuch"}), "properties.scopeMapId")]
#[case::map_of_another_registry(json!({"scopeMapId": "{other}/scopeMaps/newmap"}), "properties.scopeMapId")]
#[case::bare_map(json!({"scopeMapId": "newmap"}), "properties.scopeMapId")]
#[case::password_name(json!({"credentials": {"passwords": [{"name": "password3"}]}}), "properties.credentials.passwords[0].name")]
#[case::nameless(json!({"credentials": {"passwords": [{}]}}), "properties.credentials.passwords[0].name")]
#[case::twice(json!({"credentials": {"passwords": [{"name": "password1"}, {"name": "password1"}]}}), "properties.credentials.passwords[1].name")]
#[case::past(json!({"credentials": {"passwords": [{"name": "password1", "expiry": "2020-01-01T00:00:00Z"}]}}), "properties.credentials.passwords[0].expiry")]
#[case::chosen(json!({"credentials": {"passwords": [{"name": "password1", "value": "hunter2"}]}}), "properties.credentials.passwords[0].value")]
#[tokio::test]
async fn put_refused(#[case] properties: Value, #[case] target: &str) -> Outcome {
    let (harness, _) = site().await?;
    let registry = harness.registry_id(REGISTRY);
    let other = harness.registry_id(OTHER_REGISTRY);
    let properties = properties.to_string().replace("{registry}", &registry).replace("{other}", &other);
    let body = json!({"properties": serde_json::from_str::<Value>(&properties)?});
    let answer = harness.manage(Method::PUT, &harness.token_id("token2"), Some(body)).await?;
    assert_eq!(
        (answer.status, answer.error_code()?.as_str()),
        (StatusCode::BAD_REQUEST, "InvalidParameter"),
        "{answer:?}"
    );
    assert_eq!(answer.json()?["error"]["target"], target);
    assert!(!answer.error_message()?.contains("hunter2"), "no secret in an error");
    // Nothing is half done.
    let read = harness.manage(Method::GET, &harness.token_id("token2"), None).await?;
    assert_eq!(
        (read.status, read.error_message()?.as_str()),
        (StatusCode::NOT_FOUND, "The resource token2 could not be found.")
    );
    Ok(())
}

#[tokio::test]
async fn listed_in_the_order_in_which_they_were_made() -> Outcome {
    let (harness, scope_map) = site().await?;
    for name in ["token-c", "token-a", "token-b"] {
        harness.token(name, &scope_map).await?;
    }
    let list = harness.get(&format!("{}/tokens", harness.registry_id(REGISTRY))).await?;
    let names: Vec<&str> = list["value"].as_array().into_iter().flatten().filter_map(|t| t["name"].as_str()).collect();
    assert_eq!(names, ["token-c", "token-a", "token-b"]);
    Ok(())
}

/// Terraform sends name, expiry and value of the password that it keeps (management-api.md, section 10).
#[tokio::test]
async fn a_value_is_taken_back_and_never_chosen() -> Outcome {
    let (harness, scope_map) = site().await?;
    let token = harness.token("token2", &scope_map).await?;
    let keep =
        |name: &str| json!({"properties": {"credentials": {"passwords": [{"name": name, "value": token.password}]}}});
    assert_eq!(of_token(&harness.patch(&harness.token_id("token2"), keep("password1")).await?), ["password1"]);
    let chosen = harness.manage(Method::PATCH, &harness.token_id("token2"), Some(keep("password2"))).await?;
    assert_eq!(chosen.status, StatusCode::BAD_REQUEST);
    assert!(!String::from_utf8_lossy(&chosen.body).contains(&token.password), "a refusal repeats no secret");
    assert!(signs_in(&token).await?);
    Ok(())
}

#[tokio::test]
async fn what_a_missing_registry_would_hold() -> Outcome {
    let (harness, _) = site().await?;
    let path = format!("{}/tokens/token2", harness.registry_id("nosuch"));
    for method in [Method::PUT, Method::PATCH, Method::GET, Method::DELETE] {
        let answer = harness.manage(method, &path, Some(json!({"properties": {}}))).await?;
        assert_eq!((answer.status, answer.error_code()?.as_str()), (StatusCode::NOT_FOUND, "ParentResourceNotFound"));
    }
    Ok(())
}
