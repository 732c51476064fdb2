//! What people see of service principals.

use super::HeldRole;
use crate::output::table::{self, Heading};
use crate::output::text::printable_line;
use wire::arm::service_principals::{PasswordCredential, ServicePrincipal};
use wire::arm::uses::LastUsed;

/// What people call it.
pub(super) fn name(principal: &ServicePrincipal) -> &str {
    principal.display_name.as_deref().unwrap_or_default()
}

/// One row each.
pub(super) fn table(principals: &[ServicePrincipal], columns: usize, colour: bool) -> String {
    let row = |principal: &ServicePrincipal| {
        let text = |member: &Option<String>| member.clone().unwrap_or_default();
        let secrets = principal.password_credentials.as_deref().unwrap_or_default();
        vec![
            name(principal).to_owned(),
            text(&principal.app_id),
            text(&principal.id),
            secrets.iter().map(end).collect::<Vec<_>>().join(", "),
            secrets.iter().filter_map(last_use).collect::<Vec<_>>().join(", "),
        ]
    };
    let rows: Vec<Vec<String>> = principals.iter().map(row).collect();
    table::render(
        &Heading::left(&["Name", "ClientId", "ObjectId", "SecretEnds", "SecretLastUsed"]),
        &rows,
        columns,
        colour,
    )
}

fn end(secret: &PasswordCredential) -> String {
    secret.end_date_time.clone().unwrap_or_else(|| "never".to_owned())
}

/// `None` where it is not told.
fn last_use(secret: &PasswordCredential) -> Option<&str> {
    match secret.last_used_date_time.as_ref()? {
        LastUsed::Never => Some("never"),
        LastUsed::At(time) => Some(time),
    }
}

/// Everything about one, without values of secrets.
pub(super) fn details(principal: &ServicePrincipal, roles: &[HeldRole]) -> String {
    let mut text = ids(principal);
    for secret in principal.password_credentials.iter().flatten() {
        let id = secret.key_id.as_deref().unwrap_or_default();
        let last_use = last_use(secret).map(|time| format!(", last used {time}")).unwrap_or_default();
        text.push_str(&line("Secret", &format!("{id}, ends {}{last_use}", end(secret))));
    }
    for held in roles {
        text.push_str(&line("Role", &format!("{} at {}", held.role, held.scope)));
    }
    if roles.is_empty() {
        text.push_str(&line("Role", "none: it may do nothing"));
    }
    text
}

/// One that was just made or renewed, with the value of its secret.
pub(super) fn with_secret(principal: &ServicePrincipal) -> String {
    let mut text = ids(principal);
    for secret in principal.password_credentials.iter().flatten() {
        text.push_str(&line("Secret ends", &end(secret)));
        text.push_str(&line("Client secret", secret.secret_text.as_deref().unwrap_or_default()));
    }
    text.push_str("The secret is shown this once.\n");
    text
}

fn ids(principal: &ServicePrincipal) -> String {
    let of = |member: &Option<String>| member.clone().unwrap_or_default();
    [("Name", name(principal).to_owned()), ("Client id", of(&principal.app_id)), ("Object id", of(&principal.id))]
        .iter()
        .map(|(label, value)| line(label, value))
        .collect()
}

fn line(label: &str, value: &str) -> String {
    format!("{label:<14} {}\n", printable_line(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal() -> ServicePrincipal {
        ServicePrincipal {
            id: Some("object".to_owned()),
            app_id: Some("client".to_owned()),
            display_name: Some("ci\u{1b}[31m".to_owned()),
            created_date_time: None,
            password_credentials: Some(vec![PasswordCredential {
                key_id: Some("key".to_owned()),
                secret_text: Some("value".to_owned()),
                ..PasswordCredential::default()
            }]),
        }
    }

    #[test]
    fn the_value_is_in_one_form_only() {
        assert!(with_secret(&principal()).contains("Client secret  value\n"));
        assert!(!details(&principal(), &[]).contains("value"));
        assert!(!table(&[principal()], 120, false).contains("value"));
        assert!(!format!("{:?}", principal()).contains("value"));
    }

    #[test]
    fn the_last_use_of_a_secret_is_told() {
        let mut used = principal();
        for (last_used, expected) in [
            (None, "Secret         key, ends never\n"),
            (Some(LastUsed::Never), "Secret         key, ends never, last used never\n"),
            (Some(LastUsed::At("then".to_owned())), "Secret         key, ends never, last used then\n"),
        ] {
            for secret in used.password_credentials.iter_mut().flatten() {
                secret.last_used_date_time.clone_from(&last_used);
            }
            assert!(details(&used, &[]).contains(expected), "{expected}");
        }
    }

    #[test]
    fn names_cannot_colour_the_terminal() {
        for text in [with_secret(&principal()), details(&principal(), &[]), table(&[principal()], 120, false)] {
            assert!(!text.contains('\u{1b}'), "{text}");
        }
    }

    #[test]
    fn roles_are_told_or_their_absence() {
        assert!(details(&principal(), &[]).contains("Role           none: it may do nothing\n"));
        let held = HeldRole { role: "Reader".to_owned(), scope: "/subscriptions/s".to_owned(), id: String::new() };
        assert!(details(&principal(), &[held]).contains("Role           Reader at /subscriptions/s\n"));
    }
}
