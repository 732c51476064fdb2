//! Roles and service principals: who may manage what, and for how long.

use super::routes::{Least, ROUTES, Route};
use crate::client::{Answer, Client, Outcome};
use crate::harness::{GROUP, Harness, OTHER_REGISTRY, REGISTRY};
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

const HOST: &str = "lnxcr.localhost";
pub(crate) const PRINCIPALS: &str = "/providers/Portcullis.Identity/servicePrincipals";
const ROLES: [(&str, &str); 3] = [
    ("Reader", "acdd72a7-3385-48ef-bd42-f606fba81ae7"),
    ("Contributor", "b24988ac-6180-42a0-ab88-20f7382dd24c"),
    ("Owner", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"),
];

/// A service principal that was made in process.
pub(crate) struct Principal {
    client_id: String,
    object_id: String,
    secret: String,
    secret_id: String,
}

impl Principal {
    pub(crate) async fn new(harness: &Harness, name: &str) -> Outcome<Self> {
        Self::new_until(harness, name, json!([])).await
    }

    pub(crate) async fn new_until(harness: &Harness, name: &str, secrets: Value) -> Outcome<Self> {
        let body = json!({"displayName": name, "passwordCredentials": secrets});
        let made = harness.manage(Method::POST, PRINCIPALS, Some(body)).await?.succeeded()?.json()?;
        let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| format!("no text in {made}"));
        let secret = &made["passwordCredentials"][0];
        Ok(Self {
            client_id: text(&made["appId"])?,
            object_id: text(&made["id"])?,
            secret: text(&secret["secretText"])?,
            secret_id: text(&secret["keyId"])?,
        })
    }

    pub(crate) async fn sign_in(&self, harness: &Harness) -> Outcome<Answer> {
        let fields =
            [("grant_type", "client_credentials"), ("client_id", &self.client_id), ("client_secret", &self.secret)];
        harness.stranger(HOST).post_form("/common/oauth2/v2.0/token", &fields).await
    }

    /// Signed in.
    pub(crate) async fn client<'a>(&self, harness: &'a Harness) -> Outcome<Client<'a>> {
        Ok(harness.stranger(HOST).with_bearer(&self.bearer(harness).await?))
    }

    /// What it signs in for.
    pub(crate) async fn bearer(&self, harness: &Harness) -> Outcome<String> {
        let answer = self.sign_in(harness).await?.succeeded()?.json()?;
        Ok(answer["access_token"].as_str().ok_or("a bearer")?.to_owned())
    }

    /// A refresh token of the registry.
    pub(crate) async fn exchange(&self, harness: &Harness) -> Outcome<Answer> {
        let bearer = self.sign_in(harness).await?.succeeded()?.json()?;
        let bearer = bearer["access_token"].as_str().ok_or("a bearer")?;
        let fields = [("grant_type", "access_token"), ("service", HOST), ("access_token", bearer)];
        harness.stranger(HOST).post_form("/oauth2/exchange", &fields).await
    }

    /// Its object id.
    pub(crate) fn object_id(&self) -> &str {
        &self.object_id
    }

    /// Its client id.
    pub(crate) fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Its first secret, and the id of that.
    pub(crate) fn secret(&self) -> (&str, &str) {
        (&self.secret, &self.secret_id)
    }

    /// What a refresh token of the registry gets when it asks for everything on a repository.
    pub(crate) async fn granted(&self, harness: &Harness, refresh: &str) -> Outcome<String> {
        let scope = "repository:any/thing:pull,push,delete,metadata_read,metadata_write";
        let fields = [("grant_type", "refresh_token"), ("service", HOST), ("scope", scope), ("refresh_token", refresh)];
        let answer = harness.stranger(HOST).post_form("/oauth2/token", &fields).await?;
        if !answer.status.is_success() {
            return Ok(answer.seen());
        }
        let body = answer.json()?;
        Ok(body["scope"].as_str().unwrap_or_default().to_owned())
    }
}

