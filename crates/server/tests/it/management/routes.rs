//! Every route and method of the management API: who may ask, and what is missing without. Read by the tests of a server, and by those of
//! `management/route`, where a kind of path without a row here fails.

/// The least that a caller must be, in rising order. Roles are held at the subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Least {
    /// Open to everybody.
    Nobody,
    /// Whoever has signed in.
    SignedIn,
    /// A reader.
    Reader,
    /// A contributor.
    Contributor,
    /// An owner.
    Owner,
}

use Least::{Contributor, Nobody, Owner, Reader, SignedIn};

/// A method, a path, who may ask, and the action that is missing without, whose namespace is the registries' where none is named.
pub(crate) type Route = (&'static str, &'static str, Least, &'static str);

/// `{s}` is the subscription's path, `{g}` the group's, `{r}` the registry's. In an order in which what a row needs is still there.
#[rustfmt::skip]
pub(crate) const ROUTES: [Route; 64] = [
    ("GET", "/metadata/endpoints", Nobody, ""),
    ("GET", "/tenants", SignedIn, ""),
    ("GET", "/subscriptions", SignedIn, ""),
    ("GET", "/providers/Microsoft.ContainerRegistry/operations", SignedIn, ""),
    ("GET", "{s}", Reader, "Microsoft.Resources/subscriptions/read"),
    ("GET", "{s}/locations", Reader, "Microsoft.Resources/subscriptions/read"),
    ("GET", "{s}/resources", Reader, "Microsoft.Resources/subscriptions/resources/read"),
    ("GET", "{g}/resources", Reader, "Microsoft.Resources/subscriptions/resources/read"),
    ("GET", "{s}/resourceGroups", Reader, "Microsoft.Resources/subscriptions/resourceGroups/read"),
    ("GET", "{g}", Reader, "Microsoft.Resources/subscriptions/resourceGroups/read"),
    ("HEAD", "{g}", Reader, ""),
    ("PUT", "{g}", Contributor, "Microsoft.Resources/subscriptions/resourceGroups/write"),
    ("PATCH", "{g}", Contributor, "Microsoft.Resources/subscriptions/resourceGroups/write"),
    ("GET", "{s}/providers", Reader, "Microsoft.Resources/subscriptions/read"),
    ("GET", "{s}/providers/Microsoft.ContainerRegistry", Reader, "Microsoft.Resources/subscriptions/read"),
    ("POST", "{s}/providers/Microsoft.ContainerRegistry/register", Contributor, "register/action"),
    ("POST", "{s}/providers/Microsoft.ContainerRegistry/checkNameAvailability", Reader, "checkNameAvailability/read"),
    ("GET", "{s}/providers/Microsoft.ContainerRegistry/registries", Reader, "registries/read"),
    ("GET", "{g}/providers/Microsoft.ContainerRegistry/registries", Reader, "registries/read"),
    ("GET", "{r}", Reader, "registries/read"),
    ("HEAD", "{r}", Reader, ""),
    ("PUT", "{r}", Contributor, "registries/write"),
    ("PATCH", "{r}", Contributor, "registries/write"),
    ("GET", "{r}/listUsages", Reader, "registries/listUsages/read"),
    ("POST", "{r}/listCredentials", Contributor, "registries/listCredentials/action"),
    ("POST", "{r}/regenerateCredential", Contributor, "registries/regenerateCredential/action"),
    ("POST", "{r}/generateCredentials", Contributor, "registries/generateCredentials/action"),
    ("POST", "{r}/importImage", Contributor, "registries/importImage/action"),
    ("GET", "{r}/scopeMaps", Reader, "registries/scopeMaps/read"),
    ("GET", "{r}/scopeMaps/newmap", Reader, "registries/scopeMaps/read"),
    ("HEAD", "{r}/scopeMaps/newmap", Reader, ""),
    ("PUT", "{r}/scopeMaps/newmap", Contributor, "registries/scopeMaps/write"),
    ("PATCH", "{r}/scopeMaps/newmap", Contributor, "registries/scopeMaps/write"),
    ("GET", "{r}/tokens", Reader, "registries/tokens/read"),
    ("GET", "{r}/tokens/token2", Reader, "registries/tokens/read"),
    ("HEAD", "{r}/tokens/token2", Reader, ""),
    ("PUT", "{r}/tokens/token2", Contributor, "registries/tokens/write"),
    ("PATCH", "{r}/tokens/token2", Contributor, "registries/tokens/write"),
    ("DELETE", "{r}/tokens/token2", Contributor, "registries/tokens/delete"),
    ("DELETE", "{r}/scopeMaps/newmap", Contributor, "registries/scopeMaps/delete"),
    ("GET", "{r}/webhooks", Reader, "registries/webhooks/read"),
    ("GET", "{r}/operationStatuses/registries-1", Reader, "registries/operationStatuses/read"),
    ("GET", "{r}/scopeMaps/newmap/operationStatuses/token-1", Reader, "registries/scopeMaps/operationStatuses/read"),
    ("GET", "{r}/tokens/token2/operationStatuses/token-1", Reader, "registries/tokens/operationStatuses/read"),
    ("GET", "{s}/providers/Microsoft.ContainerRegistry/locations/westus/operationResults/token-1", Reader, "Microsoft.Resources/subscriptions/read"),
    ("GET", "{r}/webhooks/hook1", Reader, "registries/webhooks/read"),
    ("DELETE", "{r}/webhooks/hook1", Contributor, "registries/webhooks/delete"),
    ("PUT", "{r}/webhooks/hook1", Contributor, "registries/webhooks/write"),
    ("PATCH", "{r}/webhooks/hook1", Contributor, "registries/webhooks/write"),
    ("GET", "{r}/providers/Microsoft.Authorization/roleDefinitions", Reader, "Microsoft.Authorization/roleDefinitions/read"),
    ("GET", "{r}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7", Reader, "Microsoft.Authorization/roleDefinitions/read"),
    ("GET", "{r}/providers/Microsoft.Authorization/roleAssignments", Reader, "Microsoft.Authorization/roleAssignments/read"),
    ("GET", "{r}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-0000-0000-000000000077", Reader, "Microsoft.Authorization/roleAssignments/read"),
    ("PUT", "{r}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-0000-0000-000000000077", Owner, "Microsoft.Authorization/roleAssignments/write"),
    ("DELETE", "{r}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-0000-0000-000000000077", Owner, "Microsoft.Authorization/roleAssignments/delete"),
    ("GET", "/providers/Portcullis.Audit/entries", Reader, "Portcullis.Audit/entries/read"),
    ("GET", "/providers/Portcullis.Identity/servicePrincipals", Reader, "Portcullis.Identity/servicePrincipals/read"),
    ("POST", "/providers/Portcullis.Identity/servicePrincipals", Owner, "Portcullis.Identity/servicePrincipals/write"),
    ("GET", "/providers/Portcullis.Identity/servicePrincipals/ci", Reader, "Portcullis.Identity/servicePrincipals/read"),
    ("POST", "/providers/Portcullis.Identity/servicePrincipals/ci/addPassword", Owner, "Portcullis.Identity/servicePrincipals/addPassword/action"),
    ("POST", "/providers/Portcullis.Identity/servicePrincipals/ci/removePassword", Owner, "Portcullis.Identity/servicePrincipals/removePassword/action"),
    ("DELETE", "/providers/Portcullis.Identity/servicePrincipals/nobody", Owner, "Portcullis.Identity/servicePrincipals/delete"),
    ("DELETE", "{r}", Contributor, "registries/delete"),
    ("DELETE", "{g}", Contributor, "Microsoft.Resources/subscriptions/resourceGroups/delete"),
];
