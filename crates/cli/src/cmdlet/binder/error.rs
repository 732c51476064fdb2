//! Why words do not bind, in PowerShell's words and with its error ids (`ParameterBinderStrings`).

use crate::cmdlet::convert::Mismatch;
use std::fmt;

/// Why words do not bind. Its `Debug` quotes no word; `Display` quotes none that was given to a parameter for secrets.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message says what it is")]
pub enum BindError {
    #[error("A parameter cannot be found that matches parameter name '{0}'.")]
    Unknown(String),
    #[error(
        "Parameter cannot be processed because the parameter name '{name}' is ambiguous. Possible matches include:{}.",
        listed(matches)
    )]
    Ambiguous { name: String, matches: Vec<&'static str> },
    #[error(
        "Cannot bind parameter because parameter '{0}' is specified more than once. To provide multiple values to \
         parameters that can accept multiple values, use the array syntax. For example, \"-parameter value1,value2,value3\"."
    )]
    Repeated(&'static str),
    #[error("Missing an argument for parameter '{name}'. Specify a parameter of type '{type_name}' and try again.")]
    MissingArgument { name: &'static str, type_name: String },
    #[error("Cannot process argument transformation on parameter '{name}'. {source}")]
    Transformation { name: &'static str, source: Mismatch },
    #[error("Cannot bind parameter '{name}'. {source}")]
    Conversion { name: &'static str, source: Mismatch },
    #[error(
        "Cannot convert '{type_name}' to the type 'System.Management.Automation.SwitchParameter' required by parameter '{name}'."
    )]
    NotASwitch { name: &'static str, type_name: &'static str, is_empty: bool },
    #[error("Cannot bind argument to parameter '{0}' because it is an empty string.")]
    Empty(&'static str),
    #[error("Cannot bind argument to parameter '{0}' because it is an empty array.")]
    EmptyArray(&'static str),
    #[error(
        "Cannot validate argument on parameter '{name}'. The {value} argument is less than the minimum allowed range of {least}. \
         Supply an argument that is greater than or equal to {least} and then try the command again."
    )]
    TooSmall { name: &'static str, value: i64, least: i32 },
    #[error("Cannot bind argument to parameter '{0}' because it is null.")]
    Null(&'static str),
    #[error("A positional parameter cannot be found that accepts argument '{0}'.")]
    Positional(String),
    #[error("The value of parameter '{name}' begins with '{value}' and does not end: the shell took it apart.")]
    Split { name: &'static str, value: String },
    #[error("Cannot process command because of one or more missing mandatory parameters:{}.", listed_plainly(.0))]
    MissingMandatory(Vec<&'static str>),
    #[error(
        "Parameter set cannot be resolved using the specified named parameters. One or more parameters issued cannot be used \
         together or an insufficient number of parameters were provided."
    )]
    AmbiguousSet,
    #[error(
        "The input object cannot be bound to any parameters for the command either because the command does not take pipeline \
         input or the input and its properties do not match any of the parameters that take pipeline input."
    )]
    InputNotBound,
    #[error("'@{0}' cannot be splatted: {1}")]
    Splat(String, String),
    #[error("The option '{0}' is not known.")]
    UnknownOption(String),
    #[error("The option '{0}' is given more than once.")]
    RepeatedOption(&'static str),
    #[error("The option '{0}' needs a value.")]
    MissingOptionValue(&'static str),
}

impl fmt::Debug for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BindError({})", self.id())
    }
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!(" -{name}")).collect()
}

fn listed_plainly(names: &[&str]) -> String {
    names.iter().map(|name| format!(" {name}")).collect()
}

