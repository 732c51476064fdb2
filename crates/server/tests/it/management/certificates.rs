//! Certificates of tokens.

use crate::client::{Answer, Outcome};
use crate::client_certificate::ClientCertificate;
use crate::harness::{Harness, OTHER_REGISTRY, REGISTRY};
use crate::replay::shared_folder;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::try_join_all;
use http::{Method, StatusCode};
use model::timestamp::Timestamp;
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn with_certificates(list: Value) -> Value {
    json!({"properties": {"credentials": {"certificates": list}}})
}

async fn patch(harness: &Harness, token: &str, list: Value) -> Outcome<Answer> {
    harness.manage(Method::PATCH, &harness.token_id(token), Some(with_certificates(list))).await
}

fn of(token: &Value) -> &Value {
    &token["properties"]["credentials"]["certificates"]
}

/// `certificate1 thumbprint`.
fn held(token: &Value) -> Vec<String> {
    let shown = |one: &Value| [&one["name"], &one["thumbprint"]].map(|text| text.as_str().unwrap_or("?")).join(" ");
    of(token).as_array().into_iter().flatten().map(shown).collect()
}

fn slot(number: u8, certificate: &ClientCertificate) -> String {
    format!("certificate{number} {}", certificate.thumbprint)
}

#[tokio::test]
async fn a_token_is_made_with_a_certificate() -> Outcome {
    let harness = Harness::new().await?;
    let ci = ClientCertificate::new("ci")?;
    let list = json!([{"name": "certificate1", "encodedPemCertificate": ci.encoded()}]);
    let body = with_certificates(list);
    let answer = harness.manage(Method::PUT, &harness.token_id("token2"), Some(body)).await?;
    assert_eq!(answer.status, StatusCode::CREATED);
    let made = answer.json()?;
    let expected = json!([{
        "name": "certificate1",
        "expiry": "2030-01-01T00:00:00+00:00",
        "thumbprint": ci.thumbprint,
        "encodedPemCertificate": ci.encoded(),
        "creationTime": "2026-01-01T00:00:00+00:00",
        "lastUsedTime": null,
    }]);
    assert_eq!(
        of(&made).to_string(),
        expected.to_string(),
        "also the order of members is the swagger's, and then ours"
    );
    assert_eq!(made["properties"]["credentials"]["passwords"], json!([]));
    let read = harness.get(&harness.token_id("token2")).await?;
    assert_eq!(of(&read), &expected);
    let list = harness.get(&format!("{}/tokens", harness.registry_id(REGISTRY))).await?;
    let named = json!([{
        "name": "certificate1",
        "expiry": "2030-01-01T00:00:00+00:00",
        "thumbprint": ci.thumbprint,
        "creationTime": "2026-01-01T00:00:00+00:00",
        "lastUsedTime": null,
    }]);
    assert_eq!(of(&list["value"][0]), &named, "a list names them");
    Ok(())
}

/// Both forms of the text, and every way in which people write a thumbprint.
#[tokio::test]
async fn taken_as_people_send_them() -> Outcome {
    let harness = Harness::new().await?;
    harness.put(&harness.token_id("token2"), json!({"properties": {}})).await?;
    let ci = ClientCertificate::new("ci")?;
    let lines: Vec<String> =
        ci.encoded().as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line).into()).collect();
    let colons: Vec<String> =
        ci.thumbprint.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).to_uppercase()).collect();
    for (text, thumbprint) in [
        (ci.pem.clone(), ci.thumbprint.clone()),
        (ci.pem.replace('\n', "\r\n"), ci.fingerprint.clone()),
        (lines.join("\r\n"), colons.join(":")),
        (STANDARD.encode(format!("Bag Attributes\n{}", ci.pem)), ci.fingerprint.to_uppercase()),
    ] {
        harness.patch(&harness.token_id("token2"), with_certificates(json!([]))).await?;
        let entry = json!([{"name": "Certificate2", "encodedPemCertificate": text, "thumbprint": thumbprint}]);
        let token = patch(&harness, "token2", entry).await?.succeeded()?.json()?;
        assert_eq!(held(&token), [slot(2, &ci)]);
        assert_eq!(of(&token)[0]["encodedPemCertificate"], ci.encoded());
    }
    Ok(())
}

