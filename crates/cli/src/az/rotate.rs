//! `portcullis token rotate`: a new password in the slot of the older one; the other works on for a while.
//!
//! 1. Find the slot: one that is empty, else the one whose password was made earlier.
//! 2. Generate it.
//! 3. With `--overlap`, bring the other's end forward to then, if it would come later.
//! 4. Show the new one, and say when the other ends.

use super::Run;
use super::credential_forms::CredentialForm;
use super::tokens::{expiry, passwords};
use super::words::{End, Named};
use crate::failure::Failure;
use jiff::{SignedDuration, Timestamp};
use wire::arm::tokens::TokenPassword;

const SLOTS: [&str; 2] = ["password1", "password2"];

impl Run<'_, '_> {
    pub(super) async fn rotate(
        &mut self,
        token: &Named,
        overlap: Option<SignedDuration>,
        end: &End,
        format: Option<CredentialForm>,
    ) -> Result<(), Failure> {
        let new_expiry = self.expiry(end)?;
        let overlap_ends = overlap.map(|overlap| self.later(overlap)).transpose()?;
        let (place, found) = self.get_token(token).await?;
        let present = passwords(&found);
        let slot = slot(&present);
        let mut other = present.into_iter().find(|password| password.name.as_deref() != Some(slot));
        let mut generated = self.generate(&place, token.name(), Some(slot), new_expiry).await?;

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
        self.show_made(&place, None, &generated, format).await?;
        self.console.note(&about_other(slot, other.as_ref()));
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

fn about_other(slot: &str, other: Option<&TokenPassword>) -> String {
    let Some(other) = other else { return format!("{slot} is new. There is no other password.") };
    let name = other.name.as_deref().unwrap_or_default();
    match &other.expiry {
        Some(_) => format!("{slot} is new. {name} works until {}.", expiry(other)),
        None => format!("{slot} is new. {name} works until it is renewed or deleted: it has no end."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn password((name, made): (&str, &str)) -> TokenPassword {
        TokenPassword { name: Some(name.to_owned()), creation_time: Some(made.to_owned()), ..TokenPassword::default() }
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
