//! Reads a small body whole: with a limit on its bytes and on the time it may take.

use crate::limits;
use axum::body::Body;
use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt, LengthLimitError, Limited};

/// A body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnreadBody {
    /// More bytes than the limit.
    #[error("the request body is larger than {bytes_max} bytes")]
    TooLarge {
        /// The limit.
        bytes_max: usize,
    },
    /// It stopped before its end.
    #[error("the request body ended early")]
    Interrupted,
    /// It did not end in time.
    #[error("the request body did not arrive within {} seconds", limits::SMALL_BODY_READ_TIMEOUT.as_secs())]
    TooSlow,
}

impl UnreadBody {
    /// The status that says so.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Interrupted => StatusCode::BAD_REQUEST,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
        }
    }
}

/// The whole body, whether it came with a length or in chunks.
pub(crate) async fn read(body: Body, bytes_max: usize) -> Result<Bytes, UnreadBody> {
    let whole = tokio::time::timeout(limits::SMALL_BODY_READ_TIMEOUT, Limited::new(body, bytes_max).collect()).await;
    match whole {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(UnreadBody::TooLarge { bytes_max }),
        Ok(Err(_)) => Err(UnreadBody::Interrupted),
        Err(_) => Err(UnreadBody::TooSlow),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_limit_is_inclusive() {
        assert_eq!(read(Body::from("12345"), 5).await, Ok(Bytes::from_static(b"12345")));
        assert_eq!(read(Body::from("123456"), 5).await, Err(UnreadBody::TooLarge { bytes_max: 5 }));
    }

    #[tokio::test(start_paused = true)]
    async fn chunks_are_joined_and_do_not_take_for_ever() {
        let chunks = [Ok("ab"), Ok("cd")] as [Result<&str, std::io::Error>; 2];
        let body = Body::from_stream(futures_util::stream::iter(chunks));
        assert_eq!(read(body, 5).await, Ok(Bytes::from_static(b"abcd")));
        let silent = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        assert_eq!(read(silent, 5).await, Err(UnreadBody::TooSlow));
        let cut = Body::from_stream(futures_util::stream::iter([Err::<Bytes, _>(std::io::Error::other("cut"))]));
        assert_eq!(read(cut, 5).await, Err(UnreadBody::Interrupted));
    }
}
