//! What words may refer to: files (`@token.json`) and variables of the shell session (`'$token.Id'`).

use super::convert::UNQUOTED;
use super::literal::Literal;
use serde_json::Value;
use std::fmt;

/// Where the binder finds them. Handed in, so that the binder stays a function of its arguments.
pub trait Sources {
    /// The text of a file. `Err` says why it cannot be had.
    fn file(&self, path: &str) -> Result<String, String>;
    /// A variable of the shell session; `None` when it was never set. Names are compared without case.
    fn variable(&self, name: &str) -> Option<Value>;
}

/// No files and no variables.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSources;

impl Sources for NoSources {
    fn file(&self, path: &str) -> Result<String, String> {
        Err(format!("Cannot find path '{path}' because it does not exist."))
    }

    fn variable(&self, _name: &str) -> Option<Value> {
        None
    }
}

/// Why a reference leads nowhere. Its `Debug` quotes nothing: what looks like a variable may be a secret with a dollar sign.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message says what it is")]
pub enum SourceError {
    #[error("The variable '${0}' cannot be retrieved because it has not been set.")]
    UnknownVariable(String),
    #[error("{0}")]
    File(String),
    #[error("'${0}' is not the name of a variable, with members as .Name and [0] behind it.")]
    NotAPath(String),
}

impl SourceError {
    /// The same without the reference.
    pub(super) fn unquoted(self) -> Self {
        match self {
            Self::UnknownVariable(_) => Self::UnknownVariable(UNQUOTED.to_owned()),
            Self::NotAPath(_) => Self::NotAPath(UNQUOTED.to_owned()),
            // Names the file, not what is in it.
            Self::File(_) => self,
        }
    }
}

impl fmt::Debug for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceError({})", self.clone().unquoted())
    }
}

/// One step of `name.Member[0]`.
enum Step<'a> {
    Member(&'a str),
    Index(usize),
}

/// The value of `reference`, which is `name`, `name.Member`, `name[0].Member`, … without the dollar sign.
///
/// As in PowerShell, a member that is not there is null, a member of an array is the array of its items' members, and an array
/// of one is its item.
pub fn variable(reference: &str, sources: &dyn Sources) -> Result<Literal, SourceError> {
    let name = reference.split(['.', '[']).next().unwrap_or_default();
    let rest = reference.get(name.len()..).unwrap_or_default();
    let steps = steps(rest).ok_or_else(|| SourceError::NotAPath(reference.to_owned()))?;
    let value = sources.variable(name).ok_or_else(|| SourceError::UnknownVariable(name.to_owned()))?;
    let value = steps.iter().fold(value, |value, step| follow(value, step));
    Ok(Literal::from(match value {
        Value::Array(mut items) if items.len() == 1 => items.pop().unwrap_or_default(),
        other => other,
    }))
}

fn steps(mut rest: &str) -> Option<Vec<Step<'_>>> {
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (member, behind) = after.split_at(end);
            if member.is_empty() {
                return None;
            }
            steps.push(Step::Member(member));
            rest = behind;
        } else {
            let (index, behind) = rest.strip_prefix('[')?.split_once(']')?;
            steps.push(Step::Index(index.trim().parse().ok()?));
            rest = behind;
        }
    }
    Some(steps)
}

fn follow(value: Value, step: &Step<'_>) -> Value {
    match (step, value) {
        (Step::Index(index), Value::Array(items)) => items.into_iter().nth(*index).unwrap_or_default(),
        (Step::Index(0), one) => one,
        (Step::Member(_), Value::Array(items)) => {
            let found: Vec<_> = items.into_iter().map(|item| follow(item, step)).filter(|it| !it.is_null()).collect();
            if found.is_empty() { Value::Null } else { Value::Array(found) }
        }
        (Step::Member(name), Value::Object(members)) => {
            let found = members.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value).unwrap_or_default()
        }
        _ => Value::Null,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    /// `$token` is one token, `$tokens` are two, `$text` is text; `token.json` and `bad.json` are files.
    pub(crate) struct Given;

    impl Sources for Given {
        fn file(&self, path: &str) -> Result<String, String> {
            match path {
                "token.json" => Ok(r#"{"Status":"disabled","scopemapid":"newmap"}"#.to_owned()),
                "splat.json" => {
                    Ok(r#"{"Name":"t1","RegistryName":"r1","ResourceGroupName":"g1","NoWait":true,"Confirm":false}"#
                        .to_owned())
                }
                "bad.json" => Ok("{".to_owned()),
                _ => NoSources.file(path),
            }
        }

        fn variable(&self, name: &str) -> Option<Value> {
            match name.to_ascii_lowercase().as_str() {
                "token" => Some(json!([{ "Name": "t1", "Id": "/x/t1", "Status": "disabled" }])),
                "tokens" => Some(json!([{ "Name": "t1" }, { "Name": "t2" }])),
                "text" => Some(json!("enabled")),
                _ => None,
            }
        }
    }

    #[rstest]
    #[case("text", json!("enabled"))]
    #[case("TOKEN.id", json!("/x/t1"))]
    #[case("token[0].Name", json!("t1"))]
    #[case("tokens[1].Name", json!("t2"))]
    #[case("tokens.Name", json!(["t1", "t2"]))]
    #[case("token.Nothing", json!(null))]
    #[case("tokens[7]", json!(null))]
    fn members_and_items_are_followed(#[case] reference: &str, #[case] expected: Value) {
        assert_eq!(variable(reference, &Given), Ok(Literal::from(expected)));
    }

    #[rstest]
    #[case("nothing.Id", "The variable '$nothing' cannot be retrieved because it has not been set.")]
    #[case("token[x]", "'$token[x]' is not the name of a variable, with members as .Name and [0] behind it.")]
    #[case("token..Id", "'$token..Id' is not the name of a variable, with members as .Name and [0] behind it.")]
    fn what_leads_nowhere_is_told(#[case] reference: &str, #[case] expected: &str) {
        assert_eq!(variable(reference, &Given).unwrap_err().to_string(), expected);
    }
}
