//! Certificates of clients on the listener: full and resumed handshakes of both versions, and who cannot shake hands.

use crate::client::Outcome;
use crate::client_certificate::ClientCertificate;
use crate::harness::{Harness, Holder};
use crate::network::served;
use crate::tls::{connect, self_signed, trusting};
use model::action::Action;
use rcgen::{
    CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, SignatureAlgorithm,
};
use rstest::rstest;
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, HandshakeKind, SignatureScheme, SupportedProtocolVersion};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const NAME: &str = "lnxcr.localhost";

/// A site with a token `builder` that has the certificate.
async fn site(certificate: &ClientCertificate) -> Outcome<Harness> {
    let harness = self_signed().await?;
    let holder = Holder { name: "builder", repositories: "samples/*", actions: &Action::ALL };
    harness.certified(holder, certificate).await?;
    Ok(harness)
}

fn versions(version: &'static SupportedProtocolVersion) -> [&'static SupportedProtocolVersion; 1] {
    [version]
}

fn key_of(key: &KeyPair) -> PrivateKeyDer<'static> {
    PrivatePkcs8KeyDer::from(key.serialize_der()).into()
}

fn presenting(
    harness: &Harness,
    certificate: &ClientCertificate,
    version: &'static SupportedProtocolVersion,
) -> Outcome<ClientConfig> {
    let chain = vec![certificate.certificate.der().clone()];
    Ok(trusting(harness, &versions(version))?.with_client_auth_cert(chain, key_of(&certificate.key))?)
}

/// The status of a request on a connection of its own, and how the two shook hands.
async fn ask(config: ClientConfig, address: SocketAddr, further: &str) -> Outcome<(String, Option<HandshakeKind>)> {
    let mut stream = connect(config, address, NAME).await?;
    let request = format!("GET /v2/_catalog HTTP/1.1\r\nHost: {NAME}\r\n{further}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let status = answer.split(' ').nth(1).ok_or("a status")?.to_owned();
    Ok((status, stream.get_ref().1.handshake_kind()))
}

fn status(asked: Outcome<(String, Option<HandshakeKind>)>) -> Outcome<String> {
    asked.map(|(status, _)| status)
}

/// Also what a resumed connection is let in with is judged at each request.
#[rstest]
#[case::tls13(&rustls::version::TLS13)]
#[case::tls12(&rustls::version::TLS12)]
#[tokio::test]
async fn on_full_and_resumed_connections(#[case] version: &'static SupportedProtocolVersion) -> Outcome {
    let certificate = ClientCertificate::new("builder")?;
    let harness = site(&certificate).await?;
    served(&harness, async |address| {
        let config = presenting(&harness, &certificate, version)?;
        let mut without_resuming = config.clone();
        without_resuming.resumption = Resumption::disabled();
        assert_eq!(ask(without_resuming, address, "").await?, ("200".to_owned(), Some(HandshakeKind::Full)));
        assert_eq!(ask(config.clone(), address, "").await?, ("200".to_owned(), Some(HandshakeKind::Full)));
        assert_eq!(ask(config.clone(), address, "").await?, ("200".to_owned(), Some(HandshakeKind::Resumed)));
        harness.disable("builder").await?;
        assert_eq!(ask(config, address, "").await?, ("401".to_owned(), Some(HandshakeKind::Resumed)));
        Ok(())
    })
    .await
}

/// A connection lives longer than what opened it.
#[tokio::test]
async fn an_open_connection_is_judged_at_each_request() -> Outcome {
    let certificate = ClientCertificate::new("builder")?;
    let harness = site(&certificate).await?;
    served(&harness, async |address| {
        let mut stream = connect(presenting(&harness, &certificate, &rustls::version::TLS13)?, address, NAME).await?;
        let mut ask = async |expected: &str| {
            let request = format!("GET /v2/_catalog HTTP/1.1\r\nHost: {NAME}\r\n\r\n");
            stream.write_all(request.as_bytes()).await?;
            let mut answer = [0; 4096];
            let read = stream.read(&mut answer).await?;
            let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
            assert!(answer.starts_with(&format!("HTTP/1.1 {expected}")), "{answer}");
            Outcome::Ok(())
        };
        ask("200").await?;
        harness.disable("builder").await?;
        ask("401").await
    })
    .await
}

#[rstest]
#[case::p256(&PKCS_ECDSA_P256_SHA256)]
#[case::p384(&PKCS_ECDSA_P384_SHA384)]
#[case::ed25519(&PKCS_ED25519)]
#[tokio::test]
async fn of_every_kind_of_key(#[case] kind: &'static SignatureAlgorithm) -> Outcome {
    let key = KeyPair::generate_for(kind)?;
    let certificate = ClientCertificate::with_key("builder", key)?;
    let harness = site(&certificate).await?;
    served(&harness, async |address| {
        for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
            assert_eq!(status(ask(presenting(&harness, &certificate, version)?, address, "").await)?, "200");
        }
        Ok(())
    })
    .await
}

