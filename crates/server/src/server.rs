//! The server as the rest of the program sees it: open the data folder, bind, serve, or be called in process.

use crate::background::Background;
use crate::config::{CollectionConfig, Config, PublicUrl};
use crate::hosts::Site;
use crate::issuers::documents::HttpDocuments;
use crate::issuers::{self, IssuerError};
use crate::listener::Listener;
use crate::management::Embedded;
use crate::requests::RequestIds;
use crate::state::State;
use crate::tls::{self, Tls, TlsError};
use crate::{housekeeping, limits, router};
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use model::arm_name::RegistryName;
use model::caller::{Caller, CallerKind};
use service::{
    Clock, FirstStart, IssuerDocuments, IssuerTrust, Options, Random, Service, Stay, SystemClock, SystemRandom,
};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

/// Portcullis over HTTP, on one data folder.
pub struct Server {
    pub(crate) service: Service,
    router: Router,
    listen: SocketAddr,
    tls: Option<Tls>,
    grace: Duration,
    pub(crate) collection: CollectionConfig,
}

/// What a server takes from outside: the time, random bytes, and the documents of OpenID issuers.
#[derive(Clone)]
pub struct Outside {
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where passwords, keys and ids come from.
    pub random: Arc<dyn Random>,
    /// Where the documents of issuers come from.
    pub issuer_documents: Arc<dyn IssuerDocuments>,
}

/// A person on this machine, in whose name the embedded transport manages: whoever may open the data folder's files may manage
/// what is in them (decision D8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalUser(pub String);

