//! Binds words to parameters by PowerShell's rules (about_Parameters, about_Parameter_Sets, about_Splatting). A pure function over
//! words and what they refer to: it asks nothing and changes nothing.
//!
//! Words with two dashes (`--output`, `--endpoint`, …) and `-o` are ours; PowerShell has no such words.

pub mod error;
pub mod sets;

use super::convert::{self, Mismatch, Origin, UNQUOTED};
use super::literal::Literal;
use super::parameter::{COMMON_PARAMETERS, Parameter, SHOULD_PROCESS_PARAMETERS};
use super::sources::{self, Sources};
use super::types::Kind;
use crate::destination::DestinationOptions;
pub use error::BindError;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;

/// The dashes that PowerShell takes for one: pasted documentation often has the typographic kind.
const DASHES: [char; 4] = ['-', '\u{2013}', '\u{2014}', '\u{2015}'];

/// What a cmdlet takes.
#[derive(Debug, PartialEq)]
pub struct Spec {
    /// The cmdlet's name.
    pub name: &'static str,
    /// Its parameter sets, the default one first.
    pub sets: &'static [&'static str],
    /// The parameters that it declares.
    pub declared: &'static [&'static [Parameter]],
    /// The parameters that take words without a name in front, in their order.
    pub positional: &'static [&'static str],
    /// Whether it has `-WhatIf` and `-Confirm`.
    pub should_process: bool,
}

impl Spec {
    /// Every parameter, in PowerShell's order: declared, common, then `-WhatIf` and `-Confirm`.
    pub fn parameters(&self) -> impl Iterator<Item = &'static Parameter> + use<> {
        let extra: &[Parameter] = if self.should_process { SHOULD_PROCESS_PARAMETERS } else { &[] };
        self.declared.iter().copied().flatten().chain(COMMON_PARAMETERS).chain(extra)
    }

    /// The set that is meant when nothing says otherwise.
    pub fn default_set(&self) -> &'static str {
        self.sets.first().copied().unwrap_or_default()
    }

    fn declares(&self, parameter: &Parameter) -> bool {
        self.declared.iter().copied().flatten().any(|known| known.name == parameter.name)
    }
}

/// Words, bound. Its `Debug` shows no value: one may be a secret.
#[derive(Clone, Default, PartialEq)]
pub struct Bound {
    values: BTreeMap<&'static str, Value>,
    /// Our own options.
    pub options: Options,
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bound").field(&self.values.keys().collect::<Vec<_>>()).field(&self.options).finish()
    }
}

impl Bound {
    /// Whether a parameter was given, if only as `$null`.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The value of a parameter; `None` when it was not given, or is `$null`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name).filter(|value| !value.is_null())
    }

    /// The value of a parameter that takes text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// Whether a switch is on.
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name) == Some(&Value::Bool(true))
    }

    /// Everything bound, for another process: the values by their parameters' names, and our options.
    pub fn to_json(&self) -> Value {
        json!({ "values": self.values, "destination": self.options.destination })
    }

    /// From what [`Self::to_json`] gave; `None` when it is something else.
    pub fn from_json(spec: &Spec, json: &Value) -> Option<Self> {
        let mut bound = Self::default();
        for (name, value) in json.get("values")?.as_object()? {
            bound.set(spec.parameters().find(|parameter| parameter.name == name)?.name, value.clone());
        }
        bound.options.destination = DestinationOptions::deserialize(json.get("destination")?).ok()?;
        Some(bound)
    }

    /// The same without some parameters.
    pub fn without(&self, names: &[&str]) -> Self {
        let mut left = self.clone();
        left.values.retain(|name, _| !names.contains(name));
        left
    }

    /// The value of a parameter, to be changed.
    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.values.get_mut(name)
    }

    /// Binds a value.
    pub fn set(&mut self, name: &'static str, value: Value) {
        self.values.insert(name, value);
    }
}

/// Our own options, which every cmdlet takes and which may stand anywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// `--output`, `-o`
    pub output: Option<String>,
    /// `--endpoint`, `--data`, `--credentials-file` and `--context`
    pub destination: DestinationOptions,
    /// `--help`, `-?`
    pub help: bool,
}

