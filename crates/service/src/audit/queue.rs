//! What waits to be written: bounded, in memory, of this process.
//!
//! Equal things that strangers can cause at will are written once, and then counted for a minute: see [`Crowd`]. When more waits than there
//! is room for, entries are dropped, and how many is an entry of its own.

use crate::guesses::network_of;
use crate::limits;
use model::audit::{Entry, Outcome, Repeated, actions};
use model::timestamp::Timestamp;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Whether equal entries are counted, and beside whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Crowd {
    /// Each is written: whoever causes it has proven who it is.
    Each,
    /// Counted, beside those of others who have proven who they are; each is written where there are too many kinds.
    Known,
    /// Counted, beside those of everybody who has not, who could cause as many different ones as they like.
    Strangers,
}

#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Entry>,
    dropped: Option<Repeated>,
    windows: HashMap<Key, Window>,
    /// The windows in the order in which they were opened.
    opened: VecDeque<(Timestamp, Key)>,
    open: HashMap<(Crowd, Outcome), usize>,
}

/// What makes entries equal: everything but when, and in which request.
type Key = (Crowd, Entry);

/// What happened again since the entry that opened the window.
#[derive(Default)]
struct Window {
    again: Option<(Repeated, Timestamp)>,
}

impl Queue {
    /// How many entries wait to be written.
    pub(crate) fn len(&self) -> usize {
        self.lock().waiting.len()
    }

    pub(crate) fn push(&self, entry: Entry, crowd: Crowd) {
        // Many wait, and strangers write some of their texts.
        let entry = entry.bounded();
        let mut state = self.lock();
        if crowd == Crowd::Each {
            return state.wait(entry);
        }
        let at = entry.at;
        let mut key = key_of(crowd, entry.clone());
        let is_full = *state.open_of(crowd, entry.outcome) >= limits::AUDIT_WINDOWS;
        if is_full && !state.windows.contains_key(&key) {
            // Whoever has proven who it is leaves an entry with each bearer and write anyway, and is told apart from everybody else.
            if crowd == Crowd::Known {
                return state.wait(entry);
            }
            key = rest_of(crowd, &entry);
        }
        match state.windows.get_mut(&key) {
            Some(window) => window.count(at),
            None => {
                // The rest is never one entry among others: it is counted from its first.
                let first = if is_full {
                    Window { again: Some((Repeated { count: 1, since: at }, at)) }
                } else {
                    Window::default()
                };
                state.open(at, key, first);
                if !is_full {
                    state.wait(entry);
                }
            }
        }
    }

    /// Turns the counts of windows that have been open for [`limits::AUDIT_WINDOW`] into entries.
    pub(crate) fn close_windows(&self, now: Timestamp) {
        let mut state = self.lock();
        while let Some((opened, _)) = state.opened.front()
            && opened.plus(limits::AUDIT_WINDOW) <= now
        {
            state.close_first();
        }
    }

    pub(crate) fn close_all_windows(&self) {
        let mut state = self.lock();
        while state.close_first() {}
    }

    /// The next entries to be written, with one that says how many were dropped.
    pub(crate) fn take(&self, now: Timestamp) -> Vec<Entry> {
        let mut state = self.lock();
        let count = state.waiting.len().min(limits::AUDIT_WRITTEN_AT_ONCE);
        let mut taken: Vec<Entry> = state.waiting.drain(..count).collect();
        if let Some(dropped) = state.dropped.take() {
            taken.push(Entry {
                rule: Some("more entries waited than there is room for".to_owned()),
                repeated: Some(dropped),
                ..Entry::new(now, Outcome::Refused, actions::DROP)
            });
        }
        taken
    }

