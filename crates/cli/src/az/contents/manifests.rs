//! `portcullis manifest`.

use super::deleting::{Plan, moved};
use super::freeing::Freeing;
use super::holdings::{Members, Weight, freed_by, holders};
use super::image::{Image, Reference};
use super::locked::{Lockable, Locked};
use super::manifest_body::{Kind, ManifestBody, Part, told_platform};
use super::opened::{Found, OpenRegistry, OpenRepository, Unread};
use super::references::{Beside, References};
use super::refusals::What;
use super::words::{Deletion, ManifestVerb, Order};
use super::{blocks, locks, names, pairs};
use crate::az::Run;
use crate::az::show::{Table, flat, time};
use crate::client::Service;
use crate::client::registry::manifest_path;
use crate::failure::Failure;
use crate::output::text::counted;
use indicatif::HumanBytes;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use wire::acr::{Manifest, Tag};

/// What is said of a manifest in a line.
pub(super) struct Summary {
    kind: Kind,
    artifact_type: Option<String>,
    platforms: Vec<String>,
    pub(super) weight: Weight,
}

/// What was looked at, for whoever is told what of it is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looked {
    Manifests,
    Tags,
    One,
}

impl Run<'_, '_> {
    pub(in crate::az) async fn manifest(&mut self, verb: &ManifestVerb) -> Result<(), Failure> {
        match verb {
            ManifestVerb::List { repository, part } => {
                let registry = self.open_registry(&repository.within).await?;
                let mut opened = registry.repository(repository.name()).await?;
                // By name would be by digest, which says nothing to anybody.
                let order = part.orderby.or(Some(Order::NewestFirst));
                let listed = opened.manifests(order, part.items_max()).await?;
                let digests: Vec<&str> = listed.iter().map(|manifest| manifest.digest.as_str()).collect();
                opened.read_whole(&digests, self.progress).await?;
                self.show_manifests(&opened, &listed)?;
                self.note_unread(&opened, Looked::Manifests);
                Ok(())
            }
            ManifestVerb::Show { image } => {
                let named = Image::parse(image.name())?;
                let registry = self.open_registry(&image.within).await?;
                let mut opened = registry.repository(named.repository).await?;
                let found = opened.find(named.reference).await?;
                self.show_manifest(&mut opened, found).await
            }
            ManifestVerb::Delete { image, deletion } => {
                let named = Image::parse(image.name())?;
                let registry = self.open_registry(&image.within).await?;
                let mut opened = registry.repository(named.repository).await?;
                let found = opened.find(named.reference).await?;
                let plan = self.plan_delete(&registry, &mut opened, &found).await?;
                if self.announce(&plan, *deletion)? {
                    check_again(&mut opened, named.reference, &found.told).await?;
                    self.delete_manifest(&opened, &found.told, &plan, *deletion).await?;
                }
                Ok(())
            }
        }
    }

    fn show_manifests(&mut self, opened: &OpenRepository<'_, '_>, listed: &[Manifest]) -> Result<(), Failure> {
        let summaries: Vec<Summary> = listed.iter().map(|told| Summary::of(told, opened)).collect();
        let values = listed.iter().zip(&summaries).map(|(told, summary)| summary.value(told));
        let values = values.collect::<Result<Vec<_>, _>>()?;
        let rows = listed.iter().zip(&summaries).map(|(told, summary)| summary.cells(told).to_vec());
        let headings = &["DIGEST", "TAGS", "KIND", "PLATFORM", "SIZE", "PUSHED"];
        let table = Table { headings, rows: rows.collect() };
        self.show_fitted(&Value::Array(values), table)
    }

    /// Says of which manifests something is left out.
    pub(super) fn note_unread(&mut self, opened: &OpenRepository<'_, '_>, looked: Looked) {
        let (left_out, fewer) = match looked {
            Looked::Manifests => (
                "kinds and sizes are what the registry says, and those of indexes are left out",
                " (--top lists fewer)",
            ),
            Looked::Tags => ("the sizes of what needs them are left out", " (--top lists fewer)"),
            Looked::One => ("the sizes of what needs them are left out", ""),
        };
        for (why, count) in opened.unread_counts() {
            let why = match why {
                Unread::NotAllowed => format!("the login lacks content/read on {}", opened.name),
                Unread::TooMany => opened.most_manifests() + fewer,
                Unread::TooLarge => opened.most_bytes() + fewer,
                Unread::Locked => "readEnabled is false".to_owned(),
                Unread::Unreadable | Unread::Gone => "they make no sense".to_owned(),
            };
            self.console.note(&format!("{} not read, since {why}: {left_out}.", counted(count, "manifest")));
        }
    }

