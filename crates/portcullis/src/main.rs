//! Wiring only: reads the process, and joins the command line to a server in this process or to one on the network.

use bytes::Bytes;
use cli::client::Client;
use cli::client::operation::TimerSleeper;
use cli::cmdlets::{Command, Destination};
use cli::environment::{Environment, Variables};
use cli::failure::Failure;
use cli::invocation::{Invocation, LogFormat, QuickstartOptions, ServeOptions};
use cli::output::Console;
use cli::principals::PrincipalOptions;
use cli::quickstart::{self, Quickstart};
use cli::transport::http::HttpTransport;
use cli::transport::{BoxFuture, Transport, TransportError};
use cli::trust;
use http::{Request, Response};
use server::config::{self, Domain, PublicUrl, TlsConfig};
use server::{Config, FirstStart, Listener, LocalUser, Outside, Server, StartError, telemetry};
use std::error::Error;
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;

/// What the log says of a server that a command starts for itself: its own trouble, not its everyday.
const EMBEDDED_LOG_FILTER: &str = "warn";

fn main() -> ExitCode {
    let mut arguments = std::env::args_os();
    let environment = environment(arguments.next().unwrap_or_default());
    let (mut stdout, mut stderr) = (io::stdout(), io::stderr());
    let mut console = Console::new(&environment, &mut stdout, &mut stderr);
    let outcome = Invocation::parse(&environment, arguments.collect())
        .and_then(|invocation| run(invocation, &environment, &mut console));
    ExitCode::from(console.finish(outcome).code())
}

fn environment(program: OsString) -> Environment {
    Environment {
        program,
        variables: Variables::read(|name| std::env::var_os(name)),
        now_micros: Outside::system().clock.now().as_micros(),
        stdin_is_terminal: io::stdin().is_terminal(),
        stdout_is_terminal: io::stdout().is_terminal(),
        stderr_is_terminal: io::stderr().is_terminal(),
        terminal_columns: terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)),
    }
}

fn run(invocation: Invocation, environment: &Environment, console: &mut Console<'_>) -> Result<(), Failure> {
    if let Invocation::Print(text) = &invocation {
        return console.print(text);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::unreachable(format!("The program cannot start its threads: {error}.")))?;
    runtime.block_on(async {
        match invocation {
            Invocation::Print(_) => Ok(()),
            Invocation::Serve(options) => serve(&options, environment, console).await,
            Invocation::Quickstart(options) => quickstart(&options, environment, console).await,
            Invocation::Principal(options) => principal(&options, environment, console).await,
            Invocation::Cmdlet(command) => cmdlet(&command, environment, console).await,
        }
    })
}

async fn serve(options: &ServeOptions, environment: &Environment, console: &mut Console<'_>) -> Result<(), Failure> {
    let config = configuration(options, environment)?;
    start_log(config.log.format, &config.log.filter, environment)?;
    let listener = Listener::bind(config.listen).map_err(not_started)?;
    let (server, first_start) = Server::open(config, Outside::system()).await.map_err(not_started)?;
    // Without a terminal the log names the secret's file.
    if let Some(first_start) = first_start.filter(|_| environment.stderr_is_terminal) {
        show_principal(&first_start, console);
    }
    if let Some(authority) = server.authority_file() {
        console.note(&trust::lines(authority, listener.address().port()));
    }
    serve_until_stopped(&server, listener, Stop::listen()?).await
}

async fn quickstart(
    options: &QuickstartOptions,
    environment: &Environment,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    start_log(config::LogFormat::Text, EMBEDDED_LOG_FILTER, environment)?;
    // A busy address is found before anything is made.
    let listener = Listener::bind(options.listen).map_err(not_started)?;
    let config = Config {
        data: Some(environment.data_folder(options.data.as_deref())?),
        listen: listener.address(),
        default_registry: Some(quickstart::REGISTRY.to_owned()),
        ..Config::default()
    };
    let (server, first_start) = Server::open(config, Outside::system()).await.map_err(not_started)?;
    if let Some(first_start) = first_start {
        if environment.stderr_is_terminal {
            show_principal(&first_start, console);
        } else {
            name_principal(&first_start, console);
        }
    }
    let stop = Stop::listen()?;
    let transport = Embedded { server: &server, user: local_user(environment) };
    let client = Client::new(&transport, &TimerSleeper);
    let prepared = Quickstart { client, environment, options, address: listener.address() }.run(console).await?;
    console.print(&format!("Serving {} until Ctrl-C.\n", prepared.registry))?;
    serve_until_stopped(&server, listener, stop).await
}

/// The first signal lets requests in progress finish, the second does not: whoever asks twice does not want to wait.
async fn serve_until_stopped(server: &Server, listener: Listener, stop: Stop) -> Result<(), Failure> {
    let (drain, asked) = tokio::sync::oneshot::channel();
    let drained = server.serve(listener, async { drop(asked.await) });
    let stopped_at_once = async {
        let mut stop = stop;
        stop.asked().await;
        let _ended = drain.send(());
        stop.asked().await;
    };
    tokio::select! {
        ended = drained => ended.map_err(not_started),
        () = stopped_at_once => Err(Failure::unreachable("Stopped at once: requests in progress were cut off.")),
    }
}

async fn cmdlet(command: &Command, environment: &Environment, console: &mut Console<'_>) -> Result<(), Failure> {
    match command.destination(environment)? {
        Destination::None => command.print_help(console),
        Destination::Server { endpoint, principal } => {
            let transport = HttpTransport::new(&endpoint, principal)?;
            command.run(Client::new(&transport, &TimerSleeper), environment, console).await
        }
        Destination::Local(data) => {
            start_log(config::LogFormat::Text, EMBEDDED_LOG_FILTER, environment)?;
            let server = embedded(data, console).await?;
            let transport = Embedded { server: &server, user: local_user(environment) };
            command.run(Client::new(&transport, &TimerSleeper), environment, console).await
        }
    }
}

