//! The documents of issuers over HTTP.

use futures_util::future::BoxFuture;
use http::header::{ACCEPT, CACHE_CONTROL};
use http::{HeaderMap, StatusCode};
use model::issuer::url::IssuerUrl;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client};
use service::{DocumentError, DocumentRequest, IssuerDocument, IssuerDocuments};
use std::error::Error;
use std::time::Duration;

/// Fetches over HTTP, each time with a client of its own: fetches are rare, and a client is what an issuer's authorities are put in.
pub(crate) struct HttpDocuments;

impl IssuerDocuments for HttpDocuments {
    fn get<'a>(&'a self, request: &'a DocumentRequest) -> BoxFuture<'a, Result<IssuerDocument, DocumentError>> {
        Box::pin(fetch(request))
    }
}

async fn fetch(request: &DocumentRequest) -> Result<IssuerDocument, DocumentError> {
    let DocumentRequest { url, authorities_pem, bytes_max } = request;
    let client = client(url, authorities_pem.as_deref()).map_err(|error| unreachable(&error))?;
    let answer = client.get(url.as_str()).header(ACCEPT, "application/json").send().await;
    let mut answer = answer.map_err(|error| unreachable(&error))?;
    if answer.status() != StatusCode::OK {
        return Err(DocumentError::Status(answer.status().as_u16()));
    }
    let max_age = max_age(answer.headers());
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| unreachable(&error))? {
        if body.len() + chunk.len() > *bytes_max {
            return Err(DocumentError::TooLong(*bytes_max));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(IssuerDocument { body, max_age })
}

/// No redirects: what the configuration trusts is this host.
pub(super) fn client(url: &IssuerUrl, authorities_pem: Option<&[u8]>) -> reqwest::Result<Client> {
    let builder =
        Client::builder().user_agent(concat!("portcullis/", env!("CARGO_PKG_VERSION"))).redirect(Policy::none());
    let builder = match authorities_pem {
        // A proxy cannot know what this machine calls itself; there is nothing to verify.
        _ if url.is_plain() => builder.no_proxy().tls_certs_only([]),
        Some(pem) => builder.https_only(true).tls_certs_only(Certificate::from_pem_bundle(pem)?),
        None => builder.https_only(true),
    };
    builder.build()
}

/// The outer errors only say that something failed; the innermost says what.
pub(super) fn innermost(error: &reqwest::Error) -> &dyn Error {
    let mut innermost: &dyn Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost
}

fn unreachable(error: &reqwest::Error) -> DocumentError {
    DocumentError::Unreachable(innermost(error).to_string())
}

/// RFC 9111, section 5.2.2: of several values, the smallest.
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let directives = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let ages = directives.flat_map(|value| value.split(',')).filter_map(|directive| {
        let directive = directive.trim().to_ascii_lowercase();
        if directive == "no-store" || directive == "no-cache" {
            return Some(0);
        }
        directive.strip_prefix("max-age=")?.trim_matches('"').parse().ok()
    });
    ages.min().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use model::issuer::url::PlainHttp;
    use rstest::rstest;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    #[rstest]
    #[case(&[], None)]
    #[case(&["public"], None)]
    #[case(&["max-age=86400, private"], Some(86_400))]
    #[case(&["private, Max-Age=\"60\""], Some(60))]
    #[case(&["max-age=3600", "no-store"], Some(0))]
    #[case(&["max-age=3600, no-cache"], Some(0))]
    #[case(&["max-age=soon"], None)]
    #[case(&["max-age=-1"], None)]
    fn ages(#[case] values: &[&'static str], #[case] expected: Option<u64>) {
        let headers = values.iter().map(|value| (CACHE_CONTROL, HeaderValue::from_static(value))).collect();
        assert_eq!(max_age(&headers), expected.map(Duration::from_secs));
    }

    const BYTES_MAX: usize = 100;

    /// Asks a server on this machine that answers with these bytes, whatever it is asked, and then hangs up.
    async fn answered(scheme: &str, answer: String) -> Result<String, Box<dyn Error>> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("{scheme}://{}/keys", listener.local_addr()?);
        let request = DocumentRequest {
            url: IssuerUrl::parse(&url, PlainHttp::OnLoopback)?,
            authorities_pem: None,
            bytes_max: BYTES_MAX,
        };
        let serve = async {
            let (mut stream, _) = listener.accept().await?;
            let mut asked = [0; 1024];
            let read = stream.read(&mut asked).await?;
            assert!(read > 0, "a client says something first");
            stream.write_all(answer.as_bytes()).await?;
            stream.shutdown().await
        };
        let (served, got) = tokio::join!(serve, HttpDocuments.get(&request));
        // A client that has read enough closes first.
        drop(served);
        Ok(match got {
            Ok(IssuerDocument { body, max_age }) => format!("{} {max_age:?}", String::from_utf8(body)?),
            Err(DocumentError::Unreachable(_)) => "unreachable".to_owned(),
            Err(error) => error.to_string(),
        })
    }

    #[rstest]
    #[case::whole("http", "200 OK\r\ncontent-length: 2\r\ncache-control: max-age=60\r\n\r\n{}", "{} Some(60s)")]
    #[case::until_the_end("http", "200 OK\r\n\r\n{}", "{} None")]
    #[case::cut_off("http", "200 OK\r\ncontent-length: 3\r\n\r\n{}", "unreachable")]
    #[case::not_there("http", "404 Not Found\r\ncontent-length: 0\r\n\r\n", "the answer has status 404")]
    #[case::elsewhere(
        "http",
        "302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
        "the answer has status 302"
    )]
    #[case::nothing("http", "", "unreachable")]
    #[case::plain_under_https("https", "200 OK\r\ncontent-length: 2\r\n\r\n{}", "unreachable")]
    #[tokio::test]
    async fn answers(#[case] scheme: &str, #[case] answer: &str, #[case] expected: &str) -> Result<(), Box<dyn Error>> {
        let answer = if answer.is_empty() { String::new() } else { format!("HTTP/1.1 {answer}") };
        assert_eq!(answered(scheme, answer).await?, expected);
        Ok(())
    }

    #[rstest]
    #[case::just(BYTES_MAX, false)]
    #[case::one_more(BYTES_MAX + 1, true)]
    #[case::many_more(1 << 20, true)]
    #[tokio::test]
    async fn no_more_is_read(#[case] bytes: usize, #[case] too_long: bool) -> Result<(), Box<dyn Error>> {
        let answer = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(bytes));
        let expected = DocumentError::TooLong(BYTES_MAX).to_string();
        assert_eq!(answered("http", answer).await? == expected, too_long);
        Ok(())
    }
}
