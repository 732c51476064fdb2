//! The `api-version` parameter. Any version of the shape of one is taken: clients pin theirs, and the shapes that this service
//! has are the same in all (management-api.md, section 1).

use crate::auth::form::Form;
use std::fmt;

/// Versions that have tokens and scope maps, as the service lists them (management-api.md, section 1).
pub(super) const SUPPORTED: &str = "2019-05-01-preview, 2020-11-01-preview, 2021-06-01-preview, 2021-08-01-preview, 2021-12-01-preview, 2022-02-01-preview, 2022-12-01, 2023-01-01-preview, 2023-06-01-preview, 2023-07-01, 2023-08-01-preview, 2023-11-01-preview, 2024-01-01-preview, 2024-11-01-preview, 2025-03-01-preview, 2025-04-01, 2025-05-01-preview, 2025-09-01-preview, 2025-11-01, 2026-09-01-preview";

/// A version, such as `2022-02-01-preview`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiVersion(String);

/// The parameter cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum InvalidApiVersion {
    /// There is none.
    Missing,
    /// It has not the shape of one.
    Malformed(String),
}

impl ApiVersion {
    /// Reads it from a query, whose names compare without case.
    pub(super) fn of_query(query: &str) -> Result<Self, InvalidApiVersion> {
        let given = Form::parse(query.as_bytes());
        let text = given.get_ignoring_case("api-version").ok_or(InvalidApiVersion::Missing)?;
        if is_version(text) { Ok(Self(text.to_owned())) } else { Err(InvalidApiVersion::Malformed(text.to_owned())) }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the first that has tokens. Its resources have no `systemData`, and its tokens always a list of certificates
    /// (recorded: azcli-token-create-2019-05-01-preview.json).
    pub(super) fn is_first(&self) -> bool {
        self.0 == "2019-05-01-preview"
    }
}

/// `yyyy-mm-dd`, perhaps with `-preview` or the like behind.
fn is_version(text: &str) -> bool {
    let (Some(date), Some(rest)) = (text.get(..10), text.get(10..)) else { return false };
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts[..] else { return false };
    let number = |part: &str, digits: usize| {
        (part.len() == digits && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<u16>().ok()).flatten()
    };
    number(year, 4).is_some()
        && number(month, 2).is_some_and(|month| (1..=12).contains(&month))
        && number(day, 2).is_some_and(|day| (1..=31).contains(&day))
        && (rest.is_empty()
            || rest
                .strip_prefix('-')
                .is_some_and(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric())))
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("api-version=2022-02-01-preview", Ok("2022-02-01-preview"))]
    #[case("API-Version=2031-12-31", Ok("2031-12-31"))]
    #[case("$filter=x&api-version=2022-12-01", Ok("2022-12-01"))]
    #[case("", Err(None))]
    #[case("api-version=", Err(None))]
    #[case("api-version=latest", Err(Some("latest")))]
    #[case("api-version=2022-13-01", Err(Some("2022-13-01")))]
    #[case("api-version=2022-1-01", Err(Some("2022-1-01")))]
    #[case("api-version=2022-12-01-", Err(Some("2022-12-01-")))]
    #[case("api-version=2022-12-01%0d%0aX", Err(Some("2022-12-01\r\nX")))]
    fn versions(#[case] query: &str, #[case] expected: Result<&str, Option<&str>>) {
        let expected = match expected {
            Ok(text) => Ok(ApiVersion(text.to_owned())),
            Err(None) => Err(InvalidApiVersion::Missing),
            Err(Some(text)) => Err(InvalidApiVersion::Malformed(text.to_owned())),
        };
        assert_eq!(ApiVersion::of_query(query), expected);
    }
}
