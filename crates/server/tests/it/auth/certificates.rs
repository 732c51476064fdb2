//! Signing in with a certificate: at the token service, directly, and with the bearers that are bound to it.

use crate::client::{Answer, Client, Outcome};
use crate::client_certificate::ClientCertificate;
use crate::harness::{Harness, Holder, OTHER_REGISTRY, REGISTRY};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, StatusCode};
use model::action::Action;
use rstest::rstest;
use serde_json::{Value, json};
use server::Peer;
use std::time::Duration;

const HOST: &str = "lnxcr.localhost";
const TAGS: &str = "/v2/samples/hello/tags/list";
const TOKEN: &str = "/oauth2/token?service=lnxcr.localhost&scope=repository:samples/hello:pull,push";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A site behind a proxy, whose token `builder` may do everything on `samples/hello` with a certificate, and a client that has it.
async fn site(harness: &Harness) -> Outcome<(ClientCertificate, Client<'_>)> {
    let certificate = ClientCertificate::new("ci")?;
    harness.certified(everything("builder"), &certificate).await?;
    let owner = harness.stranger(HOST).with_certificate(&certificate);
    owner.push_blob("samples/hello", b"hello").await?;
    Ok((certificate, owner))
}

fn everything(name: &str) -> Holder<'_> {
    Holder { name, repositories: "samples/hello", actions: &Action::ALL }
}

fn bearer_of(answer: &Answer) -> Outcome<String> {
    Ok(answer.json()?["token"].as_str().ok_or("a token answer has a token")?.to_owned())
}

fn claims(bearer: &str) -> Outcome<Value> {
    let claims = bearer.split('.').nth(1).ok_or("claims")?;
    Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims)?)?)
}

async fn refused(client: &Client<'_>, path: &str) -> Outcome<String> {
    let answer = client.get(path).await?;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{answer:?}");
    answer.error_message()
}

#[tokio::test]
async fn at_the_token_service() -> Outcome {
    let harness = Harness::behind_proxy().await?;
    let (certificate, client) = site(&harness).await?;
    let get = client.get(TOKEN).await?.succeeded()?;
    // As containerd asks where it has a user, and others without one.
    let form =
        [("grant_type", "password"), ("service", "lnxcr.localhost"), ("scope", "repository:samples/hello:pull,push")];
    let post = client.post_form("/oauth2/token", &form).await?.succeeded()?;
    for answer in [get, post] {
        assert_eq!(answer.json()?["scope"], "repository:samples/hello:pull,push,metadata_read");
        let bearer = bearer_of(&answer)?;
        let claims = claims(&bearer)?;
        assert_eq!((claims["sub"].as_str(), claims.get("pwd")), (Some("builder"), None));
        let fingerprint: Vec<u8> = (0..32)
            .map(|at| u8::from_str_radix(&certificate.fingerprint[2 * at..2 * at + 2], 16))
            .collect::<Result<_, _>>()?;
        assert_eq!(claims["cnf"], json!({"x5t#S256": URL_SAFE_NO_PAD.encode(fingerprint)}), "RFC 8705, section 3.1");
        client.with_bearer(&bearer).get(TAGS).await?.succeeded()?;
    }
    Ok(())
}

#[tokio::test]
async fn directly() -> Outcome {
    let harness = Harness::behind_proxy().await?;
    let (_, client) = site(&harness).await?;
    client.get(TAGS).await?.succeeded()?;
    client.get("/v2/_catalog").await?.succeeded()?;
    client.push_image(("samples/hello", "v1"), &client.push_blob("samples/hello", b"more").await?, "").await?;
    client.get("/v2/samples/hello/manifests/v1").await?.succeeded()?;
    assert_eq!(
        refused(&client, "/v2/samples/other/tags/list").await?,
        "missing metadata/read on repository samples/other"
    );
    // Where clients learn how to sign in they always learn it.
    let ping = client.get("/v2/").await?;
    assert_eq!(ping.status, StatusCode::UNAUTHORIZED);
    assert!(ping.header("www-authenticate").is_some_and(|challenge| challenge.starts_with("Bearer realm=")));
    Ok(())
}

