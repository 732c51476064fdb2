//! What every request gets, on every plane: an id, a span, a settled `Host`, client address and client certificate, one log line, and an answer also when its handler
//! panics. Never logs a query, a header or a body: they hold secrets.

use crate::client_address::{self, ClientAddress};
use crate::client_certificates;
use crate::hosts;
use crate::proxies::TrustedProxies;
use crate::state::State;
use axum::extract::{Request, State as Shared};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::header::{CONTENT_TYPE, HOST, HeaderName};
use http::{Extensions, HeaderMap, HeaderValue, StatusCode, Version};
use service::{Origin, Random};
use std::fmt;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;
use tracing::Instrument;

/// The two headers that carry the id of a request, in Azure's names; clients print the second one beside errors.
const REQUEST_ID_HEADERS: [HeaderName; 2] =
    [HeaderName::from_static("x-ms-request-id"), HeaderName::from_static("x-ms-correlation-request-id")];

/// Under which Azure's clients send an id of their own.
pub(crate) const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");

/// Longer ids, or with other characters, are no GUIDs and would go into URLs and headers of ours.
const CLIENT_REQUEST_ID_CHARS_MAX: usize = 64;

/// The id of one request, a GUID: in the log, in the answer's headers, and in every 5xx body. An extension of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestId(uuid::Uuid);

/// Who is at the other end of the connection. An extension of requests that came over the network.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Makes request ids.
pub(crate) struct RequestIds {
    random: Arc<dyn Random>,
}

impl RequestIds {
    /// Ids from `random`.
    pub(crate) fn new(random: Arc<dyn Random>) -> Self {
        Self { random }
    }

    /// Another id.
    pub(crate) fn next(&self) -> RequestId {
        let mut bytes = [0; 16];
        self.random.fill(&mut bytes);
        RequestId(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a request comes from, for the audit log, once [`observe`] has seen it.
pub(crate) fn origin(extensions: &Extensions) -> Origin {
    let request = extensions.get::<RequestId>().map(|RequestId(id)| *id);
    Origin { address: ClientAddress::of_request(extensions), request }
}

/// The caller's own id of its request, when it can be repeated in a header or URL.
pub(crate) fn client_request_id(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(CLIENT_REQUEST_ID)?.to_str().ok()?;
    let fits = (1..=CLIENT_REQUEST_ID_CHARS_MAX).contains(&text.len());
    (fits && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')).then_some(text)
}

/// The outermost layer.
pub(crate) async fn observe(Shared(state): Shared<Arc<State>>, mut request: Request, next: Next) -> Response {
    let id = state.request_ids.next();
    request.extensions_mut().insert(id);
    let span = tracing::info_span!("request", %id);
    answer(request, &state.proxies, next, id).instrument(span).await
}

async fn answer(mut request: Request, proxies: &TrustedProxies, next: Next, id: RequestId) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let peer = request.extensions().get::<Peer>().map(|Peer(address)| tracing::field::display(*address));
    let mut response = match settle(&mut request, proxies) {
        // A panic is a bug of one handler; the process and its other requests go on.
        Ok(()) => AssertUnwindSafe(next.run(request)).catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!(%method, path, "the handler of {method} {path} panicked");
            panicked(&path, id)
        }),
        Err(message) => (StatusCode::BAD_REQUEST, message).into_response(),
    };
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        for name in REQUEST_ID_HEADERS {
            response.headers_mut().insert(name, value.clone());
        }
    }
    let status = response.status().as_u16();
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(%method, path, status, duration_ms, peer, "{method} {path} answered {status} in {duration_ms} ms");
    response
}

