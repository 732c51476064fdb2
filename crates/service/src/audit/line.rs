//! The text of an entry: what its hash is taken over, and what is shown and exported.
//!
//! `{"seq":7,…,"previous":"…"` are the canonical bytes, and `,"hash":"…"}` follows them: so a file of such lines can be verified by
//! itself, with SHA-256 and nothing else (docs/audit.md).

use crate::Error;
use metadata::audit::Kept;
use model::audit::{Entry, Link};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// The members in their order; what does not apply is left out. Members may be added in front of `previous` one day: lines of older
/// entries stay as they are.
#[derive(Serialize)]
struct Line<'a> {
    seq: i64,
    at: String,
    outcome: &'static str,
    action: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    who: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registry: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    previous: String,
}

/// The link that an entry is behind `previous`.
pub(super) fn link(entry: &Entry, previous: &Link) -> Result<Link, Error> {
    let seq = previous.seq + 1;
    let hash = Sha256::digest(canonical(seq, entry, &previous.hash)?).into();
    Ok(Link { seq, hash })
}

/// The whole line of an entry, without a line break.
pub(super) fn line(kept: &Kept) -> Result<String, Error> {
    let mut text = canonical(kept.seq, &kept.entry, &kept.previous)?;
    text.push_str(",\"hash\":\"");
    text.push_str(&hexadecimal(&kept.hash));
    text.push_str("\"}");
    Ok(text)
}

fn canonical(seq: i64, entry: &Entry, previous: &[u8; 32]) -> Result<String, Error> {
    let line = Line {
        seq,
        at: entry.at.to_string(),
        outcome: entry.outcome.as_str(),
        action: &entry.action,
        who: entry.who.as_deref(),
        credential: entry.credential.as_deref(),
        address: entry.address.map(|address| address.to_string()),
        registry: entry.registry.as_deref(),
        repository: entry.repository.as_deref(),
        target: entry.target.as_deref(),
        rule: entry.rule.as_deref(),
        detail: entry.detail.as_deref(),
        request: entry.request.as_deref(),
        count: entry.repeated.map(|repeated| repeated.count),
        since: entry.repeated.map(|repeated| repeated.since.to_string()),
        previous: hexadecimal(previous),
    };
    let mut text = serde_json::to_string(&line).map_err(Error::internal)?;
    text.pop();
    Ok(text)
}

fn hexadecimal(hash: &[u8; 32]) -> String {
    hash.iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _written = write!(text, "{byte:02x}");
        text
    })
}
