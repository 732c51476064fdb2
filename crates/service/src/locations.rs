//! Locations: any name is one, so what is known of them is where groups and registries say they are.

use crate::{Error, Service, limits};
use model::arm_name::SubscriptionId;

impl Service {
    /// Those in use, in the order of their names. Errors: `SubscriptionMissing`.
    pub async fn list_locations(&self, subscription: &SubscriptionId) -> Result<Vec<String>, Error> {
        self.check_subscription(subscription)?;
        let listed = self.inner.metadata.read(|tx| metadata::locations::list(tx, limits::LOCATIONS_LISTED));
        Ok(listed.await?)
    }
}
