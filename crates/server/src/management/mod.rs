//! The management API: Azure Resource Manager's protocol for resource groups, registries, scope maps and tokens.
//!
//! One request: 1. who calls ([`principal`]), 2. which version ([`api_version`]), 3. which resource ([`route`]), 4. whether the
//! caller may ([`authorization`]), 5. the body ([`body`]), 6. the use case (one file a noun), 7. every error through [`errors`], 8. the
//! headers of every answer ([`headers`]).

mod admin_user;
mod answer;
mod api_version;
mod audit;
mod authorization;
mod body;
mod cloud;
mod credentials;
mod dispatch;
mod errors;
mod headers;
mod labels;
mod locations;
mod members;
mod name_check;
mod odata;
mod operations;
mod paging;
mod preconditions;
mod principal;
mod provider;
mod registries;
mod registry_properties;
mod resource_filter;
mod resource_groups;
mod resources;
mod role_assignments;
mod role_definitions;
mod route;
mod scope_maps;
mod service_principals;
mod subscriptions;
mod system_data;
mod token_certificates;
mod token_credentials;
mod tokens;
mod unserved;
mod usages;

pub(crate) use dispatch::{handle, owns};
pub(crate) use principal::Embedded;

use crate::requests::RequestId;
use crate::state::State;
use api_version::ApiVersion;
use http::HeaderMap;
use service::{Manager, Service};
use std::sync::Arc;

/// What every operation knows of its request besides the resource and the body.
struct Context {
    state: Arc<State>,
    /// The use cases, for this request: see [`service::Service::acting`].
    service: Service,
    manager: Manager,
    api_version: ApiVersion,
    request_id: RequestId,
    headers: HeaderMap,
    /// The query without `api-version`'s meaning: `$filter` is read from here.
    query: String,
}
