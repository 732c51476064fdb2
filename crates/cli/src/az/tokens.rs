//! `portcullis token`.

use super::Run;
use super::credential_forms::{Credential, CredentialForm};
use super::scope_maps::one_or_all;
use super::show::{Table, flat, render, time, title};
use super::uses;
use super::words::{CredentialVerb, Form, InRegistry, Named, TokenVerb, Which};
use crate::client::address::RegistryPlace;
use crate::cmdlets::tokens::{TOKEN, scope_map_id};
use crate::failure::Failure;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use wire::arm::credentials::{GenerateCredentials, GeneratedCredentials};
use wire::arm::tokens::{Token, TokenCredentials, TokenPassword, TokenProperties};

/// The password that is made for a form that holds one: a second would work, and nobody would have seen it.
const SHOWN_ALONE: &str = "password1";

/// A form, and the login server of the registry, which stands in it.
pub(super) struct FormWithServer {
    form: CredentialForm,
    server: String,
}

impl Run<'_, '_> {
    pub(super) async fn token(&mut self, verb: &TokenVerb) -> Result<(), Failure> {
        match verb {
            TokenVerb::Create { token, grants, scope_map, status, no_passwords, end, format } => {
                let expiry = self.expiry(end)?;
                let place = self.place(&token.place).await?;
                let form = self.form_with_server(&place, *format).await?;
                let scope_map = self.scope_map_for(&place, token.name(), grants, scope_map.as_deref()).await?;
                let properties = TokenProperties {
                    scope_map_id: Some(scope_map.id.clone()),
                    status: Some(status.as_str().to_owned()),
                    ..TokenProperties::default()
                };
                let body = Token { properties: Some(properties), ..Token::default() };
                let made = self.make_token(&place, token.name(), &body, &scope_map).await?;
                if *no_passwords {
                    return self.show_tokens(&[made], true);
                }
                let slot = format.map(|_| SHOWN_ALONE);
                let generated = self.generate(&place, token.name(), slot, expiry).await.map_err(|failure| {
                    failure.hint(format!(
                        "The token '{name}' exists, without passwords. To make them: portcullis token credential generate {name}",
                        name = token.name()
                    ))
                })?;
                self.show_made(Some(&made), &generated, form).await
            }
            TokenVerb::Show { token } => self.show_one(token).await,
            TokenVerb::List { place, expiring_within, unused_for } => {
                self.list(place, *expiring_within, *unused_for).await
            }
            TokenVerb::Update { token, scope_map, status } => {
                if scope_map.is_none() && status.is_none() {
                    return Err(Failure::usage("No token properties to update.").hint("Give --scope-map or --status."));
                }
                let place = self.place(&token.place).await?;
                let properties = TokenProperties {
                    scope_map_id: scope_map.as_deref().map(|name| scope_map_id(name, &place)),
                    status: status.map(|status| status.as_str().to_owned()),
                    ..TokenProperties::default()
                };
                let body = Token { properties: Some(properties), ..Token::default() };
                let changed: Token = self.client.patch(&place.token_address(token.name())?, &body).await?.ended?;
                self.show_tokens(&[changed], true)
            }
            TokenVerb::Delete { token, yes } => {
                let name = token.name();
                let question = format!(
                    "Deleting the token '{name}' will invalidate access to anyone using its credentials. Proceed?"
                );
                self.confirm(*yes, &question)?;
                let place = self.place(&token.place).await?;
                self.client.delete(&place.token_address(name)?).await?;
                Ok(())
            }
            TokenVerb::Credential(verb) => self.credential(verb).await,
            TokenVerb::Explain { token, repository, action } => self.explain(token, repository, action).await,
            TokenVerb::Rotate { token, overlap, end, format } => self.rotate(token, *overlap, end, *format).await,
        }
    }

    /// At a terminal also the times of each of its credentials.
    async fn show_one(&mut self, token: &Named) -> Result<(), Failure> {
        let found = self.get_token(token).await?.1;
        let credentials = render(&uses::table(&found));
        self.show_tokens(&[found], true)?;
        if self.form == Form::Table && !credentials.is_empty() {
            self.console.print(&format!("\n{credentials}"))?;
        }
        Ok(())
    }

