//! Every change through the management API, by its route.

use super::{entries, head, told, told_since};
use crate::client::Outcome;
use crate::harness::{GROUP, Harness, MANAGER, OTHER_REGISTRY, REGISTRY};
use http::{HeaderName, Method};
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;

const GRANT: &str = "11111111-1111-4111-8111-111111111111";
const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const PRINCIPALS: &str = "/providers/Portcullis.Identity/servicePrincipals";

/// A registry with a scope map, a token, an admin user, and a principal with two secrets.
struct World {
    harness: Harness,
    principal: String,
    secret: String,
}

impl World {
    async fn new() -> Outcome<Self> {
        let harness = Harness::new().await?;
        harness.scope_map("newmap", &["repositories/samples/*/content/read"]).await?;
        harness.token("token2", &harness.scope_map_id("newmap")).await?;
        harness.patch(&harness.registry_id(REGISTRY), json!({"properties": {"adminUserEnabled": true}})).await?;
        let made = harness.manage(Method::POST, PRINCIPALS, Some(json!({"displayName": "ci"}))).await?.json()?;
        let principal = made["id"].as_str().ok_or("an id")?.to_owned();
        let added = harness.manage(Method::POST, &format!("{PRINCIPALS}/ci/addPassword"), Some(json!({}))).await?;
        let secret = added.json()?["keyId"].as_str().ok_or("an id")?.to_owned();
        let world = Self { harness, principal, secret };
        world.ask(("PUT", "GROUP/providers/Microsoft.Authorization/roleAssignments/GRANT"), world.grant()).await?;
        Ok(world)
    }

    fn grant(&self) -> Value {
        let definition = format!(
            "/subscriptions/{}/providers/Microsoft.Authorization/roleDefinitions/{READER}",
            self.harness.subscription
        );
        json!({"properties": {"roleDefinitionId": definition, "principalId": self.principal}})
    }

    async fn ask(&self, (method, path): (&str, &str), body: Value) -> Outcome<String> {
        let group = format!("/subscriptions/{}/resourceGroups/{GROUP}", self.harness.subscription);
        let path = path
            .replace("OTHER", &self.harness.registry_id(OTHER_REGISTRY))
            .replace("REGISTRY", &self.harness.registry_id(REGISTRY))
            .replace("GROUP", &group)
            .replace("GRANT", GRANT);
        let body = Value::to_string(&body)
            .replace("SECRET", &self.secret)
            .replace("REGISTRY", &self.harness.registry_id(REGISTRY));
        let body = (body != "null").then(|| serde_json::from_str(&body)).transpose()?;
        Ok(self.harness.manage(method.parse()?, &path, body).await?.succeeded()?.seen())
    }
}

const OWNER: &str = "user@example.com data folder | owner of the data folder";

