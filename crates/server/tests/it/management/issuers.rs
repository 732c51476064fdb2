//! OpenID issuers that the site trusts: whose tokens open the management API, and which do not.

use crate::client::{Answer, Client, Outcome};
use crate::harness::{GROUP, Harness, REGISTRY};
use crate::issuer::{IssuerKey, key_set, unsigned};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use jsonwebtoken::{Algorithm, EncodingKey};
use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};
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

fn absent() -> Value {
    json!({"absent": true})
}

/// 2020-26160, 2026-25537, 2026-44428 among them. `now` stands for the time.
#[rstest]
#[case::wrong_audience(json!({"aud": "https://other.example"}))]
#[case::other_audiences(json!({"aud": ["a", "b"]}))]
#[case::no_audiences(json!({"aud": []}))]
#[case::empty_audience(json!({"aud": ""}))]
#[case::audience_as_a_number(json!({"aud": 1}))]
#[case::mixed_audiences(json!({"aud": ["registry", 1]}))]
#[case::audience_missing(json!({"aud": absent()}))]
#[case::wrong_issuer(json!({"iss": "https://issuer.example/"}))]
#[case::issuer_missing(json!({"iss": absent()}))]
#[case::issuers(json!({"iss": ["https://issuer.example"]}))]
#[case::ours_by_name(json!({"iss": "portcullis"}))]
#[case::other_issuer(json!({"iss": "https://people.example/tenant/", "oid": "a", "tid": "t1"}))]
#[case::expired(json!({"exp": 1_767_225_600}))]
#[case::expiry_missing(json!({"exp": absent()}))]
#[case::expiry_null(json!({"exp": null}))]
#[case::expiry_as_a_text(json!({"exp": "1767229200"}))]
#[case::expiry_as_a_fraction(json!({"exp": 1_767_229_200.5}))]
#[case::expiry_negative(json!({"exp": -1}))]
#[case::expiry_huge(json!({"exp": u64::MAX}))]
#[case::not_yet(json!({"nbf": 1_767_225_661}))]
#[case::start_as_a_text(json!({"nbf": "0"}))]
#[case::issued_in_the_future(json!({"iat": 1_767_225_661}))]
#[case::issue_missing(json!({"iat": absent()}))]
#[case::subject_missing(json!({"sub": absent()}))]
#[case::subject_empty(json!({"sub": ""}))]
#[case::subject_of_two_lines(json!({"sub": format!("{JOB}\n")}))]
#[case::subject_too_long(json!({"sub": "s".repeat(256)}))]
#[case::subject_as_a_list(json!({"sub": [JOB]}))]
#[tokio::test]
async fn claims_that_do_not_count(#[case] further: Value) -> Outcome {
    let world = World::new().await?;
    let principals = ["ci", "people"].map(|issuer| format!("{issuer}:{JOB}"));
    for (number, principal) in (1..).zip(&principals) {
        world.assign(number, principal, CONTRIBUTOR).await?;
    }
    let refused = world.read(&world.key.sign(&world.claims(further))?).await?;
    // What a stranger is told of a bearer that is none.
    let nothing = world.read("x").await?;
    assert_eq!((refused.seen().as_str(), &refused.body), (REFUSED, &nothing.body));
    assert_eq!(refused.lasting_headers(), nothing.lasting_headers());
    assert_eq!(world.seen(&world.token()?).await?, "200", "the same without the change");
    Ok(())
}

#[rstest]
#[case::one_of_several_audiences(json!({"aud": ["a", "https://registry.example"]}))]
#[case::a_clock_that_is_ahead(json!({"nbf": 1_767_225_660, "iat": 1_767_225_660}))]
#[case::no_start(json!({"nbf": absent()}))]
#[tokio::test]
async fn claims_that_count(#[case] further: Value) -> Outcome {
    let world = World::new().await?;
    assert_eq!(world.seen(&world.key.sign(&world.claims(further))?).await?, UNAUTHORIZED);
    Ok(())
}

