//! The log as a whole: what waits is written, entries are listed, old ones are taken away.

use super::{chain, line};
use crate::{Error, Service, limits};
use metadata::{Writing, audit};
use model::audit::{End, Entry, Link, Outcome, Query, actions};
use model::timestamp::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// What a site wants of its audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditSettings {
    /// Whether reads have entries too.
    pub reads: bool,
    /// How long an entry is kept at most.
    pub kept: Duration,
    /// How many entries are kept at most.
    pub entries_max: u64,
}

impl Default for AuditSettings {
    fn default() -> Self {
        Self { reads: false, kept: limits::AUDIT_KEPT, entries_max: limits::AUDIT_ENTRIES }
    }
}

/// Part of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLines {
    /// Each a JSON object as docs/audit.md describes it, in the order of the chain.
    pub lines: Vec<String>,
    /// Behind which place the next part begins; `None` for the last.
    pub next: Option<i64>,
}

impl Service {
    /// Writes the entries that wait, with the counts of those whose minute is over. The server calls it several times a second.
    ///
    /// Errors: `StorageFull`, `Internal`. The entries wait on.
    pub async fn flush_audit(&self) -> Result<(), Error> {
        self.inner.audit.close_windows(self.inner.clock.now());
        self.write_waiting().await
    }

    /// Writes everything, as at the end of the process. Errors: as of [`Service::flush_audit`].
    pub async fn close_audit(&self) -> Result<(), Error> {
        self.inner.audit.close_all_windows();
        self.write_waiting().await
    }

    async fn write_waiting(&self) -> Result<(), Error> {
        // No more than what waited when it began: at a busy server something always comes meanwhile.
        for _ in 0..self.inner.audit.len().div_ceil(limits::AUDIT_WRITTEN_AT_ONCE).max(1) {
            let service = self.clone();
            // Whoever asked may be gone before it is done. What was taken is written then too, or put back.
            tokio::spawn(async move { service.write_some().await }).await.map_err(Error::internal)??;
        }
        Ok(())
    }

    async fn write_some(&self) -> Result<(), Error> {
        // In the order in which they came, and never done before what others have taken is written.
        let _turn = self.inner.audit_writing.lock().await;
        let entries = self.inner.audit.take(self.inner.clock.now());
        if entries.is_empty() {
            return Ok(());
        }
        let kept = entries.clone();
        let written = self.inner.metadata.write(move |tx| chain::add(tx, kept)).await;
        written.inspect_err(|_| self.inner.audit.put_back(entries))
    }

    /// At most `items_max` entries that match, and no more than [`limits::PAGE_ITEMS_MAX`]. What waits is written before.
    pub async fn list_audit(&self, query: Query, end: End, items_max: usize) -> Result<AuditLines, Error> {
        if let Err(error) = self.flush_audit().await {
            // A full disk must not keep anybody from reading what is there.
            let cause: &dyn std::error::Error = &error;
            tracing::error!(cause, "entries of the audit log wait: {error}");
        }
        let limit = items_max.clamp(1, limits::PAGE_ITEMS_MAX);
        // What matches little is looked for through the whole log, which must not keep every reader from pulls and sign-ins.
        let turn = Arc::clone(&self.inner.audit_reading).lock_owned().await;
        let listed = self.inner.metadata.read(move |tx| {
            let _turn = turn;
            Ok::<_, Error>(audit::list(tx, &query, end, limit)?)
        });
        let listed = listed.await?;
        let full = end == End::First && listed.len() == limit;
        let next = listed.last().filter(|_| full).map(|kept| kept.seq);
        Ok(AuditLines { lines: listed.iter().map(line::line).collect::<Result<_, _>>()?, next })
    }

    /// Takes away entries that are too old or too many, a bounded number at a time, and leaves an entry that says so. Whether any were.
    pub async fn prune_audit(&self) -> Result<bool, Error> {
        let (settings, now) = (self.inner.audit_settings, self.inner.clock.now());
        self.inner.metadata.write(move |tx| prune(tx, settings, now)).await
    }
}

fn prune(tx: &Writing<'_>, settings: AuditSettings, now: Timestamp) -> Result<bool, Error> {
    let (head, Some((first, first_at))) = (audit::head(tx)?, audit::oldest(tx)?) else { return Ok(false) };
    // Some more than must go, so that the entries that say it stay few.
    let entries_max = i64::try_from(settings.entries_max).unwrap_or(i64::MAX);
    let is_full = head.seq - first >= entries_max;
    let too_many = if is_full { head.seq + 1 - (entries_max - entries_max / 100) } else { 0 };
    let horizon = now.minus(settings.kept);
    let too_old = if first_at < horizon.minus(limits::AUDIT_PRUNED_EVERY) {
        audit::first_not_before(tx, horizon)?.unwrap_or(head.seq) - 1
    } else {
        0
    };
    // The last entry stays, because the next one follows it.
    let through = too_many.max(too_old).min(first - 1 + limits::AUDIT_PRUNED_AT_ONCE).min(head.seq - 1);
    if through < first {
        return Ok(false);
    }
    let last = audit::find_link(tx, through)?.unwrap_or(Link::START);
    let count = audit::prune(tx, through)?;
    let entry = Entry {
        target: Some(last.to_string()),
        rule: Some(if too_many >= too_old { "too many entries" } else { "older than is wanted" }.to_owned()),
        detail: Some(format!("{count} entries")),
        ..Entry::new(now, Outcome::Allowed, actions::PRUNE)
    };
    chain::add(tx, [entry])?;
    Ok(true)
}
