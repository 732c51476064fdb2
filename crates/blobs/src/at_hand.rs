//! What the system has in its memory already, read in the thread that asks, because to wake another takes longer. Nothing here waits for a disk.
//!
//! Only Linux can be asked so (`openat2(2)` and `preadv2(2)`; not on every filesystem). Elsewhere nothing is at hand, and a thread that may wait
//! reads it.

use bytes::Bytes;
use std::fs::File;
use std::ops::Range;
use std::path::Path;

/// A file whose name is known without a look at the disk.
#[cfg(target_os = "linux")]
pub(crate) fn open(path: &Path) -> Option<File> {
    use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    openat2(CWD, path, flags, Mode::empty(), ResolveFlags::CACHED).ok().map(File::from)
}

/// The first bytes of a range that is not empty: as many as are there, at least one.
#[cfg(target_os = "linux")]
pub(crate) fn read(file: &File, range: Range<u64>) -> Option<Bytes> {
    use rustix::io::{ReadWriteFlags, preadv2};
    let mut bytes = vec![0; usize::try_from(range.end - range.start).ok()?];
    let read = preadv2(file, &mut [std::io::IoSliceMut::new(&mut bytes)], range.start, ReadWriteFlags::NOWAIT).ok()?;
    bytes.truncate(read);
    (read > 0).then(|| bytes.into())
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn open(_: &Path) -> Option<File> {
    None
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn read(_: &File, _: Range<u64>) -> Option<Bytes> {
    None
}
