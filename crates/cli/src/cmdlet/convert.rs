//! Values onto the types of parameters, with PowerShell's complaints where one does not fit.
//!
//! A typed value is JSON: text, a number, a boolean, an array, or an object whose members have the names of the page. Dates are
//! RFC 3339, in UTC.

use super::dates;
use super::literal::{Literal, LiteralError, begins_name};
use super::preference::{Preference, PreferenceError};
use super::sources::{SourceError, Sources};
use super::types::{Kind, Shape, TOKEN_PASSWORD};
use serde_json::{Map, Value};
use std::fmt;

/// Who wrote a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A person or a script: an unknown property is a mistake.
    Written,
    /// Another command, whose objects have more properties than are needed.
    Piped,
}

/// Why a value does not fit. Its `Debug` quotes none.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message says what it is")]
pub enum Mismatch {
    #[error("{0}")]
    Literal(#[from] LiteralError),
    #[error("{0}")]
    Source(#[from] SourceError),
    #[error("{0}")]
    Preference(#[from] PreferenceError),
    #[error("Cannot convert value to type {0}.")]
    NotText(String),
    #[error("Cannot convert value \"{value}\" to type \"{type_name}\". Error: \"{reason}\"")]
    NotAValue { value: String, type_name: String, reason: String },
    #[error(
        "Cannot convert value \"{type_name}\" to type \"System.Management.Automation.SwitchParameter\". Boolean parameters accept \
         only Boolean values and numbers, such as $True, $False, 1 or 0."
    )]
    NotASwitch { type_name: &'static str, is_empty: bool },
    #[error("Cannot convert the \"{value}\" value of type \"{from}\" to type \"{to}\".")]
    NoConversion { value: String, from: &'static str, to: &'static str },
    #[error(
        "Cannot create object of type \"{type_name}\". The {property} property was not found for the {type_name} object. The \
         available property is: {}", available.join(" , ")
    )]
    UnknownProperty { type_name: &'static str, property: String, available: Vec<String> },
    #[error(
        "Cannot create object of type \"{0}\". The value of a password is made by the registry and cannot be chosen."
    )]
    ChosenPassword(&'static str),
    #[error("Cannot create object of type \"{type_name}\". {source}")]
    Inside { type_name: &'static str, source: Box<Mismatch> },
}

/// What stands where a value is not quoted.
pub(super) const UNQUOTED: &str = "…";

impl Mismatch {
    /// The same without a word of the value: it is a secret's, or out of a file that may hold one.
    pub fn unquoted(self) -> Self {
        let hidden = || UNQUOTED.to_owned();
        match self {
            Self::Literal(error) => Self::Literal(error.unquoted()),
            Self::Source(error) => Self::Source(error.unquoted()),
            Self::Preference(PreferenceError::Unknown(_)) => Self::Preference(PreferenceError::Unknown(hidden())),
            Self::NotAValue { type_name, .. } => Self::NotAValue { value: hidden(), type_name, reason: hidden() },
            Self::NoConversion { from, to, .. } => Self::NoConversion { value: hidden(), from, to },
            Self::Inside { type_name, source } => Self::Inside { type_name, source: Box::new(source.unquoted()) },
            Self::Preference(PreferenceError::NotHere(_))
            | Self::NotText(_)
            | Self::NotASwitch { .. }
            | Self::UnknownProperty { .. }
            | Self::ChosenPassword(_) => self,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Literal(_) => "Literal",
            Self::Source(_) => "Source",
            Self::Preference(_) => "Preference",
            Self::NotText(_) => "NotText",
            Self::NotAValue { .. } => "NotAValue",
            Self::NotASwitch { .. } => "NotASwitch",
            Self::NoConversion { .. } => "NoConversion",
            Self::UnknownProperty { .. } => "UnknownProperty",
            Self::ChosenPassword(_) => "ChosenPassword",
            Self::Inside { .. } => "Inside",
        }
    }
}

impl fmt::Debug for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mismatch({})", self.name())
    }
}

