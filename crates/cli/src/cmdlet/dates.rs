//! Dates as people give them to a cmdlet: RFC 3339, and what `[datetime]` takes in the invariant culture (month before day).
//!
//! With an offset (`2027-01-01T00:00:00Z`, `…+08:00`) they mean that instant. Without one they are UTC: PowerShell would take
//! the clock of the machine that happens to run the command, so that one script would mean different instants on different machines.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

/// The text is not a date in a form that is understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not a date. Write 2027-01-01T00:00:00Z, or 2027-01-01, or 01/31/2027 [08:30:00] (month first); without an \
     offset it is UTC."
)]
pub struct InvalidDate(pub String);

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/// .NET's calendar takes 49 for 2049 and 50 for 1950 (`Calendar.TwoDigitYearMax`).
const TWO_DIGIT_YEAR_MAX: i16 = 49;

/// Reads a date. Time of day left out means midnight.
pub fn parse(text: &str) -> Result<Timestamp, InvalidDate> {
    let invalid = || InvalidDate(text.to_owned());
    let text = text.trim();
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let (civil, offset) = parts(text).ok_or_else(invalid)?;
    offset.to_timestamp(civil).map_err(|_| invalid())
}

/// Writes an RFC 3339 time as .NET's invariant culture does, in UTC: `01/20/2023 05:14:16`. Text that is no time stays as it is.
pub fn in_invariant_culture(rfc3339: &str) -> String {
    match rfc3339.parse::<Timestamp>() {
        Ok(instant) => Offset::UTC.to_datetime(instant).strftime("%m/%d/%Y %H:%M:%S").to_string(),
        Err(_) => rfc3339.to_owned(),
    }
}

/// Date, time of day and offset, in whatever order the words for them stand.
fn parts(text: &str) -> Option<(DateTime, Offset)> {
    // `T` between two digits separates date and time.
    let letters: Vec<char> = text.chars().collect();
    let is_digit = |index: usize| letters.get(index).is_some_and(char::is_ascii_digit);
    let spaced: String = letters
        .iter()
        .enumerate()
        .map(|(index, letter)| match letter {
            'T' | 't' if index > 0 && is_digit(index - 1) && is_digit(index + 1) => ' ',
            ',' => ' ',
            other => *other,
        })
        .collect();
    let mut time = None;
    let mut offset = None;
    let mut half_of_day = None;
    let mut date_words = Vec::new();
    for word in spaced.split_whitespace() {
        let lower = word.to_ascii_lowercase();
        match lower.as_str() {
            "am" | "pm" => set(&mut half_of_day, lower == "pm")?,
            "z" | "gmt" | "utc" => set(&mut offset, Offset::UTC)?,
            _ if is_weekday(&lower) => {}
            _ if lower.contains(':') && !lower.starts_with(['+', '-']) => {
                let (clock, half, zone) = clock(&lower)?;
                set(&mut time, clock)?;
                half.map_or(Some(()), |half| set(&mut half_of_day, half))?;
                zone.map_or(Some(()), |zone| set(&mut offset, zone))?;
            }
            _ if time.is_some() && lower.starts_with(['+', '-']) => set(&mut offset, zone(&lower)?)?,
            _ => date_words.push(lower),
        }
    }
    let time = match (time, half_of_day) {
        (Some(time), half) => time_of_day(time, half)?,
        (None, None) => Time::midnight(),
        (None, Some(_)) => return None,
    };
    Some((date(&date_words)?.to_datetime(time), offset.unwrap_or(Offset::UTC)))
}

fn set<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.replace(value).is_none().then_some(())
}

fn is_weekday(word: &str) -> bool {
    WEEKDAYS.iter().any(|day| *day == word || day.get(..3) == Some(word))
}

