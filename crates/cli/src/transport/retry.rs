//! Tries again what a service could not do just now, as Azure's guidelines for clients say ("Retry general guidance"): with
//! waits that double and are spread by chance, or as long as the service says (`Retry-After`).
//!
//! | Answer | Tried again |
//! |---|---|
//! | 429 | always: the service did nothing |
//! | 408, 500, 502, 503, 504 | unless it is a POST, which might then be done twice |
//! | none, the connection broke | GET and HEAD only: a PUT whose answer was lost may have made a password |
//! | one of these from a login at Entra ID | always: the request itself was not sent yet |

use super::{BoxFuture, Transport, TransportError};
use crate::client::operation::Sleeper;
use crate::limits::{RETRIES_MAX, RETRY_WAIT_FIRST, RETRY_WAIT_MAX};
use crate::secret::Secret;
use ::http::{Method, Request, Response, StatusCode, header};
use bytes::Bytes;
use std::time::Duration;

/// Chance. Handed in, so that a test has none.
pub trait Chance: Send + Sync {
    /// A number from 0 to 1.
    fn fraction(&self) -> f64;
}

/// A transport that tries again.
pub struct Retrying<'a> {
    inner: &'a dyn Transport,
    sleeper: &'a dyn Sleeper,
    chance: &'a dyn Chance,
}

impl<'a> Retrying<'a> {
    /// Around `inner`.
    pub fn new(inner: &'a dyn Transport, sleeper: &'a dyn Sleeper, chance: &'a dyn Chance) -> Self {
        Self { inner, sleeper, chance }
    }

    async fn send_until_answered(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let mut wait = RETRY_WAIT_FIRST;
        for _ in 0..RETRIES_MAX {
            let outcome = self.inner.send(request.clone()).await;
            let asked = match &outcome {
                Ok(answer) if may_be_repeated(request.method(), answer.status()) => retry_after(answer),
                Err(TransportError::Unreachable { .. } | TransportError::TimedOut { .. }) if only_reads(&request) => {
                    None
                }
                Err(TransportError::LoginBusy(busy)) => busy.retry_after,
                _ => return outcome,
            };
            // From half the wait to all of it: clients that failed together do not come back together.
            let pause = asked.unwrap_or_else(|| wait.mul_f64(0.5 + self.chance.fraction().clamp(0.0, 1.0) / 2.0));
            if pause > RETRY_WAIT_MAX {
                return outcome;
            }
            self.sleeper.sleep(pause).await;
            wait *= 2;
        }
        self.inner.send(request).await
    }
}

fn only_reads(request: &Request<Bytes>) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
}

fn may_be_repeated(method: &Method, status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || may_pass(status) && *method != Method::POST
}