/// 2026-33322: the public key as the secret of an HMAC, and no signature at all.
#[tokio::test]
async fn algorithm_confusion() -> Outcome {
    for algorithm in [Algorithm::ES256, Algorithm::RS256, Algorithm::EdDSA] {
        let world = World::with(algorithm).await?;
        let claims = world.claims(json!({}));
        let public = world.key.public();
        let raw = public["n"].as_str().or(public["x"].as_str()).ok_or("a public key")?;
        let secrets = [raw.as_bytes().to_vec(), URL_SAFE_NO_PAD.decode(raw)?, public.to_string().into_bytes()];
        for secret in secrets {
            for hmac in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
                let signed = unsigned(&json!({"alg": hmac, "kid": "key-1"}), &claims);
                let signature =
                    jsonwebtoken::crypto::sign(signed.as_bytes(), &EncodingKey::from_secret(&secret), hmac)?;
                assert_eq!(world.seen(&format!("{signed}.{signature}")).await?, REFUSED);
            }
        }
        let good = world.token()?;
        let signature = good.rsplit('.').next().unwrap_or_default();
        for none in ["none", "None", "NONE", "nOnE", ""] {
            let signed = unsigned(&json!({"alg": none, "kid": "key-1"}), &claims);
            for signature in ["", signature] {
                assert_eq!(world.seen(&format!("{signed}.{signature}")).await?, REFUSED);
            }
        }
        // The signature of one algorithm under the name of another.
        for other in ["ES256", "ES384", "EdDSA", "RS256", "RS384", "PS256"] {
            let named = world.key.sign_with(&json!({"alg": other}), &claims)?;
            let expected = if json!(algorithm) == json!(other) { UNAUTHORIZED } else { REFUSED };
            assert_eq!(world.seen(&named).await?, expected, "{algorithm:?} as {other}");
        }
    }
    Ok(())
}

/// 2025-24976: `kid` selects a key, and nothing in a header supplies one, or a place where one would be.
#[tokio::test]
async fn headers_supply_nothing() -> Outcome {
    let world = World::new().await?;
    let claims = world.claims(json!({}));
    let forger = IssuerKey::new("key-1", Algorithm::ES256)?;
    world.harness.documents.publish("https://evil.example/keys", key_set(&[&forger]), None);
    for header in [
        json!({}),
        json!({"jwk": forger.public()}),
        json!({"jku": "https://evil.example/keys"}),
        json!({"x5u": "https://evil.example/keys", "x5c": ["AAAA"]}),
        json!({"kid": "https://evil.example/keys", "jku": "https://evil.example/keys"}),
    ] {
        assert_eq!(world.seen(&forger.sign_with(&header, &claims)?).await?, REFUSED, "{header}");
    }
    for header in [
        json!({"crit": ["exp"]}),
        json!({"crit": []}),
        json!({"b64": false, "crit": ["b64"]}),
        json!({"typ": "logout+jwt"}),
    ] {
        assert_eq!(world.seen(&world.key.sign_with(&header, &claims)?).await?, REFUSED, "{header}");
    }
    assert!(world.harness.documents.asked().iter().all(|url| url == DISCOVERY || url == KEYS));
    Ok(())
}

/// 2016-9122: the JSON form with several signatures; and 2025-30204: dots without end.
#[tokio::test]
async fn other_forms() -> Outcome {
    let world = World::new().await?;
    let good = world.token()?;
    let parts: Vec<&str> = good.split('.').collect();
    for bearer in [
        format!("{good}."),
        format!(".{good}"),
        parts[..2].join("."),
        format!("{}.{}", good, parts[2]),
        ".".repeat(60_000),
    ] {
        assert_eq!(world.seen(&bearer).await?, REFUSED);
    }
    let json = json!({"payload": parts[1], "signatures": [{"protected": parts[0], "signature": parts[2]}]});
    assert_eq!(world.exchange(&json.to_string()).await?.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.harness.documents.asked(), [""; 0], "what cannot be read fetches nothing");
    Ok(())
}

#[tokio::test]
async fn a_key_must_be_named_where_there_are_several() -> Outcome {
    let world = World::new().await?;
    let unnamed = world.key.sign_with(&json!({"kid": null}), &world.claims(json!({})))?;
    assert_eq!(world.seen(&unnamed).await?, UNAUTHORIZED, "the only key needs no name");
    let second = IssuerKey::new("key-2", Algorithm::ES256)?;
    world.harness.documents.publish(KEYS, key_set(&[&world.key, &second]), None);
    world.harness.advance(Duration::from_secs(3600));
    assert_eq!(world.seen(&world.key.sign_with(&json!({"kid": null}), &world.claims(json!({})))?).await?, REFUSED);
    assert_eq!(world.seen(&world.token()?).await?, UNAUTHORIZED);
    Ok(())
}

