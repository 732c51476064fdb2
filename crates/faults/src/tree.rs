//! What is on the disk for certain, and what is only on its way there.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// A file, whatever its names are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Node(u64);

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    Folder,
    File(Node),
}

/// A change of a file that was not synced yet.
#[derive(Debug)]
pub(crate) enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Cut { length: usize },
}

/// A change of names in one folder, made in one call, that was not synced yet. `None` takes a name away.
#[derive(Debug)]
struct Naming {
    folder: PathBuf,
    names: Vec<(PathBuf, Option<Entry>)>,
}

#[derive(Debug, Default)]
struct Contents {
    synced: Vec<u8>,
    pending: Vec<Change>,
}

/// A folder and everything in it. Paths are absolute.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    nodes: u64,
    /// What the process sees.
    current: HashMap<PathBuf, Entry>,
    synced: BTreeMap<PathBuf, Entry>,
    /// In the order in which they were made.
    pending: Vec<Naming>,
    contents: HashMap<Node, Contents>,
}

impl Tree {
    /// What is in the folder now is on the disk for certain.
    pub(crate) fn read(root: &Path) -> io::Result<Self> {
        let mut tree = Self::default();
        tree.settle(root, Entry::Folder);
        tree.read_folder(root)?;
        Ok(tree)
    }