#[tokio::test]
async fn a_bound_bearer_needs_its_certificate() -> Outcome {
    let harness = Harness::behind_proxy().await?;
    let (_, client) = site(&harness).await?;
    let bearer = bearer_of(&client.get(TOKEN).await?.succeeded()?)?;
    let stranger = harness.stranger(HOST);
    let other = ClientCertificate::new("other")?;
    harness.certified(everything("other"), &other).await?;
    for thief in
        [stranger.clone(), stranger.with_certificate(&other), stranger.with_certificate(&ClientCertificate::new("ci")?)]
    {
        let answer = thief.with_bearer(&bearer).get(TAGS).await?;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert!(answer.header("www-authenticate").is_some_and(|challenge| challenge.contains("invalid_token")));
    }
    client.with_bearer(&bearer).get(TAGS).await?.succeeded()?;
    Ok(())
}

/// Of a token with both: its own certificate binds, one that is nobody's says nothing, one of another token contradicts.
#[tokio::test]
async fn a_password_beside_a_certificate() -> Outcome {
    let harness = Harness::behind_proxy().await?;
    let (certificate, client) = site(&harness).await?;
    let generated = harness.generate("builder", json!({"name": "password1"})).await?;
    let password = generated["passwords"][0]["value"].as_str().ok_or("a value")?;
    let stranger = harness.stranger(HOST);
    let form = [
        ("grant_type", "password"),
        ("username", "builder"),
        ("password", password),
        ("scope", "repository:samples/hello:pull"),
    ];

    let own = client.with_basic("builder", password);
    let bound = bearer_of(&own.get(TOKEN).await?.succeeded()?)?;
    assert!(claims(&bound)?["pwd"].is_number() && claims(&bound)?["cnf"].is_object());
    own.get(TAGS).await?.succeeded()?;
    assert_eq!(stranger.with_bearer(&bound).get(TAGS).await?.status, StatusCode::UNAUTHORIZED);
    client.with_bearer(&bound).get(TAGS).await?.succeeded()?;
    client.post_form("/oauth2/token", &form).await?.succeeded()?;

    let nobody_s = stranger.with_certificate(&ClientCertificate::new("nobody")?).with_basic("builder", password);
    let free = bearer_of(&nobody_s.get(TOKEN).await?.succeeded()?)?;
    assert_eq!(claims(&free)?.get("cnf"), None);
    nobody_s.get(TAGS).await?.succeeded()?;

    let another = ClientCertificate::new("another")?;
    harness.certified(everything("another"), &another).await?;
    let contradiction = stranger.with_certificate(&another);
    let mixed = contradiction.with_basic("builder", password);
    assert!(refused(&mixed, TOKEN).await?.contains("the password is one token's and the client certificate another's"));
    refused(&mixed, TAGS).await?;
    refused(&mixed, "/v2/").await?;
    assert_eq!(contradiction.post_form("/oauth2/token", &form).await?.status, StatusCode::UNAUTHORIZED);
    // Nor is what the password was changed for taken, which is bound to nothing.
    let mixed_bearer = contradiction.with_bearer(&free);
    assert_eq!(mixed_bearer.get(TAGS).await?.seen(), "401 UNAUTHORIZED");
    for with in [&stranger, &client, &nobody_s] {
        with.with_bearer(&free).get(TAGS).await?.succeeded()?;
    }
    // Also while the other token cannot be used.
    harness.disable("another").await?;
    refused(&mixed, TOKEN).await?;
    assert_eq!(mixed_bearer.get(TAGS).await?.seen(), "401 UNAUTHORIZED");
    // A wrong password does not hide behind a right certificate.
    refused(&stranger.with_certificate(&certificate).with_basic("builder", "pcl_wrong"), TOKEN).await?;
    refused(&stranger.with_certificate(&certificate).with_basic("builder", "pcl_wrong"), TAGS).await?;
    Ok(())
}

