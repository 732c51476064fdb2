//! JSON values as YAML 1.2: block style, text in double quotes whenever plain text could be read as something else.

use serde_json::Value;

/// Renders an object as a document.
pub fn render(value: &Value) -> String {
    let mut text = String::new();
    block(value, 0, &mut text);
    text
}

fn block(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (index, (key, member)) in members.iter().enumerate() {
                // The first member of an object in a list stands beside the list's dash.
                if index > 0 || !text.ends_with("- ") {
                    text.push_str(&" ".repeat(indent));
                }
                text.push_str(&scalar(&Value::String(key.clone())));
                text.push(':');
                nested(member, indent, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                text.push_str(&" ".repeat(indent));
                text.push_str("- ");
                match item {
                    Value::Object(members) if !members.is_empty() => block(item, indent + 2, text),
                    other => {
                        text.push_str(&scalar(other));
                        text.push('\n');
                    }
                }
            }
        }
        other => {
            text.push_str(&scalar(other));
            text.push('\n');
        }
    }
}

fn nested(value: &Value, indent: usize, text: &mut String) {
    let is_block = match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    if is_block {
        text.push('\n');
        block(value, indent + 2, text);
    } else {
        text.push(' ');
        text.push_str(&scalar(value));
        text.push('\n');
    }
}

/// Text that is only letters, or an ARM id, reads as text; JSON's own form of anything else is YAML too (YAML 1.2, section 1.3).
fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 8] = ["true", "false", "null", "yes", "no", "on", "off", "nan"];
    let opens = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let only_safe = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '@'));
    // `y`, `n` and the like are booleans for readers of YAML 1.1.
    opens && only_safe && text.len() > 1 && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn renders_nested_values() {
        let value = json!({
            "Name": "token2",
            "Id": "/subscriptions/x",
            "CreationDate": "2023-01-20T05:14:16Z",
            "Status": null,
            "Word": "no",
            "Empty": [],
            "Odd key:": "a: \"b\"\n",
            "Passwords": [{"Name": "password1", "Expiry": null}, {"Name": "password2", "Tags": {"a": "1"}}],
        });
        let expected = r#"Name: token2
Id: /subscriptions/x
CreationDate: "2023-01-20T05:14:16Z"
Status: null
Word: "no"
Empty: []
"Odd key:": "a: \"b\"\n"
Passwords:
  - Name: password1
    Expiry: null
  - Name: password2
    Tags:
      "a": "1"
"#;
        assert_eq!(render(&value), expected);
    }
}
