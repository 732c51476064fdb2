//! Reads the paths of the management API. Pure. Fixed segments compare without case: azure-cli sends `resourcegroups` and
//! `resourceGroups` in one command (management-api.md, section 2).

mod access;

pub(super) use access::AccessTarget;

use access::{of_authorization, of_identity};
use model::arm_name::{InvalidName, RegistryName, ResourceGroupName, ScopeMapName, SubscriptionId, TokenName};
use model::guid::InvalidGuid;
use model::operation_path::OperationPath;
use model::resource_id::{PROVIDER, RegistryId, ResourceGroupId, ScopeMapId, TokenId};
use model::rights::ArmScope;
use model::role::{AUDIT, AUTHORIZATION, IDENTITY};
use percent_encoding::percent_decode_str;

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// `/metadata/endpoints`
    CloudEndpoints,
    /// `/tenants`
    Tenants,
    /// `/subscriptions`
    Subscriptions,
    /// `/subscriptions/{s}`
    Subscription(SubscriptionId),
    /// `/subscriptions/{s}/locations`
    Locations(SubscriptionId),
    /// `/subscriptions/{s}/resources`
    Resources(SubscriptionId),
    /// `…/resourceGroups/{group}/resources`
    ResourcesIn(ResourceGroupId),
    /// `…/resourceGroups`
    ResourceGroups(SubscriptionId),
    /// `…/resourceGroups/{group}`
    ResourceGroup(ResourceGroupId),
    /// `/providers/Microsoft.ContainerRegistry/operations`
    ProviderOperations,
    /// `/subscriptions/{s}/providers`
    Providers(SubscriptionId),
    /// `/subscriptions/{s}/providers/Microsoft.ContainerRegistry`
    Provider(SubscriptionId),
    /// `/subscriptions/{s}/providers/Microsoft.ContainerRegistry/register`
    RegisterProvider(SubscriptionId),
    /// `/subscriptions/{s}/providers/Microsoft.ContainerRegistry/registries`
    RegistriesOf(SubscriptionId),
    /// `/subscriptions/{s}/providers/Microsoft.ContainerRegistry/checkNameAvailability`
    CheckNameAvailability(SubscriptionId),
    /// `…/resourceGroups/{group}/providers/Microsoft.ContainerRegistry/registries`
    RegistriesIn(ResourceGroupId),
    /// `…/registries/{registry}`
    Registry(RegistryId),
    /// `…/registries/{registry}/scopeMaps`
    ScopeMaps(RegistryId),
    /// `…/scopeMaps/{name}`
    ScopeMap(ScopeMapId),
    /// `…/registries/{registry}/tokens`
    Tokens(RegistryId),
    /// `…/tokens/{name}`
    Token(TokenId),
    /// `…/registries/{registry}/generateCredentials`
    GenerateCredentials(RegistryId),
    /// `…/registries/{registry}/listCredentials`
    ListCredentials(RegistryId),
    /// `…/registries/{registry}/regenerateCredential`
    RegenerateCredential(RegistryId),
    /// `…/registries/{registry}/listUsages`
    Usages(RegistryId),
    /// `…/registries/{registry}/{collection}`, of a kind that this service does not have
    Unserved(RegistryId, &'static str),
    /// `…/registries/{registry}/{collection}/{name}`, of a kind that this service does not have
    UnservedChild(RegistryId, &'static str, String),
    /// `…/registries/{registry}/{action}`, which Azure's registries can do and those of this service cannot
    UnservedAction(RegistryId, &'static str),
    /// `/providers/Portcullis.Audit/entries`
    AuditEntries,
    /// Who may manage: roles and service principals.
    Access(AccessTarget),
    /// `<resource>/operationStatuses/{operation}`
    OperationStatus(Parent, String),
    /// `/subscriptions/{s}/providers/Microsoft.ContainerRegistry/locations/{location}/operationResults/{operation}`
    OperationResult(SubscriptionId, String, String),
}

/// What an operation was made on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Parent {
    /// A registry.
    Registry(RegistryId),
    /// A scope map.
    ScopeMap(ScopeMapId),
    /// A token.
    Token(TokenId),
}

impl Parent {
    /// The subscription that holds it.
    pub(super) fn subscription(&self) -> &SubscriptionId {
        let registry = match self {
            Self::Registry(id) => id,
            Self::ScopeMap(id) => &id.registry,
            Self::Token(id) => &id.registry,
        };
        &registry.group.subscription
    }

    /// The path of an operation on it.
    pub(super) fn operation(&self, operation: &str) -> OperationPath {
        match self {
            Self::Registry(id) => OperationPath::status(id, operation),
            Self::ScopeMap(id) => OperationPath::status(id, operation),
            Self::Token(id) => OperationPath::status(id, operation),
        }
    }
}

/// The path names nothing here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum UnknownPath {
    /// Another resource provider.
    Namespace(String),
    /// A resource type that nobody has, such as `registries/fans`.
    ResourceType {
        /// Its provider.
        namespace: &'static str,
        /// Its name behind the provider's.
        resource_type: String,
    },
    /// No form of the management API.
    Form,
    /// The form is right and one name is not.
    Name(InvalidName),
    /// The form is right and a name that must be a GUID is none.
    Guid(InvalidGuid),
}

