//! How large manifests are with all that they need, and what would be free without some of them. Pure: over what was read.

use super::manifest_body::ManifestBody;
use indicatif::HumanBytes;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The manifests of a repository that were read, by their digests.
pub(super) type Bodies = BTreeMap<String, ManifestBody>;

/// Blobs and their bytes, each once.
pub(super) type Blobs = BTreeMap<String, u64>;

/// What a manifest needs, or several together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Holding {
    pub(super) blobs: Blobs,
    /// The bytes of the manifests themselves.
    pub(super) manifest_bytes: u64,
    /// Its manifests that are not among those that were read.
    pub(super) missing_manifests: BTreeSet<String>,
}

impl Holding {
    /// Everything together.
    pub(super) fn bytes(&self) -> u64 {
        self.blob_bytes().saturating_add(self.manifest_bytes)
    }

    /// Of the blobs alone.
    pub(super) fn blob_bytes(&self) -> u64 {
        sum(&self.blobs)
    }
}

/// Of these blobs together. A registry may say any number.
pub(super) fn sum(blobs: &Blobs) -> u64 {
    blobs.values().fold(0, |sum, bytes| sum.saturating_add(*bytes))
}

/// How large a manifest is with all that it needs, each blob once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Weight {
    /// `None` where it is not known.
    pub(super) bytes: Option<u64>,
    /// `None` where it is not known what it holds.
    pub(super) members: Option<Members>,
}

/// Of the manifests that an index needs, those that are not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Members {
    /// How many the repository does not have.
    pub(super) missing: usize,
    /// How many it may have and were not read.
    pub(super) unread: usize,
}

impl Weight {
    /// `12.40 MiB`; at least so much where manifests are missing; nothing for what is not known.
    pub(super) fn shown(self) -> String {
        match (self.bytes, self.members) {
            (None, _) => String::new(),
            (Some(bytes), Some(Members { missing: 1.., .. })) => format!("≥ {}", HumanBytes(bytes)),
            (Some(bytes), _) => HumanBytes(bytes).to_string(),
        }
    }

    /// For programs: `null` is what is not known.
    pub(super) fn add_to(self, value: &mut Value) {
        value["sizeBytes"] = json!(self.bytes);
        value["membersMissing"] = json!(self.members.map(|members| members.missing));
        value["membersNotRead"] = json!(self.members.map(|members| members.unread));
    }
}

/// What a manifest needs, with what the members of an index need; `None` when it was not read.
pub(super) fn of_manifest(digest: &str, bodies: &Bodies) -> Option<Holding> {
    bodies.contains_key(digest).then(|| {
        let (mut holding, mut seen, mut waiting) = (Holding::default(), BTreeSet::new(), vec![digest]);
        while let Some(digest) = waiting.pop() {
            if !seen.insert(digest) {
                continue;
            }
            match bodies.get(digest) {
                Some(body) => {
                    add(&mut holding, body);
                    waiting.extend(body.members.iter().map(|member| member.digest.as_str()));
                }
                None => drop(holding.missing_manifests.insert(digest.to_owned())),
            }
        }
        holding
    })
}

/// What these manifests need, and nothing of members that are not among them.
pub(super) fn of_all<'b>(bodies: impl IntoIterator<Item = &'b ManifestBody>) -> Holding {
    let mut holding = Holding::default();
    for body in bodies {
        add(&mut holding, body);
    }
    holding
}

fn add(holding: &mut Holding, body: &ManifestBody) {
    holding.manifest_bytes = holding.manifest_bytes.saturating_add(body.bytes);
    holding.blobs.extend(body.blobs().map(|part| (part.digest.clone(), part.bytes)));
}

/// What a deletion would free.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Freed {
    /// Blobs that nothing else in the repository needs.
    pub(super) alone: Blobs,
    /// Blobs that stay, since another manifest needs them too.
    pub(super) shared: Blobs,
    /// How many manifests those are.
    pub(super) sharing: usize,
}

/// What deleting one manifest would free. Its members, its subject and its referrers stay.
pub(super) fn freed_by(digest: &str, bodies: &Bodies) -> Freed {
    let mut freed = Freed { alone: of_all(bodies.get(digest)).blobs, ..Freed::default() };
    for (_, body) in bodies.iter().filter(|(other, _)| *other != digest) {
        let needed: BTreeSet<&str> = body.blobs().map(|part| part.digest.as_str()).collect();
        let mut shares = false;
        for digest in needed {
            if let Some(bytes) = freed.alone.remove(digest) {
                freed.shared.insert(digest.to_owned(), bytes);
            }
            shares |= freed.shared.contains_key(digest);
        }
        freed.sharing += usize::from(shares);
    }
    freed
}

/// The indexes that hold a manifest.
pub(super) fn indexes_with<'b>(digest: &str, bodies: &'b Bodies) -> Vec<(&'b str, &'b ManifestBody)> {
    let holds = |body: &ManifestBody| body.members.iter().any(|member| member.digest == digest);
    bodies.iter().filter(|(_, body)| holds(body)).map(|(digest, body)| (digest.as_str(), body)).collect()
}