#[rstest]
#[case::its_name("builder", true)]
#[case::in_another_case("BUILDER", true)]
#[case::another_name("token2", false)]
#[tokio::test]
async fn a_client_that_says_who_it_is(#[case] account: &str, #[case] expected: bool) -> Outcome {
    let harness = Harness::behind_proxy().await?;
    let (_, client) = site(&harness).await?;
    let answer = client.get(&format!("{TOKEN}&account={account}")).await?;
    assert_eq!(answer.status.is_success(), expected, "{answer:?}");
    Ok(())
}

/// What ends a certificate.
#[derive(Debug, Clone, Copy)]
enum End {
    Remove,
    Replace,
    MoveToTheOtherSlot,
    Expire,
    RunOut,
    Disable,
    Delete,
}

/// From the next request on, for the certificate and for the bearers that came of it; to a stranger all look alike.
#[rstest]
#[case(End::Remove)]
#[case(End::Replace)]
#[case(End::Expire)]
#[case(End::RunOut)]
#[case(End::Disable)]
#[case(End::Delete)]
#[tokio::test]
async fn ended(#[case] end: End) -> Outcome {
    let harness = Harness::behind_proxy().await?;
    let (_, client) = site(&harness).await?;
    let second = harness.second_process().await?;
    if matches!(end, End::RunOut) {
        // Its last day.
        harness.advance(DAY * 1460);
    }
    let bearer = client.with_bearer(&bearer_of(&client.get(TOKEN).await?.succeeded()?)?);
    bearer.get(TAGS).await?.succeeded()?;
    bring(&harness, end).await?;
    let nobody = harness.stranger(HOST).with_certificate(&ClientCertificate::new("nobody")?);
    assert_eq!(refused(&client, TOKEN).await?, refused(&nobody, TOKEN).await?);
    assert_eq!(refused(&client, TAGS).await?, refused(&nobody, TAGS).await?);
    refused(&bearer, TAGS).await?;
    second.follow_changes().await?;
    let there = Client::new(&second.server, HOST);
    refused(&there.with_certificate(&ClientCertificate::new("nobody")?), TOKEN).await?;
    Ok(())
}

async fn bring(harness: &Harness, end: End) -> Outcome {
    let id = harness.token_id("builder");
    let set = async |list: Value| {
        harness.patch(&id, json!({"properties": {"credentials": {"certificates": list}}})).await.map(drop)
    };
    match end {
        End::Remove => set(json!([])).await,
        End::Replace => {
            let next = ClientCertificate::new("next")?.encoded();
            set(json!([{"name": "certificate1", "encodedPemCertificate": next}])).await
        }
        End::MoveToTheOtherSlot => {
            let read = harness.get(&id).await?;
            let mut moved = read["properties"]["credentials"]["certificates"][0].clone();
            moved["name"] = json!("certificate2");
            set(json!([moved])).await
        }
        End::Expire => {
            let soon = harness.now().plus(Duration::from_secs(5)).to_string();
            set(json!([{"name": "certificate1", "expiry": soon}])).await?;
            harness.advance(Duration::from_secs(5));
            Ok(())
        }
        End::RunOut => {
            harness.advance(DAY);
            Ok(())
        }
        End::Disable => harness.disable("builder").await,
        End::Delete => harness.delete(&id).await.map(drop),
    }
}

