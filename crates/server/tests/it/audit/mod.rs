//! The audit log: what has which entry, and that the log is whole, bounded and without secrets.

mod data_plane;
mod log;
mod management;
mod sign_ins;

use crate::client::Outcome;
use crate::harness::Harness;
use http::Method;
use model::digest::{Digest, DigestAlgorithm};
use serde_json::Value;

/// The entries that `picks` picks, such as `&outcome=refused`.
async fn entries(harness: &Harness, picks: &str) -> Outcome<Vec<Value>> {
    lines(harness, picks).await?.iter().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// The same as lines.
async fn lines(harness: &Harness, picks: &str) -> Outcome<Vec<String>> {
    let path = format!("/providers/Portcullis.Audit/entries?api-version={}{picks}", wire::arm::API_VERSION);
    let answer = harness.manage(Method::GET, &path, None).await?.succeeded()?;
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    Ok(String::from_utf8(answer.body.to_vec())?.lines().map(str::to_owned).collect())
}

/// How many entries there are, counts included: what is asked in process writes them once it is answered.
async fn head(harness: &Harness) -> Outcome<i64> {
    lines(harness, "&last=1").await?;
    let last = entries(harness, "&last=1").await?;
    Ok(last.first().and_then(|entry| entry["seq"].as_i64()).unwrap_or_default())
}

/// The entries behind `seq`, each as `outcome action who credential | rule | on what`, without what is not there.
async fn told_since(harness: &Harness, seq: i64) -> Outcome<Vec<String>> {
    Ok(entries(harness, &format!("&after={seq}")).await?.iter().map(|entry| told(harness, entry)).collect())
}

fn told(harness: &Harness, entry: &Value) -> String {
    let text = |member: &str| entry[member].as_str().unwrap_or("-").replace(&harness.registry_id("lnxcr"), "REGISTRY");
    let text = |member: &str| text(member).replace(&harness.subscription, "SUBSCRIPTION");
    let place = [text("registry"), text("repository"), text("target")].join(" ");
    format!(
        "{} {} {} {} | {} | {place}",
        text("outcome"),
        text("action"),
        text("who"),
        text("credential"),
        text("rule")
    )
}

/// Whether each line follows the one before, reckoned here a second time as docs/audit.md says.
fn is_whole(lines: &[String]) -> Outcome<bool> {
    let mut previous: Option<String> = None;
    for line in lines {
        let (text, _) = line.rsplit_once(",\"hash\":\"").ok_or("a hash")?;
        let hash = Digest::of(DigestAlgorithm::Sha256, text.as_bytes()).to_string().replace("sha256:", "");
        let entry: Value = serde_json::from_str(line)?;
        let follows = previous.is_none_or(|previous| entry["previous"] == previous.as_str());
        if entry["hash"] != hash.as_str() || !follows {
            return Ok(false);
        }
        previous = Some(hash);
    }
    Ok(true)
}
