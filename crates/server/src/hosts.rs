//! Which registry a host name means, and under which URL a client sees this server (decision D1).
//!
//! Only `Host` counts. `Forwarded`, `X-Forwarded-Host` and `X-Forwarded-Proto` are ignored, from trusted proxies too: whoever wants another
//! URL in answers sets `public_url`. What `X-Forwarded-For` is for stands in `client_address.rs`.

use crate::state::State;
use http::HeaderMap;
use http::header::HOST;
use http::uri::Authority;
use model::arm_name::RegistryName;
use model::registry::Registry;

/// Said on both planes that containers meet.
pub(crate) const NO_REGISTRY: &str =
    "there is no registry under this host name: use a registry's login server, or set default_registry";

/// The names under which the site is reached.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// Scheme and authority that clients see, such as `https://registry.example`; `None` means whatever `Host` says.
    pub(crate) public_url: Option<String>,
    /// A registry's login server is `<name>.<domain>`. Lower case.
    pub(crate) domain: String,
    /// The registry that a host without a registry's name means; `None` means the only one there is.
    pub(crate) default_registry: Option<RegistryName>,
    /// The authority of requests that name no host: the address that is listened on.
    pub(crate) listen: String,
    /// `https` where this server speaks TLS itself, else `http`.
    pub(crate) scheme: &'static str,
}

/// What a host name means.
#[derive(Debug, PartialEq, Eq)]
enum Meaning {
    /// The registry of this name.
    Named(RegistryName),
    /// A name under the domain that no registry can have.
    Nothing,
    /// The default registry.
    Default,
}

/// The `Host` header, when it is there and is an authority without a user: anything else must not be echoed.
pub(crate) fn host(headers: &HeaderMap) -> Option<Authority> {
    let authority = Authority::try_from(headers.get(HOST)?.as_bytes()).ok()?;
    (!authority.as_str().contains('@') && !authority.host().is_empty()).then_some(authority)
}

impl Site {
    fn meaning(&self, host: Option<&Authority>) -> Meaning {
        let Some(host) = host else { return Meaning::Default };
        // A name may be written with the root's dot, and in any case (RFC 1034, section 3.1).
        let name = host.host().trim_end_matches('.').to_ascii_lowercase();
        if self.public_authority().is_some_and(|public| public.host().eq_ignore_ascii_case(&name)) {
            return Meaning::Default;
        }
        match name.strip_suffix(&self.domain).and_then(|rest| rest.strip_suffix('.')) {
            Some(label) => RegistryName::parse(label).map_or(Meaning::Nothing, Meaning::Named),
            None => Meaning::Default,
        }
    }

    /// What stands behind the scheme of the public URL.
    pub(crate) fn public_authority(&self) -> Option<Authority> {
        let (_, authority) = self.public_url.as_deref()?.split_once("://")?;
        authority.parse().ok()
    }

    /// A host such as `127.0.0.1` stops meaning a registry when a second one is made; the log says so, and what to do.
    fn log_no_default(&self) {
        let domain = &self.domain;
        match &self.default_registry {
            Some(name) => tracing::warn!(%name, "default_registry is '{name}', and there is no such registry"),
            None => tracing::warn!(
                "the host names no registry, and there is not exactly one: clients use <registry>.{domain}, or default_registry says which"
            ),
        }
    }

    /// Scheme and authority that the client sees.
    fn base_url(&self, host: Option<&Authority>) -> String {
        match (&self.public_url, host) {
            (Some(url), _) => url.clone(),
            (None, Some(host)) => format!("{}://{host}", self.scheme),
            (None, None) => format!("{}://{}", self.scheme, self.listen),
        }
    }
}

impl State {
    /// The registry that the request's `Host` names, else the default one; `None` when there is neither.
    pub(crate) async fn registry_of(&self, headers: &HeaderMap) -> Result<Option<Registry>, service::Error> {
        match self.site.meaning(host(headers).as_ref()) {
            Meaning::Named(name) => self.service.find_registry(&name).await,
            Meaning::Nothing => Ok(None),
            Meaning::Default => {
                let found = self.default_registry().await?;
                if found.is_none() {
                    self.site.log_no_default();
                }
                Ok(found)
            }
        }
    }

    /// Scheme and authority that the client sees, without a slash at the end: `http://127.0.0.1:5000`.
    pub(crate) fn base_url(&self, headers: &HeaderMap) -> String {
        self.site.base_url(host(headers).as_ref())
    }

    /// The name under which clients sign in to `registry`, which is the `service` of challenges and token requests:
    /// `<name>.<domain>`, or the public URL's authority for the registry that it means.
    pub(crate) async fn login_server(&self, registry: &Registry) -> Result<String, service::Error> {
        if let Some(public) = self.site.public_authority()
            && self.default_registry().await?.is_some_and(|default| default.key == registry.key)
        {
            return Ok(public.to_string());
        }
        Ok(format!("{}.{}", registry.id.name.key(), self.site.domain))
    }

    async fn default_registry(&self) -> Result<Option<Registry>, service::Error> {
        match &self.site.default_registry {
            Some(name) => self.service.find_registry(name).await,
            None => self.service.find_only_registry().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use rstest::rstest;

    fn site(public_url: Option<&str>) -> Site {
        Site {
            public_url: public_url.map(str::to_owned),
            domain: "registry.example".to_owned(),
            default_registry: None,
            listen: "127.0.0.1:5000".to_owned(),
            scheme: "http",
        }
    }

    #[rstest]
    #[case("lnxcr.registry.example", "lnxcr")]
    #[case("LnxCr.Registry.Example.:5000", "lnxcr")]
    #[case("registry.example", "default")]
    #[case("notregistry.example", "default")]
    #[case("127.0.0.1:5000", "default")]
    #[case("[::1]:5000", "default")]
    #[case("localhost", "default")]
    #[case("no.registry.example", "nothing")]
    #[case("a.lnxcr.registry.example", "nothing")]
    #[case("hub.registry.example", "default")]
    fn what_a_host_means(#[case] host: &str, #[case] expected: &str) -> Result<(), Box<dyn std::error::Error>> {
        let meaning = match site(Some("https://hub.registry.example")).meaning(Some(&host.parse()?)) {
            Meaning::Named(name) => name.to_string(),
            Meaning::Nothing => "nothing".to_owned(),
            Meaning::Default => "default".to_owned(),
        };
        assert_eq!(meaning, expected);
        Ok(())
    }

    #[rstest]
    #[case(None, Some("lnxcr.localhost:5000"), "http://lnxcr.localhost:5000")]
    #[case(None, Some("evil\" onload"), "http://127.0.0.1:5000")]
    #[case(None, Some("user@evil.example"), "http://127.0.0.1:5000")]
    #[case(None, Some(""), "http://127.0.0.1:5000")]
    #[case(None, None, "http://127.0.0.1:5000")]
    #[case(Some("https://hub.example"), Some("lnxcr.localhost"), "https://hub.example")]
    fn base_urls(
        #[case] public_url: Option<&str>,
        #[case] given: Option<&str>,
        #[case] expected: &str,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let mut headers = HeaderMap::new();
        if let Some(given) = given {
            headers.insert(HOST, HeaderValue::from_str(given)?);
        }
        let plain = site(public_url);
        assert_eq!(plain.base_url(host(&headers).as_ref()), expected);
        let with_tls = Site { scheme: "https", ..plain };
        assert_eq!(with_tls.base_url(host(&headers).as_ref()), expected.replace("http://", "https://"));
        Ok(())
    }
}
