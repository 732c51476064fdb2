//! Long-running operations of the management plane: each is over when its answer leaves (decision 0005), and is kept for a day
//! for those who ask how it ended.

use crate::{Error, Service, limits};
use metadata::{Writing, operations};
use model::operation_path::OperationPath;
use model::timestamp::Timestamp;

impl Service {
    /// The same service, whose changes are recorded under `path`, each in its own transaction: a change that is refused or undone
    /// leaves no record, and one that is answered always has one.
    #[must_use]
    pub fn recording(&self, path: OperationPath) -> Self {
        Self { operation: Some(path), ..self.clone() }
    }

    /// Whether a change was recorded under `path` within [`limits::OPERATION_KEPT`], by whatever process.
    pub async fn is_operation_done(&self, path: &OperationPath) -> Result<bool, Error> {
        let (path, horizon) = (path.clone(), horizon(self.inner.clock.now()));
        Ok(self.inner.metadata.read(move |tx| operations::is_recorded(tx, &path, horizon)).await?)
    }
}

/// Records an operation, and takes old ones away in passing: more than it adds, so that they get fewer.
pub(crate) fn record(tx: &Writing<'_>, path: &OperationPath, now: Timestamp) -> Result<(), Error> {
    operations::record(tx, path, now)?;
    operations::clear(tx, horizon(now), limits::OPERATIONS_CLEARED)?;
    Ok(())
}

fn horizon(now: Timestamp) -> Timestamp {
    now.minus(limits::OPERATION_KEPT)
}