/// What keeps a certificate keeps its bearers; what takes it away and brings it back does not bring them back.
#[tokio::test]
async fn bearers_follow_the_slot() -> Outcome {
    let harness = Harness::behind_proxy().await?;
    let (certificate, client) = site(&harness).await?;
    let bearer = client.with_bearer(&bearer_of(&client.get(TOKEN).await?.succeeded()?)?);
    let read = harness.get(&harness.token_id("builder")).await?;
    harness.put(&harness.token_id("builder"), read.clone()).await?;
    bearer.get(TAGS).await?.succeeded()?;
    bring(&harness, End::MoveToTheOtherSlot).await?;
    refused(&bearer, TAGS).await?;
    client.get(TAGS).await?.succeeded()?;
    harness.put(&harness.token_id("builder"), read).await?;
    refused(&bearer, TAGS).await?;
    harness.stranger(HOST).with_certificate(&certificate).get(TAGS).await?.succeeded()?;
    Ok(())
}

#[tokio::test]
async fn before_its_time() -> Outcome {
    let harness = Harness::behind_proxy().await?;
    let certificate = ClientCertificate::valid("next-year", (2027, 2028))?;
    harness.certified(everything("builder"), &certificate).await?;
    let client = harness.stranger(HOST).with_certificate(&certificate);
    refused(&client, TOKEN).await?;
    harness.advance(DAY * 365);
    client.get(TOKEN).await?.succeeded()?;
    Ok(())
}

/// The same certificate opens each registry as what it is there.
#[tokio::test]
async fn registries_know_nothing_of_each_other() -> Outcome {
    let harness = Harness::behind_proxy().await?;
    let (certificate, client) = site(&harness).await?;
    let elsewhere = harness.stranger("othercr.localhost").with_certificate(&certificate);
    refused(&elsewhere, "/oauth2/token").await?;
    let list = json!([{"name": "certificate1", "encodedPemCertificate": certificate.encoded()}]);
    let id = format!("{}/tokens/there", harness.registry_id(OTHER_REGISTRY));
    harness.put(&id, json!({"properties": {"credentials": {"certificates": list}}})).await?;
    let theirs = bearer_of(&elsewhere.get("/oauth2/token").await?.succeeded()?)?;
    assert_eq!(claims(&theirs)?["sub"], "there");
    refused(&client.with_bearer(&theirs), TAGS).await?;
    refused(&elsewhere, TAGS).await?;
    Ok(())
}

/// The header counts from the listed proxy alone, and a proxy that repeats it is told so.
#[tokio::test]
async fn the_header_is_a_proxy_s() -> Outcome {
    let harness = Harness::behind_proxy().await?;
    let (certificate, _) = site(&harness).await?;
    let said = certificate.said_by_proxy();
    let ask = async |peer: Option<&str>, said: &[&str]| {
        let mut request = http::Request::builder().method(Method::GET).uri(TAGS).header("host", HOST);
        for said in said {
            request = request.header("client-cert", *said);
        }
        if let Some(peer) = peer {
            request = request.extension(Peer(peer.parse()?));
        }
        Outcome::Ok(harness.server.answer(request.body(bytes::Bytes::new())?).await.status())
    };
    assert_eq!(ask(Some("192.0.2.1:9"), &[&said]).await?, StatusCode::OK);
    assert_eq!(ask(Some("192.0.2.2:9"), &[&said]).await?, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(None, &[&said]).await?, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(Some("192.0.2.1:9"), &[]).await?, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(Some("192.0.2.1:9"), &[&said, &said]).await?, StatusCode::BAD_REQUEST);
    assert_eq!(ask(Some("192.0.2.1:9"), &["none"]).await?, StatusCode::BAD_REQUEST);
    let trusting_nobody = Harness::new().await?;
    trusting_nobody.certified(everything("builder"), &certificate).await?;
    let client = trusting_nobody.stranger(HOST).with_certificate(&certificate);
    refused(&client, TAGS).await?;
    Ok(())
}

/// The management API has its own sign-in, which a certificate does not replace.
#[tokio::test]
async fn management_is_not_opened() -> Outcome {
    let harness = Harness::behind_proxy().await?;
    let (_, client) = site(&harness).await?;
    let path = format!("{}?api-version=2022-12-01", harness.registry_id(REGISTRY));
    assert_eq!(client.get(&path).await?.status, StatusCode::UNAUTHORIZED);
    Ok(())
}