    /// Those that meet every wish.
    async fn list(
        &mut self,
        place: &InRegistry,
        expiring_within: Option<SignedDuration>,
        unused_for: Option<SignedDuration>,
    ) -> Result<(), Failure> {
        let place = self.place(place).await?;
        let mut all: Vec<Token> = self.client.list(&place.children_address(TOKEN.segment)?).await?;
        if let Some(unused_for) = unused_for {
            all = uses::unused_since(all, self.earlier(unused_for)?)?;
        }
        if let Some(within) = expiring_within {
            let until = self.later(within)?;
            all.retain(|token| ends(token).is_some_and(|end| end <= until));
            all.sort_by_key(ends);
        }
        self.show_tokens(&all, false)
    }

    async fn credential(&mut self, verb: &CredentialVerb) -> Result<(), Failure> {
        match verb {
            CredentialVerb::Generate { token, which, end, format } => {
                let expiry = self.expiry(end)?;
                let slot = match (only(*which), format) {
                    (None, Some(_)) if *which != Which::default() => {
                        return Err(Failure::usage("--format writes one password, and two are asked for.")
                            .hint("Give one of --password1 and --password2."));
                    }
                    (slot, format) => slot.or(format.map(|_| SHOWN_ALONE)),
                };
                let place = self.place(&token.place).await?;
                let form = self.form_with_server(&place, *format).await?;
                let generated = self.generate(&place, token.name(), slot, expiry).await?;
                self.show_made(None, &generated, form).await
            }
            CredentialVerb::Delete { token, which, yes } => {
                if *which == Which::default() {
                    return Err(
                        Failure::usage("No credentials to delete.").hint("Give --password1, --password2 or both.")
                    );
                }
                let (place, found) = self.get_token(token).await?;
                let present = passwords(&found);
                for (wanted, name) in [(which.password1, "password1"), (which.password2, "password2")] {
                    if wanted && !present.iter().any(|password| password.name.as_deref() == Some(name)) {
                        let name = title(name);
                        return Err(Failure::usage(format!(
                            "Unable to perform operation. {name} credential doesn't exist."
                        )));
                    }
                }
                self.confirm(*yes, "Whoever uses these passwords is refused from the next request on. Proceed?")?;
                let gone =
                    |name: &str| which.password1 && name == "password1" || which.password2 && name == "password2";
                let kept = present.iter().filter_map(|password| password.name.clone()).filter(|name| !gone(name));
                let kept = kept.map(|name| TokenPassword { name: Some(name), ..TokenPassword::default() }).collect();
                let changed = self.set_passwords(&place, token.name(), kept).await?;
                self.show_tokens(&[changed], true)
            }
        }
    }

    pub(super) async fn set_passwords(
        &self,
        place: &RegistryPlace,
        name: &str,
        passwords: Vec<TokenPassword>,
    ) -> Result<Token, Failure> {
        let credentials = TokenCredentials { certificates: None, passwords: Some(passwords) };
        let properties = TokenProperties { credentials: Some(credentials), ..TokenProperties::default() };
        let body = Token { properties: Some(properties), ..Token::default() };
        Ok(self.client.patch(&place.token_address(name)?, &body).await?.ended?)
    }

    pub(super) async fn get_token(&self, token: &Named) -> Result<(RegistryPlace, Token), Failure> {
        let place = self.place(&token.place).await?;
        let found = self.client.get(&place.token_address(token.name())?).await?;
        Ok((place, found))
    }

    pub(super) async fn generate(
        &self,
        place: &RegistryPlace,
        token: &str,
        name: Option<&str>,
        expiry: Option<String>,
    ) -> Result<GeneratedCredentials, Failure> {
        let request =
            GenerateCredentials { token_id: Some(place.token_id(token)), expiry, name: name.map(str::to_owned) };
        Ok(self.client.post(&place.generate_credentials_address()?, &request).await?)
    }

