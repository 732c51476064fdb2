//! The world of these tests: a service on a folder, registries, and clients that hold tokens.

use bytes::Bytes;
use futures_util::{TryStreamExt, stream};
use model::access::{Access, Permit};
use model::action::Action;
use model::arm_name::{RegistryName, ResourceGroupName, TokenName};
use model::attributes::{RepositoryAttributes, TagAttributes};
use model::audit::Actor;
use model::caller::{Caller, CallerKind};
use model::digest::{Digest, DigestAlgorithm};
use model::locks::LocksChange;
use model::manifest::{Manifest, ManifestKind, Platform};
use model::operation::*;
use model::password::PasswordName;
use model::reference::{Reference, Tag};
use model::registry::{Registry, Sku};
use model::repository::RepositoryName;
use model::resource_id::{RegistryId, ResourceGroupId, TokenId};
use model::retention::UntaggedChange;
use model::scope_map::{Rules, ScopeMapAction};
use model::timestamp::Timestamp;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use service::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tempfile::TempDir;

pub(crate) type Failure = Box<dyn std::error::Error>;

/// Later than the files of a test are made, so that moving it on makes them old.
const START: &str = "2100-01-01T00:00:00Z";

pub(crate) struct TestClock(Mutex<Timestamp>);

impl TestClock {
    pub(crate) fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.plus(by);
    }

    /// As when somebody sets it right.
    pub(crate) fn go_back(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now.minus(by);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct SeededRandom(Mutex<ChaCha8Rng>);

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
    }
}

pub(crate) struct World {
    /// Holds the data folder, and goes with the world.
    temporary: TempDir,
    pub(crate) data: PathBuf,
    pub(crate) clock: Arc<TestClock>,
    random: Arc<SeededRandom>,
    pub(crate) service: Service,
}

async fn open(data: &Path, clock: &Arc<TestClock>, random: &Arc<SeededRandom>) -> Result<Service, Error> {
    let options = Options {
        data: data.to_owned(),
        clock: Arc::clone(clock) as _,
        random: Arc::clone(random) as _,
        trust: None,
        stay: Stay::Lasting,
        audit: AuditSettings::default(),
        expiry: ExpirySetting::Kept,
    };
    Ok(Service::open(options).await?.0)
}

fn caller() -> Caller {
    Caller { name: "tester".to_owned(), kind: CallerKind::User }
}

fn manager() -> Manager {
    Manager::owner_of_the_data(caller())
}

impl World {
    pub(crate) async fn new() -> Result<Self, Failure> {
        let temporary = tempfile::tempdir()?;
        let data = temporary.path().to_owned();
        Self::on(temporary, data, 42).await
    }

    /// On a data folder that lies in `temporary`.
    pub(crate) async fn on(temporary: TempDir, data: PathBuf, seed: u64) -> Result<Self, Failure> {
        let clock = Arc::new(TestClock(Mutex::new(Timestamp::parse(START)?)));
        let random = Arc::new(SeededRandom(Mutex::new(ChaCha8Rng::seed_from_u64(seed))));
        let service = open(&data, &clock, &random).await?;
        Ok(Self { temporary, data, clock, random, service })
    }

    /// What another process on the same folder would have, or this one after a restart.
    pub(crate) async fn open_again(&self) -> Result<Service, Failure> {
        Ok(open(&self.data, &self.clock, &self.random).await?)
    }

    pub(crate) fn temporary(&self) -> &Path {
        self.temporary.path()
    }

    pub(crate) async fn registry(&self, name: &str) -> Result<Registry, Failure> {
        let subscription = self.service.subscription().clone();
        let group = ResourceGroupId { subscription, name: ResourceGroupName::parse("lnxtest")? };
        let spec = ResourceGroupSpec { location: "westus".to_owned(), labels: BTreeMap::new() };
        self.service.put_resource_group(&group, spec).await?;
        let id = RegistryId { group, name: RegistryName::parse(name)? };
        let spec = RegistrySpec {
            location: "westus".to_owned(),
            sku: Sku::Premium,
            labels: BTreeMap::new(),
            admin_user_enabled: None,
            anonymous_pull_enabled: None,
            untagged: UntaggedChange::default(),
        };
        Ok(self.service.put_registry(&caller(), &id, spec).await?.0)
    }

