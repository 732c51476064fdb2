//! Tokens and their passwords.

use crate::world::{
    Failure, Outcome, World, all_actions_on, caller, invalid_target, manager, other_caller, other_manager, registry_id,
    registry_spec,
};
use model::action::Action;
use model::listing::Cursor;
use model::password::{Password, PasswordName};
use model::resource_id::{ScopeMapId, TokenId};
use model::timestamp::Timestamp;
use model::token::TokenStatus;
use rstest::rstest;
use service::{Clock, CredentialsSpec, Error, PasswordSpec, TokenChange, TokenSpec, TokenWritten, Written};
use std::time::Duration;

use PasswordName::{Password1, Password2};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn wanted(name: PasswordName, expires_at: Option<Timestamp>) -> PasswordSpec {
    PasswordSpec { name, expires_at }
}

async fn put(world: &World, passwords: Option<Vec<PasswordSpec>>) -> Result<TokenWritten, Failure> {
    let spec = TokenSpec { passwords, ..TokenSpec::default() };
    Ok(world.service.put_token(&manager(), &world.token("token2")?, spec).await?)
}

fn present(written: &TokenWritten) -> Vec<PasswordName> {
    written.token.passwords.iter().map(|password| password.name).collect()
}

fn generated(written: &TokenWritten) -> Vec<PasswordName> {
    written.generated.iter().map(|password| password.name).collect()
}

#[tokio::test]
async fn a_new_token_is_enabled_and_has_what_was_asked() -> Outcome {
    let world = World::new().await?;
    let made = put(&world, None).await?;
    assert_eq!((made.written, made.token.status), (Written::Created, TokenStatus::Enabled));
    assert_eq!((made.token.scope_map.is_none(), made.token.passwords.len(), made.generated.len()), (true, 0, 0));
    let end = world.folder.clock.now().plus(DAY);
    let spec = TokenSpec {
        scope_map: Some(world.scope_map("_repositories_pull")?),
        status: Some(TokenStatus::Disabled),
        passwords: Some(vec![wanted(Password2, Some(end)), wanted(Password1, None)]),
        certificates: None,
    };
    let made = world.service.put_token(&manager(), &world.token("Another-1")?, spec).await?;
    assert_eq!((present(&made), generated(&made)), (vec![Password1, Password2], vec![Password1, Password2]));
    assert_eq!(made.token.passwords.iter().map(|password| password.expires_at).collect::<Vec<_>>(), [None, Some(end)]);
    assert_eq!(world.service.get_token(&world.token("ANOTHER-1")?).await?, made.token);
    let listed = world.service.list_tokens(&world.registry.id, Cursor::default()).await?.items;
    assert_eq!(listed.iter().map(|token| token.id.name.as_str()).collect::<Vec<_>>(), ["token2", "Another-1"]);
    assert_eq!(listed.last(), Some(&made.token));
    Ok(())
}

#[tokio::test]
async fn a_put_keeps_what_it_does_not_name() -> Outcome {
    let world = World::new().await?;
    let password = world.put_token("token2").await?;
    let before = world.service.get_token(&world.token("token2")?).await?;
    world.folder.clock.advance(DAY);
    let again = world.service.put_token(&other_manager(), &world.token("TOKEN2")?, TokenSpec::default()).await?;
    assert_eq!(again.written, Written::Updated);
    assert_eq!(again.token.id.name.as_str(), "token2");
    assert_eq!((&again.token.passwords, again.generated.len()), (&before.passwords, 0));
    assert_eq!((again.token.scope_map, again.token.created_at), (before.scope_map, before.created_at));
    assert_eq!(again.token.system_data.created_by, other_caller());
    assert_eq!(world.refusal("Token2", &password).await?, None);
    Ok(())
}

