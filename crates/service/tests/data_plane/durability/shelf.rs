//! What clients push, what they do with it, and what must be there afterwards.

use crate::world::{Client, Failure, Pushed, body, sha256};
use model::digest::Digest;
use service::{Error, PageRequest};
use std::collections::{BTreeMap, BTreeSet};

/// How many different blobs there are: one empty, some small, one of two batches.
pub(crate) const BLOBS: usize = 6;
/// How many different manifests there are; the last is an index of the two before it.
pub(crate) const MANIFESTS: usize = 5;

/// The blobs that each manifest needs.
const NEEDED: [&[usize]; MANIFESTS] = [&[0, 1], &[1, 2, 3], &[4], &[5, 2], &[]];
/// The manifests of which the last is an index.
const MEMBERS: [usize; 2] = [MANIFESTS - 3, MANIFESTS - 2];
const TAGS: [&str; 3] = ["latest", "v1", "v2"];

/// Blobs and manifests, numbered. Those of another `salt` have other bytes, and so other folders on the disk.
#[derive(Debug, Clone)]
pub(crate) struct Shelf {
    pub(crate) repositories: Vec<String>,
    blobs: Vec<(String, Digest)>,
    manifests: Vec<(String, Digest)>,
}

/// One request of a client, or a push of a blob whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    PushBlob {
        repository: usize,
        blob: usize,
        chunks: usize,
    },
    Mount {
        from: usize,
        to: usize,
        blob: usize,
    },
    /// Under that tag, if any.
    Put {
        repository: usize,
        manifest: usize,
        tag: Option<usize>,
    },
    DeleteTag {
        repository: usize,
        tag: usize,
    },
    DeleteManifest {
        repository: usize,
        manifest: usize,
    },
    DeleteBlob {
        repository: usize,
        blob: usize,
    },
    DeleteRepository {
        repository: usize,
    },
}

/// What a repository holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Held {
    pub(crate) blobs: BTreeSet<usize>,
    pub(crate) manifests: BTreeSet<usize>,
    pub(crate) tags: BTreeMap<usize, usize>,
}

/// What each repository holds.
pub(crate) type State = Vec<Held>;

impl Held {
    fn is_needed(&self, blob: usize) -> bool {
        self.manifests.iter().any(|manifest| NEEDED[*manifest].contains(&blob))
    }

    /// What a collection leaves of it at least: all but the blobs that no manifest needs.
    pub(crate) fn least(&self) -> Self {
        let needed = self.blobs.iter().copied().filter(|blob| self.is_needed(*blob)).collect();
        Self { blobs: needed, ..self.clone() }
    }

    /// What retention leaves of it in the end, when a rule deletes what has no tag: what has one, and what an index with one holds.
    pub(crate) fn tagged(&self) -> Self {
        let is_kept = |manifest: &usize| {
            let is_tagged = |manifest: usize| self.tags.values().any(|tagged| *tagged == manifest);
            is_tagged(*manifest) || MEMBERS.contains(manifest) && is_tagged(MANIFESTS - 1)
        };
        Self { manifests: self.manifests.iter().copied().filter(is_kept).collect(), ..self.clone() }
    }

    /// Whether retention may leave this of what was there: no tag is gone, nor anything that has one, nor a member of an index that is there.
    pub(crate) fn may_be_left_of(&self, before: &Self) -> bool {
        let has_index = self.manifests.contains(&(MANIFESTS - 1));
        let is_needed = |manifest: &usize| has_index && MEMBERS.contains(manifest);
        (&self.blobs, &self.tags) == (&before.blobs, &before.tags)
            && self.manifests.is_subset(&before.manifests)
            && before.tagged().manifests.is_subset(&self.manifests)
            && before.manifests.iter().filter(|manifest| is_needed(manifest)).all(|it| self.manifests.contains(it))
    }

    fn has_all_of(&self, manifest: usize) -> bool {
        let members: &[usize] = if manifest == MANIFESTS - 1 { &MEMBERS } else { &[] };
        NEEDED[manifest].iter().all(|blob| self.blobs.contains(blob))
            && members.iter().all(|member| self.manifests.contains(member))
    }
}

