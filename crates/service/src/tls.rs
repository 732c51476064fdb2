//! The certificates of TLS: those that were given as files, and those of a local authority that is made and kept here.
//!
//! ```text
//! <data>/tls/ca.pem       the authority that clients are told to trust
//! <data>/tls/ca-key.pem   its key; P-256, PKCS#8
//! <data>/tls/cert.pem     the server's certificate
//! <data>/tls/key.pem      its key
//! <data>/tls/made.json    until when both count and for which names, so that nothing here has to parse X.509
//! ```
//!
//! Knows nothing of TLS itself: whoever serves reads the PEM and checks that certificate and key belong together.

use crate::private_files;
use crate::random::Random;
use crate::signing::SigningKey;
use crate::{START_LOCK, Service};
use model::timestamp::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};
use zeroize::Zeroizing;

const FOLDER: &str = "tls";
const AUTHORITY: &str = "ca.pem";
const AUTHORITY_KEY: &str = "ca-key.pem";
const CERTIFICATE: &str = "cert.pem";
const KEY: &str = "key.pem";
const RECORD: &str = "made.json";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Trusting an authority is work for people, so it lasts.
const AUTHORITY_LIFE: Duration = DAY.saturating_mul(3650);
/// Below the 398 days that browsers and Apple's platforms take.
const CERTIFICATE_LIFE: Duration = DAY.saturating_mul(365);
/// What has less time left is made anew.
const RENEW_BEFORE: Duration = DAY.saturating_mul(30);
/// Certificates count from a while ago, for clients whose clocks are slow.
const BACKDATED: Duration = DAY;
/// Somewhere in the year 9987: what dates can express ends soon after.
const LAST_SECOND: u64 = 253_000_000_000;

