//! OAuth scopes: what a client asks of the token service, and what it is granted.
//!
//! Grammar: distribution specification, "Token scope": `type:name:action,action`. The name may hold a colon (a host's port), so
//! the type ends at the first colon and the actions begin after the last. Unknown types and names that no repository can
//! have are passed over, not errors.

use crate::action::{Action, ActionSet};
use crate::repository::RepositoryPattern;
use crate::scope_map::Rules;
use std::fmt;

/// What a client asked for, merged over all scopes of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// Repositories or patterns, each once, with everything asked on it.
    pub repositories: Vec<(RepositoryPattern, ActionSet)>,
    /// `registry:catalog:*`
    pub catalog: bool,
}

impl Asked {
    /// Reads scope parameters; each may hold several scopes separated by spaces.
    pub fn parse<'a>(parameters: impl IntoIterator<Item = &'a str>) -> Self {
        let mut asked = Self::default();
        for scope in parameters.into_iter().flat_map(str::split_ascii_whitespace) {
            asked.add(scope);
        }
        asked
    }

    fn add(&mut self, scope: &str) {
        let Some((resource_type, rest)) = scope.split_once(':') else { return };
        let Some((name, actions)) = rest.rsplit_once(':') else { return };
        // "repository(plugin)" counts as "repository": the class says what is inside, not who may read it.
        match resource_type.split('(').next() {
            Some("repository") => {
                let Some(pattern) = RepositoryPattern::parse(name) else { return };
                self.add_repository(
                    pattern,
                    actions.split(',').fold(ActionSet::NONE, |sum, word| match word {
                        "*" => ActionSet::ALL,
                        word => Action::from_scope(word).map_or(sum, |action| sum.with(action)),
                    }),
                );
            }
            Some("registry") if name == "catalog" => {
                self.catalog |= actions.split(',').any(|word| word == "*");
            }
            _ => {}
        }
    }

    fn add_repository(&mut self, pattern: RepositoryPattern, actions: ActionSet) {
        match self.repositories.iter_mut().find(|(known, _)| *known == pattern) {
            Some((_, sum)) => *sum = sum.union(actions),
            None => self.repositories.push((pattern, actions)),
        }
    }
}

/// What a bearer may do: asked, and held.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Granted {
    /// Rights on repositories; never wider than the scope map they came from.
    pub repositories: Rules,
    /// May list the catalog. The list itself shows only what the holder may read.
    pub catalog: bool,
}

impl Granted {
    /// Asked ∩ held. What is not held is left out silently (data-plane-and-auth.md, 0.7).
    ///
    /// Asking `pull` where `metadata/read` is held too grants both: most tools list tags with a token for `pull`
    /// (data-plane-and-auth.md, 3.3).
    pub fn of(asked: &Asked, held: &Rules) -> Self {
        let mut repositories = Vec::new();
        for (asked_pattern, asked_actions) in &asked.repositories {
            let mut wanted = *asked_actions;
            if wanted.contains(Action::ContentRead) {
                wanted = wanted.with(Action::MetadataRead);
            }
            for (held_pattern, _) in held.iter() {
                let Some(pattern) = asked_pattern.intersection(held_pattern) else { continue };
                let actions = held.actions_on_all(&pattern).intersection(wanted);
                if !actions.is_empty() {
                    repositories.push((pattern, actions));
                }
            }
        }
        Self { repositories: repositories.into_iter().collect(), catalog: asked.catalog }
    }

    /// Reads what [`fmt::Display`] wrote.
    pub fn read(scope: &str) -> Self {
        let Asked { repositories, catalog } = Asked::parse([scope]);
        Self { repositories: repositories.into_iter().collect(), catalog }
    }
}

impl fmt::Display for Granted {
    /// As an OAuth scope value: `repository:a:pull,push registry:catalog:*`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut scopes: Vec<String> =
            self.repositories.iter().map(|(pattern, actions)| repository_scope(pattern, actions)).collect();
        if self.catalog {
            scopes.push("registry:catalog:*".to_owned());
        }
        f.write_str(&scopes.join(" "))
    }
}

