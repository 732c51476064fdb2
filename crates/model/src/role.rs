//! Rights of the management plane: actions in Azure Resource Manager's words, and the roles that hold them (decision D8).

use std::borrow::Cow;
use std::fmt;

/// What a request to the management plane does, such as `Microsoft.ContainerRegistry/registries/tokens/write`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagementAction {
    resource_type: Cow<'static, str>,
    verb: Verb,
}

/// The last word of a [`ManagementAction`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Get or list.
    Read,
    /// Make or change.
    Write,
    /// Delete.
    Delete,
    /// Anything else: the resource type ends with what it is.
    Action,
}

impl ManagementAction {
    /// An action on resources of that type.
    pub fn new(resource_type: impl Into<Cow<'static, str>>, verb: Verb) -> Self {
        Self { resource_type: resource_type.into(), verb }
    }

    /// Whether it changes who may do what.
    fn grants(&self) -> bool {
        let namespace = self.resource_type.split('/').next().unwrap_or_default();
        self.verb != Verb::Read && GRANTING.contains(&namespace)
    }
}

impl fmt::Display for ManagementAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.verb {
            Verb::Read => "read",
            Verb::Write => "write",
            Verb::Delete => "delete",
            Verb::Action => "action",
        };
        write!(f, "{}/{verb}", self.resource_type)
    }
}

/// The namespace of role definitions and role assignments, Azure's.
pub const AUTHORIZATION: &str = "Microsoft.Authorization";

/// The namespace of service principals. Ours: Azure keeps them in another service.
pub const IDENTITY: &str = "Portcullis.Identity";

/// The namespace of the audit log. Ours: Azure has such logs in its Monitor.
pub const AUDIT: &str = "Portcullis.Audit";

const GRANTING: [&str; 2] = [AUTHORIZATION, IDENTITY];

/// A role. Each holds what the one before it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads everything but secrets, and pulls.
    Reader,
    /// Does everything but decide who may do what.
    Contributor,
    /// Does everything.
    Owner,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 3] = [Self::Reader, Self::Contributor, Self::Owner];

    /// Its name at Azure.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "Reader",
            Self::Contributor => "Contributor",
            Self::Owner => "Owner",
        }
    }

    /// The GUID of its definition, the same in every tenant of Azure; azure-cli and Terraform know them by heart.
    pub fn definition(self) -> &'static str {
        match self {
            Self::Reader => "acdd72a7-3385-48ef-bd42-f606fba81ae7",
            Self::Contributor => "b24988ac-6180-42a0-ab88-20f7382dd24c",
            Self::Owner => "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
        }
    }

    /// Reads a name or the GUID of a definition, without regard to case.
    pub fn parse(text: &str) -> Option<Self> {
        let is = |role: &Self| [role.as_str(), role.definition()].iter().any(|known| known.eq_ignore_ascii_case(text));
        Self::ALL.into_iter().find(is)
    }

    /// Whether the role holds an action.
    pub fn holds(self, action: &ManagementAction) -> bool {
        match self {
            Self::Reader => action.verb == Verb::Read,
            Self::Contributor => !action.grants(),
            Self::Owner => true,
        }
    }

    /// The system scope map with what the role may do to the content of a registry (data-plane-and-auth.md, 3.5). Azure's Reader
    /// pulls, its Contributor and Owner push and delete.
    pub fn scope_map(self) -> &'static str {
        match self {
            Self::Reader => "_repositories_pull_metadata_read",
            Self::Contributor | Self::Owner => "_repositories_admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("Microsoft.ContainerRegistry/registries/tokens", Verb::Read, [true, true, true])]
    #[case("Microsoft.ContainerRegistry/registries/tokens", Verb::Write, [false, true, true])]
    #[case("Microsoft.ContainerRegistry/registries", Verb::Delete, [false, true, true])]
    #[case("Microsoft.ContainerRegistry/registries/listCredentials", Verb::Action, [false, true, true])]
    #[case("Microsoft.Authorization/roleAssignments", Verb::Read, [true, true, true])]
    #[case("Microsoft.Authorization/roleAssignments", Verb::Write, [false, false, true])]
    #[case("Microsoft.Authorization/roleAssignments", Verb::Delete, [false, false, true])]
    #[case("Portcullis.Identity/servicePrincipals/addPassword", Verb::Action, [false, false, true])]
    fn what_each_role_holds(#[case] resource_type: &'static str, #[case] verb: Verb, #[case] expected: [bool; 3]) {
        let action = ManagementAction::new(resource_type, verb);
        assert_eq!(Role::ALL.map(|role| role.holds(&action)), expected, "{action}");
    }

    #[test]
    fn read_by_name_or_definition() {
        for role in Role::ALL {
            assert_eq!(Role::parse(&role.as_str().to_ascii_uppercase()), Some(role));
            assert_eq!(Role::parse(role.definition()), Some(role));
        }
        assert_eq!(Role::parse("User Access Administrator"), None);
        assert_eq!(Role::parse(""), None);
    }
}
