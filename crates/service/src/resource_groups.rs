//! Resource groups, and the one subscription that holds them.

use crate::{Error, Service, Written, limits};
use metadata::{Reading, Writing};
use model::arm_name::{ResourceGroupName, SubscriptionId};
use model::listing::{Cursor, Listed};
use model::resource_group::ResourceGroup;
use model::resource_id::ResourceGroupId;
use std::collections::BTreeMap;

/// What a PUT of a resource group asks for.
#[derive(Debug, Clone)]
pub struct ResourceGroupSpec {
    /// Where it says it is.
    pub location: String,
    /// Tags of the management plane.
    pub labels: BTreeMap<String, String>,
}

impl Service {
    /// The tenant of this site, a GUID made at first start.
    pub fn tenant(&self) -> &str {
        &self.inner.site.tenant
    }

    /// The subscription of this site, made at first start.
    pub fn subscription(&self) -> &SubscriptionId {
        &self.inner.site.subscription
    }

    /// Makes or changes a resource group. Errors: `SubscriptionMissing`, `Invalid` when the location would change.
    pub async fn put_resource_group(
        &self,
        id: &ResourceGroupId,
        spec: ResourceGroupSpec,
    ) -> Result<(ResourceGroup, Written), Error> {
        self.check_subscription(&id.subscription)?;
        let id = ResourceGroupId { subscription: self.subscription().clone(), name: id.name.clone() };
        let put = move |tx: &Writing<'_>| {
            let Some(found) = metadata::resource_groups::find(tx, &id.name)? else {
                let group = ResourceGroup { id, location: spec.location, labels: spec.labels };
                metadata::resource_groups::add(tx, &group)?;
                return Ok((group, Written::Created));
            };
            check_location(&found.location, &spec.location)?;
            metadata::resource_groups::set_labels(tx, &found.id.name, &spec.labels)?;
            Ok((ResourceGroup { labels: spec.labels, ..found }, Written::Updated))
        };
        self.change(put, |_| None).await
    }

    /// Gives a resource group these labels and no others; `None` keeps those that it has. Errors: `SubscriptionMissing`,
    /// `ResourceGroupMissing`.
    pub async fn update_resource_group(
        &self,
        id: &ResourceGroupId,
        labels: Option<BTreeMap<String, String>>,
    ) -> Result<ResourceGroup, Error> {
        self.check_subscription(&id.subscription)?;
        let name = id.name.clone();
        let update = move |tx: &Writing<'_>| {
            let found = group_of(tx, &name)?;
            let Some(labels) = labels else { return Ok(found) };
            metadata::resource_groups::set_labels(tx, &name, &labels)?;
            Ok(ResourceGroup { labels, ..found })
        };
        self.change(update, |_| None).await
    }

    /// Errors: `SubscriptionMissing`, `ResourceGroupMissing`.
    pub async fn get_resource_group(&self, id: &ResourceGroupId) -> Result<ResourceGroup, Error> {
        self.check_subscription(&id.subscription)?;
        let name = id.name.clone();
        self.inner.metadata.read(move |tx| group_of(tx, &name)).await
    }

    /// In the order in which they were made. Errors: `SubscriptionMissing`.
    pub async fn list_resource_groups(
        &self,
        subscription: &SubscriptionId,
        after: Cursor,
    ) -> Result<Listed<(Cursor, ResourceGroup)>, Error> {
        self.check_subscription(subscription)?;
        let list = move |tx: &Reading<'_>| metadata::resource_groups::list(tx, after, limits::RESOURCE_PAGE_ITEMS);
        Ok(self.inner.metadata.read(list).await?)
    }

    /// Deletes a resource group with every registry in it; `false` when there was none. Errors: `SubscriptionMissing`.
    pub async fn delete_resource_group(&self, id: &ResourceGroupId) -> Result<bool, Error> {
        self.check_subscription(&id.subscription)?;
        let name = id.name.clone();
        self.manage(move |tx| Ok(metadata::resource_groups::delete(tx, &name)?)).await
    }

    /// Errors: `SubscriptionMissing`.
    pub(crate) fn check_subscription(&self, given: &SubscriptionId) -> Result<(), Error> {
        if given == self.subscription() { Ok(()) } else { Err(Error::SubscriptionMissing(given.clone())) }
    }
}

/// The group of that name. Errors: `ResourceGroupMissing`.
pub(crate) fn group_of(tx: &Reading<'_>, name: &ResourceGroupName) -> Result<ResourceGroup, Error> {
    metadata::resource_groups::find(tx, name)?.ok_or_else(|| Error::ResourceGroupMissing(name.clone()))
}

/// Refuses another location than the present one. `West US` is `westus`, as in Azure Resource Manager.
pub(crate) fn check_location(present: &str, given: &str) -> Result<(), Error> {
    let normal = |location: &str| location.replace(' ', "").to_ascii_lowercase();
    if normal(present) == normal(given) {
        return Ok(());
    }
    Err(Error::invalid(
        "location",
        format!("it is '{present}' and cannot change to '{given}'; leave it, or delete and make anew"),
    ))
}