/// One scope, `repository:<name>:<actions>`.
pub fn repository_scope(name: impl fmt::Display, actions: ActionSet) -> String {
    let words: Vec<&str> = actions.iter().map(Action::in_scope).collect();
    format!("repository:{name}:{}", words.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::RepositoryName;
    use crate::scope_map::ScopeMapAction;
    use proptest::prelude::*;
    use rstest::rstest;

    fn held(actions: &[&str]) -> Rules {
        let parsed: Vec<ScopeMapAction> = actions.iter().filter_map(|text| ScopeMapAction::parse(text).ok()).collect();
        assert_eq!(parsed.len(), actions.len(), "a test's scope map is well formed");
        Rules::of(&parsed)
    }

    #[rstest]
    #[case::one(&["repository:samples/a:pull"], "repository:samples/a:pull")]
    #[case::order_is_ours(&["repository:samples/a:push,pull"], "repository:samples/a:pull,push")]
    #[case::two_in_one(&["repository:samples/a:pull repository:samples/b:pull"], "repository:samples/a:pull repository:samples/b:pull")]
    #[case::twice_the_same(&["repository:samples/a:pull", "repository:samples/a:pull,push"], "repository:samples/a:pull,push")]
    #[case::star(&["repository:samples/a:*"], "repository:samples/a:pull,push")]
    #[case::not_held(&["repository:other:pull"], "")]
    #[case::partly_held(&["repository:samples/a:pull,delete"], "repository:samples/a:pull")]
    #[case::all_repositories(&["repository:*:pull"], "repository:samples/*:pull")]
    #[case::catalog(&["registry:catalog:*"], "registry:catalog:*")]
    #[case::class(&["repository(plugin):samples/a:pull"], "repository:samples/a:pull")]
    #[case::unknown_type(&["artifact-repository:repo:pull"], "")]
    #[case::unknown_action(&["repository:samples/a:pull,fly"], "repository:samples/a:pull")]
    #[case::host_and_port(&["repository:localhost:5000/samples/a:pull"], "")]
    #[case::bad_name(&["repository:Samples/../a:pull"], "")]
    #[case::empty(&["", " ", "repository", "repository:", ":::"], "")]
    #[case::none(&[], "")]
    fn asked_and_held(#[case] asked: &[&str], #[case] granted: &str) {
        let held = held(&["repositories/samples/*/content/read", "repositories/samples/*/content/write"]);
        let asked = Asked::parse(asked.iter().copied());
        assert_eq!(Granted::of(&asked, &held).to_string(), granted);
    }

    #[test]
    fn pull_brings_tag_listing_where_the_map_holds_it() {
        let held =
            held(&["repositories/a/content/read", "repositories/a/metadata/read", "repositories/b/content/read"]);
        let granted = |scope| Granted::of(&Asked::parse([scope]), &held).to_string();
        assert_eq!(granted("repository:a:pull"), "repository:a:pull,metadata_read");
        assert_eq!(granted("repository:b:pull"), "repository:b:pull");
        assert_eq!(granted("repository:a:push"), "");
    }

    #[test]
    fn rules_of_several_patterns_add_up_in_one_grant() {
        let held = held(&["repositories/*/content/read", "repositories/a/*/content/write"]);
        let granted = Granted::of(&Asked::parse(["repository:a/b:pull,push"]), &held);
        assert_eq!(granted.to_string(), "repository:a/b:pull,push");
    }

    fn any_rules() -> impl Strategy<Value = Rules> {
        let pattern =
            "(\\*|[ab](/[ab]){0,2}(/\\*)?)".prop_filter_map("a pattern", |text| RepositoryPattern::parse(&text));
        let entry = (pattern, prop::sample::select(Action::ALL.to_vec()));
        prop::collection::vec(entry, 0..5)
            .prop_map(|entries| entries.into_iter().map(|(p, a)| (p, ActionSet::from(a))).collect())
    }

    proptest! {
        #[test]
        fn never_wider_than_held(held in any_rules(), asked in any_rules(), name in "[ab](/[ab]){0,3}") {
            let name = RepositoryName::parse(&name).map_err(|e| TestCaseError::fail(e.to_string()))?;
            let asked = Asked { repositories: asked.iter().map(|(p, a)| (p.clone(), a)).collect(), catalog: false };
            let granted = Granted::of(&asked, &held);
            prop_assert!(held.actions_on(&name).covers(granted.repositories.actions_on(&name)));
        }

        #[test]
        fn what_is_written_is_read_again(held in any_rules(), catalog: bool) {
            let granted = Granted { repositories: held, catalog };
            prop_assert_eq!(Granted::read(&granted.to_string()).to_string(), granted.to_string());
        }

        #[test]
        fn an_exact_name_gets_all_it_asked_and_holds(held in any_rules(), name in "[ab](/[ab]){0,3}") {
            let name = RepositoryName::parse(&name).map_err(|e| TestCaseError::fail(e.to_string()))?;
            let asked = Asked::parse([format!("repository:{name}:*").as_str()]);
            let granted = Granted::of(&asked, &held);
            prop_assert_eq!(granted.repositories.actions_on(&name), held.actions_on(&name));
        }
    }
}
