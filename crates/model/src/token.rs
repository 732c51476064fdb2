//! Tokens: who may sign in to a registry, and whether a sign-in counts now.
//!
//! [`TokenFacts::admit_password`], [`TokenFacts::admit_certificate`] and [`TokenFacts::admit_bearer`] are the one place that stops a
//! disabled token, an expired or removed password or certificate, and a bearer issued before the token changed.

use crate::caller::SystemData;
use crate::certificate::{CertificateName, Fingerprint, TokenCertificate};
use crate::ending::Ending;
use crate::password::{PasswordHash, PasswordName};
use crate::registry::RegistryKey;
use crate::resource_id::{ScopeMapId, TokenId};
use crate::scope_map::Rules;
use crate::timestamp::Timestamp;
use std::borrow::Cow;
use std::hint::black_box;
use std::iter;
use std::sync::Arc;
use std::time::Duration;

/// The store's own name for a token; never given to another one, also after a delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenKey(pub i64);

/// The store's own name for one generated password; regenerating makes a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PasswordKey(pub i64);

/// The store's own name for one certificate of one token; replacing it makes a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertificateKey(pub i64);

/// What a sign-in was proven with: bearers carry it, and end with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CredentialKey {
    /// A password.
    Password(PasswordKey),
    /// A certificate.
    Certificate(CertificateKey),
}

/// How often a token's status, scope map or the content of its scope map has changed. Bearers carry it (decision D5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub i64);

/// Whether a token may be used (swagger, TokenStatus).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenStatus {
    /// It may.
    Enabled,
    /// It may not, whatever else is true of it.
    Disabled,
}

impl TokenStatus {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
        }
    }

    /// Reads the word without regard to case; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Enabled, Self::Disabled].into_iter().find(|status| status.as_str().eq_ignore_ascii_case(text))
    }
}

/// A token as the management plane shows it: no secret, no hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The store's own name for it.
    pub key: TokenKey,
    /// Its resource id.
    pub id: TokenId,
    /// Whether it may be used.
    pub status: TokenStatus,
    /// The scope map it holds; without one it may do nothing.
    pub scope_map: Option<ScopeMapId>,
    /// Its passwords, `password1` before `password2`.
    pub passwords: Vec<TokenPassword>,
    /// Its certificates, `certificate1` before `certificate2`.
    pub certificates: Vec<TokenCertificate>,
    /// When it was first made; never changes.
    pub created_at: Timestamp,
    /// Who made and last changed it.
    pub system_data: SystemData,
}

/// What is known of a password besides its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPassword {
    /// Which one.
    pub name: PasswordName,
    /// When it was generated.
    pub created_at: Timestamp,
    /// From when on it is refused; `None` means never.
    pub expires_at: Option<Timestamp>,
    /// When it was last signed in with; `None` means never.
    pub last_used_at: Option<Timestamp>,
}

/// Whom a row among the tokens stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HolderKind {
    /// A token.
    Token,
    /// The admin user of the registry.
    Admin,
    /// Somebody who manages, with what a role gives at the registry.
    Principal,
}

/// What a sign-in is judged by.
#[derive(Debug, Clone)]
pub struct TokenFacts {
    /// The registry that it opens.
    pub registry: RegistryKey,
    /// The token.
    pub key: TokenKey,
    /// Its name, as created.
    pub name: Box<str>,
    /// What it stands for.
    pub kind: HolderKind,
    /// The name of its scope map, if it holds one.
    pub scope_map: Option<Box<str>>,
    /// Whether it may be used.
    pub status: TokenStatus,
    /// Its present generation.
    pub generation: Generation,
    /// What its scope map allows; empty without one.
    pub rules: Arc<Rules>,
    /// Its passwords.
    pub passwords: Vec<PasswordFacts>,
    /// Its certificates.
    pub certificates: Vec<CertificateFacts>,
}

/// What a presented password is judged by.
#[derive(Debug, Clone)]
pub struct PasswordFacts {
    /// The store's own name for it.
    pub id: PasswordKey,
    /// Which one.
    pub name: PasswordName,
    /// What it must hash to.
    pub hash: PasswordHash,
    /// From when on it is refused; `None` means never.
    pub expires_at: Option<Timestamp>,
}