#[rstest]
#[case::credentials_left_out(None, true)]
#[case::without_a_list(Some(json!({})), true)]
#[case::null(Some(json!({"certificates": null})), true)]
#[case::passwords_alone(Some(json!({"passwords": []})), true)]
#[case::named(Some(json!({"certificates": [{"name": "certificate1"}]})), true)]
#[case::none(Some(json!({"certificates": []})), false)]
#[tokio::test]
async fn put_keeps_certificates(#[case] credentials: Option<Value>, #[case] kept: bool) -> Outcome {
    let harness = Harness::new().await?;
    let ci = ClientCertificate::new("ci")?;
    let id = harness.token_id("token2");
    harness
        .put(&id, with_certificates(json!([{"name": "certificate1", "encodedPemCertificate": ci.encoded()}])))
        .await?;
    let mut properties = json!({"status": "enabled"});
    if let Some(credentials) = credentials {
        properties["credentials"] = credentials;
    }
    let token = harness.put(&id, json!({"properties": properties})).await?;
    assert_eq!(held(&token), if kept { vec![slot(1, &ci)] } else { vec![] });
    assert_eq!(of(&token).is_null(), !kept, "without any there is no list, as at Azure");
    Ok(())
}

/// What a template does at every deployment, and a client that changes one thing of what it read; also after the certificate ended.
#[tokio::test]
async fn what_was_read_is_put_back() -> Outcome {
    let harness = Harness::new().await?;
    let id = harness.token_id("token2");
    let (first, second) = (ClientCertificate::new("first")?, ClientCertificate::new("second")?);
    let list = json!([
        {"name": "certificate2", "encodedPemCertificate": second.encoded()},
        {"name": "certificate1", "encodedPemCertificate": first.encoded(), "expiry": "2026-02-01T12:00:00.25Z"},
    ]);
    harness.put(&id, with_certificates(list)).await?;
    for later in [DAY, DAY * 365, DAY * 3650] {
        harness.advance(later);
        let read = harness.get(&id).await?;
        assert_eq!(held(&read), [slot(1, &first), slot(2, &second)]);
        assert_eq!(of(&read)[0]["expiry"], "2026-02-01T12:00:00.25+00:00");
        let put = harness.put(&id, read.clone()).await?;
        assert_eq!(put["properties"], read["properties"]);
        let listed = harness.get(&format!("{}/tokens", harness.registry_id(REGISTRY))).await?["value"][0].clone();
        let put = harness.put(&id, listed).await?;
        assert_eq!(put["properties"], read["properties"]);
    }
    Ok(())
}

#[tokio::test]
async fn replaced_ended_and_removed() -> Outcome {
    let harness = Harness::new().await?;
    let id = harness.token_id("token2");
    let [first, second, third] = ["first", "second", "third"].map(ClientCertificate::new);
    let (first, second, third) = (first?, second?, third?);
    let both = json!([
        {"name": "certificate1", "encodedPemCertificate": first.encoded()},
        {"name": "certificate2", "encodedPemCertificate": second.encoded()},
    ]);
    harness.put(&id, with_certificates(both)).await?;
    let rotate = json!([{"name": "certificate1", "encodedPemCertificate": third.encoded()}, {"name": "certificate2"}]);
    let token = harness.patch(&id, with_certificates(rotate)).await?;
    assert_eq!(held(&token), [slot(1, &third), slot(2, &second)]);
    let ended = json!([{"name": "certificate2", "expiry": "2026-06-01T00:00:00Z"}]);
    let token = harness.patch(&id, with_certificates(ended)).await?;
    assert_eq!(
        (held(&token), of(&token)[0]["expiry"].as_str()),
        (vec![slot(2, &second)], Some("2026-06-01T00:00:00+00:00"))
    );
    let moved = json!([{"name": "certificate1", "encodedPemCertificate": second.encoded()}]);
    assert_eq!(held(&harness.patch(&id, with_certificates(moved)).await?), [slot(1, &second)]);
    assert!(held(&harness.patch(&id, with_certificates(json!([]))).await?).is_empty());
    Ok(())
}