    async fn show_manifest(&mut self, opened: &mut OpenRepository<'_, '_>, found: Found) -> Result<(), Failure> {
        let Found { told, listed } = &found;
        let listed = opened.listed_or(listed.as_deref()).await?;
        let references = opened.references(&told.digest, &listed, self.progress).await?;
        let summary = Summary::of(told, opened);
        let body = opened.bodies.get(&told.digest);
        let mut value = summary.value(told)?;
        value["repository"] = json!(opened.name);
        value["manifestBytes"] = json!(body.map(|body| body.bytes));
        value["config"] = json!(body.and_then(|body| body.config.as_ref()).map(Part::to_json));
        let layers = body.into_iter().flat_map(|body| body.layers.iter().chain(&body.other_blobs));
        value["layers"] = json!(layers.map(Part::to_json).collect::<Vec<_>>());
        references.add_to(&mut value);
        let row = summary.cells(told).into_iter().chain([locks(&told.changeable_attributes)]).collect();
        let headings = &["DIGEST", "TAGS", "KIND", "PLATFORM", "SIZE", "PUSHED", "LOCKS"];
        let table = Table { headings, rows: vec![row] };
        let columns = self.console.columns;
        let mut lines = about(opened.name, told, &summary);
        lines.extend(blocks(body.map(parts).into_iter().chain([references.table()]).collect(), columns));
        lines.extend(references.not_known.iter().cloned());
        self.show_lines(&flat(&value)?, &table, &lines)?;
        self.note_unread(opened, Looked::One);
        Ok(())
    }

    async fn plan_delete(
        &self,
        registry: &OpenRegistry<'_>,
        opened: &mut OpenRepository<'_, '_>,
        Found { told, listed }: &Found,
    ) -> Result<Plan, Failure> {
        let digest = told.digest.as_str();
        let listed = opened.listed_or(listed.as_deref()).await?;
        let references = opened.references(digest, &listed, self.progress).await?;
        let freeing = match opened.read_listed(&listed, self.progress).await? {
            Some(why) => Freeing::LeftOut(why),
            None => {
                let freed = freed_by(digest, &opened.bodies);
                let elsewhere = registry.elsewhere(opened.name, &freed.alone, self.progress).await?;
                Freeing::Counted { freed, elsewhere }
            }
        };
        let tags = opened.tags(None, None).await?;
        let locked = locked(told, &listed, &tags, opened, registry.service);
        let summary = Summary::of(told, opened);
        let name = format!("{}@{digest}", opened.name);
        let mut value = freeing.to_json();
        references.add_to(&mut value);
        locked.add_to(&mut value);
        for (member, to) in [("digest", json!(digest)), ("repository", json!(opened.name)), ("tags", json!(told.tags))]
        {
            value[member] = to;
        }
        let size = Some(summary.weight.shown()).filter(|size| !size.is_empty());
        let size = size.map(|size| format!(", {size}")).unwrap_or_default();
        let mut lines = vec![format!("{name} is {}{size}.", summary.described())];
        lines.extend(locked.lines());
        lines.extend(consequences(told, &references, opened, registry.service));
        lines.extend(hidden_tags(opened, &tags));
        lines.extend(freeing.lines(&registry.name, opened.name, registry.service));
        let question = match told.tags.as_slice() {
            [] => format!("Are you sure you want to delete the manifest '{digest}'?"),
            tags => format!(
                "This operation will delete the manifest '{digest}' and all the following images: '{}'. Are you sure you want to continue?",
                tags.iter().map(|tag| format!("{}:{tag}", opened.name)).collect::<Vec<_>>().join("', '")
            ),
        };
        Ok(Plan { name, lines, value, question })
    }

    async fn delete_manifest(
        &mut self,
        opened: &OpenRepository<'_, '_>,
        told: &Manifest,
        plan: &Plan,
        deletion: Deletion,
    ) -> Result<(), Failure> {
        let path = manifest_path(opened.name, &told.digest)?;
        opened.delete_silently(&path, What::Manifest(&told.digest)).await?;
        let went = match told.tags.as_slice() {
            [] => None,
            [tag] => Some(format!("Its tag went with it: {tag}.")),
            tags => Some(format!("Its tags went with it: {}.", tags.join(", "))),
        };
        self.show_deleted(plan, deletion, went.as_slice())
    }
}

/// Looks again at what is to go, with a fresh bearer.
///
/// Errors: the tag that it was named by points elsewhere, or its tags are others.
async fn check_again(
    opened: &mut OpenRepository<'_, '_>,
    reference: Reference<'_>,
    told: &Manifest,
) -> Result<(), Failure> {
    opened.let_delete(What::Manifest(&told.digest)).await?;
    if let Reference::Tag(tag) = reference {
        let now = opened.tag(tag).await?.digest;
        if now != told.digest {
            return Err(moved(&format!("The tag {}:{tag} points at {now} now.", opened.name)));
        }
    }
    let now = opened.manifest(&told.digest).await?;
    if BTreeSet::from_iter(&now.tags) != BTreeSet::from_iter(&told.tags) {
        let tags =
            if now.tags.is_empty() { "no tag".to_owned() } else { format!("other tags: {}", now.tags.join(", ")) };
        return Err(moved(&format!("{}@{} has {tags} now.", opened.name, told.digest)));
    }
    Ok(())
}

