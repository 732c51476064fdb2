//! Bodies that end after what their sender was let in with was revoked: nothing of them is kept. What ends by itself meanwhile lets what has begun
//! finish.

use crate::client::Outcome;
use crate::distribution::pushes::{REPOSITORY, digest_of, everything, image};
use crate::harness::{Harness, Holder, REGISTRY};
use crate::management::access::{PRINCIPALS, Principal, assign};
use crate::network::served;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use model::action::Action;
use model::manifest::ManifestKind;
use rstest::rstest;
use serde_json::json;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
const TOKEN: &str = "pusher";
const PUSHES: [Action; 2] = [Action::ContentRead, Action::ContentWrite];

/// Sends a head; when the body is asked for, its sender has been let in. Then something happens, and the body follows. The answer.
async fn late(
    address: SocketAddr,
    head: &str,
    body: &str,
    meanwhile: impl AsyncFnOnce() -> Outcome,
) -> Outcome<String> {
    let mut stream = TcpStream::connect(address).await?;
    let framing = format!("Connection: close\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(format!("{head}Host: {REGISTRY}.localhost\r\n{framing}").as_bytes()).await?;
    let mut asked = vec![0; CONTINUE.len()];
    stream.read_exact(&mut asked).await?;
    if asked != CONTINUE {
        stream.read_to_end(&mut asked).await?;
        return Err(format!("refused before its body: {}", String::from_utf8_lossy(&asked)).into());
    }
    meanwhile().await?;
    stream.write_all(body.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Meanwhile {
    Nothing,
    ItsBearerEnds,
    Disabled,
    DisabledAndEnabled,
    Deleted,
    Regenerated,
    PasswordRemoved,
    RightsTaken,
    ScopeMapDeleted,
}

impl Meanwhile {
    async fn happens(self, harness: &Harness) -> Outcome {
        let status = async |status: &str| {
            harness.patch(&harness.token_id(TOKEN), json!({"properties": {"status": status}})).await.map(drop)
        };
        match self {
            Self::Nothing => Ok(()),
            Self::ItsBearerEnds => {
                harness.advance(Duration::from_secs(24 * 3_600));
                Ok(())
            }
            Self::Disabled => status("disabled").await,
            Self::DisabledAndEnabled => {
                status("disabled").await?;
                status("enabled").await
            }
            Self::Deleted => harness.delete(&harness.token_id(TOKEN)).await.map(drop),
            Self::Regenerated => harness.generate(TOKEN, json!({"name": "password1"})).await.map(drop),
            Self::PasswordRemoved => {
                let properties = json!({"properties": {"credentials": {"passwords": []}}});
                harness.patch(&harness.token_id(TOKEN), properties).await.map(drop)
            }
            Self::RightsTaken => {
                let holder = Holder { name: TOKEN, repositories: "samples/*", actions: &[Action::ContentRead] };
                harness.put_rights(REGISTRY, &holder).await.map(drop)
            }
            Self::ScopeMapDeleted => harness.delete(&harness.scope_map_id(TOKEN)).await.map(drop),
        }
    }

    fn is_revocation(self) -> bool {
        !matches!(self, Self::Nothing | Self::ItsBearerEnds)
    }
}

#[rstest]
#[tokio::test]
async fn a_push_that_ends_after_a_revocation_is_not_kept(
    #[values(
        Meanwhile::Nothing,
        Meanwhile::ItsBearerEnds,
        Meanwhile::Disabled,
        Meanwhile::DisabledAndEnabled,
        Meanwhile::Deleted,
        Meanwhile::Regenerated,
        Meanwhile::PasswordRemoved,
        Meanwhile::RightsTaken,
        Meanwhile::ScopeMapDeleted
    )]
    meanwhile: Meanwhile,
    #[values(true, false)] by_bearer: bool,
    #[values(true, false)] is_manifest: bool,
) -> Outcome {
    let harness = Harness::new().await?;
    let admin = everything(&harness).await?;
    let token = harness.holder(TOKEN, "samples/*", &PUSHES).await?;
    let blob = token.basic().push_blob(REPOSITORY, b"hello").await?;
    let authorization = if by_bearer {
        format!("Bearer {}", token.bearer_text(&[&format!("repository:{REPOSITORY}:pull,push")]).await?)
    } else {
        format!("Basic {}", STANDARD.encode(format!("{TOKEN}:{}", token.password)))
    };
    let (body, kept, head) = if is_manifest {
        let path = format!("/v2/{REPOSITORY}/manifests/v1");
        let kind = ManifestKind::OciImage.media_type();
        (image(&blob, ""), path.clone(), format!("PUT {path} HTTP/1.1\r\nContent-Type: {kind}\r\n"))
    } else {
        let (location, digest) = (token.basic().start_upload(REPOSITORY).await?, digest_of(b"world"));
        let head = format!("PUT {location}?digest={digest} HTTP/1.1\r\n");
        ("world".to_owned(), format!("/v2/{REPOSITORY}/blobs/{digest}"), head)
    };
    let head = format!("{head}Authorization: {authorization}\r\n");
    served(&harness, async |address| {
        let answer = late(address, &head, &body, async || meanwhile.happens(&harness).await).await?;
        if meanwhile.is_revocation() {
            assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
            assert_eq!(answer.contains("error=\"invalid_token\""), by_bearer, "{answer}");
        } else {
            assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        }
        Ok(())
    })
    .await?;
    let expected = if meanwhile.is_revocation() { StatusCode::NOT_FOUND } else { StatusCode::OK };
    assert_eq!(admin.get(&kept).await?.status, expected);
    Ok(())
}

/// Who may no longer make credentials must not have made any that last.
#[rstest]
#[case::its_role_went(false, "HTTP/1.1 403")]
#[case::it_was_deleted(true, "HTTP/1.1 401")]
#[tokio::test]
async fn what_a_manager_sends_is_not_done_when_its_right_went_meanwhile(
    #[case] is_deleted: bool,
    #[case] status: &str,
    #[values(true, false)] is_of_the_site: bool,
) -> Outcome {
    let harness = Harness::new().await?;
    let (principal, other) = (Principal::new(&harness, "ci").await?, Principal::new(&harness, "other").await?);
    let scope = format!("/subscriptions/{}", harness.subscription);
    let role = assign(&harness, (1, "Owner", &scope), principal.object_id()).await?;
    let bearer = principal.bearer(&harness).await?;
    let version = wire::arm::API_VERSION;
    let (request, body) = if is_of_the_site {
        let path = format!("{PRINCIPALS}/{}/addPassword", other.client_id());
        (format!("POST {path}?api-version={version}"), json!({}))
    } else {
        let credentials = json!({"passwords": [{"name": "password1"}]});
        let properties = json!({"scopeMapId": harness.scope_map_id("_repositories_pull"), "credentials": credentials});
        (format!("PUT {}?api-version={version}", harness.token_id("late-token")), json!({"properties": properties}))
    };
    let head = format!("{request} HTTP/1.1\r\nContent-Type: application/json\r\nAuthorization: Bearer {bearer}\r\n");
    served(&harness, async |address| {
        let gone = if is_deleted { format!("{PRINCIPALS}/{}", principal.client_id()) } else { role };
        let answer = late(address, &head, &body.to_string(), async || harness.delete(&gone).await.map(drop)).await?;
        assert!(answer.starts_with(status) && !answer.contains("pcl_"), "{answer}");
        Ok(())
    })
    .await?;
    let tokens = harness.get(&format!("{}/tokens", harness.registry_id(REGISTRY))).await?;
    assert_eq!(tokens["value"], json!([]));
    let secrets = harness.get(&format!("{PRINCIPALS}/{}", other.client_id())).await?;
    assert_eq!(secrets["passwordCredentials"].as_array().map(Vec::len), Some(1));
    Ok(())
}
