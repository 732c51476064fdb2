//! The one HTTP client of this room: it follows no redirect, waits and reads within limits, and says of what goes wrong what the
//! system said.

use crate::limits::{ANSWER_BYTES_MAX, CONNECT_TIMEOUT, REQUEST_TIMEOUT};
use crate::transport::TransportError;
use crate::transport::http::is_loopback;
use ::http::Response;
use bytes::{Bytes, BytesMut};
use reqwest::{Method, RequestBuilder};
use std::error::Error;
use std::time::Duration;

/// A client of one host. Clones share their connections.
#[derive(Clone)]
pub(in crate::transport) struct HttpClient {
    inner: reqwest::Client,
    /// Whom to name when something goes wrong.
    endpoint: String,
    way: Way,
}

/// How a host is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Way {
    connect_timeout: Duration,
    /// Past every proxy of the environment.
    direct: bool,
    /// Without TLS, so that no authority need be known: a machine without any can still talk to itself.
    plain: bool,
}

impl Way {
    /// A proxy cannot know what this machine calls itself, and must not see what never leaves it.
    fn to(endpoint: &str) -> Self {
        Self { connect_timeout: CONNECT_TIMEOUT, direct: is_loopback(endpoint), plain: endpoint.starts_with("http://") }
    }
}

impl HttpClient {
    /// A client of `endpoint`, which is scheme, host and port, with or without a path.
    ///
    /// Errors: there is no client, most likely since the system's certificate authorities cannot be read.
    pub(in crate::transport) fn new(endpoint: &str) -> Result<Self, TransportError> {
        Self::by(Way::to(endpoint), endpoint)
    }

    /// A client of what is beside this machine or not there at all, and that no proxy may see. `connect_timeout` is how long it may take
    /// to connect.
    ///
    /// Errors: as [`Self::new`].
    pub(in crate::transport) fn next_door(endpoint: &str, connect_timeout: Duration) -> Result<Self, TransportError> {
        Self::by(Way { connect_timeout, direct: true, ..Way::to(endpoint) }, endpoint)
    }

    /// A client of another endpoint: this one, where the way is the same, so that authorities are not read twice.
    ///
    /// Errors: as [`Self::new`].
    pub(in crate::transport) fn of(&self, endpoint: &str) -> Result<Self, TransportError> {
        if Way::to(endpoint) == self.way {
            Ok(Self { endpoint: endpoint.to_owned(), ..self.clone() })
        } else {
            Self::new(endpoint)
        }
    }

    fn by(way: Way, endpoint: &str) -> Result<Self, TransportError> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("portcullis/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(way.connect_timeout)
            .timeout(REQUEST_TIMEOUT);
        if way.direct {
            builder = builder.no_proxy();
        }
        if way.plain {
            builder = builder.tls_certs_only([]);
        }
        let inner = builder.build().map_err(|error| TransportError::Unreachable {
            endpoint: endpoint.to_owned(),
            reason: format!("there is no HTTP client: {}", innermost(&error)),
        })?;
        Ok(Self { inner, endpoint: endpoint.to_owned(), way })
    }

    /// Whom it names when something goes wrong.
    pub(in crate::transport) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Begins a request to `url`.
    pub(in crate::transport) fn request(&self, method: Method, url: impl reqwest::IntoUrl) -> RequestBuilder {
        self.inner.request(method, url)
    }

    /// Sends a request and reads the whole answer, whatever its status.
    ///
    /// Errors: nobody is reached, nothing comes in time, or more than [`ANSWER_BYTES_MAX`].
    pub(in crate::transport) async fn exchange(
        &self,
        request: RequestBuilder,
    ) -> Result<Response<Bytes>, TransportError> {
        let mut answer = request.send().await.map_err(|error| self.unreachable(&error))?;
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.unreachable(&error))? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                let endpoint = self.endpoint.clone();
                return Err(TransportError::AnswerTooLong { endpoint, bytes_max: ANSWER_BYTES_MAX });
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(body.freeze());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }

    fn unreachable(&self, error: &reqwest::Error) -> TransportError {
        let endpoint = self.endpoint.clone();
        if error.is_timeout() {
            let waited = if error.is_connect() { self.way.connect_timeout } else { REQUEST_TIMEOUT };
            return TransportError::TimedOut { endpoint, waited };
        }
        TransportError::Unreachable { endpoint, reason: innermost(error) }
    }
}

/// What happened. The outer errors only say "error sending request", and name the URL, whose query may be nobody's business.
fn innermost(error: &reqwest::Error) -> String {
    let mut innermost: &dyn Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string().trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn next_door(endpoint: &str) -> Way {
        HttpClient::next_door(endpoint, Duration::from_secs(1)).unwrap().way
    }

    #[rstest]
    #[case("http://127.0.0.1:5000", true, true)]
    #[case("https://localhost:5000", true, false)]
    #[case("https://management.azure.com", false, false)]
    fn what_is_on_this_machine_goes_past_proxies(#[case] endpoint: &str, #[case] direct: bool, #[case] plain: bool) {
        assert_eq!(Way::to(endpoint), Way { connect_timeout: CONNECT_TIMEOUT, direct, plain });
    }

    #[test]
    fn what_is_next_door_goes_past_proxies_wherever_it_is() {
        let connect_timeout = Duration::from_secs(1);
        assert_eq!(next_door("http://169.254.169.254"), Way { connect_timeout, direct: true, plain: true });
        assert_eq!(next_door("https://identity.example"), Way { connect_timeout, direct: true, plain: false });
    }

    #[test]
    fn a_client_of_another_endpoint_names_it_and_goes_its_way() {
        let client = HttpClient::new("https://management.azure.com").unwrap();
        let login = client.of("https://login.microsoftonline.com").unwrap();
        assert_eq!((login.endpoint(), login.way), ("https://login.microsoftonline.com", client.way));
        assert!(client.of("http://127.0.0.1:5000").unwrap().way.direct);
    }
}