    /// A client with a token of its own, which may do everything.
    pub(crate) async fn client(&self, registry: &Registry, token: &str) -> Result<Client, Failure> {
        self.client_with(registry, token, &Action::ALL.map(|action| format!("repositories/*/{action}"))).await
    }

    pub(crate) async fn client_with(
        &self,
        registry: &Registry,
        token: &str,
        actions: &[String],
    ) -> Result<Client, Failure> {
        let token = TokenId { registry: registry.id.clone(), name: TokenName::parse(token)? };
        let with = |passwords: &[PasswordName]| {
            let password = |name: &PasswordName| PasswordSpec { name: *name, expires_at: None };
            let passwords = Some(passwords.iter().map(password).collect());
            TokenSpec { passwords, ..TokenSpec::default() }
        };
        let mut made = self.service.put_token(&manager(), &token, with(&[PasswordName::Password1])).await?;
        if made.generated.is_empty() {
            // Another client of the same token.
            let both = with(&[PasswordName::Password1, PasswordName::Password2]);
            made = self.service.put_token(&manager(), &token, both).await?;
        }
        let password = &made.generated.first().ok_or("no password")?.password;
        let signed_in = self.service.sign_in(registry, token.name.as_str(), password).await??;
        let signed_in = self.service.admit_directly(registry, &signed_in).access;
        let grounds = signed_in.permit(SignIn)?.grounds().ok_or("nobody")?;
        let actions = actions.iter().map(|text| ScopeMapAction::parse(text)).collect::<Result<Vec<_>, _>>()?;
        let actor = Actor {
            registry: registry.id.name.as_str().into(),
            who: token.name.as_str().into(),
            credential: "password1".into(),
            rights: "no scope map".into(),
        };
        let access = Access::by_credential(registry.key, actor, grounds, Arc::new(Rules::of(&actions)));
        Ok(Client { service: self.service.clone(), access, token })
    }

    /// A client of the registry that most tests need.
    pub(crate) async fn any_client(&self) -> Result<Client, Failure> {
        self.client(&self.registry("lnxcr").await?, "token2").await
    }

    pub(crate) fn upload_file(&self, id: &str) -> PathBuf {
        self.data.join("uploads").join(id)
    }

    pub(crate) fn blob_file(&self, digest: &Digest) -> PathBuf {
        let folder = self.data.join("blobs").join(digest.algorithm().as_str());
        folder.join(&digest.hex()[..2]).join(digest.hex())
    }

    /// How many blobs are on the disk, whatever the metadata says.
    pub(crate) fn blob_files(&self) -> Result<usize, Failure> {
        let mut count = 0;
        for algorithm in ["sha256", "sha512"] {
            for folder in std::fs::read_dir(self.data.join("blobs").join(algorithm))? {
                count += std::fs::read_dir(folder?.path())?.count();
            }
        }
        Ok(count)
    }
}

/// Who holds a token. Operations name the repository and the rest as text, as requests do.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) service: Service,
    access: Access,
    pub(crate) token: TokenId,
}

type Answer<T> = Result<Result<T, Error>, Failure>;

impl Client {
    /// The same client, speaking to another process.
    pub(crate) fn at(&self, service: &Service) -> Self {
        Self { service: service.clone(), ..self.clone() }
    }

    pub(crate) fn permit<O: Needed>(&self, operation: O) -> Result<Permit<O>, Failure> {
        Ok(self.access.permit(operation)?)
    }

    pub(crate) fn continuing(&self, repository: &str, upload: &str) -> Result<Permit<ContinueUpload>, Failure> {
        self.permit(ContinueUpload { repository: RepositoryName::parse(repository)?, upload: upload.to_owned() })
    }

