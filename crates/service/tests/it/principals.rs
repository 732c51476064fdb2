//! Service principals, where the order of what happens counts.

use crate::world::{Failure, Outcome, World, manager};
use model::guid::Guid;
use model::principal::PrincipalName;
use model::rights::{ArmScope, Grant};
use model::role::Role;
use service::{Error, IdentityError, Manager, RoleAssignmentSpec};

/// A service principal that owns the registry: as it signed in, and the id of its secret.
async fn owner(world: &World) -> Result<(Manager, Guid), Failure> {
    let service = &world.service;
    let (principal, made) = service.create_principal(PrincipalName::parse("ci")?, None).await?;
    let grant = Grant { role: Role::Owner, scope: ArmScope::Registry(world.registry.id.clone()) };
    let id = Guid::parse("00000000-0000-0000-0000-000000000001")?;
    let spec = RoleAssignmentSpec { id, principal: principal.object_id.to_string(), grant };
    service.put_role_assignment(&manager(), spec).await?;
    let bearer = service.sign_in_principal(principal.client_id.as_str(), &made.value).await?;
    Ok((service.verify_principal(&bearer.text).await?, made.secret.id))
}

/// The bearer is judged in one transaction, and what is asked with it done in another: what is taken between the two is taken.
#[tokio::test]
async fn a_secret_that_is_removed_while_a_request_is_under_way_gives_nothing() -> Outcome {
    let world = World::new().await?;
    let (signed_in, secret) = owner(&world).await?;
    assert!(world.service.issue_refresh_token(&world.registry, &signed_in).await?.is_some());
    // Another secret stays, with which the principal is a user of the registry again.
    let other = world.service.add_principal_secret("ci", None).await?;
    assert!(world.service.remove_principal_secret("ci", &secret).await?);
    assert!(world.service.issue_refresh_token(&world.registry, &signed_in).await?.is_none());
    let renewed = Manager { secret: Some(other.secret.id), ..signed_in.clone() };
    assert!(world.service.issue_refresh_token(&world.registry, &renewed).await?.is_some());
    assert!(world.service.issue_refresh_token(&world.registry, &signed_in).await?.is_none(), "the row is not its own");

    let grant = Grant { role: Role::Reader, scope: ArmScope::Registry(world.registry.id.clone()) };
    let id = Guid::parse("00000000-0000-0000-0000-000000000002")?;
    let spec = RoleAssignmentSpec { id, principal: signed_in.principal.clone(), grant };
    let refused = world.service.put_role_assignment(&signed_in, spec).await;
    assert!(matches!(refused, Err(Error::Identity(IdentityError::RoleTooGreat(_)))), "{refused:?}");
    Ok(())
}
