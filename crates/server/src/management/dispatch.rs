//! From a request to the operation it asks for.

use super::answer::{Outcome, empty};
use super::api_version::ApiVersion;
use super::authorization::needs;
use super::errors::Failure;
use super::headers::Versions;
use super::route::{AccessTarget, Parent, Target, parse};
use super::{
    Context, admin_user, audit, body, cloud, credentials, headers, locations, name_check, operations, preconditions,
    principal, provider, registries, resource_groups, resources, role_assignments, role_definitions, scope_maps,
    service_principals, subscriptions, tokens, unserved, usages,
};
use crate::requests::{self, RequestId};
use crate::state::State;
use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::request::Parts;
use http::{Method, StatusCode};
use model::resource_id::RegistryId;
use std::sync::Arc;

/// Whether the management API answers for `path`.
pub(crate) fn owns(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    ["subscriptions", "providers", "tenants", "metadata"].iter().any(|word| first.eq_ignore_ascii_case(word))
}

/// Answers a request to the management API.
pub(crate) async fn handle(state: Arc<State>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let id = parts.extensions.get::<RequestId>().copied().unwrap_or_else(|| state.request_ids.next());
    let base_url = state.base_url(&parts.headers);
    let mut response = match answer(Arc::clone(&state), &parts, body, id).await {
        Ok(response) => response,
        Err(failure) => failure.into_response(id, &base_url, state.service.tenant()),
    };
    headers::stamp(&mut response, &parts.method, &parts.headers);
    response
}

/// Nothing of the body is read before the caller is known and may do it: strangers must not make the server work. They are told where
/// to sign in, and nothing else.
async fn answer(state: Arc<State>, parts: &Parts, body: Body, request_id: RequestId) -> Outcome {
    let target = parse(parts.uri.path());
    if target == Ok(Target::CloudEndpoints) {
        ApiVersion::of_query(parts.uri.query().unwrap_or_default())?;
        return match parts.method {
            Method::GET => cloud::endpoints(&state, &parts.headers),
            _ => refuse(&parts.method, "GET"),
        };
    }
    let asked = state.service.coming_from(requests::origin(&parts.extensions));
    let mut manager = principal::authenticate(&asked, parts).await?;
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let api_version = ApiVersion::of_query(&query)?;
    let target = target?;
    let needed = needs(&target, &parts.method, asked.subscription());
    let mut service = needed.admit(&asked, &manager)?;
    preconditions::check(parts, &body)?;
    let body = if is_read(&parts.method) || body.is_end_stream() {
        Bytes::new()
    } else {
        let bytes = body::whole(body).await?;
        // It may have been long under way, and what was taken from its sender meanwhile is no right any more.
        manager = principal::authenticate(&asked, parts).await?;
        service = needed.admit(&asked, &manager)?;
        bytes
    };
    let context = Context { state, service, manager, api_version, request_id, headers: parts.headers.clone(), query };
    let versions = versions_of(&target);
    let mut response = dispatch(&context, &parts.method, target, &body).await?;
    if is_read(&parts.method) {
        context.service.note_read();
    }
    headers::stamp_versions(&mut response, &context.api_version, versions);
    Ok(response)
}

fn is_read(method: &Method) -> bool {
    [Method::GET, Method::HEAD].contains(method)
}

/// Of registries the service names just the version asked for, of their children all; the name check, and what is not the
/// registry provider's own, say nothing (recorded); nor do we of the provider as a whole.
fn versions_of(target: &Target) -> Versions {
    match target {
        Target::CloudEndpoints
        | Target::Tenants
        | Target::Locations(_)
        | Target::Subscriptions
        | Target::Subscription(_)
        | Target::Resources(_)
        | Target::ResourcesIn(_)
        | Target::ResourceGroups(_)
        | Target::ResourceGroup(_)
        | Target::ProviderOperations
        | Target::Providers(_)
        | Target::Provider(_)
        | Target::RegisterProvider(_)
        | Target::CheckNameAvailability(_)
        | Target::AuditEntries
        | Target::Access(_) => Versions::Unsaid,
        Target::RegistriesOf(_)
        | Target::RegistriesIn(_)
        | Target::Registry(_)
        | Target::Usages(_)
        | Target::ListCredentials(_)
        | Target::RegenerateCredential(_)
        | Target::OperationStatus(Parent::Registry(_), _) => Versions::TheOneAsked,
        Target::ScopeMaps(_)
        | Target::ScopeMap(_)
        | Target::Tokens(_)
        | Target::Token(_)
        | Target::GenerateCredentials(_)
        | Target::Unserved(..)
        | Target::UnservedChild(..)
        | Target::UnservedAction(..)
        | Target::OperationStatus(Parent::ScopeMap(_) | Parent::Token(_), _)
        | Target::OperationResult(..) => Versions::All,
    }
}