    pub(crate) async fn start(&self, repository: &str) -> Answer<Upload> {
        let permit = self.permit(StartUpload { repository: RepositoryName::parse(repository)? })?;
        Ok(self.service.start_upload(&permit).await)
    }

    pub(crate) async fn append(&self, (repository, id): (&str, &str), at: Option<u64>, text: &str) -> Answer<Upload> {
        Ok(self.service.append_upload(&self.continuing(repository, id)?, at, body(text)).await)
    }

    pub(crate) async fn finish(&self, (repository, id): (&str, &str), text: &str, digest: &Digest) -> Answer<BlobInfo> {
        Ok(self.service.finish_upload(&self.continuing(repository, id)?, None, body(text), digest).await)
    }

    pub(crate) async fn push_blob(&self, repository: &str, text: &str) -> Result<Digest, Failure> {
        let (upload, digest) = (self.start(repository).await??, sha256(text));
        self.finish((repository, &upload.id), text, &digest).await??;
        Ok(digest)
    }

    pub(crate) async fn mount(&self, repository: &str, from: &Permit<ReadBlob>) -> Answer<Option<BlobInfo>> {
        let permit = self.permit(StartUpload { repository: RepositoryName::parse(repository)? })?;
        Ok(self.service.mount_blob(&permit, from).await)
    }

    pub(crate) fn reading(&self, repository: &str, digest: &Digest) -> Result<Permit<ReadBlob>, Failure> {
        self.permit(ReadBlob { repository: RepositoryName::parse(repository)?, digest: digest.clone() })
    }

    pub(crate) async fn blob(&self, repository: &str, digest: &Digest) -> Answer<String> {
        let open = match self.service.open_blob(&self.reading(repository, digest)?).await {
            Ok(open) => open,
            Err(error) => return Ok(Err(error)),
        };
        let size_bytes = open.info.size_bytes;
        let bytes = open.stream(0..size_bytes).try_collect::<Vec<Bytes>>().await?.concat();
        Ok(Ok(String::from_utf8(bytes)?))
    }

    pub(crate) async fn delete_blob(&self, repository: &str, digest: &Digest) -> Answer<()> {
        let operation = DeleteBlob { repository: RepositoryName::parse(repository)?, digest: digest.clone() };
        Ok(self.service.delete_blob(&self.permit(operation)?).await)
    }

    pub(crate) async fn put(&self, (repository, reference): (&str, &str), pushed: &Pushed) -> Answer<Digest> {
        let reference = Reference::parse(reference)?;
        let permit = self.permit(WriteManifest { repository: RepositoryName::parse(repository)?, reference })?;
        Ok(self.service.put_manifest(&permit, pushed.manifest.clone(), Vec::new(), pushed.bytes.clone()).await)
    }

    pub(crate) async fn get(&self, (repository, reference): (&str, &str)) -> Answer<StoredManifest> {
        let reference = Reference::parse(reference)?;
        let permit = self.permit(ReadManifest { repository: RepositoryName::parse(repository)?, reference })?;
        Ok(self.service.get_manifest(&permit).await)
    }

    pub(crate) async fn delete(&self, (repository, reference): (&str, &str)) -> Answer<()> {
        let reference = Reference::parse(reference)?;
        let permit = self.permit(DeleteManifest { repository: RepositoryName::parse(repository)?, reference })?;
        Ok(self.service.delete_manifest(&permit).await)
    }

    pub(crate) async fn tags(&self, repository: &str, page: PageRequest) -> Answer<Listed> {
        let permit = self.permit(ListTags { repository: RepositoryName::parse(repository)? })?;
        Ok(self.service.list_tags(&permit, page).await.map(listed))
    }

    pub(crate) async fn change_repository(
        &self,
        repository: &str,
        change: LocksChange,
    ) -> Answer<RepositoryAttributes> {
        let permit = self.permit(ChangeRepository { repository: RepositoryName::parse(repository)? })?;
        Ok(self.service.change_repository(&permit, change).await)
    }

