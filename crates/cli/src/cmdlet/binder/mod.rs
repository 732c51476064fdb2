//! Binds words to parameters by PowerShell's rules, and answers mistakes in PowerShell's words (about_Parameters;
//! `ParameterBinderStrings`). A pure function over words: it asks nothing and reads nothing.
//!
//! Words with two dashes (`--output`, `--endpoint`, …) and `-o` are ours; PowerShell has no such words.

use super::parameter::{COMMON_PARAMETERS, Need, Parameter, Takes};
use std::path::PathBuf;

/// The dashes that PowerShell takes for one: pasted documentation often has the typographic kind.
const DASHES: [char; 4] = ['-', '\u{2013}', '\u{2014}', '\u{2015}'];

/// Words, bound.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bound {
    values: Vec<(&'static str, String)>,
    /// Our own options.
    pub options: Options,
}

/// Our own options, which every cmdlet takes and which may stand anywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// `--output`, `-o`
    pub output: Option<String>,
    /// `--endpoint`
    pub endpoint: Option<String>,
    /// `--data`
    pub data: Option<PathBuf>,
    /// `--credentials-file`
    pub credentials_file: Option<PathBuf>,
    /// `--help`, `-?`
    pub help: bool,
}

/// Why words do not bind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message says what it is")]
pub enum BindError {
    #[error("A parameter cannot be found that matches parameter name '{0}'.")]
    Unknown(String),
    #[error(
        "Parameter cannot be processed because the parameter name '{name}' is ambiguous. Possible matches include:{}.",
        matches.iter().map(|name| format!(" -{name}")).collect::<String>()
    )]
    Ambiguous { name: String, matches: Vec<&'static str> },
    #[error(
        "Cannot bind parameter because parameter '{0}' is specified more than once. To provide multiple values to \
         parameters that can accept multiple values, use the array syntax. For example, \"-parameter value1,value2,value3\"."
    )]
    Repeated(&'static str),
    #[error("Missing an argument for parameter '{name}'. Specify a parameter of type '{type_name}' and try again.")]
    MissingArgument { name: &'static str, type_name: &'static str },
    #[error(
        "Cannot convert '{value}' to the type 'System.Management.Automation.SwitchParameter' required by parameter '{name}'."
    )]
    NotASwitchValue { name: &'static str, value: String },
    #[error("Cannot bind argument to parameter '{0}' because it is an empty string.")]
    Empty(&'static str),
    #[error("A positional parameter cannot be found that accepts argument '{0}'.")]
    Positional(String),
    #[error("The value of parameter '{name}' begins with '{value}' and does not end: the shell took it apart.")]
    Split { name: &'static str, value: String },
    #[error(
        "Cannot process command because of one or more missing mandatory parameters: {}.", .0.join(" ")
    )]
    MissingMandatory(Vec<&'static str>),
    #[error("The parameter '{0}' is not available yet. It comes with a later version; nothing was done.")]
    NotYet(&'static str),
    #[error("The option '{0}' is not known.")]
    UnknownOption(String),
    #[error("The option '{0}' is given more than once.")]
    RepeatedOption(&'static str),
    #[error("The option '{0}' needs a value.")]
    MissingOptionValue(&'static str),
}

impl BindError {
    /// What to do about it, when the message alone does not say.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotASwitchValue { value, .. } if value.is_empty() => {
                Some("The shell took $true or $false for a variable of its own. Put the word in single quotes.")
            }
            Self::MissingArgument { .. } => Some("A value that begins with a dash is written -Name:value."),
            Self::Split { .. } => Some("Put the whole value in double quotes: \"@{Name='password1'}\"."),
            Self::Positional(_) => Some("Every value follows its parameter. A value with spaces needs quotes."),
            Self::UnknownOption(_) => {
                Some("The options are --output, --endpoint, --data, --credentials-file and --help.")
            }
            _ => None,
        }
    }
}

impl Bound {
    /// The value of a parameter, taken out.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let index = self.values.iter().position(|(bound, _)| *bound == name)?;
        Some(self.values.swap_remove(index).1)
    }
}

/// Binds `words` to the cmdlet's own parameters, the common ones and our options. With `--help` among the words, what is
/// missing does not matter.
pub fn bind(own: &'static [Parameter], words: &[String]) -> Result<Bound, BindError> {
    let mut binder = Binder { own, bound: Bound::default(), seen: Vec::new() };
    let mut words = words.iter().map(String::as_str).peekable();
    let mut only_arguments = false;
    while let Some(text) = words.next() {
        if only_arguments {
            return Err(binder.stray(text));
        }
        match Word::parse(text) {
            Word::EndOfParameters => only_arguments = true,
            Word::Argument => return Err(binder.stray(text)),
            Word::Help => binder.bound.options.help = true,
            Word::Option { name, value } => binder.option(name, value.or_else(|| next_value(&mut words)))?,
            Word::Parameter { name, value } => {
                let parameter = binder.resolve(name)?;
                let value = match (parameter.takes, value) {
                    (Takes::Switch, value) => value,
                    // `-Name: value`: the colon binds whatever comes next, even a word with a dash.
                    (Takes::Value(_), Some("")) => words.next(),
                    (Takes::Value(_), Some(value)) => Some(value),
                    (Takes::Value(_), None) => next_value(&mut words),
                };
                binder.parameter(parameter, value)?;
            }
        }
    }
    binder.finish()
}