pub(crate) fn guid(number: usize) -> String {
    format!("00000000-0000-0000-0000-{number:012}")
}

/// Gives a role, in process; the assignment's id.
pub(crate) async fn assign(
    harness: &Harness,
    (name, role, scope): (usize, &str, &str),
    principal: &str,
) -> Outcome<String> {
    let id = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{}", guid(name));
    harness.put(&id, assignment(harness, role, principal)).await?;
    Ok(id)
}

fn assignment(harness: &Harness, role: &str, principal: &str) -> Value {
    let definition = ROLES.iter().find(|(known, _)| *known == role).map_or("", |(_, id)| id);
    let definition = format!(
        "/subscriptions/{}/providers/Microsoft.Authorization/roleDefinitions/{definition}",
        harness.subscription
    );
    json!({"properties": {"roleDefinitionId": definition, "principalId": principal, "principalType": "ServicePrincipal"}})
}

pub(crate) async fn ask(client: &Client<'_>, method: &str, path: &str, body: &Value) -> Outcome<Answer> {
    let method = Method::from_bytes(method.as_bytes())?;
    let separator = if path.contains('?') { '&' } else { '?' };
    let uri = format!("{path}{separator}api-version={}", wire::arm::API_VERSION);
    client.send(method, &uri, &[(CONTENT_TYPE, "application/json")], body.to_string()).await
}

/// The rows with their paths for this site, and their actions in full.
pub(crate) fn requests(harness: &Harness) -> Vec<(&'static str, String, Least, String)> {
    let subscription = format!("/subscriptions/{}", harness.subscription);
    let group = format!("{subscription}/resourceGroups/{GROUP}");
    let row = |(method, path, least, action): Route| {
        let path = path.replace("{s}", &subscription).replace("{g}", &group);
        let path = path.replace("{r}", &harness.registry_id(REGISTRY));
        let is_full = ["Microsoft.", "Portcullis."].iter().any(|namespace| action.starts_with(namespace));
        let action = if is_full { action.to_owned() } else { format!("Microsoft.ContainerRegistry/{action}") };
        (method, path, least, action)
    };
    ROUTES.into_iter().map(row).collect()
}

/// Whoever lacks the role is told which action is missing, in Azure's words, and the body is not looked at; whoever has it gets
/// past that, to whatever the operation says to a body that is no JSON.
#[tokio::test]
async fn every_route_takes_its_role() -> Outcome {
    for held in [Least::SignedIn, Least::Reader, Least::Contributor, Least::Owner] {
        let harness = Harness::new().await?;
        let principal = Principal::new(&harness, "ci").await?;
        let role = format!("{held:?}");
        if held > Least::SignedIn {
            let scope = format!("/subscriptions/{}", harness.subscription);
            assign(&harness, (1, &role, &scope), &principal.object_id).await?;
        }
        let client = principal.client(&harness).await?;
        for (method, path, least, action) in requests(&harness) {
            let answer = ask(&client, method, &path, &json!("no object")).await?;
            if held >= least {
                let is_refused = matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
                assert!(!is_refused, "{method} {path}: {held:?} is refused");
                continue;
            }
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}: {held:?}");
            if method != "HEAD" {
                assert_eq!(answer.error_code()?, "AuthorizationFailed");
                let message = answer.error_message()?;
                let begins = format!(
                    "The client '{}' with object id '{}' does not have authorization to perform action '{action}' over scope '/",
                    principal.client_id, principal.object_id
                );
                assert!(message.starts_with(&begins), "{message}");
            }
        }
    }
    Ok(())
}

const UNSERVED: [&str; 2] = ["/webhooks/", "/importImage/"];

