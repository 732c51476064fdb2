//! Completion for shells. The scripts are thin: they hand the words over, and every candidate comes from here, names of live
//! resources included.

mod live;
mod scripts;

pub use live::in_time;
pub use scripts::{Shell, script};

use crate::cmdlet::parameter::Parameter;
use crate::cmdlet::types::Kind;
use crate::cmdlets::{ALL, Cmdlet};
use crate::destination::DestinationOptions;
use clap::{Arg, Command};
use live::Live;
use std::path::{Path, PathBuf};

/// A word that may come next, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The word.
    pub word: String,
    /// What it is; may be empty.
    pub about: String,
}

/// What a shell asks: the words of a line up to the one that is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    words: Vec<String>,
}

/// Where the answer is.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// Here.
    Words(Vec<Candidate>),
    /// At the service: names of what there is.
    Names(Live),
}

impl Request {
    /// From the words that a shell hands over, the program's name first.
    pub fn new(words: Vec<String>) -> Self {
        Self { words }
    }

    /// What may come next. `command` is the tree of the words that are no cmdlet's.
    pub fn answer(&self, command: &Command) -> Answer {
        let (current, before) = match self.words.split_last() {
            Some((current, before)) => (current.as_str(), before),
            None => ("", [].as_slice()),
        };
        let program = before.first().map_or("", |program| stem(program));
        let cmdlet = Cmdlet::find(program).map(|cmdlet| (cmdlet, before.get(1..).unwrap_or_default()));
        let cmdlet = cmdlet.or_else(|| Some((Cmdlet::find(before.get(1)?)?, before.get(2..).unwrap_or_default())));
        let answer = match cmdlet {
            Some((cmdlet, words)) => of_cmdlet(cmdlet, words, current),
            None => of_command(command, before.get(1..).unwrap_or_default(), current),
        };
        match answer {
            Answer::Words(words) => Answer::Words(beginning_with(words, current)),
            live => live,
        }
    }

    /// The value of an option of ours among the words, such as `--endpoint`.
    pub fn option(&self, name: &str) -> Option<&str> {
        let inline = format!("{name}=");
        self.words.iter().enumerate().find_map(|(index, word)| {
            word.strip_prefix(&inline)
                .or_else(|| (word == name).then(|| self.words.get(index + 1)).flatten().map(String::as_str))
        })
    }

    /// The word that is being written.
    pub fn current(&self) -> &str {
        self.words.last().map_or("", String::as_str)
    }

    /// Where the line would go.
    pub fn destination(&self) -> DestinationOptions {
        DestinationOptions {
            endpoint: self.option("--endpoint").map(str::to_owned),
            data: self.option("--data").map(PathBuf::from),
            credentials_file: self.option("--credentials-file").map(PathBuf::from),
            context: self.option("--context").map(str::to_owned),
        }
    }
}

fn stem(program: &str) -> &str {
    let name = Path::new(program).file_name().and_then(|name| name.to_str()).unwrap_or(program);
    name.strip_suffix(".exe").unwrap_or(name)
}

/// Those that begin with what is written, whatever its case.
pub fn beginning_with(candidates: Vec<Candidate>, current: &str) -> Vec<Candidate> {
    let begins = |word: &str| word.get(..current.len()).is_some_and(|start| start.eq_ignore_ascii_case(current));
    candidates.into_iter().filter(|candidate| begins(&candidate.word)).collect()
}

fn candidate(word: impl Into<String>, about: impl Into<String>) -> Candidate {
    Candidate { word: word.into(), about: about.into() }
}

fn of_cmdlet(cmdlet: &'static Cmdlet, words: &[String], current: &str) -> Answer {
    let named = |word: &str| {
        let name = word.strip_prefix('-').filter(|name| !name.starts_with('-'))?;
        cmdlet.spec.parameters().find(|it| {
            it.name.eq_ignore_ascii_case(name) || it.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
        })
    };
    if current.starts_with('-') {
        let used: Vec<&str> = words.iter().filter_map(|word| named(word)).map(|parameter| parameter.name).collect();
        let parameters = cmdlet.spec.parameters().filter(|parameter| !used.contains(&parameter.name));
        let mut words: Vec<Candidate> = parameters.map(|it| candidate(format!("-{}", it.name), it.about)).collect();
        words.extend(OPTIONS.map(|(name, about)| candidate(name, about)));
        return Answer::Words(words);
    }
    let last = words.last().map(String::as_str).unwrap_or_default();
    if matches!(last, "-o" | "--output") {
        return Answer::Words(FORMS.map(|form| candidate(form, "")).into());
    }
    let value_of = |parameter: &str| {
        let at = words.iter().position(|word| named(word).is_some_and(|it| it.name == parameter))?;
        words.get(at + 1).cloned()
    };
    let positional = || {
        let name = cmdlet.spec.positional.first()?;
        cmdlet.spec.parameters().find(|parameter| parameter.name == *name)
    };
    match named(last).filter(|parameter| !parameter.is_switch()).or_else(positional) {
        Some(parameter) => of_value(cmdlet, parameter, value_of("RegistryName")),
        None => Answer::Words(Vec::new()),
    }
}

