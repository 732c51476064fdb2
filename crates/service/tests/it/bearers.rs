//! What is no bearer of ours, and what ours say.

use crate::world::{Failure, Folder, Outcome, World, caller, registry_id, registry_spec};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{EncodingKey, Header};
use model::scope::Asked;
use rstest::rstest;
use serde_json::{Value, json};
use service::Clock;
use std::fs;
use std::time::Duration;

/// A world with a live bearer, and the key that signed it: what an attacker would dream of.
struct Forge {
    world: World,
    genuine: String,
    key: EncodingKey,
}

impl Forge {
    async fn new() -> Result<Self, Failure> {
        let world = World::new().await?;
        let password = world.put_token("token2").await?;
        let genuine = world.bearer("token2", &password).await?;
        let key = EncodingKey::from_ec_pem(&fs::read(world.folder.key("access-token.pem"))?)?;
        Ok(Self { world, genuine, key })
    }

    fn part(&self, index: usize) -> Result<Value, Failure> {
        let part = self.genuine.split('.').nth(index).ok_or("too few parts")?;
        Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part)?)?)
    }

    /// The genuine bearer with changes in its claims, signed with the genuine key.
    fn signed(&self, change: impl FnOnce(&mut Value)) -> Result<String, Failure> {
        let mut claims = self.part(1)?;
        change(&mut claims);
        let header: Header = serde_json::from_value(self.part(0)?)?;
        Ok(jsonwebtoken::encode(&header, &claims, &self.key)?)
    }

    /// The genuine claims under another header, signed with the genuine key where the algorithm allows it.
    fn under(&self, header: &Value, key: &EncodingKey) -> Result<String, Failure> {
        Ok(jsonwebtoken::encode(&serde_json::from_value(header.clone())?, &self.part(1)?, key)?)
    }

    async fn is_refused(&self, bearer: &str) -> Result<bool, Failure> {
        Ok(self.world.bearer_refusal(bearer).await?.is_some())
    }
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

#[tokio::test]
async fn the_forge_itself_is_sound() -> Outcome {
    let forge = Forge::new().await?;
    assert!(!forge.is_refused(&forge.genuine).await?);
    let again = forge.signed(|_| {})?;
    assert_ne!(again, forge.genuine, "another signature of the same claims");
    assert!(!forge.is_refused(&again).await?);
    Ok(())
}

#[rstest]
#[case::time_as_text("exp", json!("9999999999"))]
#[case::time_as_fraction("exp", json!(9999999999.5))]
#[case::time_too_large("exp", json!(1e300))]
#[case::time_null("exp", Value::Null)]
#[case::time_negative("exp", json!(-1))]
#[case::nbf_as_text("nbf", json!("0"))]
#[case::nbf_in_the_future("nbf", json!(9999999999_i64))]
#[case::iat_as_list("iat", json!([0]))]
#[case::audience_list("aud", json!(["lnxcr"]))]
#[case::audience_empty_list("aud", json!([]))]
#[case::audience_number("aud", json!(1))]
#[case::audience_other("aud", json!("lnxcr2"))]
#[case::audience_empty("aud", json!(""))]
#[case::issuer_other("iss", json!("somebody"))]
#[case::registry_other("rid", json!(2))]
#[case::token_other("tok", json!(77))]
#[case::generation_other("gen", json!(0))]
#[case::password_other("pwd", json!(77))]
#[case::access_text("access", json!("*"))]
#[tokio::test]
async fn a_claim_that_is_not_as_we_write_it(#[case] claim: &str, #[case] value: Value) -> Outcome {
    let forge = Forge::new().await?;
    let changed = forge.signed(|claims| claims[claim] = value)?;
    assert!(forge.is_refused(&changed).await?);
    let missing = forge.signed(|claims| drop(claims.as_object_mut().and_then(|members| members.remove(claim))))?;
    assert!(forge.is_refused(&missing).await?, "without {claim}");
    Ok(())
}

