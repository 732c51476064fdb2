//! When credentials were last used. No sign-in is judged by it, so nobody need forget anything when it changes.

use crate::statements::statements;
use crate::{Error, Writing};
use model::timestamp::Timestamp;
use model::token::CredentialKey;
use model::uses::Used;
use rusqlite::params;
use std::time::Duration;

statements! {
    OF_PASSWORD = "UPDATE passwords SET last_used_at = $1
        WHERE key = $2 AND (last_used_at IS NULL OR last_used_at <= $3)";
    OF_CERTIFICATE = "UPDATE certificates SET last_used_at = $1
        WHERE key = $2 AND (last_used_at IS NULL OR last_used_at <= $3)";
    OF_SECRET = "UPDATE principal_secrets SET last_used_at = $1
        WHERE id = $2 AND (last_used_at IS NULL OR last_used_at <= $3)";
}

/// Keeps that a credential was used at `at`, unless what is kept is later, or less than `precision` earlier: what is in constant use is not
/// written all the time. One that is gone is passed over.
pub fn keep(tx: &Writing<'_>, used: &Used, at: Timestamp, precision: Duration) -> Result<(), Error> {
    let (at, before) = (at.as_micros(), at.minus(precision).as_micros());
    let kept = match used {
        Used::Credential(CredentialKey::Password(key)) => tx.execute(OF_PASSWORD, params![at, key.0, before]),
        Used::Credential(CredentialKey::Certificate(key)) => tx.execute(OF_CERTIFICATE, params![at, key.0, before]),
        Used::Secret(id) => tx.execute(OF_SECRET, params![at, id.as_str(), before]),
    };
    kept.map(drop)
}
