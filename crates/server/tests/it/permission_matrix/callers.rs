//! Callers whose credentials do not count any more, never did, or do not count for what is asked, although their token may do it.

use super::{EVERYTHING, HOST};
use crate::client::{Client, Outcome, TokenClient};
use crate::client_certificate::ClientCertificate;
use crate::distribution::pushes::REPOSITORY;
use crate::harness::{Harness, Holder, OTHER_REGISTRY, REGISTRY};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{EncodingKey, decode_header, encode};
use model::action::Action;
use serde_json::{Value, json};
use std::time::Duration;

/// How far a caller gets without a right on the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    Nothing,
    SignIn,
    Catalog,
}

pub(super) type BadCaller<'a> = (&'static str, Client<'a>, Reach);

/// What ends a token's passwords and bearers, or only its bearers.
#[derive(Debug, Clone, Copy)]
enum End {
    Expire,
    Disable,
    Delete,
    Regenerate,
    ChangeScopeMap,
    DeleteScopeMap,
}

impl End {
    /// Clients in whose name the end comes; what each is called, and how far it gets then.
    async fn bring<'a>(self, harness: &'a Harness, name: &str, held: &[Action]) -> Outcome<Vec<BadCaller<'a>>> {
        let mut token = harness.holder(name, REPOSITORY, held).await?;
        if matches!(self, Self::Expire) {
            token.generate_until(harness, Duration::from_secs(60)).await?;
        }
        let (basic, bearer) = (token.basic(), token.bearer_for(&EVERYTHING).await?);
        for client in [&basic, &bearer] {
            client.get("/v2/").await?.succeeded()?;
        }
        match self {
            Self::Expire => harness.advance(Duration::from_secs(61)),
            Self::Disable => harness.disable(name).await?,
            Self::Delete => drop(harness.delete(&harness.token_id(name)).await?),
            Self::Regenerate => drop(harness.generate(name, json!({"name": "password1"})).await?),
            Self::ChangeScopeMap => {
                let elsewhere = Holder { name, repositories: "samples/other", actions: &Action::ALL };
                harness.put_rights(REGISTRY, &elsewhere).await?;
            }
            Self::DeleteScopeMap => drop(harness.delete(&harness.scope_map_id(name)).await?),
        }
        Ok(match self {
            Self::Expire => vec![
                ("an expired password", basic, Reach::Nothing),
                ("the bearer of an expired password", bearer, Reach::Nothing),
            ],
            Self::Disable => vec![
                ("a disabled token", basic, Reach::Nothing),
                ("the bearer of a disabled token", bearer, Reach::Nothing),
            ],
            Self::Delete => vec![
                ("a deleted token", basic, Reach::Nothing),
                ("the bearer of a deleted token", bearer, Reach::Nothing),
            ],
            Self::Regenerate => vec![
                ("the password before a new one", basic, Reach::Nothing),
                ("the bearer before a new password", bearer, Reach::Nothing),
            ],
            Self::ChangeScopeMap => vec![
                ("a token whose scope map names another repository", basic, Reach::Catalog),
                ("the bearer before a change of the scope map", bearer, Reach::Nothing),
                ("a bearer after it", token.bearer_for(&EVERYTHING).await?, Reach::Catalog),
            ],
            Self::DeleteScopeMap => vec![
                ("a token without a scope map", basic, Reach::Catalog),
                ("the bearer before its scope map was deleted", bearer, Reach::Nothing),
                ("the bearer of a token without a scope map", token.bearer_for(&EVERYTHING).await?, Reach::Catalog),
            ],
        })
    }
}

/// Of tokens that may do all of `held`, everything that does not count any more, never did, or does not count for this.
pub(super) async fn bad_callers<'a>(
    harness: &'a Harness,
    held: &[Action],
    number: usize,
) -> Outcome<Vec<BadCaller<'a>>> {
    let stranger = harness.stranger(HOST);
    let aged = harness.holder(&format!("aged{number}"), REPOSITORY, held).await?.bearer_for(&EVERYTHING).await?;
    // Before all others, which would grow old with it.
    harness.advance(Duration::from_secs(3600));
    let mut callers = vec![("an expired bearer", aged, Reach::Nothing), ("nobody", stranger.clone(), Reach::Nothing)];
    for end in [End::Expire, End::Disable, End::Delete, End::Regenerate, End::ChangeScopeMap, End::DeleteScopeMap] {
        callers.extend(end.bring(harness, &format!("{end:?}{number}"), held).await?);
    }
    let name = format!("honest{number}");
    let honest = harness.holder(&name, REPOSITORY, held).await?;
    callers.push(("a wrong password", stranger.with_basic(&name, "pcl_wrong"), Reach::Nothing));
    callers.push(("an unknown user", stranger.with_basic("nobody", &honest.password), Reach::Nothing));
    // Of the same name, with the same rights there.
    let foreign = Holder { name: &name, repositories: REPOSITORY, actions: held };
    let foreign = harness.holder_at(OTHER_REGISTRY, foreign).await?;
    callers.push(("a password of another registry", foreign.elsewhere(harness, REGISTRY).basic(), Reach::Nothing));
    let bearer = stranger.with_bearer(&foreign.bearer_text(&EVERYTHING).await?);
    callers.push(("a bearer of another registry", bearer, Reach::Nothing));
    for (what, bearer) in falsified(harness, &honest).await? {
        callers.push((what, stranger.with_bearer(&bearer), Reach::Nothing));
    }
    callers.push(("a bearer without a scope", honest.bearer_for(&[]).await?, Reach::SignIn));
    callers.push((
        "a bearer for another repository",
        honest.bearer("repository:samples/other:*").await?,
        Reach::SignIn,
    ));
    callers.push(("a bearer for the folder", honest.bearer("repository:samples:*").await?, Reach::SignIn));
    callers.push(("a bearer for the catalog", honest.bearer("registry:catalog:*").await?, Reach::Catalog));
    Ok(callers)
}