#[tokio::test]
async fn passwords_that_are_named_are_kept_and_others_removed() -> Outcome {
    let world = World::new().await?;
    let first = put(&world, Some(vec![wanted(Password1, None)])).await?;
    let secret = first.generated.first().ok_or("no password")?.password.clone();
    let both = put(&world, Some(vec![wanted(Password1, None), wanted(Password2, None)])).await?;
    assert_eq!((present(&both), generated(&both)), (vec![Password1, Password2], vec![Password2]));
    assert_eq!(world.refusal("token2", &secret).await?, None);
    let change = TokenChange { passwords: Some(vec![wanted(Password2, None)]), ..TokenChange::default() };
    let one = world.service.update_token(&manager(), &world.token("token2")?, change).await?;
    assert_eq!((present(&one), generated(&one)), (vec![Password2], vec![]));
    assert_eq!(world.refusal("token2", &secret).await?.as_deref(), Some("wrong password"));
    assert!(present(&put(&world, Some(vec![])).await?).is_empty());
    Ok(())
}

#[tokio::test]
async fn a_wrong_list_of_passwords_changes_nothing() -> Outcome {
    let world = World::new().await?;
    let password = world.put_token("token2").await?;
    let now = world.folder.clock.now();
    let target = |passwords: Vec<PasswordSpec>| async {
        let change =
            TokenChange { passwords: Some(passwords), status: Some(TokenStatus::Disabled), ..TokenChange::default() };
        invalid_target(world.service.update_token(&manager(), &world.token("token2")?, change).await)
    };
    let twice = vec![wanted(Password2, None), wanted(Password2, None)];
    assert_eq!(target(twice).await?, "properties.credentials.passwords[1].name");
    let over = vec![wanted(Password1, Some(now))];
    assert_eq!(target(over).await?, "properties.credentials.passwords[0].expiry");
    assert_eq!(world.refusal("token2", &password).await?, None, "the token is as it was");

    let past = TokenSpec { passwords: Some(vec![wanted(Password1, Some(now))]), ..TokenSpec::default() };
    let made = world.service.put_token(&manager(), &world.token("token3")?, past).await;
    assert_eq!(invalid_target(made)?, "properties.credentials.passwords[0].expiry");
    assert!(matches!(world.service.get_token(&world.token("token3")?).await, Err(Error::TokenMissing(_))));
    Ok(())
}

#[tokio::test]
async fn a_password_may_end_sooner_and_not_later() -> Outcome {
    let world = World::new().await?;
    let secret = world.put_token("token2").await?;
    let now = world.folder.clock.now();
    let set = |end| async move {
        let passwords = Some(vec![wanted(Password1, Some(end))]);
        TokenChange { passwords, ..TokenChange::default() }
    };
    let end = now.plus(DAY);
    let change = set(end).await;
    let changed = world.service.update_token(&manager(), &world.token("token2")?, change).await?;
    assert_eq!(changed.token.passwords.iter().map(|password| password.expires_at).collect::<Vec<_>>(), [Some(end)]);
    assert!(generated(&changed).is_empty());
    assert_eq!(world.refusal("token2", &secret).await?, None);

    let later = set(end.plus(DAY)).await;
    let refused = world.service.update_token(&manager(), &world.token("token2")?, later).await;
    assert_eq!(invalid_target(refused)?, "properties.credentials.passwords[0].expiry");
    world.folder.clock.advance(DAY);
    assert_eq!(world.refusal("token2", &secret).await?.as_deref(), Some("the password has expired"));
    Ok(())
}

#[tokio::test]
async fn generating_renews_one_or_both() -> Outcome {
    let world = World::new().await?;
    let first = world.put_token("token2").await?;
    let disable = TokenChange { status: Some(TokenStatus::Disabled), ..TokenChange::default() };
    world.update_token("token2", disable).await?;
    let end = world.folder.clock.now().plus(DAY);
    let spec = CredentialsSpec { token: world.token("TOKEN2")?, name: Some(Password2), expires_at: Some(end) };
    let made = world.service.generate_credentials(&world.registry.id, spec).await?;
    assert_eq!(made.generated.iter().map(|password| password.name).collect::<Vec<_>>(), [Password2]);
    assert_eq!(
        made.token.passwords.iter().map(|p| (p.name, p.expires_at)).collect::<Vec<_>>(),
        [(Password1, None), (Password2, Some(end))]
    );
    let second = &made.generated.first().ok_or("no password")?.password;
    assert_eq!(world.refusal("token2", second).await?.as_deref(), Some("the token is disabled"));
    let enable = TokenChange { status: Some(TokenStatus::Enabled), ..TokenChange::default() };
    world.update_token("token2", enable).await?;
    assert_eq!(world.refusal("token2", second).await?, None);
    assert_eq!(world.refusal("token2", &first).await?, None);
    world.folder.clock.advance(DAY);
    assert_eq!(world.refusal("token2", second).await?.as_deref(), Some("the password has expired"));
    world.generate("token2", None, None).await?;
    for old in [&first, second] {
        assert_eq!(world.refusal("token2", old).await?.as_deref(), Some("wrong password"));
    }
    Ok(())
}

