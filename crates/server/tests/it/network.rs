//! The listener: a real socket on the loopback address.

use crate::client::Outcome;
use crate::harness::{Harness, REGISTRY};
use server::{Listener, StartError};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// Serves on a socket while `client` runs.
pub(crate) async fn served(harness: &Harness, client: impl AsyncFnOnce(SocketAddr) -> Outcome) -> Outcome {
    let listener = Listener::bind(any_port())?;
    let address = listener.address();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = async { harness.server.serve(listener, async { drop(stopped.await) }).await };
    let client = async {
        let outcome = client(address).await;
        stop.send(()).map_err(|()| "the server had stopped")?;
        outcome
    };
    let (served, outcome) = tokio::join!(server, client);
    outcome?;
    Ok(served?)
}

/// Sends `request` and reads until the server closes.
pub(crate) async fn exchange(address: SocketAddr, request: &str) -> Outcome<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn serves_until_told_to_stop() -> Outcome {
    let harness = Harness::empty().await?;
    let listener = Listener::bind(any_port())?;
    let address = listener.address();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = async {
        let shutdown = async { drop(stopped.await) };
        harness.server.serve(listener, shutdown).await
    };
    let client = async {
        let close = "HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        let live = exchange(address, &format!("GET /healthz {close}")).await?;
        assert!(live.starts_with("HTTP/1.1 200 OK") && live.ends_with(r#"{"status":"ok"}"#), "{live}");
        let ready = exchange(address, &format!("GET /readyz {close}")).await?;
        assert!(ready.ends_with(r#"{"status":"ready"}"#), "{ready}");
        // In process no bearer is needed; over the network it always is.
        let managed = exchange(address, &format!("GET /subscriptions?api-version=2022-12-01 {close}")).await?;
        assert!(managed.starts_with("HTTP/1.1 401"), "{managed}");
        let markup = "GET /v2/ HTTP/1.1\r\nHost: a\"><script>\r\nConnection: close\r\n\r\n";
        let refused = exchange(address, markup).await?;
        assert!(refused.starts_with("HTTP/1.1 400") && !refused.contains("script"), "{refused}");
        let unknown = exchange(address, &format!("GET /nothing {close}")).await?;
        assert!(unknown.starts_with("HTTP/1.1 404") && unknown.contains("\"NotFound\""), "{unknown}");
        stop.send(()).map_err(|()| "the server had stopped")?;
        Outcome::Ok(())
    };
    let (served, asked) = tokio::join!(server, client);
    asked?;
    served?;
    assert!(TcpStream::connect(address).await.is_err(), "still listening");
    Ok(())
}

/// A request that waits for its body is let finish.
#[tokio::test]
async fn a_request_in_progress_is_finished() -> Outcome {
    let harness = Harness::empty().await?;
    let listener = Listener::bind(any_port())?;
    let address = listener.address();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = async { harness.server.serve(listener, async { drop(stopped.await) }).await };
    let client = async {
        let mut stream = TcpStream::connect(address).await?;
        stream
            .write_all(
                b"POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
            )
            .await?;
        // The server asks for the body, so the request is in progress.
        let mut interim = [0; 25];
        stream.read_exact(&mut interim).await?;
        assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
        stop.send(()).map_err(|()| "the server had stopped")?;
        stream.write_all(b"a=b&c").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        Outcome::Ok(())
    };
    let (served, asked) = tokio::join!(server, client);
    asked?;
    Ok(served?)
}

/// podman and skopeo send forms in chunks, without a Content-Length (data-plane-and-auth.md, 1.4).
#[tokio::test]
async fn a_form_in_chunks() -> Outcome {
    let harness = Harness::new().await?;
    let scope_map = harness.scope_map("newmap", &["repositories/samples/*/content/read"]).await?;
    let token = harness.token("token2", &scope_map).await?;
    let form = format!("grant_type=password&username={}&password={}", token.name, token.password);
    let (first, second) = form.split_at(30);
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let request = format!(
        "POST /oauth2/token HTTP/1.1\r\nHost: {REGISTRY}.localhost\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n{}{}{}",
        chunk(first),
        chunk(second),
        chunk("")
    );
    served(&harness, async |address| {
        let answer = exchange(address, &request).await?;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"access_token\":"), "{answer}");
        Ok(())
    })
    .await
}

#[test]
fn a_busy_port_is_named() -> Outcome {
    let taken = Listener::bind(any_port())?;
    let error = Listener::bind(taken.address()).err().ok_or("bound twice")?;
    assert!(matches!(error, StartError::AddressInUse(address) if address == taken.address()));
    let message = error.to_string();
    assert!(message.contains(&taken.address().to_string()) && message.contains("--listen"), "{message}");
    Ok(())
}
