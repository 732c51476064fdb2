//! Wiring only: reads the process, and joins the command line to a server in this process or to one on the network.

use bytes::Bytes;
use cli::az::AzCommand;
use cli::client::Client;
use cli::client::operation::TimerSleeper;
use cli::cmdlets::{Command, Destination, jobs};
use cli::completion::{Answer, Candidate, Request as CompletionRequest};
use cli::destination::Wish;
use cli::environment::{Environment, Variables};
use cli::failure::{ExitStatus, Failure};
use cli::host::{Host, JobStreams};
use cli::invocation::{self, Invocation, LogFormat, QuickstartOptions, ServeOptions};
use cli::limits::{INPUT_BYTES_MAX, JOB_LOOK_INTERVAL};
use cli::man;
use cli::output::Console;
use cli::principals::PrincipalOptions;
use cli::quickstart::{self, Quickstart};
use cli::transport::http::HttpTransport;
use cli::transport::retry::{Chance, Retrying};
use cli::transport::{BoxFuture, Transport, TransportError};
use cli::trust;
use http::{Request, Response};
use server::config::{self, Domain, PublicUrl, TlsConfig};
use server::{Config, FirstStart, Listener, LocalUser, Outside, Random, Server, StartError, telemetry};
use std::convert::Infallible;
use std::error::Error;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{self, ExitCode};
use std::sync::Arc;

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
    let variables = Variables::read(|name| std::env::var_os(name));
    Environment {
        program,
        session: variables.session.clone().or_else(parent_shell),
        variables,
        stdin_is_pipe: stdin_is_pipe(),
        now_micros: Outside::system().clock.now().as_micros(),
        stdin_is_terminal: io::stdin().is_terminal(),
        stdout_is_terminal: io::stdout().is_terminal(),
        stderr_is_terminal: io::stderr().is_terminal(),
        terminal_columns: terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)),
    }
}

/// The parent process, with the time at which it started where the system tells: numbers of processes come back.
fn parent_shell() -> Option<String> {
    #[cfg(unix)]
    {
        let parent = std::os::unix::process::parent_id();
        let about = std::fs::read_to_string(format!("/proc/{parent}/stat")).unwrap_or_default();
        // proc_pid_stat(5): the name in brackets may have spaces; field 22 is the 20th behind it.
        let started = about.rsplit_once(')').and_then(|(_, fields)| fields.split_whitespace().nth(19));
        Some(format!("{parent}x{}", started.unwrap_or_default()))
    }
    #[cfg(not(unix))]
    None
}

fn stdin_is_pipe() -> bool {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        use std::os::unix::fs::FileTypeExt;
        let input = io::stdin().as_fd().try_clone_to_owned().map(File::from);
        input.and_then(|input| input.metadata()).is_ok_and(|about| about.file_type().is_fifo())
    }
    #[cfg(not(unix))]
    !io::stdin().is_terminal()
}

fn run(invocation: Invocation, environment: &Environment, console: &mut Console<'_>) -> Result<(), Failure> {
    if let Invocation::Print(text) = &invocation {
        return console.print(text);
    }
    if let Invocation::Man(folder) = &invocation {
        let count = man::write(&invocation::command(), folder)?;
        return console.print(&format!("{count} pages are in {}.\n", folder.display()));
    }
    let mut invocation = invocation;
    if at_once(&mut invocation, environment, console)? {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::unreachable(format!("The program cannot start its threads: {error}.")))?;
    runtime.block_on(async {
        match invocation {
            Invocation::Print(_) | Invocation::Man(_) => Ok(()),
            Invocation::Complete(request) => complete(&request, environment, console).await,
            Invocation::Serve(options) => serve(&options, environment, console).await,
            Invocation::Quickstart(options) => quickstart(&options, environment, console).await,
            Invocation::Principal(options) => principal(&options, environment, console).await,
            Invocation::Az(command) => az(&command, environment, console).await,
            Invocation::Context(options) => options.run(environment, console, &TimerSleeper).await,
            Invocation::Cmdlet(command) => cmdlet(*command, environment, console).await,
            Invocation::Job(command) => job(*command, environment, console).await,
        }
    })
}

