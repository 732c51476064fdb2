//! Repositories: listed, told of, locked, deleted.

use super::{changeable, json, paging, read_change};
use crate::distribution::body::RequestBody;
use crate::distribution::errors::{ErrorAnswer, Failure};
use crate::distribution::paging::items_max;
use crate::distribution::{Exchange, headers};
use axum::response::Response;
use http::StatusCode;
use http::header::LINK;
use model::access::Permit;
use model::attributes::RepositoryAttributes;
use model::operation::{ChangeRepository, DeleteRepository, ListCatalog, ShowRepository};
use model::repository::RepositoryName;
use service::PageRequest;
use service::limits::METADATA_PAGE_ITEMS;

/// `GET /acr/v1/_catalog`: those that the caller may read, as under `/v2/`.
pub(in crate::distribution) async fn list(
    exchange: &Exchange<'_>,
    permit: Permit<ListCatalog>,
) -> Result<Response, Failure> {
    let query = &exchange.query;
    if let Some(order) = query.get("orderby").filter(|order| *order != "none") {
        let message = format!("orderby={order} is no order of repositories: leave it out");
        return Err(ErrorAnswer::bad_request("UNSUPPORTED", message).into());
    }
    let n = items_max(query)?.unwrap_or(METADATA_PAGE_ITEMS);
    let request = PageRequest { items_max: Some(n), last: query.get("last").map(str::to_owned) };
    let page = exchange.service.list_catalog(&permit, request).await?;
    let last = page.items.last().filter(|_| page.more).map(RepositoryName::as_str);
    let link = last.and_then(|last| paging::link_by_name("/acr/v1/_catalog", n, last));
    let repositories = page.items.iter().map(RepositoryName::to_string).collect();
    let mut answer = json(&wire::oci::Catalog { repositories })?;
    answer.headers_mut().extend(headers([(LINK, link)]));
    Ok(answer)
}

/// `GET /acr/v1/<name>`
pub(in crate::distribution) async fn show(
    exchange: &Exchange<'_>,
    permit: Permit<ShowRepository>,
) -> Result<Response, Failure> {
    let attributes = exchange.service.show_repository(&permit).await?;
    shown(exchange, &permit.operation().repository, &attributes).await
}

/// `PATCH /acr/v1/<name>`
pub(in crate::distribution) async fn change(
    exchange: &Exchange<'_>,
    permit: Permit<ChangeRepository>,
    body: &mut RequestBody,
) -> Result<Response, Failure> {
    let change = read_change(body).await?;
    let attributes = exchange.service.change_repository(&permit, change).await?;
    shown(exchange, &permit.operation().repository, &attributes).await
}

async fn shown(
    exchange: &Exchange<'_>,
    name: &RepositoryName,
    attributes: &RepositoryAttributes,
) -> Result<Response, Failure> {
    Ok(json(&wire::acr::Repository {
        registry: exchange.login_server().await?,
        image_name: name.to_string(),
        created_time: attributes.created_at.with_seven_digits(),
        last_update_time: attributes.updated_at.with_seven_digits(),
        manifest_count: attributes.manifests,
        tag_count: attributes.tags,
        changeable_attributes: changeable(attributes.locks),
    })?)
}

/// `DELETE /acr/v1/<name>`
pub(in crate::distribution) async fn delete(
    exchange: &Exchange<'_>,
    permit: Permit<DeleteRepository>,
) -> Result<Response, Failure> {
    let deleted = exchange.service.delete_repository(&permit).await?;
    let mut answer = json(&wire::acr::DeletedRepository {
        manifests_deleted: deleted.manifests.iter().map(ToString::to_string).collect(),
        tags_deleted: deleted.tags.iter().map(ToString::to_string).collect(),
    })?;
    *answer.status_mut() = StatusCode::ACCEPTED;
    Ok(answer)
}