impl From<InvalidGuid> for UnknownPath {
    fn from(error: InvalidGuid) -> Self {
        Self::Guid(error)
    }
}

impl From<InvalidName> for UnknownPath {
    fn from(error: InvalidName) -> Self {
        Self::Name(error)
    }
}

/// Reads a path, which is split before it is decoded: an encoded slash belongs to its segment.
pub(super) fn parse(path: &str) -> Result<Target, UnknownPath> {
    let path = path.trim_start_matches('/').trim_end_matches('/');
    let segments = path
        .split('/')
        .map(|segment| percent_decode_str(segment).decode_utf8().map(String::from))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| UnknownPath::Form)?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let ["subscriptions", rest @ ..] = &fixed(&segments)[..] else { return of_site(&segments) };
    let [subscription, rest @ ..] = rest else { return Ok(Target::Subscriptions) };
    let subscription = SubscriptionId::parse(subscription)?;
    match *rest {
        [] => Ok(Target::Subscription(subscription)),
        ["locations"] => Ok(Target::Locations(subscription)),
        ["resources"] => Ok(Target::Resources(subscription)),
        ["resourcegroups"] => Ok(Target::ResourceGroups(subscription)),
        ["providers"] => Ok(Target::Providers(subscription)),
        ["providers", namespace, ref rest @ ..] if is(namespace, AUTHORIZATION) => {
            of_authorization(ArmScope::Subscription(subscription), rest)
        }
        ["providers", namespace, ref rest @ ..] => {
            check_namespace(namespace)?;
            of_subscription(subscription, rest)
        }
        ["resourcegroups", group, ref rest @ ..] => {
            of_group(ResourceGroupId { subscription, name: ResourceGroupName::parse(group)? }, rest)
        }
        _ => Err(UnknownPath::Form),
    }
}

const FIXED: [&str; 5] = ["subscriptions", "locations", "resources", "resourcegroups", "providers"];

/// Positions 0, 2 and 4 of a path hold fixed words or nothing that is known; those words are given in lower case.
fn fixed<'a>(segments: &[&'a str]) -> Vec<&'a str> {
    let canonical = |segment: &'a str| FIXED.into_iter().find(|word| word.eq_ignore_ascii_case(segment));
    let word = |(position, segment): (usize, &&'a str)| match position {
        0 | 2 | 4 => canonical(segment).unwrap_or(segment),
        _ => segment,
    };
    segments.iter().enumerate().map(word).collect()
}

/// Paths that are of no subscription.
fn of_site(segments: &[&str]) -> Result<Target, UnknownPath> {
    match *segments {
        [metadata, endpoints] if is(metadata, "metadata") && is(endpoints, "endpoints") => Ok(Target::CloudEndpoints),
        [tenants] if is(tenants, "tenants") => Ok(Target::Tenants),
        [providers, namespace, ref rest @ ..] if is(providers, "providers") && is(namespace, IDENTITY) => {
            of_identity(rest)
        }
        [providers, namespace, ref rest @ ..] if is(providers, "providers") && is(namespace, AUDIT) => match *rest {
            [entries] if is(entries, "entries") => Ok(Target::AuditEntries),
            _ => Err(UnknownPath::ResourceType { namespace: AUDIT, resource_type: rest.join("/") }),
        },
        [providers, namespace, ref rest @ ..] if is(providers, "providers") => {
            check_namespace(namespace)?;
            match *rest {
                [operations] if is(operations, "operations") => Ok(Target::ProviderOperations),
                _ => Err(no_such_type(&rest.join("/"))),
            }
        }
        _ => Err(UnknownPath::Form),
    }
}

fn check_namespace(namespace: &str) -> Result<(), UnknownPath> {
    if namespace.eq_ignore_ascii_case(PROVIDER) { Ok(()) } else { Err(UnknownPath::Namespace(namespace.to_owned())) }
}

fn no_such_type(resource_type: &str) -> UnknownPath {
    UnknownPath::ResourceType { namespace: PROVIDER, resource_type: resource_type.to_owned() }
}

fn is(segment: &str, word: &str) -> bool {
    segment.eq_ignore_ascii_case(word)
}

fn of_subscription(subscription: SubscriptionId, rest: &[&str]) -> Result<Target, UnknownPath> {
    match *rest {
        [] => Ok(Target::Provider(subscription)),
        [register] if is(register, "register") => Ok(Target::RegisterProvider(subscription)),
        [registries] if is(registries, "registries") => Ok(Target::RegistriesOf(subscription)),
        [check] if is(check, "checkNameAvailability") => Ok(Target::CheckNameAvailability(subscription)),
        [locations, location, results, operation]
            if is(locations, "locations") && is(results, "operationResults") && !operation.is_empty() =>
        {
            Ok(Target::OperationResult(subscription, location.to_owned(), operation.to_owned()))
        }
        _ => Err(no_such_type(&rest.join("/"))),
    }
}

