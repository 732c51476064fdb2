//! Locks: set, told of, and kept to by everything that they forbid.

use super::super::pushes::{REPOSITORY, digest_of, everything, image};
use super::every_page;
use crate::client::{Client, Outcome};
use crate::harness::Harness;
use http::Method;
use http::header::CONTENT_TYPE;
use model::digest::Digest;
use model::manifest::ManifestKind;
use rstest::rstest;
use serde_json::json;

const LOCKED: &str = "405 REGISTRY_DISALLOWED_OPERATION";

/// A repository with a manifest under `v1` and `v2`, and another one under `other`.
struct Pushed<'a> {
    client: Client<'a>,
    blob: Digest,
    manifest: Digest,
}

async fn pushed(harness: &Harness) -> Outcome<Pushed<'_>> {
    let client = everything(harness).await?;
    let blob = client.push_blob(REPOSITORY, b"hello").await?;
    client.push_blob(REPOSITORY, b"loose").await?;
    for tag in ["v1", "v2"] {
        client.push_image((REPOSITORY, tag), &blob, "").await?;
    }
    client.push_image((REPOSITORY, "other"), &blob, r#","annotations":{"n":"2"}"#).await?;
    let manifest = digest_of(image(&blob, "").as_bytes());
    Ok(Pushed { client, blob, manifest })
}

impl Pushed<'_> {
    /// `MANIFEST` and `BLOB` stand for the digests.
    fn path(&self, path: &str) -> String {
        path.replace("MANIFEST", &self.manifest.to_string()).replace("BLOB", &self.blob.to_string())
    }

    /// What one request is answered. A PUT brings the manifest of `v1`, but to `new` another one.
    async fn asked(&self, request: &str) -> Outcome<String> {
        let (method, path) = request.split_once(' ').ok_or("a method and a path")?;
        let path = self.path(path);
        let answer = match method {
            "PUT" => {
                let kind = [(CONTENT_TYPE, ManifestKind::OciImage.media_type())];
                let further = if path.ends_with("/new") { r#","annotations":{"n":"3"}"# } else { "" };
                self.client.send(Method::PUT, &path, &kind, image(&self.blob, further)).await?
            }
            method => self.client.ask(method.parse()?, &path).await?,
        };
        Ok(answer.seen())
    }
}

