//! `EncodedPemCertificate`: the base64 of a PEM text, which is what the service takes; also the PEM text itself, or a file that holds
//! one of the two, or the certificate's DER.

use crate::cmdlet::sources::Sources;
use crate::limits::PARAMETER_FILE_BYTES_MAX;
use crate::private_files;
use crate::session::Session;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::path::Path;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The longest value that is quoted when it is no certificate: what is longer than paths are may be a key.
const QUOTED_LENGTH_MAX: usize = 120;

/// What decodes to so many bytes is not quoted either: the shortest private key has them, that of Ed25519 (RFC 8032, section 5.1.5).
const KEY_BYTES_MIN: usize = 32;

// Types of DER (X.690, sections 8.1 and 8.9).
const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const CONTEXT_0: u8 = 0xa0;

/// Base64 digits on a line of PEM (RFC 7468, section 2).
const LINE_LENGTH: usize = 64;

/// Why a value is no certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message says what it is")]
pub enum CertificateError {
    #[error("'{0}' is no certificate: neither the base64 of a PEM text, nor a PEM text, nor the path of a file. {1}")]
    Nothing(String, String),
    #[error("'{0}' holds a private key. Give the certificate alone: nothing was sent.")]
    PrivateKey(String),
    #[error("'{0}' holds no certificate, as PEM or DER.")]
    NoCertificate(String),
}

/// The value for the service.
pub fn encoded(given: &str, session: &Session) -> Result<String, CertificateError> {
    if given.contains("-----BEGIN") {
        return from_pem(given, "The value");
    }
    let compact: String = given.chars().filter(|c| !c.is_whitespace()).collect();
    let decoded = STANDARD.decode(&compact);
    if let Ok(bytes) = &decoded
        && let Ok(text) = std::str::from_utf8(bytes)
        && text.contains("-----BEGIN")
    {
        return from_pem(text, "The value");
    }
    let path = given.strip_prefix('@').unwrap_or(given);
    match private_files::read(Path::new(path), PARAMETER_FILE_BYTES_MAX) {
        Ok(bytes) => from_file(&bytes, path),
        Err(_) => {
            if given.len() > QUOTED_LENGTH_MAX || decoded.is_ok_and(|bytes| bytes.len() >= KEY_BYTES_MIN) {
                return Err(CertificateError::Nothing("The value".to_owned(), String::new()));
            }
            Err(CertificateError::Nothing(given.to_owned(), session.file(path).err().unwrap_or_default()))
        }
    }
}

fn from_pem(text: &str, what: &str) -> Result<String, CertificateError> {
    if text.contains("PRIVATE KEY-----") {
        return Err(CertificateError::PrivateKey(what.to_owned()));
    }
    match text.find(BEGIN).zip(text.find(END)) {
        Some((begin, end)) if begin < end => Ok(STANDARD.encode(text)),
        _ => Err(CertificateError::NoCertificate(what.to_owned())),
    }
}

fn from_file(bytes: &[u8], path: &str) -> Result<String, CertificateError> {
    if is_private_key(bytes) {
        return Err(CertificateError::PrivateKey(path.to_owned()));
    }
    if is_certificate(bytes) {
        let digits = STANDARD.encode(bytes);
        let lines: Vec<&str> =
            digits.as_bytes().chunks(LINE_LENGTH).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        return Ok(STANDARD.encode(format!("{BEGIN}\n{}\n{END}\n", lines.join("\n"))));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| CertificateError::NoCertificate(path.to_owned()))?;
    if text.contains("-----BEGIN") {
        return from_pem(text, path);
    }
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let decoded = STANDARD.decode(compact).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.map_or_else(|| Err(CertificateError::NoCertificate(path.to_owned())), |text| from_pem(&text, path))
}

/// What stands in a SEQUENCE, behind its type and length.
fn in_sequence(der: &[u8]) -> Option<&[u8]> {
    let [SEQUENCE, length, rest @ ..] = der else { return None };
    let more = if *length >= 0x80 { length & 0x7f } else { 0 };
    rest.get(usize::from(more)..)
}

/// Whether DER begins as a certificate: a SEQUENCE of what is signed, which begins with a version, or in version 1 with a serial number
/// (RFC 5280, section 4.1). An encrypted key and a public one begin with a SEQUENCE as well, and that with an OBJECT IDENTIFIER.
fn is_certificate(der: &[u8]) -> bool {
    matches!(in_sequence(der).and_then(in_sequence), Some([CONTEXT_0 | INTEGER, ..]))
}

