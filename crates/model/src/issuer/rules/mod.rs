//! What the token of an issuer must say to count, and whom it then names. That the issuer signed it is for others to check.

use super::url::IssuerUrl;
use super::{ForeignPrincipal, InvalidForeignPrincipal, IssuerName, is_line};
use crate::caller::{Caller, CallerKind};
use crate::timestamp::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// One claim of a token. What JSON can say beyond these, a fraction or an object, is of no use here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// A string.
    Text(String),
    /// A list of strings.
    Texts(Vec<String>),
    /// A whole number.
    Integer(i64),
    /// `true` or `false`.
    Flag(bool),
    /// Anything else.
    Other,
}

/// What a token says, by the names of its claims.
pub type Claims = BTreeMap<String, Claim>;

/// What a token of an issuer must say.
#[derive(Debug, Clone)]
pub struct IssuerRules {
    /// What the site calls the issuer.
    pub name: IssuerName,
    /// What `iss` must equal.
    pub issuer: IssuerUrl,
    /// What `aud` must equal or hold one of. None: no token counts.
    pub audiences: Vec<String>,
    /// The claim that says who it is: one that the issuer never gives to somebody else.
    pub subject_claim: String,
    /// The claim that says whom to show, where there is one.
    pub name_claim: Option<String>,
    /// What further claims must be, exactly.
    pub required: Claims,
}

/// Whom an issuer vouches for, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    /// Who it is.
    pub principal: ForeignPrincipal,
    /// As it is shown.
    pub caller: Caller,
    /// When the token ends.
    pub ends_at: Timestamp,
}

/// Why a token does not count. For the audit log alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimRefusal {
    /// Another issuer's.
    #[error("its issuer is another")]
    Issuer,
    /// For somebody else: whoever it was meant for could otherwise use it here.
    #[error("it is for another audience")]
    Audience,
    /// A time that is missing or no whole number of seconds.
    #[error("its {0} is missing or no time")]
    NoTime(&'static str),
    /// `exp` is over.
    #[error("it has expired")]
    Expired,
    /// `nbf` or `iat` is still to come.
    #[error("it does not count yet")]
    NotYet,
    /// Nobody is named.
    #[error("its claim {0} is missing or no text")]
    NoText(String),
    /// The name cannot be kept.
    #[error(transparent)]
    Subject(#[from] InvalidForeignPrincipal),
    /// A claim is not what the site wants it to be.
    #[error("its claim {0} is not the required one")]
    Required(String),
}

/// By which Entra ID tells applications from people, where its optional claim is on.
const KIND_CLAIM: &str = "idtyp";
const KIND_OF_APPLICATIONS: &str = "app";

impl IssuerRules {
    /// Says for whom a token vouches. `skew` is how far the issuer's clock may be ahead of ours: `nbf` and `iat` may lie that
    /// far in the future. `exp` has no leeway, because a clock that is behind only ends a token early.
    ///
    /// Errors: the first rule that the token breaks.
    pub fn admit(&self, claims: &Claims, now: Timestamp, skew: Duration) -> Result<Vouched, ClaimRefusal> {
        if !is_text(claims.get("iss"), self.issuer.as_str()) {
            return Err(ClaimRefusal::Issuer);
        }
        let mine = |audience: &str| self.audiences.iter().any(|known| known == audience);
        let for_us = match claims.get("aud") {
            Some(Claim::Text(audience)) => mine(audience),
            Some(Claim::Texts(audiences)) => audiences.iter().any(|audience| mine(audience)),
            Some(Claim::Integer(_) | Claim::Flag(_) | Claim::Other) | None => false,
        };
        if !for_us {
            return Err(ClaimRefusal::Audience);
        }
        let ends_at = check_times(claims, now, skew)?;
        if let Some((name, _)) = self.required.iter().find(|(name, wanted)| claims.get(*name) != Some(*wanted)) {
            return Err(ClaimRefusal::Required(name.clone()));
        }
        let subject = text(claims, &self.subject_claim)?;
        let principal = ForeignPrincipal::new(self.name.clone(), subject)?;
        Ok(Vouched { caller: self.caller(claims, &principal)?, principal, ends_at })
    }

    /// A person is whoever has a name to show and is no application of Entra ID.
    fn caller(&self, claims: &Claims, principal: &ForeignPrincipal) -> Result<Caller, ClaimRefusal> {
        let shown = match &self.name_claim {
            Some(claim) if claims.contains_key(claim) => {
                let shown = text(claims, claim)?;
                if !is_line(shown) {
                    return Err(ClaimRefusal::NoText(claim.clone()));
                }
                Some(shown.to_owned())
            }
            Some(_) | None => None,
        };
        let is_application = shown.is_none() || is_text(claims.get(KIND_CLAIM), KIND_OF_APPLICATIONS);
        let kind = if is_application { CallerKind::Application } else { CallerKind::User };
        Ok(Caller { name: shown.unwrap_or_else(|| principal.to_string()), kind })
    }
}

/// When a token ends. All times are whole seconds since the epoch: one of another type is not taken for one that is missing
/// (CVE-2026-25537).
fn check_times(claims: &Claims, now: Timestamp, skew: Duration) -> Result<Timestamp, ClaimRefusal> {
    let expires = time(claims, "exp")?.ok_or(ClaimRefusal::NoTime("exp"))?;
    let issued = time(claims, "iat")?.ok_or(ClaimRefusal::NoTime("iat"))?;
    let not_before = time(claims, "nbf")?.unwrap_or(issued);
    if now >= expires {
        Err(ClaimRefusal::Expired)
    } else if now.plus(skew) < not_before.max(issued) {
        Err(ClaimRefusal::NotYet)
    } else {
        Ok(expires)
    }
}

fn time(claims: &Claims, name: &'static str) -> Result<Option<Timestamp>, ClaimRefusal> {
    match claims.get(name) {
        Some(Claim::Integer(seconds)) if *seconds >= 0 => {
            Ok(Some(Timestamp::from_micros(seconds.saturating_mul(1_000_000))))
        }
        Some(_) => Err(ClaimRefusal::NoTime(name)),
        None => Ok(None),
    }
}

fn text<'claims>(claims: &'claims Claims, name: &str) -> Result<&'claims str, ClaimRefusal> {
    match claims.get(name) {
        Some(Claim::Text(text)) => Ok(text),
        Some(Claim::Texts(_) | Claim::Integer(_) | Claim::Flag(_) | Claim::Other) | None => {
            Err(ClaimRefusal::NoText(name.to_owned()))
        }
    }
}

fn is_text(claim: Option<&Claim>, expected: &str) -> bool {
    matches!(claim, Some(Claim::Text(text)) if text == expected)
}

#[cfg(test)]
mod tests;
