//! `portcullis registry`.

use super::Run;
use super::scope_maps::one_or_all;
use super::show::{Table, flat, time};
use super::words::{AdminVerb, NamedRegistry, RegistryVerb};
use crate::client::address::{Address, RegistryPlace};
use crate::failure::Failure;
use serde_json::{Value, json};
use wire::arm::List;
use wire::arm::credentials::{RegenerateCredential, RegistryCredentials};
use wire::arm::registries::{NameCheck, NameStatus, RESOURCE_TYPE, Registry, Sku, Usage};
use wire::arm::resource_groups::ResourceGroup;

/// Where a new resource group says it is, when nothing else is said.
const LOCATION: &str = "local";

impl Run<'_, '_> {
    pub(super) async fn registry(&mut self, verb: &RegistryVerb) -> Result<(), Failure> {
        match verb {
            RegistryVerb::Create { name, resource_group, sku, location, admin_enabled } => {
                let place = RegistryPlace {
                    subscription_id: self.subscription().await?,
                    resource_group: resource_group.clone(),
                    registry: name.clone(),
                };
                let location = self.ensure_group(&place, location.as_deref()).await?;
                let body = Registry { location: Some(location), ..body(Some(sku), *admin_enabled) };
                let made = self.client.put(&place.registry_address()?, &body).await?.ended?;
                self.show_registries(&[made], true)
            }
            RegistryVerb::Show { registry } => {
                let address = self.registry_address(registry).await?;
                let found = self.client.get(&address).await?;
                self.show_registries(&[found], true)
            }
            RegistryVerb::List { resource_group } => {
                let subscription_id = self.subscription().await?;
                let address = match resource_group {
                    Some(group) => {
                        let resource_group = group.clone();
                        RegistryPlace { subscription_id, resource_group, registry: String::new() }
                            .registries_of_group_address()?
                    }
                    None => Address::registries(&subscription_id)?,
                };
                let all: Vec<Registry> = self.client.list(&address).await?;
                self.show_registries(&all, false)
            }
            RegistryVerb::Update { registry, sku, admin_enabled } => {
                let address = self.registry_address(registry).await?;
                let changed = self.client.patch(&address, &body(sku.as_deref(), *admin_enabled)).await?.ended?;
                self.show_registries(&[changed], true)
            }
            RegistryVerb::Delete { registry, yes } => {
                let place = self.place(&registry.place()).await?;
                let question = format!("Are you sure you want to delete the registry '{}'?", place.registry);
                self.confirm(*yes, &question)?;
                self.client.delete(&place.registry_address()?).await?;
                Ok(())
            }
            RegistryVerb::CheckName { name } => self.check_name(name).await,
            RegistryVerb::ShowUsage { registry } => self.show_usage(registry).await,
            RegistryVerb::Credential(AdminVerb::Show { registry }) => {
                let place = self.place(&registry.place()).await?;
                let answer = self.client.post_nothing(&place.children_address("listCredentials")?).await?;
                self.show_admin(&answer)
            }
            RegistryVerb::Credential(AdminVerb::Renew { registry, password_name }) => {
                let place = self.place(&registry.place()).await?;
                let request = RegenerateCredential { name: Some(password_name.clone()) };
                let answer = self.client.post(&place.children_address("regenerateCredential")?, &request).await?;
                self.show_admin(&answer)
            }
        }
    }

    /// The location of the resource group, which is made when it is not there (ours: az wants it to be).
    async fn ensure_group(&self, place: &RegistryPlace, location: Option<&str>) -> Result<String, Failure> {
        let address = place.group_address()?;
        let found: Option<ResourceGroup> = self.client.find(&address).await?;
        let group = match found {
            Some(group) => group,
            None => {
                let location = location.unwrap_or(LOCATION).to_owned();
                let group = ResourceGroup { location: Some(location), ..ResourceGroup::default() };
                self.client.put(&address, &group).await?.ended?
            }
        };
        Ok(location.map(str::to_owned).or(group.location).unwrap_or_else(|| LOCATION.to_owned()))
    }

    async fn registry_address(&self, registry: &NamedRegistry) -> Result<Address, Failure> {
        Ok(self.place(&registry.place()).await?.registry_address()?)
    }

    async fn check_name(&mut self, name: &str) -> Result<(), Failure> {
        let address = Address::name_check(&self.subscription().await?)?;
        let check = NameCheck { name: Some(name.to_owned()), resource_type: Some(RESOURCE_TYPE.to_owned()) };
        let NameStatus { name_available, reason, message } = self.client.post(&address, &check).await?;
        let row =
            vec![name_available.to_string(), reason.clone().unwrap_or_default(), message.clone().unwrap_or_default()];
        let table = Table { headings: &["AVAILABLE", "REASON", "MESSAGE"], rows: vec![row] };
        self.show(&json!({ "message": message, "nameAvailable": name_available, "reason": reason }), &table)
    }

    async fn show_usage(&mut self, registry: &NamedRegistry) -> Result<(), Failure> {
        let place = self.place(&registry.place()).await?;
        let List::<Usage> { value, .. } = self.client.get(&place.children_address("listUsages")?).await?;
        let row = |usage: &Usage| {
            vec![usage.name.clone(), usage.limit.to_string(), usage.current_value.to_string(), usage.unit.clone()]
        };
        let table =
            Table { headings: &["NAME", "LIMIT", "CURRENT VALUE", "UNIT"], rows: value.iter().map(row).collect() };
        let values = value.iter().map(flat).collect::<Result<Vec<_>, _>>()?;
        self.show(&json!({ "value": values }), &table)
    }

    fn show_admin(&mut self, answer: &RegistryCredentials) -> Result<(), Failure> {
        let value = |name: &str| {
            answer.passwords.iter().find(|it| it.name == name).map(|it| it.value.clone()).unwrap_or_default()
        };
        let row = vec![answer.username.clone(), value("password"), value("password2")];
        let table = Table { headings: &["USERNAME", "PASSWORD", "PASSWORD2"], rows: vec![row] };
        self.show(&flat(answer)?, &table)
    }

    fn show_registries(&mut self, registries: &[Registry], one: bool) -> Result<(), Failure> {
        let values = registries.iter().map(flat).collect::<Result<Vec<_>, _>>()?;
        let row = |value: &Value| {
            let text = |path: &str| match value.pointer(path) {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Bool(value)) => if *value { "True" } else { "False" }.to_owned(),
                _ => String::new(),
            };
            let created = time(Some(&text("/creationDate")));
            let [name, group, location, sku] = ["/name", "/resourceGroup", "/location", "/sku/name"].map(text);
            vec![name, group, location, sku, text("/loginServer"), created, text("/adminUserEnabled")]
        };
        let table = Table {
            headings: &["NAME", "RESOURCE GROUP", "LOCATION", "SKU", "LOGIN SERVER", "CREATION DATE", "ADMIN ENABLED"],
            rows: values.iter().map(row).collect(),
        };
        self.show(&one_or_all(values, one), &table)
    }
}

fn body(sku: Option<&str>, admin_enabled: Option<bool>) -> Registry {
    let mut properties = json!({});
    if let Some(enabled) = admin_enabled {
        properties["adminUserEnabled"] = json!(enabled);
    }
    Registry {
        sku: sku.map(|name| Sku { name: Some(name.to_owned()), tier: None }),
        properties: Some(properties),
        ..Registry::default()
    }
}
