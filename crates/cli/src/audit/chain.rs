//! Verifies a chain of entries from their lines alone, as docs/audit.md says it is done. Trusts nothing that wrote them.

use aws_lc_rs::digest;
use std::fmt::{self, Write as _};
use std::str::FromStr;
use wire::arm::audit::Entry;

/// In front of the hash at the end of a line; what stands before it is what the hash is taken over.
const BEFORE_HASH: &str = ",\"hash\":\"";
/// Behind it.
const BEHIND_HASH: &str = "\"}";

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
    #[error(
        "Entry {known} is kept no longer, so that it cannot be compared: the log begins with {first}. Give a head that is newer."
    )]
    TooOld { known: i64, first: i64 },
    #[error("The entries from {from} to {known} are missing: the end was cut off.", from = .last + 1)]
    CutOff { last: i64, known: i64 },
}

/// A chain as far as it was seen.
#[derive(Debug, Default)]
pub(super) struct Chain {
    lines: u64,
    /// The first entry's number.
    first: i64,
    /// What the first entry follows.
    before: Option<Known>,
    /// Whether an entry says that `before` and all in front of it were taken away on purpose.
    told: bool,
    /// The first gap, as long as no entry tells of it. Between two parts of a log that are read, the oldest entries may be taken away.
    gap: Option<Broken>,
    last: Option<Known>,
    /// Those that were not compared yet.
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
        let taken = self.take_entry(line);
        // A gap that no entry told of comes before whatever is wrong behind it.
        taken.map_err(|broken| self.gap.clone().unwrap_or(broken))
    }

    fn take_entry(&mut self, line: &str) -> Result<(), Broken> {
        let (entry, canonical) = read(line).ok_or(Broken::NoEntry(self.lines))?;
        let gap = match &self.last {
            Some(last) if entry.seq <= last.seq => {
                return Err(Broken::Misplaced { before: last.seq, found: entry.seq });
            }
            Some(last) if entry.seq > last.seq + 1 => Some(Broken::Missing { before: last.seq, found: entry.seq }),
            _ => None,
        };
        let goes_on = gap.is_none();
        self.gap = self.gap.take().or(gap);
        let hash = sha256(canonical);
        if hash != entry.hash {
            return Err(Broken::Changed(entry.seq));
        }
        let before = Known { seq: entry.seq - 1, hash: entry.previous };
        if goes_on && self.last.as_ref().is_some_and(|last| *last != before) {
            return Err(Broken::NotFollowing(entry.seq));
        }
        if self.known.iter().any(|known| known.seq == entry.seq && known.hash != hash) {
            return Err(Broken::NotTheKnown(entry.seq));
        }
        self.known.retain(|known| known.seq != entry.seq);
        if self.last.is_none() || !goes_on {
            (self.first, self.before, self.told) = (entry.seq, Some(before), false);
        }
        if entry.action == PRUNE && entry.target == self.before.as_ref().map(Known::to_string) {
            (self.told, self.gap) = (true, None);
        }
        self.last = Some(Known { seq: entry.seq, hash });
        Ok(())
    }

    /// Judges the chain as a whole; `None` when there is no entry.
    pub(super) fn finish(self) -> Result<Option<Whole>, Broken> {
        let Self { first, before, told, gap, last, known, .. } = self;
        if let Some(gap) = gap {
            return Err(gap);
        }
        let last_seq = last.as_ref().map_or(0, |last| last.seq);
        if let Some(known) = known.iter().map(|known| known.seq).filter(|seq| *seq > last_seq).max() {
            return Err(Broken::CutOff { last: last_seq, known });
        }
        let (Some(before), Some(last)) = (before, last) else { return Ok(None) };
        if known.iter().any(|known| known.seq == before.seq && known.hash != before.hash) {
            return Err(Broken::NotTheKnown(before.seq));
        }
        let is_the_start = before.seq == 0 && before.hash.bytes().all(|digit| digit == b'0');
        if !is_the_start && !told && !known.contains(&before) {
            return Err(Broken::NoBeginning(first));
        }
        match known.iter().find(|known| **known != before) {
            Some(known) => Err(Broken::TooOld { known: known.seq, first }),
            None => Ok(Some(Whole { first, last })),
        }
    }
}

