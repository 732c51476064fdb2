//! What is forbidden looks like what is not there, on every route of the registry.

use super::operations::{Form, every_row};
use super::{HOST, SECRET};
use crate::client::{Answer, Client, Outcome};
use crate::client_certificate::ClientCertificate;
use crate::distribution::pushes::{REPOSITORY, digest_of, everything};
use crate::harness::{Harness, Holder};
use model::action::Action;
use std::collections::BTreeSet;

/// Where nobody ever pushed anything.
const NOTHING: &str = "secret/other";

/// What an answer says, apart from the names that were asked for.
fn told(answer: &Answer) -> String {
    let headers = format!("{:?}", answer.lasting_headers());
    format!("{} {headers} {}", answer.status, String::from_utf8_lossy(&answer.body)).replace(SECRET, NOTHING)
}

/// The form, of another repository; and for another digest, upload or tag, which nobody has.
fn variants(form: &Form) -> Vec<String> {
    let there = form.path.replace(REPOSITORY, SECRET);
    let unknown = there.replace(&digest_of(b"hello").to_string(), &digest_of(b"nobody has this").to_string());
    let unknown = match unknown.strip_suffix("/v1").or_else(|| unknown.strip_suffix("/v2")) {
        Some(front) => format!("{front}/v9"),
        None => unknown,
    };
    vec![there.replace(SECRET, NOTHING), unknown.replace(SECRET, NOTHING), there, unknown]
}

async fn callers(harness: &Harness) -> Outcome<Vec<(&'static str, Client<'_>)>> {
    let token = harness.holder("token2", "samples/*", &Action::ALL).await?;
    let certificate = ClientCertificate::new("token3")?;
    let holder = Holder { name: "token3", repositories: "samples/*", actions: &Action::ALL };
    harness.certified(holder, &certificate).await?;
    let certified = harness.stranger(HOST).with_certificate(&certificate);
    let asked = ["repository:secret/hello:*", "repository:secret/other:*"];
    let bound = certified.with_bearer(&certified.bearer_text(&asked).await?);
    Ok(vec![
        ("nobody", harness.stranger(HOST)),
        ("a token by Basic", token.basic()),
        ("its bearer", token.bearer_for(&asked).await?),
        ("a certificate", certified),
        ("its bearer, bound", bound),
        ("a wrong password", harness.stranger(HOST).with_basic("token2", "pcl_wrong")),
    ])
}

/// CVE-2019-19030 of Harbor and its like: 404 here and 401 there told strangers which repositories exist.
#[tokio::test]
async fn what_is_forbidden_looks_like_what_is_not_there() -> Outcome {
    let harness = Harness::behind_proxy().await?;
    let owner = everything(&harness).await?;
    let blob = owner.push_blob(SECRET, b"hello").await?;
    owner.push_image((SECRET, "v1"), &blob, "").await?;
    let started = [owner.start_upload(SECRET).await?, owner.start_upload(SECRET).await?];
    let uploads = started.map(|path| path.replace(SECRET, REPOSITORY));
    for (who, client) in callers(&harness).await? {
        for row in every_row(&uploads)? {
            for form in row.forms.iter().filter(|form| form.path.contains("samples")) {
                let mut seen = BTreeSet::new();
                for path in variants(form) {
                    let answer = client.send(form.method.clone(), &path, &form.headers, form.body.clone()).await?;
                    assert_eq!(answer.status.as_u16(), 401, "{} {path} by {who}", form.method);
                    seen.insert(told(&answer));
                }
                assert_eq!(seen.len(), 1, "{} {} by {who}: {seen:#?}", form.method, form.path);
            }
        }
    }
    Ok(())
}