#[tokio::test]
async fn generating_for_the_wrong_token_is_refused() -> Outcome {
    let world = World::new().await?;
    world.put_token("token2").await?;
    let spec = |token: TokenId| CredentialsSpec { token, name: None, expires_at: None };
    let generate = |spec| world.service.generate_credentials(&world.registry.id, spec);
    assert!(matches!(generate(spec(world.token("token9")?)).await, Err(Error::TokenMissing(_))));
    let elsewhere = TokenId { registry: registry_id(&world.service, "lnxtest", "other")?, ..world.token("token2")? };
    assert_eq!(invalid_target(generate(spec(elsewhere)).await)?, "tokenId");
    let past = CredentialsSpec { expires_at: Some(world.folder.clock.now()), ..spec(world.token("token2")?) };
    assert_eq!(invalid_target(generate(past).await)?, "expiry");
    Ok(())
}

#[tokio::test]
async fn a_scope_map_must_be_there_and_of_the_same_registry() -> Outcome {
    let world = World::new().await?;
    let other = registry_id(&world.service, "lnxtest", "other")?;
    world.service.put_registry(&caller(), &other, registry_spec()).await?;
    let foreign = ScopeMapId { registry: other, ..world.scope_map("_repositories_pull")? };
    for scope_map in [foreign, world.scope_map("nothing")?] {
        let spec = TokenSpec { scope_map: Some(scope_map), ..TokenSpec::default() };
        let put = world.service.put_token(&manager(), &world.token("token2")?, spec).await;
        assert_eq!(invalid_target(put)?, "properties.scopeMapId");
    }
    Ok(())
}

#[rstest]
#[case::right("token2", true, None)]
#[case::other_case("TOKEN2", true, None)]
#[case::wrong_password("token2", false, Some("wrong password"))]
#[case::unknown("token9", true, Some("no such token"))]
#[case::no_name("../token2\n", true, Some("no such token"))]
#[case::nothing("", false, Some("no such token"))]
#[tokio::test]
async fn sign_ins(#[case] user: &str, #[case] right: bool, #[case] refusal: Option<&str>) -> Outcome {
    let world = World::new().await?;
    let password = world.put_token("token2").await?;
    let presented = if right { password } else { Password::presented("guess".to_owned()) };
    assert_eq!(world.refusal(user, &presented).await?.as_deref(), refusal);
    // The second time is answered from memory, and in the same way.
    assert_eq!(world.refusal(user, &presented).await?.as_deref(), refusal);
    Ok(())
}

#[tokio::test]
async fn a_password_reaches_as_far_as_the_scope_map() -> Outcome {
    let world = World::new().await?;
    let password = world.put_token("token2").await?;
    let access = world.service.admit_directly(&world.registry, &world.sign_in("token2", &password).await?).access;
    assert_eq!(all_actions_on(&access, "samples/hello")?, [Action::ContentRead, Action::ContentWrite]);
    assert!(all_actions_on(&access, "other")?.is_empty());
    assert!(world.service.delete_scope_map(&world.scope_map("newmap")?).await?);
    let access = world.service.admit_directly(&world.registry, &world.sign_in("token2", &password).await?).access;
    assert!(all_actions_on(&access, "samples/hello")?.is_empty());
    assert_eq!(world.service.get_token(&world.token("token2")?).await?.scope_map, None);
    Ok(())
}
