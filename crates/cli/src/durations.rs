//! Lengths of time as people write them: `90s`, `30m`, `12h`, `14d`, `2w`.

use jiff::SignedDuration;

/// A hundred years: longer is a mistake of typing.
const SECONDS_MAX: i64 = 100 * 366 * 24 * 60 * 60;

/// Reads a whole number and its unit.
///
/// Errors: it is none, or longer than a hundred years; in a sentence that quotes it.
pub(crate) fn parse(text: &str) -> Result<SignedDuration, String> {
    let wrong = || format!("'{text}' is not a length of time such as 14d, 12h or 30m");
    let at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(at);
    let number: i64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        "w" => 7 * 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let seconds = number.checked_mul(seconds).filter(|seconds| *seconds <= SECONDS_MAX);
    seconds.map(SignedDuration::from_secs).ok_or_else(|| format!("'{text}' is longer than a hundred years"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("90s", 90)]
    #[case("30m", 30 * 60)]
    #[case("30min", 30 * 60)]
    #[case("24h", 24 * 60 * 60)]
    #[case("14d", 14 * 24 * 60 * 60)]
    #[case("2w", 14 * 24 * 60 * 60)]
    #[case("0d", 0)]
    #[case("36600d", SECONDS_MAX)]
    fn a_number_and_its_unit(#[case] text: &str, #[case] seconds: i64) {
        assert_eq!(parse(text), Ok(SignedDuration::from_secs(seconds)));
    }

    #[rstest]
    #[case("")]
    #[case("d")]
    #[case("14")]
    #[case("-1d")]
    #[case("1y")]
    #[case("36601d")]
    #[case("7ü")]
    #[case("99999999999d")]
    #[case("9223372036854775807w")]
    fn nothing_else(#[case] text: &str) {
        assert!(parse(text).is_err());
    }
}