impl BindError {
    /// The part of `FullyQualifiedErrorId` before the comma.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "NamedParameterNotFound",
            Self::Ambiguous { .. } => "AmbiguousParameter",
            Self::Repeated(_) => "ParameterAlreadyBound",
            Self::MissingArgument { .. } => "MissingArgument",
            Self::Transformation { .. } => "ParameterArgumentTransformationError",
            Self::Conversion { .. } => "CannotConvertArgumentNoMessage",
            Self::NotASwitch { .. } => "CannotConvertArgument",
            Self::Empty(_) => "ParameterArgumentValidationErrorEmptyStringNotAllowed",
            Self::EmptyArray(_) => "ParameterArgumentValidationErrorEmptyArrayNotAllowed",
            Self::TooSmall { .. } => "ParameterArgumentValidationError",
            Self::Null(_) => "ParameterArgumentValidationErrorNullNotAllowed",
            Self::Positional(_) | Self::Split { .. } => "PositionalParameterNotFound",
            Self::MissingMandatory(_) => "MissingMandatoryParameter",
            Self::AmbiguousSet => "AmbiguousParameterSet",
            Self::InputNotBound => "InputObjectNotBound",
            Self::Splat(..) => "SplattingNotPermitted",
            Self::UnknownOption(_) => "OptionNotFound",
            Self::RepeatedOption(_) => "OptionAlreadyBound",
            Self::MissingOptionValue(_) => "MissingOptionValue",
        }
    }

    /// What to do about it, when the message alone does not say.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotASwitch { is_empty: true, .. }
            | Self::Transformation { source: Mismatch::NotASwitch { is_empty: true, .. }, .. } => Some(
                "The shell took $true or $false for a variable of its own. Put the word in single quotes, or leave the dollar sign out.",
            ),
            Self::NotASwitch { .. } | Self::Transformation { source: Mismatch::NotASwitch { .. }, .. } => {
                Some("A switch stands alone, or as -Name:true or -Name:false.")
            }
            Self::Transformation { source: Mismatch::NotAValue { .. } | Mismatch::Inside { .. }, name: "Expiry" } => {
                Some("Write 2027-01-01T00:00:00Z, or 2027-01-01, or 01/31/2027 [08:30:00] (month first).")
            }
            Self::Transformation { source: Mismatch::NoConversion { .. }, name: "CredentialsPassword" } => {
                Some("Write \"@{Name='password1'; Expiry='2027-01-01'}\".")
            }
            Self::Transformation {
                source: Mismatch::NoConversion { .. } | Mismatch::Literal(_),
                name: "CredentialsCertificate",
            } => Some(
                "Write \"@{Name='certificate1'; EncodedPemCertificate='robot.pem'}\": that member is the path of a file, a PEM text \
                 or its base64.",
            ),
            Self::MissingArgument { .. } => Some("A value that begins with a dash is written -Name:value."),
            Self::Split { .. } => Some("Put the whole value in double quotes: \"@{Name='password1'}\"."),
            Self::Positional(_) => Some("Every value follows its parameter. A value with spaces needs quotes."),
            Self::UnknownOption(_) => {
                Some("The options are --output, --endpoint, --data, --context, --credentials-file and --help.")
            }
            Self::Unknown(_) => Some("Run the cmdlet with -? to see its parameters."),
            Self::Ambiguous { .. } => Some("Write more of the parameter's name."),
            Self::Empty(_) | Self::EmptyArray(_) | Self::Null(_) => {
                Some("Give it a value, or leave the parameter out where it may be.")
            }
            Self::MissingMandatory(_) => {
                Some("Give these parameters, or run the cmdlet at a terminal, where it asks for them.")
            }
            Self::AmbiguousSet => Some("Run the cmdlet with -? to see which parameters go together."),
            Self::InputNotBound => Some("A pipe takes objects as JSON, one a line, or ids of resources, one a line."),
            Self::RepeatedOption(_) => Some("Give it once."),
            Self::MissingOptionValue(_) => Some("The value follows the option, or stands behind an equals sign."),
            Self::Splat(..) => Some("@file.json is a JSON object of parameters, such as {\"Name\": \"token2\"}."),
            Self::Repeated(_) | Self::Transformation { .. } | Self::Conversion { .. } | Self::TooSmall { .. } => None,
        }
    }
}
