//! Dates as people give them to a cmdlet.
//!
//! With an offset (`2027-01-01T00:00:00Z`, `…+08:00`) they mean that instant. Without one they are UTC: PowerShell would take
//! the clock of the machine that happens to run the command, so that one script would mean different instants on different machines.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// The text is not a date in a form that is understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not a date. Write 2027-01-01T00:00:00Z, or 2027-01-01, or 01/31/2027 [08:30:00] (month first); without an \
     offset it is UTC."
)]
pub struct InvalidDate(pub String);

/// Forms without an offset; all are UTC. Invariant culture: the month comes first.
const CIVIL_FORMS: [&str; 6] = [
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
];

/// Reads a date. Time of day left out means midnight.
pub fn parse(text: &str) -> Result<Timestamp, InvalidDate> {
    let invalid = || InvalidDate(text.to_owned());
    let text = text.trim();
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let midnight = format!("{text} 00:00");
    let civil = CIVIL_FORMS
        .iter()
        .flat_map(|form| [(form, text), (form, midnight.as_str())])
        .find_map(|(form, text)| DateTime::strptime(form, text).ok())
        .ok_or_else(invalid)?;
    Offset::UTC.to_timestamp(civil).map_err(|_| invalid())
}

/// Writes an RFC 3339 time as .NET's invariant culture does, in UTC: `01/20/2023 05:14:16`. Text that is no time stays as it is.
pub fn in_invariant_culture(rfc3339: &str) -> String {
    match rfc3339.parse::<Timestamp>() {
        Ok(instant) => Offset::UTC.to_datetime(instant).strftime("%m/%d/%Y %H:%M:%S").to_string(),
        Err(_) => rfc3339.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("2027-01-01T00:00:00Z", "2027-01-01T00:00:00Z")]
    #[case("2027-01-01T08:00:00+08:00", "2027-01-01T00:00:00Z")]
    #[case(" 2100-12-31T12:59:59.5Z ", "2100-12-31T12:59:59.5Z")]
    #[case("2027-01-01", "2027-01-01T00:00:00Z")]
    #[case("2027-01-01T06:30", "2027-01-01T06:30:00Z")]
    #[case("2027-01-01 06:30:10", "2027-01-01T06:30:10Z")]
    #[case("01/31/2027", "2027-01-31T00:00:00Z")]
    #[case("01/31/2027 23:59", "2027-01-31T23:59:00Z")]
    #[case("1/2/2027 03:04:05", "2027-01-02T03:04:05Z")]
    fn reads_what_is_a_date(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(parse(text).unwrap().to_string(), expected);
    }

    #[rstest]
    #[case("")]
    #[case("tomorrow")]
    #[case("31/01/2027")]
    #[case("2027-02-30")]
    #[case("2027-13-01T00:00:00Z")]
    #[case("01/31/27 x")]
    fn refuses_the_rest(#[case] text: &str) {
        assert_eq!(parse(text), Err(InvalidDate(text.to_owned())));
    }

    #[rstest]
    #[case("2023-01-20T05:14:16.0746886+00:00", "01/20/2023 05:14:16")]
    #[case("2023-01-20T05:14:16+02:00", "01/20/2023 03:14:16")]
    #[case("soon", "soon")]
    fn writes_as_the_reference_page(#[case] rfc3339: &str, #[case] expected: &str) {
        assert_eq!(in_invariant_culture(rfc3339), expected);
    }
}