/// What a presented certificate is judged by.
#[derive(Debug, Clone)]
pub struct CertificateFacts {
    /// The store's own name for it.
    pub id: CertificateKey,
    /// Which one.
    pub name: CertificateName,
    /// What its DER must hash to.
    pub fingerprint: Fingerprint,
    /// Before this it is refused.
    pub not_before: Timestamp,
    /// From when on it is refused: see [`TokenCertificate::ends_at`].
    pub ends_at: Timestamp,
}

/// How long before its `notBefore` a certificate counts: a client that has just made one may have a clock that is ahead of ours.
const NOT_BEFORE_LEEWAY: Duration = Duration::from_secs(60);

/// Why a sign-in does not count. A stranger learns none of it: all look alike outside, the audit log has the reason (decision D3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignInRefusal {
    /// No such token in this registry, or it was deleted.
    #[error("no such token")]
    UnknownToken,
    /// No password of the token matches.
    #[error("wrong password")]
    WrongPassword,
    /// The token is disabled.
    #[error("the token is disabled")]
    Disabled,
    /// The right password, too late.
    #[error("the password has expired")]
    PasswordExpired,
    /// The password behind the bearer was regenerated or removed.
    #[error("the password was regenerated or removed")]
    PasswordGone,
    /// No token of the registry has the certificate.
    #[error("no token has this certificate")]
    UnknownCertificate,
    /// The right certificate, too early.
    #[error("the certificate is not valid yet")]
    CertificateNotYetValid,
    /// The right certificate, too late.
    #[error("the certificate has expired")]
    CertificateExpired,
    /// The certificate behind the bearer was replaced or removed.
    #[error("the certificate was replaced or removed")]
    CertificateGone,
    /// A password of one token came over a connection with the certificate of another.
    #[error("the certificate is another token's than the password")]
    TwoTokens,
    /// Too many other passwords were tried before from the same place.
    #[error("too many wrong passwords were tried: the next is heard in {} s", .0.as_secs())]
    TooManyWrong(Duration),
    /// The token's status or rights changed after the bearer was issued.
    #[error("the token has changed since the bearer was issued")]
    Changed,
}

impl SignInRefusal {
    /// How long to wait, which is told; every other reason looks like a wrong password to whoever asks (decision D3).
    pub fn wait(&self) -> Option<Duration> {
        if let Self::TooManyWrong(wait) = self { Some(*wait) } else { None }
    }
}

/// The password that `matches`. As many are compared as a token may have, whatever it has and whichever it is, so that the time tells
/// neither; of nobody, `passwords` is empty.
pub fn find_presented(
    passwords: &[PasswordFacts],
    mut matches: impl FnMut(&PasswordHash) -> bool,
) -> Option<&PasswordFacts> {
    let nothing = PasswordHash::from_bytes([0; 32]);
    let mut found = None;
    for slot in 0..passwords.len().max(PasswordName::ALL.len()) {
        let password = passwords.get(slot);
        let is_match = black_box(matches(password.map_or(&nothing, |password| &password.hash)));
        found = if is_match && password.is_some() { password } else { found };
    }
    found
}

impl TokenFacts {
    /// Judges a presented password. *Disabled* beats every other state, but only for a caller who knows the password.
    pub fn admit_password(&self, presented: &PasswordHash, now: Timestamp) -> Result<&PasswordFacts, SignInRefusal> {
        let password =
            find_presented(&self.passwords, |hash| hash.matches(presented)).ok_or(SignInRefusal::WrongPassword)?;
        self.check_enabled()?;
        password.check(now)?;
        Ok(password)
    }

    /// Judges a certificate whose key the caller has. *Disabled* beats every other state.
    pub fn admit_certificate(
        &self,
        presented: &Fingerprint,
        now: Timestamp,
    ) -> Result<&CertificateFacts, SignInRefusal> {
        // Public, so nothing is told by how long the comparison takes.
        let certificate = self.certificates.iter().find(|known| known.fingerprint == *presented);
        let certificate = certificate.ok_or(SignInRefusal::UnknownCertificate)?;
        self.check_enabled()?;
        certificate.check(now)?;
        Ok(certificate)
    }

