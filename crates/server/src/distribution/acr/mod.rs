//! Azure's metadata API, `/acr/v1/`: what is told of repositories, tags and manifests, and their locks (swagger 2021-07-01 of the data
//! plane; azure/data-plane/wire-observations.md).

pub(super) mod manifests;
mod paging;
pub(super) mod repositories;
pub(super) mod tags;

use super::body::RequestBody;
use super::errors::ErrorAnswer;
use crate::limits::ATTRIBUTES_BODY_BYTES_MAX;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use model::locks::{Attribute, Locks, LocksChange};
use serde::Serialize;
use wire::acr::{AttributesChange, ChangeableAttributes};

/// JSON with a line's end behind it, as Azure writes it.
fn json(shape: &impl Serialize) -> Result<Response, ErrorAnswer> {
    let mut bytes = serde_json::to_vec(shape).map_err(service::Error::internal)?;
    bytes.push(b'\n');
    Ok(([(CONTENT_TYPE, "application/json; charset=utf-8")], Body::from(bytes)).into_response())
}

fn changeable(locks: Locks) -> ChangeableAttributes {
    ChangeableAttributes {
        delete_enabled: locks.is_enabled(Attribute::Delete),
        write_enabled: locks.is_enabled(Attribute::Write),
        read_enabled: locks.is_enabled(Attribute::Read),
        list_enabled: locks.is_enabled(Attribute::List),
    }
}

/// The body of a PATCH.
async fn read_change(body: &mut RequestBody) -> Result<LocksChange, ErrorAnswer> {
    let bytes = match Limited::new(body, ATTRIBUTES_BODY_BYTES_MAX).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            let message = format!("a change of attributes has at most {ATTRIBUTES_BODY_BYTES_MAX} bytes");
            return Err(ErrorAnswer::new(http::StatusCode::PAYLOAD_TOO_LARGE, "SIZE_INVALID", message));
        }
        Err(_) => return Err(service::Error::BodyInterrupted.into()),
    };
    change(&bytes)
}

fn change(bytes: &[u8]) -> Result<LocksChange, ErrorAnswer> {
    // The reader of JSON would take a list for the values of the members in their order.
    let is_object = bytes.trim_ascii_start().starts_with(b"{");
    let read = if is_object {
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    } else {
        Err("not an object".to_owned())
    };
    let AttributesChange { delete_enabled, write_enabled, read_enabled, list_enabled } = read.map_err(|reason| {
        ErrorAnswer::bad_request("UNSUPPORTED", format!("the body is no change of attributes: {reason}"))
    })?;
    Ok(LocksChange { delete: delete_enabled, write: write_enabled, read: read_enabled, list: list_enabled })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("{}", Ok(LocksChange::default()))]
    #[case(r#"{"writeEnabled":false}"#, Ok(LocksChange { write: Some(false), ..LocksChange::default() }))]
    #[case(
        r#"{"deleteEnabled":true,"listEnabled":false,"readEnabled":null}"#,
        Ok(LocksChange { delete: Some(true), list: Some(false), ..LocksChange::default() })
    )]
    #[case(r#"{"writeEnabled":"false"}"#, Err("UNSUPPORTED"))]
    #[case(r#"{"quarantineState":"Passed"}"#, Err("UNSUPPORTED"))]
    #[case(r#"{"writeEnabled":false,"writeEnabled":true}"#, Err("UNSUPPORTED"))]
    #[case("[false]", Err("UNSUPPORTED"))]
    #[case("", Err("UNSUPPORTED"))]
    fn changes(#[case] body: &str, #[case] expected: Result<LocksChange, &str>) {
        assert_eq!(change(body.as_bytes()).map_err(|error| error.code()), expected);
    }
}
