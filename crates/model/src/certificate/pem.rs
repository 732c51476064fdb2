//! The text form of certificates (RFC 7468), and the base64 of it that the management API carries.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";
/// RFC 7468, section 5.1; the second is an older name for the same.
const CERTIFICATE: [&str; 2] = ["CERTIFICATE", "X509 CERTIFICATE"];
/// How labels of private keys end, whatever their kind: RFC 7468, sections 10 and 11, OpenSSL, OpenSSH.
const KEY_LABEL_END: &str = "PRIVATE KEY-----";
/// RFC 7468, section 2.
const LINE_CHARS: usize = 64;

// Some tools leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What was sent for a certificate is none. Never repeats what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPem {
    /// Nothing, or only spaces.
    #[error("it is empty: give base64 of the certificate's PEM text, or leave it out")]
    Empty,
    /// Neither PEM nor base64.
    #[error("it is not base64: give base64 of the certificate's PEM text, such as `base64 -w0 certificate.pem` prints")]
    NotBase64,
    /// Base64 of something else, such as of DER.
    #[error(
        "it is base64, but not of PEM text: give base64 of a text that begins with -----BEGIN CERTIFICATE----- (`openssl x509 -inform der` makes it of DER)"
    )]
    NotPem,
    /// A block does not end, or what is in it is not base64.
    #[error("the PEM text is damaged: give the certificate from its BEGIN line to its END line")]
    Damaged,
    /// PEM of something else, such as of a signing request.
    #[error("the PEM text holds something other than a certificate: give one certificate alone")]
    Other,
    /// A chain.
    #[error(
        "the PEM text holds {0} certificates: give the client's certificate alone, without those of its authorities"
    )]
    Several(usize),
    /// A private key, alone or beside a certificate.
    #[error(
        "a private key was sent. It was not kept, but it has left its owner: consider it exposed, make a new key and certificate, and send the certificate alone"
    )]
    PrivateKey,
}

/// Reads base64 of PEM, with or without line breaks, or PEM itself: the DER of the one certificate in it.
pub fn decode(given: &str) -> Result<Vec<u8>, InvalidPem> {
    let given = without_mark(given).trim();
    if given.is_empty() {
        return Err(InvalidPem::Empty);
    }
    if given.contains(DASHES) {
        return decode_pem(given);
    }
    let bytes = decode_base64(given).ok_or(InvalidPem::NotBase64)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| InvalidPem::NotPem)?;
    // As above, so that the same text has the same reading in both forms.
    if text.contains(DASHES) { decode_pem(text.trim()) } else { Err(InvalidPem::NotPem) }
}

