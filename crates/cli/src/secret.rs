//! Text that must not be seen by accident.

use serde_json::Value;
use std::fmt;

/// Members whose content is a secret wherever they stand, in lower case and without underscores: those of the objects that cmdlets
/// write, of the management API, of OAuth 2.0 and its extensions, and of docker's logins.
const SECRET_MEMBERS: [&str; 15] = [
    "value",
    "password",
    "password2",
    "secret",
    "secrettext",
    "clientsecret",
    "token",
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "identitytoken",
    "assertion",
    "clientassertion",
    "devicecode",
    "auth",
];

/// The member of these that is also the name of lists (`{"value": [{…}]}`): objects in it are looked through.
const VALUE: &str = "value";

/// Whether a member of a JSON object holds a secret, by its name.
pub fn is_secret_member(name: &str) -> bool {
    SECRET_MEMBERS.contains(&plain(name).as_str())
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
}

/// Puts `mask` in the place of everything in `value` that is a secret by its name, however deep.
pub fn mask_secrets(value: &mut Value, mask: &Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| mask_secrets(item, mask)),
        Value::Object(members) => {
            for (name, member) in members {
                if plain(name) == VALUE {
                    mask_plain_values(member, mask);
                } else if is_secret_member(name) && !member.is_null() {
                    member.clone_from(mask);
                } else {
                    mask_secrets(member, mask);
                }
            }
        }
        _ => {}
    }
}

/// Of a member that is a secret or a list of objects.
fn mask_plain_values(value: &mut Value, mask: &Value) {
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter_mut().for_each(|item| mask_plain_values(item, mask)),
        Value::Object(_) => mask_secrets(value, mask),
        Value::String(_) | Value::Number(_) | Value::Bool(_) => value.clone_from(mask),
    }
}

/// A secret. Its `Debug` shows nothing of it, and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps the text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for the one place that sends it or shows it to its owner.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_are_masked_by_name_in_lists_and_objects_too() {
        let mut value = json!({
            "name": "t",
            "value": [{ "name": "password1", "value": "hunter2" }],
            "Value": ["hunter2", 7],
            "clientSecret": { "text": "hunter2" },
            "client_secret": ["hunter2"],
            "ACCESS_TOKEN": 7,
            "password": null,
            "properties": { "passwords": [{ "Password": "hunter2", "expiry": "x" }] },
        });
        mask_secrets(&mut value, &json!("*"));
        let expected = json!({
            "name": "t",
            "value": [{ "name": "password1", "value": "*" }],
            "Value": ["*", "*"],
            "clientSecret": "*",
            "client_secret": "*",
            "ACCESS_TOKEN": "*",
            "password": null,
            "properties": { "passwords": [{ "Password": "*", "expiry": "x" }] },
        });
        assert_eq!(value, expected);
    }
}
