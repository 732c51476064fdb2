//! The list of repositories: those that the caller may read (decision D7d).

use super::errors::Failure;
use super::{Exchange, headers, paging};
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::LINK;
use model::access::Permit;
use model::operation::ListCatalog;
use model::repository::RepositoryName;

/// `GET /v2/_catalog`
pub(super) async fn list(exchange: &Exchange<'_>, permit: Permit<ListCatalog>) -> Result<Response, Failure> {
    let request = paging::requested(&exchange.query)?;
    let page = exchange.service.list_catalog(&permit, request.clone()).await?;
    let last = page.items.last().filter(|_| page.more).map(RepositoryName::as_str);
    let link = paging::link("/v2/_catalog", &request, last, &[]);
    let repositories = page.items.iter().map(RepositoryName::to_string).collect();
    Ok((headers([(LINK, link)]), Json(wire::oci::Catalog { repositories })).into_response())
}
