//! Manifests: told of, locked. They are deleted under `/v2/`.

use super::{changeable, json, paging, read_change};
use crate::distribution::body::RequestBody;
use crate::distribution::errors::Failure;
use crate::distribution::paging::encoded;
use crate::distribution::{Exchange, headers, manifest_body};
use axum::response::Response;
use http::header::LINK;
use model::access::Permit;
use model::attributes::ManifestAttributes;
use model::operation::{ChangeManifest, ShowManifest, ShowManifests};
use model::repository::RepositoryName;
use service::ShownManifest;
use wire::acr::ManifestReference;

/// `GET /acr/v1/<name>/_manifests`
pub(in crate::distribution) async fn show_all(
    exchange: &Exchange<'_>,
    permit: Permit<ShowManifests>,
) -> Result<Response, Failure> {
    let request = paging::requested(&exchange.query)?;
    let page = exchange.service.show_manifests(&permit, request.clone()).await?;
    let name = permit.operation().repository.as_str();
    let path = format!("/acr/v1/{}/_manifests", encoded(name));
    let last = page.items.last().filter(|_| page.more).map(|last| (last.digest.to_string(), last.updated_at));
    let link = last.and_then(|(digest, pushed_at)| paging::link(&path, &request, (&digest, pushed_at), None));
    let mut answer = json(&wire::acr::Manifests {
        registry: exchange.login_server().await?,
        image_name: name.to_owned(),
        manifests: page.items.iter().map(|attributes| shape(attributes, None)).collect(),
    })?;
    answer.headers_mut().extend(headers([(LINK, link)]));
    Ok(answer)
}

/// `GET /acr/v1/<name>/_manifests/<digest>`
pub(in crate::distribution) async fn show(
    exchange: &Exchange<'_>,
    permit: Permit<ShowManifest>,
) -> Result<Response, Failure> {
    let manifest = exchange.service.show_manifest(&permit).await?;
    shown(exchange, &permit.operation().repository, &manifest).await
}

/// `PATCH /acr/v1/<name>/_manifests/<digest>`
pub(in crate::distribution) async fn change(
    exchange: &Exchange<'_>,
    permit: Permit<ChangeManifest>,
    body: &mut RequestBody,
) -> Result<Response, Failure> {
    let change = read_change(body).await?;
    let manifest = exchange.service.change_manifest(&permit, change).await?;
    shown(exchange, &permit.operation().repository, &manifest).await
}

async fn shown(
    exchange: &Exchange<'_>,
    repository: &RepositoryName,
    ShownManifest { attributes, index }: &ShownManifest,
) -> Result<Response, Failure> {
    Ok(json(&wire::acr::OneManifest {
        registry: exchange.login_server().await?,
        image_name: repository.to_string(),
        manifest: shape(attributes, index.as_deref().map(references)),
    })?)
}

fn shape(manifest: &ManifestAttributes, references: Option<Vec<ManifestReference>>) -> wire::acr::Manifest {
    wire::acr::Manifest {
        digest: manifest.digest.to_string(),
        image_size: manifest.content_bytes,
        created_time: manifest.created_at.with_seven_digits(),
        last_update_time: manifest.updated_at.with_seven_digits(),
        architecture: manifest.platform.architecture.clone(),
        os: manifest.platform.os.clone(),
        references,
        media_type: manifest.kind.media_type().to_owned(),
        config_media_type: manifest.config_media_type.clone(),
        tags: manifest.tags.iter().map(ToString::to_string).collect(),
        changeable_attributes: changeable(manifest.locks),
    }
}

fn references(index: &[u8]) -> Vec<ManifestReference> {
    let members = manifest_body::members(index).into_iter();
    let reference = |(digest, platform): (String, model::manifest::Platform)| ManifestReference {
        digest,
        architecture: platform.architecture,
        os: platform.os,
    };
    members.map(reference).collect()
}