/// The same with certificates.
pub(super) async fn bad_certificates<'a>(
    harness: &'a Harness,
    held: &[Action],
    number: usize,
) -> Outcome<Vec<BadCaller<'a>>> {
    let stranger = harness.stranger(HOST);
    let mut callers = Vec::new();
    for (what, its_bearer, end) in [
        ("a removed certificate", "the bearer of a removed certificate", json!({"credentials": {"certificates": []}})),
        (
            "a certificate of a disabled token",
            "the bearer of a certificate of a disabled token",
            json!({"status": "disabled"}),
        ),
        ("an expired certificate", "the bearer of an expired certificate", {
            let soon = harness.now().plus(Duration::from_secs(60)).to_string();
            json!({"credentials": {"certificates": [{"name": "certificate1", "expiry": soon}]}})
        }),
    ] {
        let name = format!("ended{number}-{}", callers.len());
        let certificate = ClientCertificate::new(&name)?;
        harness.certified(Holder { name: &name, repositories: REPOSITORY, actions: held }, &certificate).await?;
        let client = stranger.with_certificate(&certificate);
        let bearer = client.with_bearer(&client.bearer_text(&EVERYTHING).await?);
        harness.patch(&harness.token_id(&name), json!({"properties": end})).await?;
        callers.extend([(what, client, Reach::Nothing), (its_bearer, bearer, Reach::Nothing)]);
    }
    harness.advance(Duration::from_secs(60));
    let [own, other, foreign] = ["owner", "other", "foreign"].map(|name| format!("{name}{number}"));
    let [certificate, another] = [ClientCertificate::new(&own)?, ClientCertificate::new(&other)?];
    harness.certified(Holder { name: &own, repositories: REPOSITORY, actions: held }, &certificate).await?;
    harness.certified(Holder { name: &other, repositories: REPOSITORY, actions: held }, &another).await?;
    let bearer = stranger.with_certificate(&certificate).bearer_text(&EVERYTHING).await?;
    callers.push(("a bound bearer without its certificate", stranger.with_bearer(&bearer), Reach::Nothing));
    let thief = stranger.with_certificate(&another);
    callers.push(("a bound bearer with another certificate", thief.with_bearer(&bearer), Reach::Nothing));
    let generated = harness.generate(&own, json!({"name": "password1"})).await?;
    let password = generated["passwords"][0]["value"].as_str().ok_or("a value")?;
    callers.push(("a password with another token's certificate", thief.with_basic(&own, password), Reach::Nothing));
    let unbound = stranger.with_basic(&own, password).bearer_text(&EVERYTHING).await?;
    callers.push(("an unbound bearer with another token's certificate", thief.with_bearer(&unbound), Reach::Nothing));
    let owner = stranger.with_certificate(&certificate);
    callers.push(("a wrong password with a right certificate", owner.with_basic(&own, "pcl_wrong"), Reach::Nothing));
    let nobody_s = stranger.with_certificate(&ClientCertificate::new(&own)?);
    callers.push(("a certificate that nobody has", nobody_s, Reach::Nothing));
    let there = Holder { name: &foreign, repositories: REPOSITORY, actions: held };
    harness.holder_at(OTHER_REGISTRY, there).await?;
    let certificate = ClientCertificate::new(&foreign)?;
    harness.certify_at(OTHER_REGISTRY, &foreign, &certificate).await?;
    callers.push(("a certificate of another registry", stranger.with_certificate(&certificate), Reach::Nothing));
    Ok(callers)
}

/// Bearers made from a good one by somebody without the key that signs them.
async fn falsified(harness: &Harness, honest: &TokenClient<'_>) -> Outcome<Vec<(&'static str, String)>> {
    let good = honest.bearer_text(&EVERYTHING).await?;
    let [head, claims, signature] = good.split('.').collect::<Vec<_>>()[..] else { return Err("three parts".into()) };
    let other_signature = format!("{}{}", if signature.starts_with('A') { "B" } else { "A" }, &signature[1..]);
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let mut wider: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims)?)?;
    let header = decode_header(&good)?;
    let signed_with = |key: &str, claims: &Value| -> Outcome<String> {
        let pem = std::fs::read(harness.data_file(key))?;
        Ok(encode(&header, claims, &EncodingKey::from_ec_pem(&pem)?)?)
    };
    // The falsifier makes good bearers once it has the key, so below it is the key that is missed.
    let stranger = harness.stranger(HOST);
    stranger.with_bearer(&signed_with("keys/access-token.pem", &wider)?).get("/v2/").await?.succeeded()?;
    let of_other_key = signed_with("keys/management-token.pem", &wider)?;
    wider["access"] = json!([{"type": "repository", "name": REPOSITORY, "actions": ["*"]}]);
    let widened = URL_SAFE_NO_PAD.encode(wider.to_string());
    Ok(vec![
        ("a bearer of another key", of_other_key),
        ("a bearer with wider claims", format!("{head}.{widened}.{signature}")),
        ("a bearer with another signature", format!("{head}.{claims}.{other_signature}")),
        ("a bearer without a signature", format!("{head}.{claims}.")),
        ("a bearer of the algorithm none", format!("{none}.{claims}.")),
        ("a bearer that is none", "a".to_owned()),
    ])
}