/// What every cmdlet takes besides its parameters.
const OPTIONS: [(&str, &str); 5] = [
    ("--output", "The form of the output"),
    ("--endpoint", "The management API to talk to"),
    ("--data", "The data folder of the local store"),
    ("--credentials-file", "Whom to log in as"),
    ("--context", "The context to use"),
];

const FORMS: [&str; 5] = ["table", "list", "json", "yaml", "tsv"];

fn of_value(cmdlet: &Cmdlet, parameter: &Parameter, registry: Option<String>) -> Answer {
    let noun = cmdlet.name().split_once("AzContainerRegistry").map_or("", |(_, noun)| noun);
    let makes = cmdlet.name().starts_with("New-");
    let live = match (parameter.name, noun) {
        ("RegistryName", _) => Some(Live::Registries),
        ("ResourceGroupName", _) => Some(Live::Groups),
        ("ScopeMapId", _) => Some(Live::ScopeMaps(registry)),
        ("TokenId", _) => Some(Live::Tokens(registry)),
        ("Name", "Token") if !makes => Some(Live::Tokens(registry)),
        ("Name", "ScopeMap") if !makes => Some(Live::ScopeMaps(registry)),
        ("Name", "") if !makes && cmdlet.name().contains("AzContainerRegistry") => Some(Live::Registries),
        ("Name", _) if cmdlet.name() == "Get-Help" => {
            return Answer::Words(ALL.iter().map(|it| candidate(it.name(), it.synopsis)).collect());
        }
        _ => None,
    };
    match (live, parameter.kind) {
        (Some(live), _) => Answer::Names(live),
        (None, Kind::Word(words)) => Answer::Words(words.known.iter().map(|word| candidate(*word, "")).collect()),
        (None, Kind::Preference) => Answer::Words(
            ["Continue", "Ignore", "Inquire", "SilentlyContinue", "Stop"].map(|it| candidate(it, "")).into(),
        ),
        _ => Answer::Words(Vec::new()),
    }
}

fn of_command(root: &Command, words: &[String], current: &str) -> Answer {
    let mut command = root;
    let mut path = Vec::new();
    for word in words {
        if let Some(next) = command.find_subcommand(word) {
            command = next;
            path.push(next.get_name().to_owned());
        }
    }
    let value_of = |long: &str, short: char| {
        let at = words.iter().position(|word| *word == format!("--{long}") || *word == format!("-{short}"))?;
        words.get(at + 1).cloned()
    };
    let last = words.last().map(String::as_str).unwrap_or_default();
    let option = command.get_arguments().chain(root.get_arguments()).find(|argument| is_named(argument, last));
    let option = option.filter(|argument| argument.get_action().takes_values());
    if let Some(argument) = option {
        return of_option(&path, argument, value_of("registry", 'r'));
    }
    if current.starts_with('-') {
        let arguments = command.get_arguments().filter(|argument| !argument.is_hide_set());
        let names =
            arguments.filter_map(|argument| Some((format!("--{}", argument.get_long()?), about_argument(argument))));
        return Answer::Words(names.map(|(name, about)| candidate(name, about)).collect());
    }
    let subcommands: Vec<Candidate> = command
        .get_subcommands()
        .filter(|it| !it.is_hide_set())
        .map(|it| candidate(it.get_name(), it.get_about().map(ToString::to_string).unwrap_or_default()))
        .collect();
    if path.is_empty() {
        let cmdlets = ALL.iter().map(|cmdlet| candidate(cmdlet.name(), cmdlet.synopsis));
        return Answer::Words(subcommands.into_iter().chain(cmdlets).collect());
    }
    if !subcommands.is_empty() {
        return Answer::Words(subcommands);
    }
    match name_of(&path, value_of("registry", 'r')) {
        Some(live) if command.get_positionals().next().is_some() => Answer::Names(live),
        _ => Answer::Words(Vec::new()),
    }
}

fn is_named(argument: &Arg, word: &str) -> bool {
    let long = word.strip_prefix("--").is_some_and(|name| {
        argument.get_long() == Some(name) || argument.get_all_aliases().unwrap_or_default().contains(&name)
    });
    let short = word.strip_prefix('-').is_some_and(|name| {
        let mut letters = name.chars();
        let aliases = argument.get_all_short_aliases().unwrap_or_default();
        let is_its = |letter: char| argument.get_short() == Some(letter) || aliases.contains(&letter);
        letters.next().is_some_and(is_its) && letters.next().is_none()
    });
    long || short
}

