//! Values as PowerShell writes them, `@{Name='password1'; Expiry='2027-01-01T00:00:00Z'}`, and as JSON.
//!
//! ```text
//! list    = value { ',' value }                  -- two or more make an array
//! value   = table | array | quoted | '$true' | '$false' | '$null' | variable | bare
//! table   = '@{' [ pair { (';' | newline) pair } ] '}'
//! pair    = (bare | quoted) '=' list
//! array   = '@(' [ list { (';' | newline) list } ] ')'
//! quoted  = "'" text "'" | '"' text '"'           -- the quote doubled stands for itself; a backtick escapes in "…"
//! variable= '$' name { '.' member | '[' index ']' }
//! bare    = text up to one of , ; = ( ) { } ' " or the end of the line: a shell may have eaten the quotes
//! ```
//!
//! Nothing is run: no expressions, no casts. A variable is kept as its name, for whoever knows variables.

use super::convert::UNQUOTED;
use super::sources::{self, SourceError, Sources};
use serde::Deserialize;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// How deep tables and arrays may stand in each other. What cmdlets take is two deep; the bound keeps the parser's stack small.
const DEPTH_MAX: usize = 16;

/// A value. Its `Debug` shows only its type.
#[derive(Clone, PartialEq)]
pub enum Literal {
    /// `$null`
    Null,
    /// `$true`, `$false`
    Bool(bool),
    /// Text, or a number as it was written.
    Text(String),
    /// `$name.Member[0]`, without the dollar sign.
    Variable(String),
    /// `@(…)`, or values with commas between them.
    Array(Vec<Literal>),
    /// `@{…}`, in the order in which it was written; no key twice, whatever its case.
    Table(Vec<(String, Literal)>),
}

/// Why text is not a value. Its `Debug` quotes nothing of it.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message says what it is")]
pub enum LiteralError {
    #[error(
        "The value '{0}' begins with '{1}' and does not end. A shell takes such a value apart: put it in double quotes, \
         such as \"@{{Name='password1'; Expiry='2027-01-01T00:00:00Z'}}\"."
    )]
    Unclosed(String, &'static str),
    #[error("Expected {expected} at '{found}'.")]
    Unexpected { expected: &'static str, found: String },
    #[error("Duplicate keys '{0}' are not allowed in hash literals.")]
    DuplicateKey(String),
    #[error("'{0}' is an expression, and expressions are not run here. Write the value itself.")]
    Expression(String),
    #[error("Tables and arrays stand in each other more than {DEPTH_MAX} deep.")]
    TooDeep,
    #[error("The value is not JSON: {0}.")]
    Json(String),
}

impl fmt::Debug for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Literal({})", self.type_name())
    }
}

impl LiteralError {
    /// The same without a word of the text.
    pub(super) fn unquoted(self) -> Self {
        let hidden = || UNQUOTED.to_owned();
        match self {
            Self::Unclosed(_, opening) => Self::Unclosed(hidden(), opening),
            Self::Unexpected { expected, .. } => Self::Unexpected { expected, found: hidden() },
            Self::DuplicateKey(_) => Self::DuplicateKey(hidden()),
            Self::Expression(_) => Self::Expression(hidden()),
            // Says only where.
            Self::TooDeep | Self::Json(_) => self,
        }
    }
}

impl fmt::Debug for LiteralError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LiteralError({})", self.clone().unquoted())
    }
}

impl Literal {
    /// Reads a value. Text that begins with `{` or `[` is JSON, anything else PowerShell's.
    pub fn parse(text: &str) -> Result<Self, LiteralError> {
        let trimmed = text.trim();
        if trimmed.starts_with('{') || is_json_array(trimmed) {
            return parse_json(trimmed);
        }
        let mut parser = Parser { rest: trimmed, whole: trimmed };
        let value = parser.list(0)?;
        parser.spaces();
        if parser.rest.is_empty() { Ok(value) } else { Err(parser.unexpected("the end of the value")) }
    }

    /// The same value with every variable in it looked up.
    pub fn resolve(self, sources: &dyn Sources) -> Result<Self, SourceError> {
        Ok(match self {
            Self::Variable(reference) => sources::variable(&reference, sources)?,
            Self::Array(items) => {
                Self::Array(items.into_iter().map(|item| item.resolve(sources)).collect::<Result<_, _>>()?)
            }
            Self::Table(pairs) => {
                Self::Table(pairs.into_iter().map(|(key, value)| Ok((key, value.resolve(sources)?))).collect::<Result<
                    _,
                    SourceError,
                >>(
                )?)
            }
            other => other,
        })
    }