/// What keeps a manifest from being deleted. A server of this project also keeps what a locked index could not be pulled without
/// (docs/compatibility.md).
fn locked<'m>(
    told: &'m Manifest,
    listed: &'m [Manifest],
    tags: &'m [Tag],
    opened: &'m OpenRepository<'_, '_>,
    service: Service,
) -> Locked<'m> {
    let name = opened.name;
    let mut holders = match service {
        Service::Portcullis => holders(&told.digest, &opened.bodies),
        Service::Azure => BTreeSet::new(),
    };
    holders.remove(told.digest.as_str());
    let of_manifest = |noun, manifest: &'m Manifest| {
        let name = format!("{name}@{}", manifest.digest);
        Lockable { noun, name, attributes: &manifest.changeable_attributes }
    };
    let indexes = listed.iter().filter(|index| holders.contains(index.digest.as_str()));
    let tags = tags.iter().filter(|tag| tag.digest == told.digest || holders.contains(tag.digest.as_str()));
    let of_tag = |tag: &'m Tag| Lockable {
        noun: "tag",
        name: format!("{name}:{}", tag.name),
        attributes: &tag.changeable_attributes,
    };
    Locked::of(
        [opened.lockable(), of_manifest("manifest", told)]
            .into_iter()
            .chain(indexes.map(|index| of_manifest("index", index)))
            .chain(tags.map(of_tag)),
    )
}

/// That tags may go that nobody is shown.
fn hidden_tags(opened: &OpenRepository<'_, '_>, listed: &[Tag]) -> Option<String> {
    let hidden = opened.told.tag_count.saturating_sub(listed.len() as u64);
    let (name, hidden) = (opened.name, (hidden > 0).then(|| counted(hidden, "tag"))?);
    Some(format!(
        "{hidden} of {name} cannot be seen, since listEnabled is false: whether one goes with it is not known."
    ))
}

/// What a delete does to what is around it, the worst first.
fn consequences(
    told: &Manifest,
    references: &References,
    opened: &OpenRepository<'_, '_>,
    service: Service,
) -> Vec<String> {
    let mut lines = Vec::new();
    for index in &references.indexes {
        let runs_on = index.what.as_ref().map(|what| format!(" as {what}")).unwrap_or_default();
        let pulls = index.what.as_ref().map_or("it", String::as_str);
        lines.push(format!(
            "WARNING: the index {} holds it{runs_on} and stays: whoever pulls {pulls} from there gets an error.",
            index.named()
        ));
    }
    lines.push(match told.tags.as_slice() {
        [] => "It has no tag.".to_owned(),
        [tag] => format!("Its tag goes with it: {tag}."),
        tags => format!("Its tags go with it: {}.", tags.join(", ")),
    });
    if !references.referrers.is_empty() {
        lines.push(match (references.referrers.len(), service) {
            (1, Service::Portcullis) => "1 manifest refers to it and stays without a subject:".to_owned(),
            (count, Service::Portcullis) => {
                format!("{} refer to it and stay without a subject:", counted(count as u64, "manifest"))
            }
            (count, Service::Azure) => {
                format!("What refers to it, {}, Azure may delete with it:", counted(count as u64, "manifest"))
            }
        });
        lines.extend(references.referrers.iter().map(listed_line));
    }
    // One manifest may be a member for several platforms.
    let mut seen = BTreeSet::new();
    let members = references.members.iter().filter(|member| member.is_there && seen.insert(&member.digest));
    let there: Vec<&Beside> = members.collect();
    let leads_to = |member: &Beside| {
        let holding = super::holdings::indexes_with(&member.digest, &opened.bodies);
        !member.tags.is_empty() || holding.iter().any(|(index, _)| *index != told.digest)
    };
    let lonely: Vec<&Beside> = there.iter().copied().filter(|member| !leads_to(member)).collect();
    if !references.members.is_empty() {
        let stay = if there.len() == 1 { "which stays" } else { "which stay" };
        let end = match (lonely.is_empty(), references.not_known.is_empty()) {
            (true, _) => "",
            (false, true) => " No tag and no other index leads then to:",
            (false, false) => " No tag and no other index that could be seen leads then to:",
        };
        lines.push(format!("It holds {}, {stay}.{end}", counted(there.len() as u64, "manifest")));
        lines.extend(lonely.into_iter().map(listed_line));
    }
    lines.extend(references.not_known.iter().cloned());
    lines
}

