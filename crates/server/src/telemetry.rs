//! The log: lines on stderr, as text or JSON. Data goes to stdout, so that a pipe sees none of this.

use crate::config::LogFormat;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::time::SystemTime;

/// The log cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is not in the words of `EnvFilter`.
    #[error("log.filter '{filter}' is not a filter such as \"info\" or \"info,server=debug\": {cause}")]
    Filter {
        /// What was given.
        filter: String,
        /// What is wrong with it.
        cause: tracing_subscriber::filter::ParseError,
    },
    /// The process has a log already.
    #[error("the log is set up already")]
    Twice,
}

/// Sends the log of the whole process to stderr. `ansi` colours text; it should be true on a terminal only.
pub fn init(format: LogFormat, filter: &str, ansi: bool) -> Result<(), TelemetryError> {
    let filter =
        EnvFilter::try_new(filter).map_err(|cause| TelemetryError::Filter { filter: filter.to_owned(), cause })?;
    // A line that cannot be written, to a full disk or a closed pipe, is lost, and nothing else: to tell stderr of it would panic.
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_timer(SystemTime)
        .with_writer(std::io::stderr)
        .log_internal_errors(false);
    match format {
        LogFormat::Text => builder.with_ansi(ansi).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    }
    .map_err(|_| TelemetryError::Twice)
}
