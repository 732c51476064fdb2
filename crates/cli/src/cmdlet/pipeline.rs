//! What a pipe brings: JSON objects, one a line or in an array, or the ids of resources, one a line. Each object is bound by value to
//! the parameters that take one (about_Pipelines).

use super::binder::{BindError, Bound, Spec, sets};
use super::convert::{self, Origin};
use super::literal::Literal;
use serde_json::Value;

/// The objects in the text of standard input.
///
/// Errors: where the text stops being JSON; never what stands there, for it may hold a password.
pub fn objects(text: &str) -> Result<Vec<Value>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.trim_start().starts_with(['{', '[', '"']) {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        return Ok(lines.map(Value::from).collect());
    }
    let mut objects = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        match value {
            Ok(Value::Array(items)) => objects.extend(items),
            Ok(one) => objects.push(one),
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                return Err(format!("Standard input is not JSON at line {line}, column {column}."));
            }
        }
    }
    Ok(objects)
}

/// Binds one object: the set that it completes, and everything bound. Of several sets, the one for which the object gives most.
///
/// Errors: [`BindError::InputNotBound`] when it completes none.
pub fn bind(spec: &'static Spec, bound: &Bound, object: &Value) -> Result<(&'static str, Bound), BindError> {
    if !matches!(object, Value::Object(_) | Value::String(_)) {
        return Err(BindError::InputNotBound);
    }
    let mut best: Option<(usize, &'static str, Bound)> = None;
    for set in sets::valid(spec, bound) {
        let missing = sets::missing(spec, bound, set);
        if missing.is_empty() || !missing.iter().all(|parameter| parameter.from_pipeline) {
            continue;
        }
        let mut with = bound.clone();
        let all = missing.iter().all(|parameter| {
            let typed = convert::typed(&parameter.kind, Literal::from(object.clone()), Origin::Piped);
            let says_something = |value: &Value| match value {
                Value::Object(members) => members.values().any(|member| !member.is_null()),
                other => !other.is_null(),
            };
            match typed {
                Ok(value) if says_something(&value) => {
                    with.set(parameter.name, value);
                    true
                }
                _ => false,
            }
        });
        if all && best.as_ref().is_none_or(|(count, ..)| missing.len() > *count) {
            best = Some((missing.len(), set, with));
        }
    }
    best.map(|(_, set, bound)| (set, bound)).ok_or(BindError::InputNotBound)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmdlet::binder;
    use crate::cmdlet::sources::NoSources;
    use crate::cmdlets::tokens::NEW;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case("", json!([]))]
    #[case(" \n", json!([]))]
    #[case("{\"a\":1}\n{\"a\":2}\n", json!([{"a": 1}, {"a": 2}]))]
    #[case("[{\"a\":1},{\"a\":2}]", json!([{"a": 1}, {"a": 2}]))]
    #[case("[{\"a\":1}]\n[{\"a\":2}]", json!([{"a": 1}, {"a": 2}]))]
    #[case("{\n \"a\": 1\n}\n", json!([{"a": 1}]))]
    #[case("\"/x\"", json!(["/x"]))]
    #[case("/subscriptions/a\n\n/subscriptions/b\r\n", json!(["/subscriptions/a", "/subscriptions/b"]))]
    fn objects_come_one_a_line_or_in_an_array(#[case] text: &str, #[case] expected: Value) {
        assert_eq!(objects(text).map(Value::Array), Ok(expected));
    }

    #[test]
    fn what_is_no_json_is_not_quoted() {
        assert_eq!(objects("{\"a\":hunter2}").unwrap_err(), "Standard input is not JSON at line 1, column 6.");
    }

    /// The set, and what is bound to the two parameters that take a pipe.
    fn bound(words: &[&str], object: &Value) -> Result<(&'static str, Option<Value>, Option<Value>), &'static str> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let before = binder::bind(&NEW.spec, &words, &NoSources).unwrap();
        let (set, bound) = bind(&NEW.spec, &before, object).map_err(|error| error.id())?;
        Ok((set, bound.get("InputObject").cloned(), bound.get("TokenCreateParameter").cloned()))
    }

    #[rstest]
    #[case(&[], json!({"Id": "/x", "Name": "n"}), "CreateViaIdentityExpanded", json!({"Id": "/x"}), json!(null))]
    #[case(&[], json!("/x"), "CreateViaIdentityExpanded", json!({"Id": "/x"}), json!(null))]
    #[case(&[], json!({"id": "/x", "status": "disabled"}), "CreateViaIdentity", json!({"Id": "/x"}), json!({"Status": "disabled"}))]
    #[case(&["-Status", "enabled"], json!({"Id": "/x", "ScopeMapId": "m"}), "CreateViaIdentityExpanded", json!({"Id": "/x"}), json!(null))]
    #[case(&["-InputObject", "/y"], json!({"Status": "disabled"}), "CreateViaIdentity", json!({"Id": "/y"}), json!({"Status": "disabled"}))]
    #[case(&["-TokenCreateParameter", "@{}"], json!({"TokenName": "t"}), "CreateViaIdentity", json!({"TokenName": "t"}), json!({}))]
    fn an_object_goes_to_what_takes_it(
        #[case] words: &[&str],
        #[case] object: Value,
        #[case] set: &str,
        #[case] identity: Value,
        #[case] token: Value,
    ) {
        let (found, input, create) = bound(words, &object).unwrap();
        assert_eq!((found, input.unwrap_or_default(), create.unwrap_or_default()), (set, identity, token));
    }

    #[rstest]
    #[case(json!(7))]
    #[case(json!({"Colour": "red"}))]
    #[case(json!({"Id": null}))]
    fn an_object_that_fits_nothing_is_refused(#[case] object: Value) {
        assert_eq!(bound(&[], &object), Err("InputObjectNotBound"));
    }
}
