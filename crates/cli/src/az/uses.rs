//! When tokens and their credentials were last used.

use super::show::{Table, time};
use crate::failure::Failure;
use jiff::Timestamp;
use wire::arm::tokens::Token;
use wire::arm::uses::LastUsed;

/// What is told of the times of a password or a certificate.
struct Times<'a> {
    name: &'a str,
    made: Option<&'a str>,
    ends: Option<&'a str>,
    last_used: Option<&'a LastUsed>,
}

fn credentials(token: &Token) -> Vec<Times<'_>> {
    let held = token.properties.as_ref().and_then(|properties| properties.credentials.as_ref());
    let passwords = held.into_iter().flat_map(|held| held.passwords.iter().flatten()).map(|password| Times {
        name: password.name.as_deref().unwrap_or_default(),
        made: password.creation_time.as_deref(),
        ends: password.expiry.as_deref(),
        last_used: password.last_used_time.as_ref(),
    });
    let certificates = held.into_iter().flat_map(|held| held.certificates.iter().flatten()).map(|certificate| Times {
        name: certificate.name.as_deref().unwrap_or_default(),
        made: certificate.creation_time.as_deref(),
        ends: certificate.expiry.as_deref(),
        last_used: certificate.last_used_time.as_ref(),
    });
    passwords.chain(certificates).collect()
}

/// A row for each password and certificate.
pub(super) fn table(token: &Token) -> Table {
    let row = |times: Times<'_>| {
        vec![
            times.name.to_owned(),
            time(times.made),
            times.ends.map_or_else(|| "Never".to_owned(), |end| time(Some(end))),
            times.last_used.map(shown).unwrap_or_default(),
        ]
    };
    let rows = credentials(token).into_iter().map(row).collect();
    Table { headings: &["CREDENTIAL", "CREATED", "EXPIRY", "LAST USED"], rows }
}

fn shown(last_used: &LastUsed) -> String {
    match last_used {
        LastUsed::Never => "Never".to_owned(),
        LastUsed::At(at) => time(Some(at)),
    }
}

/// The last use of any of its credentials; empty where it is not told.
pub(super) fn last_used(token: &Token) -> String {
    let credentials = credentials(token);
    let at = |last_used: &&LastUsed| match last_used {
        LastUsed::At(at) => at.parse::<Timestamp>().ok(),
        LastUsed::Never => None,
    };
    credentials.iter().filter_map(|times| times.last_used).max_by_key(at).map(shown).unwrap_or_default()
}

/// Those of which no password and no certificate was used since then, the longest unused first. One that was never used counts as used when
/// it was made; a token that has neither, likewise.
///
/// Errors: a credential whose last use is not told.
pub(super) fn unused_since(tokens: Vec<Token>, since: Timestamp) -> Result<Vec<Token>, Failure> {
    let mut unused = Vec::new();
    for token in tokens {
        let last = last_sign_of_life(&token)?;
        if last.is_none_or(|last| last <= since) {
            unused.push((last, token));
        }
    }
    unused.sort_by_key(|(last, _)| *last);
    Ok(unused.into_iter().map(|(_, token)| token).collect())
}

fn last_sign_of_life(token: &Token) -> Result<Option<Timestamp>, Failure> {
    let parse = |text: &str| text.parse::<Timestamp>().ok();
    let made = token.properties.as_ref().and_then(|properties| properties.creation_date.as_deref());
    let mut last = made.and_then(parse);
    for times in credentials(token) {
        let at = match times.last_used {
            None => {
                return Err(Failure::refused(
                    "--unused-for: the service does not tell when credentials were last used.",
                )
                .hint("Azure does not know it. A server of Portcullis before it kept last uses does not either."));
            }
            Some(LastUsed::Never) => times.made,
            Some(LastUsed::At(at)) => Some(at.as_str()),
        };
        last = last.max(at.and_then(parse));
    }
    Ok(last)
}
