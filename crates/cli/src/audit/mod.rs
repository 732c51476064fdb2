//! `portcullis audit`: who did what, and whether the log that says so is whole.

mod chain;
mod lines;
mod words;

pub use words::AuditOptions;

use crate::client::Client;
use crate::client::address::Address;
use crate::destination::Destination;
use crate::durations;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::output::Console;
use chain::{Broken, Chain, Known, Whole};
use jiff::Timestamp;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use wire::arm::audit::Entry;
use words::{OutcomeName, Picks, Verb};

impl AuditOptions {
    /// Where it goes; nowhere to verify a file.
    ///
    /// Errors: as [`Wish::settle`](crate::destination::Wish::settle); it is Azure, which keeps its logs elsewhere.
    pub fn destination(&self, environment: &Environment) -> Result<Destination, Failure> {
        if matches!(self.verb, Some(Verb::Verify { file: Some(_), .. })) {
            return Ok(Destination::None);
        }
        let chosen = self.destination.wish().settle(environment)?;
        match &chosen.destination {
            Destination::Server { endpoint, principal } if principal.is_at_azure() => Err(Failure::usage(format!(
                "`portcullis audit` is for servers and stores, and {endpoint} (by {}) is Azure: its logs are in Azure Monitor.",
                chosen.by
            ))
            .hint("`az monitor activity-log list` shows them there.")),
            _ => Ok(chosen.destination),
        }
    }

    /// Runs it, and writes what came of it to standard output.
    pub async fn run(
        &self,
        client: Option<Client<'_>>,
        environment: &Environment,
        console: &mut Console<'_>,
    ) -> Result<(), Failure> {
        match (&self.verb, client) {
            (Some(Verb::Verify { file: Some(file), known }), _) => told(verify_file(file, known.clone())?, console),
            (Some(Verb::Verify { file: None, known }), Some(client)) => {
                let mut chain = Chain::new(known.clone());
                walk(client, 0, |line| chain.take(line).map_err(broken)).await?;
                told(chain.finish().map_err(broken)?, console)
            }
            (Some(Verb::Export { after }), Some(client)) => {
                walk(client, *after, |line| console.print(&format!("{line}\n"))).await
            }
            (None, Some(client)) => self.list(client, environment, console).await,
            (_, None) => Ok(()),
        }
    }

    async fn list(
        &self,
        client: Client<'_>,
        environment: &Environment,
        console: &mut Console<'_>,
    ) -> Result<(), Failure> {
        let mut asked = self.picks.asked(environment)?;
        asked.push(("last", self.last.to_string()));
        let part = client.lines(&Address::audit(&asked)).await?;
        if self.json {
            return part.lines.iter().try_for_each(|line| console.print(&format!("{line}\n")));
        }
        let entries = part.lines.iter().map(|line| serde_json::from_str::<Entry>(line));
        let entries = entries.collect::<Result<Vec<_>, _>>();
        let entries = entries
            .map_err(|_| Failure::unreachable("The service's answer has a line that is no entry of its log."))?;
        if entries.is_empty() {
            console.note("No entry of the audit log matches.");
            return Ok(());
        }
        console.print(&lines::table(&entries, console.columns, console.colour))
    }
}

impl Picks {
    /// As the service is asked.
    fn asked(&self, environment: &Environment) -> Result<Vec<(&'static str, String)>, Failure> {
        let now = environment.now_micros;
        let given = [
            ("since", self.since.as_deref().map(|text| time("--since", text, now)).transpose()?),
            ("until", self.until.as_deref().map(|text| time("--until", text, now)).transpose()?),
            ("who", self.who.clone()),
            ("registry", self.registry.clone()),
            ("repository", self.repository.clone()),
            ("action", self.action.clone()),
            ("outcome", self.outcome.map(OutcomeName::as_str).map(str::to_owned)),
            ("request", self.request.clone()),
        ];
        Ok(given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
    }
}

/// A time, or how long ago.
fn time(option: &str, text: &str, now_micros: i64) -> Result<String, Failure> {
    let wrong = || {
        Failure::usage(format!("{option}: '{text}' is no time."))
            .hint("Write a time such as 2027-01-01T00:00:00Z, or how long ago, such as 90s, 30m, 12h or 7d.")
    };
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.to_string());
    }
    let ago = durations::parse(text).map_err(|_| wrong())?;
    let now = Timestamp::from_microsecond(now_micros).map_err(|_| wrong())?;
    let time = now.checked_sub(ago).map_err(|_| wrong())?;
    Ok(time.to_string())
}

/// Every line behind `after`, part by part.
async fn walk(
    client: Client<'_>,
    after: u64,
    mut take: impl FnMut(&str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut next = Some(Address::audit(&[("after", after.to_string())]));
    while let Some(address) = next {
        let part = client.lines(&address).await?;
        part.lines.iter().try_for_each(|line| take(line))?;
        next = part.next;
    }
    Ok(())
}

fn verify_file(file: &Path, known: Vec<Known>) -> Result<Option<Whole>, Failure> {
    let unreadable = |error| Failure::usage(format!("{}: {error}.", file.display()));
    let mut chain = Chain::new(known);
    for line in BufReader::new(File::open(file).map_err(unreadable)?).lines() {
        chain.take(&line.map_err(unreadable)?).map_err(broken)?;
    }
    chain.finish().map_err(broken)
}

fn broken(broken: Broken) -> Failure {
    Failure::refused(format!("The audit log is not whole. {broken}"))
}

fn told(whole: Option<Whole>, console: &mut Console<'_>) -> Result<(), Failure> {
    match whole {
        Some(Whole { first, last }) => {
            console.note(&format!(
                "The audit log is whole from entry {first} on. Its head, to be kept elsewhere for --known:"
            ));
            console.print(&format!("{last}\n"))
        }
        None => {
            console.note("The audit log has no entry.");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// 2027-01-08T00:00:00Z
    const NOW_MICROS: i64 = 1_799_366_400_000_000;

    #[rstest]
    #[case("2027-01-01T00:00:00Z", Some("2027-01-01T00:00:00Z"))]
    #[case("2027-01-01T01:00:00+01:00", Some("2027-01-01T00:00:00Z"))]
    #[case("90s", Some("2027-01-07T23:58:30Z"))]
    #[case("30m", Some("2027-01-07T23:30:00Z"))]
    #[case("12h", Some("2027-01-07T12:00:00Z"))]
    #[case("7d", Some("2027-01-01T00:00:00Z"))]
    #[case("7", None)]
    #[case("d", None)]
    #[case("-7d", None)]
    #[case("4000000000d", None)]
    #[case("yesterday", None)]
    #[case("7ü", None)]
    #[case("", None)]
    fn times(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(time("--since", text, NOW_MICROS).ok().as_deref(), expected);
    }

    #[rstest]
    #[case(&["audit", "--who", "ci", "--last", "3", "--json", "--data", "d"], true)]
    #[case(&["audit", "verify", "--data", "d"], true)]
    #[case(&["audit", "export", "--after", "7"], true)]
    // It would pick nothing there.
    #[case(&["audit", "--who", "ci", "verify"], false)]
    #[case(&["audit", "verify", "--who", "ci"], false)]
    #[case(&["audit", "verify", "--known", "7"], false)]
    #[case(&["audit", "--last", "1001"], false)]
    fn words_that_fit(#[case] words: &[&str], #[case] expected: bool) {
        let program = std::iter::once("portcullis");
        let parsed = crate::invocation::command().try_get_matches_from(program.chain(words.iter().copied()));
        assert_eq!(parsed.is_ok(), expected, "{parsed:?}");
    }
}
