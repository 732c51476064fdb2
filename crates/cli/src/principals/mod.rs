//! `portcullis principal`: who manages over the network, and with which roles.

mod lines;
mod words;

pub use words::PrincipalOptions;

use crate::client::address::Address;
use crate::client::{Client, ClientError, Reached};
use crate::destination::{Chosen, Destination};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::output::Console;
use crate::output::text::escaped;
use crate::transport::login::SERVICE_PRINCIPAL_FILE;
use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use uuid::Uuid;
use wire::arm::List;
use wire::arm::role_assignments::{RoleAssignment, RoleAssignmentProperties};
use wire::arm::role_definitions::RoleDefinition;
use wire::arm::service_principals::{AddPassword, PasswordCredential, RemovePassword, ServicePrincipal};
use words::{End, Form, Grant, RoleName, Verb};

/// Between the name of an issuer and the subject that it vouches for.
const ISSUER_SEPARATOR: char = ':';
/// What the principal is called that a first start makes and writes to a file.
const FIRST_PRINCIPAL: &str = "first-start";

impl PrincipalOptions {
    /// Where it goes, and why.
    ///
    /// Errors: as [`Wish::settle`](crate::destination::Wish::settle); it is Azure, where service principals are in a directory that has
    /// an API of its own.
    pub fn chosen(&self, environment: &Environment) -> Result<Chosen, Failure> {
        let chosen = self.destination.wish().settle(environment)?;
        match &chosen.destination {
            Destination::Server { endpoint, principal } if principal.is_at_azure() => Err(Failure::usage(format!(
                "`portcullis principal` is for servers, and {endpoint} (by {}) is Azure: its service principals are in Entra ID.",
                chosen.by
            ))
            .hint("`az ad sp` and `az role assignment` manage them there.")),
            _ => Ok(chosen),
        }
    }

    /// Runs it, and writes what came of it to standard output.
    pub async fn run(
        &self,
        Reached { client, route }: Reached<'_>,
        environment: &Environment,
        console: &mut Console<'_>,
    ) -> Result<(), Failure> {
        let form = self.output.unwrap_or(if environment.stdout_is_terminal { Form::Table } else { Form::Json });
        let run = Run { client, subscription_id: route.subscription_id, form, now: now(environment)? };
        match &self.verb {
            Verb::Create { name, end, role, scope } => {
                let made = run.create(name, end).await?;
                // The secret is seen even when the role is refused: it is shown this once.
                run.show_secret(&made, console)?;
                match role {
                    Some(role) => run.grant(&id_of(&made)?, *role, scope.as_deref(), console).await,
                    None => Ok(()),
                }
            }
            Verb::List => run.list(console).await,
            Verb::Show { principal } => run.show(principal, console).await,
            Verb::Delete { principal } => run.delete(principal, console).await,
            Verb::Rotate { principal, end, keep_others } => run.rotate(principal, end, *keep_others, console).await,
            Verb::RemoveSecret { principal, secret } => run.remove_secret(principal, secret, console).await,
            Verb::Grant(Grant { principal, role, scope }) => {
                let id = run.principal_id(principal).await?;
                run.grant(&id, *role, scope.as_deref(), console).await
            }
            Verb::Revoke(Grant { principal, role, scope }) => {
                let id = run.principal_id(principal).await?;
                run.revoke(&id, *role, scope.as_deref(), console).await
            }
        }
    }
}

fn now(environment: &Environment) -> Result<Timestamp, Failure> {
    Timestamp::from_microsecond(environment.now_micros)
        .map_err(|error| Failure::unreachable(format!("The clock of this machine cannot be used: {error}.")))
}

struct Run<'a> {
    client: Client<'a>,
    /// The context's.
    subscription_id: Option<String>,
    form: Form,
    now: Timestamp,
}

