//! OpenID issuers that the site trusts to say who manages (decision D8): a token of theirs counts as a bearer of the management API.
//!
//! 1. `token.rs` reads the token without believing it; its `iss` says whose rules and keys it is judged by.
//! 2. `key_cache.rs` has the issuer's keys, or fetches them; `keys.rs` checks the signature.
//! 3. The model's rules say whether the claims are what the site wants, and whom they name.
//! 4. What that principal may do is in the store, as for everybody.

mod documents;
mod key_cache;
mod keys;
mod token;

pub use documents::{DocumentError, DocumentRequest, IssuerDocument, IssuerDocuments};

use crate::managers::{Manager, PrincipalRefusal, grants_of};
use crate::{Clock, Service, limits};
use key_cache::{KeyCache, Outside};
use keys::KeyRefusal;
use model::issuer::rules::{ClaimRefusal, IssuerRules, Vouched};
use model::issuer::url::{IssuerUrl, PlainHttp};
use std::sync::Arc;
use token::UnverifiedToken;

/// An issuer as the configuration trusts it.
#[derive(Debug, Clone)]
pub struct TrustedIssuer {
    /// What its tokens must say.
    pub rules: IssuerRules,
    /// Where its keys are.
    pub keys: KeySource,
    /// Whether the place of its keys may be one of plain HTTP.
    pub plain_http: PlainHttp,
    /// The authorities, in PEM, one of which must have certified its hosts; `None` for those of the system.
    pub authorities_pem: Option<Arc<[u8]>>,
}

/// Where an issuer's keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// There.
    At(IssuerUrl),
    /// Where the issuer's discovery document says.
    Discovered,
}

/// The issuers that a site trusts, and the way to their documents.
pub struct IssuerTrust {
    /// Each with a name and a URL of its own.
    pub issuers: Vec<TrustedIssuer>,
    /// Where their documents come from.
    pub documents: Arc<dyn IssuerDocuments>,
}

/// All issuers of a site.
pub(crate) struct Issuers(Vec<Arc<KeyCache>>);

/// Why the token of an issuer does not count. For the audit log.
#[derive(Debug, thiserror::Error)]
enum ForeignRefusal {
    #[error(transparent)]
    Key(#[from] KeyRefusal),
    #[error(transparent)]
    Claim(#[from] ClaimRefusal),
}

impl Issuers {
    pub(crate) fn new(trust: Option<IssuerTrust>, clock: &Arc<dyn Clock>) -> Self {
        let Some(IssuerTrust { issuers, documents }) = trust else { return Self(Vec::new()) };
        let outside = Outside { documents, clock: Arc::clone(clock) };
        Self(issuers.into_iter().map(|issuer| Arc::new(KeyCache::new(issuer, outside.clone()))).collect())
    }

    /// The issuer that a token says it comes from, and what it says; `None` when it is of none of these.
    fn find<'text>(&self, bearer: &'text str) -> Option<(&Arc<KeyCache>, UnverifiedToken<'text>)> {
        if self.0.is_empty() {
            return None;
        }
        let token = UnverifiedToken::parse(bearer).ok()?;
        let of = |cache: &&Arc<KeyCache>| Some(cache.issuer().rules.issuer.as_str()) == token.issuer();
        Some((self.0.iter().find(of)?, token))
    }
}

impl Service {
    /// Judges a bearer by the rules of the issuer that it names; `None` when the site trusts no such issuer. Bearers of our own name
    /// none, and wait for none.
    pub(crate) async fn verify_foreign(&self, bearer: &str) -> Option<Result<Manager, PrincipalRefusal>> {
        let (issuer, token) = self.inner.issuers.find(bearer)?;
        let vouched = match self.admit_foreign(issuer, &token).await {
            Ok(vouched) => vouched,
            Err(refusal) => {
                let name = &issuer.issuer().rules.name;
                self.note_refused_login(None, &format!("token of issuer {name}"), &refusal.to_string());
                return Some(Err(PrincipalRefusal::InvalidBearer("its issuer does not vouch for it")));
            }
        };
        let Vouched { principal, caller, ends_at } = vouched;
        let principal = principal.to_string();
        let held = principal.clone();
        let rights = self.inner.metadata.read(move |tx| grants_of(tx, &held)).await;
        Some(rights.map_err(PrincipalRefusal::from).map(|rights| Manager {
            client: caller.name.clone(),
            principal,
            caller,
            rights,
            ends_at: Some(ends_at),
            secret: None,
        }))
    }

    async fn admit_foreign(
        &self,
        issuer: &Arc<KeyCache>,
        token: &UnverifiedToken<'_>,
    ) -> Result<Vouched, ForeignRefusal> {
        issuer.verify(token).await?;
        let rules = &issuer.issuer().rules;
        Ok(rules.admit(&token.claims, self.inner.clock.now(), limits::CLOCK_SKEW)?)
    }
}
