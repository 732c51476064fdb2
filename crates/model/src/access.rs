//! The one decision of the data plane: [`Access`] is what a caller may do now, [`Permit`] is the proof that one operation
//! was allowed. No use case of the data plane can be called without a permit, and none can be made elsewhere.

use crate::action::{Action, ActionSet};
use crate::anonymous_pull;
use crate::audit::Actor;
use crate::operation::{Needed, Needs};
use crate::registry::RegistryKey;
use crate::repository::RepositoryName;
use crate::scope::Granted;
use crate::scope_map::Rules;
use crate::timestamp::Timestamp;
use crate::token::{CredentialKey, Generation, SignInRefusal, TokenFacts, TokenKey};
use std::sync::Arc;

/// What the caller of one request may do on one registry.
#[derive(Debug, Clone)]
pub struct Access {
    registry: RegistryKey,
    holder: Option<Holder>,
}

#[derive(Debug, Clone)]
struct Holder {
    /// As the audit log names it.
    actor: Arc<Actor>,
    /// `None` for whoever asks, where anonymous pull is on.
    grounds: Option<Grounds>,
    /// What the token's scope map, or anonymous pull, allows now.
    rules: Arc<Rules>,
    /// What the bearer was issued for; `None` for a password or certificate, which reaches as far as the scope map.
    granted: Option<Arc<Granted>>,
}

/// What a caller was let in with, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grounds {
    /// Whose it is.
    pub token: TokenKey,
    /// The password or certificate: presented itself, or what the bearer was issued for.
    pub credential: CredentialKey,
    /// The bearer's; that of the token for a password or certificate itself.
    pub generation: Generation,
    /// What ends later lets what has begun finish; what is revoked later does not.
    pub at: Timestamp,
}

/// Proof that `operation` was allowed on a registry. Only [`Access::permit`] makes one.
#[derive(Debug, Clone)]
pub struct Permit<O> {
    registry: RegistryKey,
    actor: Arc<Actor>,
    grounds: Option<Grounds>,
    rules: Arc<Rules>,
    operation: O,
}

/// Why an operation was not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody is signed in.
    #[error("authentication required")]
    SignedOut,
    /// The holder lacks the catalog scope.
    #[error("the bearer was not issued for registry:catalog:*")]
    CatalogMissing,
    /// The holder lacks actions on a repository.
    #[error("missing {} on repository {repository}", list(*.missing))]
    ActionsMissing {
        /// Where.
        repository: RepositoryName,
        /// Which.
        missing: ActionSet,
    },
}

fn list(actions: ActionSet) -> String {
    actions.iter().map(Action::in_scope_map).collect::<Vec<_>>().join(", ")
}

impl Access {
    /// Of a caller who is not signed in.
    pub fn signed_out(registry: RegistryKey) -> Self {
        Self { registry, holder: None }
    }

    /// Of a caller who presented a token's password or certificate: all that the scope map allows.
    pub fn by_credential(registry: RegistryKey, actor: Actor, grounds: Grounds, rules: Arc<Rules>) -> Self {
        let holder = Holder { actor: Arc::new(actor), grounds: Some(grounds), rules, granted: None };
        Self { registry, holder: Some(holder) }
    }

    /// Of a caller who presented a bearer: what it was issued for, as far as the scope map still allows it.
    pub fn by_bearer(
        registry: RegistryKey,
        actor: Actor,
        grounds: Grounds,
        rules: Arc<Rules>,
        granted: Arc<Granted>,
    ) -> Self {
        let holder = Holder { actor: Arc::new(actor), grounds: Some(grounds), rules, granted: Some(granted) };
        Self { registry, holder: Some(holder) }
    }

    /// Of a caller with an anonymous bearer, on a registry where anonymous pull is on now.
    pub fn anonymous(registry: RegistryKey, actor: Actor, granted: Arc<Granted>) -> Self {
        let rules = Arc::new(anonymous_pull::rules());
        let holder = Holder { actor: Arc::new(actor), grounds: None, rules, granted: Some(granted) };
        Self { registry, holder: Some(holder) }
    }

    /// Who it is, as the audit log names it; `None` when nobody is signed in.
    pub fn actor(&self) -> Option<&Actor> {
        self.holder.as_ref().map(|holder| &*holder.actor)
    }