/// Reads the word that follows a parameter.
///
/// Text is taken as it stands, because the shell has eaten its quotes: only a word that is quoted once more, is a variable, or is
/// an array or a table, is PowerShell's. Everything else is a literal, JSON, or `@file` with one of them in it.
pub fn word(kind: &Kind, word: &str, sources: &dyn Sources) -> Result<Value, Mismatch> {
    match kind {
        Kind::Text | Kind::Word(_) | Kind::Date | Kind::Preference | Kind::Number | Kind::Switch => {
            resolved(kind, scalar(word), sources)
        }
        _ => match file(word) {
            Some(path) => {
                let text = sources.file(path).map_err(SourceError::File)?;
                let value = Literal::parse(&text).map_err(Mismatch::from);
                value.and_then(|literal| resolved(kind, literal, sources)).map_err(Mismatch::unquoted)
            }
            None => resolved(kind, Literal::parse(word)?, sources),
        },
    }
}

fn resolved(kind: &Kind, literal: Literal, sources: &dyn Sources) -> Result<Value, Mismatch> {
    // What a variable holds, a command wrote.
    let origin = if matches!(literal, Literal::Variable(_)) { Origin::Piped } else { Origin::Written };
    typed(kind, literal.resolve(sources)?, origin)
}

/// The path in `@path`.
pub fn file(word: &str) -> Option<&str> {
    word.strip_prefix('@').filter(|rest| !rest.starts_with(['{', '(']) && !rest.is_empty())
}

fn scalar(word: &str) -> Literal {
    let mut chars = word.chars();
    let is_powershell = match chars.next() {
        Some(quote @ ('\'' | '"')) => word.len() > 1 && word.ends_with(quote),
        Some('$') => chars.next().is_some_and(begins_name),
        Some('@') => matches!(chars.next(), Some('{' | '(')),
        _ => false,
    };
    match Literal::parse(word) {
        Ok(literal) if is_powershell => literal,
        _ => Literal::Text(word.to_owned()),
    }
}

/// A value as one of the type `kind`.
pub fn typed(kind: &Kind, literal: Literal, origin: Origin) -> Result<Value, Mismatch> {
    if literal == Literal::Null {
        return Ok(Value::Null);
    }
    match kind {
        Kind::Text => text(literal, kind).map(Value::String),
        Kind::Word(words) => {
            let given = text(literal, kind)?;
            let known = words.known.iter().find(|known| known.eq_ignore_ascii_case(&given));
            Ok(Value::String(known.map_or(given, |known| (*known).to_owned())))
        }
        Kind::Texts => items(literal).into_iter().map(|item| text(item, &Kind::Text).map(Value::String)).collect(),
        Kind::Number => number(literal),
        Kind::Numbers => items(literal).into_iter().map(number).collect(),
        Kind::Date => {
            let text = text(literal, kind)?;
            let reason = format!("String '{text}' was not recognized as a valid DateTime.");
            let instant = dates::parse(&text);
            instant.map(|instant| Value::String(instant.to_string())).map_err(|_| Mismatch::NotAValue {
                value: text,
                type_name: kind.type_name(),
                reason,
            })
        }
        Kind::Switch => switch(literal).map(Value::Bool),
        Kind::Preference => Ok(Value::String(Preference::parse(&text(literal, kind)?)?.name().to_owned())),
        Kind::Object(shape) => object(shape, literal, origin),
        Kind::Objects(shape) => items(literal).into_iter().map(|item| object(shape, item, origin)).collect(),
        Kind::Dictionary => dictionary(literal),
    }
}

fn text(literal: Literal, kind: &Kind) -> Result<String, Mismatch> {
    match literal {
        Literal::Text(text) => Ok(text),
        Literal::Bool(true) => Ok("True".to_owned()),
        Literal::Bool(false) => Ok("False".to_owned()),
        Literal::Null => Ok(String::new()),
        Literal::Array(_) | Literal::Table(_) | Literal::Variable(_) => Err(Mismatch::NotText(kind.type_name())),
    }
}

