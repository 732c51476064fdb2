//! `portcullis repository`.

use super::deleting::Plan;
use super::fit::fitted;
use super::freeing::Freeing;
use super::holdings::{Freed, Holding, of_all};
use super::locked::{Lockable, Locked};
use super::opened::{Allowance, OpenRegistry, OpenRepository};
use super::refusals::{Need, What, is_missing_right, is_unknown};
use super::words::{Deletion, Order, Part, RepositoryVerb};
use super::{locks, names, number, pairs, size};
use crate::az::Run;
use crate::az::show::{Table, flat, time};
use crate::az::words::Form;
use crate::client::ClientError;
use crate::client::registry::metadata_path;
use crate::failure::Failure;
use crate::output::text::counted;
use indicatif::HumanBytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::cmp::Reverse;
use wire::acr::{DeletedRepository, Manifest, Repository, Tag};

/// Why so many sizes are left out is said; the rest is told as a number.
const REASONS_SHOWN_MAX: usize = 3;

/// One of the list.
struct Row {
    name: String,
    /// `None` where the login may not know.
    told: Option<Repository>,
    bytes: Option<u64>,
}

/// What a repository holds.
enum Held {
    Known(Holding),
    /// Why that is not known.
    LeftOut(String),
    /// It went while it was looked at.
    Gone(ClientError),
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
        let names = match part.orderby {
            None => names,
            Some(order) => in_order(registry, names, order, part.items_max()).await?,
        };
        let (mut rows, mut left, mut reasons) = (Vec::new(), Allowance::of(registry.service), Vec::new());
        for name in &names {
            let mut opened = match registry.look_for(name).await {
                Ok(opened) => opened,
                Err(error) if is_missing_right(&error) => {
                    reasons.push(format!("the login lacks metadata/read on {name}"));
                    rows.push(Row { name: name.clone(), told: None, bytes: None });
                    continue;
                }
                // Deleted since it was listed.
                Err(error) if is_unknown(&error) => continue,
                Err(error) => return Err(error.into()),
            };
            opened.left = left;
            let held = self.hold(&mut opened).await?;
            left = opened.left;
            let bytes = match held {
                Held::Known(holding) => Some(holding.bytes()),
                Held::LeftOut(why) => {
                    reasons.push(why);
                    None
                }
                Held::Gone(_) => continue,
            };
            rows.push(Row { name: name.clone(), told: Some(opened.told), bytes });
        }
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

    async fn hold(&self, opened: &mut OpenRepository<'_, '_>) -> Result<Held, Failure> {
        // Not even listed: that is known beforehand.
        if let Some(why) = opened.left_out() {
            return Ok(Held::LeftOut(why));
        }
        let listed = match opened.listed(None, None).await {
            Ok(listed) => listed,
            Err(error) if is_unknown(&error) => return Ok(Held::Gone(error)),
            Err(error) => return Err(opened.asked(What::Repository, Need::Tell).failure(error)),
        };
        Ok(match opened.read_listed(&listed, self.progress).await? {
            Some(why) => Held::LeftOut(why),
            None => Held::Known(of_all(opened.bodies.values())),
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
        let cells = |row: &Row| match &row.told {
            Some(told) => cells(&row.name, told, row.bytes).to_vec(),
            None => vec![row.name.clone(), String::new(), String::new(), String::new(), String::new()],
        };
        let headings = &["NAME", "TAGS", "MANIFESTS", "SIZE", "UPDATED"];
        let table = Table { headings, rows: rows.iter().map(cells).collect() };
        self.show_fitted(&Value::Array(values), table)
    }

    /// A table that fits the window; the other forms have everything.
    pub(super) fn show_fitted(&mut self, value: &Value, table: Table) -> Result<(), Failure> {
        let table = if self.form == Form::Table { fitted(table, self.console.columns) } else { table };
        self.show(value, &table)
    }

    async fn show_repository(&mut self, mut opened: OpenRepository<'_, '_>) -> Result<(), Failure> {
        let held = match self.hold(&mut opened).await? {
            Held::Known(holding) => Ok(holding),
            Held::LeftOut(why) => Err(why),
            Held::Gone(error) => return Err(opened.asked(What::Repository, Need::Tell).failure(error)),
        };
        let told = &opened.told;
        let mut value = flat(told)?;
        let bytes = held.as_ref().ok().map(Holding::bytes);
        value["sizeBytes"] = json!(bytes);
        value["blobBytes"] = json!(held.as_ref().ok().map(Holding::blob_bytes));
        value["blobs"] = json!(held.as_ref().ok().map(|holding| holding.blobs.len()));
        let row = cells(opened.name, told, bytes).into_iter().chain([locks(&told.changeable_attributes)]).collect();
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
        self.show_lines(&flat(&value)?, &Table { headings, rows: vec![row] }, &lines)
    }

    async fn delete_repository(
        &mut self,
        registry: &OpenRegistry<'_>,
        name: &str,
        deletion: Deletion,
    ) -> Result<(), Failure> {
        let mut opened = registry.repository(name).await?;
        let listed = opened.manifests(None, None).await?;
        let freeing = match opened.read_listed(&listed, self.progress).await? {
            Some(why) => Freeing::LeftOut(why),
            None => {
                let blobs = of_all(opened.bodies.values()).blobs;
                let elsewhere = registry.elsewhere(name, &blobs, self.progress).await?;
                Freeing::Counted { freed: Freed { alone: blobs, ..Freed::default() }, elsewhere }
            }
        };
        let tags = opened.tags(None, None).await?;
        let locked = locked(&opened, &listed, &tags);
        let tags: Vec<&str> = tags.iter().map(|tag| tag.name.as_str()).collect();
        let told = &opened.told;
        let mut lines = vec![format!(
            "The repository {name} goes with {} and {}.",
            counted(told.manifest_count, "manifest"),
            counted(told.tag_count, "tag"),
        )];
        lines.extend(locked.lines());
        if !tags.is_empty() {
            lines.push(format!("Its tags: {}.", names(&tags)));
        }
        lines.extend(freeing.lines(&registry.name, name, registry.service));
        let mut value = freeing.to_json();
        locked.add_to(&mut value);
        value["tags"] = json!(tags);
        value["tagCount"] = json!(told.tag_count);
        value["manifestCount"] = json!(told.manifest_count);
        let question = format!("Are you sure you want to delete the repository '{name}' and all images under it?");
        let plan = Plan { name: name.to_owned(), lines, value, question };
        if !self.announce(&plan, deletion)? {
            return Ok(());
        }
        opened.let_delete(What::Repository).await?;
        let gone: DeletedRepository = opened.delete(&metadata_path(&[name])?, What::Repository).await?;
        let went = format!(
            "{} and {} went with it.",
            counted(gone.manifests_deleted.len() as u64, "manifest"),
            counted(gone.tags_deleted.len() as u64, "tag")
        );
        self.show_deleted(&plan, deletion, &[went])
    }
}

/// What keeps a repository from being deleted: its lock, and those of everything in it.
fn locked<'m>(opened: &'m OpenRepository<'_, '_>, listed: &'m [Manifest], tags: &'m [Tag]) -> Locked<'m> {
    let name = opened.name;
    let manifests = listed.iter().map(|manifest| Lockable {
        noun: "manifest",
        name: format!("{name}@{}", manifest.digest),
        attributes: &manifest.changeable_attributes,
    });
    let tags = tags.iter().map(|tag| Lockable {
        noun: "tag",
        name: format!("{name}:{}", tag.name),
        attributes: &tag.changeable_attributes,
    });
    Locked::of([opened.lockable()].into_iter().chain(manifests).chain(tags))
}

