//! Retention: which tags and manifests of a repository a rule deletes. The facts and the time come in; what is deleted is up to who asks.
//!
//! Tags are told apart by how many moved after them, so clocks do not count. Manifests are told apart by how long they have rested: since the last
//! push, or since a tag last came or went. A clock that is behind delays their delete, and one that is ahead hastens it.

use crate::digest::Digest;
use crate::reference::{TAG_CHARS_MAX, Tag};
use crate::repository::{RepositoryName, RepositoryPattern};
use crate::timestamp::Timestamp;
use std::fmt;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A pattern of tags: the characters of tags, and `*` for any number of them, also none. `v*`, `*-rc.*`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagPattern(Box<str>);

impl TagPattern {
    /// Reads at most [`TAG_CHARS_MAX`] letters, digits, `_`, `.`, `-` and `*`.
    pub fn parse(text: &str) -> Result<Self, InvalidRetentionRule> {
        let is_known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '*');
        if !text.is_empty() && text.len() <= TAG_CHARS_MAX && text.chars().all(is_known) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidRetentionRule::Pattern(text.to_owned()))
        }
    }

    /// Whether the whole tag is meant.
    pub fn matches(&self, tag: &Tag) -> bool {
        let mut pieces = self.0.split('*');
        // There is always a first piece, and it stands at the beginning.
        let Some(mut rest) = pieces.next().and_then(|first| tag.as_str().strip_prefix(first)) else { return false };
        let Some(last) = pieces.next_back() else { return rest.is_empty() };
        for piece in pieces {
            // The earliest place leaves most for the pieces behind it.
            match rest.split_once(piece) {
                Some((_, behind)) => rest = behind,
                None => return false,
            }
        }
        rest.ends_with(last)
    }

    /// The pattern.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TagPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A rule on what repositories keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionRule {
    repositories: RepositoryPattern,
    keep_last: Option<u32>,
    untagged_days: Option<u16>,
    untagged_from: Option<Timestamp>,
    never: Vec<TagPattern>,
}

/// It is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRetentionRule {
    /// Neither of the two deletes is wanted.
    #[error("a retention rule says how many tags are kept, or after how many days manifests without a tag go, or both")]
    Nothing,
    /// Out of its bounds.
    #[error("a retention rule keeps the last 1 to {max} tags, not {0}", max = RetentionRule::KEEP_LAST_MAX)]
    KeepLast(u32),
    /// Out of its bounds.
    #[error("manifests without a tag go after 1 to {max} days, not {0}", max = RetentionRule::UNTAGGED_DAYS_MAX)]
    UntaggedDays(u32),
    /// Not a pattern of tags.
    #[error(
        "'{0}' is not a pattern of tags: 1 to {TAG_CHARS_MAX} letters, digits, '.', '_', '-', and '*' for any of them"
    )]
    Pattern(String),
    /// Tags are excepted from a delete that the rule does not do.
    #[error("patterns of tags that are never deleted need a number of tags to keep: without one no tag is deleted")]
    NeverWithoutKeepLast,
    /// Out of its bounds.
    #[error("a retention rule has at most {max} patterns of tags that are never deleted, not {0}", max = RetentionRule::NEVER_MAX)]
    TooManyNever(usize),
}

/// Why Azure's policy cannot be changed so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUntaggedChange {
    /// Azure keeps the days of a policy that is disabled; here there would be nothing that keeps them.
    #[error("days are kept while the policy is enabled: say that it is, or leave them out")]
    DaysOfNoPolicy,
    /// It would say that manifests go, and they would stay.
    #[error(
        "nobody would apply it, since `enabled` of [collection] in the configuration of this server is false. Turn that on, or store the rule with `portcullis retention set` and apply it with `portcullis retention apply`"
    )]
    NobodyApplies,
}

/// What a rule deletes, before it is checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetentionSpec {
    /// How many tags are kept.
    pub keep_last: Option<u32>,
    /// After how many days a manifest without a tag goes.
    pub untagged_days: Option<u32>,
    /// From when on these days count at the earliest; `None` for as long as a manifest has rested.
    pub untagged_from: Option<Timestamp>,
    /// Tags that stay and do not count.
    pub never: Vec<TagPattern>,
}

impl RetentionRule {
    /// Each of their places is counted again for each part of a repository that is looked at.
    pub const KEEP_LAST_MAX: u32 = 10_000;
    /// Ten years.
    pub const UNTAGGED_DAYS_MAX: u32 = 3_650;
    /// Each pattern is compared with each tag.
    pub const NEVER_MAX: usize = 50;