fn of_group(group: ResourceGroupId, rest: &[&str]) -> Result<Target, UnknownPath> {
    let (namespace, rest) = match *rest {
        [] => return Ok(Target::ResourceGroup(group)),
        [resources] if is(resources, "resources") => return Ok(Target::ResourcesIn(group)),
        [providers, namespace, ref rest @ ..] if is(providers, "providers") => (namespace, rest),
        _ => return Err(UnknownPath::Form),
    };
    if is(namespace, AUTHORIZATION) {
        return of_authorization(ArmScope::ResourceGroup(group), rest);
    }
    check_namespace(namespace)?;
    // `az resource` and the resource clients of Azure's SDKs write the parent of a resource there, also when it has none.
    let rest = match *rest {
        ["", ref rest @ ..] if rest.len() > 1 => rest,
        _ => rest,
    };
    match *rest {
        [registries] if is(registries, "registries") => Ok(Target::RegistriesIn(group)),
        [registries, name, ref rest @ ..] if is(registries, "registries") => {
            of_registry(RegistryId { group, name: RegistryName::parse(name)? }, rest)
        }
        _ => Err(no_such_type(&rest.join("/"))),
    }
}

/// Kinds of children that Azure's registries have and this service's do not. Clients list them, to show or to delete them.
const UNSERVED: [&str; 14] = [
    "agentPools",
    "cacheRules",
    "connectedRegistries",
    "credentialSets",
    "exportPipelines",
    "importPipelines",
    "pipelineRuns",
    "privateEndpointConnections",
    "privateLinkResources",
    "replications",
    "runs",
    "taskRuns",
    "tasks",
    "webhooks",
];

/// What Azure's registries can be told to do and this service's cannot (swagger, up to 2025-11-01, and 2019-06-01-preview of tasks).
const UNSERVED_ACTIONS: [&str; 3] = ["importImage", "listBuildSourceUploadUrl", "scheduleRun"];

fn known(names: &[&'static str], given: &str) -> Option<&'static str> {
    names.iter().copied().find(|known| is(given, known))
}

fn of_registry(registry: RegistryId, rest: &[&str]) -> Result<Target, UnknownPath> {
    let is_status = |segment: &str| is(segment, "operationStatuses");
    match *rest {
        [] => Ok(Target::Registry(registry)),
        [providers, namespace, ref rest @ ..] if is(providers, "providers") && is(namespace, AUTHORIZATION) => {
            of_authorization(ArmScope::Registry(registry), rest)
        }
        [providers, namespace, ..] if is(providers, "providers") => Err(UnknownPath::Namespace(namespace.to_owned())),
        [last] if is(last, "scopeMaps") => Ok(Target::ScopeMaps(registry)),
        [last] if is(last, "tokens") => Ok(Target::Tokens(registry)),
        [last] if is(last, "generateCredentials") => Ok(Target::GenerateCredentials(registry)),
        [last] if is(last, "listCredentials") => Ok(Target::ListCredentials(registry)),
        [last] if is(last, "regenerateCredential") => Ok(Target::RegenerateCredential(registry)),
        [last] if is(last, "listUsages") => Ok(Target::Usages(registry)),
        [statuses, operation] if is_status(statuses) => {
            Ok(Target::OperationStatus(Parent::Registry(registry), operation.to_owned()))
        }
        [collection, name, ref rest @ ..] if is(collection, "scopeMaps") => {
            let id = ScopeMapId { registry, name: ScopeMapName::parse(name)? };
            match *rest {
                [] => Ok(Target::ScopeMap(id)),
                [statuses, operation] if is_status(statuses) => {
                    Ok(Target::OperationStatus(Parent::ScopeMap(id), operation.to_owned()))
                }
                _ => Err(no_such_type(&format!("registries/scopeMaps/{}", rest.join("/")))),
            }
        }
        [collection, name, ref rest @ ..] if is(collection, "tokens") => {
            let id = TokenId { registry, name: TokenName::parse(name)? };
            match *rest {
                [] => Ok(Target::Token(id)),
                [statuses, operation] if is_status(statuses) => {
                    Ok(Target::OperationStatus(Parent::Token(id), operation.to_owned()))
                }
                _ => Err(no_such_type(&format!("registries/tokens/{}", rest.join("/")))),
            }
        }
        [collection, ref rest @ ..] => {
            let action = if rest.is_empty() { known(&UNSERVED_ACTIONS, collection) } else { None };
            match (known(&UNSERVED, collection), action, rest) {
                (Some(kind), _, []) => Ok(Target::Unserved(registry, kind)),
                // An action on one of them, such as `webhooks/{name}/ping`, is of no use either.
                (Some(kind), _, [name] | [name, _]) => Ok(Target::UnservedChild(registry, kind, (*name).to_owned())),
                (_, Some(action), _) => Ok(Target::UnservedAction(registry, action)),
                _ => Err(no_such_type(&format!("registries/{collection}"))),
            }
        }
    }
}

#[cfg(test)]
mod tests;
