//! Certificates of tokens. Nothing in them is secret.

use crate::statements::statements;
use crate::{Error, Managing, Reading, system_data};
use model::arm_name::TokenName;
use model::certificate::{Certificate, CertificateName, Fingerprint, Thumbprint, TokenCertificate};
use model::registry::RegistryKey;
use model::timestamp::Timestamp;
use model::token::{CertificateFacts, CertificateKey, TokenKey};
use rusqlite::{Row, params};

statements! {
    LIST = "SELECT * FROM certificates WHERE token = $1 ORDER BY name";
    LIST_FACTS = "SELECT key, name, fingerprint, not_before, not_after, expires_at FROM certificates
        WHERE token = $1 ORDER BY name";
    FIND_HOLDER = "SELECT t.name AS token_name, c.name FROM certificates c JOIN tokens t ON t.key = c.token
        WHERE c.registry = $1 AND c.fingerprint = $2";
    ADD = "INSERT INTO certificates
            (registry, token, name, fingerprint, thumbprint, not_before, not_after, der, created_at, expires_at)
        SELECT registry, key, $1, $2, $3, $4, $5, $6, $7, $8 FROM tokens WHERE key = $9";
    SET_EXPIRY = "UPDATE certificates SET expires_at = $1 WHERE token = $2 AND name = $3";
    DELETE = "DELETE FROM certificates WHERE token = $1 AND name = $2";
}

/// The certificates of a token, `certificate1` before `certificate2`.
pub fn list(tx: &Reading<'_>, token: TokenKey) -> Result<Vec<TokenCertificate>, Error> {
    tx.list(LIST, [token.0], read)
}

/// What presented certificates of a token are judged by.
pub(crate) fn list_facts(tx: &Reading<'_>, token: TokenKey) -> Result<Vec<CertificateFacts>, Error> {
    tx.list(LIST_FACTS, [token.0], |row| {
        Ok(CertificateFacts {
            id: CertificateKey(row.get("key")?),
            name: read_name(row)?,
            fingerprint: Fingerprint::new(row.get("fingerprint")?),
            not_before: system_data::timestamp(row, "not_before")?,
            ends_at: TokenCertificate::earlier(read_expiry(row)?, system_data::timestamp(row, "not_after")?),
        })
    })
}

/// Which token of a registry holds a certificate, and in which slot.
pub fn find_holder(
    tx: &Reading<'_>,
    registry: RegistryKey,
    fingerprint: &Fingerprint,
) -> Result<Option<(TokenName, CertificateName)>, Error> {
    tx.find(FIND_HOLDER, params![registry.0, fingerprint.as_bytes()], |row| {
        let token: String = row.get("token_name")?;
        Ok((TokenName::parse(&token).map_err(Error::corrupt)?, read_name(row)?))
    })
}

/// Puts a certificate into a slot of a token that is empty. It gets a key that no other ever had.
pub fn add(tx: &Managing<'_>, token: TokenKey, certificate: &TokenCertificate) -> Result<(), Error> {
    let TokenCertificate { name, certificate, created_at, expires_at, last_used_at: _ } = certificate;
    let values = params![
        name.as_str(),
        certificate.fingerprint.as_bytes(),
        certificate.thumbprint.as_bytes(),
        certificate.not_before.as_micros(),
        certificate.not_after.as_micros(),
        certificate.der,
        created_at.as_micros(),
        expires_at.map(Timestamp::as_micros),
        token.0,
    ];
    tx.execute(ADD, values).map(drop)
}

/// Gives a certificate another end.
pub fn set_expiry(tx: &Managing<'_>, token: TokenKey, name: CertificateName, end: Timestamp) -> Result<(), Error> {
    tx.execute(SET_EXPIRY, params![end.as_micros(), token.0, name.as_str()]).map(drop)
}

/// Removes a certificate, if it is there.
pub fn delete(tx: &Managing<'_>, token: TokenKey, name: CertificateName) -> Result<(), Error> {
    tx.execute(DELETE, params![token.0, name.as_str()]).map(drop)
}

fn read(row: &Row<'_>) -> Result<TokenCertificate, Error> {
    Ok(TokenCertificate {
        name: read_name(row)?,
        certificate: Certificate {
            der: row.get("der")?,
            fingerprint: Fingerprint::new(row.get("fingerprint")?),
            thumbprint: Thumbprint::new(row.get("thumbprint")?),
            not_before: system_data::timestamp(row, "not_before")?,
            not_after: system_data::timestamp(row, "not_after")?,
        },
        created_at: system_data::timestamp(row, "created_at")?,
        expires_at: read_expiry(row)?,
        last_used_at: system_data::optional_timestamp(row, "last_used_at")?,
    })
}

fn read_expiry(row: &Row<'_>) -> Result<Option<Timestamp>, Error> {
    system_data::optional_timestamp(row, "expires_at")
}

fn read_name(row: &Row<'_>) -> Result<CertificateName, Error> {
    let name: String = row.get("name")?;
    CertificateName::parse(&name)
        .ok_or_else(|| Error::corrupt(format_args!("'{name}' is not the name of a certificate")))
}