    /// Checks the bounds. A pattern that is given twice counts once.
    ///
    /// At least one of the two deletes must be wanted, and a day is the least: a push brings the members of an index before the index, and must not
    /// lose them.
    pub fn new(repositories: RepositoryPattern, spec: RetentionSpec) -> Result<Self, InvalidRetentionRule> {
        let RetentionSpec { keep_last, untagged_days, untagged_from, mut never } = spec;
        if keep_last.is_none() && untagged_days.is_none() {
            return Err(InvalidRetentionRule::Nothing);
        }
        if let Some(wrong) = keep_last.filter(|keep| !(1..=Self::KEEP_LAST_MAX).contains(keep)) {
            return Err(InvalidRetentionRule::KeepLast(wrong));
        }
        if keep_last.is_none() && !never.is_empty() {
            return Err(InvalidRetentionRule::NeverWithoutKeepLast);
        }
        let wrong = InvalidRetentionRule::UntaggedDays;
        let checked = |days: u32| {
            let in_bounds = (1..=Self::UNTAGGED_DAYS_MAX).contains(&days);
            u16::try_from(days).ok().filter(|_| in_bounds).ok_or_else(|| wrong(days))
        };
        let untagged_days = untagged_days.map(checked).transpose()?;
        never.sort_unstable();
        never.dedup();
        if never.len() > Self::NEVER_MAX {
            return Err(InvalidRetentionRule::TooManyNever(never.len()));
        }
        let untagged_from = untagged_from.filter(|_| untagged_days.is_some());
        Ok(Self { repositories, keep_last, untagged_days, untagged_from, never })
    }

    /// Which repositories it is for.
    pub fn repositories(&self) -> &RepositoryPattern {
        &self.repositories
    }

    /// How many tags are kept; `None` for all.
    pub fn keep_last(&self) -> Option<u32> {
        self.keep_last
    }

    /// After how many days a manifest without a tag goes; `None` for never.
    pub fn untagged_days(&self) -> Option<u16> {
        self.untagged_days
    }

    /// From when on these days count at the earliest; `None` for as long as a manifest has rested.
    pub fn untagged_from(&self) -> Option<Timestamp> {
        self.untagged_from
    }

    /// Tags that stay and do not count, each pattern once, in byte order.
    pub fn never(&self) -> &[TagPattern] {
        &self.never
    }

    /// The rule that alone counts for a repository: the one of its own name, else the one of the longest prefix, else the one of all.
    pub fn most_specific<'r>(rules: &'r [Self], repository: &RepositoryName) -> Option<&'r Self> {
        let matching = rules.iter().filter(|rule| rule.repositories.matches(repository));
        matching.max_by_key(|rule| match &rule.repositories {
            RepositoryPattern::All => (0, 0),
            RepositoryPattern::Below(prefix) => (1, prefix.as_str().len()),
            RepositoryPattern::Exactly(_) => (2, 0),
        })
    }

    /// The rule for all repositories of a registry with another word on manifests without a tag, of which `before` is what there is now; `None` when
    /// nothing is deleted any more. Where they stayed, their days begin now: Azure's policy is not about what was there before it (Azure's
    /// documentation, "Set a retention policy for untagged manifests"), and nobody is asked.
    pub fn with_untagged(
        before: Option<&Self>,
        untagged_days: Option<u32>,
        now: Timestamp,
    ) -> Result<Option<Self>, InvalidRetentionRule> {
        let (keep_last, never) = before.map_or((None, Vec::new()), |rule| (rule.keep_last, rule.never.clone()));
        if keep_last.is_none() && untagged_days.is_none() {
            return Ok(None);
        }
        let going = before.filter(|rule| rule.untagged_days.is_some());
        let untagged_from = going.map_or(Some(now), |rule| rule.untagged_from);
        let spec = RetentionSpec { keep_last, untagged_days, untagged_from, never };
        Self::new(RepositoryPattern::All, spec).map(Some)
    }

    /// Begins to judge the tags of a repository; `None` when none is deleted.
    pub fn keeping(&self) -> Option<Keeping<'_>> {
        self.keep_last.map(|left| Keeping { never: &self.never, left })
    }

    /// Manifests that have rested since this instant or longer have rested long enough; `None` when none is deleted, or none yet.
    pub fn rested_enough_since(&self, now: Timestamp) -> Option<Timestamp> {
        let enough = self.untagged_days.map(|days| now.minus(DAY * u32::from(days)));
        enough.filter(|enough| self.untagged_from.is_none_or(|from| from <= *enough))
    }

    /// Whether a manifest is deleted.
    pub fn takes(&self, manifest: ManifestFacts, now: Timestamp) -> bool {
        let ManifestFacts { is_tagged, is_needed, rests_since } = manifest;
        !is_tagged && !is_needed && self.rested_enough_since(now).is_some_and(|enough| rests_since <= enough)
    }
}

