//! Anonymous pull: what whoever asks may do in a registry that allows it. Nothing but reading, and reading all of it, as at Azure
//! (data-plane-and-auth.md, 3.7).

use crate::action::{Action, ActionSet};
use crate::repository::RepositoryPattern;
use crate::scope_map::Rules;

/// The rights of somebody who has not signed in: pull, and what is told of what can be pulled.
pub fn rules() -> Rules {
    [(RepositoryPattern::All, ActionSet::from(Action::ContentRead).with(Action::MetadataRead))].into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::{Asked, Granted};
    use rstest::rstest;

    #[rstest]
    #[case::docker("repository:a/b:pull", "repository:a/b:pull,metadata_read")]
    #[case::azure_sdk("repository:a/b:metadata_read", "repository:a/b:metadata_read")]
    #[case::acr_cli("repository:*:metadata_read", "repository:*:metadata_read")]
    #[case::catalog("registry:catalog:*", "registry:catalog:*")]
    #[case::everything("repository:a/b:*", "repository:a/b:pull,metadata_read")]
    #[case::writes("repository:a/b:push,delete,metadata_write", "")]
    fn grants_nothing_but_reading(#[case] asked: &str, #[case] granted: &str) {
        assert_eq!(Granted::of(&Asked::parse([asked]), &rules()).to_string(), granted);
    }
}