    /// Shows passwords that were just made: in the form that was asked for, else with the token when it is new.
    pub(super) async fn show_made(
        &mut self,
        token: Option<&Token>,
        generated: &GeneratedCredentials,
        form: Option<FormWithServer>,
    ) -> Result<(), Failure> {
        if let Some(FormWithServer { form, server }) = form {
            let password = generated.passwords.iter().find_map(|password| password.value.clone());
            let password = password.ok_or_else(|| Failure::unreachable("The answer has no new password."))?;
            let written = form.write(&Credential { server, user: generated.username.clone(), password });
            if let Some(line) = written.stderr {
                self.console.note(&line);
            }
            return self.console.print(&written.stdout);
        }
        let credentials = json!({ "passwords": generated.passwords, "username": generated.username });
        let value = match token {
            Some(token) => {
                let mut value = flat(token)?;
                if let Some(members) = value.as_object_mut() {
                    members.insert("credentials".to_owned(), credentials);
                }
                value
            }
            None => credentials,
        };
        let cell = |name: &str| {
            let password = generated.passwords.iter().find(|password| password.name.as_deref() == Some(name));
            let value = password.and_then(|password| password.value.clone()).unwrap_or_default();
            [value, password.map(expiry).unwrap_or_default()]
        };
        let row = [generated.username.clone()].into_iter().chain(cell("password1")).chain(cell("password2")).collect();
        let table = Table {
            headings: &["USERNAME", "PASSWORD1", "PASSWORD1 EXPIRY", "PASSWORD2", "PASSWORD2 EXPIRY"],
            rows: vec![row],
        };
        self.show(&value, &table)?;
        self.console.note("Please store your generated credentials safely: they are shown this once.");
        Ok(())
    }

    /// What a form needs, found before a password is made: without it the password could not be shown.
    pub(super) async fn form_with_server(
        &self,
        place: &RegistryPlace,
        form: Option<CredentialForm>,
    ) -> Result<Option<FormWithServer>, Failure> {
        match form {
            Some(form) => match self.login_server(place).await? {
                Ok(server) => Ok(Some(FormWithServer { form, server })),
                Err(no_host) => Err(no_host.hint("Nothing was made. Leave --format out.")),
            },
            None => Ok(None),
        }
    }

    fn show_tokens(&mut self, tokens: &[Token], one: bool) -> Result<(), Failure> {
        let values: Vec<Value> = tokens.iter().map(flat).collect::<Result<_, _>>()?;
        let table = Table {
            headings: &[
                "NAME",
                "SCOPE MAP",
                "PASSWORD1 EXPIRY",
                "PASSWORD2 EXPIRY",
                "STATUS",
                "PROVISIONING STATE",
                "CREATION DATE",
                "LAST USED",
            ],
            rows: tokens.iter().map(row).collect(),
        };
        self.show(&one_or_all(values, one), &table)
    }
}

/// The name to send, when exactly one password is meant.
fn only(which: Which) -> Option<&'static str> {
    match which {
        Which { password1: true, password2: false } => Some("password1"),
        Which { password1: false, password2: true } => Some("password2"),
        _ => None,
    }
}

/// The passwords of a token.
pub(super) fn passwords(token: &Token) -> Vec<TokenPassword> {
    let credentials = token.properties.as_ref().and_then(|properties| properties.credentials.as_ref());
    credentials.and_then(|credentials| credentials.passwords.clone()).unwrap_or_default()
}

/// When the first of a token's passwords and certificates ends.
fn ends(token: &Token) -> Option<Timestamp> {
    let credentials = token.properties.as_ref()?.credentials.as_ref()?;
    let passwords = credentials.passwords.iter().flatten().filter_map(|password| password.expiry.as_deref());
    let certificates =
        credentials.certificates.iter().flatten().filter_map(|certificate| certificate.expiry.as_deref());
    passwords.chain(certificates).filter_map(|expiry| expiry.parse().ok()).min()
}

/// `Never`, or the time.
pub(super) fn expiry(password: &TokenPassword) -> String {
    password.expiry.as_deref().map_or_else(|| "Never".to_owned(), |expiry| time(Some(expiry)))
}

fn row(token: &Token) -> Vec<String> {
    let TokenProperties { creation_date, provisioning_state, scope_map_id, status, .. } =
        token.properties.clone().unwrap_or_default();
    let passwords = passwords(token);
    let end = |name: &str| {
        passwords.iter().find(|password| password.name.as_deref() == Some(name)).map(expiry).unwrap_or_default()
    };
    vec![
        token.name.clone().unwrap_or_default(),
        scope_map_id.as_deref().and_then(|id| id.rsplit('/').next()).unwrap_or_default().to_owned(),
        end("password1"),
        end("password2"),
        title(status.as_deref().unwrap_or_default()),
        provisioning_state.unwrap_or_default(),
        time(creation_date.as_deref()),
        uses::last_used(token),
    ]
}