/// What a server shows and proves itself with. Has no `Debug`: it holds the key.
pub struct TlsIdentity {
    /// The file of the certificate, for messages.
    pub certificate_file: PathBuf,
    /// The file of the key, for messages.
    pub key_file: PathBuf,
    /// The certificate and those between it and its authority, as PEM; unchecked.
    pub certificate_pem: Vec<u8>,
    /// The key, as PEM; unchecked.
    pub key_pem: Zeroizing<Vec<u8>>,
    /// Whether anybody on this machine can read the key.
    pub key_is_exposed: bool,
    /// The local authority's certificate, which clients must be told to trust; `None` when the certificate was given.
    pub authority_file: Option<PathBuf>,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum TlsFileError {
    /// A file or the folder cannot be read or written.
    #[error("{} cannot be read or written", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// A file of the data folder is not what was written there.
    #[error("{} is damaged: restore it from a backup, or delete its folder and have clients trust a new authority", .0.display())]
    Damaged(PathBuf),
    /// A key of the data folder lies open.
    #[error("{} can be read by anybody on this machine: take that right away (chmod 600) and consider it known", .0.display())]
    Exposed(PathBuf),
    /// A certificate could not be made, for want of a usable name for example.
    #[error("the certificate could not be made")]
    NotMade(#[source] Box<dyn std::error::Error + Send + Sync>),
}

type Result<T> = std::result::Result<T, TlsFileError>;

/// What `made.json` says. Times are seconds since the epoch.
#[derive(Serialize, Deserialize)]
struct Record {
    authority_until: i64,
    /// 0 while certificate and key are being replaced, so that a pair that does not match is never used.
    certificate_until: i64,
    names: Vec<String>,
}

impl TlsIdentity {
    /// Whether certificate and key are the other's, byte for byte.
    pub fn is_same(&self, other: &Self) -> bool {
        self.certificate_pem == other.certificate_pem && *self.key_pem == *other.key_pem
    }

    /// Reads a certificate and its key from the files that the configuration names.
    ///
    /// Errors: [`TlsFileError::File`].
    pub async fn read(certificate_file: PathBuf, key_file: PathBuf) -> Result<Self> {
        blocking(move || {
            let key_is_exposed = !private_files::is_private(&key_file).map_err(|cause| failed(&key_file, cause))?;
            Ok(Self { key_is_exposed, ..read(certificate_file, key_file, None)? })
        })
        .await
    }
}

/// Reads the certificates of authorities, in PEM and unchecked, from a file that the configuration names.
///
/// Errors: [`TlsFileError::File`].
pub async fn read_authorities(file: PathBuf) -> Result<Vec<u8>> {
    blocking(move || fs::read(&file).map_err(|cause| failed(&file, cause))).await
}

impl Service {
    /// A certificate of the data folder's own authority for `names`, which are DNS names, also `*.` and one, and IP addresses. Both
    /// are made when they are not there; the certificate also when it is not for all of the names, and then for those that it was for
    /// too, or when its time is nearly over.
    ///
    /// Errors: [`TlsFileError`].
    pub async fn local_tls_identity(&self, names: Vec<String>) -> Result<TlsIdentity> {
        let service = self.clone();
        blocking(move || {
            let inner = &service.inner;
            let lock = inner.data.join(START_LOCK);
            let _one_process_at_a_time = private_files::lock(&lock).map_err(|cause| failed(&lock, cause))?;
            let folder = Folder(inner.data.join(FOLDER));
            folder.make_what_is_missing(names, inner.clock.now(), &*inner.random)?;
            read(folder.file(CERTIFICATE), folder.file(KEY), Some(folder.file(AUTHORITY)))
        })
        .await
    }
}

/// `<data>/tls`. Not for two processes at once.
struct Folder(PathBuf);

impl Folder {
    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn make_what_is_missing(&self, mut names: Vec<String>, now: Timestamp, random: &dyn Random) -> Result<()> {
        names.sort();
        names.dedup();
        private_files::make_folder(&self.0).map_err(|cause| failed(&self.0, cause))?;
        for key in [AUTHORITY_KEY, KEY].map(|name| self.file(name)) {
            if exists(&key)? && !private_files::is_private(&key).map_err(|cause| failed(&key, cause))? {
                return Err(TlsFileError::Exposed(key));
            }
        }
        let renewed_until = now.plus(RENEW_BEFORE).as_unix_seconds();
        let record = match self.record()? {
            // The record is written before the authority, so it did not get lost on our way: clients may trust this one.
            None if exists(&self.file(AUTHORITY))? => return Err(TlsFileError::Damaged(self.file(RECORD))),
            Some(record) if record.authority_until > renewed_until && self.has(&[AUTHORITY, AUTHORITY_KEY])? => record,
            _ => self.make_authority(now, random)?,
        };
        let stands = record.certificate_until > renewed_until && self.has(&[CERTIFICATE, KEY])?;
        if stands && names.iter().all(|name| record.names.contains(name)) {
            return Ok(());
        }
        if stands {
            // Another process may serve under them, and would else take its own names back, and so on.
            names.extend(record.names);
            names.sort();
            names.dedup();
        }
        self.make_certificate(
            Record { names, authority_until: record.authority_until, certificate_until: 0 },
            now,
            random,
        )
    }

    fn make_authority(&self, now: Timestamp, random: &dyn Random) -> Result<Record> {
        let key = new_key(random)?;
        let (params, until) = authority(&key, now);
        let certificate = params.self_signed(&key).map_err(not_made)?;
        let record = Record { authority_until: until.as_unix_seconds(), certificate_until: 0, names: Vec::new() };
        // The key first: while a new key has the old certificate beside it, the record still forbids to use the pair.
        self.write_record(&Record { authority_until: 0, certificate_until: 0, names: Vec::new() })?;
        self.write(AUTHORITY_KEY, Zeroizing::new(key.serialize_pem()).as_bytes())?;
        self.write(AUTHORITY, certificate.pem().as_bytes())?;
        self.write_record(&record)?;
        tracing::info!("made a local certificate authority, which clients must be told to trust");
        Ok(record)
    }

    fn make_certificate(&self, record: Record, now: Timestamp, random: &dyn Random) -> Result<()> {
        let path = self.file(AUTHORITY_KEY);
        let text = fs::read_to_string(&path).map(Zeroizing::new).map_err(|cause| failed(&path, cause))?;
        let authority_key = KeyPair::from_pem(&text).map_err(|_| TlsFileError::Damaged(path))?;
        // What an issuer gives to a certificate, its name and its key's id, follows from its key.
        let (issuer, _) = authority(&authority_key, now);
        let issuer = Issuer::new(issuer, authority_key);
        let key = new_key(random)?;
        let mut params = CertificateParams::new(record.names.clone()).map_err(not_made)?;
        params.distinguished_name.push(DnType::CommonName, "Portcullis");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let until = limit(&mut params, now, CERTIFICATE_LIFE);
        let certificate = params.signed_by(&key, &issuer).map_err(not_made)?;
        self.write_record(&Record { certificate_until: 0, names: Vec::new(), ..record })?;
        self.write(KEY, Zeroizing::new(key.serialize_pem()).as_bytes())?;
        self.write(CERTIFICATE, certificate.pem().as_bytes())?;
        let names = record.names.join(", ");
        self.write_record(&Record { certificate_until: until.as_unix_seconds(), ..record })?;
        tracing::info!(names, "made a certificate for {names}");
        Ok(())
    }

    fn record(&self) -> Result<Option<Record>> {
        let path = self.file(RECORD);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|_| TlsFileError::Damaged(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(failed(&path, cause)),
        }
    }

    fn write_record(&self, record: &Record) -> Result<()> {
        self.write(RECORD, &serde_json::to_vec(record).map_err(|error| TlsFileError::NotMade(error.into()))?)
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<()> {
        let path = self.file(name);
        private_files::write(&path, content).map_err(|cause| failed(&path, cause))
    }

    fn has(&self, names: &[&str]) -> Result<bool> {
        names.iter().try_fold(true, |all, name| Ok(all && exists(&self.file(name))?))
    }
}

/// The certificate of the authority that has `key`, and until when it counts.
fn authority(key: &KeyPair, now: Timestamp) -> (CertificateParams, Timestamp) {
    let mut params = CertificateParams::default();
    let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(key.public_key_raw()));
    // Several of them may stand in one trust store.
    let name = format!("Portcullis local authority {a:02x}{b:02x}{c:02x}{d:02x}");
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let until = limit(&mut params, now, AUTHORITY_LIFE);
    (params, until)
}

/// Sets the time in which a certificate counts; its end.
fn limit(params: &mut CertificateParams, now: Timestamp, life: Duration) -> Timestamp {
    let date = |time: Timestamp| {
        let seconds = u64::try_from(time.as_unix_seconds()).unwrap_or(0).min(LAST_SECOND);
        rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds)
    };
    let until = now.plus(life);
    params.not_before = date(now.minus(BACKDATED));
    params.not_after = date(until);
    until
}

fn new_key(random: &dyn Random) -> Result<KeyPair> {
    let der = SigningKey::generate(random).map_err(|error| TlsFileError::NotMade(error.into()))?;
    KeyPair::try_from(der.as_slice()).map_err(not_made)
}

fn read(certificate_file: PathBuf, key_file: PathBuf, authority_file: Option<PathBuf>) -> Result<TlsIdentity> {
    let certificate_pem = fs::read(&certificate_file).map_err(|cause| failed(&certificate_file, cause))?;
    let key_pem = fs::read(&key_file).map(Zeroizing::new).map_err(|cause| failed(&key_file, cause))?;
    Ok(TlsIdentity { certificate_file, key_file, certificate_pem, key_pem, key_is_exposed: false, authority_file })
}

fn exists(path: &Path) -> Result<bool> {
    path.try_exists().map_err(|cause| failed(path, cause))
}

fn failed(path: &Path, cause: io::Error) -> TlsFileError {
    TlsFileError::File { path: path.to_owned(), cause }
}

fn not_made(error: rcgen::Error) -> TlsFileError {
    TlsFileError::NotMade(error.into())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| TlsFileError::NotMade(error.into()))?
}
