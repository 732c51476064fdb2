//! TLS on the listener: what a client sees of it, and the files behind it.

use crate::client::Outcome;
use crate::harness::{Harness, REGISTRY};
use crate::network::served;
use rstest::rstest;
use rustls::client::WantsClientCert;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, SupportedProtocolVersion};
use server::Config;
use server::config::TlsConfig;
use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The time of the harness, as the client's.
#[derive(Debug)]
struct Fixed(UnixTime);

impl TimeProvider for Fixed {
    fn current_time(&self) -> Option<UnixTime> {
        Some(self.0)
    }
}

pub(crate) async fn self_signed() -> Outcome<Harness> {
    let tls = TlsConfig { self_signed: true, ..TlsConfig::default() };
    let default_registry = Some(REGISTRY.to_owned());
    Harness::new_with(Config { tls, default_registry, ..Config::default() }).await
}

/// A client that trusts the harness's authority and nothing else.
fn client(harness: &Harness, alpn: &[&str]) -> Outcome<ClientConfig> {
    client_of(harness, alpn, rustls::DEFAULT_VERSIONS)
}

fn client_of(
    harness: &Harness,
    alpn: &[&str],
    versions: &[&'static SupportedProtocolVersion],
) -> Outcome<ClientConfig> {
    let mut config = trusting(harness, versions)?.with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    Ok(config)
}

/// What a client with or without a certificate begins with.
pub(crate) fn trusting(
    harness: &Harness,
    versions: &[&'static SupportedProtocolVersion],
) -> Outcome<ConfigBuilder<ClientConfig, WantsClientCert>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(harness.data_file("tls/ca.pem"))?)?;
    let now = u64::try_from(harness.now().as_unix_seconds())?;
    let now = Arc::new(Fixed(UnixTime::since_unix_epoch(Duration::from_secs(now))));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_details(provider, now).with_protocol_versions(versions)?;
    Ok(builder.with_root_certificates(roots))
}

pub(crate) async fn connect(
    config: ClientConfig,
    address: SocketAddr,
    name: &'static str,
) -> io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from(name).map_err(io::Error::other)?;
    TlsConnector::from(Arc::new(config)).connect(name, TcpStream::connect(address).await?).await
}

#[rstest]
#[case::by_name("localhost")]
#[case::by_address("127.0.0.1")]
#[case::by_login_server("lnxcr.localhost")]
#[tokio::test]
async fn a_client_that_trusts_the_authority_is_answered_over_https(#[case] name: &'static str) -> Outcome {
    let harness = self_signed().await?;
    served(&harness, async |address| {
        let mut stream = connect(client(&harness, &["http/1.1"])?, address, name).await?;
        let request = format!("GET /v2/ HTTP/1.1\r\nHost: {name}:{}\r\nConnection: close\r\n\r\n", address.port());
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let realm = format!("realm=\"https://{name}:{}/oauth2/token\"", address.port());
        assert!(answer.starts_with("HTTP/1.1 401") && answer.contains(&realm), "{answer}");
        Ok(())
    })
    .await
}

