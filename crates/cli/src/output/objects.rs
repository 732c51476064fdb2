//! Objects as people and programs read them: a table as Az PowerShell makes it, `Format-List`, JSON, YAML, tab-separated values.
//! An object is JSON whose members have the property names of the reference page.

use super::table::{self, Heading};
use super::text::{escaped, printable, printable_line};
use super::{Console, Format, yaml};
use crate::cmdlet::dates::in_invariant_culture;
use crate::failure::Failure;
use serde_json::Value;

/// How many items of an array a cell shows: PowerShell's `$FormatEnumerationLimit`.
const ITEMS_SHOWN_MAX: usize = 4;

/// How a kind of object is shown.
#[derive(Debug, PartialEq, Eq)]
pub struct View {
    /// The columns of its table.
    pub columns: &'static [Column],
    /// Whether its table is never cut to the window: what it shows can be seen only once.
    pub whole: bool,
}

/// A column of a table; its heading is the name of the property.
#[derive(Debug, PartialEq, Eq)]
pub struct Column {
    name: &'static str,
    cell: Cell,
}

#[derive(Debug, PartialEq, Eq)]
enum Cell {
    Text,
    Date,
    /// Numbers and booleans stand at the right, as PowerShell puts them.
    Right,
}

impl Column {
    /// Of text.
    pub const fn text(name: &'static str) -> Self {
        Self { name, cell: Cell::Text }
    }

    /// Of dates.
    pub const fn date(name: &'static str) -> Self {
        Self { name, cell: Cell::Date }
    }

    /// Of numbers or booleans.
    pub const fn right(name: &'static str) -> Self {
        Self { name, cell: Cell::Right }
    }

    fn of(&self, object: &Value) -> String {
        let text = cell(object.get(self.name).unwrap_or(&Value::Null));
        if self.cell == Cell::Date { in_invariant_culture(&text) } else { text }
    }
}

/// Whether one object was asked for, or however many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// One: JSON is an object.
    One,
    /// Many: JSON is an array.
    Many,
}

/// Writes objects to standard output. A password whose value is known is shown in every form: it is nowhere else.
pub fn show(
    objects: &[Value],
    asked: Asked,
    view: &View,
    format: Format,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let text = match format {
        Format::Table if objects.is_empty() => String::new(),
        // What has no properties is written as it is.
        Format::Table | Format::List | Format::Tsv if !objects.iter().any(Value::is_object) => {
            objects.iter().map(|value| printable_line(&cell(value)) + "\n").collect()
        }
        Format::Table => table(objects, view, console) + &new_passwords(objects),
        Format::List => {
            let lists = objects.iter().map(|object| list(object) + &credentials(object));
            lists.collect::<String>() + &new_passwords(objects)
        }
        Format::JsonLines => escaped(objects.iter().map(|object| format!("{object}\n")).collect()),
        Format::Json | Format::Yaml => {
            let written =
                |value: &Value| if format == Format::Yaml { yaml::render(value) } else { format!("{value:#}\n") };
            match (objects, asked) {
                ([], Asked::One) => String::new(),
                ([one], Asked::One) => escaped(written(one)),
                (many, _) => escaped(written(&Value::Array(many.to_vec()))),
            }
        }
        Format::Tsv => objects.iter().map(|object| tsv(object, view)).collect(),
    };
    console.print(&text)
}

fn table(objects: &[Value], view: &View, console: &Console<'_>) -> String {
    let heading = |column: &Column| Heading { name: column.name, right: column.cell == Cell::Right };
    let headings: Vec<Heading> = view.columns.iter().map(heading).collect();
    let rows: Vec<Vec<String>> =
        objects.iter().map(|object| view.columns.iter().map(|column| column.of(object)).collect()).collect();
    let columns = if view.whole { usize::MAX } else { console.columns };
    table::render(&headings, &rows, columns, console.colour)
}