/// One of an authority, sent with it: nobody asks whose it is.
#[tokio::test]
async fn of_an_authority() -> Outcome {
    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_certificate = authority.clone().self_signed(&authority_key)?;
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let certificate = ClientCertificate::signed_by("builder", &issuer)?;
    let harness = site(&certificate).await?;
    served(&harness, async |address| {
        let chain = vec![certificate.certificate.der().clone(), authority_certificate.der().clone()];
        let config =
            trusting(&harness, rustls::DEFAULT_VERSIONS)?.with_client_auth_cert(chain, key_of(&certificate.key))?;
        assert_eq!(status(ask(config, address, "").await)?, "200");
        // Another certificate of the same authority and name is another one.
        let other = ClientCertificate::signed_by("builder", &issuer)?;
        assert_eq!(status(ask(presenting(&harness, &other, &rustls::version::TLS13)?, address, "").await)?, "401");
        Ok(())
    })
    .await
}

/// Certificates are public: without the key one is worth nothing, and the connection ends.
#[rstest]
#[case::tls13(&rustls::version::TLS13)]
#[case::tls12(&rustls::version::TLS12)]
#[tokio::test]
async fn without_its_key(#[case] version: &'static SupportedProtocolVersion) -> Outcome {
    let certificate = ClientCertificate::new("builder")?;
    let harness = site(&certificate).await?;
    let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key_of(&KeyPair::generate()?))?;
    let stolen = CertifiedKey::new(vec![certificate.certificate.der().clone()], key);
    served(&harness, async |address| {
        let resolver = Arc::new(Stolen(Arc::new(stolen)));
        let config = trusting(&harness, &versions(version))?.with_client_cert_resolver(resolver);
        assert!(ask(config, address, "").await.is_err());
        Ok(())
    })
    .await
}

/// Presents a certificate with whatever key it has.
#[derive(Debug)]
struct Stolen(Arc<CertifiedKey>);

impl ResolvesClientCert for Stolen {
    fn resolve(&self, hints: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        assert!(hints.is_empty(), "the server names no authorities: clients that know none of them would send nothing");
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// Who has none, and who says so in a header, is a stranger; and a certificate does not hide behind another header.
#[tokio::test]
async fn nobody_else_is_let_in() -> Outcome {
    let certificate = ClientCertificate::new("builder")?;
    let harness = site(&certificate).await?;
    served(&harness, async |address| {
        let without = trusting(&harness, rustls::DEFAULT_VERSIONS)?.with_no_client_auth();
        let said = format!("Client-Cert: {}\r\n", certificate.said_by_proxy());
        assert_eq!(status(ask(without.clone(), address, "").await)?, "401");
        assert_eq!(status(ask(without, address, &said).await)?, "401");
        let own = ClientCertificate::new("nobody")?;
        let other = presenting(&harness, &own, &rustls::version::TLS13)?;
        assert_eq!(status(ask(other, address, &said).await)?, "401");
        let known = presenting(&harness, &certificate, &rustls::version::TLS13)?;
        let said = format!("Client-Cert: {}\r\n", own.said_by_proxy());
        assert_eq!(status(ask(known, address, &said).await)?, "200");
        Ok(())
    })
    .await
}
