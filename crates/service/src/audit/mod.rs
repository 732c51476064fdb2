//! The audit log: every write with its entry in one transaction, and sign-ins and refusals behind them, a little later.
//!
//! 1. [`Service::coming_from`] and [`Service::acting`] say whose request it is; everything done through the service that they give is
//!    recorded as that.
//! 2. Writes go through [`Service::manage`], [`Service::change`] or [`Service::carry_out`]: a write that changed a row has its entry, and
//!    one that did not has none.
//! 3. What changes nothing, such as a sign-in, waits in `queue.rs` for [`Service::flush_audit`], so that nobody waits for the disk.
//! 4. `chain.rs` adds entries to the log, each with the hash of the one before; `log.rs` lists them and takes old ones away.

mod chain;
mod line;
mod log;
mod queue;

pub use log::{AuditLines, AuditSettings};
pub(crate) use queue::{Crowd, Queue};

use crate::managers::Manager;
use crate::{Error, IdentityError, Service, operations};
use metadata::{Managing, Reading, Writing};
use model::access::{Access, Grounds, Permit, Refusal};
use model::action::{Action, ActionSet};
use model::audit::{ANONYMOUS, Actor, Entry, Outcome, actions};
use model::operation::{Needed, Needs};
use model::registry::Registry;
use model::timestamp::Timestamp;
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use uuid::Uuid;

/// Where a request comes from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Origin {
    /// From which address; `None` in process.
    pub address: Option<IpAddr>,
    /// The id that it has in the log and in its answer.
    pub request: Option<Uuid>,
}

/// What a request to the management API does.
#[derive(Debug, Clone)]
pub struct Act {
    /// In Azure Resource Manager's words.
    pub action: String,
    /// The id of the resource that the request names.
    pub target: String,
    /// The name of the registry that it is or lies in.
    pub registry: Option<String>,
    /// What allows it, or what is missing.
    pub rule: String,
}

/// What a write of the data plane is called, where that is not what its permit says.
pub(crate) struct Event {
    pub(crate) action: &'static str,
    pub(crate) target: Option<String>,
}

/// What a permit allows to be written: what is recorded of it, and on what it rests.
pub(crate) struct Permitted {
    pub(crate) entry: Entry,
    grounds: Option<Grounds>,
}

impl Permitted {
    /// With more in its entry.
    pub(crate) fn saying(self, detail: String) -> Self {
        Self { entry: Entry { detail: Some(detail), ..self.entry }, ..self }
    }
}

/// Where whoever may open the data folder has its rights from.
const DATA_FOLDER: &str = "data folder";

/// Who changed something when no request did.
const THIS_PROGRAM: &str = "this program";

impl Service {
    /// The same service, for a request from there.
    #[must_use]
    pub fn coming_from(&self, origin: Origin) -> Self {
        Self { origin, ..self.clone() }
    }

    /// The same service, whose writes are recorded as what `manager` does.
    #[must_use]
    pub fn acting(&self, manager: &Manager, act: Act) -> Self {
        Self { act: Some(Arc::new(self.act_of(manager, act, Outcome::Allowed))), ..self.clone() }
    }

    /// The same service, whose writes are recorded as `act`, which no request asked for; `who` is whoever started the program for it.
    pub(crate) fn acting_by_itself(&self, who: Option<String>, act: Entry) -> Self {
        let credential = Some(if who.is_some() { DATA_FOLDER } else { THIS_PROGRAM }.to_owned());
        Self { act: Some(Arc::new(Entry { who, credential, ..act })), ..self.clone() }
    }

    /// Records that `manager` may not do what it asked for.
    pub fn note_refused_act(&self, manager: &Manager, act: Act) {
        self.note(self.act_of(manager, act, Outcome::Refused), Crowd::Known);
    }

    /// Records that something was read, where reads are wanted.
    pub fn note_read(&self) {
        if let Some(act) = self.act.as_deref().filter(|_| self.inner.audit_settings.reads) {
            self.note(Entry { at: self.inner.clock.now(), ..act.clone() }, Crowd::Each);
        }
    }

