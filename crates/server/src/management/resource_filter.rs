//! `$filter` of resources and of resource groups: the part of OData that Azure's resource manager documents and clients send
//! (`Microsoft.Resources`, Resources_List and ResourceGroups_List). Pure.
//!
//! Any other filter is refused, because a wrong list is worse than none.

use super::errors::Failure;
use super::odata::{FILTER, Word, is, words};
use std::collections::BTreeMap;

/// What is compared of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Property {
    ResourceType,
    Name,
    ResourceGroup,
    Location,
}

/// What a filter sees of a resource.
#[derive(Debug, Clone, Copy)]
pub(super) struct Filtered<'a> {
    pub(super) resource_type: &'a str,
    pub(super) name: &'a str,
    pub(super) group: &'a str,
    pub(super) location: &'a str,
    pub(super) labels: &'a BTreeMap<String, String>,
}

/// A filter: one of its lists of conditions must hold as a whole. None at all picks everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filter(Vec<Vec<Condition>>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    /// `name eq 'value'`, `name ne 'value'`
    Compared { property: Property, equal: bool, value: String },
    /// `substringof('value', name)`
    Containing { property: Property, value: String },
    /// `tagName eq 'name'`, perhaps with `and tagValue eq 'value'`
    Tagged { name: String, value: Option<String> },
    /// `startswith(tagName, 'prefix')`
    TagPrefixed(String),
}

impl Property {
    /// All that resources have.
    pub(super) const ALL: [Self; 4] = [Self::ResourceType, Self::Name, Self::ResourceGroup, Self::Location];

    fn as_str(self) -> &'static str {
        match self {
            Self::ResourceType => "resourceType",
            Self::Name => "name",
            Self::ResourceGroup => "resourceGroup",
            Self::Location => "location",
        }
    }

    fn of(self, filtered: Filtered<'_>) -> &str {
        match self {
            Self::ResourceType => filtered.resource_type,
            Self::Name => filtered.name,
            Self::ResourceGroup => filtered.group,
            Self::Location => filtered.location,
        }
    }

    /// The form in which values are compared: without case, and `West US` is `westus`.
    fn normal(self, value: &str) -> String {
        let value = value.to_ascii_lowercase();
        if self == Self::Location { value.replace(' ', "") } else { value }
    }
}

impl Filter {
    /// Reads a filter that may compare `properties`, and tags; without one everything is picked.
    pub(super) fn of(given: Option<&str>, properties: &[Property]) -> Result<Self, Failure> {
        let Some(given) = given else { return Ok(Self(vec![Vec::new()])) };
        let parsed = words(given).and_then(|words| parse(&words, properties));
        parsed.map(Self).ok_or_else(|| {
            let names: Vec<&str> = properties.iter().map(|property| property.as_str()).collect();
            let compared = if names.is_empty() {
                String::new()
            } else {
                format!("{} with eq or ne, substringof('…', name or resourceGroup), ", names.join(", "))
            };
            Failure::invalid(
                FILTER,
                format!(
                    "The filter '{given}' is not understood: use {compared}tagName eq '…' and tagValue eq '…', or startswith(tagName, '…')."
                ),
            )
        })
    }

    /// Whether a resource is among those that are asked for.
    pub(super) fn picks(&self, filtered: &Filtered<'_>) -> bool {
        self.0.iter().any(|conditions| conditions.iter().all(|condition| condition.holds(*filtered)))
    }
}

impl Condition {
    fn holds(&self, filtered: Filtered<'_>) -> bool {
        match self {
            Self::Compared { property, equal, value } => {
                (property.normal(property.of(filtered)) == property.normal(value)) == *equal
            }
            Self::Containing { property, value } => {
                property.normal(property.of(filtered)).contains(&property.normal(value))
            }
            // Names of tags have no case, their values do (Azure Resource Manager, "Use tags").
            Self::Tagged { name, value } => filtered.labels.iter().any(|(known, held)| {
                known.eq_ignore_ascii_case(name) && value.as_ref().is_none_or(|value| value == held)
            }),
            Self::TagPrefixed(prefix) => {
                let prefix = prefix.to_ascii_lowercase();
                filtered.labels.keys().any(|name| name.to_ascii_lowercase().starts_with(&prefix))
            }
        }
    }
}

