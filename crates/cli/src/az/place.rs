//! Which registry is meant: by its name and group, else by looking it up, as az does.

use super::Run;
use super::words::InRegistry;
use crate::client::address::{Address, RegistryPlace};
use crate::cmdlets::call::parse_id;
use crate::failure::Failure;
use wire::arm::registries::Registry;

impl Run<'_, '_> {
    /// `--subscription`, else the context's, else the only one there is.
    pub(super) async fn subscription(&self) -> Result<String, Failure> {
        match self.common.subscription.as_ref().or(self.subscription_id.as_ref()) {
            Some(id) => Ok(id.clone()),
            None => Ok(self.client.only_subscription().await?),
        }
    }

    /// The login server of a registry, as the management API tells it. `Err` inside when that is no host: it becomes part of requests, of
    /// lines for a shell and of files of variables.
    pub(super) async fn login_server(&self, place: &RegistryPlace) -> Result<Result<String, Failure>, Failure> {
        let registry: Registry = self.client.get(&place.registry_address()?).await?;
        let server = registry.properties.as_ref().and_then(|properties| properties.get("loginServer")?.as_str());
        let fits = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
        let server = server.filter(|server| !server.is_empty() && server.chars().all(fits)).map(str::to_owned);
        Ok(server
            .ok_or_else(|| Failure::unreachable("The registry does not say its login server, or one that is no host.")))
    }

    /// The registry that the options mean. A login server's name ends at its first dot.
    ///
    /// Errors: no registry has the name, or none was named and there is not exactly one.
    pub(super) async fn place(&self, given: &InRegistry) -> Result<RegistryPlace, Failure> {
        let name = given.registry.as_deref().map(|name| name.split(['.', ':']).next().unwrap_or(name));
        let subscription_id = self.subscription().await?;
        if let (Some(name), Some(group)) = (name, &given.resource_group) {
            return Ok(RegistryPlace { subscription_id, resource_group: group.clone(), registry: name.to_owned() });
        }
        let all: Vec<Registry> = self.client.list(&Address::registries(&subscription_id)?).await?;
        let mut places: Vec<RegistryPlace> = all
            .iter()
            .filter_map(|registry| Some(parse_id(registry.id.as_deref()?, None)?.place))
            .filter(|place| name.is_none_or(|name| place.registry.eq_ignore_ascii_case(name)))
            .filter(|place| {
                given.resource_group.as_ref().is_none_or(|group| place.resource_group.eq_ignore_ascii_case(group))
            })
            .collect();
        match (places.pop(), places.len(), name) {
            (Some(only), 0, _) => Ok(only),
            (None, _, Some(name)) => Err(Failure::refused(format!(
                "The resource with name '{name}' and type 'Microsoft.ContainerRegistry/registries' could not be found in subscription \
                 '{subscription_id}'."
            ))),
            (None, _, None) => {
                Err(Failure::usage("There is no registry.")
                    .hint("Make one: portcullis registry create -n NAME -g GROUP"))
            }
            (Some(_), _, _) => {
                Err(Failure::usage(format!("There are {} registries. Name one with --registry.", places.len() + 1)))
            }
        }
    }
}
