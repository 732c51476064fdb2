//! Which tokens of an issuer count, and which never do: each known pitfall of JWTs has its test.

use super::{CONTRIBUTOR, DISCOVERY, JOB, KEYS, REFUSED, UNAUTHORIZED, World};
use crate::client::Outcome;
use crate::issuer::{IssuerKey, key_set, unsigned};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use jsonwebtoken::{Algorithm, EncodingKey};
use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};
use rstest::rstest;
use serde_json::{Value, json};

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
