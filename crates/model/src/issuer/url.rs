//! Where an issuer's documents are: `https`, or `http` on this machine where that was asked for.

use std::fmt;

/// A URL of an issuer, kept as it was given: `iss` must equal it byte by byte (OpenID Connect Core 1.0, section 3.1.3.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerUrl(Box<str>);

/// Whether a URL may be one of plain HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainHttp {
    /// Never: whoever is on the way could put keys of their own in the place of the issuer's.
    Refused,
    /// To this machine only, for tests.
    OnLoopback,
}

/// The text is no such URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIssuerUrl {
    /// Something else altogether.
    #[error("'{0}' is not a URL such as https://issuer.example/tenant")]
    Form(String),
    /// Readable on the way.
    #[error("'{0}' is not https, without which anybody on the way could sign")]
    Plain(String),
}

impl IssuerUrl {
    /// Reads a URL without user, password and fragment.
    pub fn parse(text: &str, plain_http: PlainHttp) -> Result<Self, InvalidIssuerUrl> {
        let form = || InvalidIssuerUrl::Form(text.to_owned());
        // RFC 3986, section 2, without '#': what every reader of URLs reads alike.
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()*+,;=%".contains(&byte);
        let (scheme, rest) = text.split_once("://").filter(|_| text.bytes().all(allowed)).ok_or_else(form)?;
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        if host(authority).is_none_or(str::is_empty) {
            return Err(form());
        }
        match scheme {
            "https" => Ok(Self(text.into())),
            "http" if plain_http == PlainHttp::OnLoopback && is_loopback(authority) => Ok(Self(text.into())),
            "http" => Err(InvalidIssuerUrl::Plain(text.to_owned())),
            _ => Err(form()),
        }
    }

    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing on the way is encrypted.
    pub fn is_plain(&self) -> bool {
        self.0.starts_with("http://")
    }

    /// Where an issuer of this URL says where its keys are (OpenID Connect Discovery 1.0, section 4); an issuer has no query.
    pub fn discovery(&self) -> Self {
        Self(format!("{}/.well-known/openid-configuration", self.0.trim_end_matches('/')).into())
    }

    /// Whether something is behind a question mark.
    pub fn has_query(&self) -> bool {
        self.0.contains('?')
    }
}

/// The host of `host[:port]`; `None` with a user or a port that is none.
fn host(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, rest) = rest.split_once(']')?;
            (address, rest.strip_prefix(':').or_else(|| rest.is_empty().then_some("0"))?)
        }
        None => authority.split_once(':').unwrap_or((authority, "0")),
    };
    let fits = port.parse::<u16>().is_ok() && !host.contains(['@', '[', ']']);
    fits.then_some(host)
}

fn is_loopback(authority: &str) -> bool {
    let host = host(authority).unwrap_or_default();
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for IssuerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::entra("https://login.microsoftonline.com/9e223dbe-3399-4e19-88eb-0975f02ac87f/v2.0", true, true)]
    #[case::slash("https://sts.windows.net/9e223dbe-3399-4e19-88eb-0975f02ac87f/", true, true)]
    #[case::query("https://b2c.example/keys?p=policy", true, true)]
    #[case::port("https://[fd00::1]:8443/a", true, true)]
    #[case::loopback("http://127.0.0.1:8080", false, true)]
    #[case::loopback_of_ip6("http://[::1]:8080/a", false, true)]
    #[case::loopback_by_name("http://localhost", false, true)]
    #[case::plain("http://issuer.example", false, false)]
    #[case::looks_like_loopback("http://127.0.0.1.example", false, false)]
    #[case::loopback_as_a_user("http://127.0.0.1@issuer.example", false, false)]
    #[case::loopback_as_a_password("http://localhost:80@issuer.example", false, false)]
    #[case::backslash("http://localhost\\@issuer.example", false, false)]
    #[case::user("https://a:b@issuer.example", false, false)]
    #[case::fragment("https://issuer.example/#a", false, false)]
    #[case::space("https://issuer.example/a b", false, false)]
    #[case::upper_case_scheme("HTTPS://issuer.example", false, false)]
    #[case::no_host("https:///a", false, false)]
    #[case::no_port("https://issuer.example:x", false, false)]
    #[case::file("file:///etc/passwd", false, false)]
    #[case::ours("portcullis", false, false)]
    #[case::empty("", false, false)]
    fn urls(#[case] text: &str, #[case] everywhere: bool, #[case] with_loopback: bool) {
        assert_eq!(IssuerUrl::parse(text, PlainHttp::Refused).is_ok(), everywhere);
        assert_eq!(IssuerUrl::parse(text, PlainHttp::OnLoopback).is_ok(), with_loopback);
    }

    #[rstest]
    #[case("https://issuer.example", "https://issuer.example/.well-known/openid-configuration")]
    #[case("https://issuer.example/t/", "https://issuer.example/t/.well-known/openid-configuration")]
    fn discovery(#[case] issuer: &str, #[case] expected: &str) {
        let discovery = IssuerUrl::parse(issuer, PlainHttp::Refused).map(|issuer| issuer.discovery().to_string());
        assert_eq!(discovery, Ok(expected.to_owned()));
    }
}
