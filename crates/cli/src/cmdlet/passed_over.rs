//! Members of objects that only the service sets. What a person wrote for one is not sent, and that is said; what a pipe brings
//! was read back and has them as a matter of course.

use super::binder::{Bound, Spec};
use super::types::{Kind, Shape};
use serde_json::Value;
use std::collections::BTreeSet;

/// Takes them out of everything bound. A warning for each parameter that had some.
pub fn take(spec: &Spec, bound: &mut Bound) -> Vec<String> {
    let mut warnings = Vec::new();
    for parameter in spec.parameters() {
        let (Kind::Object(shape) | Kind::Objects(shape)) = parameter.kind else { continue };
        let mut names = BTreeSet::new();
        if let Some(value) = bound.get_mut(parameter.name) {
            take_from(shape, value, &mut names);
        }
        if !names.is_empty() {
            let names = names.into_iter().collect::<Vec<_>>().join(", ");
            warnings.push(format!("-{} does not set {names}: what was given is passed over.", parameter.name));
        }
    }
    warnings
}

fn take_from(shape: &Shape, value: &mut Value, names: &mut BTreeSet<&'static str>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| take_from(shape, item, names)),
        Value::Object(members) => {
            for property in shape.properties {
                if property.read_only {
                    names.extend(members.remove(property.name).map(|_| property.name));
                } else if let Kind::Object(inner) | Kind::Objects(inner) = property.kind
                    && let Some(value) = members.get_mut(property.name)
                {
                    take_from(inner, value, names);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmdlets::tokens::NEW;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case("CredentialsPassword", json!([{ "Name": "password1", "Expiry": "2027-01-01T00:00:00Z" }]), None, None)]
    #[case("CredentialsPassword", json!([{ "Name": "password1", "CreationTime": "x" }, { "CreationTime": "y" }]), Some(json!([{ "Name": "password1" }, {}])), Some("CreationTime"))]
    #[case("TokenCreateParameter", json!({ "Status": "enabled", "SystemDataCreatedBy": "me", "CredentialsPassword": [{ "CreationTime": "x" }] }), Some(json!({ "Status": "enabled", "CredentialsPassword": [{}] })), Some("CreationTime, SystemDataCreatedBy"))]
    #[case("TokenCreateParameter", json!(null), None, None)]
    fn what_only_the_service_sets_is_taken_out_and_told(
        #[case] parameter: &'static str,
        #[case] given: Value,
        #[case] left: Option<Value>,
        #[case] names: Option<&str>,
    ) {
        let mut bound = Bound::default();
        bound.set(parameter, given.clone());
        let told: Vec<String> = names
            .iter()
            .map(|names| format!("-{parameter} does not set {names}: what was given is passed over."))
            .collect();
        assert_eq!(take(&NEW.spec, &mut bound), told);
        assert_eq!(bound.get_mut(parameter), Some(&mut left.unwrap_or(given)));
    }
}
