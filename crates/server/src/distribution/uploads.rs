//! Uploads of blobs: begun, appended to, finished, cancelled; and mounts, which make one unnecessary.
//!
//! Every answer says how far the upload is. A `Location` is relative, so that it holds behind any proxy, and names the upload
//! alone: older ones of the same upload stay good.

use super::body::{self, RequestBody};
use super::content_range::ContentRange;
use super::errors::{ErrorAnswer, Failure};
use super::{CONTENT_DIGEST, Exchange, headers, mount_source};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt};
use http::header::{LOCATION, RANGE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body_util::BodyDataStream;
use model::access::Permit;
use model::digest::Digest;
use model::operation::{ContinueUpload, StartUpload};
use model::repository::RepositoryName;
use service::{BlobInfo, BodyError, Error, Upload};

const UPLOAD_UUID: HeaderName = HeaderName::from_static("docker-upload-uuid");

/// `POST /v2/<name>/blobs/uploads/`, with `mount` and perhaps `from`, with `digest` and the whole blob, or with neither.
pub(super) async fn start(
    exchange: &Exchange<'_>,
    permit: Permit<StartUpload>,
    body: &mut RequestBody,
) -> Result<Response, Failure> {
    let repository = &permit.operation().repository;
    if let Some(blob) = mount(exchange, &permit).await? {
        return Ok(created(repository, &blob));
    }
    let is_mount = exchange.query.get("mount").is_some();
    let whole = exchange.query.get("digest").filter(|_| !is_mount).map(digest).transpose()?;
    let upload = exchange.service.start_upload(&permit).await?;
    match whole {
        Some(digest) => monolithic(exchange, repository, upload, (&digest, body)).await,
        None => Ok(progress(StatusCode::ACCEPTED, repository, &upload)),
    }
}

/// A source that may not be read looks like one that is not there, and either ends in an ordinary upload: clients fall back to
/// one by themselves, except containerd when it sees 403 (reference/data-plane-and-auth.md, 6.1). Whoever needs only a wider bearer for
/// it is told so, whatever is there.
async fn mount(exchange: &Exchange<'_>, target: &Permit<StartUpload>) -> Result<Option<BlobInfo>, Failure> {
    let (service, access) = (exchange.service, &exchange.access);
    if exchange.query.get("from").is_none() {
        return match exchange.query.get("mount").and_then(|text| Digest::parse(text).ok()) {
            Some(digest) => Ok(service.mount_blob_of_any(target, access, &digest).await?),
            None => Ok(None),
        };
    }
    let Some(source) = mount_source(&exchange.query) else { return Ok(None) };
    match service.permit(access, source.clone()) {
        Ok(permit) => Ok(service.mount_blob(target, &permit).await?),
        Err(refusal) if access.needs_wider_bearer(&source) => Err(exchange.missing(refusal)),
        Err(_) => Ok(None),
    }
}

async fn monolithic(
    exchange: &Exchange<'_>,
    repository: &RepositoryName,
    upload: Upload,
    (digest, body): (&Digest, &mut RequestBody),
) -> Result<Response, Failure> {
    let service = &exchange.service;
    let permit = exchange.permit(&ContinueUpload { repository: repository.clone(), upload: upload.id })?;
    match service.finish_upload(&permit, None, bytes_of(body), digest).await {
        Ok(blob) => Ok(created(repository, &blob)),
        Err(error) => {
            // The client knows no id with which to go on. A wrong digest has ended the upload already.
            if let Err(cause) = service.cancel_upload(&permit).await
                && !matches!(cause, Error::UploadUnknown | Error::Revoked(_))
            {
                let cause: &dyn std::error::Error = &cause;
                tracing::warn!(
                    cause,
                    "an upload that failed could not be cancelled; it is cleared away when it has rested"
                );
            }
            Err(error.into())
        }
    }
}

/// `GET /v2/<name>/blobs/uploads/<id>`
pub(super) async fn get(exchange: &Exchange<'_>, permit: Permit<ContinueUpload>) -> Result<Response, Failure> {
    let upload = exchange.service.get_upload(&permit).await?;
    Ok(progress(StatusCode::NO_CONTENT, &permit.operation().repository, &upload))
}

/// `PATCH /v2/<name>/blobs/uploads/<id>`
pub(super) async fn append(
    exchange: &Exchange<'_>,
    permit: Permit<ContinueUpload>,
    body: &mut RequestBody,
) -> Result<Response, Failure> {
    let at = begins_at(&exchange.parts.headers)?;
    let appended = exchange.service.append_upload(&permit, at, bytes_of(body)).await;
    let upload = match appended {
        Ok(upload) => upload,
        Err(error) => return Err(refused(exchange, &permit, error).await.into()),
    };
    Ok(progress(StatusCode::ACCEPTED, &permit.operation().repository, &upload))
}

/// `PUT /v2/<name>/blobs/uploads/<id>?digest=<digest>`, with or without the last bytes.
pub(super) async fn finish(
    exchange: &Exchange<'_>,
    permit: Permit<ContinueUpload>,
    body: &mut RequestBody,
) -> Result<Response, Failure> {
    let missing = || ErrorAnswer::bad_request("DIGEST_INVALID", "the query has no digest=<digest of the whole blob>");
    let digest = digest(exchange.query.get("digest").ok_or_else(missing)?)?;
    let at = begins_at(&exchange.parts.headers)?;
    let finished = exchange.service.finish_upload(&permit, at, bytes_of(body), &digest).await;
    let blob = match finished {
        Ok(blob) => blob,
        Err(error) => return Err(refused(exchange, &permit, error).await.into()),
    };
    Ok(created(&permit.operation().repository, &blob))
}

/// `DELETE /v2/<name>/blobs/uploads/<id>`
pub(super) async fn cancel(exchange: &Exchange<'_>, permit: Permit<ContinueUpload>) -> Result<Response, Failure> {
    exchange.service.cancel_upload(&permit).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn digest(text: &str) -> Result<Digest, ErrorAnswer> {
    Digest::parse(text).map_err(|error| ErrorAnswer::bad_request("DIGEST_INVALID", error.to_string()))
}

/// Where the chunk says that it begins; `None` when it does not say.
fn begins_at(headers: &HeaderMap) -> Result<Option<u64>, ErrorAnswer> {
    let range = ContentRange::parse(headers)
        .map_err(|error| ErrorAnswer::bad_request("BLOB_UPLOAD_INVALID", error.to_string()))?;
    let Some(range) = range else { return Ok(None) };
    match body::content_length(headers) {
        Some(length) if length != range.bytes() => {
            let message = format!("the Content-Range holds {} bytes and the Content-Length is {length}", range.bytes());
            Err(ErrorAnswer::bad_request("SIZE_INVALID", message))
        }
        _ => Ok(Some(range.first)),
    }
}

/// Clients go on from any refusal that says how far the upload is.
async fn refused(exchange: &Exchange<'_>, permit: &Permit<ContinueUpload>, error: Error) -> ErrorAnswer {
    let offset = match error {
        Error::UploadOutOfOrder { offset } => Some(offset),
        // Another request still holds it; without its bytes the refusal is as true, and says less.
        Error::UploadBusy => exchange.service.get_upload(permit).await.ok().map(|upload| upload.offset),
        _ => None,
    };
    match offset {
        Some(offset) => resumable(permit.operation(), offset, error),
        None => error.into(),
    }
}

fn resumable(upload: &ContinueUpload, offset: u64, error: Error) -> ErrorAnswer {
    let upload_now = Upload { id: upload.upload.clone(), offset };
    let headers = progress_headers(&upload.repository, &upload_now);
    ErrorAnswer::from(error).with_headers(headers.into_iter().filter_map(|(name, value)| Some((name?, value))))
}

/// Borrowed, so that what the service leaves unread can be thrown away before the answer goes out.
fn bytes_of(body: &mut RequestBody) -> impl Stream<Item = Result<Bytes, BodyError>> + Send + Unpin {
    BodyDataStream::new(body).map_err(BodyError::from)
}

fn progress(status: StatusCode, repository: &RepositoryName, upload: &Upload) -> Response {
    (status, progress_headers(repository, upload)).into_response()
}

fn progress_headers(repository: &RepositoryName, upload: &Upload) -> HeaderMap {
    // Both ends included, so nothing yet looks like one byte: docker reads nothing but "<number>-<number>".
    let last = upload.offset.saturating_sub(1);
    headers([
        (LOCATION, HeaderValue::try_from(format!("/v2/{repository}/blobs/uploads/{}", upload.id)).ok()),
        (RANGE, HeaderValue::try_from(format!("0-{last}")).ok()),
        (UPLOAD_UUID, HeaderValue::try_from(upload.id.as_str()).ok()),
    ])
}

fn created(repository: &RepositoryName, blob: &BlobInfo) -> Response {
    let headers = headers([
        (LOCATION, HeaderValue::try_from(format!("/v2/{repository}/blobs/{}", blob.digest)).ok()),
        (CONTENT_DIGEST, HeaderValue::try_from(blob.digest.to_string()).ok()),
    ]);
    (StatusCode::CREATED, headers).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::{CONTENT_LENGTH, CONTENT_RANGE};
    use rstest::rstest;

    #[rstest]
    #[case(None, Some("10"), "nowhere")]
    #[case(Some("5-14"), Some("10"), "5")]
    #[case(Some("5-14"), None, "5")]
    #[case(Some("5-14"), Some("11"), "SIZE_INVALID")]
    #[case(Some("5-14"), Some("0"), "SIZE_INVALID")]
    #[case(Some("five"), Some("10"), "BLOB_UPLOAD_INVALID")]
    fn where_a_chunk_begins(#[case] range: Option<&str>, #[case] length: Option<&str>, #[case] expected: &str) {
        let pairs = [(CONTENT_RANGE, range), (CONTENT_LENGTH, length)];
        let present = pairs.into_iter().map(|(name, value)| (name, value.and_then(|v| HeaderValue::try_from(v).ok())));
        let seen = match begins_at(&headers(present)) {
            Ok(Some(at)) => at.to_string(),
            Ok(None) => "nowhere".to_owned(),
            Err(error) => error.code().to_owned(),
        };
        assert_eq!(seen, expected);
    }

    #[rstest]
    #[case(0, "0-0")]
    #[case(1, "0-0")]
    #[case(512, "0-511")]
    fn how_far(#[case] offset: u64, #[case] range: &str) {
        let repository = RepositoryName::parse("team/app").expect("a name");
        let answer = progress(StatusCode::ACCEPTED, &repository, &Upload { id: "u-1".to_owned(), offset });
        assert_eq!(answer.headers()[RANGE], range);
        assert_eq!(answer.headers()[LOCATION], "/v2/team/app/blobs/uploads/u-1");
    }

    #[test]
    fn out_of_order_says_where_to_go_on() {
        let repository = RepositoryName::parse("a").expect("a name");
        let upload = ContinueUpload { repository, upload: "u-1".to_owned() };
        let error = resumable(&upload, 256, Error::UploadOutOfOrder { offset: 256 });
        let names = error.headers().iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or("")));
        let mut names = names.collect::<Vec<_>>();
        names.sort();
        assert_eq!(names, ["docker-upload-uuid: u-1", "location: /v2/a/blobs/uploads/u-1", "range: 0-255"]);
    }
}