#[rstest]
#[case::tls13(&rustls::version::TLS13, &["h2", "http/1.1"], "h2")]
#[case::tls12(&rustls::version::TLS12, &["http/1.1"], "http/1.1")]
#[tokio::test]
async fn version_and_protocol_are_negotiated(
    #[case] version: &'static SupportedProtocolVersion,
    #[case] offered: &[&str],
    #[case] expected: &str,
) -> Outcome {
    let harness = self_signed().await?;
    served(&harness, async |address| {
        let config = client_of(&harness, offered, &[version])?;
        let stream = connect(config, address, "localhost").await?;
        let (_, session) = stream.get_ref();
        assert_eq!(session.protocol_version(), Some(version.version));
        assert_eq!(session.alpn_protocol(), Some(expected.as_bytes()));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn plain_http_is_told_off_and_closed() -> Outcome {
    let harness = self_signed().await?;
    served(&harness, async |address| {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        // A TLS alert (RFC 8446 section 6), then the end of the stream.
        assert_eq!(answer.first(), Some(&21), "{answer:?}");
        Ok(())
    })
    .await
}

/// Whoever never shakes hands does not hold up a stop.
#[tokio::test]
async fn a_stop_does_not_wait_for_handshakes() -> Outcome {
    let harness = self_signed().await?;
    let mut silent = None;
    let stopped = served(&harness, async |address| {
        silent = Some(TcpStream::connect(address).await?);
        // Accepted after the silent one, and answered: the silent one is in its handshake.
        connect(client(&harness, &["http/1.1"])?, address, "localhost").await?;
        Ok(())
    });
    tokio::time::timeout(Duration::from_secs(8), stopped).await??;
    let mut answer = Vec::new();
    assert_eq!(silent.ok_or("not connected")?.read_to_end(&mut answer).await?, 0);
    Ok(())
}

#[tokio::test]
async fn the_certificate_is_kept_until_its_time_is_nearly_over() -> Outcome {
    let harness = self_signed().await?;
    let files = || -> io::Result<(String, String)> {
        let read = |name| fs::read_to_string(harness.data_file(name));
        Ok((read("tls/ca.pem")?, read("tls/cert.pem")?))
    };
    let (authority, certificate) = files()?;
    harness.advance(DAY * 334);
    harness.second_process().await?;
    assert_eq!(files()?, (authority.clone(), certificate.clone()), "31 days are left");

    harness.advance(DAY * 2);
    let renewed = harness.second_process().await?;
    let (same_authority, new_certificate) = files()?;
    assert_eq!(same_authority, authority);
    assert_ne!(new_certificate, certificate);
    harness.advance(DAY * 300);
    served(&renewed, async |address| {
        connect(client(&harness, &[])?, address, "localhost").await?;
        Ok(())
    })
    .await?;

    harness.advance(DAY * 3650);
    let next = harness.second_process().await?;
    assert_ne!(files()?.0, authority, "the authority's own time is over");
    served(&next, async |address| {
        connect(client(&harness, &[])?, address, "localhost").await.map(drop).map_err(Into::into)
    })
    .await
}

#[cfg(unix)]
#[tokio::test]
async fn keys_are_the_owners_only() -> Outcome {
    use std::os::unix::fs::PermissionsExt;
    let harness = self_signed().await?;
    for name in ["tls/ca-key.pem", "tls/key.pem"] {
        let path = harness.data_file(name);
        assert_eq!(fs::metadata(&path)?.permissions().mode() & 0o777, 0o600, "{name}");
    }
    let key = harness.data_file("tls/ca-key.pem");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644))?;
    let message = harness.second_process().await.err().map(|error| chain(&*error)).unwrap_or_default();
    assert!(message.contains(&key.display().to_string()) && message.contains("chmod 600"), "{message}");
    Ok(())
}

#[rstest]
#[case::missing("nowhere.pem", "tls/key.pem", "nowhere.pem cannot be read or written: No such file")]
#[case::missing_key("tls/cert.pem", "nowhere.pem", "nowhere.pem cannot be read or written: No such file")]
#[case::no_certificate("tls/key.pem", "tls/key.pem", "key.pem holds no certificate in PEM")]
#[case::no_key("tls/cert.pem", "tls/cert.pem", "cert.pem holds no private key in PEM")]
#[case::not_pem("service-principal.json", "tls/key.pem", "service-principal.json holds no certificate")]
#[case::another_key("tls/cert.pem", "tls/ca-key.pem", "ca-key.pem does not belong to the certificate")]
#[case::half("tls/cert.pem", "", "--tls-cert FILE --tls-key FILE")]
#[tokio::test]
async fn a_wrong_file_is_named(#[case] cert: &str, #[case] key: &str, #[case] expected: &str) -> Outcome {
    let made = self_signed().await?;
    let file = |name: &str| (!name.is_empty()).then(|| made.data_file(name));
    let message = with_files(file(cert), file(key)).await.err().map(|error| chain(&*error)).unwrap_or_default();
    assert!(message.contains(expected), "{message}");
    Ok(())
}

#[tokio::test]
async fn given_files_are_served() -> Outcome {
    let made = self_signed().await?;
    let given = with_files(Some(made.data_file("tls/cert.pem")), Some(made.data_file("tls/key.pem"))).await?;
    assert_eq!(given.server.authority_file(), None);
    assert!(!given.data_file("tls").exists(), "nothing is made beside given files");
    served(&given, async |address| {
        connect(client(&made, &[])?, address, "localhost").await?;
        Ok(())
    })
    .await
}

/// New connections get the new certificate, those that are there go on; a pair that does not match changes nothing.
#[tokio::test]
async fn a_changed_certificate_is_taken_in() -> Outcome {
    let made = self_signed().await?;
    let folder = tempfile::tempdir()?;
    let install = |name: &str| fs::copy(made.data_file(&format!("tls/{name}")), folder.path().join(name)).map(drop);
    install("cert.pem")?;
    install("key.pem")?;
    let [cert, key] = ["cert.pem", "key.pem"].map(|name| Some(folder.path().join(name)));
    let harness = with_files(cert, key).await?;
    served(&harness, async |address| {
        let shown = async || shown(client(&made, &[])?, address).await;
        let mut open = connect(client(&made, &["http/1.1"])?, address, "localhost").await?;
        let before = shown().await?;
        made.advance(DAY * 336);
        made.second_process().await?;
        install("cert.pem")?;
        harness.server.reload_certificate().await;
        assert_eq!(shown().await?, before, "half a pair");
        install("key.pem")?;
        harness.server.reload_certificate().await;
        assert_ne!(shown().await?, before);
        assert_eq!(shown().await?, CertificateDer::from_pem_file(made.data_file("tls/cert.pem"))?);
        open.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
        let mut answer = String::new();
        open.read_to_string(&mut answer).await?;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        Ok(())
    })
    .await
}

/// The certificate that a new connection is shown.
async fn shown(config: ClientConfig, address: SocketAddr) -> Outcome<CertificateDer<'static>> {
    let stream = connect(config, address, "localhost").await?;
    let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first).ok_or("a certificate")?;
    Ok(shown.clone().into_owned())
}

/// Nobody has to start the server again for it.
#[tokio::test]
async fn a_certificate_of_our_own_is_renewed_while_it_is_served() -> Outcome {
    let harness = self_signed().await?;
    let before = CertificateDer::from_pem_file(harness.data_file("tls/cert.pem"))?;
    harness.advance(DAY * 336);
    served(&harness, async |address| {
        harness.server.reload_certificate().await;
        let shown = shown(client(&harness, &[])?, address).await?;
        assert_ne!(shown, before);
        assert_eq!(shown, CertificateDer::from_pem_file(harness.data_file("tls/cert.pem"))?);
        Ok(())
    })
    .await
}

async fn with_files(cert: Option<PathBuf>, key: Option<PathBuf>) -> Outcome<Harness> {
    let tls = TlsConfig { cert, key, self_signed: false };
    Harness::new_with(Config { tls, ..Config::default() }).await
}

/// An error with all its causes, as the program shows it.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        message = format!("{message}: {cause}");
        source = cause.source();
    }
    message
}
