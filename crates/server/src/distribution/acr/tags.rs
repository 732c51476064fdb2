//! Tags: told of, locked, deleted.

use super::{changeable, json, paging, read_change};
use crate::distribution::body::RequestBody;
use crate::distribution::errors::{ErrorAnswer, Failure};
use crate::distribution::paging::encoded;
use crate::distribution::{Exchange, headers};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::LINK;
use model::access::Permit;
use model::attributes::TagAttributes;
use model::digest::Digest;
use model::operation::{ChangeTag, DeleteTag, ShowTag, ShowTags};
use model::repository::RepositoryName;

/// `GET /acr/v1/<name>/_tags`
pub(in crate::distribution) async fn show_all(
    exchange: &Exchange<'_>,
    permit: Permit<ShowTags>,
) -> Result<Response, Failure> {
    let request = paging::requested(&exchange.query)?;
    let given = exchange.query.get("digest");
    let digest = given.map(Digest::parse).transpose();
    let digest = digest.map_err(|error| ErrorAnswer::bad_request("DIGEST_INVALID", error.to_string()))?;
    let page = exchange.service.show_tags(&permit, digest, request.clone()).await?;
    let name = permit.operation().repository.as_str();
    let path = format!("/acr/v1/{}/_tags", encoded(name));
    let last = page.items.last().filter(|_| page.more);
    let link = last.and_then(|tag| paging::link(&path, &request, (tag.name.as_str(), tag.updated_at), given));
    let mut answer = json(&wire::acr::Tags {
        registry: exchange.login_server().await?,
        image_name: name.to_owned(),
        tags: page.items.iter().map(shape).collect(),
    })?;
    answer.headers_mut().extend(headers([(LINK, link)]));
    Ok(answer)
}

/// `GET /acr/v1/<name>/_tags/<tag>`
pub(in crate::distribution) async fn show(
    exchange: &Exchange<'_>,
    permit: Permit<ShowTag>,
) -> Result<Response, Failure> {
    let attributes = exchange.service.show_tag(&permit).await?;
    shown(exchange, &permit.operation().repository, &attributes).await
}

/// `PATCH /acr/v1/<name>/_tags/<tag>`
pub(in crate::distribution) async fn change(
    exchange: &Exchange<'_>,
    permit: Permit<ChangeTag>,
    body: &mut RequestBody,
) -> Result<Response, Failure> {
    let change = read_change(body).await?;
    let attributes = exchange.service.change_tag(&permit, change).await?;
    shown(exchange, &permit.operation().repository, &attributes).await
}

async fn shown(
    exchange: &Exchange<'_>,
    repository: &RepositoryName,
    attributes: &TagAttributes,
) -> Result<Response, Failure> {
    Ok(json(&wire::acr::OneTag {
        registry: exchange.login_server().await?,
        image_name: repository.to_string(),
        tag: shape(attributes),
    })?)
}

fn shape(tag: &TagAttributes) -> wire::acr::Tag {
    wire::acr::Tag {
        name: tag.name.to_string(),
        digest: tag.digest.to_string(),
        created_time: tag.created_at.with_seven_digits(),
        last_update_time: tag.updated_at.with_seven_digits(),
        signed: false,
        changeable_attributes: changeable(tag.locks),
    }
}

/// `DELETE /acr/v1/<name>/_tags/<tag>`
pub(in crate::distribution) async fn delete(
    exchange: &Exchange<'_>,
    permit: Permit<DeleteTag>,
) -> Result<Response, Failure> {
    exchange.service.delete_tag(&permit).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}
