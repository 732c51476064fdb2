//! Every route of the management API × every caller who does not count: what a stranger learns of it is where to sign in, and what
//! somebody without a role learns is which action is missing, whether there is something or not.

use super::access::{PRINCIPALS, Principal, ask, assign, requests};
use super::routes::Least;
use crate::client::{Answer, Client, Outcome};
use crate::client_certificate::ClientCertificate;
use crate::harness::{GROUP, Harness, Holder, REGISTRY};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{IF_MATCH, IF_NONE_MATCH, RANGE};
use http::{HeaderName, Method};
use jsonwebtoken::{EncodingKey, decode_header, encode};
use model::action::Action;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const HOST: &str = "lnxcr.localhost";
/// Paths of the management API that name nothing.
const NO_PATHS: [&str; 3] = ["/subscriptions/x", "/providers/Microsoft.Web/sites", "/tenants/x/y"];
/// What a request may say beside what it asks for; each in its turn, so that all of them meet every caller.
const CONDITIONS: [&[(HeaderName, &str)]; 4] =
    [&[], &[(RANGE, "bytes=0-0")], &[(IF_NONE_MATCH, "*")], &[(IF_MATCH, "\"a\"")]];

/// A path has the methods that it has rows for, and no other.
#[tokio::test]
async fn every_method_of_every_route_has_its_row() -> Outcome {
    let harness = Harness::new().await?;
    let mut routes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (method, path, ..) in requests(&harness) {
        // The row that deletes somebody asks for somebody who is not there.
        let path = path.replace("/nobody", "/ci");
        routes.entry(path).or_default().insert(method.to_owned());
    }
    for (path, methods) in routes {
        let refused = harness.manage(Method::TRACE, &path, None).await?;
        assert_eq!(refused.seen(), "405 MethodNotAllowed", "{path}");
        let served: BTreeSet<String> =
            refused.header("allow").ok_or("a list of methods")?.split(", ").map(str::to_owned).collect();
        assert_eq!(methods, served, "{path}");
    }
    Ok(())
}

/// What an answer says, without the ids that each answer has for itself, and the length, which follows from the body.
fn told(answer: &Answer) -> String {
    let mut headers = answer.lasting_headers();
    headers.remove("content-length");
    format!("{} {headers:?} {}", answer.status, String::from_utf8_lossy(&answer.body))
}

type Caller<'a> = (&'static str, Client<'a>);

/// Bearers of a good principal, changed by somebody without the key that signs them.
async fn falsified<'a>(harness: &'a Harness, good: &str) -> Outcome<Vec<Caller<'a>>> {
    let stranger = harness.stranger(HOST);
    let [head, claims, signature] = good.split('.').collect::<Vec<_>>()[..] else { return Err("three parts".into()) };
    let decoded: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims)?)?;
    let header = decode_header(good)?;
    let signed_with = |key: &str, claims: &Value| -> Outcome<String> {
        let pem = std::fs::read(harness.data_file(key))?;
        Ok(encode(&header, claims, &EncodingKey::from_ec_pem(&pem)?)?)
    };
    // With the right key it would count, so it is the key, or the audience, that is missed below.
    let right = stranger.with_bearer(&signed_with("keys/management-token.pem", &decoded)?);
    right.get("/subscriptions?api-version=2022-12-01").await?.succeeded()?;
    let mut elsewhere = decoded.clone();
    elsewhere["aud"] = json!("https://management.example");
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let mut other = decoded.clone();
    other["sub"] = json!("00000000-0000-0000-0000-000000000001");
    let other = URL_SAFE_NO_PAD.encode(other.to_string());
    Ok(vec![
        ("a bearer of another key", stranger.with_bearer(&signed_with("keys/access-token.pem", &decoded)?)),
        ("a bearer for another audience", {
            stranger.with_bearer(&signed_with("keys/management-token.pem", &elsewhere)?)
        }),
        ("a bearer of the algorithm none", stranger.with_bearer(&format!("{none}.{claims}."))),
        ("a bearer without a signature", stranger.with_bearer(&format!("{head}.{claims}."))),
        ("a bearer of another subject", stranger.with_bearer(&format!("{head}.{other}.{signature}"))),
    ])
}

