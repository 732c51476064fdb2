//! Verifies a chain of entries from their lines alone, as docs/audit.md says it is done. Trusts nothing that wrote them.

use aws_lc_rs::digest;
use std::fmt::{self, Write as _};
use std::str::FromStr;
use wire::arm::audit::Entry;

/// In front of the hash at the end of a line; what stands before it is what the hash is taken over.
const BEFORE_HASH: &str = ",\"hash\":\"";

/// The action of an entry that says which entries were taken away on purpose.
const PRUNE: &str = "audit/prune";

const HASH_DIGITS: usize = 64;

/// An entry of which somebody remembers the hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    seq: i64,
    hash: String,
}

impl FromStr for Known {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once(':').and_then(|(seq, hash)| {
            let is_hash = hash.len() == HASH_DIGITS && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            Some(Self { seq: seq.parse().ok().filter(|seq| *seq > 0)?, hash: hash.to_ascii_lowercase() })
                .filter(|_| is_hash)
        });
        parsed
            .ok_or_else(|| format!("an entry is written as NUMBER:HASH, the hash in {HASH_DIGITS} hexadecimal digits"))
    }
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

/// Where a chain is broken, in a sentence that names the first entry that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Broken {
    #[error("Line {0} is no entry of an audit log.")]
    NoEntry(u64),
    #[error("Entry {0} was changed: its hash is not that of what it says.")]
    Changed(i64),
    #[error("Entry {missing} is missing: {found} comes after {before}.", missing = .before + 1)]
    Missing { before: i64, found: i64 },
    #[error("Entry {found} is in the wrong place: it comes after {before}.")]
    Misplaced { before: i64, found: i64 },
    #[error("Entry {0} was replaced, or the one before it: it names another hash than that one has.")]
    NotFollowing(i64),
    #[error("The entries before {0} are missing, and no entry says that they were taken away on purpose.")]
    NoBeginning(i64),
    #[error("Entry {0} is not the one that is known: the chain was written anew.")]
    NotTheKnown(i64),
    #[error("The entries from {from} to {known} are missing: the end was cut off.", from = .last + 1)]
    CutOff { last: i64, known: i64 },
}

/// A chain as far as it was seen.
#[derive(Debug, Default)]
pub(super) struct Chain {
    lines: u64,
    /// The first entry's number, and the hash of the one before it.
    first: Option<(i64, String)>,
    last: Option<Known>,
    /// The last entry that was taken away, as the newest entry about that says.
    pruned: Option<String>,
    known: Vec<Known>,
}

/// A whole chain.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Whole {
    pub(super) first: i64,
    /// The head.
    pub(super) last: Known,
}

impl Chain {
    /// Nothing yet. Each of `known` must turn up.
    pub(super) fn new(known: Vec<Known>) -> Self {
        Self { known, ..Self::default() }
    }

    /// Takes the next line.
    pub(super) fn take(&mut self, line: &str) -> Result<(), Broken> {
        self.lines += 1;
        let no_entry = || Broken::NoEntry(self.lines);
        let entry: Entry = serde_json::from_str(line).map_err(|_| no_entry())?;
        let (canonical, _) = line.rsplit_once(BEFORE_HASH).ok_or_else(no_entry)?;
        match &self.last {
            Some(last) if entry.seq > last.seq + 1 => {
                return Err(Broken::Missing { before: last.seq, found: entry.seq });
            }
            Some(last) if entry.seq <= last.seq => {
                return Err(Broken::Misplaced { before: last.seq, found: entry.seq });
            }
            _ => {}
        }
        let hash = sha256(canonical);
        if hash != entry.hash {
            return Err(Broken::Changed(entry.seq));
        }
        if self.last.as_ref().is_some_and(|last| last.hash != entry.previous) {
            return Err(Broken::NotFollowing(entry.seq));
        }
        if self.known.iter().any(|known| known.seq == entry.seq && known.hash != hash) {
            return Err(Broken::NotTheKnown(entry.seq));
        }
        if entry.action == PRUNE {
            self.pruned = entry.target;
        }
        self.first.get_or_insert((entry.seq, entry.previous));
        self.last = Some(Known { seq: entry.seq, hash });
        Ok(())
    }

    /// Judges the chain as a whole; `None` when there is no entry.
    pub(super) fn finish(self) -> Result<Option<Whole>, Broken> {
        let last_seq = self.last.as_ref().map_or(0, |last| last.seq);
        if let Some(known) = self.known.iter().map(|known| known.seq).filter(|seq| *seq > last_seq).max() {
            return Err(Broken::CutOff { last: last_seq, known });
        }
        let (Some((first, previous)), Some(last)) = (self.first, self.last) else { return Ok(None) };
        let before = Known { seq: first - 1, hash: previous };
        let is_the_start = before.seq == 0 && before.hash.bytes().all(|digit| digit == b'0');
        let is_told = self.pruned.is_some_and(|pruned| pruned == before.to_string());
        if is_the_start || is_told || self.known.contains(&before) {
            Ok(Some(Whole { first, last }))
        } else {
            Err(Broken::NoBeginning(first))
        }
    }
}

