use super::*;
use crate::environment::Variables;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

const BEARER: &str = r#"{"token_type":"Bearer","expires_in":"3600","access_token":"the-bearer"}"#;
const REFUSED: &str = r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret."}"#;

/// An authority that answers one request after another, and what each asked.
pub(super) fn authority(answers: Vec<(u16, &'static str)>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let answer = |(status, body): (u16, &str)| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let whole = |request: &[u8]| {
                let text = String::from_utf8_lossy(request).to_ascii_lowercase();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
                body.len() >= length.unwrap_or(0)
            };
            while !whole(&request) {
                let mut bytes = [0; 4096];
                let length = stream.read(&mut bytes).unwrap();
                request.extend(&bytes[..length]);
            }
            let length = body.len();
            write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
                .unwrap();
            String::from_utf8(request).unwrap()
        };
        answers.into_iter().map(answer).collect()
    });
    (address, thread)
}

fn principal() -> Credential {
    Credential::Secret(ServicePrincipal {
        tenant_id: "tenant".to_owned(),
        client_id: "client".to_owned(),
        client_secret: Secret::new("hun/ter+2".to_owned()),
    })
}

fn log_in(authority: &str, credentials: Vec<Credential>) -> Result<(Secret, String), TransportError> {
    let resource = "https://management.azure.com".to_owned();
    let login_server_suffix = "azurecr.io".to_owned();
    let entra = Entra { authority: authority.to_owned(), resource, login_server_suffix, credentials };
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(entra.log_in(&HttpClient::new(authority).unwrap()))
}

#[test]
fn a_secret_is_sent_to_the_tenants_token_endpoint() {
    let (authority, asked) = authority(vec![(200, BEARER)]);
    let (bearer, said) = log_in(&authority, vec![principal()]).unwrap();
    assert_eq!((bearer.reveal(), said.as_str()), ("the-bearer", "Signed in with a service principal's secret."));
    let asked = asked.join().unwrap().remove(0);
    assert!(asked.starts_with("POST /tenant/oauth2/v2.0/token HTTP/1.1\r\n"), "{asked}");
    let form = "grant_type=client_credentials&client_id=client&client_secret=hun%2Fter%2B2\
                &scope=https%3A%2F%2Fmanagement.azure.com%2F.default";
    assert!(asked.ends_with(form), "{asked}");
}

#[test]
fn a_workload_identity_shows_the_token_in_its_file() {
    let (authority, asked) = authority(vec![(200, BEARER)]);
    let folder = tempfile::tempdir().unwrap();
    let token_file = folder.path().join("token");
    std::fs::write(&token_file, "a.b.c\n").unwrap();
    let federated =
        Credential::Federated { tenant_id: "tenant".to_owned(), client_id: "client".to_owned(), token_file };
    assert_eq!(log_in(&authority, vec![federated]).unwrap().0.reveal(), "the-bearer");
    let asked = asked.join().unwrap().remove(0);
    assert!(asked.contains("client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"));
    assert!(asked.contains("&client_assertion=a.b.c&"), "{asked}");
}

#[test]
fn a_hosted_identity_wants_its_header() {
    let (endpoint, asked) = authority(vec![(200, BEARER)]);
    let hosted = Some((format!("{endpoint}/msi/token"), Secret::new("header".to_owned())));
    let identity = Credential::ManagedIdentity { client_id: Some("mine".to_owned()), hosted };
    assert_eq!(log_in(&endpoint, vec![identity]).unwrap().0.reveal(), "the-bearer");
    let asked = asked.join().unwrap().remove(0).to_ascii_lowercase();
    let line =
        "get /msi/token?api-version=2019-08-01&resource=https%3a%2f%2fmanagement.azure.com%2f&client_id=mine http/1.1";
    assert!(asked.starts_with(line) && asked.contains("x-identity-header: header\r\n"), "{asked}");
}

#[test]
fn a_chain_takes_the_first_that_works_and_says_why_not_those_before() {
    let (authority, asked) = authority(vec![(401, REFUSED), (200, BEARER)]);
    let unset = Credential::Unset { name: "the workload identity", missing: "AZURE_FEDERATED_TOKEN_FILE is not set" };
    let (_, said) = log_in(&authority, vec![principal(), unset, principal()]).unwrap();
    assert_eq!(
        said,
        "Signed in with a service principal's secret. Before it: a service principal's secret: [invalid_client] : \
         AADSTS7000215: Invalid client secret; the workload identity: AZURE_FEDERATED_TOKEN_FILE is not set."
    );
    assert_eq!(asked.join().unwrap().len(), 2);
}

#[test]
fn a_chain_that_ends_names_each_and_no_secret() {
    let (authority, _asked) = authority(vec![(401, REFUSED)]);
    let unset = Credential::Unset { name: "the environment", missing: "nothing is set" };
    let message = log_in(&authority, vec![unset, principal()]).unwrap_err().to_string();
    assert!(message.contains("the environment: ") && message.contains("AADSTS7000215"), "{message}");
    assert!(!message.contains("hun/ter"), "{message}");
}

