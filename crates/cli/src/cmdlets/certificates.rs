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

/// The longest value that is quoted when it is no certificate. A private key, as base64, has more characters.
const QUOTED_LENGTH_MAX: usize = 120;

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
    if let Ok(bytes) = STANDARD.decode(&compact)
        && let Ok(text) = std::str::from_utf8(&bytes)
        && text.contains("-----BEGIN")
    {
        return from_pem(text, "The value");
    }
    let path = given.strip_prefix('@').unwrap_or(given);
    match private_files::read(Path::new(path), PARAMETER_FILE_BYTES_MAX) {
        Ok(bytes) => from_file(&bytes, path),
        Err(_) => {
            // What is longer than paths are may be a key.
            if given.len() > QUOTED_LENGTH_MAX {
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
    // A DER certificate is a SEQUENCE (X.690, section 8.9); nothing else that people have begins like that.
    if bytes.first() == Some(&0x30) && std::str::from_utf8(bytes).is_err() {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;
    use rstest::rstest;

    const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    const DER: &[u8] = &[0x30, 0x82, 0x01, 0xff, 0xfe];

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
            Ok("-----BEGIN CERTIFICATE-----\nMIIB//4=\n-----END CERTIFICATE-----\n")
        );
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
