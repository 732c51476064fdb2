//! Reading certificates. Those of the folder beside are OpenSSL's, and so are the digests below.

use crate::world::Outcome;
use rstest::rstest;
use service::{limits, read_certificate};
use std::path::{Path, PathBuf};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/certificates").join(name).with_extension("pem")
}

#[rstest]
#[case("p256", "0642f3fa8ee8724b0b98df69808504fadc4847bb")]
#[case("p384", "4eb337feffcf28e528aaabbcf4405c3d000b18f6")]
#[case("p521", "304596774234f9701277e5ec1d4ebc1f2009ed3f")]
#[case("ed25519", "7685ab837d4246cdbcafa5eac833b236395a6bd3")]
#[case("rsa2048", "c18ca86d0c135031afc9caf3ce73cc837f72f6de")]
fn read(#[case] name: &str, #[case] thumbprint: &str) -> Outcome {
    let text = std::fs::read_to_string(file(name))?;
    let certificate = read_certificate(&text)?;
    assert_eq!(certificate.thumbprint.to_string(), thumbprint);
    assert_eq!(model::certificate::to_pem(&certificate.der), text);
    Ok(())
}

#[test]
fn what_it_says_of_itself() -> Outcome {
    let certificate = read_certificate(&std::fs::read_to_string(file("p256"))?)?;
    assert_eq!(certificate.fingerprint.to_string(), "86eaedbbcc9cd02ef7c5f01b825b8777cd88747bc7f6e196078c88d83bd02c87");
    assert_eq!(certificate.not_before.to_string(), "2026-11-26T00:33:59+00:00");
    assert_eq!(certificate.not_after.to_string(), "2126-11-02T00:33:59+00:00");
    Ok(())
}

#[rstest]
#[case::version("v1", "version 3 only")]
#[case::short_key("rsa1024", "its key is of a kind")]
#[case::other_curve("secp256k1", "its key is of a kind")]
#[case::other_kind("ed448", "its key is of a kind")]
fn refused(#[case] name: &str, #[case] expected: &str) -> Outcome {
    let message = read_certificate(&std::fs::read_to_string(file(name))?).err().ok_or("an error")?.to_string();
    assert!(message.contains(expected), "{message}");
    Ok(())
}

#[test]
fn cut_lengthened_and_too_long() -> Outcome {
    let der = read_certificate(&std::fs::read_to_string(file("p256"))?)?.der;
    let refusal = |der: &[u8]| read_certificate(&model::certificate::encode(der)).err().map(|error| error.to_string());
    let not_x509 = refusal(b"\x30\x00").ok_or("an error")?;
    assert!(not_x509.contains("not of an X.509 certificate"), "{not_x509}");
    for cut in [0, 1, der.len() / 2, der.len() - 1] {
        assert!(refusal(&der[..cut]).is_some(), "cut to {cut} bytes");
    }
    assert_eq!(refusal(&[der, vec![0]].concat()).as_ref(), Some(&not_x509));
    let long = vec![0x30; usize::try_from(limits::CERTIFICATE_BYTES.max)? + 1];
    let message = refusal(&long).ok_or("an error")?;
    assert!(message.contains("a certificate may have at most 16384 bytes"), "{message}");
    Ok(())
}
