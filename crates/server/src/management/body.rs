//! JSON bodies of requests. Unknown members are passed over, as Azure does, except inside credentials; a member of a wrong type
//! is refused with its path.

use super::errors::Failure;
use crate::body::read;
use crate::limits;
use axum::body::Body;
use serde::de::DeserializeOwned;

/// The body is not the JSON that was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InvalidJson {
    /// The member, such as `properties.status`; `None` means the body as a whole.
    pub(super) target: Option<String>,
    /// What is wrong.
    pub(super) message: String,
}

/// Reads a body; an empty one is refused.
pub(super) async fn json<T: DeserializeOwned>(body: Body) -> Result<T, Failure> {
    let bytes = read(body, limits::MANAGEMENT_BODY_BYTES_MAX).await.map_err(Failure::UnreadBody)?;
    parse(&bytes).map_err(Failure::InvalidJson)
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, InvalidJson> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(InvalidJson { target: None, message: "the request has no body".to_owned() });
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        // Where the text is no JSON at all, the path says nothing.
        let path = error.inner().is_data().then(|| error.path().to_string()).filter(|path| path != ".");
        InvalidJson { target: path, message: error.inner().to_string() }
    })?;
    deserializer.end().map_err(|error| InvalidJson { target: None, message: error.to_string() })?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use wire::arm::tokens::Token;

    #[rstest]
    #[case::wrong_type(r#"{"properties":{"status":1}}"#, Some("properties.status"), "invalid type: integer")]
    #[case::in_a_list(
        r#"{"properties":{"credentials":{"passwords":[{"name":[]}]}}}"#,
        Some("properties.credentials.passwords[0].name"),
        "invalid type"
    )]
    #[case::unknown_in_credentials(
        r#"{"properties":{"credentials":{"password":[]}}}"#,
        Some("properties.credentials.password"),
        "unknown field `password`"
    )]
    #[case::not_json("{", None, "EOF")]
    #[case::two(r"{} {}", None, "trailing characters")]
    #[case::nothing(" \r\n", None, "no body")]
    fn refused(#[case] text: &str, #[case] target: Option<&str>, #[case] message: &str) {
        let error = parse::<Token>(text.as_bytes()).err();
        assert_eq!(error.as_ref().and_then(|error| error.target.as_deref()), target, "{error:?}");
        assert!(error.is_some_and(|error| error.message.contains(message)));
    }

    #[test]
    fn unknown_members_are_passed_over() {
        assert!(parse::<Token>(br#"{"kind":"x","properties":{"fresh":true}}"#).is_ok());
    }
}