fn listed_line(beside: &Beside) -> String {
    format!("  {}  {}", beside.named(), beside.what.as_deref().unwrap_or_default()).trim_end().to_owned()
}

/// What is told of a manifest, a line each.
fn about(repository: &str, told: &Manifest, summary: &Summary) -> Vec<String> {
    let artifact_type = summary.artifact_type.clone().unwrap_or_default();
    let all = [
        ("Repository", repository.to_owned()),
        ("Digest", told.digest.clone()),
        ("Tags", if told.tags.is_empty() { "none".to_owned() } else { told.tags.join(", ") }),
        ("Kind", summary.kind.name().to_owned()),
        ("Artifact type", artifact_type),
        ("Media type", told.media_type.clone()),
        ("Platform", summary.platforms.join(", ")),
        ("Size", summary.weight.shown()),
        ("Created", time(Some(&told.created_time))),
        ("Pushed", time(Some(&told.last_update_time))),
        ("Locks", locks(&told.changeable_attributes)),
    ];
    pairs(&all.into_iter().filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>())
}

/// The parts of a manifest with their sizes.
fn parts(body: &ManifestBody) -> Table {
    let row = |name: &str, part: &Part| {
        let note = if part.is_elsewhere { " (kept elsewhere)" } else { "" };
        let bytes = HumanBytes(part.bytes).to_string();
        vec![name.to_owned(), bytes, part.digest.clone(), format!("{}{note}", part.media_type)]
    };
    let manifest = vec!["manifest".to_owned(), HumanBytes(body.bytes).to_string(), String::new(), String::new()];
    let config = body.config.iter().map(|part| row("config", part));
    let layers = body.layers.iter().map(|part| row("layer", part));
    let blobs = body.other_blobs.iter().map(|part| row("blob", part));
    let of_blobs: Vec<_> = config.chain(layers).chain(blobs).collect();
    // Alone, the manifest's own bytes are not worth a table.
    let rows = if of_blobs.is_empty() { of_blobs } else { std::iter::once(manifest).chain(of_blobs).collect() };
    Table { headings: &["PART", "SIZE", "DIGEST", "MEDIA TYPE"], rows }
}

impl Summary {
    /// From what was read of it, else from what the registry says.
    pub(super) fn of(told: &Manifest, opened: &OpenRepository<'_, '_>) -> Self {
        let runs_on = told_platform(told.os.as_deref(), told.architecture.as_deref());
        let Some(body) = opened.bodies.get(&told.digest) else {
            let kind = Kind::told(&told.media_type, told.config_media_type.as_deref());
            let weight = match kind {
                // Of an index, a registry says the bytes of its members' manifests, if anything.
                Kind::Index => Weight::default(),
                Kind::Image | Kind::Artifact(_) => Weight { bytes: told.image_size, members: Some(Members::default()) },
            };
            return Self { kind, artifact_type: None, platforms: runs_on.into_iter().collect(), weight };
        };
        let mut platforms: Vec<String> = Vec::new();
        for platform in body.members.iter().filter_map(|member| member.platform.clone()).chain(runs_on) {
            if !platforms.contains(&platform) {
                platforms.push(platform);
            }
        }
        let weight = opened.weight(&told.digest);
        Self { kind: body.kind.clone(), artifact_type: body.artifact_type.clone(), platforms, weight }
    }

    /// Of a table.
    fn cells(&self, told: &Manifest) -> [String; 6] {
        [
            told.digest.clone(),
            names(&told.tags),
            self.kind.shown().to_owned(),
            names(&self.platforms),
            self.weight.shown(),
            time(Some(&told.last_update_time)),
        ]
    }

    /// As az has it, and more.
    fn value(&self, told: &Manifest) -> Result<Value, Failure> {
        let mut value = flat(told)?;
        let more = BTreeMap::from([
            ("tags", json!(told.tags)),
            ("kind", json!(self.kind.name())),
            ("artifactType", json!(self.artifact_type)),
            ("platforms", json!(self.platforms)),
        ]);
        for (name, member) in more {
            value[name] = member;
        }
        self.weight.add_to(&mut value);
        flat(&value)
    }

    /// `an image of linux/amd64`
    pub(super) fn described(&self) -> String {
        let what = match &self.kind {
            Kind::Image => "an image".to_owned(),
            Kind::Index => "an index".to_owned(),
            Kind::Artifact(Some(artifact_type)) => format!("an artifact of type {artifact_type}"),
            Kind::Artifact(None) => "an artifact".to_owned(),
        };
        if self.platforms.is_empty() { what } else { format!("{what} of {}", names(&self.platforms)) }
    }
}