async fn dispatch(context: &Context, method: &Method, resource: Target, body: &Bytes) -> Outcome {
    match resource {
        Target::ScopeMap(id) => match *method {
            Method::PUT => scope_maps::put(context, &id, body).await,
            Method::PATCH => scope_maps::patch(context, &id, body).await,
            Method::GET => scope_maps::get(context, &id).await,
            Method::DELETE => scope_maps::delete(context, &id).await,
            Method::HEAD => exists(scope_maps::get(context, &id).await),
            _ => refuse(method, "GET, HEAD, PUT, PATCH, DELETE"),
        },
        Target::Token(id) => match *method {
            Method::PUT => tokens::put(context, &id, body).await,
            Method::PATCH => tokens::patch(context, &id, body).await,
            Method::GET => tokens::get(context, &id).await,
            Method::DELETE => tokens::delete(context, &id).await,
            Method::HEAD => exists(tokens::get(context, &id).await),
            _ => refuse(method, "GET, HEAD, PUT, PATCH, DELETE"),
        },
        Target::Registry(id) => match *method {
            Method::PUT => registries::put(context, &id, body).await,
            Method::PATCH => registries::patch(context, &id, body).await,
            Method::GET => registries::get(context, &id).await,
            Method::DELETE => registries::delete(context, &id).await,
            Method::HEAD => exists(registries::get(context, &id).await),
            _ => refuse(method, "GET, HEAD, PUT, PATCH, DELETE"),
        },
        Target::ResourceGroup(id) => match *method {
            Method::PUT => resource_groups::put(context, &id, body).await,
            Method::PATCH => resource_groups::patch(context, &id, body).await,
            Method::GET => resource_groups::get(context, &id).await,
            Method::HEAD => exists(resource_groups::get(context, &id).await),
            Method::DELETE => resource_groups::delete(context, &id).await,
            _ => refuse(method, "GET, HEAD, PUT, PATCH, DELETE"),
        },
        Target::GenerateCredentials(id) => match *method {
            Method::POST => credentials::generate(context, &id, body).await,
            _ => refuse(method, "POST"),
        },
        Target::ListCredentials(id) => match *method {
            Method::POST => admin_user::list(context, &id).await,
            _ => refuse(method, "POST"),
        },
        Target::RegenerateCredential(id) => match *method {
            Method::POST => admin_user::regenerate(context, &id, body).await,
            _ => refuse(method, "POST"),
        },
        Target::CheckNameAvailability(subscription) => match *method {
            Method::POST => name_check::check(context, &subscription, body).await,
            _ => refuse(method, "POST"),
        },
        Target::UnservedChild(registry, collection, name) => {
            unserved_child(context, method, &registry, (collection, name)).await
        }
        Target::UnservedAction(registry, action) => match *method {
            Method::POST => unserved::act(context, &registry, action).await,
            _ => refuse(method, "POST"),
        },
        Target::Access(target) => access(context, method, target, body).await,
        Target::RegisterProvider(subscription) => match *method {
            Method::POST => provider::get(context, &subscription),
            _ => refuse(method, "POST"),
        },
        readable => match *method {
            Method::GET => read(context, readable).await,
            _ => refuse(method, "GET"),
        },
    }
}

