//! `Format-Table`: columns as wide as their widest content with one space between, cut to the window as PowerShell 7 does.
//!
//! Too wide, the last column shrinks by the excess; when less than one character would be left it goes, and so on leftwards.
//! A header wraps over several lines, a value is cut with `…`.

use super::text::printable_line;

/// PowerShell writes no table into less.
const TABLE_COLUMNS_MIN: usize = 5;

/// PowerShell 7's `$PSStyle.Formatting.TableHeader`.
const HEADER_COLOUR: &str = "\u{1b}[32;1m";
const COLOUR_RESET: &str = "\u{1b}[0m";

/// The heading of a column.
#[derive(Debug, Clone, Copy)]
pub struct Heading<'a> {
    /// What it says.
    pub name: &'a str,
    /// Whether the column stands at the right.
    pub right: bool,
}

impl<'a> Heading<'a> {
    /// Of columns that all stand at the left.
    pub fn left(names: &[&'a str]) -> Vec<Self> {
        names.iter().map(|name| Self { name, right: false }).collect()
    }
}

/// Renders a table and the empty line after it. Each row has a value for each heading.
pub fn render(headings: &[Heading<'_>], rows: &[Vec<String>], columns: usize, colour: bool) -> String {
    let headers: Vec<&str> = headings.iter().map(|heading| heading.name).collect();
    let headers = headers.as_slice();
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|value| printable_line(value)).collect()).collect();
    let widths = widths(headers, &rows, columns.max(TABLE_COLUMNS_MIN));
    let wrapped: Vec<Vec<String>> = headers.iter().zip(&widths).map(|(header, width)| wrap(header, *width)).collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or_default();
    let dashes = headers.iter().zip(&widths).map(|(header, width)| "-".repeat(length(header).min(*width))).collect();

    let mut head: Vec<Vec<String>> = (0..height)
        .map(|line| wrapped.iter().map(|lines| lines.get(line).cloned().unwrap_or_default()).collect())
        .collect();
    head.push(dashes);

    let mut text = String::new();
    for cells in &head {
        let line = join(cells, &widths, headings);
        if colour {
            text.extend([HEADER_COLOUR, &line, COLOUR_RESET, "\n"]);
        } else {
            text.extend([&line, "\n"]);
        }
    }
    for row in &rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(value, width)| cut(value, *width)).collect();
        text.extend([&join(&cells, &widths, headings), "\n"]);
    }
    text.push('\n');
    text
}

/// The widths of the columns that are visible: as many as fit, from the left.
fn widths(headers: &[&str], rows: &[Vec<String>], columns: usize) -> Vec<usize> {
    let widest = |index: usize| rows.iter().filter_map(|row| row.get(index)).map(|value| length(value)).max();
    let mut widths: Vec<usize> = headers
        .iter()
        .enumerate()
        .map(|(index, header)| length(header).max(widest(index).unwrap_or_default()).max(1))
        .collect();
    loop {
        let separators = widths.len().saturating_sub(1);
        let excess = (widths.iter().sum::<usize>() + separators).saturating_sub(columns);
        match widths.last_mut() {
            Some(last) if excess > 0 && *last > excess => *last -= excess,
            Some(_) if excess > 0 => {
                widths.pop();
            }
            _ => return widths,
        }
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

fn wrap(header: &str, width: usize) -> Vec<String> {
    let letters: Vec<char> = header.chars().collect();
    letters.chunks(width).map(|line| line.iter().collect()).collect()
}

/// With `…` in the place of what is wider.
pub(crate) fn cut(value: &str, width: usize) -> String {
    if length(value) <= width {
        return value.to_owned();
    }
    // A single column has no room for a sign that something is missing.
    if width == 1 { value.chars().take(1).collect() } else { value.chars().take(width - 1).chain(['…']).collect() }
}

fn join(cells: &[String], widths: &[usize], headings: &[Heading<'_>]) -> String {
    let pad = |((cell, width), heading): ((&String, &usize), &Heading<'_>)| {
        if heading.right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
    };
    let padded: Vec<String> = cells.iter().zip(widths).zip(headings).map(pad).collect();
    padded.join(" ").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// One row, without the empty line at the end.
    fn table(pairs: &[(&str, &str)], columns: usize) -> String {
        let headers: Vec<&str> = pairs.iter().map(|(header, _)| *header).collect();
        let row = pairs.iter().map(|(_, value)| (*value).to_owned()).collect();
        render(&Heading::left(&headers), &[row], columns, false).trim_end().to_owned()
    }

    #[rstest]
    #[case(9, "Name Size\n---- ----\nab   1234")]
    #[case(8, "Name Siz\n     e\n---- ---\nab   12…")]
    #[case(6, "Name S\n     i\n     z\n     e\n---- -\nab   1")]
    #[case(5, "Name\n----\nab")]
    #[case(0, "Name\n----\nab")]
    fn the_last_column_shrinks_then_goes(#[case] columns: usize, #[case] expected: &str) {
        assert_eq!(table(&[("Name", "ab"), ("Size", "1234")], columns), expected);
    }

    #[test]
    fn values_widen_a_column_and_dashes_follow_the_header() {
        assert_eq!(table(&[("A", "long value"), ("B", "x")], 80), "A          B\n-          -\nlong value x");
    }

    #[test]
    fn a_table_without_rows_has_its_head() {
        assert_eq!(render(&Heading::left(&["A"]), &[], 80, false), "A\n-\n\n");
    }

    #[test]
    fn only_the_head_is_coloured() {
        assert_eq!(
            render(&Heading::left(&["A"]), &[vec!["\u{1b}[31mx".to_owned()]], 80, true),
            "\u{1b}[32;1mA\u{1b}[0m\n\u{1b}[32;1m-\u{1b}[0m\n [31mx\n\n"
        );
    }
}
