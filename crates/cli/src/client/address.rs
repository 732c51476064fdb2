//! Addresses of the management API: paths with every name percent-encoded, each with the API version that it is asked in.

use super::Service;
use http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt;
use wire::arm::{API_VERSION, audit, service_principals};

/// Everything but RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The version of `Microsoft.Resources` that azure-cli asks subscriptions and resource groups in.
const RESOURCES_API_VERSION: &str = "2022-12-01";

/// The version of `Microsoft.Authorization` that Azure's clients ask roles in.
const AUTHORIZATION_API_VERSION: &str = "2022-04-01";

/// Path and query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(String);

/// Why text is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message says what it is")]
pub enum AddressError {
    #[error("'{0}' is not a name.")]
    NotAName(String),
    #[error("The service gives an address that is none: {0}.")]
    NotAPath(String),
    #[error("The service gives an address of '{0}', which it is not: nothing was sent there.")]
    Elsewhere(String),
}

impl Address {
    /// The subscriptions that the caller may see.
    pub fn subscriptions() -> Self {
        Self(format!("/subscriptions?api-version={RESOURCES_API_VERSION}"))
    }

    /// Every resource group of a subscription.
    ///
    /// Errors: the subscription is no name.
    pub fn resource_groups(subscription_id: &str) -> Result<Self, AddressError> {
        Ok(Self(format!(
            "/subscriptions/{}/resourcegroups?api-version={RESOURCES_API_VERSION}",
            segment(subscription_id)?
        )))
    }

    /// A resource group by its names.
    ///
    /// Errors: one of them is no name.
    pub fn resource_group(subscription_id: &str, name: &str) -> Result<Self, AddressError> {
        Ok(Self(format!("{}?api-version={RESOURCES_API_VERSION}", group_path(subscription_id, name)?)))
    }

    /// Every registry of a subscription.
    pub fn registries(subscription_id: &str) -> Result<Self, AddressError> {
        Self::provider(subscription_id, "registries")
    }

    /// The check of a registry's name.
    pub fn name_check(subscription_id: &str) -> Result<Self, AddressError> {
        Self::provider(subscription_id, "checkNameAvailability")
    }

    fn provider(subscription_id: &str, below: &str) -> Result<Self, AddressError> {
        Ok(Self(format!(
            "/subscriptions/{}/providers/Microsoft.ContainerRegistry/{below}?api-version={API_VERSION}",
            segment(subscription_id)?
        )))
    }

    /// The service principals of the site.
    pub fn service_principals() -> Self {
        Self(format!("{}?api-version={API_VERSION}", service_principals::PATH))
    }

    /// The audit log, of which `asked` picks a part.
    pub fn audit(asked: &[(&str, String)]) -> Self {
        let asked = asked.iter().map(|(name, value)| format!("&{name}={}", utf8_percent_encode(value, SEGMENT)));
        Self(format!("{}?api-version={API_VERSION}{}", audit::PATH, asked.collect::<String>()))
    }

    /// A service principal, by its name, client id or object id; or an action on it.
    ///
    /// Errors: the reference is no name.
    pub fn service_principal(reference: &str, action: Option<&str>) -> Result<Self, AddressError> {
        let action = action.map(|action| format!("/{action}")).unwrap_or_default();
        Ok(Self(format!("{}/{}{action}?api-version={API_VERSION}", service_principals::PATH, segment(reference)?)))
    }

    /// Roles at a scope: a collection such as `roleAssignments`, or one item of it.
    ///
    /// Errors: the scope is not the id of anything.
    pub fn roles(scope: &str, below: &str) -> Result<Self, AddressError> {
        Self::given_by_service(&format!(
            "{scope}/providers/Microsoft.Authorization/{below}?api-version={AUTHORIZATION_API_VERSION}"
        ))
    }

    /// A role assignment by the full id that the service gave it.
    ///
    /// Errors: it is no id.
    pub fn role_assignment(id: &str) -> Result<Self, AddressError> {
        Self::given_by_service(&format!("{id}?api-version={AUTHORIZATION_API_VERSION}"))
    }

    /// From the URL of an operation or a next page that the service at `endpoint` gave: relative, or of that host. A server of this
    /// project may call itself by its public URL, which a client behind a proxy does not know: there another host is dropped, for
    /// paths of the management API.
    ///
    /// Errors: it is no URL, or one of another host.
    pub(super) fn given_at(url: &str, endpoint: &str, service: Service) -> Result<Self, AddressError> {
        let address = Self::given_by_service(url)?;
        let uri = url.parse::<Uri>().map_err(|_| AddressError::NotAPath(url.to_owned()))?;
        let Some(host) = uri.host() else { return Ok(address) };
        let own = endpoint.parse::<Uri>().is_ok_and(|endpoint| site(&endpoint) == site(&uri));
        let path = uri.path().to_ascii_lowercase();
        let of_management =
            ["/subscriptions/", "/providers/"].iter().any(|start| path.starts_with(start)) || path == "/subscriptions";
        if own || (service == Service::Portcullis && of_management) {
            return Ok(address);
        }
        Err(AddressError::Elsewhere(host.to_owned()))
    }

