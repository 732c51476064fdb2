//! `portcullis token explain`: whether a token may do something, by which rule, and if not what is missing.
//!
//! Only what the management API shows is looked at: the token's status, its credentials, and the actions of its scope map
//! (management-api.md, section 6).

use super::Run;
use super::grants::REPOSITORY_ACTIONS;
use super::words::Form;
use super::words::Named;
use crate::failure::{ExitStatus, Failure};
use crate::output::text::printable;
use jiff::Timestamp;
use serde_json::json;
use wire::arm::scope_maps::ScopeMap;
use wire::arm::tokens::{Token, TokenCredentials};

/// What one needed action is granted by; `None` when nothing grants it.
#[derive(Debug, PartialEq, Eq)]
struct Verdict {
    action: &'static str,
    rule: Option<String>,
}

impl Run<'_, '_> {
    pub(super) async fn explain(&mut self, named: &Named, repository: &str, action: &str) -> Result<(), Failure> {
        let needed = needed(action).ok_or_else(|| {
            Failure::usage(format!("'{action}' is not an action."))
                .hint(format!("It is pull, push, delete, list or lock; or one of {}.", REPOSITORY_ACTIONS.join(", ")))
        })?;
        let (place, token) = self.get_token(named).await?;
        let scope_map_id = token.properties.as_ref().and_then(|properties| properties.scope_map_id.as_deref());
        let scope_map_name = scope_map_id.and_then(|id| id.rsplit('/').next()).unwrap_or_default().to_owned();
        let scope_map: Option<ScopeMap> = match scope_map_name.as_str() {
            "" => None,
            name => self.client.find(&place.scope_map_address(name)?).await?,
        };
        let actions = scope_map.and_then(|map| map.properties?.actions).unwrap_or_default();
        let verdicts: Vec<Verdict> =
            needed.iter().map(|action| Verdict { action, rule: rule(&actions, repository, action) }).collect();
        let missing: Vec<&str> = verdicts.iter().filter(|it| it.rule.is_none()).map(|it| it.action).collect();
        let obstacles = obstacles(&token, self.now);
        let allowed = missing.is_empty() && obstacles.is_empty();
        if self.form == Form::Table {
            let name = named.name();
            let mut text = format!(
                "{}: '{name}' {} {action} in '{repository}'.\n",
                if allowed { "Yes" } else { "No" },
                if allowed { "may" } else { "may not" }
            );
            for Verdict { action, rule } in &verdicts {
                text.push_str(&match rule {
                    Some(rule) => format!("  {action:<16} by {rule} of the scope map '{scope_map_name}'\n"),
                    None => format!("  {action:<16} is missing\n"),
                });
            }
            text.extend(obstacles.iter().map(|obstacle| format!("  {obstacle}\n")));
            if !missing.is_empty() && !scope_map_name.is_empty() {
                text.push_str(&format!(
                    "To allow it: portcullis scope-map update {scope_map_name} -r {} --add-repository {repository} {}\n",
                    place.registry,
                    missing.join(" ")
                ));
            }
            self.console.print(&printable(&text))?;
        } else {
            let rules: Vec<_> = verdicts.iter().map(|it| json!({ "action": it.action, "rule": it.rule })).collect();
            let value = json!({
                "action": action,
                "allowed": allowed,
                "missing": missing,
                "obstacles": obstacles,
                "repository": repository,
                "rules": rules,
                "scopeMap": scope_map_name,
                "token": named.name(),
            });
            let table = super::show::Table { headings: &["ALLOWED"], rows: vec![vec![allowed.to_string()]] };
            self.show(&value, &table)?;
        }
        if allowed { Ok(()) } else { Err(Failure::told(ExitStatus::Refused)) }
    }
}

/// The actions that a word needs. Pushing needs reading too: clients look before they push.
fn needed(word: &str) -> Option<Vec<&'static str>> {
    let word = word.to_ascii_lowercase();
    Some(match word.as_str() {
        "pull" => vec!["content/read"],
        "push" => vec!["content/read", "content/write"],
        "delete" => vec!["content/delete"],
        "list" => vec!["metadata/read"],
        "lock" => vec!["metadata/write"],
        action => vec![*REPOSITORY_ACTIONS.iter().find(|known| **known == action)?],
    })
}

/// The first rule that grants `action` on `repository`: for it alone, for all below a prefix, or for all.
fn rule(actions: &[String], repository: &str, action: &str) -> Option<String> {
    let covers = |rule: &&String| {
        let middle = rule.strip_prefix("repositories/").and_then(|rest| rest.strip_suffix(action)?.strip_suffix('/'));
        middle.is_some_and(|pattern| match pattern.strip_suffix('*') {
            Some("") => true,
            // `sample/*` does not cover `sample`.
            Some(prefix) => prefix.ends_with('/') && repository.len() > prefix.len() && repository.starts_with(prefix),
            None => pattern == repository,
        })
    };
    actions.iter().find(covers).cloned()
}