fn number(literal: Literal) -> Result<Value, Mismatch> {
    let text = text(literal, &Kind::Number)?;
    let reason = format!("The input string '{text}' was not in a correct format.");
    let number = text.trim().parse::<i32>();
    number.map(Value::from).map_err(|_| Mismatch::NotAValue {
        value: text,
        type_name: Kind::Number.type_name(),
        reason,
    })
}

fn items(literal: Literal) -> Vec<Literal> {
    match literal {
        Literal::Array(items) => items,
        one => vec![one],
    }
}

/// A whole number is on unless it is zero, as in PowerShell. A refusal names the value's type and not the value, as there.
fn switch(literal: Literal) -> Result<bool, Mismatch> {
    let refused = |is_empty| Mismatch::NotASwitch { type_name: literal.type_name(), is_empty };
    match &literal {
        Literal::Bool(value) => Ok(*value),
        Literal::Text(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "$true" => Ok(true),
            "false" | "$false" => Ok(false),
            text => text.parse::<i64>().map(|number| number != 0).map_err(|_| refused(text.is_empty())),
        },
        _ => Err(refused(false)),
    }
}

fn dictionary(literal: Literal) -> Result<Value, Mismatch> {
    let type_name = "System.Collections.Hashtable";
    match literal {
        Literal::Table(pairs) => {
            let pairs = pairs.into_iter().map(|(key, value)| Ok((key, Value::String(text(value, &Kind::Text)?))));
            Ok(Value::Object(pairs.collect::<Result<_, Mismatch>>()?))
        }
        other => Err(no_conversion(other, type_name)),
    }
}

fn object(shape: &Shape, literal: Literal, origin: Origin) -> Result<Value, Mismatch> {
    let pairs = match (literal, shape.from_text) {
        (Literal::Table(pairs), _) => pairs,
        (Literal::Text(text), Some(property)) => vec![(property.to_owned(), Literal::Text(text))],
        (Literal::Array(mut items), _) if items.len() == 1 => {
            return object(shape, items.pop().unwrap_or(Literal::Null), origin);
        }
        (Literal::Null, _) => return Ok(Value::Null),
        (other, _) => return Err(no_conversion(other, shape.type_name)),
    };
    let pairs = lifted(shape, pairs);
    // An object that has an id is one that was read back, with more than an identity needs.
    let has_id = shape.from_text.is_some_and(|id| pairs.iter().any(|(key, _)| key.eq_ignore_ascii_case(id)));
    let mut members = Map::new();
    for (key, value) in pairs {
        let Some(property) = shape.properties.iter().find(|property| property.name.eq_ignore_ascii_case(&key)) else {
            if origin == Origin::Piped || has_id {
                continue;
            }
            let available = shape.properties.iter().filter(|property| property.in_help);
            let available = available.map(|it| format!("[{} <{}>]", it.name, it.kind.type_name())).collect();
            return Err(Mismatch::UnknownProperty { type_name: shape.type_name, property: key, available });
        };
        if property.read_only && (origin == Origin::Piped || value == Literal::Null) {
            continue;
        }
        if property.name == "Value" && shape == &TOKEN_PASSWORD {
            return Err(Mismatch::ChosenPassword(shape.type_name));
        }
        let inside = |source| Mismatch::Inside { type_name: shape.type_name, source: Box::new(source) };
        members.insert(property.name.to_owned(), typed(&property.kind, value, origin).map_err(inside)?);
    }
    Ok(Value::Object(members))
}

/// The pairs of an object, also when they stand as the management API writes them: below `properties`, by its names.
fn lifted(shape: &Shape, pairs: Vec<(String, Literal)>) -> Vec<(String, Literal)> {
    let is_group = |key: &str| shape.wire.groups.iter().any(|group| group.eq_ignore_ascii_case(key));
    let mut flat = Vec::new();
    for (key, value) in pairs {
        match value {
            Literal::Table(inner) if is_group(&key) => flat.extend(lifted(shape, inner)),
            value => {
                let known = shape.wire.names.iter().find(|(wire, _)| wire.eq_ignore_ascii_case(&key));
                flat.push((known.map_or(key, |(_, name)| (*name).to_owned()), value));
            }
        }
    }
    flat
}

