//! Certificates of tokens: what is kept of one, and until when it counts (decision D4).
//!
//! A certificate is a public key with a name and an end. Nobody's signature on it is checked: it is pinned to one token of a
//! registry by the SHA-256 of its DER, so self-signed ones do as well as those of an authority. Parsing X.509 is not done here.

mod pem;
mod slots;
mod thumbprint;

pub use pem::{InvalidPem, decode, encode, to_pem};
pub use slots::{CertificateSpec, Filling, Plan, Refused, RefusedReason, plan};
pub use thumbprint::{Fingerprint, GivenThumbprint, InvalidThumbprint, Thumbprint};

use crate::timestamp::Timestamp;

/// Which of a token's two certificates (swagger, TokenCertificateName).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CertificateName {
    /// `certificate1`
    Certificate1,
    /// `certificate2`
    Certificate2,
}

impl CertificateName {
    /// Both, in the order in which they are listed.
    pub const ALL: [Self; 2] = [Self::Certificate1, Self::Certificate2];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Certificate1 => "certificate1",
            Self::Certificate2 => "certificate2",
        }
    }

    /// Reads the name without regard to case; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str().eq_ignore_ascii_case(text))
    }
}

/// An X.509 certificate that was read, and what it says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The whole of it; public.
    pub der: Vec<u8>,
    /// SHA-256 of `der`: what a presented certificate is found by.
    pub fingerprint: Fingerprint,
    /// SHA-1 of `der`: what Azure shows.
    pub thumbprint: Thumbprint,
    /// Before this it does not count.
    pub not_before: Timestamp,
    /// After this it does not count.
    pub not_after: Timestamp,
}

/// A certificate in a slot of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenCertificate {
    /// Which slot.
    pub name: CertificateName,
    /// What is in it.
    pub certificate: Certificate,
    /// When it was put there.
    pub created_at: Timestamp,
    /// From when on it is refused here; `None` means that only its own end counts.
    pub expires_at: Option<Timestamp>,
    /// When it was last signed in with; `None` means never.
    pub last_used_at: Option<Timestamp>,
}

impl TokenCertificate {
    /// From when on it is refused: the end it was given here or its own, whichever comes first.
    pub fn ends_at(&self) -> Timestamp {
        Self::earlier(self.expires_at, self.certificate.not_after)
    }

    /// The end that a certificate was given, or its own, whichever comes first.
    pub fn earlier(expires_at: Option<Timestamp>, not_after: Timestamp) -> Timestamp {
        expires_at.map_or(not_after, |end| end.min(not_after))
    }
}
