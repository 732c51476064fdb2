//! Parameters of cmdlets, as data for the binder.

use super::types::{Kind, PROFILE};

/// A parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameter {
    /// Its name, without the dash.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// What follows it.
    pub kind: Kind,
    /// The parameter sets that it belongs to; empty means all.
    pub sets: &'static [&'static str],
    /// Whether those sets need it.
    pub mandatory: bool,
    /// The smallest number that it takes.
    pub least: Option<i32>,
    /// Whether what is given to it is quoted nowhere.
    pub secret: bool,
    /// Whether it also takes what a pipe brings.
    pub from_pipeline: bool,
    /// What it is, for help.
    pub about: &'static str,
    /// What it is when it is left out, for help.
    pub default: &'static str,
}

impl Parameter {
    /// One that may be given in every set.
    pub const fn optional(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self {
            name,
            aliases: &[],
            kind,
            sets: &[],
            mandatory: false,
            least: None,
            secret: false,
            from_pipeline: false,
            about,
            default: "None",
        }
    }

    /// One that must be given in its sets.
    pub const fn mandatory(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { mandatory: true, ..Self::optional(name, kind, about) }
    }

    /// With other names.
    pub const fn or(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// In these sets only.
    pub const fn within(mut self, sets: &'static [&'static str]) -> Self {
        self.sets = sets;
        self
    }

    /// With the smallest number that it takes (`ValidateRange`).
    pub const fn at_least(mut self, least: i32) -> Self {
        self.least = Some(least);
        self
    }

    /// For secrets.
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// Also from a pipe.
    pub const fn piped(mut self) -> Self {
        self.from_pipeline = true;
        self
    }

    /// With what help says about leaving it out.
    pub const fn default(mut self, default: &'static str) -> Self {
        self.default = default;
        self
    }

    /// Whether `set` has it.
    pub fn is_in(&self, set: &str) -> bool {
        self.sets.is_empty() || self.sets.contains(&set)
    }

    /// Whether it is a switch.
    pub fn is_switch(&self) -> bool {
        self.kind == Kind::Switch
    }
}

/// `-DefaultProfile`, which every cmdlet of Az has.
pub static PROFILE_PARAMETERS: &[Parameter] = &[Parameter::optional(
    "DefaultProfile",
    Kind::Object(&PROFILE),
    "The credentials, account, tenant, and subscription used for communication with Azure.",
)
.or(&["AzureRMContext", "AzureCredential"])
.secret()];

/// What cmdlets have that begin something long.
pub static JOB_PARAMETERS: &[Parameter] = &[
    Parameter::optional("AsJob", Kind::Switch, "Run the command as a job"),
    Parameter::optional("NoWait", Kind::Switch, "Run the command asynchronously"),
];

/// What cmdlets have that change something (about_Functions_CmdletBindingAttribute, SupportsShouldProcess).
pub static SHOULD_PROCESS_PARAMETERS: &[Parameter] = &[
    Parameter::optional("WhatIf", Kind::Switch, "Shows what would happen if the cmdlet runs. The cmdlet is not run.")
        .or(&["wi"]),
    Parameter::optional("Confirm", Kind::Switch, "Prompts you for confirmation before running the cmdlet.").or(&["cf"]),
];

/// The common parameters, in PowerShell's order (about_CommonParameters).
pub static COMMON_PARAMETERS: &[Parameter] = &[
    Parameter::optional("Verbose", Kind::Switch, "Says what is done.").or(&["vb"]),
    Parameter::optional("Debug", Kind::Switch, "Shows requests and answers.").or(&["db"]),
    Parameter::optional("ErrorAction", Kind::Preference, "How a failure is treated.").or(&["ea"]),
    Parameter::optional("WarningAction", Kind::Preference, "How a warning is treated.").or(&["wa"]),
    Parameter::optional("InformationAction", Kind::Preference, "How information is treated.").or(&["infa"]),
    Parameter::optional("ProgressAction", Kind::Preference, "How progress is treated.").or(&["proga"]),
    Parameter::optional("ErrorVariable", Kind::Text, "The variable that keeps failures.").or(&["ev"]),
    Parameter::optional("WarningVariable", Kind::Text, "The variable that keeps warnings.").or(&["wv"]),
    Parameter::optional("InformationVariable", Kind::Text, "The variable that keeps information.").or(&["iv"]),
    Parameter::optional("OutVariable", Kind::Text, "The variable that keeps the output.").or(&["ov"]),
    Parameter::optional("OutBuffer", Kind::Number, "How many objects are held back.").or(&["ob"]).at_least(0),
    Parameter::optional("PipelineVariable", Kind::Text, "The variable that keeps the current object.").or(&["pv"]),
];
