//! The registry API: paths, ranges, manifests.

use crate::text;
use http::header::CONTENT_RANGE;
use http::{HeaderMap, HeaderValue, Method};
use model::manifest::ManifestKind;
use model::operation::Needs;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use serde_json::Value;
use std::collections::BTreeSet;

#[path = "../../crates/server/src/distribution/content_range.rs"]
mod content_range;
#[path = "../../crates/server/src/distribution/manifest_body/mod.rs"]
#[expect(dead_code, reason = "compiled for its reader of manifests alone")]
mod manifest_body;
#[path = "../../crates/server/src/distribution/range.rs"]
mod range;
#[path = "../../crates/server/src/distribution/route/mod.rs"]
mod route;

use range::Part;

const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::PUT, Method::PATCH, Method::POST, Method::DELETE, Method::OPTIONS];

/// A path.
pub fn route(data: &[u8]) {
    let Some(path) = text(data) else { return };
    // However it is encoded, a path is the same path.
    let whole: Vec<u8> = percent_decode_str(path).collect();
    let encoded = percent_encode(&whole, NON_ALPHANUMERIC).to_string();
    let routed = METHODS.map(|method| (route::parse(&method, path), method));
    for (routed, method) in &routed {
        assert_eq!(route::parse(method, &encoded), *routed, "{encoded}");
        let Ok(routed) = routed else { continue };
        let operation = routed.operation();
        if let Needs::Repository(name, actions) = operation.needs() {
            assert!(!actions.is_empty(), "{method} {path} needs nothing");
            assert!(name.as_str().split('/').all(|part| !part.is_empty() && part != ".." && part != "."), "{name}");
            assert!(String::from_utf8_lossy(&whole).contains(name.as_str()), "{name} is not in {path}");
            assert!(operation.challenge_scope().is_some_and(|scope| scope.contains(name.as_str())));
        }
    }
    let [get, head, ..] = &routed;
    assert_eq!(get.0, head.0, "HEAD is GET without a body");
    assert!(routed[6].0.is_err(), "OPTIONS does nothing");
    for (routed, method) in &routed {
        if let Err(route::RouteError::MethodNotAllowed(allowed)) = routed {
            assert!(!allowed.split(", ").any(|known| known == method.as_str()), "{method} is among {allowed}");
        }
    }
}

/// A line with a blob's size, and a header: `Range`, or `Content-Range`.
pub fn range(data: &[u8]) {
    let Some((size, header)) = text(data).and_then(|given| given.split_once('\n')) else { return };
    let Ok(size) = size.parse::<u64>() else { return };
    match (range::parse(Some(header), size), second_range(header, size)) {
        (Part::Whole, None) => {}
        (Part::Bytes(part), Some((first, last))) => {
            assert!(part.start < part.end && part.end <= size, "{part:?} of {size}");
            assert_eq!((u128::from(part.start), u128::from(part.end)), (first, last + 1));
        }
        (Part::Unsatisfiable, Some((first, last))) => assert!(first > last || first >= u128::from(size)),
        (part, expected) => panic!("{part:?}, and {expected:?}"),
    }
    let Ok(value) = HeaderValue::from_str(header) else { return };
    if let Ok(Some(chunk)) = content_range::ContentRange::parse(&HeaderMap::from_iter([(CONTENT_RANGE, value)])) {
        assert!(chunk.first <= chunk.last && chunk.bytes() > 0);
        let plain = format!("{}-{}", chunk.first, chunk.last);
        let again = HeaderMap::from_iter([(CONTENT_RANGE, HeaderValue::try_from(plain).expect("digits"))]);
        assert_eq!(content_range::ContentRange::parse(&again), Ok(Some(chunk)));
    }
}

/// The first and last byte that a single range means, in wide numbers; a first behind the last for none.
fn second_range(header: &str, size: u64) -> Option<(u128, u128)> {
    let (unit, range) = header.split_once('=')?;
    let (first, last) = range.split_once('-')?;
    let (first, last) = (first.trim(), last.trim());
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let number = |digits: &str| {
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| digits.bytes().fold(0_u128, |sum, digit| (sum * 10 + u128::from(digit - b'0')).min(1 << 100)))
    };
    let size = u128::from(size);
    let end = size.checked_sub(1);
    match (number(first), number(last), first.is_empty(), last.is_empty()) {
        (Some(first), Some(last), ..) => Some(end.map_or((1, 0), |end| (first, last.min(end)))),
        (Some(first), None, _, true) => Some(end.map_or((1, 0), |end| (first, end))),
        (None, Some(0), true, _) => Some((1, 0)),
        (None, Some(suffix), true, _) => Some(end.map_or((1, 0), |end| (size.saturating_sub(suffix), end))),
        _ => None,
    }
}

/// The first byte is the number of a kind, the rest a manifest pushed as that kind.
pub fn manifest(data: &[u8]) {
    let Some((number, bytes)) = data.split_first() else { return };
    let kind = ManifestKind::ALL[usize::from(*number) % ManifestKind::ALL.len()];
    let Ok(read) = manifest_body::read(kind, bytes) else { return };
    assert_eq!(read.kind, kind);
    // Whatever a client that reads as Go does takes out of it must be what was checked.
    let as_go = folded(serde_json::from_slice(bytes).expect("it was read"));
    let digest_of = |descriptor: &Value| descriptor["digest"].as_str().map(str::to_owned);
    let list = |name: &str| as_go[name].as_array().into_iter().flatten().filter_map(digest_of).collect::<BTreeSet<_>>();
    let checked: BTreeSet<String> = read.blobs.iter().chain(&read.manifests).map(ToString::to_string).collect();
    let known: BTreeSet<String> =
        list("layers").into_iter().chain(list("manifests")).chain(digest_of(&as_go["config"])).collect();
    assert!(checked.is_subset(&known), "{checked:?} of {known:?}");
    if kind.is_index() {
        assert!(as_go["config"].is_null() && as_go["layers"].is_null(), "an index with a second reading");
    } else {
        assert!(as_go["manifests"].is_null(), "an image with a second reading");
        assert_eq!(digest_of(&as_go["config"]), read.config.as_ref().map(|config| config.digest.to_string()));
    }
    assert_eq!(digest_of(&as_go["subject"]), read.subject.as_ref().map(ToString::to_string));
    assert_eq!(as_go["schemaversion"], 2);
    let said = as_go["mediatype"].as_str().unwrap_or_default();
    assert!(said.is_empty() || said == kind.media_type(), "{said}");
    // Of descriptors it is the same list for the members of an index.
    assert!(manifest_body::members(bytes).len() <= as_go["manifests"].as_array().map_or(0, Vec::len));
}

/// With names of members as Go's decoder compares them: the last of those that differ in case alone wins. (It folds `ſ` and the Kelvin
/// sign too.) Members that are not the manifest's own keep to themselves.
fn folded(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let fold = |name: String| name.replace('ſ', "s").replace('\u{212a}', "k").to_ascii_lowercase();
            let mut folded_members = serde_json::Map::new();
            for (name, value) in members {
                folded_members.insert(fold(name), folded(value));
            }
            Value::Object(folded_members)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(folded).collect()),
        other => other,
    }
}
