//! The keys of one issuer, as far as they are known: fetched when first needed, one fetch at a time.
//!
//! Tokens come from strangers, so no token decides what is fetched, nor how often: unknown key ids cause one fetch an interval, however
//! many there are.

use super::documents::{DocumentError, DocumentRequest, IssuerDocuments};
use super::keys::{InvalidKeySet, KeyRefusal, KeySet};
use super::token::UnverifiedToken;
use super::{KeySource, TrustedIssuer};
use crate::{Clock, limits};
use model::issuer::url::{InvalidIssuerUrl, IssuerUrl};
use model::timestamp::Timestamp;
use serde::Deserialize;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OwnedMutexGuard;

/// Where keys are had from.
#[derive(Clone)]
pub(super) struct Outside {
    pub(super) documents: Arc<dyn IssuerDocuments>,
    pub(super) clock: Arc<dyn Clock>,
}

/// What is known of an issuer's keys.
pub(super) struct KeyCache {
    issuer: TrustedIssuer,
    outside: Outside,
    known: Mutex<Known>,
    /// Held by whoever fetches.
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Clone, Default)]
struct Known {
    fetched: Option<Arc<Fetched>>,
    tried_at: Option<Timestamp>,
}

struct Fetched {
    keys: KeySet,
    at: Timestamp,
    fresh_until: Timestamp,
}

/// What the known keys say of a token.
enum Verdict {
    /// The issuer has said recently what its keys are.
    Fresh(Result<(), KeyRefusal>),
    /// It has not, but the key is known.
    Stale(Result<(), KeyRefusal>),
    /// The key is not known, or has not been confirmed for too long.
    Unknown,
}