/// A bearer is anonymous or somebody's; what says both, or neither, is nobody's. And here anonymous pull is off.
#[rstest]
#[case::both(&[], json!(true))]
#[case::with_a_generation(&["tok", "pwd"], json!(true))]
#[case::with_a_token(&["gen", "pwd"], json!(true))]
#[case::with_a_password(&["tok", "gen"], json!(true))]
#[case::not_so(&["tok", "gen", "pwd"], json!(false))]
#[case::no_word_of_it(&["tok", "gen", "pwd"], Value::Null)]
#[case::where_it_is_off(&["tok", "gen", "pwd"], json!(true))]
#[tokio::test]
async fn a_bearer_that_says_it_is_anonymous(#[case] without: &[&str], #[case] anonymous: Value) -> Outcome {
    let forge = Forge::new().await?;
    let changed = forge.signed(|claims| {
        claims["anon"] = anonymous;
        for claim in without {
            claims.as_object_mut().and_then(|members| members.remove(*claim));
        }
    })?;
    assert!(forge.is_refused(&changed).await?);
    Ok(())
}

#[tokio::test]
async fn another_algorithm_or_key() -> Outcome {
    let forge = Forge::new().await?;
    let published = forge.world.service.verification_keys();
    let published = published.first().ok_or("no key")?;
    let genuine = forge.part(0)?;
    assert_eq!(genuine, json!({ "typ": "JWT", "alg": "ES256", "kid": published.id }));
    let claims = forge.part(1)?;

    for none in ["none", "None", "NONE", "nOnE"] {
        let header = json!({ "typ": "JWT", "alg": none, "kid": published.id });
        assert!(forge.is_refused(&format!("{}.{}.", encode(&header), encode(&claims))).await?, "{none}");
    }
    // The public key, in every form in which it can be found, as the secret of an HMAC.
    let (x, y) = (URL_SAFE_NO_PAD.decode(&published.x)?, URL_SAFE_NO_PAD.decode(&published.y)?);
    for secret in [[&[4][..], &x, &y].concat(), [x.clone(), y.clone()].concat(), published.x.clone().into_bytes()] {
        let header = json!({ "typ": "JWT", "alg": "HS256", "kid": published.id });
        assert!(forge.is_refused(&forge.under(&header, &EncodingKey::from_secret(&secret))?).await?);
    }

    let stranger = Folder::new()?;
    let (other, _) = stranger.open(9).await?;
    let strange_key = EncodingKey::from_ec_pem(&fs::read(stranger.key("access-token.pem"))?)?;
    let strange = other.verification_keys();
    let strange = strange.first().ok_or("no key")?;
    let jwk = json!({ "kty": "EC", "crv": "P-256", "x": strange.x, "y": strange.y, "kid": published.id });
    for header in [
        json!({ "typ": "JWT", "alg": "ES256", "kid": strange.id }),
        json!({ "typ": "JWT", "alg": "ES256", "kid": published.id }),
        json!({ "typ": "JWT", "alg": "ES256" }),
        json!({ "typ": "JWT", "alg": "ES256", "kid": published.id, "jwk": jwk }),
        json!({ "typ": "JWT", "alg": "ES256", "jwk": jwk }),
        json!({ "typ": "JWT", "alg": "ES256", "kid": published.id, "jku": "https://evil.example/keys" }),
        json!({ "typ": "JWT", "alg": "ES256", "kid": published.id, "x5u": "https://evil.example/key" }),
    ] {
        assert!(forge.is_refused(&forge.under(&header, &strange_key)?).await?, "{header}");
    }
    let critical = json!({ "typ": "JWT", "alg": "ES256", "kid": published.id, "crit": ["b64"] });
    assert!(forge.is_refused(&forge.under(&critical, &forge.key)?).await?);
    // A bearer of the management API is none of the data plane, though the same site signed it.
    let management = EncodingKey::from_ec_pem(&fs::read(forge.world.folder.key("management-token.pem"))?)?;
    assert!(forge.is_refused(&forge.under(&genuine, &management)?).await?);
    assert!(forge.world.service.verify_principal(&forge.genuine).await.is_err());
    Ok(())
}

