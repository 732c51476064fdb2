//! The `credentials.certificates` of a token: what a request may ask of them, and how an answer lists them.

use super::errors::Failure;
use super::token_credentials::{expiry, last_used};
use crate::client_certificates::check_readable;
use model::certificate::{Certificate, CertificateName, CertificateSpec, GivenThumbprint, InvalidThumbprint, encode};
use model::token::Token;
use wire::arm::tokens::TokenCertificate;

/// Whether answers hold the certificates themselves: those about one token do, lists of tokens do not, which would be too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// They do.
    Whole,
    /// They name them, which is enough to keep them.
    Named,
}

/// Every certificate of the token in order; `None` without any, as Azure has answered since 2020.
pub(super) fn of(token: &Token, detail: Detail) -> Option<Vec<TokenCertificate>> {
    let shape = |held: &model::certificate::TokenCertificate| TokenCertificate {
        name: Some(held.name.as_str().to_owned()),
        expiry: Some(held.ends_at().to_string()),
        thumbprint: Some(held.certificate.thumbprint.to_string()),
        encoded_pem_certificate: (detail == Detail::Whole).then(|| encode(&held.certificate.der)),
        creation_time: Some(held.created_at.to_string()),
        last_used_time: Some(last_used(held.last_used_at)),
    };
    (!token.certificates.is_empty()).then(|| token.certificates.iter().map(shape).collect())
}

/// Reads a list; `None` leaves the certificates as they are (decision D7b).
pub(super) fn parse(given: Option<&Vec<TokenCertificate>>) -> Result<Option<Vec<CertificateSpec>>, Failure> {
    let specs = |given: &Vec<TokenCertificate>| given.iter().enumerate().map(|(index, one)| spec(index, one)).collect();
    given.map(specs).transpose()
}

fn spec(index: usize, given: &TokenCertificate) -> Result<CertificateSpec, Failure> {
    let member = |name: &str| format!("properties.credentials.certificates[{index}].{name}");
    let certificate = |text: &String| certificate(&member("encodedPemCertificate"), text);
    let thumbprint = |text: &String| {
        text.parse::<GivenThumbprint>()
            .map_err(|error: InvalidThumbprint| Failure::invalid(member("thumbprint"), format!("{error}.")))
    };
    Ok(CertificateSpec {
        name: name(&member("name"), given.name.as_deref())?,
        expires_at: expiry(&member("expiry"), given.expiry.as_ref())?,
        thumbprint: given.thumbprint.as_ref().map(thumbprint).transpose()?,
        certificate: given.encoded_pem_certificate.as_ref().map(certificate).transpose()?,
    })
}

fn name(target: &str, given: Option<&str>) -> Result<CertificateName, Failure> {
    let Some(given) = given else {
        return Err(Failure::invalid(target, "A certificate needs its name: 'certificate1' or 'certificate2'."));
    };
    CertificateName::parse(given).ok_or_else(|| {
        Failure::invalid(
            target,
            format!("'{given}' is not a certificate of a token: use 'certificate1' or 'certificate2'."),
        )
    })
}

/// Also refuses what nobody could sign in with, before anybody relies on it.
fn certificate(target: &str, given: &str) -> Result<Certificate, Failure> {
    let read = service::read_certificate(given).map_err(|error| Failure::invalid(target, format!("{error}.")))?;
    check_readable(&read.der).map_err(|error| {
        Failure::invalid(target, format!("TLS cannot take this certificate ({error}): make it anew without that."))
    })?;
    Ok(read)
}
