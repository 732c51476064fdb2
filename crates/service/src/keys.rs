//! The server's keys: the pepper of password hashes and the signing keys of bearers, in files outside the database.
//!
//! ```text
//! <data>/keys/password-pepper          32 bytes, hexadecimal
//! <data>/keys/access-token.pem         signs access tokens; P-256, PKCS#8
//! <data>/keys/access-token-<any>.pem   no longer signs, is still believed: the way to change keys
//! <data>/keys/management-token.pem     signs bearers of the management API; as above
//! ```

use crate::private_files;
use crate::random::Random;
use crate::signing::{SigningKey, SigningKeys};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::password::Pepper;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{fs, io};
use zeroize::Zeroizing;

const PEPPER: &str = "password-pepper";
const PEPPER_BYTES: usize = 32;
const ACCESS: &str = "access-token";
const MANAGEMENT: &str = "management-token";
const PEM_BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const PEM_END: &str = "-----END PRIVATE KEY-----";
/// RFC 7468 section 2.
const PEM_LINE_CHARS: usize = 64;

/// All keys of a site.
pub(crate) struct Keys {
    /// The key of password hashes.
    pub(crate) pepper: Pepper,
    /// Signs access tokens.
    pub(crate) access: SigningKeys,
    /// Signs bearers of the management API.
    pub(crate) management: SigningKeys,
}

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("{}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{} is not {expected}; restore it from a backup", path.display())]
    Malformed { path: PathBuf, expected: &'static str },
    #[error("{} can be read by anybody on this machine; take that right away (chmod 600) and consider it known", path.display())]
    Exposed { path: PathBuf },
    #[error("{} is missing, and without it no password that was given out can be checked; restore it from a backup", path.display())]
    PepperLost { path: PathBuf },
    #[error("a key could not be made")]
    NotMade,
}

type Result<T> = std::result::Result<T, KeyError>;

impl Keys {
    /// Reads the keys, making those that are missing. `first` says that nothing was hashed yet. Not for two processes at once.
    pub(crate) fn open(folder: &Path, first: bool, random: &dyn Random) -> Result<Self> {
        private_files::make_folder(folder).map_err(|source| unreadable(folder, source))?;
        Ok(Self {
            pepper: open_pepper(&folder.join(PEPPER), first, random)?,
            access: open_signing_keys(folder, ACCESS, random)?,
            management: open_signing_keys(folder, MANAGEMENT, random)?,
        })
    }
}

fn open_pepper(path: &Path, first: bool, random: &dyn Random) -> Result<Pepper> {
    if !exists(path)? {
        if !first {
            return Err(KeyError::PepperLost { path: path.to_owned() });
        }
        let mut bytes = Zeroizing::new([0; PEPPER_BYTES]);
        random.fill(bytes.as_mut());
        write(path, &to_hex(bytes.as_ref()))?;
    }
    let text = read(path)?;
    let malformed = || KeyError::Malformed { path: path.to_owned(), expected: "a key of 64 hexadecimal digits" };
    Ok(Pepper::new(*from_hex(text.trim()).ok_or_else(malformed)?))
}

fn open_signing_keys(folder: &Path, name: &str, random: &dyn Random) -> Result<SigningKeys> {
    let primary = folder.join(format!("{name}.pem"));
    if !exists(&primary)? {
        let der = SigningKey::generate(random).map_err(|_| KeyError::NotMade)?;
        write(&primary, &to_pem(&der))?;
    }
    let mut retired = Vec::new();
    for entry in fs::read_dir(folder).map_err(|source| unreadable(folder, source))? {
        let path = entry.map_err(|source| unreadable(folder, source))?.path();
        let file = path.file_name().and_then(|file| file.to_str()).unwrap_or_default();
        if file.starts_with(&format!("{name}-")) && file.ends_with(".pem") {
            retired.push(read_signing_key(&path)?);
        }
    }
    Ok(SigningKeys::new(read_signing_key(&primary)?, retired))
}

fn read_signing_key(path: &Path) -> Result<SigningKey> {
    let text = read(path)?;
    let malformed = || KeyError::Malformed { path: path.to_owned(), expected: "a P-256 key in PKCS#8 PEM" };
    let der = from_pem(&text).ok_or_else(malformed)?;
    SigningKey::from_pkcs8(&der).ok_or_else(malformed)
}

fn exists(path: &Path) -> Result<bool> {
    path.try_exists().map_err(|source| unreadable(path, source))
}

fn read(path: &Path) -> Result<Zeroizing<String>> {
    if !private_files::is_private(path).map_err(|source| unreadable(path, source))? {
        return Err(KeyError::Exposed { path: path.to_owned() });
    }
    fs::read_to_string(path).map(Zeroizing::new).map_err(|source| unreadable(path, source))
}

fn write(path: &Path, text: &str) -> Result<()> {
    private_files::write(path, text.as_bytes()).map_err(|source| unreadable(path, source))
}

fn unreadable(path: &Path, source: io::Error) -> KeyError {
    KeyError::Unreadable { path: path.to_owned(), source }
}

fn to_hex(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(2 * bytes.len() + 1));
    for byte in bytes {
        // Writing to a string cannot fail.
        let _infallible = write!(text, "{byte:02x}");
    }
    text.push('\n');
    text
}

fn from_hex(text: &str) -> Option<Zeroizing<[u8; PEPPER_BYTES]>> {
    if text.len() != 2 * PEPPER_BYTES || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = Zeroizing::new([0; PEPPER_BYTES]);
    for (position, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * position..2 * position + 2)?, 16).ok()?;
    }
    Some(bytes)
}

fn to_pem(der: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(STANDARD.encode(der));
    let mut text = Zeroizing::new(format!("{PEM_BEGIN}\n"));
    for (position, character) in body.chars().enumerate() {
        if position > 0 && position % PEM_LINE_CHARS == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    text.push('\n');
    text.push_str(PEM_END);
    text.push('\n');
    text
}

fn from_pem(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let body = text.trim().strip_prefix(PEM_BEGIN)?.strip_suffix(PEM_END)?;
    let body: Zeroizing<String> = Zeroizing::new(body.split_ascii_whitespace().collect());
    STANDARD.decode(body.as_bytes()).map(Zeroizing::new).ok()
}
