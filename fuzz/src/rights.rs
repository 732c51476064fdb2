//! What scope maps hold, what is asked, and what is granted of it; the ids of the resources that hold it.

use crate::text;
use model::access::{Access, Grounds};
use model::action::{Action, ActionSet};
use model::audit::Actor;
use model::digest::{Digest, DigestAlgorithm};
use model::operation::{ChangeRepository, DeleteRepository, ListReferrers, ListTags, StartUpload};
use model::registry::RegistryKey;
use model::repository::{RepositoryName, RepositoryPattern};
use model::scope::{Asked, Granted};
use model::scope_map::{Rules, ScopeMapAction};
use model::timestamp::Timestamp;
use model::token::{CredentialKey, Generation, PasswordKey, TokenKey};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The five actions, as scope maps and as scopes write them.
const ACTIONS: [(Action, &str, &str); 5] = [
    (Action::ContentRead, "content/read", "pull"),
    (Action::ContentWrite, "content/write", "push"),
    (Action::ContentDelete, "content/delete", "delete"),
    (Action::MetadataRead, "metadata/read", "metadata_read"),
    (Action::MetadataWrite, "metadata/write", "metadata_write"),
];

/// Lines: `+` and an entry of a scope map, or the scopes that a client asks for.
pub fn scope(data: &[u8]) {
    let Some(given) = text(data) else { return };
    let (held, asked): (Vec<&str>, Vec<&str>) = given.split('\n').partition(|line| line.starts_with('+'));
    let held: Vec<&str> = held.iter().map(|line| &line[1..]).collect();
    let entries: Vec<ScopeMapAction> = held.iter().filter_map(|line| ScopeMapAction::parse(line).ok()).collect();
    let rules = Arc::new(Rules::of(&entries));
    let parsed = Asked::parse(asked.iter().copied());
    let granted = Arc::new(Granted::of(&parsed, &rules));
    let said = Granted::of(&Asked::parse([granted.to_string().as_str()]), &rules);
    let narrower = Granted::of(&Asked::parse(["repository:*:*"]), &granted.repositories);
    for name in names(&held, &asked) {
        let expected = asked_on(&asked, &name).intersection(held_on(&held, &name));
        assert_eq!(granted.repositories.actions_on(&name), expected, "{name}: asked ∩ held");
        assert_eq!(said.repositories.actions_on(&name), expected, "{name}: what the answer says was granted");
        assert_eq!(narrower.repositories.actions_on(&name), expected, "{name}: all of a grant is that grant");
        permits(&rules, &granted, &name, expected);
    }
    let catalog = asked.iter().flat_map(|line| line.split_ascii_whitespace()).any(is_catalog);
    assert_eq!(granted.catalog, catalog);
}

/// The names that are worth asking about: every one that is there, what lies above and below it.
fn names(held: &[&str], asked: &[&str]) -> BTreeSet<RepositoryName> {
    let words = asked.iter().flat_map(|line| line.split([':', ' '])).chain(held.iter().copied());
    let mut names: BTreeSet<String> = BTreeSet::from(["other".to_owned()]);
    for word in words.take(24) {
        let word = word.strip_prefix("repositories/").unwrap_or(word);
        let ends = ACTIONS.iter().find_map(|(_, action, _)| word.strip_suffix(action)?.strip_suffix('/'));
        let name = ends.unwrap_or(word);
        let name = name.strip_suffix("/*").unwrap_or(name);
        names.extend([name.to_owned(), format!("{name}/x"), format!("{name}x")]);
        names.extend(name.rsplit_once('/').map(|(above, _)| above.to_owned()));
    }
    names.iter().filter_map(|name| RepositoryName::parse(name).ok()).collect()
}

/// A second reading of patterns: by comparing text.
fn means(pattern: &str, name: &RepositoryName) -> bool {
    let name = name.as_str();
    pattern == "*"
        || pattern == name
        || pattern
            .strip_suffix('*')
            .is_some_and(|front| front.len() > 1 && front.ends_with('/') && name.starts_with(front))
}

