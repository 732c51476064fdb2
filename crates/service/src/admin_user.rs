//! The admin user of a registry: one user name and two passwords for everything in it, off unless wanted.
//!
//! Its passwords are shown again whenever they are asked for (swagger, Registries_ListCredentials), so they are derived and not
//! stored: see [`model::password::Pepper::derive`].

use crate::credentials::Mint;
use crate::managers::Manager;
use crate::registries::existing;
use crate::{Error, Service};
use metadata::{Managing, Reading, admin_user};
use model::password::{Password, PasswordName};
use model::registry::Registry;
use model::resource_id::RegistryId;
use model::token::{TokenKey, TokenStatus};

/// What the admin user signs in with.
#[derive(Debug, Clone)]
pub struct AdminCredentials {
    /// The registry's name, as it was made.
    pub username: String,
    /// Both, in order.
    pub passwords: Vec<AdminPassword>,
}

/// One of its two passwords, either of which will do.
#[derive(Debug, Clone)]
pub struct AdminPassword {
    /// Which one.
    pub name: PasswordName,
    /// Its value.
    pub password: Password,
}

impl Service {
    /// Errors: `SubscriptionMissing`, `ResourceGroupMissing`, `RegistryMissing`, `AdminUserDisabled`.
    pub async fn list_admin_credentials(&self, manager: &Manager, id: &RegistryId) -> Result<AdminCredentials, Error> {
        self.check_subscription(&id.group.subscription)?;
        let (asked, mint) = (id.clone(), self.mint());
        let listed = self.inner.metadata.read(move |tx| {
            let registry = existing(tx, &asked)?;
            let admin = enabled(tx, &registry)?;
            credentials(tx, &mint, &registry, admin)
        });
        let credentials = listed.await?;
        tracing::info!(
            target: "audit", registry = %id.name, principal = manager.principal,
            "{} was shown the passwords of the admin user of {}", manager.principal, id.name
        );
        Ok(credentials)
    }

    /// Makes one of its passwords anew; the old one stops working at once. Errors: as of listing.
    pub async fn regenerate_admin_password(
        &self,
        manager: &Manager,
        id: &RegistryId,
        name: PasswordName,
    ) -> Result<AdminCredentials, Error> {
        self.check_subscription(&id.group.subscription)?;
        let (asked, mint) = (id.clone(), self.mint());
        let regenerated = self.manage(move |tx| {
            let registry = existing(tx, &asked)?;
            let admin = enabled(tx, &registry)?;
            mint.derive(tx, admin, name)?;
            credentials(tx, &mint, &registry, admin)
        });
        let credentials = regenerated.await?;
        tracing::info!(
            target: "audit", registry = %id.name, principal = manager.principal, password = name.as_str(),
            "{} regenerated a password of the admin user of {}", manager.principal, id.name
        );
        Ok(credentials)
    }
}

/// Enables or disables the admin user. One that was disabled keeps its passwords, and gets none of its bearers back.
pub(crate) fn set_enabled(tx: &Managing<'_>, mint: &Mint, registry: &Registry, wanted: bool) -> Result<(), Error> {
    if registry.admin_user_enabled == wanted {
        return Ok(());
    }
    let admin = match admin_user::find(tx, registry.key)? {
        Some(admin) => admin,
        None => {
            let admin = admin_user::add(tx, registry.key, mint.now())?;
            for name in PasswordName::ALL {
                mint.derive(tx, admin, name)?;
            }
            admin
        }
    };
    let status = if wanted { TokenStatus::Enabled } else { TokenStatus::Disabled };
    Ok(admin_user::set_status(tx, admin, status)?)
}

fn enabled(tx: &Reading<'_>, registry: &Registry) -> Result<TokenKey, Error> {
    let admin = admin_user::find(tx, registry.key)?.filter(|_| registry.admin_user_enabled);
    admin.ok_or_else(|| Error::AdminUserDisabled(registry.id.clone()))
}

fn credentials(tx: &Reading<'_>, mint: &Mint, registry: &Registry, admin: TokenKey) -> Result<AdminCredentials, Error> {
    let password = |(name, salt)| AdminPassword { name, password: mint.derived(&salt) };
    let passwords = admin_user::salts(tx, admin)?.into_iter().map(password).collect();
    Ok(AdminCredentials { username: registry.id.name.to_string(), passwords })
}