async fn principal(
    options: &PrincipalOptions,
    environment: &Environment,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    match options.destination(environment)? {
        Destination::None => Ok(()),
        Destination::Server { endpoint, principal } => {
            let transport = HttpTransport::new(&endpoint, principal)?;
            options.run(Client::new(&transport, &TimerSleeper), environment, console).await
        }
        Destination::Local(data) => {
            start_log(config::LogFormat::Text, EMBEDDED_LOG_FILTER, environment)?;
            let server = embedded(data, console).await?;
            let transport = Embedded { server: &server, user: local_user(environment) };
            options.run(Client::new(&transport, &TimerSleeper), environment, console).await
        }
    }
}

/// The data folder, served in this process.
async fn embedded(data: PathBuf, console: &mut Console<'_>) -> Result<Server, Failure> {
    let config = Config { data: Some(data), ..Config::default() };
    let (server, first_start) = Server::open(config, Outside::system()).await.map_err(not_started)?;
    if let Some(first_start) = first_start {
        name_principal(&first_start, console);
    }
    Ok(server)
}

/// The file, with the flags over it, and the user's data folder when neither names one.
fn configuration(options: &ServeOptions, environment: &Environment) -> Result<Config, Failure> {
    let mut config = match &options.config {
        None => Config::default(),
        Some(file) => {
            let shown = file.display();
            let text = std::fs::read_to_string(file)
                .map_err(|error| Failure::usage(format!("Cannot read the configuration {shown}: {error}.")))?;
            Config::parse(&text).map_err(|error| Failure::usage(format!("The configuration {shown}: {error}")))?
        }
    };
    let refused = |flag: &'static str| move |error: String| Failure::usage(format!("{flag}: {error}."));
    if let Some(url) = options.public_url.clone() {
        config.public_url = Some(PublicUrl::try_from(url).map_err(refused("--public-url"))?);
    }
    if let Some(domain) = options.domain.clone() {
        config.domain = Domain::try_from(domain).map_err(refused("--domain"))?;
    }
    if let Some(format) = options.log_format {
        config.log.format = match format {
            LogFormat::Text => config::LogFormat::Text,
            LogFormat::Json => config::LogFormat::Json,
        };
    }
    if options.tls_self_signed || options.tls_cert.is_some() {
        // Instead of the whole of the file's table: a certificate comes from one place.
        config.tls = TlsConfig {
            cert: options.tls_cert.clone(),
            key: options.tls_key.clone(),
            self_signed: options.tls_self_signed,
        };
    }
    config.listen = options.listen.unwrap_or(config.listen);
    config.log.filter = options.log_filter.clone().unwrap_or(config.log.filter);
    config.default_registry = options.default_registry.clone().or(config.default_registry);
    config.data = Some(environment.data_folder(options.data.as_deref().or(config.data.as_deref()))?);
    Ok(config)
}

fn start_log(format: config::LogFormat, filter: &str, environment: &Environment) -> Result<(), Failure> {
    let in_colour = environment.stderr_is_terminal && !environment.variables.no_color;
    telemetry::init(format, filter, in_colour).map_err(|error| Failure::usage(format!("{error}.")))
}

/// With every cause on one line: the message of a `StartError` says what, its sources say why.
fn not_started(error: StartError) -> Failure {
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
        | StartError::AddressInUse(_)
        | StartError::Listen { .. } => Failure::usage(message),
    }
}

/// For a person alone: standard error that is no terminal is a log, and keeps what it is told.
fn show_principal(first_start: &FirstStart, console: &mut Console<'_>) {
    let FirstStart { tenant, client_id, client_secret, secret_file } = first_start;
    console.note(&format!(
        "First start: this service principal manages over the network. Its secret is shown this once.\n  \
         tenant         {tenant}\n  client id      {client_id}\n  client secret  {}\n  also in        {}\n",
        client_secret.reveal(),
        secret_file.display()
    ));
}

/// Says where the secret is, without it.
fn name_principal(first_start: &FirstStart, console: &mut Console<'_>) {
    console.note(&format!("A new store; its service principal is in {}.", first_start.secret_file.display()));
}

/// Whoever may open the data folder's files manages in their own name (decision D8).
fn local_user(environment: &Environment) -> LocalUser {
    LocalUser(environment.variables.user.clone().unwrap_or_else(|| "local".to_owned()))
}

/// What asks the process to stop: Ctrl-C, and SIGTERM where there is one.
struct Stop {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Stop {
    /// Listens from now on, so that no signal is lost while nobody waits.
    fn listen() -> Result<Self, Failure> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let deaf =
                |error: io::Error| Failure::unreachable(format!("The program cannot listen for signals: {error}."));
            let interrupt = signal(SignalKind::interrupt()).map_err(deaf)?;
            let terminate = signal(SignalKind::terminate()).map_err(deaf)?;
            Ok(Self { interrupt, terminate })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Ready at the next signal.
    async fn asked(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// The server in this process as a destination.
struct Embedded<'server> {
    server: &'server Server,
    user: LocalUser,
}

impl Transport for Embedded<'_> {
    fn send<'a>(&'a self, request: Request<Bytes>) -> BoxFuture<'a, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move { Ok(self.server.call(self.user.clone(), request).await) })
    }
}
