//! What each request to the management API needs, in Azure Resource Manager's words, and the refusal of who lacks it. The only place
//! where that is decided, before anything of the body is read (management-api.md, section 7).

use super::errors::Failure;
use super::route::{AccessTarget, Parent, Target};
use http::Method;
use model::arm_name::SubscriptionId;
use model::resource_id::{RegistryId, ResourceGroupId};
use model::rights::ArmScope;
use model::role::{AUDIT, ManagementAction, Verb};
use service::{Act, Manager, Service};
use std::borrow::Cow;
use std::fmt::Display;

/// What a request needs.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// That somebody is signed in.
    SignIn,
    /// Any role in the subscription, at whatever scope.
    AnyRole(SubscriptionId),
    /// An action somewhere.
    Action(ManagementAction, ArmScope, Named),
    /// The same for a list, of which those with a role somewhere below see what they may.
    List(ManagementAction, ArmScope, Named),
}

/// The scope as a refusal names it: the resource itself, which may lie below the scope that decides.
type Named = String;

impl Needs {
    /// Gives the service to a caller who has what it takes, so that what is done with it is recorded as this; refuses everybody else.
    pub(super) fn admit(&self, service: &Service, manager: &Manager) -> Result<Service, Failure> {
        let rights = &manager.rights;
        let somewhere = |scope| rights.touch(scope).then(|| "a role somewhere in it".to_owned());
        let (rule, action, scope, named) = match self {
            Self::SignIn => return Ok(service.clone()),
            Self::AnyRole(subscription) => {
                let scope = ArmScope::Subscription(subscription.clone());
                let read = ManagementAction::new("Microsoft.Resources/subscriptions", Verb::Read);
                (somewhere(&scope), read, scope.clone(), scope.to_string())
            }
            Self::Action(action, scope, named) => {
                (rights.allowing(action, scope), action.clone(), scope.clone(), named.clone())
            }
            Self::List(action, scope, named) => {
                let rule = rights.allowing(action, scope).or_else(|| somewhere(scope));
                (rule, action.clone(), scope.clone(), named.clone())
            }
        };
        let registry = match scope {
            ArmScope::Registry(id) => Some(id.name.to_string()),
            ArmScope::Subscription(_) | ArmScope::ResourceGroup(_) => None,
        };
        let act = |rule| Act { action: action.to_string(), target: named.clone(), registry, rule };
        match rule {
            Some(rule) => Ok(service.acting(manager, act(rule))),
            None => {
                service.note_refused_act(manager, act("no role that holds the action there".to_owned()));
                Err(refusal(manager, &action, named))
            }
        }
    }
}

fn refusal(manager: &Manager, action: &ManagementAction, scope: String) -> Failure {
    Failure::AuthorizationFailed {
        client: manager.client.clone(),
        object_id: manager.principal.clone(),
        action: action.to_string(),
        scope,
    }
}

