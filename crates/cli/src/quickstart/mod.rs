//! The reference page's Example 1, made to run: a resource group, a registry, a scope map, then the page's own command through
//! the real binder and client, then a password and the lines to push and pull with. Serving is `main`'s business.
//!
//! 1. Find or make `lnxtest`, `lnxcr` and `newmap`.
//! 2. Find `token2`, or make it by running `New-AzContainerRegistryToken`.
//! 3. Make `password1` when there is none, or when a new one is asked for.
//! 4. Print what was done, and the lines to paste.

pub mod lines;

use crate::client::address::{Address, RegistryPlace};
use crate::client::{Client, ClientError, Reached};
use crate::cmdlets::Command;
use crate::cmdlets::tokens::NEW;
use crate::destination::Route;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::host::Nobody;
use crate::invocation::QuickstartOptions;
use crate::output::objects::{Asked, show};
use crate::output::{Console, Format, tokens};
use crate::secret::Secret;
use lines::Login;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::net::SocketAddr;
use wire::arm::credentials::{GenerateCredentials, GeneratedCredentials};
use wire::arm::registries::{Registry, Sku};
use wire::arm::resource_groups::ResourceGroup;
use wire::arm::scope_maps::{ScopeMap, ScopeMapProperties};
use wire::arm::tokens::{Token, TokenPassword};

/// The registry that quickstart makes. `main` serves it on any host name.
pub const REGISTRY: &str = "lnxcr";
const GROUP: &str = "lnxtest";
const SCOPE_MAP: &str = "newmap";
const TOKEN: &str = "token2";
const PASSWORD: &str = "password1";
/// The region of the reference page's module examples; here it is only a word that clients read back.
const LOCATION: &str = "westus";
const ACTIONS: [&str; 2] = ["repositories/samples/*/content/read", "repositories/samples/*/content/write"];

/// A quickstart to be run.
pub struct Quickstart<'a> {
    /// The management API.
    pub client: Client<'a>,
    /// The process, for its name.
    pub environment: &'a Environment,
    /// What was asked for.
    pub options: &'a QuickstartOptions,
    /// Where the registry will be served; the port is the real one.
    pub address: SocketAddr,
}

/// What there is after a quickstart.
#[derive(Debug, PartialEq, Eq)]
pub struct Prepared {
    /// Host and port that clients use.
    pub registry: String,
    /// The token's name, which is the user name.
    pub user: String,
    /// The password, when this run made one.
    pub password: Option<Secret>,
    /// Whether this run changed anything.
    pub changed: bool,
}

/// Whether something was there before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Was {
    There,
    Made,
}

