//! Paths and what they name.

use super::*;
use rstest::rstest;
use std::collections::BTreeSet;

#[path = "../../../tests/it/management/routes.rs"]
mod routes;

const SUBSCRIPTION: &str = "9e223dbe-3399-4e19-88eb-0975f02ac87f";

/// `{r}` is the registry's path, `{g}` the group's, `{s}` the subscription's.
fn full(path: &str) -> String {
    path.replace("{r}", "{g}/providers/Microsoft.ContainerRegistry/registries/lnxcr")
        .replace("{g}", "{s}/resourceGroups/lnxtest")
        .replace("{s}", &format!("/subscriptions/{SUBSCRIPTION}"))
}

/// The kind of resource and its id, as text.
fn named(path: &str) -> Result<String, UnknownPath> {
    Ok(match parse(&full(path))? {
        Target::CloudEndpoints => "endpoints".to_owned(),
        Target::Tenants => "tenants".to_owned(),
        Target::Locations(id) => format!("locations of {id}"),
        Target::Subscriptions => "subscriptions".to_owned(),
        Target::Subscription(id) => format!("subscription {id}"),
        Target::Resources(id) => format!("resources {id}"),
        Target::ResourcesIn(id) => format!("resources in {id}"),
        Target::ResourceGroups(id) => format!("groups {id}"),
        Target::ResourceGroup(id) => format!("group {id}"),
        Target::ProviderOperations => "operations".to_owned(),
        Target::AuditEntries => "entries of the audit log".to_owned(),
        Target::Providers(id) => format!("providers of {id}"),
        Target::Provider(id) => format!("provider of {id}"),
        Target::RegisterProvider(id) => format!("registration of {id}"),
        Target::RegistriesOf(id) => format!("registries of {id}"),
        Target::CheckNameAvailability(id) => format!("name check of {id}"),
        Target::RegistriesIn(id) => format!("registries in {id}"),
        Target::Registry(id) => format!("registry {id}"),
        Target::ScopeMaps(id) => format!("scope maps {id}"),
        Target::ScopeMap(id) => format!("scope map {id}"),
        Target::Tokens(id) => format!("tokens {id}"),
        Target::Token(id) => format!("token {id}"),
        Target::GenerateCredentials(id) => format!("generate {id}"),
        Target::ListCredentials(id) => format!("admin {id}"),
        Target::RegenerateCredential(id) => format!("regenerate admin {id}"),
        Target::Usages(id) => format!("usages {id}"),
        Target::Access(AccessTarget::RoleAssignments(scope)) => format!("role assignments at {scope}"),
        Target::Access(AccessTarget::RoleAssignment(scope, id)) => format!("role assignment {id} at {scope}"),
        Target::Access(AccessTarget::RoleDefinitions(scope)) => format!("role definitions at {scope}"),
        Target::Access(AccessTarget::RoleDefinition(scope, id)) => format!("role definition {id} at {scope}"),
        Target::Access(AccessTarget::ServicePrincipals) => "service principals".to_owned(),
        Target::Access(AccessTarget::ServicePrincipal(reference)) => format!("service principal {reference}"),
        Target::Access(AccessTarget::AddPassword(reference)) => format!("add a password to {reference}"),
        Target::Access(AccessTarget::RemovePassword(reference)) => format!("remove a password from {reference}"),
        Target::Unserved(id, collection) => format!("no {collection} {id}"),
        Target::UnservedChild(id, collection, name) => format!("no {collection} {name} {id}"),
        Target::UnservedAction(id, action) => format!("cannot {action} {id}"),
        Target::OperationStatus(Parent::Registry(id), operation) => format!("status {operation} {id}"),
        Target::OperationStatus(Parent::ScopeMap(id), operation) => format!("status {operation} {id}"),
        Target::OperationStatus(Parent::Token(id), operation) => format!("status {operation} {id}"),
        Target::OperationResult(id, location, operation) => format!("result {operation} in {location} of {id}"),
    })
}

