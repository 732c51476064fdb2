//! JSON bodies of requests. Names are compared without case. Unknown members are passed over, as Azure does, except inside
//! credentials; a member of a wrong type is refused with its path.

use super::errors::Failure;
use super::members::Members;
use crate::body::read;
use crate::limits;
use axum::body::Body;
use bytes::Bytes;
use serde::de::DeserializeOwned;

/// The body is not the JSON that was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InvalidJson {
    /// The member, such as `properties.status`; `None` means the body as a whole.
    pub(super) target: Option<String>,
    /// What is wrong.
    pub(super) message: String,
}

/// Reads a body to its end.
pub(super) async fn whole(body: Body) -> Result<Bytes, Failure> {
    read(body, limits::MANAGEMENT_BODY_BYTES_MAX).await.map_err(Failure::UnreadBody)
}

/// What a body says; an empty one is refused.
pub(super) fn json<T: DeserializeOwned>(body: &Bytes) -> Result<T, Failure> {
    parse(body).map_err(Failure::InvalidJson)
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, InvalidJson> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(InvalidJson { target: None, message: "the request has no body".to_owned() });
    }
    let members: Members =
        serde_json::from_slice(bytes).map_err(|error| InvalidJson { target: None, message: error.to_string() })?;
    serde_path_to_error::deserialize(members).map_err(|error| {
        let path = Some(error.path().to_string()).filter(|path| path != ".");
        InvalidJson { target: path, message: error.inner().to_string() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use wire::arm::registries::Registry;
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
    #[case::a_list_for_an_object(r#"{"properties":["enabled"]}"#, Some("properties"), "invalid type: sequence")]
    #[case::a_list_for_the_whole("[]", None, "invalid type: sequence")]
    #[case::twice_in_different_case(
        r#"{"properties":{"status":"enabled","STATUS":"disabled"}}"#,
        Some("properties"),
        "duplicate field `status`"
    )]
    #[case::twice(
        r#"{"properties":{"status":"enabled","status":"disabled"}}"#,
        Some("properties"),
        "duplicate field `status`"
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
    fn names_are_compared_without_case() {
        let text =
            r#"{"Properties":{"STATUS":"disabled","credentials":{"Passwords":[{"NAME":"password1","Expiry":"x"}]}}}"#;
        let token = parse::<Token>(text.as_bytes()).expect("a token");
        let properties = token.properties.expect("properties");
        assert_eq!(properties.status.as_deref(), Some("disabled"));
        let passwords = properties.credentials.and_then(|credentials| credentials.passwords).expect("passwords");
        assert_eq!((passwords[0].name.as_deref(), passwords[0].expiry.as_deref()), (Some("password1"), Some("x")));
        let registry = parse::<Registry>(br#"{"tags":{"Name":"a","name":"b"}}"#).expect("a registry");
        assert_eq!(registry.tags.map(|tags| tags.len()), Some(2), "the keys of tags are data");
    }

    #[test]
    fn unknown_members_are_passed_over() {
        assert!(parse::<Token>(br#"{"kind":"x","properties":{"fresh":true}}"#).is_ok());
    }
}
