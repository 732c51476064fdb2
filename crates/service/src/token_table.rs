//! What sign-ins are judged by, in memory (decision D5): tokens by name, by certificate and by key, registries by name.
//!
//! It follows the database by forgetting: everything, as soon as this process has changed any of it, and as soon as it sees that
//! another process has. What is not remembered is read again.

use crate::{Error, limits};
use metadata::{Reading, Store};
use model::arm_name::{RegistryName, TokenName};
use model::certificate::Fingerprint;
use model::registry::{Registry, RegistryKey};
use model::token::{TokenFacts, TokenKey};
use quick_cache::sync::Cache;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::time::Instant;

/// How a request names a token.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum WhichToken {
    /// By the user name of a sign-in.
    Name(RegistryKey, TokenName),
    /// The admin user, by the registry's name.
    Admin(RegistryKey),
    /// A service principal, by its object id.
    Principal(RegistryKey, Box<str>),
    /// By a certificate of its own.
    Certificate(RegistryKey, Fingerprint),
    /// By the key that a bearer carries.
    Key(TokenKey),
}

/// How a request names a registry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum WhichRegistry {
    /// By name, in whatever resource group.
    Name(RegistryName),
    /// Not at all: the only one there is.
    Only,
}

/// The table. What is not there is remembered too, so that an unknown name costs what a known one does.
pub(crate) struct TokenTable {
    state: RwLock<State>,
    tokens: Cache<WhichToken, Option<Arc<TokenFacts>>>,
    registries: Cache<WhichRegistry, Option<Arc<Registry>>>,
}

#[derive(Default)]
struct State {
    /// How often everything was forgotten. What was read before the last time may be out of date and is not remembered.
    epoch: u64,
    /// The version of the database when another process was last looked for.
    version: Option<i64>,
    /// When that was.
    followed_at: Option<Instant>,
}

impl TokenTable {
    pub(crate) fn new() -> Self {
        Self {
            state: RwLock::default(),
            tokens: Cache::new(limits::TOKENS_REMEMBERED),
            registries: Cache::new(limits::REGISTRIES_REMEMBERED),
        }
    }

    /// The facts of a token; `None` when there is none of that name or key.
    pub(crate) async fn token(&self, store: &Store, which: WhichToken) -> Result<Option<Arc<TokenFacts>>, Error> {
        self.find(&self.tokens, store, which, |tx, which| match which {
            WhichToken::Name(registry, name) => metadata::tokens::find_facts(tx, *registry, name),
            WhichToken::Admin(registry) => metadata::admin_user::find_facts(tx, *registry),
            WhichToken::Principal(registry, object_id) => {
                metadata::principal_users::find_facts(tx, *registry, object_id)
            }
            WhichToken::Certificate(registry, fingerprint) => {
                metadata::tokens::find_facts_by_certificate(tx, *registry, fingerprint)
            }
            WhichToken::Key(key) => metadata::tokens::find_facts_by_key(tx, *key),
        })
        .await
    }

    /// A registry; `None` when there is none of that name, or not exactly one.
    pub(crate) async fn registry(&self, store: &Store, which: WhichRegistry) -> Result<Option<Arc<Registry>>, Error> {
        self.find(&self.registries, store, which, |tx, which| match which {
            WhichRegistry::Name(name) => metadata::registries::find(tx, name),
            WhichRegistry::Only => metadata::registries::find_only(tx),
        })
        .await
    }

