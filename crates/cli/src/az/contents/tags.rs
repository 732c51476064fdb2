//! `portcullis tag`.

use super::deleting::{Plan, moved};
use super::holdings::Weight;
use super::image::{Image, shortened};
use super::locked::{Lockable, Locked};
use super::manifests::{Looked, Summary};
use super::opened::{OpenRegistry, OpenRepository};
use super::refusals::What;
use super::words::{Deletion, TagVerb};
use super::{locks, names, pairs};
use crate::az::Run;
use crate::az::show::{Table, flat, time};
use crate::client::registry::metadata_path;
use crate::failure::Failure;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use wire::acr::{Manifest, Tag};

impl Run<'_, '_> {
    pub(in crate::az) async fn tag(&mut self, verb: &TagVerb) -> Result<(), Failure> {
        match verb {
            TagVerb::List { repository, part } => {
                let registry = self.open_registry(&repository.within).await?;
                let mut opened = registry.repository(repository.name()).await?;
                let tags = opened.tags(part.orderby, part.items_max()).await?;
                let digests: BTreeSet<&str> = tags.iter().map(|tag| tag.digest.as_str()).collect();
                opened.read_whole(&digests.into_iter().collect::<Vec<_>>(), self.progress).await?;
                self.show_tags(&opened, &tags)?;
                self.note_unread(&opened, Looked::Tags);
                Ok(())
            }
            TagVerb::Show { image } => {
                let (repository, tag) = Image::parse_tag(image.name())?;
                let registry = self.open_registry(&image.within).await?;
                let mut opened = registry.repository(repository).await?;
                let tag = opened.tag(tag).await?;
                let told = opened.manifest(&tag.digest).await?;
                opened.read_whole(&[&told.digest], self.progress).await?;
                self.show_tag(&opened, &tag, &told)?;
                self.note_unread(&opened, Looked::One);
                Ok(())
            }
            TagVerb::Delete { image, deletion } => {
                let (repository, tag) = Image::parse_tag(image.name())?;
                let registry = self.open_registry(&image.within).await?;
                let mut opened = registry.repository(repository).await?;
                let tag = opened.tag(tag).await?;
                self.delete_tag(&registry, &mut opened, &tag, *deletion).await
            }
        }
    }

    fn show_tags(&mut self, opened: &OpenRepository<'_, '_>, tags: &[Tag]) -> Result<(), Failure> {
        let value = |tag: &Tag| {
            let mut value = flat(tag)?;
            opened.weight(&tag.digest).add_to(&mut value);
            flat(&value)
        };
        let values = tags.iter().map(value).collect::<Result<Vec<_>, _>>()?;
        let rows = tags.iter().map(|tag| cells(tag, opened.weight(&tag.digest)).to_vec());
        let table = Table { headings: &["TAG", "DIGEST", "SIZE", "UPDATED"], rows: rows.collect() };
        self.show_fitted(&Value::Array(values), table)
    }

    fn show_tag(&mut self, opened: &OpenRepository<'_, '_>, tag: &Tag, told: &Manifest) -> Result<(), Failure> {
        let summary = Summary::of(told, opened);
        let others = others(told, tag);
        let mut value = flat(tag)?;
        value["repository"] = json!(opened.name);
        summary.weight.add_to(&mut value);
        value["otherTags"] = json!(others);
        let row = cells(tag, summary.weight).into_iter().chain([locks(&tag.changeable_attributes)]).collect();
        let lines = pairs(&[
            ("Tag", format!("{}:{}", opened.name, tag.name)),
            ("Digest", tag.digest.clone()),
            ("Points at", summary.described()),
            ("Size", summary.weight.shown()),
            ("Other tags", if others.is_empty() { "none".to_owned() } else { others.join(", ") }),
            ("Created", time(Some(&tag.created_time))),
            ("Updated", time(Some(&tag.last_update_time))),
            ("Locks", locks(&tag.changeable_attributes)),
        ]);
        let headings = &["TAG", "DIGEST", "SIZE", "UPDATED", "LOCKS"];
        self.show_lines(&flat(&value)?, &Table { headings, rows: vec![row] }, &lines)
    }

    async fn delete_tag(
        &mut self,
        registry: &OpenRegistry<'_>,
        opened: &mut OpenRepository<'_, '_>,
        tag: &Tag,
        deletion: Deletion,
    ) -> Result<(), Failure> {
        let told = opened.manifest(&tag.digest).await?;
        let others = others(&told, tag);
        let name = format!("{}:{}", opened.name, tag.name);
        let stays = match others.as_slice() {
            [] => format!("The manifest {} stays, now without a tag.", tag.digest),
            others => format!("The manifest {} stays, with {}.", tag.digest, names(others)),
        };
        let mut lines = vec![format!("The tag {name} goes. {stays}")];
        if others.is_empty() {
            let image = format!("{}@{}", opened.name, shortened(&tag.digest));
            lines.push(format!("To take it too: portcullis manifest delete {image} -r {}", registry.name));
        }
        let of_tag = Lockable { noun: "tag", name: name.clone(), attributes: &tag.changeable_attributes };
        let locked = Locked::of([opened.lockable(), of_tag]);
        lines.extend(locked.lines());
        let mut value = json!({ "repository": opened.name, "tag": tag.name, "digest": tag.digest, "otherTags": others, "freedBytes": 0 });
        locked.add_to(&mut value);
        let question = format!("Are you sure you want to delete the tag '{name}'?");
        let plan = Plan { name, lines, value, question };
        if !self.announce(&plan, deletion)? {
            return Ok(());
        }
        let what = What::Tag(&tag.name);
        opened.let_delete(what).await?;
        let now = opened.tag(&tag.name).await?;
        if now.digest != tag.digest {
            return Err(moved(&format!("The tag {} points at {} now.", plan.name, now.digest)));
        }
        opened.delete_silently(&metadata_path(&[opened.name, "_tags", &tag.name])?, what).await?;
        self.show_deleted(&plan, deletion, &[stays])
    }
}

/// Of a table.
fn cells(tag: &Tag, weight: Weight) -> [String; 4] {
    [tag.name.clone(), tag.digest.clone(), weight.shown(), time(Some(&tag.last_update_time))]
}

/// The tags beside this one.
fn others(told: &Manifest, tag: &Tag) -> Vec<String> {
    told.tags.iter().filter(|other| **other != tag.name).cloned().collect()
}