impl fmt::Display for RetentionRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.repositories)?;
        if let Some(keep) = self.keep_last {
            write!(f, "keep the last {keep} {}", if keep == 1 { "tag" } else { "tags" })?;
        }
        for (index, pattern) in self.never.iter().enumerate() {
            write!(f, "{}{pattern}", if index == 0 { " beside " } else { ", " })?;
        }
        if let Some(days) = self.untagged_days {
            let begin = if self.keep_last.is_some() { "; " } else { "" };
            let unit = if days == 1 { "day" } else { "days" };
            write!(f, "{begin}delete manifests after {days} {unit} without a tag")?;
        }
        if let Some(from) = self.untagged_from {
            write!(f, ", counted from {} on", from.whole_seconds())?;
        }
        Ok(())
    }
}

/// The part of a rule for all repositories of a registry of which Azure has a word (swagger, RetentionPolicy).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UntaggedPolicy {
    /// After how many days a manifest without a tag goes.
    pub days: u16,
    /// When the rule was made or last changed.
    pub updated_at: Timestamp,
}

/// A change of that part. The default changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UntaggedChange {
    /// Whether manifests without a tag go; `None` leaves it as it is.
    pub enabled: Option<bool>,
    /// After how many days; `None` leaves it as it is, and means [`UntaggedChange::DAYS_DEFAULT`] where they stayed.
    pub days: Option<u32>,
    /// Whether whoever is asked for it deletes nothing by itself.
    pub nobody_applies: bool,
}

impl UntaggedChange {
    /// Azure's (swagger, RetentionPolicy).
    pub const DAYS_DEFAULT: u32 = 7;

    /// After how many days they are to go, by what is so now; `None` when they are to stay.
    ///
    /// Errors: `DaysOfNoPolicy` for days that would be forgotten. Those that answers have of a policy that is disabled may be sent back.
    /// `NobodyApplies` for one that would be enabled, and would not be honoured; one that is enabled already may be sent back.
    pub fn apply(self, now: Option<u32>) -> Result<Option<u32>, InvalidUntaggedChange> {
        let Self { enabled, days, nobody_applies } = self;
        if now.is_none() && enabled.is_none() && days.is_some_and(|days| days != Self::DAYS_DEFAULT) {
            return Err(InvalidUntaggedChange::DaysOfNoPolicy);
        }
        let is_enabled = enabled.unwrap_or(now.is_some());
        if is_enabled && now.is_none() && nobody_applies {
            return Err(InvalidUntaggedChange::NobodyApplies);
        }
        Ok(is_enabled.then(|| days.or(now).unwrap_or(Self::DAYS_DEFAULT)))
    }
}

/// What becomes of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagVerdict {
    /// It stays, and does not count.
    Excepted,
    /// It is one of the last.
    Kept,
    /// It is deleted.
    Goes,
    /// It is about this manifest, and deleted where that is not there.
    GoesWithout(Digest),
}

/// Judges the tags of a repository one after the other, the one that moved last first.
#[derive(Debug, Clone)]
pub struct Keeping<'r> {
    never: &'r [TagPattern],
    left: u32,
}

impl Keeping<'_> {
    /// What becomes of the next tag. One that is about a manifest is no version of anything, so it does not count; a repository of signatures alone
    /// keeps them all.
    pub fn judge(&mut self, tag: &Tag) -> TagVerdict {
        if self.never.iter().any(|pattern| pattern.matches(tag)) {
            return TagVerdict::Excepted;
        }
        if let Some(subject) = tag.subject() {
            return if self.is_full() { TagVerdict::GoesWithout(subject) } else { TagVerdict::Excepted };
        }
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                TagVerdict::Kept
            }
            None => TagVerdict::Goes,
        }
    }

    /// Whether as many are kept as are to be: no further one is.
    pub fn is_full(&self) -> bool {
        self.left == 0
    }
}

/// What a rule asks of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManifestFacts {
    /// Whether a tag points at it.
    pub is_tagged: bool,
    /// Whether an index that stays holds it, or what it refers to (its subject) stays.
    pub is_needed: bool,
    /// When it was last pushed, or a tag last came to it or went from it, whichever is later.
    pub rests_since: Timestamp,
}

#[cfg(test)]
mod tests;