    /// Forgets everything: this process has changed some of it.
    pub(crate) fn forget(&self) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        self.forget_with(&mut state);
    }

    /// Forgets everything when `version` is not the one of the last call, or is `None`: what cannot be asked may have changed.
    pub(crate) fn follow(&self, version: Option<i64>) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if version.is_none() || state.version != version {
            state.version = version;
            self.forget_with(&mut state);
        }
        state.followed_at = Some(Instant::now());
    }

    /// Whether other processes' changes have not been taken in for as long as a revocation may take: this one was stopped, or is starved. Then
    /// nothing is believed that was read before. A process that never takes them in believes itself.
    fn is_behind(&self) -> bool {
        let followed_at = self.state.read().unwrap_or_else(PoisonError::into_inner).followed_at;
        followed_at.is_some_and(|at| at.elapsed() > limits::REVOKED_WITHIN)
    }

    fn forget_with(&self, state: &mut State) {
        state.epoch += 1;
        self.tokens.clear();
        self.registries.clear();
    }

    async fn find<K, V>(
        &self,
        cache: &Cache<K, Option<Arc<V>>>,
        store: &Store,
        which: K,
        read: fn(&Reading<'_>, &K) -> Result<Option<V>, metadata::Error>,
    ) -> Result<Option<Arc<V>>, Error>
    where
        K: Clone + Eq + Hash + Send + 'static,
        V: Send + Sync + 'static,
    {
        if let Some(known) = cache.get(&which).filter(|_| !self.is_behind()) {
            return Ok(known);
        }
        let epoch = self.epoch();
        let asked = which.clone();
        let found = store.read_few(move |tx| read(tx, &asked)).await?.map(Arc::new);
        self.remember(cache, epoch, which, found.clone());
        Ok(found)
    }

    fn epoch(&self) -> u64 {
        self.state.read().unwrap_or_else(PoisonError::into_inner).epoch
    }

    /// Remembers what was read since `epoch` began. The lock is held over both steps, so that nothing is forgotten between them.
    fn remember<K: Eq + Hash, V>(&self, cache: &Cache<K, Option<Arc<V>>>, epoch: u64, which: K, found: Option<Arc<V>>) {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        if state.epoch == epoch {
            cache.insert(which, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    const WHICH: WhichToken = WhichToken::Key(TokenKey(1));

    #[test]
    fn what_was_read_before_a_change_is_not_remembered_after_it() {
        let table = TokenTable::new();
        let before = table.epoch();
        table.forget();
        table.remember(&table.tokens, before, WHICH, None);
        assert!(table.tokens.get(&WHICH).is_none());
        table.remember(&table.tokens, table.epoch(), WHICH, None);
        assert!(table.tokens.get(&WHICH).is_some());
    }

    #[test]
    fn only_another_version_makes_it_forget() {
        let table = TokenTable::new();
        table.follow(Some(1));
        table.remember(&table.tokens, table.epoch(), WHICH, None);
        table.follow(Some(1));
        assert!(table.tokens.get(&WHICH).is_some());
        table.follow(Some(2));
        assert!(table.tokens.get(&WHICH).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_believed_after_a_pause() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let store = Store::open(&folder.path().join("metadata.sqlite3"), metadata::Stay::Brief)?;
        let table = TokenTable::new();
        static READ: AtomicU32 = AtomicU32::new(0);
        let find = async || {
            let counted = |_: &Reading<'_>, _: &WhichToken| {
                READ.fetch_add(1, Ordering::SeqCst);
                Ok(None)
            };
            table.find(&table.tokens, &store, WHICH, counted).await
        };
        table.follow(Some(1));
        for (pause, expected) in [(0, 1), (0, 1), (900, 1), (200, 2), (0, 3)] {
            tokio::time::advance(Duration::from_millis(pause)).await;
            find().await?;
            assert_eq!(READ.load(Ordering::SeqCst), expected);
        }
        table.follow(Some(1));
        find().await?;
        assert_eq!(READ.load(Ordering::SeqCst), 3, "what was read meanwhile is believed again");
        Ok(())
    }

    #[test]
    fn a_database_that_does_not_answer_is_not_trusted_to_be_as_it_was() {
        let table = TokenTable::new();
        for _ in 0..2 {
            table.remember(&table.tokens, table.epoch(), WHICH, None);
            table.follow(None);
            assert!(table.tokens.get(&WHICH).is_none());
        }
    }
}
