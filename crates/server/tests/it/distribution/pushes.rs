//! What most tests of the registry API begin with: somebody who may, and what was pushed.

use crate::client::{Answer, Client, Outcome};
use crate::harness::Harness;
use http::Method;
use http::header::CONTENT_TYPE;
use model::action::Action;
use model::digest::{Digest, DigestAlgorithm};
use model::manifest::ManifestKind;

/// The repository that tests push to.
pub(crate) const REPOSITORY: &str = "samples/hello";

/// A client that may do everything.
pub(crate) async fn everything(harness: &Harness) -> Outcome<Client<'_>> {
    Ok(harness.holder("everything", "*", &Action::ALL).await?.basic())
}

/// The digest that clients compute.
pub(crate) fn digest_of(bytes: &[u8]) -> Digest {
    Digest::of(DigestAlgorithm::Sha256, bytes)
}

/// An image manifest with one blob as its config and only layer, and such further members.
pub(crate) fn image(blob: &Digest, further: &str) -> String {
    let descriptor = format!(r#"{{"mediaType":"application/vnd.example.config","digest":"{blob}","size":5}}"#);
    format!(r#"{{"schemaVersion":2,"config":{descriptor},"layers":[{descriptor}]{further}}}"#)
}

impl Client<'_> {
    /// Pushes a blob in one request.
    pub(crate) async fn push_blob(&self, repository: &str, bytes: &'static [u8]) -> Outcome<Digest> {
        let digest = digest_of(bytes);
        let path = format!("/v2/{repository}/blobs/uploads/?digest={digest}");
        assert_eq!(self.send(Method::POST, &path, &[], bytes).await?.seen(), "201");
        Ok(digest)
    }

    /// Asks to store a manifest of this type.
    pub(crate) async fn push_manifest(
        &self,
        (repository, reference): (&str, &str),
        kind: &str,
        manifest: &str,
    ) -> Outcome<Answer> {
        let path = format!("/v2/{repository}/manifests/{reference}");
        self.send(Method::PUT, &path, &[(CONTENT_TYPE, kind)], manifest.to_owned()).await
    }

    /// Pushes an [`image`].
    pub(crate) async fn push_image(&self, at: (&str, &str), blob: &Digest, further: &str) -> Outcome<Answer> {
        let answer = self.push_manifest(at, ManifestKind::OciImage.media_type(), &image(blob, further)).await?;
        assert_eq!(answer.seen(), "201");
        Ok(answer)
    }

    /// Begins an upload; its path.
    pub(crate) async fn start_upload(&self, repository: &str) -> Outcome<String> {
        let answer = self.ask(Method::POST, &format!("/v2/{repository}/blobs/uploads/")).await?;
        assert_eq!(answer.seen(), "202");
        Ok(answer.header("location").ok_or("an upload has a location")?.to_owned())
    }
}
