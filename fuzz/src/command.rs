//! The command line: PowerShell's values, and words bound to parameters.

use crate::text;
use cli::cmdlet::binder::sets::{self, Resolution};
use cli::cmdlet::binder::{Bound, Spec, bind};
use cli::cmdlet::literal::{Literal, LiteralError};
use cli::cmdlet::sources::Sources;
use cli::cmdlet::types::Kind;
use cli::cmdlets::ALL;
use serde_json::{Value, json};

/// Two files and three variables.
struct Given {
    /// What `@again.json` holds.
    again: Value,
}

impl Sources for Given {
    fn file(&self, path: &str) -> Result<String, String> {
        match path {
            "again.json" => Ok(self.again.to_string()),
            "token.json" => Ok(r#"{"Status":"disabled","ScopeMapId":"newmap"}"#.to_owned()),
            _ => Err(format!("Cannot find path '{path}' because it does not exist.")),
        }
    }

    fn variable(&self, name: &str) -> Option<Value> {
        match name.to_ascii_lowercase().as_str() {
            "token" => Some(json!([{"Name": "t1", "Id": "/x/t1", "Status": "disabled"}])),
            "tokens" => Some(json!([{"Name": "t1"}, {"Name": "t2"}])),
            "text" => Some(json!("enabled")),
            _ => None,
        }
    }
}

/// The first byte is the number of a cmdlet, the rest its words, a line each.
pub fn binder(data: &[u8]) {
    let Some((number, rest)) = data.split_first() else { return };
    let Some(rest) = text(rest) else { return };
    let spec = &ALL[usize::from(*number) % ALL.len()].spec;
    let words: Vec<String> = rest.split('\n').map(str::to_owned).collect();
    let given = Given { again: Value::Null };
    let outcome = bind(spec, &words, &given);
    match &outcome {
        Ok(bound) => {
            every_value_has_its_kind(spec, bound);
            sets_are_what_they_say(spec, bound);
            another_process_reads_the_same(spec, bound);
            a_file_of_it_binds_the_same(spec, bound);
        }
        Err(error) => {
            assert!(!error.id().is_empty() && !error.to_string().is_empty());
            let _ = error.hint();
        }
    }
    if let Some(joined) = with_colons(spec, &words) {
        match (&outcome, bind(spec, &joined, &given)) {
            (Ok(apart), Ok(joined)) => assert_eq!(*apart, joined),
            (Err(apart), Err(joined)) => assert_eq!(apart.id(), joined.id()),
            (apart, joined) => panic!("{words:?}: {apart:?}; {joined:?}"),
        }
    }
}

fn every_value_has_its_kind(spec: &Spec, bound: &Bound) {
    for parameter in spec.parameters() {
        let Some(value) = bound.get(parameter.name) else { continue };
        assert!(is_of(&parameter.kind, value), "{}: {value}", parameter.name);
    }
}

/// `null` stands for what was given as `$null`.
fn is_of(kind: &Kind, value: &Value) -> bool {
    let all = |of: &dyn Fn(&Value) -> bool| value.as_array().is_some_and(|items| items.iter().all(of));
    match kind {
        Kind::Switch => value.is_boolean(),
        Kind::Text | Kind::Word(_) | Kind::Date | Kind::Preference => value.is_string(),
        Kind::Texts => all(&Value::is_string),
        Kind::Number => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        Kind::Numbers => all(&|item| is_of(&Kind::Number, item)),
        Kind::Object(shape) => value.as_object().is_some_and(|members| {
            let property = |name: &str| shape.properties.iter().find(|property| property.name == name);
            members
                .iter()
                .all(|(name, value)| property(name).is_some_and(|it| value.is_null() || is_of(&it.kind, value)))
        }),
        Kind::Objects(shape) => all(&|item| item.is_null() || is_of(&Kind::Object(shape), item)),
        Kind::Dictionary => value.as_object().is_some_and(|members| members.values().all(Value::is_string)),
    }
}

fn sets_are_what_they_say(spec: &Spec, bound: &Bound) {
    let lacks = |set: &str| spec.parameters().any(|it| it.mandatory && it.is_in(set) && !bound.has(it.name));
    match sets::resolve(spec, bound) {
        Ok(Resolution::Complete(set)) => {
            assert!(!lacks(set), "{set} lacks something");
            assert!(spec.parameters().filter(|it| bound.has(it.name)).all(|it| it.is_in(set)), "{set} has not all");
        }
        Ok(Resolution::Missing(missing)) => {
            assert!(!missing.is_empty() && missing.iter().all(|it| it.mandatory && !bound.has(it.name)));
        }
        Ok(Resolution::Pipeline) | Err(_) => assert!(
            spec.sets.iter().filter(|set| !lacks(set)).count() != 1
                || sets::valid(spec, bound).iter().all(|set| lacks(set)),
            "one set is complete, and is not taken"
        ),
    }
}

fn another_process_reads_the_same(spec: &Spec, bound: &Bound) {
    let mut expected = bound.clone();
    // Whoever began the other process shows what comes of it.
    expected.options.output = None;
    expected.options.help = false;
    assert_eq!(Bound::from_json(spec, &bound.to_json()), Some(expected));
}

/// What was bound, written as JSON and splatted, is what was bound.
fn a_file_of_it_binds_the_same(spec: &'static Spec, bound: &Bound) {
    let again = bound.to_json()["values"].clone();
    let outcome = bind(spec, &["@again.json".to_owned()], &Given { again: again.clone() });
    let outcome = outcome.unwrap_or_else(|error| panic!("{again}: {error}"));
    assert_eq!(outcome.to_json()["values"], again);
}

/// The same words with `-Name value` written as `-Name:value`; `None` where there is nothing to join.
fn with_colons(spec: &Spec, words: &[String]) -> Option<Vec<String>> {
    // Behind a colon or a comma, or two dashes that end the parameters, a word may be something else than it looks.
    if words.iter().any(|word| word.ends_with([':', ',']) || word == "--") {
        return None;
    }
    let takes_value = |word: &str| {
        let name = word.strip_prefix('-')?;
        let found = spec.parameters().find(|it| it.name.eq_ignore_ascii_case(name))?;
        (!found.is_switch()).then_some(())
    };
    let is_plain = |word: &str| word.starts_with(|c: char| c.is_ascii_alphanumeric() || "@$'\"".contains(c));
    let mut joined = Vec::new();
    let mut rest = words.iter().peekable();
    while let Some(word) = rest.next() {
        let value = rest.next_if(|next| takes_value(word).is_some() && is_plain(next));
        joined.push(value.map_or_else(|| word.clone(), |value| format!("{word}:{value}")));
    }
    (joined.len() < words.len()).then_some(joined)
}

/// One value.
pub fn literal(data: &[u8]) {
    let Some(given) = text(data) else { return };
    let read = Literal::parse(given);
    agrees_with_json(given.trim(), &read);
    let Ok(literal) = read else { return };
    if depth(&literal) <= 8
        && let Some(written) = powershell(&literal)
    {
        assert_eq!(Literal::parse(&written), Ok(literal.clone()), "{written}");
    }
    if let Some(json) = json_of(&literal) {
        let is_cast =
            matches!(&json, Value::Array(items) if matches!(items.first(), Some(Value::Null | Value::Bool(_))));
        // `[true` begins a cast of PowerShell's.
        if (json.is_array() || json.is_object()) && !is_cast {
            assert_eq!(Literal::parse(&json.to_string()), Ok(literal), "{json}");
        }
    }
}

/// An object of JSON is what a library of JSON says it is, or has two members that PowerShell takes for one.
fn agrees_with_json(given: &str, read: &Result<Literal, LiteralError>) {
    if !given.starts_with('{') {
        return;
    }
    match (serde_json::from_str::<Value>(given), read) {
        (Ok(value), Ok(literal)) if !has_fraction(&value) => assert_eq!(Literal::from(value), *literal),
        (Ok(_), Ok(_) | Err(LiteralError::DuplicateKey(_))) | (Err(_), Err(LiteralError::Json(_))) => {}
        (json, read) => panic!("{json:?}; {read:?}"),
    }
}

/// There are several ways to write one.
fn has_fraction(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(items) => items.iter().any(has_fraction),
        Value::Object(members) => members.values().any(has_fraction),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}

fn depth(literal: &Literal) -> usize {
    match literal {
        Literal::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Literal::Table(pairs) => 1 + pairs.iter().map(|(_, value)| depth(value)).max().unwrap_or(0),
        Literal::Null | Literal::Bool(_) | Literal::Text(_) | Literal::Variable(_) => 0,
    }
}

/// As PowerShell writes it; `None` for an array of one array, which it does not keep.
fn powershell(literal: &Literal) -> Option<String> {
    Some(match literal {
        Literal::Null => "$null".to_owned(),
        Literal::Bool(true) => "$true".to_owned(),
        Literal::Bool(false) => "$false".to_owned(),
        Literal::Text(text) => quoted(text),
        Literal::Variable(name) => format!("${name}"),
        Literal::Array(items) if matches!(items[..], [Literal::Array(_)]) => return None,
        Literal::Array(items) => {
            format!("@({})", items.iter().map(powershell).collect::<Option<Vec<_>>>()?.join(", "))
        }
        Literal::Table(pairs) => {
            let pair = |(key, value): &(String, Literal)| Some(format!("{}={}", quoted(key), powershell(value)?));
            format!("@{{{}}}", pairs.iter().map(pair).collect::<Option<Vec<_>>>()?.join("; "))
        }
    })
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// As JSON; `None` where a variable is in it.
fn json_of(literal: &Literal) -> Option<Value> {
    Some(match literal {
        Literal::Null => Value::Null,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Text(text) => Value::String(text.clone()),
        Literal::Variable(_) => return None,
        Literal::Array(items) => Value::Array(items.iter().map(json_of).collect::<Option<_>>()?),
        Literal::Table(pairs) => {
            let pair = |(key, value): &(String, Literal)| Some((key.clone(), json_of(value)?));
            Value::Object(pairs.iter().map(pair).collect::<Option<_>>()?)
        }
    })
}
