//! OpenID issuers that the site trusts: what whom they vouch for may do. Which tokens count is in `tokens.rs`, with which keys in
//! `keys.rs`.

mod keys;
mod tokens;

use crate::client::{Answer, Client, Outcome};
use crate::harness::{GROUP, Harness, REGISTRY};
use crate::issuer::{IssuerKey, key_set};
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use jsonwebtoken::Algorithm;
use rstest::rstest;
use serde_json::{Value, json};
use server::Config;
use std::time::Duration;

const HOST: &str = "lnxcr.localhost";
const CONFIG: &str = r#"
[[issuers]]
name = "ci"
issuer = "https://issuer.example"
audience = ["https://registry.example", "registry"]

[[issuers]]
name = "people"
issuer = "https://people.example/tenant/"
audience = "registry"
subject_claim = "oid"
name_claim = "upn"
claims = { tid = "t1" }
jwks_uri = "https://keys.example/people"
"#;
const DISCOVERY: &str = "https://issuer.example/.well-known/openid-configuration";
const KEYS: &str = "https://issuer.example/keys";
const OTHER_KEYS: &str = "https://keys.example/people";
const JOB: &str = "repo:octo/app:ref:refs/heads/main";
const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const CONTRIBUTOR: &str = "b24988ac-6180-42a0-ab88-20f7382dd24c";

/// A site that trusts two issuers, the first of which has one key.
struct World {
    harness: Harness,
    key: IssuerKey,
}

impl World {
    async fn new() -> Outcome<Self> {
        Self::with(Algorithm::ES256).await
    }

    async fn with(algorithm: Algorithm) -> Outcome<Self> {
        let harness = Harness::new_with(Config::parse(CONFIG)?).await?;
        let key = IssuerKey::new("key-1", algorithm)?;
        let discovery = json!({"issuer": "https://issuer.example", "jwks_uri": KEYS}).to_string();
        harness.documents.publish(DISCOVERY, discovery, None);
        harness.documents.publish(KEYS, key_set(&[&key]), None);
        Ok(Self { harness, key })
    }

    /// Claims that count now, with some changed; `null` takes one away.
    fn claims(&self, further: Value) -> Value {
        let now = self.harness.now().as_unix_seconds();
        let mut claims = json!({
            "iss": "https://issuer.example", "aud": "registry", "sub": JOB,
            "iat": now, "nbf": now, "exp": now + 600, "jti": "1",
        });
        if let (Some(claims), Some(further)) = (claims.as_object_mut(), further.as_object()) {
            claims.extend(further.clone());
            claims.retain(|_, value| *value != json!({"absent": true}));
        }
        claims
    }

    /// A token that counts now.
    fn token(&self) -> Outcome<String> {
        self.key.sign(&self.claims(json!({})))
    }

    /// Gives somebody a role at the registry; the assignment's id.
    async fn assign(&self, number: u32, principal: &str, role: &str) -> Outcome<String> {
        let subscription = format!("/subscriptions/{}", self.harness.subscription);
        let definition = format!("{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}");
        let registry = self.harness.registry_id(REGISTRY);
        let name = format!("00000000-0000-0000-0000-{number:012}");
        let id = format!("{registry}/providers/Microsoft.Authorization/roleAssignments/{name}");
        let properties = json!({"roleDefinitionId": definition, "principalId": principal});
        self.harness.put(&id, json!({ "properties": properties })).await?;
        Ok(id)
    }

    fn client(&self, bearer: &str) -> Client<'_> {
        self.harness.stranger(HOST).with_bearer(bearer)
    }

    /// Reads the registry with a bearer.
    async fn read(&self, bearer: &str) -> Outcome<Answer> {
        let path = self.harness.registry_id(REGISTRY);
        self.client(bearer).get(&format!("{path}?api-version={}", wire::arm::API_VERSION)).await
    }

    async fn seen(&self, bearer: &str) -> Outcome<String> {
        Ok(self.read(bearer).await?.seen())
    }

    /// Exchanges a bearer for a refresh token of the registry.
    async fn exchange(&self, bearer: &str) -> Outcome<Answer> {
        let fields = [("grant_type", "access_token"), ("service", HOST), ("access_token", bearer)];
        self.harness.stranger(HOST).post_form("/oauth2/exchange", &fields).await
    }

    /// Whether a refresh token still gives access.
    async fn push_allowed(&self, refresh: &str) -> Outcome<bool> {
        let scope = "repository:any/thing:pull,push";
        let fields = [("grant_type", "refresh_token"), ("service", HOST), ("scope", scope), ("refresh_token", refresh)];
        let answer = self.harness.stranger(HOST).post_form("/oauth2/token", &fields).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            return Ok(false);
        }
        let body = answer.succeeded()?.json()?;
        Ok(body["scope"].as_str().is_some_and(|granted| granted.contains("push")))
    }

    /// How often the issuer's keys were fetched.
    fn fetches(&self) -> usize {
        self.harness.documents.asked().iter().filter(|url| *url == KEYS).count()
    }
}

