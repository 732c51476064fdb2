//! Scope maps: named lists of actions on repositories, and the rights that follow from them.

use crate::action::{Action, ActionSet};
use crate::caller::SystemData;
use crate::repository::{RepositoryName, RepositoryPattern};
use crate::resource_id::ScopeMapId;
use crate::timestamp::Timestamp;
use std::fmt;

/// A description is at most this many characters (azure-cli help of `acr scope-map create`).
pub const SCOPE_MAP_DESCRIPTION_CHARS_MAX: usize = 256;

/// A scope map as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeMap {
    /// Its resource id.
    pub id: ScopeMapId,
    /// Free text; empty when none was given.
    pub description: String,
    /// Who made it.
    pub kind: ScopeMapKind,
    /// What it allows, in the order in which it was given.
    pub actions: Vec<ScopeMapAction>,
    /// When it was first made; never changes.
    pub created_at: Timestamp,
    /// Who made and last changed it; the system's own have none (management-api.md, 0.14).
    pub system_data: Option<SystemData>,
}

/// Who made a scope map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeMapKind {
    /// A user: it can be changed and deleted.
    UserDefined,
    /// Every registry has it: it can be neither changed nor deleted.
    SystemDefined,
}

/// One entry of a scope map.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ScopeMapAction {
    /// `repositories/<pattern>/<action>`
    Repository(RepositoryPattern, Action),
    /// `gateway/<name>/<config|message>/<read|write>`: for connected registries. Kept and listed, never a right here.
    Gateway(Box<str>),
}

/// The text is not an action of a scope map. The message is Azure's (shared errors.json, "scope map action of the wrong shape").
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "Scope map action: '{0}' is invalid or not supported. Supported format is <resource type>/<resource name>/<resource action>, all characters should be in lowercase. Please refer to the ACR Scopemap documentation at https://aka.ms/acr/repo-permissions to find the supported resources and actions."
)]
pub struct InvalidScopeMapAction(pub String);

impl ScopeMapAction {
    /// Reads `repositories/<name, * or name/*>/<content|metadata>/<read|write|delete>`, or a gateway action. Lower case only.
    pub fn parse(text: &str) -> Result<Self, InvalidScopeMapAction> {
        let invalid = || InvalidScopeMapAction(text.to_owned());
        // The name may hold slashes, so the action is the last two segments.
        let mut from_right = text.rsplitn(3, '/');
        let (verb, object, resource) = (from_right.next(), from_right.next(), from_right.next());
        let (Some(verb), Some(object), Some(resource)) = (verb, object, resource) else { return Err(invalid()) };
        let (kind, name) = resource.split_once('/').ok_or_else(invalid)?;
        match kind {
            "repositories" => {
                let pattern = RepositoryPattern::parse(name).ok_or_else(invalid)?;
                let action = Action::from_scope_map(&format!("{object}/{verb}")).ok_or_else(invalid)?;
                Ok(Self::Repository(pattern, action))
            }
            "gateway"
                if is_gateway_name(name) && matches!((object, verb), ("config" | "message", "read" | "write")) =>
            {
                Ok(Self::Gateway(text.into()))
            }
            _ => Err(invalid()),
        }
    }
}

fn is_gateway_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

impl fmt::Display for ScopeMapAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repository(pattern, action) => write!(f, "repositories/{pattern}/{action}"),
            Self::Gateway(text) => f.write_str(text),
        }
    }
}

/// What a scope map allows, made ready for decisions: additive over all entries that match. Empty allows nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules(Vec<(RepositoryPattern, ActionSet)>);

impl Rules {
    /// Gathers the repository entries of a scope map; the others give no right.
    pub fn of<'a>(actions: impl IntoIterator<Item = &'a ScopeMapAction>) -> Self {
        actions
            .into_iter()
            .filter_map(|entry| match entry {
                ScopeMapAction::Repository(pattern, action) => Some((pattern.clone(), ActionSet::from(*action))),
                ScopeMapAction::Gateway(_) => None,
            })
            .collect()
    }

    /// Everything allowed on `repository`.
    pub fn actions_on(&self, repository: &RepositoryName) -> ActionSet {
        let matching = self.0.iter().filter(|(pattern, _)| pattern.matches(repository));
        matching.fold(ActionSet::NONE, |sum, (_, actions)| sum.union(*actions))
    }

    /// Everything allowed on each repository that `pattern` can mean.
    pub fn actions_on_all(&self, pattern: &RepositoryPattern) -> ActionSet {
        let covering = self.0.iter().filter(|(rule, _)| rule.covers(pattern));
        covering.fold(ActionSet::NONE, |sum, (_, actions)| sum.union(*actions))
    }

    /// The patterns, each once, with what is allowed by the entry of that very pattern.
    pub fn iter(&self) -> impl Iterator<Item = (&RepositoryPattern, ActionSet)> {
        self.0.iter().map(|(pattern, actions)| (pattern, *actions))
    }

    /// How many patterns there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is allowed anywhere.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|(_, actions)| actions.is_empty())
    }
}

