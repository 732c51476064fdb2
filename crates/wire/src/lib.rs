//! JSON shapes of the protocols: Azure Resource Manager, OAuth2, OCI distribution, and Azure's metadata API beside it.
//!
//! Shapes only: field names, order, what is left out. No rules, and nothing of `model`: a value here may be any text.
//! Members stand in the order in which the service writes them.

pub mod acr;
pub mod arm;
pub mod oauth;
pub mod oci;

use serde::{Deserialize, Deserializer};

/// A list, or `null` in its place: what servers in Go write for one that has nothing.
fn list_or_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn a_list_that_is_null_is_empty() {
        let page = |member: &str, list: Value| json!({ "registry": "r", "imageName": "a", member: list });
        let tags: acr::Tags = serde_json::from_value(page("tags", Value::Null)).unwrap();
        let manifests: acr::Manifests = serde_json::from_value(page("manifests", Value::Null)).unwrap();
        let catalog: oci::Catalog = serde_json::from_value(json!({ "repositories": null })).unwrap();
        assert_eq!((tags.tags.len(), manifests.manifests.len(), catalog.repositories.len()), (0, 0, 0));
        let wrong = [page("tags", json!("none")), json!({ "registry": "r", "imageName": "a" })];
        assert!(wrong.into_iter().all(|page| serde_json::from_value::<acr::Tags>(page).is_err()));
    }
}
