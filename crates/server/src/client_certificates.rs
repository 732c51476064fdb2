//! Certificates that clients prove themselves with.

use rustls::pki_types::CertificateDer;
use rustls::server::ParsedCertificate;

/// Whether TLS can read a certificate at all when a client presents it: that the library which checks handshakes knows every critical
/// extension of it, for one.
pub(crate) fn check_readable(der: &[u8]) -> Result<(), rustls::Error> {
    ParsedCertificate::try_from(&CertificateDer::from(der)).map(drop)
}
