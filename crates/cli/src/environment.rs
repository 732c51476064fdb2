//! What a run is told about the process that it is in. `main` fills it; nothing else in this room looks at the process.

use crate::failure::Failure;
use crate::secret::Secret;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Columns of a window whose width nobody knows: the width of PowerShell's default window.
const COLUMNS_DEFAULT: usize = 120;

/// The process around a run.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `argv[0]`, which may be the name of a cmdlet.
    pub program: OsString,
    /// The environment variables that count.
    pub variables: Variables,
    /// What the clock showed at the start, in microseconds since 1970-01-01T00:00:00Z.
    pub now_micros: i64,
    /// Whether standard input is a pipe.
    pub stdin_is_pipe: bool,
    /// Whether standard input is a terminal.
    pub stdin_is_terminal: bool,
    /// Whether standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// Whether standard error is a terminal.
    pub stderr_is_terminal: bool,
    /// How many columns the terminal has; `None` without a terminal.
    pub terminal_columns: Option<usize>,
    /// What tells the shell that started this process from every other, before and after it.
    pub session: Option<String>,
}

/// Environment variables. One that is empty counts as absent.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    /// `PORTCULLIS_ENDPOINT`: the server that cmdlets talk to.
    pub endpoint: Option<String>,
    /// `PORTCULLIS_DATA`: the data folder.
    pub data: Option<PathBuf>,
    /// `PORTCULLIS_TENANT_ID`: the tenant of the service principal.
    pub tenant_id: Option<String>,
    /// `PORTCULLIS_CLIENT_ID`: the service principal to log in with.
    pub client_id: Option<String>,
    /// `PORTCULLIS_CLIENT_SECRET`: its secret.
    pub client_secret: Option<Secret>,
    /// `PORTCULLIS_JOB`: the folder of the job that this process is.
    pub job: Option<PathBuf>,
    /// `PORTCULLIS_SESSION`: in place of the parent shell.
    pub session: Option<String>,
    /// `XDG_RUNTIME_DIR`
    pub xdg_runtime_dir: Option<PathBuf>,
    /// `XDG_STATE_HOME`
    pub xdg_state_home: Option<PathBuf>,
    /// `XDG_CONFIG_HOME`
    pub xdg_config_home: Option<PathBuf>,
    /// `AZURE_TENANT_ID`, as Azure's libraries know it
    pub azure_tenant_id: Option<String>,
    /// `AZURE_CLIENT_ID`
    pub azure_client_id: Option<String>,
    /// `AZURE_CLIENT_SECRET`
    pub azure_client_secret: Option<Secret>,
    /// `AZURE_CLIENT_CERTIFICATE_PATH`: a file with its certificate and key
    pub azure_client_certificate_path: Option<PathBuf>,
    /// `AZURE_FEDERATED_TOKEN_FILE`: the token of a workload identity
    pub azure_federated_token_file: Option<PathBuf>,
    /// `IDENTITY_ENDPOINT`: where a service that hosts programs gives out its managed identity
    pub identity_endpoint: Option<String>,
    /// `IDENTITY_HEADER`: what that endpoint wants to see
    pub identity_header: Option<Secret>,
    /// `REGISTRY_AUTH_FILE`: where podman keeps logins
    pub registry_auth_file: Option<PathBuf>,
    /// `DOCKER_CONFIG`: the folder in which docker keeps them
    pub docker_config: Option<PathBuf>,
    /// `XDG_DATA_HOME`
    pub xdg_data_home: Option<PathBuf>,
    /// `HOME`
    pub home: Option<PathBuf>,
    /// `USER`
    pub user: Option<String>,
    /// `NO_COLOR`, whatever its value (<https://no-color.org>).
    pub no_color: bool,
    /// `TERM`: the kind of terminal.
    pub term: Option<String>,
    /// `COLUMNS`: the width to write for.
    pub columns: Option<usize>,
}

