//! Wrong passwords, counted by where they come from and whose they would be (data-plane-and-auth.md, 8.21): who guesses is made to wait,
//! and nobody is locked out who does not.
//!
//! What counts are different wrong passwords, not requests: containerd tries each twice, and a kubelet tries an old one for ever. Whoever has
//! tried too many is not heard until the oldest of them is forgotten, except with a password that was tried already, the right one
//! above all. So a machine that has signed in goes on, whoever else guesses from its address.

use crate::limits;
use model::arm_name::TokenName;
use model::guid::Guid;
use model::password::PasswordHash;
use model::registry::RegistryKey;
use model::timestamp::Timestamp;
use quick_cache::sync::Cache;
use std::collections::VecDeque;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Whose password is presented.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Whose {
    /// A user's of a registry. What is no name of a token is one user, so that inventing names gains nothing.
    User(RegistryKey, Option<TokenName>),
    /// A service principal's, by its client id; what is no id is one principal.
    Principal(Option<Guid>),
}

/// From where, and whose.
type Pair = (IpAddr, Whose);

/// In memory, of this process, and bounded: a pair that is not remembered has guessed nothing. To be forgotten early, a guesser has to send
/// [`limits::GUESSERS_REMEMBERED`] other names first.
pub(crate) struct Guesses {
    pairs: Cache<Pair, Arc<Mutex<Tried>>>,
}

/// What one pair has tried.
#[derive(Default)]
struct Tried {
    /// Each once, with when it was first tried, oldest first.
    wrong: VecDeque<(Timestamp, PasswordHash)>,
    /// Those that signed in last.
    right: VecDeque<PasswordHash>,
}

/// A password that may be looked at. It counts as wrong until [`Attempt::succeeded`], so that guesses made at once gain nothing.
pub(crate) struct Attempt {
    tried: Arc<Mutex<Tried>>,
    presented: PasswordHash,
}

impl Guesses {
    pub(crate) fn new() -> Self {
        Self { pairs: Cache::new(limits::GUESSERS_REMEMBERED) }
    }

    /// Begins to try a password. `Err`: how long until one may be tried that was not tried before.
    pub(crate) fn attempt(
        &self,
        (address, whose): (IpAddr, Whose),
        presented: PasswordHash,
        now: Timestamp,
    ) -> Result<Attempt, Duration> {
        let pair = (network_of(address), whose);
        let tried = self.pairs.get_or_insert_with(&pair, || Ok::<_, Duration>(Arc::default()))?;
        tried.lock().unwrap_or_else(PoisonError::into_inner).begin(presented, now)?;
        Ok(Attempt { tried, presented })
    }
}

impl Attempt {
    /// The password signed somebody in.
    pub(crate) fn succeeded(self) {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner).succeeded(self.presented);
    }

    /// It did not.
    pub(crate) fn failed(self, now: Timestamp) {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner).failed(self.presented, now);
    }
}

impl Tried {
    fn begin(&mut self, presented: PasswordHash, now: Timestamp) -> Result<(), Duration> {
        self.wrong.retain(|(tried, _)| now < tried.plus(limits::WRONG_PASSWORD_REMEMBERED));
        if self.right.iter().any(|known| known.matches(&presented)) || self.has_wrong(&presented) {
            return Ok(());
        }
        match self.wrong.front() {
            Some((oldest, _)) if self.wrong.len() >= limits::WRONG_PASSWORDS_MAX => {
                Err(oldest.plus(limits::WRONG_PASSWORD_REMEMBERED).since(now))
            }
            _ => {
                self.wrong.push_back((now, presented));
                Ok(())
            }
        }
    }

    fn succeeded(&mut self, presented: PasswordHash) {
        self.wrong.retain(|(_, known)| !known.matches(&presented));
        self.right.retain(|known| !known.matches(&presented));
        self.right.push_back(presented);
        if self.right.len() > limits::RIGHT_PASSWORDS_REMEMBERED {
            self.right.pop_front();
        }
    }

    fn failed(&mut self, presented: PasswordHash, now: Timestamp) {
        self.right.retain(|known| !known.matches(&presented));
        if !self.has_wrong(&presented) && self.wrong.len() < limits::WRONG_PASSWORDS_MAX {
            self.wrong.push_back((now, presented));
        }
    }

    fn has_wrong(&self, presented: &PasswordHash) -> bool {
        self.wrong.iter().any(|(_, known)| known.matches(presented))
    }
}

