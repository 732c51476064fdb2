//! The keys of an issuer: fetched when needed, kept for a while, and never at the wish of strangers.

use super::{DISCOVERY, HOST, KEYS, REFUSED, UNAUTHORIZED, World};
use crate::client::Outcome;
use crate::issuer::{IssuerKey, key_set};
use jsonwebtoken::Algorithm;
use rstest::rstest;
use serde_json::json;
use std::time::Duration;

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