/// What a refusal can name is among the operations that the provider says it has.
#[tokio::test]
async fn every_action_is_an_operation_of_the_provider() -> Outcome {
    let harness = Harness::new().await?;
    let listed = harness.get("/providers/Microsoft.ContainerRegistry/operations").await?;
    let known: Vec<&str> =
        listed["value"].as_array().into_iter().flatten().filter_map(|of| of["name"].as_str()).collect();
    for (method, path, _, action) in requests(&harness) {
        // What is not served is refused by name, once the caller is known to be allowed it.
        let unserved = UNSERVED.iter().any(|name| action.contains(name));
        let ours = action.starts_with("Microsoft.ContainerRegistry/") && !unserved && !action.ends_with('/');
        assert!(!ours || known.contains(&action.as_str()), "{method} {path} needs {action}");
    }
    Ok(())
}

#[tokio::test]
async fn a_role_holds_at_its_scope_and_below() -> Outcome {
    let harness = Harness::new().await?;
    let (here, there) = (harness.registry_id(REGISTRY), harness.registry_id(OTHER_REGISTRY));
    let principal = Principal::new(&harness, "ci").await?;
    assign(&harness, (1, "Contributor", &here), &principal.object_id).await?;
    let client = principal.client(&harness).await?;
    let map = json!({"properties": {"actions": ["repositories/a/content/read"]}});
    let seen = |method: &'static str, path: String, body: Value| {
        let client = client.clone();
        async move { Ok::<_, Box<dyn std::error::Error>>(ask(&client, method, &path, &body).await?.status.as_u16()) }
    };
    assert_eq!(seen("PUT", format!("{here}/scopeMaps/newmap"), map.clone()).await?, 200);
    assert_eq!(seen("PUT", format!("{here}/tokens/token2"), json!({"properties": {}})).await?, 201);
    assert_eq!(seen("PUT", format!("{there}/scopeMaps/newmap"), map).await?, 403);
    assert_eq!(seen("GET", there.clone(), json!({})).await?, 403);
    assert_eq!(
        seen("DELETE", format!("/subscriptions/{}/resourceGroups/{GROUP}", harness.subscription), json!({})).await?,
        403
    );

    // A deleted registry takes the role along: one that is made under its name later is another.
    harness.delete(&here).await?;
    harness.put(&here, json!({"location": "westus", "sku": {"name": "Basic"}})).await?;
    assert_eq!(seen("GET", here, json!({})).await?, 403);
    Ok(())
}

/// Lists are cut to what the caller may see, page by page.
#[tokio::test]
async fn lists_show_what_a_role_reaches() -> Outcome {
    let harness = Harness::new().await?;
    let subscription = format!("/subscriptions/{}", harness.subscription);
    harness.put(&format!("{subscription}/resourceGroups/second"), json!({"location": "westus"})).await?;
    let principal = Principal::new(&harness, "ci").await?;
    assign(&harness, (1, "Reader", &harness.registry_id(OTHER_REGISTRY)), &principal.object_id).await?;
    let client = principal.client(&harness).await?;
    for (list, expected) in [
        ("/resources", OTHER_REGISTRY),
        ("/resourceGroups/lnxtest/resources", OTHER_REGISTRY),
        ("/providers/Microsoft.ContainerRegistry/registries", OTHER_REGISTRY),
        ("/resourceGroups/lnxtest/providers/Microsoft.ContainerRegistry/registries", OTHER_REGISTRY),
        ("/resourceGroups", GROUP),
    ] {
        let listed = ask(&client, "GET", &format!("{subscription}{list}"), &json!({})).await?.succeeded()?.json()?;
        let names: Vec<&str> =
            listed["value"].as_array().into_iter().flatten().filter_map(|item| item["name"].as_str()).collect();
        assert_eq!(names, [expected], "{list}");
    }
    Ok(())
}

