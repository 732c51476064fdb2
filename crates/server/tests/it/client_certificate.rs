//! Certificates that clients make for themselves.

use crate::client::Outcome;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{Certificate, CertificateParams, DnType, Issuer, KeyPair, date_time_ymd};
use std::fmt::Write;

/// A certificate with its key; self-signed and P-256 unless said.
pub(crate) struct ClientCertificate {
    pub(crate) certificate: Certificate,
    pub(crate) key: KeyPair,
    pub(crate) pem: String,
    /// SHA-1 of the DER in hexadecimal.
    pub(crate) thumbprint: String,
    /// SHA-256 of the DER in hexadecimal.
    pub(crate) fingerprint: String,
}

impl ClientCertificate {
    /// Of 2025 to 2029.
    pub(crate) fn new(name: &str) -> Outcome<Self> {
        Self::valid(name, (2025, 2030))
    }

    /// From the beginning of one year to that of another.
    pub(crate) fn valid(name: &str, years: (i32, i32)) -> Outcome<Self> {
        let key = KeyPair::generate()?;
        Self::of(params(name, years)?.self_signed(&key)?, key)
    }

    /// With a key of any kind.
    pub(crate) fn with_key(name: &str, key: KeyPair) -> Outcome<Self> {
        Self::of(params(name, (2025, 2030))?.self_signed(&key)?, key)
    }

    /// Of an authority.
    pub(crate) fn signed_by(name: &str, issuer: &Issuer<'_, KeyPair>) -> Outcome<Self> {
        let key = KeyPair::generate()?;
        Self::of(params(name, (2025, 2030))?.signed_by(&key, issuer)?, key)
    }

    fn of(certificate: Certificate, key: KeyPair) -> Outcome<Self> {
        let read = service::read_certificate(&certificate.pem())?;
        Ok(Self {
            // The crate ends lines as Windows does.
            pem: certificate.pem().replace("\r\n", "\n"),
            thumbprint: hex(read.thumbprint.as_bytes())?,
            fingerprint: hex(read.fingerprint.as_bytes())?,
            certificate,
            key,
        })
    }

    /// As a proxy hands it on (RFC 9440, section 2.2).
    pub(crate) fn said_by_proxy(&self) -> String {
        format!(":{}:", STANDARD.encode(self.certificate.der()))
    }

    /// As the management API carries it.
    pub(crate) fn encoded(&self) -> String {
        STANDARD.encode(&self.pem)
    }
}

fn params(name: &str, (from, to): (i32, i32)) -> Outcome<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(from, 1, 1);
    params.not_after = date_time_ymd(to, 1, 1);
    Ok(params)
}

fn hex(bytes: &[u8]) -> Outcome<String> {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}")?;
    }
    Ok(text)
}