    /// Takes back entries that could not be written.
    pub(crate) fn put_back(&self, entries: Vec<Entry>) {
        let mut state = self.lock();
        for entry in entries.into_iter().rev() {
            match (&entry.repeated, &*entry.action) {
                (Some(dropped), actions::DROP) => state.drop_more(*dropped),
                _ if state.waiting.len() >= limits::AUDIT_WAITING => state.drop_entry(&entry),
                _ => state.waiting.push_front(entry),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wait(&mut self, entry: Entry) {
        if self.waiting.len() < limits::AUDIT_WAITING {
            self.waiting.push_back(entry);
        } else {
            self.drop_entry(&entry);
        }
    }

    fn drop_entry(&mut self, entry: &Entry) {
        self.drop_more(entry.repeated.unwrap_or(Repeated { count: 1, since: entry.at }));
    }

    fn drop_more(&mut self, more: Repeated) {
        let before = self.dropped.unwrap_or(Repeated { count: 0, since: more.since });
        self.dropped = Some(Repeated { count: before.count + more.count, since: before.since.min(more.since) });
    }

    fn open(&mut self, at: Timestamp, key: Key, window: Window) {
        *self.open_of(key.0, key.1.outcome) += 1;
        self.opened.push_back((at, key.clone()));
        self.windows.insert(key, window);
    }

    /// Whether there was one.
    fn close_first(&mut self) -> bool {
        let Some((_, key)) = self.opened.pop_front() else { return false };
        *self.open_of(key.0, key.1.outcome) -= 1;
        if let Some((repeated, last)) = self.windows.remove(&key).and_then(|window| window.again) {
            self.wait(Entry { at: last, repeated: Some(repeated), ..key.1 });
        }
        true
    }

    /// How many windows are open: refusals are told apart however many others sign in.
    fn open_of(&mut self, crowd: Crowd, outcome: Outcome) -> &mut usize {
        self.open.entry((crowd, outcome)).or_default()
    }
}

impl Window {
    fn count(&mut self, at: Timestamp) {
        let (before, _) = self.again.unwrap_or((Repeated { count: 0, since: at }, at));
        self.again = Some((Repeated { count: before.count + 1, ..before }, at));
    }
}

/// Any value will do for what is left out, as long as it is always the same.
const NEVER: i64 = 0;

fn key_of(crowd: Crowd, entry: Entry) -> Key {
    let address = entry.address.map(network_of);
    (crowd, Entry { at: Timestamp::from_micros(NEVER), request: None, address, ..entry })
}

/// What is counted together when there are too many kinds to be told apart.
fn rest_of(crowd: Crowd, entry: &Entry) -> Key {
    let at = Timestamp::from_micros(NEVER);
    let rule = Some("of different kinds, too many to be told apart".to_owned());
    (crowd, Entry { rule, ..Entry::new(at, entry.outcome, entry.action.clone()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(0).plus(Duration::from_secs(seconds))
    }

    fn entry(who: &str, seconds: u64) -> Entry {
        Entry { who: Some(who.to_owned()), ..Entry::new(at(seconds), Outcome::Refused, actions::SIGN_IN) }
    }

    /// Each as who, how often, when first, when last.
    fn taken(queue: &Queue, seconds: u64) -> Vec<(String, Option<u64>, Option<u64>, u64)> {
        let micros = |time: Timestamp| u64::try_from(time.as_micros()).unwrap_or_default() / 1_000_000;
        let told = |entry: Entry| {
            let who = entry.who.unwrap_or_else(|| entry.action.into_owned());
            let repeated = entry.repeated;
            (who, repeated.map(|many| many.count), repeated.map(|many| micros(many.since)), micros(entry.at))
        };
        queue.take(at(seconds)).into_iter().map(told).collect()
    }

    #[test]
    fn equal_ones_are_counted_for_a_minute() {
        let queue = Queue::default();
        for second in 10..20 {
            queue.push(entry("ci", second), Crowd::Known);
        }
        queue.push(entry("other", 20), Crowd::Known);
        assert_eq!(taken(&queue, 20), [("ci".to_owned(), None, None, 10), ("other".to_owned(), None, None, 20)]);
        queue.close_windows(at(69));
        assert_eq!(taken(&queue, 69), []);
        queue.close_windows(at(70));
        assert_eq!(taken(&queue, 70), [("ci".to_owned(), Some(9), Some(11), 19)]);
        queue.push(entry("ci", 71), Crowd::Known);
        assert_eq!(taken(&queue, 71), [("ci".to_owned(), None, None, 71)], "a new minute begins");
        queue.close_all_windows();
        assert_eq!(taken(&queue, 72), [], "what happened once was told");
    }

    /// However many kinds of others' there are.
    #[test]
    fn whoever_is_known_is_told_apart() {
        let queue = Queue::default();
        let kinds = limits::AUDIT_WINDOWS + 5;
        for second in [10, 11] {
            (0..kinds).for_each(|number| queue.push(entry(&number.to_string(), second), Crowd::Known));
        }
        let told = taken(&queue, 12);
        assert!((0..kinds).all(|number| told.iter().any(|(who, ..)| *who == number.to_string())), "{told:?}");
        assert_eq!(told.len(), kinds + 5, "there is room to count the others' second");
        queue.close_windows(at(70));
        assert_eq!(taken(&queue, 70).len(), limits::AUDIT_WINDOWS);
    }

    #[test]
    fn each_is_each() {
        let queue = Queue::default();
        (0..3).for_each(|second| queue.push(entry("ci", second), Crowd::Each));
        assert_eq!(taken(&queue, 3).len(), 3);
    }

    #[test]
    fn what_has_no_room_is_told() {
        let queue = Queue::default();
        let max = limits::AUDIT_WAITING;
        (0..max + 5).for_each(|number| queue.push(entry(&number.to_string(), 7), Crowd::Each));
        let first = queue.take(at(8));
        assert_eq!(first.len(), limits::AUDIT_WRITTEN_AT_ONCE + 1);
        let dropped = first.last().and_then(|entry| entry.repeated);
        assert_eq!(dropped, Some(Repeated { count: 5, since: at(7) }));
        // The disk is full, and meanwhile others came: nothing is lost without being counted.
        (0..limits::AUDIT_WRITTEN_AT_ONCE).for_each(|_| queue.push(entry("late", 9), Crowd::Each));
        queue.put_back(first);
        let (mut kept, mut lost) = (0, 0);
        loop {
            let taken = queue.take(at(10));
            if taken.is_empty() {
                break;
            }
            lost += taken.iter().filter_map(|entry| entry.repeated).map(|many| many.count).sum::<u64>();
            kept += taken.iter().filter(|entry| entry.repeated.is_none()).count();
        }
        assert_eq!((kept, lost), (max, 5 + limits::AUDIT_WRITTEN_AT_ONCE as u64));
    }

    #[test]
    fn what_is_put_back_comes_first() {
        let queue = Queue::default();
        queue.push(entry("a", 1), Crowd::Each);
        queue.push(entry("b", 2), Crowd::Each);
        let taken_once = queue.take(at(3));
        queue.push(entry("c", 3), Crowd::Each);
        queue.put_back(taken_once);
        let names: Vec<_> = taken(&queue, 4).into_iter().map(|(who, ..)| who).collect();
        assert_eq!(names, ["a", "b", "c"]);
    }
}
