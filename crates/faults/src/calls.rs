//! The functions of the C library that stand for its own, each with its signature there.
//!
//! A definition in the program comes before one in a shared library, so both Rust's standard library and SQLite, which are linked into a test,
//! call these. Each makes the system call itself.

use crate::disk::{self, Call, Folder, Opened};
use crate::tree::{Change, Entry, Node};
use libc::{AT_FDCWD, c_char, c_int, c_uint, c_void, iovec, mode_t, off_t, size_t, ssize_t};
use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The mode is there when `flags` want it, and is not looked at otherwise: in C the function takes two arguments or three, and passes the third
/// where the third is passed of any function.
///
/// # Safety
/// As open(2).
#[unsafe(no_mangle)]
unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
    // SAFETY: the caller's path and flags, as it gave them.
    let open = || unsafe { libc::syscall(libc::SYS_openat, AT_FDCWD, path, flags, mode) } as c_int;
    // SAFETY: the caller gives a string of C.
    in_watched(unsafe { path_of(path) }, |path, id, folder| {
        let found = if path == folder.root() { Some(Entry::Folder) } else { folder.tree.find(path) };
        if let Err(code) = folder.check(if found.is_some() { Call::Open } else { Call::Create }) {
            return Err(fail(code));
        }
        let number = open();
        if number < 0 {
            return Err(number);
        }
        let what = found.unwrap_or_else(|| Entry::File(folder.tree.create(path)));
        if let (Entry::File(node), true) = (what, flags & libc::O_TRUNC != 0) {
            folder.tree.change(node, Change::Cut { length: 0 });
        }
        let opened = Opened { folder: id, what, path: path.to_owned(), appends: flags & libc::O_APPEND != 0 };
        Ok((number, opened))
    })
    .unwrap_or_else(open)
}

/// # Safety
/// As open(2).
#[unsafe(no_mangle)]
unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: c_uint) -> c_int {
    // SAFETY: the same function, on systems whose files are large anyway.
    unsafe { open64(path, flags, mode) }
}

/// # Safety
/// As close(2).
#[unsafe(no_mangle)]
unsafe extern "C" fn close(number: c_int) -> c_int {
    // Before the number is free for another.
    if disk::is_any_watched() {
        disk::watched().opened.remove(&number);
    }
    // SAFETY: the caller owns the number.
    unsafe { libc::syscall(libc::SYS_close, number) as c_int }
}

/// # Safety
/// As read(2).
#[unsafe(no_mangle)]
unsafe extern "C" fn read(number: c_int, bytes: *mut c_void, count: size_t) -> ssize_t {
    // SAFETY: the caller's buffer, as it gave it.
    let read = || unsafe { libc::syscall(libc::SYS_read, number, bytes, count) } as ssize_t;
    on_opened(number, |_, folder| folder.check(Call::Read).map_or_else(|code| fail(code) as ssize_t, |()| read()))
        .unwrap_or_else(read)
}

/// # Safety
/// As pread(2).
#[unsafe(no_mangle)]
unsafe extern "C" fn pread64(number: c_int, bytes: *mut c_void, count: size_t, at: off_t) -> ssize_t {
    // SAFETY: the caller's buffer, as it gave it.
    let read = || unsafe { libc::syscall(libc::SYS_pread64, number, bytes, count, at) } as ssize_t;
    on_opened(number, |_, folder| folder.check(Call::Read).map_or_else(|code| fail(code) as ssize_t, |()| read()))
        .unwrap_or_else(read)
}

/// # Safety
/// As write(2).
#[unsafe(no_mangle)]
unsafe extern "C" fn write(number: c_int, bytes: *const c_void, count: size_t) -> ssize_t {
    on_file(number, |opened, node, folder| {
        // SAFETY: the caller's bytes, as it gave them.
        let bytes = unsafe { slice_of(bytes, count) };
        // SAFETY: moves nothing.
        let place = unsafe { libc::lseek(number, 0, if opened.appends { libc::SEEK_END } else { libc::SEEK_CUR }) };
        write_watched(folder, node, bytes, place, |part| {
            // SAFETY: part of the caller's bytes.
            unsafe { libc::syscall(libc::SYS_write, number, part.as_ptr(), part.len()) as ssize_t }
        })
    })
    // SAFETY: the caller's bytes, as it gave them.
    .unwrap_or_else(|| unsafe { libc::syscall(libc::SYS_write, number, bytes, count) as ssize_t })
}

