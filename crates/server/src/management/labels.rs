//! The `tags` of groups and registries.

use super::errors::Failure;
use model::labels;
use std::collections::BTreeMap;

/// Reads them; a refusal names the tag.
pub(super) fn parse(given: Option<BTreeMap<String, String>>) -> Result<Option<BTreeMap<String, String>>, Failure> {
    let Some(given) = given else { return Ok(None) };
    match labels::check(&given) {
        Ok(()) => Ok(Some(given)),
        Err(error) => {
            let target = error.name().map_or_else(|| "tags".to_owned(), |name| format!("tags.{name}"));
            Err(Failure::invalid(target, format!("{error}.")))
        }
    }
}