/// What `method` on `target` needs. A method that the target does not have needs what reading needs: who may read may hear which
/// methods there are.
pub(super) fn needs(target: &Target, method: &Method, site: &SubscriptionId) -> Needs {
    use Verb::{Action, Read};
    let verb = verb_of(method);
    match target {
        Target::CloudEndpoints | Target::Tenants | Target::Subscriptions | Target::ProviderOperations => Needs::SignIn,
        Target::Subscription(id)
        | Target::Locations(id)
        | Target::Providers(id)
        | Target::Provider(id)
        | Target::OperationResult(id, ..) => Needs::AnyRole(id.clone()),
        Target::Resources(id) => at(id, "Microsoft.Resources/subscriptions/resources", Read, id).into_list(),
        Target::ResourcesIn(id) => at(id, "Microsoft.Resources/subscriptions/resources", Read, id).into_list(),
        Target::ResourceGroups(id) => at(id, RESOURCE_GROUPS, Read, id).into_list(),
        Target::ResourceGroup(id) => at(id, RESOURCE_GROUPS, verb, id),
        Target::RegisterProvider(id) => at(id, "Microsoft.ContainerRegistry/register", Action, id),
        Target::CheckNameAvailability(id) => at(id, "Microsoft.ContainerRegistry/checkNameAvailability", Read, id),
        Target::Access(target) => of_access(target, method, site),
        Target::AuditEntries => at(site, format!("{AUDIT}/entries"), Read, site),
        Target::RegistriesOf(id) => at(id, REGISTRIES, Read, id).into_list(),
        Target::RegistriesIn(id) => at(id, REGISTRIES, Read, id).into_list(),
        Target::Registry(id) => at(id, REGISTRIES, verb, id),
        Target::ScopeMaps(id) => at(id, child("scopeMaps"), Read, id),
        Target::ScopeMap(id) => at(&id.registry, child("scopeMaps"), verb, id),
        Target::Tokens(id) => at(id, child("tokens"), Read, id),
        Target::Token(id) => at(&id.registry, child("tokens"), verb, id),
        Target::GenerateCredentials(id) => at(id, child("generateCredentials"), Action, id),
        Target::ListCredentials(id) => at(id, child("listCredentials"), Action, id),
        Target::RegenerateCredential(id) => at(id, child("regenerateCredential"), Action, id),
        Target::Usages(id) => at(id, child("listUsages"), Read, id),
        Target::Unserved(id, collection) => at(id, child(collection), Read, id),
        Target::UnservedAction(id, action) => at(id, child(action), Action, id),
        Target::UnservedChild(id, collection, name) => {
            at(id, child(collection), verb, &format_args!("{id}/{collection}/{name}"))
        }
        Target::OperationStatus(Parent::Registry(id), _) => at(id, child("operationStatuses"), Read, id),
        Target::OperationStatus(Parent::ScopeMap(id), _) => {
            at(&id.registry, child("scopeMaps/operationStatuses"), Read, id)
        }
        Target::OperationStatus(Parent::Token(id), _) => at(&id.registry, child("tokens/operationStatuses"), Read, id),
    }
}

/// Whether a list shows a registry to `manager`.
pub(super) fn sees_registry(manager: &Manager, id: &RegistryId) -> bool {
    manager.rights.allow(&ManagementAction::new(REGISTRIES, Verb::Read), &id.into())
}

/// Whether a list shows a resource group to `manager`: also to who has a role on something in it.
pub(super) fn sees_group(manager: &Manager, id: &ResourceGroupId) -> bool {
    manager.rights.touch(&id.into())
}

/// Service principals are the site's: who manages them could take the place of any of them.
fn of_access(target: &AccessTarget, method: &Method, site: &SubscriptionId) -> Needs {
    use Verb::{Action, Read, Write};
    let verb = verb_of(method);
    match target {
        AccessTarget::RoleAssignments(scope) => at(scope, ROLE_ASSIGNMENTS, Read, scope),
        AccessTarget::RoleAssignment(scope, id) => {
            at(scope, ROLE_ASSIGNMENTS, verb, &below(scope, ROLE_ASSIGNMENTS, id))
        }
        AccessTarget::RoleDefinitions(scope) => at(scope, ROLE_DEFINITIONS, Read, scope).into_list(),
        AccessTarget::RoleDefinition(scope, id) => {
            at(scope, ROLE_DEFINITIONS, Read, &below(scope, ROLE_DEFINITIONS, id)).into_list()
        }
        AccessTarget::ServicePrincipals if *method == Method::POST => at(site, PRINCIPALS, Write, site),
        AccessTarget::ServicePrincipals => at(site, PRINCIPALS, Read, site),
        AccessTarget::ServicePrincipal(_) => at(site, PRINCIPALS, verb, site),
        AccessTarget::AddPassword(_) => at(site, format!("{PRINCIPALS}/addPassword"), Action, site),
        AccessTarget::RemovePassword(_) => at(site, format!("{PRINCIPALS}/removePassword"), Action, site),
    }
}

fn verb_of(method: &Method) -> Verb {
    match *method {
        Method::PUT | Method::PATCH => Verb::Write,
        Method::DELETE => Verb::Delete,
        _ => Verb::Read,
    }
}

const RESOURCE_GROUPS: &str = "Microsoft.Resources/subscriptions/resourceGroups";
const REGISTRIES: &str = wire::arm::registries::RESOURCE_TYPE;
const ROLE_ASSIGNMENTS: &str = wire::arm::role_assignments::RESOURCE_TYPE;
const ROLE_DEFINITIONS: &str = wire::arm::role_definitions::RESOURCE_TYPE;
const PRINCIPALS: &str = "Portcullis.Identity/servicePrincipals";

