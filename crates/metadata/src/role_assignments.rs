//! Role assignments: who holds which role where.

use crate::principals::read_guid;
use crate::statements::statements;
use crate::{Error, Managing, Reading, Writing, resource_groups, system_data};
use model::arm_name::{RegistryName, SubscriptionId};
use model::guid::Guid;
use model::resource_id::RegistryId;
use model::rights::{ArmScope, Grant};
use model::role::Role;
use model::role_assignment::RoleAssignment;
use rusqlite::{Row, params};

statements! {
    FIND = "SELECT a.*, coalesce(g.name, h.name) AS group_name, r.name AS registry_name, s.value AS subscription
        FROM role_assignments a JOIN settings s ON s.name = 'subscription'
        LEFT JOIN resource_groups g ON g.key = a.resource_group
        LEFT JOIN registries r ON r.key = a.registry LEFT JOIN resource_groups h ON h.key = r.resource_group
        WHERE a.id = $1";
    LIST = "SELECT a.*, coalesce(g.name, h.name) AS group_name, r.name AS registry_name, s.value AS subscription
        FROM role_assignments a JOIN settings s ON s.name = 'subscription'
        LEFT JOIN resource_groups g ON g.key = a.resource_group
        LEFT JOIN registries r ON r.key = a.registry LEFT JOIN resource_groups h ON h.key = r.resource_group
        ORDER BY a.key";
    LIST_OF = "SELECT a.*, coalesce(g.name, h.name) AS group_name, r.name AS registry_name, s.value AS subscription
        FROM role_assignments a JOIN settings s ON s.name = 'subscription'
        LEFT JOIN resource_groups g ON g.key = a.resource_group
        LEFT JOIN registries r ON r.key = a.registry LEFT JOIN resource_groups h ON h.key = r.resource_group
        WHERE a.principal = $1 ORDER BY a.key";
    COUNT = "SELECT count(*) FROM role_assignments";
    ADD = "INSERT INTO role_assignments
            (id, principal, role, created_by, created_by_kind, created_at, resource_group, registry)
        SELECT $1, $2, $3, $4, $5, $6,
            (SELECT key FROM resource_groups WHERE name_key = $7), (SELECT key FROM registries WHERE name_key = $8)
        WHERE ($7 IS NULL OR EXISTS (SELECT 1 FROM resource_groups WHERE name_key = $7))
            AND ($8 IS NULL OR EXISTS (SELECT 1 FROM registries WHERE name_key = $8))";
    DELETE = "DELETE FROM role_assignments WHERE id = $1";
    DELETE_OF = "DELETE FROM role_assignments WHERE principal = $1";
}

/// The assignment of that name.
pub fn find(tx: &Reading<'_>, id: &Guid) -> Result<Option<RoleAssignment>, Error> {
    tx.find(FIND, [id.as_str()], read)
}

/// All assignments, the oldest first.
pub fn list(tx: &Reading<'_>) -> Result<Vec<RoleAssignment>, Error> {
    tx.list(LIST, [], read)
}

/// Those of one principal, the oldest first.
pub fn list_of(tx: &Reading<'_>, principal: &str) -> Result<Vec<RoleAssignment>, Error> {
    tx.list(LIST_OF, [principal], read)
}

/// How many assignments there are.
pub fn count(tx: &Reading<'_>) -> Result<u64, Error> {
    tx.get(COUNT, [], |row| Ok(row.get(0)?))
}

/// Adds an assignment. Its name must be new, its group or registry must be there, and its principal must not hold that role there.
pub fn add(tx: &Writing<'_>, assignment: &RoleAssignment) -> Result<(), Error> {
    let (group, registry) = match &assignment.grant.scope {
        ArmScope::Subscription(_) => (None, None),
        ArmScope::ResourceGroup(group) => (Some(group.name.key()), None),
        ArmScope::Registry(registry) => (None, Some(registry.name.key())),
    };
    let values = params![
        assignment.id.as_str(),
        assignment.principal,
        assignment.grant.role.as_str(),
        assignment.created_by.name,
        system_data::kind(&assignment.created_by),
        assignment.created_at.as_micros(),
        group,
        registry,
    ];
    // A scope that is not there must not become a wider one.
    match tx.execute(ADD, values)? {
        0 => Err(Error::corrupt("the scope of a role assignment is not there")),
        _ => Ok(()),
    }
}

