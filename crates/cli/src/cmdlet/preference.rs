//! What is to happen with a failure or a message (about_Preference_Variables, ActionPreference).

/// A preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preference {
    /// Nothing is shown, and it goes on; failures are still kept in a variable.
    SilentlyContinue,
    /// It is shown, and the command ends.
    Stop,
    /// It is shown, and it goes on.
    Continue,
    /// It is shown, and whoever sits there decides.
    Inquire,
    /// As if it had not been.
    Ignore,
}

/// Every name of the enumeration, in the order of its numbers.
const NAMES: [&str; 7] = ["SilentlyContinue", "Stop", "Continue", "Inquire", "Ignore", "Suspend", "Break"];

/// Why text is not a preference, in the words of PowerShell's own conversion.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message says what it is")]
pub enum PreferenceError {
    #[error(
        "Cannot convert value \"{0}\" to type \"System.Management.Automation.ActionPreference\". Error: \"Unable to match the \
         identifier name {0} to a valid enumerator name. Specify one of the following enumerator names and try again:\n{names}\"",
        names = NAMES.join(", ")
    )]
    Unknown(String),
    #[error(
        "The value {0} is not supported for an ActionPreference variable here: there is no workflow and no debugger."
    )]
    NotHere(&'static str),
}

impl Preference {
    /// By name, by an unambiguous prefix of it, or by number.
    pub fn parse(text: &str) -> Result<Self, PreferenceError> {
        let text = text.trim();
        let unknown = || PreferenceError::Unknown(text.to_owned());
        let begins = |name: &str| name.get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text));
        let index = match text.parse::<usize>() {
            Ok(number) => number,
            Err(_) if text.is_empty() => return Err(unknown()),
            Err(_) => {
                let exact = NAMES.iter().position(|name| name.eq_ignore_ascii_case(text));
                let mut fitting = (0..NAMES.len()).filter(|index| NAMES.get(*index).is_some_and(|name| begins(name)));
                match (exact, fitting.next(), fitting.next()) {
                    (Some(exact), ..) => exact,
                    (None, Some(only), None) => only,
                    _ => return Err(unknown()),
                }
            }
        };
        match index {
            0 => Ok(Self::SilentlyContinue),
            1 => Ok(Self::Stop),
            2 => Ok(Self::Continue),
            3 => Ok(Self::Inquire),
            4 => Ok(Self::Ignore),
            5 => Err(PreferenceError::NotHere("Suspend")),
            6 => Err(PreferenceError::NotHere("Break")),
            _ => Err(unknown()),
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::SilentlyContinue => "SilentlyContinue",
            Self::Stop => "Stop",
            Self::Continue => "Continue",
            Self::Inquire => "Inquire",
            Self::Ignore => "Ignore",
        }
    }

    /// Whether what happens is shown.
    pub fn shows(self) -> bool {
        !matches!(self, Self::SilentlyContinue | Self::Ignore)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("stop", Preference::Stop)]
    #[case("SilentlyContinue", Preference::SilentlyContinue)]
    #[case("sil", Preference::SilentlyContinue)]
    #[case("C", Preference::Continue)]
    #[case("2", Preference::Continue)]
    #[case("ignore", Preference::Ignore)]
    #[case("Inq", Preference::Inquire)]
    fn a_preference_is_a_name_a_prefix_or_a_number(#[case] text: &str, #[case] expected: Preference) {
        assert_eq!(Preference::parse(text), Ok(expected));
        assert_eq!(Preference::parse(expected.name()), Ok(expected));
    }

    #[rstest]
    #[case("S")]
    #[case("I")]
    #[case("")]
    #[case("7")]
    #[case("loud")]
    fn the_rest_is_told_what_there_is(#[case] text: &str) {
        let message = Preference::parse(text).unwrap_err().to_string();
        assert!(message.contains("SilentlyContinue, Stop, Continue, Inquire, Ignore, Suspend, Break"), "{message}");
    }

    #[rstest]
    #[case("Suspend")]
    #[case("5")]
    #[case("Break")]
    fn what_cannot_be_done_is_refused(#[case] text: &str) {
        assert!(matches!(Preference::parse(text), Err(PreferenceError::NotHere(_))));
    }
}
