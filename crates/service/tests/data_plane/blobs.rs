//! Blobs: who may read one, and what taking one out of a repository leaves.

use crate::Outcome;
use crate::world::{Pushed, World};
use service::Error;
use std::fs;

#[tokio::test]
async fn a_blob_is_read_only_through_a_repository_that_holds_it() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let elsewhere = world.client(&world.registry("other").await?, "token2").await?;
    let digest = client.push_blob("samples/hello", "layer").await?;
    client.push_blob("samples/other", "another").await?;
    for (client, repository) in [(&client, "samples/other"), (&client, "never/pushed"), (&elsewhere, "samples/hello")] {
        assert!(
            matches!(client.blob(repository, &digest).await?, Err(Error::BlobUnknown(unknown)) if unknown == digest)
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_deleted_blob_stays_with_the_others_and_does_not_come_back() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let digest = client.push_blob("samples/hello", "layer").await?;
    client.push_blob("samples/other", "layer").await?;
    client.delete_blob("samples/hello", &digest).await??;
    assert_eq!(client.blob("samples/other", &digest).await??, "layer");
    assert!(matches!(client.blob("samples/hello", &digest).await?, Err(Error::BlobUnknown(_))));
    assert!(matches!(client.delete_blob("samples/hello", &digest).await?, Err(Error::BlobUnknown(_))));
    assert!(matches!(client.delete_blob("never/pushed", &digest).await?, Err(Error::BlobUnknown(_))));
    Ok(())
}

#[tokio::test]
async fn a_blob_that_a_manifest_needs_is_not_deleted() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let layer = client.push_blob("samples/hello", "layer").await?;
    let digest = client.put(("samples/hello", "v1"), &Pushed::image("{}", &[&layer])).await??;
    assert!(matches!(client.delete_blob("samples/hello", &layer).await?, Err(Error::BlobInUse(used)) if used == layer));
    assert_eq!(client.blob("samples/hello", &layer).await??, "layer");
    client.delete(("samples/hello", &digest.to_string())).await??;
    client.delete_blob("samples/hello", &layer).await??;
    Ok(())
}

#[tokio::test]
async fn lost_bytes_are_an_unknown_blob_until_they_are_pushed_again() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let digest = client.push_blob("samples/hello", "layer").await?;
    fs::write(world.blob_file(&digest), "lay")?;
    assert!(matches!(client.blob("samples/hello", &digest).await?, Err(Error::BlobUnknown(_))));
    fs::remove_file(world.blob_file(&digest))?;
    assert!(matches!(client.blob("samples/hello", &digest).await?, Err(Error::BlobUnknown(_))));
    client.push_blob("samples/hello", "layer").await?;
    assert_eq!(client.blob("samples/hello", &digest).await??, "layer");
    Ok(())
}
