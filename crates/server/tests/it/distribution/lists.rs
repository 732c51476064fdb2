//! Lists of tags, referrers and repositories, in pages.

use super::pushes::{REPOSITORY, digest_of, everything};
use crate::client::Outcome;
use crate::harness::Harness;
use http::Method;
use model::action::Action;
use rstest::rstest;
use serde_json::json;

#[rstest]
#[case("", &["A", "b", "c"], None)]
#[case("?n=2", &["A", "b"], Some(r#"</v2/samples/hello/tags/list?n=2&last=b>; rel="next""#))]
#[case("?n=2&last=b", &["c"], None)]
#[case("?n=3", &["A", "b", "c"], None)]
#[case("?last=aa", &["b", "c"], None)]
#[case("?n=0", &[], None)]
#[case("?n=999999999999999999999", &["A", "b", "c"], None)]
#[tokio::test]
async fn tags(#[case] query: &str, #[case] expected: &[&str], #[case] link: Option<&str>) -> Outcome {
    let harness = Harness::new().await?;
    let client = everything(&harness).await?;
    let blob = client.push_blob(REPOSITORY, b"hello").await?;
    for tag in ["c", "A", "b"] {
        client.push_image((REPOSITORY, tag), &blob, "").await?;
    }
    let answer = client.get(&format!("/v2/{REPOSITORY}/tags/list{query}")).await?;
    assert_eq!(answer.json()?, json!({ "name": REPOSITORY, "tags": expected }));
    assert_eq!(answer.header("link"), link);
    Ok(())
}

#[rstest]
#[case("/v2/samples/none/tags/list", "404 NAME_UNKNOWN")]
#[case("/v2/samples/none/tags/list?n=two", "400 PAGINATION_NUMBER_INVALID")]
#[case("/v2/_catalog?n=-1", "400 PAGINATION_NUMBER_INVALID")]
#[tokio::test]
async fn what_is_no_page(#[case] path: &str, #[case] expected: &str) -> Outcome {
    let harness = Harness::new().await?;
    assert_eq!(everything(&harness).await?.get(path).await?.seen(), expected);
    Ok(())
}

#[tokio::test]
async fn referrers() -> Outcome {
    let harness = Harness::new().await?;
    let client = everything(&harness).await?;
    let blob = client.push_blob(REPOSITORY, b"hello").await?;
    // The subject need not exist.
    let subject = digest_of(b"a manifest");
    let path = format!("/v2/{REPOSITORY}/referrers/{subject}");
    let empty = client.get(&path).await?;
    assert_eq!(empty.header("content-type"), Some("application/vnd.oci.image.index.v1+json"));
    assert_eq!(empty.json()?["manifests"], json!([]));
    let refers = format!(r#","subject":{{"digest":"{subject}","size":1}}"#);
    let sbom = format!(r#"{refers},"artifactType":"application/vnd.sbom+json","annotations":{{"k":"v"}}"#);
    for (tag, further) in [("plain", &refers), ("sbom", &sbom)] {
        let pushed = client.push_image((REPOSITORY, tag), &blob, further).await?;
        assert_eq!(pushed.header("oci-subject"), Some(subject.to_string().as_str()));
    }
    let all = client.get(&path).await?;
    let members = all.json()?["manifests"].as_array().map(Vec::len);
    assert_eq!((members, all.header("oci-filters-applied")), (Some(2), None));
    // A plus as people type it, and as clients encode it.
    for artifact_type in ["application/vnd.sbom+json", "application%2Fvnd.sbom%2Bjson"] {
        let filtered = client.get(&format!("{path}?artifactType={artifact_type}")).await?;
        assert_eq!(filtered.header("oci-filters-applied"), Some("artifactType"));
        let manifests = filtered.json()?["manifests"].clone();
        assert_eq!(manifests.as_array().map(Vec::len), Some(1));
        assert_eq!(manifests[0]["annotations"], json!({ "k": "v" }));
        assert_eq!(manifests[0]["artifactType"], "application/vnd.sbom+json");
    }
    Ok(())
}

#[tokio::test]
async fn referrers_in_pages_and_after_a_delete() -> Outcome {
    let harness = Harness::new().await?;
    let client = everything(&harness).await?;
    let blob = client.push_blob(REPOSITORY, b"hello").await?;
    let subject = digest_of(b"a manifest");
    let path = format!("/v2/{REPOSITORY}/referrers/{subject}");
    for (tag, artifact_type) in [("one", "application/vnd.one"), ("two", "application/vnd.two")] {
        let further = format!(r#","subject":{{"digest":"{subject}","size":1}},"artifactType":"{artifact_type}""#);
        client.push_image((REPOSITORY, tag), &blob, &further).await?;
    }
    let all = client.get(&path).await?.json()?;
    let first = client.get(&format!("{path}?n=1")).await?;
    let link = first.header("link").and_then(|link| link.strip_prefix('<')?.strip_suffix(r#">; rel="next""#));
    let second = client.get(link.ok_or("a next page")?).await?;
    assert_eq!(second.header("link"), None);
    let (first, second) = (first.json()?["manifests"][0].clone(), second.json()?["manifests"][0].clone());
    assert_eq!(all["manifests"], json!([first, second]));
    let digest = first["digest"].as_str().ok_or("a digest")?;
    let deleted = client.ask(Method::DELETE, &format!("/v2/{REPOSITORY}/manifests/{digest}")).await?;
    assert_eq!(deleted.seen(), "202");
    assert_eq!(client.get(&path).await?.json()?["manifests"], json!([second]));
    Ok(())
}

/// Decision D7d: each caller sees what it may read.
#[tokio::test]
async fn catalog() -> Outcome {
    let harness = Harness::new().await?;
    let owner = everything(&harness).await?;
    for repository in ["samples/b", "secret/a", "samples/a"] {
        let blob = owner.push_blob(repository, b"hello").await?;
        owner.push_image((repository, "v1"), &blob, "").await?;
    }
    let reader = harness.holder("reader", "samples/*", &[Action::ContentRead]).await?;
    for client in [reader.bearer("registry:catalog:*").await?, reader.basic()] {
        let all = client.get("/v2/_catalog").await?;
        assert_eq!(all.json()?, json!({ "repositories": ["samples/a", "samples/b"] }));
        let first = client.get("/v2/_catalog?n=1").await?;
        assert_eq!(first.header("link"), Some(r#"</v2/_catalog?n=1&last=samples%2Fa>; rel="next""#));
    }
    Ok(())
}
