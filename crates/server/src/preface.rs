//! Bounds how long a connection may take to show which protocol it speaks.
//!
//! `auto::Builder` reads up to the 24 bytes of HTTP/2's preface to tell it from HTTP/1, and no timeout of hyper's runs while it
//! does: a client that sends nothing, or the first byte of the preface, would hold its connection for ever.

use hyper::rt::{Read, ReadBufCursor, Write};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::Sleep;

/// RFC 9113, section 3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection whose reads fail once `limit` has passed and the protocol is still open. After that hyper's own timeouts count.
pub(crate) struct PrefaceTimeout<Io> {
    io: Io,
    /// Bytes of the preface seen so far.
    matched: usize,
    /// `None` once the protocol is known.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<Io> PrefaceTimeout<Io> {
    /// Starts the clock.
    pub(crate) fn new(io: Io, limit: Duration) -> Self {
        Self { io, matched: 0, deadline: Some(Box::pin(tokio::time::sleep(limit))) }
    }

    fn see(&mut self, bytes: &[u8]) {
        let expected = &PREFACE[self.matched..];
        let compared = expected.len().min(bytes.len());
        self.matched += compared;
        if bytes[..compared] != expected[..compared] || self.matched == PREFACE.len() {
            self.deadline = None;
        }
    }
}

impl<Io: Read + Unpin> Read for PrefaceTimeout<Io> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let Some(deadline) = &mut this.deadline else { return Pin::new(&mut this.io).poll_read(cx, buffer) };
        if deadline.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        // The protocol shows within the preface's length, so a small buffer of our own is enough, and what it holds can be looked at.
        let mut bytes = [0; PREFACE.len()];
        let room = bytes.len().min(buffer.remaining());
        let mut own = hyper::rt::ReadBuf::new(&mut bytes[..room]);
        ready!(Pin::new(&mut this.io).poll_read(cx, own.unfilled()))?;
        let filled = own.filled();
        buffer.put_slice(filled);
        if filled.is_empty() {
            this.deadline = None;
        } else {
            this.see(filled);
        }
        Poll::Ready(Ok(()))
    }
}

impl<Io: Write + Unpin> Write for PrefaceTimeout<Io> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, slices)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper_util::rt::TokioIo;
    use rstest::rstest;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[rstest]
    #[case::nothing(b"", true)]
    #[case::the_first_byte(b"P", true)]
    #[case::most_of_the_preface(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r", true)]
    #[case::http1(b"GET ", false)]
    #[case::http1_that_begins_alike(b"PUT ", false)]
    #[case::the_whole_preface(PREFACE, false)]
    #[tokio::test(start_paused = true)]
    async fn only_an_open_question_times_out(#[case] sent: &[u8], #[case] times_out: bool) -> io::Result<()> {
        let (mut client, server) = tokio::io::duplex(64);
        let limited = PrefaceTimeout::new(TokioIo::new(server), Duration::from_secs(30));
        let mut limited = TokioIo::new(limited);
        client.write_all(sent).await?;
        let mut received = vec![0; sent.len()];
        limited.read_exact(&mut received).await?;
        assert_eq!(received, sent);
        let next = tokio::time::timeout(Duration::from_secs(31), limited.read_u8()).await;
        assert_eq!(matches!(next, Ok(Err(error)) if error.kind() == io::ErrorKind::TimedOut), times_out);
        Ok(())
    }
}
