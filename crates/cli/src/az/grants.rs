//! `--repository NAME ACTION…` and its like: which rights on what, and the actions of a scope map that they are.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

/// The rights on a repository (management-api.md, section 6).
pub(super) const REPOSITORY_ACTIONS: [&str; 5] =
    ["content/delete", "content/read", "content/write", "metadata/read", "metadata/write"];

/// The rights on a gateway.
const GATEWAY_ACTIONS: [&str; 4] = ["config/read", "config/write", "message/read", "message/write"];

/// Rights, as they were given: a name and actions each.
type Given = Vec<Vec<String>>;

/// Rights that are given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Grants {
    repositories: Given,
    gateways: Given,
}

/// Rights that are given and taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Changes {
    add: Grants,
    remove: Grants,
}

/// Why rights are none, in az's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum GrantError {
    #[error("At least one action must be specified with \"{0}\".")]
    NoAction(String),
    #[error("Invalid action \"{action}\" provided. \nValid actions are {valid}.")]
    UnknownAction { action: String, valid: String },
    #[error("Update ambiguity. Duplicate actions were provided with --add and --remove arguments.\n{}", .0.join(", "))]
    Ambiguous(Vec<String>),
}

impl Grants {
    /// Whether none were given.
    pub(super) fn is_empty(&self) -> bool {
        self.repositories.is_empty() && self.gateways.is_empty()
    }

    /// The actions of a scope map, each once, in the order in which they were given. Names and actions lose their case, as az does it.
    pub(super) fn actions(&self) -> Result<Vec<String>, GrantError> {
        let mut actions: Vec<String> = Vec::new();
        for (kind, given, valid) in [
            ("repositories", &self.repositories, REPOSITORY_ACTIONS.as_slice()),
            ("gateway", &self.gateways, GATEWAY_ACTIONS.as_slice()),
        ] {
            for words in given {
                let Some((name, rest)) = words.split_first() else { continue };
                if rest.is_empty() {
                    return Err(GrantError::NoAction(name.clone()));
                }
                for action in rest {
                    let action = action.to_ascii_lowercase();
                    if !valid.contains(&action.as_str()) {
                        return Err(GrantError::UnknownAction { action, valid: format!("{valid:?}") });
                    }
                    let whole = format!("{kind}/{}/{action}", name.to_ascii_lowercase());
                    if !actions.contains(&whole) {
                        actions.push(whole);
                    }
                }
            }
        }
        Ok(actions)
    }
}

impl Changes {
    /// Whether none were given.
    pub(super) fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }

    /// What becomes of a scope map's actions. Those that stay keep their order.
    pub(super) fn apply(&self, before: &[String]) -> Result<Vec<String>, GrantError> {
        let (add, remove) = (self.add.actions()?, self.remove.actions()?);
        let both: Vec<String> = add.iter().filter(|action| remove.contains(action)).cloned().collect();
        if !both.is_empty() {
            return Err(GrantError::Ambiguous(both));
        }
        let mut after: Vec<String> = before.iter().filter(|action| !remove.contains(action)).cloned().collect();
        after.extend(add.into_iter().filter(|action| !before.contains(action)));
        Ok(after)
    }
}

fn argument(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).help(help).value_names(["NAME", "ACTION"]).num_args(1..).action(ArgAction::Append)
}

fn given(matches: &ArgMatches, name: &str) -> Given {
    let occurrences = matches.get_occurrences::<String>(name).into_iter().flatten();
    occurrences.map(|words| words.cloned().collect()).collect()
}

impl Args for Grants {
    fn augment_args(command: Command) -> Command {
        command
            .arg(argument(
                "repository",
                "A repository and what is allowed there: content/read, content/write, content/delete, metadata/read, \
                 metadata/write. NAME may be * or end in /*",
            ))
            .arg(argument("gateway", "A connected registry and what is allowed there"))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Grants {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self { repositories: given(matches, "repository"), gateways: given(matches, "gateway") })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Changes {
    fn augment_args(command: Command) -> Command {
        command
            .arg(argument("add-repository", "A repository and what is to be allowed there").visible_alias("add"))
            .arg(
                argument("remove-repository", "A repository and what is no longer allowed there")
                    .visible_alias("remove"),
            )
            .arg(argument("add-gateway", "A connected registry and what is to be allowed there"))
            .arg(argument("remove-gateway", "A connected registry and what is no longer allowed there"))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Changes {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let grants = |repositories, gateways| Grants {
            repositories: given(matches, repositories),
            gateways: given(matches, gateways),
        };
        Ok(Self { add: grants("add-repository", "add-gateway"), remove: grants("remove-repository", "remove-gateway") })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn words(given: &[&[&str]]) -> Given {
        given.iter().map(|words| words.iter().map(|word| (*word).to_owned()).collect()).collect()
    }

    fn repositories(given: &[&[&str]]) -> Grants {
        Grants { repositories: words(given), gateways: Vec::new() }
    }

    #[test]
    fn rights_are_actions() {
        let grants = Grants {
            repositories: words(&[
                &["Samples/App", "content/READ", "content/write", "content/read"],
                &["*", "metadata/read"],
            ]),
            gateways: words(&[&["edge", "config/read"]]),
        };
        let expected = [
            "repositories/samples/app/content/read",
            "repositories/samples/app/content/write",
            "repositories/*/metadata/read",
            "gateway/edge/config/read",
        ];
        assert_eq!(grants.actions().unwrap(), expected);
    }

    #[rstest]
    #[case(&["app"], "At least one action must be specified with \"app\".")]
    #[case(&["app", "content/red"], "Invalid action \"content/red\" provided. \nValid actions are [\"content/delete\", \"content/read\", \"content/write\", \"metadata/read\", \"metadata/write\"].")]
    fn what_is_no_right_is_told_in_azs_words(#[case] given: &[&str], #[case] expected: &str) {
        assert_eq!(repositories(&[given]).actions().unwrap_err().to_string(), expected);
    }

    #[test]
    fn changes_keep_the_order_of_what_stays() {
        let before = ["repositories/a/content/read".to_owned(), "repositories/b/content/read".to_owned()];
        let changes = Changes {
            add: repositories(&[&["c", "content/read"], &["b", "content/read"]]),
            remove: repositories(&[&["a", "content/read"]]),
        };
        assert_eq!(changes.apply(&before).unwrap(), ["repositories/b/content/read", "repositories/c/content/read"]);
        let both =
            Changes { add: repositories(&[&["a", "content/read"]]), remove: repositories(&[&["a", "content/read"]]) };
        assert!(both.apply(&before).unwrap_err().to_string().ends_with("arguments.\nrepositories/a/content/read"));
    }
}
