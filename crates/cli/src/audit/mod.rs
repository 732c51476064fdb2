//! `portcullis audit`: who did what, and whether the log that says so is whole.

mod chain;
mod lines;
mod words;

pub use words::AuditOptions;

use crate::client::Client;
use crate::client::address::Address;
use crate::client::pages::Pages;
use crate::destination::Destination;
use crate::durations;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::output::Console;
use crate::output::text::printable_line;
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
    /// Errors: as [`Wish::settle`](crate::destination::Wish::settle); it is Azure, which keeps its logs elsewhere; a place beside a file.
    pub fn destination(&self, environment: &Environment) -> Result<Destination, Failure> {
        if matches!(self.verb, Some(Verb::Verify { file: Some(_), .. })) {
            return match self.destination.first() {
                Some(option) => Err(Failure::usage(format!(
                    "A file is verified without a service: {option} has no meaning beside it."
                ))
                .hint("Leave it out, or leave the file out to verify the log of that service.")),
                None => Ok(Destination::None),
            };
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
                walk(client, *after, |line| {
                    entry(line)?;
                    print_kept(line, environment, console)
                })
                .await
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
        let entries = part.lines.iter().map(|line| entry(line)).collect::<Result<Vec<_>, _>>()?;
        if self.json {
            return part.lines.iter().try_for_each(|line| print_kept(line, environment, console));
        }
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
    let wrong = |said: String| {
        Failure::usage(format!("{option}: {said}."))
            .hint("Write a time such as 2027-01-01T00:00:00Z, or how long ago, such as 90s, 30m, 12h or 7d.")
    };
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.to_string());
    }
    let ago = durations::parse(text).map_err(wrong)?;
    let no_time = |_| wrong(format!("'{text}' is no time"));
    let now = Timestamp::from_microsecond(now_micros).map_err(no_time)?;
    let time = now.checked_sub(ago).map_err(no_time)?;
    Ok(time.to_string())
}

fn entry(line: &str) -> Result<Entry, Failure> {
    serde_json::from_str(line)
        .map_err(|_| Failure::unreachable("The service's answer has a line that is no entry of its log."))
}

/// A line as it is kept, byte for byte: its hash is taken over that. A terminal gets it without control characters, of which JSON forbids
/// only some.
fn print_kept(line: &str, environment: &Environment, console: &mut Console<'_>) -> Result<(), Failure> {
    if environment.stdout_is_terminal {
        console.print(&format!("{}\n", printable_line(line)))
    } else {
        console.print(&format!("{line}\n"))
    }
}

/// Every line behind `after`, part by part.
async fn walk(
    client: Client<'_>,
    after: u64,
    mut take: impl FnMut(&str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut next = Some(Address::audit(&[("after", after.to_string())]));
    let mut pages = Pages::default();
    while let Some(address) = next {
        let part = client.lines(&address).await?;
        part.lines.iter().try_for_each(|line| take(line))?;
        next = pages.go_on(&address, part.lines.is_empty(), part.next)?;
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
mod tests;
