//! `portcullis token rotate`: a new password in the slot of the older one; the other works on for a while.
//!
//! 1. Find the slot: one that is empty, else the one whose password was made earlier.
//! 2. Generate it, for as long as the newest password was made for when no end is asked for.
//! 3. With `--overlap`, bring the other's end forward to then, if it would come later.
//! 4. Show the new one, and say when the other ends.

use super::Run;
use super::credential_forms::CredentialForm;
use super::show::time;
use super::tokens::{expiry, passwords};
use super::words::{Named, RenewedEnd};
use crate::failure::Failure;
use jiff::{SignedDuration, Timestamp};
use std::fmt;
use wire::arm::tokens::TokenPassword;

const SLOTS: [&str; 2] = ["password1", "password2"];

impl Run<'_, '_> {
    pub(super) async fn rotate(
        &mut self,
        token: &Named,
        overlap: Option<SignedDuration>,
        end: &RenewedEnd,
        format: Option<CredentialForm>,
    ) -> Result<(), Failure> {
        let asked = self.expiry(&end.end())?;
        let overlap_ends = overlap.map(|overlap| self.later(overlap)).transpose()?;
        let (place, found) = self.get_token(token).await?;
        let present = passwords(&found);
        let slot = slot(&present);
        let is_end_asked = asked.is_some() || end.no_expiration;
        let lifetime = if is_end_asked { None } else { lifetime(&present)? };
        let inherited = lifetime.map(|lifetime| self.later(lifetime)).transpose()?.map(|end| end.to_string());
        let new = New { slot, is_inherited: inherited.is_some(), expiry: asked.or(inherited) };
        let form = self.form_with_server(&place, format).await?;
        let mut other = present.into_iter().find(|password| password.name.as_deref() != Some(slot));
        let mut generated = self.generate(&place, token.name(), Some(slot), new.expiry.clone()).await?;

        let mut failure = None;
        if let (Some(password), Some(ends)) = (&mut other, overlap_ends)
            && password.expiry.as_deref().and_then(|at| at.parse::<Timestamp>().ok()).is_none_or(|at| at > ends)
        {
            let kept = vec![
                TokenPassword {
                    name: password.name.clone(),
                    expiry: Some(ends.to_string()),
                    ..TokenPassword::default()
                },
                TokenPassword { name: Some(slot.to_owned()), ..TokenPassword::default() },
            ];
            match self.set_passwords(&place, token.name(), kept).await {
                Ok(_) => {
                    password.expiry = Some(ends.to_string());
                    for shown in generated.passwords.iter_mut().filter(|shown| shown.name == password.name) {
                        shown.expiry.clone_from(&password.expiry);
                    }
                }
                // The new password is shown all the same: its value would be lost.
                Err(error) => failure = Some(error),
            }
        }
        self.show_made(None, &generated, form).await?;
        self.console.note(&format!("{new} {}", about_other(other.as_ref())));
        failure.map_or(Ok(()), |failure| {
            Err(failure.hint("The overlap was not set: the other password ends when it would have ended."))
        })
    }
}

/// The slot to renew.
fn slot(present: &[TokenPassword]) -> &'static str {
    let made = |slot: &str| {
        let password = present.iter().find(|password| password.name.as_deref() == Some(slot))?;
        Some(password.creation_time.as_deref().and_then(|time| time.parse::<Timestamp>().ok()))
    };
    match SLOTS.map(made) {
        [None, _] => SLOTS[0],
        [_, None] => SLOTS[1],
        [Some(first), Some(second)] => {
            if second < first {
                SLOTS[1]
            } else {
                SLOTS[0]
            }
        }
    }
}

/// How long the newest password was made for; `None` when it has no end. Not that in the slot: an overlap brought its end forward, and
/// each rotation would be shorter than the one before.
///
/// Errors: it has an end, and how long it was made for cannot be known. A password without an end in its place would be a surprise.
fn lifetime(present: &[TokenPassword]) -> Result<Option<SignedDuration>, Failure> {
    let time = |text: &Option<String>| text.as_deref()?.parse::<Timestamp>().ok();
    let newest = present.iter().max_by_key(|password| time(&password.creation_time));
    let Some(newest) = newest.filter(|newest| newest.expiry.is_some()) else { return Ok(None) };
    let exact = time(&newest.expiry).zip(time(&newest.creation_time)).map(|(end, made)| end.duration_since(made));
    // An end is asked for a moment before the password is made.
    let minutes = exact.map(|exact| exact.as_secs().saturating_add(30) / 60).filter(|minutes| *minutes > 0);
    let minutes = minutes.ok_or_else(|| {
        Failure::usage("The newest password has an end from which no length of time follows.")
            .hint("Give --expiration, --expiration-in-days or --no-expiration.")
    })?;
    Ok(Some(SignedDuration::from_mins(minutes)))
}