fn held_on(held: &[&str], name: &RepositoryName) -> ActionSet {
    let entry = |line: &&str| {
        let rest = line.strip_prefix("repositories/")?;
        ACTIONS.iter().find_map(|(action, text, _)| {
            let pattern = rest.strip_suffix(text)?.strip_suffix('/')?;
            means(pattern, name).then_some(*action)
        })
    };
    held.iter().filter_map(entry).fold(ActionSet::NONE, ActionSet::with)
}

fn asked_on(asked: &[&str], name: &RepositoryName) -> ActionSet {
    let mut sum = ActionSet::NONE;
    for scope in asked.iter().flat_map(|line| line.split_ascii_whitespace()) {
        let parts: Vec<&str> = scope.split(':').collect();
        let [kind, pattern @ .., actions] = &parts[..] else { continue };
        if pattern.is_empty() || kind.split('(').next() != Some("repository") || !means(&pattern.join(":"), name) {
            continue;
        }
        for word in actions.split(',') {
            for (action, _, said) in ACTIONS {
                let older = said.replace("_r", "R").replace("_w", "W");
                if word == "*" || word == said || word == older {
                    sum = sum.with(action);
                }
            }
        }
    }
    if sum.contains(Action::ContentRead) { sum.with(Action::MetadataRead) } else { sum }
}

fn is_catalog(scope: &str) -> bool {
    let parts: Vec<&str> = scope.split(':').collect();
    let [kind, "catalog", actions] = parts[..] else { return false };
    kind.split('(').next() == Some("registry") && actions.split(',').any(|word| word == "*")
}

/// An operation of each action is permitted to whoever holds it, and to nobody else.
fn permits(rules: &Arc<Rules>, granted: &Arc<Granted>, name: &RepositoryName, expected: ActionSet) {
    let actor =
        Actor { registry: "lnxcr".into(), who: "token2".into(), credential: "password1".into(), rights: "".into() };
    let credential = CredentialKey::Password(PasswordKey(1));
    let grounds = Grounds { token: TokenKey(1), credential, generation: Generation(1), at: Timestamp::from_micros(0) };
    let access = Access::by_bearer(RegistryKey(1), actor, grounds, Arc::clone(rules), Arc::clone(granted));
    let repository = name.clone();
    let subject = Digest::of(DigestAlgorithm::Sha256, b"");
    let permitted = [
        access.permit(ListReferrers { repository: repository.clone(), subject }).is_ok(),
        access.permit(StartUpload { repository: repository.clone() }).is_ok(),
        access.permit(DeleteRepository { repository: repository.clone() }).is_ok(),
        access.permit(ListTags { repository: repository.clone() }).is_ok(),
        access.permit(ChangeRepository { repository }).is_ok(),
    ];
    for ((action, text, _), permitted) in ACTIONS.iter().zip(permitted) {
        assert_eq!(permitted, expected.contains(*action), "{text} on {name}");
    }
}

/// One entry of a scope map, and a line with a pattern that is compared with it.
pub fn scope_map(data: &[u8]) {
    let Some(given) = text(data) else { return };
    let (entry, other) = given.split_once('\n').unwrap_or((given, "*"));
    let Ok(read) = ScopeMapAction::parse(entry) else { return };
    assert_eq!(read.to_string(), entry, "there is one way to write an entry");
    assert_eq!(entry, entry.to_lowercase());
    let ScopeMapAction::Repository(pattern, action) = &read else {
        assert!(Rules::of([&read]).is_empty(), "{entry} gives a right");
        return;
    };
    assert_eq!(RepositoryPattern::parse(&pattern.to_string()).as_ref(), Some(pattern));
    let rules = Rules::of([&read]);
    for name in names(&[entry], &[other]) {
        let expected = if means(&pattern.to_string(), &name) { ActionSet::from(*action) } else { ActionSet::NONE };
        assert_eq!(rules.actions_on(&name), expected, "{name}");
        if let Some(other) = RepositoryPattern::parse(other) {
            let both = pattern.intersection(&other).is_some_and(|meet| meet.matches(&name));
            assert_eq!(both, pattern.matches(&name) && other.matches(&name), "{pattern} and {other} on {name}");
            let on_all = rules.actions_on_all(&other);
            assert!(!other.matches(&name) || rules.actions_on(&name).covers(on_all), "{other} is wider than {name}");
        }
    }
}
