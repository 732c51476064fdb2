//! Blobs that are removed: their gates are entered, the metadata is asked once more, and then the files go.

use crate::gates::Alone;
use crate::store::Inner;
use crate::upload::in_background;
use crate::{Error, Store};
use model::digest::Digest;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use tokio::sync::oneshot;

/// Blobs that nobody can begin to count on until this is dropped.
#[derive(Debug)]
pub struct Removal {
    store: Store,
    gates: Alone,
    digests: Vec<Digest>,
    busy: usize,
}

/// What became of files that were to go.
#[derive(Debug, Default)]
pub struct Removed {
    /// How many went.
    pub files: u64,
    /// How many bytes they had.
    pub bytes: u64,
    /// Those that the disk keeps, and why.
    pub failed: Vec<(PathBuf, io::Error)>,
}

impl Removal {
    pub(crate) async fn begin(store: Store, digests: Vec<Digest>) -> Result<Self, Error> {
        in_background(move || {
            let gates = Alone::enter(&store.inner, digests.iter())?;
            let asked = digests.len();
            let digests: Vec<_> = digests.into_iter().filter(|digest| gates.holds(&store.inner, digest)).collect();
            let busy = asked - digests.len();
            Ok(Self { store, gates, digests, busy })
        })
        .await
    }

    /// Those that may be removed now, if nothing needs them.
    pub fn digests(&self) -> &[Digest] {
        &self.digests
    }

    /// Whether this one may be removed now.
    pub fn holds(&self, digest: &Digest) -> bool {
        self.gates.holds(&self.store.inner, digest)
    }

    /// How many may not, because somebody keeps a blob behind the same gate: they wait for another time.
    pub fn busy(&self) -> usize {
        self.busy
    }

    /// Removes these, which are some of [`Removal::digests`], from the disk; what is not there is passed over. Goes
    /// on to its end, also behind one that cannot be removed, and when nobody waits for it any more.
    pub async fn remove(self, digests: Vec<Digest>) -> Result<Removed, Error> {
        let (tell, told) = oneshot::channel();
        let work = move || {
            let Self { store, gates, .. } = self;
            let mut removed = Removed::default();
            for digest in digests.iter().filter(|digest| gates.holds(&store.inner, digest)) {
                remove(&store.inner, digest, &mut removed);
            }
            drop(gates);
            // Nobody may wait for it any more.
            let _ = tell.send(removed);
        };
        // Not on the runtime's threads for what blocks: all of them may be waiting in `gates::enter`, for these very gates.
        thread::Builder::new().name("blob removal".to_owned()).spawn(work)?;
        told.await.map_err(|error| Error::Io(io::Error::other(error)))
    }
}

/// Not synced: a file that comes back after a loss of power is one that nobody needs, and is found again.
fn remove(store: &Arc<Inner>, digest: &Digest, removed: &mut Removed) {
    let path = store.paths.blob(digest);
    match fs::metadata(&path).and_then(|about| fs::remove_file(&path).map(|()| about.len())) {
        Ok(bytes) => {
            removed.files += 1;
            removed.bytes += bytes;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => removed.failed.push((path, error)),
    }
}
