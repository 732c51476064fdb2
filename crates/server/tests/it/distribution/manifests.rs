//! Manifests: pushed, pulled as the exact bytes, deleted.

use super::pushes::{REPOSITORY, digest_of, everything, image};
use crate::client::{Answer, Client, Outcome};
use crate::harness::Harness;
use http::Method;
use http::header::ACCEPT;
use model::digest::{Digest, DigestAlgorithm};
use model::manifest::ManifestKind;
use rstest::rstest;
use service::limits::TAGS_OF_A_PUSH;

/// A client that may do everything, and a blob.
async fn hello(harness: &Harness) -> Outcome<(Client<'_>, Digest)> {
    let client = everything(harness).await?;
    let blob = client.push_blob(REPOSITORY, b"hello").await?;
    Ok((client, blob))
}

#[tokio::test]
async fn the_exact_bytes_whatever_is_accepted() -> Outcome {
    let harness = Harness::new().await?;
    let (client, blob) = hello(&harness).await?;
    let body =
        format!("{{ \"schemaVersion\":2,\n\"x\":1, \"config\":{{\"digest\":\"{blob}\",\"size\":5}},\"layers\":[] }}\n");
    let kind = ManifestKind::DockerImage.media_type();
    let pushed = client.push_manifest((REPOSITORY, "v1"), &format!("{kind}; charset=utf-8"), &body).await?;
    let digest = digest_of(body.as_bytes()).to_string();
    assert_eq!((pushed.seen().as_str(), pushed.header("docker-content-digest")), ("201", Some(digest.as_str())));
    assert_eq!(pushed.header("location"), Some(format!("/v2/{REPOSITORY}/manifests/{digest}").as_str()));
    assert_eq!(pushed.header("oci-subject"), None);
    for reference in ["v1", &digest] {
        let path = format!("/v2/{REPOSITORY}/manifests/{reference}");
        let accept = [(ACCEPT, "application/vnd.oci.image.index.v1+json")];
        let get = client.send(Method::GET, &path, &accept, "").await?;
        let head = client.send(Method::HEAD, &path, &accept, "").await?;
        assert_eq!((get.seen().as_str(), get.header("content-type")), ("200", Some(kind)));
        assert_eq!(get.body, body);
        assert_eq!((head.seen().as_str(), head.body.len()), ("200", 0));
        assert_eq!(head.header("content-length"), Some(body.len().to_string().as_str()));
        assert_eq!(head.lasting_headers(), get.lasting_headers());
    }
    Ok(())
}

