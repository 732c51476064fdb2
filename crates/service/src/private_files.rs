//! Files that only the owner of the data folder may read: keys and the first secret.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Makes a folder, readable by its owner only, with those above it; one that is there is left as it is.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Opens a file that is held locked until it is dropped. Waits for another process that has it.
pub(crate) fn lock(path: &Path) -> io::Result<File> {
    let file = private().create(true).truncate(false).open(path)?;
    file.lock()?;
    Ok(file)
}

/// Writes a file whole: whoever reads sees the old content or the new, also after a power loss. Not for two writers at once.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    let unfinished = Path::new(&unfinished);
    let mut file = private().create(true).truncate(true).open(unfinished)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(unfinished, path)?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))
}

/// Whether nobody but the owner and the owner's group can read the file.
pub(crate) fn is_private(path: &Path) -> io::Result<bool> {
    #[cfg(unix)]
    {
        // The group is let in, because container platforms hand a secret to a process through its group.
        Ok(std::os::unix::fs::MetadataExt::mode(&fs::metadata(path)?) & 0o007 == 0)
    }
    #[cfg(not(unix))]
    {
        fs::metadata(path).map(|_| true)
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A rename is only durable once its folder is synced; Windows has no such call and needs none.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}