/// Every route that changes something, and the entry that it leaves: its action, where, and its detail.
#[rstest]
#[case::group(("PUT", "GROUP"), json!({"location": "westus", "tags": {"a": "b"}}), "Microsoft.Resources/subscriptions/resourceGroups/write", "- - GROUP", None)]
#[case::group(("PATCH", "GROUP"), json!({"tags": {"a": "c"}}), "Microsoft.Resources/subscriptions/resourceGroups/write", "- - GROUP", None)]
#[case::group(("DELETE", "GROUP"), json!(null), "Microsoft.Resources/subscriptions/resourceGroups/delete", "- - GROUP", None)]
#[case::registry(("PUT", "REGISTRY"), json!({"location": "westus", "sku": {"name": "Basic"}}), "Microsoft.ContainerRegistry/registries/write", "lnxcr - REGISTRY", Some("admin user on, anonymous pull off"))]
#[case::registry(("PATCH", "REGISTRY"), json!({"properties": {"anonymousPullEnabled": true}}), "Microsoft.ContainerRegistry/registries/write", "lnxcr - REGISTRY", Some("admin user on, anonymous pull on"))]
#[case::registry(("DELETE", "REGISTRY"), json!(null), "Microsoft.ContainerRegistry/registries/delete", "lnxcr - REGISTRY", None)]
#[case::scope_map(("PUT", "REGISTRY/scopeMaps/more1"), json!({"properties": {"actions": []}}), "Microsoft.ContainerRegistry/registries/scopeMaps/write", "lnxcr - REGISTRY/scopeMaps/more1", None)]
#[case::scope_map(("PATCH", "REGISTRY/scopeMaps/newmap"), json!({"properties": {"description": "x"}}), "Microsoft.ContainerRegistry/registries/scopeMaps/write", "lnxcr - REGISTRY/scopeMaps/newmap", None)]
#[case::scope_map(("PATCH", "REGISTRY/scopeMaps/newmap"), json!({"properties": {"actions": ["repositories/a/content/write"]}}), "Microsoft.ContainerRegistry/registries/scopeMaps/write", "lnxcr - REGISTRY/scopeMaps/newmap", Some("2 actions: +repositories/a/content/write, -repositories/samples/*/content/read"))]
#[case::scope_map(("DELETE", "REGISTRY/scopeMaps/newmap"), json!(null), "Microsoft.ContainerRegistry/registries/scopeMaps/delete", "lnxcr - REGISTRY/scopeMaps/newmap", None)]
#[case::token(("PUT", "REGISTRY/tokens/more1"), json!({"properties": {"scopeMapId": "REGISTRY/scopeMaps/newmap", "credentials": {"passwords": [{"name": "password2"}]}}}), "Microsoft.ContainerRegistry/registries/tokens/write", "lnxcr - REGISTRY/tokens/more1", Some("enabled, scope map newmap, generated password2"))]
#[case::token(("PATCH", "REGISTRY/tokens/token2"), json!({"properties": {"status": "disabled"}}), "Microsoft.ContainerRegistry/registries/tokens/write", "lnxcr - REGISTRY/tokens/token2", Some("disabled, scope map newmap"))]
#[case::token(("DELETE", "REGISTRY/tokens/token2"), json!(null), "Microsoft.ContainerRegistry/registries/tokens/delete", "lnxcr - REGISTRY/tokens/token2", None)]
#[case::passwords(("POST", "REGISTRY/generateCredentials"), json!({"tokenId": "REGISTRY/tokens/token2"}), "Microsoft.ContainerRegistry/registries/generateCredentials/action", "lnxcr - REGISTRY", Some("token token2, generated password1, password2"))]
#[case::admin_user_shown(("POST", "REGISTRY/listCredentials"), json!(null), "Microsoft.ContainerRegistry/registries/listCredentials/action", "lnxcr - REGISTRY", Some("both passwords of the admin user"))]
#[case::admin_user(("POST", "REGISTRY/regenerateCredential"), json!({"name": "password2"}), "Microsoft.ContainerRegistry/registries/regenerateCredential/action", "lnxcr - REGISTRY", Some("password2 of the admin user"))]
#[case::role(("PUT", "OTHER/providers/Microsoft.Authorization/roleAssignments/22222222-2222-4222-8222-222222222222"), json!("GRANTED"), "Microsoft.Authorization/roleAssignments/write", "othercr - OTHER/providers/Microsoft.Authorization/roleAssignments/22222222-2222-4222-8222-222222222222", Some("role Reader at OTHER of PRINCIPAL"))]
#[case::role(("DELETE", "GROUP/providers/Microsoft.Authorization/roleAssignments/GRANT"), json!(null), "Microsoft.Authorization/roleAssignments/delete", "- - GROUP/providers/Microsoft.Authorization/roleAssignments/GRANT", Some("role Reader at GROUP of PRINCIPAL"))]
#[case::principal(("POST", "/providers/Portcullis.Identity/servicePrincipals"), json!({"displayName": "more"}), "Portcullis.Identity/servicePrincipals/write", "- - SITE", Some("service principal more"))]
#[case::principal(("DELETE", "/providers/Portcullis.Identity/servicePrincipals/ci"), json!(null), "Portcullis.Identity/servicePrincipals/delete", "- - SITE", Some("service principal ci (PRINCIPAL)"))]
#[case::secret(("POST", "/providers/Portcullis.Identity/servicePrincipals/ci/addPassword"), json!({}), "Portcullis.Identity/servicePrincipals/addPassword/action", "- - SITE", Some("service principal ci (PRINCIPAL), secret "))]
#[case::secret(("POST", "/providers/Portcullis.Identity/servicePrincipals/ci/removePassword"), json!({"keyId": "SECRET"}), "Portcullis.Identity/servicePrincipals/removePassword/action", "- - SITE", Some("service principal ci (PRINCIPAL), secret SECRET"))]
#[tokio::test]
async fn each_change_has_one_entry(
    #[case] request: (&str, &str),
    #[case] body: Value,
    #[case] action: &str,
    #[case] place: &str,
    #[case] detail: Option<&str>,
) -> Outcome {
    let world = World::new().await?;
    let harness = &world.harness;
    let before = head(harness).await?;
    let body = if body == "GRANTED" { world.grant() } else { body };
    world.ask(request, body).await?;
    let left = entries(harness, &format!("&after={before}")).await?;
    assert_eq!(left.len(), 1, "{left:#?}");
    let subscription = format!("/subscriptions/{}", harness.subscription);
    let named = |text: &str| {
        text.replace(&harness.registry_id(OTHER_REGISTRY), "OTHER")
            .replace(&harness.registry_id(REGISTRY), "REGISTRY")
            .replace(&format!("{subscription}/resourceGroups/{GROUP}"), "GROUP")
            .replace(&subscription, "SITE")
            .replace(GRANT, "GRANT")
            .replace(&world.principal, "PRINCIPAL")
            .replace(&world.secret, "SECRET")
    };
    let text = |member: &str| left[0][member].as_str().map(named);
    assert_eq!(
        told(harness, &left[0]).split(" | ").take(2).collect::<Vec<_>>().join(" | "),
        format!("allowed {action} {OWNER}")
    );
    let parts = ["registry", "repository", "target"].map(|member| text(member).unwrap_or_else(|| "-".to_owned()));
    assert_eq!(parts.join(" "), place);
    match (text("detail"), detail) {
        (Some(told), Some(expected)) => assert!(told.starts_with(expected), "{told}"),
        (told, expected) => assert_eq!(told.as_deref(), expected),
    }
    Ok(())
}

