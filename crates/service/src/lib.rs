//! The use cases of Portcullis: the one place where stored facts, bytes, the clock, randomness and keys meet.
//!
//! Knows nothing of HTTP and of JSON shapes. Every data-plane use case takes a [`model::access::Permit`] and reads the
//! registry and the repository from it.

mod access_tokens;
mod admin_user;
mod anonymous_pull;
mod audit;
mod blobs;
mod certificates;
mod clock;
mod collection;
mod credentials;
mod error;
mod expiry_rule;
mod guesses;
mod issuers;
mod keys;
pub mod limits;
mod locations;
mod locks;
mod managers;
mod manifests;
mod operations;
mod principals;
mod private_files;
mod random;
mod refresh_tokens;
mod registries;
mod repositories;
mod resource_groups;
mod retention;
mod role_assignments;
mod scope_maps;
mod sign_ins;
mod signing;
mod site;
mod tags;
mod tls;
mod token_table;
mod tokens;
mod uploads;
mod usage;
mod uses;
mod verification;

pub use access_tokens::{AccessToken, BearerRefusal, VerificationKey};
pub use admin_user::{AdminCredentials, AdminPassword};
pub use audit::{Act, AuditLines, AuditSettings, Origin};
pub use blobs::{BlobInfo, OpenBlob};
pub use certificates::{InvalidCertificate, read_certificate};
pub use clock::{Clock, SystemClock};
pub use collection::{Collected, Collection, CollectionProgress, CollectionSettings};
pub use credentials::{CredentialsSpec, GeneratedCredentials, GeneratedPassword};
pub use error::{Error, IdentityError};
pub use expiry_rule::ExpirySetting;
pub use issuers::{
    DocumentError, DocumentRequest, IssuerDocument, IssuerDocuments, IssuerTrust, KeySource, TrustedIssuer,
};
pub use managers::{Manager, PrincipalBearer, PrincipalRefusal};
pub use manifests::{ShownManifest, StoredManifest};
pub use metadata::Stay;
pub use principals::NewSecret;
pub use random::{Random, SystemRandom};
pub use refresh_tokens::RefreshTokenRefusal;
pub use registries::{RegistryChange, RegistrySpec};
pub use repositories::{DeletedRepository, OrderedPageRequest, Page, PageRequest};
pub use resource_groups::ResourceGroupSpec;
pub use retention::{Doomed, Retention, RetentionCounts, RetentionSettings, StoredRetentionRule};
pub use role_assignments::RoleAssignmentSpec;
pub use scope_maps::{ScopeMapChange, ScopeMapSpec};
pub use sign_ins::{Admitted, SignedIn};
pub use tls::{TlsFileError, TlsIdentity, read_authorities};
pub use tokens::{PasswordSpec, TokenChange, TokenSpec, TokenWritten};
pub use uploads::{BodyError, Upload};
pub use usage::RegistryUsage;
pub use verification::{BrokenContent, HitImage, Verification, VerificationProgress};

use access_tokens::{BearerCache, BearerWeight};
use guesses::Guesses;
use issuers::Issuers;
use keys::Keys;
use metadata::{Store, management_version};
use model::audit::Entry;
use model::operation_path::OperationPath;
use model::timestamp::Timestamp;
use site::{Draft, Site};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use token_table::TokenTable;
use uses::Uses;

const DATABASE: &str = "metadata.sqlite3";
const KEYS: &str = "keys";
/// Held by a process while it opens the folder, so that two that start at once make one site.
const START_LOCK: &str = "start.lock";

/// The whole of Portcullis below HTTP. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    inner: Arc<Inner>,
    /// What changes made through this value are recorded as.
    operation: Option<OperationPath>,
    /// From where the request comes that this value is for.
    origin: Origin,
    /// What writes through this value are, for the audit log.
    act: Option<Arc<Entry>>,
}

struct Inner {
    data: PathBuf,
    metadata: Arc<Store>,
    blobs: ::blobs::Store,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    keys: Keys,
    site: Site,
    tokens: Arc<TokenTable>,
    bearers: BearerCache,
    issuers: Issuers,
    guesses: Guesses,
    audit: audit::Queue,
    audit_settings: AuditSettings,
    /// Held while entries are written.
    audit_writing: tokio::sync::Mutex<()>,
    /// Held while entries are looked for, by one request at a time.
    audit_reading: Arc<tokio::sync::Mutex<()>>,
    uses: Uses,
}

/// What a service needs from outside.
pub struct Options {
    /// The data folder; made, readable by its owner only, when it is not there.
    pub data: PathBuf,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where passwords, keys and ids come from.
    pub random: Arc<dyn Random>,
    /// Who is trusted to say who manages; `None` for the site alone.
    pub trust: Option<IssuerTrust>,
    /// How long the process means to stay.
    pub stay: Stay,
    /// What is wanted of the audit log.
    pub audit: AuditSettings,
    /// How long credentials may last.
    pub expiry: ExpirySetting,
}

