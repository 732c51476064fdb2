//! A registry and a repository that somebody looks into, and as much of it as was read. What is read is bounded: a page at a time, few requests
//! at once, so many manifests and bytes a command.

use super::holdings::{Bodies, Members, Weight, of_manifest};
use super::image::{self, Reference};
use super::locked::Lockable;
use super::manifest_body::ManifestBody;
use super::refusals::{Asked, Need, What, is_locked, is_missing_right, is_unknown};
use super::words::{Order, Within};
use crate::az::Run;
use crate::client::registry::{PushedManifest, RegistryClient, Scoped, metadata_path};
use crate::client::{Client, ClientError, Service, address};
use crate::failure::Failure;
use crate::limits::{MANIFEST_BYTES_READ_MAX, MANIFESTS_READ_AT_AZURE_MAX, MANIFESTS_READ_MAX};
use crate::output::text::counted;
use crate::progress::Progress;
use indicatif::{HumanBytes, HumanCount};
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use wire::acr::{Manifest, Manifests, OneManifest, OneTag, Repository, Tag, Tags};
use wire::oci::{Descriptor, Index};

/// After how many manifests a person who waits sees how far it is.
const TOLD_EVERY: usize = 25;

/// A registry that is signed in to.
pub(super) struct OpenRegistry<'a> {
    client: RegistryClient<'a>,
    /// As `-r` takes it.
    pub(super) name: String,
    pub(super) service: Service,
}

/// A repository.
pub(super) struct OpenRepository<'r, 'a> {
    registry: &'r OpenRegistry<'a>,
    scoped: Scoped<'r, 'a>,
    pub(super) name: &'r str,
    /// What is told of it.
    pub(super) told: Repository,
    /// The manifests that were read.
    pub(super) bodies: Bodies,
    /// Those that were to be read and were not.
    pub(super) unread: BTreeMap<String, Unread>,
    /// How much of them may still be read.
    pub(super) left: Allowance,
}

/// How much of manifests a command reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Allowance {
    pub(super) manifests: usize,
    pub(super) bytes: u64,
}

impl Allowance {
    /// At most, in all.
    pub(super) fn of(service: Service) -> Self {
        let manifests = match service {
            Service::Azure => MANIFESTS_READ_AT_AZURE_MAX,
            Service::Portcullis => MANIFESTS_READ_MAX,
        };
        Self { manifests, bytes: MANIFEST_BYTES_READ_MAX }
    }
}

/// A manifest that was read, or why it was not.
type Read = Result<ManifestBody, Unread>;

/// A manifest that was looked for.
pub(super) struct Found {
    pub(super) told: Manifest,
    /// Everything that is listed, where it took that to find it.
    pub(super) listed: Option<Vec<Manifest>>,
}

/// Why a manifest was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unread {
    /// It is not there, or not any more.
    Gone,
    /// `readEnabled` is false.
    Locked,
    /// The login lacks `content/read`.
    NotAllowed,
    /// There are more than a command reads.
    TooMany,
    /// They have more bytes than a command reads.
    TooLarge,
    /// It is not of the shape of one.
    Unreadable,
}

impl<'a> Run<'a, '_> {
    /// Signs in to the registry that the options mean. At Azure, a login server is taken as it is: its registry may be one that whoever signs
    /// in may use and not manage.
    pub(super) async fn open_registry(&self, within: &Within) -> Result<OpenRegistry<'a>, Failure> {
        let (named, group) = (within.registry.registry.as_deref(), within.registry.resource_group.as_deref());
        let domain = self.client.transport().login_server_domain();
        // What only the management API knows is not to be left unread.
        let is_looked_up = group.is_some() || self.common.subscription.is_some();
        let direct = match (named, &within.suffix, domain) {
            (_, Some(_), _) if is_looked_up => {
                return Err(Failure::usage(
                    "--suffix cannot be used together with --resource-group or --subscription.",
                )
                .hint("With --suffix the management API is not asked: leave one out."));
            }
            (Some(name), Some(tenant), Some(domain)) if !name.contains('.') => {
                Some(format!("{name}-{tenant}.{domain}"))
            }
            (_, Some(_), _) => {
                return Err(Failure::usage("--suffix is for registries at Azure that are named without their domain.")
                    .hint("Leave it out, and give -r the name or the login server of the registry."));
            }
            (Some(name), None, Some(_)) if name.contains('.') && !is_looked_up => Some(name.to_owned()),
            _ => None,
        };
        let (name, server) = match direct {
            Some(server) => (server.clone(), server),
            None => {
                let place = self.place(&within.registry).await?;
                let server = self.login_server(&place).await??;
                (place.registry, server)
            }
        };
        Ok(OpenRegistry::sign_in(self.client, name, server).await?)
    }
}

