//! Manifests: what is read from them and their configs when they are pushed, told of in any order.

use super::super::pushes::{REPOSITORY, digest_of, everything};
use super::{UNLOCKED, every_page};
use crate::client::{Client, Outcome};
use crate::harness::Harness;
use model::manifest::ManifestKind;
use rstest::rstest;
use serde_json::json;
use std::time::Duration;

const IMAGE_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const CONFIG: &[u8] = br#"{"architecture":"arm64","os":"linux","rootfs":{}}"#;

/// Pushes an image with this config; its digest.
async fn push(client: &Client<'_>, reference: &str, media_type: &str, config: &'static [u8]) -> Outcome<String> {
    let (digest, layer) = (client.push_blob(REPOSITORY, config).await?, client.push_blob(REPOSITORY, b"layer").await?);
    let manifest = format!(
        r#"{{"schemaVersion":2,"config":{{"mediaType":"{media_type}","digest":"{digest}","size":{}}},"layers":[{{"mediaType":"a/b","digest":"{layer}","size":5}}]}}"#,
        config.len()
    );
    let pushed = client.push_manifest((REPOSITORY, reference), ManifestKind::OciImage.media_type(), &manifest).await?;
    assert_eq!(pushed.seen(), "201");
    Ok(digest_of(manifest.as_bytes()).to_string())
}

#[tokio::test]
async fn what_is_told_as_azure_tells_it() -> Outcome {
    let harness = Harness::new().await?;
    let client = everything(&harness).await?;
    let digest = push(&client, "v1", IMAGE_CONFIG, CONFIG).await?;
    harness.advance(Duration::from_secs(1));
    push(&client, "latest", IMAGE_CONFIG, CONFIG).await?;
    let size = CONFIG.len() + 5;
    let about = r#"{"registry":"lnxcr.localhost","imageName":"samples/hello","#;
    let manifest = format!(
        r#"{{"digest":"{digest}","imageSize":{size},"createdTime":"2026-01-01T00:00:00.0000000Z","lastUpdateTime":"2026-01-01T00:00:01.0000000Z","architecture":"arm64","os":"linux","mediaType":"application/vnd.oci.image.manifest.v1+json","configMediaType":"{IMAGE_CONFIG}","tags":["latest","v1"],"changeableAttributes":{UNLOCKED}}}"#
    );
    let all = client.get("/acr/v1/samples%2Fhello/_manifests").await?;
    assert_eq!(all.body, format!("{about}\"manifests\":[{manifest}]}}\n"));
    let one = client.get(&format!("/acr/v1/samples%2Fhello/_manifests/{}", digest.replace(':', "%3A"))).await?;
    assert_eq!(one.body, format!("{about}\"manifest\":{manifest}}}\n"));
    let none = digest_of(b"none");
    let unknown = client.get(&format!("/acr/v1/{REPOSITORY}/_manifests/{none}")).await?;
    assert_eq!(
        (unknown.seen(), unknown.error_message()?),
        ("404 MANIFEST_UNKNOWN".to_owned(), format!("manifest {none} is not found"))
    );
    Ok(())
}

#[rstest]
#[case::docker("application/vnd.docker.container.image.v1+json", CONFIG, Some("arm64"))]
#[case::no_image("application/vnd.cncf.helm.config.v1+json", CONFIG, None)]
#[case::not_json(IMAGE_CONFIG, b"hello", None)]
#[case::no_text(IMAGE_CONFIG, br#"{"architecture":64,"os":"linux"}"#, None)]
#[case::empty(IMAGE_CONFIG, br#"{"architecture":"","os":""}"#, None)]
#[tokio::test]
async fn what_it_runs_on(
    #[case] media_type: &str,
    #[case] config: &'static [u8],
    #[case] expected: Option<&str>,
) -> Outcome {
    let harness = Harness::new().await?;
    let client = everything(&harness).await?;
    let digest = push(&client, "v1", media_type, config).await?;
    let told = client.get(&format!("/acr/v1/{REPOSITORY}/_manifests/{digest}")).await?.json()?["manifest"].clone();
    assert_eq!(told.get("architecture").and_then(|word| word.as_str()), expected);
    assert_eq!(told.get("os").and_then(|word| word.as_str()), expected.map(|_| "linux"));
    assert_eq!(told["configMediaType"], media_type);
    Ok(())
}

#[tokio::test]
async fn an_index_names_its_members_in_its_order() -> Outcome {
    let harness = Harness::new().await?;
    let client = everything(&harness).await?;
    let arm = push(&client, "arm", IMAGE_CONFIG, CONFIG).await?;
    let amd = push(&client, "amd", IMAGE_CONFIG, br#"{"architecture":"amd64","os":"linux"}"#).await?;
    let member = |digest: &str, further: &str| {
        let media_type = ManifestKind::OciImage.media_type();
        json!({ "mediaType": media_type, "digest": digest, "size": 7, "platform": { "architecture": further, "os": "linux" } })
    };
    let mut index = json!({ "schemaVersion": 2, "manifests": [member(&arm, "arm64"), member(&amd, "amd64")] });
    index["manifests"][0]["platform"]["variant"] = json!("v8");
    let index = index.to_string();
    let pushed = client.push_manifest((REPOSITORY, "multi"), ManifestKind::OciIndex.media_type(), &index).await?;
    assert_eq!(pushed.seen(), "201");
    let path = format!("/acr/v1/{REPOSITORY}/_manifests/{}", digest_of(index.as_bytes()));
    let told = client.get(&path).await?.json()?["manifest"].clone();
    let reference =
        |digest: &str, architecture: &str| json!({ "digest": digest, "architecture": architecture, "os": "linux" });
    assert_eq!(told["references"], json!([reference(&arm, "arm64"), reference(&amd, "amd64")]));
    assert_eq!((&told["imageSize"], told.get("architecture"), told.get("configMediaType")), (&json!(14), None, None));
    let listed = client.get(&format!("/acr/v1/{REPOSITORY}/_manifests")).await?.json()?;
    let listed = listed["manifests"].as_array().ok_or("a list")?;
    assert!(listed.len() == 3 && listed.iter().all(|manifest| manifest.get("references").is_none()));
    Ok(())
}

#[tokio::test]
async fn orders_and_pages() -> Outcome {
    let harness = Harness::new().await?;
    let client = everything(&harness).await?;
    let configs: [&[u8]; 3] = [b"{1}", b"{2}", b"{3}"];
    let mut by_time = Vec::new();
    for config in configs {
        harness.advance(Duration::from_secs(1));
        by_time.push(push(&client, "v1", IMAGE_CONFIG, config).await?);
    }
    let mut by_digest = by_time.clone();
    by_digest.sort();
    let newest_first: Vec<String> = by_time.iter().rev().cloned().collect();
    for (order, expected) in [("none", &by_digest), ("timeasc", &by_time), ("timedesc", &newest_first)] {
        let path = format!("/acr/v1/{REPOSITORY}/_manifests?n=2&orderby={order}");
        let pages = every_page(&client, &path, "manifests", "digest").await?;
        assert_eq!(pages, [expected[..2].to_vec(), expected[2..].to_vec()], "{order}");
    }
    Ok(())
}
