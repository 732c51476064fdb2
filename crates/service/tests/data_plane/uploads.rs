//! Uploads and mounts.

use crate::Outcome;
use crate::world::{World, broken_body, sha256};
use bytes::Bytes;
use model::digest::{Digest, DigestAlgorithm};
use rstest::rstest;
use service::{Error, PageRequest, limits};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_pushed_blob_is_there_also_after_a_restart() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let digest = client.push_blob("samples/hello", "layer").await?;
    for service in [&world.service, &world.open_again().await?] {
        assert_eq!(client.at(service).blob("samples/hello", &digest).await??, "layer");
    }
    Ok(())
}

#[tokio::test]
async fn chunks_may_go_to_one_process_and_another() -> Outcome {
    let world = World::new().await?;
    let here = world.any_client().await?;
    let there = here.at(&world.open_again().await?);
    let upload = here.start("samples/hello").await??;
    let place = ("samples/hello", upload.id.as_str());
    assert_eq!(upload.offset, 0);
    assert_eq!(here.append(place, Some(0), "port").await??.offset, 4);
    assert_eq!(there.append(place, Some(4), "cul").await??.offset, 7);
    assert!(matches!(here.append(place, Some(4), "cul").await?, Err(Error::UploadOutOfOrder { offset: 7 })));
    let digest = Digest::of(DigestAlgorithm::Sha512, b"portcullis");
    assert_eq!(here.finish(place, "lis", &digest).await??.size_bytes, 10);
    assert_eq!(there.blob("samples/hello", &digest).await??, "portcullis");
    assert!(matches!(there.append(place, None, "x").await?, Err(Error::UploadUnknown)));
    Ok(())
}

#[rstest]
#[case::another_token("lnxcr", "token3", "samples/hello")]
#[case::another_repository("lnxcr", "token2", "samples/other")]
#[case::another_registry("other", "token2", "samples/hello")]
#[tokio::test]
async fn an_upload_is_its_holders_alone(
    #[case] registry: &str,
    #[case] token: &str,
    #[case] repository: &str,
) -> Outcome {
    let world = World::new().await?;
    let holder = world.any_client().await?;
    let upload = holder.start("samples/hello").await??;
    let stranger = world.client(&world.registry(registry).await?, token).await?;
    let place = (repository, upload.id.as_str());
    let permit = stranger.continuing(repository, &upload.id)?;
    assert!(matches!(stranger.service.get_upload(&permit).await, Err(Error::UploadUnknown)));
    assert!(matches!(stranger.append(place, None, "x").await?, Err(Error::UploadUnknown)));
    assert!(matches!(stranger.finish(place, "x", &sha256("x")).await?, Err(Error::UploadUnknown)));
    assert!(matches!(stranger.service.cancel_upload(&permit).await, Err(Error::UploadUnknown)));
    holder.finish(("samples/hello", &upload.id), "mine", &sha256("mine")).await??;
    Ok(())
}

#[rstest]
#[case("")]
#[case("../metadata.sqlite3")]
#[case("../blobs/sha256")]
#[case("not-started")]
#[tokio::test]
async fn ids_that_were_not_given_out_are_unknown(#[case] id: &str) -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    assert!(matches!(client.append(("samples/hello", id), None, "x").await?, Err(Error::UploadUnknown)));
    let permit = client.continuing("samples/hello", id)?;
    assert!(matches!(client.service.cancel_upload(&permit).await, Err(Error::UploadUnknown)));
    Ok(())
}

#[tokio::test]
async fn a_wrong_digest_ends_the_upload() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let place = ("samples/hello", &*client.start("samples/hello").await??.id);
    let refused = client.finish(place, "sent", &sha256("claimed")).await?;
    assert!(
        matches!(refused, Err(Error::DigestMismatch { claimed, actual }) if claimed == sha256("claimed") && actual == sha256("sent"))
    );
    assert!(matches!(client.append(place, None, "x").await?, Err(Error::UploadUnknown)));
    assert!(!world.upload_file(place.1).exists());
    Ok(())
}

#[tokio::test]
async fn naming_a_blob_of_others_is_not_having_it() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let digest = client.push_blob("samples/secret", "secret").await?;
    let upload = client.start("samples/hello").await??;
    let refused = client.finish(("samples/hello", &upload.id), "", &digest).await?;
    assert!(matches!(refused, Err(Error::DigestMismatch { .. })));
    assert!(matches!(client.blob("samples/hello", &digest).await?, Err(Error::BlobUnknown(_))));
    Ok(())
}

#[tokio::test]
async fn what_arrived_before_an_interruption_is_kept() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let upload = client.start("samples/hello").await??;
    let permit = client.continuing("samples/hello", &upload.id)?;
    let broken = client.service.append_upload(&permit, None, broken_body("port")).await;
    assert!(matches!(broken, Err(Error::BodyInterrupted)));
    assert_eq!(client.service.get_upload(&permit).await?.offset, 4);
    let broken = client.service.finish_upload(&permit, Some(4), broken_body("cul"), &sha256("portcul")).await;
    assert!(matches!(broken, Err(Error::BodyInterrupted)), "a body that broke off finishes nothing");
    client.finish(("samples/hello", &upload.id), "lis", &sha256("portcullis")).await??;
    Ok(())
}