    /// Judges a bearer that was issued for `credential` at `generation`.
    pub fn admit_bearer(
        &self,
        credential: CredentialKey,
        generation: Generation,
        now: Timestamp,
    ) -> Result<(), SignInRefusal> {
        self.check_enabled()?;
        if self.generation != generation {
            return Err(SignInRefusal::Changed);
        }
        match credential {
            CredentialKey::Password(id) => {
                let password = self.passwords.iter().find(|known| known.id == id);
                password.ok_or(SignInRefusal::PasswordGone)?.check(now)
            }
            CredentialKey::Certificate(id) => {
                let certificate = self.certificates.iter().find(|known| known.id == id);
                certificate.ok_or(SignInRefusal::CertificateGone)?.check(now)
            }
        }
    }

    /// What a credential is called, such as `password1`; without its figure when the token no longer has it.
    pub fn name_of(&self, credential: CredentialKey) -> Cow<'static, str> {
        if self.kind == HolderKind::Principal {
            return "refresh token".into();
        }
        let name = match credential {
            CredentialKey::Password(id) => {
                self.passwords.iter().find(|known| known.id == id).map_or("password", |known| known.name.as_str())
            }
            CredentialKey::Certificate(id) => {
                self.certificates.iter().find(|known| known.id == id).map_or("certificate", |known| known.name.as_str())
            }
        };
        if self.kind == HolderKind::Admin { format!("admin {name}").into() } else { name.into() }
    }

    /// Where its rights come from.
    pub fn rights(&self) -> Cow<'static, str> {
        match &self.scope_map {
            Some(name) => format!("scope map {name}").into(),
            None => "no scope map".into(),
        }
    }

    /// The credentials that a sign-in was proven with: the one that its bearers carry, and the certificate that was shown beside it.
    pub fn proven(
        &self,
        credential: CredentialKey,
        certificate: Option<&Fingerprint>,
    ) -> impl Iterator<Item = CredentialKey> {
        let beside = certificate.and_then(|shown| self.certificates.iter().find(|known| known.fingerprint == *shown));
        let beside = beside.map(|known| CredentialKey::Certificate(known.id)).filter(|key| *key != credential);
        iter::once(credential).chain(beside)
    }

    /// Those of `credentials` that end after `now` and before `until`. A bearer may outlive a certificate that was shown beside the password.
    pub fn endings(
        &self,
        credentials: impl Iterator<Item = CredentialKey>,
        now: Timestamp,
        until: Timestamp,
    ) -> Vec<Ending> {
        let ending = |credential| {
            let (slot, ends_at) = self.end_of(credential)?;
            (now < ends_at && ends_at < until).then(|| Ending { token: self.name.clone(), slot, ends_at })
        };
        credentials.filter_map(ending).collect()
    }

    /// Which credential it is, and when it ends; `None` for one that is gone and for one that never ends.
    fn end_of(&self, credential: CredentialKey) -> Option<(&'static str, Timestamp)> {
        match credential {
            CredentialKey::Password(id) => {
                let password = self.passwords.iter().find(|known| known.id == id)?;
                Some((password.name.as_str(), password.expires_at?))
            }
            CredentialKey::Certificate(id) => {
                let certificate = self.certificates.iter().find(|known| known.id == id)?;
                Some((certificate.name.as_str(), certificate.ends_at))
            }
        }
    }

    fn check_enabled(&self) -> Result<(), SignInRefusal> {
        match self.status {
            TokenStatus::Disabled => Err(SignInRefusal::Disabled),
            TokenStatus::Enabled => Ok(()),
        }
    }
}

impl PasswordFacts {
    fn check(&self, now: Timestamp) -> Result<(), SignInRefusal> {
        if self.expires_at.is_some_and(|end| end <= now) { Err(SignInRefusal::PasswordExpired) } else { Ok(()) }
    }
}

