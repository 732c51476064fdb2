//! `Warning` headers (OCI distribution specification 1.1, "Warnings"): whose password or certificate ends soon hears of it with every answer,
//! and clients that show warnings show each once.

use http::header::WARNING;
use http::{HeaderMap, HeaderValue};
use model::ending::Ending;

/// `Warning: 299 - "…"` for each. Names of tokens and slots have no character that would have to be escaped.
pub(super) fn add(headers: &mut HeaderMap, endings: &[Ending]) {
    for ending in endings {
        if let Ok(value) = HeaderValue::try_from(format!("299 - \"{ending}\"")) {
            headers.append(WARNING, value);
        }
    }
}
