//! An instant, as stored and compared everywhere: whole microseconds since the Unix epoch, UTC.

use std::fmt;
use std::time::Duration;

/// Microseconds since 1970-01-01T00:00:00Z. Always within the years that RFC 3339 can write (-9999 to 9999).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The text is not an RFC 3339 date and time with an offset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a date and time in RFC 3339 form, such as 2027-01-01T00:00:00Z")]
pub struct InvalidTimestamp(pub String);

impl Timestamp {
    /// From microseconds since the epoch; out of RFC 3339's range is clamped to its ends.
    pub fn from_micros(micros: i64) -> Self {
        let instant = jiff::Timestamp::from_microsecond(micros).unwrap_or(if micros < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        });
        Self(instant.as_microsecond())
    }

    /// Microseconds since the epoch.
    pub fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded towards the past: the unit of JWT times (RFC 7519 section 2, NumericDate).
    pub fn as_unix_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Reads an RFC 3339 date and time with any offset and any number of fractional digits; finer than a microsecond is cut.
    pub fn parse(text: &str) -> Result<Self, InvalidTimestamp> {
        text.trim()
            .parse::<jiff::Timestamp>()
            .map(|instant| Self(instant.as_microsecond()))
            .map_err(|_| InvalidTimestamp(text.to_owned()))
    }

    /// This instant moved into the future by `duration`, clamped to the last one RFC 3339 can write.
    pub fn plus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.0.saturating_add(micros))
    }

    /// This instant moved into the past by `duration`.
    pub fn minus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.0.saturating_sub(micros))
    }

    /// Time from `earlier` to this instant; zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// As the data plane writes times: `2018-09-06T06:17:20.9983910Z`, always with seven digits behind the point.
    pub fn with_seven_digits(self) -> String {
        let text = format!("{:.6}", self.instant());
        format!("{}0Z", text.trim_end_matches('Z'))
    }

    /// This instant without its fraction of a second: for people.
    pub fn whole_seconds(self) -> Self {
        Self::from_micros(self.as_unix_seconds().saturating_mul(1_000_000))
    }

    fn instant(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::MAX)
    }
}

impl fmt::Display for Timestamp {
    /// As the service writes times of child resources: `2023-02-07T15:53:55.074688+00:00`, trailing zeros of the fraction
    /// trimmed, no fraction at all when it is zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.instant().to_string();
        write!(f, "{}+00:00", text.trim_end_matches('Z'))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.instant())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("2027-01-01T00:00:00Z", "2027-01-01T00:00:00+00:00")]
    #[case("2100-12-31T12:59:59.000Z", "2100-12-31T12:59:59+00:00")]
    #[case("2023-02-07T15:53:55.0746886+00:00", "2023-02-07T15:53:55.074688+00:00")]
    #[case("2026-01-01T08:00:00.5+08:00", "2026-01-01T00:00:00.5+00:00")]
    fn written_as_the_service_writes_it(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(Timestamp::parse(text).map(|t| t.to_string()), Ok(expected.to_owned()));
    }

    #[rstest]
    #[case("2018-09-06T06:17:20.998391Z", "2018-09-06T06:17:20.9983910Z")]
    #[case("2027-01-01T00:00:00Z", "2027-01-01T00:00:00.0000000Z")]
    fn written_as_the_data_plane_writes_it(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(Timestamp::parse(text).map(Timestamp::with_seven_digits), Ok(expected.to_owned()));
    }

    #[rstest]
    #[case("tomorrow")]
    #[case("2027-01-01")]
    #[case("2027-01-01T00:00:00")]
    #[case("")]
    fn refused(#[case] text: &str) {
        assert_eq!(Timestamp::parse(text), Err(InvalidTimestamp(text.to_owned())));
    }

    #[test]
    fn arithmetic_stays_in_range() {
        assert_eq!(Timestamp::from_micros(i64::MAX), Timestamp::from_micros(i64::MAX).plus(Duration::from_secs(1)));
        assert_eq!(Timestamp::from_micros(5).since(Timestamp::from_micros(9)), Duration::ZERO);
        assert_eq!(Timestamp::from_micros(-1).as_unix_seconds(), -1);
    }
}