#[rstest]
#[case::nothing_there(("DELETE", "REGISTRY/tokens/nobody"), json!(null))]
#[case::nothing_there(("DELETE", "/providers/Portcullis.Identity/servicePrincipals/nobody"), json!(null))]
#[case::the_same_role_again(("PUT", "GROUP/providers/Microsoft.Authorization/roleAssignments/GRANT"), json!("GRANTED"))]
#[case::nothing_given(("PATCH", "GROUP"), json!({}))]
#[case::read(("GET", "REGISTRY/tokens"), json!(null))]
#[tokio::test]
async fn what_changes_nothing_has_none(#[case] request: (&str, &str), #[case] body: Value) -> Outcome {
    let world = World::new().await?;
    let before = head(&world.harness).await?;
    let body = if body == "GRANTED" { world.grant() } else { body };
    world.ask(request, body).await?;
    assert_eq!(told_since(&world.harness, before).await?, [""; 0]);
    Ok(())
}

/// A change that is refused or wrong is undone, and its entry with it.
#[tokio::test]
async fn what_is_not_done_leaves_no_entry_of_it() -> Outcome {
    let world = World::new().await?;
    let harness = &world.harness;
    let before = head(harness).await?;
    let wrong = json!({"properties": {"scopeMapId": harness.scope_map_id("nothing")}});
    assert_eq!(harness.manage(Method::PUT, &harness.token_id("more1"), Some(wrong)).await?.status, 400);
    assert_eq!(told_since(harness, before).await?, [""; 0]);
    let system = harness.scope_map_id("_repositories_pull");
    assert!(!harness.manage(Method::DELETE, &system, None).await?.status.is_success());
    let expected = format!(
        "refused Microsoft.ContainerRegistry/registries/scopeMaps/delete {MANAGER} data folder | the scope map _repositories_pull is defined by the system: it can be neither changed nor deleted | lnxcr - REGISTRY/scopeMaps/_repositories_pull"
    );
    assert_eq!(told_since(harness, before).await?, [expected]);
    Ok(())
}

