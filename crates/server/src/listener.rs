//! The socket and the loop that accepts connections. Our own loop, because `axum::serve` has no timeout for request heads.

use crate::client_certificates::ClientCertificate;
use crate::limits;
use crate::preface::PrefaceTimeout;
use crate::requests::Peer;
use crate::server::StartError;
use crate::tls::Tls;
use axum::Router;
use futures_util::FutureExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt;

/// A socket that is bound and not served yet.
#[derive(Debug)]
pub struct Listener {
    socket: std::net::TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Takes the address, so that a busy one is known before anything else is done.
    ///
    /// Errors: [`StartError::AddressInUse`], [`StartError::Listen`].
    pub fn bind(address: SocketAddr) -> Result<Self, StartError> {
        let failed = |cause: io::Error| match cause.kind() {
            io::ErrorKind::AddrInUse => StartError::AddressInUse(address),
            _ => StartError::Listen { address, cause },
        };
        let socket = std::net::TcpListener::bind(address).map_err(failed)?;
        socket.set_nonblocking(true).map_err(failed)?;
        let bound = socket.local_addr().map_err(failed)?;
        Ok(Self { socket, address: bound })
    }

    /// The address that was taken; the port is the real one also where port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown`, then lets requests in progress finish for at most `grace`.
    pub(crate) async fn serve(
        self,
        router: Router,
        tls: Option<Tls>,
        shutdown: impl Future<Output = ()>,
        grace: Duration,
    ) -> io::Result<()> {
        let socket = TcpListener::from_std(self.socket)?;
        let protocol = protocol();
        let graceful = GracefulShutdown::new();
        let (handshakes, until_stop) = watch::channel(());
        let mut connections = JoinSet::new();
        let mut shutdown = std::pin::pin!(shutdown.fuse());
        loop {
            let (stream, peer) = tokio::select! {
                () = &mut shutdown => break,
                Some(_) = connections.join_next() => continue,
                accepted = socket.accept(), if connections.len() < limits::CONNECTIONS_MAX => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted: {error}");
                        tokio::time::sleep(limits::ACCEPT_PAUSE).await;
                        continue;
                    }
                },
            };
            let connection = Connection {
                peer,
                router: router.clone(),
                protocol: protocol.clone(),
                watcher: graceful.watcher(),
                until_stop: until_stop.clone(),
            };
            connections.spawn(connection.run(prepared(stream), tls.clone()));
        }
        drop(socket);
        // Who has not shaken hands has no request in progress.
        drop(handshakes);
        drain(graceful, connections, grace).await;
        Ok(())
    }
}

/// What one connection is served with.
struct Connection {
    peer: SocketAddr,
    router: Router,
    protocol: auto::Builder<TokioExecutor>,
    watcher: Watcher,
    /// Closed when the server stops.
    until_stop: watch::Receiver<()>,
}

impl Connection {
    async fn run(mut self, stream: TcpStream, tls: Option<Tls>) {
        let stream = ends_when_stalled(stream);
        let Some(tls) = tls else { return self.serve(stream, None).await };
        let peer = self.peer;
        let accepted = tokio::select! {
            accepted = tls.accept(stream) => accepted,
            _ = self.until_stop.changed() => return,
        };
        match accepted {
            Ok(stream) => {
                let certificate = ClientCertificate::of_connection(stream.get_ref().1);
                self.serve(stream, certificate).await;
            }
            Err(error) => tracing::debug!(%peer, %error, "the TLS handshake with {peer} failed: {error}"),
        }
    }

    async fn serve(
        self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        certificate: Option<ClientCertificate>,
    ) {
        let Self { peer, router, protocol, watcher, .. } = self;
        let io = PrefaceTimeout::new(TokioIo::new(stream), limits::HEADER_READ_TIMEOUT);
        let service = service_fn(move |mut request: http::Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            if let Some(certificate) = certificate {
                request.extensions_mut().insert(certificate);
            }
            router.clone().oneshot(request)
        });
        if let Err(error) = watcher.watch(protocol.serve_connection(io, service).into_owned()).await {
            tracing::debug!(%peer, error, "the connection of {peer} ended early");
        }
    }
}

/// HTTP/1.1 and HTTP/2, told apart by their first bytes.
fn protocol() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEADER_READ_TIMEOUT)
        .max_buf_size(limits::HEAD_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits::HEADER_READ_TIMEOUT)
        .max_concurrent_streams(limits::HTTP2_STREAMS_MAX)
        .max_header_list_size(u32::try_from(limits::HEAD_BYTES_MAX).unwrap_or(u32::MAX));
    builder
}

/// Writes fail when the client takes nothing for [`limits::STALL_TIMEOUT`]. Reads have bounds of their own, by what is awaited.
fn ends_when_stalled(stream: TcpStream) -> Pin<Box<TimeoutStream<TcpStream>>> {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits::STALL_TIMEOUT));
    Box::pin(stream)
}

fn prepared(stream: TcpStream) -> TcpStream {
    // Answers are small and written whole; Nagle's algorithm would hold the last packet for an acknowledgement.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    stream
}

async fn drain(graceful: GracefulShutdown, mut connections: JoinSet<()>, grace: Duration) {
    let open = connections.len();
    if open > 0 {
        tracing::info!(
            connections = open,
            grace_seconds = grace.as_secs(),
            "stopping: {open} connections finish first"
        );
    }
    if tokio::time::timeout(grace, graceful.shutdown()).await.is_err() {
        tracing::warn!(
            grace_seconds = grace.as_secs(),
            "requests were still in progress when the time to stop was over"
        );
    }
    connections.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_cut_off() -> io::Result<()> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let client = TcpStream::connect(listener.local_addr()?).await?;
        let mut stream = ends_when_stalled(listener.accept().await?.0);
        let more_than_the_kernel_holds = vec![0; 64 << 20];
        let write = stream.write_all(&more_than_the_kernel_holds);
        let written = tokio::time::timeout(limits::STALL_TIMEOUT * 2, write).await.expect("it ends");
        assert_eq!(written.map_err(|error| error.kind()), Err(io::ErrorKind::TimedOut));
        drop(client);
        Ok(())
    }
}