/// What registries do not have here.
async fn unserved_child(
    context: &Context,
    method: &Method,
    registry: &RegistryId,
    (collection, name): (&'static str, String),
) -> Outcome {
    match *method {
        Method::PUT | Method::PATCH => unserved::write(context, registry, collection).await,
        Method::GET => unserved::get(context, registry, name).await,
        Method::DELETE => unserved::delete(context, registry).await,
        _ => refuse(method, "GET, PUT, PATCH, DELETE"),
    }
}

/// Roles and service principals.
async fn access(context: &Context, method: &Method, target: AccessTarget, body: &Bytes) -> Outcome {
    match target {
        AccessTarget::RoleAssignments(scope) => match *method {
            Method::GET => role_assignments::list(context, &scope).await,
            _ => refuse(method, "GET"),
        },
        AccessTarget::RoleAssignment(scope, id) => match *method {
            Method::PUT => role_assignments::put(context, &scope, &id, body).await,
            Method::GET => role_assignments::get(context, &scope, &id).await,
            Method::DELETE => role_assignments::delete(context, &scope, &id).await,
            _ => refuse(method, "GET, PUT, DELETE"),
        },
        AccessTarget::RoleDefinitions(scope) => match *method {
            Method::GET => role_definitions::list(context, &scope),
            _ => refuse(method, "GET"),
        },
        AccessTarget::RoleDefinition(scope, id) => match *method {
            Method::GET => role_definitions::get(context, &scope, &id),
            _ => refuse(method, "GET"),
        },
        AccessTarget::ServicePrincipals => match *method {
            Method::GET => service_principals::list(context).await,
            Method::POST => service_principals::create(context, body).await,
            _ => refuse(method, "GET, POST"),
        },
        AccessTarget::ServicePrincipal(reference) => match *method {
            Method::GET => service_principals::get(context, &reference).await,
            Method::DELETE => service_principals::delete(context, &reference).await,
            _ => refuse(method, "GET, DELETE"),
        },
        AccessTarget::AddPassword(reference) => match *method {
            Method::POST => service_principals::add_password(context, &reference, body).await,
            _ => refuse(method, "POST"),
        },
        AccessTarget::RemovePassword(reference) => match *method {
            Method::POST => service_principals::remove_password(context, &reference, body).await,
            _ => refuse(method, "POST"),
        },
    }
}

/// Everything that can only be read.
async fn read(context: &Context, resource: Target) -> Outcome {
    match resource {
        Target::CloudEndpoints => cloud::endpoints(&context.state, &context.headers),
        Target::Tenants => subscriptions::tenants(context),
        Target::Locations(subscription) => locations::list(context, &subscription).await,
        Target::Subscriptions => subscriptions::list(context),
        Target::Subscription(id) => subscriptions::get(context, &id),
        Target::ProviderOperations => provider::operations(),
        Target::AuditEntries => audit::list(context).await,
        Target::Providers(subscription) => provider::list(context, &subscription),
        Target::Provider(subscription) => provider::get(context, &subscription),
        Target::ResourceGroups(subscription) => resource_groups::list(context, &subscription).await,
        Target::Resources(subscription) => resources::list(context, &subscription, None).await,
        Target::ResourcesIn(group) => resources::list(context, &group.subscription, Some(&group.name)).await,
        Target::RegistriesOf(subscription) => registries::list(context, &subscription, None).await,
        Target::RegistriesIn(group) => registries::list(context, &group.subscription, Some(&group.name)).await,
        Target::ScopeMaps(registry) => scope_maps::list(context, &registry).await,
        Target::Tokens(registry) => tokens::list(context, &registry).await,
        Target::Usages(registry) => usages::list(context, &registry).await,
        Target::Unserved(registry, _) => unserved::list(context, &registry).await,
        Target::UnservedChild(registry, _, name) => unserved::get(context, &registry, name).await,
        Target::OperationStatus(parent, operation) => operations::status(context, &parent, &operation).await,
        Target::OperationResult(subscription, location, operation) => {
            operations::result(context, &subscription, &location, &operation).await
        }
        Target::ResourceGroup(id) => resource_groups::get(context, &id).await,
        Target::Registry(id) => registries::get(context, &id).await,
        Target::ScopeMap(id) => scope_maps::get(context, &id).await,
        Target::Token(id) => tokens::get(context, &id).await,
        Target::GenerateCredentials(_)
        | Target::ListCredentials(_)
        | Target::RegenerateCredential(_)
        | Target::CheckNameAvailability(_)
        | Target::UnservedAction(..)
        | Target::Access(_)
        | Target::RegisterProvider(_) => refuse(&Method::GET, "POST"),
    }
}

/// The answer to HEAD: 204 for what is there (`Microsoft.Resources`, ResourceGroups_CheckExistence and Resources_CheckExistenceById).
fn exists(read: Outcome) -> Outcome {
    read.map(|_| empty(StatusCode::NO_CONTENT))
}

fn refuse(method: &Method, allowed: &'static str) -> Outcome {
    Err(Failure::MethodNotAllowed { method: method.to_string(), allowed })
}