#[tokio::test]
async fn a_new_key_is_known_after_its_first_use() -> Outcome {
    let world = World::new().await?;
    assert_eq!(world.seen(&world.token()?).await?, UNAUTHORIZED);
    let second = IssuerKey::new("key-2", Algorithm::ES256)?;
    let of_second = |world: &World| second.sign(&world.claims(json!({})));
    assert_eq!(world.seen(&of_second(&world)?).await?, REFUSED);
    world.harness.documents.publish(KEYS, key_set(&[&second]), None);
    // Strangers with made-up keys cause no flood of fetches.
    for number in 0..20 {
        let made_up = world.key.sign_with(&json!({"kid": format!("made-up-{number}")}), &world.claims(json!({})))?;
        assert_eq!(world.seen(&made_up).await?, REFUSED);
    }
    assert_eq!(world.fetches(), 1);
    world.harness.advance(Duration::from_secs(30));
    assert_eq!(world.seen(&of_second(&world)?).await?, UNAUTHORIZED);
    assert_eq!(world.seen(&world.token()?).await?, REFUSED, "its key was withdrawn");
    assert_eq!(world.fetches(), 2);
    Ok(())
}

#[rstest]
#[case::nothing_said(None, 3600)]
#[case::short(Some(0), 300)]
#[case::as_said(Some(600), 600)]
#[case::long(Some(86_400), 3600)]
#[tokio::test]
async fn keys_are_asked_for_again(#[case] max_age: Option<u64>, #[case] kept_seconds: u64) -> Outcome {
    let world = World::new().await?;
    world.harness.documents.publish(KEYS, key_set(&[&world.key]), max_age);
    assert_eq!(world.seen(&world.token()?).await?, UNAUTHORIZED);
    world.harness.advance(Duration::from_secs(kept_seconds - 1));
    assert_eq!(world.seen(&world.token()?).await?, UNAUTHORIZED);
    assert_eq!(world.fetches(), 1);
    world.harness.advance(Duration::from_secs(1));
    assert_eq!(world.seen(&world.token()?).await?, UNAUTHORIZED);
    assert_eq!(world.fetches(), 2);
    Ok(())
}

/// What was known keeps working while the issuer is down, but not for ever; what was not known does not count.
#[tokio::test]
async fn an_issuer_that_is_down() -> Outcome {
    let world = World::new().await?;
    assert_eq!(world.seen(&world.token()?).await?, UNAUTHORIZED);
    world.harness.documents.take_down();
    world.harness.advance(Duration::from_secs(12 * 3600 - 1));
    assert_eq!(world.seen(&world.token()?).await?, UNAUTHORIZED);
    let second = IssuerKey::new("key-2", Algorithm::ES256)?;
    assert_eq!(world.seen(&second.sign(&world.claims(json!({})))?).await?, REFUSED);
    world.harness.advance(Duration::from_secs(1));
    assert_eq!(world.seen(&world.token()?).await?, REFUSED);
    // It is back, and was asked less than 30 seconds ago.
    world.harness.documents.publish(
        DISCOVERY,
        json!({"issuer": "https://issuer.example", "jwks_uri": KEYS}).to_string(),
        None,
    );
    world.harness.documents.publish(KEYS, key_set(&[&world.key]), None);
    assert_eq!(world.seen(&world.token()?).await?, REFUSED);
    world.harness.advance(Duration::from_secs(30));
    assert_eq!(world.seen(&world.token()?).await?, UNAUTHORIZED);
    Ok(())
}

/// Everybody with a token of a slow issuer waits for one fetch; whoever has a bearer of ours waits for nothing.
#[tokio::test]
async fn a_slow_issuer_holds_nobody_else_up() -> Outcome {
    let world = World::new().await?;
    let ours = world.harness.principal.clone();
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", &*ours.client_id),
        ("client_secret", ours.client_secret.reveal()),
    ];
    let bearer = world.harness.stranger(HOST).post_form("/common/oauth2/v2.0/token", &fields).await?.json()?;
    let bearer = bearer["access_token"].as_str().ok_or("a bearer")?;
    let gate = world.harness.documents.close();
    let token = world.token()?;
    let own = async {
        world.harness.documents.was_asked.notified().await;
        let seen = world.seen(bearer).await;
        gate.notify_one();
        seen
    };
    // Were it the other way round, the fetch would run into its time limit.
    let (first, second, own) = tokio::join!(world.seen(&token), world.seen(&token), own);
    assert_eq!((own?.as_str(), first?.as_str(), second?.as_str()), ("200", UNAUTHORIZED, UNAUTHORIZED));
    assert_eq!(world.fetches(), 1);
    Ok(())
}