/// An entry, and what its hash is taken over: all that the line says but the hash. `None` when the line is no entry.
fn read(line: &str) -> Option<(Entry, &str)> {
    let entry: Entry = serde_json::from_str(line).ok()?;
    let (canonical, end) = line.rsplit_once(BEFORE_HASH)?;
    // Behind the greatest number, none can follow.
    let is_number = (1..i64::MAX).contains(&entry.seq);
    (is_number && end.strip_suffix(BEHIND_HASH) == Some(entry.hash.as_str())).then_some((entry, canonical))
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
pub(super) mod tests {
    use super::*;
    use rstest::rstest;

    /// The line of an entry that follows `before`, made as docs/audit.md says.
    fn line(before: &Known, action: &str, target: &str) -> (String, Known) {
        let Known { seq, hash: previous } = before;
        let seq = seq + 1;
        let canonical = format!(
            r#"{{"seq":{seq},"at":"2027-01-01T00:00:00+00:00","outcome":"allowed","action":"{action}","who":",\"hash\":\"","target":"{target}","previous":"{previous}""#
        );
        let hash = sha256(&canonical);
        (format!("{canonical}{BEFORE_HASH}{hash}{BEHIND_HASH}"), Known { seq, hash })
    }

    fn start() -> Known {
        Known { seq: 0, hash: "0".repeat(HASH_DIGITS) }
    }

    /// A chain of so many entries.
    pub(in crate::audit) fn chain(entries: i64) -> Vec<String> {
        pruned(entries, &[])
    }

    /// A chain of so many entries, and of one more for each of `told`: that the entries up to this one were taken away. None is.
    pub(in crate::audit) fn pruned(entries: i64, told: &[usize]) -> Vec<String> {
        let (mut lines, mut links) = (Vec::new(), vec![start()]);
        let mut add = |action: &str, target: usize| {
            let (line, link) = line(links.last().expect("a link"), action, &links[target].to_string());
            lines.push(line);
            links.push(link);
        };
        (0..entries).for_each(|_| add("signIn", 0));
        told.iter().for_each(|through| add(PRUNE, *through));
        lines
    }

    /// The entry of a line, as `--known` has it.
    pub(in crate::audit) fn known(line: &str) -> String {
        let (entry, _) = read(line).expect("an entry");
        format!("{}:{}", entry.seq, entry.hash)
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
    #[case::added_behind_the_hash(
        |lines: &mut Vec<String>| lines[2] = lines[2].replace(BEHIND_HASH, r#"","detail":"forged"}"#),
        "Line 3 is no entry"
    )]
    #[case::added_behind_a_gap(
        |lines: &mut Vec<String>| { lines.remove(1); lines[1] = "{}".to_owned(); },
        "Line 2 is no entry"
    )]
    #[case::wrong_behind_a_gap(
        |lines: &mut Vec<String>| { lines.remove(1); lines[2] = "{}".to_owned(); },
        "Entry 2 is missing"
    )]
    #[case::below_the_first(|lines: &mut Vec<String>| lines[0] = line(&Known { seq: -1, ..start() }, "signIn", "").0, "Line 1 is no entry")]
    #[case::the_least_number(
        |lines: &mut Vec<String>| lines[0] = lines[0].replace("\"seq\":1", &format!("\"seq\":{}", i64::MIN)),
        "Line 1 is no entry"
    )]
    #[case::the_greatest_number(
        |lines: &mut Vec<String>| lines[0] = line(&Known { seq: i64::MAX - 1, ..start() }, "signIn", "").0,
        "Line 1 is no entry"
    )]
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
        assert_eq!(verify(&lines[1..], &[&known(&lines[0])]), Ok(Some(4)));
    }

    /// Six entries, then those that tell of pruning: the first through 2, the next through 4.
    #[rstest]
    #[case::by_the_only_one(&[2], 2, Ok(Some(7)))]
    #[case::by_the_newer(&[2, 4], 4, Ok(Some(8)))]
    #[case::by_the_older(&[2, 4], 2, Ok(Some(8)))]
    #[case::of_another(&[4], 2, Err("The entries before 3 are missing, and no entry says that they were taken away on purpose."))]
    #[case::by_none(&[], 2, Err("The entries before 3 are missing, and no entry says that they were taken away on purpose."))]
    fn what_was_taken_away_is_told(
        #[case] told: &[usize],
        #[case] gone: usize,
        #[case] expected: Result<Option<i64>, &str>,
    ) {
        assert_eq!(verify(&pruned(6, told)[gone..], &[]), expected.map_err(str::to_owned));
    }

    #[test]
    fn what_is_told_of_another_chain_is_not_told() {
        let mut lines = chain(4);
        let (_, last) = line(&start(), "signIn", "");
        let head: Known = known(&lines[3]).parse().expect("a head");
        lines.push(line(&head, PRUNE, &format!("2:{}", last.hash)).0);
        let broken = verify(&lines[2..], &[]).expect_err("it is broken");
        assert!(broken.starts_with("The entries before 3 are missing"), "{broken}");
    }

    /// What is read part by part is taken away meanwhile.
    #[rstest]
    #[case::told(&[4], 2, 4, Ok(Some(7)))]
    #[case::not_told(&[], 2, 4, Err("Entry 3 is missing: 5 comes after 2."))]
    #[case::of_another(&[3], 2, 4, Err("Entry 3 is missing: 5 comes after 2."))]
    fn a_gap_must_be_told(
        #[case] told: &[usize],
        #[case] from: usize,
        #[case] to: usize,
        #[case] expected: Result<Option<i64>, &str>,
    ) {
        let mut lines = pruned(6, told);
        lines.drain(from..to);
        assert_eq!(verify(&lines, &[]), expected.map_err(str::to_owned));
    }

    #[test]
    fn one_gap_that_is_told_hides_no_later_one() {
        let mut lines = pruned(6, &[4]);
        let head: Known = known(&lines[6]).parse().expect("a head");
        let (eighth, head) = line(&head, "signIn", "");
        lines.extend([eighth, line(&head, "signIn", "").0]);
        lines.remove(7);
        lines.drain(2..4);
        assert_eq!(verify(&lines, &[]), Err("Entry 8 is missing: 9 comes after 7.".to_owned()));
    }

    /// Entries 1 to 4 of six were taken away, or 3 and 4 while the log was read.
    #[rstest]
    #[case::the_one_before(0..4, 4, Ok(Some(7)))]
    #[case::older(0..4, 2, Err("Entry 2 is kept no longer, so that it cannot be compared: the log begins with 5. Give a head that is newer."))]
    #[case::compared_before_the_gap(2..4, 2, Ok(Some(7)))]
    #[case::in_the_gap(2..4, 3, Err("Entry 3 is kept no longer, so that it cannot be compared: the log begins with 5. Give a head that is newer."))]
    fn a_known_entry_is_compared_or_too_old(
        #[case] gone: std::ops::Range<usize>,
        #[case] seq: usize,
        #[case] expected: Result<Option<i64>, &str>,
    ) {
        let mut lines = pruned(6, &[4]);
        let known = known(&lines[seq - 1]);
        lines.drain(gone);
        assert_eq!(verify(&lines, &[&known]), expected.map_err(str::to_owned));
    }

    #[test]
    fn the_known_entry_before_the_first_must_be_that_one() {
        let other = format!("4:{}", "a".repeat(HASH_DIGITS));
        let broken = verify(&pruned(6, &[4])[4..], &[&other]);
        assert_eq!(broken, Err("Entry 4 is not the one that is known: the chain was written anew.".to_owned()));
    }

    #[rstest]
    #[case("7")]
    #[case("7:ab")]
    #[case("0:0000000000000000000000000000000000000000000000000000000000000000")]
    fn what_is_no_known_entry(#[case] text: &str) {
        assert!(text.parse::<Known>().is_err());
    }
}
