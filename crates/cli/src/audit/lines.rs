//! What people see of the audit log.

use crate::output::table::{self, Heading};
use wire::arm::audit::Entry;

/// One row each.
pub(super) fn table(entries: &[Entry], columns: usize, colour: bool) -> String {
    let rows: Vec<Vec<String>> = entries.iter().map(row).collect();
    let headings = ["Seq", "Time", "Outcome", "Who", "Action", "On", "Rule", "From", "Credential", "Detail"];
    table::render(&Heading::left(&headings), &rows, columns, colour)
}

fn row(entry: &Entry) -> Vec<String> {
    let text = |member: &Option<String>| member.clone().unwrap_or_default();
    let times = entry.count.map(|count| format!(" (x{count})")).unwrap_or_default();
    vec![
        entry.seq.to_string(),
        short_time(&entry.at),
        format!("{}{times}", entry.outcome),
        text(&entry.who),
        short_action(&entry.action).to_owned(),
        place(entry),
        text(&entry.rule),
        text(&entry.address),
        text(&entry.credential),
        text(&entry.detail),
    ]
}

/// To the second: `2027-01-01T00:00:00Z`.
fn short_time(at: &str) -> String {
    at.split(['.', '+']).next().map_or_else(String::new, |seconds| format!("{seconds}Z"))
}

/// Without what stands in front of most.
fn short_action(action: &str) -> &str {
    let prefixes = ["Microsoft.ContainerRegistry/", "Microsoft.Resources/subscriptions/"];
    prefixes.into_iter().find_map(|prefix| action.strip_prefix(prefix)).unwrap_or(action)
}

/// Where it was: of a resource id what lies below the registries or groups, or a repository with what is in it.
fn place(entry: &Entry) -> String {
    let registry = entry.registry.as_deref().unwrap_or_default();
    let target = entry.target.as_deref().unwrap_or_default();
    match &entry.repository {
        Some(repository) if target.is_empty() => format!("{registry}/{repository}"),
        Some(repository) if target.contains(':') => format!("{registry}/{repository}@{target}"),
        Some(repository) => format!("{registry}/{repository}:{target}"),
        None if target.is_empty() => registry.to_owned(),
        None => {
            let below = |level| target.split_once(level).map(|(_, below)| below);
            below("/registries/").or_else(|| below("/resourceGroups/")).unwrap_or(target).to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(None, Some("/subscriptions/s/x/registries/lnxcr/tokens/ci"), "lnxcr/tokens/ci")]
    #[case(None, Some("/subscriptions/s/resourceGroups/lnxtest"), "lnxtest")]
    #[case(None, Some("/subscriptions/s"), "/subscriptions/s")]
    #[case(None, None, "lnxcr")]
    #[case(Some("a/b"), None, "lnxcr/a/b")]
    #[case(Some("a/b"), Some("v1"), "lnxcr/a/b:v1")]
    #[case(Some("a/b"), Some("sha256:00"), "lnxcr/a/b@sha256:00")]
    fn places(#[case] repository: Option<&str>, #[case] target: Option<&str>, #[case] expected: &str) {
        let entry = Entry {
            registry: Some("lnxcr".to_owned()),
            repository: repository.map(str::to_owned),
            target: target.map(str::to_owned),
            ..Entry::default()
        };
        assert_eq!(place(&entry), expected);
    }

    #[test]
    fn a_row_is_for_people() {
        let entry = Entry {
            seq: 7,
            at: "2027-01-01T00:00:00.25+00:00".to_owned(),
            outcome: "refused".to_owned(),
            action: "Microsoft.ContainerRegistry/registries/tokens/write".to_owned(),
            who: Some("ci\u{1b}[31m".to_owned()),
            count: Some(12),
            ..Entry::default()
        };
        let shown = table(&[entry], 200, false);
        assert!(shown.contains("2027-01-01T00:00:00Z refused (x12) ci"), "{shown}");
        assert!(shown.contains(" registries/tokens/write"), "{shown}");
        assert!(!shown.contains('\u{1b}'), "{shown}");
    }
}
