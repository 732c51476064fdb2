//! The rule of a site on how long credentials may last. It is asked when one is made or its end is changed, never at a sign-in.

use crate::timestamp::Timestamp;
use std::fmt;
use std::time::Duration;

/// Every credential must end within some days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpiryRule {
    days: u16,
}

/// A credential would last too long, or for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: give an expiry, {} at the latest", .latest.whole_seconds())]
pub struct TooLong {
    /// The rule.
    pub rule: ExpiryRule,
    /// The latest end that it allows now.
    pub latest: Timestamp,
}

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Who counts the days by a clock that is a little ahead of ours is not refused.
const LEEWAY: Duration = Duration::from_secs(60);

impl ExpiryRule {
    /// A hundred years.
    pub const DAYS_MAX: u16 = 36_500;

    /// The rule of so many days; `None` for none and for more than [`Self::DAYS_MAX`].
    pub fn within_days(days: u16) -> Option<Self> {
        (1..=Self::DAYS_MAX).contains(&days).then_some(Self { days })
    }

    /// How many days.
    pub fn days(self) -> u16 {
        self.days
    }

    /// The latest end of what is made or changed now.
    pub fn latest(self, now: Timestamp) -> Timestamp {
        now.plus(DAY * u32::from(self.days))
    }

    /// Whether something that is made or changed now may end at `end`; `None` for never.
    pub fn check(self, end: Option<Timestamp>, now: Timestamp) -> Result<(), TooLong> {
        let latest = self.latest(now);
        match end {
            Some(end) if end <= latest.plus(LEEWAY) => Ok(()),
            _ => Err(TooLong { rule: self, latest }),
        }
    }
}

impl fmt::Display for ExpiryRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = if self.days == 1 { "day" } else { "days" };
        write!(f, "every credential of this site must end within {} {unit}", self.days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    const TWO_DAYS: i64 = 2 * 24 * 3600;

    #[rstest]
    #[case::soon(Some(1), true)]
    #[case::in_two_days(Some(TWO_DAYS), true)]
    #[case::by_a_clock_ahead(Some(TWO_DAYS + 60), true)]
    #[case::later(Some(TWO_DAYS + 61), false)]
    #[case::never(None, false)]
    fn two_days(#[case] end: Option<i64>, #[case] allowed: bool) {
        let rule = ExpiryRule::within_days(2).expect("a rule");
        let checked = rule.check(end.map(at), at(0));
        assert_eq!(checked.is_ok(), allowed);
        if let Err(refused) = checked {
            let expected = "every credential of this site must end within 2 days: give an expiry, \
                            1970-01-03T00:00:00+00:00 at the latest";
            assert_eq!(refused.to_string(), expected);
        }
    }

    #[rstest]
    #[case(0, None)]
    #[case(1, Some("every credential of this site must end within 1 day"))]
    #[case(36_500, Some("every credential of this site must end within 36500 days"))]
    #[case(36_501, None)]
    fn one_day_to_a_century(#[case] days: u16, #[case] expected: Option<&str>) {
        assert_eq!(ExpiryRule::within_days(days).map(|rule| rule.to_string()).as_deref(), expected);
    }
}
