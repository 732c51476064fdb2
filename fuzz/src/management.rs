//! The management API: paths, ids, filters.

use crate::text;
use model::resource_id::{ScopeMapId, TokenId};
use std::collections::BTreeMap;

/// What the filter's file needs of its neighbours.
mod errors {
    /// A refusal, whose words are not looked at here.
    #[derive(Debug)]
    pub(super) struct Failure;

    impl Failure {
        /// A refused parameter.
        pub(super) fn invalid(_target: &str, _message: String) -> Self {
            Self
        }
    }
}
#[path = "../../crates/server/src/management/odata.rs"]
mod odata;
#[path = "../../crates/server/src/management/resource_filter.rs"]
mod resource_filter;
#[path = "../../crates/server/src/management/route/mod.rs"]
#[expect(dead_code, reason = "compiled for its parser alone")]
mod route;

use resource_filter::{Filter, Filtered, Property};
use route::{Parent, Target};

/// A path of the management API.
pub fn resource_id(data: &[u8]) {
    let Some(path) = text(data) else { return };
    let routed = route::parse(path);
    // Every name is read back from what is written of it.
    let written = match &routed {
        Ok(Target::Token(id) | Target::OperationStatus(Parent::Token(id), _)) => {
            assert_eq!(TokenId::parse(&id.to_string()).as_ref(), Ok(id));
            Some((id.to_string(), Target::Token(id.clone())))
        }
        Ok(Target::ScopeMap(id) | Target::OperationStatus(Parent::ScopeMap(id), _)) => {
            assert_eq!(ScopeMapId::parse(&id.to_string()).as_ref(), Ok(id));
            Some((id.to_string(), Target::ScopeMap(id.clone())))
        }
        Ok(Target::Registry(id) | Target::Tokens(id) | Target::ScopeMaps(id) | Target::GenerateCredentials(id)) => {
            Some((id.to_string(), Target::Registry(id.clone())))
        }
        Ok(Target::ResourceGroup(id) | Target::RegistriesIn(id)) => {
            Some((id.to_string(), Target::ResourceGroup(id.clone())))
        }
        _ => None,
    };
    if let Some((written, target)) = written {
        assert_eq!(route::parse(&written), Ok(target), "{written}");
        assert!(written.split('/').skip(1).all(|part| !part.is_empty()), "{written}");
    }
    // An id that is a value, not a path, is read by another function, and means the same.
    if let Ok(id) = TokenId::parse(path) {
        assert_eq!(routed, Ok(Target::Token(id)));
    }
    if let Ok(id) = ScopeMapId::parse(path) {
        assert_eq!(route::parse(path), Ok(Target::ScopeMap(id)));
    }
    // Whatever the case of its fixed words is.
    if let (Ok(small), Ok(large)) = (route::parse(&path.to_ascii_lowercase()), route::parse(path)) {
        assert_eq!(std::mem::discriminant(&small), std::mem::discriminant(&large), "{path}");
    }
}

/// Two filters, a line each.
pub fn filter(data: &[u8]) {
    let Some(given) = text(data) else { return };
    let (one, other) = given.split_once('\n').unwrap_or((given, "name eq 'lnxcr'"));
    let picks = |filter: &str| {
        let filter = Filter::of(Some(filter), &Property::ALL).ok()?;
        Some(resources().map(|(name, group, location, labels)| {
            let resource_type = "Microsoft.ContainerRegistry/registries";
            filter.picks(&Filtered { resource_type, name, group, location, labels: &labels })
        }))
    };
    let (first, second) = (picks(one), picks(other));
    assert!(first.is_none() || !one.trim().is_empty(), "no words are a filter");
    let either = picks(&format!("{one} or {other}"));
    if let (Some(first), Some(second)) = (first, second) {
        let expected = [0, 1, 2, 3].map(|number| first[number] || second[number]);
        assert_eq!(either, Some(expected), "{one} or {other}");
        let has_or = [one, other].iter().any(|filter| filter.to_ascii_lowercase().contains("or"));
        // Of the name and the value of a tag, `and` makes one condition.
        let has_tag = [one, other].iter().any(|filter| filter.to_ascii_lowercase().contains("tag"));
        if !has_or && !has_tag {
            let expected = [0, 1, 2, 3].map(|number| first[number] && second[number]);
            assert_eq!(picks(&format!("{one} and {other}")), Some(expected), "{one} and {other}");
        }
        assert_eq!(picks(&format!("  {one}  ")), Some(first), "spaces around it");
    } else if one.matches('\'').count() % 2 == 0 && other.matches('\'').count() % 2 == 0 {
        assert_eq!(either, None, "half of it is not understood");
    }
}

type Resource = (&'static str, &'static str, &'static str, BTreeMap<String, String>);

fn resources() -> [Resource; 4] {
    let labels = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    [
        ("LnxCr", "lnxtest", "westus", labels(&[("Team", "it's A")])),
        ("other", "lnxtest", "eastus", labels(&[("team", "B"), ("cost", "")])),
        ("lnxcr", "second", "westus", labels(&[])),
        ("a", "b", "c", labels(&[("d", "e")])),
    ]
}