/// As `Format-List` does: every property on a line of its own, the colons below each other.
fn list(object: &Value) -> String {
    let Value::Object(members) = object else { return printable_line(&cell(object)) + "\n\n" };
    let width = members.keys().map(|name| name.chars().count()).max().unwrap_or_default();
    let lines: String = members
        .iter()
        .map(|(name, value)| printable_line(&format!("{name:<width$} : {}", cell(value))) + "\n")
        .collect();
    lines + "\n"
}

/// The times of each password and certificate of a token, and which certificate it is, in a block of its own.
fn credentials(object: &Value) -> String {
    let lists =
        ["CredentialsPassword", "CredentialsCertificate"].map(|name| object.get(name).and_then(Value::as_array));
    lists.into_iter().flatten().flatten().map(credential).collect()
}

fn credential(credential: &Value) -> String {
    let line = |name: &str| {
        let value = match (credential.get(name)?, name) {
            (Value::String(text), "Name" | "Thumbprint") => text.clone(),
            (Value::String(time), _) => in_invariant_culture(time) + " UTC",
            (_, "Expiry" | "LastUsedTime") => "never".to_owned(),
            _ => String::new(),
        };
        Some(printable_line(&format!("{name:<12} : {value}")) + "\n")
    };
    let lines: String =
        ["Name", "Thumbprint", "CreationTime", "Expiry", "LastUsedTime"].into_iter().filter_map(line).collect();
    lines + "\n"
}

fn tsv(object: &Value, view: &View) -> String {
    let made = made(object).into_iter().flat_map(|password| [password.name, password.value]);
    let fields: Vec<String> =
        view.columns.iter().map(|column| column.of(object)).chain(made).map(|field| printable_line(&field)).collect();
    fields.join("\t") + "\n"
}

/// A value in a cell: arrays as `{a, b}`, an object in one by its name, booleans as .NET writes them.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let shown: Vec<String> = items.iter().take(ITEMS_SHOWN_MAX).map(cell).collect();
            let more = if items.len() > ITEMS_SHOWN_MAX { "…" } else { "" };
            format!("{{{}{more}}}", shown.join(", "))
        }
        Value::Object(members) => match members.get("Name") {
            Some(name) => cell(name),
            None => {
                let pairs: Vec<String> =
                    members.iter().map(|(name, value)| format!("{name}={}", cell(value))).collect();
                format!("{{{}}}", pairs.join("; "))
            }
        },
    }
}

/// A password that was just made.
struct Made {
    name: String,
    value: String,
    expiry: Option<String>,
}

fn made(object: &Value) -> Vec<Made> {
    let passwords = object.get("CredentialsPassword").and_then(Value::as_array);
    let text = |password: &Value, name: &str| password.get(name).and_then(Value::as_str).map(str::to_owned);
    let made = |password: &Value| {
        let value = text(password, "Value")?;
        Some(Made { name: text(password, "Name").unwrap_or_default(), value, expiry: text(password, "Expiry") })
    };
    passwords.into_iter().flatten().filter_map(made).collect()
}