impl Variables {
    /// Picks the variables that count through `lookup`. Text that is not UTF-8 counts as absent, except in paths.
    pub fn read(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        let any = |name| lookup(name).filter(|value| !value.is_empty());
        let text = |name| any(name).and_then(|value| value.into_string().ok());
        let path = |name| any(name).map(PathBuf::from);
        Self {
            endpoint: text("PORTCULLIS_ENDPOINT"),
            data: path("PORTCULLIS_DATA"),
            tenant_id: text("PORTCULLIS_TENANT_ID"),
            client_id: text("PORTCULLIS_CLIENT_ID"),
            client_secret: text("PORTCULLIS_CLIENT_SECRET").map(Secret::new),
            job: path("PORTCULLIS_JOB"),
            session: text("PORTCULLIS_SESSION").filter(|session| session.chars().all(|c| c.is_ascii_alphanumeric())),
            xdg_runtime_dir: path("XDG_RUNTIME_DIR"),
            xdg_state_home: path("XDG_STATE_HOME"),
            xdg_config_home: path("XDG_CONFIG_HOME"),
            azure_tenant_id: text("AZURE_TENANT_ID"),
            azure_client_id: text("AZURE_CLIENT_ID"),
            azure_client_secret: text("AZURE_CLIENT_SECRET").map(Secret::new),
            azure_client_certificate_path: path("AZURE_CLIENT_CERTIFICATE_PATH"),
            azure_federated_token_file: path("AZURE_FEDERATED_TOKEN_FILE"),
            identity_endpoint: text("IDENTITY_ENDPOINT"),
            identity_header: text("IDENTITY_HEADER").map(Secret::new),
            registry_auth_file: path("REGISTRY_AUTH_FILE"),
            docker_config: path("DOCKER_CONFIG"),
            xdg_data_home: path("XDG_DATA_HOME"),
            home: path("HOME"),
            user: text("USER"),
            no_color: any("NO_COLOR").is_some(),
            term: text("TERM"),
            columns: text("COLUMNS").and_then(|value| value.trim().parse().ok()).filter(|columns| *columns > 0),
        }
    }

    /// Whether the terminal says of itself that it takes no codes: it would show them as text.
    pub(crate) fn is_dumb_terminal(&self) -> bool {
        self.term.as_deref() == Some("dumb")
    }

    /// Whether a terminal may be written to in colour: nobody forbids it, and it knows the codes.
    fn colour_is_welcome(&self) -> bool {
        !self.no_color && !self.is_dumb_terminal()
    }
}

impl Environment {
    /// The data folder: the flag, else `PORTCULLIS_DATA`, else the user's by the XDG base directory specification.
    ///
    /// Errors: a usage failure when nothing says where; it names `--data`.
    pub fn data_folder(&self, flag: Option<&Path>) -> Result<PathBuf, Failure> {
        let variables = &self.variables;
        if let Some(chosen) = flag.or(variables.data.as_deref()) {
            return Ok(chosen.to_owned());
        }
        // "All paths set in these environment variables must be absolute"; one that is not must be ignored.
        if let Some(base) = variables.xdg_data_home.as_deref().filter(|path| path.is_absolute()) {
            return Ok(base.join("portcullis"));
        }
        match &variables.home {
            Some(home) => Ok(home.join(".local/share/portcullis")),
            None => Err(Failure::usage("There is no data folder: neither XDG_DATA_HOME nor HOME is set.")
                .hint("Say where the data is with --data DIR, or set PORTCULLIS_DATA.")),
        }
    }

    /// Where what lives as long as a login is kept; `None` when nothing says where.
    pub fn runtime_folder(&self) -> Option<PathBuf> {
        let base = self.variables.xdg_runtime_dir.as_deref().filter(|path| path.is_absolute());
        base.map(|base| base.join("portcullis")).or_else(|| self.state_folder())
    }

    /// Where settings are kept, by the XDG base directory specification; `None` when nothing says where.
    pub fn config_folder(&self) -> Option<PathBuf> {
        let variables = &self.variables;
        let base = variables.xdg_config_home.as_deref().filter(|path| path.is_absolute());
        base.map(|base| base.join("portcullis"))
            .or_else(|| variables.home.as_deref().map(|home| home.join(".config/portcullis")))
    }

