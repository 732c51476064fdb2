//! Tables that fit the window: first digests become short, then media types, then times lose their minutes, then the widest column is cut. What a
//! column is, its heading says: a name may look like any of them. What is short or cut is whole in every other form of output.

use super::image::shortened;
use crate::az::show::Table;
use crate::output::table::cut;

const DIGESTS: &[&str] = &["DIGEST"];
/// `KIND` and `WHAT` may be artifact types, which are media types.
const MEDIA_TYPES: &[&str] = &["MEDIA TYPE", "KIND", "WHAT"];
const TIMES: &[&str] = &["PUSHED", "UPDATED"];

/// What stands between two columns.
const GAP: usize = 2;

/// A column is not cut below this, but for its heading: less says nothing.
const CUT_COLUMN_MIN: usize = 8;

/// The table, in so many columns of characters where that can be.
pub(super) fn fitted(mut table: Table, columns: usize) -> Table {
    if width(&table) > columns {
        shorten(&mut table);
    }
    if width(&table) > columns {
        change(&mut table, MEDIA_TYPES, without_tree);
    }
    if width(&table) > columns {
        change(&mut table, TIMES, |cell| day(cell).unwrap_or(cell));
    }
    for (index, room) in rooms(&table, columns).into_iter().enumerate() {
        for row in &mut table.rows {
            if let Some(cell) = row.get_mut(index) {
                *cell = cut(cell, room);
            }
        }
    }
    table
}

/// Several, of which either all have whole digests or none.
pub(super) fn fitted_alike(mut tables: Vec<Table>, columns: usize) -> Vec<Table> {
    if tables.iter().any(|table| width(table) > columns) {
        tables.iter_mut().for_each(shorten);
    }
    tables.into_iter().map(|table| fitted(table, columns)).collect()
}

fn shorten(table: &mut Table) {
    change(table, DIGESTS, shortened);
}

/// Changes the cells of the columns with these headings.
fn change(table: &mut Table, headings: &[&str], with: impl Fn(&str) -> &str) {
    for row in &mut table.rows {
        let cells = row.iter_mut().zip(table.headings).filter(|(_, heading)| headings.contains(heading));
        cells.for_each(|(cell, _)| *cell = with(cell).to_owned());
    }
}

fn column_width(table: &Table, index: usize) -> usize {
    let cells = table.rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.chars().count());
    cells.max().unwrap_or_default().max(table.headings.get(index).map_or(0, |heading| heading.len()))
}

fn width(table: &Table) -> usize {
    let all: usize = (0..table.headings.len()).map(|index| column_width(table, index)).sum();
    all + GAP * table.headings.len().saturating_sub(1)
}

/// How wide each column may be: the widest is cut first.
fn rooms(table: &Table, columns: usize) -> Vec<usize> {
    let count = table.headings.len();
    let mut rooms: Vec<usize> = (0..count).map(|index| column_width(table, index)).collect();
    // A short digest is a name to be copied: it stays whole.
    let least = |index: usize| match table.headings.get(index) {
        Some(heading) if DIGESTS.contains(heading) => usize::MAX,
        Some(heading) => heading.len().max(CUT_COLUMN_MIN),
        None => usize::MAX,
    };
    while rooms.iter().sum::<usize>() + GAP * count.saturating_sub(1) > columns {
        let cuttable = rooms.iter_mut().enumerate().filter(|(index, room)| **room > least(*index));
        match cuttable.max_by_key(|(_, room)| **room) {
            Some((_, room)) => *room -= 1,
            None => break,
        }
    }
    rooms
}

/// The name in a media type, which says more than the tree that it stands in (RFC 6838, section 3).
fn without_tree(cell: &str) -> &str {
    cell.strip_prefix("application/").map_or(cell, |name| name.strip_prefix("vnd.").unwrap_or(name))
}

/// The day of a time such as `2027-01-01T00:00:00Z`.
fn day(text: &str) -> Option<&str> {
    text.parse::<jiff::Timestamp>().is_ok().then(|| text.get(..10)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::az::show::render;
    use rstest::rstest;

    fn table() -> Table {
        let digest = format!("sha256:{}", "a".repeat(64));
        let row = [digest.as_str(), "a-rather-long-tag, another", "2026-01-02T03:04:05Z"].map(str::to_owned);
        Table { headings: &["DIGEST", "TAGS", "PUSHED"], rows: vec![row.to_vec()] }
    }

    #[rstest]
    #[case(
        200,
        "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa  a-rather-long-tag, another  2026-01-02T03:04:05Z"
    )]
    #[case(80, "sha256:aaaaaaaaaaaa  a-rather-long-tag, another  2026-01-02T03:04:05Z")]
    #[case(60, "sha256:aaaaaaaaaaaa  a-rather-long-tag, another  2026-01-02")]
    #[case(50, "sha256:aaaaaaaaaaaa  a-rather-long-ta…  2026-01-02")]
    #[case(10, "sha256:aaaaaaaaaaaa  a-rathe…  2026-01…")]
    fn a_table_gives_up_what_is_needed_least(#[case] columns: usize, #[case] expected: &str) {
        let text = render(&fitted(table(), columns));
        assert_eq!(text.lines().last(), Some(expected));
    }

    /// A repository may be called as a media type begins, a tag as a time or a digest is written.
    #[test]
    fn a_name_stays_whatever_it_looks_like() {
        let names = ["application/web".to_owned(), "20240619T192245Z".to_owned(), format!("sha256:{}", "a".repeat(64))];
        let row = names.iter().cloned().chain(["2026-01-02T03:04:05Z".to_owned()]).collect();
        let fitted = fitted(Table { headings: &["NAME", "TAG", "TAGS", "UPDATED"], rows: vec![row] }, 120);
        let expected: Vec<String> = names.into_iter().chain(["2026-01-02".to_owned()]).collect();
        assert_eq!(fitted.rows, [expected]);
    }

    #[rstest]
    #[case("application/vnd.oci.image.config.v1+json", "oci.image.config.v1+json")]
    #[case("application/spdx+json", "spdx+json")]
    #[case("image", "image")]
    fn a_media_type_has_a_name(#[case] cell: &str, #[case] expected: &str) {
        assert_eq!(without_tree(cell), expected);
    }
}