/// The block below a table: the passwords just made, whole whatever the width of the window. Empty when there are none.
pub fn new_passwords(objects: &[Value]) -> String {
    let blocks: String = objects
        .iter()
        .flat_map(made)
        .map(|Made { name, value, expiry }| {
            let expiry = expiry.map_or_else(|| "never".to_owned(), |expiry| in_invariant_culture(&expiry) + " UTC");
            printable(&format!("Name   : {name}\nValue  : {value}\nExpiry : {expiry}\n\n"))
        })
        .collect();
    if blocks.is_empty() {
        blocks
    } else {
        format!("{blocks}Keep what stands above: a value is shown this once and cannot be read again.\n\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    const VIEW: View =
        View { columns: &[Column::text("Name"), Column::date("At"), Column::right("Count")], whole: false };

    fn shown(objects: &[Value], asked: Asked, format: Format) -> String {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut console =
            Console { stdout: &mut stdout, stderr: &mut stderr, columns: 80, colour: false, message_colour: false };
        show(objects, asked, &VIEW, format, &mut console).unwrap();
        String::from_utf8(stdout).unwrap()
    }

    fn two() -> Vec<Value> {
        vec![
            json!({ "Name": "a", "At": "2027-01-01T00:00:00Z", "Count": 7, "More": ["x", "y"], "On": true }),
            json!({ "Name": "bcd", "At": null, "Count": 1000, "More": [{ "Name": "n" }, { "k": 1 }], "On": false }),
        ]
    }

    #[rstest]
    #[case(
        Format::Table,
        "Name At                  Count\n---- --                  -----\na    01/01/2027 00:00:00     7\nbcd                       1000\n\n"
    )]
    #[case(Format::Tsv, "a\t01/01/2027 00:00:00\t7\nbcd\t\t1000\n")]
    #[case(
        Format::List,
        "Name  : a\nAt    : 2027-01-01T00:00:00Z\nCount : 7\nMore  : {x, y}\nOn    : True\n\nName  : bcd\nAt    : \nCount : 1000\nMore  : {n, {k=1}}\nOn    : False\n\n"
    )]
    #[case(
        Format::Yaml,
        "- Name: \"a\"\n  At: \"2027-01-01T00:00:00Z\"\n  Count: 7\n  More:\n    - \"x\"\n    - \"y\"\n  \"On\": true\n- Name: bcd\n  At: null\n  Count: 1000\n  More:\n    - Name: \"n\"\n    - \"k\": 1\n  \"On\": false\n"
    )]
    fn two_objects_in_each_form(#[case] format: Format, #[case] expected: &str) {
        let shown = shown(&two(), Asked::Many, format);
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_list_has_the_times_of_each_credential() {
        let password = json!({ "Name": "password1", "CreationTime": "2026-01-01T00:00:00+00:00", "Expiry": null,
            "Value": null, "LastUsedTime": "2026-01-02T00:00:00+00:00" });
        let unused = json!({ "Name": "certificate1", "Thumbprint": "00ff", "Expiry": "2027-01-01T00:00:00Z", "LastUsedTime": null });
        let untold = json!({ "Name": "certificate2", "Expiry": "2027-01-01T00:00:00Z" });
        let token = json!({ "CredentialsPassword": [password], "CredentialsCertificate": [unused, untold] });
        let expected = "CredentialsPassword    : {password1}\nCredentialsCertificate : {certificate1, certificate2}\n\n\
            Name         : password1\nCreationTime : 01/01/2026 00:00:00 UTC\nExpiry       : never\n\
            LastUsedTime : 01/02/2026 00:00:00 UTC\n\n\
            Name         : certificate1\nThumbprint   : 00ff\nExpiry       : 01/01/2027 00:00:00 UTC\nLastUsedTime : never\n\n\
            Name         : certificate2\nExpiry       : 01/01/2027 00:00:00 UTC\n\n";
        assert_eq!(shown(&[token], Asked::One, Format::List), expected);
    }

    #[test]
    fn a_cell_shows_four_items_and_a_value_without_properties_is_a_line() {
        assert_eq!(cell(&json!([1, 2, 3, 4])), "{1, 2, 3, 4}");
        assert_eq!(cell(&json!([1, 2, 3, 4, 5])), "{1, 2, 3, 4…}");
        assert_eq!(shown(&[json!(true)], Asked::One, Format::Table), "True\n");
        assert_eq!(shown(&[json!(true)], Asked::One, Format::JsonLines), "true\n");
    }

    #[test]
    fn json_is_an_array_when_many_were_asked_for() {
        let one = &two()[..1];
        assert!(shown(one, Asked::One, Format::Json).starts_with("{\n"));
        assert!(shown(one, Asked::Many, Format::Json).starts_with("[\n"));
        assert_eq!(shown(&two(), Asked::Many, Format::JsonLines).lines().count(), 2);
    }

    #[rstest]
    #[case(Format::Table, "")]
    #[case(Format::JsonLines, "")]
    #[case(Format::Json, "[]\n")]
    #[case(Format::Yaml, "[]\n")]
    fn nothing_is_shown_as_nothing(#[case] format: Format, #[case] expected: &str) {
        assert_eq!(shown(&[], Asked::Many, format), expected);
    }
}