impl Operation {
    /// What is there when it was done; `None` when it is to be refused.
    pub(crate) fn after(self, before: &State) -> Option<State> {
        let mut state = before.clone();
        let is_allowed = match self {
            Self::PushBlob { repository, blob, .. } => {
                state[repository].blobs.insert(blob);
                true
            }
            Self::Mount { from, to, blob } => {
                state[to].blobs.insert(blob);
                before[from].blobs.contains(&blob)
            }
            Self::Put { repository, manifest, tag } => {
                state[repository].manifests.insert(manifest);
                state[repository].tags.extend(tag.map(|tag| (tag, manifest)));
                before[repository].has_all_of(manifest)
            }
            Self::DeleteTag { repository, tag } => state[repository].tags.remove(&tag).is_some(),
            Self::DeleteManifest { repository, manifest } => {
                state[repository].tags.retain(|_, tagged| *tagged != manifest);
                state[repository].manifests.remove(&manifest)
            }
            Self::DeleteBlob { repository, blob } => {
                state[repository].blobs.remove(&blob) && !before[repository].is_needed(blob)
            }
            Self::DeleteRepository { repository } => {
                state[repository] = Held::default();
                true
            }
        };
        is_allowed.then_some(state)
    }
}

impl Shelf {
    pub(crate) fn new(salt: usize, repositories: usize) -> Self {
        let blob = |number: usize| match number {
            0 => String::new(),
            5 => format!("{salt} large ").repeat(80_000).chars().take(530_000).collect(),
            _ => format!("{salt} {number} ").repeat(number * 37),
        };
        let manifest = |number: usize| format!("{{\"{salt}\":{number}}}");
        let with_digest = |text: String| (text.clone(), sha256(text));
        Self {
            repositories: (0..repositories).map(|number| format!("salt{salt}/r{number}")).collect(),
            blobs: (0..BLOBS).map(|number| with_digest(blob(number))).collect(),
            manifests: (0..MANIFESTS).map(|number| with_digest(manifest(number))).collect(),
        }
    }

    pub(crate) fn blob(&self, number: usize) -> (&str, &Digest) {
        let (text, digest) = &self.blobs[number];
        (text, digest)
    }

    /// The names of the files of the blobs that any repository holds.
    pub(crate) fn files(&self, state: &State) -> BTreeSet<String> {
        let held = state.iter().flat_map(|held| &held.blobs);
        held.map(|blob| self.blobs[*blob].1.hex().to_owned()).collect()
    }

    pub(crate) fn nothing(&self) -> State {
        vec![Held::default(); self.repositories.len()]
    }

    fn pushed(&self, number: usize) -> Pushed {
        let (text, _) = &self.manifests[number];
        let blobs: Vec<&Digest> = NEEDED[number].iter().map(|blob| &self.blobs[*blob].1).collect();
        let mut pushed = Pushed::image(text.clone(), &blobs);
        if number == MANIFESTS - 1 {
            pushed.manifest.kind = model::manifest::ManifestKind::OciIndex;
            pushed.manifest.manifests = MEMBERS.iter().map(|member| self.manifests[*member].1.clone()).collect();
        }
        pushed
    }

