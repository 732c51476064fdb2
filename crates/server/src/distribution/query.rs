//! The query of a request to `/v2/`. Pure.

use percent_encoding::percent_decode_str;

/// Decoded names and values, in the order of the URL.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads what stands behind the `?`. What is not UTF-8 once decoded is replaced by U+FFFD, which no grammar here allows.
    ///
    /// A `+` stays one: media types hold it (`artifactType=application/vnd.example+json`, as people type it), and no value of
    /// this API holds the space that it means in forms.
    pub(super) fn parse(query: Option<&str>) -> Self {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        };
        Self(query.unwrap_or_default().split('&').filter(|text| !text.is_empty()).map(pair).collect())
    }

    /// The first value of `name`; `None` when it is not there or empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next().filter(|value| !value.is_empty())
    }

    /// Every value of `name`, empty ones too.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("digest=sha256%3Aab", "digest", Some("sha256:ab"))]
    #[case("_state=x&digest=a", "digest", Some("a"))]
    #[case("digest=a&digest=b", "digest", Some("a"))]
    #[case("artifactType=application/vnd.x+json", "artifactType", Some("application/vnd.x+json"))]
    #[case("artifactType=application%2Fvnd.x%2Bjson", "artifactType", Some("application/vnd.x+json"))]
    #[case("last=a=b", "last", Some("a=b"))]
    #[case("orderby=&n=2", "n", Some("2"))]
    #[case("orderby=&n=2", "orderby", None)]
    #[case("n", "n", None)]
    #[case("&&", "n", None)]
    #[case("n=%ff", "n", Some("\u{fffd}"))]
    fn values(#[case] query: &str, #[case] name: &str, #[case] expected: Option<&str>) {
        assert_eq!(Query::parse(Some(query)).get(name), expected);
        assert_eq!(Query::parse(None).get(name), None);
    }

    #[test]
    fn all_values() {
        let query = Query::parse(Some("tag=a&n=2&tag=&tag=b%2Ec"));
        assert_eq!(query.all("tag").collect::<Vec<_>>(), ["a", "", "b.c"]);
        assert_eq!(query.all("last").count(), 0);
    }
}