/// Whether DER begins as a private key (PKCS#8, PKCS#1, SEC1) or as a file of certificates with their keys (PKCS#12): with a version of
/// one byte.
fn is_private_key(der: &[u8]) -> bool {
    matches!(in_sequence(der), Some([INTEGER, 1, ..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;
    use rstest::rstest;

    const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    const DER: &[u8] = &[0x30, 0x82, 0x01, 0x05, 0x30, 0x81, 0xfe, 0xa0, 0x03];

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        write("cert.pem", PEM.as_bytes());
        write("cert.b64", format!("{}\n", STANDARD.encode(PEM)).as_bytes());
        write("cert.der", DER);
        write("both.pem", format!("{PEM}-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n").as_bytes());
        write("text", b"hello");
        folder
    }

    fn read(given: &str) -> Result<String, String> {
        let folder = folder();
        let given = given.replace("DIR", &folder.path().to_string_lossy());
        let encoded = encoded(&given, &Session::of(&Environment::default()));
        let decode = |text: String| String::from_utf8(STANDARD.decode(text).unwrap()).unwrap();
        encoded.map(decode).map_err(|error| error.to_string())
    }

    #[rstest]
    #[case(PEM)]
    #[case("DIR/cert.pem")]
    #[case("@DIR/cert.pem")]
    #[case("DIR/cert.b64")]
    fn a_certificate_is_base64_pem_or_a_file(#[case] given: &str) {
        assert_eq!(read(given).as_deref(), Ok(PEM));
        assert_eq!(read(&STANDARD.encode(PEM)).as_deref(), Ok(PEM));
    }

    #[test]
    fn der_becomes_pem() {
        assert_eq!(
            read("DIR/cert.der").as_deref(),
            Ok("-----BEGIN CERTIFICATE-----\nMIIBBTCB/qAD\n-----END CERTIFICATE-----\n")
        );
    }

    #[rstest]
    #[case::pkcs8(&[0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0xff], "holds a private key")]
    #[case::pkcs1(&[0x30, 0x82, 0x04, 0xa4, 0x02, 0x01, 0x00, 0x02, 0x82], "holds a private key")]
    #[case::sec1(&[0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20, 0xff], "holds a private key")]
    #[case::pkcs12(&[0x30, 0x82, 0x09, 0x00, 0x02, 0x01, 0x03, 0x30, 0x82], "holds a private key")]
    #[case::encrypted(&[0x30, 0x81, 0x9b, 0x30, 0x57, 0x06, 0x09, 0x2a], "holds no certificate")]
    #[case::public(&[0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0xff], "holds no certificate")]
    #[case::cut(&[0x30, 0x82, 0x01], "holds no certificate")]
    #[case::cut_within(&[0x30, 0x82, 0x01, 0x05, 0x30, 0xff, 0xfe], "holds no certificate")]
    fn der_of_something_else_is_not_sent(#[case] der: &[u8], #[case] expected: &str) {
        let error = from_file(der, "key.der").unwrap_err().to_string();
        assert!(error.starts_with("'key.der' ") && error.contains(expected), "{error}");
    }

    #[test]
    fn a_certificate_that_was_made_is_told_from_its_key() {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
        assert!(from_file(certificate.der(), "cert.der").is_ok());
        assert_eq!(from_file(key.serialized_der(), "f"), Err(CertificateError::PrivateKey("f".to_owned())));
    }

    /// The second is as long as a key of Ed25519 in PKCS#8.
    #[rstest]
    #[case(QUOTED_LENGTH_MAX + 1)]
    #[case(64)]
    #[case(44)]
    fn what_may_be_a_key_is_not_quoted(#[case] length: usize) {
        let given = "M".repeat(length);
        let error = read(&given).unwrap_err();
        assert!(error.starts_with("'The value' is no certificate") && !error.contains("MMMM"), "{error}");
    }

    #[test]
    fn a_path_that_is_not_there_is_quoted() {
        assert!(read("certs/robot.pem").unwrap_err().starts_with("'certs/robot.pem' is no certificate"));
    }

    #[rstest]
    #[case("DIR/both.pem", "holds a private key")]
    #[case("DIR/text", "holds no certificate")]
    #[case("DIR/missing", "is no certificate")]
    #[case("-----BEGIN X-----", "The value' holds no certificate")]
    fn the_rest_is_refused(#[case] given: &str, #[case] expected: &str) {
        let error = read(given).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}
