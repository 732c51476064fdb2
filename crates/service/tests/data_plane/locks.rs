//! Locks: kept to by every process, whoever is at work at the same time.

use crate::Outcome;
use crate::world::{Pushed, World, sha256};
use model::locks::{Attribute, LocksChange};
use service::Error;
use std::sync::Arc;

const REPOSITORY: &str = "samples/hello";
const WRITE_OFF: LocksChange = LocksChange { delete: None, write: Some(false), read: None, list: None };
const DELETE_OFF: LocksChange = LocksChange { delete: Some(false), write: None, read: None, list: None };
const READ_OFF: LocksChange = LocksChange { delete: None, write: None, read: Some(false), list: None };

#[tokio::test]
async fn a_lock_holds_in_every_process_and_after_a_restart() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    client.put((REPOSITORY, "v1"), &Pushed::image("{1}", &[])).await??;
    let other_process = world.open_again().await?;
    client.change_tag((REPOSITORY, "v1"), WRITE_OFF).await??;
    for service in [&world.service, &other_process, &world.open_again().await?] {
        let refused = client.at(service).put((REPOSITORY, "v1"), &Pushed::image("{2}", &[])).await?;
        let Err(Error::Locked(lock)) = refused else { return Err("it was not refused".into()) };
        assert_eq!((lock.place().as_str(), lock.attribute), ("samples/hello:v1", Attribute::Write));
    }
    Ok(())
}

/// What is pushed or not before the lock's answer is so for good.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_slips_past_a_lock_that_is_set_meanwhile() -> Outcome {
    let world = World::new().await?;
    let client = Arc::new(world.any_client().await?);
    let other_process = Arc::new(client.at(&world.open_again().await?));
    for round in 0..10 {
        let tag = format!("v{round}");
        client.put((REPOSITORY, &tag), &Pushed::image("{}", &[])).await??;
        let mut pushes = tokio::task::JoinSet::new();
        for number in 0..8 {
            let (client, tag) = (Arc::clone(if number % 2 == 0 { &client } else { &other_process }), tag.clone());
            pushes.spawn(async move {
                let pushed = Pushed::image(format!("{{{round}.{number}}}"), &[]);
                let put = client.put((REPOSITORY, &tag), &pushed).await.map_err(|error| error.to_string())?;
                match put {
                    Ok(_) | Err(Error::Locked(_)) => Ok(()),
                    Err(error) => Err(error.to_string()),
                }
            });
        }
        let locked = client.change_tag((REPOSITORY, &tag), WRITE_OFF).await??;
        while let Some(pushed) = pushes.join_next().await {
            pushed??;
        }
        assert_eq!(client.get((REPOSITORY, &tag)).await??.digest, locked.digest);
    }
    Ok(())
}

/// Either the tag is locked and everything is there, or everything is gone and there was nothing to lock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repository_is_locked_or_deleted() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let other_process = client.at(&world.open_again().await?);
    for round in 0..10 {
        let repository = format!("samples/r{round}");
        client.put((&repository, "v1"), &Pushed::image("{1}", &[])).await??;
        client.put((&repository, "v2"), &Pushed::image("{2}", &[])).await??;
        let (locked, deleted) = tokio::join!(
            client.change_tag((&repository, "v2"), DELETE_OFF),
            other_process.delete_repository(&repository)
        );
        let there = client.get((&repository, "v1")).await?.is_ok();
        match (locked?, deleted?) {
            (Ok(_), Err(Error::Locked(lock))) => assert!(there && lock.attribute == Attribute::Delete),
            (Err(Error::RepositoryUnknown(_)), Ok(deleted)) => assert!(!there && deleted.manifests.len() == 2),
            (locked, deleted) => return Err(format!("{locked:?} and {deleted:?}").into()),
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_refused_delete_leaves_everything() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let layer = client.push_blob(REPOSITORY, "layer").await?;
    let digest = client.put((REPOSITORY, "v1"), &Pushed::image("{1}", &[&layer])).await??;
    client.put((REPOSITORY, "z"), &Pushed::image("{2}", &[])).await??;
    client.change_tag((REPOSITORY, "z"), DELETE_OFF).await??;
    assert!(matches!(client.delete_repository(REPOSITORY).await?, Err(Error::Locked(_))));
    assert_eq!(client.blob(REPOSITORY, &layer).await??, "layer");
    assert_eq!(client.get((REPOSITORY, "v1")).await??.digest, digest);
    assert_eq!(client.show_manifest((REPOSITORY, &digest)).await??.attributes.tags.len(), 1);
    Ok(())
}

/// A tag's locks go with it; a new tag of the name has none.
#[tokio::test]
async fn locks_end_with_what_they_are_of() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    client.put((REPOSITORY, "v1"), &Pushed::image("{}", &[])).await??;
    client.change_tag((REPOSITORY, "v1"), READ_OFF).await??;
    client.change_repository(REPOSITORY, READ_OFF).await??;
    client.delete_repository(REPOSITORY).await??;
    client.put((REPOSITORY, "v1"), &Pushed::image("{}", &[])).await??;
    assert_eq!(client.get((REPOSITORY, "v1")).await??.digest, sha256("{}"));
    Ok(())
}

#[tokio::test]
async fn a_tag_that_moves_keeps_its_locks() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    client.put((REPOSITORY, "v1"), &Pushed::image("{1}", &[])).await??;
    client.change_tag((REPOSITORY, "v1"), DELETE_OFF).await??;
    client.put((REPOSITORY, "v1"), &Pushed::image("{2}", &[])).await??;
    assert!(matches!(client.delete((REPOSITORY, "v1")).await?, Err(Error::Locked(_))));
    client.delete((REPOSITORY, &sha256("{1}").to_string())).await??;
    Ok(())
}

/// An index that nobody may delete is not made useless by taking its members.
#[tokio::test]
async fn the_members_of_a_locked_index_stay() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let member = client.put((REPOSITORY, "member"), &Pushed::image("{}", &[])).await??;
    let inner = client.put((REPOSITORY, "inner"), &Pushed::index("[1]", &[&member])).await??;
    client.put((REPOSITORY, "outer"), &Pushed::index("[2]", &[&inner])).await??;
    let (member, on) = (member.to_string(), LocksChange { delete: Some(true), ..LocksChange::default() });
    for tag in ["inner", "outer"] {
        client.change_tag((REPOSITORY, tag), DELETE_OFF).await??;
        let refused = client.delete((REPOSITORY, &member)).await?;
        let Err(Error::Locked(lock)) = refused else { return Err("it was not refused".into()) };
        assert_eq!(lock.place(), format!("{REPOSITORY}:{tag}"));
        client.change_tag((REPOSITORY, tag), on).await??;
    }
    client.delete((REPOSITORY, &member)).await??;
    Ok(())
}
