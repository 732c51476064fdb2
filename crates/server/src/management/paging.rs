//! Lists of many pages: `nextLink` names the next one, with a `$skiptoken` that clients give back as it is, and with what was asked
//! of the first.

use super::Context;
use super::answer::{Outcome, json};
use super::errors::Failure;
use crate::auth::form::Form;
use http::StatusCode;
use model::listing::{Cursor, Listed};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use service::limits;
use std::fmt::Display;
use wire::arm::List;

const SKIP_TOKEN: &str = "$skiptoken";
const TOP: &str = "$top";
/// What picks and shapes the items, besides [`SKIP_TOKEN`]: the same on every page.
const ASKED: [&str; 3] = ["$filter", TOP, "$expand"];

impl Context {
    /// Where the page begins that was asked for.
    pub(super) fn cursor(&self) -> Result<Cursor, Failure> {
        let query = Form::parse(self.query.as_bytes());
        let Some(given) = query.get_ignoring_case(SKIP_TOKEN) else { return Ok(Cursor::default()) };
        Cursor::parse(given).ok_or_else(|| {
            Failure::invalid(SKIP_TOKEN, format!("'{given}' is no skip token: use the nextLink of the page before."))
        })
    }

    /// What the query says of the list, such as its `$filter`.
    pub(super) fn asked(&self, name: &str) -> Option<String> {
        Form::parse(self.query.as_bytes()).get_ignoring_case(name).map(str::to_owned)
    }

    /// How many items a page may have: `$top`, in lists that Azure gives one.
    pub(super) fn top(&self) -> Result<usize, Failure> {
        let Some(given) = self.asked(TOP) else { return Ok(limits::RESOURCE_PAGE_ITEMS) };
        let top = given.parse::<usize>().ok().filter(|top| *top > 0);
        top.map(|top| top.min(limits::RESOURCE_PAGE_ITEMS))
            .ok_or_else(|| Failure::invalid(TOP, format!("'{given}' is not a number of items: use 1 or more.")))
    }

    /// A page of the list at `path`, each item in its `shape`.
    pub(super) fn page<T, S: Serialize>(
        &self,
        path: &impl Display,
        listed: Listed<T>,
        shape: impl Fn(T) -> S,
    ) -> Outcome {
        let next_link = listed.next.map(|next| {
            let asked = ASKED.into_iter().filter_map(|name| Some((name, self.asked(name)?)));
            let asked: String = asked
                .map(|(name, value)| format!("&{name}={}", utf8_percent_encode(&value, NON_ALPHANUMERIC)))
                .collect();
            format!("{}{asked}&{SKIP_TOKEN}={}", self.absolute(path), next.to_text())
        });
        json(StatusCode::OK, &List { value: listed.items.into_iter().map(shape).collect(), next_link })
    }
}