/// # Safety
/// As pwrite(2).
#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite64(number: c_int, bytes: *const c_void, count: size_t, at: off_t) -> ssize_t {
    on_file(number, |_, node, folder| {
        // SAFETY: the caller's bytes, as it gave them.
        let bytes = unsafe { slice_of(bytes, count) };
        write_watched(folder, node, bytes, at, |part| {
            // SAFETY: part of the caller's bytes.
            unsafe { libc::syscall(libc::SYS_pwrite64, number, part.as_ptr(), part.len(), at) as ssize_t }
        })
    })
    // SAFETY: the caller's bytes, as it gave them.
    .unwrap_or_else(|| unsafe { libc::syscall(libc::SYS_pwrite64, number, bytes, count, at) as ssize_t })
}

/// # Safety
/// As writev(2).
#[unsafe(no_mangle)]
unsafe extern "C" fn writev(number: c_int, pieces: *const iovec, count: c_int) -> ssize_t {
    let is_watched = on_opened(number, |_, _| ()).is_some();
    if !is_watched {
        // SAFETY: the caller's pieces, as it gave them.
        return unsafe { libc::syscall(libc::SYS_writev, number, pieces, count) as ssize_t };
    }
    let mut bytes = Vec::new();
    for index in 0..count as usize {
        // SAFETY: the caller says how many pieces there are, each of bytes that it may read.
        let piece = unsafe { &*pieces.add(index) };
        // SAFETY: as above.
        bytes.extend_from_slice(unsafe { slice_of(piece.iov_base, piece.iov_len) });
    }
    // SAFETY: bytes of our own.
    unsafe { write(number, bytes.as_ptr().cast(), bytes.len()) }
}

/// # Safety
/// As ftruncate(2).
#[unsafe(no_mangle)]
unsafe extern "C" fn ftruncate64(number: c_int, length: off_t) -> c_int {
    // SAFETY: numbers alone.
    let cut = || unsafe { libc::syscall(libc::SYS_ftruncate, number, length) } as c_int;
    on_file(number, |_, node, folder| {
        if let Err(code) = folder.check(Call::Cut) {
            return fail(code);
        }
        let result = cut();
        if result == 0 {
            folder.tree.change(node, Change::Cut { length: length as usize });
        }
        result
    })
    .unwrap_or_else(cut)
}

/// # Safety
/// As ftruncate(2).
#[unsafe(no_mangle)]
unsafe extern "C" fn ftruncate(number: c_int, length: off_t) -> c_int {
    // SAFETY: the same function, on systems whose files are large anyway.
    unsafe { ftruncate64(number, length) }
}

/// # Safety
/// As fsync(2).
#[unsafe(no_mangle)]
unsafe extern "C" fn fsync(number: c_int) -> c_int {
    // SAFETY: a number alone.
    sync(number).unwrap_or_else(|| unsafe { libc::syscall(libc::SYS_fsync, number) as c_int })
}

/// # Safety
/// As fdatasync(2).
#[unsafe(no_mangle)]
unsafe extern "C" fn fdatasync(number: c_int) -> c_int {
    // SAFETY: a number alone.
    sync(number).unwrap_or_else(|| unsafe { libc::syscall(libc::SYS_fdatasync, number) as c_int })
}

/// # Safety
/// As rename(2).
#[unsafe(no_mangle)]
unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    // SAFETY: the caller's paths, as it gave them.
    let rename = || unsafe { libc::syscall(libc::SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0) } as c_int;
    // SAFETY: the caller gives strings of C.
    let (source, target) = unsafe { (path_of(from), path_of(to)) };
    on_path(source, Call::Rename, rename, |folder| folder.tree.rename(source, target))
}

/// # Safety
/// As unlink(2).
#[unsafe(no_mangle)]
unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
    // SAFETY: the caller's path, as it gave it.
    let unlink = || unsafe { libc::syscall(libc::SYS_unlinkat, AT_FDCWD, path, 0) } as c_int;
    // SAFETY: the caller gives a string of C.
    let path = unsafe { path_of(path) };
    on_path(path, Call::Remove, unlink, |folder| folder.tree.remove(path))
}