    /// Allows `operation`, or says what is missing.
    pub fn permit<O: Needed>(&self, operation: O) -> Result<Permit<O>, Refusal> {
        let holder = self.holder.as_ref().ok_or(Refusal::SignedOut)?;
        match operation.needs() {
            Needs::SignIn => {}
            Needs::Catalog => {
                if holder.granted.as_ref().is_some_and(|granted| !granted.catalog) {
                    return Err(Refusal::CatalogMissing);
                }
            }
            Needs::Repository(repository, needed) => {
                let missing = needed.difference(holder.actions_on(repository));
                if !missing.is_empty() {
                    return Err(Refusal::ActionsMissing { repository: repository.clone(), missing });
                }
            }
        }
        let Holder { actor, grounds, rules, .. } = holder.clone();
        Ok(Permit { registry: self.registry, actor, grounds, rules, operation })
    }

    /// Whether the caller presented a bearer that was issued for too little, and another one of the same token would do. It says nothing
    /// of what the registry holds.
    pub fn needs_wider_bearer<O: Needed>(&self, operation: &O) -> bool {
        let Some(holder) = self.holder.as_ref().filter(|holder| holder.granted.is_some()) else { return false };
        match operation.needs() {
            Needs::Repository(repository, needed) => {
                needed.difference(holder.rules.actions_on(repository)).is_empty()
                    && !needed.difference(holder.actions_on(repository)).is_empty()
            }
            Needs::SignIn | Needs::Catalog => false,
        }
    }
}

impl Holder {
    fn actions_on(&self, repository: &RepositoryName) -> ActionSet {
        let held = self.rules.actions_on(repository);
        match &self.granted {
            Some(granted) => granted.repositories.actions_on(repository).intersection(held),
            None => held,
        }
    }
}

impl<O> Permit<O> {
    /// On which registry.
    pub fn registry(&self) -> RegistryKey {
        self.registry
    }

    /// Who holds it; `None` for whoever pulls anonymously, who is allowed to read and nothing else.
    pub fn token(&self) -> Option<TokenKey> {
        self.grounds.map(|grounds| grounds.token)
    }

    /// Who holds it, as the audit log names it.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// What it rests on; `None` for whoever pulls anonymously.
    pub fn grounds(&self) -> Option<Grounds> {
        self.grounds
    }

    /// What was allowed; the repository is taken from here.
    pub fn operation(&self) -> &O {
        &self.operation
    }
}

impl Grounds {
    /// Whether nothing of it was revoked since, by what is so now of the token, if it is there. A body can be long under way, and a revocation
    /// comes before what it forbids.
    pub fn check(&self, facts: Option<&TokenFacts>) -> Result<(), SignInRefusal> {
        facts.ok_or(SignInRefusal::UnknownToken)?.admit_bearer(self.credential, self.generation, self.at)
    }
}