/// Whether a status says that the same request may be answered a little later.
pub(super) fn may_pass(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::REQUEST_TIMEOUT
            | StatusCode::INTERNAL_SERVER_ERROR
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

/// In seconds (RFC 9110, section 10.2.3).
pub(super) fn retry_after(answer: &Response<Bytes>) -> Option<Duration> {
    let seconds = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

impl Transport for Retrying<'_> {
    fn send<'a>(&'a self, request: Request<Bytes>) -> BoxFuture<'a, Result<Response<Bytes>, TransportError>> {
        Box::pin(self.send_until_answered(request))
    }

    fn endpoint(&self) -> String {
        self.inner.endpoint()
    }

    fn is_at_azure(&self) -> bool {
        self.inner.is_at_azure()
    }

    fn login_server_domain(&self) -> Option<&str> {
        self.inner.login_server_domain()
    }

    fn login_said(&self) -> Option<String> {
        self.inner.login_said()
    }

    fn send_to_registry<'a>(
        &'a self,
        login_server: &'a str,
        request: Request<Bytes>,
    ) -> BoxFuture<'a, Result<Response<Bytes>, TransportError>> {
        self.inner.send_to_registry(login_server, request)
    }

    fn management_bearer(&self) -> BoxFuture<'_, Result<Option<Secret>, TransportError>> {
        self.inner.management_bearer()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{Exchange, FakeSleeper, FakeTransport, broken_exchange, drive, exchange, exchange_with};
    use crate::transport::LoginBusy;
    use rstest::rstest;
    use serde_json::{Value, json};

    struct Half;

    impl Chance for Half {
        fn fraction(&self) -> f64 {
            0.5
        }
    }

    /// Sends one request: the status or error, and the waits in seconds.
    fn send(method: Method, exchanges: Vec<Exchange>) -> (String, Vec<f64>) {
        let (transport, sleeper) = (FakeTransport::new(exchanges), FakeSleeper::default());
        let request = Request::builder().method(method).uri("/x").body(Bytes::new()).unwrap();
        let outcome = drive(Retrying::new(&transport, &sleeper, &Half).send(request));
        assert_eq!(transport.left(), 0);
        let said = outcome.map_or_else(|error| error.to_string(), |answer| answer.status().as_u16().to_string());
        (said, sleeper.waits())
    }

    fn broken(line: &str) -> Exchange {
        let error = TransportError::Unreachable { endpoint: "https://a".to_owned(), reason: "cut".to_owned() };
        broken_exchange(line, error)
    }

    #[rstest]
    #[case(Method::GET, 429, "200", &[0.75])]
    #[case(Method::POST, 429, "200", &[0.75])]
    #[case(Method::PUT, 503, "200", &[0.75])]
    #[case(Method::PUT, 502, "200", &[0.75])]
    #[case(Method::PUT, 504, "200", &[0.75])]
    #[case(Method::PATCH, 502, "200", &[0.75])]
    #[case(Method::DELETE, 408, "200", &[0.75])]
    #[case(Method::POST, 500, "500", &[])]
    #[case(Method::POST, 408, "408", &[])]
    #[case(Method::POST, 503, "503", &[])]
    #[case(Method::GET, 404, "404", &[])]
    #[case(Method::PUT, 409, "409", &[])]
    #[case(Method::GET, 501, "501", &[])]
    fn what_may_pass_is_tried_again(
        #[case] method: Method,
        #[case] status: u16,
        #[case] expected: &str,
        #[case] waits: &[f64],
    ) {
        let line = format!("{method} /x");
        let mut exchanges = vec![exchange(&line, status, &json!({}))];
        if expected == "200" {
            exchanges.push(exchange(&line, 200, &json!({})));
        }
        assert_eq!(send(method, exchanges), (expected.to_owned(), waits.to_vec()));
    }

    #[test]
    fn a_login_that_is_busy_is_tried_again_for_every_method() {
        let busy = |retry_after| {
            let (endpoint, said) = ("https://login".to_owned(), String::new());
            let busy = LoginBusy { endpoint, status: 503, said, retry_after };
            broken_exchange("POST /x", TransportError::LoginBusy(busy))
        };
        let seconds = Duration::from_secs;
        let exchanges = vec![busy(None), busy(Some(seconds(3))), exchange("POST /x", 200, &Value::Null)];
        assert_eq!(send(Method::POST, exchanges), ("200".to_owned(), vec![0.75, 3.0]));
        let outcome = send(Method::POST, vec![busy(Some(seconds(3600)))]);
        assert_eq!(outcome, ("The login at https://login answers 503, not now.".to_owned(), vec![]));
    }

    #[test]
    fn waits_double_and_end() {
        let refused = || exchange("GET /x", 503, &Value::Null);
        let outcome = send(Method::GET, (0..5).map(|_| refused()).collect());
        assert_eq!(outcome, ("503".to_owned(), vec![0.75, 1.5, 3.0, 6.0]));
    }

    #[test]
    fn the_service_says_how_long_to_wait() {
        let busy = |seconds| exchange_with("GET /x", 429, &[("Retry-After", seconds)], &Value::Null);
        let outcome = send(Method::GET, vec![busy("17"), exchange("GET /x", 200, &Value::Null)]);
        assert_eq!(outcome, ("200".to_owned(), vec![17.0]));
        assert_eq!(
            send(Method::GET, vec![busy("3600")]),
            ("429".to_owned(), vec![]),
            "an hour is for the user to wait"
        );
    }

    #[test]
    fn a_broken_connection_is_tried_again_only_for_what_reads() {
        let (said, waits) = send(Method::GET, vec![broken("GET /x"), exchange("GET /x", 200, &Value::Null)]);
        assert_eq!((said.as_str(), waits.len()), ("200", 1));
        let (said, waits) = send(Method::PUT, vec![broken("PUT /x")]);
        assert_eq!((said.as_str(), waits.len()), ("Cannot reach https://a: cut.", 0));
    }
}