/// Of IPv6 the network of one subscriber, who has all addresses in it (RFC 6177).
pub(crate) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
    const KUBELET: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 8));
    const RIGHT: u16 = u16::MAX;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(0).plus(Duration::from_secs(seconds))
    }

    fn password(number: u16) -> PasswordHash {
        let mut bytes = [0; 32];
        bytes[..2].copy_from_slice(&number.to_be_bytes());
        PasswordHash::from_bytes(bytes)
    }

    /// How long the caller is told to wait; `None` when the password was looked at.
    fn try_from(guesses: &Guesses, address: IpAddr, number: u16, seconds: u64) -> Option<u64> {
        match guesses.attempt((address, Whose::User(RegistryKey(1), None)), password(number), at(seconds)) {
            Ok(attempt) if number == RIGHT => attempt.succeeded(),
            Ok(attempt) => attempt.failed(at(seconds)),
            Err(wait) => return Some(wait.as_secs()),
        }
        None
    }

    fn guess(guesses: &Guesses, numbers: std::ops::Range<u16>, seconds: u64) -> Vec<Option<u64>> {
        numbers.map(|number| try_from(guesses, HERE, number, seconds)).collect()
    }

    #[test]
    fn a_guesser_waits() {
        let guesses = Guesses::new();
        assert_eq!(guess(&guesses, 0..10, 100), [None; 10]);
        assert_eq!(guess(&guesses, 10..12, 110), [Some(50); 2]);
        assert_eq!(try_from(&guesses, HERE, RIGHT, 110), Some(50), "a right guess is not looked at either");
        assert_eq!(try_from(&guesses, KUBELET, 10, 110), None, "elsewhere");
        assert_eq!(guess(&guesses, 20..30, 160), [None; 10], "as many again after a minute");
        assert_eq!(guess(&guesses, 30..31, 160), [Some(60)]);
    }

    #[test]
    fn an_old_secret_tried_for_ever_is_one_guess() {
        let guesses = Guesses::new();
        for second in 0..1_000 {
            assert_eq!(try_from(&guesses, KUBELET, 1, second), None);
        }
        assert_eq!(try_from(&guesses, KUBELET, RIGHT, 1_000), None);
    }

    #[test]
    fn who_has_signed_in_goes_on_beside_a_guesser() {
        let guesses = Guesses::new();
        assert_eq!(try_from(&guesses, HERE, RIGHT, 0), None);
        assert_eq!(guess(&guesses, 0..10, 1), [None; 10]);
        assert_eq!(guess(&guesses, 10..11, 1), [Some(60)]);
        assert_eq!(try_from(&guesses, HERE, RIGHT, 1), None);
        assert_eq!(
            try_from(&guesses, HERE, 3, 1),
            None,
            "and an old secret is looked at again: it may be right by now"
        );
    }

    /// A service principal may have ten secrets, in use behind one address.
    #[test]
    fn every_secret_that_has_signed_in_is_remembered() {
        let guesses = Guesses::new();
        let begin = |number| guesses.attempt((HERE, Whose::Principal(None)), password(number), at(0));
        for secret in 100..110 {
            begin(secret).expect("nobody guesses yet").succeeded();
        }
        (0..10).for_each(|number| begin(number).expect("ten are looked at").failed(at(0)));
        assert!(begin(10).is_err());
        assert!((100..110).all(|secret| begin(secret).is_ok()));
    }

    #[test]
    fn a_password_that_stopped_counting_is_a_wrong_one() {
        let guesses = Guesses::new();
        assert_eq!(try_from(&guesses, HERE, RIGHT, 0), None);
        let again = guesses.attempt((HERE, Whose::User(RegistryKey(1), None)), password(RIGHT), at(1));
        again.map(|attempt| attempt.failed(at(1))).expect("it was right");
        assert_eq!(guess(&guesses, 0..10, 1)[8..], [None, Some(60)]);
    }

    #[test]
    fn guesses_at_once_are_as_many_as_one_after_another() {
        let guesses = Guesses::new();
        let begin = |number| guesses.attempt((HERE, Whose::Principal(None)), password(number), at(0)).ok();
        let begun: Vec<_> = (0..50).map(begin).collect();
        assert_eq!(begun.iter().flatten().count(), 10);
    }

    #[test]
    fn a_subscriber_s_ipv6_addresses_are_one() {
        let of = |text: &str| network_of(text.parse().expect("an address"));
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2::9"));
        assert_ne!(of("2001:db8:1:2::9"), of("2001:db8:1:3::9"));
        assert_eq!(of("::ffff:192.0.2.7"), HERE);
    }
}
