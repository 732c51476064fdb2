//! The admin user of a registry: one user name and two passwords for everything in it, off unless wanted.
//!
//! Its passwords are shown again whenever they are asked for (swagger, Registries_ListCredentials), so they are derived and not
//! stored: see [`model::password::Pepper::derive`].

use crate::credentials::Mint;
use crate::registries::existing;
use crate::{Error, Service, expiry_rule};
use metadata::{Managing, Reading, admin_user};
use model::password::{Password, PasswordName};
use model::registry::Registry;
use model::resource_id::RegistryId;
use model::timestamp::Timestamp;
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
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last signed in with; `None` for never.
    pub last_used_at: Option<Timestamp>,
}

impl Service {
    /// Errors: `SubscriptionMissing`, `ResourceGroupMissing`, `RegistryMissing`, `AdminUserDisabled`.
    ///
    /// Nothing is changed, and yet it is recorded before they are shown, in the way of a change.
    pub async fn list_admin_credentials(&self, id: &RegistryId) -> Result<AdminCredentials, Error> {
        self.check_subscription(&id.group.subscription)?;
        let (asked, mint) = (id.clone(), self.mint());
        let list = move |tx: &Reading<'_>| {
            let registry = existing(tx, &asked)?;
            let admin = enabled(tx, &registry)?;
            credentials(tx, &mint, &registry, admin)
        };
        self.show(list, "both passwords of the admin user").await
    }

    /// Makes one of its passwords anew; the old one stops working at once. Errors: as of listing, and `Invalid` where every credential must
    /// end.
    pub async fn regenerate_admin_password(
        &self,
        id: &RegistryId,
        name: PasswordName,
    ) -> Result<AdminCredentials, Error> {
        self.check_subscription(&id.group.subscription)?;
        let (asked, mint) = (id.clone(), self.mint());
        let regenerate = move |tx: &Managing<'_>| {
            let registry = existing(tx, &asked)?;
            let admin = enabled(tx, &registry)?;
            expiry_rule::check_admin_user(tx, "name")?;
            mint.derive(tx, admin, name)?;
            credentials(tx, &mint, &registry, admin)
        };
        self.manage_saying(regenerate, move |_| Some(format!("{} of the admin user", name.as_str()))).await
    }
}

/// Enables or disables the admin user. One that was disabled keeps its passwords, and gets none of its bearers back. Errors: `Invalid`
/// for enabling it where every credential must end.
pub(crate) fn set_enabled(tx: &Managing<'_>, mint: &Mint, registry: &Registry, wanted: bool) -> Result<(), Error> {
    if registry.admin_user_enabled == wanted {
        return Ok(());
    }
    if wanted {
        expiry_rule::check_admin_user(tx, "properties.adminUserEnabled")?;
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
    let password = |known: admin_user::AdminPassword| AdminPassword {
        name: known.name,
        password: mint.derived(&known.salt),
        created_at: known.created_at,
        last_used_at: known.last_used_at,
    };
    let passwords = admin_user::list_passwords(tx, admin)?.into_iter().map(password).collect();
    Ok(AdminCredentials { username: registry.id.name.to_string(), passwords })
}
