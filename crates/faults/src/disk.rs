//! Watched folders, and what is to go wrong in them.

use crate::tree::{Entry, Node, Tree};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A kind of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Of a file that is there.
    Open,
    /// Of a file that is not.
    Create,
    /// Of bytes.
    Read,
    /// Of bytes.
    Write,
    /// Making a file shorter or longer.
    Cut,
    /// Of a file.
    Sync,
    /// Of the names in a folder.
    SyncFolder,
    /// Of a file.
    Rename,
    /// Of a file.
    Remove,
    /// Of one folder.
    MakeFolder,
}

impl Call {
    /// Whether the disk is another afterwards, or another part of it is there for certain.
    pub fn changes(self) -> bool {
        !matches!(self, Self::Open | Self::Read)
    }
}

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// `EIO`, any call.
    Broken,
    /// `ENOSPC`, what takes room. Of a write, half is done first.
    Full,
    /// `EMFILE`, what opens.
    Crowded,
    /// Any change, and every call after it: the machine is off, or the process is no more.
    Gone,
}

impl Failure {
    fn can_happen_to(self, call: Call) -> bool {
        match self {
            Self::Broken => true,
            Self::Full => matches!(call, Call::Create | Call::Write | Call::MakeFolder | Call::Rename | Call::Sync),
            Self::Crowded => matches!(call, Call::Open | Call::Create),
            Self::Gone => call.changes(),
        }
    }

    fn code(self) -> i32 {
        match self {
            Self::Broken | Self::Gone => libc::EIO,
            Self::Full => libc::ENOSPC,
            Self::Crowded => libc::EMFILE,
        }
    }
}

/// What becomes of what was not synced.
pub enum Loss<'a> {
    /// It stays: the process was killed, the machine was not.
    None,
    /// It is lost.
    All,
    /// Some of it is lost. The function gives any number from 0 to n - 1, and so says what.
    Some(&'a mut dyn FnMut(usize) -> usize),
}

/// A watched folder. No longer watched when dropped; what still has files open in it then goes on undisturbed.
#[derive(Debug)]
pub struct Disk {
    id: usize,
    root: PathBuf,
}

impl Disk {
    /// Watches a folder from now on. Nothing in it may be open. Whatever is in it is on the disk for certain.
    pub fn watch(root: &Path) -> io::Result<Self> {
        let root = root.canonicalize()?;
        let folder = Folder {
            tree: Tree::read(&root)?,
            root: root.clone(),
            plan: None,
            broken: Vec::new(),
            failed: None,
            is_gone: false,
        };
        let mut watched = watched();
        watched.newest += 1;
        let id = watched.newest;
        watched.folders.insert(id, folder);
        WATCHED_FOLDERS.store(watched.folders.len(), Ordering::SeqCst);
        Ok(Self { id, root })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Lets the `number`-th call from now on fail, of those to which that can happen; the first is 1.
    pub fn fail(&self, number: usize, how: Failure) {
        self.set(Some(Plan { left: number, how, is_half_done: false }));
    }

    /// Lets every call of these kinds fail, until the disk is mended: `EIO`.
    pub fn fail_every(&self, calls: &[Call]) {
        if let Some(folder) = watched().folders.get_mut(&self.id) {
            folder.broken = calls.to_vec();
        }
    }

    /// Nothing more is to fail. Which call has, if one did; the last of several.
    pub fn mend(&self) -> Option<Call> {
        self.fail_every(&[]);
        self.set(None)
    }

    fn set(&self, plan: Option<Plan>) -> Option<Call> {
        let mut watched = watched();
        let folder = watched.folders.get_mut(&self.id)?;
        folder.plan = plan;
        folder.failed.take()
    }

    /// Ends everything that goes on in the folder: each call fails from now on. What is left is written to `into`, a folder that is there and
    /// empty, which is what is watched then.
    pub fn lose_power(&mut self, loss: Loss<'_>, into: &Path) -> io::Result<()> {
        let mut tree = self.end()?;
        match loss {
            Loss::None => tree.sync_all(),
            Loss::All => {}
            Loss::Some(below) => tree.sync_some(below),
        }
        tree.write(&self.root, into)?;
        let before = std::mem::replace(self, Self::watch(into)?);
        // Still watched, because threads of what was there may not have noticed yet.
        std::mem::forget(before);
        Ok(())
    }

    fn end(&self) -> io::Result<Tree> {
        let mut watched = watched();
        let folder = watched.folders.get_mut(&self.id).ok_or(io::ErrorKind::NotFound)?;
        folder.is_gone = true;
        Ok(std::mem::take(&mut folder.tree))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let mut watched = watched();
        watched.folders.remove(&self.id);
        WATCHED_FOLDERS.store(watched.folders.len(), Ordering::SeqCst);
    }
}

/// What is to go wrong.
#[derive(Debug)]
struct Plan {
    left: usize,
    how: Failure,
    /// Whether a write has already done half of what it was asked for.
    is_half_done: bool,
}

/// A watched folder.
pub(crate) struct Folder {
    root: PathBuf,
    pub(crate) tree: Tree,
    plan: Option<Plan>,
    /// Kinds of calls that all fail.
    broken: Vec<Call>,
    failed: Option<Call>,
    is_gone: bool,
}

impl Folder {
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// How the call is to fail, if it is.
    fn judge(&mut self, call: Call) -> Option<Failure> {
        if self.is_gone {
            return Some(Failure::Gone);
        }
        if self.broken.contains(&call) {
            self.failed = Some(call);
            return Some(Failure::Broken);
        }
        let plan = self.plan.as_mut().filter(|plan| plan.how.can_happen_to(call))?;
        plan.left -= 1;
        if plan.left > 0 {
            return None;
        }
        let how = plan.how;
        self.plan = None;
        self.failed = Some(call);
        self.is_gone = how == Failure::Gone;
        Some(how)
    }

