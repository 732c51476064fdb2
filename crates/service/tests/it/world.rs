//! Builds a data folder with a registry in it, and names what the tests speak of.

use model::access::Access;
use model::action::Action;
use model::arm_name::{RegistryName, ResourceGroupName, ScopeMapName, TokenName};
use model::caller::{Caller, CallerKind};
use model::operation::StartUpload;
use model::password::{Password, PasswordName};
use model::registry::{Registry, Sku};
use model::repository::RepositoryName;
use model::resource_id::{RegistryId, ResourceGroupId, ScopeMapId, TokenId};
use model::retention::UntaggedChange;
use model::scope::Asked;
use model::scope_map::ScopeMapAction;
use model::timestamp::Timestamp;
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;
use service::{
    AuditSettings, BearerRefusal, Clock, CredentialsSpec, Error, ExpirySetting, FirstStart, Manager, Options, Random,
    RegistrySpec, ResourceGroupSpec, ScopeMapSpec, Service, Stay, TokenChange, TokenSpec,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub(crate) type Failure = Box<dyn std::error::Error>;
pub(crate) type Outcome = Result<(), Failure>;

/// 2026-01-01T00:00:00Z.
const START_MICROS: i64 = 1_767_225_600_000_000;

/// A clock that stands until it is moved.
pub(crate) struct FakeClock(AtomicI64);

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

impl FakeClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_micros()).unwrap_or(0), Ordering::SeqCst);
    }
}

struct Seeded(Mutex<ChaCha20Rng>);

impl Random for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
    }
}

/// A data folder that nobody has opened yet.
pub(crate) struct Folder {
    temporary: tempfile::TempDir,
    pub(crate) clock: Arc<FakeClock>,
}

impl Folder {
    pub(crate) fn new() -> Result<Self, Failure> {
        let clock = Arc::new(FakeClock(AtomicI64::new(START_MICROS)));
        Ok(Self { temporary: tempfile::tempdir()?, clock })
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.temporary.path().join("data")
    }

    pub(crate) fn key(&self, name: &str) -> PathBuf {
        self.path().join("keys").join(name)
    }

    /// Opens the folder, as one more process would. The seed decides what is made up.
    pub(crate) async fn open(&self, seed: u64) -> Result<(Service, Option<FirstStart>), Error> {
        self.open_with(seed, ExpirySetting::Kept).await
    }

    /// The same with a configuration that says how long credentials may last.
    pub(crate) async fn open_with(
        &self,
        seed: u64,
        expiry: ExpirySetting,
    ) -> Result<(Service, Option<FirstStart>), Error> {
        let random = Arc::new(Seeded(Mutex::new(ChaCha20Rng::seed_from_u64(seed))));
        Service::open(Options {
            data: self.path(),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            random,
            trust: None,
            stay: Stay::Lasting,
            audit: AuditSettings::default(),
            expiry,
        })
        .await
    }
}

/// A site with the group `lnxtest`, the registry `lnxcr` and the scope map `newmap`, which pulls and pushes `samples/*`.
pub(crate) struct World {
    pub(crate) folder: Folder,
    pub(crate) service: Service,
    pub(crate) registry: Registry,
}

impl World {
    pub(crate) async fn new() -> Result<Self, Failure> {
        let folder = Folder::new()?;
        let (service, _first) = folder.open(1).await?;
        let group = group_id(&service, "lnxtest")?;
        service.put_resource_group(&group, group_spec()).await?;
        let id = registry_id(&service, "lnxtest", "lnxcr")?;
        let (registry, _) = service.put_registry(&caller(), &id, registry_spec()).await?;
        let world = Self { folder, service, registry };
        world.put_scope_map("newmap", &SAMPLES).await?;
        Ok(world)
    }

    pub(crate) fn scope_map(&self, name: &str) -> Result<ScopeMapId, Failure> {
        Ok(ScopeMapId { registry: self.registry.id.clone(), name: ScopeMapName::parse(name)? })
    }

    pub(crate) fn token(&self, name: &str) -> Result<TokenId, Failure> {
        Ok(TokenId { registry: self.registry.id.clone(), name: TokenName::parse(name)? })
    }

    pub(crate) async fn put_scope_map(&self, name: &str, actions: &[&str]) -> Outcome {
        let spec = ScopeMapSpec { description: String::new(), actions: parse_actions(actions)? };
        self.service.put_scope_map(&caller(), &self.scope_map(name)?, spec).await?;
        Ok(())
    }

    /// Makes a token that holds `newmap` and has both passwords; gives the first.
    pub(crate) async fn put_token(&self, name: &str) -> Result<Password, Failure> {
        let spec = TokenSpec { scope_map: Some(self.scope_map("newmap")?), ..TokenSpec::default() };
        self.service.put_token(&manager(), &self.token(name)?, spec).await?;
        self.generate(name, None, None).await
    }

    pub(crate) async fn update_token(&self, name: &str, change: TokenChange) -> Outcome {
        self.service.update_token(&manager(), &self.token(name)?, change).await?;
        Ok(())
    }

    /// Generates passwords; gives the first of them.
    pub(crate) async fn generate(
        &self,
        token: &str,
        name: Option<PasswordName>,
        expires_at: Option<Timestamp>,
    ) -> Result<Password, Failure> {
        let spec = CredentialsSpec { token: self.token(token)?, name, expires_at };
        let made = self.service.generate_credentials(&self.registry.id, spec).await?;
        Ok(made.generated.first().ok_or("no password")?.password.clone())
    }

