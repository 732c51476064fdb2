//! Folders: made for their owner alone, refused when they are links, and synced, so that names in them survive a loss of power.

use crate::Error;
use std::fs::{self, DirBuilder};
use std::io;
use std::path::Path;

/// Makes `folder` when it is not there; its parent is there. Durable when it returns, also when another process made it just now.
///
/// Errors: `Unusable` when something else has the name: a link could lead the store to another's files.
pub(crate) fn make(folder: &Path) -> Result<(), Error> {
    match builder().create(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => refuse_unless_folder(folder)?,
        Err(error) => return Err(error.into()),
    }
    sync(folder)?;
    folder.parent().map_or(Ok(()), sync)?;
    Ok(())
}

/// Makes `folder` and what is missing above it, for a data folder that the user named. Durable when it returns.
pub(crate) fn make_with_parents(folder: &Path) -> Result<(), Error> {
    builder().recursive(true).create(folder)?;
    for parent in folder.ancestors().skip(1) {
        // What this user may not even read was not made just now.
        if sync(parent).is_err() {
            break;
        }
    }
    Ok(())
}

/// Whether `folder` is there. Errors: `Unusable`, as [`make`].
pub(crate) fn is_there(folder: &Path) -> Result<bool, Error> {
    match fs::symlink_metadata(folder) {
        Ok(_) => refuse_unless_folder(folder).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn refuse_unless_folder(folder: &Path) -> Result<(), Error> {
    // Not `metadata`, which follows a link.
    if fs::symlink_metadata(folder)?.is_dir() {
        Ok(())
    } else {
        let folder = folder.display();
        Err(Error::Unusable(format!(
            "{folder} is a link or a file, not a folder: move it away, or choose another data folder"
        )))
    }
}

fn builder() -> DirBuilder {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has modes to set"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Makes the names in `folder` durable.
#[cfg(unix)]
pub(crate) fn sync(folder: &Path) -> io::Result<()> {
    // `parent` of a relative name is the empty path, which means the working folder.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    fs::File::open(folder)?.sync_all()
}

/// NTFS journals names; there is nothing to ask for.
#[cfg(not(unix))]
pub(crate) fn sync(_folder: &Path) -> io::Result<()> {
    Ok(())
}