#[tokio::test]
async fn a_cancelled_upload_leaves_nothing() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let upload = client.start("samples/hello").await??;
    let permit = client.continuing("samples/hello", &upload.id)?;
    assert!(world.upload_file(&upload.id).exists());
    client.service.cancel_upload(&permit).await?;
    assert!(!world.upload_file(&upload.id).exists());
    assert!(matches!(client.service.cancel_upload(&permit).await, Err(Error::UploadUnknown)));
    Ok(())
}

#[tokio::test]
async fn a_token_has_so_many_uploads_open() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let max = usize::try_from(limits::OPEN_UPLOADS.max)?;
    let starts = (0..max).map(|_| client.start("samples/hello"));
    let mut started = futures_util::future::try_join_all(starts).await?;
    let refused = client.start("samples/hello").await?;
    assert!(matches!(refused, Err(Error::LimitReached(limit)) if limit == limits::OPEN_UPLOADS));
    let others = world.client(&world.registry("lnxcr").await?, "token3").await?;
    others.start("samples/hello").await??;
    let one = started.pop().ok_or("none started")??;
    client.service.cancel_upload(&client.continuing("samples/hello", &one.id)?).await?;
    client.start("samples/hello").await??;

    world.clock.advance(limits::UPLOAD_YIELDS - HOUR);
    let used = started.swap_remove(0)?;
    client.append(("samples/hello", &used.id), None, "x").await??;
    world.clock.advance(HOUR);
    let refused = client.start("samples/hello").await?;
    assert!(matches!(refused, Err(Error::LimitReached(_))), "none has rested long enough");
    world.clock.advance(Duration::from_secs(1));
    client.start("samples/hello").await??;
    let offset = client.service.get_upload(&client.continuing("samples/hello", &used.id)?).await?.offset;
    assert_eq!(offset, 1, "the one in use was spared");
    Ok(())
}

#[tokio::test]
async fn an_idle_upload_is_cleared_away_when_another_starts() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let idle = client.start("samples/hello").await??;
    let used = client.start("samples/hello").await??;
    world.clock.advance(limits::UPLOAD_IDLE - HOUR);
    client.append(("samples/hello", &used.id), None, "port").await??;
    world.clock.advance(HOUR * 2);
    client.start("samples/hello").await??;
    assert!(!world.upload_file(&idle.id).exists());
    assert!(matches!(client.append(("samples/hello", &idle.id), None, "x").await?, Err(Error::UploadUnknown)));
    client.finish(("samples/hello", &used.id), "cullis", &sha256("portcullis")).await??;
    Ok(())
}

#[tokio::test]
async fn the_bytes_of_a_deleted_tokens_uploads_are_cleared_away() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let orphan = client.start("samples/hello").await??;
    client.service.delete_token(&client.token).await?;
    let other = world.client(&world.registry("lnxcr").await?, "token3").await?;
    let open = other.start("samples/hello").await??;
    world.service.clear_idle_uploads().await?;
    assert!(!world.upload_file(&orphan.id).exists());
    assert!(world.upload_file(&open.id).exists());
    Ok(())
}

#[tokio::test]
async fn a_token_deleted_while_the_bytes_come_finishes_nothing() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let upload = client.start("samples/hello").await??;
    let permit = client.continuing("samples/hello", &upload.id)?;
    let body = Box::pin(futures_util::stream::once(async {
        client.service.delete_token(&client.token).await?;
        Ok(Bytes::from_static(b"layer"))
    }));
    let refused = client.service.finish_upload(&permit, None, body, &sha256("layer")).await;
    assert!(matches!(refused, Err(Error::Revoked(_))));
    assert!(matches!(client.tags("samples/hello", PageRequest::default()).await?, Err(Error::RepositoryUnknown(_))));
    assert!(matches!(client.start("samples/hello").await?, Err(Error::Revoked(_))));
    Ok(())
}

#[tokio::test]
async fn a_mount_needs_the_blob_in_the_source_repository() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let digest = client.push_blob("samples/base", "layer").await?;
    let from_other = client.reading("samples/other", &digest)?;
    assert_eq!(client.mount("samples/hello", &from_other).await??, None);
    let from_base = client.reading("samples/base", &digest)?;
    for _ in 0..2 {
        assert_eq!(client.mount("samples/hello", &from_base).await??.map(|blob| blob.size_bytes), Some(5));
        assert_eq!(client.blob("samples/hello", &digest).await??, "layer");
    }
    Ok(())
}

#[tokio::test]
async fn nothing_is_mounted_from_another_registry() -> Outcome {
    let world = World::new().await?;
    let (here, there) = (world.any_client().await?, world.client(&world.registry("other").await?, "token2").await?);
    let digest = there.push_blob("samples/base", "layer").await?;
    here.push_blob("samples/base", "layer").await?;
    assert_eq!(here.mount("samples/hello", &there.reading("samples/base", &digest)?).await??, None);
    assert!(matches!(here.blob("samples/hello", &digest).await?, Err(Error::BlobUnknown(_))));
    Ok(())
}
