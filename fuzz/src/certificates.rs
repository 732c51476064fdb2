//! What is sent for a certificate of a token.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::certificate::{InvalidPem, encode, to_pem};
use service::{InvalidCertificate, read_certificate};

/// Text, or the DER of a certificate.
pub fn certificate(data: &[u8]) {
    if let Some(text) = crate::text(data) {
        let read = read_certificate(text);
        if text.contains("PRIVATE KEY-----") {
            assert_eq!(
                read,
                Err(InvalidCertificate::Pem(InvalidPem::PrivateKey)),
                "a private key is told of, whatever else it is"
            );
        }
        if text.contains("-----") {
            assert_eq!(read_certificate(&STANDARD.encode(text)), read, "in base64, as the API carries it");
        }
        if let Err(error) = &read {
            let told = error.to_string();
            assert!(
                text.lines().filter(|line| line.len() > 24).all(|line| !told.contains(line)),
                "what was sent is repeated"
            );
        }
    }
    let Ok(certificate) = read_certificate(&to_pem(data)) else { return };
    assert_eq!(certificate.der, data, "all of it, and nothing else");
    assert_eq!(read_certificate(&encode(data)), Ok(certificate));
}
