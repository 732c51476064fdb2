//! Role definitions (`Microsoft.Authorization`): the three roles that there are. Clients look up their GUIDs by name.

use super::Context;
use super::answer::{Outcome, json};
use super::errors::Failure;
use super::odata::{FILTER, Word, is, words};
use crate::auth::form::Form;
use http::StatusCode;
use model::guid::Guid;
use model::rights::ArmScope;
use model::role::Role;
use wire::arm::List;
use wire::arm::role_definitions::{self as shape, Permission, RoleDefinitionProperties};

/// `GET` of all, or of one by `$filter=roleName eq '…'`.
pub(super) fn list(context: &Context, scope: &ArmScope) -> Outcome {
    context.check_subscription(scope.subscription())?;
    let query = Form::parse(context.query.as_bytes());
    let name = query.get_ignoring_case(FILTER).map(role_name).transpose()?;
    let wanted = |role: &Role| name.as_ref().is_none_or(|name| role.as_str().eq_ignore_ascii_case(name));
    let roles = Role::ALL.into_iter().filter(wanted);
    json(StatusCode::OK, &List::whole(roles.map(|role| of(context, role)).collect()))
}

/// `GET` of one.
pub(super) fn get(context: &Context, scope: &ArmScope, id: &Guid) -> Outcome {
    context.check_subscription(scope.subscription())?;
    let role = Role::parse(id.as_str()).ok_or_else(|| Failure::RoleDefinitionMissing(id.to_string()))?;
    json(StatusCode::OK, &of(context, role))
}

/// The full id of a role's definition.
pub(super) fn id(context: &Context, role: Role) -> String {
    let subscription = context.service.subscription();
    format!("/subscriptions/{subscription}/providers/{}/{}", shape::RESOURCE_TYPE, role.definition())
}

/// The form of azure-cli and Terraform.
fn role_name(filter: &str) -> Result<String, Failure> {
    match words(filter).as_deref() {
        Some([Word::Bare(name), Word::Bare(eq), Word::Quoted(wanted)]) if is(name, "roleName") && is(eq, "eq") => {
            Ok(wanted.clone())
        }
        _ => {
            Err(Failure::invalid(FILTER, format!("The filter '{filter}' is not understood: use roleName eq '<name>'.")))
        }
    }
}

fn of(context: &Context, role: Role) -> shape::RoleDefinition {
    let (description, actions, not_actions): (_, _, &[&str]) = match role {
        Role::Reader => ("Views all resources, but changes none, and pulls.", "*/read", &[]),
        Role::Contributor => (
            "Manages all resources and their content, but gives nobody access.",
            "*",
            &[
                "Microsoft.Authorization/*/Delete",
                "Microsoft.Authorization/*/Write",
                "Portcullis.Identity/*/action",
                "Portcullis.Identity/*/delete",
                "Portcullis.Identity/*/write",
            ],
        ),
        Role::Owner => ("Manages all resources and their content, and gives access.", "*", &[]),
    };
    shape::RoleDefinition {
        properties: RoleDefinitionProperties {
            role_name: role.as_str().to_owned(),
            kind: "BuiltInRole".to_owned(),
            description: description.to_owned(),
            assignable_scopes: vec!["/".to_owned()],
            permissions: vec![Permission {
                actions: vec![actions.to_owned()],
                not_actions: not_actions.iter().map(|action| (*action).to_owned()).collect(),
                data_actions: Vec::new(),
                not_data_actions: Vec::new(),
            }],
        },
        id: id(context, role),
        resource_type: shape::RESOURCE_TYPE.to_owned(),
        name: role.definition().to_owned(),
    }
}
