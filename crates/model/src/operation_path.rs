//! Where the end of a long-running operation of the management plane can be seen: the paths that `Azure-AsyncOperation` and
//! `Location` name. (What a data-plane request wants is in `operation.rs`.)

use crate::arm_name::SubscriptionId;
use crate::resource_id::PROVIDER;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// Such a path. One id serves several operations, each under a path of its own: azure-cli reuses its request id for a whole command
/// (management-api.md, 0.5).
#[derive(Debug, Clone)]
pub struct OperationPath(String);

impl OperationPath {
    /// `<resource>/operationStatuses/<operation>`
    pub fn status(resource: &impl fmt::Display, operation: &str) -> Self {
        Self(format!("{resource}/operationStatuses/{operation}"))
    }

    /// `/subscriptions/…/locations/<LOCATION>/operationResults/<operation>`: of a delete, after which there is no resource to name.
    pub fn result(subscription: &SubscriptionId, location: &str, operation: &str) -> Self {
        let location = location.to_ascii_uppercase();
        Self(format!(
            "/subscriptions/{subscription}/providers/{PROVIDER}/locations/{location}/operationResults/{operation}"
        ))
    }

    /// What it is stored and compared under: the SHA-256 of its lower-case form, so that a record is as small for long names.
    pub fn key(&self) -> [u8; 32] {
        Sha256::digest(self.0.to_ascii_lowercase()).into()
    }
}

impl fmt::Display for OperationPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBSCRIPTION: &str = "9e223dbe-3399-4e19-88eb-0975f02ac87f";

    #[test]
    fn the_recorded_forms() -> Result<(), Box<dyn std::error::Error>> {
        let result = OperationPath::result(&SubscriptionId::parse(SUBSCRIPTION)?, "eastus", "token-1");
        assert_eq!(
            result.to_string(),
            format!(
                "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ContainerRegistry/locations/EASTUS/operationResults/token-1"
            )
        );
        let status = OperationPath::status(&"/r/tokens/token2", "token-1");
        assert_eq!(status.to_string(), "/r/tokens/token2/operationStatuses/token-1");
        Ok(())
    }

    #[test]
    fn keys_have_no_case_and_tell_resources_apart() {
        let key = |resource: &str, operation: &str| OperationPath::status(&resource, operation).key();
        assert_eq!(key("/r/tokens/Token2", "token-A"), key("/R/TOKENS/token2", "token-a"));
        assert_ne!(key("/r/tokens/token2", "token-a"), key("/r/tokens/token3", "token-a"));
        assert_ne!(key("/r/tokens/token2", "token-a"), key("/r/tokens/token2", "token-b"));
    }
}
