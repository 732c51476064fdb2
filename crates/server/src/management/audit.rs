//! The audit log: a path of ours. The answer is lines, each a JSON object as docs/audit.md describes it, so that it can be verified as it
//! comes; `Link` names the next part (RFC 8288).

use super::Context;
use super::answer::Outcome;
use super::errors::Failure;
use crate::auth::form::Form;
use axum::response::IntoResponse;
use http::header::{CONTENT_TYPE, HeaderValue, LINK};
use model::audit::{self, End, Query, TEXT_CHARS_MAX};
use model::timestamp::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use service::AuditLines;
use service::limits::PAGE_ITEMS_MAX;
use wire::arm::audit::{CONTENT_TYPE as JSON_LINES, PATH};

/// What picks entries: the same in every part.
const PICKS: [&str; 8] = ["since", "until", "who", "registry", "repository", "action", "outcome", "request"];
/// Behind which place in the chain to begin.
const AFTER: &str = "after";
/// How many of the newest are wanted.
const LAST: &str = "last";

/// `GET`, oldest first: all that match behind `after`, in parts; or with `last` the newest of them.
pub(super) async fn list(context: &Context) -> Outcome {
    let form = Form::parse(context.query.as_bytes());
    let query = query(&form)?;
    let (end, items_max) = last(&form)?.map_or((End::First, PAGE_ITEMS_MAX), |items| (End::Last, items));
    let AuditLines { lines, next } = context.service.list_audit(query, end, items_max).await?;
    let mut body = lines.join("\n");
    if !body.is_empty() {
        body.push('\n');
    }
    let mut response = ([(CONTENT_TYPE, HeaderValue::from_static(JSON_LINES))], body).into_response();
    if let Some(Ok(link)) = next.map(|next| HeaderValue::from_str(&link(context, &form, next))) {
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}

fn link(context: &Context, form: &Form, next: i64) -> String {
    let picked = PICKS.into_iter().filter_map(|name| Some((name, form.get_ignoring_case(name)?)));
    let picked: String =
        picked.map(|(name, value)| format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))).collect();
    format!("<{}{picked}&{AFTER}={next}>; rel=\"next\"", context.absolute(&PATH))
}

fn query(form: &Form) -> Result<Query, Failure> {
    // No text of an entry is longer.
    let text = |name: &'static str| match form.get_ignoring_case(name) {
        Some(given) if given.chars().count() > TEXT_CHARS_MAX => {
            Err(Failure::invalid(name, format!("'{name}' has more than {TEXT_CHARS_MAX} characters: use fewer.")))
        }
        given => Ok(given.map(str::to_owned)),
    };
    let time = |name: &'static str| {
        let parse = |text| Timestamp::parse(text).map_err(|error| Failure::invalid(name, format!("{error}.")));
        form.get_ignoring_case(name).map(parse).transpose()
    };
    let outcome = |text: &str| {
        let message = || format!("'{text}' is no outcome: use 'allowed' or 'refused'.");
        audit::Outcome::parse(text).ok_or_else(|| Failure::invalid("outcome", message()))
    };
    Ok(Query {
        after: number(form, AFTER)?.unwrap_or_default(),
        since: time("since")?,
        until: time("until")?,
        who: text("who")?,
        registry: text("registry")?,
        repository: text("repository")?,
        action: text("action")?,
        outcome: form.get_ignoring_case("outcome").map(outcome).transpose()?,
        request: text("request")?,
    })
}

fn last(form: &Form) -> Result<Option<usize>, Failure> {
    let Some(given) = form.get_ignoring_case(LAST) else { return Ok(None) };
    let items = given.parse().ok().filter(|items| (1..=PAGE_ITEMS_MAX).contains(items));
    let message = || format!("'{given}' is not how many are wanted: use 1 to {PAGE_ITEMS_MAX}.");
    items.map(Some).ok_or_else(|| Failure::invalid(LAST, message()))
}

fn number(form: &Form, name: &'static str) -> Result<Option<i64>, Failure> {
    let Some(given) = form.get_ignoring_case(name) else { return Ok(None) };
    let number = given.parse::<i64>().ok().filter(|number| *number >= 0);
    number.map(Some).ok_or_else(|| Failure::invalid(name, format!("'{given}' is no number: use 0 or more.")))
}
