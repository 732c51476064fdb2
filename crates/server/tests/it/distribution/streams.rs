//! Bodies as they come over a socket: without a length, cut off, or not at all.

use super::pushes::REPOSITORY;
use crate::client::{Outcome, TokenClient};
use crate::harness::{Harness, REGISTRY};
use crate::network::{exchange, served};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::action::Action;
use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Somebody who pushes, and the path of its upload.
async fn begun(harness: &Harness) -> Outcome<(TokenClient<'_>, String)> {
    let token = harness.holder("pusher", "samples/*", &[Action::ContentWrite]).await?;
    let location = token.basic().start_upload(REPOSITORY).await?;
    Ok((token, location))
}

/// A PATCH whose last headers and body are `rest`.
fn patch(token: &TokenClient<'_>, location: &str, rest: &str) -> String {
    let credentials = STANDARD.encode(format!("{}:{}", token.name, token.password));
    format!(
        "PATCH {location} HTTP/1.1\r\nHost: {REGISTRY}.localhost\r\nAuthorization: Basic {credentials}\r\n\
         Connection: close\r\n{rest}"
    )
}

#[rstest]
#[case::to_the_end("6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n", "HTTP/1.1 202", "0-10")]
#[case::broken("6\r\nhello \r\nworld\r\n", "HTTP/1.1 400", "0-5")]
#[tokio::test]
async fn chunks_without_a_length(#[case] chunks: &str, #[case] status: &str, #[case] kept: &str) -> Outcome {
    let harness = Harness::new().await?;
    let (token, location) = begun(&harness).await?;
    let request = patch(&token, &location, &format!("Transfer-Encoding: chunked\r\n\r\n{chunks}"));
    served(&harness, async |address| {
        let answer = exchange(address, &request).await?;
        assert!(answer.starts_with(status), "{answer}");
        Ok(())
    })
    .await?;
    assert_eq!(token.basic().get(&location).await?.header("range"), Some(kept));
    Ok(())
}

/// As a layer for which there is no room: whoever sends all of it before it reads learns why, and gets no broken pipe in its place.
#[rstest]
#[case::with_a_length(true)]
#[case::in_chunks(false)]
#[tokio::test]
async fn an_answer_arrives_though_much_is_still_to_be_sent(#[case] has_length: bool) -> Outcome {
    const BYTES: usize = 64 << 20;
    let harness = Harness::new().await?;
    let (token, _) = begun(&harness).await?;
    let nowhere = format!("/v2/{REPOSITORY}/blobs/uploads/00000000-0000-4000-8000-000000000000");
    let framing = if has_length {
        format!("Content-Length: {BYTES}\r\n\r\n")
    } else {
        format!("Transfer-Encoding: chunked\r\n\r\n{BYTES:x}\r\n")
    };
    let request = patch(&token, &nowhere, &framing);
    served(&harness, async |address| {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request.as_bytes()).await?;
        let piece = vec![0; 1 << 20];
        for _ in 0..BYTES >> 20 {
            stream.write_all(&piece).await?;
        }
        if !has_length {
            stream.write_all(b"\r\n0\r\n\r\n").await?;
        }
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("BLOB_UPLOAD_UNKNOWN"), "{answer}");
        assert!(answer.to_ascii_lowercase().contains("connection: close"), "{answer}");
        Ok(())
    })
    .await
}

/// The server asks for a body once it holds the upload, so the second request comes in the middle of the first.
#[tokio::test]
async fn two_at_once_are_told_how_far_it_is() -> Outcome {
    let harness = Harness::new().await?;
    let (token, location) = begun(&harness).await?;
    let first = patch(&token, &location, "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    let second = patch(&token, &location, "Content-Length: 3\r\n\r\nabc");
    served(&harness, async |address| {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(first.as_bytes()).await?;
        let mut go_on = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
        stream.read_exact(&mut go_on).await?;
        let answer = exchange(address, &second).await?.to_ascii_lowercase();
        assert!(answer.starts_with("http/1.1 409"), "{answer}");
        assert!(answer.contains(&format!("location: {location}")) && answer.contains("range: 0-0"), "{answer}");
        stream.write_all(b"hello").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
        Ok(())
    })
    .await?;
    assert_eq!(token.basic().get(&location).await?.header("range"), Some("0-4"));
    Ok(())
}

/// A client that sends no more still listens.
#[tokio::test]
async fn what_arrived_before_an_interruption_is_kept() -> Outcome {
    let harness = Harness::new().await?;
    let (token, location) = begun(&harness).await?;
    let request = patch(&token, &location, "Content-Length: 11\r\n\r\nhello ");
    served(&harness, async |address| {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request.as_bytes()).await?;
        stream.shutdown().await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("\"BLOB_UPLOAD_INVALID\""), "{answer}");
        Ok(())
    })
    .await?;
    assert_eq!(token.basic().get(&location).await?.header("range"), Some("0-5"));
    Ok(())
}

/// Nobody reads a stranger's body before the refusal.
#[tokio::test]
async fn a_refusal_does_not_wait_for_the_body() -> Outcome {
    let harness = Harness::new().await?;
    let request = format!(
        "PATCH /v2/{REPOSITORY}/blobs/uploads/x HTTP/1.1\r\nHost: {REGISTRY}.localhost\r\n\
         Expect: 100-continue\r\nContent-Length: 1000000\r\n\r\n"
    );
    served(&harness, async |address| {
        let answer = exchange(address, &request).await?;
        assert!(answer.starts_with("HTTP/1.1 401 ") && answer.contains("\r\nconnection: close\r\n"), "{answer}");
        Ok(())
    })
    .await
}