#[tokio::test]
async fn nobody_gives_more_than_they_hold() -> Outcome {
    let harness = Harness::new().await?;
    let registry = harness.registry_id(REGISTRY);
    let owner = Principal::new(&harness, "owner of one registry").await?;
    let other = Principal::new(&harness, "other").await?;
    assign(&harness, (1, "Owner", &registry), &owner.object_id).await?;
    let client = owner.client(&harness).await?;
    let put = |scope: String, number: usize, role: &'static str| {
        let (client, body) = (client.clone(), assignment(&harness, role, &other.object_id));
        let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{}", guid(number));
        async move { ask(&client, "PUT", &path, &body).await }
    };
    assert_eq!(put(registry.clone(), 2, "Contributor").await?.status, StatusCode::CREATED);
    assert_eq!(put(registry.clone(), 2, "Contributor").await?.status, StatusCode::OK, "the same once more");
    assert_eq!(put(registry.clone(), 2, "Reader").await?.seen(), "409 RoleAssignmentUpdateNotPermitted");
    assert_eq!(put(registry.clone(), 3, "Contributor").await?.seen(), "409 RoleAssignmentExists");
    assert_eq!(put(registry.clone(), 4, "Owner").await?.status, StatusCode::CREATED);
    let subscription = format!("/subscriptions/{}", harness.subscription);
    for scope in [harness.registry_id(OTHER_REGISTRY), format!("{subscription}/resourceGroups/{GROUP}"), subscription] {
        for role in ["Reader", "Owner"] {
            assert_eq!(put(scope.clone(), 5, role).await?.seen(), "403 AuthorizationFailed", "{role} at {scope}");
        }
    }
    // An owner of one registry cannot become the owner of all by a new secret for whoever is that.
    let path = format!("{PRINCIPALS}/first-start/addPassword");
    assert_eq!(ask(&client, "POST", &path, &json!({})).await?.seen(), "403 AuthorizationFailed");
    Ok(())
}

#[tokio::test]
async fn role_assignments_as_clients_see_them() -> Outcome {
    let harness = Harness::new().await?;
    let (registry, principal) = (harness.registry_id(REGISTRY), Principal::new(&harness, "ci").await?);
    let group = format!("/subscriptions/{}/resourceGroups/{GROUP}", harness.subscription);
    let at_group = assign(&harness, (1, "Reader", &group), &principal.object_id).await?;
    let at_registry = assign(&harness, (2, "Contributor", &registry), &principal.object_id).await?;
    let shown = harness.get(&at_registry).await?;
    assert_eq!(shown["properties"]["scope"], json!(registry));
    assert_eq!(shown["properties"]["principalId"], json!(principal.object_id));
    assert_eq!(shown["id"], json!(at_registry));
    let count = |filter: &'static str, scope: String| {
        let (harness, version) = (&harness, wire::arm::API_VERSION);
        async move {
            let path = format!(
                "{scope}/providers/Microsoft.Authorization/roleAssignments?api-version={version}&$filter={filter}"
            );
            let listed = harness.get(&path).await?;
            let ours = |held: &&Value| [guid(1), guid(2)].iter().any(|name| held["name"] == json!(name));
            let count = listed["value"].as_array().into_iter().flatten().filter(ours).count();
            Ok::<_, Box<dyn std::error::Error>>(count)
        }
    };
    assert_eq!(count("atScope()", group.clone()).await?, 1, "nothing below the group");
    assert_eq!(count("", group.clone()).await?, 2);
    assert_eq!(count("atScope()", registry.clone()).await?, 2, "what holds there, from above too");
    assert_eq!(count("principalId%20eq%20'00000000-0000-0000-0000-000000000009'", registry).await?, 0);

    let missing = format!("{group}/providers/Microsoft.Authorization/roleAssignments/{}", guid(2));
    assert_eq!(harness.manage(Method::GET, &missing, None).await?.seen(), "404 RoleAssignmentNotFound");
    assert_eq!(harness.manage(Method::DELETE, &missing, None).await?.status, StatusCode::NO_CONTENT);
    assert_eq!(harness.delete(&at_group).await?.status, StatusCode::OK);
    assert_eq!(harness.manage(Method::GET, &at_group, None).await?.seen(), "404 RoleAssignmentNotFound");
    let unknown = assignment(&harness, "Reader", &guid(9));
    assert_eq!(harness.manage(Method::PUT, &at_group, Some(unknown)).await?.seen(), "400 PrincipalNotFound");
    let strange = assignment(&harness, "AcrPull", &principal.object_id);
    assert_eq!(harness.manage(Method::PUT, &at_group, Some(strange)).await?.seen(), "400 InvalidParameter");
    Ok(())
}

