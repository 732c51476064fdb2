//! `systemData`, as tokens and registries have it.

use model::caller::{Caller, CallerKind, SystemData};
use model::timestamp::Timestamp;
use wire::arm;

/// The shape of it.
pub(super) fn of(data: &SystemData) -> arm::SystemData {
    arm::SystemData {
        created_by: Some(data.created_by.name.clone()),
        created_by_type: Some(kind(&data.created_by)),
        created_at: Some(data.created_at.to_string()),
        last_modified_by: Some(data.modified_by.name.clone()),
        last_modified_by_type: Some(kind(&data.modified_by)),
        last_modified_at: Some(data.modified_at.to_string()),
    }
}

/// A time with `Z`, as a registry's `creationDate` and the generic list of resources have it (management-api.md, section 2).
pub(super) fn with_z(time: Timestamp) -> String {
    time.to_string().replace("+00:00", "Z")
}

fn kind(caller: &Caller) -> String {
    match caller.kind {
        CallerKind::User => "User",
        CallerKind::Application => "Application",
    }
    .to_owned()
}