/// A certificate that cannot be had, and the one word that the refusal must hold.
fn refusals(ci: &ClientCertificate, other: &ClientCertificate) -> Outcome<Vec<(Value, &'static str, &'static str)>> {
    let entry = |text: &str| json!([{"name": "certificate1", "encodedPemCertificate": text}]);
    let past = ClientCertificate::valid("past", (2020, 2025))?;
    let key = ci.key.serialize_pem();
    Ok(vec![
        (json!([{}]), "[0].name", "needs its name"),
        (json!([{"name": "certificate3"}]), "[0].name", "'certificate3'"),
        (json!([{"name": "certificate1"}]), "[0].encodedPemCertificate", "give its certificate"),
        (
            json!([{"name": "certificate1", "thumbprint": ci.thumbprint}]),
            "[0].encodedPemCertificate",
            "give its certificate",
        ),
        (entry(""), "[0].encodedPemCertificate", "empty"),
        (entry("certificate.pem"), "[0].encodedPemCertificate", "not base64"),
        (entry(&STANDARD.encode(ci.certificate.der())), "[0].encodedPemCertificate", "not of PEM"),
        (entry(&format!("{}{}", ci.pem, other.pem)), "[0].encodedPemCertificate", "holds 2 certificates"),
        (entry(&format!("{}{key}", ci.pem)), "[0].encodedPemCertificate", "private key was sent"),
        (entry(&STANDARD.encode(&key)), "[0].encodedPemCertificate", "consider it exposed"),
        (entry("-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n"), "[0].encodedPemCertificate", "X.509"),
        (entry(&ci.pem.replace("-----END", "=====END")), "[0].encodedPemCertificate", "damaged"),
        (
            entry(include_str!("../../../../service/tests/certificates/v1.pem")),
            "[0].encodedPemCertificate",
            "version 3",
        ),
        (
            entry(include_str!("../../../../service/tests/certificates/critical.pem")),
            "[0].encodedPemCertificate",
            "CriticalExtension",
        ),
        (entry(&past.encoded()), "[0].encodedPemCertificate", "ended at 2025-01-01"),
        (
            json!([{"name": "certificate1", "encodedPemCertificate": ci.pem, "expiry": "2020-01-01T00:00:00Z"}]),
            "[0].expiry",
            "in the past",
        ),
        (
            json!([{"name": "certificate1", "encodedPemCertificate": ci.pem, "expiry": "tomorrow"}]),
            "[0].expiry",
            "RFC 3339",
        ),
        (
            json!([{"name": "certificate1", "encodedPemCertificate": ci.pem, "thumbprint": other.thumbprint}]),
            "[0].thumbprint",
            "not the thumbprint",
        ),
        (
            json!([{"name": "certificate1", "encodedPemCertificate": ci.pem, "thumbprint": "ci"}]),
            "[0].thumbprint",
            "40 or 64 digits",
        ),
        (
            json!([{"name": "certificate1", "encodedPemCertificate": ci.pem}, {"name": "certificate1"}]),
            "[1].name",
            "twice",
        ),
        (
            json!([{"name": "certificate1", "encodedPemCertificate": ci.pem}, {"name": "certificate2", "encodedPemCertificate": ci.encoded()}]),
            "[1].encodedPemCertificate",
            "one slot is enough",
        ),
    ])
}

#[tokio::test]
async fn refused_with_the_member_and_what_to_do() -> Outcome {
    let harness = Harness::new().await?;
    let (ci, other) = (ClientCertificate::new("ci")?, ClientCertificate::new("other")?);
    let secrets: Vec<String> =
        ci.key.serialize_pem().lines().filter(|line| line.len() > 40).map(str::to_owned).collect();
    assert!(!secrets.is_empty());
    for (list, member, message) in refusals(&ci, &other)? {
        let answer = harness.manage(Method::PUT, &harness.token_id("token2"), Some(with_certificates(list))).await?;
        let seen = (answer.status, answer.error_code()?, answer.json()?["error"]["target"].to_string());
        let target = format!("\"properties.credentials.certificates{member}\"");
        assert_eq!(seen, (StatusCode::BAD_REQUEST, "InvalidParameter".to_owned(), target), "{answer:?}");
        assert!(answer.error_message()?.contains(message), "{answer:?}");
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(!secrets.iter().any(|line| text.contains(line) || text.contains(&STANDARD.encode(line))));
        let read = harness.manage(Method::GET, &harness.token_id("token2"), None).await?;
        assert_eq!(read.status, StatusCode::NOT_FOUND, "nothing is half done");
    }
    Ok(())
}