const REFUSED: &str = "401 InvalidAuthenticationToken";
const UNAUTHORIZED: &str = "403 AuthorizationFailed";

#[rstest]
#[case(Algorithm::ES256)]
#[case(Algorithm::ES384)]
#[case(Algorithm::EdDSA)]
#[case(Algorithm::RS256)]
#[case(Algorithm::RS512)]
#[case(Algorithm::PS256)]
#[case(Algorithm::PS384)]
#[tokio::test]
async fn a_token_of_the_issuer_manages(#[case] algorithm: Algorithm) -> Outcome {
    let world = World::with(algorithm).await?;
    world.assign(1, &format!("ci:{JOB}"), CONTRIBUTOR).await?;
    let token = world.token()?;
    assert_eq!(world.seen(&token).await?, "200");
    let map =
        format!("{}/scopeMaps/newmap?api-version={}", world.harness.registry_id(REGISTRY), wire::arm::API_VERSION);
    let body = json!({"properties": {"actions": ["repositories/a/content/read"]}}).to_string();
    let made = world.client(&token).send(Method::PUT, &map, &[(CONTENT_TYPE, "application/json")], body).await?;
    let made = made.succeeded()?.json()?;
    assert_eq!(made["systemData"]["createdBy"], format!("ci:{JOB}"));
    assert_eq!(made["systemData"]["createdByType"], "Application");
    Ok(())
}

/// Whoever is known and may nothing is told what is missing, and a role counts from the next request on, in both directions.
#[tokio::test]
async fn rights_are_roles() -> Outcome {
    let world = World::new().await?;
    let token = world.token()?;
    let refused = world.read(&token).await?;
    assert_eq!(refused.seen(), UNAUTHORIZED);
    let begins = format!("The client 'ci:{JOB}' with object id 'ci:{JOB}' does not have authorization");
    assert!(refused.error_message()?.starts_with(&begins), "{refused:?}");
    let role = world.assign(1, &format!("ci:{JOB}"), READER).await?;
    assert_eq!(world.seen(&token).await?, "200");
    let path =
        format!("{}/tokens/ci-token?api-version={}", world.harness.registry_id(REGISTRY), wire::arm::API_VERSION);
    assert_eq!(world.client(&token).ask(Method::DELETE, &path).await?.seen(), UNAUTHORIZED);
    world.harness.delete(&role).await?;
    assert_eq!(world.seen(&token).await?, UNAUTHORIZED);
    Ok(())
}

#[rstest]
#[case::no_subject("ci:")]
#[case::no_issuer(":subject")]
#[case::no_name_of_an_issuer("CI:subject")]
#[case::of_two_lines("ci:a\nb")]
#[tokio::test]
async fn roles_are_given_to_who_can_exist(#[case] principal: &str) -> Outcome {
    let world = World::new().await?;
    let refused = world.assign(1, principal, READER).await.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(refused.contains("400") && refused.contains("properties.principalId"), "{refused}");
    Ok(())
}

