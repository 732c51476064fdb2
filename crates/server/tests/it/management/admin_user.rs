//! The admin user of a registry.

use crate::client::{Answer, Outcome, TokenClient};
use crate::harness::{Harness, OTHER_REGISTRY, REGISTRY};
use http::{Method, StatusCode};
use rstest::rstest;
use serde_json::{Value, json};

async fn switch(harness: &Harness, enabled: bool) -> Outcome<Value> {
    harness.patch(&harness.registry_id(REGISTRY), json!({"properties": {"adminUserEnabled": enabled}})).await
}

async fn post(harness: &Harness, action: &str, body: Option<Value>) -> Outcome<Answer> {
    harness.manage(Method::POST, &format!("{}/{action}", harness.registry_id(REGISTRY)), body).await
}

/// Both passwords, in order.
async fn shown(harness: &Harness) -> Outcome<[String; 2]> {
    let listed = post(harness, "listCredentials", None).await?.succeeded()?.json()?;
    assert_eq!(
        (&listed["passwords"][0]["name"], &listed["passwords"][1]["name"]),
        (&json!("password"), &json!("password2"))
    );
    let value = |place: usize| Ok::<_, &str>(listed["passwords"][place]["value"].as_str().ok_or("a value")?.to_owned());
    Ok([value(0)?, value(1)?])
}

async fn signs_in(harness: &Harness, password: &str) -> Outcome<bool> {
    let admin = TokenClient::new(harness, REGISTRY, password);
    let (issued, basic) = (admin.issue(&[]).await?.status, admin.basic().get("/v2/").await?.status);
    assert_eq!(issued, basic);
    Ok(issued == StatusCode::OK)
}

#[tokio::test]
async fn opens_everything_with_either_password() -> Outcome {
    let harness = Harness::new().await?;
    assert_eq!(switch(&harness, true).await?["properties"]["adminUserEnabled"], true);
    assert_eq!(harness.get(&harness.registry_id(REGISTRY)).await?["properties"]["adminUserEnabled"], true);
    let passwords = shown(&harness).await?;
    assert_ne!(passwords[0], passwords[1]);
    assert_eq!(shown(&harness).await?, passwords, "shown again as they were");
    for password in &passwords {
        let admin = TokenClient::new(&harness, "LNXCR", password);
        let started = admin.basic().ask(Method::POST, "/v2/any/thing/blobs/uploads/").await?;
        assert_eq!(started.status, StatusCode::ACCEPTED);
        let issued = admin.issue(&["repository:any/thing:pull,push,delete", "registry:catalog:*"]).await?.json()?;
        assert_eq!(
            issued["scope"].as_str(),
            Some("repository:any/thing:pull,push,delete,metadata_read registry:catalog:*")
        );
        assert!(
            !admin.elsewhere(&harness, OTHER_REGISTRY).issue(&[]).await?.status.is_success(),
            "of one registry only"
        );
    }
    Ok(())
}

#[tokio::test]
async fn off_unless_wanted() -> Outcome {
    let harness = Harness::new().await?;
    let id = harness.registry_id(REGISTRY);
    for (action, body) in [("listCredentials", None), ("regenerateCredential", Some(json!({"name": "password"})))] {
        let refused = post(&harness, action, body).await?;
        assert_eq!(
            (refused.status, refused.error_code()?.as_str()),
            (StatusCode::BAD_REQUEST, "UnAuthorizedForCredentialOperations")
        );
        assert!(
            refused
                .error_message()?
                .starts_with(&format!("Cannot perform credential operations for {id} as admin user"))
        );
    }
    switch(&harness, true).await?;
    let passwords = shown(&harness).await?;
    let bearer = TokenClient::new(&harness, REGISTRY, &passwords[0]).bearer("repository:a:pull").await?;
    assert_eq!(bearer.get("/v2/").await?.status, StatusCode::OK);

    switch(&harness, false).await?;
    assert!(!signs_in(&harness, &passwords[0]).await?);
    assert_eq!(bearer.get("/v2/").await?.status, StatusCode::UNAUTHORIZED);
    // A PATCH and a PUT that do not speak of it leave it as it is.
    switch(&harness, true).await?;
    harness.patch(&id, json!({"tags": {"a": "b"}})).await?;
    harness.put(&id, json!({"location": "westus", "sku": {"name": "Premium"}})).await?;
    assert_eq!(shown(&harness).await?, passwords, "kept");
    assert!(signs_in(&harness, &passwords[1]).await?);
    assert_eq!(bearer.get("/v2/").await?.status, StatusCode::UNAUTHORIZED, "an old bearer does not come back");
    Ok(())
}

