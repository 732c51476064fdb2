//! From where a request comes: the other end of the connection, or what a trusted proxy there says of its client.

use crate::proxies::TrustedProxies;
use crate::requests::Peer;
use http::{Extensions, HeaderMap, HeaderName};
use std::net::{IpAddr, SocketAddr};

/// To which each proxy adds the address that it was called from, at the end.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// From where a request comes. An extension of requests that came over the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientAddress(IpAddr);

impl ClientAddress {
    /// Of a request, once [`settle`] has seen it; `None` in process.
    pub(crate) fn of_request(extensions: &Extensions) -> Option<IpAddr> {
        extensions.get::<Self>().map(|Self(address)| *address)
    }
}

/// Decides from where a request comes. Only what a trusted proxy added counts: the last address in front of which nobody is trusted.
pub(crate) fn settle(headers: &HeaderMap, extensions: &mut Extensions, proxies: &TrustedProxies) {
    let Some(Peer(peer)) = extensions.get::<Peer>() else { return };
    let mut address = peer.ip().to_canonical();
    let values = headers.get_all(FORWARDED_FOR).iter().map(|value| value.to_str().unwrap_or_default());
    let said: Vec<&str> = values.flat_map(|value| value.split(',')).collect();
    let mut from_the_last = said.into_iter().rev();
    while proxies.trusts(address) {
        // One that says nothing, or no address, is itself the client as far as can be known.
        let Some(next) = from_the_last.next().and_then(|text| parse(text.trim())) else { break };
        address = next.to_canonical();
    }
    extensions.insert(ClientAddress(address));
}

/// Some proxies add the port too.
fn parse(text: &str) -> Option<IpAddr> {
    text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use rstest::rstest;

    #[rstest]
    #[case::nobody_in_between("198.51.100.9:1", &[], "198.51.100.9")]
    #[case::nobody_trusted("198.51.100.9:1", &["203.0.113.1"], "198.51.100.9")]
    #[case::proxy("192.0.2.1:1", &["203.0.113.1"], "203.0.113.1")]
    #[case::what_the_client_made_up("192.0.2.1:1", &["127.0.0.1, 203.0.113.1"], "203.0.113.1")]
    #[case::made_up_in_a_header_of_its_own("192.0.2.1:1", &["127.0.0.1", "203.0.113.1"], "203.0.113.1")]
    #[case::with_a_port("192.0.2.1:1", &["203.0.113.1:4711"], "203.0.113.1")]
    #[case::ipv6_with_a_port("192.0.2.1:1", &["[2001:db8::1]:4711"], "2001:db8::1")]
    #[case::two_proxies("192.0.2.1:1", &["127.0.0.1, 203.0.113.1, 192.0.2.2"], "203.0.113.1")]
    #[case::client_in_the_proxies_network("192.0.2.1:1", &["192.0.2.3"], "192.0.2.3")]
    #[case::proxy_that_says_nothing("192.0.2.1:1", &[], "192.0.2.1")]
    #[case::proxy_that_says_something_else("192.0.2.1:1", &["203.0.113.1, unknown"], "192.0.2.1")]
    #[case::ipv6("[::ffff:192.0.2.1]:1", &["2001:db8::1"], "2001:db8::1")]
    fn from_where(#[case] peer: SocketAddr, #[case] sent: &[&'static str], #[case] expected: IpAddr) {
        let proxies = TrustedProxies::try_from(vec!["192.0.2.0/28".to_owned()]).expect("a network");
        let headers = sent.iter().map(|value| (FORWARDED_FOR, HeaderValue::from_static(value)));
        let headers = headers.fold(HeaderMap::new(), |mut all, (name, value)| {
            all.append(name, value);
            all
        });
        let mut extensions = Extensions::new();
        extensions.insert(Peer(peer));
        settle(&headers, &mut extensions, &proxies);
        assert_eq!(ClientAddress::of_request(&extensions), Some(expected));
    }

    #[test]
    fn in_process_there_is_none() {
        let mut extensions = Extensions::new();
        settle(&HeaderMap::new(), &mut extensions, &TrustedProxies::default());
        assert_eq!(ClientAddress::of_request(&extensions), None);
    }
}
