//! The one decision of the management plane: whether a caller's roles let it do something somewhere.

use crate::arm_name::{RegistryName, ResourceGroupName, SubscriptionId};
use crate::resource_id::{InvalidResourceId, PROVIDER, RegistryId, ResourceGroupId};
use crate::role::{ManagementAction, Role};
use std::fmt;

/// Where a role holds: there and in everything below.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ArmScope {
    /// A whole subscription.
    Subscription(SubscriptionId),
    /// A resource group.
    ResourceGroup(ResourceGroupId),
    /// A registry.
    Registry(RegistryId),
}

const FORM: &str = "/subscriptions/{subscription}[/resourceGroups/{group}[/providers/Microsoft.ContainerRegistry/registries/{registry}]]";

impl ArmScope {
    /// Reads an id, with or without a slash at its end.
    pub fn parse(text: &str) -> Result<Self, InvalidResourceId> {
        let wrong_form = || InvalidResourceId::Form { given: text.to_owned(), kind: "scope", form: FORM };
        let segments: Vec<&str> = text.trim_end_matches('/').split('/').collect();
        let is = |given: &str, word: &str| given.eq_ignore_ascii_case(word);
        let ["", s, subscription, ref rest @ ..] = segments[..] else { return Err(wrong_form()) };
        if !is(s, "subscriptions") {
            return Err(wrong_form());
        }
        let subscription = SubscriptionId::parse(subscription)?;
        let group = |name: &str, subscription| {
            Ok::<_, InvalidResourceId>(ResourceGroupId { subscription, name: ResourceGroupName::parse(name)? })
        };
        match *rest {
            [] => Ok(Self::Subscription(subscription)),
            [g, name] if is(g, "resourceGroups") => Ok(Self::ResourceGroup(group(name, subscription)?)),
            [g, name, p, provider, r, registry]
                if is(g, "resourceGroups") && is(p, "providers") && is(provider, PROVIDER) && is(r, "registries") =>
            {
                let name_of_registry = RegistryName::parse(registry)?;
                Ok(Self::Registry(RegistryId { group: group(name, subscription)?, name: name_of_registry }))
            }
            _ => Err(wrong_form()),
        }
    }

    /// The subscription that it is or lies in.
    pub fn subscription(&self) -> &SubscriptionId {
        match self {
            Self::Subscription(subscription) => subscription,
            Self::ResourceGroup(group) => &group.subscription,
            Self::Registry(registry) => &registry.group.subscription,
        }
    }

    /// Whether `other` is it or lies below it.
    pub fn contains(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Subscription(mine), other) => mine == other.subscription(),
            (Self::ResourceGroup(mine), Self::ResourceGroup(group)) => mine == group,
            (Self::ResourceGroup(mine), Self::Registry(registry)) => *mine == registry.group,
            (Self::Registry(mine), Self::Registry(registry)) => mine == registry,
            (Self::ResourceGroup(_), Self::Subscription(_))
            | (Self::Registry(_), Self::Subscription(_) | Self::ResourceGroup(_)) => false,
        }
    }
}

impl From<&SubscriptionId> for ArmScope {
    fn from(subscription: &SubscriptionId) -> Self {
        Self::Subscription(subscription.clone())
    }
}

impl From<&ResourceGroupId> for ArmScope {
    fn from(group: &ResourceGroupId) -> Self {
        Self::ResourceGroup(group.clone())
    }
}

impl From<&RegistryId> for ArmScope {
    fn from(registry: &RegistryId) -> Self {
        Self::Registry(registry.clone())
    }
}

impl From<&ArmScope> for ArmScope {
    fn from(scope: &ArmScope) -> Self {
        scope.clone()
    }
}

impl fmt::Display for ArmScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subscription(subscription) => write!(f, "/subscriptions/{subscription}"),
            Self::ResourceGroup(group) => group.fmt(f),
            Self::Registry(registry) => registry.fmt(f),
        }
    }
}

/// A role at a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Which role.
    pub role: Role,
    /// Where.
    pub scope: ArmScope,
}

/// What a caller of the management plane may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights(Held);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Held {
    Everything,
    Granted(Vec<Grant>),
}

impl Held {
    /// The grant that allows an action; `Some(None)` when none is needed.
    fn allowing(&self, action: &ManagementAction, scope: &ArmScope) -> Option<Option<&Grant>> {
        match self {
            Self::Everything => Some(None),
            Self::Granted(grants) => {
                grants.iter().find(|grant| grant.scope.contains(scope) && grant.role.holds(action)).map(Some)
            }
        }
    }
}

impl Rights {
    /// Of whoever may open the data folder.
    pub fn everything() -> Self {
        Self(Held::Everything)
    }

    /// Of whom these were granted; of nobody else than that, when there are none.
    pub fn granted(grants: Vec<Grant>) -> Self {
        Self(Held::Granted(grants))
    }

    /// Whether the action may be done at `scope`, or on what lies below it.
    pub fn allow(&self, action: &ManagementAction, scope: &ArmScope) -> bool {
        self.0.allowing(action, scope).is_some()
    }

    /// What allows that, in words, such as `Owner at /subscriptions/…`; `None` when nothing does.
    pub fn allowing(&self, action: &ManagementAction, scope: &ArmScope) -> Option<String> {
        let allowing = self.0.allowing(action, scope)?;
        Some(allowing.map_or_else(
            || "owner of the data folder".to_owned(),
            |Grant { role, scope }| format!("{role} at {scope}"),
        ))
    }

    /// Whether anything is held at `scope`, above or below it: what lists below it show may then be less than all, and more than
    /// nothing.
    pub fn touch(&self, scope: &ArmScope) -> bool {
        match &self.0 {
            Held::Everything => true,
            Held::Granted(grants) => {
                grants.iter().any(|grant| grant.scope.contains(scope) || scope.contains(&grant.scope))
            }
        }
    }