/// Binds `words` to the cmdlet's parameters and our options. What is missing is not looked at: that is [`sets::resolve`].
pub fn bind(spec: &'static Spec, words: &[String], sources: &dyn Sources) -> Result<Bound, BindError> {
    let mut binder = Binder { spec, sources, bound: Bound::default(), last: None };
    let mut words = words.iter().map(String::as_str).peekable();
    let mut only_arguments = false;
    while let Some(text) = words.next() {
        if only_arguments {
            return Err(binder.stray(text));
        }
        match Word::parse(text) {
            Word::EndOfParameters => only_arguments = true,
            Word::Argument => match convert::file(text) {
                Some(name) => binder.splat(name)?,
                None => match binder.next_positional() {
                    Some(parameter) => {
                        let value = whole_array(parameter, text, &mut words);
                        binder.parameter(parameter, Some(value))?;
                    }
                    None => return Err(binder.stray(text)),
                },
            },
            Word::Help => binder.bound.options.help = true,
            Word::Option { name, value } => {
                let value = value.or_else(|| next_value(&mut words));
                option(&mut binder.bound.options, name, value)?;
            }
            Word::Parameter { name, value } => {
                let parameter = binder.resolve(name)?;
                let value = match value {
                    value if parameter.is_switch() => value.map(str::to_owned),
                    // `-Name: value`: the colon binds whatever comes next, even a word with a dash.
                    Some("") => words.next().map(|first| whole_array(parameter, first, &mut words)),
                    Some(value) => Some(whole_array(parameter, value, &mut words)),
                    None => next_value(&mut words).map(|first| whole_array(parameter, first, &mut words)),
                };
                binder.parameter(parameter, value)?;
            }
        }
    }
    Ok(binder.bound)
}

/// Binds one value to a parameter, as [`bind`] does with a word; for the answers to prompts.
pub fn bind_answer(
    spec: &'static Spec,
    bound: &mut Bound,
    parameter: &'static Parameter,
    answer: &str,
    sources: &dyn Sources,
) -> Result<(), BindError> {
    let mut binder = Binder { spec, sources, bound: std::mem::take(bound), last: None };
    let outcome = binder.parameter(parameter, Some(answer.to_owned()));
    *bound = binder.bound;
    outcome
}

/// The next word, unless it is a parameter or an option.
fn next_value<'a>(words: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>) -> Option<&'a str> {
    words.next_if(|word| matches!(Word::parse(word), Word::Argument))
}

/// `a, b ,c` as one value: a comma at the end of a word, or at the beginning of the next, goes on.
fn whole_array<'a>(
    parameter: &Parameter,
    first: &str,
    words: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>,
) -> String {
    let mut whole = first.to_owned();
    if matches!(parameter.kind, Kind::Texts | Kind::Numbers | Kind::Objects(_)) {
        while let Some(next) = words.next_if(|next| whole.ends_with(',') || next.starts_with(',')) {
            whole.push_str(next);
        }
    }
    whole
}

/// What a word is.
enum Word<'a> {
    Parameter { name: &'a str, value: Option<&'a str> },
    Option { name: &'a str, value: Option<&'a str> },
    Help,
    EndOfParameters,
    Argument,
}

impl<'a> Word<'a> {
    fn parse(word: &'a str) -> Self {
        match word {
            "--" => return Self::EndOfParameters,
            "-?" | "--help" => return Self::Help,
            "-o" | "-O" => return Self::Option { name: "output", value: None },
            _ => {}
        }
        if let Some(option) = word.strip_prefix("--") {
            return match option.split_once('=') {
                Some((name, value)) => Self::Option { name, value: Some(value) },
                None => Self::Option { name: option, value: None },
            };
        }
        // A dash before anything but a letter is a value: `-1`, `-`.
        match word.strip_prefix(DASHES).filter(|rest| rest.starts_with(|c: char| c.is_alphabetic() || c == '_')) {
            None => Self::Argument,
            Some(rest) => match rest.split_once(':') {
                Some((name, value)) => Self::Parameter { name, value: Some(value) },
                None => Self::Parameter { name: rest, value: None },
            },
        }
    }
}

struct Binder<'a> {
    spec: &'static Spec,
    sources: &'a dyn Sources,
    bound: Bound,
    /// The parameter that was bound last, and its word.
    last: Option<(&'static Parameter, String)>,
}