impl Permit<crate::operation::ListCatalog> {
    /// Whether the holder may see `repository` in a list: whoever may pull it or read its metadata may.
    pub fn shows(&self, repository: &RepositoryName) -> bool {
        let held = self.rules.actions_on(repository);
        held.contains(Action::ContentRead) || held.contains(Action::MetadataRead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{ListCatalog, ListTags, SignIn, StartUpload};
    use crate::repository::RepositoryPattern;
    use crate::scope::Asked;
    use crate::scope_map::ScopeMapAction;
    use crate::token::PasswordKey;

    const REGISTRY: RegistryKey = RegistryKey(1);
    fn grounds() -> Grounds {
        let credential = CredentialKey::Password(PasswordKey(1));
        Grounds { token: TokenKey(7), credential, generation: Generation(1), at: Timestamp::from_micros(0) }
    }

    fn actor() -> Actor {
        Actor { registry: "lnxcr".into(), who: "token2".into(), credential: "password1".into(), rights: "".into() }
    }

    fn rules() -> Arc<Rules> {
        let entries = ["repositories/samples/*/content/read", "repositories/samples/*/content/write"];
        Arc::new(Rules::of(&entries.iter().filter_map(|text| ScopeMapAction::parse(text).ok()).collect::<Vec<_>>()))
    }

    fn bearer(scope: &str) -> Access {
        let granted = Granted::of(&Asked::parse([scope]), &rules());
        Access::by_bearer(REGISTRY, actor(), grounds(), rules(), Arc::new(granted))
    }

    fn push(name: &str) -> Result<StartUpload, crate::repository::InvalidRepositoryName> {
        Ok(StartUpload { repository: RepositoryName::parse(name)? })
    }

    #[test]
    fn signed_out_may_do_nothing() {
        let access = Access::signed_out(REGISTRY);
        assert_eq!(access.permit(SignIn).err(), Some(Refusal::SignedOut));
        assert_eq!(access.permit(ListCatalog).err(), Some(Refusal::SignedOut));
    }

    #[test]
    fn a_bearer_reaches_as_far_as_it_was_issued() -> Result<(), Box<dyn std::error::Error>> {
        assert!(bearer("").permit(SignIn).is_ok());
        assert!(bearer("").permit(push("samples/hello")?).is_err());
        assert!(bearer("repository:samples/hello:push").permit(push("samples/hello")?).is_ok());
        assert!(bearer("repository:samples/other:push").permit(push("samples/hello")?).is_err());
        assert_eq!(bearer("").permit(ListCatalog).err(), Some(Refusal::CatalogMissing));
        assert!(bearer("registry:catalog:*").permit(ListCatalog).is_ok());
        Ok(())
    }

    #[test]
    fn a_wider_bearer_helps_who_holds_more() -> Result<(), Box<dyn std::error::Error>> {
        let narrow = bearer("repository:samples/hello:push");
        assert!(narrow.needs_wider_bearer(&push("samples/other")?));
        assert!(!narrow.needs_wider_bearer(&push("samples/hello")?), "this one does");
        assert!(!narrow.needs_wider_bearer(&push("elsewhere")?), "the scope map holds no more");
        assert!(!narrow.needs_wider_bearer(&ListTags { repository: RepositoryName::parse("samples/hello")? }));
        assert!(!Access::by_credential(REGISTRY, actor(), grounds(), rules()).needs_wider_bearer(&push("elsewhere")?));
        assert!(!Access::signed_out(REGISTRY).needs_wider_bearer(&push("samples/hello")?));
        Ok(())
    }

    #[test]
    fn a_bearer_never_outlives_the_rules() -> Result<(), Box<dyn std::error::Error>> {
        let granted = Granted::of(&Asked::parse(["repository:samples/hello:push"]), &rules());
        let access = Access::by_bearer(REGISTRY, actor(), grounds(), Arc::default(), Arc::new(granted));
        assert!(access.permit(push("samples/hello")?).is_err());
        Ok(())
    }

    #[test]
    fn a_password_reaches_as_far_as_the_scope_map() -> Result<(), Box<dyn std::error::Error>> {
        let access = Access::by_credential(REGISTRY, actor(), grounds(), rules());
        assert!(access.permit(push("samples/hello")?).is_ok());
        assert!(access.permit(push("other")?).is_err());
        let refusal = access.permit(ListTags { repository: RepositoryName::parse("samples/hello")? }).err();
        assert_eq!(
            refusal.map(|r| r.to_string()),
            Some("missing metadata/read on repository samples/hello".to_owned())
        );
        Ok(())
    }

    #[test]
    fn an_anonymous_bearer_reads_and_never_writes() -> Result<(), Box<dyn std::error::Error>> {
        // As if one had been issued that says more than it may.
        let granted: Granted = Granted::of(
            &Asked::parse(["repository:samples/hello:*"]),
            &[(RepositoryPattern::All, ActionSet::ALL)].into_iter().collect(),
        );
        let access = Access::anonymous(REGISTRY, actor(), Arc::new(granted));
        let permit = access.permit(ListTags { repository: RepositoryName::parse("samples/hello")? })?;
        assert_eq!(permit.token(), None);
        assert!(access.permit(push("samples/hello")?).is_err());
        assert!(access.permit(ListTags { repository: RepositoryName::parse("other")? }).is_err());
        assert_eq!(access.permit(ListCatalog).err(), Some(Refusal::CatalogMissing));
        Ok(())
    }

    #[test]
    fn the_catalog_shows_what_may_be_read() -> Result<(), Box<dyn std::error::Error>> {
        let permit = Access::by_credential(REGISTRY, actor(), grounds(), rules()).permit(ListCatalog)?;
        assert!(permit.shows(&RepositoryName::parse("samples/hello")?));
        assert!(!permit.shows(&RepositoryName::parse("other")?));
        Ok(())
    }
}