#[tokio::test]
async fn by_a_digest_of_either_algorithm() -> Outcome {
    let harness = Harness::new().await?;
    let (client, blob) = hello(&harness).await?;
    let body = format!(r#"{{"schemaVersion":2,"config":{{"digest":"{blob}","size":5}},"layers":[]}}"#);
    let kind = ManifestKind::OciImage.media_type();
    let digest = Digest::of(DigestAlgorithm::Sha512, body.as_bytes()).to_string();
    let pushed = client.push_manifest((REPOSITORY, &digest), kind, &body).await?;
    assert_eq!((pushed.seen().as_str(), pushed.header("docker-content-digest")), ("201", Some(digest.as_str())));
    let refused = client.push_manifest((REPOSITORY, &digest), kind, &format!("{body}  ")).await?;
    assert_eq!(refused.seen(), "400 DIGEST_INVALID");
    Ok(())
}

/// With tags beside the digest all of them are set, or none (distribution-spec after 1.1, end-7b).
#[rstest]
#[case::one("?tag=v1", "201", Some("v1"), &["v1"])]
#[case::several_and_one_twice("?tag=v1&tag=latest&tag=v1", "201", Some("v1, latest"), &["latest", "v1"])]
#[case::none_is_a_tag("?tag=v1&tag=.no", "400 TAG_INVALID", None, &[])]
#[case::empty("?tag=", "400 TAG_INVALID", None, &[])]
#[case::locked("?tag=v1&tag=locked", "405 REGISTRY_DISALLOWED_OPERATION", None, &[])]
#[tokio::test]
async fn by_a_digest_with_tags(
    #[case] query: &str,
    #[case] expected: &str,
    #[case] told: Option<&str>,
    #[case] tagged: &[&str],
) -> Outcome {
    let harness = Harness::new().await?;
    let (client, blob) = hello(&harness).await?;
    let kind = ManifestKind::OciImage.media_type();
    client.push_image((REPOSITORY, "locked"), &blob, "").await?;
    let lock = r#"{"writeEnabled":false}"#;
    let locked = client.send(Method::PATCH, &format!("/acr/v1/{REPOSITORY}/_tags/locked"), &[], lock).await?;
    assert_eq!(locked.status, 200);
    let body = format!(r#"{{"schemaVersion":2,"config":{{"digest":"{blob}","size":5}},"layers":[],"x":1}}"#);
    let digest = Digest::of(DigestAlgorithm::Sha512, body.as_bytes());
    let pushed = client.push_manifest((REPOSITORY, &format!("{digest}{query}")), kind, &body).await?;
    assert_eq!((pushed.seen().as_str(), pushed.header("oci-tag")), (expected, told));
    for tag in ["v1", "latest"] {
        let found = client.ask(Method::HEAD, &format!("/v2/{REPOSITORY}/manifests/{tag}")).await?;
        let expected = tagged.contains(&tag).then(|| digest.to_string());
        assert_eq!(found.header("docker-content-digest"), expected.as_deref(), "{tag}");
    }
    Ok(())
}

#[tokio::test]
async fn more_tags_than_a_push_may_set() -> Outcome {
    let harness = Harness::new().await?;
    let (client, blob) = hello(&harness).await?;
    let (kind, body) = (ManifestKind::OciImage.media_type(), image(&blob, ""));
    let tags = |count: u64| (0..count).map(|n| format!("tag=v{n}")).collect::<Vec<_>>().join("&");
    let digest = digest_of(body.as_bytes());
    for (count, expected) in [(TAGS_OF_A_PUSH.max, "201"), (TAGS_OF_A_PUSH.max + 1, "414 TAG_INVALID")] {
        let pushed = client.push_manifest((REPOSITORY, &format!("{digest}?{}", tags(count))), kind, &body).await?;
        assert_eq!(pushed.seen(), expected);
    }
    // A tag beside a tag is no part of the specification.
    let refused = client.push_manifest((REPOSITORY, "v1?tag=v2"), kind, &body).await?;
    assert_eq!(refused.seen(), "400 TAG_INVALID");
    Ok(())
}

#[rstest]
#[case::no_type("", "{}", "400 MANIFEST_INVALID")]
#[case::schema_one("application/vnd.docker.distribution.manifest.v1+prettyjws", "{}", "400 MANIFEST_INVALID")]
#[case::not_json("application/vnd.oci.image.manifest.v1+json", "hello", "400 MANIFEST_INVALID")]
#[case::another_kind(
    "application/vnd.oci.image.index.v1+json",
    r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[]}"#,
    "400 MANIFEST_INVALID"
)]
#[case::member_missing(
    "application/vnd.oci.image.index.v1+json",
    r#"{"schemaVersion":2,"manifests":[{"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0}]}"#,
    "400 MANIFEST_BLOB_UNKNOWN"
)]
#[case::empty_index("application/vnd.oci.image.index.v1+json", r#"{"schemaVersion":2,"manifests":[]}"#, "201")]
#[tokio::test]
async fn judged(#[case] kind: &str, #[case] body: &str, #[case] expected: &str) -> Outcome {
    let harness = Harness::new().await?;
    let (client, _) = hello(&harness).await?;
    assert_eq!(client.push_manifest((REPOSITORY, "v1"), kind, body).await?.seen(), expected);
    let found = client.ask(Method::HEAD, &format!("/v2/{REPOSITORY}/manifests/v1")).await?;
    assert_eq!(found.status == 200, expected == "201");
    Ok(())
}

#[tokio::test]
async fn too_large() -> Outcome {
    let harness = Harness::new().await?;
    let (client, _) = hello(&harness).await?;
    let kind = ManifestKind::OciImage.media_type();
    let refused = client.push_manifest((REPOSITORY, "v1"), kind, &" ".repeat((4 << 20) + 1)).await?;
    assert_eq!(refused.seen(), "413 SIZE_INVALID");
    Ok(())
}

#[tokio::test]
async fn a_tag_moves_and_goes_alone_and_a_digest_takes_its_tags_along() -> Outcome {
    let harness = Harness::new().await?;
    let (client, blob) = hello(&harness).await?;
    let digest = |answer: Answer| answer.header("docker-content-digest").map(str::to_owned).ok_or("a digest");
    let other = r#","annotations":{"n":"2"}"#;
    let first = digest(client.push_image((REPOSITORY, "v1"), &blob, "").await?)?;
    let second = digest(client.push_image((REPOSITORY, "v1"), &blob, other).await?)?;
    client.push_image((REPOSITORY, "v2"), &blob, other).await?;
    let ask =
        async |method, reference: &str| client.ask(method, &format!("/v2/{REPOSITORY}/manifests/{reference}")).await;
    let moved = ask(Method::GET, "v1").await?;
    assert_eq!((moved.seen().as_str(), moved.header("docker-content-digest")), ("200", Some(second.as_str())));
    for (method, reference, expected) in [
        (Method::DELETE, "v1", "202"),
        (Method::GET, "v1", "404 MANIFEST_UNKNOWN"),
        (Method::DELETE, second.as_str(), "202"),
        (Method::GET, "v2", "404 MANIFEST_UNKNOWN"),
        (Method::GET, second.as_str(), "404 MANIFEST_UNKNOWN"),
        (Method::GET, first.as_str(), "200"),
        (Method::GET, ".INVALID_MANIFEST_NAME", "404 MANIFEST_UNKNOWN"),
        (Method::GET, "sha256:totallywrong", "400 DIGEST_INVALID"),
    ] {
        assert_eq!(ask(method.clone(), reference).await?.seen(), expected, "{method} {reference}");
    }
    Ok(())
}
