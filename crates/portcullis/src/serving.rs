//! Running a server: `serve`, and `quickstart`, which makes something to serve first.

use crate::destinations::{self, EMBEDDED_LOG_FILTER, Embedded, not_started};
use crate::stop::{Stop, outlive_file_size_limit, reload_when_asked};
use cli::client::Client;
use cli::client::operation::TimerSleeper;
use cli::environment::Environment;
use cli::failure::Failure;
use cli::invocation::{LogFormat, QuickstartOptions, ServeOptions};
use cli::output::Console;
use cli::quickstart::{self, Quickstart};
use cli::trust;
use server::config::{self, Domain, PublicUrl, TlsConfig};
use server::{Config, FirstStart, Listener, Outside, Server};

/// `portcullis serve`
pub(crate) async fn serve(
    options: &ServeOptions,
    environment: &Environment,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let config = configuration(options, environment)?;
    destinations::start_log(config.log.format, &config.log.filter, environment)?;
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

/// `portcullis quickstart`
pub(crate) async fn quickstart(
    options: &QuickstartOptions,
    environment: &Environment,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    destinations::start_log(config::LogFormat::Text, EMBEDDED_LOG_FILTER, environment)?;
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
            destinations::name_principal(&first_start, console);
        }
    }
    let stop = Stop::listen()?;
    let transport = Embedded::new(&server, environment);
    let client = Client::new(&transport, &TimerSleeper);
    let prepared = Quickstart { client, environment, options, address: listener.address() }.run(console).await?;
    console.print(&format!("Serving {} until Ctrl-C.\n", prepared.registry))?;
    serve_until_stopped(&server, listener, stop).await
}

/// The first signal lets requests in progress finish, the second does not: whoever asks twice does not want to wait.
async fn serve_until_stopped(server: &Server, listener: Listener, stop: Stop) -> Result<(), Failure> {
    outlive_file_size_limit()?;
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

/// For a person alone: standard error that is no terminal is a log, and keeps what it is told.
fn show_principal(first_start: &FirstStart, console: &mut Console<'_>) {
    let FirstStart { tenant, client_id, client_secret, client_secret_ends_at, secret_file } = first_start;
    let ends = client_secret_ends_at.map(|end| format!("  it ends        {end}\n")).unwrap_or_default();
    console.note(&format!(
        "First start: this service principal manages over the network. Its secret is shown this once.\n  \
         tenant         {tenant}\n  client id      {client_id}\n  client secret  {}\n{ends}  also in        {}\n",
        client_secret.reveal(),
        secret_file.display()
    ));
}
