//! Every write to a repository, every refusal of one, and reads where they are wanted.

use super::{head, told_since};
use crate::client::{Client, Outcome};
use crate::distribution::pushes::{REPOSITORY, digest_of, everything, image};
use crate::harness::Harness;
use http::Method;
use http::header::CONTENT_TYPE;
use model::digest::Digest;
use model::manifest::ManifestKind;
use rstest::rstest;
use server::Config;
use server::config::AuditConfig;

struct Pushed<'a> {
    client: Client<'a>,
    blob: Digest,
    upload: String,
}

/// A repository with a manifest under `v1`, a blob that nothing needs, and an upload that was begun.
async fn pushed(harness: &Harness) -> Outcome<Pushed<'_>> {
    let client = everything(harness).await?;
    let blob = client.push_blob(REPOSITORY, b"hello").await?;
    client.push_blob(REPOSITORY, b"loose").await?;
    client.push_image((REPOSITORY, "v1"), &blob, "").await?;
    let upload = client.start_upload(REPOSITORY).await?;
    Ok(Pushed { client, blob, upload })
}

impl Pushed<'_> {
    /// What the words in requests and entries stand for.
    fn words(&self) -> [(&'static str, String); 5] {
        [
            ("MANIFEST", digest_of(image(&self.blob, "").as_bytes()).to_string()),
            ("LOOSE", digest_of(b"loose").to_string()),
            ("BLOB", self.blob.to_string()),
            ("UPLOAD", self.upload.clone()),
            ("ID", self.upload.rsplit('/').next().unwrap_or_default().to_owned()),
        ]
    }

    async fn ask(&self, request: &str) -> Outcome<String> {
        let (method, path) = request.split_once(' ').ok_or("a method and a path")?;
        let path = self.words().into_iter().fold(path.to_owned(), |path, (word, text)| path.replace(word, &text));
        let (kind, body) = match method {
            "PUT" if path.contains("/manifests/") => (ManifestKind::OciImage.media_type(), image(&self.blob, "")),
            "PUT" | "POST" => ("application/octet-stream", "hello".to_owned()),
            "PATCH" if path.starts_with("/acr") => ("application/json", r#"{"writeEnabled": false}"#.to_owned()),
            "PATCH" => ("application/octet-stream", "hello".to_owned()),
            _ => ("text/plain", String::new()),
        };
        Ok(self.client.send(method.parse()?, &path, &[(CONTENT_TYPE, kind)], body).await?.seen())
    }

    async fn told_since(&self, harness: &Harness, seq: i64) -> Outcome<Vec<String>> {
        let named = |told: String| self.words().into_iter().fold(told, |told, (word, text)| told.replace(&text, word));
        let told = told_since(harness, seq).await?.into_iter().map(named);
        // How this client signed in was told when it began.
        Ok(told.filter(|told| !told.contains(" signIn ")).collect())
    }
}

/// Each as what is asked, the action, the right and the target of its one entry.
#[rstest]
#[case("PUT /v2/samples/hello/manifests/v2", "manifest/write", "content/write", "v2")]
#[case("PUT /v2/samples/hello/manifests/MANIFEST", "manifest/write", "content/write", "MANIFEST")]
#[case("DELETE /v2/samples/hello/manifests/v1", "manifest/delete", "content/delete", "v1")]
#[case("DELETE /v2/samples/hello/manifests/MANIFEST", "manifest/delete", "content/delete", "MANIFEST")]
#[case("DELETE /v2/samples/hello/blobs/LOOSE", "blob/delete", "content/delete", "LOOSE")]
#[case("PUT UPLOAD?digest=BLOB", "blob/write", "content/write", "BLOB")]
#[case("DELETE UPLOAD", "upload/cancel", "content/write", "ID")]
#[case("PATCH /acr/v1/samples/hello", "repository/lock", "metadata/write", "-")]
#[case("PATCH /acr/v1/samples/hello/_tags/v1", "tag/lock", "metadata/write", "v1")]
#[case("PATCH /acr/v1/samples/hello/_manifests/MANIFEST", "manifest/lock", "metadata/write", "MANIFEST")]
#[case("DELETE /acr/v1/samples/hello/_tags/v1", "tag/delete", "content/delete", "v1")]
#[case("DELETE /acr/v1/samples/hello", "repository/delete", "content/delete", "-")]
#[tokio::test]
async fn each_write_has_one_entry(
    #[case] request: &str,
    #[case] action: &str,
    #[case] right: &str,
    #[case] target: &str,
) -> Outcome {
    let harness = Harness::new().await?;
    let pushed = pushed(&harness).await?;
    let before = head(&harness).await?;
    let answered = pushed.ask(request).await?;
    assert!(answered.starts_with('2'), "{answered}");
    let expected =
        format!("allowed {action} everything password1 | scope map everything: {right} | lnxcr samples/hello {target}");
    assert_eq!(pushed.told_since(&harness, before).await?, [expected]);
    Ok(())
}

/// However many: none of them hides another.
#[tokio::test]
async fn each_tag_of_a_push_has_one_entry() -> Outcome {
    let harness = Harness::new().await?;
    let pushed = pushed(&harness).await?;
    let before = head(&harness).await?;
    let tags: Vec<String> = (0..20).map(|number| format!("{number:0>100}")).collect();
    let query = tags.iter().map(|tag| format!("tag={tag}")).collect::<Vec<_>>().join("&");
    assert_eq!(pushed.ask(&format!("PUT /v2/samples/hello/manifests/MANIFEST?{query}")).await?, "201");
    let rule = "everything password1 | scope map everything: content/write | lnxcr samples/hello";
    let targets = std::iter::once("MANIFEST").chain(tags.iter().map(String::as_str));
    let expected: Vec<String> = targets.map(|target| format!("allowed manifest/write {rule} {target}")).collect();
    assert_eq!(pushed.told_since(&harness, before).await?, expected);
    Ok(())
}

#[tokio::test]
async fn uploads_and_mounts() -> Outcome {
    let harness = Harness::new().await?;
    let pushed = pushed(&harness).await?;
    let before = head(&harness).await?;
    assert_eq!(pushed.ask("POST /v2/samples/new/blobs/uploads/?mount=BLOB&from=samples/hello").await?, "201");
    let upload = pushed.client.start_upload("samples/new").await?;
    let id = upload.rsplit('/').next().unwrap_or_default();
    let rule = "everything password1 | scope map everything: content/write | lnxcr samples/new";
    let expected = [format!("allowed blob/mount {rule} BLOB"), format!("allowed upload/start {rule} {id}")];
    assert_eq!(pushed.told_since(&harness, before).await?, expected);
    Ok(())
}

#[tokio::test]
async fn what_a_lock_forbids_is_told_with_the_lock() -> Outcome {
    let harness = Harness::new().await?;
    let pushed = pushed(&harness).await?;
    pushed
        .client
        .send(Method::PATCH, "/acr/v1/samples/hello/_tags/v1", &[], r#"{"writeEnabled": false, "readEnabled": false}"#)
        .await?;
    let before = head(&harness).await?;
    assert_eq!(pushed.ask("PUT /v2/samples/hello/manifests/v1").await?, "405 REGISTRY_DISALLOWED_OPERATION");
    pushed.ask("GET /v2/samples/hello/manifests/v1").await?;
    let told = pushed.told_since(&harness, before).await?;
    let [write, read] = &told[..] else { panic!("{told:?}") };
    assert!(
        write.starts_with("refused manifest/write everything password1 | ") && write.contains("writeEnabled"),
        "{write}"
    );
    assert!(
        read.starts_with("refused manifest/read everything password1 | ") && read.contains("readEnabled"),
        "{read}"
    );
    Ok(())
}

#[tokio::test]
async fn a_missing_right_is_told_with_the_scope_map() -> Outcome {
    let harness = Harness::new().await?;
    let scope_map = harness.scope_map("newmap", &["repositories/samples/*/content/read"]).await?;
    let client = harness.token("token2", &scope_map).await?.basic();
    let before = head(&harness).await?;
    assert_eq!(client.ask(Method::POST, "/v2/samples/hello/blobs/uploads/").await?.status, 401);
    let told = told_since(&harness, before).await?;
    let expected = "refused upload/start token2 password1 | missing content/write on repository samples/hello; scope map newmap | lnxcr samples/hello -";
    assert_eq!(told.last().map(String::as_str), Some(expected), "{told:?}");
    Ok(())
}

#[rstest]
#[case(false, 0)]
#[case(true, 1)]
#[tokio::test]
async fn reads_where_they_are_wanted(#[case] reads: bool, #[case] expected: usize) -> Outcome {
    let audit = AuditConfig { reads, ..AuditConfig::default() };
    let harness = Harness::new_with(Config { audit, ..Config::default() }).await?;
    let pushed = pushed(&harness).await?;
    let before = head(&harness).await?;
    for path in ["/v2/samples/hello/manifests/v1", "/acr/v1/samples/hello", "/v2/_catalog"] {
        let seq = head(&harness).await?;
        assert_eq!(pushed.ask(&format!("GET {path}")).await?, "200");
        let told = pushed.told_since(&harness, seq).await?;
        let told: Vec<_> = told.iter().filter(|told| !told.contains("Portcullis.Audit")).collect();
        assert_eq!(told.len(), expected, "{path}: {told:?}");
    }
    harness.get(&harness.token_id("nobody")).await.expect_err("there is no such token");
    harness.get(&format!("{}/tokens", harness.registry_id("lnxcr"))).await?;
    let of_management = told_since(&harness, before).await?;
    let listed = of_management.iter().filter(|told| told.contains("registries/tokens/read")).count();
    assert_eq!(listed, expected);
    Ok(())
}