fn sha256(text: &str) -> String {
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    hash.as_ref().iter().fold(String::with_capacity(HASH_DIGITS), |mut text, byte| {
        // Writing to a string cannot fail.
        let _written = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// A chain of so many entries, made as docs/audit.md says.
    fn chain(entries: i64) -> Vec<String> {
        let mut previous = "0".repeat(HASH_DIGITS);
        let line = |seq| {
            let canonical = format!(
                r#"{{"seq":{seq},"at":"2027-01-01T00:00:00+00:00","outcome":"allowed","action":"signIn","who":",\"hash\":\"","previous":"{previous}""#
            );
            previous = sha256(&canonical);
            format!("{canonical}{BEFORE_HASH}{previous}\"}}")
        };
        (1..=entries).map(line).collect()
    }

    fn verify(lines: &[String], known: &[&str]) -> Result<Option<i64>, String> {
        let known = known.iter().map(|text| text.parse()).collect::<Result<Vec<_>, _>>()?;
        let mut chain = Chain::new(known);
        lines.iter().try_for_each(|line| chain.take(line)).map_err(|broken| broken.to_string())?;
        Ok(chain.finish().map_err(|broken| broken.to_string())?.map(|whole| whole.last.seq))
    }

    #[test]
    fn a_whole_chain() {
        assert_eq!(verify(&chain(4), &[]), Ok(Some(4)));
        assert_eq!(verify(&[], &[]), Ok(None));
    }

    #[rstest]
    #[case::changed(|lines: &mut Vec<String>| lines[1] = lines[1].replace("allowed", "refused"), "Entry 2 was changed")]
    #[case::removed(|lines: &mut Vec<String>| drop(lines.remove(1)), "Entry 2 is missing")]
    #[case::reordered(|lines: &mut Vec<String>| lines.swap(1, 2), "Entry 2 is missing")]
    #[case::repeated(|lines: &mut Vec<String>| lines.insert(2, lines[1].clone()), "Entry 2 is in the wrong place")]
    #[case::beginning_removed(|lines: &mut Vec<String>| drop(lines.remove(0)), "The entries before 2 are missing")]
    #[case::not_an_entry(|lines: &mut Vec<String>| lines[3] = "{}".to_owned(), "Line 4 is no entry")]
    #[case::renumbered(
        |lines: &mut Vec<String>| lines[3] = lines[3].replace("\"seq\":4", "\"seq\":5"),
        "Entry 4 is missing"
    )]
    fn a_broken_chain_names_the_first_wrong_entry(#[case] tamper: fn(&mut Vec<String>), #[case] expected: &str) {
        let mut lines = chain(4);
        tamper(&mut lines);
        let broken = verify(&lines, &[]).expect_err("it is broken");
        assert!(broken.starts_with(expected), "{broken}");
    }

    #[test]
    fn a_forged_hash_is_seen_by_the_next_entry() {
        let mut lines = chain(4);
        let forged = lines[1].replace("allowed", "refused");
        let (canonical, _) = forged.rsplit_once(BEFORE_HASH).expect("a hash");
        lines[1] = format!("{canonical}{BEFORE_HASH}{}\"}}", sha256(canonical));
        assert_eq!(verify(&lines, &[]).map_err(|broken| broken.starts_with("Entry 3 was replaced")), Err(true));
    }

    /// What nobody who sees the chain alone can see.
    #[test]
    fn a_cut_end_is_seen_by_who_knows_the_head() {
        let lines = chain(4);
        let mut whole = Chain::new(Vec::new());
        lines.iter().try_for_each(|line| whole.take(line)).expect("a chain");
        let head = whole.finish().expect("whole").expect("entries").last.to_string();
        assert_eq!(verify(&lines, &[&head]), Ok(Some(4)));
        assert_eq!(verify(&lines[..2], &[]), Ok(Some(2)));
        let cut = verify(&lines[..2], &[&head]);
        assert_eq!(cut, Err("The entries from 3 to 4 are missing: the end was cut off.".to_owned()));
        let other = format!("4:{}", "a".repeat(HASH_DIGITS));
        assert!(verify(&lines, &[&other]).is_err_and(|broken| broken.contains("written anew")));
    }

    #[test]
    fn a_later_part_follows_a_known_entry() {
        let lines = chain(4);
        let mut begun = Chain::new(Vec::new());
        begun.take(&lines[0]).expect("an entry");
        let known = begun.finish().expect("whole").expect("an entry").last.to_string();
        assert_eq!(verify(&lines[1..], &[&known]), Ok(Some(4)));
    }

    #[rstest]
    #[case("7")]
    #[case("7:ab")]
    #[case("0:0000000000000000000000000000000000000000000000000000000000000000")]
    fn what_is_no_known_entry(#[case] text: &str) {
        assert!(text.parse::<Known>().is_err());
    }
}
