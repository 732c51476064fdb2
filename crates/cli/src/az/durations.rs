//! Lengths of time as people write them: `14d`, `12h`, `30m`, `2w`.

use jiff::SignedDuration;

/// A hundred years: longer is a mistake of typing.
const HOURS_MAX: i64 = 100 * 366 * 24;

/// Reads a whole number and its unit.
pub(super) fn parse(text: &str) -> Result<SignedDuration, String> {
    let wrong = || format!("'{text}' is not a length of time such as 14d, 12h or 30m");
    let at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(at);
    let number: i64 = number.parse().map_err(|_| wrong())?;
    let minutes = match unit {
        "m" | "min" => Some(number),
        "h" => number.checked_mul(60),
        "d" => number.checked_mul(24 * 60),
        "w" => number.checked_mul(7 * 24 * 60),
        _ => return Err(wrong()),
    };
    let minutes = minutes.filter(|minutes| *minutes <= HOURS_MAX * 60);
    minutes.map(SignedDuration::from_mins).ok_or_else(|| format!("'{text}' is longer than a hundred years"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("30m", 30)]
    #[case("24h", 24 * 60)]
    #[case("14d", 14 * 24 * 60)]
    #[case("2w", 14 * 24 * 60)]
    #[case("0d", 0)]
    fn a_number_and_its_unit(#[case] text: &str, #[case] minutes: i64) {
        assert_eq!(parse(text), Ok(SignedDuration::from_mins(minutes)));
    }

    #[rstest]
    #[case("")]
    #[case("d")]
    #[case("14")]
    #[case("-1d")]
    #[case("1y")]
    #[case("99999999999d")]
    #[case("9223372036854775807w")]
    fn nothing_else(#[case] text: &str) {
        assert!(parse(text).is_err());
    }
}
