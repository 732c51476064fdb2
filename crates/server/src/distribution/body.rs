//! What is left of a request body when the answer is known: thrown away up to a bound, so that the answer arrives.
//!
//! Closing a connection while the client still sends makes its system drop the answer. Azure's SDKs send a whole chunk
//! before they have a bearer, and must see the 401 (reference/data-plane-and-auth.md, 8.16); skopeo and docker take a
//! layer's broken pipe for the whole story when a disk is full.

use crate::limits;
use axum::body::{Body, Bytes};
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, EXPECT};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::time::{Instant, Sleep};

/// The body of a request, lent to whoever reads it. It fails when nothing comes for [`limits::STALL_TIMEOUT`].
pub(super) struct RequestBody {
    body: Body,
    is_begun: bool,
    stalled: Stall,
}

/// The clock of a wait. Made when there is something to wait for: most bodies are there whole.
#[derive(Default)]
struct Stall {
    deadline: Option<Pin<Box<Sleep>>>,
    is_running: bool,
}

impl Stall {
    /// Ready when the wait that began with the first of these calls is too long.
    fn poll_over(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let end = Instant::now() + limits::STALL_TIMEOUT;
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(end)));
        if !std::mem::replace(&mut self.is_running, true) {
            deadline.as_mut().reset(end);
        }
        deadline.as_mut().poll(context)
    }
}

impl RequestBody {
    /// Of which nothing was read.
    pub(super) fn new(body: Body) -> Self {
        Self { body, is_begun: false, stalled: Stall::default() }
    }

    /// Throws away what is left, and is `true` then. `false` when it is more than the connection is worth, which is to be
    /// closed with the answer: what still comes is thrown away beside the answer, until the client has seen it or its time is up.
    ///
    /// Whoever waits for "100 Continue" has sent nothing and must not be asked to.
    pub(super) async fn discard(mut self, headers: &HeaderMap) -> bool {
        if self.is_end_stream() {
            return true;
        }
        if headers.contains_key(EXPECT) && !self.is_begun {
            return false;
        }
        if self.size_hint().lower() <= limits::DISCARDED_BODY_BYTES_MAX {
            let read = self.read_up_to(limits::DISCARDED_BODY_BYTES_MAX);
            if tokio::time::timeout(limits::DISCARD_TIMEOUT, read).await.unwrap_or(false) {
                return true;
            }
        }
        tokio::spawn(tokio::time::timeout(limits::DISCARD_TIMEOUT, async move { self.read_up_to(u64::MAX).await }));
        false
    }

    /// Whether it came to its end within so many bytes.
    async fn read_up_to(&mut self, bytes_max: u64) -> bool {
        let mut bytes = 0;
        while bytes <= bytes_max {
            let Some(frame) = self.frame().await else { return true };
            let Ok(frame) = frame else { return false };
            bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
        false
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.is_begun = true;
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            self.stalled.is_running = false;
            return Poll::Ready(frame);
        }
        let seconds = limits::STALL_TIMEOUT.as_secs();
        let stalled = || io::Error::new(io::ErrorKind::TimedOut, format!("nothing came for {seconds} seconds"));
        self.stalled.poll_over(context).map(|()| Some(Err(axum::Error::new(stalled()))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The `Content-Length`; `None` when there is none, as in chunked transfer.
pub(super) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt;
    use http::HeaderValue;
    use rstest::rstest;

    #[rstest]
    #[case::none(0, &[], true)]
    #[case::short(100, &[], true)]
    #[case::long(10_000_000, &[], false)]
    #[case::waits(9, &[(EXPECT, "100-continue")], false)]
    #[case::endless(10 << 20, &[], false)]
    #[tokio::test]
    async fn bounds(
        #[case] bytes: usize,
        #[case] headers: &[(http::HeaderName, &'static str)],
        #[case] expected: bool,
    ) {
        let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        let chunks =
            futures_util::stream::iter(vec![Bytes::from(vec![0; 1 << 20]); bytes >> 20]).map(Ok::<_, io::Error>);
        let body = if bytes != 10 << 20 { Body::from(vec![0; bytes]) } else { Body::from_stream(chunks) };
        assert_eq!(RequestBody::new(body).discard(&headers).await, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stalled_body_ends_and_a_slow_one_does_not() {
        let slow = futures_util::stream::unfold(0, |sent| async move {
            tokio::time::sleep(limits::STALL_TIMEOUT.mul_f32(0.9)).await;
            (sent < 5).then_some((Ok::<_, io::Error>("x"), sent + 1))
        });
        assert!(RequestBody::new(Body::from_stream(slow)).read_up_to(100).await);
        let first = futures_util::stream::iter([Ok::<_, io::Error>("x")]);
        let silent = first.chain(futures_util::stream::pending());
        let mut body = RequestBody::new(Body::from_stream(silent));
        assert!(body.frame().await.is_some_and(|frame| frame.is_ok()));
        let ended = tokio::time::timeout(limits::STALL_TIMEOUT * 2, body.frame()).await.expect("it ends");
        assert!(ended.is_some_and(|frame| frame.is_err_and(|error| error.to_string().contains("60 seconds"))));
    }

    #[tokio::test]
    async fn who_was_told_to_continue_is_read_to_the_end() {
        let headers = HeaderMap::from_iter([(EXPECT, HeaderValue::from_static("100-continue"))]);
        let chunks = futures_util::stream::iter(["ab", "cd"]).map(Ok::<_, io::Error>);
        let mut body = RequestBody::new(Body::from_stream(chunks));
        assert!(body.frame().await.is_some());
        assert!(body.discard(&headers).await);
    }
}