fn no_conversion(literal: Literal, to: &'static str) -> Mismatch {
    let from = literal.type_name();
    let value = match literal {
        Literal::Text(text) => text,
        Literal::Bool(value) => if value { "True" } else { "False" }.to_owned(),
        other => other.type_name().to_owned(),
    };
    Mismatch::NoConversion { value, from, to }
}

#[cfg(test)]
mod tests {
    use super::super::sources::tests::Given;
    use super::super::types::{IDENTITY, TOKEN, TOKEN_STATUS};
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    const PASSWORDS: Kind = Kind::Objects(&TOKEN_PASSWORD);

    #[rstest]
    #[case(Kind::Text, "token2", json!("token2"))]
    #[case(Kind::Text, "a,b", json!("a,b"))]
    #[case(Kind::Text, "'quoted'", json!("quoted"))]
    #[case(Kind::Text, "it's", json!("it's"))]
    #[case(Kind::Text, "$text", json!("enabled"))]
    #[case(Kind::Text, "$token.Id", json!("/x/t1"))]
    #[case(Kind::Text, "$5", json!("$5"))]
    #[case(Kind::Text, "$null", json!(null))]
    #[case(Kind::Text, "$true", json!("True"))]
    #[case(Kind::Text, "@home", json!("@home"))]
    #[case(Kind::Texts, "a,b", json!(["a", "b"]))]
    #[case(Kind::Texts, "@('a'; 'b')", json!(["a", "b"]))]
    #[case(Kind::Texts, "repositories/*/content/read", json!(["repositories/*/content/read"]))]
    #[case(Kind::Texts, r#"["a"]"#, json!(["a"]))]
    #[case(Kind::Texts, "$tokens.Name", json!(["t1", "t2"]))]
    #[case(Kind::Number, "7", json!(7))]
    #[case(Kind::Date, "2027-01-01", json!("2027-01-01T00:00:00Z"))]
    #[case(Kind::Word(&TOKEN_STATUS), "ENABLED", json!("enabled"))]
    #[case(Kind::Word(&TOKEN_STATUS), "paused", json!("paused"))]
    #[case(Kind::Preference, "stop", json!("Stop"))]
    #[case(PASSWORDS, "@{Name='Password1'; Expiry='2027-01-01T00:00:00+01:00'}", json!([{"Name": "password1", "Expiry": "2026-12-31T23:00:00Z"}]))]
    #[case(PASSWORDS, "@{name=\"password1\";EXPIRY=2027-01-01}", json!([{"Name": "password1", "Expiry": "2027-01-01T00:00:00Z"}]))]
    #[case(PASSWORDS, "@{Name='password1'},@{Name='password2'; Expiry=$null}", json!([{"Name": "password1"}, {"Name": "password2", "Expiry": null}]))]
    #[case(PASSWORDS, r#"[{"name":"password1","value":null}]"#, json!([{"Name": "password1"}]))]
    #[case(PASSWORDS, "@()", json!([]))]
    #[case(PASSWORDS, "$null", json!(null))]
    #[case(Kind::Object(&TOKEN), "@token.json", json!({"Status": "disabled", "ScopeMapId": "newmap"}))]
    #[case(Kind::Object(&TOKEN), r#"{"name":"t","systemData":{},"properties":{"scopeMapId":"m","credentials":{"passwords":[{"name":"password1"}]}}}"#, json!({"Name": "t", "SystemData": {}, "ScopeMapId": "m", "CredentialsPassword": [{"Name": "password1"}]}))]
    #[case(PASSWORDS, "@{Name='password1'; CreationTime='2020-01-01'}", json!([{"Name": "password1", "CreationTime": "2020-01-01T00:00:00Z"}]))]
    #[case(Kind::Object(&TOKEN), "$token", json!({"Status": "disabled"}))]
    #[case(Kind::Object(&TOKEN), "@{CredentialsPassword=@(@{Name='password1'})}", json!({"CredentialsPassword": [{"Name": "password1"}]}))]
    #[case(Kind::Object(&IDENTITY), "/subscriptions/s", json!({"Id": "/subscriptions/s"}))]
    #[case(Kind::Object(&IDENTITY), "$token", json!({"Id": "/x/t1"}))]
    #[case(Kind::Object(&IDENTITY), r#"{"Id":"/x","Location":"westus"}"#, json!({"Id": "/x"}))]
    #[case(Kind::Object(&IDENTITY), "@{tokenname='t'; REGISTRYNAME='r'}", json!({"TokenName": "t", "RegistryName": "r"}))]
    #[case(Kind::Dictionary, "@{a=1; b='x'}", json!({"a": "1", "b": "x"}))]
    fn words_become_typed_values(#[case] kind: Kind, #[case] given: &str, #[case] expected: Value) {
        assert_eq!(word(&kind, given, &Given), Ok(expected));
    }