/// Leaves nothing in a request that handlers would have to doubt. Errors: what its sender is told.
fn settle(request: &mut Request, proxies: &TrustedProxies) -> Result<(), String> {
    if !settle_host(request) {
        return Err(
            "The Host header is missing, is repeated, or is not a host name with an optional port.\n".to_owned()
        );
    }
    // Taken out, because a request lends only one of its parts at a time.
    let mut extensions = std::mem::take(request.extensions_mut());
    client_address::settle(request.headers(), &mut extensions, proxies);
    let settled = client_certificates::settle(request.headers_mut(), &mut extensions, proxies);
    *request.extensions_mut() = extensions;
    settled.map_err(|error| {
        tracing::warn!("a request was refused: {error}");
        format!("A request was refused: {error}.\n")
    })
}

/// Puts the authority that the request names into `Host`, where every handler looks for it: HTTP/2 and absolute URLs have it
/// in the request line, where it counts more (RFC 9112, section 3.2.2). `false` when what remains cannot be trusted.
fn settle_host(request: &mut Request) -> bool {
    if let Some(authority) = request.uri().authority() {
        let Ok(value) = HeaderValue::from_str(authority.as_str()) else { return false };
        request.headers_mut().insert(HOST, value);
    }
    match request.headers().get_all(HOST).iter().count() {
        // RFC 9112, section 3.2. In process nobody need say where a request goes.
        0 => request.version() != Version::HTTP_11 || request.extensions().get::<Peer>().is_none(),
        1 => hosts::host(request.headers()).is_some(),
        _ => false,
    }
}

/// The body is in the form that the plane's clients read: OCI's for registries, Azure Resource Manager's for management.
fn panicked(path: &str, id: RequestId) -> Response {
    let body = if ["/v2", "/acr", "/oauth2"].iter().any(|plane| path.starts_with(plane)) {
        format!(r#"{{"errors":[{{"code":"UNKNOWN","message":"internal error, request {id}"}}]}}"#)
    } else {
        format!(r#"{{"error":{{"code":"InternalServerError","message":"Internal error, request {id}."}}}}"#)
    };
    (StatusCode::INTERNAL_SERVER_ERROR, [(CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::none("/v2/", &[], Some(None))]
    #[case::one("/v2/", &["lnxcr.localhost:5000"], Some(Some("lnxcr.localhost:5000")))]
    #[case::absolute("http://a.example/v2/", &["b.example"], Some(Some("a.example")))]
    #[case::two("/v2/", &["a.example", "b.example"], None)]
    #[case::markup("/v2/", &["a\"><script>"], None)]
    #[case::empty("/v2/", &[""], None)]
    fn hosts(
        #[case] uri: &str,
        #[case] sent: &[&str],
        #[case] expected: Option<Option<&str>>,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let mut request = Request::builder().uri(uri);
        for host in sent {
            request = request.header(HOST, *host);
        }
        let mut request = request.body(axum::body::Body::empty())?;
        let settled = settle_host(&mut request);
        let host = request.headers().get(HOST).map(|value| value.to_str()).transpose()?;
        assert_eq!(settled.then_some(host), expected);
        Ok(())
    }

    #[rstest]
    #[case::of_today(Version::HTTP_11, false)]
    #[case::of_old(Version::HTTP_10, true)]
    fn no_host_over_the_network(
        #[case] version: Version,
        #[case] settled: bool,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let peer = Peer(SocketAddr::from(([127, 0, 0, 1], 1)));
        let request = Request::builder().uri("/v2/").version(version).extension(peer);
        assert_eq!(settle_host(&mut request.body(axum::body::Body::empty())?), settled);
        Ok(())
    }

    #[rstest]
    #[case("9f3ad268-a6ff-11ed-b7cd-3b8a2dd05908", true)]
    #[case("", false)]
    #[case("../../x", false)]
    #[case("a?b", false)]
    fn ids_that_are_repeated(#[case] sent: &str, #[case] usable: bool) -> Result<(), Box<dyn std::error::Error>> {
        let headers = HeaderMap::from_iter([(CLIENT_REQUEST_ID, HeaderValue::from_str(sent)?)]);
        assert_eq!(client_request_id(&headers).is_some(), usable);
        Ok(())
    }
}
