//! What refers to what around a manifest: tags, indexes that hold it, its members, its subject, its referrers.

use super::holdings::{Weight, indexes_with};
use super::image::shortened;
use super::manifest_body::{self, ManifestBody, Part};
use super::opened::OpenRepository;
use crate::az::show::Table;
use crate::failure::Failure;
use crate::output::text::counted;
use crate::progress::Progress;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use wire::acr::Manifest;

/// A manifest beside the one that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Beside {
    pub(super) digest: String,
    /// Of an index that holds it, and of a member: what it runs on there. Of a referrer: its artifact type.
    pub(super) what: Option<String>,
    pub(super) tags: Vec<String>,
    /// How large it is with all that it needs, of a member.
    pub(super) weight: Option<Weight>,
    /// Whether the repository has it.
    pub(super) is_there: bool,
}

/// Everything around it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct References {
    pub(super) indexes: Vec<Beside>,
    pub(super) members: Vec<Beside>,
    pub(super) subject: Option<Beside>,
    pub(super) referrers: Vec<Beside>,
    /// What is not known, and why.
    pub(super) not_known: Vec<String>,
}

impl OpenRepository<'_, '_> {
    /// Reads a manifest, its members and every index, and asks for its referrers. `listed` are all manifests that the repository lists.
    pub(super) async fn references(
        &mut self,
        digest: &str,
        listed: &[Manifest],
        progress: &Progress<'_>,
    ) -> Result<References, Failure> {
        self.read_whole(&[digest], progress).await?;
        let indexes = listed.iter().filter(|manifest| manifest_body::is_index(&manifest.media_type));
        let indexes: BTreeSet<String> = indexes.map(|manifest| manifest.digest.clone()).collect();
        self.read(&indexes, progress).await?;
        let tags: BTreeMap<&str, &[String]> =
            listed.iter().map(|manifest| (manifest.digest.as_str(), manifest.tags.as_slice())).collect();
        let mut references = self.around(digest, &tags);
        let unread = indexes.iter().filter(|digest| !self.bodies.contains_key(*digest)).count();
        let hidden = self.hidden(tags.keys().copied().chain([digest]));
        if self.bodies.contains_key(digest) {
            let referrers = self.referrers(digest).await?;
            references.referrers = referrers
                .into_iter()
                .map(|referrer| Beside {
                    tags: tags.get(referrer.digest.as_str()).map(|tags| tags.to_vec()).unwrap_or_default(),
                    what: referrer.artifact_type.filter(|text| !text.is_empty()),
                    digest: referrer.digest,
                    weight: None,
                    is_there: true,
                })
                .collect();
            if unread > 0 {
                let unread = format!("Indexes that were not read: {unread}. Whether they hold it is not known.");
                references.not_known.push(unread);
            }
        } else {
            let unread = "The manifest was not read: what it holds and what refers to it is not known.";
            references.not_known.push(unread.to_owned());
        }
        if hidden > 0 {
            references.not_known.push(format!(
                "{} of {} cannot be seen, since listEnabled is false: whether one of them holds it or refers to it is not known.",
                counted(hidden, "manifest"),
                self.name
            ));
        }
        Ok(references)
    }

    /// What the manifests that were read say. `tags` are those of each manifest that is listed.
    fn around(&self, digest: &str, tags: &BTreeMap<&str, &[String]>) -> References {
        let bodies = &self.bodies;
        let beside = |digest: &str, what: Option<String>| Beside {
            digest: digest.to_owned(),
            what,
            tags: tags.get(digest).map(|tags| tags.to_vec()).unwrap_or_default(),
            weight: None,
            is_there: bodies.contains_key(digest) || tags.contains_key(digest),
        };
        let member = |member: &Part| Beside {
            weight: Some(self.weight(&member.digest)),
            ..beside(&member.digest, member.platform.clone())
        };
        let runs_on = |index: &ManifestBody| {
            let places = index.members.iter().filter(|member| member.digest == digest);
            places.filter_map(|member| member.platform.clone()).reduce(|all, next| format!("{all}, {next}"))
        };
        let body = bodies.get(digest);
        References {
            indexes: indexes_with(digest, bodies)
                .into_iter()
                .map(|(index, body)| beside(index, runs_on(body)))
                .collect(),
            members: body.into_iter().flat_map(|body| &body.members).map(member).collect(),
            subject: body.and_then(|body| body.subject.as_deref()).map(|subject| beside(subject, None)),
            referrers: Vec::new(),
            not_known: Vec::new(),
        }
    }
}

impl References {
    /// A row for each, what holds it first.
    pub(super) fn table(&self) -> Table {
        let kinds = [
            ("is in index", &self.indexes[..]),
            ("refers to", self.subject.as_slice()),
            ("is referred to by", &self.referrers[..]),
            ("holds", &self.members[..]),
        ];
        let row = |relation: &str, beside: &Beside| {
            let absent = (!beside.is_there).then(|| "not in the repository".to_owned());
            let what = [beside.what.clone(), absent].into_iter().flatten().collect::<Vec<_>>().join(", ");
            vec![
                relation.to_owned(),
                beside.digest.clone(),
                what,
                beside.weight.map(Weight::shown).unwrap_or_default(),
                super::names(&beside.tags),
            ]
        };
        let rows = kinds.into_iter().flat_map(|(relation, all)| all.iter().map(move |beside| row(relation, beside)));
        Table { headings: &["RELATION", "DIGEST", "WHAT", "SIZE", "TAGS"], rows: rows.collect() }
    }

    /// For programs.
    pub(super) fn add_to(&self, value: &mut Value) {
        let list = |all: &[Beside], what: &str| all.iter().map(|beside| beside.to_json(what)).collect::<Vec<_>>();
        value["inIndexes"] = json!(list(&self.indexes, "platform"));
        value["members"] = json!(list(&self.members, "platform"));
        value["subject"] = json!(self.subject.as_ref().map(|subject| subject.to_json("platform")));
        value["referrers"] = json!(list(&self.referrers, "artifactType"));
        if !self.not_known.is_empty() {
            value["referencesNotKnown"] = json!(self.not_known.join(" "));
        }
    }
}

impl Beside {
    fn to_json(&self, what: &str) -> Value {
        let mut value = json!({ "digest": self.digest, "tags": self.tags, "inRepository": self.is_there });
        value[what] = json!(self.what);
        if let Some(weight) = self.weight {
            weight.add_to(&mut value);
        }
        value
    }

    /// `sha256:9c3d2f60b1a7 (multi, latest)`
    pub(super) fn named(&self) -> String {
        let digest = shortened(&self.digest);
        if self.tags.is_empty() { digest.to_owned() } else { format!("{digest} ({})", super::names(&self.tags)) }
    }
}