    fn read_folder(&mut self, folder: &Path) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                self.settle(&path, Entry::Folder);
                self.read_folder(&path)?;
            } else {
                let node = self.new_node();
                self.contents.insert(node, Contents { synced: fs::read(&path)?, pending: Vec::new() });
                self.settle(&path, Entry::File(node));
            }
        }
        Ok(())
    }

    fn settle(&mut self, path: &Path, entry: Entry) {
        self.current.insert(path.to_owned(), entry);
        self.synced.insert(path.to_owned(), entry);
    }

    fn new_node(&mut self) -> Node {
        self.nodes += 1;
        Node(self.nodes)
    }

    pub(crate) fn find(&self, path: &Path) -> Option<Entry> {
        self.current.get(path).copied()
    }

    /// A new file, which is empty.
    pub(crate) fn create(&mut self, path: &Path) -> Node {
        let node = self.new_node();
        self.contents.insert(node, Contents::default());
        self.name(vec![(path.to_owned(), Some(Entry::File(node)))]);
        node
    }

    pub(crate) fn make_folder(&mut self, path: &Path) {
        self.name(vec![(path.to_owned(), Some(Entry::Folder))]);
    }

    pub(crate) fn remove(&mut self, path: &Path) {
        self.name(vec![(path.to_owned(), None)]);
    }

    /// Within one folder both names change at once. Of two folders, either may be synced without the other.
    pub(crate) fn rename(&mut self, from: &Path, to: &Path) {
        let entry = self.find(from);
        let (came, went) = ((to.to_owned(), entry), (from.to_owned(), None));
        if from.parent() == to.parent() {
            self.name(vec![came, went]);
        } else {
            self.name(vec![came]);
            self.name(vec![went]);
        }
    }

    fn name(&mut self, names: Vec<(PathBuf, Option<Entry>)>) {
        let Some(folder) = names.first().and_then(|(path, _)| path.parent()).map(Path::to_owned) else { return };
        for (path, entry) in &names {
            match entry {
                Some(entry) => self.current.insert(path.clone(), *entry),
                None => self.current.remove(path),
            };
        }
        self.pending.push(Naming { folder, names });
    }

    pub(crate) fn change(&mut self, node: Node, change: Change) {
        self.contents.entry(node).or_default().pending.push(change);
    }

    pub(crate) fn sync_file(&mut self, node: Node) {
        let contents = self.contents.entry(node).or_default();
        for change in std::mem::take(&mut contents.pending) {
            apply(&mut contents.synced, &change);
        }
    }

    /// Linux takes the pages for written when a sync has failed: the next one, which succeeds, does not write them again
    /// (fsync(2); "Can Applications Recover from fsync Failures?", ATC 2020). The process still sees them.
    pub(crate) fn fail_to_sync_file(&mut self, node: Node) {
        self.contents.entry(node).or_default().pending.clear();
    }

    pub(crate) fn sync_folder(&mut self, folder: &Path) {
        for Naming { names, .. } in self.pending.extract_if(.., |naming| naming.folder == folder) {
            name_for_certain(&mut self.synced, names);
        }
    }

    /// Everything reaches the disk, as when the process alone is killed.
    pub(crate) fn sync_all(&mut self) {
        for Naming { names, .. } in self.pending.drain(..) {
            name_for_certain(&mut self.synced, names);
        }
        for node in self.contents.keys().copied().collect::<Vec<_>>() {
            self.sync_file(node);
        }
    }

    /// Of what was not synced, some reaches the disk: of the names of a folder the first few, of the changes of a file any, the last of
    /// them perhaps in part. `below(n)` says which: any number from 0 to n - 1.
    pub(crate) fn sync_some(&mut self, below: &mut dyn FnMut(usize) -> usize) {
        let mut folders: Vec<PathBuf> = self.pending.iter().map(|naming| naming.folder.clone()).collect();
        folders.sort_unstable();
        folders.dedup();
        for folder in folders {
            let of_folder = self.pending.extract_if(.., |naming| naming.folder == folder).collect::<Vec<_>>();
            let kept = below(of_folder.len() + 1);
            of_folder.into_iter().take(kept).for_each(|naming| name_for_certain(&mut self.synced, naming.names));
        }
        let mut nodes: Vec<Node> = self.contents.keys().copied().collect();
        nodes.sort_unstable();
        for node in nodes {
            let contents = self.contents.entry(node).or_default();
            let pending = std::mem::take(&mut contents.pending);
            let how = below(4);
            let first = below(pending.len() + 1);
            let is_kept = |index: usize, below: &mut dyn FnMut(usize) -> usize| match how {
                0 => false,
                1 => index < first,
                2 => below(2) == 0,
                _ => true,
            };
            let mut kept: Vec<Change> =
                pending.into_iter().enumerate().filter_map(|(i, change)| is_kept(i, below).then_some(change)).collect();
            if let Some(Change::Write { bytes, .. }) = kept.last_mut() {
                bytes.truncate(below(bytes.len()) + 1);
            }
            kept.iter().for_each(|change| apply(&mut contents.synced, change));
        }
    }

    /// Writes what is on the disk for certain into a folder that is there and empty.
    pub(crate) fn write(&self, root: &Path, into: &Path) -> io::Result<()> {
        for (path, entry) in &self.synced {
            let Ok(name) = path.strip_prefix(root) else { continue };
            let (target, is_root) = (into.join(name), name.as_os_str() == OsStr::new(""));
            // A name in a folder whose own name was lost is lost with it.
            if is_root || !target.parent().is_some_and(Path::is_dir) {
                continue;
            }
            match entry {
                Entry::Folder => private_folder().create(target)?,
                Entry::File(node) => write_private(&target, self.contents.get(node).map_or(&[], |it| &*it.synced))?,
            }
        }
        Ok(())
    }
}

fn private_folder() -> fs::DirBuilder {
    let mut builder = fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    io::Write::write_all(&mut options.write(true).create_new(true).open(path)?, bytes)
}

fn name_for_certain(synced: &mut BTreeMap<PathBuf, Entry>, names: Vec<(PathBuf, Option<Entry>)>) {
    for (path, entry) in names {
        match entry {
            Some(entry) => synced.insert(path, entry),
            None => synced.remove(&path),
        };
    }
}

fn apply(synced: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Cut { length } => synced.resize(*length, 0),
        Change::Write { at, bytes } => {
            let end = at + bytes.len();
            if synced.len() < end {
                synced.resize(end, 0);
            }
            if let Some(place) = synced.get_mut(*at..end) {
                place.copy_from_slice(bytes);
            }
        }
    }
}