    /// What .NET calls its type; for messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "System.Boolean",
            Self::Text(_) | Self::Variable(_) => "System.String",
            Self::Array(_) => "System.Object[]",
            Self::Table(_) => "System.Collections.Hashtable",
        }
    }
}

/// `[datetime]'…'` is a cast of PowerShell's; `[{…}]` and `[]` are JSON.
fn is_json_array(text: &str) -> bool {
    text.strip_prefix('[').is_some_and(|rest| !rest.trim_start().starts_with(|c: char| c.is_ascii_alphabetic()))
}

struct Parser<'a> {
    rest: &'a str,
    whole: &'a str,
}

impl Parser<'_> {
    fn list(&mut self, depth: usize) -> Result<Literal, LiteralError> {
        let first = self.value(depth)?;
        let mut values = vec![first];
        while self.eat(",") {
            values.push(self.value(depth)?);
        }
        Ok(match values.pop() {
            Some(only) if values.is_empty() => only,
            last => {
                values.extend(last);
                Literal::Array(values)
            }
        })
    }

    fn value(&mut self, depth: usize) -> Result<Literal, LiteralError> {
        if depth > DEPTH_MAX {
            return Err(LiteralError::TooDeep);
        }
        self.blank();
        if self.eat("@{") {
            return self.table(depth);
        }
        if self.eat("@(") {
            return self.array(depth);
        }
        match self.rest.chars().next() {
            Some(quote @ ('\'' | '"')) => self.quoted(quote).map(Literal::Text),
            Some('(' | '[' | '&' | '{') => Err(LiteralError::Expression(excerpt(self.rest))),
            Some('$') => self.variable(),
            _ => self.bare("a value").map(Literal::Text),
        }
    }

    fn table(&mut self, depth: usize) -> Result<Literal, LiteralError> {
        let mut pairs: Vec<(String, Literal)> = Vec::new();
        loop {
            self.separators();
            if self.eat("}") {
                return Ok(Literal::Table(pairs));
            }
            let key = self.key()?;
            if pairs.iter().any(|(known, _)| known.eq_ignore_ascii_case(&key)) {
                return Err(LiteralError::DuplicateKey(key));
            }
            self.spaces();
            if !self.eat("=") {
                return Err(self.unexpected_inside("'=' after a key"));
            }
            pairs.push((key, self.list(depth + 1)?));
            if !self.at_separator() && !self.rest.starts_with('}') {
                return Err(self.unexpected_inside("';' or '}'"));
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Literal, LiteralError> {
        let mut values = Vec::new();
        loop {
            self.separators();
            if self.eat(")") {
                return Ok(Literal::Array(values));
            }
            // As PowerShell does: `@(1, 2)` is an array of two, not an array that holds an array.
            match self.list(depth + 1)? {
                Literal::Array(inner) => values.extend(inner),
                other => values.push(other),
            }
            if !self.at_separator() && !self.rest.starts_with(')') {
                return Err(self.unexpected_inside("',' or ')'"));
            }
        }
    }

    fn key(&mut self) -> Result<String, LiteralError> {
        match self.rest.chars().next() {
            None => Err(self.unexpected_inside("a key")),
            Some(quote @ ('\'' | '"')) => self.quoted(quote),
            Some(_) => self.bare("a key"),
        }
    }

    /// Text in quotes; the parser stands at the opening one.
    fn quoted(&mut self, quote: char) -> Result<String, LiteralError> {
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1).peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                c if c == quote => match chars.next_if(|(_, next)| *next == quote) {
                    Some(_) => text.push(quote),
                    None => {
                        self.rest = self.rest.get(at + 1..).unwrap_or_default();
                        return Ok(text);
                    }
                },
                '`' if quote == '"' => text.extend(chars.next().map(|(_, escaped)| unescape(escaped))),
                '$' if quote == '"' && chars.peek().is_some_and(|(_, next)| begins_variable(*next)) => {
                    return Err(LiteralError::Expression(excerpt(self.rest.get(at..).unwrap_or_default())));
                }
                c => text.push(c),
            }
        }
        Err(LiteralError::Unclosed(excerpt(self.whole), if quote == '"' { "\"" } else { "'" }))
    }

    fn variable(&mut self) -> Result<Literal, LiteralError> {
        let belongs = |c: char| c.is_alphanumeric() || matches!(c, '$' | '_' | '.' | '[' | ']');
        let end = self.rest.find(|c: char| !belongs(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        let value = match name.to_ascii_lowercase().as_str() {
            "$true" => Literal::Bool(true),
            "$false" => Literal::Bool(false),
            "$null" => Literal::Null,
            _ => match name.strip_prefix('$').filter(|name| name.starts_with(begins_name)) {
                Some(name) => Literal::Variable(name.to_owned()),
                None => return Err(LiteralError::Expression(excerpt(self.rest))),
            },
        };
        self.rest = rest;
        Ok(value)
    }

    fn bare(&mut self, expected: &'static str) -> Result<String, LiteralError> {
        const ENDS: [char; 11] = [',', ';', '=', '(', ')', '{', '}', '\'', '"', '\n', '\r'];
        let end = self.rest.find(ENDS).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        if text.trim().is_empty() {
            return Err(self.unexpected_inside(expected));
        }
        self.rest = rest;
        Ok(text.trim().to_owned())
    }

    fn eat(&mut self, token: &str) -> bool {
        self.spaces();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Skips spaces, not the ends of lines: those separate.
    fn spaces(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    /// Skips spaces and the ends of lines, where a value must follow.
    fn blank(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn separators(&mut self) {
        self.rest = self.rest.trim_start_matches(|c: char| c == ';' || c.is_whitespace());
    }

    fn at_separator(&mut self) -> bool {
        self.spaces();
        self.rest.starts_with([';', '\n', '\r'])
    }

    /// At the end of the text the opened bracket is the news: a shell has most likely split the value.
    fn unexpected_inside(&self, expected: &'static str) -> LiteralError {
        let opened = ["@{", "@("].into_iter().find(|opened| self.whole.starts_with(opened));
        match opened.filter(|_| self.rest.trim().is_empty()) {
            Some(opened) => LiteralError::Unclosed(excerpt(self.whole), opened),
            None => self.unexpected(expected),
        }
    }

    fn unexpected(&self, expected: &'static str) -> LiteralError {
        LiteralError::Unexpected { expected, found: excerpt(self.rest) }
    }
}

fn begins_variable(c: char) -> bool {
    begins_name(c) || matches!(c, '{' | '(')
}

/// What the name of a variable begins with.
pub fn begins_name(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

/// The escapes of about_Special_Characters that make sense in a value; any other character stands for itself.
fn unescape(escaped: char) -> char {
    match escaped {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        other => other,
    }
}

/// The beginning of a text, for a message.
fn excerpt(text: &str) -> String {
    const CHARS_MAX: usize = 40;
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn parse_json(text: &str) -> Result<Literal, LiteralError> {
    let literal = serde_json::from_str(text).map_err(|error| LiteralError::Json(error.to_string()))?;
    match duplicate_key(&literal) {
        Some(key) => Err(LiteralError::DuplicateKey(key.to_owned())),
        None => Ok(literal),
    }
}

fn duplicate_key(literal: &Literal) -> Option<&str> {
    match literal {
        Literal::Array(items) => items.iter().find_map(duplicate_key),
        Literal::Table(pairs) => pairs.iter().enumerate().find_map(|(index, (key, value))| {
            let twice = pairs.iter().take(index).any(|(known, _)| known.eq_ignore_ascii_case(key));
            if twice { Some(key.as_str()) } else { duplicate_key(value) }
        }),
        Literal::Null | Literal::Bool(_) | Literal::Text(_) | Literal::Variable(_) => None,
    }
}

impl From<Value> for Literal {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => Self::Text(number.to_string()),
            Value::String(text) => Self::Text(text),
            Value::Array(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            Value::Object(members) => {
                Self::Table(members.into_iter().map(|(key, value)| (key, Self::from(value))).collect())
            }
        }
    }
}

impl<'de> Deserialize<'de> for Literal {
    /// By hand, because a JSON map of `serde_json` would drop a key that comes twice.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LiteralVisitor)
    }
}

struct LiteralVisitor;

impl<'de> Visitor<'de> for LiteralVisitor {
    type Value = Literal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Literal, E> {
        Ok(Literal::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Literal, E> {
        Ok(Literal::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Literal, E> {
        Ok(Literal::Text(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Literal, E> {
        Ok(Literal::Text(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Literal, E> {
        Ok(Literal::Text(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Literal, E> {
        Ok(Literal::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Literal, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element()? {
            values.push(value);
        }
        Ok(Literal::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Literal, A::Error> {
        let mut values = Vec::new();
        while let Some(pair) = pairs.next_entry()? {
            values.push(pair);
        }
        Ok(Literal::Table(values))
    }
}

#[cfg(test)]
mod tests;
