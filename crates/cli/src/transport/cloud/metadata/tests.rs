use super::*;
use rstest::rstest;
use std::io::{Read, Write};
use std::net::TcpListener;

const STACK: &str = r#"{"name":"Stack","resourceManager":"https://management.stack.example/","portal":"https://p/",
    "authentication":{"loginEndpoint":"https://login.stack.example/","audiences":["https://management.stack.example/guid/","x"],"tenant":"common"},
    "suffixes":{"acrLoginServer":".azurecr.stack.example","storage":"s"}}"#;

/// An address that answers one request, and what was asked there.
fn answering(status: u16, body: &'static str) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            request.extend(byte);
        }
        let length = body.len();
        write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}").unwrap();
        String::from_utf8(request).unwrap()
    });
    (url, thread)
}

fn read_now(url: &str) -> Result<Described, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(read(url)).map_err(|failure| failure.to_string())
}

#[test]
fn a_cloud_is_asked_for_its_addresses() {
    let (url, asked) = answering(200, STACK);
    let described = read_now(&url).unwrap();
    assert!(asked.join().unwrap().starts_with("GET /metadata/endpoints?api-version=2022-09-01 HTTP/1.1\r\n"));
    let cloud = CustomCloud {
        name: "Stack".to_owned(),
        login_endpoint: "https://login.stack.example".to_owned(),
        audience: "https://management.stack.example/guid".to_owned(),
        login_server_suffix: "azurecr.stack.example".to_owned(),
    };
    let resource_manager = "https://management.stack.example".to_owned();
    assert_eq!(described, Described { resource_manager, cloud: Some(cloud) });
}

#[test]
fn a_server_that_one_signs_in_to_at_itself_is_a_server() {
    let document = STACK.replace("https://login.stack.example/", "https://management.stack.example");
    let described = described(document.as_bytes()).unwrap();
    assert_eq!(described.cloud, None);
    assert_eq!(described.resource_manager, "https://management.stack.example");
}

#[rstest]
#[case("[]", "it describes 0 clouds")]
#[case(r#"{"name":"Stack"}"#, "are not all there")]
#[case("<html>", "are not all there")]
#[case(&STACK.replace("https://login", "http://login"), "loginEndpoint: ")]
#[case(&STACK.replace("https://management.stack.example/\"", "http://management.stack.example/\""), "resourceManager: ")]
#[case(&STACK.replace("login.stack.example/", "adfs.stack.example/adfs"), "AD FS")]
#[case(&STACK.replace("[\"https://management.stack.example/guid/\",\"x\"]", "[]"), "audiences is empty")]
#[case(&STACK.replace(".azurecr.stack.example", ""), "acrLoginServer is empty")]
fn what_describes_no_cloud_is_refused(#[case] document: &str, #[case] expected: &str) {
    let told = described(document.as_bytes()).unwrap_err();
    assert!(told.contains(expected), "{told}");
}

#[test]
fn an_error_or_plain_http_to_another_machine_is_refused() {
    let (url, _asked) = answering(404, "{}");
    let told = read_now(&url).unwrap_err();
    assert!(told.contains("/metadata/endpoints is not the description of a cloud: it answers 404"), "{told}");
    assert!(read_now("http://stack.example").unwrap_err().contains("plain HTTP to another machine"));
}