/// Owners that were, and everybody who opens a registry and manages nothing.
async fn strangers(harness: &Harness) -> Outcome<Vec<Caller<'_>>> {
    let stranger = harness.stranger(HOST);
    let subscription = format!("/subscriptions/{}", harness.subscription);
    let mut callers = Vec::new();
    for (number, name) in ["aged", "removed", "deleted"].into_iter().enumerate() {
        let principal = Principal::new(harness, name).await?;
        assign(harness, (number, "Owner", &subscription), principal.object_id()).await?;
        let client = principal.client(harness).await?;
        client.get("/subscriptions?api-version=2022-12-01").await?.succeeded()?;
        match name {
            "aged" => harness.advance(Duration::from_secs(3600)),
            "removed" => {
                let path = format!("{PRINCIPALS}/{}/removePassword", principal.object_id());
                let (_, key) = principal.secret();
                harness.manage(Method::POST, &path, Some(json!({"keyId": key}))).await?.succeeded()?;
            }
            _ => drop(harness.delete(&format!("{PRINCIPALS}/{name}")).await?),
        }
        callers.push(("the bearer of what has ended", client));
        callers.push(("a principal's id and secret", stranger.with_basic(principal.client_id(), principal.secret().0)));
    }
    let token = harness.holder("token2", "*", &Action::ALL).await?;
    let certificate = ClientCertificate::new("token3")?;
    let holder = Holder { name: "token3", repositories: "*", actions: &Action::ALL };
    harness.certified(holder, &certificate).await?;
    let owner = Principal::new(harness, "owner").await?;
    assign(harness, (9, "Owner", &subscription), owner.object_id()).await?;
    let refresh_token = owner.exchange(harness).await?.succeeded()?.json()?;
    let refresh_token = refresh_token["refresh_token"].as_str().ok_or("a refresh token")?;
    let good = owner.sign_in(harness).await?.succeeded()?.json()?;
    callers.extend(falsified(harness, good["access_token"].as_str().ok_or("a bearer")?).await?);
    callers.extend([
        ("nobody", stranger.clone()),
        ("a token by Basic", token.basic()),
        ("a bearer of a token", token.bearer_for(&["repository:*:*", "registry:catalog:*"]).await?),
        ("a certificate of a token", stranger.with_certificate(&certificate)),
        ("a refresh token", stranger.with_bearer(refresh_token)),
        ("text", stranger.with_bearer("a.b.c")),
        ("another scheme", stranger.with_authorization("Digest a=b")),
    ]);
    Ok(callers)
}

/// 401 to every request, under every condition, and the same whether there is something at the path or not.
#[tokio::test]
async fn strangers_learn_where_to_sign_in_and_nothing_else() -> Outcome {
    let harness = Harness::behind_proxy().await?;
    for (what, client) in strangers(&harness).await? {
        // Some methods have a header of their own, and HEAD no body.
        let mut seen: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (row, (method, path, least, _)) in requests(&harness).into_iter().enumerate() {
            if least == Least::Nobody {
                continue;
            }
            let nowhere = path.replace(REGISTRY, "nosuchcr").replace(GROUP, "nosuchgroup");
            for (turn, path) in [path.as_str(), &nowhere, NO_PATHS[row % NO_PATHS.len()]].into_iter().enumerate() {
                let condition = CONDITIONS[(row + turn) % CONDITIONS.len()];
                let uri = format!("{path}?api-version=2022-12-01");
                let answer = client.send(Method::from_bytes(method.as_bytes())?, &uri, condition, "no JSON").await?;
                assert_eq!(answer.status.as_u16(), 401, "{method} {uri} to {what}");
                assert!(answer.headers.contains_key("www-authenticate"), "{method} {uri} to {what}");
                seen.entry(method).or_default().insert(told(&answer));
            }
        }
        for (method, seen) in seen {
            assert_eq!(seen.len(), 1, "{what} is told more than one thing of {method}: {seen:#?}");
        }
    }
    Ok(())
}

/// Whoever lacks the right learns which one, and not whether there is something.
#[tokio::test]
async fn forbidden_and_unknown_look_alike() -> Outcome {
    let harness = Harness::new().await?;
    let elsewhere = format!("/subscriptions/{}/resourceGroups/second", harness.subscription);
    harness.put(&elsewhere, json!({"location": "westus"})).await?;
    let nobody = Principal::new(&harness, "without a role").await?;
    let reader = Principal::new(&harness, "reader of another group").await?;
    assign(&harness, (1, "Reader", &elsewhere), reader.object_id()).await?;
    for principal in [nobody, reader] {
        let client = principal.client(&harness).await?;
        for (method, path, least, _) in requests(&harness) {
            if least < Least::Reader || !path.contains(GROUP) {
                continue;
            }
            let mut answers = Vec::new();
            for (registry, group) in [(REGISTRY, GROUP), ("nosuchcr", GROUP), (REGISTRY, "nogroup")] {
                let path = path.replace(REGISTRY, registry).replace(GROUP, group);
                let answer = ask(&client, method, &path, &json!("no object")).await?;
                assert_eq!(answer.status.as_u16(), 403, "{method} {path}");
                answers.push(
                    told(&answer).replace(&format!("/{registry}"), "/<name>").replace(&format!("/{group}"), "/<group>"),
                );
            }
            // Names of children too.
            let other = path.replace("newmap", "othermap").replace("token2", "token9").replace("000077", "000078");
            let answer = ask(&client, method, &other, &json!("no object")).await?;
            let shown =
                told(&answer).replace("othermap", "newmap").replace("token9", "token2").replace("000078", "000077");
            answers.push(shown.replace(&format!("/{REGISTRY}"), "/<name>").replace(&format!("/{GROUP}"), "/<group>"));
            assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{method} {path}: {answers:#?}");
        }
    }
    Ok(())
}
