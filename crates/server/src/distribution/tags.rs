//! Lists of tags.

use super::errors::Failure;
use super::{Exchange, headers, paging};
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::LINK;
use model::access::Permit;
use model::operation::ListTags;
use model::reference::Tag;

/// `GET /v2/<name>/tags/list`
pub(super) async fn list(exchange: &Exchange<'_>, permit: Permit<ListTags>) -> Result<Response, Failure> {
    let request = paging::requested(&exchange.query)?;
    let page = exchange.service.list_tags(&permit, request.clone()).await?;
    let repository = &permit.operation().repository;
    let last = page.items.last().filter(|_| page.more).map(Tag::as_str);
    let link = paging::link(&format!("/v2/{repository}/tags/list"), &request, last, &[]);
    let tags = page.items.iter().map(Tag::to_string).collect();
    Ok((headers([(LINK, link)]), Json(wire::oci::TagList { name: repository.to_string(), tags })).into_response())
}