/// What keeps a token from being used at all.
fn obstacles(token: &Token, now: Timestamp) -> Vec<String> {
    let properties = token.properties.clone().unwrap_or_default();
    let mut obstacles = Vec::new();
    if properties.status.as_deref() == Some("disabled") {
        obstacles.push("the token is disabled".to_owned());
    }
    if properties.scope_map_id.is_none() {
        obstacles.push("the token has no scope map".to_owned());
    }
    let TokenCredentials { certificates, passwords } = properties.credentials.unwrap_or_default();
    let passwords = passwords.unwrap_or_default();
    let certificates = certificates.unwrap_or_default();
    let ends = passwords.iter().map(|it| &it.expiry).chain(certificates.iter().map(|it| &it.expiry));
    let is_over = |end: &Option<String>| {
        end.as_deref().and_then(|end| end.parse::<Timestamp>().ok()).is_some_and(|end| end <= now)
    };
    let (over, usable): (Vec<_>, Vec<_>) = ends.partition(|end| is_over(end));
    if usable.is_empty() {
        obstacles.push(match over.len() {
            0 => "the token has no password and no certificate".to_owned(),
            _ => "every password and certificate of the token has expired".to_owned(),
        });
    }
    obstacles
}

#[cfg(test)]
mod tests {
    use super::super::tests::{REGISTRY, Ran, below, look_up, run, token};
    use super::*;
    use rstest::rstest;
    use serde_json::Value;

    #[rstest]
    #[case("repositories/app/content/read", "app", true)]
    #[case("repositories/app/content/read", "app/web", false)]
    #[case("repositories/app/*/content/read", "app/web", true)]
    #[case("repositories/app/*/content/read", "app/web/x", true)]
    #[case("repositories/app/*/content/read", "app", false)]
    #[case("repositories/app/*/content/read", "app/", false)]
    #[case("repositories/app/*/content/read", "apps/web", false)]
    #[case("repositories/*/content/read", "anything/at/all", true)]
    #[case("repositories/app/content/write", "app", false)]
    #[case("gateway/app/content/read", "app", false)]
    #[case("repositories/ap*/content/read", "app", false)]
    fn a_rule_covers_what_it_says(#[case] given: &str, #[case] repository: &str, #[case] expected: bool) {
        assert_eq!(rule(&[given.to_owned()], repository, "content/read").is_some(), expected);
    }

    #[rstest]
    #[case("push", &["content/read", "content/write"])]
    #[case("PULL", &["content/read"])]
    #[case("metadata/write", &["metadata/write"])]
    fn words_need_actions(#[case] word: &str, #[case] expected: &[&str]) {
        assert_eq!(needed(word).unwrap(), expected);
        assert_eq!(needed("fly"), None);
    }

    fn explained(action: &str, status: &str, form: &str) -> Ran {
        let found = token(&json!({
            "status": status,
            "scopeMapId": format!("{REGISTRY}/scopeMaps/m"),
            "credentials": { "passwords": [{ "name": "password1" }] },
        }));
        let actions = json!(["repositories/samples/*/content/read", "repositories/samples/app/metadata/read"]);
        let mut exchanges = look_up();
        exchanges.push(below("GET", "/tokens/ci", 200, &found));
        exchanges.push(below("GET", "/scopeMaps/m", 200, &json!({ "properties": { "actions": actions } })));
        run(&format!("token explain ci -r myreg --repository samples/app --action {action} -o {form}"), &[], exchanges)
    }

    #[test]
    fn what_is_allowed_is_explained_by_its_rule() {
        let ran = explained("pull", "enabled", "table");
        let expected = "Yes: 'ci' may pull in 'samples/app'.\n  content/read     by repositories/samples/*/content/read of the scope map 'm'\n";
        assert_eq!((ran.stdout.as_str(), ran.code), (expected, 0), "{}", ran.stderr);
    }

    #[test]
    fn what_is_missing_is_named_with_the_command_that_allows_it() {
        let ran = explained("push", "disabled", "table");
        let expected = "No: 'ci' may not push in 'samples/app'.\n  content/read     by repositories/samples/*/content/read of the scope map 'm'\n  content/write    is missing\n  the token is disabled\n\
                        To allow it: portcullis scope-map update m -r myreg --add-repository samples/app content/write\n";
        assert_eq!((ran.stdout.as_str(), ran.code), (expected, 1), "{}", ran.stderr);
        let value: Value = serde_json::from_str(&explained("push", "enabled", "json").stdout).unwrap();
        assert_eq!((&value["allowed"], &value["missing"]), (&json!(false), &json!(["content/write"])));
    }
}
