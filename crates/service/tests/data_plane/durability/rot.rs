//! Files that somebody or something changed behind the store's back.

use crate::Outcome;
use crate::world::{Pushed, World, sha256};
use rstest::rstest;
use service::Error;
use std::fs;

/// A push of the same bytes heals the store, whatever became of the file: a client that finds an image broken needs nothing else.
#[rstest]
#[case::lost(None)]
#[case::cut_short(Some("lay"))]
#[case::longer(Some("layers"))]
#[case::empty(Some(""))]
#[case::rotten(Some("lAyer"))]
#[tokio::test]
async fn a_damaged_blob_is_healed_by_the_next_push(#[case] damaged: Option<&str>) -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let digest = client.push_blob("samples/hello", "layer").await?;
    client.put(("samples/hello", "v1"), &Pushed::image("{}", &[&digest])).await??;
    match damaged {
        Some(text) => fs::write(world.blob_file(&digest), text)?,
        None => fs::remove_file(world.blob_file(&digest))?,
    }
    if damaged.is_none_or(|text| text.len() != "layer".len()) {
        let served = client.blob("samples/hello", &digest).await?;
        assert!(matches!(served, Err(Error::BlobUnknown(_))), "what shows to be damaged is not served: {served:?}");
    }
    for repository in ["samples/hello", "samples/other"] {
        client.push_blob(repository, "layer").await?;
        assert_eq!(client.blob(repository, &digest).await??, "layer");
    }
    assert_eq!(client.get(("samples/hello", "v1")).await??.digest, sha256("{}"));
    Ok(())
}

/// An upload whose file was cut, or lost, while it was under way ends with an error, or begins where the file does: never with other bytes.
#[rstest]
#[case::cut(Some("po"), Some(2))]
#[case::zeros(Some("po\0\0"), Some(4))]
#[case::lost(None, None)]
#[tokio::test]
async fn a_half_written_upload_never_becomes_a_blob(
    #[case] left: Option<&str>,
    #[case] offset: Option<u64>,
) -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let upload = client.start("samples/hello").await??;
    let (place, digest) = (("samples/hello", upload.id.as_str()), sha256("portcullis"));
    client.append(place, Some(0), "port").await??;
    match left {
        Some(text) => fs::write(world.upload_file(&upload.id), text)?,
        None => fs::remove_file(world.upload_file(&upload.id))?,
    }
    // After a restart: this process knows the hash of what it wrote itself.
    let client = client.at(&world.open_again().await?);
    let permit = client.continuing(place.0, place.1)?;
    let found = client.service.get_upload(&permit).await.ok().map(|upload| upload.offset);
    assert_eq!(found, offset, "a client is told how much is there");
    let finished = client.finish(place, &"portcullis"[offset.unwrap_or(4) as usize..], &digest).await?;
    match left {
        Some("po") => assert_eq!(finished?.size_bytes, 10),
        Some(_) => assert!(matches!(finished, Err(Error::DigestMismatch { .. })), "{finished:?}"),
        None => assert!(matches!(finished, Err(Error::UploadUnknown)), "{finished:?}"),
    }
    client.push_blob("samples/hello", "portcullis").await?;
    assert_eq!(client.blob("samples/hello", &digest).await??, "portcullis");
    Ok(())
}