impl<'a> OpenRegistry<'a> {
    /// Signs in at a login server.
    pub(super) async fn sign_in(client: Client<'a>, name: String, login_server: String) -> Result<Self, ClientError> {
        let service = client.service();
        Ok(Self { client: RegistryClient::sign_in(client, login_server).await?, name, service })
    }

    /// A repository, and what is told of it.
    ///
    /// Errors: there is none; the login may not.
    pub(super) async fn repository<'r>(&'r self, name: &'r str) -> Result<OpenRepository<'r, 'a>, Failure> {
        let asked = Asked { registry: &self.name, repository: name, what: What::Repository, need: Need::Tell };
        self.look_for(name).await.map_err(|error| asked.failure(error))
    }

    /// The same, of which whoever lists many may pass over one.
    pub(super) async fn look_for<'r>(&'r self, name: &'r str) -> Result<OpenRepository<'r, 'a>, ClientError> {
        let path = metadata_path(&[name])?;
        let scoped = self.client.scoped(&format!("repository:{name}:pull,metadata_read")).await?;
        let told = scoped.get(&path).await?;
        let (bodies, unread, left) = (Bodies::new(), BTreeMap::new(), Allowance::of(self.service));
        Ok(OpenRepository { registry: self, scoped, name, told, bodies, unread, left })
    }

    /// The names of the repositories that the login may list, in their order.
    pub(super) async fn catalog(&self, items_max: Option<usize>) -> Result<Vec<String>, ClientError> {
        self.client.catalog(items_max).await
    }

    /// A bearer that reads a repository and does no more: one that may push would make blobs stay that it asks about (docs/collection.md).
    pub(super) async fn reader(&self, repository: &str) -> Result<Scoped<'_, 'a>, ClientError> {
        self.client.scoped(&format!("repository:{repository}:pull")).await
    }
}

impl<'r, 'a> OpenRepository<'r, 'a> {
    /// What is asked of it, for whoever is refused.
    pub(super) fn asked<'w>(&'w self, what: What<'w>, need: Need) -> Asked<'w> {
        Asked { registry: &self.registry.name, repository: self.name, what, need }
    }