/// Azure's Reader pulls, its Contributor pushes and deletes (data-plane-and-auth.md, 3.5).
#[tokio::test]
async fn roles_reach_the_content_of_a_registry_and_end_there() -> Outcome {
    let harness = Harness::new().await?;
    let (registry, principal) = (harness.registry_id(REGISTRY), Principal::new(&harness, "ci").await?);
    assert_eq!(principal.exchange(&harness).await?.status, StatusCode::UNAUTHORIZED, "without a role");
    let refresh = |answer: Answer| -> Outcome<String> {
        Ok(answer.succeeded()?.json()?["refresh_token"].as_str().ok_or("a refresh token")?.to_owned())
    };
    let reader = assign(&harness, (1, "Reader", &registry), &principal.object_id).await?;
    let pulls = refresh(principal.exchange(&harness).await?)?;
    assert_eq!(principal.granted(&harness, &pulls).await?, "repository:any/thing:pull,metadata_read");

    let contributor = assign(&harness, (2, "Contributor", &registry), &principal.object_id).await?;
    assert_eq!(principal.granted(&harness, &pulls).await?, "401 UNAUTHORIZED", "it was for the role before");
    let pushes = refresh(principal.exchange(&harness).await?)?;
    let everything = "repository:any/thing:pull,push,delete,metadata_read,metadata_write";
    assert_eq!(principal.granted(&harness, &pushes).await?, everything);

    harness.delete(&contributor).await?;
    assert_eq!(principal.granted(&harness, &pushes).await?, "401 UNAUTHORIZED");
    let pulls = refresh(principal.exchange(&harness).await?)?;
    assert_eq!(principal.granted(&harness, &pulls).await?, "repository:any/thing:pull,metadata_read");
    harness.delete(&reader).await?;
    assert_eq!(principal.granted(&harness, &pulls).await?, "401 UNAUTHORIZED");
    assert_eq!(principal.exchange(&harness).await?.status, StatusCode::UNAUTHORIZED);
    Ok(())
}

#[tokio::test]
async fn secrets_are_renewed_and_end() -> Outcome {
    let harness = Harness::new().await?;
    let in_ten_minutes = harness.now().plus(Duration::from_secs(600)).to_string();
    let mut principal = Principal::new_until(&harness, "ci", json!([{"endDateTime": in_ten_minutes}])).await?;
    let subscription = format!("/subscriptions/{}", harness.subscription);
    assign(&harness, (1, "Reader", &subscription), &principal.object_id).await?;
    let signed_in = principal.sign_in(&harness).await?.json()?;
    assert_eq!(signed_in["expires_in"], 600, "a bearer does not outlive its secret");
    let first = principal.client(&harness).await?;
    assert_eq!(ask(&first, "GET", &subscription, &json!({})).await?.status, StatusCode::OK);

    let path = format!("{PRINCIPALS}/{}/addPassword", principal.client_id);
    let added = harness.manage(Method::POST, &path, Some(json!({}))).await?.succeeded()?.json()?;
    let shown = harness.get(&format!("{PRINCIPALS}/CI")).await?;
    assert_eq!(shown["passwordCredentials"].as_array().map(Vec::len), Some(2));
    assert!(!shown.to_string().contains("secretText"), "a value is shown once");

    harness.advance(Duration::from_secs(600));
    assert_eq!(principal.sign_in(&harness).await?.seen(), "401 invalid_client");
    assert_eq!(ask(&first, "GET", &subscription, &json!({})).await?.status, StatusCode::UNAUTHORIZED);
    principal.secret = added["secretText"].as_str().ok_or("a value")?.to_owned();
    let second = principal.client(&harness).await?;
    assert_eq!(ask(&second, "GET", &subscription, &json!({})).await?.status, StatusCode::OK);

    let refresh = principal.exchange(&harness).await?.succeeded()?.json()?;
    let refresh = refresh["refresh_token"].as_str().ok_or("a refresh token")?.to_owned();
    assert_eq!(principal.granted(&harness, &refresh).await?, "repository:any/thing:pull,metadata_read");
    let remove = format!("{PRINCIPALS}/{}/removePassword", principal.object_id);
    let absent = json!({"keyId": guid(1)});
    harness.manage(Method::POST, &remove, Some(absent)).await?.succeeded()?;
    for id in [&principal.secret_id, added["keyId"].as_str().ok_or("an id")?] {
        harness.manage(Method::POST, &remove, Some(json!({"keyId": id}))).await?.succeeded()?;
    }
    assert_eq!(principal.sign_in(&harness).await?.seen(), "401 invalid_client");
    assert_eq!(ask(&second, "GET", &subscription, &json!({})).await?.status, StatusCode::UNAUTHORIZED);
    assert_eq!(principal.granted(&harness, &refresh).await?, "401 UNAUTHORIZED", "what came of a secret ends with it");
    Ok(())
}

