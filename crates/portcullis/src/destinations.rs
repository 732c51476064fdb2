//! Where commands go: the store of a data folder, served in this process, or a management API on the network.

use bytes::Bytes;
use cli::client::Client;
use cli::client::operation::TimerSleeper;
use cli::destination::Destination;
use cli::environment::Environment;
use cli::failure::Failure;
use cli::output::Console;
use cli::progress::{Progress, Watched};
use cli::transport::http::HttpTransport;
use cli::transport::retry::{Chance, Retrying};
use cli::transport::{BoxFuture, Transport, TransportError};
use http::{Request, Response};
use server::config::LogFormat;
use server::{Config, FirstStart, LocalUser, Outside, Random, Server, StartError, telemetry};
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

/// What the log says of a server that a command starts for itself: its own trouble, not its everyday.
pub(crate) const EMBEDDED_LOG_FILTER: &str = "warn";

/// Runs a command over what its destination is reached by; over nothing when it goes nowhere.
pub(crate) async fn run(
    destination: Destination,
    environment: &Environment,
    progress: &Progress<'_>,
    console: &mut Console<'_>,
    command: impl AsyncFnOnce(Option<Client<'_>>, &mut Console<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    match destination {
        Destination::None => command(None, console).await,
        Destination::Server { endpoint, principal } => {
            // A server of one's own answers at once or is not running; Azure asks its clients for patience.
            let at_azure = principal.is_at_azure();
            let transport = HttpTransport::new(&endpoint, principal)?;
            let watched = Watched::new(&transport, progress);
            let chance = Jitter(Outside::system().random);
            let patient = Retrying::new(&watched, progress, &chance);
            let way: &dyn Transport = if at_azure { &patient } else { &watched };
            command(Some(Client::new(way, progress)), console).await
        }
        Destination::Local(data) => {
            start_log(LogFormat::Text, EMBEDDED_LOG_FILTER, environment)?;
            let (server, first_start) = open(data).await?;
            if let Some(first_start) = first_start {
                name_principal(&first_start, console);
            }
            let transport = Embedded::new(&server, environment);
            let outcome = command(Some(Client::new(&transport, &TimerSleeper)), console).await;
            // A command that checks a password has used it.
            server.finish().await;
            outcome
        }
    }
}

/// The data folder, served in this process.
pub(crate) async fn open(data: PathBuf) -> Result<(Server, Option<FirstStart>), Failure> {
    let config = Config { data: Some(data), ..Config::default() };
    Server::open_briefly(config, Outside::system()).await.map_err(not_started)
}

/// The server in this process as a destination.
pub(crate) struct Embedded<'server> {
    server: &'server Server,
    user: LocalUser,
}

impl<'server> Embedded<'server> {
    /// As whoever runs this process: who may open the data folder's files manages in their own name (decision D8).
    pub(crate) fn new(server: &'server Server, environment: &Environment) -> Self {
        let user = environment.variables.user.clone().unwrap_or_else(|| "local".to_owned());
        Self { server, user: LocalUser(user) }
    }
}

impl Transport for Embedded<'_> {
    fn endpoint(&self) -> String {
        "http://localhost".to_owned()
    }

    fn send<'a>(&'a self, request: Request<Bytes>) -> BoxFuture<'a, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move { Ok(self.server.call(self.user.clone(), request).await) })
    }
}

/// The system's random source, for how long to wait before trying again.
struct Jitter(Arc<dyn Random>);

impl Chance for Jitter {
    fn fraction(&self) -> f64 {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
    }
}

pub(crate) fn start_log(format: LogFormat, filter: &str, environment: &Environment) -> Result<(), Failure> {
    telemetry::init(format, filter, environment.stderr_in_colour()).map_err(|error| Failure::usage(format!("{error}.")))
}

/// With every cause on one line: the message of a `StartError` says what, its sources say why.
pub(crate) fn not_started(error: StartError) -> Failure {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        message = format!("{message}: {cause}");
        source = cause.source();
    }
    match error {
        StartError::Serve(_) => Failure::unreachable(message),
        StartError::Open { .. }
        | StartError::NoDataFolder
        | StartError::DefaultRegistry(_)
        | StartError::Tls(_)
        | StartError::Issuer(_)
        | StartError::AddressInUse(_)
        | StartError::Listen { .. } => Failure::usage(message),
    }
}

/// Says where the secret is, without it.
pub(crate) fn name_principal(first_start: &FirstStart, console: &mut Console<'_>) {
    console.note(&format!("A new store; its service principal is in {}.", first_start.secret_file.display()));
}
