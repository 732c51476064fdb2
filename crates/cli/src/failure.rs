//! How a run ends when it does not succeed: a line that says what was wrong, a hint that says what to do, an exit code.

use crate::output::text::printable;
use std::fmt;

/// Exit codes, as `--help` lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// 0: done.
    Success,
    /// 1: the service refused, or the operation failed there.
    Refused,
    /// 2: the words, files or settings are wrong; nothing was sent.
    Usage,
    /// 3: the service was not reached, or its answer makes no sense.
    Unreachable,
}

impl ExitStatus {
    /// The number for the shell.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Unreachable => 3,
        }
    }
}

/// What `--help` says about exit codes.
pub const EXIT_CODES_HELP: &str = "\
Exit codes:
  0  done
  1  the service refused
  2  the command line, a file or a setting is wrong; nothing was sent
  3  the service was not reached, or its answer makes no sense";

/// Why a run failed. `Display` is what goes to standard error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// How to exit.
    pub status: ExitStatus,
    message: String,
    error_id: Option<String>,
    hint: Option<String>,
}

impl Failure {
    fn new(status: ExitStatus, message: String) -> Self {
        Self { status, message, error_id: None, hint: None }
    }

    /// Everything was told already; only the exit code is left.
    pub fn told(status: ExitStatus) -> Self {
        Self::new(status, String::new())
    }

    /// Whether there is nothing left to tell.
    pub fn is_told(&self) -> bool {
        self.message.is_empty()
    }

    /// The message alone.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// PowerShell's name for the mistake, such as `MissingArgument,New-AzContainerRegistryToken`.
    pub fn error_id(&self) -> Option<&str> {
        self.error_id.as_deref()
    }

    /// With PowerShell's name for the mistake.
    pub fn id(mut self, error_id: impl Into<String>) -> Self {
        self.error_id = Some(error_id.into());
        self
    }

    /// With an exit that is known already.
    pub fn with(status: ExitStatus, message: impl Into<String>) -> Self {
        Self::new(status, message.into())
    }

    /// The words, files or settings are wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ExitStatus::Usage, message.into())
    }

    /// The service refused.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(ExitStatus::Refused, message.into())
    }

    /// The service was not reached.
    pub fn unreachable(message: impl Into<String>) -> Self {
        Self::new(ExitStatus::Unreachable, message.into())
    }

    /// With a sentence that says what to do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With one more sentence behind the hint that it has.
    pub fn also(mut self, hint: &str) -> Self {
        self.hint = Some(self.hint.map_or_else(|| hint.to_owned(), |before| format!("{before} {hint}")));
        self
    }
}

impl fmt::Display for Failure {
    /// The message first, alone on its lines; PowerShell's name for it and the hint below it. Control characters are replaced: a message may quote a server.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.message))?;
        if let Some(id) = &self.error_id {
            write!(f, "\n    + FullyQualifiedErrorId : {}", printable(id))?;
        }
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {}", printable(hint)),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}