/// Why a server did not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Neither the configuration nor the caller named a data folder.
    #[error("no data folder: set `data` in the configuration or give --data DIR")]
    NoDataFolder,
    /// `default_registry` is not a name.
    #[error("default_registry: {0}")]
    DefaultRegistry(model::arm_name::InvalidName),
    /// The data folder could not be opened.
    #[error("the data folder {} could not be opened", data.display())]
    Open {
        /// Which one.
        data: PathBuf,
        /// Why: what is wrong with the folder, the database or a key.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// TLS cannot be served as configured.
    #[error(transparent)]
    Tls(TlsError),
    /// An issuer cannot be trusted as configured.
    #[error(transparent)]
    Issuer(IssuerError),
    /// Another program listens there.
    #[error(
        "the address {0} is in use by another program: stop it, or choose another address with --listen ADDRESS:PORT"
    )]
    AddressInUse(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: choose another address with --listen ADDRESS:PORT")]
    Listen {
        /// Which one.
        address: SocketAddr,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The listening socket failed while it served.
    #[error("the server stopped")]
    Serve(#[source] io::Error),
}

impl Outside {
    /// The machine's clock, the operating system's random source, and the network.
    pub fn system() -> Self {
        Self { clock: Arc::new(SystemClock), random: Arc::new(SystemRandom), issuer_documents: Arc::new(HttpDocuments) }
    }
}

impl Server {
    /// Opens the data folder, making it when it is not there. The second value is there on the very first start only.
    ///
    /// Errors: [`StartError::NoDataFolder`], [`StartError::DefaultRegistry`], [`StartError::Tls`], [`StartError::Issuer`],
    /// [`StartError::Open`].
    pub async fn open(config: Config, outside: Outside) -> Result<(Self, Option<FirstStart>), StartError> {
        Self::open_for(Stay::Lasting, config, outside).await
    }

    /// As [`Server::open`], for one command: it opens and closes faster, and does less at once.
    pub async fn open_briefly(config: Config, outside: Outside) -> Result<(Self, Option<FirstStart>), StartError> {
        Self::open_for(Stay::Brief, config, outside).await
    }

    async fn open_for(stay: Stay, config: Config, outside: Outside) -> Result<(Self, Option<FirstStart>), StartError> {
        let data = config.data.ok_or(StartError::NoDataFolder)?;
        let default_registry = config.default_registry.as_deref().map(RegistryName::parse).transpose();
        let tls_source = config.tls.source().map_err(StartError::Tls)?;
        let site = Site {
            public_url: config.public_url.as_ref().map(PublicUrl::as_str).map(str::to_owned),
            domain: config.domain.as_str().to_owned(),
            default_registry: default_registry.map_err(StartError::DefaultRegistry)?,
            listen: config.listen.to_string(),
            scheme: if tls_source.is_some() { "https" } else { "http" },
        };
        let issuers = issuers::trusted(config.issuers).await.map_err(StartError::Issuer)?;
        let options = Options {
            data: data.clone(),
            clock: Arc::clone(&outside.clock),
            random: Arc::clone(&outside.random),
            trust: Some(IssuerTrust { issuers, documents: outside.issuer_documents }),
            stay,
            audit: config.audit.settings(),
            expiry: config.credential_days_max,
        };
        let (service, first_start) = Service::open(options).await.map_err(|error| {
            let cause = match error {
                // Whoever starts the server is told what a client never is.
                service::Error::Internal(cause) => cause,
                other => other.into(),
            };
            StartError::Open { data, cause }
        })?;
        let tls = match tls_source {
            Some(source) => {
                let names = tls::names(&site, config.listen);
                Some(Tls::open(source, &service, names).await.map_err(StartError::Tls)?)
            }
            None => None,
        };
        let state = State {
            service: service.clone(),
            site,
            proxies: config.trusted_proxies,
            applies_retention: config.collection.enabled,
            request_ids: RequestIds::new(outside.random),
        };
        let server = Self {
            service,
            router: router::router(Arc::new(state)),
            listen: config.listen,
            tls,
            grace: Duration::from_secs(config.shutdown_grace_seconds),
            collection: config.collection,
        };
        if let Some(FirstStart { client_id, secret_file, .. }) = &first_start {
            let file = secret_file.display();
            tracing::info!(client_id, %file, "first start: the secret of the service principal {client_id} is in {file}");
        }
        Ok((server, first_start))
    }

    /// Takes the configured address. [`Listener::bind`] does the same before there is a server.
    pub fn bind(&self) -> Result<Listener, StartError> {
        Listener::bind(self.listen)
    }

    /// The certificate of the local authority, which clients must be told to trust, where the server made its own.
    pub fn authority_file(&self) -> Option<&Path> {
        self.tls.as_ref()?.authority_file.as_deref()
    }

    /// Serves until `shutdown` is ready, then lets requests in progress finish within the configured grace.
    ///
    /// Errors: [`StartError::Serve`].
    pub async fn serve(&self, listener: Listener, shutdown: impl Future<Output = ()>) -> Result<(), StartError> {
        housekeeping::tell_idle_rules(&self.service, &self.collection).await;
        let address = listener.address();
        let tls = self.tls.clone();
        tracing::info!(%address, tls = tls.is_some(), "listening on {address}");
        if tls.is_none() && !address.ip().is_loopback() {
            tracing::warn!(
                %address,
                "{address} is reachable from other machines and TLS is off: turn it on with --tls-cert and --tls-key or --tls-self-signed, or put a proxy with TLS in front, or passwords travel in the clear"
            );
        }
        if let Ok(Some(rule)) = self.service.expiry_rule().await {
            tracing::info!(days = rule.days(), "{rule}");
        }
        // Ends with this function, however it ends.
        let mut background = Background::new();
        background.spawn(self.task(follow_changes));
        background.spawn(self.task(clear_idle_uploads));
        background.spawn(self.task(write_audit));
        background.spawn(self.task(prune_audit));
        background.spawn(self.task(write_uses));
        let collection = self.collection.clone();
        background.spawn(self.task(move |service| housekeeping::collect(service, collection.clone())));
        if let Some(tls) = tls.clone() {
            background.spawn(move || follow_certificate(tls.clone()));
        }
        let served = listener.serve(self.router.clone(), tls, shutdown, self.grace).await;
        background.end().await;
        self.finish().await;
        served.map_err(StartError::Serve)?;
        tracing::info!("stopped");
        Ok(())
    }

    fn task<F, T: Fn(Service) -> F>(&self, task: T) -> impl Fn() -> F + use<F, T> {
        let service = self.service.clone();
        move || task(service.clone())
    }

    /// Takes in a changed TLS certificate at once, and says in the log what came of it. [`Server::serve`] does it by itself, a little
    /// later.
    pub async fn reload_certificate(&self) {
        let Some(tls) = &self.tls else { return tracing::info!("there is no certificate to reload: TLS is off") };
        match tls.reload().await {
            Ok(true) => tracing::info!("the certificate was reloaded"),
            Ok(false) => tracing::info!("the certificate has not changed"),
            Err(error) => log_unloaded(&error),
        }
    }

    /// Answers a request in process in the name of `caller`, who needs no bearer for the management API. The same router as over
    /// the network.
    pub async fn call(&self, caller: LocalUser, mut request: Request<Bytes>) -> Response<Bytes> {
        request.extensions_mut().insert(Embedded(Caller { name: caller.0, kind: CallerKind::User }));
        let response = self.route(request).await;
        // Nobody else will: the process may end with the answer.
        self.close_audit().await;
        response
    }

    /// Answers a request in process as one from the network: a stranger's until its credentials say otherwise.
    pub async fn answer(&self, mut request: Request<Bytes>) -> Response<Bytes> {
        request.extensions_mut().remove::<Embedded>();
        self.route(request).await
    }

    async fn route(&self, request: Request<Bytes>) -> Response<Bytes> {
        let Ok(response) = self.router.clone().oneshot(request.map(Body::from)).await;
        let (parts, body) = response.into_parts();
        match body.collect().await {
            Ok(collected) => Response::from_parts(parts, collected.to_bytes()),
            Err(error) => {
                tracing::error!(%error, "an answer in process could not be read to its end");
                let mut response = Response::new(Bytes::new());
                *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                response
            }
        }
    }

    /// Takes away entries of the audit log that are too old or too many; whether there were any. [`Server::serve`] does it by itself.
    pub async fn prune_audit(&self) -> Result<bool, service::Error> {
        self.service.prune_audit().await
    }

    /// Writes what this process has noted and not yet written. Trouble with that goes to the log. [`Server::serve`] does it by itself.
    pub async fn finish(&self) {
        write_uses_once(&self.service).await;
        self.close_audit().await;
    }

    async fn close_audit(&self) {
        if let Err(error) = self.service.close_audit().await {
            let cause: &dyn std::error::Error = &error;
            tracing::error!(cause, "the last entries of the audit log are lost: {error}");
        }
    }

    /// Takes in what other processes on the same data folder have changed. [`Server::serve`] does it by itself.
    pub async fn follow_changes(&self) -> Result<(), service::Error> {
        self.service.follow_changes().await
    }
}

/// Takes in what other processes changed, until the task is dropped.
async fn follow_changes(service: Service) {
    let mut ticks = tokio::time::interval(limits::FOLLOW_CHANGES_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = service.follow_changes().await {
            let cause: &dyn std::error::Error = &error;
            tracing::error!(cause, "changes of other processes could not be taken in; trying again");
        }
    }
}

/// Writes when credentials were last used, until the task is dropped.
async fn write_uses(service: Service) {
    let mut ticks = tokio::time::interval(limits::WRITE_USES_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        write_uses_once(&service).await;
    }
}

async fn write_uses_once(service: &Service) {
    if let Err(error) = service.write_uses().await {
        let cause: &dyn std::error::Error = &error;
        tracing::error!(cause, "the last use of credentials could not be written; trying again in a while");
    }
}

/// Takes in changes of the TLS certificate, until the task is dropped.
async fn follow_certificate(tls: Tls) {
    let mut ticks = tokio::time::interval(limits::RELOAD_CERTIFICATE_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut last_error = None;
    loop {
        ticks.tick().await;
        match tls.reload().await {
            Ok(true) => tracing::info!("the certificate has changed and was reloaded"),
            Ok(false) => {}
            // Once for each trouble, not every time.
            Err(error) if last_error.as_ref() == Some(&error.to_string()) => continue,
            Err(error) => {
                log_unloaded(&error);
                last_error = Some(error.to_string());
                continue;
            }
        }
        last_error = None;
    }
}

fn log_unloaded(error: &TlsError) {
    let cause: &dyn std::error::Error = error;
    tracing::error!(cause, "the certificate cannot be reloaded, and the one from before is used on: {error}");
}

/// Writes what waits for the audit log, until the task is dropped.
async fn write_audit(service: Service) {
    let mut ticks = tokio::time::interval(limits::WRITE_AUDIT_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut is_told = false;
    loop {
        ticks.tick().await;
        let written = service.flush_audit().await;
        // Once for each trouble, not every time.
        if let Err(error) = written.as_ref()
            && !is_told
        {
            let cause: &dyn std::error::Error = error;
            tracing::error!(
                cause,
                "entries of the audit log cannot be written; they wait, and trying goes on: {error}"
            );
        }
        is_told = written.is_err();
    }
}

/// Takes away entries of the audit log that are too old or too many, until the task is dropped.
async fn prune_audit(service: Service) {
    let mut ticks = tokio::time::interval(limits::PRUNE_AUDIT_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        loop {
            match service.prune_audit().await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    let cause: &dyn std::error::Error = &error;
                    tracing::error!(cause, "the audit log could not be pruned; trying again in a minute");
                    break;
                }
            }
        }
    }
}

/// Frees the bytes of uploads that nobody goes on with, until the task is dropped.
async fn clear_idle_uploads(service: Service) {
    let mut ticks = tokio::time::interval(limits::CLEAR_IDLE_UPLOADS_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = service.clear_idle_uploads().await {
            let cause: &dyn std::error::Error = &error;
            tracing::error!(cause, "idle uploads could not be cleared away; trying again in an hour");
        }
    }
}
