//! Role assignments (`Microsoft.Authorization`), as `az role assignment` and Terraform make them.

use super::answer::{Outcome, empty, json};
use super::errors::Failure;
use super::odata::{FILTER, Word, is, words};
use super::{Context, body, role_definitions};
use crate::auth::form::Form;
use bytes::Bytes;
use http::StatusCode;
use model::guid::Guid;
use model::issuer::ISSUER_SEPARATOR;
use model::rights::{ArmScope, Grant};
use model::role::Role;
use model::role_assignment::RoleAssignment;
use service::{RoleAssignmentSpec, Written};
use wire::arm::List;
use wire::arm::role_assignments::{self as shape, RoleAssignmentProperties};

/// `PUT`: 201 for a new one, 200 for the same once more.
pub(super) async fn put(context: &Context, scope: &ArmScope, id: &Guid, body: &Bytes) -> Outcome {
    let request: shape::RoleAssignment = body::json(body)?;
    let RoleAssignmentProperties { role_definition_id, principal_id, condition, .. } =
        request.properties.ok_or_else(|| Failure::invalid("properties", "The body needs `properties`."))?;
    if condition.is_some() {
        return Err(Failure::invalid("properties.condition", "Conditions are not served: leave it out."));
    }
    let role = role_definition_id.as_deref().unwrap_or_default();
    let role = Role::parse(role.rsplit('/').next().unwrap_or_default()).ok_or_else(|| {
        let message = format!("'{role}' is not the id of a role definition: there are Reader, Contributor and Owner.");
        Failure::invalid("properties.roleDefinitionId", message)
    })?;
    let principal = principal_id.filter(|id| !id.is_empty()).ok_or_else(|| {
        Failure::invalid("properties.principalId", "The object id of who is to hold the role is required.")
    })?;
    let principal = stored(&principal);
    let spec = RoleAssignmentSpec { id: id.clone(), principal, grant: Grant { role, scope: scope.clone() } };
    let (made, written) = context.service.put_role_assignment(&context.manager, spec).await?;
    let status = match written {
        Written::Created => StatusCode::CREATED,
        Written::Updated => StatusCode::OK,
    };
    json(status, &of(context, made))
}

/// `GET`
pub(super) async fn get(context: &Context, scope: &ArmScope, id: &Guid) -> Outcome {
    json(StatusCode::OK, &of(context, context.service.get_role_assignment(scope, id).await?))
}

/// `GET` of those that hold at the scope or below it, or of what `$filter` leaves of them.
pub(super) async fn list(context: &Context, scope: &ArmScope) -> Outcome {
    let query = Form::parse(context.query.as_bytes());
    let filter = query.get_ignoring_case(FILTER).map_or_else(|| Ok(Filter::default()), Filter::parse)?;
    let listed = context.service.list_role_assignments(scope).await?;
    let wanted = listed.into_iter().filter(|held| filter.takes(held, scope));
    json(StatusCode::OK, &List::whole(wanted.map(|held| of(context, held)).collect()))
}

/// `DELETE`: 200 with what it was, 204 when there was none.
pub(super) async fn delete(context: &Context, scope: &ArmScope, id: &Guid) -> Outcome {
    match context.service.delete_role_assignment(&context.manager, scope, id).await? {
        Some(deleted) => json(StatusCode::OK, &of(context, deleted)),
        None => Ok(empty(StatusCode::NO_CONTENT)),
    }
}

/// What of a list is wanted.
#[derive(Debug, Default, PartialEq, Eq)]
struct Filter {
    /// `atScope()`: nothing below the scope.
    at_scope: bool,
    /// `principalId eq '…'` or `assignedTo('…')`, which differ for groups only, of which there are none.
    principal: Option<String>,
}

impl Filter {
    /// Terms joined by `and`, each at most once.
    fn parse(text: &str) -> Result<Self, Failure> {
        Self::read(text).ok_or_else(|| {
            let forms = "atScope(), principalId eq '<id>' and assignedTo('<id>'), joined by and";
            Failure::invalid(FILTER, format!("The filter '{text}' is not understood: use {forms}."))
        })
    }