#[rstest]
#[case("/metadata/Endpoints", "endpoints")]
#[case("/tenants", "tenants")]
#[case("{s}/Locations", "locations of 9e223dbe-3399-4e19-88eb-0975f02ac87f")]
#[case("/subscriptions", "subscriptions")]
#[case("/subscriptions/", "subscriptions")]
#[case("{s}", "subscription 9e223dbe-3399-4e19-88eb-0975f02ac87f")]
#[case("{s}/resources", "resources 9e223dbe-3399-4e19-88eb-0975f02ac87f")]
#[case("{s}/resourcegroups", "groups 9e223dbe-3399-4e19-88eb-0975f02ac87f")]
#[case("{g}", "group {g}")]
#[case("{g}/Resources/", "resources in {g}")]
#[case("/Providers/microsoft.containerregistry/Operations", "operations")]
#[case("{s}/Providers", "providers of 9e223dbe-3399-4e19-88eb-0975f02ac87f")]
#[case("{s}/providers/Microsoft.ContainerRegistry", "provider of 9e223dbe-3399-4e19-88eb-0975f02ac87f")]
#[case("{s}/providers/Microsoft.ContainerRegistry/Register", "registration of 9e223dbe-3399-4e19-88eb-0975f02ac87f")]
#[case("{s}/providers/microsoft.containerregistry/registries", "registries of 9e223dbe-3399-4e19-88eb-0975f02ac87f")]
#[case(
    "{s}/providers/Microsoft.ContainerRegistry/checknameavailability",
    "name check of 9e223dbe-3399-4e19-88eb-0975f02ac87f"
)]
#[case("{g}/providers/Microsoft.ContainerRegistry/registries", "registries in {g}")]
#[case("{s}/providers/Microsoft.Authorization/roleAssignments", "role assignments at {s}")]
#[case("{g}/providers/microsoft.authorization/roleassignments", "role assignments at {g}")]
#[case(
    "{r}/providers/Microsoft.Authorization/roleAssignments/9E223DBE-3399-4e19-88eb-0975f02ac87f",
    "role assignment 9e223dbe-3399-4e19-88eb-0975f02ac87f at {r}"
)]
#[case("{r}/providers/Microsoft.Authorization/roleDefinitions", "role definitions at {r}")]
#[case(
    "{s}/providers/Microsoft.Authorization/roleDefinitions/9e223dbe-3399-4e19-88eb-0975f02ac87f",
    "role definition 9e223dbe-3399-4e19-88eb-0975f02ac87f at {s}"
)]
#[case("/providers/Portcullis.Identity/servicePrincipals", "service principals")]
#[case("/providers/portcullis.audit/Entries", "entries of the audit log")]
#[case("/providers/portcullis.identity/serviceprincipals/first-start", "service principal first-start")]
#[case("/providers/Portcullis.Identity/servicePrincipals/a%2Fb/addPassword", "add a password to a/b")]
#[case("/providers/Portcullis.Identity/servicePrincipals/ci/removepassword", "remove a password from ci")]
#[case("{r}", "registry {r}")]
#[case("{r}/scopemaps", "scope maps {r}")]
#[case("{r}/scopeMaps/_repositories_pull", "scope map {r}/scopeMaps/_repositories_pull")]
#[case("{r}/TOKENS", "tokens {r}")]
#[case("{r}/tokens/MyToken", "token {r}/tokens/MyToken")]
#[case("{r}/tokens/my%54oken", "token {r}/tokens/myToken")]
#[case("{r}/generateCredentials", "generate {r}")]
#[case("{r}/listCredentials", "admin {r}")]
#[case("{r}/REGENERATECREDENTIAL", "regenerate admin {r}")]
#[case("{r}/Webhooks", "no webhooks {r}")]
#[case("{r}/privatelinkresources", "no privateLinkResources {r}")]
#[case("{r}/webhooks/one/ping", "no webhooks one {r}")]
#[case("{r}/importimage", "cannot importImage {r}")]
#[case("{r}/connectedregistries/one", "no connectedRegistries one {r}")]
#[case("{r}/listusages", "usages {r}")]
#[case("{r}/operationStatuses/registries-1", "status registries-1 {r}")]
#[case("{r}/tokens/token2/operationStatuses/token-1", "status token-1 {r}/tokens/token2")]
#[case("{r}/scopeMaps/newmap/operationstatuses/token-1", "status token-1 {r}/scopeMaps/newmap")]
#[case(
    "{s}/providers/Microsoft.ContainerRegistry/locations/WESTUS/operationResults/token-1",
    "result token-1 in WESTUS of 9e223dbe-3399-4e19-88eb-0975f02ac87f"
)]
// An empty parent, as `az resource` and the resource clients of the SDKs write it.
#[case("{g}/providers/Microsoft.ContainerRegistry//registries/lnxcr", "registry {r}")]
#[case("{g}/providers/Microsoft.ContainerRegistry/registries/lnxcr/", "registry {r}")]
// Names that are fixed words elsewhere are names where a name stands.
#[case("{s}/resourceGroups/providers", "group {s}/resourceGroups/providers")]
#[case("{s}/resourceGroups/Resources", "group {s}/resourceGroups/Resources")]
fn paths(#[case] path: &str, #[case] expected: &str) {
    assert_eq!(named(path), Ok(full(expected)));
}

