//! Who guesses passwords waits, and nobody else does.

use crate::client::{Answer, Client, Outcome, TokenClient};
use crate::harness::{Harness, PROXY, REGISTRY};
use futures_util::future::join_all;
use http::HeaderName;
use http::header::RETRY_AFTER;
use rstest::rstest;
use server::{Config, TrustedProxies};
use std::time::Duration;

const HOST: &str = "lnxcr.localhost";
const NODE: &str = "192.0.2.20:5000";
const ELSEWHERE: &str = "192.0.2.21:5000";
const MINUTE: Duration = Duration::from_secs(60);
const WRONG: &str = "401 UNAUTHORIZED";
const WAIT: &str = "429 TOOMANYREQUESTS";

async fn world() -> Outcome<(Harness, String)> {
    let harness = Harness::new().await?;
    let scope_map = harness.scope_map("newmap", &["repositories/samples/*/content/read"]).await?;
    let password = harness.token("token2", &scope_map).await?.password;
    Ok((harness, password))
}

/// The three doors to which a registry's user brings a password.
#[derive(Debug, Clone, Copy)]
enum Door {
    Get,
    Post,
    Basic,
}

async fn knock(client: &Client<'_>, door: Door, (user, password): (&str, &str)) -> Outcome<Answer> {
    match door {
        Door::Get => client.with_basic(user, password).get("/oauth2/token").await,
        Door::Post => {
            let form = [("grant_type", "password"), ("username", user), ("password", password)];
            client.post_form("/oauth2/token", &form).await
        }
        Door::Basic => client.with_basic(user, password).get("/v2/").await,
    }
}

#[rstest]
#[case(Door::Get, "token2")]
#[case(Door::Post, "token2")]
#[case(Door::Basic, "token2")]
// Whoever waits learns nothing of which names there are.
#[case(Door::Get, "nobody")]
#[case(Door::Get, "not/a name")]
#[tokio::test]
async fn a_guesser_gets_nowhere(#[case] door: Door, #[case] user: &str) -> Outcome {
    let (harness, password) = world().await?;
    let guesser = harness.stranger(HOST).at(ELSEWHERE.parse()?);
    for number in 0..10 {
        assert_eq!(knock(&guesser, door, (user, &format!("pcl_{number}"))).await?.seen(), WRONG, "guess {number}");
    }
    for at in [Door::Get, Door::Post, Door::Basic] {
        for guess in ["pcl_more", password.as_str()] {
            let refused = knock(&guesser, at, (user, guess)).await?;
            assert_eq!((refused.seen().as_str(), refused.header(RETRY_AFTER.as_str())), (WAIT, Some("60")), "{at:?}");
            assert_eq!(refused.header("www-authenticate"), None, "{at:?}");
        }
    }
    // Nobody else waits: not the same name from elsewhere, not another name from there.
    let node = harness.stranger(HOST).at(NODE.parse()?);
    assert_eq!(knock(&node, door, ("token2", &password)).await?.seen(), "200");
    assert_eq!(knock(&guesser, door, ("token3", "pcl_wrong")).await?.seen(), WRONG);
    harness.advance(MINUTE);
    assert_eq!(knock(&guesser, door, ("token2", &password)).await?.seen(), "200");
    Ok(())
}

/// It tries a password by POST, and once more by GET (data-plane-and-auth.md, 1.4).
#[tokio::test]
async fn containerd_may_try_twice_and_a_kubelet_with_an_old_secret_for_ever() -> Outcome {
    let (harness, password) = world().await?;
    let node = harness.stranger(HOST).at(NODE.parse()?);
    for _ in 0..50 {
        for door in [Door::Post, Door::Get] {
            assert_eq!(knock(&node, door, ("token2", "pcl_old")).await?.seen(), WRONG);
        }
        assert_eq!(knock(&node, Door::Post, ("token2", &password)).await?.seen(), "200", "beside it");
    }
    Ok(())
}