    /// Whether a grant gives nothing that is not held: nobody gives or takes more than that.
    pub fn include(&self, grant: &Grant) -> bool {
        match &self.0 {
            Held::Everything => true,
            Held::Granted(grants) => {
                grants.iter().any(|held| held.role >= grant.role && held.scope.contains(&grant.scope))
            }
        }
    }

    /// The greatest role held on a registry.
    pub fn role_on(&self, registry: &RegistryId) -> Option<Role> {
        match &self.0 {
            Held::Everything => Some(Role::Owner),
            Held::Granted(grants) => {
                let scope = ArmScope::Registry(registry.clone());
                grants.iter().filter(|grant| grant.scope.contains(&scope)).map(|grant| grant.role).max()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::role::Verb;
    use proptest::prelude::*;
    use rstest::rstest;

    const SUBSCRIPTION: &str = "/subscriptions/9e223dbe-3399-4e19-88eb-0975f02ac87f";
    const GROUP: &str = "/subscriptions/9e223dbe-3399-4e19-88eb-0975f02ac87f/resourceGroups/lnxtest";
    const REGISTRY: &str = "/subscriptions/9e223dbe-3399-4e19-88eb-0975f02ac87f/resourceGroups/lnxtest/providers/Microsoft.ContainerRegistry/registries/lnxcr";
    /// Another group whose name begins with the first one's.
    const OTHER_GROUP: &str = "/subscriptions/9e223dbe-3399-4e19-88eb-0975f02ac87f/resourceGroups/lnxtest2";
    const OTHER_SUBSCRIPTION: &str = "/subscriptions/00000000-0000-0000-0000-000000000000";
    const SCOPES: [&str; 5] = [SUBSCRIPTION, GROUP, REGISTRY, OTHER_GROUP, OTHER_SUBSCRIPTION];

    fn scope(text: &str) -> ArmScope {
        ArmScope::parse(text).expect("a scope")
    }

    #[rstest]
    #[case(SUBSCRIPTION, [true, true, true, true, false])]
    #[case(GROUP, [false, true, true, false, false])]
    #[case(REGISTRY, [false, false, true, false, false])]
    #[case(OTHER_GROUP, [false, false, false, true, false])]
    #[case(OTHER_SUBSCRIPTION, [false, false, false, false, true])]
    fn what_each_scope_contains(#[case] outer: &str, #[case] expected: [bool; 5]) {
        assert_eq!(SCOPES.map(|inner| scope(outer).contains(&scope(inner))), expected);
        let upper = ArmScope::parse(&outer.to_ascii_uppercase()).expect("ids are read without regard to case");
        assert!(upper.contains(&scope(outer)));
    }

    #[rstest]
    #[case("/")]
    #[case("")]
    #[case("subscriptions/9e223dbe-3399-4e19-88eb-0975f02ac87f")]
    #[case("/subscriptions/no-guid")]
    #[case("/providers/Microsoft.Management/managementGroups/all")]
    #[case("/subscriptions/9e223dbe-3399-4e19-88eb-0975f02ac87f/resourceGroups")]
    #[case("/subscriptions/9e223dbe-3399-4e19-88eb-0975f02ac87f/resourceGroups/g/providers/Other/registries/lnxcr")]
    fn no_scopes(#[case] text: &str) {
        assert!(ArmScope::parse(text).is_err());
    }

    #[test]
    fn without_grants_nothing_is_allowed() {
        let read = ManagementAction::new("Microsoft.ContainerRegistry/registries", Verb::Read);
        let nobody = Rights::granted(Vec::new());
        for at in SCOPES.map(scope) {
            assert!(!nobody.allow(&read, &at) && !nobody.touch(&at));
        }
    }

    #[test]
    fn a_list_is_touched_from_below_and_allowed_from_above() {
        let read = ManagementAction::new("Microsoft.ContainerRegistry/registries", Verb::Read);
        let rights = Rights::granted(vec![Grant { role: Role::Reader, scope: scope(REGISTRY) }]);
        assert_eq!(SCOPES.map(|at| rights.touch(&scope(at))), [true, true, true, false, false]);
        assert_eq!(SCOPES.map(|at| rights.allow(&read, &scope(at))), [false, false, true, false, false]);
        let ArmScope::Registry(registry) = scope(REGISTRY) else { panic!("a registry") };
        assert_eq!(rights.role_on(&registry), Some(Role::Reader));
    }

    proptest! {
        /// What a role allows somewhere it allows everywhere below, and a greater role allows it too.
        #[test]
        fn rights_go_down_and_never_up(role in 0..3_usize, held in 0..5_usize, at in 0..5_usize, verb in 0..4_usize, kind in 0..3_usize) {
            let verb = [Verb::Read, Verb::Write, Verb::Delete, Verb::Action][verb];
            let kind = ["Microsoft.ContainerRegistry/registries", "Microsoft.Authorization/roleAssignments", "Portcullis.Identity/servicePrincipals"][kind];
            let action = ManagementAction::new(kind, verb);
            let rights = |role| Rights::granted(vec![Grant { role, scope: scope(SCOPES[held]) }]);
            let at = scope(SCOPES[at]);
            if rights(Role::ALL[role]).allow(&action, &at) {
                prop_assert!(scope(SCOPES[held]).contains(&at));
                for below in SCOPES.map(scope).into_iter().filter(|below| at.contains(below)) {
                    prop_assert!(rights(Role::ALL[role]).allow(&action, &below));
                }
                for greater in &Role::ALL[role..] {
                    prop_assert!(rights(*greater).allow(&action, &at));
                }
            }
        }
    }
}