#[tokio::test]
async fn a_deleted_principal_is_gone_everywhere() -> Outcome {
    let harness = Harness::new().await?;
    let principal = Principal::new(&harness, "ci").await?;
    let registry = harness.registry_id(REGISTRY);
    assign(&harness, (1, "Contributor", &registry), &principal.object_id).await?;
    let client = principal.client(&harness).await?;
    let refresh = principal.exchange(&harness).await?.succeeded()?.json()?;
    let refresh = refresh["refresh_token"].as_str().ok_or("a refresh token")?.to_owned();
    harness.delete(&format!("{PRINCIPALS}/ci")).await?;
    assert_eq!(ask(&client, "GET", &registry, &json!({})).await?.status, StatusCode::UNAUTHORIZED);
    assert_eq!(principal.granted(&harness, &refresh).await?, "401 UNAUTHORIZED");
    assert_eq!(principal.sign_in(&harness).await?.seen(), "401 invalid_client");
    let listed = harness.get(&format!("{registry}/providers/Microsoft.Authorization/roleAssignments")).await?;
    assert!(!listed.to_string().contains(&principal.object_id));
    let again = harness.manage(Method::GET, &format!("{PRINCIPALS}/ci"), None).await?;
    assert_eq!(again.seen(), "404 Request_ResourceNotFound");
    Ok(())
}

#[tokio::test]
async fn names_and_ends_are_checked() -> Outcome {
    let harness = Harness::new().await?;
    Principal::new(&harness, "ci").await?;
    let past = json!([{"endDateTime": "2020-01-01T00:00:00Z"}]);
    for (body, expected, target) in [
        (json!({"displayName": "CI"}), "409 PrincipalNameTaken", Value::Null),
        (json!({"displayName": ""}), "400 InvalidParameter", json!("displayName")),
        (json!({}), "400 InvalidParameter", json!("displayName")),
        (
            json!({"displayName": "b", "passwordCredentials": [{}, {}]}),
            "400 InvalidParameter",
            json!("passwordCredentials"),
        ),
        (
            json!({"displayName": "b", "passwordCredentials": past}),
            "400 InvalidParameter",
            json!("passwordCredentials[0].endDateTime"),
        ),
    ] {
        let answer = harness.manage(Method::POST, PRINCIPALS, Some(body)).await?;
        assert_eq!(answer.seen(), expected);
        assert_eq!(answer.json()?["error"]["target"], target);
    }
    assert_eq!(harness.get(PRINCIPALS).await?["value"].as_array().map(Vec::len), Some(2), "nothing was made");
    Ok(())
}
