//! What runs beside the requests for as long as the server serves.

use crate::limits;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use tokio::task::JoinSet;

/// Tasks that end with this value.
pub(crate) struct Background(JoinSet<()>);

impl Background {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self(JoinSet::new())
    }

    /// Begins a task, and begins it anew a little later when it panics, which is a bug. Without it the server would go on, and would miss what other
    /// processes revoke, or leave no more entries in the audit log.
    pub(crate) fn spawn<F>(&mut self, task: impl Fn() -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send,
    {
        self.0.spawn(async move {
            while AssertUnwindSafe(task()).catch_unwind().await.is_err() {
                tracing::error!("a task of the server panicked; it begins anew");
                tokio::time::sleep(limits::BACKGROUND_PAUSE).await;
            }
        });
    }

    /// Ends them all.
    pub(crate) async fn end(mut self) {
        self.0.shutdown().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::sync::Notify;

    #[tokio::test(start_paused = true)]
    async fn a_task_that_panics_begins_anew() {
        let (began, done) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
        let mut background = Background::new();
        let (count, notify) = (Arc::clone(&began), Arc::clone(&done));
        background.spawn(move || {
            let (count, notify) = (Arc::clone(&count), Arc::clone(&notify));
            async move {
                assert!(count.fetch_add(1, Ordering::SeqCst) == 2, "a bug in the task");
                notify.notify_one();
            }
        });
        done.notified().await;
        background.end().await;
        assert_eq!(began.load(Ordering::SeqCst), 3);
    }
}