    pub(crate) async fn sign_in(&self, user: &str, password: &Password) -> Result<service::SignedIn, Failure> {
        Ok(self.service.sign_in(&self.registry, user, password).await??)
    }

    /// Why a sign-in is refused; `None` when it is not.
    pub(crate) async fn refusal(&self, user: &str, password: &Password) -> Result<Option<String>, Error> {
        let signed_in = self.service.sign_in(&self.registry, user, password).await?;
        Ok(signed_in.err().map(|refusal| refusal.to_string()))
    }

    /// A bearer for pushing to `samples/hello`.
    pub(crate) async fn bearer(&self, user: &str, password: &Password) -> Result<String, Failure> {
        let signed_in = self.sign_in(user, password).await?;
        let asked = Asked::parse(["repository:samples/hello:pull,push registry:catalog:*"]);
        Ok(self.service.issue_access_token(&self.registry, &signed_in, &asked)?.text)
    }

    /// Why a bearer is refused; `None` when it counts and opens what it was issued for.
    pub(crate) async fn bearer_refusal(&self, bearer: &str) -> Result<Option<String>, Failure> {
        refusal_at(&self.service, &self.registry, bearer).await
    }
}

pub(crate) const SAMPLES: [&str; 2] = ["repositories/samples/*/content/read", "repositories/samples/*/content/write"];

pub(crate) async fn refusal_at(
    service: &Service,
    registry: &Registry,
    bearer: &str,
) -> Result<Option<String>, Failure> {
    match service.verify_access_token(registry, bearer, None).await {
        Ok(service::Admitted { access, .. }) => {
            assert!(may_push(&access, "samples/hello")?, "the bearer was issued for pushing");
            assert!(!may_push(&access, "samples/other")?, "and for nothing else");
            Ok(None)
        }
        Err(BearerRefusal::Unavailable(error)) => Err(error.into()),
        Err(refusal) => Ok(Some(refusal.to_string())),
    }
}

pub(crate) fn may_push(access: &Access, repository: &str) -> Result<bool, Failure> {
    Ok(access.permit(StartUpload { repository: RepositoryName::parse(repository)? }).is_ok())
}

pub(crate) fn caller() -> Caller {
    Caller { name: "ann@example.org".to_owned(), kind: CallerKind::User }
}

pub(crate) fn manager() -> Manager {
    Manager::owner_of_the_data(caller())
}

pub(crate) fn other_manager() -> Manager {
    Manager::owner_of_the_data(other_caller())
}

pub(crate) fn other_caller() -> Caller {
    Caller { name: "5f4b0c9e-8a8c-4d0e-9d50-7b6d3b4f6c11".to_owned(), kind: CallerKind::Application }
}

pub(crate) fn group_id(service: &Service, name: &str) -> Result<ResourceGroupId, Failure> {
    Ok(ResourceGroupId { subscription: service.subscription().clone(), name: ResourceGroupName::parse(name)? })
}

pub(crate) fn registry_id(service: &Service, group: &str, name: &str) -> Result<RegistryId, Failure> {
    Ok(RegistryId { group: group_id(service, group)?, name: RegistryName::parse(name)? })
}

pub(crate) fn group_spec() -> ResourceGroupSpec {
    ResourceGroupSpec { location: "westus".to_owned(), labels: BTreeMap::new() }
}

pub(crate) fn registry_spec() -> RegistrySpec {
    let labels = BTreeMap::from([("team".to_owned(), "linux".to_owned())]);
    RegistrySpec {
        location: "westus".to_owned(),
        sku: Sku::Premium,
        labels,
        admin_user_enabled: None,
        anonymous_pull_enabled: None,
        untagged: UntaggedChange::default(),
    }
}

pub(crate) fn parse_actions(texts: &[&str]) -> Result<Vec<ScopeMapAction>, Failure> {
    Ok(texts.iter().map(|text| ScopeMapAction::parse(text)).collect::<Result<_, _>>()?)
}

/// The `target` of an `Invalid`; any other outcome is a failure.
pub(crate) fn invalid_target<T>(result: Result<T, Error>) -> Result<String, Failure> {
    match result {
        Err(Error::Invalid { target, .. }) => Ok(target),
        Err(error) => Err(error.into()),
        Ok(_) => Err("it was taken".into()),
    }
}

/// The message of an error with those of its sources.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(Some(error), |error| error.source());
    sources.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(unix)]
pub(crate) fn mode(path: &Path) -> std::io::Result<u32> {
    Ok(std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path)?.permissions()) & 0o777)
}

pub(crate) fn all_actions_on(access: &Access, repository: &str) -> Result<Vec<Action>, Failure> {
    use model::operation::{DeleteManifest, ListTags, ReadManifest};
    use model::reference::Reference;
    let repository = RepositoryName::parse(repository)?;
    let reference = Reference::parse("latest")?;
    let read = ReadManifest { repository: repository.clone(), reference: reference.clone() };
    let delete = DeleteManifest { repository: repository.clone(), reference };
    let held = [
        (Action::ContentRead, access.permit(read).is_ok()),
        (Action::ContentWrite, access.permit(StartUpload { repository: repository.clone() }).is_ok()),
        (Action::ContentDelete, access.permit(delete).is_ok()),
        (Action::MetadataRead, access.permit(ListTags { repository }).is_ok()),
    ];
    Ok(held.into_iter().filter_map(|(action, held)| held.then_some(action)).collect())
}
