//! Parameters of cmdlets, as data for the binder.

/// A parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, without the dash.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// What follows it.
    pub takes: Takes,
    /// Whether the cmdlet needs it.
    pub need: Need,
}

/// What follows a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// One value, of the .NET type that messages name.
    Value(&'static str),
    /// Nothing, or `:$true` or `:$false`.
    Switch,
}

/// Whether a cmdlet needs a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Without it nothing runs.
    Mandatory,
    /// It may be left out.
    Optional,
    /// The reference page has it, so prefixes must count it; this version refuses it.
    NotYet,
}

impl Parameter {
    /// One that must be given.
    pub const fn mandatory(name: &'static str, type_name: &'static str) -> Self {
        Self { name, aliases: &[], takes: Takes::Value(type_name), need: Need::Mandatory }
    }

    /// One that may be given.
    pub const fn optional(name: &'static str, type_name: &'static str) -> Self {
        Self { name, aliases: &[], takes: Takes::Value(type_name), need: Need::Optional }
    }

    /// One that this version refuses.
    pub const fn not_yet(name: &'static str, takes: Takes) -> Self {
        Self { name, aliases: &[], takes, need: Need::NotYet }
    }

    /// With other names.
    pub const fn or(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }
}

const TEXT: Takes = Takes::Value("System.String");
const PREFERENCE: Takes = Takes::Value("System.Management.Automation.ActionPreference");

/// The common parameters (about_CommonParameters). A prefix that fits one of them and one of the cmdlet's own means the cmdlet's.
pub const COMMON_PARAMETERS: &[Parameter] = &[
    Parameter::not_yet("Debug", Takes::Switch).or(&["db"]),
    Parameter::not_yet("ErrorAction", PREFERENCE).or(&["ea"]),
    Parameter::not_yet("ErrorVariable", TEXT).or(&["ev"]),
    Parameter::not_yet("InformationAction", PREFERENCE).or(&["infa"]),
    Parameter::not_yet("InformationVariable", TEXT).or(&["iv"]),
    Parameter::not_yet("OutBuffer", Takes::Value("System.Int32")).or(&["ob"]),
    Parameter::not_yet("OutVariable", TEXT).or(&["ov"]),
    Parameter::not_yet("PipelineVariable", TEXT).or(&["pv"]),
    Parameter::not_yet("ProgressAction", PREFERENCE).or(&["proga"]),
    Parameter::not_yet("Verbose", Takes::Switch).or(&["vb"]),
    Parameter::not_yet("WarningAction", PREFERENCE).or(&["wa"]),
    Parameter::not_yet("WarningVariable", TEXT).or(&["wv"]),
];
