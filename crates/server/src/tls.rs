//! TLS 1.2 and 1.3 for the listener, with AWS-LC as the one source of cryptography.
//!
//! Gets certificate and key as bytes: files are the service's business. They are read again while the server runs; connections that are
//! there keep what they shook hands with.

use crate::client_certificates::AnyCertificate;
use crate::config::TlsConfig;
use crate::hosts::Site;
use crate::limits;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{InconsistentKeys, ServerConfig};
use service::{Service, TlsFileError, TlsIdentity};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What connections are taken with. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Tls {
    origin: Arc<Origin>,
    current: Arc<RwLock<Current>>,
    /// The certificate that clients must be told to trust, where the server made its own.
    pub(crate) authority_file: Option<PathBuf>,
}

/// Where certificate and key come from, at the start and later.
struct Origin {
    source: Source,
    service: Service,
    names: Vec<String>,
}

/// What new connections are taken with now.
struct Current {
    acceptor: TlsAcceptor,
    identity: TlsIdentity,
}

/// Why TLS cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A certificate without its key, or the other way round.
    #[error(
        "a certificate and its key are given together: --tls-cert FILE --tls-key FILE, or `cert` and `key` in [tls]"
    )]
    HalfAPair,
    /// A certificate was given and one is to be made.
    #[error(
        "--tls-self-signed makes a certificate, so it does not go with --tls-cert and --tls-key, nor `self_signed` in [tls] with `cert` and `key`"
    )]
    TwoSources,
    /// A file could not be read, or a certificate not be made.
    #[error(transparent)]
    File(TlsFileError),
    /// No certificate is in the file.
    #[error("{} holds no certificate in PEM (-----BEGIN CERTIFICATE-----)", .0.display())]
    NoCertificate(PathBuf),
    /// No key is in the file.
    #[error("{} holds no private key in PEM (-----BEGIN PRIVATE KEY-----) that is not encrypted", .0.display())]
    NoKey(PathBuf),
    /// The key is another certificate's.
    #[error("the key {} does not belong to the certificate {}", key.display(), certificate.display())]
    Mismatch {
        /// The file of the certificate; the first in it counts.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
    /// The TLS library takes one of the two not.
    #[error("the certificate {} and the key {} cannot be used", certificate.display(), key.display())]
    Unusable {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// Why.
        #[source]
        cause: rustls::Error,
    },
}

/// Where the certificate comes from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// From these files: certificate, key.
    Files(PathBuf, PathBuf),
    /// From an authority of our own.
    SelfSigned,
}

impl TlsConfig {
    /// What is wanted; `None` means no TLS. Errors: [`TlsError::HalfAPair`], [`TlsError::TwoSources`].
    pub(crate) fn source(&self) -> Result<Option<Source>, TlsError> {
        match (&self.cert, &self.key, self.self_signed) {
            (None, None, false) => Ok(None),
            (None, None, true) => Ok(Some(Source::SelfSigned)),
            (Some(certificate), Some(key), false) => Ok(Some(Source::Files(certificate.clone(), key.clone()))),
            (Some(_), Some(_), true) => Err(TlsError::TwoSources),
            (Some(_), None, _) | (None, Some(_), _) => Err(TlsError::HalfAPair),
        }
    }
}

impl Tls {
    /// Reads or makes the certificate. `names` are those that a certificate of our own is for.
    pub(crate) async fn open(source: Source, service: &Service, names: Vec<String>) -> Result<Self, TlsError> {
        let origin = Origin { source, service: service.clone(), names };
        let identity = origin.identity().await?;
        let authority_file = identity.authority_file.clone();
        let current = Current::new(identity)?;
        Ok(Self { origin: Arc::new(origin), current: Arc::new(RwLock::new(current)), authority_file })
    }

    /// Takes in a certificate or key that has changed; one of our own is made anew when its time is nearly over. Whether there was
    /// anything to take in. After an error everything is as it was: a pair of which one half has been replaced is such an error.
    pub(crate) async fn reload(&self) -> Result<bool, TlsError> {
        let identity = self.origin.identity().await?;
        if self.current.read().unwrap_or_else(PoisonError::into_inner).identity.is_same(&identity) {
            return Ok(false);
        }
        let current = Current::new(identity)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = current;
        Ok(true)
    }