#[rstest]
#[case("{r}/fans", no_such_type("registries/fans"))]
#[case("{r}/importImage/more", no_such_type("registries/importImage"))]
#[case("{r}/webhooks/one/ping/twice", no_such_type("registries/webhooks"))]
#[case("{r}/tokens/token2/more", no_such_type("registries/tokens/more"))]
#[case("{g}/providers/Microsoft.ContainerRegistry//", no_such_type(""))]
#[case("{g}/providers/Microsoft.ContainerRegistry///registries/lnxcr", no_such_type("/registries/lnxcr"))]
#[case("{r}/providers/Microsoft.Resources/tags/default", UnknownPath::Namespace("Microsoft.Resources".to_owned()))]
#[case(
    "{g}/providers/Microsoft.Authorization/locks",
    UnknownPath::ResourceType { namespace: AUTHORIZATION, resource_type: "locks".to_owned() }
)]
#[case("{g}/providers/Microsoft.Web/sites", UnknownPath::Namespace("Microsoft.Web".to_owned()))]
#[case("/providers/Microsoft.ContainerRegistry/checks", no_such_type("checks"))]
#[case("/providers/Microsoft.Web/operations", UnknownPath::Namespace("Microsoft.Web".to_owned()))]
#[case("{s}/tags", UnknownPath::Form)]
#[case("{g}/deployments", UnknownPath::Form)]
#[case("{r}/tokens/%ff%fe", UnknownPath::Form)]
#[case("/", UnknownPath::Form)]
fn unknown(#[case] path: &str, #[case] expected: UnknownPath) {
    assert_eq!(named(path), Err(expected));
}

#[rstest]
#[case("/subscriptions/nope", "nope")]
#[case("{s}/resourceGroups/a%2Fb", "a/b")]
#[case("{g}/providers/Microsoft.ContainerRegistry/registries/no", "no")]
#[case("{r}/tokens/my_token", "my_token")]
#[case("{r}/tokens/a%2Fb%2Fc", "a/b/c")]
#[case("{r}/scopeMaps/..", "..")]
fn wrong_names(#[case] path: &str, #[case] given: &str) {
    assert!(matches!(named(path), Err(UnknownPath::Name(error)) if error.given == given));
}

/// The variants of an enumeration, by its own text.
fn variants(source: &'static str, name: &str) -> impl Iterator<Item = &'static str> {
    let body =
        source.split_once(&format!("enum {name} {{\n")).and_then(|(_, rest)| rest.split_once("\n}")).expect("an enum");
    let lines = body.0.lines().map(str::trim).filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
    lines.map(|line| line.trim_end_matches(',').split('(').next().unwrap_or_default())
}

/// A kind of path that nobody wrote a row for is one whose rights nobody tests.
#[test]
fn every_kind_of_path_is_in_the_matrix() {
    let (here, access) = (include_str!("mod.rs"), include_str!("access.rs"));
    let mut wanted = BTreeSet::new();
    for variant in variants(here, "Target") {
        match variant {
            "Access" => wanted.extend(variants(access, "AccessTarget").map(|inner| format!("Access {inner}"))),
            "OperationStatus" => {
                wanted.extend(variants(here, "Parent").map(|inner| format!("OperationStatus {inner}")));
            }
            variant => drop(wanted.insert(variant.to_owned())),
        }
    }
    assert!(wanted.len() > 35, "the enumerations are not read right: {wanted:?}");
    let found: BTreeSet<String> = routes::ROUTES
        .into_iter()
        .map(|(_, path, ..)| {
            let target = parse(&full(path)).unwrap_or_else(|error| panic!("{path}: {error:?}"));
            let shown = format!("{target:?}");
            let mut words = shown.split(['(', ')']);
            match (words.next().unwrap_or_default(), words.next().unwrap_or_default()) {
                (outer @ ("Access" | "OperationStatus"), inner) => format!("{outer} {inner}"),
                (outer, _) => outer.to_owned(),
            }
        })
        .collect();
    assert_eq!(wanted, found);
}
