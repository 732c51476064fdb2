//! What the first start decides for good: the tenant, the subscription, and the service principal that manages over the network.

use crate::private_files;
use crate::random::{self, Random};
use crate::{Error, FirstStart, audit, principals};
use metadata::{Reading, role_assignments, settings};
use model::arm_name::SubscriptionId;
use model::audit::actions;
use model::caller::{Caller, CallerKind};
use model::expiry_rule::ExpiryRule;
use model::guid::Guid;
use model::password::{Password, PasswordHash, Pepper};
use model::principal::{PrincipalName, PrincipalSecret, ServicePrincipal};
use model::rights::{ArmScope, Grant};
use model::role::Role;
use model::role_assignment::RoleAssignment;
use model::timestamp::Timestamp;
use serde::Serialize;
use std::path::{Path, PathBuf};

const SECRET_FILE: &str = "service-principal.json";
/// What the first principal is called, the same as of one that was made before principals had names.
const PRINCIPAL_NAME: &str = "first-start";

/// What a site is named by.
pub(crate) struct Site {
    /// A GUID.
    pub(crate) tenant: String,
    /// The one subscription.
    pub(crate) subscription: SubscriptionId,
}

impl Site {
    /// What was decided; `None` before the first start.
    pub(crate) fn find(tx: &Reading<'_>) -> Result<Option<Self>, Error> {
        let tenant = settings::find(tx, settings::TENANT)?;
        let subscription = settings::find(tx, settings::SUBSCRIPTION)?;
        let (Some(tenant), Some(subscription)) = (tenant, subscription) else { return Ok(None) };
        let subscription = SubscriptionId::parse(&subscription).map_err(Error::internal)?;
        Ok(Some(Self { tenant, subscription }))
    }
}

/// What a first start made up and has yet to keep.
pub(crate) struct Draft {
    site: Site,
    principal: ServicePrincipal,
    assignment: RoleAssignment,
    secret: Password,
    secret_ends_at: Option<Timestamp>,
    secret_file: PathBuf,
}

/// What `service-principal.json` holds: the names that Azure's clients ask for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SecretFile<'a> {
    tenant_id: &'a str,
    client_id: &'a str,
    client_secret: &'a str,
}

impl Draft {
    /// Makes up tenant, subscription and principal, which owns the subscription. Its secret lasts as long as the rule allows.
    pub(crate) fn new(
        data: &Path,
        pepper: &Pepper,
        random: &dyn Random,
        (now, rule): (Timestamp, Option<ExpiryRule>),
    ) -> Result<Self, Error> {
        let guid = || Guid::parse(&random::guid(random)).map_err(Error::internal);
        let tenant = random::guid(random);
        let subscription = SubscriptionId::parse(&random::guid(random)).map_err(Error::internal)?;
        let value = random::password(random);
        let hash = PasswordHash::of(pepper, &value);
        let expires_at = rule.map(|rule| rule.latest(now));
        let secret = PrincipalSecret { id: guid()?, created_at: now, expires_at, last_used_at: None, hash };
        let principal = ServicePrincipal {
            name: PrincipalName::parse(PRINCIPAL_NAME).map_err(Error::internal)?,
            client_id: guid()?,
            object_id: guid()?,
            created_at: now,
            secrets: vec![secret],
        };
        let object_id = principal.object_id.to_string();
        let assignment = RoleAssignment {
            id: guid()?,
            principal: object_id.clone(),
            grant: Grant { role: Role::Owner, scope: ArmScope::Subscription(subscription.clone()) },
            created_by: Caller { name: object_id, kind: CallerKind::Application },
            created_at: now,
        };
        let secret_file = data.join(SECRET_FILE);
        let site = Site { tenant, subscription };
        Ok(Self { site, principal, assignment, secret: value, secret_ends_at: expires_at, secret_file })
    }

    /// Writes the secret's file. Its place in the order is before [`Draft::keep`]: a crash in between leaves a file that opens
    /// nothing and that the next start replaces, never a principal whose secret nobody knows.
    pub(crate) fn write_secret_file(&self) -> std::io::Result<()> {
        let content = SecretFile {
            tenant_id: &self.site.tenant,
            client_id: self.principal.client_id.as_str(),
            client_secret: self.secret.reveal(),
        };
        let mut text = zeroize::Zeroizing::new(serde_json::to_string_pretty(&content)?);
        text.push('\n');
        private_files::write(&self.secret_file, text.as_bytes())
    }

    /// Keeps what was made up, in one transaction.
    pub(crate) async fn keep(self, metadata: &metadata::Store) -> Result<(Site, FirstStart), Error> {
        let Self { site, principal, assignment, secret, secret_ends_at, secret_file } = self;
        let first = FirstStart {
            tenant: site.tenant.clone(),
            client_id: principal.client_id.to_string(),
            client_secret: secret,
            client_secret_ends_at: secret_ends_at,
            secret_file,
        };
        let kept = metadata.write(move |tx| {
            settings::add(tx, settings::TENANT, &site.tenant)?;
            settings::add(tx, settings::SUBSCRIPTION, site.subscription.as_str())?;
            metadata::principals::add(tx, &principal)?;
            role_assignments::add(tx, &assignment)?;
            let did = format!("{} made, an owner of the subscription", principals::called(&principal));
            audit::add_own(tx, actions::FIRST_START, did, principal.created_at)?;
            Ok::<_, Error>(site)
        });
        Ok((kept.await?, first))
    }
}