#[tokio::test]
async fn a_certificate_is_one_token_s_of_a_registry() -> Outcome {
    let harness = Harness::new().await?;
    let ci = ClientCertificate::new("ci")?;
    let list = json!([{"name": "certificate2", "encodedPemCertificate": ci.encoded()}]);
    harness.put(&harness.token_id("token2"), with_certificates(list.clone())).await?;
    harness.put(&harness.token_id("token3"), json!({"properties": {}})).await?;
    let refused = patch(&harness, "token3", list.clone()).await?;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.json()?["error"]["target"], "properties.credentials.certificates[0].encodedPemCertificate");
    assert!(refused.error_message()?.contains("'certificate2' of token 'token2'"), "{refused:?}");
    // Registries know nothing of each other.
    let elsewhere = format!("{}/tokens/token3", harness.registry_id(OTHER_REGISTRY));
    assert_eq!(held(&harness.put(&elsewhere, with_certificates(list.clone())).await?), [slot(2, &ci)]);
    // Removed, or gone with its token, it is free.
    patch(&harness, "token2", json!([])).await?.succeeded()?;
    patch(&harness, "token3", list.clone()).await?.succeeded()?;
    harness.delete(&harness.token_id("token3")).await?;
    assert_eq!(held(&patch(&harness, "token2", list).await?.succeeded()?.json()?), [slot(2, &ci)]);
    Ok(())
}

/// Two callers, each in a process of its own, who fill one slot and name the other, while a third generates passwords.
#[tokio::test]
async fn concurrent_callers_keep_each_other_s_slots() -> Outcome {
    let harness = Harness::new().await?;
    let second = harness.second_process().await?;
    harness.put(&harness.token_id("token2"), json!({"properties": {}})).await?;
    let certificates =
        (0..16).map(|number| ClientCertificate::new(&format!("ci-{number}"))).collect::<Outcome<Vec<_>>>()?;
    let fill = async |harness: &Harness, number: usize| {
        let (own, other) = if number.is_multiple_of(2) { (1, 2) } else { (2, 1) };
        let list = json!([
            {"name": format!("certificate{own}"), "encodedPemCertificate": certificates[number].encoded()},
            {"name": format!("certificate{other}")},
        ]);
        let token = patch(harness, "token2", list).await?.succeeded()?.json()?;
        assert!(held(&token).contains(&slot(own, &certificates[number])), "the answer has what was put");
        Outcome::Ok(())
    };
    let fill_odd_ones_elsewhere = (0..16).map(|number| fill(if number % 2 == 0 { &harness } else { &second }, number));
    let generated = (0..8).map(|number| {
        let name = if number % 2 == 0 { "password1" } else { "password2" };
        harness.generate("token2", json!({"name": name}))
    });
    tokio::try_join!(try_join_all(fill_odd_ones_elsewhere), try_join_all(generated))?;
    let read = harness.get(&harness.token_id("token2")).await?;
    let names: Vec<&str> = of(&read).as_array().into_iter().flatten().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, ["certificate1", "certificate2"]);
    assert_eq!(read["properties"]["credentials"]["passwords"].as_array().map(Vec::len), Some(2));
    Ok(())
}

/// The swagger's own examples, at a time when their certificate was valid.
#[tokio::test]
async fn azure_s_examples() -> Outcome {
    let Some(folder) = shared_folder() else { return Ok(()) };
    let folder = folder.join("azure/swagger/2022-02-01-preview/examples");
    let harness = Harness::new_at(Timestamp::parse("2019-01-01T00:00:00Z")?).await?;
    let example = |file: &str| Outcome::<Value>::Ok(serde_json::from_slice(&std::fs::read(folder.join(file))?)?);
    let (create, update) = (example("TokenCreate.json")?, example("TokenUpdate.json")?);
    let given = |example: &Value, member: &str| example["parameters"][member]["properties"]["credentials"].clone();
    let id = harness.token_id("myToken");
    let made =
        harness.put(&id, json!({"properties": {"credentials": given(&create, "tokenCreateParameters")}})).await?;
    let answered = &create["responses"]["201"]["body"];
    assert_eq!(of(&made)[0]["thumbprint"], of(answered)[0]["thumbprint"]);
    let changed =
        harness.patch(&id, json!({"properties": {"credentials": given(&update, "tokenUpdateParameters")}})).await?;
    let answered = &update["responses"]["200"]["body"];
    assert_eq!(of(&changed)[0]["encodedPemCertificate"], of(answered)[0]["encodedPemCertificate"]);
    // In the example it is 2020-12-04T15:32:48: the same moment on the west coast, with day and month exchanged.
    assert_eq!(of(&made)[0]["expiry"], "2020-04-12T22:32:48+00:00");
    Ok(())
}
