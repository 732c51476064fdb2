//! Whatever a registry issues, of whatever it is issued from, it is what is asked and held, and never wider.

use super::token::claims;
use crate::client::{Answer, Client, Outcome};
use crate::client_certificate::ClientCertificate;
use crate::harness::{Harness, Holder, REGISTRY};
use crate::management::access::{Principal, assign};
use model::action::{Action, ActionSet};
use model::repository::{RepositoryName, RepositoryPattern};
use model::scope::Asked;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const HOST: &str = "lnxcr.localhost";

/// An entry of a scope map, or a scope: a pattern and an action.
type Entry = (String, Action);

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let pattern = "(\\*|[ab](/[ab]){0,2}(/\\*)?)";
    prop::collection::vec((pattern, prop::sample::select(Action::ALL.to_vec())), 1..5)
}

/// What entries allow on a name, by comparing text.
fn allowed(entries: &[Entry], name: &str) -> ActionSet {
    let means = |pattern: &str| {
        let is_below =
            || pattern.strip_suffix('*').is_some_and(|front| front.ends_with('/') && name.starts_with(front));
        pattern == "*" || pattern == name || is_below()
    };
    entries.iter().filter(|(pattern, _)| means(pattern)).map(|(_, action)| *action).collect()
}

/// Whoever asks to pull is given the list of tags too, where it is held.
fn wanted(asked: &[Entry], name: &str) -> ActionSet {
    let asked = allowed(asked, name);
    if asked.contains(Action::ContentRead) { asked.with(Action::MetadataRead) } else { asked }
}

/// What a bearer says that it is for, on a name.
fn claimed(answer: &Answer, name: &RepositoryName) -> Outcome<ActionSet> {
    let claims = claims(answer)?;
    let mut sum = ActionSet::NONE;
    for access in claims["access"].as_array().into_iter().flatten() {
        let (text, actions) =
            (access["name"].as_str().ok_or("a name")?, access["actions"].as_array().ok_or("actions")?);
        let pattern = RepositoryPattern::parse(text).ok_or("a pattern")?;
        if pattern.matches(name) {
            sum = actions.iter().filter_map(Value::as_str).filter_map(Action::from_scope).fold(sum, ActionSet::with);
        }
    }
    Ok(sum)
}

const NAMES: [&str; 8] = ["a", "b", "a/a", "a/b", "b/a", "a/b/a", "a/b/b/b", "c"];

/// One credential of each kind that a token or a principal has, asked once: what came is what was to come.
async fn is_asked_and_held(what: &str, client: &Client<'_>, asked: &[Entry], held: &[Entry]) -> Outcome {
    let scopes: Vec<String> =
        asked.iter().map(|(pattern, action)| format!("repository:{pattern}:{}", action.in_scope())).collect();
    let query: String = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(scopes.iter().map(|scope| ("scope", scope)))
        .finish();
    let answer = client.get(&format!("/oauth2/token?{query}")).await?.succeeded()?;
    let said = answer.json()?["scope"].as_str().unwrap_or_default().to_owned();
    for name in NAMES {
        let parsed = RepositoryName::parse(name)?;
        let expected = wanted(asked, name).intersection(allowed(held, name));
        assert_eq!(claimed(&answer, &parsed)?, expected, "{what}: {asked:?} of {held:?} on {name}");
        let scope = Asked::parse([said.as_str()]);
        let on_name = scope.repositories.iter().filter(|(pattern, _)| pattern.matches(&parsed));
        let told = on_name.fold(ActionSet::NONE, |sum, (_, actions)| sum.union(*actions));
        assert_eq!(told, expected, "{what}: what the answer says of {name}");
    }
    Ok(())
}

/// A token with a password and a certificate, and principals with roles: what each may at most.
async fn issued(harness: &Harness, number: usize, asked: &[Entry], held: &[Entry]) -> Outcome {
    let name = format!("token{number:04}");
    let token = harness.holder(&name, "*", &[]).await?;
    let actions: BTreeSet<String> =
        held.iter().map(|(pattern, action)| format!("repositories/{pattern}/{action}")).collect();
    harness.patch(&harness.scope_map_id(&name), json!({"properties": {"actions": actions}})).await?;
    let certificate = ClientCertificate::new(&name)?;
    harness.certify(&name, &certificate).await?;
    let certified = harness.stranger(HOST).with_certificate(&certificate);
    is_asked_and_held("a password", &token.basic(), asked, held).await?;
    is_asked_and_held("a certificate", &certified, asked, held).await?;
    is_asked_and_held("both", &certified.with_basic(&name, &token.password), asked, held).await
}

#[test]
fn what_is_issued_is_what_is_asked_and_held() -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let harness = runtime.block_on(Harness::behind_proxy())?;
    let mut runner = TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
    let number = std::cell::Cell::new(0);
    runner.run(&(entries(), entries()), |(asked, held)| {
        number.set(number.get() + 1);
        let outcome = runtime.block_on(issued(&harness, number.get(), &asked, &held));
        outcome.map_err(|error| TestCaseError::fail(error.to_string()))
    })?;
    Ok(())
}

/// A refresh token is worth what its principal's role is, and a bearer that it is changed for no more.
#[test]
fn what_a_refresh_token_gives_is_what_is_asked_and_the_role_holds() -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let harness = runtime.block_on(Harness::new())?;
    let registry = harness.registry_id(REGISTRY);
    for (number, (role, actions)) in
        [("Reader", &[Action::ContentRead, Action::MetadataRead][..]), ("Contributor", &Action::ALL)]
            .into_iter()
            .enumerate()
    {
        let client = runtime.block_on(async {
            let principal = Principal::new(&harness, role).await?;
            assign(&harness, (number, role, &registry), principal.object_id()).await?;
            let exchanged = principal.exchange(&harness).await?.succeeded()?.json()?;
            let refresh_token = exchanged["refresh_token"].as_str().ok_or("a refresh token")?;
            let user = "00000000-0000-0000-0000-000000000000";
            Ok::<_, Box<dyn std::error::Error>>(harness.stranger(HOST).with_basic(user, refresh_token))
        })?;
        let held: Vec<Entry> = actions.iter().map(|action| ("*".to_owned(), *action)).collect();
        let mut runner = TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
        runner.run(&entries(), |asked| {
            let outcome = runtime.block_on(is_asked_and_held(role, &client, &asked, &held));
            outcome.map_err(|error| TestCaseError::fail(error.to_string()))
        })?;
    }
    Ok(())
}

/// Of a token without rights nothing is issued, whatever is asked.
#[tokio::test]
async fn nothing_comes_of_nothing() -> Outcome {
    let harness = Harness::new().await?;
    let token = harness.holder_at(REGISTRY, Holder { name: "token2", repositories: "*", actions: &[] }).await?;
    let asked: Vec<Entry> = Action::ALL.iter().map(|action| ("*".to_owned(), *action)).collect();
    is_asked_and_held("a token without rights", &token.basic(), &asked, &[]).await
}
