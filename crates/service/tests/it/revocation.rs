//! A live bearer is refused at the next request after anything that it rests on has changed, here or in another process.

use crate::world::{Failure, Outcome, SAMPLES, World, caller, parse_actions, refusal_at};
use model::password::PasswordName;
use model::token::TokenStatus;
use rstest::rstest;
use service::{Clock, PasswordSpec, ScopeMapChange, TokenChange};
use std::time::Duration;

/// What is done to a token that has a live bearer of its `password1`.
#[derive(Debug, Clone, Copy)]
enum Change {
    Disable,
    DisableAndEnable,
    Delete,
    DeleteAndMakeAnew,
    Regenerate,
    RemovePassword,
    OtherScopeMap,
    NarrowScopeMap,
    DeleteScopeMap,
    DeleteRegistry,
    // What follows changes nothing that the bearer rests on.
    RegenerateTheOther,
    DescribeScopeMap,
    SameAgain,
}

async fn set_status(world: &World, status: TokenStatus) -> Outcome {
    world.update_token("token2", TokenChange { status: Some(status), ..TokenChange::default() }).await
}

async fn change_scope_map(world: &World, change: ScopeMapChange) -> Outcome {
    world.service.update_scope_map(&caller(), &world.scope_map("newmap")?, change).await?;
    Ok(())
}

async fn delete_token(world: &World) -> Outcome {
    assert!(world.service.delete_token(&world.token("token2")?).await?);
    assert!(!world.service.delete_token(&world.token("token2")?).await?);
    Ok(())
}

async fn set_scope_map(world: &World, name: &str) -> Outcome {
    let change = TokenChange { scope_map: Some(world.scope_map(name)?), ..TokenChange::default() };
    world.update_token("token2", change).await
}

async fn apply(world: &World, change: Change) -> Outcome {
    match change {
        Change::Disable => set_status(world, TokenStatus::Disabled).await,
        Change::DisableAndEnable => {
            set_status(world, TokenStatus::Disabled).await?;
            set_status(world, TokenStatus::Enabled).await
        }
        Change::Delete => delete_token(world).await,
        Change::DeleteAndMakeAnew => {
            delete_token(world).await?;
            world.put_token("token2").await.map(drop)
        }
        Change::Regenerate => world.generate("token2", Some(PasswordName::Password1), None).await.map(drop),
        Change::RegenerateTheOther => world.generate("token2", Some(PasswordName::Password2), None).await.map(drop),
        Change::RemovePassword => {
            let keep = vec![PasswordSpec { name: PasswordName::Password2, expires_at: None }];
            world.update_token("token2", TokenChange { passwords: Some(keep), ..TokenChange::default() }).await
        }
        Change::OtherScopeMap => set_scope_map(world, "_repositories_admin").await,
        Change::NarrowScopeMap => {
            let actions = Some(parse_actions(&SAMPLES[..1])?);
            change_scope_map(world, ScopeMapChange { actions, description: None }).await
        }
        Change::DescribeScopeMap => {
            let description = Some("for the samples".to_owned());
            change_scope_map(world, ScopeMapChange { description, actions: Some(parse_actions(&SAMPLES)?) }).await
        }
        Change::DeleteScopeMap => {
            assert!(world.service.delete_scope_map(&world.scope_map("newmap")?).await?);
            Ok(())
        }
        Change::DeleteRegistry => {
            assert!(world.service.delete_registry(&world.registry.id).await?.is_some());
            Ok(())
        }
        Change::SameAgain => {
            set_status(world, TokenStatus::Enabled).await?;
            set_scope_map(world, "NewMap").await
        }
    }
}

#[rstest]
#[case(Change::Disable, Some("the token is disabled"))]
#[case(Change::DisableAndEnable, Some("the token has changed since the bearer was issued"))]
#[case(Change::Delete, Some("no such token"))]
#[case(Change::DeleteAndMakeAnew, Some("no such token"))]
#[case(Change::Regenerate, Some("the password was regenerated or removed"))]
#[case(Change::RemovePassword, Some("the password was regenerated or removed"))]
#[case(Change::OtherScopeMap, Some("the token has changed since the bearer was issued"))]
#[case(Change::NarrowScopeMap, Some("the token has changed since the bearer was issued"))]
#[case(Change::DeleteScopeMap, Some("the token has changed since the bearer was issued"))]
#[case(Change::DeleteRegistry, Some("no such token"))]
#[case(Change::RegenerateTheOther, None)]
#[case(Change::DescribeScopeMap, None)]
#[case(Change::SameAgain, None)]
#[tokio::test]
async fn a_live_bearer_follows_its_token(#[case] change: Change, #[case] refusal: Option<&str>) -> Outcome {
    let world = World::new().await?;
    let (other, _) = world.folder.open(2).await?;
    let password = world.put_token("token2").await?;
    let bearer = world.bearer("token2", &password).await?;
    other.follow_changes().await?;
    assert_eq!(world.bearer_refusal(&bearer).await?, None);
    assert_eq!(refusal_at(&other, &world.registry, &bearer).await?, None);

    apply(&world, change).await?;
    assert_eq!(world.bearer_refusal(&bearer).await?.as_deref(), refusal, "here, at the next request");
    other.follow_changes().await?;
    assert_eq!(refusal_at(&other, &world.registry, &bearer).await?.as_deref(), refusal, "in another process");
    Ok(())
}

#[tokio::test]
async fn a_sign_in_follows_its_token() -> Outcome {
    let world = World::new().await?;
    let (other, _) = world.folder.open(2).await?;
    let password = world.put_token("token2").await?;
    let refusal = |service: service::Service| {
        let (registry, password) = (world.registry.clone(), password.clone());
        async move { Ok::<_, Failure>(service.sign_in(&registry, "token2", &password).await?.err()) }
    };
    assert_eq!(refusal(world.service.clone()).await?, None);
    assert_eq!(refusal(other.clone()).await?, None);
    delete_token(&world).await?;
    let unknown = Some(model::token::SignInRefusal::UnknownToken);
    assert_eq!(refusal(world.service.clone()).await?, unknown);
    other.follow_changes().await?;
    assert_eq!(refusal(other).await?, unknown);
    Ok(())
}

#[tokio::test]
async fn a_bearer_ends_with_its_hour_and_with_its_password() -> Outcome {
    let world = World::new().await?;
    let clock = &world.folder.clock;
    world.put_token("token2").await?;
    let end = clock.now().plus(Duration::from_secs(5400));
    let password = world.generate("token2", Some(PasswordName::Password2), Some(end)).await?;
    let first = world.bearer("token2", &password).await?;
    clock.advance(Duration::from_secs(3599));
    assert_eq!(world.bearer_refusal(&first).await?, None);
    clock.advance(Duration::from_secs(1));
    let expired = "the bearer is not valid here: it has expired";
    assert_eq!(world.bearer_refusal(&first).await?.as_deref(), Some(expired));
    let second = world.bearer("token2", &password).await?;
    clock.advance(Duration::from_secs(1799));
    assert_eq!(world.bearer_refusal(&second).await?, None);
    clock.advance(Duration::from_secs(1));
    assert_eq!(world.bearer_refusal(&second).await?.as_deref(), Some(expired));
    Ok(())
}
