//! Which proxies are believed what they say of their clients.

use ipnet::IpNet;
use serde::Deserialize;
use std::net::IpAddr;

/// Addresses and networks of proxies; nobody unless configured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Whether a connection from there is one of a trusted proxy.
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        // A socket for both families shows IPv4 as IPv6 (RFC 4291, section 2.5.5.2).
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl TryFrom<Vec<String>> for TrustedProxies {
    type Error = String;

    /// Addresses such as `192.0.2.7`, networks such as `10.0.0.0/8`.
    fn try_from(texts: Vec<String>) -> Result<Self, String> {
        let parse = |text: &String| match text.parse::<IpAddr>() {
            Ok(address) => Ok(IpNet::from(address.to_canonical())),
            Err(_) => text
                .parse::<IpNet>()
                .map_err(|_| format!("'{text}' is not an address such as 192.0.2.7 or a network such as 10.0.0.0/8")),
        };
        texts.iter().map(parse).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("192.0.2.7", true)]
    #[case("::ffff:192.0.2.7", true)]
    #[case("192.0.2.8", false)]
    #[case("10.255.0.1", true)]
    #[case("fd00::5", true)]
    #[case("fd01::5", false)]
    #[case("127.0.0.1", false)]
    fn trusted(#[case] address: IpAddr, #[case] expected: bool) -> Result<(), String> {
        let proxies = ["192.0.2.7", "10.0.0.0/8", "fd00::/16"].map(str::to_owned);
        assert_eq!(TrustedProxies::try_from(proxies.to_vec())?.trusts(address), expected);
        assert!(!TrustedProxies::default().trusts(address));
        Ok(())
    }

    #[rstest]
    #[case("proxy.example")]
    #[case("10.0.0.0/33")]
    #[case("")]
    #[case("10.0.0.1:80")]
    fn refused(#[case] text: &str) {
        assert!(TrustedProxies::try_from(vec![text.to_owned()]).is_err());
    }
}