#[tokio::test]
async fn a_node_that_has_signed_in_goes_on_beside_a_guesser() -> Outcome {
    let (harness, password) = world().await?;
    let node = harness.stranger(HOST).at(NODE.parse()?);
    assert_eq!(knock(&node, Door::Get, ("token2", &password)).await?.seen(), "200");
    for number in 0..10 {
        knock(&node, Door::Get, ("token2", &format!("pcl_{number}"))).await?;
    }
    assert_eq!(knock(&node, Door::Get, ("token2", "pcl_more")).await?.seen(), WAIT);
    for door in [Door::Get, Door::Post, Door::Basic] {
        assert_eq!(knock(&node, door, ("token2", &password)).await?.seen(), "200", "{door:?}");
    }
    Ok(())
}

#[tokio::test]
async fn guesses_at_once_are_as_many_as_one_after_another() -> Outcome {
    let (harness, _) = world().await?;
    let guesser = harness.stranger(HOST).at(ELSEWHERE.parse()?);
    let passwords: Vec<String> = (0..40).map(|number| format!("pcl_{number}")).collect();
    let answers = join_all(passwords.iter().map(|guess| knock(&guesser, Door::Get, ("token2", guess)))).await;
    let seen: Vec<String> = answers.into_iter().map(|answer| answer.map(|a| a.seen())).collect::<Outcome<_>>()?;
    let count = |what: &str| seen.iter().filter(|seen| *seen == what).count();
    assert_eq!((count(WRONG), count(WAIT)), (10, 30));
    Ok(())
}

/// What a proxy says of its clients counts from listed ones alone (advisory 2026-20896 of Gitea).
#[rstest]
#[case::listed(true, WRONG)]
#[case::not_listed(false, WAIT)]
#[tokio::test]
async fn addresses_behind_a_proxy(#[case] is_listed: bool, #[case] expected: &str) -> Outcome {
    let listed = if is_listed { vec![PROXY.ip().to_string()] } else { Vec::new() };
    let config = Config { trusted_proxies: TrustedProxies::try_from(listed)?, ..Config::default() };
    let harness = Harness::new_with(config).await?;
    let client = TokenClient::at(&harness, REGISTRY, ("token2", "pcl_wrong")).basic().at(PROXY);
    let forwarded_for = HeaderName::from_static("x-forwarded-for");
    for number in 0..10 {
        let guesser = client.with_basic("token2", &format!("pcl_{number}"));
        let said = [(forwarded_for.clone(), "10.9.9.9, 198.51.100.1")];
        assert_eq!(guesser.send(http::Method::GET, "/v2/", &said, "").await?.seen(), WRONG);
    }
    let elsewhere = [(forwarded_for, "10.9.9.9, 198.51.100.2")];
    assert_eq!(client.send(http::Method::GET, "/v2/", &elsewhere, "").await?.seen(), expected);
    Ok(())
}

/// `az login --service-principal`, in the paths of Entra ID and of AD FS.
#[tokio::test]
async fn who_guesses_the_secret_of_a_service_principal_waits() -> Outcome {
    let harness = Harness::new().await?;
    let login = format!("/{}/oauth2/v2.0/token", harness.principal.tenant);
    let right = harness.principal.client_secret.reveal();
    let guesser = harness.stranger(HOST).at(ELSEWHERE.parse()?);
    for number in 0..10 {
        let path = if number % 2 == 0 { login.as_str() } else { "/adfs/oauth2/token" };
        let guess = format!("wrong{number}");
        assert_eq!(sign_in(&harness, &guesser, (path, &guess)).await?.seen(), "401 invalid_client");
    }
    let refused = sign_in(&harness, &guesser, (&login, right)).await?;
    assert_eq!(refused.seen(), "429 temporarily_unavailable");
    assert_eq!(refused.header(RETRY_AFTER.as_str()), Some("60"));
    let owner = harness.stranger(HOST).at(NODE.parse()?);
    sign_in(&harness, &owner, (&login, right)).await?.succeeded()?;
    harness.advance(MINUTE);
    sign_in(&harness, &guesser, (&login, right)).await?.succeeded()?;
    Ok(())
}

async fn sign_in(harness: &Harness, client: &Client<'_>, (path, secret): (&str, &str)) -> Outcome<Answer> {
    let id = harness.principal.client_id.as_str();
    let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
    client.post_form(path, &form).await
}
