//! `portcullis repository`.

use super::deleting::Plan;
use super::fit::fitted;
use super::freeing::Freeing;
use super::holdings::{Freed, Holding, of_all};
use super::opened::{Allowance, OpenRegistry, OpenRepository};
use super::refusals::{Need, What, is_missing_right, is_unknown};
use super::words::{Deletion, Order, Part, RepositoryVerb};
use super::{forbids_delete, locks, names, number, pairs, size};
use crate::az::Run;
use crate::az::show::{Table, flat, time};
use crate::az::words::Form;
use crate::client::registry::metadata_path;
use crate::failure::Failure;
use crate::output::text::counted;
use indicatif::HumanBytes;
use serde_json::{Value, json};
use wire::acr::{ChangeableAttributes, DeletedRepository, Repository};

/// Why so many sizes are left out is said; the rest is told as a number.
const REASONS_SHOWN_MAX: usize = 3;

/// One of the list.
struct Row {
    name: String,
    /// `None` where the login may not know.
    told: Option<Repository>,
    bytes: Option<u64>,
}

impl Run<'_, '_> {
    pub(in crate::az) async fn repository(&mut self, verb: &RepositoryVerb) -> Result<(), Failure> {
        match verb {
            RepositoryVerb::List { within, part } => {
                let registry = self.open_registry(within).await?;
                self.list_repositories(&registry, *part).await
            }
            RepositoryVerb::Show { repository } => {
                let registry = self.open_registry(&repository.within).await?;
                let opened = registry.repository(repository.name()).await?;
                self.show_repository(opened).await
            }
            RepositoryVerb::Delete { repository, deletion } => {
                let registry = self.open_registry(&repository.within).await?;
                self.delete_repository(&registry, repository.name(), *deletion).await
            }
        }
    }

