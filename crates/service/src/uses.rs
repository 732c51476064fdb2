//! When credentials were last used: noted in memory at every sign-in that succeeds, and written some seconds later, many at a time.
//!
//! A sign-in pays for a look-up and an atomic in memory. A crash loses what was noted since the last writing, a row goes with its
//! credential, and of several processes on one data folder the later use stands. What a bearer or a session does is no use of its own: it
//! lies within the hour, or the three of a refresh token's, that the sign-in bought.

use crate::sign_ins::SignedIn;
use crate::{Error, Service, limits};
use model::timestamp::Timestamp;
use model::uses::Used;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

/// What is noted and not yet written.
pub(crate) struct Uses {
    /// Microseconds since the epoch, of the last use of each.
    noted: RwLock<HashMap<Used, AtomicI64>>,
    /// How many uses found no room.
    missed: AtomicU64,
    room: usize,
}

impl Uses {
    /// With room for so many credentials between two writings.
    pub(crate) fn new(room: usize) -> Self {
        Self { noted: RwLock::default(), missed: AtomicU64::new(0), room }
    }

    /// Notes that a credential was used. The later of two uses stands.
    pub(crate) fn note(&self, used: Used, at: Timestamp) {
        let at = at.as_micros();
        let noted = self.noted.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = noted.get(&used) {
            known.fetch_max(at, Ordering::Relaxed);
            return;
        }
        drop(noted);
        let mut noted = self.noted.write().unwrap_or_else(PoisonError::into_inner);
        if noted.len() >= self.room && !noted.contains_key(&used) {
            self.missed.fetch_add(1, Ordering::Relaxed);
            return;
        }
        noted.entry(used).or_default().fetch_max(at, Ordering::Relaxed);
    }

    fn len(&self) -> usize {
        self.noted.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn take(&self, most: usize) -> Vec<(Used, Timestamp)> {
        let mut noted = self.noted.write().unwrap_or_else(PoisonError::into_inner);
        let some: Vec<Used> = noted.keys().take(most).cloned().collect();
        let at_of = |used| noted.remove_entry(&used).map(|(used, at)| (used, Timestamp::from_micros(at.into_inner())));
        some.into_iter().filter_map(at_of).collect()
    }

    fn put_back(&self, uses: impl IntoIterator<Item = (Used, Timestamp)>) {
        for (used, at) in uses {
            self.note(used, at);
        }
    }
}

impl Service {
    /// Writes what was noted of uses since the last call. The server calls it every few seconds and when it stops; what could not be
    /// written is kept for the next call.
    pub async fn write_uses(&self) -> Result<(), Error> {
        let uses = &self.inner.uses;
        let missed = uses.missed.swap(0, Ordering::Relaxed);
        if missed > 0 {
            tracing::warn!(
                missed,
                "the last use of credentials was not noted at {missed} sign-ins: too many signed in at once"
            );
        }
        // No more than was noted when it began: what is in constant use is noted again meanwhile.
        for _ in 0..uses.len().div_ceil(limits::USES_WRITTEN_AT_ONCE) {
            let taken = uses.take(limits::USES_WRITTEN_AT_ONCE);
            let kept = taken.clone();
            let written = self.inner.metadata.write(move |tx| {
                kept.iter().try_for_each(|(used, at)| metadata::uses::keep(tx, used, *at, limits::USE_PRECISION))
            });
            if let Err(error) = written.await {
                uses.put_back(taken);
                return Err(Error::from(error));
            }
        }
        Ok(())
    }

    /// Notes that somebody who signed in gets something for it.
    pub(crate) fn note_use(&self, signed_in: &SignedIn) {
        let now = self.inner.clock.now();
        for used in signed_in.used() {
            self.inner.uses.note(used, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::token::{CredentialKey, PasswordKey};

    fn password(id: i64) -> Used {
        Used::Credential(CredentialKey::Password(PasswordKey(id)))
    }

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    #[test]
    fn the_later_of_two_uses_stands() {
        let uses = Uses::new(10);
        for micros in [3, 7, 5] {
            uses.note(password(1), at(micros));
        }
        assert_eq!(uses.take(10), [(password(1), at(7))]);
        assert_eq!(uses.take(10), []);
    }

    #[test]
    fn what_is_put_back_does_not_hide_what_came_since() {
        let uses = Uses::new(10);
        uses.note(password(1), at(1));
        let taken = uses.take(10);
        uses.note(password(1), at(2));
        uses.put_back(taken);
        assert_eq!(uses.take(10), [(password(1), at(2))]);
    }

    #[test]
    fn there_is_room_for_so_many_and_the_rest_is_counted() {
        let uses = Uses::new(2);
        for id in [1, 2, 3, 1, 4] {
            uses.note(password(id), at(id));
        }
        assert_eq!((uses.len(), uses.missed.load(Ordering::Relaxed)), (2, 2));
        assert_eq!([uses.take(1).len(), uses.take(10).len(), uses.take(10).len()], [1, 1, 0]);
    }
}