/// `and` binds more closely than `or`.
fn parse(mut words: &[Word<'_>], properties: &[Property]) -> Option<Vec<Vec<Condition>>> {
    let (mut any, mut all) = (Vec::new(), Vec::new());
    loop {
        let (condition, rest) = condition(words, properties)?;
        all.push(condition);
        match rest {
            [] => {
                any.push(all);
                return Some(any);
            }
            [Word::Bare(and), rest @ ..] if is(and, "and") => words = rest,
            [Word::Bare(or), rest @ ..] if is(or, "or") => {
                any.push(std::mem::take(&mut all));
                words = rest;
            }
            _ => return None,
        }
    }
}

/// The first condition, and what stands behind it.
fn condition<'a, 'w>(words: &'a [Word<'w>], properties: &[Property]) -> Option<(Condition, &'a [Word<'w>])> {
    use Word::{Bare, Mark, Quoted};
    match words {
        [Bare(tag), Bare(eq), Quoted(name), rest @ ..] if is(tag, "tagName") && is(eq, "eq") => {
            let name = name.clone();
            match rest {
                [Bare(and), Bare(tag), Bare(eq), Quoted(value), rest @ ..]
                    if is(and, "and") && is(tag, "tagValue") && is(eq, "eq") =>
                {
                    Some((Condition::Tagged { name, value: Some(value.clone()) }, rest))
                }
                _ => Some((Condition::Tagged { name, value: None }, rest)),
            }
        }
        [Bare(name), Bare(operator), Quoted(value), rest @ ..] => {
            let property = *properties.iter().find(|known| is(name, known.as_str()))?;
            let equal = if is(operator, "eq") { true } else { is(operator, "ne").then_some(false)? };
            Some((Condition::Compared { property, equal, value: value.clone() }, rest))
        }
        [Bare(function), Mark('('), Quoted(value), Mark(','), Bare(name), Mark(')'), rest @ ..]
            if is(function, "substringof") =>
        {
            let property = *properties.iter().find(|known| is(name, known.as_str()))?;
            matches!(property, Property::Name | Property::ResourceGroup)
                .then(|| (Condition::Containing { property, value: value.clone() }, rest))
        }
        [Bare(function), Mark('('), Bare(tag), Mark(','), Quoted(prefix), Mark(')'), rest @ ..]
            if is(function, "startswith") && is(tag, "tagName") =>
        {
            Some((Condition::TagPrefixed(prefix.clone()), rest))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn picks(filter: &str, properties: &[Property]) -> Option<bool> {
        let labels = BTreeMap::from([("Team".to_owned(), "it's A".to_owned())]);
        let filtered = Filtered {
            resource_type: "Microsoft.ContainerRegistry/registries",
            name: "LnxCr",
            group: "lnxtest",
            location: "westus",
            labels: &labels,
        };
        Some(Filter::of(Some(filter), properties).ok()?.picks(&filtered))
    }

    #[rstest]
    #[case("resourceType eq 'Microsoft.ContainerRegistry/registries'", Some(true))]
    #[case("resourcetype EQ 'microsoft.containerregistry/REGISTRIES'", Some(true))]
    #[case("resourceType eq 'Microsoft.Web/sites'", Some(false))]
    #[case("resourceType ne 'Microsoft.Web/sites'", Some(true))]
    #[case("name eq 'lnxcr' and resourceGroup eq 'LNXTEST'", Some(true))]
    #[case("name eq 'lnxcr' and resourceGroup eq 'other'", Some(false))]
    #[case("name eq 'other' or resourceGroup eq 'lnxtest' and location eq 'West US'", Some(true))]
    #[case("name eq 'other' or resourceGroup eq 'lnxtest' and location eq 'eastus'", Some(false))]
    #[case("substringof('XC', name)", Some(true))]
    #[case("substringof( 'test' ,resourceGroup )", Some(true))]
    #[case("substringof('test', name)", Some(false))]
    #[case("tagName eq 'team'", Some(true))]
    #[case("tagname eq 'team' and tagvalue eq 'it''s A'", Some(true))]
    #[case("tagName eq 'team' and tagValue eq 'it''s a'", Some(false))]
    #[case("tagName eq 'cost' and tagValue eq ''", Some(false))]
    #[case("tagName eq 'team' and name eq 'lnxcr'", Some(true))]
    #[case("startswith(tagName, 'te')", Some(true))]
    #[case("startswith(tagName, 'am')", Some(false))]
    // Not understood.
    #[case("name eq lnxcr", None)]
    #[case("name eq 'lnxcr", None)]
    #[case("name gt 'lnxcr'", None)]
    #[case("name eq 'lnxcr' and", None)]
    #[case("name eq 'lnxcr' name eq 'lnxcr'", None)]
    #[case("(name eq 'lnxcr')", None)]
    #[case("not name eq 'lnxcr'", None)]
    #[case("substringof('x', location)", None)]
    #[case("startswith(name, 'lnx')", None)]
    #[case("tagValue eq 'A'", None)]
    #[case("tagName ne 'team'", None)]
    #[case("plan eq 'x'", None)]
    #[case("'", None)]
    #[case("ä", None)]
    #[case(" ", None)]
    fn filters(#[case] filter: &str, #[case] expected: Option<bool>) {
        assert_eq!(picks(filter, &Property::ALL), expected);
    }

    #[rstest]
    #[case("tagName eq 'team'", Some(true))]
    #[case("name eq 'lnxcr'", None)]
    fn where_only_tags_are_compared(#[case] filter: &str, #[case] expected: Option<bool>) {
        assert_eq!(picks(filter, &[]), expected);
    }

    #[test]
    fn no_filter_picks_all() {
        let labels = BTreeMap::new();
        let filtered = Filtered { resource_type: "", name: "", group: "", location: "", labels: &labels };
        assert!(Filter::of(None, &[]).is_ok_and(|filter| filter.picks(&filtered)));
    }
}
