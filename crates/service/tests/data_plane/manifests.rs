//! Manifests and tags, referrers included.

use crate::Outcome;
use crate::world::{Pushed, World, page, sha256};
use model::digest::{Digest, DigestAlgorithm};
use model::manifest::ManifestKind;
use service::{Error, PageRequest, limits};

const REPOSITORY: &str = "samples/hello";

#[tokio::test]
async fn a_manifest_is_found_by_tag_and_digest_also_after_a_restart() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let layer = client.push_blob(REPOSITORY, "layer").await?;
    let pushed = Pushed::image(r#"{"layers":1}"#, &[&layer, &layer]);
    let digest = client.put((REPOSITORY, "v1"), &pushed).await??;
    assert_eq!(digest, sha256(&pushed.bytes));
    for service in [&world.service, &world.open_again().await?] {
        for reference in ["v1", &digest.to_string()] {
            let found = client.at(service).get((REPOSITORY, reference)).await??;
            assert_eq!(
                (found.digest, found.kind, found.bytes),
                (digest.clone(), ManifestKind::OciImage, pushed.bytes.clone())
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn unknown_ones_are_told_by_their_reference() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    client.put((REPOSITORY, "v1"), &Pushed::image("{}", &[])).await??;
    let absent = sha256("absent").to_string();
    for place in [(REPOSITORY, "v2"), (REPOSITORY, absent.as_str()), ("never/pushed", "v1")] {
        assert!(
            matches!(client.get(place).await?, Err(Error::ManifestUnknown(unknown)) if unknown.to_string() == place.1)
        );
        assert!(matches!(client.delete(place).await?, Err(Error::ManifestUnknown(_))));
    }
    Ok(())
}

#[tokio::test]
async fn a_digest_in_the_request_must_be_right() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let pushed = Pushed::image("{}", &[]);
    for algorithm in [DigestAlgorithm::Sha256, DigestAlgorithm::Sha512] {
        let (right, wrong) = (Digest::of(algorithm, b"{}"), Digest::of(algorithm, b"other").to_string());
        let refused = client.put((REPOSITORY, &wrong), &pushed).await?;
        assert!(matches!(refused, Err(Error::DigestMismatch { actual, .. }) if actual == right));
        assert_eq!(client.put((REPOSITORY, &right.to_string()), &pushed).await??, right);
    }
    Ok(())
}

#[tokio::test]
async fn what_it_needs_must_be_in_the_repository_and_a_refusal_leaves_nothing() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let elsewhere = client.push_blob("samples/other", "layer").await?;
    let member = client.put(("samples/other", "v1"), &Pushed::image("{}", &[])).await??;
    let mut needing = Pushed::index("[]", &[&member, &member]);
    needing.manifest.blobs = vec![elsewhere.clone()];
    let mut missing = vec![elsewhere, member];
    missing.sort();
    let refused = client.put((REPOSITORY, "v1"), &needing).await?;
    assert!(matches!(refused, Err(Error::ManifestReferencesMissing(named)) if named == missing));
    assert!(matches!(client.tags(REPOSITORY, PageRequest::default()).await?, Err(Error::RepositoryUnknown(_))));
    Ok(())
}

#[tokio::test]
async fn an_index_is_kept_once_its_members_are_there() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let member = Pushed::image("{}", &[]);
    let digest = sha256(&member.bytes);
    client.put((REPOSITORY, &digest.to_string()), &member).await??;
    client.put((REPOSITORY, "v1"), &Pushed::index("[]", &[&digest])).await??;
    assert_eq!(client.get((REPOSITORY, "v1")).await??.kind, ManifestKind::OciIndex);
    Ok(())
}

#[tokio::test]
async fn pushing_again_changes_nothing_and_a_tag_moves() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let (one, two) = (Pushed::image("{1}", &[]), Pushed::image("{2}", &[]));
    let first = client.put((REPOSITORY, "v1"), &one).await??;
    assert_eq!(client.put((REPOSITORY, "v1"), &one).await??, first);
    let second = client.put((REPOSITORY, "v1"), &two).await??;
    assert_eq!(client.get((REPOSITORY, "v1")).await??.digest, second);
    assert_eq!(client.get((REPOSITORY, &first.to_string())).await??.bytes, one.bytes);
    Ok(())
}