/// Does what needs no service, before any thread is started for one. Whether that was all.
fn at_once(invocation: &mut Invocation, environment: &Environment, console: &mut Console<'_>) -> Result<bool, Failure> {
    match invocation {
        Invocation::Cmdlet(command) => {
            let mut host = Process;
            command.complete(environment, console, &mut host)?;
            if command.start_jobs(environment, console, &mut host)? {
                return Ok(true);
            }
            if command.destination(environment)? != Destination::None {
                return Ok(false);
            }
            command.run_here(environment, console, &mut host).map(|()| true)
        }
        Invocation::Complete(request) => match request.answer(&invocation::command()) {
            Answer::Words(candidates) => print_candidates(&candidates, console).map(|()| true),
            Answer::Names(_) => Ok(false),
        },
        _ => Ok(false),
    }
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
    let reloaded = reload_when_asked(&server)?;
    tokio::select! {
        ended = serve_until_stopped(&server, listener, Stop::listen()?) => ended,
        never = reloaded => match never {},
    }
}

/// Reloads the certificate at each SIGHUP, where there is one.
fn reload_when_asked(server: &Server) -> Result<impl Future<Output = Infallible> + '_, Failure> {
    #[cfg(unix)]
    let mut asked = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::hangup()).map_err(deaf)?
    };
    Ok(async move {
        loop {
            #[cfg(unix)]
            if asked.recv().await.is_some() {
                server.reload_certificate().await;
                continue;
            }
            std::future::pending::<()>().await;
        }
    })
}