impl Binder<'_> {
    /// The parameter that a name means: exactly, else as an unambiguous prefix of a name or an alias. Of several that fit, one that
    /// the cmdlet declares counts more than the common ones.
    fn resolve(&self, name: &str) -> Result<&'static Parameter, BindError> {
        let names = |parameter: &'static Parameter| std::iter::once(&parameter.name).chain(parameter.aliases);
        let mut all = self.spec.parameters();
        if let Some(exact) = all.find(|parameter| names(parameter).any(|known| known.eq_ignore_ascii_case(name))) {
            return Ok(exact);
        }
        let fits = |parameter: &&'static Parameter| names(parameter).any(|known| begins_with(known, name));
        let fitting: Vec<_> = self.spec.parameters().filter(fits).collect();
        let declared: Vec<_> = fitting.iter().copied().filter(|parameter| self.spec.declares(parameter)).collect();
        match (fitting.as_slice(), declared.as_slice()) {
            ([], _) => Err(BindError::Unknown(name.to_owned())),
            ([one], _) | (_, [one]) => Ok(one),
            (several, _) => Err(BindError::Ambiguous {
                name: name.to_owned(),
                matches: several.iter().map(|parameter| parameter.name).collect(),
            }),
        }
    }

    /// The parameter that the next word without a name is for.
    fn next_positional(&self) -> Option<&'static Parameter> {
        let name = self.spec.positional.iter().find(|name| !self.bound.has(name))?;
        self.spec.parameters().find(|parameter| parameter.name == *name)
    }

    fn parameter(&mut self, parameter: &'static Parameter, word: Option<String>) -> Result<(), BindError> {
        let Parameter { name, kind, .. } = *parameter;
        if self.bound.has(name) {
            return Err(BindError::Repeated(name));
        }
        let value = match word {
            None if parameter.is_switch() => Value::Bool(true),
            None => return Err(BindError::MissingArgument { name, type_name: kind.type_name() }),
            Some(word) => {
                let value =
                    convert::word(&kind, &word, self.sources).map_err(|error| self.refusal(parameter, error))?;
                self.last = Some((parameter, word));
                value
            }
        };
        self.accept(parameter, value)
    }

    fn accept(&mut self, parameter: &'static Parameter, value: Value) -> Result<(), BindError> {
        let Parameter { name, mandatory, least, .. } = *parameter;
        match &value {
            Value::Null if mandatory => return Err(BindError::Null(name)),
            Value::String(text) if mandatory && text.is_empty() => return Err(BindError::Empty(name)),
            Value::Array(items) if mandatory && items.is_empty() => return Err(BindError::EmptyArray(name)),
            _ => {}
        }
        if let Some((value, least)) = value.as_i64().zip(least)
            && value < i64::from(least)
        {
            return Err(BindError::TooSmall { name, value, least });
        }
        self.bound.set(name, value);
        Ok(())
    }

    /// What a cmdlet of Az declares, it declares in script, where conversions are transformations; the common parameters are not.
    fn refusal(&self, parameter: &'static Parameter, error: Mismatch) -> BindError {
        let name = parameter.name;
        match if parameter.secret { error.unquoted() } else { error } {
            source if self.spec.declares(parameter) => BindError::Transformation { name, source },
            Mismatch::NotASwitch { type_name, is_empty } => BindError::NotASwitch { name, type_name, is_empty },
            source => BindError::Conversion { name, source },
        }
    }

    /// `@name`: a JSON file of parameters, or a variable that holds them.
    fn splat(&mut self, name: &str) -> Result<(), BindError> {
        let refused = |reason: String| BindError::Splat(name.to_owned(), reason);
        let literal = match self.sources.file(name) {
            Ok(text) => {
                Literal::parse(&text).map_err(|error| refused(Mismatch::Literal(error).unquoted().to_string()))?
            }
            Err(no_file) => sources::variable(name, self.sources).map_err(|_| refused(no_file))?,
        };
        let Literal::Table(pairs) = literal else {
            return Err(refused(format!("it holds a value of type \"{}\".", literal.type_name())));
        };
        for (key, value) in pairs {
            let parameter = self.resolve(&key)?;
            if self.bound.has(parameter.name) {
                return Err(BindError::Repeated(parameter.name));
            }
            let value = value.resolve(self.sources).map_err(Mismatch::from);
            let value = value.and_then(|value| convert::typed(&parameter.kind, value, Origin::Written));
            let value = value.map_err(|error| self.refusal(parameter, error.unquoted()))?;
            self.accept(parameter, value)?;
        }
        Ok(())
    }

    /// A word that belongs to nothing: most likely the rest of a table that the shell took apart, or of a value with spaces.
    fn stray(&self, text: &str) -> BindError {
        let quoted = |text: &str| match self.last {
            Some((Parameter { secret: true, .. }, _)) => UNQUOTED.to_owned(),
            _ => text.to_owned(),
        };
        match &self.last {
            Some((parameter, value)) if value.starts_with("@{") || value.starts_with("@(") => {
                BindError::Split { name: parameter.name, value: quoted(value) }
            }
            _ => BindError::Positional(quoted(text)),
        }
    }
}

fn begins_with(known: &str, prefix: &str) -> bool {
    known.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn option(options: &mut Options, name: &str, value: Option<&str>) -> Result<(), BindError> {
    match name {
        "output" => set(&mut options.output, "--output", value),
        "endpoint" => set(&mut options.destination.endpoint, "--endpoint", value),
        "data" => set(&mut options.destination.data, "--data", value),
        "credentials-file" => set(&mut options.destination.credentials_file, "--credentials-file", value),
        "context" => set(&mut options.destination.context, "--context", value),
        _ => Err(BindError::UnknownOption(format!("--{name}"))),
    }
}

fn set<T: for<'a> From<&'a str>>(
    slot: &mut Option<T>,
    option: &'static str,
    value: Option<&str>,
) -> Result<(), BindError> {
    let value = value.filter(|value| !value.is_empty()).ok_or(BindError::MissingOptionValue(option))?;
    match slot.replace(T::from(value)) {
        None => Ok(()),
        Some(_) => Err(BindError::RepeatedOption(option)),
    }
}

#[cfg(test)]
mod tests;
