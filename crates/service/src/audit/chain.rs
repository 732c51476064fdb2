//! Adding to the log. The transaction holds the write lock of the data folder, so all its processes share one chain.

use super::line;
use crate::Error;
use metadata::{Writing, audit};
use model::audit::Entry;

/// Adds entries behind the last one.
pub(super) fn add(tx: &Writing<'_>, entries: impl IntoIterator<Item = Entry>) -> Result<(), Error> {
    let mut head = audit::head(tx)?;
    for entry in entries {
        let entry = entry.bounded();
        let link = line::link(&entry, &head)?;
        audit::add(tx, &entry, &head, &link)?;
        head = link;
    }
    Ok(())
}