    #[rstest]
    #[case(Kind::Text, "@('a','b')", "Cannot convert value to type System.String.")]
    #[case(Kind::Text, "$nothing", "The variable '$nothing' cannot be retrieved because it has not been set.")]
    #[case(
        Kind::Number,
        "many",
        "Cannot convert value \"many\" to type \"System.Int32\". Error: \"The input string 'many' was not in a correct format.\""
    )]
    #[case(
        Kind::Date,
        "soon",
        "Cannot convert value \"soon\" to type \"System.DateTime\". Error: \"String 'soon' was not recognized as a valid DateTime.\""
    )]
    #[case(
        PASSWORDS,
        "password1",
        "Cannot convert the \"password1\" value of type \"System.String\" to type \"Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Models.Api20220201Preview.ITokenPassword\"."
    )]
    #[case(PASSWORDS, "$true", "Cannot convert the \"True\" value of type \"System.Boolean\" to type")]
    #[case(PASSWORDS, "@{Nam='x'}", "The Nam property was not found for the")]
    #[case(PASSWORDS, "@{Nam='x'}", "[CreationTime <System.DateTime>] , [Expiry <System.DateTime>] , [Name <")]
    #[case(PASSWORDS, "@{Value='secret'}", "cannot be chosen")]
    #[case(
        PASSWORDS,
        "@{Name=@{}}",
        "Cannot convert value to type Microsoft.Azure.PowerShell.Cmdlets.ContainerRegistry.Support.TokenPasswordName."
    )]
    #[case(PASSWORDS, "@{Expiry='soon'}", "String 'soon' was not recognized as a valid DateTime.")]
    #[case(PASSWORDS, "@{Name='a'; name='b'}", "Duplicate keys 'name'")]
    #[case(Kind::Object(&TOKEN), "@missing.json", "Cannot find path 'missing.json' because it does not exist.")]
    #[case(Kind::Object(&TOKEN), "@bad.json", "The value is not JSON")]
    #[case(Kind::Dictionary, "x", "to type \"System.Collections.Hashtable\"")]
    fn the_rest_is_refused(#[case] kind: Kind, #[case] given: &str, #[case] expected: &str) {
        let message = word(&kind, given, &Given).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }

    #[test]
    fn what_a_pipe_brings_may_have_more_properties() {
        let token = json!({"Name": "t", "Status": "enabled", "Unknown": 1, "CredentialsPassword": [{"Name": "password1", "Value": "v"}]});
        let expected = json!({"Status": "enabled", "CredentialsPassword": [{"Name": "password1"}]});
        assert_eq!(typed(&Kind::Object(&TOKEN), Literal::from(token), Origin::Piped), Ok(expected));
    }
}
