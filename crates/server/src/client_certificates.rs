//! Certificates that clients prove themselves with: on the connection, or to a proxy in front that says so (RFC 9440).
//!
//! Anybody may present any certificate. What is checked here is that the client holds its key; whose it is, and whether it counts, is the
//! service's to say (decision D4).

use crate::proxies::TrustedProxies;
use crate::requests::Peer;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::HeaderName;
use http::{Extensions, HeaderMap, HeaderValue};
use model::certificate::Fingerprint;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, ServerConnection, SignatureScheme};
use std::sync::Arc;

/// RFC 9440, section 2.2.
const CLIENT_CERT: HeaderName = HeaderName::from_static("client-cert");
/// RFC 9440, section 2.3.
const CLIENT_CERT_CHAIN: HeaderName = HeaderName::from_static("client-cert-chain");

/// The certificate whose key the caller has proven to hold. An extension of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientCertificate(Fingerprint);

/// A trusted proxy sent a `Client-Cert` that is none, or two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the proxy's Client-Cert header is repeated or is not a certificate between colons in base64 (RFC 9440)")]
pub(crate) struct InvalidClientCert;

impl ClientCertificate {
    /// Of a connection after its handshake, be it a full one or a resumed one.
    pub(crate) fn of_connection(session: &ServerConnection) -> Option<Self> {
        session.peer_certificates()?.first().map(|certificate| Self(Fingerprint::of(certificate)))
    }

    /// Of a request, once [`settle`] has seen it.
    pub(crate) fn of_request(extensions: &Extensions) -> Option<Fingerprint> {
        extensions.get::<Self>().map(|Self(fingerprint)| *fingerprint)
    }
}

/// Decides which certificate a request came with. From a trusted proxy it is the one that its header names, and never the proxy's own;
/// from anybody else it is that of the connection, and the headers are thrown away.
pub(crate) fn settle(
    headers: &mut HeaderMap,
    extensions: &mut Extensions,
    proxies: &TrustedProxies,
) -> Result<(), InvalidClientCert> {
    let said: Vec<HeaderValue> = headers.get_all(CLIENT_CERT).iter().cloned().collect();
    headers.remove(CLIENT_CERT);
    headers.remove(CLIENT_CERT_CHAIN);
    let peer = extensions.get::<Peer>().copied();
    if !peer.is_some_and(|Peer(address)| proxies.trusts(address.ip())) {
        return Ok(());
    }
    extensions.remove::<ClientCertificate>();
    match &said[..] {
        [] => Ok(()),
        [said] => {
            extensions.insert(ClientCertificate(parse(said)?));
            Ok(())
        }
        // A proxy that adds to what its client sent, instead of replacing it, lets anybody in.
        _ => Err(InvalidClientCert),
    }
}

/// A byte sequence (RFC 8941, section 3.3.5) of the certificate's DER.
fn parse(value: &HeaderValue) -> Result<Fingerprint, InvalidClientCert> {
    let text = value.to_str().map_err(|_| InvalidClientCert)?.trim();
    let inner = text.strip_prefix(':').and_then(|rest| rest.strip_suffix(':')).ok_or(InvalidClientCert)?;
    let der = STANDARD.decode(inner).map_err(|_| InvalidClientCert)?;
    if der.is_empty() { Err(InvalidClientCert) } else { Ok(Fingerprint::of(&der)) }
}

/// Whether TLS can read a certificate at all when a client presents it: that the library which checks handshakes knows every critical
/// extension of it, for one.
pub(crate) fn check_readable(der: &[u8]) -> Result<(), Error> {
    ParsedCertificate::try_from(&CertificateDer::from(der)).map(drop)
}

/// Asks every client for a certificate, goes on without one, and takes any whose key the client proves to hold.
#[derive(Debug)]
pub(crate) struct AnyCertificate {
    provider: Arc<CryptoProvider>,
}

impl AnyCertificate {
    /// Checks signatures with `provider`.
    pub(crate) fn new(provider: Arc<CryptoProvider>) -> Self {
        Self { provider }
    }
}

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    /// None: clients that are told names send nothing when no authority of theirs is among them.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    /// Neither issuer nor time: pinning decides the one, and the service, whose clock counts, the other on every request.
    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        check_readable(end_entity)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::net::SocketAddr;

    /// `:AQID:` in RFC 9440's words.
    const SAID: [u8; 3] = [1, 2, 3];
    const OWN: [u8; 1] = [9];

    fn settled(peer: Option<&str>, sent: &[&str]) -> Result<Option<Fingerprint>, InvalidClientCert> {
        let mut extensions = Extensions::new();
        let proxies = TrustedProxies::try_from(vec!["192.0.2.0/28".to_owned()]).expect("a network");
        if let Some(peer) = peer {
            extensions.insert(Peer(peer.parse::<SocketAddr>().expect("an address")));
            extensions.insert(ClientCertificate(Fingerprint::of(&OWN)));
        }
        let mut headers = HeaderMap::new();
        for value in sent {
            headers.append(CLIENT_CERT, HeaderValue::from_str(value).expect("a value"));
            headers.append(CLIENT_CERT_CHAIN, HeaderValue::from_str(value).expect("a value"));
        }
        let outcome = settle(&mut headers, &mut extensions, &proxies);
        assert!(headers.is_empty(), "nobody behind sees them");
        outcome.map(|()| ClientCertificate::of_request(&extensions))
    }

    #[rstest]
    #[case::proxy(Some("192.0.2.1:4000"), &[":AQID:"], Some(&SAID[..]))]
    #[case::proxy_of_a_client_without_one(Some("192.0.2.1:4000"), &[], None)]
    #[case::stranger(Some("192.0.2.16:4000"), &[":AQID:"], Some(&OWN[..]))]
    #[case::stranger_twice(Some("192.0.2.16:4000"), &[":AQID:", ":AQID:"], Some(&OWN[..]))]
    #[case::in_process(None, &[":AQID:"], None)]
    fn whose_word_counts(#[case] peer: Option<&str>, #[case] sent: &[&str], #[case] expected: Option<&[u8]>) {
        assert_eq!(settled(peer, sent), Ok(expected.map(Fingerprint::of)));
    }

    #[rstest]
    #[case::twice(&[":AQID:", ":AQID:"])]
    #[case::pem(&["-----BEGIN CERTIFICATE-----"])]
    #[case::without_colons(&["AQID"])]
    #[case::half(&[":AQID"])]
    #[case::one_colon(&[":"])]
    #[case::nothing(&["::"])]
    #[case::not_base64(&[":AQ*D:"])]
    fn a_proxy_that_says_something_else(#[case] sent: &[&str]) {
        assert_eq!(settled(Some("192.0.2.1:4000"), sent), Err(InvalidClientCert));
    }
}