    /// Itself, as what goes or keeps what goes.
    pub(super) fn lockable(&self) -> Lockable<'_> {
        let attributes = &self.told.changeable_attributes;
        Lockable { noun: "repository", name: self.name.to_owned(), attributes }
    }

    /// Takes a fresh bearer, which deletes as well: whoever was asked may have thought for longer than a bearer lives.
    ///
    /// Errors: the registry gives none.
    pub(super) async fn let_delete(&mut self, what: What<'_>) -> Result<(), Failure> {
        let scoped = self.registry.client.scoped(&format!("repository:{}:metadata_read,delete", self.name)).await;
        self.scoped = scoped.map_err(|error| self.asked(what, Need::Delete).failure(error))?;
        Ok(())
    }

    /// Deletes what is at `path`, and says what went; after [`let_delete`](Self::let_delete).
    ///
    /// Errors: the login may not; it is locked.
    pub(super) async fn delete<T: DeserializeOwned>(&self, path: &str, what: What<'_>) -> Result<T, Failure> {
        self.scoped.delete(path).await.map_err(|error| self.asked(what, Need::Delete).failure(error))
    }

    /// The same, of what answers nothing.
    pub(super) async fn delete_silently(&self, path: &str, what: What<'_>) -> Result<(), Failure> {
        self.scoped.delete_silently(path).await.map_err(|error| self.asked(what, Need::Delete).failure(error))
    }

    /// What is told of its manifests.
    pub(super) async fn manifests(
        &self,
        order: Option<Order>,
        items_max: Option<usize>,
    ) -> Result<Vec<Manifest>, Failure> {
        let listed = self.listed(order, items_max).await;
        listed.map_err(|error| self.asked(What::Repository, Need::Tell).failure(error))
    }

    /// The same, for whoever passes over a repository that has gone.
    pub(super) async fn listed(
        &self,
        order: Option<Order>,
        items_max: Option<usize>,
    ) -> Result<Vec<Manifest>, ClientError> {
        let path = metadata_path(&[self.name, "_manifests"])? + orderby(order);
        let pages = self.scoped.pages(&path, items_max, |page: &Manifests| page.manifests.len()).await?;
        let manifests = pages.into_iter().flat_map(|page| page.manifests);
        Ok(manifests.take(items_max.unwrap_or(usize::MAX)).collect())
    }

    /// All of its manifests, as they were listed already or else now.
    pub(super) async fn listed_or<'m>(&self, known: Option<&'m [Manifest]>) -> Result<Cow<'m, [Manifest]>, Failure> {
        match known {
            Some(known) => Ok(Cow::Borrowed(known)),
            None => self.manifests(None, None).await.map(Cow::Owned),
        }
    }

    /// What is told of its tags.
    pub(super) async fn tags(&self, order: Option<Order>, items_max: Option<usize>) -> Result<Vec<Tag>, Failure> {
        let path = metadata_path(&[self.name, "_tags"])? + orderby(order);
        let pages = self.scoped.pages(&path, items_max, |page: &Tags| page.tags.len()).await;
        let pages = pages.map_err(|error| self.asked(What::Repository, Need::Tell).failure(error))?;
        let tags = pages.into_iter().flat_map(|page| page.tags);
        Ok(tags.take(items_max.unwrap_or(usize::MAX)).collect())
    }

    /// What is told of a tag.
    pub(super) async fn tag(&self, tag: &str) -> Result<Tag, Failure> {
        let found = self.scoped.get(&metadata_path(&[self.name, "_tags", tag])?).await;
        let OneTag { tag, .. } = found.map_err(|error| self.asked(What::Tag(tag), Need::Tell).failure(error))?;
        Ok(tag)
    }

    /// What is told of a manifest, by its whole digest.
    pub(super) async fn manifest(&self, digest: &str) -> Result<Manifest, Failure> {
        let found = self.scoped.get(&metadata_path(&[self.name, "_manifests", digest])?).await;
        let OneManifest { manifest, .. } =
            found.map_err(|error| self.asked(What::Manifest(digest), Need::Tell).failure(error))?;
        Ok(manifest)
    }

    /// What is told of the manifest that is meant: that of a tag, or the only one whose digest begins so.
    ///
    /// Errors: there is none; several begin so.
    pub(super) async fn find(&self, reference: Reference<'_>) -> Result<Found, Failure> {
        let digest = match reference {
            Reference::Tag(tag) => self.tag(tag).await?.digest,
            Reference::Digest(whole) if image::is_whole(whole) => whole.to_owned(),
            Reference::Digest(beginning) => {
                let listed = self.manifests(None, None).await?;
                let told = self.only(&listed, beginning)?.clone();
                return Ok(Found { told, listed: Some(listed) });
            }
        };
        Ok(Found { told: self.manifest(&digest).await?, listed: None })
    }

    fn only<'m>(&self, listed: &'m [Manifest], beginning: &str) -> Result<&'m Manifest, Failure> {
        let name = self.name;
        let mut found = listed.iter().filter(|manifest| manifest.digest.starts_with(beginning));
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => {
                Err(Failure::refused(format!("No manifest of the repository '{name}' begins with '{beginning}'."))
                    .hint(format!(
                        "portcullis manifest list {name} -r {} lists those that there are.",
                        self.registry.name
                    )))
            }
            (Some(first), Some(second)) => {
                Err(Failure::usage(format!("Several manifests of '{name}' begin with '{beginning}'."))
                    .hint(format!("Give more of the digest: {} or {}.", first.digest, second.digest)))
            }
        }
    }

    /// Those that refer to a manifest by their subject.
    pub(super) async fn referrers(&self, digest: &str) -> Result<Vec<Descriptor>, Failure> {
        let path = format!("/v2/{}/referrers/{}", address::segments(self.name)?, address::segments(digest)?);
        let pages = self.scoped.pages(&path, None, |page: &Index| page.manifests.len()).await;
        match pages {
            Ok(pages) => Ok(pages.into_iter().flat_map(|page| page.manifests).collect()),
            Err(error) => Err(self.asked(What::Manifest(digest), Need::Pull).failure(error)),
        }
    }

    /// Reads manifests with the members of those that are indexes. What may not or cannot be read is in `unread` then.
    ///
    /// Errors: the registry does not answer.
    pub(super) async fn read_whole(&mut self, digests: &[&str], progress: &Progress<'_>) -> Result<(), Failure> {
        let mut wanted: BTreeSet<String> = digests.iter().map(|digest| (*digest).to_owned()).collect();
        while !wanted.is_empty() {
            self.read(&wanted, progress).await?;
            let bodies = wanted.iter().filter_map(|digest| self.bodies.get(digest));
            let members = bodies.flat_map(|body| body.members.iter().map(|member| member.digest.clone()));
            wanted = members.filter(|digest| !self.is_settled(digest)).collect();
        }
        Ok(())
    }

    /// The same without members that are not named.
    pub(super) async fn read(&mut self, digests: &BTreeSet<String>, progress: &Progress<'_>) -> Result<(), Failure> {
        let mut wanted: Vec<&str> = digests.iter().map(String::as_str).filter(|it| !self.is_settled(it)).collect();
        if let Some(why) = self.reads_nothing() {
            self.leave_unread(&wanted, why);
            return Ok(());
        }
        let over = wanted.split_off(wanted.len().min(self.left.manifests));
        self.left.manifests -= wanted.len();
        self.leave_unread(&over, Unread::TooMany);
        let bytes_left = Cell::new(self.left.bytes);
        let found = self.fetch(&wanted, &bytes_left, progress).await;
        progress.clear();
        self.left.bytes = bytes_left.get();
        for (digest, found) in found {
            match found.map_err(|error| self.asked(What::Manifest(digest), Need::Pull).failure(error))? {
                Ok(body) => drop(self.bodies.insert(digest.to_owned(), body)),
                Err(why) => drop(self.unread.insert(digest.to_owned(), why)),
            }
        }
        wanted.retain(|digest| !self.is_settled(digest));
        self.leave_unread(&wanted, self.reads_nothing().unwrap_or(Unread::TooLarge));
        Ok(())
    }

    /// Why no manifest at all can be read, where that is known.
    fn reads_nothing(&self) -> Option<Unread> {
        if !self.told.changeable_attributes.read_enabled {
            return Some(Unread::Locked);
        }
        self.unread.values().any(|why| *why == Unread::NotAllowed).then_some(Unread::NotAllowed)
    }

    fn leave_unread(&mut self, digests: &[&str], why: Unread) {
        self.unread.extend(digests.iter().map(|digest| ((*digest).to_owned(), why)));
    }

    /// Why something exact cannot be said of the whole repository, where that is known before anything is listed.
    pub(super) fn left_out(&self) -> Option<String> {
        let count = self.told.manifest_count;
        let is_too_many = usize::try_from(count).unwrap_or(usize::MAX) > self.left.manifests;
        self.said_closed().or_else(|| is_too_many.then(|| self.too_many(count)))
    }

    /// That nothing can be read, where that is so.
    fn said_closed(&self) -> Option<String> {
        let is_closed = !self.told.changeable_attributes.read_enabled;
        is_closed.then(|| format!("nothing of {} can be read, since its readEnabled is false", self.name))
    }

    fn too_many(&self, count: u64) -> String {
        format!("{} has {}, and {} in all", self.name, counted(count, "manifest"), self.most_manifests())
    }

    /// Reads every manifest that was listed, so that something exact can be said of the whole repository; why not, else.
    ///
    /// Errors: the registry does not answer.
    pub(super) async fn read_listed(
        &mut self,
        listed: &[Manifest],
        progress: &Progress<'_>,
    ) -> Result<Option<String>, Failure> {
        if let Some(closed) = self.said_closed() {
            return Ok(Some(closed));
        }
        let (name, all) = (self.name, listed.iter().map(|manifest| manifest.digest.clone()).collect::<BTreeSet<_>>());
        if all.iter().filter(|digest| !self.is_settled(digest)).count() > self.left.manifests {
            return Ok(Some(self.too_many(all.len() as u64)));
        }
        self.read(&all, progress).await?;
        if let Some((why, count)) = self.unread_counts().into_iter().next() {
            return Ok(Some(self.said_unread(why, counted(count, "manifest"))));
        }
        let hidden = self.hidden(all.iter().chain(self.bodies.keys()).map(String::as_str));
        Ok((hidden > 0)
            .then(|| format!("{} of {name} cannot be seen, since listEnabled is false", counted(hidden, "manifest"))))
    }

    fn said_unread(&self, why: Unread, count: String) -> String {
        let name = self.name;
        match why {
            Unread::NotAllowed => format!("the login lacks content/read on {name}"),
            Unread::Locked => format!("{count} of {name} cannot be read, since readEnabled is false"),
            Unread::TooMany => format!("{count} of {name} not read, since {}", self.most_manifests()),
            Unread::TooLarge => format!("{count} of {name} not read, since {}", self.most_bytes()),
            Unread::Unreadable => format!("{count} of {name} cannot be made sense of"),
            Unread::Gone => format!("{count} of {name} went meanwhile"),
        }
    }

    pub(super) fn most_manifests(&self) -> String {
        let most = HumanCount(Allowance::of(self.registry.service).manifests as u64);
        format!("a command reads no more than {most}")
    }

    pub(super) fn most_bytes(&self) -> String {
        format!("a command reads no more than {} of them", HumanBytes(Allowance::of(self.registry.service).bytes))
    }

    /// How many manifests there are beside these: `listEnabled` hides them.
    pub(super) fn hidden<'d>(&self, seen: impl Iterator<Item = &'d str>) -> u64 {
        self.told.manifest_count.saturating_sub(seen.collect::<BTreeSet<_>>().len() as u64)
    }

    /// A few at a time. After the first that is refused for want of a right, or when too many bytes were read, the rest is not asked for.
    async fn fetch<'d>(
        &self,
        digests: &[&'d str],
        bytes_left: &Cell<u64>,
        progress: &Progress<'_>,
    ) -> Vec<(&'d str, Result<Read, ClientError>)> {
        let (waiting, found) = (RefCell::new(digests.iter()), RefCell::new(Vec::new()));
        let work = async || {
            while bytes_left.get() > 0 {
                let Some(digest) = waiting.borrow_mut().next().copied() else { return };
                let read = self.read_one(digest, bytes_left).await;
                let is_over = matches!(read, Err(_) | Ok(Err(Unread::NotAllowed)));
                let count = {
                    let mut found = found.borrow_mut();
                    found.push((digest, read));
                    found.len()
                };
                if is_over {
                    *waiting.borrow_mut() = [].iter();
                }
                if count % TOLD_EVERY == 0 {
                    let (count, of) = (HumanCount(count as u64), HumanCount(digests.len() as u64));
                    progress.tell(&format!("Reading manifests of {}: {count} of {of}", self.name));
                }
            }
        };
        // Four: a registry far away is asked four times as fast, and none is asked for more than a client that pulls would.
        tokio::join!(work(), work(), work(), work());
        found.into_inner()
    }

    /// Of the bytes nothing is kept but what they say.
    async fn read_one(&self, digest: &str, bytes_left: &Cell<u64>) -> Result<Read, ClientError> {
        match self.scoped.manifest(self.name, digest).await {
            Ok(PushedManifest { media_type, bytes }) => {
                bytes_left.set(bytes_left.get().saturating_sub(bytes.len() as u64));
                Ok(ManifestBody::read(&media_type, &bytes).ok_or(Unread::Unreadable))
            }
            Err(error) => why_unread(&error).map(Err).ok_or(error),
        }
    }

    /// How large a manifest is, as far as it and its members were read.
    pub(super) fn weight(&self, digest: &str) -> Weight {
        let Some(holding) = of_manifest(digest, &self.bodies) else { return Weight::default() };
        let is_unread = |digest: &&String| self.unread.get(*digest).is_some_and(|why| *why != Unread::Gone);
        let unread = holding.missing_manifests.iter().filter(is_unread).count();
        let missing = holding.missing_manifests.len() - unread;
        Weight { bytes: (unread == 0).then(|| holding.bytes()), members: Some(Members { missing, unread }) }
    }

    fn is_settled(&self, digest: &str) -> bool {
        self.bodies.contains_key(digest) || self.unread.contains_key(digest)
    }

    /// How many manifests were left unread for each reason but that they are gone.
    pub(super) fn unread_counts(&self) -> BTreeMap<Unread, u64> {
        let mut counts = BTreeMap::new();
        for why in self.unread.values().filter(|why| **why != Unread::Gone) {
            *counts.entry(*why).or_default() += 1;
        }
        counts
    }
}

fn why_unread(error: &ClientError) -> Option<Unread> {
    match error {
        error if is_unknown(error) => Some(Unread::Gone),
        error if is_missing_right(error) => Some(Unread::NotAllowed),
        error if is_locked(error) => Some(Unread::Locked),
        _ => None,
    }
}

fn orderby(order: Option<Order>) -> &'static str {
    match order {
        None => "",
        Some(Order::NewestFirst) => "?orderby=timedesc",
        Some(Order::OldestFirst) => "?orderby=timeasc",
    }
}