    fn read(text: &str) -> Option<Self> {
        use Word::{Bare, Mark, Quoted};
        let (mut filter, words) = (Self::default(), words(text)?);
        let mut rest = words.as_slice();
        loop {
            rest = match rest {
                [Bare(function), Mark('('), Mark(')'), rest @ ..] if is(function, "atScope") && !filter.at_scope => {
                    filter.at_scope = true;
                    rest
                }
                [Bare(function), Mark('('), Quoted(id), Mark(')'), rest @ ..]
                    if is(function, "assignedTo") && filter.principal.is_none() =>
                {
                    filter.principal = Some(id.clone());
                    rest
                }
                [Bare(name), Bare(eq), Quoted(id), rest @ ..]
                    if is(name, "principalId") && is(eq, "eq") && filter.principal.is_none() =>
                {
                    filter.principal = Some(id.clone());
                    rest
                }
                _ => return None,
            };
            match rest {
                [] => return Some(filter),
                [Bare(and), behind @ ..] if is(and, "and") => rest = behind,
                _ => return None,
            }
        }
    }

    fn takes(&self, held: &RoleAssignment, scope: &ArmScope) -> bool {
        (!self.at_scope || held.grant.scope.contains(scope))
            && self.principal.as_ref().is_none_or(|wanted| held.principal == *wanted)
    }
}

/// A principal as it is kept: GUIDs compare without case, what an issuer vouches for does not.
fn stored(principal: &str) -> String {
    Guid::parse(principal).map_or_else(|_| principal.to_owned(), |guid| guid.to_string())
}

fn of(context: &Context, held: RoleAssignment) -> shape::RoleAssignment {
    let RoleAssignment { id, principal, grant: Grant { role, scope }, created_by, created_at } = held;
    // Whoever an issuer vouches for is no service principal of this site.
    let kind = if principal.contains(ISSUER_SEPARATOR) { "ForeignPrincipal" } else { "ServicePrincipal" };
    shape::RoleAssignment {
        properties: Some(RoleAssignmentProperties {
            role_definition_id: Some(role_definitions::id(context, role)),
            principal_id: Some(principal),
            principal_type: Some(kind.to_owned()),
            scope: Some(scope.to_string()),
            condition: None,
            created_on: Some(created_at.to_string()),
            updated_on: Some(created_at.to_string()),
            created_by: Some(created_by.name.clone()),
            updated_by: Some(created_by.name),
        }),
        id: Some(format!("{scope}/providers/{}/{id}", shape::RESOURCE_TYPE)),
        resource_type: Some(shape::RESOURCE_TYPE.to_owned()),
        name: Some(id.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("atScope()", Some((true, None)))]
    #[case("principalId eq 'a'", Some((false, Some("a"))))]
    #[case("assignedTo('a')", Some((false, Some("a"))))]
    #[case("atScope() and assignedTo('a')", Some((true, Some("a"))))]
    #[case("ATSCOPE() and principalid eq 'a'", Some((true, Some("a"))))]
    #[case("roleDefinitionId eq 'a'", None)]
    #[case("principalId eq a", None)]
    #[case("assignedTo('a'", None)]
    #[case("principalId eq 'ci:o''brien and sons'", Some((false, Some("ci:o'brien and sons"))))]
    #[case("principalId eq 'x:o'brien'", None)]
    #[case("principalId eq 'a' and principalId eq 'b'", None)]
    #[case("atScope() or principalId eq 'a'", None)]
    #[case("atScope() and", None)]
    #[case("", None)]
    fn filters(#[case] text: &str, #[case] expected: Option<(bool, Option<&str>)>) {
        let expected =
            expected.map(|(at_scope, principal)| Filter { at_scope, principal: principal.map(str::to_owned) });
        assert_eq!(Filter::parse(text).ok(), expected);
    }
}
