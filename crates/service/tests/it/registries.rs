//! Resource groups and registries.

use crate::world::{
    Failure, Outcome, World, caller, group_id, group_spec, invalid_target, other_caller, registry_id, registry_spec,
};
use model::arm_name::{RegistryName, SubscriptionId};
use model::listing::Cursor;
use model::registry::Sku;
use model::resource_id::ResourceGroupId;
use service::{Error, RegistrySpec, ResourceGroupSpec, Written};
use std::collections::BTreeMap;
use std::time::Duration;

fn names<T: ToString>(items: impl IntoIterator<Item = T>) -> Vec<String> {
    items.into_iter().map(|item| item.to_string()).collect()
}

#[tokio::test]
async fn groups_are_made_changed_and_listed() -> Outcome {
    let world = World::new().await?;
    let service = &world.service;
    let labels = BTreeMap::from([("cost".to_owned(), "1".to_owned())]);
    let spec = ResourceGroupSpec { location: "West US".to_owned(), labels: labels.clone() };
    let (group, written) = service.put_resource_group(&group_id(service, "LNXTEST")?, spec).await?;
    assert_eq!((written, group.id.name.as_str(), group.location.as_str()), (Written::Updated, "lnxtest", "westus"));
    assert_eq!(service.get_resource_group(&group.id).await?.labels, labels);
    service.put_resource_group(&group_id(service, "Alpha")?, group_spec()).await?;
    let listed = service.list_resource_groups(service.subscription(), Cursor::default()).await?;
    assert_eq!(names(listed.items.iter().map(|(_, group)| &group.id.name)), ["lnxtest", "Alpha"]);

    let elsewhere = ResourceGroupSpec { location: "eastus".to_owned(), labels };
    assert_eq!(invalid_target(service.put_resource_group(&group.id, elsewhere).await)?, "location");
    let other = ResourceGroupId { subscription: SubscriptionId::parse(&"0".repeat(36))?, name: group.id.name };
    assert!(matches!(service.get_resource_group(&other).await, Err(Error::SubscriptionMissing(_))));
    Ok(())
}

#[tokio::test]
async fn a_group_takes_its_registries_with_it() -> Outcome {
    let world = World::new().await?;
    let service = &world.service;
    let password = world.put_token("token2").await?;
    let bearer = world.bearer("token2", &password).await?;
    assert!(service.delete_resource_group(&world.registry.id.group).await?);
    assert!(!service.delete_resource_group(&world.registry.id.group).await?);
    assert!(service.find_registry(&world.registry.id.name).await?.is_none());
    assert_eq!(world.bearer_refusal(&bearer).await?.as_deref(), Some("no such token"));
    let missing = service.get_registry(&world.registry.id).await;
    assert!(matches!(missing, Err(Error::ResourceGroupMissing(_))));
    Ok(())
}

#[tokio::test]
async fn registries_keep_who_made_them_and_where() -> Outcome {
    let world = World::new().await?;
    let (service, made) = (&world.service, &world.registry);
    world.folder.clock.advance(Duration::from_secs(60));
    let spec = RegistrySpec { sku: Sku::Basic, labels: BTreeMap::new(), ..registry_spec() };
    let id = registry_id(service, "LNXTEST", "LNXCR")?;
    let (changed, written) = service.put_registry(&other_caller(), &id, spec).await?;
    assert_eq!(written, Written::Updated);
    assert_eq!((changed.key, changed.created_at, changed.sku), (made.key, made.created_at, Sku::Basic));
    assert_eq!(changed.id.to_string(), made.id.to_string());
    assert_eq!(changed.system_data.created_by, caller());
    assert_eq!(changed.system_data.modified_by, other_caller());
    assert_eq!(service.get_registry(&id).await?, changed);

    let elsewhere = RegistrySpec { location: "eastus".to_owned(), ..registry_spec() };
    assert_eq!(invalid_target(service.put_registry(&caller(), &id, elsewhere).await)?, "location");
    Ok(())
}

#[tokio::test]
async fn a_registry_name_is_taken_in_every_group() -> Outcome {
    let world = World::new().await?;
    let service = &world.service;
    service.put_resource_group(&group_id(service, "other")?, group_spec()).await?;
    let id = registry_id(service, "other", "LnxCr")?;
    let taken = service.put_registry(&caller(), &id, registry_spec()).await;
    assert!(matches!(taken, Err(Error::RegistryNameTaken(_))));
    assert!(matches!(service.get_registry(&id).await, Err(Error::RegistryMissing(_))));
    assert_eq!(service.delete_registry(&id).await?, None);
    let nowhere = registry_id(service, "nowhere", "another")?;
    let missing = service.put_registry(&caller(), &nowhere, registry_spec()).await;
    assert!(matches!(missing, Err(Error::ResourceGroupMissing(_))));
    Ok(())
}

#[tokio::test]
async fn registries_are_found_by_name_and_as_the_only_one() -> Outcome {
    let world = World::new().await?;
    let service = &world.service;
    let found = |found: Option<model::registry::Registry>| found.map(|registry| registry.id.name.to_string());
    assert_eq!(found(service.find_registry(&RegistryName::parse("LNXCR")?).await?), Some("lnxcr".to_owned()));
    assert_eq!(found(service.find_only_registry().await?), Some("lnxcr".to_owned()));
    assert_eq!(found(service.find_registry(&RegistryName::parse("second")?).await?), None);
    // Made where it was just looked for in vain: what memory says must have been forgotten.
    let second = registry_id(service, "lnxtest", "Second")?;
    service.put_registry(&caller(), &second, registry_spec()).await?;
    assert_eq!(found(service.find_registry(&second.name).await?), Some("Second".to_owned()));
    assert_eq!(found(service.find_only_registry().await?), None);
    let listed = service.list_registries(service.subscription(), Some(&second.group.name), Cursor::default()).await?;
    assert_eq!(names(listed.items.iter().map(|(_, registry)| &registry.id.name)), ["lnxcr", "Second"]);
    assert_eq!(service.list_registries(service.subscription(), None, Cursor::default()).await?, listed);
    let deleted = service.delete_registry(&world.registry.id).await?.ok_or("nothing was deleted")?;
    assert_eq!(deleted, world.registry);
    assert_eq!(found(service.find_only_registry().await?), Some("Second".to_owned()));
    Ok(())
}

#[tokio::test]
async fn a_registry_made_anew_knows_no_bearer_of_the_old_one() -> Outcome {
    let mut world = World::new().await?;
    let password = world.put_token("token2").await?;
    let bearer = world.bearer("token2", &password).await?;
    world.service.delete_registry(&world.registry.id).await?;
    let (registry, _) = world.service.put_registry(&caller(), &world.registry.id, registry_spec()).await?;
    world.registry = registry;
    world.put_scope_map("newmap", &crate::world::SAMPLES).await?;
    world.put_token("token2").await?;
    let refusal = world.bearer_refusal(&bearer).await?;
    assert_eq!(refusal.as_deref(), Some("the bearer is not valid here: it is for another registry"));
    Ok::<(), Failure>(())
}
