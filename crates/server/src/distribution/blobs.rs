//! Blobs: read whole or in part, deleted. Their bytes go out as they are, never compressed: clients hash them.

use super::errors::{ErrorAnswer, Failure};
use super::range::{self, Part};
use super::{CONTENT_DIGEST, Exchange, entity_tag, headers};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, RANGE};
use http::{HeaderValue, StatusCode};
use model::access::Permit;
use model::operation::{DeleteBlob, ReadBlob, StartUpload};
use std::ops::Range;

/// `GET|HEAD /v2/<name>/blobs/<digest>`
pub(super) async fn read(exchange: &Exchange<'_>, permit: Permit<ReadBlob>) -> Result<Response, Failure> {
    let repository = permit.operation().repository.clone();
    // Asked whether it is there by one who would push it otherwise. No refusal: who may only read is answered as well.
    let pusher = exchange.is_head().then(|| exchange.access.permit(StartUpload { repository }).ok()).flatten();
    let blob = match pusher {
        Some(pusher) => exchange.service.open_blob_for_push(&permit, &pusher).await?,
        None => exchange.service.open_blob(&permit).await?,
    };
    let (request, size_bytes) = (&exchange.parts.headers, blob.info.size_bytes);
    let digest = blob.info.digest.clone();
    let about = headers([
        (CONTENT_DIGEST, HeaderValue::try_from(digest.to_string()).ok()),
        (ETAG, entity_tag::of(&digest)),
        (ACCEPT_RANGES, Some(HeaderValue::from_static("bytes"))),
    ]);
    if entity_tag::is_at_client(request, &digest) {
        // With the length that 200 would have: a HEAD would get 0 otherwise (RFC 9110, section 8.6).
        return Ok((StatusCode::NOT_MODIFIED, about, [(CONTENT_LENGTH, size_bytes)]).into_response());
    }
    // A range is for GET alone (RFC 9110, section 14.2).
    let asked = request.get(RANGE).filter(|_| !exchange.is_head() && entity_tag::allows_range(request, &digest));
    let part = range::parse(asked.and_then(|value| value.to_str().ok()), size_bytes);
    let (status, bytes) = match part {
        Part::Whole => (StatusCode::OK, 0..size_bytes),
        Part::Bytes(bytes) => (StatusCode::PARTIAL_CONTENT, bytes),
        Part::Unsatisfiable => return Err(unsatisfiable(size_bytes).into()),
    };
    let content = headers([
        (CONTENT_TYPE, Some(HeaderValue::from_static("application/octet-stream"))),
        (CONTENT_LENGTH, Some(HeaderValue::from(bytes.end - bytes.start))),
        (CONTENT_RANGE, content_range(status, &bytes, size_bytes)),
    ]);
    let body =
        if exchange.is_head() || bytes.is_empty() { Body::empty() } else { Body::from_stream(blob.stream(bytes)) };
    Ok((status, about, content, body).into_response())
}

fn content_range(status: StatusCode, bytes: &Range<u64>, size_bytes: u64) -> Option<HeaderValue> {
    let text = format!("bytes {}-{}/{size_bytes}", bytes.start, bytes.end.saturating_sub(1));
    HeaderValue::try_from(text).ok().filter(|_| status == StatusCode::PARTIAL_CONTENT)
}

fn unsatisfiable(size_bytes: u64) -> ErrorAnswer {
    let message = format!("the blob has {size_bytes} bytes, and none in that range");
    let size = HeaderValue::try_from(format!("bytes */{size_bytes}")).ok().map(|value| (CONTENT_RANGE, value));
    ErrorAnswer::new(StatusCode::RANGE_NOT_SATISFIABLE, "RANGE_INVALID", message).with_headers(size)
}

/// `DELETE /v2/<name>/blobs/<digest>`
pub(super) async fn delete(exchange: &Exchange<'_>, permit: Permit<DeleteBlob>) -> Result<Response, Failure> {
    exchange.service.delete_blob(&permit).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}