fn about_argument(argument: &Arg) -> String {
    argument.get_help().map(ToString::to_string).unwrap_or_default()
}

fn of_option(path: &[String], argument: &Arg, registry: Option<String>) -> Answer {
    let live = match argument.get_long().unwrap_or_default() {
        "registry" => Some(Live::Registries),
        "resource-group" => Some(Live::Groups),
        "scope-map" => Some(Live::ScopeMaps(registry)),
        "repository" => Some(Live::Repositories(registry)),
        "name" | "image" => name_of(path, registry),
        _ => None,
    };
    match live {
        Some(live) => Answer::Names(live),
        None => {
            let values = argument.get_possible_values();
            let about =
                |value: &clap::builder::PossibleValue| value.get_help().map(ToString::to_string).unwrap_or_default();
            Answer::Words(values.iter().map(|value| candidate(value.get_name(), about(value))).collect())
        }
    }
}

/// What `--name` names in a command; nothing when it is to be made.
fn name_of(path: &[String], registry: Option<String>) -> Option<Live> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        [_, "create" | "check-name"] => None,
        ["token", ..] => Some(Live::Tokens(registry)),
        ["scope-map", ..] => Some(Live::ScopeMaps(registry)),
        ["registry", ..] => Some(Live::Registries),
        ["repository", ..] | ["manifest" | "tag", "list"] => Some(Live::Repositories(registry)),
        ["manifest" | "tag", ..] => Some(Live::Images(registry)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invocation;
    use rstest::rstest;

    /// The candidates of a line whose last word is being written, or what is to be asked for.
    fn completed(line: &str) -> String {
        let words = line.split(' ').map(str::to_owned).collect();
        match Request::new(words).answer(&invocation::command()) {
            Answer::Words(words) => words.into_iter().map(|it| it.word).collect::<Vec<_>>().join(" "),
            Answer::Names(live) => format!("{live:?}"),
        }
    }

    #[rstest]
    #[case("portcullis tok", "token")]
    #[case("portcullis new-azcontainerregistryt", "New-AzContainerRegistryToken")]
    #[case("portcullis token c", "create credential")]
    #[case("portcullis token credential ", "generate delete")]
    #[case("portcullis New-AzContainerRegistryToken -st", "-Status")]
    #[case("portcullis New-AzContainerRegistryToken -Status ", "enabled disabled")]
    #[case("portcullis New-AzContainerRegistryToken -Status d", "disabled")]
    #[case("portcullis New-AzContainerRegistryToken -Status enabled -st", "")]
    #[case("portcullis New-AzContainerRegistryToken -ErrorAction s", "SilentlyContinue Stop")]
    #[case("/usr/bin/New-AzContainerRegistryToken -TokenC", "-TokenCreateParameter")]
    #[case("portcullis New-AzContainerRegistryToken -RegistryName r -ScopeMapId ", "ScopeMaps(Some(\"r\"))")]
    #[case("portcullis New-AzContainerRegistryToken -Name ", "")]
    #[case("portcullis Get-AzContainerRegistryToken -Name ", "Tokens(None)")]
    #[case("portcullis Get-AzContainerRegistry -Name ", "Registries")]
    #[case("portcullis Get-Help Remove-J", "Remove-Job")]
    #[case("portcullis token create --status ", "enabled disabled")]
    #[case("portcullis token show -r r -n ", "Tokens(Some(\"r\"))")]
    #[case("portcullis token show ", "Tokens(None)")]
    #[case("portcullis token create --scope-map ", "ScopeMaps(None)")]
    #[case("portcullis token list --registry ", "Registries")]
    #[case("portcullis token rotate --over", "--overlap")]
    #[case("portcullis token rotate --format k", "kubernetes-secret")]
    #[case("portcullis scope-map delete -g ", "Groups")]
    #[case("portcullis repository show -r r ", "Repositories(Some(\"r\"))")]
    #[case("portcullis repository list ", "")]
    #[case("portcullis manifest list -n ", "Repositories(None)")]
    #[case("portcullis manifest show ", "Images(None)")]
    #[case("portcullis tag delete --name ", "Images(None)")]
    #[case("portcullis tag delete -t ", "Images(None)")]
    #[case("portcullis tag list --orderby ", "time_desc time_asc")]
    #[case("portcullis token create --repository ", "Repositories(None)")]
    fn what_may_come_next(#[case] line: &str, #[case] expected: &str) {
        assert_eq!(completed(line), expected);
    }
}