/// Why an issuer's keys could not be had. For the log.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("{0}: {1}")]
    Document(IssuerUrl, #[source] DocumentError),
    #[error("{0} is no discovery document: it needs `issuer` and `jwks_uri`")]
    NoDiscovery(IssuerUrl),
    #[error("{0} is the discovery document of another issuer")]
    OtherIssuer(IssuerUrl),
    #[error("{0} names no usable jwks_uri: {1}")]
    Location(IssuerUrl, #[source] InvalidIssuerUrl),
    #[error("{0}: {1}")]
    Keys(IssuerUrl, #[source] InvalidKeySet),
    #[error("it took longer than {} seconds", limits::ISSUER_FETCH_TIMEOUT.as_secs())]
    TimedOut,
}

/// What is read of a discovery document (OpenID Connect Discovery 1.0, section 3).
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl KeyCache {
    pub(super) fn new(issuer: TrustedIssuer, outside: Outside) -> Self {
        Self { issuer, outside, known: Mutex::default(), turn: Arc::default() }
    }

    pub(super) fn issuer(&self) -> &TrustedIssuer {
        &self.issuer
    }

    /// Checks a token's signature, fetching keys where that can help.
    pub(super) async fn verify(self: &Arc<Self>, token: &UnverifiedToken<'_>) -> Result<(), KeyRefusal> {
        let turn = match self.judge(token) {
            Verdict::Fresh(verdict) => return verdict,
            // Whoever has the turn fetches already: nobody else has to wait for what they can do without.
            Verdict::Stale(verdict) => match Arc::clone(&self.turn).try_lock_owned() {
                Ok(turn) => turn,
                Err(_) => return verdict,
            },
            Verdict::Unknown => Arc::clone(&self.turn).lock_owned().await,
        };
        // Another may have fetched while this one waited for its turn.
        if !matches!(self.judge(token), Verdict::Fresh(_)) && self.is_due() {
            self.refresh(turn).await;
        }
        match self.judge(token) {
            Verdict::Fresh(verdict) | Verdict::Stale(verdict) => verdict,
            Verdict::Unknown => Err(KeyRefusal::Unknown),
        }
    }

    fn judge(&self, token: &UnverifiedToken<'_>) -> Verdict {
        let now = self.outside.clock.now();
        let Some(fetched) = self.known().fetched else { return Verdict::Unknown };
        if now.since(fetched.at) >= limits::ISSUER_KEYS_STALE_MAX {
            return Verdict::Unknown;
        }
        let verdict = match fetched.keys.select(token.key_id.as_deref(), token.algorithm) {
            Ok(key) => key.verify(token.algorithm, token.signed.as_bytes(), &token.signature),
            Err(KeyRefusal::Unknown) => return Verdict::Unknown,
            Err(refusal) => Err(refusal),
        };
        if now < fetched.fresh_until { Verdict::Fresh(verdict) } else { Verdict::Stale(verdict) }
    }

    fn is_due(&self) -> bool {
        let now = self.outside.clock.now();
        // A clock that was set back must not stop fetches until it has caught up.
        self.known().tried_at.is_none_or(|at| now < at || now.since(at) >= limits::ISSUER_FETCH_EVERY)
    }

    /// Fetches to the end, even when whoever asked goes away meanwhile: otherwise strangers who hang up could use up every turn.
    async fn refresh(self: &Arc<Self>, turn: OwnedMutexGuard<()>) {
        let cache = Arc::clone(self);
        let fetch = tokio::spawn(async move {
            let _turn = turn;
            cache.change(|known| known.tried_at = Some(cache.outside.clock.now()));
            let fetched = tokio::time::timeout(limits::ISSUER_FETCH_TIMEOUT, cache.fetch()).await;
            let name = &cache.issuer.rules.name;
            match fetched.unwrap_or(Err(FetchError::TimedOut)) {
                Ok(fetched) => {
                    let keys = fetched.keys.len();
                    tracing::info!(issuer = %name, keys, "the keys of the issuer {name} were fetched, {keys} of them usable");
                    cache.change(|known| known.fetched = Some(Arc::new(fetched)));
                }
                Err(error) => {
                    tracing::warn!(issuer = %name, "the keys of the issuer {name} could not be fetched: {error}");
                }
            }
        });
        // It fails when it panics, which the runtime reports.
        drop(fetch.await);
    }

    async fn fetch(&self) -> Result<Fetched, FetchError> {
        let location = match &self.issuer.keys {
            KeySource::At(location) => location.clone(),
            KeySource::Discovered => self.discover().await?,
        };
        let document = self.get(location.clone()).await?;
        let keys = KeySet::parse(&document.body).map_err(|error| FetchError::Keys(location, error))?;
        let age = document.max_age.unwrap_or(limits::ISSUER_KEYS_FRESH_MAX);
        let age = age.clamp(limits::ISSUER_KEYS_FRESH_MIN, limits::ISSUER_KEYS_FRESH_MAX);
        let at = self.outside.clock.now();
        Ok(Fetched { keys, at, fresh_until: at.plus(age) })
    }

    /// OpenID Connect Discovery 1.0, section 4.3: the document must name the issuer that it was asked for.
    async fn discover(&self) -> Result<IssuerUrl, FetchError> {
        let location = self.issuer.rules.issuer.discovery();
        let document = self.get(location.clone()).await?;
        let Ok(Discovery { issuer, jwks_uri }) = serde_json::from_slice(&document.body) else {
            return Err(FetchError::NoDiscovery(location));
        };
        if issuer != self.issuer.rules.issuer.as_str() {
            return Err(FetchError::OtherIssuer(location));
        }
        IssuerUrl::parse(&jwks_uri, self.issuer.plain_http).map_err(|error| FetchError::Location(location, error))
    }

    async fn get(&self, url: IssuerUrl) -> Result<super::IssuerDocument, FetchError> {
        let authorities_pem = self.issuer.authorities_pem.clone();
        let request = DocumentRequest { url, authorities_pem, bytes_max: limits::ISSUER_DOCUMENT_BYTES_MAX };
        let document = self.outside.documents.get(&request).await;
        document.map_err(|error| FetchError::Document(request.url, error))
    }

    fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut Known)) {
        change(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
