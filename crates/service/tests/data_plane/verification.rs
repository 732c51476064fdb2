//! Verification: what is broken is named, with the images that it hits, and nothing else is.

use crate::Outcome;
use crate::world::{Failure, Pushed, World, sha256};
use rstest::rstest;
use service::{BrokenContent, Service};
use std::fs;

pub(crate) async fn verify(service: &Service) -> Result<Vec<BrokenContent>, Failure> {
    let mut verification = service.begin_verification().await?;
    let mut broken = Vec::new();
    while let Some(found) = verification.step().await? {
        broken.extend(found);
    }
    let at = verification.progress();
    assert!(at.blobs >= at.blobs_of && at.manifests > 0, "{at:?}");
    Ok(broken)
}

/// An image with a config, and an index that holds it.
async fn world() -> Result<(World, String, String), Failure> {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let (base, other) = (client.push_blob("samples/hello", "base").await?, client.push_blob("a/b", "other").await?);
    let image = client.put(("samples/hello", "v1"), &Pushed::image("image", &[&base])).await??;
    client.put(("samples/hello", "latest"), &Pushed::image("image", &[&base])).await??;
    let index = client.put(("samples/hello", "all"), &Pushed::index("index", &[&image])).await??;
    client.put(("a/b", "v1"), &Pushed::image("unhurt", &[&other])).await??;
    Ok((world, image.to_string(), index.to_string()))
}

/// As `registry/repository:tags@digest`.
fn named(broken: &BrokenContent) -> Vec<String> {
    let name = |image: &service::HitImage| {
        let tags: Vec<String> = image.tags.iter().map(ToString::to_string).collect();
        format!("{}/{}:{}@{}", image.registry, image.repository, tags.join(","), image.digest)
    };
    broken.images.iter().map(name).collect()
}

#[rstest]
#[case::missing(None, "the file is missing")]
#[case::cut_short(Some("bas"), "the file has 3 bytes, not 4")]
#[case::rotten(Some("bAse"), "the file has other bytes, of the digest sha256:")]
#[tokio::test]
async fn a_broken_blob_is_named_with_what_it_hits(#[case] content: Option<&str>, #[case] trouble: &str) -> Outcome {
    let (world, image, index) = world().await?;
    assert_eq!(verify(&world.service).await?, []);
    let file = world.blob_file(&sha256("base"));
    match content {
        None => fs::remove_file(&file)?,
        Some(content) => fs::write(&file, content)?,
    }
    let found = verify(&world.service).await?;
    let [broken] = found.as_slice() else { return Err(format!("{found:?}").into()) };
    assert_eq!((&broken.digest, broken.file.as_deref(), broken.more), (&sha256("base"), Some(file.as_path()), false));
    assert!(broken.trouble.starts_with(trouble), "{}", broken.trouble);
    let mut expected = [format!("lnxcr/samples/hello:latest,v1@{image}"), format!("lnxcr/samples/hello:all@{index}")];
    expected.sort_by_key(|name| name.rsplit('@').next().map(str::to_owned));
    assert_eq!(named(broken), expected);
    Ok(())
}

#[tokio::test]
async fn what_is_sent_again_is_healed() -> Outcome {
    let (world, ..) = world().await?;
    let client = world.client(&world.registry("lnxcr").await?, "token3").await?;
    let file = world.blob_file(&sha256("base"));
    fs::write(&file, "bAse")?;
    assert_eq!(verify(&world.service).await?.len(), 1);
    client.push_blob("samples/hello", "base").await?;
    assert_eq!(verify(&world.service).await?, []);
    Ok(())
}

#[tokio::test]
async fn a_blob_that_went_meanwhile_is_not_missed() -> Outcome {
    let (world, ..) = world().await?;
    let client = world.client(&world.registry("lnxcr").await?, "token3").await?;
    let gone = client.push_blob("samples/hello", "gone").await?;
    let mut verification = world.service.begin_verification().await?;
    // All manifests, the step that finds no more, and the list of blobs.
    for _ in 0..3 {
        verification.step().await?;
    }
    client.delete_blob("samples/hello", &gone).await??;
    crate::collection::collect(&world.service, std::time::Duration::ZERO, false).await?;
    assert!(!world.blob_file(&gone).exists());
    while let Some(found) = verification.step().await? {
        assert_eq!(found, []);
    }
    Ok(())
}
