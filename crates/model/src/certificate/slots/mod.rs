//! What a PUT or PATCH does to the two slots of a token: the same rules as for passwords, as far as certificates allow.
//!
//! A list says which certificates a token shall have; what it does not name goes. An entry with a certificate fills its slot or, when the same
//! certificate is in it, keeps it. An entry without one leaves its slot as it is, so two callers who each fill one slot and name the
//! other do not undo each other. What an answer said of a certificate may be sent back.

use super::{Certificate, CertificateName, GivenThumbprint, TokenCertificate};
use crate::timestamp::Timestamp;

/// An entry of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateSpec {
    /// Which slot.
    pub name: CertificateName,
    /// From when on the certificate is refused; `None` keeps what is, and of a new one only its own end counts.
    pub expires_at: Option<Timestamp>,
    /// Must be that of the certificate that the slot then holds.
    pub thumbprint: Option<GivenThumbprint>,
    /// What the slot shall hold; `None` means what it holds.
    pub certificate: Option<Certificate>,
}

/// What to do, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Slots whose certificate goes.
    pub emptied: Vec<CertificateName>,
    /// Certificates that stay and get another end.
    pub ended: Vec<(CertificateName, Timestamp)>,
    /// Certificates that come.
    pub filled: Vec<Filling>,
}

/// A certificate that comes into a slot, which is empty or emptied before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filling {
    /// Of the entry in the list.
    pub position: usize,
    /// Which slot.
    pub name: CertificateName,
    /// What it will hold.
    pub certificate: Certificate,
    /// From when on it is refused; `None` means that only its own end counts.
    pub expires_at: Option<Timestamp>,
}

/// An entry cannot be followed; nothing of the list is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Of the entry in the list.
    pub position: usize,
    /// Which member of it.
    pub member: &'static str,
    /// What is wrong with it.
    pub reason: RefusedReason,
}

/// What is wrong with an entry, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefusedReason {
    /// A slot is named twice.
    #[error("'{}' is named twice", .0.as_str())]
    Twice(CertificateName),
    /// There is nothing in the slot that the entry could mean.
    #[error("the token has no '{}': give its certificate", .0.as_str())]
    Missing(CertificateName),
    /// The thumbprint is another certificate's.
    #[error("it is not the thumbprint of '{}': correct it or leave it out, and give the certificate if another is meant", .0.as_str())]
    Thumbprint(CertificateName),
    /// The end would have passed.
    #[error("{0} is in the past; give a later time, or none for the certificate's own end")]
    Past(Timestamp),
    /// The certificate's own end has passed.
    #[error("the certificate ended at {0}: give one that is still valid")]
    Ended(Timestamp),
    /// The other slot holds it.
    #[error("the same certificate is in '{}': one slot is enough", .0.as_str())]
    InBoth(CertificateName),
}

/// What a list does to the slots of a token at the instant `now`. `present` is `None` for a token that is being made: it has nothing that
/// an entry could keep.
pub fn plan(present: Option<&[TokenCertificate]>, wanted: &[CertificateSpec], now: Timestamp) -> Result<Plan, Refused> {
    let slots = present.unwrap_or_default();
    let mut plan = Plan::default();
    for (position, spec) in wanted.iter().enumerate() {
        let refused = |member, reason| Refused { position, member, reason };
        if wanted[..position].iter().any(|earlier| earlier.name == spec.name) {
            return Err(refused("name", RefusedReason::Twice(spec.name)));
        }
        let held = slots.iter().find(|held| held.name == spec.name);
        match outcome(spec, held, now).map_err(|(member, reason)| refused(member, reason))? {
            Outcome::AsItIs if held.is_none() && present.is_none() => {
                return Err(refused("encodedPemCertificate", RefusedReason::Missing(spec.name)));
            }
            Outcome::AsItIs => {}
            Outcome::Ends(end) => plan.ended.push((spec.name, end)),
            Outcome::Filled(certificate) => {
                let (certificate, expires_at) = (certificate.clone(), spec.expires_at);
                plan.filled.push(Filling { position, name: spec.name, certificate, expires_at });
            }
        }
    }
    let goes = |name| plan.filled.iter().any(|new| new.name == name) || !wanted.iter().any(|spec| spec.name == name);
    plan.emptied = slots.iter().map(|held| held.name).filter(|name| goes(*name)).collect();
    refuse_in_both(slots, &plan)?;
    Ok(plan)
}

enum Outcome<'a> {
    AsItIs,
    Ends(Timestamp),
    Filled(&'a Certificate),
}

type Wrong = (&'static str, RefusedReason);

fn outcome<'a>(
    spec: &'a CertificateSpec,
    held: Option<&TokenCertificate>,
    now: Timestamp,
) -> Result<Outcome<'a>, Wrong> {
    let CertificateSpec { name, expires_at, thumbprint, certificate } = spec;
    let Some(meant) = certificate.as_ref().or(held.map(|held| &held.certificate)) else {
        // An entry that describes a certificate means one that is not there; a bare name means whatever the slot holds.
        return match (expires_at, thumbprint) {
            (None, None) => Ok(Outcome::AsItIs),
            _ => Err(("encodedPemCertificate", RefusedReason::Missing(*name))),
        };
    };
    if thumbprint.is_some_and(|given| !given.is_of(&meant.thumbprint, &meant.fingerprint)) {
        return Err(("thumbprint", RefusedReason::Thumbprint(*name)));
    }
    let past = |end: &Timestamp| (*end <= now).then_some(("expiry", RefusedReason::Past(*end)));
    match (certificate, held.filter(|held| held.certificate.fingerprint == meant.fingerprint)) {
        (_, Some(held)) => match expires_at {
            Some(end) if *end != held.ends_at() && held.expires_at != Some(*end) => {
                past(end).map_or(Ok(Outcome::Ends(*end)), Err)
            }
            _ => Ok(Outcome::AsItIs),
        },
        (Some(new), None) if new.not_after <= now => {
            Err(("encodedPemCertificate", RefusedReason::Ended(new.not_after)))
        }
        (Some(new), None) => expires_at.as_ref().and_then(past).map_or(Ok(Outcome::Filled(new)), Err),
        // What is meant is what is held, so it has the same fingerprint.
        (None, None) => Ok(Outcome::AsItIs),
    }
}

fn refuse_in_both(slots: &[TokenCertificate], plan: &Plan) -> Result<(), Refused> {
    let kept = slots.iter().filter(|held| !plan.emptied.contains(&held.name));
    let kept: Vec<_> = kept.map(|held| (held.name, held.certificate.fingerprint)).collect();
    for (index, new) in plan.filled.iter().enumerate() {
        let earlier = plan.filled[..index].iter().map(|new| (new.name, new.certificate.fingerprint));
        let same = kept.iter().copied().chain(earlier).find(|(_, other)| *other == new.certificate.fingerprint);
        if let Some((name, _)) = same {
            let reason = RefusedReason::InBoth(name);
            return Err(Refused { position: new.position, member: "encodedPemCertificate", reason });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