#[tokio::test]
async fn one_password_is_regenerated_and_the_other_kept() -> Outcome {
    let harness = Harness::new().await?;
    switch(&harness, true).await?;
    let [first, second] = shown(&harness).await?;
    let bearer = TokenClient::new(&harness, REGISTRY, &first).bearer("repository:a:pull").await?;
    let answer =
        post(&harness, "regenerateCredential", Some(json!({"name": "password"}))).await?.succeeded()?.json()?;
    assert_eq!(answer["username"], REGISTRY);
    let [new, kept] = shown(&harness).await?;
    assert_eq!((answer["passwords"][0]["value"].as_str(), &kept), (Some(new.as_str()), &second));
    assert!(!signs_in(&harness, &first).await?);
    assert_eq!(bearer.get("/v2/").await?.status, StatusCode::UNAUTHORIZED);
    assert!(signs_in(&harness, &new).await? && signs_in(&harness, &second).await?);
    Ok(())
}

#[rstest]
#[case::nameless(json!({}))]
#[case::of_a_token(json!({"name": "password1"}))]
#[tokio::test]
async fn regenerate_refused(#[case] body: Value) -> Outcome {
    let harness = Harness::new().await?;
    switch(&harness, true).await?;
    let before = shown(&harness).await?;
    let refused = post(&harness, "regenerateCredential", Some(body)).await?;
    assert_eq!((refused.status, &refused.json()?["error"]["target"]), (StatusCode::BAD_REQUEST, &json!("name")));
    assert_eq!(shown(&harness).await?, before);
    Ok(())
}

/// It is no token, and a token may have its name.
#[tokio::test]
async fn is_not_among_the_tokens() -> Outcome {
    let harness = Harness::new().await?;
    switch(&harness, true).await?;
    let registry = harness.registry_id(REGISTRY);
    assert_eq!(harness.get(&format!("{registry}/tokens")).await?["value"], json!([]));
    let token = harness.token_id(REGISTRY);
    assert_eq!(harness.manage(Method::GET, &token, None).await?.status, StatusCode::NOT_FOUND);
    assert_eq!(harness.manage(Method::DELETE, &token, None).await?.status, StatusCode::NO_CONTENT);
    let usages = harness.get(&format!("{registry}/listUsages")).await?;
    let tokens = usages["value"].as_array().into_iter().flatten().find(|usage| usage["name"] == "Tokens");
    assert_eq!(tokens.ok_or("a count of tokens")?["currentValue"], 0);

    let scope_map = harness.scope_map("newmap", &["repositories/samples/*/content/read"]).await?;
    let namesake = harness.token(REGISTRY, &scope_map).await?;
    let issued = namesake.issue(&["repository:samples/a:pull,push"]).await?.json()?;
    assert_eq!(issued["scope"], "repository:samples/a:pull", "the token's rights, not the admin user's");
    let [first, _] = shown(&harness).await?;
    let issued = TokenClient::new(&harness, REGISTRY, &first).issue(&["repository:b:push"]).await?.json()?;
    assert_eq!(issued["scope"], "repository:b:push");
    harness.delete(&token).await?;
    assert!(signs_in(&harness, &first).await?, "deleting the token leaves the admin user");
    Ok(())
}

/// Two who change one registry at the same time do not undo each other's change.
#[tokio::test]
async fn patches_of_different_members_do_not_undo_each_other() -> Outcome {
    let harness = Harness::new().await?;
    let id = harness.registry_id(REGISTRY);
    for round in 0..20 {
        let (enabled, label) = (round % 2 == 0, round.to_string());
        let (switched, labelled) =
            tokio::join!(switch(&harness, enabled), harness.patch(&id, json!({"tags": {"round": &label}})),);
        switched?;
        labelled?;
        let registry = harness.get(&id).await?;
        assert_eq!(
            (&registry["properties"]["adminUserEnabled"], &registry["tags"]["round"]),
            (&json!(enabled), &json!(label))
        );
    }
    Ok(())
}