    /// Where what outlives a command is kept, by the XDG base directory specification; `None` when nothing says where.
    pub fn state_folder(&self) -> Option<PathBuf> {
        let variables = &self.variables;
        let base = variables.xdg_state_home.as_deref().filter(|path| path.is_absolute());
        base.map(|base| base.join("portcullis"))
            .or_else(|| variables.home.as_deref().map(|home| home.join(".local/state/portcullis")))
    }

    /// The width to write for: `COLUMNS`, else the terminal's, else 120.
    pub fn columns(&self) -> usize {
        self.variables.columns.or(self.terminal_columns).unwrap_or(COLUMNS_DEFAULT)
    }

    /// Whether standard error may be coloured.
    pub fn stderr_in_colour(&self) -> bool {
        self.stderr_is_terminal && self.variables.colour_is_welcome()
    }

    /// Whether standard output may be coloured.
    pub fn stdout_in_colour(&self) -> bool {
        self.stdout_is_terminal && self.variables.colour_is_welcome()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        Variables::read(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value)))
    }

    fn folder(flag: Option<&str>, pairs: &[(&str, &str)]) -> Result<PathBuf, Failure> {
        let environment = Environment { variables: variables(pairs), ..Environment::default() };
        environment.data_folder(flag.map(Path::new))
    }

    #[rstest]
    #[case(Some("d"), &[("PORTCULLIS_DATA", "/p"), ("HOME", "/h")], "d")]
    #[case(None, &[("PORTCULLIS_DATA", "/p"), ("XDG_DATA_HOME", "/x")], "/p")]
    #[case(None, &[("XDG_DATA_HOME", "/x"), ("HOME", "/h")], "/x/portcullis")]
    #[case(None, &[("XDG_DATA_HOME", "relative"), ("HOME", "/h")], "/h/.local/share/portcullis")]
    #[case(None, &[("XDG_DATA_HOME", ""), ("HOME", "/h")], "/h/.local/share/portcullis")]
    fn the_data_folder_follows_flag_variable_and_xdg(
        #[case] flag: Option<&str>,
        #[case] pairs: &[(&str, &str)],
        #[case] expected: &str,
    ) {
        assert_eq!(folder(flag, pairs).unwrap(), PathBuf::from(expected));
    }

    #[test]
    fn without_a_home_the_data_flag_is_named() {
        assert!(folder(None, &[]).unwrap_err().to_string().contains("--data"));
    }

    #[rstest]
    #[case(&[("COLUMNS", "80")], Some(200), 80)]
    #[case(&[("COLUMNS", "0")], Some(200), 200)]
    #[case(&[("COLUMNS", "wide")], None, 120)]
    fn the_width_is_columns_then_the_terminal(
        #[case] pairs: &[(&str, &str)],
        #[case] terminal_columns: Option<usize>,
        #[case] expected: usize,
    ) {
        let environment = Environment { variables: variables(pairs), terminal_columns, ..Environment::default() };
        assert_eq!(environment.columns(), expected);
    }

    #[rstest]
    #[case(&[], true)]
    #[case(&[("TERM", "xterm-256color")], true)]
    #[case(&[("TERM", "dumb")], false)]
    #[case(&[("NO_COLOR", "1")], false)]
    #[case(&[("NO_COLOR", "")], true)]
    fn a_terminal_is_coloured_unless_it_cannot_or_may_not_be(#[case] pairs: &[(&str, &str)], #[case] expected: bool) {
        let variables = variables(pairs);
        let at_terminal =
            Environment { variables, stdout_is_terminal: true, stderr_is_terminal: true, ..Environment::default() };
        assert_eq!((at_terminal.stdout_in_colour(), at_terminal.stderr_in_colour()), (expected, expected));
        let piped = Environment { stdout_is_terminal: false, stderr_is_terminal: false, ..at_terminal };
        assert_eq!((piped.stdout_in_colour(), piped.stderr_in_colour()), (false, false));
    }

    #[test]
    fn no_secret_is_in_the_debug_text() {
        let secret = variables(&[("PORTCULLIS_CLIENT_SECRET", "hunter2")]);
        assert!(!format!("{secret:?}").contains("hunter2"));
    }
}