/// The next word, unless it is a parameter or an option.
fn next_value<'a>(words: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>) -> Option<&'a str> {
    words.next_if(|word| matches!(Word::parse(word), Word::Argument))
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

struct Binder {
    own: &'static [Parameter],
    bound: Bound,
    seen: Vec<&'static str>,
}

impl Binder {
    /// The parameter that a name means: exactly, else as an unambiguous prefix of a name or an alias.
    fn resolve(&self, name: &str) -> Result<&'static Parameter, BindError> {
        let all = || self.own.iter().chain(COMMON_PARAMETERS);
        let names = |parameter: &'static Parameter| std::iter::once(&parameter.name).chain(parameter.aliases);
        if let Some(exact) = all().find(|parameter| names(parameter).any(|known| known.eq_ignore_ascii_case(name))) {
            return Ok(exact);
        }
        let mut fitting: Vec<_> =
            all().filter(|parameter| names(parameter).any(|known| begins_with(known, name))).collect();
        let own_fitting = self.own.iter().filter(|parameter| fitting.contains(parameter)).count();
        if own_fitting == 1 {
            fitting.truncate(1);
        }
        match fitting.as_slice() {
            [] => Err(BindError::Unknown(name.to_owned())),
            [one] => Ok(one),
            several => Err(BindError::Ambiguous {
                name: name.to_owned(),
                matches: several.iter().map(|parameter| parameter.name).collect(),
            }),
        }
    }

    fn parameter(&mut self, parameter: &'static Parameter, value: Option<&str>) -> Result<(), BindError> {
        let Parameter { name, takes, need, .. } = *parameter;
        if self.seen.contains(&name) {
            return Err(BindError::Repeated(name));
        }
        self.seen.push(name);
        match (takes, value) {
            (Takes::Switch, value) => match switch(name, value)? {
                true if need == Need::NotYet => Err(BindError::NotYet(name)),
                true => {
                    self.bound.values.push((name, String::new()));
                    Ok(())
                }
                // `-Confirm:$false` asks for what happens anyway; scripts are full of it.
                false => Ok(()),
            },
            (Takes::Value(_), _) if need == Need::NotYet => Err(BindError::NotYet(name)),
            (Takes::Value(type_name), None) => Err(BindError::MissingArgument { name, type_name }),
            (Takes::Value(_), Some("")) if need == Need::Mandatory => Err(BindError::Empty(name)),
            (Takes::Value(_), Some(value)) => {
                self.bound.values.push((name, value.to_owned()));
                Ok(())
            }
        }
    }

    /// A word that belongs to nothing: most likely the rest of a table that the shell took apart.
    fn stray(&self, text: &str) -> BindError {
        match self.bound.values.last() {
            Some((name, value)) if value.starts_with("@{") || value.starts_with("@(") => {
                BindError::Split { name, value: value.clone() }
            }
            _ => BindError::Positional(text.to_owned()),
        }
    }

    fn option(&mut self, name: &str, value: Option<&str>) -> Result<(), BindError> {
        let options = &mut self.bound.options;
        match name {
            "output" => set(&mut options.output, "--output", value),
            "endpoint" => set(&mut options.endpoint, "--endpoint", value),
            "data" => set(&mut options.data, "--data", value),
            "credentials-file" => set(&mut options.credentials_file, "--credentials-file", value),
            _ => Err(BindError::UnknownOption(format!("--{name}"))),
        }
    }

    fn finish(self) -> Result<Bound, BindError> {
        let missing: Vec<_> = self
            .own
            .iter()
            .filter(|parameter| parameter.need == Need::Mandatory && !self.seen.contains(&parameter.name))
            .map(|parameter| parameter.name)
            .collect();
        if missing.is_empty() || self.bound.options.help {
            Ok(self.bound)
        } else {
            Err(BindError::MissingMandatory(missing))
        }
    }
}

fn begins_with(known: &str, prefix: &str) -> bool {
    known.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn switch(name: &'static str, value: Option<&str>) -> Result<bool, BindError> {
    match value.map(str::to_ascii_lowercase).as_deref() {
        None | Some("$true" | "true" | "1") => Ok(true),
        Some("$false" | "false" | "0") => Ok(false),
        Some(_) => Err(BindError::NotASwitchValue { name, value: value.unwrap_or_default().to_owned() }),
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