/// What the first start on a data folder made and shows once: the service principal that manages over the network.
pub struct FirstStart {
    /// The tenant that it belongs to, a GUID.
    pub tenant: String,
    /// Its client id, a GUID.
    pub client_id: String,
    /// Its secret. Also in [`FirstStart::secret_file`], which only the owner of the data folder can read.
    pub client_secret: model::password::Password,
    /// When the secret ends, by the site's rule on credentials; `None` for never.
    pub client_secret_ends_at: Option<Timestamp>,
    /// Where tenant, client id and secret were written.
    pub secret_file: PathBuf,
}

/// Whether a PUT made something or found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It was not there before.
    Created,
    /// It was there and was changed, or was already as wanted.
    Updated,
}

impl Service {
    /// Opens the data folder, making and migrating what is needed; several processes may have it open.
    ///
    /// The second value is there on the very first start only. Errors: `Internal`, whose source says what is wrong with the folder,
    /// the database or a key; `StorageFull`.
    pub async fn open(options: Options) -> Result<(Self, Option<FirstStart>), Error> {
        let Options { data, clock, random, trust, stay, audit: audit_settings, expiry } = options;
        let folder = data.clone();
        let (lock, metadata, blobs) = blocking(move || open_files(&folder, stay)).await?;
        let found = metadata.read(Site::find).await?;
        let (keys_folder, first, source) = (data.join(KEYS), found.is_none(), Arc::clone(&random));
        let keys = blocking(move || Keys::open(&keys_folder, first, &*source).map_err(Error::internal)).await?;
        let rule = expiry_rule::apply(&metadata, expiry, clock.now()).await?;
        let (site, first_start) = match found {
            Some(site) => (site, None),
            None => {
                let draft = Draft::new(&data, &keys.pepper, &*random, (clock.now(), rule))?;
                draft.write_secret_file().map_err(Error::internal)?;
                let (site, first_start) = draft.keep(&metadata).await?;
                (site, Some(first_start))
            }
        };
        drop(lock);
        let tokens = Arc::new(TokenTable::new());
        let bearers =
            BearerCache::with_weighter(limits::BEARERS_REMEMBERED, limits::BEARERS_REMEMBERED as u64, BearerWeight);
        let issuers = Issuers::new(trust, &clock);
        let metadata = Arc::new(metadata);
        let (guesses, uses) = (Guesses::new(), Uses::new(limits::USES_NOTED));
        let audit = audit::Queue::default();
        let inner = Inner {
            data,
            metadata,
            blobs,
            clock,
            random,
            keys,
            site,
            tokens,
            bearers,
            issuers,
            guesses,
            audit,
            audit_settings,
            audit_writing: tokio::sync::Mutex::default(),
            audit_reading: Arc::default(),
            uses,
        };
        Ok((Self { inner: Arc::new(inner), operation: None, origin: Origin::default(), act: None }, first_start))
    }

    /// Takes in what other processes on the same data folder have changed since the last call. The server calls it several
    /// times a second, which is what bounds how long a revocation made elsewhere takes (decision D5). While the database does not answer
    /// in time nothing is remembered, so that the bound holds and a request waits for the database.
    pub async fn follow_changes(&self) -> Result<(), Error> {
        let asked = self.inner.metadata.read(management_version::get);
        let answer = tokio::time::timeout(limits::FOLLOW_CHANGES_WITHIN, asked).await;
        let version = answer.map_err(Error::internal).and_then(|version| Ok(version?));
        self.inner.tokens.follow(version.as_ref().ok().copied());
        version.map(drop)
    }

    /// Whether the store answers and takes writes.
    pub async fn check_ready(&self) -> Result<(), Error> {
        Ok(self.inner.metadata.write::<_, metadata::Error, _>(|_| Ok(())).await?)
    }
}

fn open_files(data: &Path, stay: Stay) -> Result<(File, Store, ::blobs::Store), Error> {
    private_files::make_folder(data).map_err(|cause| unusable(data, &cause))?;
    let lock = data.join(START_LOCK);
    let lock = private_files::lock(&lock).map_err(|cause| unusable(&lock, &cause))?;
    let metadata = Store::open(&data.join(DATABASE), stay)?;
    let blobs = ::blobs::Store::open(data, limits::BLOB_BYTES.max)?;
    Ok((lock, metadata, blobs))
}

/// What is wrong with a data folder, and what to do.
fn unusable(path: &Path, cause: &io::Error) -> Error {
    let path = path.display();
    match cause.kind() {
        io::ErrorKind::StorageFull => Error::StorageFull,
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            Error::internal(format!("{path} is not a folder: move it away, or choose another data folder"))
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Error::internal(format!(
            "{path} cannot be written by this user ({cause}): change that, or choose another data folder"
        )),
        _ => Error::internal(format!("{path}: {cause}")),
    }
}

/// Runs what waits for the disk where waiting is allowed.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}