/// `h:mm[:ss[.f]]`, with `am` or `pm` and an offset right behind it: the time, whether it is after noon, the offset.
fn clock(word: &str) -> Option<(Time, Option<bool>, Option<Offset>)> {
    let end = word.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(word.len());
    let (digits, behind) = word.split_at(end);
    let (half, behind) = match behind {
        behind if behind.starts_with("am") => (Some(false), behind.get(2..)?),
        behind if behind.starts_with("pm") => (Some(true), behind.get(2..)?),
        behind => (None, behind),
    };
    let offset = match behind {
        "" => None,
        "z" | "gmt" | "utc" => Some(Offset::UTC),
        other => Some(zone(other)?),
    };
    let mut fields = digits.split(':');
    let (hour, minute) = (number(fields.next()?, 2)?, number(fields.next()?, 2)?);
    let (second, fraction) = match fields.next() {
        None => (0, ""),
        Some(field) => {
            let (second, fraction) = field.split_once('.').unwrap_or((field, ""));
            (number(second, 2)?, fraction)
        }
    };
    let nanosecond = fraction.chars().chain(std::iter::repeat('0')).take(9).collect::<String>().parse().ok()?;
    if fields.next().is_some() || fraction.len() > 9 {
        return None;
    }
    Some((Time::new(hour, minute, second, nanosecond).ok()?, half, offset))
}

fn time_of_day(time: Time, after_noon: Option<bool>) -> Option<Time> {
    let hour = match (after_noon, time.hour()) {
        (None, hour) => hour,
        (Some(_), 0 | 13..) => return None,
        (Some(false), 12) => 0,
        (Some(true), 12) => 12,
        (Some(false), hour) => hour,
        (Some(true), hour) => hour + 12,
    };
    time.with().hour(hour).build().ok()
}

/// `+08:00`, `-8`, `+0800`.
fn zone(word: &str) -> Option<Offset> {
    let sign = match word.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let digits = word.get(1..)?;
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) => (hours, minutes),
        None if digits.len() == 4 => digits.split_at(2),
        None => (digits, "0"),
    };
    let (hours, minutes) = (i32::from(number(hours, 2)?), i32::from(number(minutes, 2)?));
    if minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 60 + minutes) * 60).ok()
}

fn number(digits: &str, length_max: usize) -> Option<i8> {
    let fits = (1..=length_max).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_digit());
    fits.then(|| digits.parse().ok()).flatten()
}

fn date(words: &[String]) -> Option<Date> {
    match words {
        [numbers] if numbers.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '/')) => numeric_date(numbers),
        words => named_date(words),
    }
}

/// `2027-01-31`, `2027/1/31`, `2027-01`, `01/31/2027`, `1-31-27`.
fn numeric_date(text: &str) -> Option<Date> {
    let separator = text.chars().find(|c| matches!(c, '-' | '/'))?;
    let fields: Vec<&str> = text.split(separator).collect();
    let all_digits = |field: &&str| !field.is_empty() && field.chars().all(|c| c.is_ascii_digit());
    if !fields.iter().all(all_digits) {
        return None;
    }
    match fields.as_slice() {
        [first, month] if first.len() == 4 => Date::new(first.parse().ok()?, number(month, 2)?, 1).ok(),
        [first, month, day] if first.len() == 4 => {
            Date::new(first.parse().ok()?, number(month, 2)?, number(day, 2)?).ok()
        }
        [month, day, last] => Date::new(year(last)?, number(month, 2)?, number(day, 2)?).ok(),
        _ => None,
    }
}

/// A month in letters, a year and perhaps a day: `31 January 2027`, `Jan 31 2027`, `January 2027`.
fn named_date(words: &[String]) -> Option<Date> {
    let mut month = None;
    let mut numbers: Vec<&str> = Vec::new();
    for word in words.iter().flat_map(|word| word.split(['-', '/'])) {
        if word.chars().all(|c| c.is_ascii_digit()) {
            numbers.push(word);
        } else {
            let named = MONTHS.iter().position(|name| *name == word || name.get(..3) == Some(word))?;
            set(&mut month, i8::try_from(named + 1).ok()?)?;
        }
    }
    let (day, year) = match numbers.as_slice() {
        [only] if only.len() == 4 => (1, only.parse().ok()?),
        [first, day] if first.len() == 4 => (number(day, 2)?, first.parse().ok()?),
        [day, last] => (number(day, 2)?, year(last)?),
        _ => return None,
    };
    Date::new(year, month?, day).ok()
}