    async fn list_repositories(&mut self, registry: &OpenRegistry<'_>, part: Part) -> Result<(), Failure> {
        // Registries list by name: for another order all must be known.
        let items_max = part.items_max().filter(|_| part.orderby.is_none());
        let names = registry.catalog(items_max).await.map_err(|error| {
            if is_missing_right(&error) {
                Failure::refused(format!("The login may not list the repositories of '{}'.", registry.name))
                    .hint("Name one: portcullis repository show NAME.")
            } else {
                error.into()
            }
        })?;
        let (mut rows, mut left, mut reasons) = (Vec::new(), Allowance::of(registry.service), Vec::new());
        for name in &names {
            match registry.look_for(name).await {
                Ok(mut opened) => {
                    opened.left = left;
                    let (bytes, why) = match self.hold(&mut opened).await? {
                        Ok(holding) => (Some(holding.bytes()), None),
                        Err(why) => (None, Some(why)),
                    };
                    left = opened.left;
                    reasons.extend(why);
                    rows.push(Row { name: name.clone(), told: Some(opened.told), bytes });
                }
                Err(error) if is_missing_right(&error) => {
                    reasons.push(format!("the login lacks metadata/read on {name}"));
                    rows.push(Row { name: name.clone(), told: None, bytes: None });
                }
                // Deleted since it was listed.
                Err(error) if is_unknown(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        sort(&mut rows, part);
        self.show_rows(&rows)?;
        if !reasons.is_empty() {
            let are = if reasons.len() == 1 { "is" } else { "are" };
            let (more, shown) =
                (reasons.len().saturating_sub(REASONS_SHOWN_MAX), reasons.iter().take(REASONS_SHOWN_MAX));
            let more = if more == 0 { String::new() } else { format!("; and so on for {more} more") };
            let why = shown.cloned().collect::<Vec<_>>().join("; ");
            self.console.note(&format!("{} {are} left out: {why}{more}.", counted(reasons.len() as u64, "size")));
        }
        Ok(())
    }

    /// What a repository holds, or why that is not known.
    async fn hold(&self, opened: &mut OpenRepository<'_, '_>) -> Result<Result<Holding, String>, Failure> {
        // Not even listed: that is known beforehand.
        if let Some(why) = opened.left_out() {
            return Ok(Err(why));
        }
        let listed = opened.manifests(None, None).await?;
        Ok(match opened.read_listed(&listed, &self.progress).await? {
            Some(why) => Err(why),
            None => Ok(of_all(opened.bodies.values())),
        })
    }

    fn show_rows(&mut self, rows: &[Row]) -> Result<(), Failure> {
        let value = |row: &Row| {
            let mut value = match &row.told {
                Some(told) => flat(told)?,
                None => json!({ "imageName": row.name }),
            };
            value["sizeBytes"] = json!(row.bytes);
            flat(&value)
        };
        let values = rows.iter().map(value).collect::<Result<Vec<_>, _>>()?;
        let cells = |row: &Row| {
            let told = |of: fn(&Repository) -> String| row.told.as_ref().map(of).unwrap_or_default();
            vec![
                row.name.clone(),
                told(|it| number(it.tag_count)),
                told(|it| number(it.manifest_count)),
                size(row.bytes),
                told(|it| time(Some(&it.last_update_time))),
            ]
        };
        let table = Table {
            headings: &["NAME", "TAGS", "MANIFESTS", "SIZE", "UPDATED"],
            rows: rows.iter().map(cells).collect(),
        };
        self.show_fitted(&Value::Array(values), table)
    }

    /// A table that fits the window; the other forms have everything.
    pub(super) fn show_fitted(&mut self, value: &Value, table: Table) -> Result<(), Failure> {
        let table = if self.form == Form::Table { fitted(table, self.console.columns) } else { table };
        self.show(value, &table)
    }

    async fn show_repository(&mut self, mut opened: OpenRepository<'_, '_>) -> Result<(), Failure> {
        let held = self.hold(&mut opened).await?;
        let told = &opened.told;
        let mut value = flat(told)?;
        let bytes = held.as_ref().ok().map(Holding::bytes);
        value["sizeBytes"] = json!(bytes);
        value["blobBytes"] = json!(held.as_ref().ok().map(Holding::blob_bytes));
        value["blobs"] = json!(held.as_ref().ok().map(|holding| holding.blobs.len()));
        let row = [
            opened.name.to_owned(),
            number(told.tag_count),
            number(told.manifest_count),
            size(bytes),
            time(Some(&told.last_update_time)),
            locks(&told.changeable_attributes),
        ];
        let lines = pairs(&[
            ("Repository", opened.name.to_owned()),
            ("Registry", told.registry.clone()),
            ("Created", time(Some(&told.created_time))),
            ("Updated", time(Some(&told.last_update_time))),
            ("Tags", number(told.tag_count)),
            ("Manifests", together(told.manifest_count, held.as_ref().ok().map(|it| it.manifest_bytes))),
            (
                "Blobs",
                match &held {
                    Ok(holding) => together(holding.blobs.len() as u64, Some(holding.blob_bytes())),
                    Err(why) => format!("not known: {why}"),
                },
            ),
            ("Size", bytes.map_or_else(|| "not known".to_owned(), |bytes| size(Some(bytes)))),
            ("Locks", locks(&told.changeable_attributes)),
        ]);
        let headings = &["NAME", "TAGS", "MANIFESTS", "SIZE", "UPDATED", "LOCKS"];
        self.show_lines(&flat(&value)?, &Table { headings, rows: vec![row.to_vec()] }, &lines)
    }

    async fn delete_repository(
        &mut self,
        registry: &OpenRegistry<'_>,
        name: &str,
        deletion: Deletion,
    ) -> Result<(), Failure> {
        let mut opened = registry.repository(name).await?;
        let freeing = match self.hold(&mut opened).await? {
            Err(why) => Freeing::LeftOut(why),
            Ok(Holding { blobs, .. }) => {
                let elsewhere = registry.elsewhere(name, &blobs, &self.progress).await?;
                Freeing::Counted { freed: Freed { alone: blobs, ..Freed::default() }, elsewhere }
            }
        };
        let tags = opened.tags(None, None).await?.into_iter().map(|tag| tag.name).collect::<Vec<_>>();
        let told = &opened.told;
        let mut lines = vec![format!(
            "The repository {name} goes with {} and {}.",
            counted(told.manifest_count, "manifest"),
            counted(told.tag_count, "tag"),
        )];
        lines.extend(locked_lines(&[("repository", &told.changeable_attributes)]));
        if !tags.is_empty() {
            lines.push(format!("Its tags: {}.", names(&tags)));
        }
        lines.extend(freeing.lines(&registry.name, name, registry.service));
        let mut value = freeing.to_json();
        value["tags"] = json!(tags);
        value["tagCount"] = json!(told.tag_count);
        value["manifestCount"] = json!(told.manifest_count);
        let question = format!("Are you sure you want to delete the repository '{name}' and all images under it?");
        let plan = Plan { name: name.to_owned(), lines, value, question };
        if !self.announce(&plan, deletion)? {
            return Ok(());
        }
        let asked = |error| opened.asked(What::Repository, Need::Delete).failure(error);
        let deleter = registry.deleter(name).await.map_err(asked)?;
        let gone: DeletedRepository = deleter.delete(&metadata_path(&[name])?).await.map_err(asked)?;
        let went = format!(
            "{} and {} went with it.",
            counted(gone.manifests_deleted.len() as u64, "manifest"),
            counted(gone.tags_deleted.len() as u64, "tag")
        );
        self.show_deleted(&plan, deletion, &[went])
    }
}

/// `4, 2.05 MiB together`
fn together(count: u64, bytes: Option<u64>) -> String {
    let bytes = bytes.filter(|_| count > 0).map(|bytes| format!(", {} together", HumanBytes(bytes)));
    number(count) + &bytes.unwrap_or_default()
}

/// That the delete would be refused, where that is known of any of these.
pub(super) fn locked_lines(all: &[(&str, &ChangeableAttributes)]) -> Vec<String> {
    let locked = all.iter().filter(|(_, attributes)| forbids_delete(attributes));
    let line = |(what, attributes): &(&str, &ChangeableAttributes)| {
        format!("WARNING: the {what} is locked ({}): the delete would be refused.", locks(attributes))
    };
    locked.map(line).collect()
}

/// By name as they came, else by when something last changed.
fn sort(rows: &mut Vec<Row>, part: Part) {
    let updated = |row: &Row| row.told.as_ref().map(|told| told.last_update_time.clone());
    match part.orderby {
        None => {}
        Some(Order::OldestFirst) => rows.sort_by_key(updated),
        Some(Order::NewestFirst) => rows.sort_by_key(|row| std::cmp::Reverse(updated(row))),
    }
    rows.truncate(part.items_max().unwrap_or(usize::MAX));
}
