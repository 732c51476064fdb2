//! Bugs that other registries shipped, where no other test here has the same bug in view: docs/advisories.md lists them all.

use crate::client::Outcome;
use crate::distribution::pushes::{REPOSITORY, digest_of, everything};
use crate::harness::Harness;
use http::Method;
use model::action::Action;

const HOST: &str = "lnxcr.localhost";

/// CVE-2026-35172 of distribution: what one repository deleted came back when another touched the same bytes.
#[tokio::test]
async fn a_deleted_blob_stays_deleted_while_another_repository_has_it() -> Outcome {
    let harness = Harness::new().await?;
    let owner = everything(&harness).await?;
    for repository in [REPOSITORY, "team/app"] {
        owner.push_blob(repository, b"hello").await?;
    }
    let blob = |repository: &str| format!("/v2/{repository}/blobs/{}", digest_of(b"hello"));
    assert_eq!(owner.ask(Method::DELETE, &blob(REPOSITORY)).await?.seen(), "202");
    for touch in 0..3 {
        match touch {
            0 => drop(owner.get(&blob("team/app")).await?.succeeded()?),
            1 => drop(owner.push_blob("team/app", b"hello").await?),
            _ => drop(owner.ask(Method::HEAD, &blob("team/app")).await?.succeeded()?),
        }
        assert_eq!(owner.get(&blob(REPOSITORY)).await?.seen(), "404 BLOB_UNKNOWN", "after touch {touch}");
        assert_eq!(owner.ask(Method::HEAD, &blob(REPOSITORY)).await?.status.as_u16(), 404, "after touch {touch}");
    }
    let mount = format!("/v2/third/app/blobs/uploads/?mount={}&from={REPOSITORY}", digest_of(b"hello"));
    assert_eq!(owner.ask(Method::POST, &mount).await?.seen(), "202", "nothing is mounted from there");
    Ok(())
}

/// CVE-2024-9683 of Quay: bcrypt reads 72 bytes, so what came behind them did not matter.
#[tokio::test]
async fn a_password_counts_to_its_last_byte() -> Outcome {
    let harness = Harness::new().await?;
    let token = harness.holder("token2", "*", &Action::ALL).await?;
    let right = &token.password;
    let signs_in = async |password: String| -> Outcome<bool> {
        let client = harness.stranger(HOST).with_basic("token2", &password);
        Ok(client.get("/oauth2/token").await?.status.is_success() && client.get("/v2/").await?.status.is_success())
    };
    assert!(signs_in(right.clone()).await?);
    let padding = "x".repeat(72);
    for wrong in [
        right[..right.len() - 1].to_owned(),
        format!("{right}x"),
        format!("{right}{padding}"),
        format!("{padding}{right}"),
        format!("{right}\0"),
        format!("{right} "),
        right.to_ascii_uppercase(),
    ] {
        assert!(!signs_in(wrong.clone()).await?, "{} bytes", wrong.len());
    }
    Ok(())
}