fn year(digits: &str) -> Option<i16> {
    match (digits.len(), digits.parse::<i16>().ok()?) {
        (1 | 2, short) if short <= TWO_DIGIT_YEAR_MAX => Some(2000 + short),
        (1 | 2, short) => Some(1900 + short),
        (4, year) => Some(year),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("2027-01-01T00:00:00Z", "2027-01-01T00:00:00Z")]
    #[case("2027-01-01T08:00:00+08:00", "2027-01-01T00:00:00Z")]
    #[case(" 2100-12-31T12:59:59.5Z ", "2100-12-31T12:59:59.5Z")]
    #[case("2027-01-01", "2027-01-01T00:00:00Z")]
    #[case("2027-1-2", "2027-01-02T00:00:00Z")]
    #[case("2027/01/31", "2027-01-31T00:00:00Z")]
    #[case("2027-03", "2027-03-01T00:00:00Z")]
    #[case("2027-01-01T06:30", "2027-01-01T06:30:00Z")]
    #[case("2027-01-01T06:30+02:00", "2027-01-01T04:30:00Z")]
    #[case("2027-01-01 06:30:10", "2027-01-01T06:30:10Z")]
    #[case("2027-01-01T06:30:10.25", "2027-01-01T06:30:10.25Z")]
    #[case("2027-01-01 06:30:10 -08:00", "2027-01-01T14:30:10Z")]
    #[case("01/31/2027", "2027-01-31T00:00:00Z")]
    #[case("1/31/27", "2027-01-31T00:00:00Z")]
    #[case("1-31-2027", "2027-01-31T00:00:00Z")]
    #[case("01/31/2027 23:59", "2027-01-31T23:59:00Z")]
    #[case("1/2/2027 03:04:05", "2027-01-02T03:04:05Z")]
    #[case("1/31/2027 8:30 AM", "2027-01-31T08:30:00Z")]
    #[case("1/31/2027 8:30:15pm", "2027-01-31T20:30:15Z")]
    #[case("1/31/2027 12:00 am", "2027-01-31T00:00:00Z")]
    #[case("January 31, 2027", "2027-01-31T00:00:00Z")]
    #[case("31 January 2027 10:00", "2027-01-31T10:00:00Z")]
    #[case("Jan 31 2027", "2027-01-31T00:00:00Z")]
    #[case("31-Jan-2027", "2027-01-31T00:00:00Z")]
    #[case("January 2027", "2027-01-01T00:00:00Z")]
    #[case("Sunday, 31 January 2027 10:00:00", "2027-01-31T10:00:00Z")]
    #[case("Sun, 31 Jan 2027 10:00:00 GMT", "2027-01-31T10:00:00Z")]
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
    #[case("1/31/2027 13:00 PM")]
    #[case("1/31/2027 8")]
    #[case("1/31/2027 10:00 11:00")]
    #[case("10:00")]
    #[case("31 2027")]
    #[case("2027-01-01T06:30+2:99")]
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

    proptest! {
        #[test]
        fn never_panics(text in "\\PC*") {
            let _ = parse(&text);
        }

        #[test]
        fn never_panics_on_what_is_nearly_a_date(text in "[0-9]{0,4}[-/: T]{0,2}[0-9a-zA-Z]{0,5}[-/:., +]{0,2}[0-9amp]{0,4}") {
            let _ = parse(&text);
        }

        #[test]
        fn what_was_written_is_read_again(seconds in 0i64..4_000_000_000) {
            let instant = Timestamp::from_second(seconds).unwrap();
            prop_assert_eq!(parse(&in_invariant_culture(&instant.to_string())).unwrap(), instant);
        }
    }
}
