//! When credentials were last used: what is a use, and what is kept of it.

use crate::world::{Failure, Outcome, World, manager};
use model::password::{Password, PasswordName};
use model::principal::PrincipalName;
use model::scope::Asked;
use model::timestamp::Timestamp;
use model::token::TokenStatus;
use rstest::rstest;
use service::{Clock, Service, Stay, TokenChange, limits};
use std::time::Duration;

/// How a token's `password1` is presented.
#[derive(Debug, Clone, Copy)]
enum How {
    Directly,
    AtTheTokenService,
    Wrong,
    Disabled,
    Bearer,
}

async fn present(world: &World, how: How, password: &Password) -> Outcome {
    match how {
        How::Directly => drop(world.service.admit_directly(&world.registry, &world.sign_in("token2", password).await?)),
        How::AtTheTokenService => drop(world.bearer("token2", password).await?),
        How::Wrong => {
            let guess = Password::presented("guess".to_owned());
            assert!(world.refusal("token2", &guess).await?.is_some());
        }
        How::Disabled => {
            let change = TokenChange { status: Some(TokenStatus::Disabled), ..TokenChange::default() };
            world.update_token("token2", change).await?;
            assert!(world.refusal("token2", password).await?.is_some());
        }
        How::Bearer => {
            let bearer = world.bearer("token2", password).await?;
            world.folder.clock.advance(Duration::from_secs(600));
            assert_eq!(world.bearer_refusal(&bearer).await?, None);
        }
    }
    Ok(())
}

/// Of `password1` and `password2`, as the store has it, in seconds since `start`.
async fn last_uses(world: &World, start: Timestamp) -> Result<Vec<Option<u64>>, Failure> {
    let token = world.service.get_token(&world.token("token2")?).await?;
    let seconds = |at: Option<Timestamp>| at.map(|at| at.since(start).as_secs());
    Ok(token.passwords.iter().map(|password| seconds(password.last_used_at)).collect())
}

#[rstest]
#[case(How::Directly, Some(5))]
#[case(How::AtTheTokenService, Some(5))]
#[case(How::Wrong, None)]
#[case(How::Disabled, None)]
#[case::the_sign_in_that_it_was_issued_for(How::Bearer, Some(5))]
#[tokio::test]
async fn a_use_is_a_sign_in_that_succeeds(#[case] how: How, #[case] expected: Option<u64>) -> Outcome {
    let world = World::new().await?;
    let password = world.put_token("token2").await?;
    let start = world.folder.clock.now();
    world.folder.clock.advance(Duration::from_secs(5));
    present(&world, how, &password).await?;
    assert_eq!(last_uses(&world, start).await?, [None, None], "nothing is written at a sign-in");
    world.service.write_uses().await?;
    assert_eq!(last_uses(&world, start).await?, [expected, None]);
    Ok(())
}

/// What is in constant use is written once a minute; what is kept is never earlier than what was kept.
#[tokio::test]
async fn the_last_use_is_kept_to_a_minute() -> Outcome {
    let world = World::new().await?;
    let password = world.put_token("token2").await?;
    let start = world.folder.clock.now();
    for (wait, expected) in [(0, 0), (30, 0), (29, 0), (1, 60), (200, 260)] {
        world.folder.clock.advance(Duration::from_secs(wait));
        present(&world, How::Directly, &password).await?;
        world.service.write_uses().await?;
        assert_eq!(last_uses(&world, start).await?, [Some(expected), None], "after {wait} s more");
    }
    assert_eq!(limits::USE_PRECISION, Duration::from_secs(60));
    Ok(())
}

#[rstest]
#[case::in_order([true, false])]
#[case::the_earlier_written_last([false, true])]
#[tokio::test]
async fn of_two_processes_the_later_use_stands(#[case] first_writes_first: [bool; 2]) -> Outcome {
    let world = World::new().await?;
    let (other, _) = world.folder.open(2).await?;
    let password = world.put_token("token2").await?;
    let start = world.folder.clock.now();
    present(&world, How::Directly, &password).await?;
    world.folder.clock.advance(Duration::from_secs(3600));
    let signed_in = other.sign_in(&world.registry, "token2", &password).await??;
    other.issue_access_token(&world.registry, &signed_in, &Asked::default())?;
    for first in first_writes_first {
        let service = if first { &world.service } else { &other };
        service.write_uses().await?;
    }
    assert_eq!(last_uses(&world, start).await?, [Some(3600), None]);
    Ok(())
}

/// Nobody forgets what sign-ins are judged by because somebody signed in.
#[tokio::test]
async fn no_use_makes_a_process_forget() -> Outcome {
    let world = World::new().await?;
    let password = world.put_token("token2").await?;
    let database = metadata::Store::open(&world.folder.path().join("metadata.sqlite3"), Stay::Brief)?;
    let version = || database.read(metadata::management_version::get);
    let before = version().await?;
    present(&world, How::Directly, &password).await?;
    world.service.write_uses().await?;
    assert_eq!(version().await?, before);
    world.generate("token2", Some(PasswordName::Password1), None).await?;
    assert!(version().await? > before, "the version is read right");
    Ok(())
}

/// The row of a use goes with its credential.
#[tokio::test]
async fn a_new_password_was_never_used_and_writing_late_does_not_change_that() -> Outcome {
    let world = World::new().await?;
    let password = world.put_token("token2").await?;
    let start = world.folder.clock.now();
    present(&world, How::Directly, &password).await?;
    world.generate("token2", Some(PasswordName::Password1), None).await?;
    world.service.write_uses().await?;
    assert_eq!(last_uses(&world, start).await?, [None, None]);
    Ok(())
}

async fn secret_last_used(service: &Service) -> Result<Option<Timestamp>, Failure> {
    let found = service.get_principal("ci").await?;
    Ok(found.secrets.first().ok_or("a secret")?.last_used_at)
}

/// At the login, and when a refresh token that it was exchanged for buys a bearer of a registry.
#[tokio::test]
async fn secrets_of_principals_are_used_too() -> Outcome {
    use model::rights::{ArmScope, Grant};
    let world = World::new().await?;
    let (service, clock) = (&world.service, &world.folder.clock);
    let (principal, made) = service.create_principal(PrincipalName::parse("ci")?, None).await?;
    let scope = ArmScope::Registry(world.registry.id.clone());
    let grant = Grant { role: model::role::Role::Owner, scope };
    let id = model::guid::Guid::parse("00000000-0000-0000-0000-000000000001")?;
    let spec = service::RoleAssignmentSpec { id, principal: principal.object_id.to_string(), grant };
    service.put_role_assignment(&manager(), spec).await?;
    let bearer = service.sign_in_principal(principal.client_id.as_str(), &made.value).await?;
    service.write_uses().await?;
    let login = clock.now();
    assert_eq!(secret_last_used(service).await?, Some(login));

    clock.advance(Duration::from_secs(600));
    let signed_in = service.verify_principal(&bearer.text).await?;
    let refresh = service.issue_refresh_token(&world.registry, &signed_in).await?.ok_or("a refresh token")?;
    service.write_uses().await?;
    assert_eq!(secret_last_used(service).await?, Some(login), "a bearer of the management API is no use of its own");

    clock.advance(Duration::from_secs(600));
    let signed_in = service.sign_in_with_refresh_token(&world.registry, &refresh).await??;
    service.issue_access_token(&world.registry, &signed_in, &Asked::default())?;
    service.write_uses().await?;
    assert_eq!(secret_last_used(service).await?, Some(clock.now()));
    Ok(())
}