    /// Does it, as a client would.
    pub(crate) async fn run(&self, client: &Client, operation: Operation) -> Result<Result<(), Error>, Failure> {
        let name = |number: usize| self.repositories[number].as_str();
        Ok(match operation {
            Operation::PushBlob { repository, blob, chunks } => {
                return self.push_blob(client, name(repository), blob, chunks).await;
            }
            Operation::Mount { from, to, blob } => {
                let digest = self.blob(blob).1;
                match client.mount(name(to), &client.reading(name(from), digest)?).await? {
                    Ok(None) => Err(Error::BlobUnknown(digest.clone())),
                    mounted => mounted.map(drop),
                }
            }
            Operation::Put { repository, manifest, tag } => {
                let reference = tag.map_or_else(|| self.manifests[manifest].1.to_string(), |tag| TAGS[tag].to_owned());
                client.put((name(repository), &reference), &self.pushed(manifest)).await?.map(drop)
            }
            Operation::DeleteTag { repository, tag } => client.delete((name(repository), TAGS[tag])).await?,
            Operation::DeleteManifest { repository, manifest } => {
                client.delete((name(repository), &self.manifests[manifest].1.to_string())).await?
            }
            Operation::DeleteBlob { repository, blob } => {
                client.delete_blob(name(repository), self.blob(blob).1).await?
            }
            Operation::DeleteRepository { repository } => match client.delete_repository(name(repository)).await? {
                Err(Error::RepositoryUnknown(_)) => Ok(()),
                deleted => deleted.map(drop),
            },
        })
    }

    async fn push_blob(
        &self,
        client: &Client,
        repository: &str,
        blob: usize,
        chunks: usize,
    ) -> Result<Result<(), Error>, Failure> {
        let (text, digest) = self.blob(blob);
        let upload = match client.start(repository).await? {
            Ok(upload) => upload,
            Err(error) => return Ok(Err(error)),
        };
        let length = text.len().div_ceil(chunks).max(1);
        let mut rest = text;
        while rest.len() > length {
            let (chunk, behind) = rest.split_at(length);
            let at = (text.len() - rest.len()) as u64;
            if let Err(error) = client.append((repository, &upload.id), Some(at), chunk).await? {
                return Ok(Err(error));
            }
            rest = behind;
        }
        let permit = client.continuing(repository, &upload.id)?;
        let at = (text.len() - rest.len()) as u64;
        Ok(client.service.finish_upload(&permit, Some(at), body(rest), digest).await.map(drop))
    }

    /// What is there, read as clients read. An error also when anything is not what its digest says, or refers to what is not there.
    pub(crate) async fn observe(&self, client: &Client) -> Result<State, Failure> {
        let mut state = State::new();
        for repository in &self.repositories {
            let held = self.observe_one(client, repository).await?;
            if let Some(manifest) = held.manifests.iter().find(|manifest| !has_blobs(&held, **manifest)) {
                return Err(format!("{repository} has manifest {manifest} without its blobs: {held:?}").into());
            }
            state.push(held);
        }
        Ok(state)
    }

    async fn observe_one(&self, client: &Client, repository: &str) -> Result<Held, Failure> {
        let mut held = Held::default();
        for (number, (text, digest)) in self.blobs.iter().enumerate() {
            match client.blob(repository, digest).await? {
                Ok(found) if found == *text => held.blobs.insert(number),
                Ok(_) => return Err(format!("blob {number} of {repository} has other bytes").into()),
                Err(Error::BlobUnknown(_)) => continue,
                Err(error) => return Err(error.into()),
            };
        }
        for (number, (text, digest)) in self.manifests.iter().enumerate() {
            match client.get((repository, &digest.to_string())).await? {
                Ok(found) if found.bytes == text.as_bytes() => held.manifests.insert(number),
                Ok(_) => return Err(format!("manifest {number} of {repository} has other bytes").into()),
                Err(Error::ManifestUnknown(_)) => continue,
                Err(error) => return Err(error.into()),
            };
        }
        let tags = match client.tags(repository, PageRequest::default()).await? {
            Err(Error::RepositoryUnknown(_)) => Vec::new(),
            tags => tags?.0,
        };
        for tag in tags {
            // `ManifestUnknown` would be a tag without its manifest.
            let found = client.get((repository, &tag)).await?.map_err(|error| format!("tag {tag}: {error}"))?;
            let manifest = self.manifests.iter().position(|(_, digest)| *digest == found.digest);
            let tag = TAGS.iter().position(|name| *name == tag);
            held.tags.extend(tag.zip(manifest));
        }
        Ok(held)
    }
}

fn has_blobs(held: &Held, manifest: usize) -> bool {
    NEEDED[manifest].iter().all(|blob| held.blobs.contains(blob))
}