fn child(name: &str) -> String {
    format!("{REGISTRIES}/{name}")
}

fn below(scope: &ArmScope, resource_type: &str, name: &impl Display) -> String {
    format!("{scope}/providers/{resource_type}/{name}")
}

fn at(
    scope: impl Into<ArmScope>,
    resource_type: impl Into<Cow<'static, str>>,
    verb: Verb,
    named: &dyn Display,
) -> Needs {
    let scope = scope.into();
    // A subscription's id is shown as the scope that it is.
    let named = if matches!(scope, ArmScope::Subscription(_)) { scope.to_string() } else { named.to_string() };
    Needs::Action(ManagementAction::new(resource_type, verb), scope, named)
}

impl Needs {
    fn into_list(self) -> Self {
        match self {
            Self::Action(action, scope, named) => Self::List(action, scope, named),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::route::parse;
    use super::*;
    use rstest::rstest;

    const SUBSCRIPTION: &str = "9e223dbe-3399-4e19-88eb-0975f02ac87f";
    const GROUP: &str = "/subscriptions/9e223dbe-3399-4e19-88eb-0975f02ac87f/resourceGroups/lnxtest";

    #[rstest]
    #[case("PUT", "/tokens/token2", "registries/tokens/write", "/tokens/token2")]
    #[case("PATCH", "/tokens/token2", "registries/tokens/write", "/tokens/token2")]
    #[case("DELETE", "/tokens/token2", "registries/tokens/delete", "/tokens/token2")]
    #[case("GET", "/tokens/token2", "registries/tokens/read", "/tokens/token2")]
    #[case("TRACE", "/tokens/token2", "registries/tokens/read", "/tokens/token2")]
    #[case("GET", "/tokens", "registries/tokens/read", "")]
    #[case("POST", "/generateCredentials", "registries/generateCredentials/action", "")]
    #[case("POST", "/listCredentials", "registries/listCredentials/action", "")]
    #[case("POST", "/regenerateCredential", "registries/regenerateCredential/action", "")]
    #[case("PUT", "/webhooks/hook1", "registries/webhooks/write", "/webhooks/hook1")]
    #[case("GET", "/tokens/token2/operationStatuses/x", "registries/tokens/operationStatuses/read", "/tokens/token2")]
    #[case("DELETE", "", "registries/delete", "")]
    fn of_a_registry(#[case] method: &str, #[case] end: &str, #[case] action: &str, #[case] named: &str) {
        let registry = format!("{GROUP}/providers/Microsoft.ContainerRegistry/registries/lnxcr");
        let target = parse(&format!("{registry}{end}")).expect("a target");
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let site = SubscriptionId::parse(SUBSCRIPTION).expect("a subscription");
        let Needs::Action(needed, scope, shown) = needs(&target, &method, &site) else { panic!("an action") };
        assert_eq!(needed.to_string(), format!("Microsoft.ContainerRegistry/{action}"));
        assert_eq!((scope.to_string(), shown), (registry.clone(), format!("{registry}{named}")));
    }

    #[rstest]
    #[case("POST", "/providers/Portcullis.Identity/servicePrincipals", "Portcullis.Identity/servicePrincipals/write")]
    #[case("GET", "/providers/Portcullis.Identity/servicePrincipals", "Portcullis.Identity/servicePrincipals/read")]
    #[case(
        "DELETE",
        "/providers/Portcullis.Identity/servicePrincipals/ci",
        "Portcullis.Identity/servicePrincipals/delete"
    )]
    fn of_the_site(#[case] method: &str, #[case] path: &str, #[case] action: &str) {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let site = SubscriptionId::parse(SUBSCRIPTION).expect("a subscription");
        let needed = needs(&parse(path).expect("a target"), &method, &site);
        let Needs::Action(needed, scope, _) = needed else { panic!("an action") };
        assert_eq!(needed.to_string(), action);
        assert_eq!(scope, ArmScope::Subscription(site));
    }
}
