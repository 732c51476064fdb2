//! Azure Resource Manager ids, such as `/subscriptions/…/registries/lnxcr/tokens/token2`.
//!
//! Read without regard to case, written with the canonical segments and the names as given.

use crate::arm_name::{InvalidName, RegistryName, ResourceGroupName, ScopeMapName, SubscriptionId, TokenName};
use std::fmt;

/// The resource provider whose resources these are.
pub const PROVIDER: &str = "Microsoft.ContainerRegistry";

/// The id of a resource group.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ResourceGroupId {
    /// The subscription that holds it.
    pub subscription: SubscriptionId,
    /// Its name.
    pub name: ResourceGroupName,
}

/// The id of a registry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RegistryId {
    /// The resource group that holds it.
    pub group: ResourceGroupId,
    /// Its name.
    pub name: RegistryName,
}

/// The id of a scope map.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ScopeMapId {
    /// The registry that holds it.
    pub registry: RegistryId,
    /// Its name.
    pub name: ScopeMapName,
}

/// The id of a token.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TokenId {
    /// The registry that holds it.
    pub registry: RegistryId,
    /// Its name.
    pub name: TokenName,
}

/// The text is not the id that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidResourceId {
    /// The segments are not those of the id.
    #[error("'{given}' is not the id of a {kind}; its form is {form}")]
    Form {
        /// What was given.
        given: String,
        /// What was expected.
        kind: &'static str,
        /// The form, with names in braces.
        form: &'static str,
    },
    /// The form is right and one name in it is not.
    #[error(transparent)]
    Name(#[from] InvalidName),
}

const SCOPE_MAP_FORM: &str = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerRegistry/registries/{registry}/scopeMaps/{name}";
const TOKEN_FORM: &str = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerRegistry/registries/{registry}/tokens/{name}";

impl ScopeMapId {
    /// Reads a full id.
    pub fn parse(text: &str) -> Result<Self, InvalidResourceId> {
        let (registry, name) = parse_child(text, "scopeMaps", "scope map", SCOPE_MAP_FORM)?;
        Ok(Self { registry, name: ScopeMapName::parse(name)? })
    }
}

impl TokenId {
    /// Reads a full id.
    pub fn parse(text: &str) -> Result<Self, InvalidResourceId> {
        let (registry, name) = parse_child(text, "tokens", "token", TOKEN_FORM)?;
        Ok(Self { registry, name: TokenName::parse(name)? })
    }
}

fn parse_child<'a>(
    text: &'a str,
    collection: &str,
    kind: &'static str,
    form: &'static str,
) -> Result<(RegistryId, &'a str), InvalidResourceId> {
    let wrong_form = || InvalidResourceId::Form { given: text.to_owned(), kind, form };
    let segments: Vec<&str> = text.split('/').collect();
    let ["", s, subscription, g, group, p, provider, r, registry, c, name] = segments[..] else {
        return Err(wrong_form());
    };
    let fixed = [
        (s, "subscriptions"),
        (g, "resourceGroups"),
        (p, "providers"),
        (provider, PROVIDER),
        (r, "registries"),
        (c, collection),
    ];
    if fixed.iter().any(|(given, expected)| !given.eq_ignore_ascii_case(expected)) {
        return Err(wrong_form());
    }
    let group =
        ResourceGroupId { subscription: SubscriptionId::parse(subscription)?, name: ResourceGroupName::parse(group)? };
    Ok((RegistryId { group, name: RegistryName::parse(registry)? }, name))
}

impl fmt::Display for ResourceGroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/subscriptions/{}/resourceGroups/{}", self.subscription, self.name)
    }
}

impl fmt::Display for RegistryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/providers/{PROVIDER}/registries/{}", self.group, self.name)
    }
}

impl fmt::Display for ScopeMapId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/scopeMaps/{}", self.registry, self.name)
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/tokens/{}", self.registry, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const CANONICAL: &str = "/subscriptions/9e223dbe-3399-4e19-88eb-0975f02ac87f/resourceGroups/lnxtest/providers/Microsoft.ContainerRegistry/registries/lnxcr/scopeMaps/newmap";

    #[test]
    fn any_case_in_and_the_canonical_one_out() {
        let id =
            ScopeMapId::parse(&CANONICAL.replace("resourceGroups", "resourcegroups").replace("scopeMaps", "SCOPEMAPS"));
        assert_eq!(id.map(|id| id.to_string()), Ok(CANONICAL.to_owned()));
        assert_eq!(ScopeMapId::parse(CANONICAL), ScopeMapId::parse(&CANONICAL.replace("newmap", "NewMap")));
    }

    #[rstest]
    #[case("newmap")]
    #[case("")]
    #[case("/subscriptions/9e223dbe-3399-4e19-88eb-0975f02ac87f")]
    #[case(
        "/subscriptions/9e223dbe-3399-4e19-88eb-0975f02ac87f/resourceGroups/lnxtest/providers/Microsoft.Web/registries/lnxcr/scopeMaps/newmap"
    )]
    #[case(
        "/subscriptions/9e223dbe-3399-4e19-88eb-0975f02ac87f/resourceGroups/lnxtest/providers/Microsoft.ContainerRegistry/registries/lnxcr/scopeMaps/newmap/"
    )]
    #[case(
        "/subscriptions/9e223dbe-3399-4e19-88eb-0975f02ac87f/resourceGroups/lnxtest/providers/Microsoft.ContainerRegistry/registries/lnxcr/tokens/token2"
    )]
    fn other_forms_are_refused(#[case] text: &str) {
        assert!(matches!(ScopeMapId::parse(text), Err(InvalidResourceId::Form { .. })), "{text}");
    }

    #[test]
    fn a_wrong_name_is_named() {
        let error = TokenId::parse(&CANONICAL.replace("scopeMaps/newmap", "tokens/no")).map_err(|e| e.to_string());
        assert!(error.is_err_and(|message| message.starts_with("'no' is not a token name")));
    }
}