    /// Records that credentials at a registry were refused for how they came: `reason` says what is wrong, and none of them.
    pub fn note_refused_sign_in(&self, registry: &Registry, reason: &dyn std::fmt::Display) {
        let refused = self.sign_in_entry(registry, Outcome::Refused);
        self.note(Entry { rule: Some(reason.to_string()), ..refused }, Crowd::Strangers);
    }

    /// What the permit's holder may do, or what it lacks; the refusal is recorded, and a read where reads are wanted.
    pub fn permit<O: Needed>(&self, access: &Access, operation: O) -> Result<Permit<O>, Refusal> {
        let (called, target) = (operation.called(), operation.target());
        let repository = repository_of(&operation);
        match access.permit(operation) {
            Ok(permit) => {
                if self.inner.audit_settings.reads && is_read(permit.operation()) {
                    let entry = self.event_of(&permit, Outcome::Allowed, None);
                    self.note(entry, crowd_of(Some(&permit.actor().credential), Crowd::Each));
                }
                Ok(permit)
            }
            Err(refusal) => {
                // Whoever has not signed in is told where to, which refuses nothing yet.
                if let Some(actor) = access.actor() {
                    let rule = Some(format!("{refusal}; {}", actor.rights));
                    let entry = Entry { target, repository, rule, ..self.of_actor(actor, Outcome::Refused, called) };
                    self.note(entry, crowd_of(Some(&actor.credential), Crowd::Known));
                }
                Err(refusal)
            }
        }
    }