    pub(crate) async fn delete_repository(&self, repository: &str) -> Answer<DeletedRepository> {
        let permit = self.permit(DeleteRepository { repository: RepositoryName::parse(repository)? })?;
        Ok(self.service.delete_repository(&permit).await)
    }

    pub(crate) async fn change_tag(
        &self,
        (repository, tag): (&str, &str),
        change: LocksChange,
    ) -> Answer<TagAttributes> {
        let operation = ChangeTag { repository: RepositoryName::parse(repository)?, tag: Tag::parse(tag)? };
        Ok(self.service.change_tag(&self.permit(operation)?, change).await)
    }

    pub(crate) async fn show_manifest(&self, (repository, digest): (&str, &Digest)) -> Answer<ShownManifest> {
        let operation = ShowManifest { repository: RepositoryName::parse(repository)?, digest: digest.clone() };
        Ok(self.service.show_manifest(&self.permit(operation)?).await)
    }

    pub(crate) async fn catalog(&self, page: PageRequest) -> Result<Listed, Failure> {
        Ok(listed(self.service.list_catalog(&self.permit(ListCatalog)?, page).await?))
    }

    /// The digests of the referrers.
    pub(crate) async fn referrers(
        &self,
        (repository, subject): (&str, &Digest),
        artifact_type: Option<&str>,
        page: PageRequest,
    ) -> Result<Listed, Failure> {
        let operation = ListReferrers { repository: RepositoryName::parse(repository)?, subject: subject.clone() };
        let Page { items, more } = self.service.list_referrers(&self.permit(operation)?, artifact_type, page).await?;
        Ok((items.iter().map(|item| item.digest.to_string()).collect(), more))
    }
}

/// The items as text, and whether more follow.
pub(crate) type Listed = (Vec<String>, bool);

fn listed<T: ToString>(page: Page<T>) -> Listed {
    (page.items.iter().map(ToString::to_string).collect(), page.more)
}

pub(crate) fn page(items_max: usize, last: &str) -> PageRequest {
    PageRequest { items_max: Some(items_max), last: (!last.is_empty()).then(|| last.to_owned()) }
}

/// A manifest to push. The bytes are whatever is given: reading them is not the service's to do.
#[derive(Clone)]
pub(crate) struct Pushed {
    pub(crate) manifest: Manifest,
    pub(crate) bytes: Bytes,
}

impl Pushed {
    pub(crate) fn image(bytes: impl Into<Bytes>, blobs: &[&Digest]) -> Self {
        let manifest = Manifest {
            kind: ManifestKind::OciImage,
            blobs: blobs.iter().map(|digest| (*digest).clone()).collect(),
            manifests: Vec::new(),
            subject: None,
            artifact_type: None,
            config: None,
            platform: Platform::default(),
            content_bytes: 0,
        };
        Self { manifest, bytes: bytes.into() }
    }

    pub(crate) fn index(bytes: &'static str, members: &[&Digest]) -> Self {
        let mut index = Self::image(bytes, &[]);
        index.manifest.kind = ManifestKind::OciIndex;
        index.manifest.manifests = members.iter().map(|digest| (*digest).clone()).collect();
        index
    }

    pub(crate) fn about(mut self, subject: &Digest, artifact_type: &str) -> Self {
        self.manifest.subject = Some(subject.clone());
        self.manifest.artifact_type = Some(artifact_type.to_owned());
        self
    }
}

pub(crate) fn sha256(bytes: impl AsRef<[u8]>) -> Digest {
    Digest::of(DigestAlgorithm::Sha256, bytes.as_ref())
}

type Piece = Result<Bytes, BodyError>;

pub(crate) fn body(text: &str) -> impl futures_util::Stream<Item = Piece> + Send + Unpin + use<> {
    stream::iter([Ok(Bytes::copy_from_slice(text.as_bytes()))])
}

/// A body that breaks off behind `text`.
pub(crate) fn broken_body(text: &str) -> impl futures_util::Stream<Item = Piece> + Send + Unpin + use<> {
    stream::iter([Ok(Bytes::copy_from_slice(text.as_bytes())), Err("connection reset".into())])
}
