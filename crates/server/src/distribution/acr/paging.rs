//! Lists of the metadata API in pages: `last`, `n`, `orderby`, and the `Link` to the next page.
//!
//! Where a list is in the order of time, a `Link` also says the time of its last item (`at`), so that no item is left out or comes
//! twice when that one is pushed again or deleted meanwhile. Clients follow links as they are.

use crate::distribution::errors::ErrorAnswer;
use crate::distribution::paging::{encoded, items_max};
use crate::distribution::query::Query;
use http::HeaderValue;
use model::attributes::{ListOrder, ListPlace};
use model::timestamp::Timestamp;
use service::OrderedPageRequest;
use service::limits::METADATA_PAGE_ITEMS;

/// Which page is asked for.
pub(super) fn requested(query: &Query) -> Result<OrderedPageRequest, ErrorAnswer> {
    let order = match query.get("orderby") {
        None | Some("none") => ListOrder::Name,
        Some("timedesc") => ListOrder::NewestFirst,
        Some("timeasc") => ListOrder::OldestFirst,
        Some(other) => return Err(invalid(format!("orderby={other} is no order here: use none, timedesc or timeasc"))),
    };
    let at = query.get("at").filter(|_| order != ListOrder::Name).map(|at| {
        at.parse()
            .map(Timestamp::from_micros)
            .map_err(|_| invalid(format!("at={at} is no time: follow the links as they are")))
    });
    let place = ListPlace { order, after: query.get("last").map(str::to_owned), at: at.transpose()? };
    Ok(OrderedPageRequest { items_max: items_max(query)?.unwrap_or(METADATA_PAGE_ITEMS), place })
}

fn invalid(message: String) -> ErrorAnswer {
    ErrorAnswer::bad_request("UNSUPPORTED", message)
}

/// The `Link` to the page behind the item `last`, which was last pushed then. The path is encoded already.
pub(super) fn link(
    path: &str,
    page: &OrderedPageRequest,
    (last, pushed_at): (&str, Timestamp),
    digest: Option<&str>,
) -> Option<HeaderValue> {
    let n = page.items_max;
    let place = match page.place.order {
        ListOrder::Name => "".to_owned(),
        ListOrder::NewestFirst => format!("timedesc&at={}", pushed_at.as_micros()),
        ListOrder::OldestFirst => format!("timeasc&at={}", pushed_at.as_micros()),
    };
    let of = digest.map(|digest| format!("&digest={}", encoded(digest))).unwrap_or_default();
    HeaderValue::try_from(format!("<{path}?last={}&n={n}&orderby={place}{of}>; rel=\"next\"", encoded(last))).ok()
}

/// The same for a list of names alone, which has one order.
pub(super) fn link_by_name(path: &str, items_max: usize, last: &str) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("<{path}?last={}&n={items_max}&orderby=>; rel=\"next\"", encoded(last))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn place(order: ListOrder, after: Option<&str>, at: Option<i64>) -> ListPlace {
        ListPlace { order, after: after.map(str::to_owned), at: at.map(Timestamp::from_micros) }
    }

    #[rstest]
    #[case("", Ok((100, place(ListOrder::Name, None, None))))]
    #[case("n=2&last=b&orderby=", Ok((2, place(ListOrder::Name, Some("b"), None))))]
    #[case("orderby=none&n=5000&at=7", Ok((1000, place(ListOrder::Name, None, None))))]
    #[case("orderby=timeasc&last=b", Ok((100, place(ListOrder::OldestFirst, Some("b"), None))))]
    #[case("orderby=timedesc&last=b&at=7", Ok((100, place(ListOrder::NewestFirst, Some("b"), Some(7)))))]
    #[case("orderby=timedesc&at=noon", Err("UNSUPPORTED"))]
    #[case("orderby=size", Err("UNSUPPORTED"))]
    #[case("n=two", Err("PAGINATION_NUMBER_INVALID"))]
    fn pages(#[case] query: &str, #[case] expected: Result<(usize, ListPlace), &str>) {
        let seen = requested(&Query::parse(Some(query))).map_err(|error| error.code());
        assert_eq!(seen, expected.map(|(items_max, place)| OrderedPageRequest { items_max, place }));
    }

    #[rstest]
    #[case(ListOrder::Name, None, r#"</acr/v1/a%2Fb/_tags?last=v%3A1&n=2&orderby=>; rel="next""#)]
    #[case(ListOrder::NewestFirst, None, r#"</acr/v1/a%2Fb/_tags?last=v%3A1&n=2&orderby=timedesc&at=7>; rel="next""#)]
    #[case(
        ListOrder::OldestFirst,
        Some("sha256:ab"),
        r#"</acr/v1/a%2Fb/_tags?last=v%3A1&n=2&orderby=timeasc&at=7&digest=sha256%3Aab>; rel="next""#
    )]
    fn links(#[case] order: ListOrder, #[case] digest: Option<&str>, #[case] expected: &'static str) {
        let page = OrderedPageRequest { items_max: 2, place: place(order, None, None) };
        let link = link("/acr/v1/a%2Fb/_tags", &page, ("v:1", Timestamp::from_micros(7)), digest);
        assert_eq!(link, Some(HeaderValue::from_static(expected)));
    }
}