    /// The code of the error with which the call is to fail.
    pub(crate) fn check(&mut self, call: Call) -> Result<(), i32> {
        self.judge(call).map_or(Ok(()), |how| Err(how.code()))
    }

    /// How many of `count` bytes are to be written: on a full disk fewer, and the next write then fails. Or the code of the error.
    pub(crate) fn check_write(&mut self, count: usize) -> Result<usize, i32> {
        let is_half_done = self.plan.as_ref().is_some_and(|plan| plan.is_half_done);
        match self.judge(Call::Write) {
            None => Ok(count),
            Some(Failure::Full) if count > 1 && !is_half_done => {
                self.plan = Some(Plan { left: 1, how: Failure::Full, is_half_done: true });
                Ok(count / 2)
            }
            Some(how) => Err(how.code()),
        }
    }

    /// As [`Folder::check`], of a sync of a file.
    pub(crate) fn check_sync(&mut self, node: Node) -> Result<(), i32> {
        let checked = self.check(Call::Sync);
        if checked.is_err() && !self.is_gone {
            self.tree.fail_to_sync_file(node);
        }
        checked
    }
}

/// A file or a folder that is open.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    pub(crate) folder: usize,
    pub(crate) what: Entry,
    pub(crate) path: PathBuf,
    pub(crate) appends: bool,
}

/// Everything that is watched, by all tests of this process.
pub(crate) struct Watched {
    newest: usize,
    pub(crate) folders: BTreeMap<usize, Folder>,
    pub(crate) opened: BTreeMap<i32, Opened>,
}

static WATCHED: Mutex<Watched> = Mutex::new(Watched { newest: 0, folders: BTreeMap::new(), opened: BTreeMap::new() });
static WATCHED_FOLDERS: AtomicUsize = AtomicUsize::new(0);

/// Held while a call is made to what is watched, so that the tree has changes in the order of the disk. Nothing that is done meanwhile may
/// print, or panic.
pub(crate) fn watched() -> MutexGuard<'static, Watched> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether there is anything to look after.
pub(crate) fn is_any_watched() -> bool {
    WATCHED_FOLDERS.load(Ordering::SeqCst) > 0
}

impl Watched {
    /// The watched folder in which the path lies.
    pub(crate) fn folder_of(&mut self, path: &Path) -> Option<(usize, &mut Folder)> {
        let found = self.folders.iter_mut().find(|(_, folder)| path.starts_with(&folder.root));
        found.map(|(id, folder)| (*id, folder))
    }

    /// What is open under that number, if it lies in a folder that is still watched.
    pub(crate) fn opened(&mut self, number: i32) -> Option<(Opened, &mut Folder)> {
        let opened = self.opened.get(&number)?.clone();
        let folder = self.folders.get_mut(&opened.folder)?;
        Some((opened, folder))
    }
}