/// While one request asks the issuer again, the others go on with the keys that are known.
#[tokio::test]
async fn nobody_waits_for_keys_that_are_known() -> Outcome {
    let world = World::new().await?;
    assert_eq!(world.seen(&world.token()?).await?, UNAUTHORIZED);
    world.harness.advance(Duration::from_secs(3600));
    let gate = world.harness.documents.close();
    let token = world.token()?;
    world.harness.documents.was_asked.notified().await;
    let other = async {
        world.harness.documents.was_asked.notified().await;
        let seen = world.seen(&token).await;
        gate.notify_one();
        seen
    };
    let (asking, other) = tokio::join!(world.seen(&token), other);
    assert_eq!((asking?.as_str(), other?.as_str()), (UNAUTHORIZED, UNAUTHORIZED));
    assert_eq!(world.fetches(), 2);
    Ok(())
}

/// Strangers who hang up while the issuer is asked do not use up the one fetch that there is in 30 seconds.
#[tokio::test]
async fn a_fetch_outlives_who_asked() -> Outcome {
    let world = World::new().await?;
    let gate = world.harness.documents.close();
    let made_up = world.key.sign_with(&json!({"kid": "made-up"}), &world.claims(json!({})))?;
    tokio::select! {
        biased;
        answer = world.seen(&made_up) => return Err(format!("it did not wait: {answer:?}").into()),
        () = world.harness.documents.was_asked.notified() => {}
    }
    gate.notify_one();
    assert_eq!(world.seen(&world.token()?).await?, UNAUTHORIZED);
    assert_eq!(world.fetches(), 1);
    Ok(())
}

#[rstest]
#[case::no_json(DISCOVERY, "<html>")]
#[case::of_another_issuer(
    DISCOVERY,
    r#"{"issuer":"https://issuer.example/","jwks_uri":"https://issuer.example/keys"}"#
)]
#[case::of_nobody(DISCOVERY, r#"{"jwks_uri":"https://issuer.example/keys"}"#)]
#[case::without_keys(DISCOVERY, r#"{"issuer":"https://issuer.example"}"#)]
#[case::plain_keys(DISCOVERY, r#"{"issuer":"https://issuer.example","jwks_uri":"http://issuer.example/keys"}"#)]
#[case::keys_on_loopback(DISCOVERY, r#"{"issuer":"https://issuer.example","jwks_uri":"http://127.0.0.1/keys"}"#)]
#[case::keys_of_a_file(DISCOVERY, r#"{"issuer":"https://issuer.example","jwks_uri":"file:///etc/passwd"}"#)]
#[case::no_list_of_keys(KEYS, r#"{"keys":{}}"#)]
#[case::no_keys(KEYS, r#"{"keys":[]}"#)]
#[case::no_key_set(KEYS, "")]
#[tokio::test]
async fn documents_that_do_not_count(#[case] url: &str, #[case] body: &str) -> Outcome {
    let world = World::new().await?;
    world.harness.documents.publish(url, body, None);
    assert_eq!(world.seen(&world.token()?).await?, REFUSED);
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

/// One character more, less or another makes it nobody's.
#[test]
fn no_change_of_a_good_token_counts() -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let world = runtime.block_on(World::new())?;
    let good = world.token()?;
    assert_eq!(runtime.block_on(world.seen(&good))?, UNAUTHORIZED);
    let change = (0..good.len(), 0..3_u8, "[A-Za-z0-9_.=-]");
    let outcome = TestRunner::default().run(&change, |(place, how, character)| {
        let (before, rest) = good.split_at(place);
        let after = rest.get(1..).unwrap_or_default();
        let changed = match how {
            0 => format!("{before}{character}{after}"),
            1 => format!("{before}{character}{rest}"),
            _ => format!("{before}{after}"),
        };
        prop_assume!(changed != good);
        let seen = runtime.block_on(world.seen(&changed)).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(seen, REFUSED);
        Ok(())
    });
    outcome.map_err(|error: TestError<_>| error.to_string().into())
}