impl Quickstart<'_> {
    /// Runs it, and prints what came of it.
    ///
    /// Errors: the management API refuses a step. What was made before stays; the next run finds it.
    pub async fn run(&self, console: &mut Console<'_>) -> Result<Prepared, Failure> {
        let place = RegistryPlace {
            subscription_id: self.client.only_subscription().await?,
            resource_group: GROUP.to_owned(),
            registry: REGISTRY.to_owned(),
        };
        let parts = self.ensure_parts(&place, console).await?;
        let (token, token_was) = self.ensure_token(&place, console).await?;
        let password = self.ensure_password(&place, &token).await?;

        let changed = parts == Was::Made || token_was == Was::Made || password.is_some();
        if !changed {
            console.print("Everything is there already; nothing was changed.\n\n")?;
        }
        let login = Login { registry: lines::reachable(self.address), user: TOKEN, password: password.as_ref() };
        console.print(&self.about_status(&token))?;
        console.print(&self.about_password(&login))?;
        console.print(&lines::to_paste(&login, self.address))?;
        Ok(Prepared { registry: login.registry, user: TOKEN.to_owned(), password, changed })
    }

    /// Step 1.
    async fn ensure_parts(&self, place: &RegistryPlace, console: &mut Console<'_>) -> Result<Was, Failure> {
        let group = ResourceGroup { location: Some(LOCATION.to_owned()), ..ResourceGroup::default() };
        let (_, group_was) = self.ensure(&place.group_address().map_err(ClientError::from)?, &group).await?;
        report(console, "Resource group", GROUP, group_was, "")?;

        let registry = Registry {
            sku: Some(Sku { name: Some("Basic".to_owned()), tier: None }),
            location: Some(LOCATION.to_owned()),
            properties: Some(json!({})),
            ..Registry::default()
        };
        let (_, registry_was) = self.ensure(&place.registry_address().map_err(ClientError::from)?, &registry).await?;
        report(console, "Registry", REGISTRY, registry_was, "")?;

        let actions = ACTIONS.map(str::to_owned).to_vec();
        let properties = ScopeMapProperties { actions: Some(actions.clone()), ..ScopeMapProperties::default() };
        let scope_map = ScopeMap { properties: Some(properties), ..ScopeMap::default() };
        let address = place.scope_map_address(SCOPE_MAP).map_err(ClientError::from)?;
        let (found, scope_map_was) = self.ensure(&address, &scope_map).await?;
        let as_made = found.properties.and_then(|properties| properties.actions).is_some_and(|found| found == actions);
        let what = if as_made { "pull and push on samples/*" } else { "changed since quickstart made it, and left so" };
        report(console, "Scope map", SCOPE_MAP, scope_map_was, what)?;

        let all = [group_was, registry_was, scope_map_was];
        Ok(if all.contains(&Was::Made) { Was::Made } else { Was::There })
    }

    /// Step 2. The words are the reference page's; they take the way of any other command.
    async fn ensure_token(&self, place: &RegistryPlace, console: &mut Console<'_>) -> Result<(Token, Was), Failure> {
        let address = place.token_address(TOKEN).map_err(ClientError::from)?;
        if let Some(token) = self.client.find::<Token>(&address).await? {
            report(console, "Token", TOKEN, Was::There, "")?;
            console.print("\n")?;
            show(&[tokens::object(&token)], Asked::One, &tokens::CREATED, Format::Table, console)?;
            return Ok((token, Was::There));
        }
        let scope_map_id = place.scope_map_id(SCOPE_MAP);
        let words =
            ["-Name", TOKEN, "-RegistryName", REGISTRY, "-ResourceGroupName", GROUP, "-ScopeMapId", &scope_map_id];
        console.print(&format!("\n> {} {}\n\n", NEW.name(), words.join(" ")))?;
        let words = [words.as_slice(), &["--output", "table"]].concat().into_iter().map(str::to_owned);
        let mut command = Command::parse(&NEW, &words.collect::<Vec<_>>(), self.environment)?;
        let reached = Reached { client: self.client, route: Route::default() };
        command.run(reached, self.environment, console, &mut Nobody).await?;
        Ok((self.client.get(&address).await?, Was::Made))
    }

    /// Step 3. The password, when one was made.
    async fn ensure_password(&self, place: &RegistryPlace, token: &Token) -> Result<Option<Secret>, Failure> {
        let passwords = token.properties.as_ref().and_then(|it| it.credentials.as_ref()?.passwords.as_deref());
        if !self.options.new_password && passwords.unwrap_or_default().iter().any(is_password1) {
            return Ok(None);
        }
        let request = GenerateCredentials {
            token_id: Some(place.token_id(TOKEN)),
            expiry: None,
            name: Some(PASSWORD.to_owned()),
        };
        let address = place.generate_credentials_address().map_err(ClientError::from)?;
        let generated: GeneratedCredentials = self.client.post(&address, &request).await?;
        match generated.passwords.into_iter().find(is_password1).and_then(|password| password.value) {
            Some(value) => Ok(Some(Secret::new(value))),
            None => {
                Err(Failure::unreachable(format!("The answer to generateCredentials has no value for {PASSWORD}.")))
            }
        }
    }

    async fn ensure<T: Serialize + DeserializeOwned>(
        &self,
        address: &Address,
        body: &T,
    ) -> Result<(T, Was), ClientError> {
        match self.client.find(address).await? {
            Some(found) => Ok((found, Was::There)),
            None => Ok((self.client.put(address, body).await?.ended?, Was::Made)),
        }
    }

    /// The password of a disabled token opens nothing, and the lines to paste would fail without saying why.
    fn about_status(&self, token: &Token) -> String {
        let Some(properties) = token.properties.as_ref().filter(|it| it.status.as_deref() == Some("disabled")) else {
            return String::new();
        };
        let scope_map = properties.scope_map_id.as_deref().map(|id| format!(" -ScopeMapId {}", lines::word(id)));
        format!(
            "{TOKEN} is disabled: nothing opens with it. To enable it, its passwords kept:\n\n    \
             {} {} -Name {TOKEN} -RegistryName {REGISTRY} -ResourceGroupName {GROUP}{} -Status enabled{}\n\n",
            self.program(),
            NEW.name(),
            scope_map.unwrap_or_default(),
            self.data_words(),
        )
    }

    fn about_password(&self, login: &Login<'_>) -> String {
        match login.password {
            Some(password) => format!("{PASSWORD} of {TOKEN}, shown this once:\n\n    {}\n\n", password.reveal()),
            None => format!(
                "{PASSWORD} of {TOKEN} was shown when it was made. To get a new one (the old one stops working), stop this \
                 server and run:\n\n    {} quickstart{} --listen {} --new-password\n\n",
                self.program(),
                self.data_words(),
                self.address,
            ),
        }
    }

    fn program(&self) -> String {
        lines::word(&self.environment.program.to_string_lossy())
    }

    /// The data folder as a word of a command, when it is not the usual one.
    fn data_words(&self) -> String {
        let data = self.options.data.as_deref();
        data.map(|data| format!(" --data {}", lines::word(&data.to_string_lossy()))).unwrap_or_default()
    }
}

fn is_password1(password: &TokenPassword) -> bool {
    password.name.as_deref() == Some(PASSWORD)
}

fn report(console: &mut Console<'_>, kind: &str, name: &str, was: Was, note: &str) -> Result<(), Failure> {
    let was = match was {
        Was::There => "found",
        Was::Made => "made",
    };
    let line = format!("{kind:<15}{name:<9}{was:<7}{note}");
    console.print(&format!("{}\n", line.trim_end()))
}

#[cfg(test)]
mod tests;