#[tokio::test]
async fn text_that_is_no_bearer() -> Outcome {
    let forge = Forge::new().await?;
    let [header, claims, signature] = forge.genuine.split('.').collect::<Vec<_>>()[..] else {
        return Err("not three parts".into());
    };
    let mut other_claims = forge.part(1)?;
    other_claims["exp"] = json!(9999999999_i64);
    let json_form = json!({ "protected": header, "payload": claims, "signature": signature }).to_string();
    for text in [
        String::new(),
        "bearer".to_owned(),
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!("{header}.{}.{signature}", encode(&other_claims)),
        format!("{header}.{claims}.{signature}.{signature}"),
        format!("{header}.{claims}.{}", signature.chars().rev().collect::<String>()),
        format!(" {}", forge.genuine),
        json_form,
        ".".repeat(1 << 20),
        format!("{}{}", forge.genuine, "A".repeat(70_000)),
    ] {
        assert!(forge.is_refused(&text).await?, "{}", &text[..text.len().min(200)]);
    }
    Ok(())
}

#[tokio::test]
async fn a_bearer_is_for_one_registry() -> Outcome {
    let forge = Forge::new().await?;
    let service = &forge.world.service;
    let other = registry_id(service, "lnxtest", "other")?;
    let (other, _) = service.put_registry(&caller(), &other, registry_spec()).await?;
    for _ in 0..2 {
        assert!(service.verify_access_token(&other, &forge.genuine, None).await.is_err());
        assert!(!forge.is_refused(&forge.genuine).await?);
    }
    Ok(())
}

#[tokio::test]
async fn what_an_access_token_says() -> Outcome {
    let forge = Forge::new().await?;
    let now = forge.world.folder.clock.now().as_unix_seconds();
    let mut claims = forge.part(1)?;
    let id = claims.as_object_mut().and_then(|members| members.remove("jti")).ok_or("no id")?;
    assert_eq!(id.as_str().map(str::len), Some(36));
    assert_eq!(
        claims,
        json!({
            "iss": "portcullis", "sub": "token2", "aud": "lnxcr",
            "exp": now + 3600, "nbf": now - 60, "iat": now - 60,
            "access": [
                { "type": "repository", "name": "samples/hello", "actions": ["pull", "push"] },
                { "type": "registry", "name": "catalog", "actions": ["*"] }
            ],
            "rid": forge.world.registry.key.0, "tok": 1, "gen": 1, "pwd": 1
        })
    );
    Ok(())
}

#[tokio::test]
async fn the_client_is_told_at_least_a_minute() -> Outcome {
    let world = World::new().await?;
    world.put_token("token2").await?;
    let end = world.folder.clock.now().plus(Duration::from_secs(100));
    let password = world.generate("token2", None, Some(end)).await?;
    let signed_in = world.sign_in("token2", &password).await?;
    let issue = || world.service.issue_access_token(&world.registry, &signed_in, &Asked::default());
    assert_eq!(issue()?.expires_in_seconds, 100);
    world.folder.clock.advance(Duration::from_secs(90));
    let bearer = issue()?;
    assert_eq!(bearer.expires_in_seconds, 60);
    assert!(world.service.verify_access_token(&world.registry, &bearer.text, None).await.is_ok());
    world.folder.clock.advance(Duration::from_secs(10));
    assert!(world.service.verify_access_token(&world.registry, &bearer.text, None).await.is_err());
    Ok(())
}

#[tokio::test]
async fn a_retired_key_is_still_believed() -> Outcome {
    let forge = Forge::new().await?;
    let folder = &forge.world.folder;
    fs::rename(folder.key("access-token.pem"), folder.key("access-token-2025.pem"))?;
    let (rotated, _) = folder.open(3).await?;
    let (old, new) = (forge.world.service.verification_keys(), rotated.verification_keys());
    assert_eq!((old.len(), new.len()), (1, 2));
    assert_ne!(new.first(), old.first(), "a new key signs");
    assert_eq!(new.last(), old.first(), "the old one is published still");
    assert!(rotated.verify_access_token(&forge.world.registry, &forge.genuine, None).await.is_ok());
    Ok(())
}