#[rstest]
// A repository's locks are those of everything in it.
#[case("", "writeEnabled", &[
    "PUT /v2/samples/hello/manifests/v1",
    "PUT /v2/samples/hello/manifests/new",
    "PUT /v2/samples/hello/manifests/MANIFEST",
    "POST /v2/samples/hello/blobs/uploads/",
    "POST /v2/samples/hello/blobs/uploads/?mount=BLOB&from=samples/target",
    "DELETE /v2/samples/hello/manifests/v1",
    "DELETE /v2/samples/hello/manifests/MANIFEST",
    "DELETE /v2/samples/hello/blobs/BLOB",
    "DELETE /acr/v1/samples/hello/_tags/v1",
    "DELETE /acr/v1/samples/hello",
])]
#[case("", "deleteEnabled", &[
    "DELETE /v2/samples/hello/manifests/v1",
    "DELETE /v2/samples/hello/manifests/MANIFEST",
    "DELETE /v2/samples/hello/blobs/BLOB",
    "DELETE /acr/v1/samples/hello/_tags/v1",
    "DELETE /acr/v1/samples/hello",
])]
#[case("", "readEnabled", &[
    "GET /v2/samples/hello/manifests/v1",
    "HEAD /v2/samples/hello/manifests/v1",
    "GET /v2/samples/hello/manifests/MANIFEST",
    "GET /v2/samples/hello/blobs/BLOB",
    "HEAD /v2/samples/hello/blobs/BLOB",
    "GET /v2/samples/hello/referrers/MANIFEST",
])]
#[case("", "listEnabled", &[])]
#[case("/_tags/v1", "writeEnabled", &[
    "PUT /v2/samples/hello/manifests/v1",
    "DELETE /v2/samples/hello/manifests/v1",
    "DELETE /v2/samples/hello/manifests/MANIFEST",
    "DELETE /acr/v1/samples/hello/_tags/v1",
    "DELETE /acr/v1/samples/hello",
])]
#[case("/_tags/v1", "deleteEnabled", &[
    "DELETE /v2/samples/hello/manifests/v1",
    "DELETE /v2/samples/hello/manifests/MANIFEST",
    "DELETE /acr/v1/samples/hello/_tags/v1",
    "DELETE /acr/v1/samples/hello",
])]
#[case("/_tags/v1", "readEnabled", &["GET /v2/samples/hello/manifests/v1", "HEAD /v2/samples/hello/manifests/v1"])]
#[case("/_tags/v1", "listEnabled", &[])]
#[case("/_manifests/MANIFEST", "writeEnabled", &[
    "PUT /v2/samples/hello/manifests/v1",
    "PUT /v2/samples/hello/manifests/MANIFEST",
    "DELETE /v2/samples/hello/manifests/MANIFEST",
    "DELETE /acr/v1/samples/hello",
])]
#[case("/_manifests/MANIFEST", "deleteEnabled", &[
    "DELETE /v2/samples/hello/manifests/MANIFEST",
    "DELETE /acr/v1/samples/hello",
])]
#[case("/_manifests/MANIFEST", "readEnabled", &[
    "GET /v2/samples/hello/manifests/v1",
    "HEAD /v2/samples/hello/manifests/v1",
    "GET /v2/samples/hello/manifests/MANIFEST",
])]
#[case("/_manifests/MANIFEST", "listEnabled", &[])]
#[tokio::test]
async fn each_forbids_what_it_says_and_nothing_else(
    #[case] what: &str,
    #[case] attribute: &str,
    #[case] forbidden: &[&str],
) -> Outcome {
    // Those that delete come last: what is allowed is done.
    const REQUESTS: [&str; 16] = [
        "GET /v2/samples/hello/manifests/v1",
        "HEAD /v2/samples/hello/manifests/v1",
        "GET /v2/samples/hello/manifests/MANIFEST",
        "GET /v2/samples/hello/blobs/BLOB",
        "HEAD /v2/samples/hello/blobs/BLOB",
        "GET /v2/samples/hello/referrers/MANIFEST",
        "PUT /v2/samples/hello/manifests/v1",
        "PUT /v2/samples/hello/manifests/new",
        "PUT /v2/samples/hello/manifests/MANIFEST",
        "POST /v2/samples/hello/blobs/uploads/",
        "POST /v2/samples/hello/blobs/uploads/?mount=BLOB&from=samples/target",
        "DELETE /acr/v1/samples/hello/_tags/v1",
        "DELETE /v2/samples/hello/manifests/v1",
        "DELETE /v2/samples/hello/manifests/MANIFEST",
        "DELETE /v2/samples/hello/blobs/BLOB",
        "DELETE /acr/v1/samples/hello",
    ];
    for request in REQUESTS {
        let harness = Harness::new().await?;
        let pushed = pushed(&harness).await?;
        pushed.client.push_blob("samples/target", b"hello").await?;
        let path = pushed.path(&format!("/acr/v1/samples/hello{what}"));
        let body = format!(r#"{{"{attribute}":false}}"#);
        pushed.client.change(&path, &body).await?.succeeded()?;
        let seen = pushed.asked(request).await?;
        match forbidden.contains(&request) {
            // A HEAD has no body that could say why.
            true if request.starts_with("HEAD") => assert_eq!(seen, "405", "{request}"),
            true => assert_eq!(seen, LOCKED, "{request}"),
            // The blob of a manifest is held by it, lock or none.
            false if request.contains("DELETE /v2/samples/hello/blobs") => assert_eq!(seen, "405 UNSUPPORTED"),
            false => assert!(seen.starts_with('2') && seen.len() == 3, "{request}: {seen}"),
        }
        // No lock bars the way to its own end, but what is locked may be gone.
        let unlocked = pushed.client.change(&path, &body.replace("false", "true")).await?;
        assert!(unlocked.status == 200 || request.starts_with("DELETE"), "{request}: {}", unlocked.seen());
    }
    Ok(())
}

#[tokio::test]
async fn set_told_of_and_taken_away() -> Outcome {
    let harness = Harness::new().await?;
    let pushed = pushed(&harness).await?;
    for (what, member) in [("", None), ("/_tags/v1", Some("tag")), ("/_manifests/MANIFEST", Some("manifest"))] {
        let path = pushed.path(&format!("/acr/v1/samples%2Fhello{what}"));
        let attributes = |answer: serde_json::Value| match member {
            None => answer["changeableAttributes"].clone(),
            Some(member) => answer[member]["changeableAttributes"].clone(),
        };
        for (body, [delete, write, read, list]) in [
            (r#"{"writeEnabled":false,"listEnabled":false}"#, [true, false, true, false]),
            (r#"{"writeEnabled":true,"deleteEnabled":false}"#, [false, true, true, false]),
            (r#"{"readEnabled":false,"listEnabled":null}"#, [false, true, false, false]),
            ("{}", [false, true, false, false]),
            (
                r#"{"deleteEnabled":true,"writeEnabled":true,"readEnabled":true,"listEnabled":true}"#,
                [true, true, true, true],
            ),
        ] {
            let changed = pushed.client.change(&path, body).await?;
            let expected =
                json!({ "deleteEnabled": delete, "writeEnabled": write, "readEnabled": read, "listEnabled": list });
            assert_eq!((changed.seen(), attributes(changed.json()?)), ("200".to_owned(), expected.clone()), "{body}");
            assert_eq!(attributes(pushed.client.get(&path).await?.json()?), expected);
        }
        for body in [r#"{"writeEnabled":0}"#, r#"{"quarantineState":"Passed"}"#, "[]", ""] {
            assert_eq!(pushed.client.change(&path, body).await?.seen(), "400 UNSUPPORTED", "{body}");
        }
        let long = format!("{{{}}}", " ".repeat(16 << 10));
        assert_eq!(pushed.client.change(&path, &long).await?.seen(), "413 SIZE_INVALID");
    }
    Ok(())
}

/// A lock is no change of what is there.
#[tokio::test]
async fn no_time_moves() -> Outcome {
    let harness = Harness::new().await?;
    let pushed = pushed(&harness).await?;
    let path = format!("/acr/v1/{REPOSITORY}/_tags/v1");
    let before = pushed.client.get(&path).await?.json()?["tag"]["lastUpdateTime"].clone();
    harness.advance(std::time::Duration::from_secs(1));
    let after = pushed.client.change(&path, r#"{"writeEnabled":false}"#).await?.json()?;
    assert_eq!(after["tag"]["lastUpdateTime"], before);
    Ok(())
}

#[tokio::test]
async fn a_refusal_reads_as_at_azure_and_names_what_is_locked() -> Outcome {
    let harness = Harness::new().await?;
    let pushed = pushed(&harness).await?;
    pushed.client.change("/acr/v1/samples/hello/_tags/v2", r#"{"deleteEnabled":false}"#).await?.succeeded()?;
    let path = pushed.path("/v2/samples/hello/manifests/MANIFEST");
    let refused = pushed.client.ask(Method::DELETE, &path).await?;
    let message = "The operation is disallowed on this registry, repository or image. View troubleshooting steps at https://aka.ms/acr/faq/#why-does-my-pull-or-push-request-fail-with-disallowed-operation";
    let detail = "samples/hello:v2 is locked: deleteEnabled is false";
    let error = json!({ "code": "REGISTRY_DISALLOWED_OPERATION", "message": message, "detail": detail });
    assert_eq!((refused.status.as_u16(), refused.json()?), (405, json!({ "errors": [error] })));
    assert_eq!(pushed.client.get(&path).await?.seen(), "200");
    Ok(())
}

/// Of a mount nobody is told why it is not made.
#[tokio::test]
async fn nothing_is_mounted_out_of_what_may_not_be_read() -> Outcome {
    let harness = Harness::new().await?;
    let pushed = pushed(&harness).await?;
    let mount = format!("/v2/samples/target/blobs/uploads/?mount={}&from={REPOSITORY}", pushed.blob);
    pushed.client.change("/acr/v1/samples/hello", r#"{"readEnabled":false}"#).await?.succeeded()?;
    assert_eq!(pushed.client.ask(Method::POST, &mount).await?.seen(), "202");
    let blob = format!("/v2/samples/target/blobs/{}", pushed.blob);
    assert_eq!(pushed.client.get(&blob).await?.seen(), "404 BLOB_UNKNOWN");
    pushed.client.change("/acr/v1/samples/hello", r#"{"readEnabled":true}"#).await?.succeeded()?;
    assert_eq!(pushed.client.ask(Method::POST, &mount).await?.seen(), "201");
    Ok(())
}

#[tokio::test]
async fn an_upload_under_way_ends_when_its_repository_is_locked() -> Outcome {
    let harness = Harness::new().await?;
    let Pushed { client, .. } = pushed(&harness).await?;
    let upload = client.start_upload(REPOSITORY).await?;
    client.change("/acr/v1/samples/hello", r#"{"writeEnabled":false}"#).await?.succeeded()?;
    let finish = format!("{upload}?digest={}", digest_of(b"new"));
    assert_eq!(client.send(Method::PUT, &finish, &[], "new").await?.seen(), LOCKED);
    assert_eq!(client.get(&upload).await?.seen(), "404 BLOB_UPLOAD_UNKNOWN");
    client.change("/acr/v1/samples/hello", r#"{"writeEnabled":true}"#).await?.succeeded()?;
    assert_eq!(client.get(&format!("/v2/{REPOSITORY}/blobs/{}", digest_of(b"new"))).await?.seen(), "404 BLOB_UNKNOWN");
    Ok(())
}

#[tokio::test]
async fn what_is_not_to_be_listed_is_in_no_list() -> Outcome {
    let harness = Harness::new().await?;
    let Pushed { client, blob, manifest } = pushed(&harness).await?;
    let refers = format!(r#","subject":{{"digest":"{manifest}","size":1}}"#);
    let pushed = client.push_image((REPOSITORY, "signature"), &blob, &refers).await?;
    let signature = pushed.header("docker-content-digest").ok_or("a digest")?.to_owned();
    client.push_blob("samples/also", b"hello").await?;
    client.push_image(("samples/also", "v1"), &blob, "").await?;
    let lists = async |path: &str, list: &str, name: &str| every_page(&client, path, list, name).await;
    let tags = [("/v2/samples/hello/tags/list?n=1", ""), ("/acr/v1/samples/hello/_tags?n=1", "name")];
    let signatures = format!("/v2/samples/hello/referrers/{manifest}");
    assert_eq!(lists(&signatures, "manifests", "digest").await?.concat(), [signature.as_str()]);
    for (what, body) in [
        ("/_tags/v1".to_owned(), r#"{"listEnabled":false}"#),
        (format!("/_manifests/{signature}"), r#"{"listEnabled":false}"#),
        (String::new(), r#"{"listEnabled":false}"#),
    ] {
        client.change(&format!("/acr/v1/samples/hello{what}"), body).await?.succeeded()?;
    }
    for (path, name) in tags {
        // Hidden ones take no room on a page.
        assert_eq!(lists(path, "tags", name).await?, [["other"], ["signature"], ["v2"]], "{path}");
    }
    let manifests = lists("/acr/v1/samples/hello/_manifests?n=1", "manifests", "digest").await?;
    assert!(manifests.len() == 2 && !manifests.concat().contains(&signature));
    assert_eq!(lists(&signatures, "manifests", "digest").await?.concat(), [""; 0]);
    for catalog in ["/v2/_catalog?n=1", "/acr/v1/_catalog?n=1"] {
        assert_eq!(lists(catalog, "repositories", "").await?, [["samples/also"]], "{catalog}");
    }
    let told = client.get(&format!("/acr/v1/samples/hello/_manifests/{manifest}")).await?.json()?;
    assert_eq!(told["manifest"]["tags"], json!(["v2"]));
    // Whoever knows a name is told of it.
    for path in ["/acr/v1/samples/hello", "/acr/v1/samples/hello/_tags/v1", "/v2/samples/hello/manifests/v1"] {
        assert_eq!(client.get(path).await?.seen(), "200", "{path}");
    }
    Ok(())
}
