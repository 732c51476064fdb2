//! How much of its limits a registry uses.

use super::Context;
use super::answer::{Outcome, json};
use http::StatusCode;
use model::resource_id::RegistryId;
use service::limits::{Limit, SCOPE_MAPS, TOKENS};
use wire::arm::List;
use wire::arm::registries::Usage;

/// What has no limit (recorded for geo-replications of a Premium registry).
const UNLIMITED: i64 = -1;

/// What this service does not have: none can be made.
const NOT_SERVED: [&str; 5] = ["Webhooks", "Geo-replications", "IPRules", "VNetRules", "PrivateEndpointConnections"];

/// `GET …/listUsages`, in the recorded order. The limits are those of this service, not of the registry's tier.
pub(super) async fn list(context: &Context, id: &RegistryId) -> Outcome {
    let used = context.service.registry_usage(id).await?;
    let mut usages = vec![usage("Size", UNLIMITED, used.size_bytes, "Bytes")];
    usages.extend(NOT_SERVED.map(|name| usage(name, 0, 0, "Count")));
    usages.push(usage("ScopeMaps", max(SCOPE_MAPS), used.scope_maps, "Count"));
    usages.push(usage("Tokens", max(TOKENS), used.tokens, "Count"));
    json(StatusCode::OK, &List::whole(usages))
}

fn usage(name: &str, limit: i64, used: u64, unit: &str) -> Usage {
    Usage { name: name.to_owned(), limit, current_value: signed(used), unit: unit.to_owned() }
}

fn max(limit: Limit) -> i64 {
    signed(limit.max)
}

/// The swagger's type is `int64`.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