/// # Safety
/// As mkdir(2).
#[unsafe(no_mangle)]
unsafe extern "C" fn mkdir(path: *const c_char, mode: mode_t) -> c_int {
    // SAFETY: the caller's path, as it gave it.
    let mkdir = || unsafe { libc::syscall(libc::SYS_mkdirat, AT_FDCWD, path, mode) } as c_int;
    // SAFETY: the caller gives a string of C.
    let path = unsafe { path_of(path) };
    on_path(path, Call::MakeFolder, mkdir, |folder| folder.tree.make_folder(path))
}

/// # Safety
/// `path` is a string of C that outlives the result.
unsafe fn path_of<'a>(path: *const c_char) -> &'a Path {
    // SAFETY: as above.
    Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(path) }.to_bytes()))
}

/// # Safety
/// `bytes` has `count` bytes and outlives the result.
unsafe fn slice_of<'a>(bytes: *const c_void, count: usize) -> &'a [u8] {
    if count == 0 {
        return &[];
    }
    // SAFETY: as above.
    unsafe { std::slice::from_raw_parts(bytes.cast(), count) }
}

/// Says why a call failed, where the caller looks, and gives what it then returns.
fn fail(code: i32) -> c_int {
    // SAFETY: the place is this thread's own.
    unsafe { *libc::__errno_location() = code };
    -1
}

/// `None` for a path that nobody watches. What was opened is remembered.
fn in_watched(
    path: &Path,
    open: impl FnOnce(&Path, usize, &mut Folder) -> Result<(c_int, Opened), c_int>,
) -> Option<c_int> {
    if !disk::is_any_watched() {
        return None;
    }
    let mut watched = disk::watched();
    let (id, folder) = watched.folder_of(path)?;
    match open(path, id, folder) {
        Ok((number, opened)) => {
            watched.opened.insert(number, opened);
            Some(number)
        }
        Err(result) => Some(result),
    }
}

/// Makes a call that changes names, and notes the change.
fn on_path(path: &Path, call: Call, make: impl Fn() -> c_int, note: impl FnOnce(&mut Folder)) -> c_int {
    if !disk::is_any_watched() {
        return make();
    }
    let mut watched = disk::watched();
    let Some((_, folder)) = watched.folder_of(path) else {
        drop(watched);
        return make();
    };
    if let Err(code) = folder.check(call) {
        return fail(code);
    }
    let result = make();
    if result == 0 {
        note(folder);
    }
    result
}

/// `None` for what nobody watches.
fn on_opened<T>(number: c_int, call: impl FnOnce(&Opened, &mut Folder) -> T) -> Option<T> {
    if !disk::is_any_watched() {
        return None;
    }
    let mut watched = disk::watched();
    let (opened, folder) = watched.opened(number)?;
    Some(call(&opened, folder))
}

fn on_file<T>(number: c_int, call: impl FnOnce(&Opened, Node, &mut Folder) -> T) -> Option<T> {
    on_opened(number, |opened, folder| match opened.what {
        Entry::File(node) => Some(call(opened, node, folder)),
        Entry::Folder => None,
    })
    .flatten()
}

fn write_watched(
    folder: &mut Folder,
    node: Node,
    bytes: &[u8],
    place: off_t,
    write: impl FnOnce(&[u8]) -> ssize_t,
) -> ssize_t {
    let part = match folder.check_write(bytes.len()) {
        Ok(count) => bytes.get(..count).unwrap_or(bytes),
        Err(code) => return fail(code) as ssize_t,
    };
    let written = write(part);
    if let (Ok(count), Ok(at)) = (usize::try_from(written), usize::try_from(place)) {
        let bytes = part.get(..count).unwrap_or(part).to_vec();
        folder.tree.change(node, Change::Write { at, bytes });
    }
    written
}

/// `None` for what nobody watches. What is watched is synced in the tree alone.
fn sync(number: c_int) -> Option<c_int> {
    on_opened(number, |opened, folder| {
        let checked = match opened.what {
            Entry::File(node) => folder.check_sync(node),
            Entry::Folder => folder.check(Call::SyncFolder),
        };
        match (checked, opened.what) {
            (Err(code), _) => return fail(code),
            (Ok(()), Entry::File(node)) => folder.tree.sync_file(node),
            (Ok(()), Entry::Folder) => folder.tree.sync_folder(&opened.path),
        }
        0
    })
}
