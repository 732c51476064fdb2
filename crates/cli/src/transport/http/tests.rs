use super::*;
use crate::limits::ANSWER_BYTES_MAX;
use rstest::rstest;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

fn principal() -> ServicePrincipal {
    ServicePrincipal {
        tenant_id: "tenant".to_owned(),
        client_id: "client".to_owned(),
        client_secret: Secret::new("hun/ter+2".to_owned()),
    }
}

/// A server for one connection after another: gives each the next answer, and remembers what it was asked.
fn serve(answers: Vec<String>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let answer = |answer: String| {
            let (mut stream, _) = listener.accept().unwrap();
            let request = read_request(&mut stream);
            stream.write_all(answer.as_bytes()).unwrap();
            request
        };
        answers.into_iter().map(answer).collect()
    });
    (endpoint, thread)
}

fn read_request(stream: &mut impl Read) -> String {
    let (mut request, mut byte) = (Vec::new(), [0]);
    while !request.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        request.extend(byte);
    }
    let head = String::from_utf8(request).unwrap();
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).unwrap();
    head + &String::from_utf8(body).unwrap()
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

const BEARER: &str = r#"{"token_type":"Bearer","expires_in":3600,"access_token":"the-bearer"}"#;

fn get(transport: &HttpTransport, path: &str) -> Result<Response<Bytes>, TransportError> {
    let request = Request::get(path).body(Bytes::new()).unwrap();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(transport.send(request))
}

#[test]
fn logs_in_once_and_carries_the_bearer() {
    let (endpoint, server) =
        serve(vec![answer("200 OK", BEARER), answer("200 OK", "one"), answer("404 Not Found", "two")]);
    let transport = HttpTransport::new(&endpoint, principal()).unwrap();
    assert_eq!(get(&transport, "/a%2Fb?api-version=x").unwrap().body(), "one");
    assert_eq!(get(&transport, "/b").unwrap().status(), StatusCode::NOT_FOUND);
    let asked = server.join().unwrap();
    assert!(asked[0].starts_with("POST /tenant/oauth2/v2.0/token HTTP/1.1\r\n"), "{}", asked[0]);
    let form =
        "grant_type=client_credentials&client_id=client&client_secret=hun%2Fter%2B2&scope=http%3A%2F%2F127.0.0.1";
    assert!(asked[0].contains(form), "{}", asked[0]);
    assert!(asked[1].starts_with("GET /a%2Fb?api-version=x HTTP/1.1\r\n"), "{}", asked[1]);
    assert!(asked[1..].iter().all(|request| request.contains("authorization: Bearer the-bearer\r\n")), "{asked:?}");
}

#[test]
fn a_redirect_is_an_answer() {
    let redirect =
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let (endpoint, server) = serve(vec![answer("200 OK", BEARER), redirect.to_owned()]);
    let transport = HttpTransport::new(&endpoint, principal()).unwrap();
    assert_eq!(get(&transport, "/").unwrap().status(), StatusCode::FOUND);
    server.join().unwrap();
}

#[rstest]
#[case("401 Unauthorized", r#"{"error":"invalid_client","error_description":"No."}"#, "[invalid_client] : No.")]
#[case("200 OK", "<html>", "answers 200 and no bearer.")]
#[case("404 Not Found", "", "answers 404 and no bearer.")]
fn a_login_that_fails_says_why(#[case] status: &str, #[case] body: &str, #[case] expected: &str) {
    let (endpoint, server) = serve(vec![answer(status, body)]);
    let error = get(&HttpTransport::new(&endpoint, principal()).unwrap(), "/").unwrap_err().to_string();
    assert!(error.ends_with(expected), "{error}");
    assert!(!error.contains("hun"), "{error}");
    server.join().unwrap();
}

#[test]
fn an_answer_that_is_too_long_is_dropped() {
    let long = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}", "x".repeat(ANSWER_BYTES_MAX + 1));
    let (endpoint, server) = serve(vec![answer("200 OK", BEARER), long]);
    let transport = HttpTransport::new(&endpoint, principal()).unwrap();
    assert!(matches!(get(&transport, "/"), Err(TransportError::AnswerTooLong { .. })));
    drop(transport);
    let _ = server.join();
}

#[test]
fn nobody_there_says_where_and_why() {
    let endpoint = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let error = get(&HttpTransport::new(&endpoint, principal()).unwrap(), "/").unwrap_err().to_string();
    assert!(error.starts_with(&format!("Cannot reach {endpoint}: ")) && error.contains("refused"), "{error}");
}

#[rstest]
#[case("https://management.azure.com", true)]
#[case("https://portcullis.example:8443/", true)]
#[case("http://127.0.0.1:5000", true)]
#[case("http://127.9.9.9", true)]
#[case("http://[::1]:5000", true)]
#[case("http://LOCALHOST:5000", true)]
#[case("http://portcullis.example", false)]
#[case("http://10.0.0.1", false)]
#[case("http://localhost.example", false)]
#[case("https://host/path", false)]
#[case("https://user:password@host", false)]
#[case("https://host?query", false)]
#[case("ftp://host", false)]
#[case("host:5000", false)]
#[case("", false)]
fn an_endpoint_is_scheme_host_and_port_and_safe(#[case] text: &str, #[case] accepted: bool) {
    let outcome = HttpTransport::new(text, principal()).map(drop);
    assert_eq!(outcome.is_ok(), accepted, "{outcome:?}");
}

#[rstest]
#[case("one.azurecr.io", true)]
#[case("One.AzureCR.io", true)]
#[case("azurecr.io", false)]
#[case(".azurecr.io", false)]
#[case("oneazurecr.io", false)]
#[case("one.azurecr.io.example", false)]
#[case("user@one.azurecr.io", false)]
#[case("elsewhere.example", false)]
fn a_bearer_goes_to_registries_of_its_cloud_alone(#[case] login_server: &str, #[case] expected: bool) {
    assert_eq!(Endpoint::of_registry(login_server, "azurecr.io").is_ok(), expected);
}