/// Deletes an assignment; `false` when there was none.
pub fn delete(tx: &Managing<'_>, id: &Guid) -> Result<bool, Error> {
    Ok(tx.execute(DELETE, [id.as_str()])? > 0)
}

/// Deletes all of one principal.
pub fn delete_of(tx: &Managing<'_>, principal: &str) -> Result<(), Error> {
    tx.execute(DELETE_OF, [principal]).map(drop)
}

fn read(row: &Row<'_>) -> Result<RoleAssignment, Error> {
    let role: String = row.get("role")?;
    let role = Role::parse(&role).ok_or_else(|| Error::corrupt(format_args!("'{role}' is not a role")))?;
    Ok(RoleAssignment {
        id: read_guid(row, "id")?,
        principal: row.get("principal")?,
        grant: Grant { role, scope: read_scope(row)? },
        created_by: system_data::caller(row.get("created_by")?, row.get_ref("created_by_kind")?.as_str())?,
        created_at: system_data::timestamp(row, "created_at")?,
    })
}

fn read_scope(row: &Row<'_>) -> Result<ArmScope, Error> {
    let (group, registry): (Option<i64>, Option<i64>) = (row.get("resource_group")?, row.get("registry")?);
    if group.is_none() && registry.is_none() {
        let subscription: String = row.get("subscription")?;
        return Ok(ArmScope::Subscription(SubscriptionId::parse(&subscription).map_err(Error::corrupt)?));
    }
    let group = resource_groups::read_id(row, "group_name")?;
    Ok(match row.get::<_, Option<String>>("registry_name")? {
        None => ArmScope::ResourceGroup(group),
        Some(name) => {
            ArmScope::Registry(RegistryId { group, name: RegistryName::parse(&name).map_err(Error::corrupt)? })
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Stay, Store, connection, settings};
    use model::caller::{Caller, CallerKind};
    use model::timestamp::Timestamp;

    const SUBSCRIPTION: &str = "9e223dbe-3399-4e19-88eb-0975f02ac87f";

    fn reader_of_a_registry() -> RoleAssignment {
        let registry = format!(
            "/subscriptions/{SUBSCRIPTION}/resourceGroups/lnxtest/providers/Microsoft.ContainerRegistry/registries/lnxcr"
        );
        RoleAssignment {
            id: Guid::parse(SUBSCRIPTION).expect("a GUID"),
            principal: "ci".to_owned(),
            grant: Grant { role: Role::Reader, scope: ArmScope::parse(&registry).expect("a scope") },
            created_by: Caller { name: "ann".to_owned(), kind: CallerKind::User },
            created_at: Timestamp::from_micros(0),
        }
    }

    /// Neither group nor registry means everything, so what is missing must not look like that.
    #[tokio::test]
    async fn a_scope_that_is_missing_is_never_a_wider_one() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("metadata.sqlite3");
        let store = Store::open(&path, Stay::Lasting)?;
        store.write(|tx| settings::add(tx, settings::SUBSCRIPTION, SUBSCRIPTION)).await?;
        assert!(store.write(|tx| add(tx, &reader_of_a_registry())).await.is_err());
        assert_eq!(store.read(count).await?, 0);

        let db = connection::open(&path, Stay::Lasting)?;
        db.pragma_update(None, "foreign_keys", false)?;
        db.execute(
            "INSERT INTO role_assignments (id, principal, role, registry, created_by, created_by_kind, created_at)
                VALUES ($1, 'ci', 'Reader', 99, 'ann', 'user', 0)",
            [SUBSCRIPTION],
        )?;
        assert!(store.read(|tx| list_of(tx, "ci")).await.is_err());
        Ok(())
    }
}