/// A password that was just made.
struct New {
    slot: &'static str,
    expiry: Option<String>,
    /// Whether nobody asked for that end.
    is_inherited: bool,
}

impl fmt::Display for New {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { slot, expiry, is_inherited } = self;
        match expiry {
            None => write!(f, "{slot} is new and has no end."),
            Some(_) => {
                let why = if *is_inherited { ", as long as the newest before it was made for" } else { "" };
                write!(f, "{slot} is new and works until {}{why}.", time(expiry.as_deref()))
            }
        }
    }
}

fn about_other(other: Option<&TokenPassword>) -> String {
    let Some(other) = other else { return "There is no other password.".to_owned() };
    let name = other.name.as_deref().unwrap_or_default();
    match &other.expiry {
        Some(_) => format!("{name} works until {}.", expiry(other)),
        None => format!("{name} works until it is renewed or deleted: it has no end."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn password((name, made): (&str, &str)) -> TokenPassword {
        TokenPassword { name: Some(name.to_owned()), creation_time: Some(made.to_owned()), ..TokenPassword::default() }
    }

    /// The first of two was made for 30 days and cut short by an overlap; what counts is what the second was made for.
    #[rstest]
    #[case(&[("2026-01-01T00:00:00Z", Some("2026-01-31T00:00:00Z"))], Some(30 * 24 * 60))]
    #[case(&[("2026-01-01T00:00:00Z", Some("2026-01-03T00:00:00Z")), ("2026-01-02T00:00:00Z", Some("2026-02-01T00:00:00Z"))], Some(30 * 24 * 60))]
    #[case(&[("2026-01-01T00:00:00.25Z", Some("2026-01-01T12:00:00Z"))], Some(12 * 60))]
    #[case(&[("2026-01-01T00:00:00Z", Some("2026-01-03T00:00:00Z")), ("2026-01-02T00:00:00Z", None)], None)]
    #[case(&[], None)]
    fn a_new_password_lasts_as_long_as_the_newest_was_made_for(
        #[case] present: &[(&str, Option<&str>)],
        #[case] minutes: Option<i64>,
    ) {
        let present: Vec<TokenPassword> = present.iter().map(|(made, end)| ending(made, *end)).collect();
        assert_eq!(lifetime(&present), Ok(minutes.map(SignedDuration::from_mins)));
    }

    fn ending(made: &str, end: Option<&str>) -> TokenPassword {
        TokenPassword { expiry: end.map(str::to_owned), ..password(("password1", made)) }
    }

    #[rstest]
    #[case::before_it_was_made("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z")]
    #[case::at_once("2026-01-02T00:00:00Z", "2026-01-02T00:00:10Z")]
    #[case::no_time("2026-01-02T00:00:00Z", "some day")]
    #[case::made_at_no_time("some day", "2026-01-02T00:00:00Z")]
    fn an_end_from_which_no_length_follows_is_no_password_without_one(#[case] made: &str, #[case] end: &str) {
        let told = lifetime(&[ending(made, Some(end))]).unwrap_err().to_string();
        assert!(told.contains("no length of time follows") && told.contains("--no-expiration"), "{told}");
    }

    #[rstest]
    #[case(&[], "password1")]
    #[case(&[("password1", "2026-01-01T00:00:00Z")], "password2")]
    #[case(&[("password2", "2026-01-01T00:00:00Z")], "password1")]
    #[case(&[("password1", "2026-01-01T00:00:00Z"), ("password2", "2026-01-02T00:00:00Z")], "password1")]
    #[case(&[("password1", "2026-01-03T00:00:00Z"), ("password2", "2026-01-02T00:00:00Z")], "password2")]
    fn the_older_slot_is_renewed(#[case] present: &[(&str, &str)], #[case] expected: &str) {
        let present: Vec<TokenPassword> = present.iter().copied().map(password).collect();
        assert_eq!(slot(&present), expected);
    }
}