#[test]
fn the_chain_is_that_of_azures_libraries() {
    let variables = Variables {
        azure_tenant_id: Some("t".to_owned()),
        azure_client_id: Some("c".to_owned()),
        azure_client_secret: Some(Secret::new("s".to_owned())),
        azure_federated_token_file: Some(PathBuf::from("/f")),
        ..Variables::default()
    };
    let environment = Environment { variables, ..Environment::default() };
    let cloud = Cloud::find("azureusgovernment").unwrap();
    let names =
        |environment| Entra::chain(cloud, environment).credentials.iter().map(Credential::name).collect::<Vec<_>>();
    assert_eq!(
        names(&environment),
        ["a service principal's secret", "a workload identity", "a managed identity", "azure-cli's login"]
    );
    assert_eq!(
        names(&Environment::default()),
        ["the environment", "the workload identity", "a managed identity", "azure-cli's login"]
    );
    assert_eq!(Entra::chain(cloud, &environment).authority, "https://login.microsoftonline.us");
}

#[test]
fn a_certificate_signs_what_is_shown() {
    let (authority, asked) = authority(vec![(200, BEARER)]);
    let folder = tempfile::tempdir().unwrap();
    let certificate_file = folder.path().join("robot.pem");
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let certificate = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
    std::fs::write(&certificate_file, key.serialize_pem() + &certificate.pem()).unwrap();
    let variables = Variables {
        azure_tenant_id: Some("tenant".to_owned()),
        azure_client_id: Some("client".to_owned()),
        azure_client_certificate_path: Some(certificate_file.clone()),
        ..Variables::default()
    };
    let environment = Environment { variables, now_micros: 1_700_000_000_000_000, ..Environment::default() };
    let chain = Entra::chain(Cloud::find("AzureCloud").unwrap(), &environment).credentials;
    let (bearer, said) = log_in(&authority, chain).unwrap();
    assert_eq!(bearer.reveal(), "the-bearer");
    assert_eq!(said, "Signed in with a service principal's certificate.");
    let asked = asked.join().unwrap().remove(0);
    assert!(asked.starts_with("POST /tenant/oauth2/v2.0/token HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("&client_assertion=eyJ") && !asked.contains("PRIVATE"), "{asked}");
    std::fs::write(&certificate_file, certificate.pem()).unwrap();
    let broken = Credential::Certificate {
        tenant_id: "tenant".to_owned(),
        client_id: "client".to_owned(),
        certificate_file,
        now_micros: 0,
    };
    let told = log_in(&authority, vec![broken]).unwrap_err().to_string();
    assert!(told.contains("robot.pem: it holds no private key"), "{told}");
}

#[test]
fn a_login_that_may_work_later_says_so_also_in_a_chain() {
    const BUSY: &str = r#"{"error":"temporarily_unavailable","error_description":"AADSTS90033."}"#;
    let (authority, asked) = authority(vec![(503, BUSY), (401, REFUSED)]);
    let error = log_in(&authority, vec![principal(), principal()]).unwrap_err();
    assert!(matches!(&error, TransportError::LoginBusy(busy) if busy.status == 503), "{error:?}");
    let told = "answers 503, not now. [temporarily_unavailable] : AADSTS90033. Also tried: a service principal's secret: \
                [invalid_client] : AADSTS7000215: Invalid client secret.";
    assert!(error.to_string().ends_with(told), "{error}");
    assert_eq!(asked.join().unwrap().len(), 2);
}

#[test]
fn a_token_file_that_is_empty_or_no_text_is_not_sent() {
    let folder = tempfile::tempdir().unwrap();
    let token_file = folder.path().join("token");
    for (content, expected) in [(&b" \n"[..], "it is empty"), (&b"a.\xff.c"[..], "it is not UTF-8 text")] {
        std::fs::write(&token_file, content).unwrap();
        let federated = Credential::Federated {
            tenant_id: "tenant".to_owned(),
            client_id: "client".to_owned(),
            token_file: token_file.clone(),
        };
        let told = log_in("http://127.0.0.1:9", vec![federated]).unwrap_err().to_string();
        assert!(told.ends_with(expected), "{told}");
    }
}

#[test]
fn nobody_there_is_told_by_the_innermost_cause() {
    // tcpmux: nobody has it, and no test is given it.
    let told = log_in("http://127.0.0.1:1", vec![principal()]).unwrap_err().to_string();
    assert!(told.contains("refused") && !told.contains("error sending request"), "{told}");
}

#[test]
fn an_answer_without_an_end_is_not_read() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let authority = format!("http://{}", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // An answer that comes before its request is none.
        stream.read_exact(&mut [0]).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").unwrap();
        // Ends when the reader hangs up.
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
    });
    let error = log_in(&authority, vec![principal()]).unwrap_err();
    assert!(matches!(error, TransportError::AnswerTooLong { .. }), "{error}");
    thread.join().unwrap();
}