impl FromIterator<(RepositoryPattern, ActionSet)> for Rules {
    fn from_iter<I: IntoIterator<Item = (RepositoryPattern, ActionSet)>>(entries: I) -> Self {
        let mut rules: Vec<(RepositoryPattern, ActionSet)> = Vec::new();
        for (pattern, actions) in entries {
            match rules.iter_mut().find(|(known, _)| *known == pattern) {
                Some((_, sum)) => *sum = sum.union(actions),
                None => rules.push((pattern, actions)),
            }
        }
        Self(rules)
    }
}

/// A scope map that every registry has (shared system-scope-maps.json).
#[derive(Debug, Clone, Copy)]
pub struct SystemScopeMap {
    /// Its name, which begins with `_`.
    pub name: &'static str,
    /// Its description.
    pub description: &'static str,
    /// The actions, all on `*`, in the order in which the service lists them.
    pub actions: &'static [Action],
}

/// The five system scope maps, in the order in which they are listed.
pub const SYSTEM_SCOPE_MAPS: [SystemScopeMap; 5] = {
    use Action::{ContentDelete, ContentRead, ContentWrite, MetadataRead, MetadataWrite};
    [
        SystemScopeMap {
            name: "_repositories_admin",
            description: "Can perform all read, write and delete operations on the registry",
            actions: &[MetadataRead, MetadataWrite, ContentRead, ContentWrite, ContentDelete],
        },
        SystemScopeMap {
            name: "_repositories_pull",
            description: "Can pull any repository of the registry",
            actions: &[ContentRead],
        },
        SystemScopeMap {
            name: "_repositories_pull_metadata_read",
            description: "Can perform all read operations on the registry",
            actions: &[ContentRead, MetadataRead],
        },
        SystemScopeMap {
            name: "_repositories_push",
            description: "Can push to any repository of the registry",
            actions: &[ContentRead, ContentWrite],
        },
        SystemScopeMap {
            name: "_repositories_push_metadata_write",
            description: "Can perform all read and write operations on the registry",
            actions: &[MetadataRead, MetadataWrite, ContentRead, ContentWrite],
        },
    ]
};

impl SystemScopeMap {
    /// The entries as a scope map stores them.
    pub fn entries(&self) -> Vec<ScopeMapAction> {
        self.actions.iter().map(|action| ScopeMapAction::Repository(RepositoryPattern::All, *action)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("repositories/samples/hello/content/read")]
    #[case("repositories/some/complex/repo/metadata/write")]
    #[case("repositories/*/content/delete")]
    #[case("repositories/samples/*/content/write")]
    #[case("gateway/edge-1/config/read")]
    #[case("gateway/edge-1/message/write")]
    fn actions_read_back(#[case] text: &str) {
        assert_eq!(ScopeMapAction::parse(text).map(|a| a.to_string()), Ok(text.to_owned()));
    }

    #[rstest]
    #[case("some/complex/repo/content/read")]
    #[case("repositories/app/content")]
    #[case("repositories/content/read")]
    #[case("repositories//content/read")]
    #[case("repositories/app/metadata/delete")]
    #[case("repositories/App/content/read")]
    #[case("Repositories/app/content/read")]
    #[case("repositories/sample/*/team/content/read")]
    #[case("repositories/team*/content/read")]
    #[case("gateway/edge/config/delete")]
    #[case("gateway//config/read")]
    #[case("")]
    fn other_actions_are_refused(#[case] text: &str) {
        assert_eq!(ScopeMapAction::parse(text), Err(InvalidScopeMapAction(text.to_owned())));
    }

    fn rules(actions: &[&str]) -> Result<Rules, InvalidScopeMapAction> {
        let parsed = actions.iter().map(|text| ScopeMapAction::parse(text)).collect::<Result<Vec<_>, _>>()?;
        Ok(Rules::of(&parsed))
    }

    #[test]
    fn rules_add_up_over_all_that_match() -> Result<(), Box<dyn std::error::Error>> {
        let rules = rules(&[
            "repositories/*/content/read",
            "repositories/samples/*/content/write",
            "repositories/samples/hello/metadata/read",
            "gateway/edge/config/write",
        ])?;
        let on = |name: &str| RepositoryName::parse(name).map(|name| rules.actions_on(&name));
        let pull = ActionSet::from(Action::ContentRead);
        assert_eq!(on("samples/hello")?, pull.with(Action::ContentWrite).with(Action::MetadataRead));
        assert_eq!(on("samples/other")?, pull.with(Action::ContentWrite));
        assert_eq!(on("samples")?, pull);
        Ok(())
    }

    #[test]
    fn no_entry_is_no_right() -> Result<(), Box<dyn std::error::Error>> {
        let name = RepositoryName::parse("samples/hello")?;
        assert!(Rules::default().actions_on(&name).is_empty());
        assert!(rules(&["gateway/edge/config/write"])?.is_empty());
        Ok(())
    }

    #[test]
    fn on_a_pattern_only_what_holds_for_all_of_it() -> Result<(), Box<dyn std::error::Error>> {
        let rules = rules(&["repositories/samples/*/content/read", "repositories/samples/hello/content/write"])?;
        let pattern = RepositoryPattern::parse("samples/*").ok_or("pattern")?;
        assert_eq!(rules.actions_on_all(&pattern), Action::ContentRead.into());
        assert!(rules.actions_on_all(&RepositoryPattern::All).is_empty());
        Ok(())
    }
}