/// The same subject of two issuers is two callers; each issuer has its own claims.
#[tokio::test]
async fn two_issuers() -> Outcome {
    let world = World::new().await?;
    let people = IssuerKey::new("key-1", Algorithm::RS256)?;
    world.harness.documents.publish(OTHER_KEYS, key_set(&[&people]), None);
    let of_people = |further: Value| {
        let mut claims =
            world.claims(json!({"iss": "https://people.example/tenant/", "sub": "pairwise", "oid": JOB, "tid": "t1"}));
        if let (Some(claims), Some(further)) = (claims.as_object_mut(), further.as_object()) {
            claims.extend(further.clone());
        }
        people.sign(&claims)
    };
    world.assign(1, &format!("ci:{JOB}"), READER).await?;
    assert_eq!(world.seen(&world.token()?).await?, "200");
    assert_eq!(world.seen(&of_people(json!({}))?).await?, UNAUTHORIZED);
    assert_eq!(
        world.seen(&people.sign(&world.claims(json!({})))?).await?,
        REFUSED,
        "the key of one under the name of the other"
    );
    world.assign(2, &format!("people:{JOB}"), CONTRIBUTOR).await?;
    assert_eq!(world.seen(&of_people(json!({}))?).await?, "200");

    for missing in
        [json!({"tid": "t2"}), json!({"tid": ["t1"]}), json!({"tid": null}), json!({"oid": ""}), json!({"upn": 1})]
    {
        assert_eq!(world.seen(&of_people(missing)?).await?, REFUSED);
    }
    for (shown, further, kind) in [
        ("a@example.com".to_owned(), json!({"upn": "a@example.com"}), "User"),
        ("deployer".to_owned(), json!({"upn": "deployer", "idtyp": "app"}), "Application"),
        (format!("people:{JOB}"), json!({}), "Application"),
    ] {
        let path =
            format!("{}/scopeMaps/newmap?api-version={}", world.harness.registry_id(REGISTRY), wire::arm::API_VERSION);
        let body = json!({"properties": {"actions": [format!("repositories/{kind}/content/read").to_lowercase()]}})
            .to_string();
        let bearer = of_people(further)?;
        let made = world.client(&bearer).send(Method::PUT, &path, &[(CONTENT_TYPE, "application/json")], body).await?;
        let made = made.succeeded()?.json()?;
        assert_eq!(made["systemData"]["lastModifiedBy"], shown);
        assert_eq!(made["systemData"]["lastModifiedByType"], kind);
    }
    Ok(())
}

#[tokio::test]
async fn into_the_registry() -> Outcome {
    let world = World::new().await?;
    let token = world.token()?;
    assert_eq!(world.exchange(&token).await?.status, StatusCode::UNAUTHORIZED, "without a role");
    let role = world.assign(1, &format!("ci:{JOB}"), CONTRIBUTOR).await?;
    let refresh = world.exchange(&token).await?.succeeded()?.json()?;
    let refresh = refresh["refresh_token"].as_str().ok_or("a refresh token")?;
    assert!(world.push_allowed(refresh).await?);
    // It ends with the token that it came of, not three hours later.
    world.harness.advance(Duration::from_secs(599));
    assert!(world.push_allowed(refresh).await?);
    world.harness.advance(Duration::from_secs(1));
    assert!(!world.push_allowed(refresh).await?);
    assert_eq!(world.exchange(&token).await?.status, StatusCode::UNAUTHORIZED);

    let refresh = world.exchange(&world.token()?).await?.succeeded()?.json()?;
    let refresh = refresh["refresh_token"].as_str().ok_or("a refresh token")?;
    assert!(world.push_allowed(refresh).await?);
    world.harness.delete(&role).await?;
    assert!(!world.push_allowed(refresh).await?, "its role is gone");
    Ok(())
}

/// The registry itself takes no bearer of an issuer.
#[tokio::test]
async fn of_no_use_elsewhere() -> Outcome {
    let world = World::new().await?;
    world.assign(1, &format!("ci:{JOB}"), CONTRIBUTOR).await?;
    let token = world.token()?;
    assert_eq!(world.client(&token).get("/v2/").await?.status, StatusCode::UNAUTHORIZED);
    let nobody = "00000000-0000-0000-0000-000000000000";
    let basic = world.harness.stranger(HOST).with_basic(nobody, &token);
    assert_eq!(basic.get("/v2/").await?.status, StatusCode::UNAUTHORIZED);
    let elsewhere =
        format!("/subscriptions/{}/resourceGroups/{GROUP}?api-version=2022-12-01", world.harness.subscription);
    assert_eq!(world.client(&token).get(&elsewhere).await?.seen(), UNAUTHORIZED, "its role is at the registry");
    Ok(())
}