#[tokio::test]
async fn the_last_media_type_of_the_same_bytes_counts_with_what_it_needs() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let layer = client.push_blob(REPOSITORY, "layer").await?;
    client.put((REPOSITORY, "v1"), &Pushed::image("{}", &[&layer])).await??;
    client.put((REPOSITORY, "v1"), &Pushed::index("{}", &[])).await??;
    assert_eq!(client.get((REPOSITORY, "v1")).await??.kind, ManifestKind::OciIndex);
    client.delete_blob(REPOSITORY, &layer).await??;
    Ok(())
}

#[tokio::test]
async fn a_manifest_has_a_greatest_size() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let max = usize::try_from(limits::MANIFEST_BYTES.max)?;
    client.put((REPOSITORY, "v1"), &Pushed::image(vec![b' '; max], &[])).await??;
    let refused = client.put((REPOSITORY, "v2"), &Pushed::image(vec![b' '; max + 1], &[])).await?;
    assert!(matches!(refused, Err(Error::LimitReached(limit)) if limit == limits::MANIFEST_BYTES));
    Ok(())
}

#[tokio::test]
async fn deleting_a_tag_leaves_the_manifest_and_deleting_that_takes_all_tags() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let (kept, deleted) = (Pushed::image("{1}", &[]), Pushed::image("{2}", &[]));
    client.put((REPOSITORY, "kept"), &kept).await??;
    let digest = client.put((REPOSITORY, "v1"), &deleted).await??.to_string();
    client.put((REPOSITORY, "v2"), &deleted).await??;
    client.delete((REPOSITORY, "v1")).await??;
    assert!(matches!(client.get((REPOSITORY, "v1")).await?, Err(Error::ManifestUnknown(_))));
    assert_eq!(client.get((REPOSITORY, "v2")).await??.digest.to_string(), digest);
    client.delete((REPOSITORY, &digest)).await??;
    assert_eq!(client.tags(REPOSITORY, PageRequest::default()).await??, (vec!["kept".to_owned()], false));
    Ok(())
}

#[tokio::test]
async fn referrers_are_filtered_then_paged_in_the_order_of_their_digests() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let subject = sha256("a subject that need not be there");
    assert_eq!(client.referrers(("never/pushed", &subject), None, PageRequest::default()).await?, (vec![], false));
    let (mut all, mut signatures) = (Vec::new(), Vec::new());
    for number in 0..6 {
        let artifact_type = if number % 2 == 0 { "signature" } else { "sbom" };
        let pushed = Pushed::image(format!("{{{number}}}"), &[]).about(&subject, artifact_type);
        let digest = sha256(&pushed.bytes).to_string();
        client.put((REPOSITORY, &digest), &pushed).await??;
        all.push(digest.clone());
        if artifact_type == "signature" {
            signatures.push(digest);
        }
    }
    client.put((REPOSITORY, "v1"), &Pushed::image("{}", &[])).await??;
    all.sort();
    signatures.sort();
    let about = (REPOSITORY, &subject);
    assert_eq!(client.referrers(about, None, PageRequest::default()).await?, (all.clone(), false));
    assert_eq!(client.referrers(about, None, page(4, &all[0])).await?, (all[1..5].to_vec(), true));
    assert_eq!(client.referrers(about, Some("signature"), page(2, "")).await?, (signatures[..2].to_vec(), true));
    assert_eq!(
        client.referrers(about, Some("signature"), page(2, &signatures[1])).await?,
        (signatures[2..].to_vec(), false)
    );
    assert_eq!(client.referrers(about, Some("none"), page(2, "")).await?, (vec![], false));
    assert_eq!(client.referrers(about, None, page(0, "")).await?, (vec![], false));
    client.delete((REPOSITORY, &all[0])).await??;
    assert_eq!(client.referrers(about, None, PageRequest::default()).await?, (all[1..].to_vec(), false));
    Ok(())
}

#[tokio::test]
async fn a_page_of_large_referrers_ends_early() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let subject = sha256("subject");
    let size = usize::try_from(limits::MANIFEST_BYTES.max)?;
    for filler in 0..5_u8 {
        let pushed = Pushed::image(vec![filler; size], &[]).about(&subject, "sbom");
        client.put((REPOSITORY, &sha256(&pushed.bytes).to_string()), &pushed).await??;
    }
    let (first, more) = client.referrers((REPOSITORY, &subject), None, PageRequest::default()).await?;
    assert_eq!((first.len(), more), (4, true));
    let (rest, more) = client.referrers((REPOSITORY, &subject), None, page(10, &first[3])).await?;
    assert_eq!((rest.len(), more), (1, false));
    Ok(())
}