/// Those, the indexes that hold these, and so on.
pub(super) fn holders<'b>(digest: &str, bodies: &'b Bodies) -> BTreeSet<&'b str> {
    let mut found: BTreeSet<&str> = BTreeSet::new();
    let mut waiting: Vec<&str> = indexes_with(digest, bodies).into_iter().map(|(index, _)| index).collect();
    while let Some(index) = waiting.pop() {
        if found.insert(index) {
            waiting.extend(indexes_with(index, bodies).into_iter().map(|(above, _)| above));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::manifest_body::{Kind, Part};
    use super::*;
    use rstest::rstest;

    fn part(digest: &str, bytes: u64) -> Part {
        Part { digest: digest.to_owned(), bytes, media_type: String::new(), is_elsewhere: false, platform: None }
    }

    fn image(layers: &[(&str, u64)]) -> ManifestBody {
        ManifestBody {
            bytes: 1,
            kind: Kind::Image,
            artifact_type: None,
            config: None,
            layers: layers.iter().map(|(digest, bytes)| part(digest, *bytes)).collect(),
            members: Vec::new(),
            other_blobs: Vec::new(),
            subject: None,
        }
    }

    fn index(members: &[&str]) -> ManifestBody {
        let members = members.iter().map(|digest| part(digest, 1)).collect();
        ManifestBody { kind: Kind::Index, members, ..image(&[]) }
    }

    /// Two images that share their base, one that has a layer twice, an index of the first two and a member that is missing, an index of
    /// itself and that index, and a signature.
    fn bodies() -> Bodies {
        let signature = ManifestBody { subject: Some("a".to_owned()), ..image(&[("sig", 5)]) };
        [
            ("a", image(&[("base", 100), ("a1", 10)])),
            ("b", image(&[("base", 100), ("b1", 20)])),
            ("twice", image(&[("t", 7), ("t", 7)])),
            ("multi", index(&["a", "b", "missing"])),
            ("round", index(&["round", "multi"])),
            ("s", signature),
        ]
        .map(|(digest, body)| (digest.to_owned(), body))
        .into()
    }

    #[rstest]
    #[case("a", Some((111, 0)))]
    #[case("twice", Some((8, 0)))]
    #[case::each_blob_once("multi", Some((133, 1)))]
    #[case::a_circle("round", Some((134, 1)))]
    #[case("missing", None)]
    fn sizes(#[case] digest: &str, #[case] expected: Option<(u64, usize)>) {
        assert_eq!(of_manifest(digest, &bodies()).map(|it| (it.bytes(), it.missing_manifests.len())), expected);
    }

    #[test]
    fn a_repository_has_each_blob_once() {
        let all = of_all(bodies().values());
        assert_eq!((all.blob_bytes(), all.manifest_bytes), (100 + 10 + 20 + 7 + 5, 6));
    }

    #[rstest]
    #[case::a_shared_layer_stays("a", 10, 100, 1)]
    #[case::a_blob_twice_is_one("twice", 7, 0, 0)]
    #[case::members_of_an_index_stay("multi", 0, 0, 0)]
    #[case("s", 5, 0, 0)]
    #[case("missing", 0, 0, 0)]
    fn what_would_be_free(#[case] digest: &str, #[case] alone: u64, #[case] shared: u64, #[case] sharing: usize) {
        let freed = freed_by(digest, &bodies());
        assert_eq!((sum(&freed.alone), sum(&freed.shared), freed.sharing), (alone, shared, sharing));
    }

    #[test]
    fn a_layer_that_many_share_is_shared_with_each() {
        let mut bodies = bodies();
        bodies.insert("c".to_owned(), image(&[("base", 100), ("a1", 10)]));
        let freed = freed_by("a", &bodies);
        assert_eq!((sum(&freed.alone), freed.shared.len(), freed.sharing), (0, 2, 2));
    }

    #[rstest]
    #[case("a", &["multi"])]
    #[case("multi", &["round"])]
    #[case("s", &[])]
    fn indexes_hold_their_members(#[case] digest: &str, #[case] expected: &[&str]) {
        let bodies = bodies();
        let holding: Vec<&str> = indexes_with(digest, &bodies).into_iter().map(|(digest, _)| digest).collect();
        assert_eq!(holding, expected);
    }

    #[rstest]
    #[case("a", &["multi", "round"])]
    #[case("multi", &["round"])]
    #[case::a_circle("round", &["round"])]
    #[case("s", &[])]
    fn indexes_of_indexes_hold_them_too(#[case] digest: &str, #[case] expected: &[&str]) {
        let bodies = bodies();
        assert_eq!(holders(digest, &bodies).into_iter().collect::<Vec<_>>(), expected);
    }

    #[rstest]
    #[case(None, None, "", json!(null))]
    #[case(Some(1024), Some((0, 0)), "1.00 KiB", json!(0))]
    #[case::at_least_so_much(Some(1024), Some((2, 0)), "≥ 1.00 KiB", json!(2))]
    #[case::not_known(None, Some((2, 1)), "", json!(2))]
    fn a_size_is_exact_or_says_that_it_is_not(
        #[case] bytes: Option<u64>,
        #[case] members: Option<(usize, usize)>,
        #[case] shown: &str,
        #[case] missing: Value,
    ) {
        let members = members.map(|(missing, unread)| Members { missing, unread });
        let (weight, mut value) = (Weight { bytes, members }, json!({}));
        weight.add_to(&mut value);
        let unread = members.map(|members| members.unread);
        let expected = json!({ "sizeBytes": bytes, "membersMissing": missing, "membersNotRead": unread });
        assert_eq!((weight.shown().as_str(), value), (shown, expected));
    }

    #[test]
    fn no_number_is_too_large() {
        let bodies = [("x".to_owned(), image(&[("p", u64::MAX), ("q", u64::MAX)]))].into();
        assert_eq!(of_manifest("x", &bodies).map(|it| it.bytes()), Some(u64::MAX));
    }
}