    /// The door for every change of what sign-ins are judged by: what this process remembers is forgotten with the commit, the
    /// operation that the change is, if it is one, is recorded, and so is who made it.
    pub(crate) async fn manage<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Managing<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.manage_saying(change, |_| None).await
    }

    /// As [`Service::manage`], with what people should know of the change.
    pub(crate) async fn manage_saying<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Managing<'_>) -> Result<T, Error> + Send + 'static,
        detail: impl FnOnce(&T) -> Option<String> + Send + 'static,
    ) -> Result<T, Error> {
        let tokens = Arc::clone(&self.inner.tokens);
        let (operation, now) = (self.operation.clone(), self.inner.clock.now());
        let change = move |tx: &Writing<'_>| {
            let managing = tx.manage(move || tokens.forget())?;
            // The version that this advances is no change of its own.
            let before = tx.changes();
            let changed = change(&managing)?;
            let is_changed = tx.changes() > before;
            operation.map_or(Ok(()), |path| operations::record(tx, &path, now))?;
            Ok((changed, is_changed))
        };
        self.record(change, detail).await
    }

    /// The door for every other change that a request to the management API makes.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Writing<'_>) -> Result<T, Error> + Send + 'static,
        detail: impl FnOnce(&T) -> Option<String> + Send + 'static,
    ) -> Result<T, Error> {
        let change = move |tx: &Writing<'_>| {
            let before = tx.changes();
            let changed = change(tx)?;
            Ok((changed, tx.changes() > before))
        };
        self.record(change, detail).await
    }

    /// The door for a change that only its transaction knows the parts of: it gives an entry for each. Each is an entry of this act's,
    /// as [`Service::current_act`] makes it.
    ///
    /// Errors: `Internal`, and nothing is changed, when there is a change and no entry.
    pub(crate) async fn change_each<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Writing<'_>) -> Result<(T, Vec<Entry>), Error> + Send + 'static,
    ) -> Result<T, Error> {
        let changed = self.inner.metadata.write(move |tx| {
            let before = tx.changes();
            let (changed, entries) = change(tx)?;
            if entries.is_empty() && tx.changes() > before {
                return Err(Error::internal("a change without an entry in the audit log"));
            }
            chain::add(tx, entries)?;
            Ok(changed)
        });
        changed.await
    }

    /// The door for what must not be shown without its entry.
    pub(crate) async fn show<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Reading<'_>) -> Result<T, Error> + Send + 'static,
        detail: &'static str,
    ) -> Result<T, Error> {
        self.record(move |tx| Ok((read(tx)?, true)), move |_| Some(detail.to_owned())).await
    }

    /// One transaction, and its entry when the second value says that there is something to record.
    async fn record<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Writing<'_>) -> Result<(T, bool), Error> + Send + 'static,
        detail: impl FnOnce(&T) -> Option<String> + Send + 'static,
    ) -> Result<T, Error> {
        let act = self.current_act();
        let entry = act.clone();
        let changed = self.inner.metadata.write(move |tx| {
            let (changed, is_changed) = change(tx)?;
            if is_changed {
                chain::add(tx, [Entry { detail: detail(&changed), ..entry }])?;
            }
            Ok(changed)
        });
        changed.await.inspect_err(|error| self.note_forbidden(act, error))
    }

    /// The door for every write of the data plane: recorded as what the permit allowed. `event` names it when that is something else.
    pub(crate) async fn carry_out<O: Needed, T: Send + 'static>(
        &self,
        permit: &Permit<O>,
        event: Option<Event>,
        change: impl FnOnce(&Writing<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.carry_out_as(self.permitted(permit, event), change).await
    }

    /// As [`Service::carry_out`], with more said of it.
    pub(crate) async fn carry_out_as<T: Send + 'static>(
        &self,
        permitted: Permitted,
        change: impl FnOnce(&Writing<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.carry_out_each(permitted, Vec::new(), change).await
    }

    /// As [`Service::carry_out_as`], with further entries when it was done.
    ///
    /// Errors: `Revoked`, when what the permit rests on is no more: nothing is written then that was permitted before.
    pub(crate) async fn carry_out_each<T: Send + 'static>(
        &self,
        Permitted { entry, grounds }: Permitted,
        further: Vec<Entry>,
        change: impl FnOnce(&Writing<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let kept = std::iter::once(entry.clone()).chain(further);
        let changed = self.inner.metadata.write(move |tx| {
            if let Some(grounds) = grounds {
                let facts = metadata::tokens::find_facts_by_key(tx, grounds.token)?;
                grounds.check(facts.as_ref()).map_err(Error::Revoked)?;
            }
            let before = tx.changes();
            let changed = change(tx)?;
            if tx.changes() > before {
                chain::add(tx, kept)?;
            }
            Ok(changed)
        });
        changed.await.inspect_err(|error| self.note_forbidden(entry, error))
    }

    /// Records that a lock forbade a read.
    pub(crate) fn note_locked<O: Needed>(&self, permit: &Permit<O>, error: &Error) {
        if matches!(error, Error::Locked(_)) {
            self.note_forbidden(self.event_of(permit, Outcome::Refused, None), error);
        }
    }

    fn note_forbidden(&self, entry: Entry, error: &Error) {
        if let Some(rule) = forbidden_by(error) {
            let crowd = crowd_of(entry.credential.as_deref(), Crowd::Known);
            self.note(Entry { outcome: Outcome::Refused, rule: Some(rule), ..entry }, crowd);
        }
    }

    /// What the permit allows to be written, as `event` where it is something else than its operation.
    pub(crate) fn permitted<O: Needed>(&self, permit: &Permit<O>, event: Option<Event>) -> Permitted {
        Permitted { entry: self.event_of(permit, Outcome::Allowed, event), grounds: permit.grounds() }
    }

    /// What the permit's holder does with it.
    pub(crate) fn event_of<O: Needed>(&self, permit: &Permit<O>, outcome: Outcome, event: Option<Event>) -> Entry {
        let (operation, actor) = (permit.operation(), permit.actor());
        let event = event.unwrap_or_else(|| Event { action: operation.called(), target: operation.target() });
        Entry {
            repository: repository_of(operation),
            target: event.target,
            rule: Some(rule_of(operation, actor)),
            ..self.of_actor(actor, outcome, event.action)
        }
    }

    fn of_actor(&self, actor: &Actor, outcome: Outcome, action: &'static str) -> Entry {
        Entry {
            who: Some(actor.who.to_string()),
            credential: Some(actor.credential.to_string()),
            registry: Some(actor.registry.to_string()),
            ..self.entry(outcome, action)
        }
    }

    fn act_of(&self, manager: &Manager, act: Act, outcome: Outcome) -> Entry {
        let Act { action, target, registry, rule } = act;
        let (target, rule) = (Some(target), Some(rule));
        let (who, credential) = (Some(manager.principal.clone()), Some(credential_of(manager).into_owned()));
        Entry { who, credential, registry, target, rule, ..self.entry(outcome, action) }
    }

    /// The act of this request, now.
    pub(crate) fn current_act(&self) -> Entry {
        match self.act.as_deref() {
            Some(act) => Entry { at: self.inner.clock.now(), ..act.clone() },
            None => Entry {
                credential: Some(THIS_PROGRAM.to_owned()),
                ..self.entry(Outcome::Allowed, Cow::Borrowed("change"))
            },
        }
    }

    pub(crate) fn sign_in_entry(&self, registry: &Registry, outcome: Outcome) -> Entry {
        Entry { registry: Some(registry.id.name.to_string()), ..self.entry(outcome, actions::SIGN_IN) }
    }

    /// An entry of this request that says nothing else yet.
    pub(crate) fn entry(&self, outcome: Outcome, action: impl Into<Cow<'static, str>>) -> Entry {
        Entry {
            address: self.origin.address,
            request: self.origin.request.map(|id| id.to_string()),
            ..Entry::new(self.inner.clock.now(), outcome, action)
        }
    }

    /// Records what changes nothing, soon.
    pub(crate) fn note(&self, entry: Entry, crowd: Crowd) {
        self.inner.audit.push(entry, crowd);
    }
}

