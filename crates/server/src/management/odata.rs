//! The words of a `$filter` (OData 4, as much of it as Azure's resource manager takes). What they mean is each list's to say, and any
//! filter that a list does not know is refused, because a wrong list is worse than none.

/// The parameter.
pub(super) const FILTER: &str = "$filter";

/// One word of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word<'a> {
    Bare(&'a str),
    Quoted(String),
    Mark(char),
}

/// Whether a word is the one that is expected: names and operators have no case.
pub(super) fn is(word: &str, expected: &str) -> bool {
    word.eq_ignore_ascii_case(expected)
}

/// The words of a filter; a quote inside of quotes is doubled (OData 4, ABNF, `SQUOTE-in-string`).
pub(super) fn words(text: &str) -> Option<Vec<Word<'_>>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, behind) = match first {
            '\'' => quoted(&rest[1..])?,
            '(' | ')' | ',' => (Word::Mark(first), &rest[1..]),
            _ => {
                let end = rest.find(|c: char| c.is_whitespace() || "'(),".contains(c)).unwrap_or(rest.len());
                (Word::Bare(&rest[..end]), &rest[end..])
            }
        };
        words.push(word);
        rest = behind.trim_start();
    }
    Some(words)
}

/// Reads up to the closing quote; `None` when there is none.
fn quoted(text: &str) -> Option<(Word<'_>, &str)> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let (part, behind) = rest.split_once('\'')?;
        value.push_str(part);
        let Some(more) = behind.strip_prefix('\'') else { return Some((Word::Quoted(value), behind)) };
        value.push('\'');
        rest = more;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("atScope()", "atScope ( )")]
    #[case("a eq 'it''s and more'", "a eq \"it's and more\"")]
    #[case("f('x',y)", "f ( \"x\" , y )")]
    #[case("a eq 'x", "nothing")]
    #[case("", "")]
    fn split(#[case] text: &str, #[case] expected: &str) {
        let shown = |word: Word<'_>| match word {
            Word::Bare(word) => word.to_owned(),
            Word::Quoted(value) => format!("\"{value}\""),
            Word::Mark(mark) => mark.to_string(),
        };
        let split = words(text).map(|words| words.into_iter().map(shown).collect::<Vec<_>>().join(" "));
        assert_eq!(split.as_deref().unwrap_or("nothing"), expected);
    }
}