    /// From an absolute URL that the service gave, or from its path. The host is dropped: a transport has one destination,
    /// and an answer must not choose another. The query is opaque and stays as it is (management-api.md, section 5).
    pub fn given_by_service(url: &str) -> Result<Self, AddressError> {
        let not_a_path = || AddressError::NotAPath(url.to_owned());
        let uri = url.parse::<Uri>().map_err(|_| not_a_path())?;
        uri.path_and_query().map(|path| Self(path.as_str().to_owned())).ok_or_else(not_a_path)
    }

    /// Path and query.
    pub fn path_and_query(&self) -> &str {
        &self.0
    }
}

/// Host and port, in one spelling.
fn site(uri: &Uri) -> (Option<String>, u16) {
    let usual = if uri.scheme_str() == Some("http") { 80 } else { 443 };
    (uri.host().map(str::to_ascii_lowercase), uri.port_u16().unwrap_or(usual))
}

/// A registry by its names, whether it exists or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryPlace {
    /// The subscription's id.
    pub subscription_id: String,
    /// The resource group's name.
    pub resource_group: String,
    /// The registry's name.
    pub registry: String,
}

impl fmt::Display for RegistryPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id())
    }
}

impl RegistryPlace {
    /// Whether it is the same registry: names have no case.
    pub fn is_same(&self, other: &Self) -> bool {
        let names = |place: &Self| {
            [&place.subscription_id, &place.resource_group, &place.registry].map(|it| it.to_ascii_lowercase())
        };
        names(self) == names(other)
    }

    /// The resource group.
    pub fn group_address(&self) -> Result<Address, AddressError> {
        Address::resource_group(&self.subscription_id, &self.resource_group)
    }

    /// The registry.
    pub fn registry_address(&self) -> Result<Address, AddressError> {
        self.below(&[])
    }

    /// A scope map of the registry.
    pub fn scope_map_address(&self, name: &str) -> Result<Address, AddressError> {
        self.below(&["scopeMaps", name])
    }

    /// A token of the registry.
    pub fn token_address(&self, name: &str) -> Result<Address, AddressError> {
        self.below(&["tokens", name])
    }

    /// The children of a kind, such as `tokens`.
    pub fn children_address(&self, segment: &str) -> Result<Address, AddressError> {
        self.below(&[segment])
    }

    /// A child of a kind, by its name.
    pub fn child_address(&self, segment: &str, name: &str) -> Result<Address, AddressError> {
        self.below(&[segment, name])
    }

    /// Every registry of the resource group.
    pub fn registries_of_group_address(&self) -> Result<Address, AddressError> {
        let path = self.group_path()?;
        Ok(Address(format!("{path}/providers/Microsoft.ContainerRegistry/registries?api-version={API_VERSION}")))
    }

    /// The action that generates passwords.
    pub fn generate_credentials_address(&self) -> Result<Address, AddressError> {
        self.below(&["generateCredentials"])
    }

    /// The full id of a scope map of the registry.
    pub fn scope_map_id(&self, name: &str) -> String {
        format!("{}/scopeMaps/{name}", self.id())
    }

    /// The full id of a token of the registry.
    pub fn token_id(&self, name: &str) -> String {
        format!("{}/tokens/{name}", self.id())
    }

    fn id(&self) -> String {
        let Self { subscription_id, resource_group, registry } = self;
        format!(
            "/subscriptions/{subscription_id}/resourceGroups/{resource_group}\
             /providers/Microsoft.ContainerRegistry/registries/{registry}"
        )
    }

    fn group_path(&self) -> Result<String, AddressError> {
        group_path(&self.subscription_id, &self.resource_group)
    }

    fn below(&self, names: &[&str]) -> Result<Address, AddressError> {
        let registry = segment(&self.registry)?;
        let mut path = format!("{}/providers/Microsoft.ContainerRegistry/registries/{registry}", self.group_path()?);
        for name in names {
            path.push('/');
            path.push_str(&segment(name)?);
        }
        Ok(Address(format!("{path}?api-version={API_VERSION}")))
    }
}

fn group_path(subscription_id: &str, name: &str) -> Result<String, AddressError> {
    Ok(format!("/subscriptions/{}/resourceGroups/{}", segment(subscription_id)?, segment(name)?))
}

/// A name with slashes, such as a repository's, as segments of a path.
///
/// Errors: a part between slashes is no name.
pub fn segments(name: &str) -> Result<String, AddressError> {
    let parts = name.split('/').map(segment).collect::<Result<Vec<_>, _>>()?;
    Ok(parts.join("/"))
}

/// A name as one segment of a path. `.` and `..` cannot be: every client and proxy on the way resolves them, encoded or not.
fn segment(name: &str) -> Result<String, AddressError> {
    match name {
        "" | "." | ".." => Err(AddressError::NotAName(name.to_owned())),
        _ => Ok(utf8_percent_encode(name, SEGMENT).to_string()),
    }
}
