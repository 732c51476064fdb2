//! How deletions go: what goes is said, somebody is asked, and what went is said.

use super::words::Deletion;
use crate::az::Run;
use crate::az::show::{Table, flat};
use crate::az::words::Form;
use crate::failure::Failure;
use crate::output::text::printable_line;
use serde_json::Value;

/// What a deletion would do.
pub(super) struct Plan {
    /// What goes, as it is named.
    pub(super) name: String,
    /// For people.
    pub(super) lines: Vec<String>,
    /// For programs: an object.
    pub(super) value: Value,
    /// In az's words.
    pub(super) question: String,
}

impl Plan {
    /// With what became of it.
    fn ended(&self, deletion: Deletion) -> Result<(Value, Table), Failure> {
        let mut value = self.value.clone();
        value["name"] = Value::String(self.name.clone());
        value["deleted"] = Value::Bool(!deletion.dry_run);
        value["dryRun"] = Value::Bool(deletion.dry_run);
        let freed = value.get("freedBytes").and_then(Value::as_u64).map(|bytes| bytes.to_string());
        let row = vec![self.name.clone(), freed.unwrap_or_default()];
        Ok((flat(&value)?, Table { headings: &["NAME", "FREED BYTES"], rows: vec![row] }))
    }
}

/// That what was told is no longer what would go.
pub(super) fn moved(how: &str) -> Failure {
    Failure::refused(format!("{how} Nothing was deleted."))
        .hint("It was changed after it was looked at. Run the command again: it says what would go now.")
}

impl Run<'_, '_> {
    /// Says what would go, and asks. Whether it is to go: not in a dry run, whose answer is written here.
    ///
    /// Errors: the answer is no.
    pub(super) fn announce(&mut self, plan: &Plan, deletion: Deletion) -> Result<bool, Failure> {
        if deletion.dry_run {
            let (value, table) = plan.ended(deletion)?;
            let mut lines = plan.lines.clone();
            lines.push("A dry run: nothing was deleted.".to_owned());
            self.show_lines(&value, &table, &lines)?;
            return Ok(false);
        }
        if !deletion.yes || self.form == Form::Table {
            for line in &plan.lines {
                self.console.note(&printable_line(line));
            }
        }
        self.confirm(deletion.yes, &plan.question)?;
        Ok(true)
    }

    /// Writes what went; `after` is what else there is to say to people.
    pub(super) fn show_deleted(&mut self, plan: &Plan, deletion: Deletion, after: &[String]) -> Result<(), Failure> {
        let (value, table) = plan.ended(deletion)?;
        let lines: Vec<String> =
            std::iter::once(format!("Deleted {}.", plan.name)).chain(after.iter().cloned()).collect();
        self.show_lines(&value, &table, &lines)
    }
}