impl CertificateFacts {
    fn check(&self, now: Timestamp) -> Result<(), SignInRefusal> {
        if now.plus(NOT_BEFORE_LEEWAY) < self.not_before {
            Err(SignInRefusal::CertificateNotYetValid)
        } else if self.ends_at <= now {
            Err(SignInRefusal::CertificateExpired)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::password::{Password, Pepper};
    use rstest::rstest;

    fn hash_of(entropy: u8) -> PasswordHash {
        PasswordHash::of(&Pepper::new([1; 32]), &Password::from_entropy([entropy; 32]))
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    /// `password1` (entropy 1) never expires, `password2` (entropy 2) at second 100; `certificate1` counts from second 50 to 100.
    fn facts() -> TokenFacts {
        let password =
            |id, name, expires_at| PasswordFacts { id: PasswordKey(id), name, hash: hash_of(id as u8), expires_at };
        TokenFacts {
            registry: RegistryKey(1),
            key: TokenKey(1),
            name: "token2".into(),
            kind: HolderKind::Token,
            scope_map: Some("ci".into()),
            status: TokenStatus::Enabled,
            generation: Generation(3),
            rules: Arc::default(),
            passwords: vec![
                password(1, PasswordName::Password1, None),
                password(2, PasswordName::Password2, Some(at(100))),
            ],
            certificates: vec![CertificateFacts {
                id: CertificateKey(1),
                name: CertificateName::Certificate1,
                fingerprint: Fingerprint::new([1; 32]),
                not_before: at(50),
                ends_at: at(100),
            }],
        }
    }

    #[rstest]
    #[case::nobody(&[], 2)]
    #[case::one(&[0], 2)]
    #[case::two(&[0, 1], 2)]
    #[case::more_than_there_are_now(&[0, 1, 0], 3)]
    fn as_much_is_compared_whoever_it_is(#[case] which: &[usize], #[case] comparisons: usize) {
        let facts = facts();
        let passwords: Vec<PasswordFacts> = which.iter().map(|at| facts.passwords[*at].clone()).collect();
        for right in [hash_of(1), hash_of(2), hash_of(9), PasswordHash::from_bytes([0; 32])] {
            let mut compared = 0;
            let found = find_presented(&passwords, |hash| {
                compared += 1;
                hash.matches(&right)
            });
            assert_eq!(compared, comparisons);
            let expected = passwords.iter().rfind(|password| password.hash.matches(&right));
            assert_eq!(found.map(|password| password.id), expected.map(|password| password.id));
        }
    }

    #[test]
    fn what_credentials_are_called() {
        let mut facts = facts();
        let (second, gone) = (CredentialKey::Password(PasswordKey(2)), CredentialKey::Password(PasswordKey(9)));
        assert_eq!(facts.name_of(second), "password2");
        assert_eq!(facts.name_of(gone), "password");
        assert_eq!(facts.name_of(CredentialKey::Certificate(CertificateKey(1))), "certificate1");
        assert_eq!(facts.rights(), "scope map ci");
        facts.kind = HolderKind::Admin;
        assert_eq!(facts.name_of(second), "admin password2");
        facts.kind = HolderKind::Principal;
        assert_eq!(facts.name_of(second), "refresh token");
        facts.scope_map = None;
        assert_eq!(facts.rights(), "no scope map");
    }

    #[test]
    fn passwords() {
        let mut facts = facts();
        let admitted =
            |facts: &TokenFacts, entropy, now| facts.admit_password(&hash_of(entropy), at(now)).map(|p| p.name);
        assert_eq!(admitted(&facts, 1, 1_000), Ok(PasswordName::Password1));
        assert_eq!(admitted(&facts, 2, 99), Ok(PasswordName::Password2));
        assert_eq!(admitted(&facts, 2, 100), Err(SignInRefusal::PasswordExpired));
        assert_eq!(admitted(&facts, 3, 0), Err(SignInRefusal::WrongPassword));
        facts.status = TokenStatus::Disabled;
        assert_eq!(admitted(&facts, 1, 0), Err(SignInRefusal::Disabled));
        assert_eq!(admitted(&facts, 2, 100), Err(SignInRefusal::Disabled));
        assert_eq!(admitted(&facts, 3, 0), Err(SignInRefusal::WrongPassword));
    }

    #[test]
    fn certificates() {
        let mut facts = facts();
        let admitted = |facts: &TokenFacts, number, now| {
            facts.admit_certificate(&Fingerprint::new([number; 32]), at(now)).map(|certificate| certificate.name)
        };
        assert_eq!(admitted(&facts, 1, 50), Ok(CertificateName::Certificate1));
        assert_eq!(admitted(&facts, 1, -10), Ok(CertificateName::Certificate1), "a clock that is a minute ahead");
        assert_eq!(admitted(&facts, 1, -11), Err(SignInRefusal::CertificateNotYetValid));
        assert_eq!(admitted(&facts, 1, 99), Ok(CertificateName::Certificate1));
        assert_eq!(admitted(&facts, 1, 100), Err(SignInRefusal::CertificateExpired));
        assert_eq!(admitted(&facts, 2, 60), Err(SignInRefusal::UnknownCertificate));
        facts.status = TokenStatus::Disabled;
        assert_eq!(admitted(&facts, 1, 100), Err(SignInRefusal::Disabled));
        assert_eq!(admitted(&facts, 2, 60), Err(SignInRefusal::UnknownCertificate));
    }

    #[test]
    fn bearers_of_a_certificate() {
        let mut facts = facts();
        let admitted = |facts: &TokenFacts, id, generation, now| {
            facts.admit_bearer(CredentialKey::Certificate(CertificateKey(id)), Generation(generation), at(now))
        };
        assert_eq!(admitted(&facts, 1, 3, 99), Ok(()));
        assert_eq!(admitted(&facts, 1, 3, 100), Err(SignInRefusal::CertificateExpired));
        assert_eq!(admitted(&facts, 1, 2, 99), Err(SignInRefusal::Changed));
        // A password of the same key is something else.
        assert_eq!(admitted(&facts, 2, 3, 99), Err(SignInRefusal::CertificateGone));
        facts.status = TokenStatus::Disabled;
        assert_eq!(admitted(&facts, 2, 2, 100), Err(SignInRefusal::Disabled));
    }

    const CERTIFICATE: CredentialKey = CredentialKey::Certificate(CertificateKey(1));

    fn password(id: i64) -> CredentialKey {
        CredentialKey::Password(PasswordKey(id))
    }

    #[rstest]
    #[case::never(password(1), None, (0, 1_000), &[])]
    #[case::a_password(password(2), None, (99, 101), &["password2"])]
    #[case::not_yet(password(2), None, (0, 100), &[])]
    #[case::over(password(2), None, (100, 101), &[])]
    #[case::a_certificate(CERTIFICATE, Some(1), (0, 101), &["certificate1"])]
    #[case::both(password(2), Some(1), (0, 101), &["password2", "certificate1"])]
    #[case::another_certificate(password(2), Some(9), (0, 101), &["password2"])]
    #[case::gone(password(9), None, (0, 101), &[])]
    fn endings(
        #[case] credential: CredentialKey,
        #[case] certificate: Option<u8>,
        #[case] (now, until): (i64, i64),
        #[case] expected: &[&str],
    ) {
        let facts = facts();
        let shown = certificate.map(|number| Fingerprint::new([number; 32]));
        let endings = facts.endings(facts.proven(credential, shown.as_ref()), at(now), at(until));
        assert_eq!(endings.iter().map(|ending| ending.slot).collect::<Vec<_>>(), expected);
        assert!(endings.iter().all(|ending| (&*ending.token, ending.ends_at) == ("token2", at(100))));
    }

    #[test]
    fn bearers() {
        let mut facts = facts();
        let admitted = |facts: &TokenFacts, id, generation, now| {
            facts.admit_bearer(CredentialKey::Password(PasswordKey(id)), Generation(generation), at(now))
        };
        assert_eq!(admitted(&facts, 1, 3, 1_000), Ok(()));
        assert_eq!(admitted(&facts, 2, 3, 100), Err(SignInRefusal::PasswordExpired));
        assert_eq!(admitted(&facts, 1, 2, 0), Err(SignInRefusal::Changed));
        assert_eq!(admitted(&facts, 1, 4, 0), Err(SignInRefusal::Changed));
        assert_eq!(admitted(&facts, 9, 3, 0), Err(SignInRefusal::PasswordGone));
        facts.status = TokenStatus::Disabled;
        assert_eq!(admitted(&facts, 9, 2, 1_000), Err(SignInRefusal::Disabled));
    }
}
