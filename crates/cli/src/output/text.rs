//! Text that came from elsewhere, made safe for a terminal; numbers with their nouns.

use indicatif::HumanCount;

/// With control characters replaced, except ends of lines: an answer must not move the cursor, recolour the window or turn the line around.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if moves(c) && c != '\n' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// As [`printable`], on one line.
pub fn printable_line(text: &str) -> String {
    text.chars().map(|c| if moves(c) { ' ' } else { c }).collect()
}

/// JSON, or YAML that was made of it, in which such characters are written as escapes: they stand in strings alone, and mean the same.
pub fn escaped(text: String) -> String {
    if !text.contains(|c| moves(c) && c != '\n') {
        return text;
    }
    let written = |c: char| if moves(c) && c != '\n' { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    text.chars().map(written).collect()
}

/// Control characters, and those by which a line is read in another direction (Unicode Standard Annex 9, section 2).
fn moves(c: char) -> bool {
    let turns = ['\u{61c}', '\u{200e}', '\u{200f}'].contains(&c);
    c.is_control() || turns || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c)
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

    #[test]
    fn nothing_moves() {
        let text = "a\u{202e}b\u{9b}31m\nc\u{2066}";
        assert_eq!(printable(text), "a\u{fffd}b\u{fffd}31m\nc\u{fffd}");
        assert_eq!(printable_line(text), "a b 31m c ");
        let json = escaped(serde_json::json!({ "a": text }).to_string());
        assert_eq!(json, r#"{"a":"a\u202eb\u009b31m\nc\u2066"}"#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).ok(), Some(serde_json::json!({ "a": text })));
    }

    #[rstest]
    #[case(1, "blob", "1 blob")]
    #[case(0, "blob", "0 blobs")]
    #[case(1200, "other repository", "1,200 other repositories")]
    fn counts(#[case] count: u64, #[case] noun: &str, #[case] expected: &str) {
        assert_eq!(counted(count, noun), expected);
    }
}