/// Records what this program does by itself, in the transaction that does it.
pub(crate) fn add_own(tx: &Writing<'_>, action: &'static str, detail: String, now: Timestamp) -> Result<(), Error> {
    let credential = Some(THIS_PROGRAM.to_owned());
    chain::add(tx, [Entry { credential, detail: Some(detail), ..Entry::new(now, Outcome::Allowed, action) }])
}

/// What a manager came with, as entries call it.
pub(crate) fn credential_of(manager: &Manager) -> Cow<'static, str> {
    match &manager.secret {
        Some(id) => format!("secret {id}").into(),
        None if manager.is_owner_of_the_data() => DATA_FOLDER.into(),
        None => "issuer token".into(),
    }
}

/// Whoever asks may be anonymous, as often as they like.
fn crowd_of(credential: Option<&str>, otherwise: Crowd) -> Crowd {
    if credential == Some(ANONYMOUS) { Crowd::Strangers } else { otherwise }
}

fn repository_of(operation: &impl Needed) -> Option<String> {
    match operation.needs() {
        Needs::Repository(name, _) => Some(name.to_string()),
        Needs::SignIn | Needs::Catalog => None,
    }
}

fn is_read(operation: &impl Needed) -> bool {
    let reading = ActionSet::from(Action::ContentRead).with(Action::MetadataRead);
    match operation.needs() {
        Needs::Repository(_, needed) => needed.difference(reading).is_empty(),
        Needs::Catalog => true,
        Needs::SignIn => false,
    }
}

/// Where the right comes from, and which it is.
fn rule_of(operation: &impl Needed, actor: &Actor) -> String {
    let rights = &actor.rights;
    match operation.needs() {
        Needs::Repository(_, needed) => {
            let needed: Vec<&str> = needed.iter().map(Action::in_scope_map).collect();
            format!("{rights}: {}", needed.join(", "))
        }
        Needs::Catalog => format!("{rights}: catalog"),
        Needs::SignIn => rights.to_string(),
    }
}

/// Whether an error is a rule that forbids what the caller had the right to. Everything else is a mistake or a failure, and changes
/// nothing either.
fn forbidden_by(error: &Error) -> Option<String> {
    match error {
        Error::Locked(_)
        | Error::SystemScopeMap(_)
        | Error::AdminUserDisabled(_)
        | Error::Revoked(_)
        | Error::Identity(IdentityError::RoleTooGreat(_)) => Some(error.to_string()),
        _ => None,
    }
}