/// The PEM text of a certificate.
pub fn to_pem(der: &[u8]) -> String {
    let body = BASE64.encode(der);
    let mut text = String::with_capacity(body.len() + body.len() / LINE_CHARS + 64);
    text.push_str("-----BEGIN CERTIFICATE-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE_CHARS));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}

/// Base64 of the PEM text of a certificate: what answers carry.
pub fn encode(der: &[u8]) -> String {
    BASE64.encode(to_pem(der))
}

/// Editors and PowerShell 5 begin UTF-8 files with a byte order mark.
fn without_mark(text: &str) -> &str {
    text.trim_start_matches('\u{feff}')
}

fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let compact: String = text.split_ascii_whitespace().collect();
    BASE64.decode(compact).ok()
}

/// What stands before, between and after the blocks is explanation (RFC 7468, section 5.2).
fn decode_pem(text: &str) -> Result<Vec<u8>, InvalidPem> {
    // First of all, and wherever it stands: nothing else that may be wrong matters as much to its owner.
    if text.contains(KEY_LABEL_END) {
        return Err(InvalidPem::PrivateKey);
    }
    let mut bodies = Vec::new();
    let mut rest = text;
    while let Some((_, begun)) = rest.split_once(BEGIN) {
        let (label, after) = begun.split_once(DASHES).ok_or(InvalidPem::Damaged)?;
        if !CERTIFICATE.contains(&label) {
            return Err(InvalidPem::Other);
        }
        let end = format!("-----END {label}-----");
        let (body, after) = after.split_once(&end).ok_or(InvalidPem::Damaged)?;
        bodies.push(body);
        rest = after;
    }
    match bodies[..] {
        [] => Err(InvalidPem::Damaged),
        [body] => decode_base64(body).filter(|der| !der.is_empty()).ok_or(InvalidPem::Damaged),
        _ => Err(InvalidPem::Several(bodies.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    const BLOCK: &str = "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n";

    fn in_base64(text: &str) -> String {
        BASE64.encode(text)
    }

    #[rstest]
    #[case::pem(BLOCK.to_owned())]
    #[case::with_carriage_returns(BLOCK.replace('\n', "\r\n"))]
    #[case::on_one_line(BLOCK.replace('\n', ""))]
    #[case::with_explanation(format!("Certificate:\n    Data:\n{BLOCK}that was it\n"))]
    #[case::older_label(BLOCK.replace("CERTIFICATE", "X509 CERTIFICATE"))]
    #[case::with_a_mark(format!("\u{feff}{BLOCK}"))]
    #[case::with_half_a_line_behind_it(format!("{BLOCK}-----BEGIN "))]
    fn one_certificate(#[case] text: String) {
        assert_eq!(decode(&text), Ok(vec![1, 2, 3]));
        assert_eq!(decode(&in_base64(&text)), Ok(vec![1, 2, 3]));
        assert_eq!(decode(in_base64(&text).trim_end_matches('=')), Ok(vec![1, 2, 3]));
    }

    #[rstest]
    #[case::two(format!("{BLOCK}{BLOCK}"), InvalidPem::Several(2))]
    #[case::request(BLOCK.replace("CERTIFICATE", "CERTIFICATE REQUEST"), InvalidPem::Other)]
    #[case::beside_a_public_key(format!("{BLOCK}-----BEGIN PUBLIC KEY-----\nAQID\n-----END PUBLIC KEY-----"), InvalidPem::Other)]
    #[case::without_an_end("-----BEGIN CERTIFICATE-----\nAQID\n".to_owned(), InvalidPem::Damaged)]
    #[case::without_a_body("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n".to_owned(), InvalidPem::Damaged)]
    #[case::without_a_begin("AQID\n-----END CERTIFICATE-----\n".to_owned(), InvalidPem::Damaged)]
    #[case::half_a_label("-----BEGIN CERTIFICATE".to_owned(), InvalidPem::Damaged)]
    #[case::not_base64_inside(BLOCK.replace("AQID", "AQ*D"), InvalidPem::Damaged)]
    #[case::key(BLOCK.replace("CERTIFICATE", "PRIVATE KEY"), InvalidPem::PrivateKey)]
    #[case::encrypted_key(BLOCK.replace("CERTIFICATE", "ENCRYPTED PRIVATE KEY"), InvalidPem::PrivateKey)]
    #[case::key_and_certificate(format!("{}{BLOCK}", BLOCK.replace("CERTIFICATE", "RSA PRIVATE KEY")), InvalidPem::PrivateKey)]
    #[case::key_after_two(format!("{BLOCK}{BLOCK}{}", BLOCK.replace("CERTIFICATE", "EC PRIVATE KEY")), InvalidPem::PrivateKey)]
    #[case::key_in_a_damaged_text("-----BEGIN OPENSSH PRIVATE KEY-----\nAQ".to_owned(), InvalidPem::PrivateKey)]
    fn something_else(#[case] text: String, #[case] expected: InvalidPem) {
        assert_eq!(decode(&text), Err(expected));
        assert_eq!(decode(&in_base64(&text)), Err(expected));
    }

    #[rstest]
    #[case("", InvalidPem::Empty)]
    #[case(" \r\n", InvalidPem::Empty)]
    #[case("certificate.pem", InvalidPem::NotBase64)]
    #[case("C:\\certificate.pem", InvalidPem::NotBase64)]
    #[case("MIIBszCCAVmgAwIBAgIU", InvalidPem::NotPem)]
    #[case("aGVsbG8", InvalidPem::NotPem)]
    fn no_pem(#[case] text: &str, #[case] expected: InvalidPem) {
        assert_eq!(decode(text), Err(expected));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(der in prop::collection::vec(any::<u8>(), 1..300)) {
            prop_assert_eq!(decode(&to_pem(&der)), Ok(der.clone()));
            prop_assert_eq!(decode(&encode(&der)), Ok(der.clone()));
            prop_assert!(to_pem(&der).lines().all(|line| line.len() <= LINE_CHARS));
        }

        #[test]
        fn line_breaks_do_not_matter(der in prop::collection::vec(any::<u8>(), 1..300), width in 1usize..90) {
            let encoded = encode(&der);
            let lines: Vec<&str> = encoded.as_bytes().chunks(width).filter_map(|line| std::str::from_utf8(line).ok()).collect();
            prop_assert_eq!(decode(&lines.join("\r\n")), Ok(der));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "(-----BEGIN |-----END |CERTIFICATE|-----|PRIVATE KEY|\n|[A-Za-z0-9+/=]{0,4}|.){0,12}") {
            let read = decode(&text);
            prop_assert!(!text.contains(KEY_LABEL_END) || read == Err(InvalidPem::PrivateKey));
        }
    }
}
