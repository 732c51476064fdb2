//! What `portcullis retention` writes: lines for people, or one JSON object a line.

use crate::data_folder::{Form, print_json, show};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::output::Console;
use crate::output::table::{Heading, render};
use crate::output::text::printable_line;
use indicatif::{HumanBytes, HumanCount};
use serde::Serialize;

/// A tag or a manifest that a rule deletes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Doomed {
    /// In which registry.
    pub registry: String,
    /// In which repository.
    pub repository: String,
    /// The tag; `None` where it is a manifest that goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The digest of the manifest, or of what the tag points at.
    pub digest: String,
    /// The size of its config and layers together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// The pattern of the rule.
    pub rule: String,
}

impl Doomed {
    fn line(&self) -> String {
        let Self { registry, repository, tag, digest, bytes, .. } = self;
        let name = match tag {
            Some(tag) => format!("{registry}/{repository}:{tag}"),
            None => format!("{registry}/{repository}@{digest}"),
        };
        let bytes = bytes.map(|bytes| format!("  {}", HumanBytes(bytes))).unwrap_or_default();
        format!("  {}{bytes}\n", printable_line(&name))
    }
}

/// Names what is deleted, as it comes: all of it, or as much as somebody reads before an answer.
#[derive(Debug)]
pub struct Names {
    form: Form,
    /// How many more are named to people.
    left: usize,
    unnamed: u64,
}

/// What fits on a screen above a question.
const NAMED_BEFORE_A_QUESTION: usize = 20;

impl Names {
    /// All of them.
    pub fn all(form: Form) -> Self {
        Self { form, left: usize::MAX, unnamed: 0 }
    }

    /// To people the first few, to programs all.
    pub fn some(form: Form) -> Self {
        Self { left: NAMED_BEFORE_A_QUESTION, ..Self::all(form) }
    }

    /// Writes it to standard output.
    pub fn show(&mut self, doomed: &Doomed, console: &mut Console<'_>) -> Result<(), Failure> {
        match (self.form, self.left.checked_sub(1)) {
            (Form::Json, _) => print_json(doomed, console),
            (Form::Table, Some(left)) => {
                self.left = left;
                console.print(&doomed.line())
            }
            (Form::Table, None) => {
                self.unnamed += 1;
                Ok(())
            }
        }
    }

    /// How many there were beyond those.
    pub fn finish(&self, console: &mut Console<'_>) -> Result<(), Failure> {
        match self.unnamed {
            0 => Ok(()),
            more => console.print(&format!("  and {} more; --dry-run names all\n", HumanCount(more))),
        }
    }
}

/// What was deleted, or would be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sums {
    /// Whether nothing was deleted.
    pub dry_run: bool,
    /// Repositories for which there is a rule.
    pub repositories: u64,
    /// Tags beyond those to keep.
    pub tags: u64,
    /// Manifests without a tag.
    pub manifests: u64,
    /// The sizes of their images; layers that images share count for each.
    pub image_bytes: u64,
    /// What a lock keeps.
    pub locked: u64,
    /// Whether a question follows, or the rule is stored unasked.
    #[serde(skip)]
    pub is_preview: bool,
}

impl Sums {
    /// Writes them to standard output.
    pub fn show(&self, form: Form, console: &mut Console<'_>) -> Result<(), Failure> {
        show(self, Self::lines, form, console)
    }

    fn lines(&self) -> String {
        let Self { dry_run, repositories, tags, manifests, image_bytes, locked, is_preview } = *self;
        let mut lines = match (repositories, tags + manifests) {
            (0, _) if is_preview => "There is no such repository yet.\n".to_owned(),
            (0, _) => "There is no repository with a retention rule.\n".to_owned(),
            (_, 0) if is_preview => "Nothing to delete now.\n".to_owned(),
            (_, 0) => "Nothing to delete.\n".to_owned(),
            _ => {
                let begin = if dry_run { "Would delete now" } else { "Deleted" };
                let images = format!("manifests without a tag, of images of {} in all", HumanBytes(image_bytes));
                let rows = [(tags, "tags beyond those to keep"), (manifests, images.as_str())];
                let row = |(count, what): (u64, &str)| format!("{:>9}  {what}\n", HumanCount(count).to_string());
                let rows: String = rows.into_iter().filter(|(count, _)| *count > 0).map(row).collect();
                format!("{begin}:\n{rows}")
            }
        };
        if locked > 0 {
            lines.push_str(&format!("{} more are kept by locks.\n", HumanCount(locked)));
        }
        if is_preview {
            return lines;
        }
        if dry_run {
            lines.push_str("A dry run: nothing was deleted.\n");
        } else if manifests > 0 {
            lines.push_str("What no other image needs of their bytes is collected after a day.\n");
        }
        lines
    }
}

/// A rule that is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// The registry.
    pub registry: String,
    /// The pattern of its repositories.
    pub repository: String,
    /// How many tags are kept.
    pub keep_last: Option<u32>,
    /// After how many days a manifest without a tag goes.
    pub untagged_days: Option<u16>,
    /// From when on these days count at the earliest.
    pub untagged_from: Option<String>,
    /// Tags that stay and do not count.
    pub never: Vec<String>,
    /// When it was made or last changed.
    pub last_updated: String,
}

impl Rule {
    /// Writes rules to standard output.
    pub fn show(
        rules: &[Self],
        form: Form,
        environment: &Environment,
        console: &mut Console<'_>,
    ) -> Result<(), Failure> {
        match form {
            Form::Json => rules.iter().try_for_each(|rule| print_json(rule, console)),
            Form::Table if rules.is_empty() => console.print("There is no retention rule: nothing is deleted.\n"),
            Form::Table => {
                let headings =
                    Heading::left(&["Registry", "Repository", "Keep last", "Untagged days", "Never", "Last updated"]);
                let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
                let row = |rule: &Self| {
                    let from = rule.untagged_from.as_ref().map(|from| format!(", from {from}")).unwrap_or_default();
                    vec![
                        rule.registry.clone(),
                        rule.repository.clone(),
                        number(rule.keep_last),
                        number(rule.untagged_days.map(u32::from)) + &from,
                        rule.never.join(", "),
                        rule.last_updated.clone(),
                    ]
                };
                let rows: Vec<Vec<String>> = rules.iter().map(row).collect();
                console.print(&render(&headings, &rows, environment.columns(), environment.stdout_in_colour()))
            }
        }
    }
}

/// How far it is, on one line.
pub fn progress_line(repositories: u64, tags: u64, manifests: u64) -> String {
    let [repositories, tags, manifests] = [repositories, tags, manifests].map(HumanCount);
    format!("Looking at repository {repositories}: {tags} tags and {manifests} manifests found")
}
