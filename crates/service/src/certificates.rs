//! Certificates of tokens: reading X.509, and putting certificates into the slots of a token.
//!
//! What is read of one is its validity and its kind of key. Who signed it and whom it names is not asked: it is pinned (decision D4).

use crate::limits::{self, Limit};
use crate::{Error, expiry_rule};
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use metadata::Managing;
use model::certificate::{
    Certificate, CertificateSpec, Fingerprint, InvalidPem, Plan, Refused, Thumbprint, TokenCertificate, decode,
};
use model::registry::Registry;
use model::timestamp::Timestamp;
use model::token::Token;
use std::ops::RangeInclusive;
use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_NIST_EC_P521, OID_SIG_ED25519,
};
use x509_parser::prelude::{FromDer, X509Certificate, X509Version};
use x509_parser::public_key::PublicKey;
use x509_parser::time::ASN1Time;
use x509_parser::x509::SubjectPublicKeyInfo;

/// What AWS-LC verifies signatures of.
const RSA_BITS: RangeInclusive<usize> = 2048..=8192;

/// What was sent for a certificate cannot be one of a token. Never repeats what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCertificate {
    /// Not the text form of one certificate.
    #[error(transparent)]
    Pem(#[from] InvalidPem),
    /// More bytes than [`limits::CERTIFICATE_BYTES`].
    #[error("{0}: leave out of it what is not needed to sign in")]
    TooLarge(Limit),
    /// The DER is not that of a certificate.
    #[error("the PEM text is not of an X.509 certificate: make it anew, or copy it again")]
    NotX509,
    /// Version 1 or 2, which have no extensions.
    #[error("it is an X.509 certificate of version 1 or 2, and TLS takes version 3 only: make one with an extension")]
    Version,
    /// Nothing that TLS signs with here.
    #[error(
        "its key is of a kind that cannot be used: make one with P-256, P-384, P-521, Ed25519, or RSA of 2048 to 8192 bits"
    )]
    Key,
}

/// Reads what a client sent for a certificate: base64 of PEM, or PEM.
pub fn read_certificate(given: &str) -> Result<Certificate, InvalidCertificate> {
    let der = decode(given)?;
    if u64::try_from(der.len()).map_or(true, |bytes| bytes > limits::CERTIFICATE_BYTES.max) {
        return Err(InvalidCertificate::TooLarge(limits::CERTIFICATE_BYTES));
    }
    let (rest, parsed) = X509Certificate::from_der(&der).map_err(|_| InvalidCertificate::NotX509)?;
    if !rest.is_empty() {
        return Err(InvalidCertificate::NotX509);
    }
    if parsed.version() != X509Version::V3 {
        return Err(InvalidCertificate::Version);
    }
    if !is_usable(parsed.public_key()) {
        return Err(InvalidCertificate::Key);
    }
    let validity = parsed.validity();
    let (not_before, not_after) = (timestamp(validity.not_before), timestamp(validity.not_after));
    let fingerprint = Fingerprint::of(&der);
    let sha1 = digest(&SHA1_FOR_LEGACY_USE_ONLY, &der);
    let thumbprint = sha1.as_ref().try_into().map(Thumbprint::new).map_err(|_| InvalidCertificate::NotX509)?;
    Ok(Certificate { der, fingerprint, thumbprint, not_before, not_after })
}

fn is_usable(key: &SubjectPublicKeyInfo<'_>) -> bool {
    let kind = &key.algorithm.algorithm;
    if *kind == OID_KEY_TYPE_EC_PUBLIC_KEY {
        let curve = key.algorithm.parameters.as_ref().and_then(|parameters| parameters.as_oid().ok());
        return curve.is_some_and(|curve| [OID_EC_P256, OID_NIST_EC_P384, OID_NIST_EC_P521].contains(&curve));
    }
    match key.parsed() {
        Ok(PublicKey::RSA(key)) => RSA_BITS.contains(&key.key_size()),
        _ => *kind == OID_SIG_ED25519,
    }
}

fn timestamp(time: ASN1Time) -> Timestamp {
    Timestamp::from_micros(time.timestamp().saturating_mul(1_000_000))
}

/// As an error of the request, with the path of the member.
pub(crate) fn refused(refused: Refused) -> Error {
    let Refused { position, member, reason } = refused;
    Error::invalid(target(position, member), reason.to_string())
}

fn target(position: usize, member: &str) -> String {
    format!("properties.credentials.certificates[{position}].{member}")
}

/// Whether the ends that a plan gives to certificates are those that the site's rule allows; what it leaves as it is, is not asked.
/// A certificate ends where it says itself, if no earlier end is given. Errors: `Invalid`.
pub(crate) fn check_ends(
    tx: &Managing<'_>,
    token: &Token,
    wanted: &[CertificateSpec],
    plan: &Plan,
    now: Timestamp,
) -> Result<(), Error> {
    for new in &plan.filled {
        let end = TokenCertificate::earlier(new.expires_at, new.certificate.not_after);
        expiry_rule::check(tx, &target(new.position, "expiry"), Some(end), now)?;
    }
    for (name, end) in &plan.ended {
        let held = token.certificates.iter().find(|held| held.name == *name);
        let end = held.map_or(*end, |held| TokenCertificate::earlier(Some(*end), held.certificate.not_after));
        let position = wanted.iter().position(|spec| spec.name == *name).unwrap_or_default();
        expiry_rule::check(tx, &target(position, "expiry"), Some(end), now)?;
    }
    Ok(())
}

/// Follows a plan that was made for the token in this transaction.
pub(crate) fn set_certificates(
    tx: &Managing<'_>,
    registry: &Registry,
    token: &Token,
    plan: Plan,
    now: Timestamp,
) -> Result<(), Error> {
    for name in plan.emptied {
        metadata::certificates::delete(tx, token.key, name)?;
    }
    for (name, end) in plan.ended {
        metadata::certificates::set_expiry(tx, token.key, name, end)?;
    }
    for new in plan.filled {
        // It signs in as one token. This one's slots were compared by the plan, so the holder is another.
        if let Some((holder, slot)) =
            metadata::certificates::find_holder(tx, registry.key, &new.certificate.fingerprint)?
        {
            let message = format!(
                "the certificate is '{}' of token '{holder}', and signs in as one token: remove it there, or make another",
                slot.as_str()
            );
            return Err(Error::invalid(target(new.position, "encodedPemCertificate"), message));
        }
        let certificate = TokenCertificate {
            name: new.name,
            certificate: new.certificate,
            created_at: now,
            expires_at: new.expires_at,
            last_used_at: None,
        };
        metadata::certificates::add(tx, token.key, &certificate)?;
    }
    Ok(())
}