    /// Shakes hands, in bounded time.
    pub(crate) async fn accept<Io>(&self, stream: Io) -> io::Result<TlsStream<Io>>
    where
        Io: AsyncRead + AsyncWrite + Unpin,
    {
        let acceptor = self.current.read().unwrap_or_else(PoisonError::into_inner).acceptor.clone();
        tokio::time::timeout(limits::TLS_HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await?
    }
}

impl Origin {
    async fn identity(&self) -> Result<TlsIdentity, TlsError> {
        let identity = match &self.source {
            Source::Files(certificate, key) => TlsIdentity::read(certificate.clone(), key.clone()).await,
            Source::SelfSigned => self.service.local_tls_identity(self.names.clone()).await,
        };
        identity.map_err(TlsError::File)
    }
}

impl Current {
    fn new(identity: TlsIdentity) -> Result<Self, TlsError> {
        let mut config = config(&identity)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        if identity.key_is_exposed {
            let file = identity.key_file.display();
            tracing::warn!(%file, "{file} can be read by anybody on this machine");
        }
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), identity })
    }
}

fn config(identity: &TlsIdentity) -> Result<ServerConfig, TlsError> {
    let (certificate, key) = (&identity.certificate_file, &identity.key_file);
    let chain = CertificateDer::pem_slice_iter(&identity.certificate_pem).collect::<Result<Vec<_>, _>>();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| TlsError::NoCertificate(certificate.clone()))?;
    let secret = PrivateKeyDer::from_pem_slice(&identity.key_pem).map_err(|_| TlsError::NoKey(key.clone()))?;
    // Handed in rather than installed for the process, which has only one place for it.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let clients = Arc::new(AnyCertificate::new(Arc::clone(&provider)));
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_client_cert_verifier(clients).with_single_cert(chain, secret))
        .map_err(|cause| refused(certificate, key, cause))
}

fn refused(certificate: &Path, key: &Path, cause: rustls::Error) -> TlsError {
    let (certificate, key) = (certificate.to_owned(), key.to_owned());
    match cause {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => TlsError::Mismatch { certificate, key },
        cause => TlsError::Unusable { certificate, key, cause },
    }
}

/// Every name under which clients may reach the site. `*.domain` covers the login servers; the default registry's is there
/// by name as well, because OpenSSL and rustls take no wildcard right below a top-level name such as `localhost`.
pub(crate) fn names(site: &Site, listen: SocketAddr) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if !listen.ip().is_unspecified() {
        names.push(listen.ip().to_string());
    }
    names.extend([site.domain.clone(), format!("*.{}", site.domain)]);
    names.extend(site.default_registry.as_ref().map(|name| format!("{}.{}", name.key(), site.domain)));
    let public = site.public_authority();
    names.extend(public.map(|public| public.host().trim_start_matches('[').trim_end_matches(']').to_owned()));
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::nothing("", "Ok(None)")]
    #[case::files("cert = \"c\"\nkey = \"k\"", "Ok(Some(Files(\"c\", \"k\")))")]
    #[case::own("self_signed = true", "Ok(Some(SelfSigned))")]
    #[case::no_key("cert = \"c\"", "Err(HalfAPair)")]
    #[case::no_certificate("key = \"k\"", "Err(HalfAPair)")]
    #[case::half_and_own("key = \"k\"\nself_signed = true", "Err(HalfAPair)")]
    #[case::both("cert = \"c\"\nkey = \"k\"\nself_signed = true", "Err(TwoSources)")]
    fn one_source(#[case] text: &str, #[case] expected: &str) -> Result<(), Box<dyn std::error::Error>> {
        let config = crate::Config::parse(&format!("[tls]\n{text}"))?;
        assert_eq!(format!("{:?}", config.tls.source()), expected);
        Ok(())
    }

    #[rstest]
    #[case(None, "0.0.0.0:5000", "localhost 127.0.0.1 ::1 registry.example *.registry.example lnxcr.registry.example")]
    #[case(
        Some("https://[fd00::1]:8443"),
        "10.0.0.5:5000",
        "localhost 127.0.0.1 ::1 10.0.0.5 registry.example *.registry.example lnxcr.registry.example fd00::1"
    )]
    fn names_of_a_site(
        #[case] public_url: Option<&str>,
        #[case] listen: SocketAddr,
        #[case] expected: &str,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let site = Site {
            public_url: public_url.map(str::to_owned),
            domain: "registry.example".to_owned(),
            default_registry: Some(model::arm_name::RegistryName::parse("LnxCr")?),
            listen: listen.to_string(),
            scheme: "https",
        };
        assert_eq!(names(&site, listen).join(" "), expected);
        Ok(())
    }
}