#[tokio::test]
async fn an_entry_has_the_id_and_the_address_of_its_request() -> Outcome {
    let world = World::new().await?;
    let harness = &world.harness;
    let principal = &harness.principal;
    let secret = principal.client_secret.reveal();
    let fields =
        [("grant_type", "client_credentials"), ("client_id", &*principal.client_id), ("client_secret", secret)];
    let remote = harness.stranger("lnxcr.localhost").at("192.0.2.7:4000".parse()?);
    let login = remote.post_form("/common/oauth2/v2.0/token", &fields).await?.succeeded()?.json()?;
    let bearer = login["access_token"].as_str().ok_or("a bearer")?;
    let before = head(harness).await?;
    let json: [(HeaderName, &str); 1] = [(http::header::CONTENT_TYPE, "application/json")];
    let path = format!("{}?api-version={}", harness.scope_map_id("remote"), wire::arm::API_VERSION);
    let body = r#"{"properties": {"actions": []}}"#;
    let answer = remote.with_bearer(bearer).send(Method::PUT, &path, &json, body).await?.succeeded()?;
    let request = answer.header("x-ms-request-id").ok_or("an id")?.to_owned();
    let left = entries(harness, &format!("&after={before}")).await?;
    assert_eq!(left.len(), 1);
    assert_eq!((&left[0]["address"], &left[0]["request"]), (&json!("192.0.2.7"), &json!(request)));
    assert!(left[0]["credential"].as_str().is_some_and(|credential| credential.starts_with("secret ")));
    let subscription = &harness.subscription;
    assert_eq!(left[0]["rule"], format!("Owner at /subscriptions/{subscription}"));
    assert_eq!(entries(harness, &format!("&request={request}")).await?, left);
    Ok(())
}

/// Who lacks a role, and who reaches above their own.
#[tokio::test]
async fn refusals_name_what_is_missing() -> Outcome {
    let world = World::new().await?;
    let harness = &world.harness;
    let made = harness.manage(Method::POST, PRINCIPALS, Some(json!({"displayName": "small"}))).await?.json()?;
    let (id, secret) = (made["id"].as_str().ok_or("an id")?, made["passwordCredentials"][0]["secretText"].as_str());
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", made["appId"].as_str().ok_or("an id")?),
        ("client_secret", secret.ok_or("a secret")?),
    ];
    let login = harness.stranger("lnxcr.localhost").post_form("/common/oauth2/v2.0/token", &fields).await?;
    let small =
        harness.stranger("lnxcr.localhost").with_bearer(login.json()?["access_token"].as_str().ok_or("a bearer")?);
    let before = head(harness).await?;
    let path = format!("{}?api-version={}", harness.token_id("token2"), wire::arm::API_VERSION);
    for _ in 0..3 {
        assert_eq!(small.ask(Method::DELETE, &path).await?.status, 403);
    }
    harness.advance(Duration::from_secs(61));
    let told: Vec<Value> = entries(harness, &format!("&after={before}")).await?;
    assert_eq!(told.iter().map(|entry| entry["count"].as_u64()).collect::<Vec<_>>(), [None, Some(2)]);
    assert_eq!((told[0]["outcome"].as_str(), told[0]["who"].as_str()), (Some("refused"), Some(id)));
    assert_eq!(told[0]["action"], "Microsoft.ContainerRegistry/registries/tokens/delete");
    assert_eq!(told[0]["rule"], "no role that holds the action there");
    assert_eq!(told[0]["target"], harness.token_id("token2"));
    Ok(())
}
