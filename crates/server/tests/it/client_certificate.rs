//! Certificates that clients make for themselves.

use crate::client::Outcome;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{Certificate, CertificateParams, DnType, KeyPair, date_time_ymd};
use std::fmt::Write;

/// A self-signed certificate with its key, P-256.
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
    pub(crate) fn valid(name: &str, (from, to): (i32, i32)) -> Outcome<Self> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(to, 1, 1);
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
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

    /// As the management API carries it.
    pub(crate) fn encoded(&self) -> String {
        STANDARD.encode(&self.pem)
    }
}

fn hex(bytes: &[u8]) -> Outcome<String> {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}")?;
    }
    Ok(text)
}
