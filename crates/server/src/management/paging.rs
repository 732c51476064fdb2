//! Lists of many pages: `nextLink` names the next one, with a `$skiptoken` that clients give back as it is.

use super::Context;
use super::answer::{Outcome, json};
use super::errors::Failure;
use crate::auth::form::Form;
use http::StatusCode;
use model::listing::{Cursor, Listed};
use serde::Serialize;
use std::fmt::Display;
use wire::arm::List;

const SKIP_TOKEN: &str = "$skiptoken";

impl Context {
    /// Where the page begins that was asked for.
    pub(super) fn cursor(&self) -> Result<Cursor, Failure> {
        let query = Form::parse(self.query.as_bytes());
        let Some(given) = query.get_ignoring_case(SKIP_TOKEN) else { return Ok(Cursor::default()) };
        Cursor::parse(given).ok_or_else(|| {
            Failure::invalid(SKIP_TOKEN, format!("'{given}' is no skip token: use the nextLink of the page before."))
        })
    }

    /// A page of the list at `path`, each item in its `shape`.
    pub(super) fn page<T, S: Serialize>(
        &self,
        path: &impl Display,
        listed: Listed<T>,
        shape: impl Fn(T) -> S,
    ) -> Outcome {
        let next_link = listed.next.map(|next| format!("{}&{SKIP_TOKEN}={}", self.absolute(path), next.to_text()));
        json(StatusCode::OK, &List { value: listed.items.into_iter().map(shape).collect(), next_link })
    }
}