impl Run<'_> {
    async fn create(&self, name: &str, end: &End) -> Result<ServicePrincipal, Failure> {
        let asked = ServicePrincipal {
            display_name: Some(name.to_owned()),
            password_credentials: Some(vec![self.secret_until(end)?]),
            ..ServicePrincipal::default()
        };
        Ok(self.client.post(&Address::service_principals(), &asked).await?)
    }

    fn secret_until(&self, end: &End) -> Result<PasswordCredential, Failure> {
        let after = |days| self.now.checked_add(SignedDuration::from_hours(i64::from(days) * 24));
        let end = end.expires_in_days.map(after).transpose();
        let end = end.map_err(|error| Failure::usage(format!("--expires-in-days: {error}.")))?;
        Ok(PasswordCredential { end_date_time: end.map(|end| end.to_string()), ..PasswordCredential::default() })
    }

    async fn find(&self, reference: &str) -> Result<ServicePrincipal, Failure> {
        Ok(self.client.get(&Address::service_principal(reference, None)?).await?)
    }

    async fn list(&self, console: &mut Console<'_>) -> Result<(), Failure> {
        let List { value, .. } = self.client.get::<List<ServicePrincipal>>(&Address::service_principals()).await?;
        match self.form {
            Form::Table => console.print(&lines::table(&value, console.columns, console.colour)),
            Form::Json => print_json(console, &value),
        }
    }

    async fn show(&self, principal: &str, console: &mut Console<'_>) -> Result<(), Failure> {
        let found = self.find(principal).await?;
        let roles = self.roles_of(&id_of(&found)?).await?;
        match self.form {
            Form::Table => console.print(&lines::details(&found, &roles)),
            Form::Json => print_json(console, &Shown { principal: &found, roles: &roles }),
        }
    }

    async fn delete(&self, principal: &str, console: &mut Console<'_>) -> Result<(), Failure> {
        // Found first: a typo is no success.
        let found = self.find(principal).await?;
        self.client.perform(Method::DELETE, &Address::service_principal(&id_of(&found)?, None)?, None::<&()>).await?;
        console.note(&format!("Deleted {}, with its secrets and roles.", lines::name(&found)));
        Ok(())
    }

    async fn rotate(
        &self,
        principal: &str,
        end: &End,
        keep_others: bool,
        console: &mut Console<'_>,
    ) -> Result<(), Failure> {
        let mut found = self.find(principal).await?;
        let id = id_of(&found)?;
        let others = found.password_credentials.take().unwrap_or_default();
        let asked = AddPassword { password_credential: Some(self.secret_until(end)?) };
        let made = self.client.post(&Address::service_principal(&id, Some("addPassword"))?, &asked).await?;
        found.password_credentials = Some(vec![made]);
        self.show_secret(&found, console)?;
        if keep_others {
            return Ok(());
        }
        for secret in others.into_iter().filter_map(|secret| secret.key_id) {
            self.end_secret(&id, secret).await?;
        }
        console.note("Its other secrets have ended.");
        if lines::name(&found) == FIRST_PRINCIPAL {
            console.note(&format!(
                "{SERVICE_PRINCIPAL_FILE} in the data folder holds one of them: write the new one there, or delete it."
            ));
        }
        Ok(())
    }

    async fn remove_secret(&self, principal: &str, secret: &str, console: &mut Console<'_>) -> Result<(), Failure> {
        let found = self.find(principal).await?;
        let known = found.password_credentials.iter().flatten().filter_map(|known| known.key_id.as_deref());
        if !known.into_iter().any(|known| known.eq_ignore_ascii_case(secret)) {
            return Err(Failure::usage(format!("{} has no secret with the id '{secret}'.", lines::name(&found)))
                .hint("`portcullis principal show` lists their ids."));
        }
        self.end_secret(&id_of(&found)?, secret.to_owned()).await?;
        console.note("The secret has ended, and what was signed in with it.");
        Ok(())
    }

    async fn end_secret(&self, id: &str, secret: String) -> Result<(), ClientError> {
        let asked = RemovePassword { key_id: Some(secret) };
        self.client.perform(Method::POST, &Address::service_principal(id, Some("removePassword"))?, Some(&asked)).await
    }

    async fn grant(
        &self,
        id: &str,
        role: RoleName,
        scope: Option<&str>,
        console: &mut Console<'_>,
    ) -> Result<(), Failure> {
        let scope = self.scope(scope).await?;
        let definitions: List<RoleDefinition> = self.client.get(&Address::roles(&scope, "roleDefinitions")?).await?;
        let wanted = definitions.value.into_iter().find(|known| known.properties.role_name == role.as_str());
        let definition =
            wanted.ok_or_else(|| Failure::refused(format!("The service knows no role {}.", role.as_str())))?;
        // The name of an assignment is the caller's to choose. This one is the same for the same content, so that the same once more
        // changes nothing.
        let name = assignment_name(id, &definition.name, &scope);
        let asked = RoleAssignment {
            properties: Some(RoleAssignmentProperties {
                role_definition_id: Some(definition.id),
                principal_id: Some(id.to_owned()),
                ..RoleAssignmentProperties::default()
            }),
            ..RoleAssignment::default()
        };
        let address = Address::roles(&scope, &format!("roleAssignments/{name}"))?;
        match self.client.perform(Method::PUT, &address, Some(&asked)).await {
            Err(ClientError::Refused { code, .. }) if code == "RoleAssignmentExists" => {}
            other => other?,
        }
        console.note(&format!("It is {} at {scope}.", role.as_str()));
        Ok(())
    }

    async fn revoke(
        &self,
        id: &str,
        role: RoleName,
        scope: Option<&str>,
        console: &mut Console<'_>,
    ) -> Result<(), Failure> {
        let scope = self.scope(scope).await?;
        let held = self.roles_of(id).await?.into_iter().find(|held| held.is(role, &scope));
        let held = held.ok_or_else(|| Failure::refused(format!("It is not {} at {scope}.", role.as_str())))?;
        self.client.perform(Method::DELETE, &Address::role_assignment(&held.id)?, None::<&()>).await?;
        console.note(&format!("It is no longer {} at {scope}.", role.as_str()));
        Ok(())
    }

    async fn roles_of(&self, id: &str) -> Result<Vec<HeldRole>, Failure> {
        let scope = self.scope(None).await?;
        let listed: List<RoleAssignment> = self.client.get(&Address::roles(&scope, "roleAssignments")?).await?;
        let definitions: List<RoleDefinition> = self.client.get(&Address::roles(&scope, "roleDefinitions")?).await?;
        Ok(listed.value.into_iter().filter_map(|held| HeldRole::of(held, &definitions.value, id)).collect())
    }

    /// The object id of a service principal; whom an issuer vouches for is taken at the word.
    async fn principal_id(&self, principal: &str) -> Result<String, Failure> {
        if principal.contains(ISSUER_SEPARATOR) {
            return Ok(principal.to_owned());
        }
        id_of(&self.find(principal).await?)
    }

    async fn scope(&self, given: Option<&str>) -> Result<String, Failure> {
        match (given, &self.subscription_id) {
            (Some(scope), _) => Ok(scope.to_owned()),
            (None, Some(id)) => Ok(format!("/subscriptions/{id}")),
            (None, None) => Ok(format!("/subscriptions/{}", self.client.only_subscription().await?)),
        }
    }

    fn show_secret(&self, made: &ServicePrincipal, console: &mut Console<'_>) -> Result<(), Failure> {
        match self.form {
            Form::Table => console.print(&lines::with_secret(made)),
            Form::Json => print_json(console, made),
        }
    }
}

