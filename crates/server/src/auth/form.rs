//! Parameters of a query or of a form body (`application/x-www-form-urlencoded`).

use std::fmt;

/// The parameters, in order. Its `Debug` shows names only: values hold passwords.
pub(crate) struct Form(Vec<(String, String)>);

/// A parameter that may be there once is there twice, and proxies and servers differ in which one counts (RFC 6749, section 3.2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is given more than once: give it once")]
pub(crate) struct Repeated(pub(crate) &'static str);

impl Form {
    /// Reads encoded text; what is not UTF-8 becomes the replacement character.
    pub(crate) fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// The value of `name`; an empty one counts as absent (RFC 6749, section 3.2).
    pub(crate) fn get(&self, name: &'static str) -> Result<Option<&str>, Repeated> {
        let mut values = self.all(name);
        let value = values.next();
        if values.next().is_some() { Err(Repeated(name)) } else { Ok(value.filter(|value| !value.is_empty())) }
    }

    /// The first value of `name`, for protocols whose names compare without case.
    pub(crate) fn get_ignoring_case(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// Every value of `name`.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const SENT: &[u8] =
        b"scope=repository%3Aa%3Apull&scope=b+c&password=p%2B%26%3D+%C3%A4&empty=&twice=a&twice=&bare&last=a=b";

    #[rstest]
    #[case("password", Ok(Some("p+&= ä")))]
    #[case("last", Ok(Some("a=b")))]
    #[case("empty", Ok(None))]
    #[case("bare", Ok(None))]
    #[case("other", Ok(None))]
    #[case("Password", Ok(None))]
    #[case("scope", Err(Repeated("scope")))]
    #[case("twice", Err(Repeated("twice")))]
    fn single_values(#[case] name: &'static str, #[case] expected: Result<Option<&str>, Repeated>) {
        assert_eq!(Form::parse(SENT).get(name), expected);
    }

    #[rstest]
    #[case("LAST", Some("a=b"))]
    #[case("twice", Some("a"))]
    #[case("empty", None)]
    #[case("other", None)]
    fn without_case(#[case] name: &str, #[case] expected: Option<&str>) {
        assert_eq!(Form::parse(SENT).get_ignoring_case(name), expected);
    }

    #[test]
    fn several_values() {
        assert_eq!(Form::parse(SENT).all("scope").collect::<Vec<_>>(), ["repository:a:pull", "b c"]);
        assert_eq!(Form::parse(b"").all("scope").count(), 0);
    }

    #[test]
    fn debug_shows_names_only() {
        let form = Form::parse(b"username=token2&password=secret");
        assert_eq!(format!("{form:?}"), r#"["username", "password"]"#);
    }
}