fn deaf(error: io::Error) -> Failure {
    Failure::unreachable(format!("The program cannot listen for signals: {error}."))
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

async fn cmdlet(mut command: Command, environment: &Environment, console: &mut Console<'_>) -> Result<(), Failure> {
    let mut host = Process;
    match command.destination(environment)? {
        Destination::None => command.run_here(environment, console, &mut host),
        Destination::Server { endpoint, principal } => {
            // A server of one's own answers at once or is not running; Azure asks its clients for patience.
            let at_azure = principal.is_at_azure();
            let transport = HttpTransport::new(&endpoint, principal)?;
            let chance = Jitter(Outside::system().random);
            let patient = Retrying::new(&transport, &TimerSleeper, &chance);
            let way: &dyn Transport = if at_azure { &patient } else { &transport };
            command.run(Client::new(way, &TimerSleeper), environment, console, &mut host).await
        }
        Destination::Local(data) => {
            start_log(config::LogFormat::Text, EMBEDDED_LOG_FILTER, environment)?;
            let server = embedded(data, console).await?;
            let transport = Embedded { server: &server, user: local_user(environment) };
            command.run(Client::new(&transport, &TimerSleeper), environment, console, &mut host).await
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

/// A shell waits for this: what cannot be had at once is left out, and nothing is made or said.
async fn complete(
    request: &CompletionRequest,
    environment: &Environment,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let candidates = match request.answer(&invocation::command()) {
        Answer::Words(candidates) => candidates,
        Answer::Names(live) => {
            let (data, file) = (request.data(), request.option("--credentials-file").map(PathBuf::from));
            let wish = Wish {
                endpoint: request.option("--endpoint"),
                data: data.as_deref(),
                credentials_file: file.as_deref(),
                context: request.option("--context"),
                profile: None,
            };
            match wish.settle(environment)?.destination {
                Destination::Server { endpoint, principal } => {
                    let transport = HttpTransport::new(&endpoint, principal)?;
                    live.candidates(request, Client::new(&transport, &TimerSleeper)).await
                }
                Destination::Local(folder) if folder.is_dir() => {
                    let config = Config { data: Some(folder), ..Config::default() };
                    let (server, _) = Server::open(config, Outside::system()).await.map_err(not_started)?;
                    let transport = Embedded { server: &server, user: local_user(environment) };
                    live.candidates(request, Client::new(&transport, &TimerSleeper)).await
                }
                Destination::Local(_) | Destination::None => return Ok(()),
            }
        }
    };
    print_candidates(&candidates, console)
}

fn print_candidates(candidates: &[Candidate], console: &mut Console<'_>) -> Result<(), Failure> {
    let line = |candidate: &Candidate| format!("{}\t{}\n", candidate.word, candidate.about.replace(['\t', '\n'], " "));
    console.print(&candidates.iter().map(line).collect::<String>())
}

async fn az(command: &AzCommand, environment: &Environment, console: &mut Console<'_>) -> Result<(), Failure> {
    let mut host = Process;
    match command.destination(environment)? {
        Destination::None => Ok(()),
        Destination::Server { endpoint, principal } => {
            let at_azure = principal.is_at_azure();
            let transport = HttpTransport::new(&endpoint, principal)?;
            let chance = Jitter(Outside::system().random);
            let patient = Retrying::new(&transport, &TimerSleeper, &chance);
            let way: &dyn Transport = if at_azure { &patient } else { &transport };
            command.run(Client::new(way, &TimerSleeper), environment, console, &mut host).await
        }
        Destination::Local(data) => {
            start_log(config::LogFormat::Text, EMBEDDED_LOG_FILTER, environment)?;
            let server = embedded(data, console).await?;
            let transport = Embedded { server: &server, user: local_user(environment) };
            command.run(Client::new(&transport, &TimerSleeper), environment, console, &mut host).await
        }
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

/// Runs the command of a job, and ends early when that is wished.
async fn job(command: Command, environment: &Environment, console: &mut Console<'_>) -> Result<(), Failure> {
    let Some(folder) = environment.variables.job.as_deref() else { return Ok(()) };
    let stopped = async {
        while !jobs::is_stopped(folder) {
            tokio::time::sleep(JOB_LOOK_INTERVAL).await;
        }
    };
    tokio::select! {
        outcome = cmdlet(command, environment, console) => {
            jobs::ended(folder, Some(outcome.as_ref().map_or_else(|failure| failure.status, |()| ExitStatus::Success)));
            outcome
        }
        () = stopped => {
            jobs::ended(folder, None);
            Ok(())
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

/// This process, as the command line asks it for more than writing.
struct Process;

impl Host for Process {
    fn read_input(&mut self) -> io::Result<String> {
        let mut text = String::new();
        let length = io::stdin().lock().take(INPUT_BYTES_MAX + 1).read_to_string(&mut text)?;
        if u64::try_from(length).is_ok_and(|length| length > INPUT_BYTES_MAX) {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("it has more than {INPUT_BYTES_MAX} bytes"),
            ));
        }
        Ok(text)
    }

    /// On the terminal, which standard input may not be.
    fn ask(&mut self, prompt: &str) -> io::Result<Option<String>> {
        let mut input: Box<dyn BufRead> = if io::stdin().is_terminal() {
            Box::new(io::stdin().lock())
        } else if let (true, Ok(terminal)) = (io::stderr().is_terminal(), File::open("/dev/tty")) {
            Box::new(BufReader::new(terminal))
        } else {
            return Ok(None);
        };
        let mut stderr = io::stderr();
        stderr.write_all(prompt.as_bytes())?;
        stderr.flush()?;
        let mut line = String::new();
        let length = input.read_line(&mut line)?;
        Ok((length > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
    }

    fn run_shell(&mut self) -> io::Result<()> {
        let shell = std::env::var_os("SHELL").unwrap_or_else(|| OsString::from("/bin/sh"));
        process::Command::new(shell).status().map(drop)
    }

    fn start_job(&mut self, folder: &Path, streams: JobStreams) -> io::Result<()> {
        let mut command = process::Command::new(std::env::current_exe()?);
        command.env("PORTCULLIS_JOB", folder).stdin(streams.input).stdout(streams.output).stderr(streams.errors);
        // Not the terminal's: Ctrl-C there is not meant for a job.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn().map(drop)
    }
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
        | StartError::Issuer(_)
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
    fn endpoint(&self) -> String {
        "http://localhost".to_owned()
    }

    fn send<'a>(&'a self, request: Request<Bytes>) -> BoxFuture<'a, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move { Ok(self.server.call(self.user.clone(), request).await) })
    }
}