/// A role that a principal holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct HeldRole {
    role: String,
    scope: String,
    id: String,
}

impl HeldRole {
    fn of(held: RoleAssignment, definitions: &[RoleDefinition], principal: &str) -> Option<Self> {
        let properties = held.properties?;
        if !properties.principal_id?.eq_ignore_ascii_case(principal) {
            return None;
        }
        let definition = properties.role_definition_id?;
        let role = definitions.iter().find(|known| known.id.eq_ignore_ascii_case(&definition));
        let role = role.map_or(definition, |known| known.properties.role_name.clone());
        Some(Self { role, scope: properties.scope?, id: held.id? })
    }

    fn is(&self, role: RoleName, scope: &str) -> bool {
        self.role == role.as_str() && self.scope.eq_ignore_ascii_case(scope)
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    principal: &'a ServicePrincipal,
    roles: &'a [HeldRole],
}

fn assignment_name(principal: &str, role: &str, scope: &str) -> Uuid {
    let content = format!("{} {role} {principal}", scope.to_ascii_lowercase());
    Uuid::new_v5(&Uuid::NAMESPACE_URL, content.as_bytes())
}

fn id_of(principal: &ServicePrincipal) -> Result<String, Failure> {
    principal.id.clone().ok_or_else(|| Failure::unreachable("The service names a service principal without its id."))
}

fn print_json(console: &mut Console<'_>, value: &(impl Serialize + ?Sized)) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::unreachable(format!("The answer cannot be written as JSON: {error}.")))?;
    console.print(&escaped(format!("{text}\n")))
}

#[cfg(test)]
mod tests;
