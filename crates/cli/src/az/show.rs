//! Answers in az's forms: resources with their properties lifted up, members sorted; tables with two spaces between columns.

use super::Run;
use super::words::Form;
use crate::failure::Failure;
use crate::output::text::printable_line;
use crate::output::tokens::resource_group;
use crate::output::yaml;
use jiff::Timestamp;
use jiff::tz::Offset;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A table: headings, and rows of as many values.
pub(super) struct Table {
    pub(super) headings: &'static [&'static str],
    pub(super) rows: Vec<Vec<String>>,
}

impl Run<'_, '_> {
    /// Writes one answer.
    pub(super) fn show(&mut self, value: &Value, table: &Table) -> Result<(), Failure> {
        let text = match self.form {
            Form::Json => format!("{value:#}\n"),
            Form::Jsonl => match value {
                Value::Array(items) => items.iter().map(|item| format!("{item}\n")).collect(),
                one => format!("{one}\n"),
            },
            Form::Yaml => yaml::render(value),
            Form::Tsv => table
                .rows
                .iter()
                .map(|row| row.iter().map(|it| printable_line(it)).collect::<Vec<_>>().join("\t") + "\n")
                .collect(),
            Form::Table => render(table),
        };
        self.console.print(&text)
    }

    /// Writes one answer, of which people see lines in place of a table.
    pub(super) fn show_lines(&mut self, value: &Value, table: &Table, lines: &[String]) -> Result<(), Failure> {
        match self.form {
            Form::Table => {
                self.console.print(&lines.iter().map(|line| printable_line(line) + "\n").collect::<String>())
            }
            Form::Json | Form::Jsonl | Form::Yaml | Form::Tsv => self.show(value, table),
        }
    }
}

/// As az writes tables: dashes as wide as the column. Nothing for no rows.
pub(super) fn render(Table { headings, rows }: &Table) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|value| printable_line(value)).collect()).collect();
    let length = |text: &str| text.chars().count();
    let widths: Vec<usize> = headings
        .iter()
        .enumerate()
        .map(|(index, heading)| {
            let widest = rows.iter().filter_map(|row| row.get(index)).map(|value| length(value)).max();
            length(heading).max(widest.unwrap_or_default())
        })
        .collect();
    let line = |cells: Vec<&str>| {
        let padded: Vec<String> = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        padded.join("  ").trim_end().to_owned() + "\n"
    };
    let dashes: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let mut text = line(headings.to_vec());
    text.push_str(&line(dashes.iter().map(String::as_str).collect()));
    text.extend(rows.iter().map(|row| line(row.iter().map(String::as_str).collect())));
    text
}

/// A resource as az prints it: what stood in `properties` beside the rest, with the group's name, sorted.
pub(super) fn flat<T: Serialize>(resource: &T) -> Result<Value, Failure> {
    let value = serde_json::to_value(resource)
        .map_err(|error| Failure::unreachable(format!("The answer cannot be written as JSON: {error}.")))?;
    let Value::Object(mut members) = value else { return Ok(value) };
    if let Some(Value::Object(properties)) = members.remove("properties") {
        for (name, value) in properties {
            members.entry(name).or_insert(value);
        }
    }
    if let Some(group) = members.get("id").and_then(Value::as_str).and_then(resource_group).map(str::to_owned) {
        members.insert("resourceGroup".to_owned(), Value::String(group));
    }
    Ok(sorted(Value::Object(members)))
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<String, Value> =
                members.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            Value::Object(members.into_iter().collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// `2027-01-01T00:00:00Z`, in UTC, without fractions. Text that is no time stays as it is.
pub(super) fn time(rfc3339: Option<&str>) -> String {
    let text = rfc3339.unwrap_or_default();
    match text.parse::<Timestamp>() {
        Ok(instant) => Offset::UTC.to_datetime(instant).strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        Err(_) => text.to_owned(),
    }
}

/// A word with its first letter in upper case.
pub(super) fn title(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_table_is_azs() {
        let table = Table {
            headings: &["NAME", "STATUS"],
            rows: vec![vec!["a".to_owned(), "Enabled".to_owned()], vec!["longer".to_owned(), String::new()]],
        };
        assert_eq!(render(&table), "NAME    STATUS\n------  -------\na       Enabled\nlonger\n");
        assert_eq!(render(&Table { headings: &["NAME"], rows: vec![] }), "");
    }

    #[test]
    fn a_resource_is_flat_and_sorted() {
        let resource = json!({
            "name": "t",
            "id": "/subscriptions/s/resourceGroups/g/x",
            "properties": { "status": "enabled", "credentials": { "b": 1, "a": 2 } },
        });
        let expected = r#"{"credentials":{"a":2,"b":1},"id":"/subscriptions/s/resourceGroups/g/x","name":"t","resourceGroup":"g","status":"enabled"}"#;
        assert_eq!(flat(&resource).unwrap().to_string(), expected);
    }

    #[test]
    fn times_have_no_fractions() {
        assert_eq!(time(Some("2023-01-20T05:14:16.0746886+00:00")), "2023-01-20T05:14:16Z");
        assert_eq!((time(None), time(Some("soon"))), (String::new(), "soon".to_owned()));
    }
}
