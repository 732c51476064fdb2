//! The site of these benchmarks: a registry on an empty data folder.

use model::arm_name::{RegistryName, ResourceGroupName};
use model::caller::{Caller, CallerKind};
use model::registry::Sku;
use model::resource_id::{RegistryId, ResourceGroupId};
use model::retention::UntaggedChange;
use service::{
    AuditSettings, ExpirySetting, Manager, Options, RegistrySpec, ResourceGroupSpec, Service, Stay, SystemClock,
    SystemRandom,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

pub(crate) async fn open(data: &Path) -> Outcome<(Service, RegistryId)> {
    let options = Options {
        data: data.to_owned(),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        trust: None,
        stay: Stay::Lasting,
        expiry: ExpirySetting::Kept,
        audit: AuditSettings::default(),
    };
    let (service, _) = Service::open(options).await?;
    let group =
        ResourceGroupId { subscription: service.subscription().clone(), name: ResourceGroupName::parse("bench")? };
    let spec = ResourceGroupSpec { location: "local".to_owned(), labels: BTreeMap::new() };
    service.put_resource_group(&group, spec).await?;
    let registry = RegistryId { group, name: RegistryName::parse("bench")? };
    let spec = RegistrySpec {
        location: "local".to_owned(),
        sku: Sku::Premium,
        labels: BTreeMap::new(),
        admin_user_enabled: None,
        anonymous_pull_enabled: None,
        untagged: UntaggedChange::default(),
    };
    service.put_registry(&caller(), &registry, spec).await?;
    Ok((service, registry))
}

pub(crate) fn manager() -> Manager {
    Manager::owner_of_the_data(caller())
}

fn caller() -> Caller {
    Caller { name: "bench".to_owned(), kind: CallerKind::User }
}
