//! Lists in pages: `n`, `last` and the `Link` to the next page (OCI distribution 1.1, "Listing Tags"; RFC 8288).

use super::errors::ErrorAnswer;
use super::query::Query;
use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use service::PageRequest;
use service::limits::PAGE_ITEMS_MAX;

/// Everything but the unreserved characters of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Which page is asked for.
pub(super) fn requested(query: &Query) -> Result<PageRequest, ErrorAnswer> {
    let items_max = items_max(query)?.unwrap_or(PAGE_ITEMS_MAX);
    Ok(PageRequest { items_max: Some(items_max), last: query.get("last").map(str::to_owned) })
}

/// The value of `n`. Above the cap it is cut to it, also when it has more digits than a number here.
pub(super) fn items_max(query: &Query) -> Result<Option<usize>, ErrorAnswer> {
    match query.get("n") {
        None => Ok(None),
        Some(n) if n.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(Some(n.parse().unwrap_or(usize::MAX).min(PAGE_ITEMS_MAX)))
        }
        Some(n) => {
            let message = format!("n={n} is not a number of items, such as n=100");
            Err(ErrorAnswer::bad_request("PAGINATION_NUMBER_INVALID", message))
        }
    }
}

/// As a value in a query, or as one segment of a path.
pub(super) fn encoded(text: &str) -> impl std::fmt::Display {
    utf8_percent_encode(text, RESERVED)
}

/// The `Link` to the page behind `last`; `None` when the list ends there. `further` is the rest of the query.
pub(super) fn link(
    path: &str,
    page: &PageRequest,
    last: Option<&str>,
    further: &[(&str, &str)],
) -> Option<HeaderValue> {
    let n = page.items_max.unwrap_or(PAGE_ITEMS_MAX);
    let mut url = format!("{path}?n={n}&last={}", encoded(last?));
    for (name, value) in further {
        url.push_str(&format!("&{name}={}", encoded(value)));
    }
    HeaderValue::try_from(format!("<{url}>; rel=\"next\"")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("", Ok((1000, None)))]
    #[case("n=2&last=b", Ok((2, Some("b"))))]
    #[case("n=0", Ok((0, None)))]
    #[case("n=100000", Ok((1000, None)))]
    #[case("n=99999999999999999999999", Ok((1000, None)))]
    #[case("n=&last=library%2Fbusybox&orderby=", Ok((1000, Some("library/busybox"))))]
    #[case("n=-1", Err("PAGINATION_NUMBER_INVALID"))]
    #[case("n=+1", Err("PAGINATION_NUMBER_INVALID"))]
    #[case("n=two", Err("PAGINATION_NUMBER_INVALID"))]
    fn pages(#[case] query: &str, #[case] expected: Result<(usize, Option<&str>), &str>) {
        let expected = expected.map(|(n, last)| PageRequest { items_max: Some(n), last: last.map(str::to_owned) });
        assert_eq!(requested(&Query::parse(Some(query))).map_err(|error| error.code()), expected);
    }

    #[test]
    fn links() {
        let page = PageRequest { items_max: Some(2), last: None };
        assert_eq!(link("/v2/_catalog", &page, None, &[]), None);
        let next = link("/v2/_catalog", &page, Some("library/busybox"), &[]);
        assert_eq!(next, Some(HeaderValue::from_static("</v2/_catalog?n=2&last=library%2Fbusybox>; rel=\"next\"")));
        let next = link("/v2/a/referrers/x", &page, Some("sha256:ab"), &[("artifactType", "a/b+json")]);
        let expected = "</v2/a/referrers/x?n=2&last=sha256%3Aab&artifactType=a%2Fb%2Bjson>; rel=\"next\"";
        assert_eq!(next, Some(HeaderValue::from_static(expected)));
    }
}