/// Of a table.
fn cells(name: &str, told: &Repository, bytes: Option<u64>) -> [String; 5] {
    [
        name.to_owned(),
        number(told.tag_count),
        number(told.manifest_count),
        size(bytes),
        time(Some(&told.last_update_time)),
    ]
}

/// `4, 2.05 MiB together`
fn together(count: u64, bytes: Option<u64>) -> String {
    let bytes = bytes.filter(|_| count > 0).map(|bytes| format!(", {} together", HumanBytes(bytes)));
    number(count) + &bytes.unwrap_or_default()
}

/// The names by when something last changed in each, `items_max` at most: so that no more is read than is shown.
async fn in_order(
    registry: &OpenRegistry<'_>,
    names: Vec<String>,
    order: Order,
    items_max: Option<usize>,
) -> Result<Vec<String>, Failure> {
    let mut known = Vec::new();
    for name in names {
        let updated = match registry.look_for(&name).await {
            Ok(opened) => Some(opened.told.last_update_time),
            Err(error) if is_missing_right(&error) => None,
            Err(error) if is_unknown(&error) => continue,
            Err(error) => return Err(error.into()),
        };
        known.push((name, updated));
    }
    sort(&mut known, order);
    Ok(known.into_iter().map(|(name, _)| name).take(items_max.unwrap_or(usize::MAX)).collect())
}

/// By the times. What has none, since the login may not know it, comes last.
fn sort(all: &mut [(String, Option<String>)], order: Order) {
    let updated = |time: &Option<String>| time.as_ref().and_then(|time| time.parse::<Timestamp>().ok());
    match order {
        Order::OldestFirst => all.sort_by_key(|(_, time)| (updated(time).is_none(), updated(time))),
        Order::NewestFirst => all.sort_by_key(|(_, time)| Reverse(updated(time))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Order::NewestFirst, ["new", "same", "old", "private"])]
    #[case(Order::OldestFirst, ["old", "new", "same", "private"])]
    fn times_decide_and_then_names(#[case] order: Order, #[case] expected: [&str; 4]) {
        // As text, a time of fewer digits would come behind one of more.
        let all = [
            ("private", None),
            ("new", Some("2026-01-02T03:04:05.5000000Z")),
            ("old", Some("2026-01-02T03:04:05Z")),
            ("same", Some("2026-01-02T03:04:05.5Z")),
        ];
        let mut all = all.map(|(name, time)| (name.to_owned(), time.map(str::to_owned)));
        sort(&mut all, order);
        assert_eq!(all.map(|(name, _)| name), expected);
    }
}
