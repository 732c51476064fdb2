use super::*;
use aws_lc_rs::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use rcgen::{CertificateParams, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, PublicKeyData, SignatureAlgorithm};
use rstest::rstest;

const NOW: i64 = 1_700_000_000_999_999;

/// A key, and a certificate that it signed.
fn made(algorithm: &'static SignatureAlgorithm) -> (rcgen::KeyPair, rcgen::Certificate) {
    let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
    let certificate = CertificateParams::new(vec!["robot.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    (key, certificate)
}

fn part(text: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

#[test]
fn the_certificates_key_verifies_what_is_claimed() {
    let (key, certificate) = made(&PKCS_RSA_SHA256);
    let (_, stranger) = made(&PKCS_RSA_SHA256);
    let pem = format!("Bag Attributes\n{}{}{}", stranger.pem(), key.serialize_pem(), certificate.pem());
    let identity = Identity::read(pem.as_bytes()).unwrap();
    let assertion = identity.assertion("https://login.example/t/oauth2/v2.0/token", "client", NOW).unwrap();
    let (signed, signature) = assertion.reveal().rsplit_once('.').unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, certificate.der()));
    assert_eq!(part(header), json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint }));
    let claims = part(claims);
    for (name, expected) in [
        ("aud", json!("https://login.example/t/oauth2/v2.0/token")),
        ("iss", json!("client")),
        ("sub", json!("client")),
        ("nbf", json!(1_700_000_000)),
        ("exp", json!(1_700_000_600)),
    ] {
        assert_eq!(claims[name], expected, "{name}");
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key.der_bytes());
    public.verify(signed.as_bytes(), &signature).unwrap();
    assert!(public.verify(format!("{signed}x").as_bytes(), &signature).is_err());
    let later = identity.assertion("https://login.example/t/oauth2/v2.0/token", "client", NOW + 1).unwrap();
    let claims_later = part(later.reveal().split('.').nth(1).unwrap());
    assert_ne!(claims["jti"], claims_later["jti"]);
}

#[rstest]
#[case(|_: &str, _: &str| String::new(), IdentityError::NoCertificate)]
#[case(|_: &str, certificate: &str| certificate.to_owned(), IdentityError::NoKey)]
#[case(|key: &str, _: &str| key.to_owned(), IdentityError::NoCertificate)]
#[case(|key: &str, certificate: &str| key.replace("PRIVATE", "ENCRYPTED PRIVATE") + certificate, IdentityError::Locked)]
#[case(|_: &str, certificate: &str| format!("{certificate}-----BEGIN PRIVATE KEY-----\nAAAA"), IdentityError::NotPem)]
#[case(|_: &str, certificate: &str| made(&PKCS_ECDSA_P256_SHA256).0.serialize_pem() + certificate, IdentityError::NotRsa)]
#[case(|_: &str, certificate: &str| made(&PKCS_RSA_SHA256).0.serialize_pem() + certificate, IdentityError::Strangers)]
fn a_file_that_nobody_could_sign_in_with_is_refused(
    #[case] pem: fn(&str, &str) -> String,
    #[case] expected: IdentityError,
) {
    let (key, certificate) = made(&PKCS_RSA_SHA256);
    let pem = pem(&key.serialize_pem(), &certificate.pem());
    assert_eq!(Identity::read(pem.as_bytes()).unwrap_err(), expected);
}

#[test]
fn neither_key_nor_certificate_is_in_the_debug_text() {
    let (key, certificate) = made(&PKCS_RSA_SHA256);
    let identity = Identity::read((key.serialize_pem() + &certificate.pem()).as_bytes()).unwrap();
    assert_eq!(format!("{identity:?}"), "Identity(…)");
}
