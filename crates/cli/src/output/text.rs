//! Text that came from elsewhere, made safe for a terminal; numbers with their nouns.

use indicatif::HumanCount;

/// With control characters replaced, except ends of lines: an answer must not move the cursor or recolour the window.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// As [`printable`], on one line.
pub fn printable_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// `1 blob`, `1,200 blobs`, `2 repositories`.
pub fn counted(count: u64, noun: &str) -> String {
    match (count, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{} {stem}ies", HumanCount(count)),
        (_, None) => format!("{} {noun}s", HumanCount(count)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(1, "blob", "1 blob")]
    #[case(0, "blob", "0 blobs")]
    #[case(1200, "other repository", "1,200 other repositories")]
    fn counts(#[case] count: u64, #[case] noun: &str, #[case] expected: &str) {
        assert_eq!(counted(count, noun), expected);
    }
}
