//! Scope maps, the system's own included.

use crate::world::{Outcome, SAMPLES, World, caller, invalid_target, other_caller, parse_actions, registry_id};
use model::listing::Cursor;
use model::resource_id::ScopeMapId;
use model::scope_map::{SYSTEM_SCOPE_MAPS, ScopeMapKind};
use service::{Error, ScopeMapChange, ScopeMapSpec, Written};
use std::time::Duration;

fn spec(description: &str, actions: &[&str]) -> Result<ScopeMapSpec, crate::world::Failure> {
    Ok(ScopeMapSpec { description: description.to_owned(), actions: parse_actions(actions)? })
}

#[tokio::test]
async fn the_systems_come_first_and_stay_as_they_are() -> Outcome {
    let world = World::new().await?;
    world.put_scope_map("another", &[]).await?;
    let listed = world.service.list_scope_maps(&world.registry.id, Cursor::default()).await?.items;
    let names: Vec<&str> = listed.iter().map(|map| map.id.name.as_str()).collect();
    let system = SYSTEM_SCOPE_MAPS.map(|map| map.name);
    assert_eq!(names, [&system[..], &["newmap", "another"]].concat());
    assert!(listed[..5].iter().all(|map| map.kind == ScopeMapKind::SystemDefined && map.system_data.is_none()));

    let id = world.scope_map("_repositories_push")?;
    let present = world.service.get_scope_map(&id).await?;
    let reversed = ["repositories/*/content/write", "repositories/*/content/read"];
    let same = spec(&present.description, &reversed)?;
    let (put, written) = world.service.put_scope_map(&caller(), &id, same).await?;
    assert_eq!((&put, written), (&present, Written::Updated));
    let other = world.service.put_scope_map(&caller(), &id, spec("mine", &reversed)?).await;
    assert!(matches!(other, Err(Error::SystemScopeMap(_))));
    let change = ScopeMapChange { actions: Some(Vec::new()), ..ScopeMapChange::default() };
    let changed = world.service.update_scope_map(&caller(), &id, change).await;
    assert!(matches!(changed, Err(Error::SystemScopeMap(_))));
    assert!(matches!(world.service.delete_scope_map(&id).await, Err(Error::SystemScopeMap(_))));
    let own = world.service.put_scope_map(&caller(), &world.scope_map("_mine")?, spec("", &[])?).await;
    assert_eq!(invalid_target(own)?, "name");
    Ok(())
}

#[tokio::test]
async fn changes_keep_order_case_and_creation() -> Outcome {
    let world = World::new().await?;
    let id = world.scope_map("newmap")?;
    let made = world.service.get_scope_map(&id).await?;
    world.folder.clock.advance(Duration::from_secs(60));
    let actions = ["repositories/z/content/read", "repositories/a/content/read", "gateway/edge/config/read"];
    let upper = ScopeMapId { name: model::arm_name::ScopeMapName::parse("NEWMAP")?, ..id.clone() };
    let (put, written) = world.service.put_scope_map(&other_caller(), &upper, spec("new", &actions)?).await?;
    assert_eq!((written, put.id.name.as_str(), put.created_at), (Written::Updated, "newmap", made.created_at));
    assert_eq!(put.actions, parse_actions(&actions)?);
    let system_data = put.system_data.clone().ok_or("no system data")?;
    assert_eq!((system_data.created_by, system_data.created_at), (other_caller(), system_data.modified_at));
    let change = ScopeMapChange { description: Some("newer".to_owned()), actions: None };
    let changed = world.service.update_scope_map(&caller(), &id, change).await?;
    assert_eq!((changed.description.as_str(), &changed.actions), ("newer", &put.actions));
    assert_eq!(world.service.get_scope_map(&id).await?, changed);
    Ok(())
}

#[tokio::test]
async fn what_is_too_long_or_missing_is_refused() -> Outcome {
    let world = World::new().await?;
    let id = world.scope_map("newmap")?;
    let caller = caller();
    let put = |spec| world.service.put_scope_map(&caller, &id, spec);
    let (longest, too_long) = ("ä".repeat(256), "ä".repeat(257));
    assert!(put(spec(&longest, &SAMPLES)?).await.is_ok());
    assert_eq!(invalid_target(put(spec(&too_long, &SAMPLES)?).await)?, "properties.description");
    let texts: Vec<String> = (0..501).map(|number| format!("repositories/r{number}/content/read")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert!(put(spec("", &texts[..500])?).await.is_ok());
    assert!(matches!(put(spec("", &texts)?).await, Err(Error::LimitReached(service::limits::SCOPE_MAP_ACTIONS))));

    let nowhere = ScopeMapId { registry: registry_id(&world.service, "lnxtest", "nowhere")?, ..id.clone() };
    let none = world.scope_map("nothing")?;
    assert!(matches!(world.service.get_scope_map(&nowhere).await, Err(Error::ParentRegistryMissing(_))));
    assert!(matches!(world.service.get_scope_map(&none).await, Err(Error::ScopeMapMissing(_))));
    let change = world.service.update_scope_map(&caller, &none, ScopeMapChange::default()).await;
    assert!(matches!(change, Err(Error::ScopeMapMissing(_))));
    assert!(!world.service.delete_scope_map(&none).await?);
    assert!(world.service.delete_scope_map(&id).await?);
    Ok(())
}
