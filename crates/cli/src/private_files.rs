//! Files that only their owner can read.

use crate::secret::Secret;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

/// Makes a folder, and those above it, for the owner alone.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    builder().recursive(true).create(folder)
}

/// Makes a folder that must not be there yet, for the owner alone.
pub fn make_new_folder(folder: &Path) -> io::Result<()> {
    builder().create(folder)
}

fn builder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Makes a file that must not be there yet, for the owner alone.
pub fn make(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Writes a file as a whole: a reader sees the old text or the new one.
pub fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let temporary = path.with_file_name(name);
    let _stale = fs::remove_file(&temporary);
    let written =
        make(&temporary).and_then(|mut file| file.write_all(text)).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Whether anyone but its owner can read a file.
pub fn others_can_read(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path).is_ok_and(|about| about.permissions().mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

/// Reads a file of at most `bytes_max`.
pub fn read(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= bytes_max) {
        Ok(bytes)
    } else {
        Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {bytes_max} bytes")))
    }
}

/// Reads a file that holds a secret: text of at most `bytes_max`.
///
/// Errors: as [`read`]; `InvalidData` when it is empty or not UTF-8, in words that say nothing of what stands in it.
pub fn read_secret_text(path: &Path, bytes_max: u64) -> io::Result<Secret> {
    let invalid = |reason: &str| io::Error::new(io::ErrorKind::InvalidData, reason);
    let text = String::from_utf8(read(path, bytes_max)?).map_err(|_| invalid("it is not UTF-8 text"))?;
    if text.trim().is_empty() { Err(invalid("it is empty")) } else { Ok(Secret::new(text)) }
}

/// As [`read_secret_text`], of a file that holds nothing else: without the white space around it.
pub fn read_secret(path: &Path, bytes_max: u64) -> io::Result<Secret> {
    Ok(Secret::new(read_secret_text(path, bytes_max)?.reveal().trim().to_owned()))
}
