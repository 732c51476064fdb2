//! What asks a server to stop, or to read its certificate again.

use cli::failure::Failure;
use server::Server;
use std::convert::Infallible;
use std::io;

/// What asks the process to stop: Ctrl-C, and SIGTERM where there is one.
pub(crate) struct Stop {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Stop {
    /// Listens from now on, so that no signal is lost while nobody waits.
    pub(crate) fn listen() -> Result<Self, Failure> {
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
    pub(crate) async fn asked(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// Reloads the certificate at each SIGHUP, where there is one.
pub(crate) fn reload_when_asked(server: &Server) -> Result<impl Future<Output = Infallible> + '_, Failure> {
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

/// From now on a file that may not become larger (`setrlimit(2)`) is an error of who writes it, as a full disk is. Without this it is the end of the
/// process.
pub(crate) fn outlive_file_size_limit() -> Result<(), Failure> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        // Whoever listens once is never ended by it.
        signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw())).map(drop).map_err(deaf)?;
    }
    Ok(())
}

fn deaf(error: io::Error) -> Failure {
    Failure::unreachable(format!("The program cannot listen for signals: {error}."))
}
