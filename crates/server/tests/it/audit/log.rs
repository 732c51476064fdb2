//! The log as a whole: it is one chain, whoever writes; a flood is bounded; no secret is in it; old entries go, and it stays whole.

use super::{entries, head, is_whole, lines};
use crate::client::Outcome;
use crate::distribution::pushes::{REPOSITORY, everything};
use crate::harness::{Harness, OTHER_REGISTRY, REGISTRY};
use http::Method;
use rstest::rstest;
use serde_json::json;
use server::Config;
use server::config::AuditConfig;
use std::num::NonZeroU32;
use std::time::Duration;

const HOST: &str = "lnxcr.localhost";
const TOKEN: &str = "/oauth2/token";

#[tokio::test]
async fn several_processes_write_one_chain() -> Outcome {
    let harness = Harness::new().await?;
    let second = harness.second_process().await?;
    for number in 0..5 {
        harness.scope_map(&format!("map-{number}"), &[]).await?;
        second.scope_map(&format!("other-{number}"), &[]).await?;
        second.stranger(HOST).with_basic("nobody", "x").get(TOKEN).await?;
        second.scope_map(&format!("more-{number}"), &[]).await?;
    }
    let lines = lines(&harness, "").await?;
    assert!(lines.len() > 15 && is_whole(&lines)?, "{lines:#?}");
    assert!(lines[0].contains(&format!(r#""previous":"{}""#, "0".repeat(64))));
    let numbers: Vec<i64> = entries(&harness, "").await?.iter().filter_map(|entry| entry["seq"].as_i64()).collect();
    assert_eq!(numbers, (1..=i64::try_from(lines.len())?).collect::<Vec<_>>());
    let mut tampered = lines.clone();
    tampered[3] = tampered[3].replace("allowed", "refused");
    assert!(!is_whole(&tampered)?);
    Ok(())
}

#[tokio::test]
async fn a_deleted_registry_keeps_its_entries() -> Outcome {
    let harness = Harness::new().await?;
    everything(&harness).await?.push_blob(REPOSITORY, b"hello").await?;
    let before = entries(&harness, &format!("&registry={REGISTRY}")).await?;
    harness.delete(&harness.registry_id(REGISTRY)).await?;
    let after = entries(&harness, &format!("&registry={REGISTRY}")).await?;
    assert!(before.len() > 3);
    assert_eq!(after[..before.len()], before);
    assert_eq!(after.len(), before.len() + 1);
    Ok(())
}

/// Equal ones become two entries a minute, and too many different ones become one for what is left.
#[tokio::test]
async fn a_flood_is_counted() -> Outcome {
    let harness = Harness::new().await?;
    let stranger = harness.stranger(HOST);
    let before = head(&harness).await?;
    let from = |number: u32| stranger.at(([198, 51, (number >> 8) as u8, number as u8], 4000).into());
    for _ in 0..100 {
        from(0).with_basic("nobody", "x").get(TOKEN).await?;
    }
    for number in 1..1_500 {
        from(number).with_basic("nobody", "x").get(TOKEN).await?;
    }
    harness.advance(Duration::from_secs(61));
    let picks = format!("&after={before}");
    let told = entries(&harness, &picks).await?;
    let happened: u64 = told.iter().map(|entry| entry["count"].as_u64().unwrap_or(1)).sum();
    assert_eq!(happened, 1_599, "nothing is lost");
    assert_eq!(told.len(), 200 + 2, "each of 200 addresses, the rest of one, and the rest of all");
    let of_one: Vec<_> = told.iter().filter(|entry| entry["address"] == "198.51.0.0").collect();
    assert_eq!(of_one.iter().map(|entry| entry["count"].as_u64()).collect::<Vec<_>>(), [None, Some(99)]);
    let rest = told.iter().find(|entry| entry["address"].is_null()).ok_or("the rest")?;
    assert_eq!((rest["count"].as_u64(), rest["outcome"].as_str()), (Some(1_300), Some("refused")));
    Ok(())
}

/// Who has signed in is not hidden by a flood of those who have not.
#[tokio::test]
async fn a_flood_hides_nobody() -> Outcome {
    let harness = Harness::new().await?;
    let scope_map = harness.scope_map("newmap", &["repositories/samples/*/content/read"]).await?;
    let client = harness.token("token2", &scope_map).await?.basic();
    for number in 0..1_100_u32 {
        let at = ([198, 51, (number >> 8) as u8, number as u8], 4000).into();
        harness.stranger(HOST).at(at).with_basic("nobody", "x").get(TOKEN).await?;
    }
    client.ask(Method::POST, "/v2/samples/hello/blobs/uploads/").await?;
    let refused = entries(&harness, "&who=TOKEN2&outcome=refused&action=upload/").await?;
    assert_eq!(refused.len(), 1);
    // Nor does one of somebody who has signed in.
    for number in 0..300 {
        client.get(&format!("/v2/other/hello/manifests/v{number}")).await?;
    }
    let other = harness.token("token3", &scope_map).await?.basic();
    other.ask(Method::POST, "/v2/samples/hello/blobs/uploads/").await?;
    assert_eq!(entries(&harness, "&who=TOKEN3&outcome=refused&action=upload/").await?.len(), 1);
    Ok(())
}

/// Whoever pulls anonymously is a stranger, also where a lock forbids it to read what it makes up.
#[tokio::test]
async fn anonymous_readers_of_what_is_locked_are_strangers() -> Outcome {
    let harness = Harness::new().await?;
    let owner = everything(&harness).await?;
    owner.push_blob(REPOSITORY, b"hello").await?;
    let lock = r#"{"readEnabled":false}"#;
    assert_eq!(owner.send(Method::PATCH, &format!("/acr/v1/{REPOSITORY}"), &[], lock).await?.status, 200);
    harness.anonymous_pull(true).await?;
    let stranger = harness.stranger(HOST);
    let anonymous = stranger.with_bearer(&stranger.bearer_text(&["repository:samples/hello:pull"]).await?);
    let before = head(&harness).await?;
    for number in 0..300 {
        let refused = anonymous.get(&format!("/v2/{REPOSITORY}/manifests/v{number}")).await?;
        assert_eq!(refused.status, 405);
    }
    harness.advance(Duration::from_secs(61));
    let told = entries(&harness, &format!("&after={before}&outcome=refused")).await?;
    assert_eq!(told.len(), 200 + 1, "the rest is one");
    Ok(())
}

/// Nothing that anybody sent or got as a secret, through every door that takes or gives one.
#[tokio::test]
async fn no_entry_has_a_secret() -> Outcome {
    const CANARY: &str = "Canary-5ecret-2b1f";
    let harness = Harness::new().await?;
    let stranger = harness.stranger(HOST);
    let mut secrets = vec![CANARY.to_owned(), harness.principal.client_secret.reveal().to_owned()];
    let scope_map = harness.scope_map("newmap", &["repositories/samples/*/content/read"]).await?;
    let token = harness.token("token2", &scope_map).await?;
    secrets.push(token.password.clone());
    secrets.push(token.bearer_text(&["repository:samples/hello:pull"]).await?);
    let generated = harness.generate("token2", json!({})).await?;
    secrets.extend(
        generated["passwords"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|made| made["value"].as_str().map(str::to_owned)),
    );
    harness.patch(&harness.registry_id(REGISTRY), json!({"properties": {"adminUserEnabled": true}})).await?;
    for (action, body) in [("listCredentials", None), ("regenerateCredential", Some(json!({"name": "password"})))] {
        let shown = harness.manage(Method::POST, &format!("{}/{action}", harness.registry_id(REGISTRY)), body).await?;
        let shown = shown.json()?;
        secrets.extend(
            shown["passwords"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|made| made["value"].as_str().map(str::to_owned)),
        );
    }
    // A secret where a name belongs, and the other way round.
    for (user, password) in [(CANARY, "token2"), ("token2", CANARY), (CANARY, CANARY), (REGISTRY, CANARY)] {
        stranger.with_basic(user, password).get(TOKEN).await?;
        stranger.with_basic(user, password).get("/v2/").await?;
        let fields = [("grant_type", "client_credentials"), ("client_id", user), ("client_secret", password)];
        stranger.post_form("/common/oauth2/v2.0/token", &fields).await?;
        let fields = [("grant_type", "refresh_token"), ("refresh_token", password), ("service", HOST)];
        stranger.post_form("/oauth2/token", &fields).await?;
        let fields = [("grant_type", "access_token"), ("access_token", password), ("service", HOST)];
        stranger.post_form("/oauth2/exchange", &fields).await?;
    }
    for path in ["/v2/", "/subscriptions?api-version=2022-12-01"] {
        stranger.with_bearer(CANARY).get(path).await?;
        stranger.with_authorization(CANARY).get(path).await?;
    }
    stranger.with_basic("token2", CANARY).get(&format!("{TOKEN}?account={CANARY}")).await?;
    let all = lines(&harness, "").await?.join("\n");
    assert!(all.lines().count() > 15, "{all}");
    for secret in secrets {
        assert!(!all.contains(&secret), "{secret} is in the audit log");
    }
    Ok(())
}

#[rstest]
#[case::too_old(AuditConfig { keep_days: NonZeroU32::MIN, ..AuditConfig::default() }, Duration::from_secs(2 * 86_400))]
#[case::too_many(AuditConfig { entries_max: 3, ..AuditConfig::default() }, Duration::ZERO)]
#[tokio::test]
async fn old_entries_go_and_the_chain_stays_whole(#[case] audit: AuditConfig, #[case] later: Duration) -> Outcome {
    let harness = Harness::new_with(Config { audit, ..Config::default() }).await?;
    let before = lines(&harness, "").await?;
    harness.advance(later);
    harness.scope_map("young", &[]).await?;
    assert!(harness.server.prune_audit().await?);
    assert!(!harness.server.prune_audit().await?, "the second time there is nothing to do");
    let kept = lines(&harness, "").await?;
    assert!(is_whole(&kept)? && kept.len() < before.len() + 1, "{kept:#?}");
    assert!(kept.iter().any(|line| line.contains("young")), "{kept:#?}");
    let told = entries(&harness, "&action=audit/prune").await?;
    let first: serde_json::Value = serde_json::from_str(&kept[0])?;
    let (last_gone, hash) = (first["seq"].as_i64().ok_or("a number")? - 1, first["previous"].as_str().ok_or("a hash")?);
    assert_eq!(
        told.iter().map(|entry| entry["target"].as_str()).collect::<Vec<_>>(),
        [Some(&*format!("{last_gone}:{hash}"))]
    );
    Ok(())
}

#[rstest]
#[case("&who=USER@example.com&action=scopemaps", 2)]
#[case("&registry=OTHERCR", 1)]
#[case("&action=%25", 0)]
#[case("&outcome=refused", 1)]
#[case("&since=2026-01-01T00:00:10Z", 1)]
#[case("&until=2026-01-01T00:00:10Z&action=registries/scopeMaps/write", 1)]
#[case("&last=2", 2)]
#[case("&repository=samples/hello", 0)]
#[tokio::test]
async fn entries_are_picked(#[case] picks: &str, #[case] expected: usize) -> Outcome {
    let harness = Harness::new().await?;
    harness.scope_map("first", &[]).await?;
    harness.stranger(HOST).with_basic("nobody", "x").get(TOKEN).await?;
    head(&harness).await?;
    harness.advance(Duration::from_secs(10));
    harness.scope_map("second", &[]).await?;
    assert_eq!(entries(&harness, picks).await?.len(), expected);
    Ok(())
}

#[tokio::test]
async fn long_lists_have_parts() -> Outcome {
    let harness = Harness::new().await?;
    let scope_map = harness.scope_map("newmap", &[]).await?;
    let client = harness.token("token2", &scope_map).await?.basic();
    for _ in 0..1_001 {
        client.get(TOKEN).await?.succeeded()?;
    }
    let version = wire::arm::API_VERSION;
    let path = format!("/providers/Portcullis.Audit/entries?api-version={version}&who=token2");
    let first = harness.manage(Method::GET, &path, None).await?.succeeded()?;
    assert_eq!(String::from_utf8(first.body.to_vec())?.lines().count(), 1_000);
    let link = first.header("link").ok_or("a link")?;
    assert!(link.contains("&who=token2&after=") && link.ends_with(">; rel=\"next\""), "{link}");
    let next = link.trim_start_matches('<').split('>').next().ok_or("a URL")?;
    let next = next.split_once("5000").ok_or("a path")?.1;
    let second = harness.manage(Method::GET, next, None).await?.succeeded()?;
    assert_eq!((String::from_utf8(second.body.to_vec())?.lines().count(), second.header("link")), (1, None));
    Ok(())
}

#[rstest]
#[case("&since=yesterday", "since")]
#[case("&outcome=done", "outcome")]
#[case("&after=-1", "after")]
#[case("&last=x", "last")]
#[case("&last=0", "last")]
#[case("&last=1001", "last")]
#[case("&action=LONG", "action")]
#[tokio::test]
async fn wrong_picks_are_named(#[case] picks: &str, #[case] named: &str) -> Outcome {
    let harness = Harness::new().await?;
    let picks = picks.replace("LONG", &"x".repeat(1_001));
    let path = format!("/providers/Portcullis.Audit/entries?api-version={}{picks}", wire::arm::API_VERSION);
    let answer = harness.manage(Method::GET, &path, None).await?;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()?["error"]["target"], named);
    Ok(())
}

/// A role at a registry is not one for what happens elsewhere.
#[tokio::test]
async fn only_who_reads_everything_reads_the_log() -> Outcome {
    let harness = Harness::new().await?;
    let made = json!({"displayName": "ci"});
    let made =
        harness.manage(Method::POST, "/providers/Portcullis.Identity/servicePrincipals", Some(made)).await?.json()?;
    let text = |member: &str| made[member].as_str().unwrap_or_default().to_owned();
    let secret = made["passwordCredentials"][0]["secretText"].as_str().unwrap_or_default();
    let grant = async |scope: &str, id: &str, role: &str| -> Outcome {
        let definition = format!("{scope}/providers/Microsoft.Authorization/roleDefinitions/{role}");
        let body = json!({"properties": {"roleDefinitionId": definition, "principalId": text("id")}});
        harness.put(&format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{id}"), body).await?;
        Ok(())
    };
    let owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
    grant(&harness.registry_id(OTHER_REGISTRY), "11111111-1111-4111-8111-111111111111", owner).await?;
    let (id, path) =
        (text("appId"), format!("/providers/Portcullis.Audit/entries?api-version={}", wire::arm::API_VERSION));
    let fields = [("grant_type", "client_credentials"), ("client_id", &*id), ("client_secret", secret)];
    let login = harness.stranger(HOST).post_form("/common/oauth2/v2.0/token", &fields).await?.json()?;
    let client = harness.stranger(HOST).with_bearer(login["access_token"].as_str().ok_or("a bearer")?);
    assert_eq!(client.get(&path).await?.seen(), "403 AuthorizationFailed");
    let subscription = format!("/subscriptions/{}", harness.subscription);
    let reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
    grant(&subscription, "22222222-2222-4222-8222-222222222222", reader).await?;
    assert_eq!(client.get(&path).await?.status, 200);
    assert_eq!(harness.stranger(HOST).get(&path).await?.status, 401);
    Ok(())
}
